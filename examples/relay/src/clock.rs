//! The time, of this machine or of a test.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A wall clock.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// This machine's clock.
    Machine,
    /// A clock that showed this time at that moment, and runs with tokio's.
    Since(Timestamp, Instant),
}

impl Clock {
    /// A clock that shows this time now.
    #[must_use]
    pub fn starting_at(timestamp: Timestamp) -> Self {
        Self::Since(timestamp, Instant::now())
    }

    /// The time that it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Machine => Timestamp::now(),
            Self::Since(timestamp, at) => add(*timestamp, at.elapsed()),
        }
    }
}

/// The time this much later, or the end of time.
#[must_use]
pub fn add(timestamp: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|span| timestamp.checked_add(span).ok()).unwrap_or(Timestamp::MAX)
}

/// The time from one to the other. Zero if that is in the past.
#[must_use]
pub fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(from)).unwrap_or_default()
}
