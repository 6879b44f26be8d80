//! The answer of a server.
//!
//! It says nothing about whether the answer is good: each service decides that
//! from the status and the body. Limits and secrets are not of concern here
//! either; `exchange` wraps the body before a service sees it.

use std::{error::Error as StdError, fmt};

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;

use super::{body::Body, secret::Shown};

/// The answer to a [`Request`](crate::Request): its head, and a body that is
/// read as it comes.
///
/// `Debug` shows the status, the headers without credentials, and the length of
/// the body.
///
/// You build one in a [`Transport`](crate::Transport) of your own, or to queue
/// it in a simulated account. It converts from and to an `http::Response`.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Response,
///     http::{StatusCode, header},
/// };
///
/// let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "")
///     .header(header::RETRY_AFTER, 30.into());
/// assert_eq!(busy.headers[header::RETRY_AFTER], "30");
///
/// let good = Response::ok(r#"{"now": 1789417800, "user_id": "4f2kx9"}"#);
/// assert!(good.status.is_success() && good.headers.is_empty());
/// assert_eq!(good.body.length(), Some(40));
/// ```
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers, as sent.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Body,
}

impl Response {
    /// An answer without headers. The status may be any; what a client makes of
    /// it is in [`ErrorKind`](crate::ErrorKind).
    #[must_use]
    pub fn new(status: StatusCode, body: impl Into<Body>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }

    /// An answer with status 200 and without headers.
    #[must_use]
    pub fn ok(body: impl Into<Body>) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// Sets a header and replaces one with the same name. The client reads
    /// `Retry-After` and `Date`, sessions read `Set-Cookie`. To send several of
    /// one name, append to [`headers`](Self::headers).
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

impl<B> From<::http::Response<B>> for Response
where
    B: http_body::Body<Data: Into<Bytes>, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    /// Takes over status, headers and body. The HTTP version and the extensions
    /// are dropped. The body is read through [`Body::from_http`].
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Body, Response, http};
    ///
    /// let answer = http::Response::builder()
    ///     .status(404)
    ///     .header("server", "nginx")
    ///     .body(Body::from("not here"))
    ///     .unwrap();
    /// let answer = Response::from(answer);
    /// assert_eq!(answer.status, 404);
    /// assert_eq!(answer.headers["server"], "nginx");
    /// ```
    fn from(response: ::http::Response<B>) -> Self {
        let (head, body) = response.into_parts();
        Self { status: head.status, headers: head.headers, body: Body::from_http(body) }
    }
}

impl From<Response> for ::http::Response<Body> {
    fn from(response: Response) -> Self {
        let mut out = Self::new(response.body);
        *out.status_mut() = response.status;
        *out.headers_mut() = response.headers;
        out
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, headers, body } = self;
        f.debug_struct("Response").field("status", status).field("headers", &Shown(headers)).field("body", body).finish()
    }
}

#[cfg(test)]
mod tests {
    use ::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};

    use super::*;

    #[test]
    fn debug_form_shows_neither_cookies_nor_the_body() {
        let value = HeaderValue::from_static;
        let response = Response::ok("BODYSECRET")
            .header(SET_COOKIE, value("u_s=COOKIESECRET"))
            .header(LOCATION, value("https://rumble.com/?key=URLSECRET"))
            .header(CONTENT_TYPE, value("text/html"));
        let shown = format!("{response:?}");
        assert!(!shown.contains("SECRET") && shown.contains("text/html") && shown.contains("10 bytes"), "{shown}");
    }
}
