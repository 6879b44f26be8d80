//! Act as a logged-in user: write to a chat, moderate, comment. Feature
//! `session`.
//!
//! Unofficial: Rumble does not document any of this, and may change it without
//! notice. The authors did not run any of it against the real service.
//!
//! ```no_run
//! use rumble_live::session::{Session, SessionToken};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//!     let token = SessionToken::from_env("RUMBLE_SESSION")?;
//!     let session = Session::from_token(token)?;
//!     println!("logged in as {}", session.who().await?.user_id);
//!     session.chat("7c1f4q")?.send("ahoy").await?;
//!     Ok(())
//! }
//! ```
//!
//! # What a session is
//!
//! When you log in to rumble.com, you get a cookie named `u_s`. Every request
//! with this cookie counts as the user's, so it is as good as a password: it
//! can write, moderate, and change the account. Give your bot an account of its
//! own, and make that account a moderator if it needs to be one.
//!
//! # Where the token comes from
//!
//! 1. Log in to <https://rumble.com> as the bot's account, in a browser.
//! 2. Open the developer tools (F12), and in them the storage of the site:
//!    "Application" in Chrome and Edge, "Storage" in Firefox and Safari.
//! 3. Under "Cookies", `https://rumble.com`, copy the value of `u_s`.
//! 4. Close the window without logging out. Logging out would end the session.
//!
//! Pass the token to your bot in an environment variable or in a file that only
//! the bot can read. Never pass it as an argument, which other users of the
//! machine can see. Rumble renews it now and then: store the token that
//! [`SessionBuilder::on_renewal`] passes to you. It is not known how long a
//! token is valid; others assume a month. Once it is no longer valid, requests
//! fail with [`ErrorKind::SessionGone`](crate::ErrorKind::SessionGone).
//!
//! The token is sent only to Rumble's hosts, only over https, and never along a
//! redirect. No error, log or `Debug` output shows it.
//!
//! # Why not the password
//!
//! A password opens more than a session does, and you cannot revoke it for one
//! bot alone. Rumble's login hashes it with MD5. TLS protects the hash on its
//! way, but MD5 does not protect the password: whoever has the hash can log in.
//! The login may ask for a second factor, refuses many data centres, and has
//! changed twice since 2024. So take the cookie from a browser if you can. If
//! you cannot, use [`Session::log_in`]. Store the [token](Session::token) that
//! it returns, and log in once instead of at each start.
//!
//! # What may change
//!
//! All of it. The requests are the ones that Rumble's own site and apps were
//! seen to make, most of them in 2025 and 2026. Each method names its request.
//! If Rumble changes one, it fails with [`Decode`](crate::ErrorKind::Decode),
//! or with [`Unclear`](crate::ErrorKind::Unclear) if it may have been carried
//! out. Methods that read HTML, such as the list of muted users, will break
//! first. They are in a feature of their own, `pages`.
//!
//! # At most once
//!
//! A request that changes something is never repeated automatically. If no good
//! answer comes, the error is
//! [`ErrorKind::Unclear`](crate::ErrorKind::Unclear): it may have been done.
//! For a message, [`Outgoing::confirm`] looks for it in the
//! [chat](crate::chat).
//!
//! # What Rumble may think of it
//!
//! Rumble's terms decide whether a bot may act for an account; read them.
//! Expect limits that nobody has written down. This is why a [`Session`] makes
//! one request at a time, one second after the last, and sends messages three
//! seconds apart.
//!
//! # Test it
//!
//! The simulator has users too, who write, moderate and log in. Your test
//! decides when sessions end, are renewed or are refused. See
//! [`Sim::session`](crate::sim::Sim::session):
//!
//! ```test_harness
//! use rumble_live::{Error, session::Session, sim::{Loss, Sim}};
//!
//! #[tokio::test(start_paused = true)]
//! async fn lost_answer_is_not_sent_again() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
//!     sim.lose_session_answer_next(Loss::After);
//!     assert!(session.chat(&stream)?.send("ahoy").await.is_err());
//!     assert_eq!(sim.times_posted("ahoy"), 1);
//!     Ok(())
//! }
//! ```

mod account;
mod answer;
mod asked;
mod builder;
mod chat;
mod comments;
#[cfg(feature = "upload")]
pub(crate) mod errand;
mod hosts;
mod identity;
mod login;
mod moderation;
mod outgoing;
#[cfg(feature = "pages")]
mod pages;
pub(crate) mod password;
mod playlists;
mod site;
mod token;
mod trace;
pub(crate) mod unfinished;
mod who;

use std::sync::Arc;

#[cfg(feature = "pages")]
pub use self::pages::{Comment, Muted};
pub use self::{
    account::{Channel, VideoCategory},
    builder::SessionBuilder,
    chat::{Sent, SessionChat},
    comments::CommentId,
    login::{CodeBy, Login, SecondFactor, SecondFactorOptions},
    moderation::MuteFor,
    outgoing::{Fate, Outgoing},
    playlists::{Playlist, PlaylistDraft, PlaylistId, PlaylistVideo},
    token::SessionToken,
    who::Who,
};
use self::{answer::Envelope, asked::Asked, identity::Identity, site::Site};
use crate::error::Error;

/// A logged-in user of Rumble. Cheap to clone; clones share everything.
///
/// A session makes one request at a time, one second after the end of the last,
/// and sends messages three seconds apart. On loopback it does not wait.
/// Nothing is retried automatically.
#[derive(Clone, Debug)]
pub struct Session {
    site: Arc<Site>,
    identity: Arc<Identity>,
}

impl Session {
    /// The present token. Rumble renews it now and then; see
    /// [`SessionBuilder::on_renewal`].
    #[must_use]
    pub fn token(&self) -> SessionToken {
        self.identity.token()
    }

    async fn ask(&self, asked: Asked) -> Result<Envelope, Error> {
        self.site.ask(Some(&self.identity), asked).await
    }

    /// Reads from a service.
    async fn read(&self, service: &str) -> Result<Envelope, Error> {
        self.ask(Asked::get(self.site.service(service))).await
    }

    /// Has a service do something, described by the fields of a form.
    async fn act<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<Envelope, Error> {
        self.ask(Asked::form(self.site.service(service), fields)).await
    }

    /// The same, for a service that reports when it was done.
    async fn act_for_sure<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<(), Error> {
        self.ask(Asked::form(self.site.service(service), fields).with_success()).await.map(drop)
    }
}
