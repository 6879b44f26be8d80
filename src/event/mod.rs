//! The events that a watcher yields.
//!
//! There are three groups. Occurrences, such as a follow or a rant, have an id
//! and come once. What changes, such as the start of a livestream or a
//! deletion, has none. The rest is about the watching itself: what was lost,
//! what cannot be read, what failed.
//!
//! The content of most occurrences is the entry of the snapshot itself. The
//! other contents are defined here, in `live` and in `updated`, whatever
//! features are on, so that a match reads the same everywhere. A new kind needs
//! its variant, its place in each method below, its `Form` in `json`, and its
//! line in `EventKind`, which lets a feed have readers for it.

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

/// Something that happened, or something about the watching itself.
///
/// A [`Watcher`](crate::Watcher) yields events one by one, and a
/// [`Tracker`](crate::Tracker) returns those that one snapshot brings. Match on
/// it, and leave a last arm for kinds that later versions add. `From` makes an
/// event from its content, and `TryFrom` gets the content back.
///
/// Only occurrences have an [`id`](Self::id): followers, subscribers, gifts,
/// messages, rants, raids and subscription notices. Store it to drop what comes
/// twice after a restart.
///
/// `Display` is one line for a log, whatever the texts contain.
///
/// # JSON
///
/// The JSON form is an object with `type`, then [`id`](Self::id) if the event
/// is an occurrence, then the fields under the wire's own names. Instants are
/// RFC 3339 in UTC, money is `amount_cents`, and durations are in seconds, with
/// the unit in the name.
///
/// Reading checks the id against the other fields, and fails if they do not
/// match. Without an id, the event counts as the first of its equals.
///
/// # Examples
///
/// What a bot says aloud:
///
/// ```
/// use rumble_live::{Amount, Event, Rant};
///
/// fn alert(event: &Event) -> Option<String> {
///     match event {
///         Event::Follower(it) => Some(format!("welcome, {}", it.username)),
///         Event::Rant(it) => {
///             Some(format!("{} gave {}", it.username, it.amount))
///         }
///         Event::Gap(gap) => {
///             Some(format!("I may have missed some {}", gap.list))
///         }
///         _ => None,
///     }
/// }
///
/// let rant = Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "ahoy");
/// assert_eq!(alert(&rant.into()).as_deref(), Some("ada gave $5.00"));
/// assert_eq!(alert(&Event::Ready), None);
/// ```
///
/// Store an event as a line of JSON and read it back:
///
/// ```
/// use rumble_live::Event;
///
/// fn main() -> Result<(), serde_json::Error> {
///     let json = r#"{"type":"resumed","away_seconds":12.5,"failures":2}"#;
///     let event: Event = serde_json::from_str(json)?;
///     assert_eq!(
///         event.to_string(),
///         "resumed after 12.5 s and 2 failed tries"
///     );
///     assert_eq!(serde_json::to_string(&event)?, json);
///     Ok(())
/// }
/// ```
///
/// Get the content of one kind, or the event back if it is another:
///
/// ```
/// use rumble_live::{Event, Message, Rant};
///
/// let hi = Message::new("7c1f4q", "ada", "hi");
/// let event = Event::from(hi.clone());
/// assert_eq!(Message::try_from(event.clone()), Ok(hi));
/// assert_eq!(Rant::try_from(event.clone()), Err(event));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The first snapshot of this watcher arrived. What it shows is the
    /// baseline: the watcher does not yield it as news, unless it replays or
    /// resumes.
    Ready,
    /// A livestream went live, or [was live
    /// already](StreamStarted::already_live) when the watcher started.
    StreamStarted(StreamStarted),
    /// The title, the visibility or a number of a live livestream changed. Only
    /// with
    /// [`WatcherBuilder::stream_updates`](crate::WatcherBuilder::stream_updates).
    StreamUpdated(StreamUpdated),
    /// A livestream stopped: the API said so, or did not list it in two answers
    /// in a row.
    StreamEnded(StreamEnded),
    /// Somebody followed.
    Follower(Follower),
    /// Somebody subscribed.
    Subscriber(Subscriber),
    /// Somebody bought subscriptions for others. This is best effort, because
    /// the wire gives a gift neither an instant nor an id. Of equal gifts, the
    /// watcher yields as many as one answer shows at once. If more of a gift
    /// remain than before, and the counter grew by at least as many, somebody
    /// bought another one.
    GiftedSubs(GiftedSubs),
    /// Somebody wrote in the chat of a listed livestream, live or not.
    Message(Message),
    /// Somebody paid for a line of chat. An equal [`Message`](Self::Message)
    /// never replaces it.
    Rant(Rant),
    /// Messages were deleted from a live chat. This and the next five events
    /// come only with `WatcherBuilder::live_chat`.
    MessageDeleted(MessageDeleted),
    /// Users were muted in a live chat.
    UserMuted(UserMuted),
    /// The streamer sends the viewers to another stream.
    RaidStarted(RaidStarted),
    /// Somebody arrives with the viewers of another stream.
    RaidReceived(RaidReceived),
    /// The live chat says that somebody subscribed. Alert on
    /// [`Subscriber`](Self::Subscriber) instead.
    SubscriptionNotice(SubscriptionNotice),
    /// Polls and live chat do not agree, so what this crate assumes about the
    /// two may be wrong.
    MergeDoubt(MergeDoubt),
    /// Something may have been lost at this point: more may have come than the
    /// list shows.
    Gap(Gap),
    /// Items of a list are unreadable: the API has changed, or an item is
    /// broken.
    Unreadable(Unreadable),
    /// A poll failed. The watcher goes on by itself. Your bot might log the
    /// first one and give up at the tenth.
    Interrupted(Interrupted),
    /// Polling works again after [`Interrupted`](Self::Interrupted).
    Resumed(Resumed),
    /// A reader of a feed fell behind and lost events. No watcher yields it.
    Lagged(Lagged),
}

/// A livestream went live, or was live already when the watcher started.
///
/// It has no [`id`](Event::id). A watcher that starts anew yields it again for
/// each livestream that is on air, with [`already_live`](Self::already_live)
/// set, so that a bot knows what is going on. To announce only new livestreams,
/// leave those out.
///
/// # Examples
///
/// ```
/// use rumble_live::{StreamStarted, time::OffsetDateTime};
///
/// fn announcement(started: &StreamStarted) -> Option<String> {
///     (!started.already_live).then(|| format!("on air: {}", started.title))
/// }
///
/// let started = StreamStarted::new("7c1f4q", OffsetDateTime::UNIX_EPOCH)
///     .with_title("Harbour lights");
/// assert_eq!(started.to_string(), "[7c1f4q] live: Harbour lights");
/// assert_eq!(
///     announcement(&started).as_deref(),
///     Some("on air: Harbour lights")
/// );
/// assert_eq!(announcement(&started.with_already_live(true)), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamStarted {
    /// The livestream.
    pub stream: StreamId,
    /// Its title (`title`). Empty if missing.
    pub title: String,
    /// When it was created (`created_on`). That may be long before it goes
    /// live.
    #[serde(with = "crate::snapshot::utc::option", default)]
    pub created_on: Option<OffsetDateTime>,
    /// Whether it was live before this watcher could see it start: it was live
    /// in the very first snapshot, or in the checkpoint that the watcher
    /// resumed from. False for a livestream that went live later, even between
    /// two runs of the bot.
    #[serde(default)]
    pub already_live: bool,
    /// The server's clock in the answer that showed it live (`now`).
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
}

/// A livestream stopped: the API said so, or did not list it in two answers in
/// a row.
///
/// A livestream that has ended usually vanishes from the list, so the watcher
/// knows only at the second answer that lacks it. If it goes live again under
/// the same id, there is another [`StreamStarted`].
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     StreamEnded,
///     time::{Duration, OffsetDateTime},
/// };
///
/// let seen = OffsetDateTime::UNIX_EPOCH;
/// let ended = StreamEnded::new("7c1f4q", seen + Duration::seconds(20))
///     .with_last_seen(seen);
/// assert_eq!(
///     ended.to_string(),
///     "[7c1f4q] ended, last seen 1970-01-01T00:00:00Z"
/// );
/// // For so long, nobody knows what was written.
/// assert_eq!(ended.at - ended.last_seen, Duration::seconds(20));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamEnded {
    /// The livestream.
    pub stream: StreamId,
    /// The server's clock in the last answer that showed it. The watcher cannot
    /// know what was written after that.
    #[serde(with = "crate::snapshot::utc")]
    pub last_seen: OffsetDateTime,
    /// The server's clock in the answer that showed the end (`now`).
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
}

/// Items of a list may have been lost.
///
/// It comes before the oldest entry that the list still shows. What the list
/// does show is yielded as usual. Nothing brings back what was lost; a bot that
/// sums up money might mark the sum as a lower bound.
///
/// # Examples
///
/// ```
/// use rumble_live::{Gap, ListKind, time::OffsetDateTime};
///
/// let gap = Gap::new(ListKind::Messages, OffsetDateTime::UNIX_EPOCH)
///     .with_stream("7c1f4q");
/// assert_eq!(
///     gap.to_string(),
///     "[7c1f4q] messages may have been lost before 1970-01-01T00:00:00Z"
/// );
/// let costs_money = matches!(
///     gap.list,
///     ListKind::Subscribers | ListKind::Rants | ListKind::GiftedSubs
/// );
/// assert!(!costs_money);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gap {
    /// The list.
    pub list: ListKind,
    /// The livestream of the chat, for lists of messages and rants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
    /// What was lost is not older than this. In most cases it is the newest
    /// stamp known before. If everything is of one second, it is the oldest
    /// stamp that could still be reported. After the server's clock was set
    /// back, it is that clock. Gifts have no stamps, so for them it is the
    /// server's clock in the previous answer. `None` if nothing was known about
    /// the list.
    #[serde(with = "crate::snapshot::utc::option", default)]
    pub since: Option<OffsetDateTime>,
    /// What was lost is not newer than this: in most cases the oldest stamp
    /// shown, and for gifts the server's clock in this answer. Never before
    /// [`since`](Self::since).
    #[serde(with = "crate::snapshot::utc")]
    pub until: OffsetDateTime,
    /// How many were lost at least, by the counters of the API. For followers
    /// it is the growth of `num_followers` or of its total, whichever is
    /// smaller, minus what the list shows; for subscribers likewise. May be 0.
    /// `None` for lists without counters, such as chat.
    #[serde(default)]
    pub at_least: Option<u64>,
}

/// Names a list of a snapshot. `Display` is plural English, such as
/// `gifted subscriptions`; the JSON form is in snake case.
///
/// # Examples
///
/// ```
/// use rumble_live::ListKind;
///
/// let list = ListKind::GiftedSubs;
/// assert_eq!(list.to_string(), "gifted subscriptions");
/// assert_eq!(serde_json::json!(list), "gifted_subs");
/// ```
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

/// Items of a list are unreadable: they are there, but this version does not
/// get what it needs from them. They are not yielded.
///
/// A watcher yields it once, and again when the number exceeds the highest one
/// yielded so far. After 100 answers without unreadable items, it starts anew.
/// If it comes for every item of a list, the API has probably changed, and you
/// need a newer version of this crate.
///
/// # Examples
///
/// ```
/// use rumble_live::{ListKind, Unreadable};
///
/// let unreadable = Unreadable::new(ListKind::Followers, 3);
/// assert_eq!(unreadable.to_string(), "3 of the followers cannot be read");
/// let unreadable = Unreadable::new(ListKind::Rants, 2).with_stream("7c1f4q");
/// assert_eq!(
///     unreadable.to_string(),
///     "[7c1f4q] 2 of the rants cannot be read"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Unreadable {
    /// The list. Of [`Livestreams`](ListKind::Livestreams), those beyond the
    /// first 100 live ones count too, because no more are tracked.
    pub list: ListKind,
    /// The livestream of the chat, for lists of messages and rants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<StreamId>,
    /// How many of its items are unreadable in this answer.
    pub count: usize,
}

/// A poll failed. The watcher will try again, ever more slowly.
///
/// Nothing is lost by that alone: the next answer shows what came meanwhile,
/// and if it may not show everything, a [`Gap`] says so. There is one for each
/// failed poll. The first answer after it brings a [`Resumed`].
///
/// # Examples
///
/// Log the first failure, and wake somebody at the tenth:
///
/// ```
/// use std::time::Duration;
/// use rumble_live::{ErrorKind, Interrupted};
///
/// let first = Interrupted::new(ErrorKind::Server, "the server failed")
///     .with_retry_in(Duration::from_secs(10));
/// assert_eq!(
///     first.to_string(),
///     "interrupted (1 in a row): the server failed; next try in 10.0s"
/// );
/// let is_worth_a_line = |it: &Interrupted| it.failures == 1;
/// let is_serious = |it: &Interrupted| it.failures == 10;
/// assert!(is_worth_a_line(&first) && !is_serious(&first));
/// assert!(is_serious(&first.with_failures(10)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Interrupted {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// What happened and what you can do, then the causes, on one line and
    /// without secrets: [`Error::report`](crate::Error::report).
    pub message: String,
    /// How many polls failed in a row, including this one.
    pub failures: u32,
    /// The least time until the next poll.
    #[serde(rename = "retry_in_seconds", with = "json::seconds")]
    pub retry_in: Duration,
}

/// Polling works again: an answer came after one or more [`Interrupted`]. The
/// events that it brings follow.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use rumble_live::Resumed;
///
/// let resumed = Resumed::new(Duration::from_millis(12_500), 2);
/// assert_eq!(resumed.to_string(), "resumed after 12.5 s and 2 failed tries");
/// assert!(resumed.away < Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resumed {
    /// The time since the first failure, by this machine's monotonic clock,
    /// which stops while the machine is suspended.
    #[serde(rename = "away_seconds", with = "json::seconds")]
    pub away: Duration,
    /// How many polls failed in a row.
    pub failures: u32,
}

/// A reader of a feed fell behind and lost events. It comes in their place,
/// before the oldest event that is left. Readers of one kind of event do not
/// get it; they have [`Reader::missed`](crate::Reader::missed).
///
/// # Examples
///
/// A log that must be complete says where it is not:
///
/// ```
/// use rumble_live::{Event, Lagged};
///
/// let event = Event::from(Lagged::new(3));
/// assert_eq!(event.to_string(), "fell behind and lost 3 events");
/// if let Event::Lagged(lagged) = event {
///     let line = format!("-- {} lines are missing here --", lagged.missed);
///     assert_eq!(line, "-- 3 lines are missing here --");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Lagged {
    /// How many events it lost this time.
    pub missed: u64,
}

impl Event {
    /// The id of an occurrence: a follower, subscriber, gift, message, rant,
    /// raid or subscription notice. `None` for other events.
    ///
    /// It is computed at each call. If you build an event from an entry of a
    /// snapshot yourself, its id has number 0.
    ///
    /// # Examples
    ///
    /// After a restart a bot may get an event again. Handle it once:
    ///
    /// ```
    /// use std::collections::HashSet;
    /// use rumble_live::{Event, Message};
    ///
    /// let mut handled = HashSet::new();
    /// let mut is_new = |event: &Event| match event.id() {
    ///     Some(id) => handled.insert(id),
    ///     None => true,
    /// };
    /// let event = Event::from(Message::new("7c1f4q", "ada", "hi"));
    /// assert!(is_new(&event));
    /// assert!(!is_new(&event));
    /// // Only occurrences have an id.
    /// assert!(is_new(&Event::Ready) && is_new(&Event::Ready));
    /// ```
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

    /// When it happened:
    ///
    /// - the stamp of the wire for followers, subscribers, messages, rants,
    ///   incoming raids and subscription notices;
    /// - the server's clock in the answer that showed it, for the start, update
    ///   and end of a livestream;
    /// - when it begins, for an outgoing raid, if that is known;
    /// - `None` for other events.
    ///
    /// It may have an offset other than UTC, as the wire sent it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Follower, GiftedSubs,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let at = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let event = Event::from(Follower::new("ada").with_followed_on(at));
    /// assert_eq!(event.at(), Some(at));
    /// // The wire does not say when a gift was made.
    /// assert_eq!(Event::from(GiftedSubs::new("ada", 5)).at(), None);
    /// ```
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

    /// The livestream that the event is about. `None` for followers,
    /// subscribers, and what concerns the whole account or the watching. A
    /// gift, a gap or an unreadable list has one only if it belongs to a
    /// livestream that is known.
    ///
    /// # Examples
    ///
    /// A bot for one of several livestreams:
    ///
    /// ```
    /// use rumble_live::{Event, Follower, Message};
    ///
    /// let events: [Event; 3] = [
    ///     Message::new("7c1f4q", "ada", "hi").into(),
    ///     Message::new("7c1f4r", "bo", "ahoy").into(),
    ///     Follower::new("cy").into(),
    /// ];
    /// let here = events.iter().filter(|event| {
    ///     event.stream().is_some_and(|stream| stream == "7c1f4q")
    /// });
    /// assert_eq!(here.count(), 1);
    /// ```
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

    /// The display name of whoever did it: the follower, the subscriber, the
    /// giver, the author of a message or rant, the raider, or the subscriber of
    /// a notice. Empty if the wire names nobody, which can happen for paid
    /// entries. `None` for events that nobody did, and for outgoing raids,
    /// deletions and mutes.
    ///
    /// # Examples
    ///
    /// Greet everybody once, whatever they do first:
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use rumble_live::{Amount, Event, Follower, Message, Subscriber};
    ///
    /// let events: [Event; 4] = [
    ///     Event::Ready,
    ///     Follower::new("ada").into(),
    ///     Message::new("7c1f4q", "ada", "hi").into(),
    ///     Subscriber::new("", Amount::from_dollars(5)).into(),
    /// ];
    /// let names = events.iter().filter_map(Event::username);
    /// let greeted: BTreeSet<_> =
    ///     names.filter(|name| !name.is_empty()).collect();
    /// assert_eq!(greeted, BTreeSet::from(["ada"]));
    /// ```
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

    /// The text of a message, rant, incoming raid or subscription notice. Raids
    /// and notices often have an empty one. `None` for other events.
    ///
    /// # Examples
    ///
    /// Look for a word in whatever people write:
    ///
    /// ```
    /// use rumble_live::{Amount, Event, Follower, Rant};
    ///
    /// let names_the_boat = |event: &Event| {
    ///     event.text().is_some_and(|text| text.contains("boat"))
    /// };
    /// let rant =
    ///     Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "the boat!");
    /// assert!(names_the_boat(&rant.into()));
    /// assert!(!names_the_boat(&Follower::new("boatman").into()));
    /// ```
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

    /// The word in the field `type` of the JSON form, such as `stream_started`.
    /// It never changes for a kind, so use it as a label for metrics or as a
    /// column of a table.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use rumble_live::{Event, Follower};
    ///
    /// let events = [Event::Ready, Follower::new("ada").into()];
    /// let mut counts = BTreeMap::new();
    /// for event in &events {
    ///     *counts.entry(event.kind()).or_insert(0) += 1;
    /// }
    /// assert_eq!(counts, BTreeMap::from([("follower", 1), ("ready", 1)]));
    /// ```
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

/// Conversions between an event and its content, both ways.
macro_rules! event_and_content {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Event {
            fn from(content: $kind) -> Self {
                Self::$kind(content)
            }
        }

        impl TryFrom<Event> for $kind {
            /// The event itself, if it is of another kind.
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

/// An instant in a line of text: RFC 3339 in UTC, or with its own offset if it
/// has no form in UTC.
pub(crate) struct Utc(pub(crate) OffsetDateTime);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = self.0.checked_to_offset(UtcOffset::UTC).unwrap_or(self.0);
        f.write_str(&instant.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}
