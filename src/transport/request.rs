//! A request and its limits.
//!
//! Both are plain data with public fields, because a transport takes them
//! apart. The limits travel with the request, although this crate enforces
//! them itself: a transport must know `connect`, and one that has a better way
//! to stop may use the others.

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
/// You get one in a [`Transport`](crate::Transport) of your own, and build one
/// to call a transport yourself.
///
/// # Examples
///
/// ```
/// use rumble_live::{Request, SecretUrl, http::header};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let url: SecretUrl =
///         "https://rumble.com/-livestream-api/get-data?key=abcdefgh"
///             .parse()?;
///     let request =
///         Request::get(url).header(header::COOKIE, "u_s=ijklmnop".parse()?);
///     assert_eq!(
///         request.url.expose(),
///         "https://rumble.com/-livestream-api/get-data?key=abcdefgh"
///     );
///     let shown = format!("{request:?}");
///     assert!(!shown.contains("abcdefgh") && !shown.contains("ijklmnop"));
///     Ok(())
/// }
/// ```
///
/// A transport can be used without any client. Then nothing enforces the
/// limits, and nothing waits between two requests:
///
/// ```test_harness
/// use rumble_live::{
///     Error, Request, SecretUrl, Snapshot, Transport, http::StatusCode,
///     sim::Sim,
/// };
///
/// #[tokio::test]
/// async fn answer_of_a_transport_is_read_by_hand() -> Result<(), Error> {
///     let sim = Sim::new(42);
///     sim.follow("ada");
///     let url: SecretUrl = "http://127.0.0.1/?key=any".parse()?;
///     let answer = sim.send(Request::get(url)).await?;
///     assert_eq!(answer.status, StatusCode::OK);
///     let body = answer.body.collect(1 << 20).await?;
///     let snapshot = Snapshot::from_json(&body)?;
///     assert_eq!(snapshot.followers().recent[0].username, "ada");
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
/// A time limit that is over is an error of kind
/// [`Timeout`](crate::ErrorKind::Timeout), whose text says which one it was. A
/// limit that is too long for the clock, such as `Duration::MAX`, is no limit.
///
/// # Examples
///
/// For an event stream, which has no end: it must begin soon, and must not
/// fall silent.
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::Limits;
///
/// let of_a_stream = Limits {
///     whole: None,
///     head: Some(Duration::from_secs(20)),
///     idle: Some(Duration::from_secs(90)),
///     ..Limits::default()
/// };
/// assert_eq!(of_a_stream.connect, Duration::from_secs(5));
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
    ///
    /// # Examples
    ///
    /// A request that carries a form:
    ///
    /// ```
    /// use rumble_live::{
    ///     Request, SecretUrl,
    ///     http::{HeaderValue, Method, header},
    /// };
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let url: SecretUrl = "https://relay.example/hook".parse()?;
    ///     let form = "application/x-www-form-urlencoded";
    ///     let request = Request::new(Method::POST, url)
    ///         .header(header::CONTENT_TYPE, HeaderValue::from_static(form))
    ///         .body("text=hi");
    ///     assert_eq!(request.body.length(), Some(7));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn new(method: Method, url: impl Into<SecretUrl>) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: Body::empty(), limits: Limits::default() }
    }

    /// A GET request with the default limits, without headers or body.
    #[must_use]
    pub fn get(url: impl Into<SecretUrl>) -> Self {
        Self::new(Method::GET, url)
    }

    /// Sets a header and replaces one with the same name. Mark a value that is
    /// a credential with `set_sensitive`. `Cookie` and `Authorization` always
    /// count as credentials. Credentials are hidden in `Debug`, and an error
    /// that contains one loses its text.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Request, SecretUrl,
    ///     http::{HeaderName, HeaderValue},
    /// };
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let url: SecretUrl = "https://relay.example/".parse()?;
    ///     let mut token = HeaderValue::from_static("abcdefgh");
    ///     token.set_sensitive(true);
    ///     let name = HeaderName::from_static("x-relay-token");
    ///     let request = Request::get(url).header(name, token);
    ///     assert!(!format!("{request:?}").contains("abcdefgh"));
    ///     assert_eq!(request.headers["x-relay-token"], "abcdefgh");
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        mark_credentials(&mut self.headers);
        self
    }

    /// Sets the body. It replaces one that was set before. A transport adds the
    /// `Content-Length`; the `Content-Type` is up to you.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the limits, all of them at once. To change one, spread
    /// [`Limits::default`] into the others.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Limits, Request, SecretUrl};
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let url: SecretUrl = "https://relay.example/list".parse()?;
    ///     let small = Limits {
    ///         max_body: 64 * 1024,
    ///         ..Limits::default()
    ///     };
    ///     let request = Request::get(url).limits(small);
    ///     assert_eq!(request.limits.max_body, 65_536);
    ///     assert_eq!(request.limits.whole, Limits::default().whole);
    ///     Ok(())
    /// }
    /// ```
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
