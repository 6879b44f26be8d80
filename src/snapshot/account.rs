//! The account that a snapshot shows.
//!
//! Every field is optional, because the oldest samples lack some of them.
//! `Snapshot::from_json` insists on one of the ids, and `account_ids` compares
//! accounts by them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    id::{ChannelId, UserId},
    one_line::OneLine,
    setters::setters,
};

/// The account that the API URL belongs to: a user, or one channel of a user.
/// In a channel's answer, the user's fields name the user who has the channel.
///
/// Go by the ids if you compare accounts. Names can change.
///
/// `Display` is the name, or if that is missing the id, of the channel, or of
/// the user if it is not a channel. It is one line, whatever the name contains.
///
/// # Examples
///
/// ```
/// use rumble_live::{Account, AccountKind};
///
/// let account = Account::new("4f2kx9")
///     .with_username("ada")
///     .with_channel("7843", "Harborlight");
/// assert_eq!(account.kind, AccountKind::Channel);
/// assert_eq!(account.to_string(), "Harborlight");
/// assert_eq!(account.username.as_deref(), Some("ada"));
/// // Without a name, the id stands in for it.
/// assert_eq!(Account::new("4f2kx9").to_string(), "4f2kx9");
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
    ///
    /// # Examples
    ///
    /// Check that the URL in the settings belongs to the account that they
    /// name:
    ///
    /// ```
    /// use rumble_live::{Account, UserId};
    ///
    /// let shown = Account::new("4f2kx9").with_username("ada");
    /// let in_settings = UserId::from("4F2KX9");
    /// assert_eq!(shown.user_id, Some(in_settings));
    /// assert_eq!(shown.channel_id, None);
    /// ```
    #[must_use]
    pub fn new(user_id: impl Into<UserId>) -> Self {
        Self { kind: AccountKind::User, user_id: Some(user_id.into()), username: None, channel_id: None, channel_name: None }
    }

    /// Makes it the account of this channel, which belongs to the same user. It
    /// also sets [`kind`](Self::kind).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Account, Snapshot, time::OffsetDateTime};
    ///
    /// let account =
    ///     Account::new("4f2kx9").with_channel("7843", "Harborlight");
    /// let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
    ///     .account(account)
    ///     .build();
    /// let channel = snapshot.account().channel_id.as_ref();
    /// assert!(channel.is_some_and(|id| id == "7843"));
    /// assert!(snapshot.account().user_id.is_some());
    /// ```
    #[must_use]
    pub fn with_channel(self, id: impl Into<ChannelId>, name: impl Into<String>) -> Self {
        Self { kind: AccountKind::Channel, channel_id: Some(id.into()), channel_name: Some(name.into()), ..self }
    }
}

setters! { Account {
    /// Sets [`username`](Self::username).
    with_username(username: impl Into<String>) = Some(username.into());
} }

/// The kind of account that an API URL belongs to (`type`). `Display` and the
/// JSON form are the word of the wire. A word that this crate does not know is
/// kept in [`Other`](Self::Other).
///
/// # Examples
///
/// ```
/// use rumble_live::AccountKind;
///
/// let kind = AccountKind::from("channel".to_owned());
/// assert_eq!(kind, AccountKind::Channel);
/// let kind = AccountKind::from("team".to_owned());
/// assert_eq!(kind, AccountKind::Other("team".to_owned()));
/// assert_eq!(kind.as_str(), "team");
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
    /// The kind if the wire said nothing, or a word too long to be one.
    pub(super) fn not_said() -> Self {
        Self::Other(String::new())
    }

    /// The word of the wire, in its own spelling. Empty if it said nothing.
    /// Unlike `Display`, it does not escape characters that could break a line.
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
