//! A request and its limits.

use std::{fmt, time::Duration};

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{
    body::Body,
    secret::{SecretUrl, Shown, mark_credentials},
};

/// An HTTP request for a [`Transport`](crate::Transport).
///
/// Method and headers are types of the [`http`](crate::http) crate. `From`
/// turns a `Request` into an `http::Request`.
///
/// `Debug` shows the method, the origin of the URL, the headers without
/// credentials, and the length of the body.
///
/// ```
/// use rumble_live::{Request, SecretUrl, http::header};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let url: SecretUrl = "https://rumble.com/-livestream-api/get-data?key=abcdefgh".parse()?;
///     let request = Request::get(url).header(header::COOKIE, "u_s=ijklmnop".parse()?);
///     assert_eq!(request.url.expose(), "https://rumble.com/-livestream-api/get-data?key=abcdefgh");
///     let shown = format!("{request:?}");
///     assert!(!shown.contains("abcdefgh") && !shown.contains("ijklmnop"));
///     Ok(())
/// }
/// ```
#[non_exhaustive]
pub struct Request {
    /// GET, POST and so on.
    pub method: Method,
    /// The URL to send it to.
    pub url: SecretUrl,
    /// All headers except those that a transport adds by itself, such as
    /// `Host`, `Content-Length` and `Accept-Encoding`.
    pub headers: HeaderMap,
    /// The body to send.
    pub body: Body,
    /// The limits of time and size.
    pub limits: Limits,
}

/// The limits of an exchange: how long it may take, and how large the answer
/// may be.
///
/// This crate enforces all of them except `connect` for its own requests,
/// whatever the transport. If you call
/// [`Transport::send`](crate::Transport::send) yourself, nothing enforces them.
///
/// ```
/// use rumble_live::Limits;
///
/// let of_a_stream = Limits { whole: None, ..Limits::default() };
/// assert_eq!(of_a_stream.max_body, 4 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The time limit for opening a connection, including name lookup and TLS.
    /// The transport enforces it; a [`Pool`](crate::Pool) uses its own instead.
    /// Default: 5 seconds.
    pub connect: Duration,
    /// The time limit until the head of the answer arrives. Default: `None`, so
    /// only `whole` applies.
    pub head: Option<Duration>,
    /// The time limit for the whole exchange, from the start to the last byte
    /// of the answer. Default: 20 seconds. Use `None` for an answer without an
    /// end, such as an event stream.
    pub whole: Option<Duration>,
    /// The longest time without a byte while the body is read. Default: `None`.
    pub idle: Option<Duration>,
    /// The size limit of the answer's body in bytes, after decompression.
    /// Default: 4 MiB.
    pub max_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), head: None, whole: Some(Duration::from_secs(20)), idle: None, max_body: 4 * 1024 * 1024 }
    }
}

impl Request {
    /// A request with the default limits, without headers or body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<SecretUrl>) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: Body::empty(), limits: Limits::default() }
    }

    /// A GET request.
    #[must_use]
    pub fn get(url: impl Into<SecretUrl>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header and replaces one with the same name. Mark a value that is
    /// a credential with `set_sensitive`. `Cookie` and `Authorization` always
    /// count as credentials.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        mark_credentials(&mut self.headers);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl From<Request> for ::http::Request<Body> {
    /// Puts the [`Limits`] into the extensions.
    ///
    /// Unlike a `Request`, the result shows its URL in `Debug`, including the
    /// key. Do not log it, and keep it away from layers that do.
    fn from(request: Request) -> Self {
        let Request { method, url, headers, body, limits } = request;
        let mut out = Self::new(body);
        out.extensions_mut().insert(limits);
        *out.method_mut() = method;
        *out.uri_mut() = url.uri().clone();
        *out.headers_mut() = headers;
        out
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, headers, body, limits } = self;
        f.debug_struct("Request")
            .field("method", method)
            .field("url", url)
            .field("headers", &Shown(headers))
            .field("body", body)
            .field("limits", limits)
            .finish()
    }
}
