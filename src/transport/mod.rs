//! One HTTP exchange: the seam between this crate and the network, with its
//! limits and secrets.

mod body;
#[cfg(any(not(feature = "http"), feature = "chat", feature = "session", feature = "upload"))]
mod default;
pub(crate) mod exchange;
pub(crate) mod flight;
pub(crate) mod gate;
#[cfg(any(feature = "chat", feature = "pages"))]
pub(crate) mod html;
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

#[cfg(any(not(feature = "http"), feature = "chat", feature = "session", feature = "upload"))]
pub(crate) use self::default::default_transport;
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

/// Sends one HTTP request and returns the answer.
///
/// With feature `http` the default is a [`Pool`](crate::Pool) over reqwest.
/// Implement your own if you need another TLS stack, want to play back a
/// recording, or want to test without sockets. The simulator of feature `sim`
/// is a transport, and [`ServiceTransport`] turns any tower service into one.
///
/// # What a transport need not do
///
/// This crate enforces every limit of a [`Request`] except `connect`, makes
/// requests one at a time where it promises that, and drops the future or the
/// body when time is up or the caller is gone. It searches errors for the
/// secrets of the request, and drops the text of an error that contains one.
///
/// # What a transport must do
///
/// Return a status outside 2xx as a [`Response`], not as an error. Follow no
/// redirect, because URL and cookies would go along.
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
    /// Sends one request. Resolves with the head of the answer. The body
    /// follows as it is read, and dropping it ends the exchange.
    ///
    /// # Errors
    ///
    /// The reason why no answer came. Build it with [`Error::new`], in most
    /// cases of kind `Connect` or `Transport`. A [`Watcher`](crate::Watcher)
    /// ends at once on `Config`, and on `Unauthorized` if that is the first
    /// answer of a watcher that was not resumed. Otherwise it takes at least
    /// five `Unauthorized` over 15 minutes, without a snapshot in between.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// A seed for random decisions of whoever makes requests over this
    /// transport, such as the jitter between two polls. Each watcher and each
    /// chat asks for it once. A recording has one, so playing it back repeats
    /// the run. Default: `None`, so every run differs.
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

/// The random generator for one user of a transport.
pub(crate) fn random(transport: &dyn Transport) -> fastrand::Rng {
    transport.random_seed().map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed)
}
