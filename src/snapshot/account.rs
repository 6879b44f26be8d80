//! Whose account a snapshot shows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    id::{ChannelId, UserId},
    line::Line,
};

/// The account that the API URL belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct Account {
    /// Whether the URL is a user's or a channel's (`type`).
    #[serde(rename = "type")]
    pub kind: AccountKind,
    /// The user (`user_id`). Every sample has it; at least one of this and `channel_id` is always there.
    pub user_id: Option<UserId>,
    /// The user's name (`username`). Missing in the oldest samples.
    pub username: Option<String>,
    /// The channel (`channel_id`). `None` for a user's URL.
    pub channel_id: Option<ChannelId>,
    /// The channel's name (`channel_name`). `None` for a user's URL.
    pub channel_name: Option<String>,
}

/// What an API URL was made for (`type`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum AccountKind {
    /// A user's profile.
    User,
    /// One channel of a user.
    Channel,
    /// What the wire said instead; empty where it said nothing.
    Other(String),
}

impl AccountKind {
    /// The word of the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User => "user",
            Self::Channel => "channel",
            Self::Other(word) => word,
        }
    }
}

impl From<String> for AccountKind {
    fn from(word: String) -> Self {
        match word.as_str() {
            "user" => Self::User,
            "channel" => Self::Channel,
            _ => Self::Other(word),
        }
    }
}

impl From<AccountKind> for String {
    fn from(kind: AccountKind) -> Self {
        kind.as_str().to_owned()
    }
}

impl fmt::Display for AccountKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line(self.as_str()).fmt(f)
    }
}

impl fmt::Display for Account {
    /// The channel's name or else the user's, falling back to the ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .channel_name
            .as_deref()
            .or(self.channel_id.as_ref().map(ChannelId::as_str))
            .or(self.username.as_deref())
            .or(self.user_id.as_ref().map(UserId::as_str));
        Line(name.unwrap_or_default()).fmt(f)
    }
}
