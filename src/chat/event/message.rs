//! Lines of chat.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Author, MessageId};
use crate::snapshot::{Amount, ChannelId, OneLine, StreamId, UserId, utc};

/// A line of chat, paid or not (`messages[]`).
///
/// ```
/// use rumble_live::chat::{ChatMessage, Notice};
///
/// /// What to say in an alert, if the message deserves one.
/// fn alert(message: &ChatMessage) -> Option<String> {
///     let author = &message.author;
///     match (&message.rant, &message.notice) {
///         (Some(rant), _) => Some(format!("{author} paid {}: {}", rant.amount, message.text)),
///         (None, Some(Notice::Subscription(notice))) => Some(format!("{author}: {}", notice.text)),
///         (None, Some(Notice::Gift(gift))) => Some(format!("{author} gave {} subscriptions", gift.total_gifts?)),
///         _ => None,
///     }
/// }
///
/// let message = ChatMessage::new("1", "7c1f4q", "ada", "hi");
/// assert_eq!(alert(&message), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// The message's id (`id`).
    pub id: MessageId,
    /// The livestream that this chat belongs to.
    pub stream: StreamId,
    /// Who wrote it (`user_id`, `channel_id`), as far as known when it came.
    pub author: Arc<Author>,
    /// The text as it was sent (`text`, or `blocks` if that is empty). Emotes
    /// stay as `:r+name:` or `:name:`; see [`parts`](Self::parts). It may be
    /// empty, most often if there is a [`notice`](Self::notice).
    pub text: String,
    /// When it was sent (`time`). The wire has whole seconds today.
    #[serde(with = "utc")]
    pub sent_at: OffsetDateTime,
    /// What was paid for it (`rant`). `None` for a message that is not a rant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rant: Option<ChatRant>,
    /// What it announces besides its text (`notification`,
    /// `gift_purchase_notification`, `raid_notification`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The kind of message (`type`); `None` for an ordinary one. No other value
    /// is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The mark that the sender's program gave it, to recognise its own message
    /// (`request_id`). Messages of a backlog have none. A mark of more than 128
    /// bytes is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ChatMessage {
    /// An ordinary message sent at the Unix epoch, to build events in tests.
    /// Set the other fields as you need them.
    ///
    /// ```
    /// use rumble_live::chat::ChatMessage;
    ///
    /// let message = ChatMessage::new("1", "7c1f4q", "ada", "hi");
    /// assert_eq!(message.to_string(), "[7c1f4q] ada: hi");
    /// ```
    #[must_use]
    pub fn new(id: impl Into<MessageId>, stream: impl Into<StreamId>, author: impl Into<Author>, text: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            stream: stream.into(),
            author: Arc::new(author.into()),
            text: text.into(),
            sent_at: OffsetDateTime::UNIX_EPOCH,
            rant: None,
            notice: None,
            kind: None,
            request_id: None,
        }
    }
}

/// What makes a message a rant (`rant`).
///
/// ```
/// use rumble_live::{Amount, chat::{ChatMessage, ChatRant}};
///
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "for the boat fund");
/// message.rant = Some(ChatRant::new(Amount::from_cents(500)));
/// assert_eq!(message.to_string(), "[7c1f4q] ada ranted $5.00: for the boat fund");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatRant {
    /// What was paid (`price_cents`). Zero if missing.
    #[serde(rename = "amount_cents")]
    pub amount: Amount,
    /// Until when it is shown above the chat (`expires_on`, or else the time it
    /// was sent plus `duration`).
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OffsetDateTime>,
}

impl ChatRant {
    /// A rant of this amount, to build events in tests.
    #[must_use]
    pub fn new(amount: Amount) -> Self {
        Self { amount, expires_on: None }
    }
}

/// What a message announces besides its text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Notice {
    /// The author subscribed, or has been subscribed for some months
    /// (`notification`).
    Subscription(SubscriptionNotice),
    /// The author bought subscriptions for others
    /// (`gift_purchase_notification`).
    Gift(GiftNotice),
    /// The author comes in with the viewers of another stream
    /// (`raid_notification`).
    Raid(RaidNotice),
}

/// What a message says about its author's subscription.
///
/// ```
/// use rumble_live::chat::{ChatMessage, Notice, SubscriptionNotice};
///
/// let mut notice = SubscriptionNotice::default();
/// notice.text = "6 month subscriber".into();
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "still here");
/// message.notice = Some(Notice::Subscription(notice));
/// assert_eq!(message.to_string(), "[7c1f4q] ada (6 month subscriber): still here");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionNotice {
    /// The badge that goes with it, such as `recurring_subscription` (`badge`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// Rumble's own words in English, such as `6 month subscriber` (`text`).
    pub text: String,
}

/// What a message says about a gift from its author.
///
/// ```
/// use rumble_live::chat::GiftNotice;
///
/// let mut notice = GiftNotice::default();
/// notice.total_gifts = Some(5);
/// assert_eq!(notice.to_string(), "gave 5 subscriptions");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GiftNotice {
    /// `premium` for Rumble Premium, anything else for subscriptions to the
    /// channel (`gift_type`). Empty if missing.
    pub gift_type: String,
    /// How many subscriptions (`total_gifts`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_gifts: Option<u64>,
    /// The user who streams, for whom it was bought (`creator_user_id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator_user_id: Option<UserId>,
    /// The channel it was bought for; `None` for the user's profile
    /// (`creator_channel_id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creator_channel_id: Option<ChannelId>,
}

/// What a message says about a raid that arrives here.
///
/// ```
/// use rumble_live::chat::{ChatMessage, Notice, RaidNotice};
///
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "ahoy from the night shift");
/// message.notice = Some(Notice::Raid(RaidNotice::default()));
/// assert_eq!(message.to_string(), "[7c1f4q] ada (raids): ahoy from the night shift");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidNotice {
    /// When the raid began (`start_ts`).
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<OffsetDateTime>,
}

impl fmt::Display for ChatMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.stream, self.author)?;
        if let Some(rant) = &self.rant {
            write!(f, " ranted {}", rant.amount)?;
        }
        if let Some(notice) = &self.notice {
            write!(f, " ({notice})")?;
        }
        write!(f, ": {}", OneLine(&self.text))
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(notice) => notice.fmt(f),
            Self::Gift(notice) => notice.fmt(f),
            Self::Raid(notice) => notice.fmt(f),
        }
    }
}

impl fmt::Display for SubscriptionNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.is_empty() { f.write_str("subscriber") } else { OneLine(&self.text).fmt(f) }
    }
}

impl fmt::Display for GiftNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::gift::given(f, self.total_gifts, &self.gift_type)
    }
}

impl fmt::Display for RaidNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("raids")
    }
}
