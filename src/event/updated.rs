//! Changes to a livestream while it is on air.
//!
//! An update is a whole state plus the list of what changed in it. The setters
//! add to that list, so a field cannot change without being listed. The tracker
//! uses the same setters as a test does.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::snapshot::{OneLine, StreamId, Visibility};

/// A livestream changed while it was on air.
///
/// It comes only with
/// [`WatcherBuilder::stream_updates`](crate::WatcherBuilder::stream_updates),
/// because the number of viewers changes at almost every poll. One event holds
/// everything that changed from one answer to the next. A field that an answer
/// leaves out has not changed.
///
/// The fields hold the whole state, not only what changed; the list `changed`
/// names that. A field is `None` or empty until some answer has shown it.
///
/// It is a state, not an occurrence: it has no [`id`](crate::Event::id), and
/// you do not hear of a change that happens while no watcher runs. The first
/// state is in [`Watcher::snapshot`](crate::Watcher::snapshot).
///
/// # Examples
///
/// Report a new title, and leave the viewers to a gauge:
///
/// ```
/// use rumble_live::{StreamDetail, StreamUpdated, time::OffsetDateTime};
///
/// fn news(updated: &StreamUpdated) -> Option<String> {
///     let is_new = updated.changed.contains(&StreamDetail::Title);
///     is_new.then(|| format!("now: {}", updated.title))
/// }
///
/// let updated = StreamUpdated::new("7c1f4q", OffsetDateTime::UNIX_EPOCH)
///     .with_watching_now(12)
///     .with_likes(3);
/// assert_eq!(news(&updated), None);
/// assert_eq!(
///     updated.to_string(),
///     "[7c1f4q] updated: watching_now 12, likes 3"
/// );
/// let updated = updated.with_title("Night watch");
/// assert_eq!(news(&updated).as_deref(), Some("now: Night watch"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamUpdated {
    /// The livestream.
    pub stream: StreamId,
    /// What changed, each once, in the order of the fields below.
    pub changed: Vec<StreamDetail>,
    /// Its title now (`title`). Empty if no answer has shown one.
    pub title: String,
    /// How many people watch it now (`watching_now`).
    pub watching_now: Option<u64>,
    /// Likes now (`likes`).
    pub likes: Option<u64>,
    /// Dislikes now (`dislikes`).
    pub dislikes: Option<u64>,
    /// Who can see it now (`visibility`).
    pub visibility: Option<Visibility>,
    /// The server's clock in the answer that showed the change (`now`).
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
}

/// A field of a livestream that can change while it is on air. `Display` and
/// the JSON form are the wire's name of the field. The order is that of the
/// fields in [`StreamUpdated`].
///
/// # Examples
///
/// ```
/// use rumble_live::StreamDetail;
///
/// assert_eq!(StreamDetail::WatchingNow.to_string(), "watching_now");
/// assert_eq!(serde_json::json!(StreamDetail::Likes), "likes");
/// assert!(StreamDetail::Title < StreamDetail::Visibility);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamDetail {
    /// `title`
    Title,
    /// `watching_now`
    WatchingNow,
    /// `likes`
    Likes,
    /// `dislikes`
    Dislikes,
    /// `visibility`
    Visibility,
}

impl StreamUpdated {
    /// An update at this instant in which nothing has changed yet.
    /// [`with_title`](Self::with_title) and the other setters add what changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{StreamDetail, StreamUpdated, time::OffsetDateTime};
    ///
    /// let updated = StreamUpdated::new("7c1f4q", OffsetDateTime::UNIX_EPOCH);
    /// assert!(updated.changed.is_empty());
    /// let updated = updated.with_likes(9).with_dislikes(1);
    /// assert_eq!(
    ///     updated.changed,
    ///     [StreamDetail::Likes, StreamDetail::Dislikes]
    /// );
    /// assert_eq!((updated.likes, updated.watching_now), (Some(9), None));
    /// ```
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self {
            stream: stream.into(),
            changed: Vec::new(),
            title: String::new(),
            watching_now: None,
            likes: None,
            dislikes: None,
            visibility: None,
            at,
        }
    }

    /// Sets a new [`title`](Self::title), and adds it to the list `changed`.
    /// The list holds each field once, in its own order.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{StreamDetail, StreamUpdated, time::OffsetDateTime};
    ///
    /// let updated = StreamUpdated::new("7c1f4q", OffsetDateTime::UNIX_EPOCH)
    ///     .with_watching_now(12)
    ///     .with_title("Night watch")
    ///     .with_title("Night watch, part two");
    /// let expected = [StreamDetail::Title, StreamDetail::WatchingNow];
    /// assert_eq!(updated.changed, expected);
    /// assert_eq!(updated.title, "Night watch, part two");
    /// ```
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }.changed(StreamDetail::Title)
    }

    /// Sets a new number of [viewers](Self::watching_now), and adds it to the
    /// list `changed`.
    #[must_use]
    pub fn with_watching_now(self, watching_now: u64) -> Self {
        Self { watching_now: Some(watching_now), ..self }.changed(StreamDetail::WatchingNow)
    }

    /// Sets a new number of [`likes`](Self::likes), and adds it to the list
    /// `changed`.
    #[must_use]
    pub fn with_likes(self, likes: u64) -> Self {
        Self { likes: Some(likes), ..self }.changed(StreamDetail::Likes)
    }

    /// Sets a new number of [`dislikes`](Self::dislikes), and adds it to the
    /// list `changed`.
    #[must_use]
    pub fn with_dislikes(self, dislikes: u64) -> Self {
        Self { dislikes: Some(dislikes), ..self }.changed(StreamDetail::Dislikes)
    }

    /// Sets a new [`visibility`](Self::visibility), and adds it to the list
    /// `changed`.
    #[must_use]
    pub fn with_visibility(self, visibility: Visibility) -> Self {
        Self { visibility: Some(visibility), ..self }.changed(StreamDetail::Visibility)
    }

    /// Adds a field to the list, which stays sorted and holds each field once.
    fn changed(mut self, detail: StreamDetail) -> Self {
        if let Err(place) = self.changed.binary_search(&detail) {
            self.changed.insert(place, detail);
        }
        self
    }
}

impl fmt::Display for StreamUpdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] updated", self.stream)?;
        for (place, detail) in self.changed.iter().enumerate() {
            write!(f, "{} {detail} ", if place == 0 { ":" } else { "," })?;
            match detail {
                StreamDetail::Title => OneLine(&self.title).fmt(f)?,
                StreamDetail::WatchingNow => self.watching_now.unwrap_or_default().fmt(f)?,
                StreamDetail::Likes => self.likes.unwrap_or_default().fmt(f)?,
                StreamDetail::Dislikes => self.dislikes.unwrap_or_default().fmt(f)?,
                StreamDetail::Visibility => OneLine(self.visibility.as_ref().map_or("", Visibility::as_str)).fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for StreamDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Title => "title",
            Self::WatchingNow => "watching_now",
            Self::Likes => "likes",
            Self::Dislikes => "dislikes",
            Self::Visibility => "visibility",
        })
    }
}
