//! By how much the two sources stamp one line differently.

use serde::{Deserialize, Serialize};

use super::row::REACH;

/// So many lines tell which differences there are.
const ENOUGH: u32 = 4;
/// Of more than so many, the older count for less.
const MOST: u32 = 64;

/// How often each difference was seen, in seconds from -[`REACH`] to [`REACH`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Deltas([u32; 5]);

impl Deltas {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether one line may be stamped so much later by polls than by the live chat.
    pub(super) fn allow(&self, delta: i64) -> bool {
        let seen: u32 = self.0.iter().sum();
        delta.abs() <= REACH && (seen < ENOUGH || self.count(delta).is_some_and(|count| count > 0))
    }

    /// The least and the greatest difference that there may be.
    pub(super) fn range(&self) -> (i64, i64) {
        let allowed = || (-REACH..=REACH).filter(|delta| self.allow(*delta));
        (allowed().next().unwrap_or(-REACH), allowed().next_back().unwrap_or(REACH))
    }

    /// A line that can be no other was stamped so much later by a poll.
    pub(super) fn note(&mut self, delta: i64) {
        if self.0.iter().sum::<u32>() >= MOST {
            self.0.iter_mut().for_each(|count| *count /= 2);
        }
        let index = usize::try_from(delta.saturating_add(REACH)).ok();
        if let Some(count) = index.and_then(|index| self.0.get_mut(index)) {
            *count += 1;
        }
    }

    fn count(&self, delta: i64) -> Option<u32> {
        self.0.get(usize::try_from(delta.checked_add(REACH)?).ok()?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_that_were_not_seen_are_ruled_out_once_enough_were() {
        let mut deltas = Deltas::default();
        for _ in 0..ENOUGH {
            assert!((-2..=2).all(|delta| deltas.allow(delta)) && !deltas.allow(3) && !deltas.allow(-3));
            deltas.note(1);
        }
        assert!(deltas.allow(1) && !deltas.allow(0) && !deltas.allow(2));
        for _ in 0..4 * MOST {
            deltas.note(0);
        }
        assert!(deltas.allow(0) && !deltas.allow(1));
    }
}
