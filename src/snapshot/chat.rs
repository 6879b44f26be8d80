//! Chat messages and rants.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{amount::Amount, copy::Copy, id::StreamId, instant::utc, line::Line, window::Window};

/// The chat of one livestream (`livestreams[].chat`).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Chat {
    /// The newest message, as the API says it (`latest_message`). It may contradict the list and never decides what is new.
    pub latest_message: Option<Message>,
    /// The newest few messages (`recent_messages`).
    pub recent_messages: Window<Message>,
    /// The newest rant, as the API says it (`latest_rant`). It may contradict the list and never decides what is new.
    pub latest_rant: Option<Rant>,
    /// The newest few rants (`recent_rants`), expired ones among them.
    pub recent_rants: Window<Rant>,
}

/// A line of chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// The livestream whose chat it is in.
    pub stream: StreamId,
    /// The display name of who wrote it; the wire has no user id (`username`).
    pub username: String,
    /// What was written, as plain text; emotes stay as `:r+name:` or `:name:` (`text`). Empty where missing.
    pub text: String,
    /// When, to the second, at the offset it was sent with (`created_on`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// Badges of the writer as slugs such as `moderator`, in the order of the wire (`badges`). Often empty; unknown ones are passed on.
    pub badges: Vec<String>,
    /// The picture's address (`profile_pic_url`); `None` where missing or blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

/// A paid line of chat.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rant {
    /// The livestream whose chat it is in.
    pub stream: StreamId,
    /// The display name of who paid (`username`). Empty where a paid rant names nobody.
    pub username: String,
    /// What was paid (`amount_cents`, or `amount_dollars` where that is missing; zero where both are).
    #[serde(rename = "amount_cents")]
    pub amount: Amount,
    /// What was written (`text`). May be empty.
    pub text: String,
    /// When, to the second, at the offset it was sent with (`created_on`).
    #[serde(with = "utc")]
    pub created_on: OffsetDateTime,
    /// Until when it is shown above the chat (`expires_on`). It stays in the list after that.
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OffsetDateTime>,
    /// Badges of the writer, as in [`Message::badges`].
    pub badges: Vec<String>,
    /// The picture's address (`profile_pic_url`); `None` where missing or blank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile_pic_url: Option<String>,
    #[serde(skip)]
    pub(crate) copy: Copy,
}

impl Message {
    /// Whether the writer wears the badge of this slug, such as `admin` (the owner of the stream), `moderator` or `premium`.
    #[must_use]
    pub fn has_badge(&self, slug: &str) -> bool {
        self.badges.iter().any(|badge| badge == slug)
    }
}

impl Rant {
    /// Whether the writer wears the badge of this slug.
    #[must_use]
    pub fn has_badge(&self, slug: &str) -> bool {
        self.badges.iter().any(|badge| badge == slug)
    }

    /// Whether it is no longer shown above the chat at `now`, best taken from [`Snapshot::now`](crate::Snapshot::now).
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_on.is_some_and(|end| end <= now)
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}: {}", self.stream, Line(&self.username), Line(&self.text))
    }
}

impl fmt::Display for Rant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} ranted {}: {}", self.stream, Line(&self.username), self.amount, Line(&self.text))
    }
}
