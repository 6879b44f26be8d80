//! What the answer of the documented upload API means.

use serde_json::{Map, Value};

use crate::{
    error::{Error, ErrorKind},
    snapshot::StreamId,
    upload::{
        answer::{Uploaded, is_address, on_one_line},
        fields::{FieldError, FieldErrors},
    },
};

/// The longest text of the server that is shown.
const MOST_WORDS: usize = 200;

/// The published video, or why it was not. `Refused`, `Challenge` and `RateLimited` say that nothing was done; other errors do not say.
pub(super) fn read(
    status: u16,
    is_page: bool,
    body: &[u8],
    retry_after: Option<std::time::Duration>,
    token: &str,
) -> Result<Uploaded, Error> {
    let failed = || Error::from_status(status, false, retry_after);
    let answer: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let refused = answer.as_ref().filter(|answer| answer.get("success").and_then(Value::as_bool) != Some(true));
    match (status, refused) {
        (403, None) if is_page => Err(Error::challenge()),
        (429 | 500.., _) => Err(failed()),
        (200..=299 | 400..=499, Some(answer)) if answer.contains_key("errors") || answer.get("success") == Some(&Value::Bool(false)) => {
            let errors = errors(answer.get("errors").unwrap_or(&Value::Null));
            Err(FieldErrors::new(errors, |words| shown(words, token)).into_error())
        }
        (200..=299, _) => answer.as_ref().and_then(video).ok_or_else(odd),
        _ => Err(failed()),
    }
}

fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's upload API; it may have changed")
}

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

fn field_error(field: &str, error: &Value) -> FieldError {
    let text = |name: &str| match error.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let message = error.as_str().map(ToOwned::to_owned).or(text("message")).unwrap_or_default();
    FieldError { field: field.to_owned(), message, code: text("code"), internal_code: text("internal_code") }
}

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
        ..Uploaded::new(by_text.or(by_number)?)
    })
}
