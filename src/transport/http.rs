//! The default transport, over reqwest.

use std::{
    error::Error as StdError,
    fmt,
    future::{Future, poll_fn},
    io,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::Poll,
    time::Duration,
};

use futures_core::future::BoxFuture;
use http::{HeaderValue, Method, header::CONTENT_LENGTH};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Client, Url, redirect, retry};
use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    runtime::{self, Handle},
    task_local,
    time::timeout,
};
use tower::util::MapFutureLayer;

use super::{
    Body, Limits, Request, Response, SecretUrl, Transport,
    gate::{Gate, Place},
    why,
};
use crate::error::{Error, ErrorKind};

/// For so many runtimes connections are kept; those that ended are not known.
const RUNTIMES: usize = 32;

task_local! {
    /// Set while a request is polled. A request that is served by another connection leaves the one that it asked for to a task of hyper's.
    static REQUEST: ();
}

/// Connections, to be shared by any number of clients. The default [`Transport`].
///
/// HTTP/1.1 with gzip; TLS by rustls, trusting what the operating system trusts. It follows no redirect, sends no referer and never repeats a
/// request. The usual variables of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`; http and socks proxies) choose a proxy, one that
/// is no URL being passed over; loopback never goes through one.
///
/// A connection serves one request at a time, and the next after that; one that was not needed for 90 seconds is closed. So a pool opens about as
/// many as there are requests at the same moment. For many accounts, [spread](crate::WatcherBuilder::spread_first_poll) their polls.
///
/// A clone is the same pool. In a program with several tokio runtimes each has connections of its own, so that one which is not driven, or was
/// shut down, holds up no other.
///
/// # Examples
///
/// ```
/// use rumble_live::{Client, Error, Pool};
///
/// fn main() -> Result<(), Error> {
///     let pool = Pool::new();
///     let urls = ["https://rumble.com/-livestream-api/get-data?key=a", "https://rumble.com/-livestream-api/get-data?key=b"];
///     let clients: Vec<Client> = urls.iter().map(|url| Client::builder(url).pool(&pool).build()).collect::<Result<_, _>>()?;
///     assert_eq!(clients.len(), 2);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

struct Inner {
    connect_timeout: Duration,
    connections_per_second: Option<u32>,
    /// Keeps the openings of connections apart.
    openings: Option<Arc<Gate>>,
    /// From the one that was not used for longest to the one used last.
    clients: Mutex<Vec<Set>>,
}

/// A set of connections. Each belongs to a task of the runtime in which it was opened, so no other runtime can rely on it.
struct Set {
    /// None until it is used in one.
    runtime: Option<runtime::Id>,
    /// For loopback: no proxy.
    is_near: bool,
    client: Client,
}

impl Pool {
    /// A pool that spends at most 5 seconds on a connection.
    #[must_use]
    pub fn new() -> Self {
        Self::with_connect_timeout(Limits::default().connect)
    }

    /// A pool that spends at most `timeout` on a connection, name look-up and TLS included.
    #[must_use]
    pub fn with_connect_timeout(timeout: Duration) -> Self {
        Self::with(timeout, None)
    }

    /// Another pool, without connections yet, that opens at most so many in a second, evenly spaced. Zero counts as one; above some 500
    /// the millisecond of the timers makes it fewer than asked for. Default: no limit.
    ///
    /// A request that finds no free connection takes whatever comes first: one that another request has done with, or its turn to open
    /// one. The wait counts within the time limit of the request, not within that of a connection. Whose wait was ended by a free
    /// connection opens none.
    ///
    /// ```
    /// use rumble_live::Pool;
    ///
    /// let pool = Pool::new().connections_per_second(50);
    /// ```
    #[must_use]
    pub fn connections_per_second(self, most: u32) -> Self {
        Self::with(self.0.connect_timeout, Some(most.max(1)))
    }

    fn with(connect_timeout: Duration, connections_per_second: Option<u32>) -> Self {
        let openings = connections_per_second.map(|most| Arc::new(Gate::new(Duration::from_secs(1) / most)));
        Self(Arc::new(Inner { connect_timeout, connections_per_second, openings, clients: Mutex::default() }))
    }

    /// Whether requests to this URL can be made, so that what is wrong with it or the machine is known at once.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where the URL, the machine's TLS roots or its proxy settings cannot be used.
    pub(crate) fn check(&self, url: &SecretUrl) -> Result<(), Error> {
        parsed(url)?;
        self.client(url).map(drop)
    }

    /// The client for this URL in the present runtime, set up at the first call.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    fn client(&self, url: &SecretUrl) -> Result<Client, Error> {
        let runtime = Handle::try_current().ok().map(|runtime| runtime.id());
        let is_near = url.is_loopback();
        let is_it = |set: &Set| set.is_near == is_near && (set.runtime == runtime || set.runtime.is_none() || runtime.is_none());
        // A panic under this lock leaves nothing half done.
        let mut clients = self.0.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let mut set = match clients.iter().position(is_it) {
            Some(index) => clients.remove(index),
            None => Set { runtime, is_near, client: set_up(is_near, self.0.connect_timeout, self.0.openings.clone())? },
        };
        set.runtime = set.runtime.or(runtime);
        let client = set.client.clone();
        if clients.len() >= RUNTIMES {
            clients.remove(0);
        }
        clients.push(set);
        Ok(client)
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("connect_timeout", &self.0.connect_timeout)
            .field("connections_per_second", &self.0.connections_per_second)
            .finish_non_exhaustive()
    }
}

impl Transport for Pool {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let Request { method, url, headers, body, limits: _ } = request;
            let client = self.client(&url)?;
            let mut to_send = reqwest::Request::new(method, parsed(&url)?);
            *to_send.headers_mut() = headers;
            if body.length() != Some(0) {
                *to_send.body_mut() = Some(outgoing(body));
            } else if [Method::POST, Method::PUT, Method::PATCH].contains(to_send.method()) {
                // Which hyper leaves out, and some servers insist on.
                to_send.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
            }
            let sent = REQUEST.scope((), client.execute(to_send)).await;
            let answer: http::Response<reqwest::Body> = sent.map_err(|error| not_sent(error, &url))?.into();
            let (head, body) = answer.into_parts();
            let mut response = Response::new(head.status, Body::from_http_with(body, failed));
            response.headers = head.headers;
            Ok(response)
        })
    }
}

/// As reqwest wants it.
fn parsed(url: &SecretUrl) -> Result<Url, Error> {
    Url::parse(url.expose()).map_err(|error| Error::config(format!("the URL cannot be read ({error}); copy the whole of it again")))
}

fn outgoing(body: Body) -> reqwest::Body {
    match body.as_bytes() {
        Some(bytes) => bytes.clone().into(),
        None => reqwest::Body::wrap(body),
    }
}

fn set_up(is_loopback: bool, connect_timeout: Duration, openings: Option<Arc<Gate>>) -> Result<Client, Error> {
    let tls = match tls() {
        Ok(tls) => tls,
        // A machine without roots can still watch a simulator.
        Err(_) if is_loopback => without_roots()?,
        Err(error) => return Err(error),
    };
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        .gzip(true)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never());
    let builder = match openings {
        // Not reqwest's own time limit, which would run while the connection waits for its turn.
        Some(openings) => builder.connector_layer(MapFutureLayer::new(in_turn(openings, connect_timeout))),
        None => builder.connect_timeout(connect_timeout),
    };
    let builder = if is_loopback { builder.no_proxy() } else { builder };
    builder
        .build()
        .map_err(|error| Error::config_caused_by("the HTTP client cannot be set up; check the proxy settings", error.without_url()))
}

/// Lets a connection wait for its turn before it is opened, and then bounds the opening.
fn in_turn<F, T>(openings: Arc<Gate>, limit: Duration) -> impl Fn(F) -> BoxFuture<'static, Result<T, BoxError>> + Clone
where
    F: Future<Output = Result<T, BoxError>> + Send + 'static,
{
    move |opening| {
        let openings = Arc::clone(&openings);
        Box::pin(async move {
            let place = openings.place(Handle::try_current()?.id());
            if !turn_of_a_request(&place).await {
                return Err("the request that wanted this connection was served by another".into());
            }
            drop(place);
            timeout(limit, opening).await.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("it took longer than {limit:?}")))?
        })
    }
}

/// Waits for the turn. False as soon as no request waits for it any more.
async fn turn_of_a_request(place: &Place) -> bool {
    let mut turn = pin!(place.turn(Duration::ZERO));
    poll_fn(|context| match REQUEST.try_with(|()| ()) {
        Ok(()) => turn.as_mut().poll(context).map(|()| true),
        Err(_) => Poll::Ready(false),
    })
    .await
}

type BoxError = Box<dyn StdError + Send + Sync>;

/// Made once for the process, since reading the roots takes a while.
fn tls() -> Result<ClientConfig, Error> {
    static TLS: OnceLock<ClientConfig> = OnceLock::new();
    if let Some(tls) = TLS.get() {
        return Ok(tls.clone());
    }
    let config = ClientConfig::builder_with_provider(provider()?).with_safe_default_protocol_versions();
    match config.and_then(BuilderVerifierExt::with_platform_verifier) {
        Ok(config) => Ok(TLS.get_or_init(|| config.with_no_client_auth()).clone()),
        Err(error) => Err(Error::config_caused_by("the machine's trusted root certificates cannot be read; install them", error)),
    }
}

fn without_roots() -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(provider()?).with_safe_default_protocol_versions();
    match config {
        Ok(config) => Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()),
        Err(error) => Err(Error::config_caused_by("TLS cannot be set up", error)),
    }
}

/// Whose cryptography TLS uses: what the program has installed for rustls, or else what the features name.
fn provider() -> Result<Arc<CryptoProvider>, Error> {
    let none = || {
        Error::config(
            "TLS has no cryptography; enable feature `aws-lc-rs` or `ring`, or install a provider for rustls at the start of the program",
        )
    };
    CryptoProvider::get_default().cloned().or_else(provider_of_the_features).ok_or_else(none)
}

#[cfg(feature = "aws-lc-rs")]
#[expect(clippy::unnecessary_wraps, reason = "without either feature there is none")]
fn provider_of_the_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
#[expect(clippy::unnecessary_wraps, reason = "without either feature there is none")]
fn provider_of_the_features() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn provider_of_the_features() -> Option<Arc<CryptoProvider>> {
    None
}

/// Where no connection came about, or else as any failure.
fn not_sent(error: reqwest::Error, url: &SecretUrl) -> Error {
    if error.is_connect() { why::no_connection(error.without_url(), has_proxy(url)) } else { failed(error) }
}

/// An error of reqwest loses its URL here or above, which holds the key.
fn failed(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
    Error::new(kind, error.without_url())
}

/// Whether the environment names a proxy for it.
fn has_proxy(url: &SecretUrl) -> bool {
    !url.is_loopback() && Matcher::from_env().intercept(url.uri()).is_some()
}
