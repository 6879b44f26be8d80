//! What a program calls itself in its requests. Clients, chats without a client
//! and readers of pages all take it from here, so they agree on the default and
//! on what is allowed.

use http::HeaderValue;

use crate::error::Error;

/// The name and version of this crate. It says which library asks, not which
/// bot.
pub(super) const DEFAULT: &str = concat!("rumble-live/", env!("CARGO_PKG_VERSION"));

/// The default as a header.
#[cfg(any(feature = "chat", feature = "pages"))]
pub(crate) fn default_user_agent() -> HeaderValue {
    HeaderValue::from_static(DEFAULT)
}

/// The header for what a caller has set.
///
/// # Errors
///
/// `Config` if a header cannot hold it.
pub(crate) fn user_agent(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|_| Error::config("the user agent holds characters that a header cannot hold; use visible ASCII"))
}
