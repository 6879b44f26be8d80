//! Whose session it is.

use serde::{Deserialize, Serialize};

use super::Session;
use crate::{
    error::{Error, ErrorKind},
    snapshot::UserId,
};

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Who {
    /// The user (`user.id`, without its `_u`).
    pub user_id: UserId,
    /// Whether the site has news for the user (`data.has_unread_notifications`). False where it does not say.
    pub has_unread_notifications: bool,
}

impl Session {
    /// Asks whose session it is, and so whether it is still good.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SessionGone`] where Rumble does not know it any more; otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn who(&self) -> Result<Who, Error> {
        let envelope = self.read("user.has_unread_notifications").await?;
        let unknown =
            || Error::with_message(ErrorKind::Decode, "the answer does not say whose session this is; Rumble may have changed it");
        let has_unread_notifications =
            envelope.data.get("has_unread_notifications").and_then(serde_json::Value::as_bool).unwrap_or_default();
        Ok(Who { user_id: envelope.user_id.ok_or_else(unknown)?, has_unread_notifications })
    }
}
