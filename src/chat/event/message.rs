//! Lines of chat: what a message is, what was paid for it, and what it
//! announces.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Author, MessageId};
use crate::snapshot::{Amount, ChannelId, OneLine, StreamId, UserId, utc};

/// A line of chat, paid or not (`messages[]`).
///
/// It is the only form in which a rant, a subscription and an incoming raid
/// come: as [`rant`](Self::rant) and [`notice`](Self::notice) of a message. A
/// message that is neither has both `None`.
///
/// `Display` is one line with the livestream, the author, the amount of a rant
/// and the notice.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatMessage, GiftNotice, Notice};
///
/// /// What to say in an alert, if the message deserves one.
/// fn alert(message: &ChatMessage) -> Option<String> {
///     let author = &message.author;
///     match (&message.rant, &message.notice) {
///         (Some(rant), _) => Some(format!("{author} paid {}", rant.amount)),
///         (None, Some(notice)) => Some(format!("{author}: {notice}")),
///         (None, None) => None,
///     }
/// }
///
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "hi");
/// assert_eq!(alert(&message), None);
///
/// let mut gift = GiftNotice::default();
/// gift.total_gifts = Some(5);
/// message.notice = Some(Notice::Gift(gift));
/// assert_eq!(alert(&message).as_deref(), Some("ada: gave 5 subscriptions"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// The message's id (`id`). Deletions refer to it, and a session deletes
    /// and pins by it.
    pub id: MessageId,
    /// The livestream that this chat belongs to.
    pub stream: StreamId,
    /// Who wrote it (`user_id`, `channel_id`), as far as known when it came.
    /// Cloning a message copies no author. If the same user changes later, only
    /// later messages show it.
    pub author: Arc<Author>,
    /// The text as it was sent (`text`, or `blocks` if that is empty). Emotes
    /// stay as `:r+name:` or `:name:`; see [`parts`](Self::parts). It may be
    /// empty, most often if there is a [`notice`](Self::notice).
    pub text: String,
    /// When it was sent (`time`), by the server's clock. The wire has whole
    /// seconds today, so many messages of a busy chat have the same.
    #[serde(with = "utc")]
    pub sent_at: OffsetDateTime,
    /// What was paid for it (`rant`). `None` for a message that is not a rant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rant: Option<ChatRant>,
    /// What it announces besides its text (`notification`,
    /// `gift_purchase_notification`, `raid_notification`). If the wire has
    /// several, a gift comes before a raid, and a raid before a subscription.
    ///
    /// `None` too if it announces a gift that a
    /// [`ChatEvent::Gift`](super::ChatEvent::Gift) has told just before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The kind of message (`type`); `None` for an ordinary one. No other value
    /// is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The mark that the sender's program gave it, to recognise its own message
    /// (`request_id`). Messages of a backlog have none, so a message of your
    /// own that you get after a reconnect cannot be recognised by it. A mark of
    /// more than 128 bytes is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl ChatMessage {
    /// An ordinary message sent at the Unix epoch, to build events in tests.
    /// Set the other fields as you need them.
    ///
    /// The author may be a name, or an [`Author`] with an id, a colour and
    /// badges.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::{Author, ChatMessage};
    ///
    /// let message = ChatMessage::new("1", "7c1f4q", "ada", "hi");
    /// assert_eq!(message.to_string(), "[7c1f4q] ada: hi");
    /// assert_eq!(message.sent_at.unix_timestamp(), 0);
    ///
    /// let mut moderator = Author::new("bob");
    /// moderator.badges = vec!["moderator".into()];
    /// let message = ChatMessage::new("2", "7c1f4q", moderator, "!slow");
    /// assert!(message.author.is_moderator());
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
/// # Examples
///
/// ```
/// use rumble_live::Amount;
/// use rumble_live::chat::{ChatMessage, ChatRant};
///
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "for the boat");
/// message.rant = Some(ChatRant::new(Amount::from_cents(500)));
/// assert_eq!(message.to_string(), "[7c1f4q] ada ranted $5.00: for the boat");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatRant {
    /// What was paid (`price_cents`), in US dollars. Zero if missing, so that a
    /// rant whose amount cannot be read is still a rant.
    #[serde(rename = "amount_cents")]
    pub amount: Amount,
    /// Until when it is shown above the chat (`expires_on`, or else the time it
    /// was sent plus `duration`), by the server's clock. `None` if the wire has
    /// neither. Nothing comes when it is over.
    #[serde(with = "utc::option", default, skip_serializing_if = "Option::is_none")]
    pub expires_on: Option<OffsetDateTime>,
}

impl ChatRant {
    /// A rant of this amount, to build events in tests. It has no
    /// [`expires_on`](Self::expires_on).
    ///
    /// # Examples
    ///
    /// Show a rant for as long as the chat would:
    ///
    /// ```
    /// use rumble_live::Amount;
    /// use rumble_live::chat::{ChatMessage, ChatRant};
    /// use rumble_live::time::Duration;
    ///
    /// let mut message =
    ///     ChatMessage::new("1", "7c1f4q", "ada", "for the boat");
    /// let mut rant = ChatRant::new(Amount::from_dollars(5));
    /// assert_eq!(rant.expires_on, None);
    ///
    /// rant.expires_on = Some(message.sent_at + Duration::minutes(5));
    /// message.rant = Some(rant);
    /// let end = message.rant.as_ref().and_then(|rant| rant.expires_on);
    /// let shown_for = end.map(|end| end - message.sent_at);
    /// assert_eq!(shown_for, Some(Duration::seconds(300)));
    /// ```
    #[must_use]
    pub fn new(amount: Amount) -> Self {
        Self { amount, expires_on: None }
    }
}

/// What a message announces besides its text.
///
/// `Display` is a few words that follow the author's name, such as `gave 5
/// subscriptions`. The JSON form is an object with `type` and the fields of the
/// kind.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Notice, RaidNotice, SubscriptionNotice};
///
/// /// The picture for an alert. Kinds that come later get a plain one.
/// fn picture(notice: &Notice) -> &'static str {
///     match notice {
///         Notice::Subscription(_) => "heart.png",
///         Notice::Gift(_) => "present.png",
///         Notice::Raid(_) => "ship.png",
///         _ => "bell.png",
///     }
/// }
///
/// let raid = Notice::Raid(RaidNotice::default());
/// assert_eq!(
///     (picture(&raid), raid.to_string().as_str()),
///     ("ship.png", "raids")
/// );
/// let subscription = Notice::Subscription(SubscriptionNotice::default());
/// assert_eq!(picture(&subscription), "heart.png");
/// ```
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
/// It has no amount and no dates. It also comes from somebody who has been
/// subscribed for months, so do not take each one for a new subscription.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatMessage, Notice, SubscriptionNotice};
///
/// let mut notice = SubscriptionNotice::default();
/// assert_eq!(notice.to_string(), "subscriber");
///
/// notice.text = "6 month subscriber".into();
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "hi");
/// message.notice = Some(Notice::Subscription(notice));
/// assert_eq!(message.to_string(), "[7c1f4q] ada (6 month subscriber): hi");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionNotice {
    /// The slug of the badge that goes with it, such as
    /// `recurring_subscription` (`badge`); see
    /// [`ChatConfig::badge`](super::ChatConfig::badge).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// Rumble's own words in English, such as `6 month subscriber` (`text`).
    /// Empty if missing.
    pub text: String,
}

/// What a message says about a gift from its author.
///
/// The chat may also announce the same gift by a
/// [`ChatEvent::Gift`](super::ChatEvent::Gift). If they come close together,
/// you get only the first of the two. So alert on both.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::GiftNotice;
///
/// let mut notice = GiftNotice::default();
/// assert_eq!(notice.to_string(), "gave subscriptions");
/// notice.total_gifts = Some(5);
/// notice.gift_type = "premium".into();
/// assert_eq!(notice.to_string(), "gave 5 subscriptions (premium)");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GiftNotice {
    /// `premium` for Rumble Premium, anything else for subscriptions to the
    /// channel (`gift_type`). Empty if missing.
    pub gift_type: String,
    /// How many subscriptions (`total_gifts`). `None` if missing.
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

/// What a message says about a raid that arrives here. The message's author is
/// the streamer who raids. It does not say how many viewers come along.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatMessage, Notice, RaidNotice};
///
/// let mut message = ChatMessage::new("1", "7c1f4q", "ada", "ahoy");
/// message.notice = Some(Notice::Raid(RaidNotice::default()));
/// assert_eq!(message.to_string(), "[7c1f4q] ada (raids): ahoy");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RaidNotice {
    /// When the raid began (`start_ts`), by the server's clock.
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
