//! The public language of a chat: what happened in it.

mod config;
mod gift;
mod message;

use std::{fmt, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

pub use self::{
    config::{Badge, ChatConfig, GiftOffer, Icon, RantLevel},
    gift::Gift,
    message::{ChatMessage, ChatRant, GiftNotice, Notice, RaidNotice, SubscriptionNotice},
};
pub use crate::snapshot::{Author, Color, InvalidColor, MessageId};
use crate::{
    event::{Gap, Interrupted, Resumed, json},
    snapshot::{OneLine, StreamId, UserId, utc},
};

/// Something that happened in a chat, or something to know about reading it.
///
/// `Display` writes one line for a log, even if a text holds line breaks.
///
/// # JSON
///
/// `Serialize` and `Deserialize` use an object with `type` and the fields under
/// their names here. Times are RFC 3339 in UTC, money is `amount_cents`, and
/// durations are in seconds with the unit in the name.
///
/// ```
/// use rumble_live::chat::ChatEvent;
///
/// fn main() -> Result<(), serde_json::Error> {
///     let json = r#"{"type":"deleted","message_ids":["2403846000000000101"],"spares_rants":false,"inferred":false}"#;
///     let event: ChatEvent = serde_json::from_str(json)?;
///     assert_eq!(event.to_string(), "deleted 2403846000000000101");
///     assert_eq!(serde_json::to_string(&event)?, json);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatEvent {
    /// How the chat stands (`init`). It comes once a backlog could be read,
    /// before the events from that backlog. It comes again when a reconnect
    /// shows that something has changed.
    Ready(Box<ChatReady>),
    /// Somebody wrote, paid or not (`messages`).
    Message(ChatMessage),
    /// Messages were removed (`delete_messages`, `delete_non_rant_messages`).
    Deleted(Deleted),
    /// Users were muted (`mute_users`). Rumble's own app hides everything they
    /// wrote, including rants. But a [`Deleted`](Self::Deleted) that spares
    /// rants may follow, so you decide whether to hide paid messages.
    Muted(Muted),
    /// A message was pinned above the chat (`pin_message`).
    Pinned(ChatMessage),
    /// No message is pinned any more (`unpin_message`).
    Unpinned(Unpinned),
    /// The streamer sends the viewers to another stream (`raid_confirmed`). A
    /// raid that arrives here is a [`Notice`] of a message.
    Raid(Raid),
    /// Somebody bought subscriptions for others (`gift_purchased`). The chat
    /// may also announce the same gift by a message. Then only the first of the
    /// two has it: this event, or the message's
    /// [`notice`](ChatMessage::notice).
    Gift(Gift),
    /// Gifts were handed out (`gift_received`). Rumble's own app shows this
    /// only to those who received one.
    GiftReceived(Gift),
    /// The stream or its chat is about to be restricted, or opened again
    /// (`live_gate`).
    LiveGate(LiveGate),
    /// Users were allowed to moderate, or no longer are (`can_moderate`).
    CanModerate(CanModerate),
    /// Something may have been lost here: after the connection was down, the
    /// backlog does not reach back to what is known. `since` is the newest
    /// message known before, and missing if there was none. `until` is the
    /// oldest message of the backlog, or the first message received if the
    /// backlog cannot be read.
    Gap(Gap),
    /// The connection ended or could not be made. The chat reconnects by
    /// itself.
    Interrupted(Interrupted),
    /// The chat is back after [`Interrupted`](Self::Interrupted).
    Resumed(Resumed),
    /// There is no chat, or it is over. This is the last event.
    Closed,
    /// The chat sent a kind of record that this version does not know.
    Unknown(Unknown),
}

/// How a chat stands: its settings and what holds right now.
///
/// ```
/// use rumble_live::chat::Chat;
///
/// fn title_line(chat: &Chat) -> String {
///     match chat.ready() {
///         Some(ready) if ready.subscribers_only == Some(true) => format!("{}: subscribers only", ready.stream),
///         Some(ready) => format!("{}: {} badges", ready.stream, ready.config.badges.len()),
///         None => "not connected yet".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatReady {
    /// The livestream that this chat belongs to.
    pub stream: StreamId,
    /// How it is set up.
    pub config: Arc<ChatConfig>,
    /// The message that is pinned above it (`pinned_message`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<ChatMessage>,
    /// Whether you may moderate; always false without a login (`can_moderate`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_moderate: Option<bool>,
    /// Whether only subscribers may write (`subscribers_only_chat.on`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribers_only: Option<bool>,
    /// A raid that is under way (`raid`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raid: Option<Raid>,
    /// Who may watch and write (`live_gate`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_gate: Option<LiveGate>,
}

/// Messages were removed.
///
/// ```
/// use rumble_live::chat::Deleted;
///
/// let mut deleted = Deleted::new(vec!["2403846000000000101".into(), "2403846000000000102".into()]);
/// deleted.spares_rants = true;
/// assert_eq!(deleted.to_string(), "deleted 2403846000000000101, 2403846000000000102, except rants");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deleted {
    /// Their ids (`message_ids`). Some may belong to messages that this reader
    /// never saw.
    pub message_ids: Vec<MessageId>,
    /// Whether rants among them stay, as after a user was muted
    /// (`delete_non_rant_messages`).
    #[serde(default)]
    pub spares_rants: bool,
    /// Whether the deletion was inferred instead of reported. After the
    /// connection was down, the messages were missing from the middle of the
    /// backlog.
    #[serde(default)]
    pub inferred: bool,
}

/// Users were muted.
///
/// ```
/// use rumble_live::chat::{ChatEvent, Muted};
///
/// let event = ChatEvent::Muted(Muted::new(vec!["4f2kx9".into()]));
/// assert_eq!(event.to_string(), "muted user 4f2kx9");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Muted {
    /// Their ids (`user_ids`).
    pub user_ids: Vec<UserId>,
}

/// No message is pinned any more.
///
/// ```
/// use rumble_live::chat::{ChatEvent, ChatMessage, Unpinned};
///
/// let mut unpinned = Unpinned::default();
/// unpinned.message = Some(ChatMessage::new("1", "7c1f4q", "ada", "read the rules"));
/// assert_eq!(ChatEvent::Unpinned(unpinned).to_string(), "unpinned [7c1f4q] ada: read the rules");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unpinned {
    /// The message that was pinned (`message`); `None` if the chat did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<ChatMessage>,
}

/// The streamer sends the viewers to another stream.
///
/// ```
/// use rumble_live::chat::Raid;
///
/// let mut raid = Raid::default();
/// raid.from_name = "Harborlight".into();
/// raid.target_name = "NightShift".into();
/// raid.target_title = "Night shift".into();
/// raid.target_url = "https://rumble.com/v7c9aa1-night-shift.html".into();
/// assert_eq!(raid.to_string(), "Harborlight raids NightShift: Night shift https://rumble.com/v7c9aa1-night-shift.html");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Raid {
    /// The name of the streamer who sends the viewers (`current_channel_name`).
    /// Names, title and address are empty if missing.
    pub from_name: String,
    /// The address of that streamer's picture (`current_channel_avatar_url`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_picture: Option<String>,
    /// The name of the streamer who receives them (`target_channel_name`).
    pub target_name: String,
    /// The address of that streamer's picture (`target_channel_avatar_url`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_picture: Option<String>,
    /// The title of the stream that they are sent to (`target_video_title`).
    pub target_title: String,
    /// The address of that stream (`target_url`).
    pub target_url: String,
    /// When it begins (`start_ts`).
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<OffsetDateTime>,
}

/// The stream or its chat is restricted, or opened again.
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::chat::LiveGate;
///
/// let mut gate = LiveGate::default();
/// gate.is_closed = true;
/// gate.countdown = Duration::from_secs(30);
/// assert_eq!(gate.to_string(), "chat is for subscribers and Premium members in 30s");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveGate {
    /// Whether the chat is only for subscribers and Premium members
    /// (`chat_mode` 1; any other number means everybody).
    pub is_closed: bool,
    /// When it takes effect, counted from the beginning of the stream
    /// (`timecode`).
    #[serde(rename = "timecode_seconds", with = "json::seconds")]
    pub timecode: Duration,
    /// How long until it takes effect (`countdown_seconds`).
    #[serde(rename = "countdown_seconds", with = "json::seconds")]
    pub countdown: Duration,
}

/// Users were allowed to moderate, or no longer are.
///
/// ```
/// use rumble_live::chat::{CanModerate, ChatEvent};
///
/// let mut change = CanModerate::default();
/// change.user_ids = vec!["4f2kx9".into()];
/// change.can_moderate = true;
/// assert_eq!(ChatEvent::CanModerate(change).to_string(), "user 4f2kx9 may moderate");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CanModerate {
    /// Their ids (`user_ids`).
    pub user_ids: Vec<UserId>,
    /// Whether they may moderate (`can_moderate`).
    pub can_moderate: bool,
}

/// The chat sent a kind of record that this version does not know.
///
/// ```
/// use rumble_live::chat::{ChatEvent, Unknown};
///
/// let mut unknown = Unknown::default();
/// unknown.kind = "poll_started".into();
/// assert_eq!(ChatEvent::Unknown(unknown).to_string(), "unknown: poll_started");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unknown {
    /// Its `type` on the wire.
    pub kind: String,
}

impl ChatReady {
    /// A chat of which nothing else is known, to build events in tests. Set the
    /// other fields as you need them.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>) -> Self {
        Self {
            stream: stream.into(),
            config: Arc::default(),
            pinned: None,
            can_moderate: None,
            subscribers_only: None,
            raid: None,
            live_gate: None,
        }
    }
}

impl Deleted {
    /// A reported deletion of these messages, rants included, to build events
    /// in tests.
    #[must_use]
    pub fn new(message_ids: Vec<MessageId>) -> Self {
        Self { message_ids, ..Self::default() }
    }
}

impl Muted {
    /// These users were muted, to build events in tests.
    #[must_use]
    pub fn new(user_ids: Vec<UserId>) -> Self {
        Self { user_ids }
    }
}

impl ChatEvent {
    /// The value of `type` in the JSON form.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Message(_) => "message",
            Self::Deleted(_) => "deleted",
            Self::Muted(_) => "muted",
            Self::Pinned(_) => "pinned",
            Self::Unpinned(_) => "unpinned",
            Self::Raid(_) => "raid",
            Self::Gift(_) => "gift",
            Self::GiftReceived(_) => "gift_received",
            Self::LiveGate(_) => "live_gate",
            Self::CanModerate(_) => "can_moderate",
            Self::Gap(_) => "gap",
            Self::Interrupted(_) => "interrupted",
            Self::Resumed(_) => "resumed",
            Self::Closed => "closed",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for ChatEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(ready) => write!(f, "[{}] chat is open", ready.stream),
            Self::Message(message) => message.fmt(f),
            Self::Deleted(deleted) => deleted.fmt(f),
            Self::Muted(muted) => write!(f, "muted {}", Listed("user ", &muted.user_ids)),
            Self::Pinned(message) => write!(f, "pinned {message}"),
            Self::Unpinned(Unpinned { message: Some(message) }) => write!(f, "unpinned {message}"),
            Self::Unpinned(Unpinned { message: None }) => f.write_str("unpinned"),
            Self::Raid(raid) => raid.fmt(f),
            Self::Gift(gift) => gift.fmt(f),
            Self::GiftReceived(gift) => write!(f, "handed out: {gift}"),
            Self::LiveGate(gate) => gate.fmt(f),
            Self::CanModerate(CanModerate { user_ids, can_moderate }) => {
                let may = if *can_moderate { "may moderate" } else { "may not moderate" };
                write!(f, "{} {may}", Listed("user ", user_ids))
            }
            Self::Gap(gap) => gap.fmt(f),
            Self::Interrupted(trouble) => trouble.fmt(f),
            Self::Resumed(resumed) => resumed.fmt(f),
            Self::Closed => f.write_str("closed: there is no chat, or it is over"),
            Self::Unknown(unknown) => write!(f, "unknown: {}", OneLine(&unknown.kind)),
        }
    }
}

impl fmt::Display for Deleted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "deleted {}", Listed("", &self.message_ids))?;
        f.write_str(if self.spares_rants { ", except rants" } else { "" })?;
        f.write_str(if self.inferred { " (missing from the backlog)" } else { "" })
    }
}

impl fmt::Display for Raid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from_name, target_name, target_title, target_url, .. } = self;
        write!(f, "{} raids {}: {} {}", OneLine(from_name), OneLine(target_name), OneLine(target_title), OneLine(target_url))
    }
}

impl fmt::Display for LiveGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "chat is for {} in {:?}", if self.is_closed { "subscribers and Premium members" } else { "all" }, self.countdown)
    }
}

/// Lists the first few ids on one line, and how many more there are.
struct Listed<'a, T>(&'static str, &'a [T]);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        let Self(prefix, ids) = self;
        if ids.is_empty() {
            return f.write_str("none");
        }
        for (place, id) in ids.iter().take(SHOWN).enumerate() {
            write!(f, "{}{prefix}{id}", if place == 0 { "" } else { ", " })?;
        }
        match ids.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
