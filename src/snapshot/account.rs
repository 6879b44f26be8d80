//! The account that a snapshot shows.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    id::{ChannelId, UserId},
    one_line::OneLine,
    setters::setters,
};

/// The account that the API URL belongs to. `Display` is the name, or if that
/// is missing the id, of the channel, or of the user if it is not a channel.
///
/// ```
/// use rumble_live::{Account, AccountKind};
///
/// let account = Account::new("4f2kx9").with_username("ada").with_channel("7843", "Harborlight");
/// assert_eq!(account.kind, AccountKind::Channel);
/// assert_eq!(account.to_string(), "Harborlight");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Account {
    /// Whether the URL belongs to a user or a channel (`type`).
    #[serde(rename = "type", default = "AccountKind::not_said")]
    #[doc(alias = "type")]
    #[doc(alias = "api_type")]
    pub kind: AccountKind,
    /// The user (`user_id`). Every sample has it. An answer with neither this
    /// nor `channel_id` is refused.
    #[doc(alias = "user_id_b36")]
    pub user_id: Option<UserId>,
    /// The user's name (`username`). Missing in the oldest samples.
    pub username: Option<String>,
    /// The channel (`channel_id`). `None` for a user's URL.
    #[doc(alias = "channel_id_b10")]
    #[doc(alias = "channel_id_b36")]
    pub channel_id: Option<ChannelId>,
    /// The channel's name (`channel_name`). `None` for a user's URL.
    pub channel_name: Option<String>,
}

impl Account {
    /// A user's account, without a name.
    #[must_use]
    pub fn new(user_id: impl Into<UserId>) -> Self {
        Self { kind: AccountKind::User, user_id: Some(user_id.into()), username: None, channel_id: None, channel_name: None }
    }

    /// Makes it the account of this channel, which belongs to the same user.
    #[must_use]
    pub fn with_channel(self, id: impl Into<ChannelId>, name: impl Into<String>) -> Self {
        Self { kind: AccountKind::Channel, channel_id: Some(id.into()), channel_name: Some(name.into()), ..self }
    }
}

setters! { Account {
    /// Sets [`username`](Self::username).
    with_username(username: impl Into<String>) = Some(username.into());
} }

/// The kind of account that an API URL belongs to (`type`). `Display` is the
/// word of the wire.
///
/// ```
/// use rumble_live::AccountKind;
///
/// assert_eq!(AccountKind::Channel.as_str(), "channel");
/// assert_eq!(AccountKind::from("team".to_owned()), AccountKind::Other("team".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum AccountKind {
    /// A user's profile.
    User,
    /// One channel of a user.
    Channel,
    /// Another word of the wire. Empty if it said nothing.
    Other(String),
}

impl AccountKind {
    pub(super) fn not_said() -> Self {
        Self::Other(String::new())
    }

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
        OneLine(self.as_str()).fmt(f)
    }
}

impl fmt::Display for Account {
    /// The channel's name or id, or else the user's name or id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .channel_name
            .as_deref()
            .or(self.channel_id.as_ref().map(ChannelId::as_str))
            .or(self.username.as_deref())
            .or(self.user_id.as_ref().map(UserId::as_str));
        OneLine(name.unwrap_or_default()).fmt(f)
    }
}
