//! What the answer of the documented upload API means.
//!
//! An answer is a yes only if it says so (`success`) and names the video. It is
//! a no if it says that, or if it has errors and says neither. The status alone
//! does not tell these apart, because Rumble documents refusals that come with
//! 200. Everything else leaves open what was done.

use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorKind},
    snapshot::StreamId,
    upload::{
        answer::{Uploaded, is_address, on_one_line, success},
        fields::{FieldError, FieldErrors},
    },
};

/// The longest text of the server that is shown.
const MOST_WORDS: usize = 200;

/// The published video, or why it was not. After `Refused`, `Challenge` and
/// `RateLimited` nothing was done; other errors leave that open.
pub(super) fn read(
    status: u16,
    is_page: bool,
    body: &[u8],
    retry_after: Option<std::time::Duration>,
    token: &str,
) -> Result<Uploaded, Error> {
    let failed = || Error::from_status(status, false, retry_after);
    let answer: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let errors = answer.as_ref().and_then(|answer| answer.get("errors")).map(errors).unwrap_or_default();
    let success = answer.as_ref().and_then(success);
    match status {
        403 if is_page => Err(Error::challenge()),
        // The server may still be at work on it.
        408 => Err(Error::caused_by(ErrorKind::Timeout, "the server says that the upload took too long", failed())),
        429 | 500.. => Err(failed()),
        200..=299 | 400..=499 if success == Some(false) || success.is_none() && !errors.is_empty() => {
            Err(FieldErrors::new(errors, |words| shown(words, token)).into_error(status))
        }
        200..=299 if success == Some(true) => answer.as_ref().and_then(video).ok_or_else(odd),
        200..=299 => Err(odd()),
        _ => Err(failed()),
    }
}

/// The answer is something else, so the video may be there or not.
fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's upload API; it may have changed")
}

/// Words of the server as they are shown: the beginning, on one line, without
/// the token.
fn shown(words: &str, token: &str) -> String {
    on_one_line(&words.replace(token, "<redacted>")).chars().take(MOST_WORDS).collect()
}

/// By the names of the fields, or as a list without them.
fn errors(errors: &Value) -> Vec<FieldError> {
    match errors {
        Value::Object(errors) => errors.iter().map(|(field, error)| field_error(field, error)).collect(),
        Value::Array(errors) => errors.iter().map(|error| field_error("", error)).collect(),
        Value::String(_) => vec![field_error("", errors)],
        _ => Vec::new(),
    }
}

/// What is said of one field: an object with a message and codes, or the
/// message alone.
fn field_error(field: &str, error: &Value) -> FieldError {
    let text = |name: &str| match error.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let message = error.as_str().map(ToOwned::to_owned).or(text("message")).unwrap_or_default();
    FieldError { field: field.to_owned(), message, code: text("code"), internal_code: text("internal_code") }
}

/// The video of a yes. `None` where no id of it can be read; an address that is
/// none is left out.
fn video(answer: &Map<String, Value>) -> Option<Uploaded> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(ToOwned::to_owned);
    let by_number = answer.get("video_id_int").and_then(Value::as_u64).filter(|number| *number > 0).map(StreamId::from_decimal);
    let by_text = text("video_id").map(StreamId::from).filter(|id| id.decimal().is_some_and(|number| number > 0));
    let address = |name| text(name).filter(|url| is_address(url));
    Some(Uploaded {
        url: address("url_monetized"),
        embed: text("embed_html_monetized"),
        embed_url: address("embed_url_monetized"),
        embed_script: text("embed_js_monetized"),
        ..Uploaded::new(by_number.or(by_text)?)
    })
}
