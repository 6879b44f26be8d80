//! Writing comments below a video.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Session, answer::Deed, chat::video_id};
use crate::{
    error::{Error, ErrorKind},
    snapshot::StreamId,
};

/// The id of a comment (`comment_id`).
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
    /// (`comment.add`).
    ///
    /// ```test_harness
    /// use rumble_live::{Error, session::Session, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn comment_is_answered_and_deleted() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let session = Session::builder().transport(sim.clone()).build(sim.session("captain"))?;
    ///     let comment = session.comment(&stream, "What a view!").await?;
    ///     session.reply(&stream, comment, "Thank you!").await?;
    ///     session.delete_comment(comment).await?;
    ///     Ok(())
    /// }
    /// ```
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
    pub async fn comment(&self, video: impl Into<StreamId>, text: &str) -> Result<CommentId, Error> {
        self.add_comment(video.into(), "0", text).await
    }

    /// Replies to a comment. The reply is itself a comment.
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn reply(&self, video: impl Into<StreamId>, comment: CommentId, text: &str) -> Result<CommentId, Error> {
        self.add_comment(video.into(), &comment.to_string(), text).await
    }

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
    /// The same as for [`comment`](Self::comment), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn pin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.pin", comment).await
    }

    /// Unpins a comment (`comment.unpin`).
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn unpin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.unpin", comment).await
    }

    /// Deletes a comment by the user, or one on a video of theirs
    /// (`comment.delete`).
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn delete_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.delete", comment).await
    }

    /// Restores a deleted comment (`comment.restore`).
    ///
    /// # Errors
    ///
    /// The same as for [`comment`](Self::comment), except for the text.
    ///
    /// # Cancel safety
    ///
    /// The same as for [`comment`](Self::comment).
    pub async fn restore_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.restore", comment).await
    }

    async fn change_comment(&self, service: &str, comment: CommentId) -> Result<(), Error> {
        self.act(service, [("comment_id", &*comment.to_string())]).await.map(drop)
    }
}
