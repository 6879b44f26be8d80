//! The token of the documented upload API: checked, and secret.

use std::{env, fmt, str::FromStr};

use crate::error::Error;

/// The access token of Rumble's upload API (`access_token`), which Rumble hands
/// out by mail: whoever has it can publish videos as its user.
///
/// `Debug` prints `UploadToken(<redacted>)` and there is no `Display`; the one
/// way to the text is [`expose`](Self::expose). It cannot be serialized either.
///
/// # Examples
///
/// ```
/// use rumble_live::upload::UploadToken;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let token: UploadToken =
///         "FAKE00000000000000000000000000000000TOKE".parse()?;
///     assert_eq!(format!("{token:?}"), "UploadToken(<redacted>)");
///     assert!("two words".parse::<UploadToken>().is_err());
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct UploadToken(Box<str>);

impl UploadToken {
    /// The token in an environment variable, such as `RUMBLE_UPLOAD_TOKEN`.
    /// Prefer that to an argument of your program, which other users of the
    /// machine can see.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the variable is
    /// not set or is not Unicode, and as [`from_str`](Self::from_str).
    ///
    /// # Examples
    ///
    /// The error names the variable, so you can show it as it is:
    ///
    /// ```
    /// use rumble_live::{ErrorKind, upload::UploadToken};
    ///
    /// let error = UploadToken::from_env("TOKEN_OF_NOBODY").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert!(error.to_string().starts_with("set TOKEN_OF_NOBODY to"));
    /// ```
    pub fn from_env(variable: &str) -> Result<Self, Error> {
        let missing = |_| Error::config(format!("set {variable} to the access token that Rumble has sent you for its upload API"));
        env::var(variable).map_err(missing)?.parse()
    }

    /// The token, as it was parsed. Keep it out of logs and errors.
    ///
    /// # Examples
    ///
    /// A file that was written by an editor ends with a line break, which does
    /// not matter:
    ///
    /// ```
    /// use rumble_live::upload::UploadToken;
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let file = "FAKE00000000000000000000000000000000TOKE\n";
    ///     let token: UploadToken = file.parse()?;
    ///     assert_eq!(token.expose(), file.trim());
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A token of the simulator, which needs no check.
    #[cfg(feature = "sim")]
    pub(crate) fn of_simulator(token: String) -> Self {
        Self(token.into())
    }
}

impl FromStr for UploadToken {
    type Err = Error;

    /// White space around it is dropped. Real tokens have 40 letters and
    /// digits; that is not checked, so that another form of them works too.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is shorter than
    /// eight characters, or holds other than visible ASCII. The text quotes
    /// nothing of it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // A shorter one would be found in any words, and could not be kept out of them.
        if text.len() < 8 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::config(
                "this is not an access token of the upload API, which has 40 letters and digits; copy it once more, and whole",
            ));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for UploadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadToken(<redacted>)")
    }
}
