//! Events as a bot's own tests build them.

use std::time::Duration;

use time::OffsetDateTime;

use super::{Gap, Interrupted, Lagged, ListKind, Resumed, StreamEnded, StreamStarted, Unreadable};
use crate::{
    error::ErrorKind,
    snapshot::{StreamId, setters},
};

impl StreamStarted {
    /// A livestream that an answer of this instant showed live, and the one before did not. It has no title.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self { stream: stream.into(), title: String::new(), created_on: None, already_live: false, at }
    }
}

setters! { StreamStarted {
    /// The same with this [`title`](Self::title).
    with_title(title: impl Into<String>) = title.into();
    /// The same with this [`created_on`](Self::created_on).
    with_created_on(created_on: OffsetDateTime) = Some(created_on);
    /// The same, live [already](Self::already_live) before the watcher could see it begin, or not.
    with_already_live(already_live: bool) = already_live;
} }

impl StreamEnded {
    /// A livestream whose end an answer of this instant told, which was also the last one that showed it.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>, at: OffsetDateTime) -> Self {
        Self { stream: stream.into(), last_seen: at, at }
    }
}

setters! { StreamEnded {
    /// The same with this [`last_seen`](Self::last_seen).
    with_last_seen(last_seen: OffsetDateTime) = last_seen;
} }

impl Gap {
    /// Some of a list may have been lost before this instant.
    #[must_use]
    pub fn new(list: ListKind, until: OffsetDateTime) -> Self {
        Self { list, stream: None, since: None, until, at_least: None }
    }
}

setters! { Gap {
    /// The same in the chat of this [`stream`](Self::stream).
    with_stream(stream: impl Into<StreamId>) = Some(stream.into());
    /// The same with this [`since`](Self::since).
    with_since(since: OffsetDateTime) = Some(since);
    /// The same with this [`at_least`](Self::at_least).
    with_at_least(at_least: u64) = Some(at_least);
} }

impl Unreadable {
    /// So many items of a list cannot be read.
    #[must_use]
    pub fn new(list: ListKind, count: usize) -> Self {
        Self { list, stream: None, count }
    }
}

setters! { Unreadable {
    /// The same in the chat of this [`stream`](Self::stream).
    with_stream(stream: impl Into<StreamId>) = Some(stream.into());
} }

impl Interrupted {
    /// One poll failed, and the next will be made at once.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), failures: 1, retry_in: Duration::ZERO }
    }
}

setters! { Interrupted {
    /// The same with so many [`failures`](Self::failures) in a row.
    with_failures(failures: u32) = failures;
    /// The same with this [`retry_in`](Self::retry_in).
    with_retry_in(retry_in: Duration) = retry_in;
} }

impl Resumed {
    /// Polling is back after this time, in which so many polls failed.
    #[must_use]
    pub fn new(away: Duration, failures: u32) -> Self {
        Self { away, failures }
    }
}

impl Lagged {
    /// A reader lost so many events.
    #[must_use]
    pub fn new(missed: u64) -> Self {
        Self { missed }
    }
}
