//! How a chat is set up: its badges, the prices of rants and gifts, and what
//! may be written. It comes once for each connection and rarely changes.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{event::json, snapshot::Amount};

/// How a chat is set up (`config` in the wire's `init`). What the wire leaves
/// out is empty here.
///
/// [`Chat::ready`](crate::chat::Chat::ready) has it once the chat has
/// connected.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Author, Badge, ChatConfig, Icon};
///
/// /// The pictures to show beside an author's name.
/// fn pictures<'a>(config: &'a ChatConfig, author: &Author) -> Vec<&'a str> {
///     let badges = author.badges.iter().filter_map(|slug| config.badge(slug));
///     badges.filter_map(|badge| badge.picture(48)).collect()
/// }
///
/// let mut badge = Badge::default();
/// badge.slug = "moderator".into();
/// badge.icons = vec![Icon::new(48, "https://rumble.com/i/mod_48.png")];
/// let mut config = ChatConfig::default();
/// config.badges = vec![badge];
///
/// let mut author = Author::new("ada");
/// author.badges = vec!["moderator".into(), "of_tomorrow".into()];
/// assert_eq!(pictures(&config, &author), ["https://rumble.com/i/mod_48.png"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatConfig {
    /// All badges that somebody may wear, in the order of the wire (`badges`).
    /// At most 1,000.
    #[serde(default)]
    pub badges: Vec<Badge>,
    /// Whether rants can be bought (`rants.enable`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rants_enabled: Option<bool>,
    /// The prices of rants, in the order of the wire (`rants.levels`). A level
    /// without a price is left out. At most 1,000.
    #[serde(default)]
    pub rant_levels: Vec<RantLevel>,
    /// The most characters that a message may have (`message_length_max`): 200
    /// in every sample. It is not known whether the server counts bytes or
    /// characters. `None` if missing, which does not mean that there is no
    /// limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_length_max: Option<u64>,
    /// Whether the account can be subscribed to (`subscription.enable`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriptions_enabled: Option<bool>,
    /// The gifts on offer, in the order of the wire (`gifts.products`). An
    /// offer that lacks its price or its number is left out. At most 1,000.
    #[serde(default)]
    pub gift_offers: Vec<GiftOffer>,
}

impl ChatConfig {
    /// The badge with this slug, as found in
    /// [`Author::badges`](super::Author::badges). `None` if the chat does not
    /// list it; then there is no picture to show. Case matters.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim).open();
    ///     chat.next().await.transpose()?;
    ///
    ///     let config = &chat.ready().expect("the chat has begun").config;
    ///     let label =
    ///         |slug| config.badge(slug).map(|badge| badge.label.as_str());
    ///     assert_eq!(label("recurring_subscription"), Some("Subscriber"));
    ///     assert_eq!(label("of_tomorrow"), None);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn badge(&self, slug: &str) -> Option<&Badge> {
        self.badges.iter().find(|badge| badge.slug == slug)
    }

    /// The level that a rant of `amount` reaches: the most expensive one that
    /// costs no more than `amount`. Use it for the rant's colours. `None` if
    /// the rant is cheaper than every level, or if there are no levels.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Amount;
    /// use rumble_live::chat::{ChatConfig, RantLevel};
    ///
    /// let level = |dollars, background: &str| {
    ///     let mut level = RantLevel::default();
    ///     level.price = Amount::from_dollars(dollars);
    ///     level.background = background.into();
    ///     level
    /// };
    /// let mut config = ChatConfig::default();
    /// config.rant_levels = vec![level(1, "#4a69e2"), level(5, "#ff0000")];
    /// let background = |cents| {
    ///     let level = config.rant_level(Amount::from_cents(cents))?;
    ///     Some(level.background.as_str())
    /// };
    /// assert_eq!(background(499), Some("#4a69e2"));
    /// assert_eq!(background(500), Some("#ff0000"));
    /// assert_eq!(background(50), None);
    /// ```
    #[must_use]
    pub fn rant_level(&self, amount: Amount) -> Option<&RantLevel> {
        self.rant_levels.iter().filter(|level| level.price <= amount).max_by_key(|level| level.price)
    }
}

/// A badge that authors may wear (`config.badges`).
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Badge, Icon};
///
/// let mut badge = Badge::default();
/// badge.slug = "moderator".into();
/// badge.label = "Moderator".into();
/// badge.icons = vec![Icon::new(48, "https://rumble.com/i/mod_48.png")];
/// let shown = badge.picture(32).unwrap_or(&badge.label);
/// assert_eq!(shown, "https://rumble.com/i/mod_48.png");
///
/// badge.icons.clear();
/// assert_eq!(badge.picture(32).unwrap_or(&badge.label), "Moderator");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Badge {
    /// Its name on the wire, such as `moderator`. Authors and notices refer to
    /// it.
    pub slug: String,
    /// The name to show, in English (`label.en`). Empty if missing.
    pub label: String,
    /// Its pictures, smallest first (`icons`). May be empty. At most 16.
    #[serde(default)]
    pub icons: Vec<Icon>,
}

impl Badge {
    /// The address of the smallest picture that is at least `size` pixels wide,
    /// or of the largest one if none is. `None` if the badge has no pictures.
    ///
    /// It relies on [`icons`](Self::icons) being in order. Those that the chat
    /// sends are; sort your own.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::{Badge, Icon};
    ///
    /// let mut badge = Badge::default();
    /// assert_eq!(badge.picture(48), None);
    ///
    /// let small = Icon::new(48, "https://rumble.com/i/admin_48.png");
    /// let large = Icon::new(96, "https://rumble.com/i/admin_96.png");
    /// badge.icons = vec![small, large];
    /// assert_eq!(
    ///     badge.picture(48),
    ///     Some("https://rumble.com/i/admin_48.png")
    /// );
    /// assert_eq!(
    ///     badge.picture(64),
    ///     Some("https://rumble.com/i/admin_96.png")
    /// );
    /// assert_eq!(badge.picture(500), badge.picture(96));
    /// ```
    #[must_use]
    pub fn picture(&self, size: u32) -> Option<&str> {
        self.icons.iter().find(|icon| icon.size >= size).or(self.icons.last()).map(|icon| icon.url.as_str())
    }
}

/// A picture of a badge, in one size.
///
/// # Examples
///
/// A page for screens of any density lists all sizes:
///
/// ```
/// use rumble_live::chat::Icon;
///
/// let small = Icon::new(48, "https://rumble.com/i/admin_48.png");
/// let large = Icon::new(96, "https://rumble.com/i/admin_96.png");
/// let sources =
///     [small, large].map(|icon| format!("{} {}w", icon.url, icon.size));
/// assert_eq!(sources[1], "https://rumble.com/i/admin_96.png 96w");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Icon {
    /// The width and height in pixels. On the wire it is the key of the
    /// picture; one whose key is not a number is left out.
    pub size: u32,
    /// The complete address. The wire has a path on the site, which is resolved
    /// against [`Endpoints::site`](crate::Endpoints::site).
    pub url: String,
}

impl Icon {
    /// A picture of this size at this address, to build badges in tests.
    #[must_use]
    pub fn new(size: u32, url: impl Into<String>) -> Self {
        Self { size, url: url.into() }
    }
}

/// One price of rants (`config.rants.levels`): from this amount on, a rant is
/// shown for so long and in these colours.
///
/// The colours are text in CSS notation, as the wire has them: `#4a8f23`, but
/// also `white`. They are not checked, so escape them before they go into a
/// page.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::Amount;
/// use rumble_live::chat::RantLevel;
///
/// let mut level = RantLevel::default();
/// level.price = Amount::from_dollars(5);
/// level.duration = Duration::from_secs(300);
/// level.foreground = "white".into();
/// let RantLevel { price, duration, .. } = &level;
/// let offer = format!("{price} for {} minutes", duration.as_secs() / 60);
/// assert_eq!(offer, "$5.00 for 5 minutes");
/// assert!(level.background.is_empty(), "not sent");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RantLevel {
    /// What a rant of this level costs at least (`price_dollars`).
    #[serde(rename = "amount_cents")]
    pub price: Amount,
    /// How long the rant is shown above the chat (`duration`, in seconds). Zero
    /// if missing.
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
///
/// # Examples
///
/// ```
/// use rumble_live::Amount;
/// use rumble_live::chat::GiftOffer;
///
/// let mut offer = GiftOffer::default();
/// offer.price = Amount::from_dollars(25);
/// offer.total_gifts = 5;
/// let each = offer.price.cents().checked_div(offer.total_gifts);
/// assert_eq!(each.map(Amount::from_cents), Some(Amount::from_dollars(5)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GiftOffer {
    /// What it costs in all (`amount_cents`).
    #[serde(rename = "amount_cents")]
    pub price: Amount,
    /// How many subscriptions it gives (`total_gifts`).
    pub total_gifts: u64,
}
