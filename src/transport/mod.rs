//! One exchange over HTTP: the seam between this crate and the network, its limits and its secrets.

mod body;
pub(crate) mod exchange;
pub(crate) mod flight;
pub(crate) mod gate;
#[cfg(feature = "http")]
pub(crate) mod http;
mod request;
mod response;
pub(crate) mod retry_after;
mod secret;
mod service;
pub(crate) mod timer;
#[cfg(feature = "http")]
mod why;

use std::sync::Arc;

use futures_core::future::BoxFuture;

#[cfg(feature = "http")]
pub use self::http::Pool;
#[cfg(any(feature = "record", feature = "upload"))]
pub(crate) use self::secret::Secrets;
pub use self::{
    body::Body,
    request::{Limits, Request},
    response::Response,
    secret::SecretUrl,
    service::ServiceTransport,
};
use crate::error::Error;

/// The way to a server: one HTTP exchange, however it is made.
///
/// With feature `http` the default is a [`Pool`](crate::Pool) over reqwest. Bring your own where another TLS stack is needed, to play back a
/// recording, or to test without sockets; the simulator of feature `sim` is one, and [`ServiceTransport`] makes one of any tower service.
///
/// # What it need not do
///
/// This crate enforces every limit of a [`Request`] but that of the connection, makes requests one at a time where it promises so, and drops the
/// future or the body when time is up or its caller is gone. It searches errors for the secrets of the request, and leaves out the words of one that
/// holds any. A status outside 2xx is a [`Response`], not an error. A transport must follow no redirect: URL and cookies would go along.
///
/// # Examples
///
/// A transport that plays back one recorded answer:
///
/// ```test_harness
/// use rumble_live::{BoxFuture, Client, Error, Request, Response, Transport};
///
/// struct Recording(&'static str);
///
/// impl Transport for Recording {
///     fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
///         Box::pin(async { Ok(Response::ok(self.0)) })
///     }
/// }
///
/// #[tokio::test]
/// async fn recording_is_read_like_an_answer() -> Result<(), Error> {
///     let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=k")
///         .transport(Recording(r#"{"now": 1789417800, "type": "user", "user_id": "4f2kx9"}"#))
///         .build()?;
///     assert_eq!(client.snapshot().await?.now().unix_timestamp(), 1_789_417_800);
///     Ok(())
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends one request. Resolves with the head of the answer; the body follows as it is read, and dropping it ends the exchange.
    ///
    /// # Errors
    ///
    /// Whatever kept an answer from coming; build it with [`Error::new`], most often of kind `Connect` or `Transport`.
    /// A [`Watcher`](crate::Watcher) ends at once on `Config`, and on `Unauthorized` where that is the first answer of a watcher that was
    /// not resumed. Otherwise it takes at least five `Unauthorized` over 15 minutes, without a snapshot in between.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// A seed for what is drawn at random by who makes requests over it, such as the jitter between two polls. Each watcher and each chat asks once. A
    /// recording has one, so that it can be played back. Default: none, and every run is another.
    fn random_seed(&self) -> Option<u64> {
        None
    }
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        T::send(self, request)
    }

    fn random_seed(&self) -> Option<u64> {
        T::random_seed(self)
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        T::send(self, request)
    }

    fn random_seed(&self) -> Option<u64> {
        T::random_seed(self)
    }
}

/// What draws at random for one user of a transport.
pub(crate) fn random(transport: &dyn Transport) -> fastrand::Rng {
    transport.random_seed().map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)
}
