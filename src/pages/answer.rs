//! What the head of an answer means.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

use crate::{
    error::{Error, ErrorKind},
    transport::retry_after,
};

/// Whether there is an answer to read.
///
/// # Errors
///
/// With `missing` where the site has no such page, and with what else it says instead.
pub(super) fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8], missing: &'static str, now: SystemTime) -> Result<(), Error> {
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 if status != StatusCode::NOT_MODIFIED => Err(Error::with_message(
            ErrorKind::Redirect,
            format!("the site leads to another page, such as its login, which is not followed (status {})", status.as_u16()),
        )),
        403 if is_page(headers, body) => Err(Error::challenge()),
        404 | 410 => Err(Error::config(missing)),
        status @ (429 | 407 | 500..=599) => Err(Error::from_status(status, false, retry_after::of(headers, now))),
        status => {
            Err(Error::with_message(ErrorKind::Status, format!("the site gave another answer than what was asked for (status {status})")))
        }
    }
}

fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/html") || body.trim_ascii_start().starts_with(b"<")
}
