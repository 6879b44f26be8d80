//! How a run fares: what its lines on standard output are made of. What serves health or metrics reads the same.

use std::fmt::Display;

use time::OffsetDateTime;

/// What was stored so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events in the database.
    pub events: i64,
    /// The server's time of the newest snapshot; of a stream, when its server last answered.
    pub snapshot: Option<OffsetDateTime>,
    /// Why the newest events are not stored yet.
    pub trouble: Option<String>,
}

/// So many events, in words.
#[must_use]
pub fn events<N: Copy + Display + PartialEq + From<u8>>(count: N) -> String {
    counted(count, "event")
}

/// So many of what has this name, in words.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, name: &str) -> String {
    if count == N::from(1) { format!("1 {name}") } else { format!("{count} {name}s") }
}
