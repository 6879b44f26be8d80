//! The data of one answer.
//!
//! An answer is read in layers. `lenient` reads any JSON value as what it
//! should be, or else as nothing, so no single field can fail. `scalar` and
//! `instant` decide what a single value means. `wire` names the fields and
//! decides which item of a list becomes an entry. The public types in the other
//! files know nothing of the wire; they have a JSON form of their own, which
//! `Snapshot` describes.
//!
//! Only three things refuse an answer: text that is not JSON, a missing clock,
//! and the lack of both ids. Without a clock, a tracker could not judge how old
//! an answer is. Without an id, nobody could notice an answer for another
//! account. A watcher runs for months, so anything else must cost no more than
//! what depends on it.
//!
//! If the parser refuses a body, `repair` replaces what is broken but clear,
//! and `place` says where the fault is. Neither runs for a body that parses, so
//! good answers do not pay for bad ones.

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
mod items;
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
    borrow::Cow,
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
use self::{
    items::{AsTexts, AtOnce, Lists},
    scalar::UnixSeconds,
    wire::WireSnapshot,
};
use crate::error::{Error, ErrorKind};

/// Everything that the API said about an account at one moment.
///
/// It is immutable and cheap to clone: clones share the data, so each task and
/// each entry of a history can keep its own. Two snapshots are equal if
/// everything that they show is equal.
/// [`Client::snapshot`](crate::Client::snapshot) fetches one, and
/// [`Watcher::snapshot`](crate::Watcher::snapshot) is the newest one that a
/// watcher has. [`from_json`](Self::from_json) reads an answer that you have
/// fetched or stored yourself, and [`builder`](Self::builder) builds one for a
/// test.
///
/// A list is a [`Window`]: the newest few entries, and not all that ever came.
/// Something that the answer lacks is not an error. A missing number is `None`,
/// and a missing list is empty and says so in [`was_sent`](Window::was_sent).
///
/// # JSON
///
/// `Serialize` writes what the snapshot shows, under the wire's own names.
/// `Deserialize` reads an equal snapshot from that. This form differs from the
/// wire, which only `from_json` reads:
///
/// - Instants, including `now`, are RFC 3339 in UTC.
/// - Money is `amount_cents`.
/// - The two categories are the fields `primary_category` and
///   `secondary_category`.
/// - Each line of chat has its `stream`.
/// - A skipped item is a null at the end of its list.
/// - The broadcaster's secrets and [`raw`](Self::raw) are left out.
///
/// # Examples
///
/// ```
/// use rumble_live::{Error, Snapshot};
///
/// fn main() -> Result<(), Error> {
///     let body = br#"{
///         "now": 1789417800, "type": "user",
///         "user_id": "4f2kx9", "username": "HarborlightLive",
///         "followers": {"num_followers": 1289, "recent_followers": [
///             {
///                 "username": "QuartzOtter",
///                 "followed_on": "2026-09-13T14:00:00-04:00"
///             },
///             {"username": "no instant, so it is skipped"}
///         ]},
///         "livestreams": []
///     }"#;
///     let snapshot = Snapshot::from_json(body)?;
///     assert_eq!(snapshot.account().to_string(), "HarborlightLive");
///     assert_eq!(snapshot.followers().count, Some(1289));
///     assert_eq!(snapshot.followers().recent[0].username, "QuartzOtter");
///     assert_eq!(snapshot.skipped(), 1);
///     assert!(snapshot.live().next().is_none());
///     // The answer says nothing about subscribers.
///     assert_eq!(snapshot.subscribers().count, None);
///     assert!(!snapshot.subscribers().recent.was_sent());
///     Ok(())
/// }
/// ```
///
/// To keep snapshots in a file or a database, store the JSON form and read it
/// back with serde:
///
/// ```
/// use rumble_live::{Follower, Followers, Snapshot, time::OffsetDateTime};
///
/// fn main() -> Result<(), serde_json::Error> {
///     let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
///         .followers(Followers::new([Follower::new("ada")]).with_count(1289))
///         .build();
///     let stored = serde_json::to_string(&snapshot)?;
///     assert!(stored.starts_with(r#"{"now":"1970-01-01T00:00:00Z","#));
///     assert_eq!(serde_json::from_str::<Snapshot>(&stored)?, snapshot);
///     // It is not an answer of the API, and an answer is not this form.
///     assert!(Snapshot::from_json(stored.as_bytes()).is_err());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[doc(alias = "RumbleAPI")]
pub struct Snapshot(Arc<Inner>);

/// What the clones of a snapshot share.
struct Inner {
    shown: Shown,
    raw: Option<Value>,
}

/// Everything that a snapshot shows. Equality, hashing and the JSON form are
/// derived from it, so they ignore `raw`.
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

/// The cap for an answer that names none. Every sample shows this one.
const USUAL_MAX_NUM_RESULTS: usize = 50;
/// Far beyond any cap seen. A larger one would only cost memory.
pub(crate) const GREATEST_MAX_NUM_RESULTS: usize = 1000;

/// The cap for a stored snapshot that names none.
fn usual_max_num_results() -> usize {
    USUAL_MAX_NUM_RESULTS
}

/// Reads the cap of a stored snapshot within the same bounds as that of an
/// answer: whoever edits a file must not be able to make a tracker remember
/// without bounds.
fn sound_max_num_results<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    u64::deserialize(deserializer).map(|said| max_num_results(Some(said)))
}

/// The cap to go by when an answer says this.
fn max_num_results(said: Option<u64>) -> usize {
    match said {
        None | Some(0) => USUAL_MAX_NUM_RESULTS,
        Some(cap) => usize::try_from(cap).unwrap_or(usize::MAX).min(GREATEST_MAX_NUM_RESULTS),
    }
}

/// Why a text could not be read as a snapshot.
enum Unread {
    NotJson(serde_json::Error),
    NotASnapshot(Error),
}

impl Unread {
    /// The error for this text.
    fn explain(self, text: &str) -> Error {
        match self {
            Self::NotJson(error) => place::explain(text.as_bytes(), &error),
            Self::NotASnapshot(error) => error,
        }
    }
}

impl From<serde_json::Error> for Unread {
    fn from(error: serde_json::Error) -> Self {
        Self::NotJson(error)
    }
}

impl Shown {
    /// Refuses what is not a snapshot: without a clock, or without any id.
    /// Everything else has a value for "not said".
    fn parse<'de, L: Lists<'de>>(text: &'de str, earlier: Option<&Self>) -> Result<Self, Unread> {
        let not_a_snapshot = |missing| {
            let text = format!("the answer is JSON but not a snapshot of the Live Stream API: it has no {missing}");
            Unread::NotASnapshot(Error::with_message(ErrorKind::Decode, text))
        };
        let mut wire: WireSnapshot<'_, L> = serde_json::from_str(text)?;
        let UnixSeconds(now) = wire.now.0.take().ok_or_else(|| not_a_snapshot("`now`"))?;
        let account = wire.take_account();
        if account.user_id.is_none() && account.channel_id.is_none() {
            return Err(not_a_snapshot("`user_id` and no `channel_id`"));
        }
        Ok(Self {
            now,
            max_num_results: max_num_results(wire.max_num_results.0),
            account,
            followers: wire.take_followers(earlier.map(|earlier| &earlier.followers))?,
            subscribers: wire.take_subscribers(earlier.map(|earlier| &earlier.subscribers))?,
            gifted_subs: wire.take_gifts(earlier.map(|earlier| &earlier.gifted_subs))?,
            livestreams: wire.take_livestreams(earlier.map(|earlier| &earlier.livestreams))?,
        })
    }
}

impl Snapshot {
    /// Reads the body of an answer. Use it for recordings, or if you make the
    /// requests yourself.
    ///
    /// It is lenient: a field that is missing, null, of another kind or unknown
    /// breaks only what depends on it. An unreadable item of a list is left out
    /// and counted by [`skipped`](Self::skipped). [`Window`] says which items
    /// are unreadable. Where the meaning is clear, another form is read too:
    ///
    /// - A number may be a text, such as `"12"`, or end in `.0`. A flag may be
    ///   1, 0, `"true"` or `"false"`. An id may be a number.
    /// - A stamp may lack the colon in its offset. Without an offset it is UTC.
    /// - A list may be an object, whose values are then the items. PHP writes a
    ///   list with holes like that.
    /// - A byte order mark is skipped. Bytes that are not UTF-8 and broken
    ///   escapes become U+FFFD, so a damaged emoji costs one character.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if `body` is not JSON, has no `now`, or has
    /// neither `user_id` nor `channel_id`. The text names the place of the
    /// fault, but never quotes it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let snapshot = Snapshot::from_json(
    ///         br#"{
    ///             "now": "1789417800", "user_id": "4f2kx9",
    ///             "followers": {
    ///                 "num_followers": "1289", "recent_followers": "none"
    ///             }
    ///         }"#,
    ///     )?;
    ///     assert_eq!(snapshot.now().unix_timestamp(), 1_789_417_800);
    ///     assert_eq!(snapshot.followers().count, Some(1289));
    ///     assert!(!snapshot.followers().recent.was_sent());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// Bodies that are refused. The text helps the user, and is safe to log:
    ///
    /// ```
    /// use rumble_live::{ErrorKind, Snapshot};
    ///
    /// let refusal =
    ///     |body: &str| Snapshot::from_json(body.as_bytes()).unwrap_err();
    ///
    /// // The web page that shows the API URL, and not the API itself.
    /// let page = refusal("<!DOCTYPE html><title>Log in</title>");
    /// assert_eq!(page.kind(), ErrorKind::Decode);
    /// assert!(page.to_string().contains("HTML page"));
    ///
    /// let other = refusal(r#"{"now": 1789417800, "livestreams": []}"#);
    /// assert!(
    ///     other.to_string().ends_with("no `user_id` and no `channel_id`")
    /// );
    ///
    /// let cut = refusal(r#"{"followers": {"recent_followers": [{"#);
    /// assert!(cut.to_string().contains("followers.recent_followers[0]"));
    /// ```
    pub fn from_json(body: &[u8]) -> Result<Self, Error> {
        let shown = Self::read::<AtOnce>(without_byte_order_mark(body), None)?;
        Ok(Self(Arc::new(Inner { shown, raw: None })))
    }

    /// The same, but what the earlier snapshot shows as well is copied from
    /// there instead of being read again. In most polls, that is nearly all.
    pub(crate) fn after(earlier: Option<&Self>, body: &[u8]) -> Result<Self, Error> {
        let body = without_byte_order_mark(body);
        // Read at once, it has the error that `from_json` has.
        let shown = Self::read::<AsTexts>(body, earlier).or_else(|_| Self::read::<AtOnce>(body, None))?;
        Ok(Self(Arc::new(Inner { shown, raw: None })))
    }

    /// As [`from_json`](Self::from_json), but also keeps the whole answer for
    /// [`raw`](Self::raw). That takes several times the memory and the time.
    ///
    /// # Errors
    ///
    /// As for [`from_json`](Self::from_json).
    ///
    /// # Examples
    ///
    /// Read a field that this crate does not model:
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let body = br#"{
    ///         "now": 1789417800, "user_id": "4f2kx9",
    ///         "followers": {"num_followers": 1289, "growth": "2%"}
    ///     }"#;
    ///     let snapshot = Snapshot::from_json_with_raw(body)?;
    ///     assert_eq!(snapshot.followers().count, Some(1289));
    ///     let raw = snapshot.raw().expect("it was kept");
    ///     assert_eq!(raw["followers"]["growth"], "2%");
    ///
    ///     // It makes no difference to what the snapshot shows.
    ///     assert_eq!(Snapshot::from_json(body)?, snapshot);
    ///     Ok(())
    /// }
    /// ```
    pub fn from_json_with_raw(body: &[u8]) -> Result<Self, Error> {
        let body = without_byte_order_mark(body);
        let shown = Self::read::<AtOnce>(body, None)?;
        Ok(Self(Arc::new(Inner { shown, raw: raw::without_secrets(body) })))
    }

    /// Parses a body. Only if that fails, tries once more with what can be
    /// repaired, and looks for the place of the fault.
    fn read<L: for<'de> Lists<'de>>(body: &[u8], earlier: Option<&Self>) -> Result<Shown, Error> {
        let earlier = earlier.map(|earlier| &earlier.0.shown);
        // The usual check is far faster than the one that replaces.
        let text = str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
        match Shown::parse::<L>(&text, earlier) {
            Ok(shown) => Ok(shown),
            Err(Unread::NotASnapshot(error)) => Err(error),
            Err(unread) => match repair::repair(text.as_bytes()) {
                Some(text) => Shown::parse::<L>(&text, earlier).map_err(|unread| unread.explain(&text)),
                None => Err(unread.explain(&text)),
            },
        }
    }

    /// The server's clock when it answered, in UTC (`now`). The real service
    /// sends whole seconds. If there is a fraction, it is kept to the
    /// microsecond.
    ///
    /// Measure ages and remaining times by it, and not by this machine's clock,
    /// which may be wrong.
    ///
    /// # Examples
    ///
    /// How long a rant stays on top of the chat:
    ///
    /// ```
    /// use rumble_live::{
    ///     Amount, Livestream, Rant, Snapshot,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let rant = Rant::new("7c1f4q", "ada", Amount::from_dollars(5), "ahoy")
    ///     .with_expires_on(now + Duration::seconds(90));
    /// let stream =
    ///     Livestream::new("7c1f4q", "Harbour lights").with_rants([rant]);
    /// let snapshot =
    ///     Snapshot::builder(now, "4f2kx9").livestreams([stream]).build();
    ///
    /// let rant = &snapshot.livestreams()[0].chat.recent_rants[0];
    /// let left = rant.expires_on.map(|end| end - snapshot.now());
    /// assert_eq!(left, Some(Duration::seconds(90)));
    /// ```
    #[must_use]
    #[doc(alias = "data_timestamp")]
    pub fn now(&self) -> OffsetDateTime {
        self.0.shown.now
    }

    /// The most entries that a list shows, according to the server
    /// (`max_num_results`).
    ///
    /// It is 50, as in every sample, if the answer says nothing, zero, or
    /// something that is not a number. It is at most 1000, because it bounds
    /// what a [`Tracker`](crate::Tracker) remembers. Lists are not checked
    /// against it: a longer list is not cut.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let most = |said: &str| {
    ///         let body = format!(
    ///             r#"{{"now": 1, "user_id": "a", "max_num_results": {said}}}"#
    ///         );
    ///         Snapshot::from_json(body.as_bytes())
    ///             .map(|it| it.max_num_results())
    ///     };
    ///     assert_eq!(most("20")?, 20);
    ///     assert_eq!(most("\"many\"")?, 50);
    ///     assert_eq!(most("1000000")?, 1000);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn max_num_results(&self) -> usize {
        self.0.shown.max_num_results
    }

    /// The account that this snapshot shows. At least one of its ids is known
    /// if the snapshot was read with [`from_json`](Self::from_json).
    #[must_use]
    pub fn account(&self) -> &Account {
        &self.0.shown.account
    }

    /// The followers (`followers`). If the answer lacks them, the counts are
    /// `None` and the list was not [sent](Window::was_sent).
    #[must_use]
    pub fn followers(&self) -> &Followers {
        &self.0.shown.followers
    }

    /// The subscribers (`subscribers`). If the answer lacks them, the counts
    /// are `None` and the list was not [sent](Window::was_sent).
    #[must_use]
    pub fn subscribers(&self) -> &Subscribers {
        &self.0.shown.subscribers
    }

    /// The gifted subscriptions (`gifted_subs`). If the answer lacks them, the
    /// count is `None` and the list was not [sent](Window::was_sent).
    #[must_use]
    pub fn gifted_subs(&self) -> &Gifts {
        &self.0.shown.gifted_subs
    }

    /// The livestreams that the account lists, in the order of the wire
    /// (`livestreams`). It lists livestreams that are not on air too;
    /// [`live`](Self::live) leaves those out. A livestream soon vanishes from
    /// it after it has ended.
    ///
    /// At most 10,000 are kept of one answer. Those beyond count as
    /// [skipped](Window::skipped).
    #[must_use]
    pub fn livestreams(&self) -> &Window<Livestream> {
        &self.0.shown.livestreams
    }

    /// The livestream that was created last, on air or not. A livestream
    /// without `created_on` counts as the oldest. Among equal ones, the first
    /// listed counts. `None` if the account lists no livestream.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Livestream, Snapshot,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let now = OffsetDateTime::UNIX_EPOCH;
    /// let older = Livestream::new("7c1f4q", "Harbour lights")
    ///     .with_live(false)
    ///     .with_created_on(now);
    /// let newer = Livestream::new("7c1f4r", "Night watch")
    ///     .with_created_on(now + Duration::DAY);
    /// let snapshot = Snapshot::builder(now, "4f2kx9")
    ///     .livestreams([older, newer])
    ///     .build();
    /// let latest = snapshot.latest_livestream();
    /// assert_eq!(
    ///     latest.map(|stream| stream.title.as_str()),
    ///     Some("Night watch")
    /// );
    /// assert_eq!(snapshot.live().count(), 1);
    /// ```
    #[must_use]
    pub fn latest_livestream(&self) -> Option<&Livestream> {
        self.0.shown.livestreams.iter().rev().max_by_key(|stream| stream.created_on)
    }

    /// The livestreams that are on air, in the order of the wire. There may be
    /// none, and there may be several. A livestream of which the wire does not
    /// say whether it is on air is left out; see [`Livestream::is_live`].
    ///
    /// # Examples
    ///
    /// How many people watch, over all livestreams:
    ///
    /// ```
    /// use rumble_live::{Livestream, Snapshot, time::OffsetDateTime};
    ///
    /// let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
    ///     .livestreams([
    ///         Livestream::new("7c1f4q", "Harbour lights")
    ///             .with_watching_now(12),
    ///         Livestream::new("7c1f4r", "Night watch").with_watching_now(30),
    ///         Livestream::new("7c1f4s", "Tomorrow at nine").with_live(false),
    ///     ])
    ///     .build();
    /// let watching = snapshot.live().filter_map(|stream| stream.watching_now);
    /// assert_eq!(watching.sum::<u64>(), 42);
    /// ```
    pub fn live(&self) -> impl Iterator<Item = &Livestream> {
        self.0.shown.livestreams.iter().filter(|stream| stream.is_live())
    }

    /// The listed livestream with this id, on air or not. `None` if this answer
    /// does not list it: it may have ended, or the answer may lack one that
    /// goes on, which a watcher tells apart.
    ///
    /// # Examples
    ///
    /// An event names its livestream by id. Look up the title for the alert:
    ///
    /// ```
    /// use rumble_live::{
    ///     Livestream, Message, Snapshot, StreamId, time::OffsetDateTime,
    /// };
    ///
    /// let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
    ///     .livestreams([Livestream::new("7c1f4q", "Harbour lights")])
    ///     .build();
    /// let message = Message::new("7c1f4q", "ada", "hi");
    ///
    /// let stream = snapshot.livestream(&message.stream);
    /// assert_eq!(stream.map(|stream| &*stream.title), Some("Harbour lights"));
    /// assert_eq!(snapshot.livestream(&StreamId::from("7c1f4r")), None);
    /// ```
    #[must_use]
    pub fn livestream(&self, id: &StreamId) -> Option<&Livestream> {
        self.0.shown.livestreams.iter().find(|stream| stream.id == *id)
    }

    /// How many unreadable items were left out, in all lists together. Padding
    /// does not count; see [`Window`], whose [`skipped`](Window::skipped)
    /// counts them for one list.
    ///
    /// One broken item may pass. If the number stays, the API has probably
    /// changed. A watcher then yields
    /// [`Event::Unreadable`](crate::Event::Unreadable).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let snapshot = Snapshot::from_json(
    ///         br#"{
    ///             "now": 1789417800, "user_id": "4f2kx9",
    ///             "followers": {"recent_followers": [{"nickname": "ada"}]},
    ///             "livestreams": [{"title": "no id"}, {"id": "7c1f4q"}]
    ///         }"#,
    ///     )?;
    ///     assert_eq!(snapshot.skipped(), 2);
    ///     assert_eq!(snapshot.followers().recent.skipped(), 1);
    ///     assert_eq!(snapshot.livestreams().len(), 1);
    ///     Ok(())
    /// }
    /// ```
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

    /// The answer itself, including everything that this crate does not model.
    /// The broadcaster's `stream_key` and `server_url` are removed at any
    /// depth.
    ///
    /// `None` unless the snapshot comes from
    /// [`from_json_with_raw`](Self::from_json_with_raw), and if the answer is
    /// nested deeper than 127 levels. Equality, `Debug` and the serialized form
    /// ignore it.
    ///
    /// A secret under a name that this crate does not know stays in it. Think
    /// before you log it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, Snapshot};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let body = br#"{
    ///         "now": 1789417800, "user_id": "4f2kx9", "raids": 2,
    ///         "livestreams": [{"id": "7c1f4q", "stream_key": "secret"}]
    ///     }"#;
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

    /// Whether the two are clones of each other, not only equal.
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
    /// Reads what `Serialize` wrote. Use [`from_json`](Self::from_json) for an
    /// answer of the API.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shown = Shown::deserialize(deserializer)?;
        Ok(Self(Arc::new(Inner { shown, raw: None })))
    }
}

/// The body without the mark that some servers on Windows put first. The parser
/// would refuse it.
fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// Whether `body` is the API's error envelope:
/// `{"errors": [{"code": …, "message": …}]}`.
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
