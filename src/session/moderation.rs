//! What the owner of a livestream and its moderators can do.

use super::SessionChat;
use crate::error::Error;

/// For how long somebody is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MuteFor {
    /// Five minutes, in this livestream.
    FiveMinutes,
    /// As long as this livestream lasts.
    Livestream,
    /// For good, in all livestreams of the account.
    Good,
}

impl SessionChat {
    /// Mutes a user, by the name that the chat shows (`moderation.mute`).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for its text; [`ErrorKind::Refused`](crate::ErrorKind::Refused) where the user may not mute, or nobody has this name.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn mute(&self, username: &str, length: MuteFor) -> Result<(), Error> {
        self.mute_one(username, "user", length).await
    }

    /// Mutes a channel that somebody speaks as, by the name that the chat shows (`moderation.mute`).
    ///
    /// # Errors
    ///
    /// As [`mute`](Self::mute).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn mute_channel(&self, name: &str, length: MuteFor) -> Result<(), Error> {
        self.mute_one(name, "channel", length).await
    }

    async fn mute_one(&self, name: &str, kind: &str, length: MuteFor) -> Result<(), Error> {
        if name.trim().is_empty() {
            return Err(Error::config("a name is needed to mute somebody; nothing was sent"));
        }
        let video = self.video_id();
        let (scope, duration) = match length {
            MuteFor::FiveMinutes => ("video", Some(("duration", "300"))),
            MuteFor::Livestream => ("video", None),
            MuteFor::Good => ("total", None),
        };
        let fields = [("user_to_mute", name), ("type", scope), ("entity_type", kind), ("video", &video)];
        self.session().act("moderation.mute", fields.into_iter().chain(duration)).await.map(drop)
    }

    /// Confirms a raid that a [command](Self::command) `/raid` has prepared (`raid.confirm`). For the owner of the livestream.
    ///
    /// # Errors
    ///
    /// As [`mute`](Self::mute).
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    pub async fn confirm_raid(&self) -> Result<(), Error> {
        self.session().act("raid.confirm", [("video_id", &*self.video_id())]).await.map(drop)
    }
}
