//! The id of an occurrence: the same in every process that sees it.

use std::{fmt, hash::Hasher as _, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::snapshot::{Amount, Copy, Follower, GiftedSubs, Message, Rant, StreamId, Subscriber};

/// 128 bits that stand for the identity fields of an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint(u128);

impl Fingerprint {
    pub(crate) fn of_user(username: &str) -> Self {
        Self::of(&[username], None)
    }

    pub(crate) fn of_payment(username: &str, amount: Amount) -> Self {
        Self::of(&[username], Some(amount))
    }

    pub(crate) fn of_line(username: &str, text: &str) -> Self {
        Self::of(&[username, text], None)
    }

    /// Gifts have no id; this stands for one in the tracker's memory alone.
    pub(crate) fn of_gift(gift: &GiftedSubs) -> Self {
        let number = |number: Option<u64>| number.map_or(String::new(), |number| number.to_string());
        let kind = gift.gift_type.as_deref().unwrap_or_default();
        Self::of(&[&gift.purchased_by, &number(gift.video_id), kind, &number(gift.total_gifts)], None)
    }

    fn of_paid_line(username: &str, text: &str, amount: Amount) -> Self {
        Self::of(&[username, text], Some(amount))
    }

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

/// The id of one occurrence: a follow, a subscription, a message or a rant.
///
/// Unique within one account, and the same for the same occurrence in every process that watches it, whenever it started. Store it
/// with the account's id before it and drop duplicates by it.
///
/// Of equal occurrences in one second the first has number 0, the next 1. Two processes that each saw but one of them, not the same, give
/// both number 0.
///
/// `Display` and the JSON form are the same text: `follower:SECOND:NUMBER:HASH`, `subscriber:SECOND:NUMBER:HASH`,
/// `message:STREAM:SECOND:NUMBER:HASH` and `rant:STREAM:SECOND:NUMBER:HASH`, with the second in Unix time and 32 hex digits of hash.
///
/// The hash is SipHash-2-4 with 128 bits of output and a key of zeros, over the user, the text of a message or rant, and the amount of a
/// subscription or rant, in this order: texts as their length in bytes (64 bits, little endian) and their UTF-8, amounts as cents (64
/// bits, little endian). A change of any of it would be a breaking change.
///
/// ```
/// use rumble_live::EventId;
///
/// let id: EventId = "message:7c1f4q:1767323045:0:7be45faedec6af36acfc4bd6c92b8d17".parse()?;
/// assert_eq!(id.to_string(), "message:7c1f4q:1767323045:0:7be45faedec6af36acfc4bd6c92b8d17");
/// # Ok::<(), rumble_live::InvalidEventId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    kind: Kind,
    stream: Option<StreamId>,
    second: i64,
    copy: u32,
    print: Fingerprint,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Kind {
    Follower,
    Subscriber,
    Message,
    Rant,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Follower, Self::Subscriber, Self::Message, Self::Rant];

    fn as_str(self) -> &'static str {
        match self {
            Self::Follower => "follower",
            Self::Subscriber => "subscriber",
            Self::Message => "message",
            Self::Rant => "rant",
        }
    }

    fn is_in_chat(self) -> bool {
        matches!(self, Self::Message | Self::Rant)
    }
}

impl EventId {
    pub(crate) fn of_follower(follower: &Follower) -> Self {
        Self {
            kind: Kind::Follower,
            stream: None,
            second: follower.followed_on.unix_timestamp(),
            copy: follower.copy.0,
            print: Fingerprint::of_user(&follower.username),
        }
    }

    pub(crate) fn of_subscriber(subscriber: &Subscriber) -> Self {
        Self {
            kind: Kind::Subscriber,
            stream: None,
            second: subscriber.subscribed_on.unix_timestamp(),
            copy: subscriber.copy.0,
            print: Fingerprint::of_payment(&subscriber.username, subscriber.amount),
        }
    }

    pub(crate) fn of_message(message: &Message) -> Self {
        Self {
            kind: Kind::Message,
            stream: Some(message.stream.clone()),
            second: message.created_on.unix_timestamp(),
            copy: message.copy.0,
            print: Fingerprint::of_line(&message.username, &message.text),
        }
    }

    pub(crate) fn of_rant(rant: &Rant) -> Self {
        Self {
            kind: Kind::Rant,
            stream: Some(rant.stream.clone()),
            second: rant.created_on.unix_timestamp(),
            copy: rant.copy.0,
            print: Fingerprint::of_paid_line(&rant.username, &rant.text, rant.amount),
        }
    }

    /// Which of the equal occurrences in its second this is, from 0.
    pub(crate) fn copy(&self) -> Copy {
        Copy(self.copy)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.kind.as_str())?;
        if let Some(stream) = &self.stream {
            write!(f, "{}:", stream.as_str())?;
        }
        write!(f, "{}:{}:{:?}", self.second, self.copy, self.print)
    }
}

impl FromStr for EventId {
    type Err = InvalidEventId;

    fn from_str(text: &str) -> Result<Self, InvalidEventId> {
        let parts = || {
            let (kind, rest) = text.split_once(':')?;
            let kind = Kind::ALL.into_iter().find(|known| known.as_str() == kind)?;
            // From the end, for a livestream's id may be any text.
            let mut parts = rest.rsplitn(4, ':');
            let (hash, copy, second) = (parts.next()?, parts.next()?, parts.next()?);
            let print = Fingerprint(u128::from_str_radix(hash, 16).ok()?);
            let stream = parts.next().map(StreamId::from);
            Some(Self { kind, stream, second: second.parse().ok()?, copy: copy.parse().ok()?, print })
        };
        parts().filter(|id| id.stream.is_some() == id.kind.is_in_chat() && id.to_string() == text).ok_or(InvalidEventId)
    }
}

/// The text is not that of an [`EventId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidEventId;

impl fmt::Display for InvalidEventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not the id of an event")
    }
}

impl std::error::Error for InvalidEventId {}

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
