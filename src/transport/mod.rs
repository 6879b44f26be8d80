//! The seam between the client and the network: one GET.

pub(crate) mod gate;
pub(crate) mod http;
pub(crate) mod retry_after;
mod why;

use std::{fmt, time::Duration};

use futures_core::future::BoxFuture;

pub use self::http::Pool;
use crate::{client::ApiUrl, error::Error};

/// One GET request, however it is made.
///
/// The default is a [`Pool`](crate::Pool) over reqwest. Bring your own where another TLS stack is needed, to play back a recording, or
/// to test without sockets; the simulator of feature `sim` is one.
///
/// The client calls it for one attempt at a time and bounds it by [`Request::timeout`], so that a transport need not; it drops the future
/// when time is up or its caller is gone. A status outside 2xx is a [`Response`], not an error.
///
/// # Examples
///
/// A transport that plays back one recorded answer:
///
/// ```test_harness
/// use std::pin::Pin;
///
/// use rumble_live::{Client, Error, Request, Response, Transport};
///
/// struct Recording(Vec<u8>);
///
/// impl Transport for Recording {
///     fn get<'a>(&'a self, _: &'a Request) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>> {
///         Box::pin(async { Ok(Response::new(200, self.0.clone())) })
///     }
/// }
///
/// #[tokio::test]
/// async fn recording_is_read_like_an_answer() -> Result<(), Error> {
///     let body = br#"{"now": 1789417800, "type": "user", "user_id": "4f2kx9"}"#;
///     let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=k")
///         .transport(Recording(body.to_vec()))
///         .build()?;
///     assert_eq!(client.snapshot().await?.now().unix_timestamp(), 1_789_417_800);
///     Ok(())
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends one GET and reads the answer to its end.
    ///
    /// # Errors
    ///
    /// Whatever kept a whole answer from coming; build it with [`Error::new`], most often of kind `Connect`, `Transport` or `TooLarge`.
    /// A [`Watcher`](crate::Watcher) ends at once on `Config`, and on `Unauthorized` where that is the first answer of a watcher that was
    /// not resumed. Otherwise it takes at least five `Unauthorized` over 15 minutes, without a snapshot in between.
    fn get<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, Error>>;
}

/// What to ask, and within which limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Where to.
    pub url: ApiUrl,
    /// The `User-Agent` to send.
    pub user_agent: String,
    /// The most time to spend on a connection, within `timeout`.
    pub connect_timeout: Duration,
    /// The most time for all of it, body included. The client enforces it.
    pub timeout: Duration,
    /// The most bytes of body, after decompression. A transport that stops there keeps memory bounded; the client checks again.
    pub max_body: usize,
}

/// What the server answered.
///
/// `Debug` tells the length of the body and not what it holds, which may be secrets of the broadcaster.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The `Retry-After` header, as sent.
    pub retry_after: Option<String>,
    /// The `Date` header, as sent. A `Retry-After` that is a date is taken relative to it.
    pub date: Option<String>,
    /// The body, decompressed. Of an answer outside 2xx a beginning is enough.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, retry_after, date, body } = self;
        f.debug_struct("Response")
            .field("status", status)
            .field("retry_after", retry_after)
            .field("date", date)
            .field("body", &format_args!("{} bytes", body.len()))
            .finish()
    }
}

impl Response {
    /// An answer without headers.
    #[must_use]
    pub fn new(status: u16, body: Vec<u8>) -> Self {
        Self { status, body, ..Self::default() }
    }
}
