//! What the owner of a livestream and its moderators can do.

use super::{Session, SessionChat};
use crate::error::Error;

/// For how long somebody is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MuteFor {
    /// Five minutes, in this livestream.
    FiveMinutes,
    /// As long as this livestream lasts.
    Livestream,
    /// Until they are unmuted, in all livestreams of the account.
    Forever,
}

impl Session {
    /// Lets somebody write again, by the number of the entry in the account's list of muted (`moderation.unmute`). With feature `pages`,
    /// `Session::muted` reads that list, and `Session::unmute_by_name` looks somebody up in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) where there is no such entry any more, [`Unclear`](crate::ErrorKind::Unclear) where it may have been done;
    /// otherwise as [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn withdraws the request. Dropping it later leaves it unknown whether it was done; the log says so.
    pub async fn unmute(&self, record_id: u64) -> Result<(), Error> {
        self.act("moderation.unmute", [("record_id", &*record_id.to_string())]).await.map(drop)
    }
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
            MuteFor::Forever => ("total", None),
        };
        let fields = [("user_to_mute", name), ("type", scope), ("entity_type", kind), ("video", &video)];
        self.session().act_for_sure("moderation.mute", fields.into_iter().chain(duration)).await
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
