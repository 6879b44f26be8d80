//! Livestreams: what is on.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    chat::{Message, Rant, RecentChat},
    id::StreamId,
    instant::utc,
    one_line::OneLine,
    setters::setters,
    window::Window,
};

/// A livestream that the account lists (`livestreams[]`).
///
/// Its `stream_key` and `server_url` are secrets of the broadcaster and are not read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Livestream {
    /// The id (`id`).
    #[doc(alias = "stream_id")]
    #[doc(alias = "stream_id_b36")]
    pub id: StreamId,
    /// The title (`title`); empty where missing.
    #[serde(default)]
    pub title: String,
    /// When it was created, at the offset it was sent with (`created_on`).
    #[serde(with = "utc::option", default)]
    pub created_on: Option<OffsetDateTime>,
    /// When it is or was due (`scheduled_on`).
    #[serde(with = "utc::option", default)]
    pub scheduled_on: Option<OffsetDateTime>,
    /// What the wire says of whether it is on air (`is_live`); `None` where it says nothing. [`is_live`](Self::is_live) is the answer to
    /// most questions.
    #[serde(rename = "is_live")]
    pub live: Option<bool>,
    /// Who can see it (`visibility`).
    pub visibility: Option<Visibility>,
    /// The first category (`categories.primary`).
    pub primary_category: Option<Category>,
    /// The second category (`categories.secondary`).
    pub secondary_category: Option<Category>,
    /// Votes for it (`likes`).
    pub likes: Option<u64>,
    /// Votes against it (`dislikes`).
    pub dislikes: Option<u64>,
    /// How many watch now (`watching_now`); `None`, where not said, is not zero.
    pub watching_now: Option<u64>,
    /// Its chat (`chat`).
    #[serde(default)]
    pub chat: RecentChat,
}

impl Livestream {
    /// A livestream that is on air, with an empty chat, of which nothing else is known.
    #[must_use]
    pub fn new(id: impl Into<StreamId>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            created_on: None,
            scheduled_on: None,
            live: Some(true),
            visibility: None,
            primary_category: None,
            secondary_category: None,
            likes: None,
            dislikes: None,
            watching_now: None,
            chat: RecentChat::new([], []),
        }
    }

    /// The same with these messages in its chat, all of which become this livestream's.
    #[must_use]
    pub fn with_messages(mut self, messages: impl Into<Window<Message>>) -> Self {
        self.chat.recent_messages = messages.into();
        self.chat.set_stream(&self.id);
        self
    }

    /// The same with these rants in its chat, all of which become this livestream's.
    #[must_use]
    pub fn with_rants(mut self, rants: impl Into<Window<Rant>>) -> Self {
        self.chat.recent_rants = rants.into();
        self.chat.set_stream(&self.id);
        self
    }

    /// Whether it is on air. False where the wire does not say (see [`live`](Self::live)).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live == Some(true)
    }

    /// Its categories, the primary one first (`categories`).
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.primary_category.iter().chain(&self.secondary_category)
    }

    /// Likes as a share of all votes, from 0.0 to 1.0. `None` while nobody voted or either count is missing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "votes beyond 2^53 do not exist")]
    pub fn like_ratio(&self) -> Option<f64> {
        let likes = self.likes? as f64;
        let votes = likes + self.dislikes? as f64;
        (votes > 0.0).then(|| likes / votes)
    }
}

setters! { Livestream {
    /// The same, on air or not ([`live`](Self::live)).
    with_live(live: bool) = Some(live);
    /// The same with this [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = Some(created_on);
    /// The same with this [`scheduled_on`](Self::scheduled_on).
    with_scheduled_on(scheduled_on: OffsetDateTime) = Some(scheduled_on);
    /// The same with this [`visibility`](Self::visibility).
    with_visibility(visibility: Visibility) = Some(visibility);
    /// The same with this [`primary_category`](Self::primary_category).
    with_primary_category(primary_category: Category) = Some(primary_category);
    /// The same with this [`secondary_category`](Self::secondary_category).
    with_secondary_category(secondary_category: Category) = Some(secondary_category);
    /// The same with so many [`likes`](Self::likes).
    with_likes(likes: u64) = Some(likes);
    /// The same with so many [`dislikes`](Self::dislikes).
    with_dislikes(dislikes: u64) = Some(dislikes);
    /// The same with so many [`watching_now`](Self::watching_now).
    with_watching_now(watching_now: u64) = Some(watching_now);
} }

impl fmt::Display for Livestream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.id, OneLine(&self.title))
    }
}

/// Who can see a livestream (`visibility`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Whoever has the link.
    Unlisted,
    /// The account alone.
    Private,
    /// What the wire said instead.
    Other(String),
}

impl Visibility {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for Visibility {
    fn from(word: String) -> Self {
        match word.as_str() {
            "public" => Self::Public,
            "unlisted" => Self::Unlisted,
            "private" => Self::Private,
            _ => Self::Other(word),
        }
    }
}

impl From<Visibility> for String {
    fn from(visibility: Visibility) -> Self {
        visibility.as_str().to_owned()
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(self.as_str()).fmt(f)
    }
}

/// A category of a livestream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "StreamCategory")]
pub struct Category {
    /// The name in addresses (`slug`).
    pub slug: String,
    /// The name for people (`title`); empty where missing.
    #[serde(default)]
    pub title: String,
}

impl Category {
    /// A category of these names.
    #[must_use]
    pub fn new(slug: impl Into<String>, title: impl Into<String>) -> Self {
        Self { slug: slug.into(), title: title.into() }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(if self.title.is_empty() { &self.slug } else { &self.title }).fmt(f)
    }
}
