//! Followers, subscribers and gifted subscriptions.

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

/// Who follows the account (`followers`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Followers {
    /// Followers of this user or channel (`num_followers`).
    #[serde(rename = "num_followers")]
    #[doc(alias = "num_followers")]
    pub count: Option<u64>,
    /// Followers of the user and all channels together (`num_followers_total`).
    #[serde(rename = "num_followers_total")]
    #[doc(alias = "num_followers_total")]
    pub total: Option<u64>,
    /// The newest, as the API says it (`latest_follower`). It may contradict `recent` and never decides what is new.
    #[serde(rename = "latest_follower")]
    #[doc(alias = "latest_follower")]
    pub latest: Option<Follower>,
    /// The newest few (`recent_followers`).
    #[serde(rename = "recent_followers")]
    #[doc(alias = "recent_followers")]
    pub recent: Window<Follower>,
}

impl Followers {
    /// These followers, without counts.
    #[must_use]
    pub fn new(recent: impl Into<Window<Follower>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Followers {
    /// The same with this [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// The same with this [`total`](Self::total).
    with_total(total: u64) = Some(total);
    /// The same with this [`latest`](Self::latest).
    with_latest(latest: Follower) = Some(latest);
} }

/// Somebody who followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Follower {
    /// The display name, which is all the identity that the wire has (`username`).
    pub username: String,
    /// When, to the second, at the offset it was sent with (`followed_on`).
    #[serde(with = "utc")]
    pub followed_on: OffsetDateTime,
    /// The picture's address (`profile_pic_url`); `None` where missing or blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Follower {
    /// Somebody of this name, who followed at the Unix epoch until [`with_followed_on`](Self::with_followed_on) says when.
    #[must_use]
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), followed_on: OffsetDateTime::UNIX_EPOCH, profile_pic_url: None, copy: Copy::default() }
    }
}

setters! { Follower {
    /// The same with this [`followed_on`](Self::followed_on).
    with_followed_on(followed_on: OffsetDateTime) = followed_on;
    /// The same with this [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
} }

/// Who pays for a subscription (`subscribers`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Subscribers {
    /// Subscribers of this user or channel (`num_subscribers`).
    #[serde(rename = "num_subscribers")]
    #[doc(alias = "num_subscribers")]
    pub count: Option<u64>,
    /// Subscribers of the user and all channels together (`num_subscribers_total`). Often missing.
    #[serde(rename = "num_subscribers_total")]
    #[doc(alias = "num_subscribers_total")]
    pub total: Option<u64>,
    /// The newest, as the API says it (`latest_subscriber`). It may contradict `recent` and never decides what is new.
    #[serde(rename = "latest_subscriber")]
    #[doc(alias = "latest_subscriber")]
    pub latest: Option<Subscriber>,
    /// The newest few (`recent_subscribers`).
    #[serde(rename = "recent_subscribers")]
    #[doc(alias = "recent_subscribers")]
    pub recent: Window<Subscriber>,
}

impl Subscribers {
    /// These subscribers, without counts.
    #[must_use]
    pub fn new(recent: impl Into<Window<Subscriber>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Subscribers {
    /// The same with this [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// The same with this [`total`](Self::total).
    with_total(total: u64) = Some(total);
    /// The same with this [`latest`](Self::latest).
    with_latest(latest: Subscriber) = Some(latest);
} }

/// Somebody who subscribed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscriber {
    /// The display name (`username`, or `user` where that is missing or blank). Empty where a paid subscription names nobody.
    pub username: String,
    /// What was paid (`amount_cents`, or `amount_dollars` where that is missing; zero where both are).
    #[serde(rename = "amount_cents")]
    #[doc(alias = "amount_cents")]
    #[doc(alias = "amount_dollars")]
    pub amount: Amount,
    /// When, to the second, at the offset it was sent with (`subscribed_on`).
    #[serde(with = "utc")]
    pub subscribed_on: OffsetDateTime,
    /// The picture's address (`profile_pic_url`); `None` where missing or blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Subscriber {
    /// Somebody of this name, who paid this at the Unix epoch until [`with_subscribed_on`](Self::with_subscribed_on) says when.
    #[must_use]
    pub fn new(username: impl Into<String>, amount: Amount) -> Self {
        Self { username: username.into(), amount, subscribed_on: OffsetDateTime::UNIX_EPOCH, profile_pic_url: None, copy: Copy::default() }
    }
}

setters! { Subscriber {
    /// The same with this [`subscribed_on`](Self::subscribed_on).
    with_subscribed_on(subscribed_on: OffsetDateTime) = subscribed_on;
    /// The same with this [`profile_pic_url`](Self::profile_pic_url).
    with_profile_pic_url(profile_pic_url: impl Into<String>) = Some(profile_pic_url.into());
} }

/// Subscriptions bought for others (`gifted_subs`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Gifts {
    /// How many were given (`num_gifted_subs`).
    #[serde(rename = "num_gifted_subs")]
    #[doc(alias = "num_gifted_subs")]
    pub count: Option<u64>,
    /// The newest, as the API says it (`latest_gifted_sub`). It never decides what is new.
    #[serde(rename = "latest_gifted_sub")]
    #[doc(alias = "latest_gifted_sub")]
    pub latest: Option<GiftedSubs>,
    /// The newest few (`recent_gifted_subs`).
    #[serde(rename = "recent_gifted_subs")]
    #[doc(alias = "recent_gifted_subs")]
    pub recent: Window<GiftedSubs>,
}

impl Gifts {
    /// These gifts, without a count.
    #[must_use]
    pub fn new(recent: impl Into<Window<GiftedSubs>>) -> Self {
        Self { recent: recent.into(), ..Self::default() }
    }
}

setters! { Gifts {
    /// The same with this [`count`](Self::count).
    with_count(count: u64) = Some(count);
    /// The same with this [`latest`](Self::latest).
    with_latest(latest: GiftedSubs) = Some(latest);
} }

/// One purchase of subscriptions for others. The wire gives it neither an id nor an instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "GiftedSub")]
pub struct GiftedSubs {
    /// The display name of who paid (`purchased_by`). Empty where the gift names nobody.
    pub purchased_by: String,
    /// How many subscriptions were bought (`total_gifts`).
    pub total_gifts: Option<u64>,
    /// How many of them nobody has taken yet (`remaining_gifts`); it falls as they are taken.
    pub remaining_gifts: Option<u64>,
    /// `rumble` in the one known example (`gift_type`).
    pub gift_type: Option<String>,
    /// The livestream's id in base 10 (`video_id`).
    pub video_id: Option<u64>,
    #[serde(skip)]
    pub(crate) purchase: Purchase,
}

impl GiftedSubs {
    pub(crate) fn bought(self, purchase: Purchase) -> Self {
        Self { purchase, ..self }
    }

    /// A gift of so many subscriptions that nobody has taken yet, on no known livestream.
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

    /// The same, made on this livestream. Nothing changes where the id has no [`decimal`](StreamId::decimal) form.
    #[must_use]
    pub fn with_stream(self, stream: &StreamId) -> Self {
        Self { video_id: stream.decimal().or(self.video_id), ..self }
    }

    /// The livestream that the gift was made on: `video_id` in base 36.
    #[must_use]
    #[doc(alias = "video_id_b36")]
    pub fn stream(&self) -> Option<StreamId> {
        self.video_id.map(StreamId::from_decimal)
    }
}

setters! { GiftedSubs {
    /// The same with this [`remaining_gifts`](Self::remaining_gifts).
    with_remaining_gifts(remaining_gifts: u64) = Some(remaining_gifts);
    /// The same with this [`gift_type`](Self::gift_type).
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
