//! The form in which a password is sent: MD5 hashes, which only TLS protects.
//!
//! Rumble decides on the form. The password is stretched with the first salt
//! and hashed once more with the second. Beside that stands the password
//! stretched with the third salt, and then the second salt itself. The test
//! below has what other clients send.

/// The hashes that Rumble's login needs, joined the way it needs them. They are
/// as good as the password, so no error shows them either.
pub(crate) fn hashed(password: &str, salts: &[String; 3]) -> String {
    let [first, second, third] = salts;
    let once_more = hex(&[&stretched(password, first), second]);
    format!("{once_more},{},{second}", stretched(password, third))
}

/// The hash of a salted password, hashed with the password another 128 times.
fn stretched(password: &str, salt: &str) -> String {
    (0..128).fold(hex(&[salt, password]), |hash, _| hex(&[&hash, password]))
}

/// The MD5 hash of the parts together, in lower-case hexadecimal digits.
fn hex(parts: &[&str]) -> String {
    format!("{:x}", md5::compute(parts.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn password_is_hashed_as_other_clients_do() {
        for (password, salts, expected) in [
            (
                "not-a-real-password",
                ["0a1b2c3d", "4e5f6071", "8293a4b5"],
                "11d9e24852944c3414e4bb1cc8a89fcf,fa56718d38c79e6149c4595ee4a3f6c4,4e5f6071",
            ),
            (
                "pässwörd 🌊",
                ["salt-one", "salt-two", "salt-three"],
                "10616be6691164c9fc36294930945cef,59a6a35422b1b9951be7aa59a2d41ab4,salt-two",
            ),
            ("", ["a", "b", "c"], "382d37d3b6071f29c2069b92516ee0a9,dfa80c35eeaa94a9f17a798b2295b203,b"),
        ] {
            assert_eq!(hashed(password, &salts.map(Into::into)), expected);
        }
    }
}
