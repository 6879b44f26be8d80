//! What can be set of a client, and what is checked of it before anything is sent.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::sync::Notify;

use super::{Client, Inner, url::ApiUrl};
use crate::{
    error::Error,
    transport::{
        Request, Transport,
        gate::Gate,
        http::{self, Pool},
    },
};

/// How far apart the requests of one client are kept.
const SPACING: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_BODY: usize = 4 * 1024 * 1024;
const DEFAULT_USER_AGENT: &str = concat!("rumble-live/", env!("CARGO_PKG_VERSION"));

/// Sets up a [`Client`].
///
/// # Examples
///
/// ```
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
}

#[derive(Clone)]
enum Via {
    Pool(Pool),
    Own(Arc<dyn Transport>),
}

impl ClientBuilder {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: ApiUrl::parse(url),
            user_agent: DEFAULT_USER_AGENT.to_owned(),
            connect_timeout: None,
            timeout: TIMEOUT,
            max_body: MAX_BODY,
            allows_plain_http: false,
            transport: None,
        }
    }

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
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL is none, is a bare key, is neither http nor https, holds a user name or password; where it names
    /// another machine, when it has no `key`, or is plain http without [`allow_plain_http`](Self::allow_plain_http); when a time limit is zero; when the user agent is no
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
        let gate = (!url.is_loopback()).then(|| Arc::new(Gate::new(SPACING)));
        let request = Request { url, user_agent: self.user_agent, connect_timeout, timeout: self.timeout, max_body: self.max_body };
        Ok(Client(Arc::new(Inner {
            request,
            transport,
            gate,
            recent: Mutex::default(),
            arrivals: Notify::new(),
            account: Mutex::default(),
        })))
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
