//! What time it is, for this machine or for a test.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock of the wall.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// This machine's.
    Machine,
    /// One that showed this at that moment, and runs with tokio's.
    Since(Timestamp, Instant),
}

impl Clock {
    /// One that shows this now.
    #[must_use]
    pub fn starting_at(timestamp: Timestamp) -> Self {
        Self::Since(timestamp, Instant::now())
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Machine => Timestamp::now(),
            Self::Since(timestamp, at) => add(*timestamp, at.elapsed()),
        }
    }
}

/// So much later, or the end of time.
#[must_use]
pub fn add(timestamp: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span).ok().and_then(|span| timestamp.checked_add(span).ok()).unwrap_or(Timestamp::MAX)
}

/// How long from one to the other; nothing where that is past.
#[must_use]
pub fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(from)).unwrap_or_default()
}
