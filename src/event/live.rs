//! What only the live chat tells, as events of a watcher.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::EventId;
use crate::snapshot::{Author, MessageId, OneLine, StreamId, UserId, utc};

/// Messages were taken out of a live chat (`delete_messages`, `delete_non_rant_messages`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageDeleted {
    /// Whose chat.
    pub stream: StreamId,
    /// Which messages. There may be some among them that were never told.
    pub message_ids: Vec<MessageId>,
    /// The [`id`](crate::Event::id) of each event that told one of them, for who shows what a poll told, which has no message id.
    #[serde(default)]
    pub event_ids: Vec<EventId>,
    /// Whether nobody said so: the messages are missing from what the chat showed after the connection was down, where they would stand between
    /// others.
    #[serde(default)]
    pub inferred: bool,
}

/// Users were muted in a live chat (`mute_users`). Rumble's own app hides all that they wrote, rants included.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserMuted {
    /// Whose chat.
    pub stream: StreamId,
    /// Who.
    pub user_ids: Vec<UserId>,
    /// What they wrote of late.
    #[serde(default)]
    pub message_ids: Vec<MessageId>,
    /// The [`id`](crate::Event::id) of each event that told something they wrote of late.
    #[serde(default)]
    pub event_ids: Vec<EventId>,
}

/// The streamer sends the viewers to another stream (`raid_confirmed`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidStarted {
    /// The stream that is left.
    pub stream: StreamId,
    /// Who is raided (`target_channel_name`). Empty where missing.
    #[serde(default)]
    pub target_name: String,
    /// The address of the page they go to (`target_url`). Empty where missing.
    #[serde(default)]
    pub target_url: String,
    /// The title of that stream (`target_video_title`). Empty where missing.
    #[serde(default)]
    pub target_title: String,
    /// When it begins (`start_ts`).
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<OffsetDateTime>,
}

/// Somebody comes in with the viewers of another stream (`raid_notification` of a message).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidReceived {
    /// The stream they come to.
    pub stream: StreamId,
    /// Who raids.
    pub author: Arc<Author>,
    /// What was written with it. Often empty.
    #[serde(default)]
    pub text: String,
    /// When, to the second (`time`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// Which message of the chat announces it.
    pub message_id: MessageId,
}

/// Somebody has subscribed, or has been for so many months, and the chat says so (`notification` of a message).
///
/// It is not the one to alert on: a subscription is told as [`Subscriber`](crate::Event::Subscriber) when a poll shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionNotice {
    /// Whose chat.
    pub stream: StreamId,
    /// Who subscribed.
    pub author: Arc<Author>,
    /// What Rumble says about it, in English, such as `6 month subscriber` (`notification.text`).
    pub notice: String,
    /// What was written with it. Often empty.
    #[serde(default)]
    pub text: String,
    /// When, to the second (`time`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// Which message of the chat says so.
    pub message_id: MessageId,
}

/// Polls and live chat show different lines for the same seconds, so what is assumed of the two may be wrong. Told once for each livestream.
///
/// What polls alone showed in seconds that the live chat covers is taken for something that the chat showed in another form, and is not told. Where
/// there is more of it than one line in ten, it may be something else; from then on a [`Gap`](crate::Event::Gap) stands for it. Please report it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MergeDoubt {
    /// Whose chat.
    pub stream: StreamId,
    /// Of so many of the last polled lines in seconds that the live chat covers.
    pub polled: u32,
    /// So many are not in the live chat.
    pub unmatched: u32,
}

impl fmt::Display for MessageDeleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.stream)?;
        match (self.message_ids.len(), self.inferred) {
            (1, false) => f.write_str("1 message deleted"),
            (1, true) => f.write_str("1 message deleted, as its absence says"),
            (count, false) => write!(f, "{count} messages deleted"),
            (count, true) => write!(f, "{count} messages deleted, as their absence says"),
        }
    }
}

impl fmt::Display for UserMuted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.user_ids {
            [user] => write!(f, "[{}] user {user} muted", self.stream),
            users => write!(f, "[{}] {} users muted", self.stream, users.len()),
        }
    }
}

impl fmt::Display for RaidStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream, target_name, target_url, target_title, .. } = self;
        write!(f, "[{stream}] raids {}", OneLine(or(target_name, "somebody")))?;
        said(f, target_title)?;
        if target_url.is_empty() { Ok(()) } else { write!(f, " {}", OneLine(target_url)) }
    }
}

impl fmt::Display for RaidReceived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} raids", self.stream, self.author)?;
        said(f, &self.text)
    }
}

impl fmt::Display for SubscriptionNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} ({})", self.stream, self.author, OneLine(or(&self.notice, "subscriber")))?;
        said(f, &self.text)
    }
}

impl fmt::Display for MergeDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} of the last {} polled lines are not in the live chat", self.stream, self.unmatched, self.polled)
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// What was said with an announcement, which is often nothing.
fn said(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(f, ": {}", OneLine(text)) }
}
