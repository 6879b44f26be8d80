//! Livestreams: what is on.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{chat::Chat, id::StreamId, instant::utc, line::Line};

/// A livestream that the account lists (`livestreams[]`).
///
/// Its `stream_key` and `server_url` are secrets of the broadcaster and are not read.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Livestream {
    /// The id (`id`).
    pub id: StreamId,
    /// The title (`title`); empty where missing.
    pub title: String,
    /// When it was created, at the offset it was sent with (`created_on`).
    #[serde(with = "utc::option")]
    pub created_on: Option<OffsetDateTime>,
    /// When it is or was due (`scheduled_on`).
    #[serde(with = "utc::option")]
    pub scheduled_on: Option<OffsetDateTime>,
    /// Whether it is on air (`is_live`); `None` where the wire does not say.
    pub is_live: Option<bool>,
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
    pub chat: Chat,
}

impl Livestream {
    /// Likes as a share of all votes, from 0.0 to 1.0. `None` while nobody voted or either count is missing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "votes beyond 2^53 do not exist")]
    pub fn like_ratio(&self) -> Option<f64> {
        let likes = self.likes? as f64;
        let votes = likes + self.dislikes? as f64;
        (votes > 0.0).then(|| likes / votes)
    }
}

impl fmt::Display for Livestream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.id, Line(&self.title))
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
        Line(self.as_str()).fmt(f)
    }
}

/// A category of a livestream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Category {
    /// The name in addresses (`slug`).
    pub slug: String,
    /// The name for people (`title`); empty where missing.
    pub title: String,
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line(if self.title.is_empty() { &self.slug } else { &self.title }).fmt(f)
    }
}
