//! Followers, subscribers and gifted subscriptions.
//!
//! Each list stands beside counters and a `latest` entry, which the server
//! keeps apart from it, so they need not agree. What is new follows from the
//! list alone. The counters only help to tell how many entries were lost.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    amount::Amount,
    copy::{Copy, Purchase},
    id::StreamId,
    instant::utc,
    one_line::OneLine,
    setters::setters,
    window::Window,
};

/// The followers of the account (`followers`): how many there are, and the
/// newest of them.
///
/// The counts and the list may disagree, because people unfollow, and because
/// the list shows only the newest few. Everything may be missing:
/// `Followers::default()` is what an answer without followers gives.
///
/// # Examples
///
/// ```
/// use rumble_live::{Follower, Followers};
///
/// let followers = Followers::new([Follower::new("ada"), Follower::new("bo")])
///     .with_count(1289)
///     .with_total(1344);
/// assert_eq!((followers.count, followers.total), (Some(1289), Some(1344)));
/// let names: Vec<_> =
///     followers.recent.iter().map(|it| &*it.username).collect();
/// assert_eq!(names, ["ada", "bo"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Followers {
    /// How many follow this user or channel (`num_followers`).
    #[serde(rename = "num_followers")]
    #[doc(alias = "num_followers")]
    pub count: Option<u64>,
    /// How many follow the user and all channels together
    /// (`num_followers_total`).
    #[serde(rename = "num_followers_total")]
    #[doc(alias = "num_followers_total")]
    pub total: Option<u64>,
    /// The newest follower, according to the API (`latest_follower`). It may
    /// contradict `recent`, and this crate never decides by it what is new.
    #[serde(rename = "latest_follower")]
    #[doc(alias = "latest_follower")]
    pub latest: Option<Follower>,
    /// The newest few followers (`recent_followers`).
    #[serde(rename = "recent_followers")]
    #[doc(alias = "recent_followers")]
    pub recent: Window<Follower>,
}

impl Followers {
    /// These followers, without counts. Pass an array or a `Vec`, the newest
    /// first as the wire has them.
    ///
    /// # Examples
    ///
    /// What a [`Tracker`](crate::Tracker) makes of a second answer that shows
    /// one follower more:
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Follower, Followers, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let follower = |name: &str, second: i64| {
    ///     Follower::new(name)
    ///         .with_followed_on(start + Duration::seconds(second))
    /// };
    /// let answer = |second: i64, followers: Vec<Follower>| {
    ///     Snapshot::builder(start + Duration::seconds(second), "4f2kx9")
    ///         .followers(Followers::new(followers))
    ///         .build()
    /// };
    /// let (ada, bo) = (follower("ada", -60), follower("bo", 5));
    ///
    /// let mut tracker = Tracker::new();
    /// tracker.apply(&answer(0, vec![ada.clone()]));
    /// let events = tracker.apply(&answer(10, vec![bo.clone(), ada]));
    /// assert_eq!(events, [Event::Follower(bo)]);
    /// ```
    #[must_use]
    pub fn new(recent: impl Into<Window<Follower>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Followers {
    /// Sets [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// Sets [`total`](Self::total).
    with_total(total: u64) = Some(total);
    /// Sets [`latest`](Self::latest).
    with_latest(latest: Follower) = Some(latest);
} }

/// Somebody who followed. It is an entry of [`Followers::recent`], and what
/// [`Event::Follower`](crate::Event::Follower) holds.
///
/// The wire has no user id. Two followers of one name may be two people, or one
/// who left and came back.
///
/// # Examples
///
/// ```
/// use rumble_live::Follower;
///
/// let ada = Follower::new("ada");
/// assert_eq!(ada.to_string(), "ada followed");
/// assert_eq!(ada.profile_pic_url, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Follower {
    /// The display name (`username`). The wire has nothing else to identify the
    /// user by.
    pub username: String,
    /// When they followed, to the second, with the offset that the wire sent
    /// (`followed_on`).
    #[serde(with = "utc")]
    pub followed_on: OffsetDateTime,
    /// The address of the picture (`profile_pic_url`). `None` if missing or
    /// blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Follower {
    /// A follower of this name, without a picture. The stamp is the Unix epoch
    /// until you set [`with_followed_on`](Self::with_followed_on).
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), followed_on: OffsetDateTime::UNIX_EPOCH, profile_pic_url: None, copy: Copy::default() }
    }
}

setters! { Follower {
    /// Sets [`followed_on`](Self::followed_on).
    with_followed_on(followed_on: OffsetDateTime) = followed_on;
    /// Sets [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
} }

/// The subscribers of the account (`subscribers`): how many there are, and the
/// newest of them.
///
/// The counts and the list may disagree, because subscriptions run out, and
/// because the list shows only the newest few. Everything may be missing:
/// `Subscribers::default()` is what an answer without subscribers gives.
///
/// # Examples
///
/// ```
/// use rumble_live::{Amount, Subscriber, Subscribers};
///
/// let ada = Subscriber::new("ada", Amount::from_dollars(5));
/// let bo = Subscriber::new("bo", Amount::from_dollars(10));
/// let subscribers = Subscribers::new([bo, ada]).with_count(12);
/// assert_eq!(subscribers.count, Some(12));
/// let paid: Amount = subscribers.recent.iter().map(|it| it.amount).sum();
/// assert_eq!(paid, Amount::from_dollars(15));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Subscribers {
    /// How many subscribe to this user or channel (`num_subscribers`).
    #[serde(rename = "num_subscribers")]
    #[doc(alias = "num_subscribers")]
    pub count: Option<u64>,
    /// How many subscribe to the user and all channels together
    /// (`num_subscribers_total`). Often missing.
    #[serde(rename = "num_subscribers_total")]
    #[doc(alias = "num_subscribers_total")]
    pub total: Option<u64>,
    /// The newest subscriber, according to the API (`latest_subscriber`). It
    /// may contradict `recent`, and this crate never decides by it what is new.
    #[serde(rename = "latest_subscriber")]
    #[doc(alias = "latest_subscriber")]
    pub latest: Option<Subscriber>,
    /// The newest few subscribers (`recent_subscribers`).
    #[serde(rename = "recent_subscribers")]
    #[doc(alias = "recent_subscribers")]
    pub recent: Window<Subscriber>,
}

impl Subscribers {
    /// These subscribers, without counts. Pass an array or a `Vec`, the newest
    /// first as the wire has them.
    #[must_use]
    pub fn new(recent: impl Into<Window<Subscriber>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Subscribers {
    /// Sets [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// Sets [`total`](Self::total).
    with_total(total: u64) = Some(total);
    /// Sets [`latest`](Self::latest).
    with_latest(latest: Subscriber) = Some(latest);
} }

/// Somebody who subscribed. It is an entry of [`Subscribers::recent`], and what
/// [`Event::Subscriber`](crate::Event::Subscriber) holds.
///
/// The name may be empty, because money is never dropped. Think of that in a
/// bot that thanks by name.
///
/// # Examples
///
/// ```
/// use rumble_live::{Amount, Subscriber};
///
/// let ada = Subscriber::new("ada", Amount::from_dollars(5));
/// assert_eq!(ada.to_string(), "ada subscribed for $5.00");
///
/// let nameless = Subscriber::new("", Amount::from_dollars(5));
/// let name = Some(&*nameless.username).filter(|name| !name.is_empty());
/// assert_eq!(name.unwrap_or("somebody"), "somebody");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscriber {
    /// The display name (`username`, or `user` if that is missing or blank).
    /// Empty if a paid subscription names nobody.
    pub username: String,
    /// What was paid (`amount_cents`, or `amount_dollars` if that is missing).
    /// Zero if both are missing.
    #[serde(rename = "amount_cents")]
    #[doc(alias = "amount_cents")]
    #[doc(alias = "amount_dollars")]
    pub amount: Amount,
    /// When they subscribed, to the second, with the offset that the wire sent
    /// (`subscribed_on`).
    #[serde(with = "utc")]
    pub subscribed_on: OffsetDateTime,
    /// The address of the picture (`profile_pic_url`). `None` if missing or
    /// blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Subscriber {
    /// A subscriber of this name who paid this amount. The stamp is the Unix
    /// epoch until you set [`with_subscribed_on`](Self::with_subscribed_on).
    #[must_use]
    pub fn new(username: impl Into<String>, amount: Amount) -> Self {
        Self { username: username.into(), amount, subscribed_on: OffsetDateTime::UNIX_EPOCH, profile_pic_url: None, copy: Copy::default() }
    }
}

setters! { Subscriber {
    /// Sets [`subscribed_on`](Self::subscribed_on).
    with_subscribed_on(subscribed_on: OffsetDateTime) = subscribed_on;
    /// Sets [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
} }

/// Subscriptions that people bought for others (`gifted_subs`): how many there
/// are, and the newest purchases.
///
/// One entry may stand for many subscriptions, so the length of the list and
/// the count measure different things.
///
/// # Examples
///
/// ```
/// use rumble_live::{GiftedSubs, Gifts};
///
/// let gifts =
///     Gifts::new([GiftedSubs::new("ada", 5), GiftedSubs::new("bo", 1)])
///         .with_count(6);
/// assert_eq!((gifts.count, gifts.recent.len()), (Some(6), 2));
/// let given = gifts.recent.iter().filter_map(|gift| gift.total_gifts);
/// assert_eq!(given.sum::<u64>(), 6);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Gifts {
    /// How many subscriptions were given (`num_gifted_subs`).
    #[serde(rename = "num_gifted_subs")]
    #[doc(alias = "num_gifted_subs")]
    pub count: Option<u64>,
    /// The newest gift, according to the API (`latest_gifted_sub`). This crate
    /// never decides by it what is new.
    #[serde(rename = "latest_gifted_sub")]
    #[doc(alias = "latest_gifted_sub")]
    pub latest: Option<GiftedSubs>,
    /// The newest few gifts (`recent_gifted_subs`).
    #[serde(rename = "recent_gifted_subs")]
    #[doc(alias = "recent_gifted_subs")]
    pub recent: Window<GiftedSubs>,
}

impl Gifts {
    /// These gifts, without a count. Pass an array or a `Vec`, the newest first
    /// as the wire has them.
    ///
    /// # Examples
    ///
    /// How many subscriptions are still there to take:
    ///
    /// ```
    /// use rumble_live::{GiftedSubs, Gifts};
    ///
    /// let gifts = Gifts::new([
    ///     GiftedSubs::new("ada", 5).with_remaining_gifts(2),
    ///     GiftedSubs::new("bo", 1),
    /// ]);
    /// let left = gifts.recent.iter().filter_map(|gift| gift.remaining_gifts);
    /// assert_eq!(left.sum::<u64>(), 3);
    /// ```
    #[must_use]
    pub fn new(recent: impl Into<Window<GiftedSubs>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Gifts {
    /// Sets [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// Sets [`latest`](Self::latest).
    with_latest(latest: GiftedSubs) = Some(latest);
} }

/// One purchase of subscriptions for others. It is an entry of
/// [`Gifts::recent`], and what [`Event::GiftedSubs`](crate::Event::GiftedSubs)
/// holds.
///
/// The wire gives it neither an id nor an instant, so two equal purchases look
/// alike, and nothing says when they were made. `remaining_gifts` falls while
/// people take them; that is not an event. Any of the numbers may be missing.
///
/// # Examples
///
/// ```
/// use rumble_live::{GiftedSubs, StreamId};
///
/// let stream = StreamId::from("7c1f4q");
/// let gift = GiftedSubs::new("ada", 5).with_stream(&stream);
/// assert_eq!(gift.to_string(), "ada gifted 5 subscriptions");
/// assert_eq!(gift.stream(), Some(stream));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "GiftedSub")]
pub struct GiftedSubs {
    /// The display name of the buyer (`purchased_by`). Empty if the gift names
    /// nobody.
    pub purchased_by: String,
    /// How many subscriptions were bought (`total_gifts`).
    pub total_gifts: Option<u64>,
    /// How many of them nobody has taken yet (`remaining_gifts`). It falls as
    /// people take them.
    pub remaining_gifts: Option<u64>,
    /// The kind of gift (`gift_type`): `rumble` in the only known example.
    pub gift_type: Option<String>,
    /// The livestream's id in base 10 (`video_id`).
    pub video_id: Option<u64>,
    #[serde(skip)]
    pub(crate) purchase: Purchase,
}

impl GiftedSubs {
    /// The same gift, told apart from its equals in this way.
    pub(crate) fn bought(self, purchase: Purchase) -> Self {
        Self { purchase, ..self }
    }

    /// A gift of this many subscriptions. Nobody has taken any of them yet, and
    /// the livestream is not known.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::GiftedSubs;
    ///
    /// let gift = GiftedSubs::new("ada", 1);
    /// assert_eq!(gift.to_string(), "ada gifted a subscription");
    /// assert_eq!(
    ///     (gift.total_gifts, gift.remaining_gifts),
    ///     (Some(1), Some(1))
    /// );
    /// assert_eq!(gift.stream(), None);
    /// ```
    #[must_use]
    pub fn new(purchased_by: impl Into<String>, total_gifts: u64) -> Self {
        Self {
            purchased_by: purchased_by.into(),
            total_gifts: Some(total_gifts),
            remaining_gifts: Some(total_gifts),
            gift_type: None,
            video_id: None,
            purchase: Purchase::default(),
        }
    }

    /// Sets the livestream on which it was made. Changes nothing if the id has
    /// no [`decimal`](StreamId::decimal) form.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{GiftedSubs, StreamId};
    ///
    /// let gift =
    ///     GiftedSubs::new("ada", 5).with_stream(&StreamId::from("7c1f4q"));
    /// assert_eq!(gift.video_id, Some(443_484_890));
    /// // An id that is not a number in base 36 has no place on the wire.
    /// let gift = gift.with_stream(&StreamId::from("not base 36"));
    /// assert_eq!(gift.video_id, Some(443_484_890));
    /// ```
    #[must_use]
    pub fn with_stream(self, stream: &StreamId) -> Self {
        Self { video_id: stream.decimal().or(self.video_id), ..self }
    }

    /// The livestream on which the gift was made: `video_id` in base 36. `None`
    /// if the wire does not say. Compare it with the ids of livestreams and
    /// chat lines.
    ///
    /// # Examples
    ///
    /// Gifts are listed for the account, so a bot for one chat picks those that
    /// were made there:
    ///
    /// ```
    /// use rumble_live::{GiftedSubs, StreamId};
    ///
    /// let (here, there) =
    ///     (StreamId::from("7c1f4q"), StreamId::from("7c1f4r"));
    /// let gifts = [
    ///     GiftedSubs::new("ada", 5).with_stream(&here),
    ///     GiftedSubs::new("bo", 1).with_stream(&there),
    /// ];
    /// let ours =
    ///     gifts.iter().filter(|gift| gift.stream().as_ref() == Some(&here));
    /// assert_eq!(ours.count(), 1);
    /// ```
    #[must_use]
    #[doc(alias = "video_id_b36")]
    pub fn stream(&self) -> Option<StreamId> {
        self.video_id.map(StreamId::from_decimal)
    }
}

setters! { GiftedSubs {
    /// Sets [`remaining_gifts`](Self::remaining_gifts).
    with_remaining_gifts(remaining_gifts: u64) = Some(remaining_gifts);
    /// Sets [`gift_type`](Self::gift_type).
    with_gift_type(gift_type: impl Into<String>) = Some(gift_type.into());
} }

impl fmt::Display for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} followed", OneLine(&self.username))
    }
}

impl fmt::Display for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} subscribed for {}", OneLine(&self.username), self.amount)
    }
}

impl fmt::Display for GiftedSubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total_gifts {
            Some(1) => write!(f, "{} gifted a subscription", OneLine(&self.purchased_by)),
            Some(total) => write!(f, "{} gifted {total} subscriptions", OneLine(&self.purchased_by)),
            None => write!(f, "{} gifted subscriptions", OneLine(&self.purchased_by)),
        }
    }
}
