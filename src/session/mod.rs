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
//! # What it can do
//!
//! - Know whose session it is, and whether it still works: [`Session::who`].
//! - Write to a chat: [`SessionChat::send`]; as a channel,
//!   [`SessionChat::send_as`].
//! - Write, and find out whether a message arrived: [`SessionChat::message`],
//!   then [`Outgoing::confirm`].
//! - Delete, pin and mute: [`SessionChat::delete`], [`SessionChat::pin`],
//!   [`SessionChat::mute`].
//! - Unmute: [`Session::unmute`]. Feature `pages` adds the list of the muted,
//!   and unmuting by name.
//! - Raid, and other commands: [`SessionChat::command`], then
//!   [`SessionChat::confirm_raid`].
//! - Comment below a video: [`Session::comment`]. To read comments, feature
//!   `pages`.
//! - Keep playlists: [`Session::playlists`], [`Session::add_playlist`].
//! - Replace the API key: [`Session::reset_api_key`].
//! - Log in and out: [`SessionBuilder::log_in`], [`Session::log_out`].
//! - Upload a video: module `upload`, feature `upload`.
//!
//! To read a chat you need no session; see [`chat`](crate::chat).
//!
//! A user may do what Rumble lets them do. This crate does not check roles: if
//! the user may not do something, the request fails with
//! [`ErrorKind::Refused`](crate::ErrorKind::Refused) and Rumble's reason.
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
//! # What an error means
//!
//! Where the docs of a method say "as for any request", they mean these kinds:
//!
//! - [`Config`](crate::ErrorKind::Config): there is no tokio runtime, or a
//!   setting or an argument cannot work. Nothing was sent.
//! - [`Connect`](crate::ErrorKind::Connect): there was no connection. Nothing
//!   was sent.
//! - [`SessionGone`](crate::ErrorKind::SessionGone): Rumble does not know the
//!   session. Nothing was done. Take a new token.
//! - [`Refused`](crate::ErrorKind::Refused): Rumble refuses the request.
//!   Nothing was done. The text quotes the first 200 characters of its reason.
//! - [`Challenge`](crate::ErrorKind::Challenge): Rumble wants to see a browser.
//!   Nothing was done.
//! - [`RateLimited`](crate::ErrorKind::RateLimited): Rumble asks for fewer
//!   requests. Nothing was done. The session keeps the next ones back by
//!   itself.
//! - [`Status`](crate::ErrorKind::Status): another status 4xx. Nothing was
//!   done.
//! - [`Timeout`](crate::ErrorKind::Timeout),
//!   [`Transport`](crate::ErrorKind::Transport),
//!   [`Redirect`](crate::ErrorKind::Redirect),
//!   [`Server`](crate::ErrorKind::Server),
//!   [`TooLarge`](crate::ErrorKind::TooLarge),
//!   [`Decode`](crate::ErrorKind::Decode): a request that changes nothing got
//!   no good answer. You can make it again.
//! - [`Unclear`](crate::ErrorKind::Unclear): the same happened to a request
//!   that changes something, so it may have been done. The
//!   [source](std::error::Error::source) says what happened.
//!
//! An answer may take 20 seconds from the turn of its request, and may have 4
//! MiB. After `RateLimited` the session waits for as long as the server asks,
//! at most 15 minutes, and 10 seconds if it does not say. If a message or a
//! command came too soon, only messages and commands wait. If another request
//! came too soon, all requests wait.
//!
//! A bot needs to tell four cases apart:
//!
//! ```
//! use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
//!
//! /// What the bot tells its operator.
//! fn advice(error: &Error) -> &'static str {
//!     match error.kind() {
//!         ErrorKind::SessionGone => "copy the cookie u_s again",
//!         ErrorKind::Unclear => "look into the chat before you repeat it",
//!         _ if error.is_transient() => "it was not done; try again later",
//!         _ => "it was not done; trying again does not help",
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let session = Session::builder()
//!         .transport(sim.clone())
//!         .build(sim.session("captain"))?;
//!     let chat = session.chat(&stream)?;
//!
//!     sim.refuse_session_next("Subscribers only");
//!     let error = chat.send("ahoy").await.unwrap_err();
//!     assert_eq!(
//!         error.to_string(),
//!         "Rumble refused: Subscribers only (status 403)"
//!     );
//!     assert_eq!(
//!         advice(&error),
//!         "it was not done; trying again does not help"
//!     );
//!
//!     sim.fail_session_next(502);
//!     let error = chat.send("ahoy").await.unwrap_err();
//!     assert_eq!(advice(&error), "look into the chat before you repeat it");
//!
//!     sim.end_sessions("captain");
//!     let error = chat.send("ahoy").await.unwrap_err();
//!     assert_eq!(advice(&error), "copy the cookie u_s again");
//!     Ok(())
//! }
//! ```
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
//! use rumble_live::{
//!     Error,
//!     session::Session,
//!     sim::{Loss, Sim},
//! };
//!
//! #[tokio::test(start_paused = true)]
//! async fn lost_answer_is_not_sent_again() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let stream = sim.start_stream("Harbour lights");
//!     let session = Session::builder()
//!         .transport(sim.clone())
//!         .build(sim.session("captain"))?;
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
/// # Turns
///
/// A session makes its requests one at a time, in the order in which their
/// futures were first polled. Each begins one second after the end of the one
/// before it. Messages and commands also stand in a line of their own, in which
/// each waits three seconds after the one before it. So a long line of messages
/// does not keep other requests back. If both the site and the chat are on this
/// machine, there are no pauses.
///
/// The turns belong to the session: two sessions that were built apart do not
/// wait for each other, even if they have the same token. Build one and clone
/// it. The requests of an upload, of feature `upload`, do not wait for turns.
///
/// Nothing is retried automatically. Each request runs in a task of the tokio
/// runtime in which it was first polled.
///
/// # Examples
///
/// Two parts of a bot write with clones of one session. The second message
/// waits for its turn:
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
///         .build(sim.session("captain"))?;
///     let (greeter, clock) = (session.clone(), session);
///
///     let start = Instant::now();
///     greeter.chat(&stream)?.send("welcome aboard").await?;
///     clock.chat(&stream)?.send("five minutes to go").await?;
///     assert!(start.elapsed() >= Duration::from_secs(3));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    site: Arc<Site>,
    identity: Arc<Identity>,
}

impl Session {
    /// The present token: the one that the session was built with, or the
    /// newest that Rumble has replaced it with. See
    /// [`SessionBuilder::on_renewal`]; without that, store this one before the
    /// bot ends.
    #[must_use]
    pub fn token(&self) -> SessionToken {
        self.identity.token()
    }

    /// Makes one request as this user, in its turn.
    async fn ask(&self, asked: Asked) -> Result<Envelope, Error> {
        self.site.ask(Some(&self.identity), asked).await
    }

    /// Reads from a service. If no good answer comes, it can be asked again.
    async fn read(&self, service: &str) -> Result<Envelope, Error> {
        self.ask(Asked::get(self.site.service(service))).await
    }

    /// Has a service do something, described by the fields of a form. Any good
    /// answer without a refusal means that it was done, since not every service
    /// says so.
    async fn act<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<Envelope, Error> {
        self.ask(Asked::form(self.site.service(service), fields)).await
    }

    /// The same, for a service that reports when it was done. An answer without
    /// that report is unclear.
    async fn act_for_sure<'a>(&self, service: &str, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Result<(), Error> {
        self.ask(Asked::form(self.site.service(service), fields).with_success()).await.map(drop)
    }
}
