//! The comments below a video.

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
    /// Comments on a video, which may be a livestream that has ended (`comment.add`).
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Config`] where the text is empty, or this is no id of a video. Nothing was sent.
    /// - [`ErrorKind::Refused`] where Rumble does not take it.
    /// - [`ErrorKind::Unclear`] where it was sent and no good answer came.
    /// - Otherwise as [`who`](Self::who).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future before its turn withdraws the request. Dropping it later leaves it unknown whether it was done; the log says so.
    pub async fn comment(&self, video: impl Into<StreamId>, text: &str) -> Result<CommentId, Error> {
        self.add_comment(video.into(), "0", text).await
    }

    /// Answers a comment, in a comment of one's own.
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment).
    ///
    /// # Cancel safety
    ///
    /// As [`comment`](Self::comment).
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
        id.map(CommentId).ok_or_else(|| Deed::Write.or_unclear(Error::with_message(ErrorKind::Decode, "the answer has no id of a comment")))
    }

    /// Pins a comment on one of the user's own videos (`comment.pin`).
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`comment`](Self::comment).
    pub async fn pin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.pin", comment).await
    }

    /// Takes a pinned comment down (`comment.unpin`).
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`comment`](Self::comment).
    pub async fn unpin_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.unpin", comment).await
    }

    /// Deletes a comment of the user, or one on a video of theirs (`comment.delete`).
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`comment`](Self::comment).
    pub async fn delete_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.delete", comment).await
    }

    /// Brings a deleted comment back (`comment.restore`).
    ///
    /// # Errors
    ///
    /// As [`comment`](Self::comment), but for its text.
    ///
    /// # Cancel safety
    ///
    /// As [`comment`](Self::comment).
    pub async fn restore_comment(&self, comment: CommentId) -> Result<(), Error> {
        self.change_comment("comment.restore", comment).await
    }

    async fn change_comment(&self, service: &str, comment: CommentId) -> Result<(), Error> {
        self.act(service, [("comment_id", &*comment.to_string())]).await.map(drop)
    }
}
