//! A tower service as a transport.
//!
//! A service needs `&mut self` and a transport has `&self`, so each request
//! takes a clone, as tower means it: a clone of a hyper client or of a
//! `Buffer` is the same service. Readiness is awaited on that clone, because a
//! limit of concurrency hands its permit to the clone that was ready.

use std::{
    error::Error as StdError,
    fmt,
    future::poll_fn,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use tower_service::Service;

use super::{Body, Request, Response, Transport};
use crate::error::Error;

/// A [`Transport`] made from a tower service over requests and responses of the
/// [`http`](crate::http) crate, such as a hyper client with your own TLS stack,
/// with or without layers.
///
/// It clones the service for each request. An [`Error`] of this crate stays as
/// it is. Others become errors of kind
/// [`Transport`](crate::ErrorKind::Transport), or `Connect` or `Timeout` if
/// they contain an I/O error that says so.
///
/// The URI of the service's requests is the URL with its key, and their `Debug`
/// shows it. Do not use layers that log requests.
///
/// The [`Limits`](crate::Limits) of the request are in its extensions. The
/// client enforces them itself, except `connect`, so you need no layer for
/// timeouts. Use none that repeats requests or follows redirects.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Body, Client, Error, ServiceTransport, http};
/// use tower::{ServiceBuilder, service_fn};
///
/// #[tokio::test]
/// async fn service_answers_for_the_server() -> Result<(), Error> {
///     let server = service_fn(|request: http::Request<Body>| async move {
///         assert_eq!(request.uri().host(), Some("rumble.com"));
///         Ok::<_, std::io::Error>(http::Response::new(Body::from(
///             r#"{"now": 1789417800, "user_id": "4f2kx9"}"#,
///         )))
///     });
///     let service =
///         ServiceBuilder::new().concurrency_limit(5).service(server);
///     let client = Client::builder(
///         "https://rumble.com/-livestream-api/get-data?key=k",
///     )
///     .transport(ServiceTransport::new(service))
///     .build()?;
///     assert_eq!(
///         client.snapshot().await?.now().unix_timestamp(),
///         1_789_417_800
///     );
///     Ok(())
/// }
/// ```
pub struct ServiceTransport<S>(Mutex<S>);

impl<S> ServiceTransport<S> {
    /// Makes a transport from the service. It calls nothing until there is a
    /// request.
    ///
    /// # Examples
    ///
    /// The error of a service becomes an error of the kind that it tells of:
    ///
    /// ```test_harness
    /// use std::io;
    ///
    /// use rumble_live::{
    ///     Body, Client, Error, ErrorKind, ServiceTransport, http,
    /// };
    /// use tower::service_fn;
    ///
    /// #[tokio::test]
    /// async fn proxy_that_is_down_is_no_connection() -> Result<(), Error> {
    ///     let down = service_fn(|_: http::Request<Body>| async {
    ///         let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    ///         Err::<http::Response<Body>, _>(refused)
    ///     });
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(ServiceTransport::new(down))
    ///         .build()?;
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Connect);
    ///     Ok(())
    /// }
    /// ```
    pub fn new(service: S) -> Self {
        Self(Mutex::new(service))
    }
}

impl<S, B> Transport for ServiceTransport<S>
where
    S: Service<::http::Request<Body>, Response = ::http::Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: http_body::Body<Data: Into<Bytes>, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            let failed = |error: S::Error| Error::foreign(error.into());
            poll_fn(|context| service.poll_ready(context)).await.map_err(failed)?;
            service.call(request.into()).await.map(Response::from).map_err(failed)
        })
    }
}

impl<S> fmt::Debug for ServiceTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceTransport").finish_non_exhaustive()
    }
}
