//! What Rumble refuses of a video, field by field.
//!
//! It travels as the source of an [`Error`], so that one error type does for
//! all of the crate, and whoever wants the fields finds them by
//! [`FieldErrors::of`]. All words in it come from the server. They are cleaned
//! when it is made: on one line, without control characters, and without the
//! token of the session or the upload.

use std::{error::Error as StdError, fmt};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How many fields of a refusal are kept.
const MOST: usize = 32;

/// Why Rumble refused a video, by the fields of its form. The source of an
/// error of kind [`Refused`](crate::ErrorKind::Refused).
///
/// It has 1 to 32 fields; more are dropped. A refusal without any field has no
/// `FieldErrors`, but is of kind `Refused` all the same. `Display` is all of
/// them on one line, and the JSON form is the list.
///
/// # Examples
///
/// ```
/// use rumble_live::upload::{FieldErrors, Uploaded};
///
/// let answer = br#"<script>
/// uf.response.setErrors({title:"Please enter a title"});
/// </script>"#;
/// let error = Uploaded::from_answer(answer).unwrap_err();
/// let fields = FieldErrors::of(&error).unwrap();
/// assert_eq!(fields.get("title").unwrap().message, "Please enter a title");
/// assert_eq!(
///     error.to_string(),
///     "Rumble refused: title: Please enter a title"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldErrors(Vec<FieldError>);

/// What is wrong with one field.
///
/// `Display` is the field and the message, `title: Please enter a title`. If
/// there is no message, it is the code; if there is neither, it says so. The
/// internal code is not shown.
///
/// # Examples
///
/// ```
/// use rumble_live::upload::FieldError;
///
/// let mut error = FieldError::default();
/// assert_eq!(error.to_string(), "no reason given");
/// error.field = "title".into();
/// error.code = Some("REQUIRED".into());
/// assert_eq!(error.to_string(), "title: REQUIRED");
/// error.message = "Title is required".into();
/// assert_eq!(error.to_string(), "title: Title is required");
/// ```
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
    /// `REQUIRED`. `None` for
    /// [`Session::upload`](crate::session::Session::upload).
    pub code: Option<String>,
    /// A code for Rumble's own support, where there is one.
    pub internal_code: Option<String>,
}

impl FieldErrors {
    /// Those of an error, if it is a refusal that names fields. `None` for
    /// every other error, and for a refusal that gives no reason.
    ///
    /// # Examples
    ///
    /// What a bot tells the uploader:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     upload::{FieldErrors, Uploaded},
    /// };
    ///
    /// fn advice(error: &Error) -> String {
    ///     match FieldErrors::of(error) {
    ///         Some(fields) => format!("please change this: {fields}"),
    ///         None if error.is_transient() => "try again later".into(),
    ///         None => error.to_string(),
    ///     }
    /// }
    ///
    /// let answer = br#"{"success": 0, "error_msg": {"title": "Too loud"}}"#;
    /// let refused = Uploaded::from_answer(answer).unwrap_err();
    /// assert_eq!(advice(&refused), "please change this: title: Too loud");
    ///
    /// let unexplained =
    ///     Uploaded::from_answer(br#"{"success": 0}"#).unwrap_err();
    /// assert_eq!(unexplained.kind(), ErrorKind::Refused);
    /// assert!(advice(&unexplained).contains("it gave no reason"));
    ///
    /// let slow = Error::new(ErrorKind::Timeout, "the line is slow");
    /// assert_eq!(advice(&slow), "try again later");
    /// ```
    #[must_use]
    pub fn of(error: &Error) -> Option<&Self> {
        error.source()?.downcast_ref()
    }

    /// All of them. They have the order of the answer if it is a page or a
    /// list; the fields of a JSON object are sorted by their names.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::upload::{FieldErrors, Uploaded};
    ///
    /// let answer = br#"{"success": 0, "error_msg": {
    /// "title": "Please enter a title",
    /// "tags": ["Too many", "Too long"]
    /// }}"#;
    /// let error = Uploaded::from_answer(answer).unwrap_err();
    /// let fields = FieldErrors::of(&error).unwrap();
    /// let lines: Vec<_> =
    ///     fields.as_slice().iter().map(ToString::to_string).collect();
    /// assert_eq!(
    ///     lines,
    ///     ["tags: Too many; Too long", "title: Please enter a title"]
    /// );
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }

    /// What is wrong with this field, by its name on the wire. The first if
    /// there are several; `""` finds what is about no single field.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&FieldError> {
        self.0.iter().find(|error| error.field == field)
    }

    /// With the words as `shown` gives them, which takes secrets and line
    /// breaks out of them. It is applied to everything, the names of the fields
    /// included.
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
