//! What has become of a batch whose answer was lost or that was refused.
//!
//! The answer alone does not tell: a batch that was stored is refused when it
//! is sent again. What lies at the subject of the checkpoints tells it.

use crate::batch::Mark;

/// What to do about such a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored.
    Stored {
        /// What the next batch has to expect.
        sequence: u64,
    },
    /// It is not stored and may be sent again. One that only keeps older leases
    /// out is built anew, with the checkpoint that was found.
    SendAgain {
        /// What it has to expect.
        expected: u64,
    },
    /// Another lease has taken over. Nothing of this one can be stored any
    /// more.
    Fenced,
}

/// Judges by the last head that the leader of the stream has, with its
/// sequence.
#[must_use]
pub fn judge(mine: Mark, found: Option<(Mark, u64)>) -> Verdict {
    // The first batch of a lease follows whatever older leases have left.
    let is_first = (mine.poll, mine.part) == (0, 1);
    match found {
        Some((mark, sequence)) if mark == mine => Verdict::Stored { sequence },
        Some((mark, sequence)) if mark < mine && (is_first || mark.epoch == mine.epoch) => Verdict::SendAgain { expected: sequence },
        None if is_first => Verdict::SendAgain { expected: 0 },
        _ => Verdict::Fenced,
    }
}
