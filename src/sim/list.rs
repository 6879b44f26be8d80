//! A list of the account: entries in the order of their stamps, of which the API shows the newest.

use time::OffsetDateTime;

/// Entries with their stamps, oldest first; of equal stamps the one that came first stands first.
#[derive(Debug)]
pub(super) struct List<T>(Vec<(OffsetDateTime, T)>);

impl<T> List<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds an entry where its stamp belongs, which is nearly always the end.
    pub(super) fn add(&mut self, at: OffsetDateTime, entry: T) {
        match self.0.last() {
            Some((newest, _)) if *newest > at => {
                let place = self.0.partition_point(|(stamp, _)| *stamp <= at);
                self.0.insert(place, (at, entry));
            }
            _ => self.0.push((at, entry)),
        }
    }

    /// Takes out the newest entry for which `is` holds; false where there is none.
    pub(super) fn remove(&mut self, is: impl Fn(&T) -> bool) -> bool {
        let place = self.0.iter().rposition(|(_, entry)| is(entry));
        place.map(|place| self.0.remove(place)).is_some()
    }

    /// The newest entry for which `is` holds.
    pub(super) fn find_mut(&mut self, is: impl Fn(&T) -> bool) -> Option<&mut T> {
        self.0.iter_mut().rev().map(|(_, entry)| entry).find(|entry| is(entry))
    }

    /// The newest `most` entries, newest first; of one second the later one first.
    pub(super) fn window(&self, most: usize) -> impl Iterator<Item = (OffsetDateTime, &T)> {
        self.0.iter().rev().take(most).map(|(at, entry)| (*at, entry))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
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
}
