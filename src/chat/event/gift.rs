//! Subscriptions bought for others, as an event. The same gift as part of a
//! message is a `GiftNotice`.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::Author;
use crate::snapshot::{ChannelId, OneLine, UserId};

/// Somebody bought subscriptions for others (`gift_purchased`), or they were
/// handed out (`gift_received`).
///
/// The wire gives a gift neither a time nor an id, and no field of it is known
/// that says who received the subscriptions. Two equal gifts by the same person
/// are two events.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::Gift;
///
/// /// Thanks the buyer. The number may be missing.
/// fn thanks(gift: &Gift) -> String {
///     match gift.total_gifts {
///         Some(1) => format!("thank you for the gift, {}", gift.buyer),
///         Some(total) => {
///             format!("thank you for {total} gifts, {}", gift.buyer)
///         }
///         None => format!("thank you, {}", gift.buyer),
///     }
/// }
///
/// let mut gift = Gift::new("ada", 5);
/// assert_eq!(thanks(&gift), "thank you for 5 gifts, ada");
/// gift.total_gifts = None;
/// assert_eq!(thanks(&gift), "thank you, ada");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Gift {
    /// Who bought them (`user_id`). If the record shows a channel with the
    /// buyer's id, the name and the picture are the channel's.
    pub buyer: Arc<Author>,
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
    /// The mark that the buyer's program gave it (`request_id`). A mark of more
    /// than 128 bytes is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Gift {
    /// A gift of `total_gifts` subscriptions, to build events in tests. Set the
    /// other fields as you need them.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::{ChatEvent, Gift};
    ///
    /// let mut gift = Gift::new("ada", 5);
    /// gift.gift_type = "premium".into();
    /// assert_eq!(gift.to_string(), "ada gave 5 subscriptions (premium)");
    /// let event = ChatEvent::GiftReceived(gift);
    /// assert_eq!(
    ///     event.to_string(),
    ///     "handed out: ada gave 5 subscriptions (premium)"
    /// );
    /// ```
    #[must_use]
    pub fn new(buyer: impl Into<Author>, total_gifts: u64) -> Self {
        Self { buyer: Arc::new(buyer.into()), total_gifts: Some(total_gifts), ..Self::default() }
    }
}

impl fmt::Display for Gift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.buyer)?;
        given(f, self.total_gifts, &self.gift_type)
    }
}

/// Writes what was given, in words that follow the buyer's name.
pub(super) fn given(f: &mut fmt::Formatter<'_>, total: Option<u64>, gift_type: &str) -> fmt::Result {
    match total {
        Some(1) => f.write_str("gave a subscription"),
        Some(total) => write!(f, "gave {total} subscriptions"),
        None => f.write_str("gave subscriptions"),
    }?;
    if gift_type.is_empty() { Ok(()) } else { write!(f, " ({})", OneLine(gift_type)) }
}
