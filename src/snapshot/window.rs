//! A list of the wire: the newest few entries of a kind.
//!
//! It keeps apart what a plain `Vec` would mix up: a list that was empty, one
//! that was not sent, and one with items that could not be read. A tracker must
//! tell them apart. Nothing follows from a list that was not sent. And a
//! skipped item still took a place in the list, which matters when the tracker
//! asks whether the list was full.

use std::{
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
    slice,
    sync::Arc,
    vec,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lenient::Converted;

/// One list of a snapshot: the newest entries of a kind, at most
/// [`max_num_results`](crate::Snapshot::max_num_results) of them.
///
/// It derefs to a slice, and also knows how many items were skipped and whether
/// the list was sent at all. It keeps the order of the wire. On the real
/// service that is newest first, but nothing promises it.
///
/// What becomes of an item of the wire:
///
/// - A readable item becomes an entry.
/// - Money is never dropped. A rant or subscription of more than $0, or a gift
///   of at least one subscription, becomes an entry with an empty name if it
///   names nobody. A rant or subscription still needs a stamp.
/// - Otherwise an item with a blank name, or a livestream with a blank id, is
///   padding: some local proxies send it instead of an empty list. It is left
///   out and not counted.
/// - Every other item is unreadable. It is left out and counted by
///   [`skipped`](Self::skipped).
///
/// The JSON form is the list, with a null at its end for each skipped item. If
/// no list was sent, it is null.
///
/// For tests, `Window::from` makes one from a `Vec` or an array, and `collect`
/// from an iterator. `Window::default()` is a list that was not sent.
///
/// # Examples
///
/// ```
/// use rumble_live::{Follower, Window};
///
/// let list = Window::from([Follower::new("ada"), Follower::new("bo")]);
/// assert_eq!((list.len(), list.skipped(), list.was_sent()), (2, 0, true));
/// // Everything that a slice can do:
/// assert_eq!(list.first().map(|it| &*it.username), Some("ada"));
/// for follower in &list {
///     assert!(!follower.username.is_empty());
/// }
/// ```
///
/// What is read of an answer:
///
/// ```
/// use rumble_live::{Error, Snapshot};
///
/// fn main() -> Result<(), Error> {
///     let snapshot = Snapshot::from_json(
///         br#"{
///             "now": 1789417800, "user_id": "4f2kx9",
///             "followers": {"recent_followers": [
///                 {"username": "ada", "followed_on": "2026-09-13T14:00:00Z"},
///                 {"username": "bo", "followed_on": "on Monday"},
///                 {"username": "", "followed_on": ""}
///             ]}
///         }"#,
///     )?;
///     // One is read, one is unreadable, and one is padding.
///     let list = &snapshot.followers().recent;
///     assert_eq!((list.len(), list.skipped()), (1, 1));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Window<T> {
    /// Shared with the windows of other snapshots that show the same.
    /// Replacing hundreds of small texts every few seconds would leave a process
    /// full of holes.
    entries: Arc<Vec<T>>,
    /// Hashes of the items' texts, those of left-out items included. `None` if
    /// the entries were not read from texts, or have changed since. It is not
    /// part of what the window shows.
    hashes: Option<Arc<[u64]>>,
    skipped: usize,
    was_sent: bool,
}

impl<T> Window<T> {
    /// A list that was sent with these entries and so many unreadable items.
    pub(crate) fn sent(mut entries: Vec<T>, skipped: usize) -> Self {
        // Windows may live long, and there may be many. The spare room of a short one is not worth another allocation.
        if entries.capacity() > entries.len().max(4) {
            entries.shrink_to_fit();
        }
        Self { entries: Arc::new(entries), hashes: None, skipped, was_sent: true }
    }

    /// The same, converted from items whose texts have these hashes. They are
    /// dropped if nearly all items were left out: then they would take more
    /// memory than these items of the answer.
    pub(super) fn read(list: Converted<T>, hashes: Vec<u64>) -> Self {
        let are_useful = list.entries.len().saturating_mul(8) >= hashes.len();
        Self { hashes: are_useful.then(|| hashes.into()), ..Self::from(list) }
    }

    /// Hashes of the texts of all items, in the order of the wire.
    pub(super) fn hashes(&self) -> Option<&[u64]> {
        self.hashes.as_deref()
    }

    /// Hashes of the texts of the entries. `None` if items were left out, because
    /// it is not known which.
    pub(super) fn hashes_of_entries(&self) -> Option<&[u64]> {
        self.hashes().filter(|hashes| hashes.len() == self.len())
    }

    /// The entries, in the order of the wire. A reference to the list derefs to
    /// the same slice, so you need it only where the type must be named.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Follower, Window};
    ///
    /// let list = Window::from([Follower::new("bo"), Follower::new("ada")]);
    /// if let [newest, .., oldest] = list.as_slice() {
    ///     assert_eq!((&*newest.username, &*oldest.username), ("bo", "ada"));
    /// }
    /// assert_eq!(list.as_slice().len(), 2);
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        &self.entries
    }

    /// How many unreadable items were left out. Padding does not count.
    /// [`Snapshot::skipped`](crate::Snapshot::skipped) adds up all lists.
    ///
    /// # Examples
    ///
    /// The length of the list as the server sent it:
    ///
    /// ```
    /// use rumble_live::{Follower, Window};
    ///
    /// let list = Window::from([Follower::new("ada")]).with_skipped(2);
    /// assert_eq!(list.len() + list.skipped(), 3);
    /// ```
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Whether the answer had this list. False if it was missing, null or not a
    /// list; that says nothing about its entries.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Follower, Followers, Window};
    ///
    /// // Nobody follows.
    /// let empty = Followers::new([]);
    /// assert!(empty.recent.is_empty() && empty.recent.was_sent());
    /// // Nobody knows who follows.
    /// let missing = Window::<Follower>::default();
    /// assert!(missing.is_empty() && !missing.was_sent());
    /// ```
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.was_sent
    }

    /// Marks the list as sent, with this many unreadable items. For tests.
    ///
    /// # Examples
    ///
    /// Test that your bot reports what it cannot read:
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Follower, Followers, ListKind, Snapshot, Tracker, Window,
    ///     time::OffsetDateTime,
    /// };
    ///
    /// let followers = Window::from([Follower::new("ada")]).with_skipped(2);
    /// let snapshot = Snapshot::builder(OffsetDateTime::UNIX_EPOCH, "4f2kx9")
    ///     .followers(Followers::new(followers))
    ///     .build();
    ///
    /// let events = Tracker::new().apply(&snapshot);
    /// let [Event::Ready, Event::Unreadable(unreadable)] = &events[..] else {
    ///     panic!("{events:?}")
    /// };
    /// assert_eq!(
    ///     (unreadable.list, unreadable.count),
    ///     (ListKind::Followers, 2)
    /// );
    /// ```
    #[must_use]
    pub fn with_skipped(self, skipped: usize) -> Self {
        Self { skipped, was_sent: true, ..self }
    }

    /// How many entries the server listed, including unreadable ones. Padding
    /// does not count.
    pub(crate) fn listed(&self) -> usize {
        self.entries.len().saturating_add(self.skipped)
    }
}

impl<T: Clone> Window<T> {
    pub(crate) fn into_entries(self) -> Vec<T> {
        Arc::unwrap_or_clone(self.entries)
    }

    pub(super) fn entries_mut(&mut self) -> slice::IterMut<'_, T> {
        self.hashes = None;
        Arc::make_mut(&mut self.entries).iter_mut()
    }
}

impl<T: PartialEq> Window<T> {
    /// How many entries at the end are the first ones of an earlier window. Only
    /// others stand before them. 0 if the list changed in any other way.
    pub(crate) fn overlap(&self, earlier: &Self) -> usize {
        if Arc::ptr_eq(&self.entries, &earlier.entries) {
            return self.len();
        }
        let by_hash = self.hashes_of_entries().zip(earlier.hashes_of_entries()).map_or(0, |(hashes, earlier)| overlap(hashes, earlier));
        // Equal entries may come from different texts.
        if by_hash > 0 { by_hash } else { overlap(self, earlier) }
    }
}

/// How many values at the end of a list are the first ones of an earlier list.
fn overlap<T: PartialEq>(list: &[T], earlier: &[T]) -> usize {
    let newest_known = earlier.first().and_then(|newest| list.iter().position(|value| value == newest));
    let known = newest_known.and_then(|index| list.get(index..)).filter(|known| earlier.starts_with(known));
    known.map_or(0, <[T]>::len)
}

impl<T: fmt::Debug> fmt::Debug for Window<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, hashes: _, skipped, was_sent } = self;
        f.debug_struct("Window").field("entries", entries).field("skipped", skipped).field("was_sent", was_sent).finish()
    }
}

impl<T: PartialEq> PartialEq for Window<T> {
    fn eq(&self, other: &Self) -> bool {
        let Self { entries, hashes: _, skipped, was_sent } = self;
        *entries == other.entries && *skipped == other.skipped && *was_sent == other.was_sent
    }
}

impl<T: Eq> Eq for Window<T> {}

impl<T: Hash> Hash for Window<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { entries, hashes: _, skipped, was_sent } = self;
        (entries, skipped, was_sent).hash(state);
    }
}

impl<T> Default for Window<T> {
    /// A list that was not sent.
    fn default() -> Self {
        Self { entries: Arc::default(), hashes: None, skipped: 0, was_sent: false }
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

impl<T: Clone> IntoIterator for Window<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.into_entries().into_iter()
    }
}

impl<T: Serialize> Serialize for Window<T> {
    /// A list with a null at its end for each skipped item, or null if no list
    /// was sent.
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
