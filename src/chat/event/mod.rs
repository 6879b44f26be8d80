//! The public language of a chat: what happened in it.
//!
//! Everything here can be built, compared, written as JSON and read back, so
//! that a bot can test its handlers without a chat and store what it saw. So a
//! change of a field is a change of the JSON form too;
//! `tests/suite/chat/form.rs` holds one event of every kind.
//!
//! Types that may get fields later are `non_exhaustive`. A bot builds them with
//! `new` or `Default` and sets the fields.

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
/// The name in brackets at each kind is what the wire calls it. The kinds
/// without one are made by this crate, most of them from what happens to the
/// connection.
///
/// `Display` writes one line for a log, even if a text holds line breaks.
///
/// # JSON
///
/// `Serialize` and `Deserialize` use an object with `type` and the fields under
/// their names here. Times are RFC 3339 in UTC, money is `amount_cents`, and
/// durations are in seconds with the unit in the name. A `type` that is not
/// among them cannot be read.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::ChatEvent;
///
/// fn main() -> Result<(), serde_json::Error> {
///     let json = r#"{"type":"muted","user_ids":["4f2kx9"]}"#;
///     let event: ChatEvent = serde_json::from_str(json)?;
///     assert_eq!(event.to_string(), "muted user 4f2kx9");
///     assert_eq!(serde_json::to_string(&event)?, json);
///     Ok(())
/// }
/// ```
///
/// A page that shows the chat takes down what moderators take down. It decides
/// itself whether rants of a muted user stay; here they do:
///
/// ```
/// use rumble_live::chat::{ChatEvent, ChatMessage, Deleted, Muted};
///
/// /// Keeps the lines that are shown.
/// fn follow(page: &mut Vec<ChatMessage>, event: ChatEvent) {
///     match event {
///         ChatEvent::Message(line) => page.push(line),
///         ChatEvent::Deleted(gone) => page.retain(|line| {
///             let is_spared = gone.spares_rants && line.rant.is_some();
///             is_spared || !gone.message_ids.contains(&line.id)
///         }),
///         ChatEvent::Muted(muted) => page.retain(|line| {
///             let user = line.author.user_id.as_ref();
///             line.rant.is_some()
///                 || user.is_none_or(|id| !muted.user_ids.contains(id))
///         }),
///         _ => {}
///     }
/// }
///
/// let line = |id: &str, author: &str, text: &str| {
///     ChatEvent::Message(ChatMessage::new(id, "7c1f4q", author, text))
/// };
/// let mut page = Vec::new();
/// follow(&mut page, line("1", "ada", "hi"));
/// follow(&mut page, line("2", "zed_1984", "buy my book"));
/// follow(&mut page, ChatEvent::Deleted(Deleted::new(vec!["2".into()])));
/// assert_eq!(page.len(), 1);
/// assert_eq!(page[0].text, "hi");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatEvent {
    /// How the chat stands (`init`). It comes once a backlog could be read,
    /// before the events from that backlog. It comes again when a reconnect
    /// shows that something has changed.
    Ready(Box<ChatReady>),
    /// Somebody wrote, paid or not (`messages`). Each message comes once, in
    /// the order in which the server sends them. After a reconnect, those that
    /// were missed come oldest first.
    Message(ChatMessage),
    /// Messages were removed (`delete_messages`, `delete_non_rant_messages`),
    /// or were found to be gone after the connection was down. It may name
    /// messages that this reader never saw.
    Deleted(Deleted),
    /// Users were muted (`mute_users`). Rumble's own app hides everything they
    /// wrote, including rants. But a [`Deleted`](Self::Deleted) that spares
    /// rants may follow, so you decide whether to hide paid messages.
    Muted(Muted),
    /// A message was pinned above the chat (`pin_message`). It replaces the one
    /// that was pinned before.
    Pinned(ChatMessage),
    /// No message is pinned any more (`unpin_message`).
    Unpinned(Unpinned),
    /// The streamer sends the viewers to another stream (`raid_confirmed`). A
    /// raid that arrives here is a [`Notice`] of a message instead.
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
    /// Badges that were shown before do not change by it.
    CanModerate(CanModerate),
    /// Something may have been lost here: after the connection was down, the
    /// backlog does not reach back to what is known. `since` is the newest
    /// message known before, and missing if there was none. `until` is the
    /// oldest message of the backlog, or the first message received if the
    /// backlog cannot be read.
    Gap(Gap),
    /// The connection ended or could not be made. The chat reconnects by
    /// itself. Each attempt that fails yields one, with a higher
    /// [`failures`](Interrupted::failures).
    Interrupted(Interrupted),
    /// The chat is back after [`Interrupted`](Self::Interrupted). It comes
    /// before what was missed.
    Resumed(Resumed),
    /// There is no chat, or it is over. This is the last event.
    Closed,
    /// The chat sent a kind of record that this version does not know. It loses
    /// nothing else. A newer version of the crate may read it.
    Unknown(Unknown),
}

/// How a chat stands: its settings and what holds right now.
///
/// What is `None` was not sent. In [`ChatEvent::Ready`] it is what the
/// beginning of a connection said. [`Chat::ready`](super::Chat::ready) follows
/// what came after that.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatMessage, ChatReady};
///
/// /// What a page writes above the chat.
/// fn headline(ready: &ChatReady) -> String {
///     let rule = match ready.subscribers_only {
///         Some(true) => "subscribers only",
///         Some(false) => "open to all",
///         None => "chat",
///     };
///     match &ready.pinned {
///         Some(pinned) => format!("{rule}; pinned: {}", pinned.text),
///         None => rule.to_owned(),
///     }
/// }
///
/// let mut ready = ChatReady::new("7c1f4q");
/// assert_eq!(headline(&ready), "chat");
/// ready.subscribers_only = Some(true);
/// ready.pinned = Some(ChatMessage::new("1", "7c1f4q", "ada", "be kind"));
/// assert_eq!(headline(&ready), "subscribers only; pinned: be kind");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatReady {
    /// The livestream that this chat belongs to.
    pub stream: StreamId,
    /// How it is set up. Shared, so cloning this is cheap. Empty if the wire
    /// leaves it out.
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
    /// A raid that is under way (`raid`). No record is known that ends it, so
    /// it stays until the next connection shows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raid: Option<Raid>,
    /// Who may watch and write (`live_gate`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_gate: Option<LiveGate>,
}

/// Messages were removed.
///
/// # Examples
///
/// Whether a line that you show must go:
///
/// ```
/// use rumble_live::Amount;
/// use rumble_live::chat::{ChatMessage, ChatRant, Deleted};
///
/// fn takes_down(deleted: &Deleted, line: &ChatMessage) -> bool {
///     let is_spared = deleted.spares_rants && line.rant.is_some();
///     deleted.message_ids.contains(&line.id) && !is_spared
/// }
///
/// let mut line =
///     ChatMessage::new("101", "7c1f4q", "ada", "for the boat fund");
/// let mut deleted = Deleted::new(vec!["101".into()]);
/// assert!(takes_down(&deleted, &line));
///
/// deleted.spares_rants = true;
/// line.rant = Some(ChatRant::new(Amount::from_dollars(5)));
/// assert!(!takes_down(&deleted, &line));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Deleted {
    /// Their ids (`message_ids`), in the order of the wire; never empty in an
    /// event that the crate yields. Some may belong to messages that this
    /// reader never saw.
    pub message_ids: Vec<MessageId>,
    /// Whether rants among them stay, as after a user was muted
    /// (`delete_non_rant_messages`). The ids may then name rants, so look at
    /// each line that you show.
    #[serde(default)]
    pub spares_rants: bool,
    /// Whether the deletion was inferred instead of reported. After the
    /// connection was down, the messages were missing from the middle of the
    /// backlog. That they were deleted is an assumption.
    #[serde(default)]
    pub inferred: bool,
}

/// Users were muted.
///
/// It names no messages. Those of the same users are found by
/// [`Author::user_id`](super::Author::user_id), which is the same for somebody
/// who speaks as a channel.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Author, ChatEvent, ChatMessage, Muted};
///
/// let mut author = Author::new("zed_1984");
/// author.user_id = Some("4f2kx9".into());
/// let line = ChatMessage::new("1", "7c1f4q", author, "buy my book");
///
/// let muted = Muted::new(vec!["4f2kx9".into()]);
/// let user = line.author.user_id.as_ref();
/// assert!(user.is_some_and(|id| muted.user_ids.contains(id)));
/// assert_eq!(ChatEvent::Muted(muted).to_string(), "muted user 4f2kx9");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Muted {
    /// Their ids (`user_ids`), in the order of the wire. May be empty if none
    /// of them can be read.
    pub user_ids: Vec<UserId>,
}

/// No message is pinned any more.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatEvent, ChatMessage, Unpinned};
///
/// let mut unpinned = Unpinned::default();
/// assert_eq!(ChatEvent::Unpinned(unpinned.clone()).to_string(), "unpinned");
///
/// unpinned.message = Some(ChatMessage::new("1", "7c1f4q", "ada", "be kind"));
/// let event = ChatEvent::Unpinned(unpinned);
/// assert_eq!(event.to_string(), "unpinned [7c1f4q] ada: be kind");
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
/// # Examples
///
/// Say where everybody goes, and leave out what the chat did not send:
///
/// ```
/// use rumble_live::chat::Raid;
///
/// fn farewell(raid: &Raid) -> String {
///     match raid.target_url.as_str() {
///         "" => format!("off to {}!", raid.target_name),
///         url => format!("off to {}: {url}", raid.target_name),
///     }
/// }
///
/// let mut raid = Raid::default();
/// raid.target_name = "NightShift".into();
/// assert_eq!(farewell(&raid), "off to NightShift!");
/// raid.target_url = "https://rumble.com/v7c9aa1".into();
/// assert_eq!(
///     farewell(&raid),
///     "off to NightShift: https://rumble.com/v7c9aa1"
/// );
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
/// It comes before it takes effect; [`countdown`](Self::countdown) says how
/// long. So a bot can warn the viewers.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::chat::LiveGate;
///
/// /// What to tell the viewers, if it concerns them.
/// fn warning(gate: &LiveGate) -> Option<String> {
///     let seconds = gate.countdown.as_secs();
///     gate.is_closed.then(|| format!("subscribers only in {seconds} seconds"))
/// }
///
/// let mut gate = LiveGate::default();
/// assert_eq!(warning(&gate), None);
/// gate.is_closed = true;
/// gate.countdown = Duration::from_secs(30);
/// assert_eq!(
///     warning(&gate).as_deref(),
///     Some("subscribers only in 30 seconds")
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LiveGate {
    /// Whether the chat is only for subscribers and Premium members
    /// (`chat_mode` 1; any other number means everybody).
    pub is_closed: bool,
    /// When it takes effect, counted from the beginning of the stream
    /// (`timecode`). Zero if missing.
    #[serde(rename = "timecode_seconds", with = "json::seconds")]
    pub timecode: Duration,
    /// How long until it takes effect (`countdown_seconds`). Zero if missing.
    /// It counts from the moment when the record was sent, and the record has
    /// no time of its own.
    #[serde(rename = "countdown_seconds", with = "json::seconds")]
    pub countdown: Duration,
}

/// Users were allowed to moderate, or no longer are.
///
/// # Examples
///
/// Keep a list of moderators, on top of the badges that lines show:
///
/// ```
/// use std::collections::BTreeSet;
///
/// use rumble_live::{UserId, chat::CanModerate};
///
/// let mut moderators = BTreeSet::from([UserId::from("4yqceh")]);
/// let mut change = CanModerate::default();
/// change.user_ids = vec!["4f2kx9".into()];
/// change.can_moderate = true;
/// for id in change.user_ids {
///     if change.can_moderate {
///         moderators.insert(id);
///     } else {
///         moderators.remove(&id);
///     }
/// }
/// assert!(moderators.contains("4f2kx9"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CanModerate {
    /// Their ids (`user_ids`), in the order of the wire.
    pub user_ids: Vec<UserId>,
    /// Whether they may moderate (`can_moderate`).
    pub can_moderate: bool,
}

/// The chat sent a kind of record that this version does not know.
///
/// What it holds is not kept. Log it, and look for a newer version of the
/// crate.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatEvent, Unknown};
///
/// let mut unknown = Unknown::default();
/// unknown.kind = "poll_started".into();
/// let event = ChatEvent::Unknown(unknown);
/// assert_eq!(
///     (event.kind(), event.to_string().as_str()),
///     ("unknown", "unknown: poll_started")
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unknown {
    /// Its `type` on the wire, as it was sent.
    pub kind: String,
}

impl ChatReady {
    /// A chat of which nothing else is known, to build events in tests. Set the
    /// other fields as you need them; the example of [`ChatReady`] does.
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
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::Deleted;
    ///
    /// let mut deleted = Deleted::new(vec!["101".into(), "102".into()]);
    /// assert_eq!(deleted.to_string(), "deleted 101, 102");
    /// deleted.spares_rants = true;
    /// assert_eq!(deleted.to_string(), "deleted 101, 102, except rants");
    /// ```
    #[must_use]
    pub fn new(message_ids: Vec<MessageId>) -> Self {
        Self { message_ids, ..Self::default() }
    }
}

impl Muted {
    /// These users were muted, to build events in tests; the example of
    /// [`Muted`] does.
    #[must_use]
    pub fn new(user_ids: Vec<UserId>) -> Self {
        Self { user_ids }
    }
}

impl ChatEvent {
    /// The value of `type` in the JSON form, such as `message` or
    /// `gift_received`. It does not depend on what the event holds, so it makes
    /// a good label for a metric.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use rumble_live::chat::{ChatEvent, ChatMessage};
    ///
    /// let line = ChatMessage::new("1", "7c1f4q", "ada", "hi");
    /// let evening = [
    ///     ChatEvent::Message(line.clone()),
    ///     ChatEvent::Pinned(line.clone()),
    ///     ChatEvent::Message(line),
    ///     ChatEvent::Closed,
    /// ];
    /// let mut counts = BTreeMap::new();
    /// for event in &evening {
    ///     *counts.entry(event.kind()).or_insert(0) += 1;
    /// }
    /// assert_eq!(
    ///     counts,
    ///     BTreeMap::from([("closed", 1), ("message", 2), ("pinned", 1)])
    /// );
    /// ```
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
