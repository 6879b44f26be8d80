//! What a program calls itself in its requests.

use http::HeaderValue;

use crate::error::Error;

pub(super) const DEFAULT: &str = concat!("rumble-live/", env!("CARGO_PKG_VERSION"));

#[cfg(any(feature = "chat", feature = "pages"))]
pub(crate) fn default_user_agent() -> HeaderValue {
    HeaderValue::from_static(DEFAULT)
}

/// # Errors
///
/// `Config` if a header cannot hold it.
pub(crate) fn user_agent(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::config("the user agent holds characters that a header cannot hold; use visible ASCII"))
}
