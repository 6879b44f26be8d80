//! Whose session it is.
//!
//! The service that is asked here changes nothing, so it is the cheapest check
//! of a token. Of its answer, what counts is the user that it names beside its
//! data: without one it is an error, because a bot that compares ids must not
//! compare with nothing.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    error::{Error, ErrorKind},
    snapshot::UserId,
};

/// The user of a session. Returned by [`Session::who`].
///
/// # Examples
///
/// A bot reads the chat that it writes to. It must not answer itself:
///
/// ```
/// use rumble_live::{
///     Error,
///     chat::{Chat, ChatEvent},
///     session::Session,
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let me = session.who().await?.user_id;
///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
///     chat.next().await.transpose()?;
///
///     session.chat(&stream)?.send("ahoy").await?;
///     let Some(ChatEvent::Message(message)) =
///         chat.next().await.transpose()?
///     else {
///         panic!("no message")
///     };
///     let is_mine = message.author.user_id.as_ref() == Some(&me);
///     assert!(is_mine);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Who {
    /// The user (`user.id`, without its `_u`).
    pub user_id: UserId,
    /// Whether the user has unread notifications on the site
    /// (`data.has_unread_notifications`). False if the answer does not say.
    pub has_unread_notifications: bool,
}

impl Session {
    /// Asks whose session it is, and so checks that it is still valid
    /// (`user.has_unread_notifications`).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionGone`] if Rumble does not know the session any more,
    /// [`ErrorKind::Decode`] if the answer does not name the user; otherwise
    /// [as for any request](crate::session#what-an-error-means) that changes
    /// nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    ///
    /// # Examples
    ///
    /// The first thing a bot does with a token:
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let who = session.who().await?;
    ///     assert!(!who.has_unread_notifications);
    ///
    ///     sim.end_sessions("captain");
    ///     let error = session.who().await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::SessionGone);
    ///     assert!(error.to_string().contains("copy the cookie u_s again"));
    ///     Ok(())
    /// }
    /// ```
    pub async fn who(&self) -> Result<Who, Error> {
        let envelope = self.read("user.has_unread_notifications").await?;
        let unknown =
            || Error::with_message(ErrorKind::Decode, "the answer does not say whose session this is; Rumble may have changed it");
        let has_unread_notifications =
            envelope.data.get("has_unread_notifications").and_then(serde_json::Value::as_bool).unwrap_or_default();
        Ok(Who { user_id: envelope.user_id.ok_or_else(unknown)?, has_unread_notifications })
    }
}
