//! Signatures by the Standard Webhooks scheme.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes the scheme allows a key.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key to sign with.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// Reads a secret: `whsec_` and the key in Base64.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without quoting it.
    pub fn new(secret: &str) -> Result<Self, String> {
        let advice = "make one with: echo whsec_$(openssl rand -base64 32)";
        let encoded = secret.strip_prefix(PREFIX).ok_or_else(|| format!("a secret begins with {PREFIX}; {advice}"))?;
        let key = STANDARD.decode(encoded).map_err(|_| format!("what follows {PREFIX} is not Base64; {advice}"))?;
        if !BYTES.contains(&key.len()) {
            return Err(format!("a key has {} to {} bytes, and this one has {}; {advice}", BYTES.start(), BYTES.end(), key.len()));
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| format!("the key cannot be used; {advice}"))
    }

    /// What to put into `webhook-signature`.
    #[must_use]
    pub fn signature(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_is_that_of_the_scheme() {
        // The example from the Standard Webhooks libraries.
        let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = signer.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn bad_secret_is_refused_and_not_quoted() {
        for (secret, words) in
            [("hunter2hunter2", "begins with whsec_"), ("whsec_hunter2!", "not Base64"), ("whsec_aHVudGVyMg==", "24 to 64 bytes")]
        {
            let error = Signer::new(secret).unwrap_err();
            assert!(error.contains(words) && !error.contains("hunter2") && !error.contains("aHVudGVy"), "{error}");
        }
    }
}
