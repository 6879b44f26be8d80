//! The default transport, over reqwest.
//!
//! The rest of the crate relies on these settings: no redirects and no referer,
//! because the URL is a secret; no retries, because a request of a session must
//! not go out twice; HTTP/1.1, one request per connection at a time; and no
//! time limit for a whole request, which `exchange` enforces.
//!
//! A connection lives in a task of the runtime that opened it. So there is one
//! reqwest client for each runtime, or a request could hang on a connection
//! whose runtime nobody drives. Loopback has a client of its own, which
//! bypasses proxies and works without root certificates.
//!
//! reqwest puts the URL into its errors. Each of them passes through `not_sent`
//! or `failed`, which take it out again.

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

/// How many runtimes to keep connections for. A pool does not learn which of
/// them have ended.
const RUNTIMES: usize = 32;

task_local! {
    /// Set while a request is polled. If another connection serves a request,
    /// hyper moves the opening of the connection that it asked for to a task of
    /// its own, where this is not set. That is how an opening that waits for
    /// its turn learns that nobody needs it any more.
    static REQUEST: ();
}

/// A pool of connections that any number of clients can share. The default
/// [`Transport`].
///
/// It speaks HTTP/1.1 with gzip. TLS is rustls and trusts what the operating
/// system trusts. It follows no redirects, sends no referer and never repeats a
/// request. The usual environment variables (`HTTPS_PROXY`, `ALL_PROXY`,
/// `NO_PROXY`) choose an http or socks proxy. A value that is not a URL is
/// ignored. Requests to loopback never go through a proxy.
///
/// A connection serves one request at a time and is then reused. After 90 idle
/// seconds it is closed. So a pool has about as many connections as there are
/// requests at the same moment. If you watch many accounts, [spread their
/// polls](crate::WatcherBuilder::spread_first_poll). A live chat keeps a
/// connection to itself for as long as it is open.
///
/// Without any pool of yours, each client makes one of its own. Share one if
/// you have several clients: they then share connections, and the setting up of
/// TLS for them.
///
/// A clone is the same pool. In a program with several tokio runtimes, each
/// runtime has its own connections, so a runtime that is not driven, or was
/// shut down, blocks no other.
///
/// # Examples
///
/// ```
/// use rumble_live::{Client, Error, Pool};
///
/// fn main() -> Result<(), Error> {
///     let pool = Pool::new();
///     let urls = [
///         "https://rumble.com/-livestream-api/get-data?key=a",
///         "https://rumble.com/-livestream-api/get-data?key=b",
///     ];
///     let clients: Vec<Client> = urls
///         .iter()
///         .map(|url| Client::builder(url).pool(&pool).build())
///         .collect::<Result<_, _>>()?;
///     assert_eq!(clients.len(), 2);
///     Ok(())
/// }
/// ```
///
/// As the inner part of a transport of your own, which adds a header:
///
/// ```
/// use rumble_live::{
///     BoxFuture, Client, Error, Pool, Request, Response, Transport,
///     http::{HeaderValue, header},
///     sim::Sim,
/// };
///
/// struct InGerman(Pool);
///
/// impl Transport for InGerman {
///     fn send(&self, it: Request) -> BoxFuture<'_, Result<Response, Error>> {
///         let german = HeaderValue::from_static("de");
///         self.0.send(it.header(header::ACCEPT_LANGUAGE, german))
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let server = Sim::running(42).serve().await?;
///     let transport = InGerman(Pool::new());
///     let client =
///         Client::builder(server.url()).transport(transport).build()?;
///     client.snapshot().await?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

/// What all clones of a pool share.
struct Inner {
    connect_timeout: Duration,
    connections_per_second: Option<u32>,
    /// Spaces out the opening of connections.
    openings: Option<Arc<Gate>>,
    /// The least recently used first, which is also the first to go.
    clients: Mutex<Vec<Set>>,
}

/// A set of connections. Each belongs to a task of the runtime where it was
/// opened, so other runtimes cannot rely on it.
struct Set {
    /// `None` until it is used in a runtime.
    runtime: Option<runtime::Id>,
    /// For loopback: no proxy.
    is_near: bool,
    client: Client,
}

impl Pool {
    /// A pool that spends at most 5 seconds on opening a connection, and opens
    /// as many as it needs. It opens none before the first request.
    #[must_use]
    pub fn new() -> Self {
        Self::with_connect_timeout(Limits::default().connect)
    }

    /// A pool that spends at most `timeout` on opening a connection, including
    /// name lookup and TLS. The limit holds for all clients that share it. A
    /// client with a pool can have no
    /// [`connect_timeout`](crate::ClientBuilder::connect_timeout) of its own.
    ///
    /// # Examples
    ///
    /// For a line on which it takes long to connect:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, ErrorKind, Pool};
    ///
    /// let pool = Pool::with_connect_timeout(Duration::from_secs(15));
    /// let url = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
    /// let builder = Client::builder(url).pool(&pool);
    /// assert!(builder.clone().build().is_ok());
    ///
    /// let twice = builder.connect_timeout(Duration::from_secs(2)).build();
    /// assert_eq!(twice.unwrap_err().kind(), ErrorKind::Config);
    /// ```
    #[must_use]
    pub fn with_connect_timeout(timeout: Duration) -> Self {
        Self::with(timeout, None)
    }

    /// Returns a new pool, without connections yet, that opens at most this
    /// many per second, evenly spaced. Zero counts as one. Above about 500,
    /// timers with a resolution of a millisecond make it fewer than you ask
    /// for. Default: no limit.
    ///
    /// A request that finds no free connection takes what comes first: a
    /// connection that another request has finished with, or its turn to open
    /// one. This wait counts towards the time limit of the request, not towards
    /// the connect timeout. If a free connection comes first, the request opens
    /// none.
    ///
    /// Use it if a program with thousands of watchers starts or comes back from
    /// an outage, and a router or a proxy on the way drops connections when too
    /// many are opened at once.
    ///
    /// # Examples
    ///
    /// The setting is of the new pool alone. The one that it was made from goes
    /// on as before:
    ///
    /// ```
    /// use rumble_live::Pool;
    ///
    /// let pool = Pool::new();
    /// let gentle = pool.clone().connections_per_second(50);
    /// assert!(format!("{gentle:?}").contains("Some(50)"));
    /// assert!(format!("{pool:?}").contains("None"));
    /// ```
    #[must_use]
    pub fn connections_per_second(self, most: u32) -> Self {
        Self::with(self.0.connect_timeout, Some(most.max(1)))
    }

    /// A gate of the given distance spaces out the openings.
    fn with(connect_timeout: Duration, connections_per_second: Option<u32>) -> Self {
        let openings = connections_per_second.map(|most| Arc::new(Gate::new(Duration::from_secs(1) / most)));
        Self(Arc::new(Inner { connect_timeout, connections_per_second, openings, clients: Mutex::default() }))
    }

    /// Checks that requests to this URL are possible, to report a bad URL or a
    /// bad setup of the machine early.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the URL, the machine's TLS roots or its proxy
    /// settings cannot be used.
    pub(crate) fn check(&self, url: &SecretUrl) -> Result<(), Error> {
        parsed(url)?;
        self.client(url).map(drop)
    }

    /// The client for this URL in the current runtime. The first call sets it
    /// up. A call outside any runtime, as by [`check`](Self::check), takes any
    /// client or sets one up that the first runtime to come then owns.
    ///
    /// # Errors
    ///
    /// As for [`check`](Self::check).
    fn client(&self, url: &SecretUrl) -> Result<Client, Error> {
        let runtime = Handle::try_current().ok().map(|runtime| runtime.id());
        let is_near = url.is_loopback();
        let is_it = |set: &Set| set.is_near == is_near && (set.runtime == runtime || set.runtime.is_none() || runtime.is_none());
        // A panic under this lock leaves no inconsistent state.
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
                // hyper leaves it out, and some servers insist on it.
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

/// The URL type that reqwest needs.
fn parsed(url: &SecretUrl) -> Result<Url, Error> {
    Url::parse(url.expose()).map_err(|error| Error::config(format!("the URL cannot be read ({error}); copy the whole of it again")))
}

/// Bytes are passed as such, so that reqwest states their length by itself.
fn outgoing(body: Body) -> reqwest::Body {
    match body.as_bytes() {
        Some(bytes) => bytes.clone().into(),
        None => reqwest::Body::wrap(body),
    }
}

/// A client of reqwest with the settings that this crate relies on.
///
/// # Errors
///
/// `Config` if TLS or the proxy of the environment cannot be set up.
fn set_up(is_loopback: bool, connect_timeout: Duration, openings: Option<Arc<Gate>>) -> Result<Client, Error> {
    let tls = match tls() {
        Ok(tls) => tls,
        // A machine without root certificates can still watch a simulator.
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
        // reqwest's own time limit would run while the connection waits for its turn.
        Some(openings) => builder.connector_layer(MapFutureLayer::new(in_turn(openings, connect_timeout))),
        None => builder.connect_timeout(connect_timeout),
    };
    let builder = if is_loopback { builder.no_proxy() } else { builder };
    builder
        .build()
        .map_err(|error| Error::config_caused_by("the HTTP client cannot be set up; check the proxy settings", error.without_url()))
}

/// Makes a connection wait for its turn, and then limits the time for opening
/// it.
fn in_turn<F, T>(openings: Arc<Gate>, limit: Duration) -> impl Fn(F) -> BoxFuture<'static, Result<T, BoxError>> + Clone
where
    F: Future<Output = Result<T, BoxError>> + Send + 'static,
{
    move |opening| {
        let openings = Arc::clone(&openings);
        Box::pin(async move {
            let place = openings.place(Handle::try_current()?.id());
            if !turn_of_a_request(&place).await {
                return Err("another connection served the request that asked for this one".into());
            }
            drop(place);
            timeout(limit, opening).await.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("it took longer than {limit:?}")))?
        })
    }
}

/// Waits for the turn. False as soon as no request needs the connection any
/// more.
async fn turn_of_a_request(place: &Place) -> bool {
    let mut turn = pin!(place.turn(Duration::ZERO));
    poll_fn(|context| match REQUEST.try_with(|()| ()) {
        Ok(()) => turn.as_mut().poll(context).map(|()| true),
        Err(_) => Poll::Ready(false),
    })
    .await
}

type BoxError = Box<dyn StdError + Send + Sync>;

/// TLS that trusts what the system trusts. Built once for the process, because
/// reading the root certificates takes a while. A failure is not kept, so a
/// client that is built later finds certificates that were installed meanwhile.
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

/// TLS that trusts nobody, for loopback, where plain http is usual.
fn without_roots() -> Result<ClientConfig, Error> {
    let config = ClientConfig::builder_with_provider(provider()?).with_safe_default_protocol_versions();
    match config {
        Ok(config) => Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth()),
        Err(error) => Err(Error::config_caused_by("TLS cannot be set up", error)),
    }
}

/// The cryptography for TLS: the provider that the program has installed for
/// rustls, or else the one that the features name.
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

/// The error of a request that got no answer. A failed connection gets a text
/// that says why.
fn not_sent(error: reqwest::Error, url: &SecretUrl) -> Error {
    if error.is_connect() { why::no_connection(error.without_url(), has_proxy(url)) } else { failed(error) }
}

/// Here and in `not_sent`, reqwest's errors lose their URL, which holds the
/// key.
fn failed(error: reqwest::Error) -> Error {
    let kind = if error.is_timeout() { ErrorKind::Timeout } else { ErrorKind::Transport };
    Error::new(kind, error.without_url())
}

/// Whether the environment names a proxy for this URL.
fn has_proxy(url: &SecretUrl) -> bool {
    !url.is_loopback() && Matcher::from_env().intercept(url.uri()).is_some()
}
