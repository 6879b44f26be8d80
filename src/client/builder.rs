//! The settings of a client, checked before anything is sent.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Client, Endpoints, Inner, url::ApiUrl, user_agent};
#[cfg(feature = "http")]
use crate::transport::{Pool, SecretUrl};
use crate::{
    error::Error,
    transport::{Limits, Transport, gate::Gate},
};

/// The least time between two requests of one client.
const SPACING: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);

/// Configures a [`Client`]. You get one from [`Client::builder`].
///
/// # Examples
///
/// ```no_run
/// use std::time::Duration;
/// use rumble_live::{Client, Error};
///
/// fn main() -> Result<(), Error> {
///     let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=k")
///         .timeout(Duration::from_secs(30))
///         .user_agent("harborlight-bot/1.0")
///         .build()?;
///     assert!(!format!("{client:?}").contains("key"));
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

#[derive(Clone)]
enum Via {
    #[cfg(feature = "http")]
    Pool(Pool),
    Own(Arc<dyn Transport>),
}

impl ClientBuilder {
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
    /// Default: 5 seconds. A shared [`Pool`](crate::Pool) has a limit of its
    /// own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The time limit for one request, from its start to the last byte of the
    /// answer. Default: 20 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The `User-Agent` header. Default: `rumble-live/` and the version.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = user_agent.into();
        self
    }

    /// The size limit of an answer's body in bytes, after decompression.
    /// Default: 4 MiB; a full answer has about 50 KiB.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Allows `http://` to other machines. Everybody on the way can then read
    /// the key. Default: `http://` only to loopback.
    pub fn allow_plain_http(mut self) -> Self {
        self.allows_plain_http = true;
        self
    }

    /// Shares a pool of connections with other clients. Default: a pool of its
    /// own.
    #[cfg(feature = "http")]
    pub fn pool(mut self, pool: &Pool) -> Self {
        self.transport = Some(Via::Pool(pool.clone()));
        self
    }

    /// Sends the requests through this transport. Default: a
    /// [`Pool`](crate::Pool). Without feature `http` there is no default.
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(Sim::running(42)).build()?;
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
        let gate = (!url.is_loopback()).then(|| Arc::new(Gate::new(SPACING)));
        Ok(Client(Arc::new(Inner {
            url,
            user_agent,
            timeout: self.timeout,
            limits,
            transport,
            endpoints,
            gate,
            #[cfg(feature = "pages")]
            pages_gate: crate::pages::gate(),
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
