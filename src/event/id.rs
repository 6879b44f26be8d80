//! The id of an occurrence. It is the same in every process that sees it.
//!
//! So it follows from what the wire shows, and never from this machine's clock
//! or from chance. The wire has no ids, so a hash of what identifies an entry
//! takes their place, together with its second and a number among its equals.
//!
//! Programs have these ids in their databases. The format and what goes into
//! the hash are therefore fixed, and the docs of `EventId` state both. A type
//! that gets another field must leave its hash as it is.

use std::{fmt, hash::Hasher as _, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::{RaidReceived, RaidStarted, SubscriptionNotice};
use crate::snapshot::{Amount, Follower, GiftedSubs, Message, MessageId, Purchase, Rant, StreamId, Subscriber};

/// A 128-bit hash of the fields that identify an entry. It has a fixed size
/// however long the texts are, and stands for them where only equality matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    pub(crate) const MIN: Self = Self(u128::MIN);
    pub(crate) const MAX: Self = Self(u128::MAX);

    /// Enough of it to tell a few entries apart.
    pub(crate) fn low_bits(self) -> u32 {
        let [a, b, c, d, ..] = self.0.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    /// Of a follower.
    pub(crate) fn of_user(username: &str) -> Self {
        Self::of(&[username], None)
    }

    /// The lower half, where only a few are compared.
    #[cfg(feature = "chat")]
    pub(crate) fn short(self) -> u64 {
        #[expect(clippy::cast_possible_truncation, reason = "half of it is what is asked for")]
        let short = self.0 as u64;
        short
    }

    /// Of a subscriber.
    pub(crate) fn of_payment(username: &str, amount: Amount) -> Self {
        Self::of(&[username], Some(amount))
    }

    /// Of a message.
    pub(crate) fn of_line(username: &str, text: &str) -> Self {
        Self::of(&[username, text], None)
    }

    /// Of a gift. Two equal purchases have the same.
    pub(crate) fn of_gift(gift: &GiftedSubs) -> Self {
        Self::of_gift_by(&gift.purchased_by, gift)
    }

    /// Of the same gift if it named nobody.
    pub(crate) fn of_nameless_gift(gift: &GiftedSubs) -> Self {
        Self::of_gift_by("", gift)
    }

    fn of_gift_by(name: &str, gift: &GiftedSubs) -> Self {
        let number = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
        let kind = gift.gift_type.as_deref().unwrap_or_default();
        Self::of(&[name, &number(gift.video_id), kind, &number(gift.total_gifts)], None)
    }

    /// Of a rant.
    pub(crate) fn of_paid_line(username: &str, text: &str, amount: Amount) -> Self {
        Self::of(&[username, text], Some(amount))
    }

    /// As a number.
    #[cfg(feature = "chat")]
    pub(crate) fn number(self) -> u128 {
        self.0
    }

    /// The fingerprint of what a live chat announces with this id.
    pub(crate) fn of_announcement(id: &str) -> Self {
        Self::of(&[id], None)
    }

    /// Each text goes in with its length first, so that no two lists of texts
    /// can run together into the same bytes.
    fn of(texts: &[&str], amount: Option<Amount>) -> Self {
        let mut hasher = SipHasher24::new();
        for text in texts {
            hasher.write(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.write(text.as_bytes());
        }
        if let Some(amount) = amount {
            hasher.write(&amount.cents().to_le_bytes());
        }
        Self(hasher.finish128().as_u128())
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{self:?}"))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(de::Error::custom)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The id of one occurrence: a follow, a subscription, a gift, a message, a
/// rant, a raid or a subscription notice.
///
/// It is unique within one account. It is the same for the same occurrence in
/// every process that watches the account, whenever that process started. Store
/// it together with the account's id, and use both to drop duplicates.
///
/// [`Event::id`](crate::Event::id) computes it. Ids sort by kind first, then by
/// livestream and second where they have them, so the order is not that of
/// time.
///
/// # When two processes disagree
///
/// - **Live chat.** If a watcher with live chat heard a message or rant from
///   the chat, the id follows from how the chat shows it. Polls may show it at
///   another second or in other characters, so a process without live chat may
///   give it another id.
/// - **Equal occurrences in one second.** The first has number 0, the next 1.
///   If each of two processes saw only one of them, and not the same one, both
///   give it number 0.
/// - **Gifts** have no second. Their number counts the equal gifts in one
///   answer. If only the counter shows that an equal gift was bought again, its
///   id has `counter-` and the counter's value in place of the number;
///   processes that polled at different times may give it different ids. If a
///   live chat reported the gift first, its id has `chat` in place of the
///   number; a process without live chat gives it another id.
///
/// # Format
///
/// `Display` and the JSON form are the same text. `SECOND` is in Unix time and
/// `HASH` has 32 hex digits:
///
/// - `follower:SECOND:NUMBER:HASH`
/// - `subscriber:SECOND:NUMBER:HASH`
/// - `message:STREAM:SECOND:NUMBER:HASH`
/// - `rant:STREAM:SECOND:NUMBER:HASH`
/// - `gifted_subs:NUMBER:HASH`
/// - `raid_started:STREAM:NUMBER:HASH`
/// - `raid_received:STREAM:NUMBER:HASH`
/// - `subscription_notice:STREAM:NUMBER:HASH`
///
/// The hash is SipHash-2-4 with 128 bits of output and a key of zeros. A text
/// goes in as its length in bytes (64 bits, little endian) and its UTF-8, an
/// amount as cents (64 bits, little endian). What goes in, in this order:
///
/// - Followers, subscribers, messages and rants: the user, the text of a
///   message or rant, and the amount of a subscription or rant.
/// - Gifts: four texts, which are the giver, `video_id` in decimal,
///   `gift_type`, and `total_gifts` in decimal. A missing one is empty.
/// - Gifts that a live chat reported first: the request id of the gift, as one
///   text.
/// - Incoming raids and subscription notices: the id of the message, as one
///   text. The number is always 0.
/// - Outgoing raids: two texts, which are the address, and the start in Unix
///   time in decimal. A missing one is empty. The number is always 0.
///
/// A change of any of this would be a breaking change.
///
/// # Examples
///
/// ```
/// use rumble_live::{EventId, InvalidEventId};
///
/// fn main() -> Result<(), InvalidEventId> {
///     let stored = "follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c";
///     let id: EventId = stored.parse()?;
///     assert_eq!(id.to_string(), stored);
///     Ok(())
/// }
/// ```
///
/// Whoever saw this follow gives it this id:
///
/// ```
/// use rumble_live::{Event, Follower, time::OffsetDateTime};
///
/// let at =
///     OffsetDateTime::from_unix_timestamp(1_767_225_605).expect("a date");
/// let event = Event::from(Follower::new("ada").with_followed_on(at));
/// let id = event.id().map(|id| id.to_string());
/// assert_eq!(
///     id.as_deref(),
///     Some("follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c")
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    place: Place,
    which: Which,
    print: Fingerprint,
}

/// The kind of occurrence, with its place and time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Follower { second: i64 },
    Subscriber { second: i64 },
    Message { stream: StreamId, second: i64 },
    Rant { stream: StreamId, second: i64 },
    GiftedSubs,
    RaidStarted { stream: StreamId },
    RaidReceived { stream: StreamId },
    SubscriptionNotice { stream: StreamId },
}

/// Which of several equal occurrences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Which {
    Copy(u32),
    Counted(u64),
    /// The one that a live chat announced. `print` is then the fingerprint of
    /// the announcement.
    Announced,
}

/// Comes before the counter's value if only the counter showed the gift.
const COUNTED: &str = "counter-";
/// Takes the place of the number if a live chat announced the gift.
const ANNOUNCED: &str = "chat";

impl EventId {
    pub(crate) fn of_follower(follower: &Follower) -> Self {
        Self {
            place: Place::Follower { second: follower.followed_on.unix_timestamp() },
            which: Which::Copy(follower.copy.0),
            print: Fingerprint::of_user(&follower.username),
        }
    }

    pub(crate) fn of_subscriber(subscriber: &Subscriber) -> Self {
        Self {
            place: Place::Subscriber { second: subscriber.subscribed_on.unix_timestamp() },
            which: Which::Copy(subscriber.copy.0),
            print: Fingerprint::of_payment(&subscriber.username, subscriber.amount),
        }
    }

    pub(crate) fn of_message(message: &Message) -> Self {
        Self {
            place: Place::Message { stream: message.stream.clone(), second: message.created_on.unix_timestamp() },
            which: Which::Copy(message.copy.0),
            print: Fingerprint::of_line(&message.username, &message.text),
        }
    }

    pub(crate) fn of_rant(rant: &Rant) -> Self {
        Self {
            place: Place::Rant { stream: rant.stream.clone(), second: rant.created_on.unix_timestamp() },
            which: Which::Copy(rant.copy.0),
            print: Fingerprint::of_paid_line(&rant.username, &rant.text, rant.amount),
        }
    }

    pub(crate) fn of_gift(gift: &GiftedSubs) -> Self {
        let print = Fingerprint::of_gift(gift);
        let (which, print) = match gift.purchase {
            Purchase::Copy(number) => (Which::Copy(number), print),
            Purchase::Counted(count) => (Which::Counted(count), print),
            Purchase::Announced(hash) => (Which::Announced, Fingerprint(hash)),
        };
        Self { place: Place::GiftedSubs, which, print }
    }

    pub(crate) fn of_raid_started(raid: &RaidStarted) -> Self {
        let start = raid.starts_at.map_or(String::new(), |at| at.unix_timestamp().to_string());
        let place = Place::RaidStarted { stream: raid.stream.clone() };
        Self { place, which: Which::Copy(0), print: Fingerprint::of(&[&raid.target_url, &start], None) }
    }

    pub(crate) fn of_raid_received(raid: &RaidReceived) -> Self {
        Self::of_announcement(Place::RaidReceived { stream: raid.stream.clone() }, &raid.message_id)
    }

    pub(crate) fn of_subscription_notice(notice: &SubscriptionNotice) -> Self {
        Self::of_announcement(Place::SubscriptionNotice { stream: notice.stream.clone() }, &notice.message_id)
    }

    /// The id of what a message of a live chat announces. The message's own id
    /// tells it from its equals, so it needs no number.
    fn of_announcement(place: Place, message: &MessageId) -> Self {
        Self { place, which: Which::Copy(0), print: Fingerprint::of_announcement(message.as_str()) }
    }

    /// The id of a chat line of which only these parts are known.
    #[cfg(feature = "chat")]
    pub(crate) fn of_line(stream: &StreamId, second: i64, print: Fingerprint, copy: u32, is_rant: bool) -> Self {
        let stream = stream.clone();
        let place = if is_rant { Place::Rant { stream, second } } else { Place::Message { stream, second } };
        Self { place, which: Which::Copy(copy), print }
    }

    /// Which of several equal occurrences this is.
    pub(crate) fn which(&self) -> Purchase {
        match self.which {
            Which::Copy(number) => Purchase::Copy(number),
            Which::Counted(count) => Purchase::Counted(count),
            Which::Announced => Purchase::Announced(self.print.0),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Follower { second } => write!(f, "follower:{second}:")?,
            Place::Subscriber { second } => write!(f, "subscriber:{second}:")?,
            Place::Message { stream, second } => write!(f, "message:{}:{second}:", stream.as_str())?,
            Place::Rant { stream, second } => write!(f, "rant:{}:{second}:", stream.as_str())?,
            Place::GiftedSubs => f.write_str("gifted_subs:")?,
            Place::RaidStarted { stream } => write!(f, "raid_started:{}:", stream.as_str())?,
            Place::RaidReceived { stream } => write!(f, "raid_received:{}:", stream.as_str())?,
            Place::SubscriptionNotice { stream } => write!(f, "subscription_notice:{}:", stream.as_str())?,
        }
        match self.which {
            Which::Copy(number) => write!(f, "{number}:{:?}", self.print),
            Which::Counted(count) => write!(f, "{COUNTED}{count}:{:?}", self.print),
            Which::Announced => write!(f, "{ANNOUNCED}:{:?}", self.print),
        }
    }
}

impl FromStr for EventId {
    type Err = InvalidEventId;

    /// Reads what `Display` wrote, and nothing else: another spelling of the
    /// same id, such as a number with a leading zero, is not an id. Otherwise
    /// equal ids could have different texts, and a database that compares texts
    /// would keep both.
    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let parts = || {
            let (rest, hash) = text.rsplit_once(':')?;
            let print = Fingerprint(u128::from_str_radix(hash, 16).ok()?);
            let (rest, which) = rest.rsplit_once(':')?;
            let which = match which.strip_prefix(COUNTED) {
                Some(count) => Which::Counted(count.parse().ok()?),
                None if which == ANNOUNCED => Which::Announced,
                None => Which::Copy(which.parse().ok()?),
            };
            let place = if rest == "gifted_subs" {
                Place::GiftedSubs
            } else if let Some(stream) = rest.strip_prefix("raid_started:") {
                Place::RaidStarted { stream: stream.into() }
            } else if let Some(stream) = rest.strip_prefix("raid_received:") {
                Place::RaidReceived { stream: stream.into() }
            } else if let Some(stream) = rest.strip_prefix("subscription_notice:") {
                Place::SubscriptionNotice { stream: stream.into() }
            } else {
                let (rest, second) = rest.rsplit_once(':')?;
                let second = second.parse().ok()?;
                // The livestream's id follows the kind. It may be any text.
                match rest.split_once(':') {
                    None if rest == "follower" => Place::Follower { second },
                    None if rest == "subscriber" => Place::Subscriber { second },
                    Some(("message", stream)) => Place::Message { stream: stream.into(), second },
                    Some(("rant", stream)) => Place::Rant { stream: stream.into(), second },
                    _ => return None,
                }
            };
            Some(Self { place, which, print })
        };
        let is_possible = |id: &Self| matches!((&id.place, id.which), (Place::GiftedSubs, _) | (_, Which::Copy(_)));
        parts().filter(|id| is_possible(id) && id.to_string() == text).ok_or(InvalidEventId)
    }
}

/// The text is not an [`EventId`].
///
/// # Examples
///
/// ```
/// use rumble_live::{EventId, InvalidEventId};
///
/// let message = "1742900000000000001".parse::<EventId>();
/// assert_eq!(message, Err(InvalidEventId));
/// assert_eq!(InvalidEventId.to_string(), "this is not the id of an event");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the id of an event")]
pub struct InvalidEventId;

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
