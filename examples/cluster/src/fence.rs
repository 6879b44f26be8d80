//! Decides what became of a batch that was refused or whose answer was lost.
//!
//! A refusal alone is not enough: the server also refuses a batch that it has
//! stored, if it is sent again. The last message at the subject of the
//! account's checkpoints shows what happened.

use crate::batch::Mark;

/// What to do about such a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The batch is stored.
    Stored {
        /// The sequence that the next batch has to expect.
        sequence: u64,
    },
    /// The batch is not stored, and you may send it again. If it only keeps
    /// older leases out, build it anew with the checkpoint that was found.
    SendAgain {
        /// The sequence that the batch has to expect.
        expected: u64,
    },
    /// Another lease has taken over. This one can store nothing any more.
    Fenced,
}

/// Judges the batch `mine` by the last head that the leader of the stream has,
/// and its sequence. `found` is `None` if there is no head.
#[must_use]
pub fn judge(mine: Mark, found: Option<(Mark, u64)>) -> Verdict {
    // The first batch of a lease comes after whatever older leases have left.
    let is_first = (mine.poll, mine.part) == (0, 1);
    match found {
        Some((mark, sequence)) if mark == mine => Verdict::Stored { sequence },
        Some((mark, sequence)) if mark < mine && (is_first || mark.epoch == mine.epoch) => Verdict::SendAgain { expected: sequence },
        None if is_first => Verdict::SendAgain { expected: 0 },
        _ => Verdict::Fenced,
    }
}
