//! Keeps the whole answer, for what this crate does not model.
//!
//! The two secrets of the broadcaster are removed wherever they are, in any
//! spelling: code that logs a raw answer must not give away the key for
//! broadcasting. Other names cannot be known to be secret, and stay.

use serde_json::Value;

use super::repair::repair;

/// The body of an answer as a value, without the broadcaster's secrets. `None`
/// if it does not parse.
pub(super) fn without_secrets(body: &[u8]) -> Option<Value> {
    let mut value = serde_json::from_slice(body).ok().or_else(|| serde_json::from_str(&repair(body)?).ok())?;
    remove_secrets(&mut value);
    Some(value)
}

/// Recursion is safe, because the parser limits the depth to 128.
fn remove_secrets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !is_secret(name));
            fields.values_mut().for_each(remove_secrets);
        }
        Value::Array(items) => items.iter_mut().for_each(remove_secrets),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `stream_key` and `server_url` in any spelling, such as `streamKey` or
/// `STREAM-KEY`.
fn is_secret(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase());
    ["streamkey", "serverurl"].into_iter().any(|secret| letters.clone().eq(secret.chars()))
}
