//! What changes of a livestream while it is on air.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::snapshot::{OneLine, StreamId, Visibility};

/// A livestream changed while it was on air.
///
/// Told only where [`WatcherBuilder::stream_updates`](crate::WatcherBuilder::stream_updates) asks for it, since viewers come and go with every
/// poll. One event tells all that changed from one answer to the next. What an answer leaves out has not changed.
///
/// It tells a state, not an occurrence: it has no [`id`](crate::Event::id), and a change that happens while no watcher runs is not told.
/// [`Watcher::snapshot`](crate::Watcher::snapshot) has the state that is the first one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamUpdated {
    /// Which.
    pub stream: StreamId,
    /// What changed, each once, in the order of the fields below.
    pub changed: Vec<StreamDetail>,
    /// Its title now (`title`); empty where no answer has shown one.
    pub title: String,
    /// How many watch it now (`watching_now`).
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

/// What can change of a livestream that is on air. `Display` and the JSON form are the wire's name of the field.
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
    /// A livestream of which an answer of this instant shows nothing new yet; [`with_title`](Self::with_title) and so on add what changed.
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

    /// The same, with this new [`title`](Self::title).
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }.changed(StreamDetail::Title)
    }

    /// The same, with so many [viewers](Self::watching_now) now.
    #[must_use]
    pub fn with_watching_now(self, watching_now: u64) -> Self {
        Self { watching_now: Some(watching_now), ..self }.changed(StreamDetail::WatchingNow)
    }

    /// The same, with so many [`likes`](Self::likes) now.
    #[must_use]
    pub fn with_likes(self, likes: u64) -> Self {
        Self { likes: Some(likes), ..self }.changed(StreamDetail::Likes)
    }

    /// The same, with so many [`dislikes`](Self::dislikes) now.
    #[must_use]
    pub fn with_dislikes(self, dislikes: u64) -> Self {
        Self { dislikes: Some(dislikes), ..self }.changed(StreamDetail::Dislikes)
    }

    /// The same, with this new [`visibility`](Self::visibility).
    #[must_use]
    pub fn with_visibility(self, visibility: Visibility) -> Self {
        Self { visibility: Some(visibility), ..self }.changed(StreamDetail::Visibility)
    }

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
