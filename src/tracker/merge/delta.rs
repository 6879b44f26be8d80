//! Learns by how much the two sources stamp the same line differently.
//!
//! Nobody has measured whether the API and the live chat stamp a line alike. Up
//! to [`REACH`] seconds of difference are allowed for, but with that tolerance
//! somebody who says the same twice in two seconds would be heard once. So the
//! difference is learnt from lines that cannot be any others: after a few of
//! them, only differences that have occurred are usual, and an unusual one
//! counts only where nothing can be confused. Halving the counts now and then
//! lets it follow a server that changes its ways.
//!
//! `apart` is for clocks that differ by more than that. It is set once, by
//! `doubt`, and everything else counts from there.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::row::REACH;

/// After this many lines it is known which differences occur.
const ENOUGH: u32 = 4;
/// Beyond this many lines, older ones count for less.
const MOST: u32 = 64;

/// How often polls stamped a line how many seconds later than the live chat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Deltas {
    /// By how many seconds the polls' clock is ahead.
    #[serde(default, skip_serializing_if = "is_zero")]
    apart: i64,
    /// For each second from -[`REACH`] to [`REACH`] beyond that.
    counts: [u32; 5],
}

/// How likely a difference is: likelier the more often it was seen, and then
/// the smaller it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likelihood {
    /// False if enough were seen, but none like it.
    pub(super) is_usual: bool,
    count: u32,
    size: Reverse<u64>,
}

impl Likelihood {
    /// Whether the difference was seen, or is zero.
    pub(super) fn is_expected(self) -> bool {
        self.count > 0 || self.size == Reverse(0)
    }

    /// Whether it is likelier than `counted`, the likelihood of a pair that was
    /// itself counted.
    pub(super) fn outdoes(self, counted: Self) -> bool {
        self > Self { count: counted.count.saturating_sub(1), ..counted }
    }
}

impl Deltas {
    /// Whether nothing was learnt yet.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// By how many seconds the polls' clock is ahead.
    pub(super) fn apart(&self) -> i64 {
        self.apart
    }

    /// Sets by how many seconds the polls' clock is ahead.
    pub(super) fn set_apart(&mut self, apart: i64) {
        self.apart = apart;
    }

    /// The likelihood that two stamps belong to the same line. `None` if they
    /// are too far apart.
    pub(super) fn likelihood(&self, heard: i64, polled: i64) -> Option<Likelihood> {
        let delta = polled.saturating_sub(heard).saturating_sub(self.apart);
        let count = self.count(delta)?;
        Some(Likelihood { is_usual: count > 0 || !self.has_enough(), count, size: Reverse(delta.unsigned_abs()) })
    }

    /// The smallest and the largest possible difference. Once enough were seen,
    /// only seen ones count.
    pub(super) fn range(&self) -> (i64, i64) {
        let usual = || (-REACH..=REACH).filter(|delta| !self.has_enough() || self.count(*delta).is_some_and(|count| count > 0));
        let (least, greatest) = (usual().next().unwrap_or(-REACH), usual().next_back().unwrap_or(REACH));
        (least.saturating_add(self.apart), greatest.saturating_add(self.apart))
    }

    /// Records the two stamps of a line that cannot be confused with another.
    pub(super) fn note(&mut self, heard: i64, polled: i64) {
        if self.seen() >= MOST {
            self.counts.iter_mut().for_each(|count| *count /= 2);
        }
        let delta = polled.saturating_sub(heard).saturating_sub(self.apart);
        if let Some(count) = index(delta).and_then(|index| self.counts.get_mut(index)) {
            *count = count.saturating_add(1);
        }
    }

    /// Whether it is known which differences occur.
    pub(super) fn has_enough(&self) -> bool {
        self.seen() >= ENOUGH
    }

    /// How many lines were recorded, older ones for less.
    fn seen(&self) -> u32 {
        self.counts.iter().fold(0, |seen, count| seen.saturating_add(*count))
    }

    /// How often this difference was seen. `None` if it is out of reach.
    fn count(&self, delta: i64) -> Option<u32> {
        self.counts.get(index(delta)?).copied()
    }
}

/// The place of a difference among the counts.
fn index(delta: i64) -> Option<usize> {
    usize::try_from(delta.checked_add(REACH)?).ok()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_that_were_not_seen_are_out_of_range_once_enough_were() {
        let mut deltas = Deltas::default();
        for _ in 0..ENOUGH {
            assert_eq!(deltas.range(), (-2, 2));
            deltas.note(100, 101);
        }
        assert_eq!(deltas.range(), (1, 1));
        for _ in 0..4 * MOST {
            deltas.note(100, 100);
        }
        assert_eq!(deltas.range(), (0, 0));
    }

    #[test]
    fn difference_is_likelier_the_more_often_it_was_seen_and_then_the_smaller_it_is() {
        let mut deltas = Deltas::default();
        assert!(deltas.likelihood(100, 100) > deltas.likelihood(100, 101));
        assert_eq!(deltas.likelihood(100, 103), None);
        for _ in 0..ENOUGH {
            deltas.note(100, 102);
        }
        assert!(deltas.likelihood(100, 102) > deltas.likelihood(100, 100));
        assert!(deltas.likelihood(100, 100) > deltas.likelihood(100, 99));
    }

    #[test]
    fn clocks_apart_move_all_differences() {
        let mut deltas = Deltas::default();
        deltas.set_apart(7200);
        assert_eq!(deltas.range(), (7198, 7202));
        assert!(deltas.likelihood(100, 7300).is_some());
        assert_eq!(deltas.likelihood(100, 100), None);
    }
}
