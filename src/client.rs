//! One account: one request at a time, one snapshot for each.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};

use crate::{
    error::Error,
    gate::{Gate, Pass},
    http::{self, Pool},
    recent::Recent,
    retry_after,
    snapshot::{Snapshot, is_error_envelope},
    transport::{Request, Response, Transport},
    url::ApiUrl,
};

/// How far apart the requests of one client are kept.
const SPACING: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_BODY: usize = 4 * 1024 * 1024;
const DEFAULT_USER_AGENT: &str = concat!("rumble-live/", env!("CARGO_PKG_VERSION"));

/// A client for one account's API URL.
///
/// Cheap to clone; all clones share one connection pool and one gate: whatever they and their watchers do, their requests go out one
/// at a time, each at least 5 seconds after the end of the one before. On loopback there is no gate.
///
/// The URL is a secret. No `Debug`, error or log of this crate shows any part of it.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), rumble_live::Error> {
/// use rumble_live::Client;
///
/// let client = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
/// let snapshot = client.snapshot().await?;
/// println!("{} has {:?} followers", snapshot.account(), snapshot.followers().count);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    request: Request,
    transport: Arc<dyn Transport>,
    /// None on loopback.
    gate: Option<Gate>,
    recent: Mutex<Recent>,
}

impl Client {
    /// A client with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Sets up a client for the API URL that Rumble shows: the whole of it, key included.
    pub fn builder(url: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder {
            url: ApiUrl::parse(url.as_ref()),
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            connect_timeout: None,
            timeout: TIMEOUT,
            max_body: MAX_BODY,
            allows_plain_http: false,
            transport: None,
        }
    }

    /// Fetches the account once: one request, after waiting for its turn at the client's gate. Nothing is retried; pace it yourself.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`](crate::ErrorKind) but `Config`, which only a transport of one's own returns; [`Error::is_transient`] tells which pass.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the request. It still counts at the gate, for it may have been sent.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time enabled, and for the default transport I/O.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.poll().await.map(|fetched| fetched.snapshot)
    }

    /// The newest snapshot that this client, its clones or their watchers have, if it was asked for no longer than `max_age` ago; else a
    /// new one, after waiting for its turn at the gate. However many callers wait for a new one together, it is one request, and who joins
    /// late gets what was asked for before. A failure is told to all of them and not kept.
    ///
    /// The age is by this machine's clock, which does not run while it is suspended.
    ///
    /// # Errors
    ///
    /// As [`snapshot`](Self::snapshot).
    ///
    /// # Cancel safety
    ///
    /// A caller that leaves does not disturb the others; the request ends when the last one has left.
    ///
    /// # Panics
    ///
    /// As [`snapshot`](Self::snapshot).
    pub async fn snapshot_within(&self, max_age: Duration) -> Result<Snapshot, Error> {
        let flight = {
            let mut recent = self.recent();
            if let Some(snapshot) = recent.within(max_age, Instant::now()) {
                return Ok(snapshot);
            }
            let client = self.clone();
            recent.join(|| Box::pin(async move { client.newer(max_age).await }))
        };
        flight.await
    }

    /// One request, and what it took.
    pub(crate) async fn poll(&self) -> Result<Fetched, Error> {
        let _turn = self.turn().await;
        self.fetch().await
    }

    /// One request, unless a snapshot of `max_age` arrives while this one waits for its turn.
    async fn newer(&self, max_age: Duration) -> Result<Snapshot, Error> {
        let turn = self.turn().await;
        let arrived = self.recent().within(max_age, Instant::now());
        match arrived {
            Some(snapshot) => {
                if let Some(turn) = turn {
                    turn.give_back();
                }
                Ok(snapshot)
            }
            None => self.fetch().await.map(|fetched| fetched.snapshot),
        }
    }

    async fn turn(&self) -> Option<Pass<'_>> {
        match &self.0.gate {
            Some(gate) => Some(gate.enter().await),
            None => None,
        }
    }

    async fn fetch(&self) -> Result<Fetched, Error> {
        let Inner { request, transport, .. } = &*self.0;
        let asked = Instant::now();
        let answer = timeout(request.timeout, transport.get(request)).await.map_err(|_| Error::timeout(request.timeout))??;
        let snapshot = read(&answer, request.max_body)?;
        self.recent().keep(&snapshot, asked);
        Ok(Fetched { snapshot, bytes: answer.body.len(), duration: asked.elapsed() })
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nothing that panics runs under this lock.
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot, and what it took to get it.
pub(crate) struct Fetched {
    pub(crate) snapshot: Snapshot,
    /// The length of its body.
    pub(crate) bytes: usize,
    /// From the start of the request until it was decoded.
    pub(crate) duration: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("request", &self.0.request).finish_non_exhaustive()
    }
}

fn read(answer: &Response, max_body: usize) -> Result<Snapshot, Error> {
    if !(200..300).contains(&answer.status) {
        let wait = answer.retry_after.as_deref().and_then(|header| retry_after::parse(header, answer.date.as_deref(), SystemTime::now()));
        return Err(Error::from_status(answer.status, is_error_envelope(&answer.body), wait));
    }
    if answer.body.len() > max_body {
        return Err(Error::too_large(max_body));
    }
    Snapshot::from_json(&answer.body)
}

/// Sets up a [`Client`].
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use rumble_live::Client;
///
/// let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=k")
///     .timeout(Duration::from_secs(30))
///     .user_agent("harborlight-bot/1.0")
///     .build()?;
/// assert!(!format!("{client:?}").contains("key"));
/// # Ok::<(), rumble_live::Error>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    url: Result<ApiUrl, Error>,
    user_agent: String,
    connect_timeout: Option<Duration>,
    timeout: Duration,
    max_body: usize,
    allows_plain_http: bool,
    transport: Option<Via>,
}

enum Via {
    Pool(Pool),
    Own(Arc<dyn Transport>),
}

impl ClientBuilder {
    /// The most time for a connection, name look-up and TLS included. Default: 5 seconds. A [`Pool`] has its own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The most time for one request, from its start to the last byte of its body. Default: 20 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What the client calls itself. Default: `rumble-live/` and the version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The most bytes of body, counted after decompression. Default: 4 MiB, where a full answer has some 50 KiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Allows `http://` to other machines, where everybody on the way can read the key. Default: only loopback.
    pub fn allow_plain_http(mut self) -> Self {
        self.allows_plain_http = true;
        self
    }

    /// Shares the connections of other clients. Default: a pool of its own.
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.transport = Some(Via::Pool(pool.clone()));
        self
    }

    /// Makes the requests in another way. Default: a [`Pool`].
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Via::Own(Arc::new(transport)));
        self
    }

    /// Checks all of it. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL is none, is a bare key, is neither http nor https, holds a user name or password, or is plain
    /// http to another machine without [`allow_plain_http`](Self::allow_plain_http); when a time limit is zero; when the user agent is no
    /// header value; when both a pool and a time limit for connections were given; when TLS or the proxy cannot be set up.
    pub fn build(self) -> Result<Client, Error> {
        let url = self.url?;
        if url.is_plain_http() && !url.is_loopback() && !self.allows_plain_http {
            return Err(Error::config(
                "plain http would show the key to everybody on the way; use https://, or ClientBuilder::allow_plain_http where that is safe",
            ));
        }
        if self.timeout.is_zero() || self.connect_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(Error::config("a time limit of zero lets no request through"));
        }
        http::user_agent(&self.user_agent)?;
        let connect_timeout = self.connect_timeout.unwrap_or(http::CONNECT_TIMEOUT);
        let transport: Arc<dyn Transport> = match self.transport {
            Some(Via::Own(transport)) => transport,
            Some(Via::Pool(_)) if self.connect_timeout.is_some() => {
                return Err(Error::config("the time limit for connections is the pool's; set it with Pool::with_connect_timeout"));
            }
            Some(Via::Pool(pool)) => checked(pool, &url)?,
            None => checked(Pool::with_connect_timeout(connect_timeout), &url)?,
        };
        let gate = (!url.is_loopback()).then(|| Gate::new(SPACING));
        let request = Request { url, user_agent: self.user_agent, connect_timeout, timeout: self.timeout, max_body: self.max_body };
        Ok(Client(Arc::new(Inner { request, transport, gate, recent: Mutex::default() })))
    }
}

/// A pool that was found to work for this URL, so that what is wrong with the machine is known at once.
fn checked(pool: Pool, url: &ApiUrl) -> Result<Arc<dyn Transport>, Error> {
    pool.client(url)?;
    Ok(Arc::new(pool))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("url", &self.url).field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}
