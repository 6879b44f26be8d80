//! One HTTP exchange: the seam between this crate and the network, with its
//! limits and secrets.
//!
//! Polls, live chats, sessions, pages and uploads all go through a
//! [`Transport`], and all by way of `exchange::open`. A transport only moves
//! bytes; everything that must not be forgotten is on this side of the seam:
//! time limits and the cap on a body (`exchange`), the distance between two
//! requests (`gate`), tasks that outlive an unpolled future (`flight`), and
//! that no error shows a secret (`secret`). So a transport in a test or a
//! recording cannot do less than the real one.
//!
//! Only `http` and `why` name reqwest, hyper and rustls.

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
/// redirect, because URL and cookies would go along. Decompress the body, if
/// you let the server compress it. Repeat nothing: a request of a session may
/// have been carried out although no answer came.
///
/// `send` may be called many times at once, from different tasks and runtimes.
/// An `Arc` or a `Box` of a transport is a transport too.
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
///     let client = Client::builder(
///         "https://rumble.com/-livestream-api/get-data?key=k",
///     )
///     .transport(Recording(
///         r#"{"now": 1789417800, "type": "user", "user_id": "4f2kx9"}"#,
///     ))
///     .build()?;
///     assert_eq!(
///         client.snapshot().await?.now().unix_timestamp(),
///         1_789_417_800
///     );
///     Ok(())
/// }
/// ```
///
/// A transport around another one, which counts the statuses that come back.
/// It passes everything else on as it is:
///
/// ```test_harness
/// use std::sync::{Arc, Mutex};
///
/// use rumble_live::{
///     BoxFuture, Client, Error, Request, Response, Transport, sim::Sim,
/// };
///
/// struct Counting<T> {
///     inner: T,
///     statuses: Arc<Mutex<Vec<u16>>>,
/// }
///
/// impl<T: Transport> Transport for Counting<T> {
///     fn send(
///         &self,
///         request: Request,
///     ) -> BoxFuture<'_, Result<Response, Error>> {
///         Box::pin(async move {
///             let response = self.inner.send(request).await?;
///             let status = response.status.as_u16();
///             self.statuses.lock().unwrap().push(status);
///             Ok(response)
///         })
///     }
///
///     fn random_seed(&self) -> Option<u64> {
///         self.inner.random_seed()
///     }
/// }
///
/// #[tokio::test]
/// async fn failures_are_counted_too() -> Result<(), Error> {
///     let (sim, statuses) = (Sim::new(42), Arc::default());
///     let inner = sim.clone();
///     let counting = Counting {
///         inner,
///         statuses: Arc::clone(&statuses),
///     };
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(counting)
///         .build()?;
///     sim.fail_next(502);
///     assert!(client.snapshot().await.is_err());
///     client.snapshot().await?;
///     assert_eq!(*statuses.lock().unwrap(), [502, 200]);
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
    /// ends at once on `Unauthorized` only if that is the first answer of a
    /// watcher that was not resumed. Otherwise it takes at least five of them
    /// over 15 minutes, without a snapshot in between. It ends at once on any
    /// other error that [does not pass](Error::is_transient), such as `Config`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must end the exchange, and so must dropping the
    /// body. This crate does that when time is up or the caller is gone.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>>;

    /// A seed for random decisions of whoever makes requests over this
    /// transport, such as the jitter between two polls. Each watcher and each
    /// chat asks for it once. A recording has one, so playing it back repeats
    /// the run. Default: `None`, so every run differs.
    ///
    /// # Examples
    ///
    /// A test whose retries come at the same instants in every run:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{
    ///     BoxFuture, Client, Error, Event, Request, Response, Transport,
    ///     sim::Sim,
    /// };
    ///
    /// struct Repeatable(Sim);
    ///
    /// impl Transport for Repeatable {
    ///     fn send(
    ///         &self,
    ///         it: Request,
    ///     ) -> BoxFuture<'_, Result<Response, Error>> {
    ///         self.0.send(it)
    ///     }
    ///
    ///     fn random_seed(&self) -> Option<u64> {
    ///         Some(42)
    ///     }
    /// }
    ///
    /// async fn outage_in_seconds() -> Result<Option<u64>, Error> {
    ///     let sim = Sim::running(1);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Repeatable(sim.clone()))
    ///         .build()?;
    ///     sim.fail_for(Duration::from_secs(60), 503);
    ///     let mut watcher = client.watch();
    ///     while let Some(event) = watcher.next().await {
    ///         if let Event::Resumed(resumed) = event? {
    ///             return Ok(Some(resumed.away.as_secs()));
    ///         }
    ///     }
    ///     Ok(None)
    /// }
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn outages_are_equally_long() -> Result<(), Error> {
    ///     let first = outage_in_seconds().await?;
    ///     assert!(first >= Some(60));
    ///     assert_eq!(first, outage_in_seconds().await?);
    ///     Ok(())
    /// }
    /// ```
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
