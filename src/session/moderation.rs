//! What the owner of a livestream and its moderators can do.

use super::{Session, SessionChat};
use crate::error::Error;

/// How long somebody is muted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MuteFor {
    /// Five minutes, in this livestream.
    FiveMinutes,
    /// Until this livestream ends.
    Livestream,
    /// Until they are unmuted, in all livestreams of the account.
    Forever,
}

impl Session {
    /// Unmutes somebody, by the number of their entry in the account's list of
    /// muted users (`moderation.unmute`). With feature `pages`,
    /// `Session::muted` reads that list, and `Session::unmute_by_name` looks up
    /// a name in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the entry is gone,
    /// [`Unclear`](crate::ErrorKind::Unclear) if it may have been done;
    /// otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether it was done; a log event says so.
    pub async fn unmute(&self, record_id: u64) -> Result<(), Error> {
        self.act("moderation.unmute", [("record_id", &*record_id.to_string())]).await.map(drop)
    }
}

impl SessionChat {
    /// Mutes a user, by the name that the chat shows (`moderation.mute`).
    ///
    /// ```
    /// use rumble_live::{Error, session::{MuteFor, Session}, sim::{Role, Sim}};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.message(&stream, "zed", "buy my coins");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
    ///     session.chat(&stream)?.mute("zed", MuteFor::FiveMinutes).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text, and
    /// [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the user may not
    /// mute others, or nobody has this name.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn mute(&self, username: &str, length: MuteFor) -> Result<(), Error> {
        self.mute_one(username, "user", length).await
    }

    /// Mutes a channel as which somebody writes, by the name that the chat
    /// shows (`moderation.mute`).
    ///
    /// # Errors
    ///
    /// The same as for [`mute`](Self::mute).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
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

    /// Confirms a raid that the [command](Self::command) `/raid` has prepared
    /// (`raid.confirm`). Only the owner of the livestream may do this.
    ///
    /// # Errors
    ///
    /// The same as for [`mute`](Self::mute).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    pub async fn confirm_raid(&self) -> Result<(), Error> {
        self.session().act("raid.confirm", [("video_id", &*self.video_id())]).await.map(drop)
    }
}
