//! The settings of a client, checked before anything is sent.
//!
//! Setters check nothing and cannot fail; [`ClientBuilder::build`] reports the
//! first fault. So a builder can be passed around and set in any order, and
//! there is one place to handle an error. The URL is parsed when the builder is
//! made, and its error is kept until then.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Client, Endpoints, Inner, spacing, url::ApiUrl, user_agent};
#[cfg(feature = "http")]
use crate::transport::{Pool, SecretUrl};
use crate::{
    error::Error,
    transport::{Limits, Transport, gate::Gate},
};

/// The default limit for a whole request.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Configures a [`Client`]. You get one from [`Client::builder`]. Only
/// [`build`](Self::build) can fail, so set things in any order. Clone it to
/// build several clients that differ in a setting. Its `Debug` output shows no
/// part of the URL.
///
/// | setting | default |
/// |---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 5 seconds |
/// | [`timeout`](Self::timeout) | 20 seconds |
/// | [`max_body`](Self::max_body) | 4 MiB |
/// | [`user_agent`](Self::user_agent) | `rumble-live/` and the version |
/// | [`allow_plain_http`](Self::allow_plain_http) | only to this machine |
/// | [`transport`](Self::transport) | a pool of connections of its own |
/// | [`endpoints`](Self::endpoints) | those of Rumble |
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::{Client, Error, sim::Sim};
///
/// fn main() -> Result<(), Error> {
///     let url = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
///     let builder = Client::builder(url)
///         .transport(Sim::new(42))
///         .timeout(Duration::from_secs(30))
///         .user_agent("harborlight-bot/1.0");
///     assert!(!format!("{builder:?}").contains("abcdefgh"));
///     let client = builder.build()?;
///     assert!(!format!("{client:?}").contains("abcdefgh"));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    url: Result<ApiUrl, Error>,
    user_agent: String,
    connect_timeout: Option<Duration>,
    timeout: Duration,
    max_body: usize,
    allows_plain_http: bool,
    transport: Option<Via>,
    endpoints: Option<Endpoints>,
}

/// What the requests go through, if it is not the default.
#[derive(Clone)]
enum Via {
    #[cfg(feature = "http")]
    Pool(Pool),
    Own(Arc<dyn Transport>),
}

impl ClientBuilder {
    /// The defaults, for this URL. If it is no good, `build` says so.
    pub(super) fn new(url: Result<ApiUrl, Error>) -> Self {
        Self {
            url,
            user_agent: user_agent::DEFAULT.to_owned(),
            connect_timeout: None,
            timeout: TIMEOUT,
            max_body: Limits::default().max_body,
            allows_plain_http: false,
            transport: None,
            endpoints: None,
        }
    }

    /// The time limit for opening a connection, including name lookup and TLS.
    /// Default: 5 seconds, so that a server that is down is reported long
    /// before [`timeout`](Self::timeout). A shared [`Pool`](crate::Pool) has a
    /// limit of its own. A transport of your own finds it in
    /// [`Limits::connect`](crate::Limits::connect).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, ErrorKind, sim::Sim};
    ///
    /// let with = |limit| {
    ///     Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::new(42))
    ///         .connect_timeout(limit)
    ///         .build()
    /// };
    /// assert!(with(Duration::from_secs(2)).is_ok());
    /// // No connection could ever be opened.
    /// assert_eq!(with(Duration::ZERO).unwrap_err().kind(), ErrorKind::Config);
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The time limit for one request, from its start to the last byte of the
    /// answer. Default: 20 seconds. The wait for its turn at the gate does not
    /// count.
    ///
    /// A request that hangs keeps the turn until this is over, so it is also
    /// the longest time by which one request can delay another one of the same
    /// client.
    ///
    /// # Examples
    ///
    /// The limit holds for any transport, even for one that never answers:
    ///
    /// ```test_harness
    /// use std::{future::pending, time::Duration};
    ///
    /// use rumble_live::{
    ///     BoxFuture, Client, Error, ErrorKind, Request, Response, Transport,
    /// };
    /// use tokio::time::Instant;
    ///
    /// struct Silent;
    ///
    /// impl Transport for Silent {
    ///     fn send(
    ///         &self,
    ///         _: Request,
    ///     ) -> BoxFuture<'_, Result<Response, Error>> {
    ///         Box::pin(pending())
    ///     }
    /// }
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn silence_ends_after_three_seconds() -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Silent)
    ///         .timeout(Duration::from_secs(3))
    ///         .build()?;
    ///     let begun = Instant::now();
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Timeout);
    ///     assert_eq!(begun.elapsed().as_secs(), 3);
    ///     Ok(())
    /// }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The `User-Agent` header of every request of this client, and of the live
    /// chats, sessions and readers of pages that are made from it. Default:
    /// `rumble-live/` and the version. Name your bot, and a way to reach you,
    /// so that Rumble can tell it from others.
    ///
    /// It must be visible ASCII; [`build`](Self::build) refuses anything that a
    /// header cannot hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, ErrorKind, sim::Sim};
    ///
    /// let named = |name: &str| {
    ///     Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::new(42))
    ///         .user_agent(name)
    ///         .build()
    /// };
    /// let client = named("harborlight-bot/1.0 (ada@example.com)").unwrap();
    /// assert!(format!("{client:?}").contains("harborlight-bot/1.0"));
    /// // A line break could smuggle in another header.
    /// let error = named("bot\r\nCookie: a=b").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// ```
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The size limit of an answer's body in bytes, after decompression.
    /// Default: 4 MiB; a full answer has about 50 KiB. A longer body ends the
    /// request with [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge), so an
    /// answer of the wrong kind cannot fill the memory of a small machine.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn answer_beyond_the_cap_is_an_error() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .max_body(sim.snapshot_json().len())
    ///         .build()?;
    ///     client.snapshot().await?;
    ///     sim.follow("ada");
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::TooLarge);
    ///     Ok(())
    /// }
    /// ```
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Allows `http://` to other machines. Everybody on the way can then read
    /// the key. Default: `http://` only to loopback. Use it only within a
    /// network that you trust, such as for a simulator in another container.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, ErrorKind, sim::Sim};
    ///
    /// let url = "http://simulator:8080/-livestream-api/get-data?key=any";
    /// let builder = Client::builder(url).transport(Sim::new(42));
    /// let error = builder.clone().build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert!(builder.allow_plain_http().build().is_ok());
    /// ```
    pub fn allow_plain_http(mut self) -> Self {
        self.allows_plain_http = true;
        self
    }

    /// Shares a pool of connections with other clients. Default: a pool of its
    /// own. It replaces an earlier [`transport`](Self::transport), and a later
    /// one replaces it.
    ///
    /// # Examples
    ///
    /// Two accounts over one connection:
    ///
    /// ```
    /// use rumble_live::{Client, Pool, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let server = Sim::running(1).serve().await?;
    ///     let other = server.add(&Sim::running(2));
    ///     let pool = Pool::new();
    ///     for url in [server.url(), other.as_str()] {
    ///         let client = Client::builder(url).pool(&pool).build()?;
    ///         client.snapshot().await?;
    ///     }
    ///     assert_eq!(server.connections(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "http")]
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.transport = Some(Via::Pool(pool.clone()));
        self
    }

    /// Sends the requests through this transport. Default: a
    /// [`Pool`](crate::Pool). Without feature `http` there is no default. Pass
    /// an `Arc` to share one transport between clients.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::running(42))
    ///         .build()?;
    ///     assert_eq!(client.endpoints().site(), "http://127.0.0.1");
    ///     Ok(())
    /// }
    /// ```
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Via::Own(Arc::new(transport)));
        self
    }

    /// Where Rumble's other services are. Default: Rumble's own addresses. If
    /// the API URL is on loopback, the default is its origin for all of them.
    /// You need it only if Rumble has moved its chat, or if these services are
    /// simulated somewhere else than the API.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Endpoints, Error, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let url =
    ///         "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
    ///     let moved = "https://web9.rumble.com/chat/api";
    ///     let client = Client::builder(url)
    ///         .transport(Sim::new(42))
    ///         .endpoints(Endpoints::default().with_chat(moved)?)
    ///         .build()?;
    ///     assert_eq!(client.endpoints().chat(), moved);
    ///     Ok(())
    /// }
    /// ```
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = Some(endpoints);
        self
    }

    /// Checks the settings and builds the client. Sends nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when:
    ///
    /// - the URL is not a URL, is a bare key, is neither http nor https, or
    ///   holds a user name or password;
    /// - the URL names another machine and has no `key`, or is plain http
    ///   without [`allow_plain_http`](Self::allow_plain_http);
    /// - a time limit is zero, or the user agent is not a valid header value;
    /// - you set both a pool and [`connect_timeout`](Self::connect_timeout);
    /// - TLS or the proxy cannot be set up;
    /// - you set no transport and feature `http` is off.
    ///
    /// The text says what to change, and quotes nothing of the URL.
    ///
    /// # Examples
    ///
    /// A program that checks its settings when it starts, and says what is
    /// wrong with them:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// fn client(url: &str, seconds: u64) -> Result<Client, Error> {
    ///     Client::builder(url)
    ///         .transport(Sim::new(42))
    ///         .timeout(Duration::from_secs(seconds))
    ///         .build()
    /// }
    ///
    /// let url = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
    /// assert!(client(url, 20).is_ok());
    /// let error = client(url, 0).unwrap_err();
    /// assert_eq!(error.to_string(), "a time limit must be longer than zero");
    /// let error =
    ///     client("https://ada:secret@rumble.com/?key=k", 20).unwrap_err();
    /// assert!(!error.to_string().contains("secret"));
    /// ```
    pub fn build(self) -> Result<Client, Error> {
        let url = self.url?;
        if url.is_plain_http() && !url.is_loopback() && !self.allows_plain_http {
            return Err(Error::config(
                "plain http shows the key to everybody on the way; use https://, or ClientBuilder::allow_plain_http if that is safe",
            ));
        }
        if self.timeout.is_zero() || self.connect_timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(Error::config("a time limit must be longer than zero"));
        }
        let user_agent = user_agent::user_agent(&self.user_agent)?;
        let defaults = Limits::default();
        let connect = self.connect_timeout.unwrap_or(defaults.connect);
        let limits = Limits { connect, whole: Some(self.timeout), max_body: self.max_body, ..defaults };
        let transport: Arc<dyn Transport> = match self.transport {
            Some(Via::Own(transport)) => transport,
            #[cfg(feature = "http")]
            Some(Via::Pool(_)) if self.connect_timeout.is_some() => {
                return Err(Error::config("a shared pool has its own time limit for connections; set it with Pool::with_connect_timeout"));
            }
            #[cfg(feature = "http")]
            pool => {
                let pool = if let Some(Via::Pool(pool)) = pool { pool } else { Pool::with_connect_timeout(connect) };
                pool.check(&SecretUrl::from(url.clone()))?;
                Arc::new(pool)
            }
            #[cfg(not(feature = "http"))]
            None => crate::transport::default_transport("ClientBuilder::transport")?,
        };
        let endpoints = self.endpoints.unwrap_or_else(|| Endpoints::for_api(&url));
        let gate = (!url.is_loopback()).then(|| Arc::new(Gate::new(spacing::API)));
        Ok(Client(Arc::new(Inner {
            url,
            user_agent,
            timeout: self.timeout,
            limits,
            transport,
            endpoints,
            gate,
            #[cfg(feature = "pages")]
            pages_gate: Arc::new(Gate::new(spacing::PAGES)),
            recent: Mutex::default(),
            arrivals: Notify::new(),
            account: Mutex::default(),
        })))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("url", &self.url).field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}
