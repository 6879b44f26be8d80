//! What an answer means, by its head, before anything is read from it.
//!
//! The status decides, except that a challenge page is looked for wherever a
//! page comes: it is 403 from Rumble, but a proxy may pass it on as 200. A page
//! that came where JSON was asked for is no reason to fail by itself; whoever
//! reads it will find nothing in it.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

use super::{
    Form,
    html::{is_challenge, parse},
};
use crate::{
    error::{Error, ErrorKind},
    transport::{
        html::{begins_html, is_html},
        retry_after,
    },
};

/// Whether there is an answer to read.
///
/// # Errors
///
/// `Config` with the text `missing` where the site has no such page,
/// `Challenge` for a challenge page, and otherwise what the status says.
/// Whoever reads a page of HTML must look for a challenge in it, so that it is
/// not parsed twice.
pub(super) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    form: Form,
    missing: &'static str,
    now: SystemTime,
) -> Result<(), Error> {
    match status.as_u16() {
        // A proxy may have given it a good status.
        200..=299 if form == Form::Json && begins_html(body) && is_challenge(&parse(&String::from_utf8_lossy(body))?) => {
            Err(Error::challenge())
        }
        200..=299 => Ok(()),
        300..=399 if status != StatusCode::NOT_MODIFIED => Err(Error::with_message(
            ErrorKind::Redirect,
            format!("the site redirects to another page, such as its login, which is not followed (status {})", status.as_u16()),
        )),
        403 if is_page(headers, body) => Err(Error::challenge()),
        404 | 410 => Err(Error::config(missing)),
        status @ (429 | 407 | 500..=599) => Err(Error::from_status(status, false, retry_after::of(headers, now))),
        status => Err(Error::with_message(ErrorKind::Status, format!("the site answered with something unexpected (status {status})"))),
    }
}

/// Whether it is HTML, by its header or else by how it begins.
fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    is_html(headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())) || begins_html(body)
}
