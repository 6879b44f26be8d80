//! Observes how long a list gets, because the cap that the server names may be
//! wrong.
//!
//! A gap is only reported for a list that is long enough to have pushed
//! something out. If the server says that lists hold 50 but cuts them at 30, no
//! list would ever be full, and no loss ever reported. So the longest length
//! that at least two of the last hundred answers had counts as a cap as well:
//! two, because one may be a coincidence, and a list that happens to end where
//! it ended before has most likely been cut there.
//!
//! To know the second longest of a hundred, only the lengths matter that fewer
//! than two later answers have reached. That is two for a steady list.

use serde::{Deserialize, Serialize};

/// For how many answers a length counts.
const ANSWERS: u8 = 100;
/// If a list never reached this length, it is assumed to be short because
/// little happens.
const LEAST: usize = 10;
/// More lengths than this matter only for a list that keeps shrinking.
const MOST: usize = 4;

/// The longest lengths that a list had in the last 100 answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Lengths(
    /// How many answers ago, and how long, the oldest first. A length that was
    /// reached twice since is left out.
    Vec<(u8, u32)>,
);

impl Lengths {
    /// Whether there is nothing to keep in a checkpoint.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The longest length that two or more answers reached, including this one,
    /// if it is long enough to suggest a cap.
    pub(super) fn longest_seen_twice(&self, length: usize) -> Option<usize> {
        let mut lengths: Vec<_> = self.0.iter().filter(|(age, _)| age.saturating_add(1) < ANSWERS).map(|(_, length)| *length).collect();
        lengths.push(as_u32(length));
        lengths.sort_unstable();
        let longest = lengths.into_iter().rev().nth(1)?;
        usize::try_from(longest).ok().filter(|longest| *longest >= LEAST)
    }

    /// Records the length in one more answer.
    pub(super) fn note(&mut self, length: usize) {
        self.0.retain_mut(|(age, _)| {
            *age = age.saturating_add(1);
            *age < ANSWERS
        });
        let length = as_u32(length);
        if usize::try_from(length).is_ok_and(|length| length < LEAST) {
            return;
        }
        self.0.push((0, length));
        // A length can still be the second longest only if at most one later answer reached it.
        let mut longest = [0; 2];
        let mut kept: Vec<_> = self
            .0
            .drain(..)
            .rev()
            .filter(|(_, length)| {
                let matters = *length > longest[1] || longest[1] == 0;
                if *length > longest[0] {
                    longest = [*length, longest[0]];
                } else if *length > longest[1] {
                    longest[1] = *length;
                }
                matters
            })
            .take(MOST)
            .collect();
        kept.reverse();
        self.0 = kept;
    }
}

/// Whether a list is so long that older entries may have been pushed out of it.
/// A list that goes on was seen with 49 of 50, so nine tenths count as full.
pub(super) fn is_full(length: usize, cap: usize) -> bool {
    length.saturating_mul(10) >= cap.saturating_mul(9)
}

fn as_u32(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lengths: &[usize]) -> Lengths {
        let mut all = Lengths::default();
        for length in lengths {
            all.note(*length);
        }
        all
    }

    #[test]
    fn second_longest_of_the_last_hundred_is_found() {
        for lengths in [&[20, 20][..], &[20, 50, 20], &[50, 12, 20, 11, 20], &[20, 50], &[10, 30, 20, 15]] {
            let (last, before) = lengths.split_last().unwrap();
            let mut sorted = lengths.to_vec();
            sorted.sort_unstable();
            assert_eq!(of(before).longest_seen_twice(*last), sorted.into_iter().rev().nth(1), "{lengths:?}");
        }
    }

    #[test]
    fn short_lists_and_single_answers_tell_nothing() {
        assert_eq!(of(&[9, 9, 9]).longest_seen_twice(9), None);
        assert_eq!(of(&[]).longest_seen_twice(30), None);
        assert_eq!(of(&[5, 3]).longest_seen_twice(30), None);
    }

    #[test]
    fn length_is_forgotten_after_a_hundred_answers() {
        let mut lengths = of(&[40]);
        (0..98).for_each(|_| lengths.note(0));
        assert_eq!(lengths.longest_seen_twice(40), Some(40));
        lengths.note(0);
        assert_eq!(lengths.longest_seen_twice(40), None);
    }

    #[test]
    fn steady_list_takes_two_places() {
        assert_eq!(of(&[50; 500]).0, [(1, 50), (0, 50)]);
        let falling: Vec<_> = (10..90).rev().collect();
        assert!(of(&falling).0.len() <= MOST);
    }
}
