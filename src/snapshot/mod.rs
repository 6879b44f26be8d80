//! The data of one answer, as it was at one moment.

mod account;
mod account_ids;
mod amount;
mod audience;
mod author;
pub(crate) mod badges;
mod builder;
mod chat;
mod copy;
mod id;
mod instant;
pub(crate) mod lenient;
mod livestream;
mod message_id;
mod one_line;
mod place;
mod raw;
pub(crate) mod repair;
pub(crate) mod scalar;
mod setters;
mod standing;
mod window;
mod wire;

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use time::OffsetDateTime;

pub use self::{
    account::{Account, AccountKind},
    amount::Amount,
    audience::{Follower, Followers, GiftedSubs, Gifts, Subscriber, Subscribers},
    author::{Author, Color, InvalidColor},
    builder::SnapshotBuilder,
    chat::{Message, Rant, RecentChat},
    id::{ChannelId, StreamId, UserId},
    livestream::{Category, Livestream, Visibility},
    message_id::MessageId,
    one_line::OneLine,
    window::Window,
};
pub(crate) use self::{
    account_ids::AccountIds,
    copy::{Copy, Purchase},
    instant::{has_utc_form, utc},
    setters::setters,
};
use self::{scalar::UnixSeconds, wire::WireSnapshot};
use crate::error::{Error, ErrorKind};

/// Everything that the API said of an account at one moment.
///
/// Immutable; a clone is a reference count. Two are equal when all they show is equal. [`from_json`](Self::from_json) reads an answer of the
/// API, [`builder`](Self::builder) makes one up for a test.
///
/// # JSON
///
/// `Serialize` writes what the snapshot shows, under the wire's own names, and `Deserialize` reads an equal one from it. It is not quite
/// the form of the wire, which only `from_json` reads: instants are RFC 3339 in UTC, `now` among them; money is `amount_cents`; the two
/// categories are the fields `primary_category` and `secondary_category`; each line of chat has its `stream`; an item that was skipped is
/// a null at the end of its list. The broadcaster's secrets and [`raw`](Self::raw) are no part of it.
///
/// # Examples
///
/// ```
/// use rumble_live::{Error, Snapshot};
///
/// fn main() -> Result<(), Error> {
///     let body = br#"{
///         "now": 1789417800, "type": "user", "user_id": "4f2kx9", "username": "HarborlightLive",
///         "followers": {"num_followers": 1289, "recent_followers": [
///             {"username": "QuartzOtter", "followed_on": "2026-09-13T14:00:00-04:00"},
///             {"username": "no instant, so it is skipped"}
///         ]},
///         "livestreams": []
///     }"#;
///     let snapshot = Snapshot::from_json(body)?;
///     assert_eq!(snapshot.account().to_string(), "HarborlightLive");
///     assert_eq!(snapshot.followers().recent[0].username, "QuartzOtter");
///     assert_eq!(snapshot.skipped(), 1);
///     assert!(snapshot.live().next().is_none());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[doc(alias = "RumbleAPI")]
pub struct Snapshot(Arc<Inner>);

struct Inner {
    shown: Shown,
    raw: Option<Value>,
}

/// All that a snapshot shows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Shown {
    #[serde(with = "utc")]
    now: OffsetDateTime,
    #[serde(default = "usual_max_num_results", deserialize_with = "sound_max_num_results")]
    max_num_results: usize,
    #[serde(flatten)]
    account: Account,
    #[serde(default)]
    followers: Followers,
    #[serde(default)]
    subscribers: Subscribers,
    #[serde(default)]
    gifted_subs: Gifts,
    #[serde(default)]
    livestreams: Window<Livestream>,
}

/// The cap that every sample shows, for an answer that does not say.
const USUAL_MAX_NUM_RESULTS: usize = 50;
/// Far beyond any cap seen; what a server says above it would only cost memory.
pub(crate) const GREATEST_MAX_NUM_RESULTS: usize = 1000;

fn usual_max_num_results() -> usize {
    USUAL_MAX_NUM_RESULTS
}

fn sound_max_num_results<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    u64::deserialize(deserializer).map(|said| max_num_results(Some(said)))
}

fn max_num_results(said: Option<u64>) -> usize {
    match said {
        None | Some(0) => USUAL_MAX_NUM_RESULTS,
        Some(cap) => usize::try_from(cap).unwrap_or(usize::MAX).min(GREATEST_MAX_NUM_RESULTS),
    }
}

impl Snapshot {
    /// Reads the body of an answer, for recordings and for people who bring their own HTTP.
    ///
    /// Lenient: a field that is missing, null, of another kind or new breaks nothing that does not depend on it. An item of a list
    /// that cannot be read is left out and counted by [`skipped`](Self::skipped); [`Window`] tells which items those are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] when `body` is not JSON, or is without `now`, or without both `user_id` and `channel_id`. The text names the
    /// place, never what stands there.
    pub fn from_json(body: &[u8]) -> Result<Self, Error> {
        let shown = Self::read(without_byte_order_mark(body))?;
        Ok(Self(Arc::new(Inner { shown, raw: None })))
    }

    /// As [`from_json`](Self::from_json), and keeps the answer for [`raw`](Self::raw), which takes several times the memory and the time.
    ///
    /// # Errors
    ///
    /// As those of [`from_json`](Self::from_json).
    pub fn from_json_with_raw(body: &[u8]) -> Result<Self, Error> {
        let body = without_byte_order_mark(body);
        let shown = Self::read(body)?;
        Ok(Self(Arc::new(Inner { shown, raw: raw::without_secrets(body) })))
    }

    fn read(body: &[u8]) -> Result<Shown, Error> {
        // Checked as a whole, which is faster than string by string.
        let parsed = match str::from_utf8(body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(body),
        };
        match parsed {
            Ok(wire) => Self::from_wire(wire),
            Err(error) => match repair::repair(body) {
                None => Err(place::explain(body, &error)),
                Some(body) => match serde_json::from_str(&body) {
                    Ok(wire) => Self::from_wire(wire),
                    Err(error) => Err(place::explain(body.as_bytes(), &error)),
                },
            },
        }
    }

    fn from_wire(mut wire: WireSnapshot) -> Result<Shown, Error> {
        let not_a_snapshot = |missing| {
            let text = format!("the answer is JSON but not a snapshot of the Live Stream API: it has no {missing}");
            Error::with_message(ErrorKind::Decode, text)
        };
        let UnixSeconds(now) = wire.now.0.take().ok_or_else(|| not_a_snapshot("`now`"))?;
        let account = wire.take_account();
        if account.user_id.is_none() && account.channel_id.is_none() {
            return Err(not_a_snapshot("`user_id` and no `channel_id`"));
        }
        Ok(Shown {
            now,
            max_num_results: max_num_results(wire.max_num_results.0),
            account,
            followers: wire.take_followers(),
            subscribers: wire.take_subscribers(),
            gifted_subs: wire.take_gifts(),
            livestreams: wire.livestreams.0,
        })
    }

    /// The server's clock when it answered, in UTC (`now`). In whole seconds on the real service; a fraction is kept to the microsecond.
    #[must_use]
    #[doc(alias = "data_timestamp")]
    pub fn now(&self) -> OffsetDateTime {
        self.0.shown.now
    }

    /// The most entries that a list shows, as the server says it (`max_num_results`).
    ///
    /// 50 where the answer says nothing, zero or no number, which is what every sample shows; at most 1000, for it bounds what a
    /// [`Tracker`](crate::Tracker) remembers. Nothing checks it: a list may be longer, and is not cut.
    #[must_use]
    pub fn max_num_results(&self) -> usize {
        self.0.shown.max_num_results
    }

    /// Whose data this is.
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.0.shown.account
    }

    /// Who follows (`followers`).
    #[must_use]
    pub fn followers(&self) -> &Followers {
        &self.0.shown.followers
    }

    /// Who subscribes (`subscribers`).
    #[must_use]
    pub fn subscribers(&self) -> &Subscribers {
        &self.0.shown.subscribers
    }

    /// Who gave subscriptions (`gifted_subs`).
    #[must_use]
    pub fn gifted_subs(&self) -> &Gifts {
        &self.0.shown.gifted_subs
    }

    /// The livestreams that the account lists, in the order of the wire (`livestreams`). An ended one soon vanishes from it.
    #[must_use]
    pub fn livestreams(&self) -> &Window<Livestream> {
        &self.0.shown.livestreams
    }

    /// The livestream that was created last, on air or not. One without `created_on` counts as the oldest; of equal ones the first listed.
    #[must_use]
    pub fn latest_livestream(&self) -> Option<&Livestream> {
        self.0.shown.livestreams.iter().rev().max_by_key(|stream| stream.created_on)
    }

    /// The livestreams that are on air, in the order of the wire.
    pub fn live(&self) -> impl Iterator<Item = &Livestream> {
        self.0.shown.livestreams.iter().filter(|stream| stream.is_live())
    }

    /// The listed livestream of this id.
    #[must_use]
    pub fn livestream(&self, id: &StreamId) -> Option<&Livestream> {
        self.0.shown.livestreams.iter().find(|stream| stream.id == *id)
    }

    /// How many items of all lists together could not be read and were left out. Padding does not count; see [`Window`].
    #[must_use]
    pub fn skipped(&self) -> usize {
        let chats =
            self.0.shown.livestreams.iter().map(|stream| stream.chat.recent_messages.skipped() + stream.chat.recent_rants.skipped());
        self.0.shown.followers.recent.skipped()
            + self.0.shown.subscribers.recent.skipped()
            + self.0.shown.gifted_subs.recent.skipped()
            + self.0.shown.livestreams.skipped()
            + chats.sum::<usize>()
    }

    /// The answer itself, with all that the crate does not model, but without the broadcaster's `stream_key` and `server_url`, which are
    /// removed at any depth.
    ///
    /// `None` unless the snapshot was made by [`from_json_with_raw`](Self::from_json_with_raw), and where the answer is nested deeper
    /// than 127 levels. It is no part of what makes snapshots equal, of `Debug` or of the serialized form.
    ///
    /// A secret under a name that the crate does not know is not removed; think before you log it.
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let body = br#"{"now": 1789417800, "user_id": "4f2kx9", "raids": 2, "livestreams": [{"id": "7c1f4q", "stream_key": "secret"}]}"#;
    ///     let snapshot = Snapshot::from_json_with_raw(body)?;
    ///     let raw = snapshot.raw().expect("it was kept");
    ///     assert_eq!(raw["raids"], 2);
    ///     assert!(raw["livestreams"][0].get("stream_key").is_none());
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    #[doc(alias = "jsondata")]
    pub fn raw(&self) -> Option<&Value> {
        self.0.raw.as_ref()
    }

    /// Whether the two are one, and not only equal.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0.shown == other.0.shown
    }
}

impl Eq for Snapshot {}

impl Hash for Snapshot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.shown.hash(state);
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown { now, max_num_results, account, followers, subscribers, gifted_subs, livestreams } = &self.0.shown;
        f.debug_struct("Snapshot")
            .field("now", now)
            .field("max_num_results", max_num_results)
            .field("account", account)
            .field("followers", followers)
            .field("subscribers", subscribers)
            .field("gifted_subs", gifted_subs)
            .field("livestreams", livestreams)
            .finish()
    }
}

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.shown.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    /// Reads what `Serialize` wrote. An answer of the API is read by [`from_json`](Self::from_json).
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shown = Shown::deserialize(deserializer)?;
        Ok(Self(Arc::new(Inner { shown, raw: None })))
    }
}

fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// Whether `body` is the API's own way to say no: `{"errors": [{"code": …, "message": …}]}`.
pub(crate) fn is_error_envelope(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope {
        errors: Vec<ApiError>,
    }
    #[derive(Deserialize)]
    struct ApiError {
        #[serde(rename = "code")]
        _code: serde::de::IgnoredAny,
    }
    serde_json::from_slice::<Envelope>(body).is_ok_and(|envelope| !envelope.errors.is_empty())
}
