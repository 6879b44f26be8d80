//! What Rumble refuses of a video, field by field.

use std::{error::Error as StdError, fmt};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How many fields of a refusal are kept.
const MOST: usize = 32;

/// Why Rumble refused a video, by the fields of its form. The source of an
/// error of kind [`Refused`](crate::ErrorKind::Refused).
///
/// ```
/// use rumble_live::upload::{FieldErrors, Uploaded};
///
/// let error = Uploaded::from_answer(br#"<script>uf.response.setErrors({title:"Please enter a title"});</script>"#).unwrap_err();
/// let fields = FieldErrors::of(&error).unwrap();
/// assert_eq!(fields.get("title").unwrap().message, "Please enter a title");
/// assert_eq!(error.to_string(), "Rumble refused: title: Please enter a title");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(Vec<FieldError>);

/// What is wrong with one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldError {
    /// The name of the field on the wire, such as `title`; empty where it is
    /// about no single one (`_`).
    pub field: String,
    /// The server's own words, on one line and without control characters.
    /// Empty where it gave none.
    pub message: String,
    /// The code that a [`SimpleUpload`](super::SimpleUpload) gets, such as
    /// `REQUIRED`.
    pub code: Option<String>,
    /// A code for Rumble's own support, where there is one.
    pub internal_code: Option<String>,
}

impl FieldErrors {
    /// Those of an error, if it is a refusal that names fields.
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// All of them, in the order of the wire.
    #[must_use]
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }

    /// What is wrong with this field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&FieldError> {
        self.0.iter().find(|error| error.field == field)
    }

    /// With the words as `shown` gives them.
    pub(super) fn new(errors: impl IntoIterator<Item = FieldError>, shown: impl Fn(&str) -> String) -> Self {
        let shown = |error: FieldError| FieldError {
            field: shown(if error.field == "_" { "" } else { &error.field }),
            message: shown(&error.message),
            code: error.code.map(|code| shown(&code)),
            internal_code: error.internal_code.map(|code| shown(&code)),
        };
        Self(errors.into_iter().take(MOST).map(shown).collect())
    }

    /// The refusal that an answer of this status gives.
    pub(super) fn into_error(self, status: u16) -> Error {
        if self.0.is_empty() { Error::refused("", status) } else { Error::refused_by_field(self) }
    }
}

impl fmt::Display for FieldErrors {
    /// `title: Please enter a title; video: You must upload a file`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, message, code, internal_code: _ } = self;
        if !field.is_empty() {
            write!(f, "{field}: ")?;
        }
        match (message.as_str(), code) {
            ("", Some(code)) => f.write_str(code),
            ("", None) => f.write_str("no reason given"),
            (message, _) => f.write_str(message),
        }
    }
}

impl StdError for FieldErrors {}
