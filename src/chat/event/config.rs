//! How a chat is set up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{event::json, snapshot::Amount};

/// How a chat is set up (`config` in the wire's `init`). What the wire leaves
/// out is empty here.
///
/// ```
/// use rumble_live::chat::{ChatMessage, ChatReady};
///
/// /// The pictures to show beside an author's name.
/// fn badges(ready: &ChatReady, message: &ChatMessage) -> Vec<String> {
///     let badges = message.author.badges.iter().filter_map(|slug| ready.config.badge(slug));
///     badges.filter_map(|badge| badge.picture(48)).map(Into::into).collect()
/// }
///
/// assert!(badges(&ChatReady::new("7c1f4q"), &ChatMessage::new("1", "7c1f4q", "ada", "hi")).is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatConfig {
    /// All badges that somebody may wear, in the order of the wire (`badges`).
    #[serde(default)]
    pub badges: Vec<Badge>,
    /// Whether rants can be bought (`rants.enable`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rants_enabled: Option<bool>,
    /// The prices of rants, in the order of the wire (`rants.levels`).
    #[serde(default)]
    pub rant_levels: Vec<RantLevel>,
    /// The most characters that a message may have (`message_length_max`): 200
    /// in every sample. It is not known whether the server counts bytes or
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_length_max: Option<u64>,
    /// Whether the account can be subscribed to (`subscription.enable`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions_enabled: Option<bool>,
    /// The gifts on offer, in the order of the wire (`gifts.products`).
    #[serde(default)]
    pub gift_offers: Vec<GiftOffer>,
}

impl ChatConfig {
    /// The badge with this slug, as found in
    /// [`Author::badges`](super::Author::badges).
    #[must_use]
    pub fn badge(&self, slug: &str) -> Option<&Badge> {
        self.badges.iter().find(|badge| badge.slug == slug)
    }

    /// The level that a rant of `amount` reaches: the most expensive one that
    /// costs no more than `amount`. Use it for the rant's colours.
    ///
    /// ```
    /// use rumble_live::{Amount, chat::{ChatConfig, RantLevel}};
    ///
    /// let level = |cents, background: &str| {
    ///     let mut level = RantLevel::default();
    ///     level.price = Amount::from_cents(cents);
    ///     level.background = background.into();
    ///     level
    /// };
    /// let mut config = ChatConfig::default();
    /// config.rant_levels = vec![level(100, "#4a69e2"), level(500, "#ff0000")];
    /// let background = |cents| config.rant_level(Amount::from_cents(cents)).map(|level| level.background.as_str());
    /// assert_eq!(background(499), Some("#4a69e2"));
    /// assert_eq!(background(50), None);
    /// ```
    #[must_use]
    pub fn rant_level(&self, amount: Amount) -> Option<&RantLevel> {
        self.rant_levels.iter().filter(|level| level.price <= amount).max_by_key(|level| level.price)
    }
}

/// A badge (`config.badges`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Badge {
    /// Its name on the wire, such as `moderator`.
    pub slug: String,
    /// The name to show, in English (`label.en`). Empty if missing.
    pub label: String,
    /// Its pictures, smallest first (`icons`).
    #[serde(default)]
    pub icons: Vec<Icon>,
}

impl Badge {
    /// The address of the smallest picture that is at least `size` pixels wide,
    /// or of the largest one if none is. `None` if the badge has no pictures.
    ///
    /// ```
    /// use rumble_live::chat::{Badge, Icon};
    ///
    /// let mut badge = Badge::default();
    /// badge.icons = vec![Icon::new(48, "https://rumble.com/i/badges/admin_48.png"), Icon::new(96, "https://rumble.com/i/badges/admin_96.png")];
    /// assert_eq!(badge.picture(48), Some("https://rumble.com/i/badges/admin_48.png"));
    /// assert_eq!(badge.picture(64), Some("https://rumble.com/i/badges/admin_96.png"));
    /// assert_eq!(badge.picture(500), badge.picture(96));
    /// ```
    #[must_use]
    pub fn picture(&self, size: u32) -> Option<&str> {
        self.icons.iter().find(|icon| icon.size >= size).or(self.icons.last()).map(|icon| icon.url.as_str())
    }
}

/// A picture of a badge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Icon {
    /// The width and height in pixels.
    pub size: u32,
    /// The complete address. The wire has a path on the site.
    pub url: String,
}

impl Icon {
    /// A picture of this size at this address.
    #[must_use]
    pub fn new(size: u32, url: impl Into<String>) -> Self {
        Self { size, url: url.into() }
    }
}

/// One price of rants (`config.rants.levels`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RantLevel {
    /// What a rant of this level costs (`price_dollars`).
    #[serde(rename = "amount_cents")]
    pub price: Amount,
    /// How long the rant is shown above the chat (`duration`, in seconds).
    #[serde(rename = "duration_seconds", with = "json::seconds")]
    pub duration: Duration,
    /// The colour of its text, in CSS notation (`colors.fg`). All three colours
    /// are empty if missing.
    pub foreground: String,
    /// The colour of its body (`colors.main`).
    pub background: String,
    /// The colour of its head (`colors.bg2`).
    pub head_background: String,
}

/// A gift that can be bought (`config.gifts.products`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GiftOffer {
    /// What it costs (`amount_cents`).
    #[serde(rename = "amount_cents")]
    pub price: Amount,
    /// How many subscriptions it gives (`total_gifts`).
    pub total_gifts: u64,
}
