//! The settings of a session, and what is checked before anything is sent.
//!
//! Setters check nothing and cannot fail, so that they chain. `site` checks all
//! settings at once, for a session from a token and for a login alike. Two
//! rules protect the user: the token never goes over plain http to another
//! machine, and sends are never less than a second apart. On this machine there
//! is no server to spare, so the pauses are dropped, which keeps tests over
//! sockets short.

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;

use super::{
    Session,
    hosts::Hosts,
    identity::{Identity, OnRenewal},
    site::{Site, Spacing},
    token::SessionToken,
};
use crate::{
    client::{Client, Endpoints, default_user_agent, user_agent},
    error::Error,
    transport::{Transport, default_transport},
};

/// The pause between two requests of one session.
const SPACING: Duration = Duration::from_secs(1);
/// The pause between two sends.
const SEND_SPACING: Duration = Duration::from_secs(3);

/// Sets up a [`Session`]. Finish with [`build`](Self::build), or with
/// [`log_in`](Self::log_in).
///
/// Wrong settings show only then, as an error.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::session::{Session, SessionToken};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let token = SessionToken::from_env("RUMBLE_SESSION")?;
///     let session = Session::builder()
///         .user_agent("harborlight-bot/1.0")
///         .on_renewal(|token| {
///             token
///                 .save("session")
///                 .unwrap_or_else(|error| eprintln!("{error:#}"))
///         })
///         .build(token)?;
///     println!("{session:?}");
///     Ok(())
/// }
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct SessionBuilder {
    endpoints: Endpoints,
    transport: Option<Arc<dyn Transport>>,
    user_agent: Result<HeaderValue, Error>,
    send_spacing: Duration,
    on_renewal: Option<OnRenewal>,
}

impl Session {
    /// Opens a session with the defaults of [`SessionBuilder`]. Nothing is
    /// sent, so this does not show whether the token is still valid;
    /// [`who`](Self::who) does.
    ///
    /// # Errors
    ///
    /// The same as for [`SessionBuilder::build`].
    ///
    /// # Examples
    ///
    /// A bot starts with the token that its last run has saved. Before the
    /// first run there is none, so it takes the one that the operator copied
    /// from a browser:
    ///
    /// ```no_run
    /// use rumble_live::{
    ///     Error,
    ///     session::{Session, SessionToken},
    /// };
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let token = match SessionToken::load("session")? {
    ///         Some(token) => token,
    ///         None => SessionToken::from_env("RUMBLE_SESSION")?,
    ///     };
    ///     let session = Session::from_token(token)?;
    ///     println!("logged in as {}", session.username().await?);
    ///     session.token().save("session")
    /// }
    /// ```
    pub fn from_token(token: SessionToken) -> Result<Self, Error> {
        Self::builder().build(token)
    }

    /// Sets up a session at Rumble's own addresses. Finish with a token or with
    /// a login.
    ///
    /// To share the connections of a client, use [`Client::session_builder`].
    pub fn builder() -> SessionBuilder {
        SessionBuilder {
            endpoints: Endpoints::default(),
            transport: None,
            user_agent: Ok(default_user_agent()),
            send_spacing: SEND_SPACING,
            on_renewal: None,
        }
    }
}

impl Client {
    /// Sets up a session that uses this client's transport, user agent and
    /// [endpoints](crate::ClientBuilder::endpoints). Feature `session`.
    ///
    /// The session has turns of its own: its requests do not wait for the polls
    /// of the client, nor the polls for them.
    ///
    /// # Examples
    ///
    /// A bot reads with the API key, and greets the viewers of each livestream
    /// as a user:
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let session =
    ///         client.session_builder().build(sim.session("captain"))?;
    ///
    ///     let snapshot = client.snapshot().await?;
    ///     for livestream in snapshot.live() {
    ///         session.chat(&livestream.id)?.send("good evening").await?;
    ///     }
    ///     assert_eq!(sim.times_posted("good evening"), 1);
    ///     Ok(())
    /// }
    /// ```
    pub fn session_builder(&self) -> SessionBuilder {
        SessionBuilder {
            endpoints: self.endpoints().clone(),
            transport: Some(Arc::clone(self.transport())),
            user_agent: Ok(self.user_agent().clone()),
            ..Session::builder()
        }
    }
}

impl SessionBuilder {
    /// Where the services are. Default: Rumble's own. The token goes to these
    /// hosts, so they must be `https://`, except on this machine.
    ///
    /// The chat may move: answers of the site name a host for it, and the
    /// session uses that one from then on if it is `https://` and of the same
    /// site.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Endpoints, Error, ErrorKind, session::Session, sim::Sim,
    /// };
    ///
    /// fn main() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let at = |origin: &str| {
    ///         let builder =
    ///             Session::builder().endpoints(Endpoints::at(origin)?);
    ///         builder.transport(sim.clone()).build(sim.session("captain"))
    ///     };
    ///     assert!(at("https://proxy.example").is_ok());
    ///     assert!(at("http://127.0.0.1:8080").is_ok());
    ///     // Everybody on the way could read the token.
    ///     let error = at("http://proxy.example").unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub fn endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Uses this transport, for example a [`Pool`](crate::Pool) that is shared
    /// with others. Default: a pool of its own. Without feature `http` there is
    /// no default.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// The `User-Agent` of the requests: a name by which Rumble can tell your
    /// bot from others. Default: `rumble-live/` and the version. If a header
    /// cannot hold it, [`build`](Self::build) fails.
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// How long to pause between the end of one send and the beginning of the
    /// next. Default: 3 seconds; at least 1. Messages and commands are sends.
    /// If the site and the chat are both on this machine, there is no pause.
    ///
    /// Rumble does not say how often a user may write. If it answers
    /// [`RateLimited`](crate::ErrorKind::RateLimited) often, raise this.
    ///
    /// # Examples
    ///
    /// A bot for a chat in slow mode:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Error, session::Session, sim::Sim};
    /// use tokio::time::Instant;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .send_spacing(Duration::from_secs(30))
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     let start = Instant::now();
    ///     for line in ["high tide at nine", "low tide at three"] {
    ///         chat.send(line).await?;
    ///     }
    ///     assert_eq!(start.elapsed().as_secs(), 30);
    ///     Ok(())
    /// }
    /// ```
    pub fn send_spacing(mut self, spacing: Duration) -> Self {
        self.send_spacing = spacing;
        self
    }

    /// Called with the new token when Rumble replaces the present one, which it
    /// does now and then. Store the new token, because the old one may expire.
    /// The session itself uses the new one from then on. Default: nothing is
    /// called.
    ///
    /// It is not called for the token with which a session begins, nor for that
    /// of a login.
    ///
    /// The callback runs in the task that reads the answer, and the request
    /// waits for it. So it must not take long: send the token to a task that
    /// stores it, unless the disk is fast. If it panics, the request still
    /// succeeds, and a log event says that the token may not be stored.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    /// use tokio::sync::mpsc::unbounded_channel;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let (renewed, mut to_store) = unbounded_channel();
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .on_renewal(move |token| drop(renewed.send(token.clone())))
    ///         .build(sim.session("captain"))?;
    ///
    ///     sim.renew_session("captain");
    ///     session.who().await?;
    ///     // A bot would call `save` on it here.
    ///     assert_eq!(to_store.recv().await, Some(session.token()));
    ///     Ok(())
    /// }
    /// ```
    pub fn on_renewal(mut self, on_renewal: impl Fn(&SessionToken) + Send + Sync + 'static) -> Self {
        self.on_renewal = Some(Arc::new(on_renewal));
        self
    }

    /// Builds the session of this token. Nothing is sent, so this does not show
    /// whether the token is still valid; [`Session::who`] does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting cannot
    /// work: a user agent that no header can hold, sends less than a second
    /// apart, endpoints over plain http on another machine, or no transport.
    pub fn build(self, token: SessionToken) -> Result<Session, Error> {
        let (site, on_renewal) = self.site()?;
        Ok(Session { site, identity: Arc::new(Identity::new(token, on_renewal)) })
    }

    /// Checks the settings, and makes what a session and a login need alike.
    pub(super) fn site(self) -> Result<(Arc<Site>, Option<OnRenewal>), Error> {
        let Self { endpoints, transport, user_agent, send_spacing, on_renewal } = self;
        if send_spacing < SPACING {
            return Err(Error::config("the sends of a session must be at least a second apart; raise send_spacing"));
        }
        let hosts = Hosts::new(&endpoints)?;
        let spacing = if hosts.are_local() {
            // On this machine there is no server to spare.
            Spacing { requests: Duration::ZERO, sends: Duration::ZERO }
        } else {
            Spacing { requests: SPACING, sends: send_spacing }
        };
        let site = Site::new(transport.map_or_else(|| default_transport("SessionBuilder::transport"), Ok)?, user_agent?, hosts, spacing);
        Ok((Arc::new(site), on_renewal))
    }
}

impl fmt::Debug for SessionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoints, transport: _, user_agent, send_spacing, on_renewal: _ } = self;
        f.debug_struct("SessionBuilder")
            .field("endpoints", endpoints)
            .field("user_agent", user_agent)
            .field("send_spacing", send_spacing)
            .finish_non_exhaustive()
    }
}
