//! Livestreams.
//!
//! The keys for broadcasting, which the wire has beside the rest, have no field
//! here, so that no snapshot can leak them. Everything except the id is
//! optional on the wire. Numbers stay optional in the public type, because "not
//! said" is not zero.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    chat::{Message, Rant, RecentChat},
    id::StreamId,
    instant::utc,
    one_line::OneLine,
    setters::setters,
    window::Window,
};

/// A livestream that the account lists (`livestreams[]`), with the newest lines
/// of its chat.
///
/// It is a state at the moment of the snapshot. For starts, ends and changes,
/// take the events of a watcher. The account may list livestreams that have not
/// begun or are over; ask [`is_live`](Self::is_live).
///
/// Its `stream_key` and `server_url` are secrets of the broadcaster, so this
/// crate does not read them.
///
/// `Display` is the id and the title on one line.
///
/// # Examples
///
/// ```
/// use rumble_live::Livestream;
///
/// let stream = Livestream::new("7c1f4q", "Harbour lights")
///     .with_watching_now(41)
///     .with_likes(3)
///     .with_dislikes(1);
/// assert!(stream.is_live());
/// assert_eq!(stream.watching_now, Some(41));
/// assert_eq!(stream.like_ratio(), Some(0.75));
/// assert_eq!(stream.to_string(), "[7c1f4q] Harbour lights");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Livestream {
    /// The id (`id`).
    #[doc(alias = "stream_id")]
    #[doc(alias = "stream_id_b36")]
    pub id: StreamId,
    /// The title (`title`). Empty if missing.
    #[serde(default)]
    pub title: String,
    /// When it was created, with the offset that the wire sent (`created_on`).
    #[serde(with = "utc::option", default)]
    pub created_on: Option<OffsetDateTime>,
    /// When it is or was scheduled to start (`scheduled_on`).
    #[serde(with = "utc::option", default)]
    pub scheduled_on: Option<OffsetDateTime>,
    /// Whether the wire says that it is on air (`is_live`). `None` if it says
    /// nothing. In most cases use the method [`is_live`](Self::is_live)
    /// instead.
    #[serde(rename = "is_live")]
    pub live: Option<bool>,
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
    /// How many people watch now (`watching_now`). `None` means that the wire
    /// does not say, not zero.
    pub watching_now: Option<u64>,
    /// Its chat (`chat`).
    #[serde(default)]
    pub chat: RecentChat,
}

impl Livestream {
    /// A livestream that is on air, with an empty chat. Nothing else is known
    /// about it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Livestream, time::OffsetDateTime};
    ///
    /// let planned = Livestream::new("7c1f4q", "Harbour lights")
    ///     .with_live(false)
    ///     .with_scheduled_on(OffsetDateTime::UNIX_EPOCH);
    /// assert!(!planned.is_live());
    /// assert_eq!(planned.watching_now, None);
    /// assert!(planned.chat.recent_messages.is_empty());
    /// ```
    #[must_use]
    pub fn new(id: impl Into<StreamId>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            created_on: None,
            scheduled_on: None,
            live: Some(true),
            visibility: None,
            primary_category: None,
            secondary_category: None,
            likes: None,
            dislikes: None,
            watching_now: None,
            chat: RecentChat::new([], []),
        }
    }

    /// Sets the messages in its chat, and their `stream` to this livestream. It
    /// replaces the messages that were there.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Livestream, Message};
    ///
    /// let stream = Livestream::new("7c1f4q", "Harbour lights")
    ///     .with_messages([Message::new("", "ada", "hi")]);
    /// let message = &stream.chat.recent_messages[0];
    /// assert_eq!(message.stream, stream.id);
    /// ```
    #[must_use]
    pub fn with_messages(mut self, messages: impl Into<Window<Message>>) -> Self {
        self.chat.recent_messages = messages.into();
        self.chat.set_stream(&self.id);
        self
    }

    /// Sets the rants in its chat, and their `stream` to this livestream. It
    /// replaces the rants that were there.
    ///
    /// # Examples
    ///
    /// What the rants that the list shows add up to:
    ///
    /// ```
    /// use rumble_live::{Amount, Livestream, Rant};
    ///
    /// let rant =
    ///     |cents| Rant::new("", "ada", Amount::from_cents(cents), "ahoy");
    /// let stream = Livestream::new("7c1f4q", "Harbour lights")
    ///     .with_rants([rant(500), rant(250)]);
    /// let rants = stream.chat.recent_rants.iter();
    /// let total: Amount = rants.map(|rant| rant.amount).sum();
    /// assert_eq!(total.to_string(), "$7.50");
    /// ```
    #[must_use]
    pub fn with_rants(mut self, rants: impl Into<Window<Rant>>) -> Self {
        self.chat.recent_rants = rants.into();
        self.chat.set_stream(&self.id);
        self
    }

    /// Whether it is on air. False if the wire does not say; see
    /// [`live`](Self::live).
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live == Some(true)
    }

    /// Its categories, the primary one first (`categories`). There are at most
    /// two, and often none.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Category, Livestream};
    ///
    /// let stream = Livestream::new("7c1f4q", "Harbour lights")
    ///     .with_primary_category(Category::new("science", "Science"))
    ///     .with_secondary_category(Category::new("diy", "DIY"));
    /// let titles: Vec<_> =
    ///     stream.categories().map(ToString::to_string).collect();
    /// assert_eq!(titles.join(", "), "Science, DIY");
    /// ```
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.primary_category.iter().chain(&self.secondary_category)
    }

    /// The share of likes among all votes, from 0.0 to 1.0. `None` if there are
    /// no votes or one of the counts is missing.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Livestream;
    ///
    /// let stream = Livestream::new("7c1f4q", "Harbour lights");
    /// assert_eq!(stream.like_ratio(), None);
    ///
    /// let stream = stream.with_likes(9).with_dislikes(1);
    /// let text = stream.like_ratio().map(|it| format!("{:.0} %", it * 100.0));
    /// assert_eq!(text.as_deref(), Some("90 %"));
    /// ```
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "votes beyond 2^53 do not exist")]
    pub fn like_ratio(&self) -> Option<f64> {
        let likes = self.likes? as f64;
        let votes = likes + self.dislikes? as f64;
        (votes > 0.0).then(|| likes / votes)
    }
}

setters! { Livestream {
    /// Sets whether it is on air ([`live`](Self::live)).
    with_live(live: bool) = Some(live);
    /// Sets [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = Some(created_on);
    /// Sets [`scheduled_on`](Self::scheduled_on).
    with_scheduled_on(scheduled_on: OffsetDateTime) = Some(scheduled_on);
    /// Sets [`visibility`](Self::visibility).
    with_visibility(visibility: Visibility) = Some(visibility);
    /// Sets [`primary_category`](Self::primary_category).
    with_primary_category(primary_category: Category) = Some(primary_category);
    /// Sets [`secondary_category`](Self::secondary_category).
    with_secondary_category(secondary_category: Category) = Some(secondary_category);
    /// Sets the number of [`likes`](Self::likes).
    with_likes(likes: u64) = Some(likes);
    /// Sets the number of [`dislikes`](Self::dislikes).
    with_dislikes(dislikes: u64) = Some(dislikes);
    /// Sets the number of viewers ([`watching_now`](Self::watching_now)).
    with_watching_now(watching_now: u64) = Some(watching_now);
} }

impl fmt::Display for Livestream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.id, OneLine(&self.title))
    }
}

/// Who can see a livestream (`visibility`). `Display` and the JSON form are the
/// word of the wire. A word that this crate does not know is kept in
/// [`Other`](Self::Other).
///
/// # Examples
///
/// A bot announces a livestream only if everybody can see it:
///
/// ```
/// use rumble_live::{Livestream, Visibility};
///
/// let stream = Livestream::new("7c1f4q", "Harbour lights")
///     .with_visibility(Visibility::Unlisted);
/// let is_for_all = stream.visibility == Some(Visibility::Public);
/// assert!(!is_for_all);
///
/// let paid = Visibility::from("paid".to_owned());
/// assert_eq!(paid, Visibility::Other("paid".to_owned()));
/// assert_eq!(paid.as_str(), "paid");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Anybody who has the link.
    Unlisted,
    /// Only the account itself.
    Private,
    /// Another word of the wire.
    Other(String),
}

impl Visibility {
    /// The word of the wire, in its own spelling. Unlike `Display`, it does not
    /// escape characters that could break a line.
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
        OneLine(self.as_str()).fmt(f)
    }
}

/// A category of a livestream. `Display` is the title, or the slug if there is
/// no title. Compare categories by slug, and show the title.
///
/// # Examples
///
/// ```
/// use rumble_live::Category;
///
/// let science = Category::new("science", "Science");
/// assert_eq!(science.to_string(), "Science");
/// assert_eq!(Category::new("diy", "").to_string(), "diy");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
#[doc(alias = "StreamCategory")]
pub struct Category {
    /// The name in URLs (`slug`).
    pub slug: String,
    /// The name for people (`title`). Empty if missing.
    #[serde(default)]
    pub title: String,
}

impl Category {
    /// A category with this slug and this title.
    #[must_use]
    pub fn new(slug: impl Into<String>, title: impl Into<String>) -> Self {
        Self { slug: slug.into(), title: title.into() }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        OneLine(if self.title.is_empty() { &self.slug } else { &self.title }).fmt(f)
    }
}
