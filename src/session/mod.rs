//! To answer: what a logged-in user can do, such as to write to a chat. Feature `session`.
//!
//! Unofficial: Rumble documents nothing of this, and may change it without notice. Nothing here was run against the real service by its authors.
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
//! Whoever logs in to rumble.com gets a cookie named `u_s`. Each request that comes with it is the user's, so it is as good as a password: it can write,
//! moderate, and change the account. Give a bot an account of its own, and make that a moderator where it needs to be one.
//!
//! # Where the token comes from
//!
//! 1. Log in to <https://rumble.com> as the bot's account, in a browser.
//! 2. Open the developer tools (F12), and in them the storage of the site: "Application" in Chrome and Edge, "Storage" in Firefox and Safari.
//! 3. Under "Cookies", `https://rumble.com`, copy the value of `u_s`.
//! 4. Close the window without logging out, for that would end the session.
//!
//! Hand it to the bot by an environment variable or a file that only the bot can read, never as an argument, which other users of the machine can see. Rumble
//! renews it now and then: store what [`SessionBuilder::on_renewal`] gives. How long a token is good for is not known; others assume a month. When it is over,
//! requests fail with [`ErrorKind::SessionGone`](crate::ErrorKind::SessionGone).
//!
//! The token goes to Rumble's hosts over https alone, and along no redirect. No error, log or `Debug` form shows it.
//!
//! # Why not the password
//!
//! A password opens more than a session does, and cannot be taken back one bot at a time. Rumble's login hashes it with MD5: TLS protects it on its way, the
//! hash does not, and whoever has the hash can log in. The login may ask for a second factor, refuses many data centres, and has changed twice since 2024.
//! So take the cookie from a browser where you can. For where you cannot there is [`Session::log_in`]; store the [token](Session::token) that it gives, and
//! log in once instead of at each start.
//!
//! # What may change
//!
//! All of it. The requests are those that Rumble's own site and apps were seen to make, most of them in 2025 and 2026; which of them, each method names.
//! Where one changes, it fails with [`Decode`](crate::ErrorKind::Decode), or with [`Unclear`](crate::ErrorKind::Unclear) where it may have been carried out.
//! What reads HTML, such as the list of who is muted, will break first, so it is apart, in feature `pages`.
//!
//! # At most once
//!
//! Nothing that changes something is ever sent twice by itself. If no good answer comes, the error is [`ErrorKind::Unclear`](crate::ErrorKind::Unclear): it may have been done. For a
//! message, [`Outgoing::confirm`] looks into the [chat](crate::chat) for it.
//!
//! # What Rumble may say to it
//!
//! Whether a bot may act for an account is a matter of Rumble's terms; read them. Expect limits that nobody has written
//! down. So a [`Session`] makes one request at a time, a second after the one before, and its messages are three seconds apart.
//!
//! # Test it
//!
//! The simulator has users too, who write, moderate and log in; sessions end, are renewed and refused as a test wants it. See
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
/// It makes one request at a time, a second after the end of the one before, and its sends three seconds apart. On loopback it does not wait. Nothing is
/// retried by itself.
#[derive(Clone, Debug)]
pub struct Session {
    site: Arc<Site>,
    identity: Arc<Identity>,
}

impl Session {
    /// The token by now, which Rumble renews at times; see [`SessionBuilder::on_renewal`].
    #[must_use]
    pub fn token(&self) -> SessionToken {
        self.identity.token()
    }

    async fn ask(&self, asked: Asked) -> Result<Envelope, Error> {
        self.site.ask(Some(&self.identity), asked).await
    }

    /// Reads what a service tells.
    async fn read(&self, service: &str) -> Result<Envelope, Error> {
        self.ask(Asked::get(self.site.service(service))).await
    }

    /// Has a service do something, by the fields of a form.
    async fn act<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<Envelope, Error> {
        self.ask(Asked::form(self.site.service(service), fields)).await
    }

    /// The same, for a service that says when it was done.
    async fn act_for_sure<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<(), Error> {
        self.ask(Asked::form(self.site.service(service), fields).with_success()).await.map(drop)
    }
}
