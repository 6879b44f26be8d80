//! How a run fares: what its lines on standard output are made of. What serves health or metrics reads the same.

use time::OffsetDateTime;

/// What was stored so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events of this run.
    pub new: i64,
    /// Events in the database.
    pub events: i64,
    /// Polls in the database.
    pub polls: i64,
    /// The server's time of the newest snapshot.
    pub snapshot: Option<OffsetDateTime>,
    /// Why the newest events are not stored yet.
    pub trouble: Option<String>,
}

/// So many events, in words.
#[must_use]
pub fn events(count: i64) -> String {
    if count == 1 { "1 event".into() } else { format!("{count} events") }
}
