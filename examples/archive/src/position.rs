//! How far a stream was read, and what has become of it since.
//!
//! Sequences have holes wherever a head of an account was replaced, so a hole alone does not tell that an event is missing. What a stream drops, it drops at
//! its beginning: only what lies before its first message may have been an event.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a stream was read. It is stored with the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When the stream was made, which tells it from others of its name.
    pub created: Timestamp,
    /// All up to this one was read.
    pub sequence: u64,
    /// The newest event that was read.
    pub newest: Option<Stamp>,
}

/// A message that the stream has to have again, unless it has dropped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Its sequence.
    pub sequence: u64,
    /// When the server stored it.
    pub time: Timestamp,
}

/// What a server says of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// When it was made.
    pub created: Timestamp,
    /// The sequence of its first message; where it has none, of the next one.
    pub first: u64,
    /// The sequence of its last message.
    pub last: u64,
}

/// Why a stream is not the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Other {
    /// It was deleted, or its server lost it.
    #[error("it was made anew at {now}, and the one that was read so far at {then}")]
    MadeAnew {
        /// When it was made.
        now: Timestamp,
        /// When the other was.
        then: Timestamp,
    },
    /// It lost its end.
    #[error("it ends at sequence {last} and was read up to {read}, so it has lost its end")]
    Shorter {
        /// Its last sequence.
        last: u64,
        /// The last one that was read.
        read: u64,
    },
    /// It lost its end and has another one.
    #[error("its message {sequence} is of {now}, and the one that was read of {then}, so it has lost its end and gone on since")]
    Rewritten {
        /// Of the message.
        sequence: u64,
        /// When it was stored.
        now: Timestamp,
        /// When that was stored which was read.
        then: Timestamp,
    },
}

impl Position {
    /// Whether the stream is still the one that was read. `stored` is when it stored the message that has the sequence of our newest event.
    ///
    /// # Errors
    ///
    /// Where it is another.
    pub fn check(&self, state: State, stored: Option<Timestamp>) -> Result<(), Other> {
        if state.created != self.created {
            return Err(Other::MadeAnew { now: state.created, then: self.created });
        }
        if state.last < self.sequence {
            return Err(Other::Shorter { last: state.last, read: self.sequence });
        }
        match (self.newest, stored) {
            (Some(Stamp { sequence, time: then }), Some(now)) if now != then => Err(Other::Rewritten { sequence, now, then }),
            _ => Ok(()),
        }
    }
}

/// What the stream may have dropped between two messages that came one after the other, now that its first message is `first`.
#[must_use]
pub fn dropped(before: u64, next: u64, first: u64) -> Option<RangeInclusive<u64>> {
    let range = before + 1..=next.min(first).saturating_sub(1);
    (!range.is_empty()).then_some(range)
}
