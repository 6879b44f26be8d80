//! Followers, subscribers and gifted subscriptions.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    amount::Amount,
    copy::{Copy, Purchase},
    id::StreamId,
    instant::utc,
    line::Line,
    window::Window,
};

/// Who follows the account (`followers`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Followers {
    /// Followers of this user or channel (`num_followers`).
    #[serde(rename = "num_followers")]
    pub count: Option<u64>,
    /// Followers of the user and all channels together (`num_followers_total`).
    #[serde(rename = "num_followers_total")]
    pub total: Option<u64>,
    /// The newest, as the API says it (`latest_follower`). It may contradict `recent` and never decides what is new.
    #[serde(rename = "latest_follower")]
    pub latest: Option<Follower>,
    /// The newest few (`recent_followers`).
    #[serde(rename = "recent_followers")]
    pub recent: Window<Follower>,
}

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

/// Who pays for a subscription (`subscribers`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Subscribers {
    /// Subscribers of this user or channel (`num_subscribers`).
    #[serde(rename = "num_subscribers")]
    pub count: Option<u64>,
    /// Subscribers of the user and all channels together (`num_subscribers_total`). Often missing.
    #[serde(rename = "num_subscribers_total")]
    pub total: Option<u64>,
    /// The newest, as the API says it (`latest_subscriber`). It may contradict `recent` and never decides what is new.
    #[serde(rename = "latest_subscriber")]
    pub latest: Option<Subscriber>,
    /// The newest few (`recent_subscribers`).
    #[serde(rename = "recent_subscribers")]
    pub recent: Window<Subscriber>,
}

/// Somebody who subscribed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Subscriber {
    /// The display name (`username`, or `user` where that is missing or blank). Empty where a paid subscription names nobody.
    pub username: String,
    /// What was paid (`amount_cents`, or `amount_dollars` where that is missing; zero where both are).
    #[serde(rename = "amount_cents")]
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

/// Subscriptions bought for others (`gifted_subs`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Gifts {
    /// How many were given (`num_gifted_subs`).
    #[serde(rename = "num_gifted_subs")]
    pub count: Option<u64>,
    /// The newest, as the API says it (`latest_gifted_sub`). It never decides what is new.
    #[serde(rename = "latest_gifted_sub")]
    pub latest: Option<GiftedSubs>,
    /// The newest few (`recent_gifted_subs`).
    #[serde(rename = "recent_gifted_subs")]
    pub recent: Window<GiftedSubs>,
}

/// One purchase of subscriptions for others. The wire gives it neither an id nor an instant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
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

    /// The livestream that the gift was made on: `video_id` in base 36.
    #[must_use]
    pub fn stream(&self) -> Option<StreamId> {
        self.video_id.map(StreamId::from_decimal)
    }
}

impl fmt::Display for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} followed", Line(&self.username))
    }
}

impl fmt::Display for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} subscribed for {}", Line(&self.username), self.amount)
    }
}

impl fmt::Display for GiftedSubs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.total_gifts {
            Some(1) => write!(f, "{} gifted a subscription", Line(&self.purchased_by)),
            Some(total) => write!(f, "{} gifted {total} subscriptions", Line(&self.purchased_by)),
            None => write!(f, "{} gifted subscriptions", Line(&self.purchased_by)),
        }
    }
}
