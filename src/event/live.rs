//! The events that only the live chat brings.
//!
//! They do not depend on feature `chat`, which reads that service. A program
//! without it can still match on them, build them in tests, and read the JSON
//! that another program has stored.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::EventId;
use crate::snapshot::{Author, MessageId, OneLine, StreamId, UserId, utc};

/// Messages were deleted from a live chat (`delete_messages`,
/// `delete_non_rant_messages`).
///
/// It names at least one message. A deletion that spares rants does not name
/// them. To take a line down, look it up by [`event_ids`](Self::event_ids),
/// which finds lines of polls too.
///
/// # Examples
///
/// ```
/// use rumble_live::MessageDeleted;
///
/// let deleted = MessageDeleted::new("7c1f4q", ["1742900000000000001"]);
/// assert_eq!(deleted.to_string(), "[7c1f4q] 1 message deleted");
/// assert_eq!(
///     deleted.with_inferred(true).to_string(),
///     "[7c1f4q] 1 message deleted (missing from the backlog)"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MessageDeleted {
    /// The livestream of this chat.
    pub stream: StreamId,
    /// The deleted messages. The watcher may never have yielded some of them.
    pub message_ids: Vec<MessageId>,
    /// The [`id`](crate::Event::id) of each event that yielded one of them. Use
    /// it to find lines that came from a poll and have no message id.
    #[serde(default)]
    pub event_ids: Vec<EventId>,
    /// Whether the deletion is inferred. After an outage of the connection, the
    /// chat showed the lines around these messages but not the messages.
    #[serde(default)]
    pub inferred: bool,
}

/// Users were muted in a live chat (`mute_users`). Rumble's own app hides
/// everything that they wrote, including rants.
///
/// It names what the watcher yielded of theirs and remembers: of a livestream,
/// at most the last 2048 messages and 200 rants, of which a checkpoint keeps
/// the last 100 and 30. Lines that only polls have shown have no message id, so
/// there may be more [`event_ids`](Self::event_ids) than
/// [`message_ids`](Self::message_ids). A [`MessageDeleted`] for the same
/// messages may follow.
///
/// # Examples
///
/// ```
/// use rumble_live::UserMuted;
///
/// let muted = UserMuted::new("7c1f4q", ["4yqceh"])
///     .with_message_ids(["1742900000000000001"]);
/// assert_eq!(muted.to_string(), "[7c1f4q] user 4yqceh muted");
/// assert!(muted.user_ids.iter().any(|id| id == "4yqceh"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UserMuted {
    /// The livestream of this chat.
    pub stream: StreamId,
    /// The muted users.
    pub user_ids: Vec<UserId>,
    /// What they wrote recently.
    #[serde(default)]
    pub message_ids: Vec<MessageId>,
    /// The [`id`](crate::Event::id) of each event that yielded something they
    /// wrote recently.
    #[serde(default)]
    pub event_ids: Vec<EventId>,
}

/// The streamer sends the viewers to another stream (`raid_confirmed`).
///
/// Any field about the target may be empty. `Display` then says `somebody`, or
/// leaves the part out.
///
/// # Examples
///
/// A farewell in the chat that the viewers leave:
///
/// ```
/// use rumble_live::RaidStarted;
///
/// let raid = RaidStarted::new("7c1f4q", "https://rumble.com/v7d0aa")
///     .with_target_name("LighthouseLive");
/// assert_eq!(
///     raid.to_string(),
///     "[7c1f4q] raids LighthouseLive https://rumble.com/v7d0aa"
/// );
/// let farewell = format!("follow us to {}", raid.target_url);
/// assert_eq!(farewell, "follow us to https://rumble.com/v7d0aa");
///
/// let nameless = RaidStarted::new("7c1f4q", "");
/// assert_eq!(nameless.to_string(), "[7c1f4q] raids somebody");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidStarted {
    /// The stream that the viewers leave.
    pub stream: StreamId,
    /// The channel that is raided (`target_channel_name`). Empty if missing.
    #[serde(default)]
    pub target_name: String,
    /// The address of the page that they go to (`target_url`). Empty if
    /// missing.
    #[serde(default)]
    pub target_url: String,
    /// The title of that stream (`target_video_title`). Empty if missing.
    #[serde(default)]
    pub target_title: String,
    /// When it begins (`start_ts`).
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<OffsetDateTime>,
}

/// Somebody arrives with the viewers of another stream (`raid_notification` of
/// a message).
///
/// The chat does not say how many come. The message that announces it is not
/// yielded as well, unless a poll has shown it before.
///
/// # Examples
///
/// ```
/// use rumble_live::RaidReceived;
///
/// let raid = RaidReceived::new("7c1f4q", "grace", "1742900000000000001")
///     .with_text("ahoy");
/// assert_eq!(raid.to_string(), "[7c1f4q] grace raids: ahoy");
/// assert_eq!(raid.author.name, "grace");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidReceived {
    /// The stream that they come to.
    pub stream: StreamId,
    /// Who raids.
    pub author: Arc<Author>,
    /// What was written with it. Often empty.
    #[serde(default)]
    pub text: String,
    /// When it came, to the second (`time`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// The chat message that announces it.
    pub message_id: MessageId,
}

/// The chat says that somebody has subscribed, or for how many months they have
/// been subscribed (`notification` of a message).
///
/// Do not alert on it. When a poll shows the subscription, the watcher yields a
/// [`Subscriber`](crate::Event::Subscriber), which also has the amount. Use the
/// notice to celebrate how long somebody has been there. The message that says
/// so is not yielded as well, unless a poll has shown it before.
///
/// # Examples
///
/// ```
/// use rumble_live::SubscriptionNotice;
///
/// let notice = SubscriptionNotice::new(
///     "7c1f4q",
///     "ada",
///     "6 month subscriber",
///     "1742900000000000001",
/// );
/// assert_eq!(notice.to_string(), "[7c1f4q] ada (6 month subscriber)");
/// let months: Option<u32> =
///     notice.notice.split(' ').next().and_then(|it| it.parse().ok());
/// assert_eq!(months, Some(6));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionNotice {
    /// The livestream of this chat.
    pub stream: StreamId,
    /// Who subscribed.
    pub author: Arc<Author>,
    /// What Rumble says about it, in English, such as `6 month subscriber`
    /// (`notification.text`).
    pub notice: String,
    /// What was written with it. Often empty.
    #[serde(default)]
    pub text: String,
    /// When it came, to the second (`time`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// The chat message that says so.
    pub message_id: MessageId,
}

/// Polls and live chat show different lines for the same seconds, so what this
/// crate assumes about the two may be wrong. A watcher yields it once for each
/// livestream.
///
/// If only polls show a line in seconds that the live chat covers, the watcher
/// assumes that the chat showed the same line in another form, and does not
/// yield it. If that happens to more than one line in ten, the assumption may
/// be wrong, and from then on a [`Gap`](crate::Event::Gap) marks these lines.
/// Please report it.
///
/// # Examples
///
/// ```
/// use rumble_live::MergeDoubt;
///
/// let doubt = MergeDoubt::new("7c1f4q", 50, 6);
/// assert_eq!(
///     doubt.to_string(),
///     "[7c1f4q] 6 of the last 50 polled lines are not in the live chat"
/// );
/// assert!(doubt.unmatched * 10 > doubt.polled);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MergeDoubt {
    /// The livestream of this chat.
    pub stream: StreamId,
    /// How many of the last polled lines are in seconds that the live chat
    /// covers.
    pub polled: u32,
    /// How many of these are not in the live chat.
    pub unmatched: u32,
}

impl fmt::Display for MessageDeleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ", self.stream)?;
        match (self.message_ids.len(), self.inferred) {
            (1, false) => f.write_str("1 message deleted"),
            (1, true) => f.write_str("1 message deleted (missing from the backlog)"),
            (count, false) => write!(f, "{count} messages deleted"),
            (count, true) => write!(f, "{count} messages deleted (missing from the backlog)"),
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

/// The text, or another one if it is empty.
fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// Writes the text of an announcement, which is often empty.
fn said(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { write!(f, ": {}", OneLine(text)) }
}
