//! The public language of a watcher: what happened.

mod build;
mod id;
pub(crate) mod json;
mod live;
mod updated;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

pub(crate) use self::id::Fingerprint;
pub use self::{
    id::{EventId, InvalidEventId},
    live::{MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, SubscriptionNotice, UserMuted},
    updated::{StreamDetail, StreamUpdated},
};
use crate::{
    error::ErrorKind,
    snapshot::{Follower, GiftedSubs, Message, OneLine, Rant, StreamId, Subscriber},
};

/// Something that happened, or something to know about the watching itself.
///
/// `Display` is one line for a log, whatever the texts hold.
///
/// # JSON
///
/// `Serialize` and `Deserialize` make an object with `type` and, for an occurrence, [`id`](Self::id), then the fields under the wire's own
/// names: instants in RFC 3339 UTC, money as `amount_cents`, durations in seconds with the unit in the name.
///
/// ```
/// use rumble_live::Event;
///
/// fn main() -> Result<(), serde_json::Error> {
///     let json = r#"{"type":"resumed","away_seconds":12.5,"failures":2}"#;
///     let event: Event = serde_json::from_str(json)?;
///     assert_eq!(event.to_string(), "resumed after 12.5 s and 2 failed tries");
///     assert_eq!(serde_json::to_string(&event)?, json);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The first snapshot of this watcher arrived. What it shows is the baseline and is not told, unless the watcher replays or resumes.
    Ready,
    /// A livestream went live, or [was live already](StreamStarted::already_live) when the watcher started.
    StreamStarted(StreamStarted),
    /// The title, the visibility or a number of a live livestream changed. Only where the builder
    /// [asks for it](crate::WatcherBuilder::stream_updates).
    StreamUpdated(StreamUpdated),
    /// A livestream stopped: the API says so, or no longer lists it in two answers running.
    StreamEnded(StreamEnded),
    /// Somebody followed.
    Follower(Follower),
    /// Somebody subscribed.
    Subscriber(Subscriber),
    /// Somebody bought subscriptions for others. Best effort, for the wire says neither when nor which. Of equal gifts as many are told as one
    /// answer shows at once. When more of one are left than before, and the counter grew by at least as many, another one was bought.
    GiftedSubs(GiftedSubs),
    /// Somebody wrote in the chat of a listed livestream, live or not.
    Message(Message),
    /// Somebody paid for a line of chat. Never dropped in favour of an equal [`Message`](Self::Message).
    Rant(Rant),
    /// Messages were taken out of a live chat. Only with `WatcherBuilder::live_chat`, as the next five.
    MessageDeleted(MessageDeleted),
    /// Users were muted in a live chat.
    UserMuted(UserMuted),
    /// The streamer sends the viewers to another stream.
    RaidStarted(RaidStarted),
    /// Somebody comes in with the viewers of another stream.
    RaidReceived(RaidReceived),
    /// The live chat says that somebody subscribed. Not the one to alert on: that is [`Subscriber`](Self::Subscriber).
    SubscriptionNotice(SubscriptionNotice),
    /// Polls and live chat do not agree, so what is assumed of the two may be wrong.
    MergeDoubt(MergeDoubt),
    /// Something may have been lost just here: more may have come than the list shows.
    Gap(Gap),
    /// Items of a list cannot be read: the API has changed, or an item is broken.
    Unreadable(Unreadable),
    /// A poll failed. The watcher goes on by itself; a bot may log the first and give up at the tenth.
    Interrupted(Interrupted),
    /// Polling is back after [`Interrupted`](Self::Interrupted).
    Resumed(Resumed),
    /// A reader of a feed fell behind and lost events. No watcher yields it.
    Lagged(Lagged),
}

/// A livestream went live.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamStarted {
    /// Which.
    pub stream: StreamId,
    /// Its title (`title`); empty where missing.
    pub title: String,
    /// When it was created (`created_on`), which may be long before it goes live.
    #[serde(with = "crate::snapshot::utc::option", default)]
    pub created_on: Option<OffsetDateTime>,
    /// Whether it was live before this watcher could see it begin: it was live in the first snapshot of all, or the checkpoint that the watcher
    /// resumed from knew it as live. False for one that went live later, even between two runs of the bot.
    #[serde(default)]
    pub already_live: bool,
    /// The server's clock in the answer that showed it live (`now`).
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
}

/// A livestream stopped.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamEnded {
    /// Which.
    pub stream: StreamId,
    /// The server's clock in the last answer that showed it. What was written later cannot be known.
    #[serde(with = "crate::snapshot::utc")]
    pub last_seen: OffsetDateTime,
    /// The server's clock in the answer that told so (`now`).
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
}

/// Something of a list may have been lost.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gap {
    /// Which list.
    pub list: ListKind,
    /// Whose chat, where the list is one of messages or rants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
    /// What was lost is not older than this: the newest stamp known before, or the oldest that can be told where all is of one second, or the
    /// server's clock after it was set back. Of gifts, which have no stamps, the server's clock in the answer before. `None` when nothing was
    /// known of the list.
    #[serde(with = "crate::snapshot::utc::option", default)]
    pub since: Option<OffsetDateTime>,
    /// What was lost is not newer than this: the oldest stamp shown, in most cases. Of gifts the server's clock in this answer. Never before
    /// [`since`](Self::since).
    #[serde(with = "crate::snapshot::utc")]
    pub until: OffsetDateTime,
    /// How many were lost at least, by the counters of the API: the growth of `num_followers` or its total, whichever is less, less
    /// what is shown; so too for subscribers. May be 0. `None` where there are no counters, as for chat.
    #[serde(default)]
    pub at_least: Option<u64>,
}

/// A list of which something may have been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ListKind {
    /// `followers.recent_followers`
    Followers,
    /// `subscribers.recent_subscribers`
    Subscribers,
    /// `livestreams[].chat.recent_messages`
    Messages,
    /// `livestreams[].chat.recent_rants`
    Rants,
    /// `gifted_subs.recent_gifted_subs`
    GiftedSubs,
    /// `livestreams`
    Livestreams,
}

/// Items of a list cannot be read.
///
/// Told once, and again when the number exceeds the highest that was told. After 100 answers without any, the count begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unreadable {
    /// Which list. Of [`Livestreams`](ListKind::Livestreams) those beyond the first 100 live ones count as well, for no more are tracked.
    pub list: ListKind,
    /// Whose chat, where the list is one of messages or rants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
    /// How many items of it cannot be read in this answer.
    pub count: usize,
}

/// A poll failed and will be made again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interrupted {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened and what to do, then the causes, on one line and without secrets: [`Error::report`](crate::Error::report).
    pub message: String,
    /// How many polls failed in a row, this one included.
    pub failures: u32,
    /// How long until the next poll, at the earliest.
    #[serde(rename = "retry_in_seconds", with = "json::seconds")]
    pub retry_in: Duration,
}

/// Polling is back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resumed {
    /// From the first failure to now, by this machine's clock, which does not run while it is suspended.
    #[serde(rename = "away_seconds", with = "json::seconds")]
    pub away: Duration,
    /// How many polls failed in a row.
    pub failures: u32,
}

/// A reader of a feed fell behind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lagged {
    /// How many events it lost this time.
    pub missed: u64,
}

impl Event {
    /// The id of an occurrence: of followers, subscribers, gifts, messages, rants, raids and subscription notices. `None` for other events.
    ///
    /// Computed at each call. An event that was built from an entry of a snapshot, and not by a watcher or tracker, has number 0.
    #[must_use]
    pub fn id(&self) -> Option<EventId> {
        match self {
            Self::Follower(follower) => Some(EventId::of_follower(follower)),
            Self::Subscriber(subscriber) => Some(EventId::of_subscriber(subscriber)),
            Self::Message(message) => Some(EventId::of_message(message)),
            Self::Rant(rant) => Some(EventId::of_rant(rant)),
            Self::GiftedSubs(gift) => Some(EventId::of_gift(gift)),
            Self::RaidStarted(raid) => Some(EventId::of_raid_started(raid)),
            Self::RaidReceived(raid) => Some(EventId::of_raid_received(raid)),
            Self::SubscriptionNotice(notice) => Some(EventId::of_subscription_notice(notice)),
            _ => None,
        }
    }

    /// When it happened. Of followers, subscribers, messages, rants, raids that come in and subscription notices the stamp of the wire; of a
    /// livestream's start, update and end the server's clock in the answer that showed it; of a raid that goes out when it begins, if that is known.
    /// Else `None`.
    #[must_use]
    pub fn at(&self) -> Option<OffsetDateTime> {
        match self {
            Self::Follower(follower) => Some(follower.followed_on),
            Self::Subscriber(subscriber) => Some(subscriber.subscribed_on),
            Self::Message(message) => Some(message.created_on),
            Self::Rant(rant) => Some(rant.created_on),
            Self::RaidStarted(raid) => raid.starts_at,
            Self::RaidReceived(raid) => Some(raid.created_on),
            Self::SubscriptionNotice(notice) => Some(notice.created_on),
            Self::StreamStarted(started) => Some(started.at),
            Self::StreamUpdated(updated) => Some(updated.at),
            Self::StreamEnded(ended) => Some(ended.at),
            _ => None,
        }
    }

    /// Which livestream it is about; `None` for what is about none.
    #[must_use]
    pub fn stream(&self) -> Option<StreamId> {
        match self {
            Self::StreamStarted(event) => Some(event.stream.clone()),
            Self::StreamUpdated(event) => Some(event.stream.clone()),
            Self::StreamEnded(event) => Some(event.stream.clone()),
            Self::Message(event) => Some(event.stream.clone()),
            Self::Rant(event) => Some(event.stream.clone()),
            Self::MessageDeleted(event) => Some(event.stream.clone()),
            Self::UserMuted(event) => Some(event.stream.clone()),
            Self::RaidStarted(event) => Some(event.stream.clone()),
            Self::RaidReceived(event) => Some(event.stream.clone()),
            Self::SubscriptionNotice(event) => Some(event.stream.clone()),
            Self::MergeDoubt(event) => Some(event.stream.clone()),
            Self::GiftedSubs(event) => event.stream(),
            Self::Gap(event) => event.stream.clone(),
            Self::Unreadable(event) => event.stream.clone(),
            _ => None,
        }
    }

    /// Who did it, by the name to show: the follower, the subscriber, the giver, who wrote the message or rant, who raids, or who has subscribed.
    /// Empty where nobody is named, as in a paid entry; `None` for what nobody did, and for a raid that goes out, a deletion or a mute.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Follower(event) => Some(&event.username),
            Self::Subscriber(event) => Some(&event.username),
            Self::GiftedSubs(event) => Some(&event.purchased_by),
            Self::Message(event) => Some(&event.username),
            Self::Rant(event) => Some(&event.username),
            Self::RaidReceived(event) => Some(&event.author.name),
            Self::SubscriptionNotice(event) => Some(&event.author.name),
            _ => None,
        }
    }

    /// What was written, of a message or rant, or with a raid that comes in or a subscription notice, where it is often empty. Else `None`.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Message(event) => Some(&event.text),
            Self::Rant(event) => Some(&event.text),
            Self::RaidReceived(event) => Some(&event.text),
            Self::SubscriptionNotice(event) => Some(&event.text),
            _ => None,
        }
    }

    /// The word that the JSON form has in `type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::StreamStarted(_) => "stream_started",
            Self::StreamUpdated(_) => "stream_updated",
            Self::StreamEnded(_) => "stream_ended",
            Self::Follower(_) => "follower",
            Self::Subscriber(_) => "subscriber",
            Self::GiftedSubs(_) => "gifted_subs",
            Self::Message(_) => "message",
            Self::Rant(_) => "rant",
            Self::MessageDeleted(_) => "message_deleted",
            Self::UserMuted(_) => "user_muted",
            Self::RaidStarted(_) => "raid_started",
            Self::RaidReceived(_) => "raid_received",
            Self::SubscriptionNotice(_) => "subscription_notice",
            Self::MergeDoubt(_) => "merge_doubt",
            Self::Gap(_) => "gap",
            Self::Unreadable(_) => "unreadable",
            Self::Interrupted(_) => "interrupted",
            Self::Resumed(_) => "resumed",
            Self::Lagged(_) => "lagged",
        }
    }
}

macro_rules! event_and_content {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Event {
            fn from(content: $kind) -> Self {
                Self::$kind(content)
            }
        }

        impl TryFrom<Event> for $kind {
            /// The event, where it is of another kind.
            type Error = Event;

            fn try_from(event: Event) -> Result<Self, Event> {
                match event {
                    Event::$kind(content) => Ok(content),
                    other => Err(other),
                }
            }
        }
    )*};
}
event_and_content!(
    StreamStarted,
    StreamUpdated,
    StreamEnded,
    Follower,
    Subscriber,
    GiftedSubs,
    Message,
    Rant,
    MessageDeleted,
    UserMuted,
    RaidStarted,
    RaidReceived,
    SubscriptionNotice,
    MergeDoubt,
    Gap,
    Unreadable,
    Interrupted,
    Resumed,
    Lagged
);

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::StreamStarted(event) => event.fmt(f),
            Self::StreamUpdated(event) => event.fmt(f),
            Self::StreamEnded(event) => event.fmt(f),
            Self::Follower(event) => event.fmt(f),
            Self::Subscriber(event) => event.fmt(f),
            Self::GiftedSubs(event) => event.fmt(f),
            Self::Message(event) => event.fmt(f),
            Self::Rant(event) => event.fmt(f),
            Self::MessageDeleted(event) => event.fmt(f),
            Self::UserMuted(event) => event.fmt(f),
            Self::RaidStarted(event) => event.fmt(f),
            Self::RaidReceived(event) => event.fmt(f),
            Self::SubscriptionNotice(event) => event.fmt(f),
            Self::MergeDoubt(event) => event.fmt(f),
            Self::Gap(event) => event.fmt(f),
            Self::Unreadable(event) => event.fmt(f),
            Self::Interrupted(event) => event.fmt(f),
            Self::Resumed(event) => event.fmt(f),
            Self::Lagged(event) => event.fmt(f),
        }
    }
}

impl fmt::Display for StreamStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = if self.already_live { "already live" } else { "live" };
        write!(f, "[{}] {live}: {}", self.stream, OneLine(&self.title))
    }
}

impl fmt::Display for StreamEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] ended, last seen {}", self.stream, Utc(self.last_seen))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stream) = &self.stream {
            write!(f, "[{stream}] ")?;
        }
        match self.at_least {
            None | Some(0) => write!(f, "{} may have been lost", self.list)?,
            Some(count) => write!(f, "at least {count} {} lost", self.list)?,
        }
        match self.since {
            Some(since) => write!(f, " between {} and {}", Utc(since), Utc(self.until)),
            None => write!(f, " before {}", Utc(self.until)),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(stream) = &self.stream {
            write!(f, "[{stream}] ")?;
        }
        write!(f, "{} of the {} cannot be read", self.count, self.list)
    }
}

impl fmt::Display for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Followers => "followers",
            Self::Subscribers => "subscribers",
            Self::Messages => "messages",
            Self::Rants => "rants",
            Self::GiftedSubs => "gifted subscriptions",
            Self::Livestreams => "livestreams",
        })
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "interrupted ({} in a row): {}; next try in {:.1?}", self.failures, OneLine(&self.message), self.retry_in)
    }
}

impl fmt::Display for Resumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tries = if self.failures == 1 { "try" } else { "tries" };
        write!(f, "resumed after {:.1} s and {} failed {tries}", self.away.as_secs_f64(), self.failures)
    }
}

impl fmt::Display for Lagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fell behind and lost {} events", self.missed)
    }
}

/// An instant in a line of text.
pub(crate) struct Utc(pub(crate) OffsetDateTime);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.0.checked_to_offset(UtcOffset::UTC).unwrap_or(self.0);
        f.write_str(&instant.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}
