//! A list of the account: entries ordered by timestamp. The API shows the
//! newest.
//!
//! The order is kept when an entry is added, because answers are written far
//! more often than entries come late. An entry that comes late goes behind
//! those of its second that came before it.

use time::OffsetDateTime;

/// Entries with their timestamps, oldest first. Equal timestamps keep the order
/// in which the entries came.
#[derive(Debug)]
pub(super) struct List<T> {
    entries: Vec<(OffsetDateTime, T)>,
    /// How many more entries there are that nothing can bring back into view.
    forgotten: usize,
}

impl<T> List<T> {
    /// An empty list.
    pub(super) const fn new() -> Self {
        Self { entries: Vec::new(), forgotten: 0 }
    }

    /// Adds an entry at the place of its timestamp, which is nearly always the
    /// end.
    pub(super) fn add(&mut self, at: OffsetDateTime, entry: T) {
        match self.entries.last() {
            Some((newest, _)) if *newest > at => {
                let place = self.entries.partition_point(|(stamp, _)| *stamp <= at);
                self.entries.insert(place, (at, entry));
            }
            _ => self.entries.push((at, entry)),
        }
    }

    /// Removes the newest entry for which `is` holds. False if there is none.
    pub(super) fn remove(&mut self, is: impl Fn(&T) -> bool) -> bool {
        let place = self.entries.iter().rposition(|(_, entry)| is(entry));
        place.map(|place| self.entries.remove(place)).is_some()
    }

    /// Removes all entries for which `is` holds.
    pub(super) fn remove_all(&mut self, is: impl Fn(&T) -> bool) {
        self.entries.retain(|(_, entry)| !is(entry));
    }

    /// Whether there is an entry for which `is` holds.
    pub(super) fn has(&self, is: impl Fn(&T) -> bool) -> bool {
        self.entries.iter().any(|(_, entry)| is(entry))
    }

    /// Removes all entries.
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// The newest entry for which `is` holds.
    pub(super) fn find_mut(&mut self, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.entries.iter_mut().rev().map(|(_, entry)| entry).find(|entry| is(entry))
    }

    /// The newest `most` entries, newest first. Of equal timestamps, the entry
    /// that came later is first.
    pub(super) fn window(&self, most: usize) -> impl Iterator<Item = (OffsetDateTime, &T)> {
        self.entries.iter().rev().take(most).map(|(at, entry)| (*at, entry))
    }

    /// Drops all but the newest `most` entries. The dropped ones still count.
    pub(super) fn forget_all_but(&mut self, most: usize) {
        let surplus = self.entries.len().saturating_sub(most);
        self.entries.drain(..surplus);
        self.forgotten += surplus;
    }

    /// How many entries there are, shown or not.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.forgotten
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    fn shown(list: &List<&'static str>, most: usize) -> Vec<&'static str> {
        list.window(most).map(|(_, entry)| *entry).collect()
    }

    #[test]
    fn window_is_newest_first_and_late_entries_find_their_place() {
        let mut list = List::new();
        for (second, entry) in [(1, "a"), (3, "b"), (3, "c"), (1, "late"), (2, "between"), (0, "oldest")] {
            list.add(stamp(second), entry);
        }
        assert_eq!(shown(&list, 9), ["c", "b", "between", "late", "a", "oldest"]);
        assert_eq!(shown(&list, 2), ["c", "b"]);
        assert_eq!(shown(&list, 0), [""; 0]);
    }

    #[test]
    fn removal_takes_the_newest_equal_one() {
        let mut list = List::new();
        for (second, entry) in [(1, "x"), (2, "y"), (3, "x")] {
            list.add(stamp(second), entry);
        }
        assert!(list.remove(|entry| *entry == "x"));
        assert_eq!(shown(&list, 9), ["y", "x"]);
        assert!(!list.remove(|entry| *entry == "z"));
        assert_eq!(list.len(), 2);
    }
    #[test]
    fn what_is_forgotten_is_the_oldest_and_still_counts() {
        let mut list = List::new();
        for (second, entry) in [(1, "a"), (2, "b"), (3, "c")] {
            list.add(stamp(second), entry);
        }
        list.forget_all_but(2);
        list.forget_all_but(5);
        assert_eq!((shown(&list, 9), list.len()), (vec!["c", "b"], 3));
    }
}
