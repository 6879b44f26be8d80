//! The settings of a session, and what is checked before anything is sent.

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

/// Sets up a [`Session`].
///
/// ```no_run
/// use rumble_live::session::{Session, SessionToken};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let token = SessionToken::from_env("RUMBLE_SESSION")?;
///     let session = Session::builder()
///         .user_agent("harborlight-bot/1.0")
///         .on_renewal(|token| token.save("session").unwrap_or_else(|error| eprintln!("{error:#}")))
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
    /// sent.
    ///
    /// # Errors
    ///
    /// The same as for [`SessionBuilder::build`].
    pub fn from_token(token: SessionToken) -> Result<Self, Error> {
        Self::builder().build(token)
    }

    /// Sets up a session. Finish with a token or with a login.
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

    /// The `User-Agent` of the requests. Default: `rumble-live/` and the
    /// version.
    pub fn user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// How long to pause between the end of one send and the beginning of the
    /// next. Default: 3 seconds; at least 1.
    pub fn send_spacing(mut self, spacing: Duration) -> Self {
        self.send_spacing = spacing;
        self
    }

    /// Called with the new token when Rumble replaces the present one, which it
    /// does now and then. Store the new token, because the old one may expire.
    /// The session itself uses the new one from then on.
    ///
    /// The callback runs where the answer is read, so it must not take long.
    pub fn on_renewal(mut self, on_renewal: impl Fn(&SessionToken) + Send + Sync + 'static) -> Self {
        self.on_renewal = Some(Arc::new(on_renewal));
        self
    }

    /// Builds the session of this token. Nothing is sent.
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
