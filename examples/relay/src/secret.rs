//! Texts that must never be shown: a URL that is a key to a channel, or a
//! secret to sign with.

use std::{fmt, path::Path};

/// A text that no output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps this text secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the code that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Reads a secret from a file, without the white space around it.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is empty.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let text = text.trim();
        if text.is_empty() { Err(format!("{} is empty", file.display())) } else { Ok(Self::new(text)) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
