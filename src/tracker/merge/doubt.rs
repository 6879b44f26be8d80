//! Checks whether the two sources agree as assumed.
//!
//! A polled line of a second that the live chat has shown, but without the
//! line, is dropped: the chat showed it in another form, or it was deleted.
//! That is right as long as it is rare. If it happens to more than one line in
//! ten of the last fifty or so, an assumption about the wire is wrong, and bots
//! must hear of it (`MergeDoubt`) and of what they may have missed (a gap).
//!
//! The most likely wrong assumption is that the clocks agree. So a polled line
//! that equals one of the live chat at quite another second is noted as its
//! twin, and several twins in a row that are equally far apart show by how much
//! the clocks differ.

use serde::{Deserialize, Serialize};

use super::row::{REACH, Row, Sight};

/// Of `SAMPLE` polled lines that the live chat should have shown, up to
/// `DOUBTFUL` may be missing from it.
const SAMPLE: u32 = 50;
const DOUBTFUL: u32 = 5;
/// How many dropped lines are remembered. Between two gaps, never more are
/// dropped than a poll shows.
const MOST: usize = 256;

/// How polled lines agree with the live chat, in seconds that it has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Doubt {
    /// How many polled lines of shown seconds were judged, dropped ones
    /// included.
    polled: u32,
    /// The seconds of dropped lines since the last gap that covers them.
    dropped: Vec<i64>,
    /// By how many seconds polls seem to stamp lines later than the live chat.
    /// `twins` counts the lines in a row that show it.
    #[serde(default)]
    apart: i64,
    #[serde(default)]
    twins: u32,
    /// Whether it was reported. That happens once.
    is_told: bool,
}

impl Doubt {
    /// Whether no line was judged yet.
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The live chat showed a polled line too.
    pub(super) fn agree(&mut self) {
        if self.polled >= SAMPLE && !self.is_told {
            // An older sample counts for half.
            self.polled /= 2;
            self.dropped.drain(..self.dropped.len().div_ceil(2));
        }
        self.polled = self.polled.saturating_add(1);
    }

    /// A polled line was dropped, because the live chat has shown all of its
    /// second.
    pub(super) fn drop(&mut self, second: i64) {
        self.agree();
        if self.dropped.len() < MOST {
            self.dropped.push(second);
        }
    }

    /// A polled line may be one that the live chat has stamped `apart` seconds
    /// earlier.
    pub(super) fn find_twin(&mut self, apart: i64) {
        self.agree();
        if self.twins == 0 || !self.is_so_far(apart) {
            (self.apart, self.twins) = (apart, 0);
        }
        self.twins = self.twins.saturating_add(1);
    }

    /// Whether these two are as far apart as earlier pairs. A single pair may
    /// be somebody who says the same twice.
    pub(super) fn is_apart(&self, row: &Row, sight: &Sight) -> bool {
        self.twins > 1 && self.is_so_far(sight.second.saturating_sub(row.second))
    }

    /// Whether this is about the distance of the twins so far.
    fn is_so_far(&self, apart: i64) -> bool {
        self.apart.abs_diff(apart) <= REACH.unsigned_abs()
    }

    /// By how many seconds polls stamp lines later, once enough pairs show it.
    pub(super) fn clocks_apart(&self) -> Option<i64> {
        (self.twins > DOUBTFUL).then_some(self.apart)
    }

    /// How many polled lines differ, and of how many, if there are too many and
    /// it was not reported yet.
    pub(super) fn to_tell(&self) -> Option<(u32, u32)> {
        let dropped = u32::try_from(self.dropped.len()).unwrap_or(u32::MAX);
        let is_due = !self.is_told && (dropped > DOUBTFUL || self.clocks_apart().is_some());
        is_due.then(|| (dropped.saturating_add(self.twins).min(self.polled), self.polled))
    }

    /// Whether doubt was reported.
    pub(super) fn is_told(&self) -> bool {
        self.is_told
    }

    /// Doubt was reported.
    pub(super) fn tell(&mut self) {
        self.is_told = true;
    }

    /// The first and the last second of dropped lines that may be lost, once
    /// doubt was reported.
    pub(super) fn gap(&self) -> Option<(i64, i64)> {
        let dropped = || self.dropped.iter().copied().filter(|_| self.is_told);
        Some((dropped().min()?, dropped().max()?))
    }

    /// A gap covers what was dropped.
    pub(super) fn settle(&mut self) {
        self.dropped.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_one_dropped_line_in_ten_raises_doubt_once_and_gaps_stand_for_them() {
        let mut doubt = Doubt::default();
        for second in 0..1000 {
            if second % 10 == 0 {
                doubt.drop(second);
            } else {
                doubt.agree();
            }
            assert_eq!((doubt.to_tell(), doubt.gap()), (None, None));
        }
        for second in 1000..1006 {
            doubt.drop(second);
        }
        let (dropped, polled) = doubt.to_tell().unwrap();
        assert!(dropped > 5 && polled <= 50, "{dropped} {polled}");
        doubt.tell();
        assert_eq!(doubt.to_tell(), None);
        assert!(matches!(doubt.gap(), Some((from, 1005)) if from >= 950));
        doubt.settle();
        assert_eq!(doubt.gap(), None);
        doubt.drop(2000);
        doubt.agree();
        assert_eq!((doubt.to_tell(), doubt.gap()), (None, Some((2000, 2000))));
    }
}
