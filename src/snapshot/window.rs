//! One list of the wire: the newest few of something.

use std::{ops::Deref, slice, vec};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One list of a snapshot: the newest entries of a kind, at most [`max_num_results`](crate::Snapshot::max_num_results) of them.
///
/// A slice that also knows how many items were skipped, and whether the list was sent at all. It keeps the order of the wire, which on the
/// real service is newest first, though nothing promises that.
///
/// What an item of the wire becomes:
///
/// - An item that can be read is an entry.
/// - Money is never dropped: a rant or subscription of more than $0, and a gift of at least one subscription, is an entry with an empty
///   name where it names nobody. A rant and a subscription still need a stamp.
/// - Otherwise an item whose name (for a livestream, whose id) is blank is padding, which some local proxies send in place of an empty
///   list. It is left out and not counted.
/// - Every other item cannot be read. It is left out and counted by [`skipped`](Self::skipped).
///
/// The JSON form is the list, with a null at its end for each item that was skipped; or null, where no list was sent.
///
/// `Window::from` makes one of a `Vec` or an array, for tests. `Window::default()` is the list that was not sent.
///
/// ```
/// use rumble_live::{Follower, Window};
///
/// let list = Window::from([Follower::new("ada"), Follower::new("bob")]).with_skipped(1);
/// assert_eq!((list.len(), list.skipped(), list.was_sent()), (2, 1, true));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window<T> {
    entries: Vec<T>,
    skipped: usize,
    was_sent: bool,
}

impl<T> Window<T> {
    pub(crate) fn sent(mut entries: Vec<T>, skipped: usize) -> Self {
        // It may be kept for long, and many of it. The few of a short one are not worth another allocation.
        if entries.capacity() > entries.len().max(4) {
            entries.shrink_to_fit();
        }
        Self { entries, skipped, was_sent: true }
    }

    #[cfg(feature = "chat")]
    pub(crate) fn into_entries(self) -> Vec<T> {
        self.entries
    }

    /// The entries, in the order of the wire.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.entries
    }

    /// How many items of the list could not be read and were left out. Padding does not count.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Whether the list was in the answer at all. False where it was missing, null or no list, which says nothing about its entries.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.was_sent
    }

    /// The same list, sent with so many items that could not be read; for tests.
    #[must_use]
    pub fn with_skipped(self, skipped: usize) -> Self {
        Self::sent(self.entries, skipped)
    }

    pub(super) fn entries_mut(&mut self) -> slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }

    /// How many entries the server listed, those included that cannot be read. Padding does not count.
    pub(crate) fn listed(&self) -> usize {
        self.entries.len().saturating_add(self.skipped)
    }
}

impl<T> Default for Window<T> {
    /// The list that was not sent.
    fn default() -> Self {
        Self { entries: Vec::new(), skipped: 0, was_sent: false }
    }
}

impl<T> From<Vec<T>> for Window<T> {
    /// A list that was sent with these entries.
    fn from(entries: Vec<T>) -> Self {
        Self::sent(entries, 0)
    }
}

impl<T, const N: usize> From<[T; N]> for Window<T> {
    /// A list that was sent with these entries.
    fn from(entries: [T; N]) -> Self {
        Self::sent(entries.into(), 0)
    }
}

impl<T> FromIterator<T> for Window<T> {
    /// A list that was sent with these entries.
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        Self::sent(entries.into_iter().collect(), 0)
    }
}

impl<T> Deref for Window<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<'a, T> IntoIterator for &'a Window<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter()
    }
}

impl<T> IntoIterator for Window<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<T: Serialize> Serialize for Window<T> {
    /// A list, with a null at its end for each item that was skipped; null where no list was sent.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Items<'a, T>(&'a Window<T>);

        impl<T: Serialize> Serialize for Items<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let skipped = std::iter::repeat_n(None, self.0.skipped);
                serializer.collect_seq(self.0.iter().map(Some).chain(skipped))
            }
        }

        self.was_sent.then_some(Items(self)).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Window<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(items) = Option::<Vec<Option<T>>>::deserialize(deserializer)? else { return Ok(Self::default()) };
        let listed = items.len();
        let entries: Vec<T> = items.into_iter().flatten().collect();
        let skipped = listed.saturating_sub(entries.len());
        Ok(Self::sent(entries, skipped))
    }
}
