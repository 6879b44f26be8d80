//! What to ask, and within which limits.

use std::{fmt, time::Duration};

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::{
    body::Body,
    secret::{SecretUrl, Shown, mark_credentials},
};

/// One HTTP request, on its way to a [`Transport`](crate::Transport).
///
/// Method and headers are those of the [`http`](crate::http) crate; [`From`] makes a whole `http::Request` of it.
///
/// `Debug` shows the method, the origin of the URL, the headers that hold no credentials, and how long the body is.
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
    /// Where to.
    pub url: SecretUrl,
    /// All headers but those that a transport adds by itself, such as `Host`, `Content-Length` and `Accept-Encoding`.
    pub headers: HeaderMap,
    /// What to send.
    pub body: Body,
    /// How long it may take and how much may come.
    pub limits: Limits,
}

/// How long an exchange may take, and how much may come.
///
/// For the requests that this crate makes it enforces all but `connect`, whatever the transport. If you call [`Transport::send`](crate::Transport::send)
/// yourself, nothing does.
///
/// ```
/// use rumble_live::Limits;
///
/// let of_a_stream = Limits { whole: None, ..Limits::default() };
/// assert_eq!(of_a_stream.max_body, 4 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most time for a connection, name look-up and TLS included. For the transport to heed; a [`Pool`](crate::Pool) has its own.
    /// Default: 5 seconds.
    pub connect: Duration,
    /// The most time until the head of the answer is there. Default: `None`, so that `whole` decides.
    pub head: Option<Duration>,
    /// The most time for all of it, from the start to the last byte of the answer. Default: 20 seconds. `None` for an answer that goes on.
    pub whole: Option<Duration>,
    /// The most time without a byte while the body is read. Default: `None`.
    pub idle: Option<Duration>,
    /// The most bytes of the answer's body, after decompression. Default: 4 MiB.
    pub max_body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), head: None, whole: Some(Duration::from_secs(20)), idle: None, max_body: 4 * 1024 * 1024 }
    }
}

impl Request {
    /// A request without headers and body, and with the default limits.
    #[must_use]
    pub fn new(method: Method, url: impl Into<SecretUrl>) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: Body::empty(), limits: Limits::default() }
    }

    /// A GET request.
    #[must_use]
    pub fn get(url: impl Into<SecretUrl>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header, in the place of one of the same name. Mark a value that is a credential with `set_sensitive`; `Cookie` and
    /// `Authorization` are taken for credentials anyway.
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
    /// The [`Limits`] are among its extensions.
    ///
    /// Unlike a `Request`, what comes of it shows its URL in `Debug`, key included: do not log it, and keep it from layers that do.
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
