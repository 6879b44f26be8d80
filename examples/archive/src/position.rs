//! How far a stream was read, and what has happened to it since.
//!
//! Sequences have holes wherever the head of an account was replaced, so a hole
//! alone does not mean that an event is missing. A stream drops messages only
//! at its beginning, so only messages before its first one may have been
//! events.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How far a stream was read. It is stored with the events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When the stream was created, which tells it from others with the same
    /// name.
    pub created: Timestamp,
    /// Everything up to this sequence was read.
    pub sequence: u64,
    /// The newest event that was read.
    pub newest: Option<Stamp>,
}

/// A message that the stream must still have, unless it has dropped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub sequence: u64,
    /// When the server stored it.
    pub time: Timestamp,
}

/// What a server says about a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// When it was created.
    pub created: Timestamp,
    /// The sequence of its first message, or of the next one if it has none.
    pub first: u64,
    /// The sequence of its last message.
    pub last: u64,
}

/// Why a stream is not the one that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Other {
    /// It was deleted, or its server lost it.
    #[error("it was created at {now}, and the stream that was read so far at {then}")]
    MadeAnew {
        /// When it was created.
        now: Timestamp,
        /// When the one that was read was created.
        then: Timestamp,
    },
    /// It lost its end.
    #[error("it ends at sequence {last} and was read up to {read}, so it has lost its end")]
    Shorter {
        last: u64,
        /// The last sequence that was read.
        read: u64,
    },
    /// It lost its end and has another one.
    #[error("its message {sequence} was stored at {now}, and the one that was read at {then}, so it has lost its end and gone on since")]
    Rewritten {
        /// The sequence of the message.
        sequence: u64,
        /// When it was stored.
        now: Timestamp,
        /// When the message that was read was stored.
        then: Timestamp,
    },
}

impl Position {
    /// Checks that the stream is still the one that was read. `stored` is when
    /// it stored the message that now has the sequence of our newest event.
    ///
    /// # Errors
    ///
    /// If it is another stream.
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

/// What the stream may have dropped between two messages that came one after
/// the other, given that its first message is now `first`.
#[must_use]
pub fn dropped(before: u64, next: u64, first: u64) -> Option<RangeInclusive<u64>> {
    let range = before + 1..=next.min(first).saturating_sub(1);
    (!range.is_empty()).then_some(range)
}
