//! The progress of a run, for its lines on standard output and for health and
//! metrics.

use std::fmt::Display;

use time::OffsetDateTime;

/// What was stored so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events in the database.
    pub events: i64,
    /// The server's time in the newest snapshot. For a stream, when its server
    /// last answered.
    pub snapshot: Option<OffsetDateTime>,
    /// Why the newest events are not stored yet.
    pub trouble: Option<String>,
}

/// This many events, in words.
#[must_use]
pub fn events<N: Copy + Display + PartialEq + From<u8>>(count: N) -> String {
    counted(count, "event")
}

/// This many things with this name, in words.
pub(crate) fn counted<N: Copy + Display + PartialEq + From<u8>>(count: N, name: &str) -> String {
    if count == N::from(1) { format!("1 {name}") } else { format!("{count} {name}s") }
}
