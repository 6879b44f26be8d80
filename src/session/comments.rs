//! Writing comments below a video.
//!
//! The services want ids in base 10 and a comment's text in a form; `target` is
//! a constant of Rumble's page. A comment that is answered without an id may
//! have been written, so it is unclear and not an error of the format.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Session, answer::Deed, chat::video_id};
use crate::{
    error::{Error, ErrorKind},
    snapshot::StreamId,
};

/// The id of a comment (`comment_id`). `Display` and the JSON form are the
/// number.
///
/// Ids sort as numbers. Nothing promises that a later comment has a larger one.
///
/// # Examples
///
/// A bot keeps the id in a file, to delete the comment another day:
///
/// ```
/// use rumble_live::session::CommentId;
///
/// let id = CommentId::from(880_001);
/// let stored = id.to_string();
/// assert_eq!(stored, "880001");
///
/// let restored: CommentId = stored.parse::<u64>().unwrap().into();
/// assert_eq!(restored, id);
/// assert_eq!(serde_json::to_string(&id).unwrap(), "880001");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommentId(u64);

impl From<u64> for CommentId {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<CommentId> for u64 {
    fn from(id: CommentId) -> Self {
        id.0
    }
}

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Session {
    /// Comments on a video, which may be a livestream that has ended
    /// (`comment.add`). Returns the id of the new comment.
    ///
    /// `video` is its id in base 36, as for [`chat`](Self::chat). The length of
    /// the text is not checked.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] if the text is empty, or `video` is not the id
    ///   of a video. Nothing was sent.
    /// - [`ErrorKind::Refused`] if Rumble does not accept it.
    /// - [`ErrorKind::Unclear`] if it was sent and no good answer came.
    /// - Otherwise the same as for [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// If you drop the future before its turn, the request is withdrawn. If you
    /// drop it later, you cannot know whether it was done; a log event says so.
    ///
    /// # Examples
    ///
    /// Once the livestream is over, the bot leaves the chapters below it:
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.end_stream(&stream);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let id =
    ///         session.comment(&stream, "0:00 dusk, 42:10 the lamps").await?;
    ///     assert_eq!(session.comments(&stream).await?[0].id, id);
    ///
    ///     let error = session.comment(&stream, " ").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub async fn comment(&self, video: impl Into<StreamId>, text: &str) -> Result<CommentId, Error> {
        self.add_comment(video.into(), "0", text).await
    }

    /// Replies to a comment (`comment.add`). The reply is itself a comment, and
    /// its id is returned.
    ///
    /// `comment` must be below the same `video`; this is not checked here.
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    ///
    /// # Examples
    ///
    /// The bot thanks everybody who has commented. Reading the list needs
    /// feature `pages`:
    ///
    /// ```
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let log_in = |name| {
    ///         Session::builder()
    ///             .transport(sim.clone())
    ///             .build(sim.session(name))
    ///     };
    ///     let (viewer, captain) = (log_in("ada")?, log_in("captain")?);
    ///     viewer.comment(&stream, "What a view!").await?;
    ///
    ///     for comment in captain.comments(&stream).await? {
    ///         if comment.username != "captain" {
    ///             captain.reply(&stream, comment.id, "Thank you!").await?;
    ///         }
    ///     }
    ///     let texts: Vec<_> = captain
    ///         .comments(&stream)
    ///         .await?
    ///         .into_iter()
    ///         .map(|comment| comment.text)
    ///         .collect();
    ///     assert_eq!(texts, ["What a view!", "Thank you!"]);
    ///     Ok(())
    /// }
    /// ```
    pub async fn reply(&self, video: impl Into<StreamId>, comment: CommentId, text: &str) -> Result<CommentId, Error> {
        self.add_comment(video.into(), &comment.to_string(), text).await
    }

    /// Adds a comment. `reply_to` is the id of the one that it answers, and `0`
    /// for none.
    async fn add_comment(&self, video: StreamId, reply_to: &str, text: &str) -> Result<CommentId, Error> {
        let video = video_id(&video)?.to_string();
        if text.trim().is_empty() {
            return Err(Error::config("this comment is empty; nothing was sent"));
        }
        let fields = [("video", &*video), ("reply_id", reply_to), ("comment", text), ("target", "comment-create-1")];
        let envelope = self.act("comment.add", fields).await?;
        let id = match envelope.data.get("comment_id") {
            Some(Value::String(id)) => id.parse().ok(),
            Some(id) => id.as_u64(),
            None => None,
        };
        id.map(CommentId).ok_or_else(|| Deed::Write.or_unclear(Error::with_message(ErrorKind::Decode, "the answer has no comment id")))
    }

    /// Pins a comment on one of the user's own videos (`comment.pin`).
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment), except for the text and the
    /// video. [`ErrorKind::Refused`] if the comment is gone, or the video is
    /// somebody else's.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    ///
    /// # Examples
    ///
    /// A comment with the links of the evening, above all others:
    ///
    /// ```
    /// use rumble_live::{
    ///     Error,
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
    ///     let first = session.comment(&stream, "first!").await?;
    ///     let links =
    ///         session.comment(&stream, "All links of tonight: ...").await?;
    ///     session.pin_comment(links).await?;
    ///     assert_eq!(session.comments(&stream).await?[0].id, links);
    ///
    ///     session.unpin_comment(links).await?;
    ///     assert_eq!(session.comments(&stream).await?[0].id, first);
    ///     Ok(())
    /// }
    /// ```
    pub async fn pin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.pin", comment).await
    }

    /// Unpins a comment (`comment.unpin`). It stays below the video.
    ///
    /// # Errors
    ///
    /// The same as for [`pin_comment`](Self::pin_comment).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn unpin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.unpin", comment).await
    }

    /// Deletes a comment by the user, or one on a video of theirs
    /// (`comment.delete`). It can be [restored](Self::restore_comment).
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment), except for the text and the
    /// video. [`ErrorKind::Refused`] if the comment is gone, or the user may
    /// not delete it.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, session::Session, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let log_in = |name| {
    ///         Session::builder()
    ///             .transport(sim.clone())
    ///             .build(sim.session(name))
    ///     };
    ///     let (viewer, other) = (log_in("ada")?, log_in("zed")?);
    ///     let comment = viewer.comment(&stream, "first!").await?;
    ///
    ///     let error = other.delete_comment(comment).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Refused);
    ///     viewer.delete_comment(comment).await?;
    ///     assert!(viewer.comments(&stream).await?.is_empty());
    ///
    ///     viewer.restore_comment(comment).await?;
    ///     assert_eq!(viewer.comments(&stream).await?[0].id, comment);
    ///     Ok(())
    /// }
    /// ```
    pub async fn delete_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.delete", comment).await
    }

    /// Restores a deleted comment (`comment.restore`). Keep the id yourself: a
    /// list need not show the comment while it is deleted.
    ///
    /// # Errors
    ///
    /// The same as for [`delete_comment`](Self::delete_comment).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn restore_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.restore", comment).await
    }

    /// Has one of the services do something to a comment. They want nothing but
    /// its id.
    async fn change_comment(&self, service: &str, comment: CommentId) -> Result<(), Error> {
        self.act(service, [("comment_id", &*comment.to_string())]).await.map(drop)
    }
}
