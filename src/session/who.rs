//! Whose session it is.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    error::{Error, ErrorKind},
    snapshot::UserId,
};

/// The user of a session. Returned by [`Session::who`].
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
    /// Asks whose session it is, and so checks that it is still valid.
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
    ///     println!("logged in as {}", session.who().await?.user_id);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionGone`] if Rumble does not know the session any more;
    /// otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request, whether it is waiting for its
    /// turn or already sent.
    pub async fn who(&self) -> Result<Who, Error> {
        let envelope = self.read("user.has_unread_notifications").await?;
        let unknown =
            || Error::with_message(ErrorKind::Decode, "the answer does not say whose session this is; Rumble may have changed it");
        let has_unread_notifications =
            envelope.data.get("has_unread_notifications").and_then(serde_json::Value::as_bool).unwrap_or_default();
        Ok(Who { user_id: envelope.user_id.ok_or_else(unknown)?, has_unread_notifications })
    }
}
