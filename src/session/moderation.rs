//! What the owner of a livestream and its moderators can do.
//!
//! Whether the user may do it is not checked here, because only Rumble knows.
//! Each request reports when it was done, or is taken as done if nothing in the
//! answer refuses it; see `act` and `act_for_sure` in `mod.rs`.

use super::{Session, SessionChat};
use crate::error::Error;

/// How long somebody is muted. Used by [`SessionChat::mute`].
///
/// # Examples
///
/// Longer each time:
///
/// ```
/// use rumble_live::session::MuteFor;
///
/// fn penalty(earlier_offences: u32) -> MuteFor {
///     match earlier_offences {
///         0 => MuteFor::FiveMinutes,
///         1 => MuteFor::Livestream,
///         _ => MuteFor::Forever,
///     }
/// }
///
/// assert_eq!(penalty(0), MuteFor::FiveMinutes);
/// assert_eq!(penalty(7), MuteFor::Forever);
/// ```
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
    /// Somebody who was muted twice, for example in two livestreams, may have
    /// two entries. Each is removed by itself.
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
    ///
    /// # Examples
    ///
    /// An amnesty for everybody whose name is not on a list. It needs feature
    /// `pages`:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
    ///     session::{MuteFor, Session},
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///     chat.mute("zed", MuteFor::Forever).await?;
    ///     chat.mute("mallory", MuteFor::Forever).await?;
    ///
    ///     for muted in session.muted().await? {
    ///         if muted.username != "mallory" {
    ///             session.unmute(muted.record_id).await?;
    ///         }
    ///     }
    ///     assert_eq!(session.muted().await?[0].username, "mallory");
    ///     Ok(())
    /// }
    /// ```
    pub async fn unmute(&self, record_id: u64) -> Result<(), Error> {
        self.act("moderation.unmute", [("record_id", &*record_id.to_string())]).await.map(drop)
    }
}

impl SessionChat {
    /// Mutes a user, by the name that the chat shows (`moderation.mute`). Only
    /// the owner of the livestream and its moderators may do this.
    ///
    /// A reader of the chat sees
    /// [`ChatEvent::Muted`](crate::chat::ChatEvent::Muted). A
    /// [`Deleted`](crate::chat::ChatEvent::Deleted) for what they wrote may
    /// follow.
    ///
    /// # Errors
    ///
    /// The same as for [`send`](Self::send), except for the text:
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the name is empty.
    /// [`Refused`](crate::ErrorKind::Refused) if the user may not mute others,
    /// or nobody has this name.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{
    ///     Error,
    ///     session::{MuteFor, Session},
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let log_in = |name| {
    ///         Session::builder()
    ///             .transport(sim.clone())
    ///             .build(sim.session(name))
    ///     };
    ///     let moderator = log_in("captain")?.chat(&stream)?;
    ///     let viewer = log_in("zed")?.chat(&stream)?;
    ///
    ///     viewer.send("buy my coins").await?;
    ///     moderator.mute("zed", MuteFor::FiveMinutes).await?;
    ///     let error = viewer.send("cheap coins").await.unwrap_err();
    ///     assert_eq!(
    ///         error.to_string(),
    ///         "Rumble refused: You are muted (status 403)"
    ///     );
    ///
    ///     sim.advance(Duration::from_secs(300));
    ///     viewer.send("sorry").await?;
    ///     Ok(())
    /// }
    /// ```
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
    ///
    /// # Examples
    ///
    /// Whether a line was written as a channel shows in its author:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
    ///     chat::ChatMessage,
    ///     session::{MuteFor, Session, SessionChat},
    ///     sim::{Role, Sim},
    /// };
    ///
    /// async fn mute_author(
    ///     chat: &SessionChat,
    ///     message: &ChatMessage,
    /// ) -> Result<(), Error> {
    ///     let author = &message.author;
    ///     match author.channel_id {
    ///         Some(_) => {
    ///             chat.mute_channel(&author.name, MuteFor::Livestream).await
    ///         }
    ///         None => chat.mute(&author.name, MuteFor::Livestream).await,
    ///     }
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Moderator);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let chat = session.chat(&stream)?;
    ///
    ///     let mut author = rumble_live::Author::from("Coin Harbor");
    ///     author.channel_id = Some("7104999".into());
    ///     let message =
    ///         ChatMessage::new("1", &stream, author, "buy my coins");
    ///     mute_author(&chat, &message).await?;
    ///     assert_eq!(session.muted().await?[0].username, "Coin Harbor");
    ///     Ok(())
    /// }
    /// ```
    pub async fn mute_channel(&self, name: &str, length: MuteFor) -> Result<(), Error> {
        self.mute_one(name, "channel", length).await
    }

    /// Mutes a user or a channel. The wire has no length for a livestream:
    /// `video` without a duration lasts until it ends, and `total` for good.
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
    /// A reader of the chat then sees
    /// [`ChatEvent::Raid`](crate::chat::ChatEvent::Raid).
    ///
    /// # Errors
    ///
    /// The same as for [`mute`](Self::mute); also
    /// [`Refused`](crate::ErrorKind::Refused) if there is no raid to confirm.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`send`](Self::send).
    ///
    /// # Examples
    ///
    /// The end of a livestream:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
    ///     chat::{Chat, ChatEvent},
    ///     session::Session,
    ///     sim::{Role, Sim},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.set_role("captain", Role::Owner);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let mut reader =
    ///         Chat::builder(&stream).transport(sim.clone()).open();
    ///     reader.next().await.transpose()?;
    ///
    ///     let chat = session.chat(&stream)?;
    ///     let target = "https://rumble.com/v7c9aa1-night-shift.html";
    ///     chat.command(&format!("/raid {target}")).await?;
    ///     chat.confirm_raid().await?;
    ///     let Some(ChatEvent::Raid(raid)) =
    ///         reader.next().await.transpose()?
    ///     else {
    ///         panic!("no raid")
    ///     };
    ///     assert_eq!(raid.target_url, target);
    ///     Ok(())
    /// }
    /// ```
    pub async fn confirm_raid(&self) -> Result<(), Error> {
        self.session().act("raid.confirm", [("video_id", &*self.video_id())]).await.map(drop)
    }
}
