//! A list in one answer, sorted so that it can be compared with the memory.
//!
//! Comparing two entries costs less than hashing one, so a sighting first
//! splits off what is left of the same list in the previous answer: usually all
//! of it, behind a few new entries. Only what is in front, and what shares a
//! second with that, is hashed and looked up. If the list changed in any other
//! way, all of it is.
//!
//! A rank always counts from the oldest entry, whichever way round the server
//! lists them.

use std::{
    cmp::Ordering,
    ops::{Range, RangeInclusive},
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::lengths::is_full;
use crate::{
    event::{Event, Fingerprint},
    snapshot::{Copy, Follower, Message, Rant, Subscriber, Window},
};

/// Identifies an entry. Badges and pictures are left out, because they change.
///
/// Stamps are compared as whole Unix seconds, so neither another offset nor an
/// added fraction makes an entry new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) second: i64,
    pub(super) print: Fingerprint,
    /// What was paid, in cents. Zero for unpaid entries.
    pub(super) cents: u64,
}

/// An entry that is identified by its [`Key`].
pub(super) trait Entry: Clone + PartialEq {
    /// Whether it is paid. Paid entries are yielded even if they name nobody.
    const IS_PAID: bool = false;

    /// Its stamp.
    fn instant(&self) -> OffsetDateTime;

    /// Its stamp as a Unix second.
    fn second(&self) -> i64 {
        self.instant().unix_timestamp()
    }

    /// What identifies it.
    fn key(&self) -> Key;

    /// Whether it names nobody.
    fn is_nameless(&self) -> bool {
        false
    }

    /// The fingerprint that a paid entry would have without its name.
    fn nameless_print(&self) -> Option<Fingerprint> {
        None
    }

    /// The class of a paid entry. Together with the second and the amount, it
    /// identifies the entry without its name. Never zero for paid entries,
    /// always zero for others.
    fn class(&self) -> u32 {
        self.nameless_print().map_or(0, |print| print.low_bits().max(1))
    }

    /// The event of this entry, with number `copy` among equal ones.
    fn event(&self, copy: u32) -> Event;
}

impl Entry for Follower {
    fn instant(&self) -> OffsetDateTime {
        self.followed_on
    }

    fn key(&self) -> Key {
        Key { second: self.second(), print: Fingerprint::of_user(&self.username), cents: 0 }
    }

    fn event(&self, copy: u32) -> Event {
        Event::Follower(Self { copy: Copy(copy), ..self.clone() })
    }
}

impl Entry for Subscriber {
    const IS_PAID: bool = true;

    fn instant(&self) -> OffsetDateTime {
        self.subscribed_on
    }

    fn key(&self) -> Key {
        let print = Fingerprint::of_user(&self.username);
        Key { second: self.second(), print, cents: self.amount.cents() }
    }

    fn is_nameless(&self) -> bool {
        self.username.is_empty()
    }

    fn nameless_print(&self) -> Option<Fingerprint> {
        Some(Fingerprint::of_user(""))
    }

    fn event(&self, copy: u32) -> Event {
        Event::Subscriber(Self { copy: Copy(copy), ..self.clone() })
    }
}

impl Entry for Message {
    fn instant(&self) -> OffsetDateTime {
        self.created_on
    }

    fn key(&self) -> Key {
        Key { second: self.second(), print: Fingerprint::of_line(&self.username, &self.text), cents: 0 }
    }

    fn event(&self, copy: u32) -> Event {
        Event::Message(Self { copy: Copy(copy), ..self.clone() })
    }
}

impl Entry for Rant {
    const IS_PAID: bool = true;

    fn instant(&self) -> OffsetDateTime {
        self.created_on
    }

    /// The fingerprint is the same as for an equal message, so the two can be
    /// matched.
    fn key(&self) -> Key {
        let print = Fingerprint::of_line(&self.username, &self.text);
        Key { second: self.second(), print, cents: self.amount.cents() }
    }

    fn is_nameless(&self) -> bool {
        self.username.is_empty()
    }

    fn nameless_print(&self) -> Option<Fingerprint> {
        Some(Fingerprint::of_line("", &self.text))
    }

    fn event(&self, copy: u32) -> Event {
        Event::Rant(Self { copy: Copy(copy), ..self.clone() })
    }
}

/// Which end of a list is the newest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Direction {
    #[serde(rename = "down")]
    NewestFirst,
    #[serde(rename = "up")]
    OldestFirst,
}

/// A list in one answer.
pub(super) struct Sighting<'a, T> {
    /// In the order of the wire.
    entries: &'a [T],
    /// From the stamps of this answer, or else from the last answer where they
    /// showed it. Until then, the newest is assumed to come first.
    pub(super) direction: Option<Direction>,
    /// The entries that may be new, and all others of the same seconds. Sorted
    /// by key and then by age, so equal ones stand together, the oldest first.
    places: Vec<Place>,
    /// The oldest and the newest second. `None` without entries.
    seconds: Option<RangeInclusive<i64>>,
    /// How many entries the server listed, including unreadable ones.
    pub(super) listed: usize,
    /// How many of them are unreadable.
    pub(super) unreadable: usize,
    /// Whether the list is so long that older entries may have been pushed out
    /// of it.
    pub(super) is_full: bool,
    /// Whether its end is the start of the previous list, which is all known.
    pub(super) continues_before: bool,
}

/// The position of an entry.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) key: Key,
    /// Its rank in the list, counted from the oldest entry, from 0.
    pub(super) rank: usize,
}

impl<'a, T: Entry> Sighting<'a, T> {
    /// `before` is the same list in the previous answer, if everything in it is
    /// known. `direction` comes from earlier answers.
    pub(super) fn new(window: &'a Window<T>, before: Option<&Window<T>>, max_num_results: usize, direction: Option<Direction>) -> Self {
        let entries = window.as_slice();
        let direction = direction_of(entries).or(direction);
        // News is in front only if the newest comes first.
        let before = before.filter(|_| direction != Some(Direction::OldestFirst));
        // In most polls, most of the previous list is left, and comparing costs less than hashing again.
        let known = before.map_or(0, |before| window.overlap(before));
        let new = entries.get(..entries.len().saturating_sub(known)).unwrap_or_default();
        let listed = window.listed();
        let mut sighting = Self {
            entries,
            direction,
            places: Vec::with_capacity(new.len()),
            seconds: seconds_of(entries),
            listed,
            unreadable: window.skipped(),
            is_full: is_full(listed, max_num_results),
            continues_before: known > 0,
        };
        let new_seconds = seconds_of(new);
        // Only an entry of the same second can be equal to a new one.
        let may_be_equal = |entry: &T| new_seconds.as_ref().is_some_and(|seconds| seconds.contains(&entry.second()));
        // From the end, where the oldest most often is: what is in order already is sorted fast.
        for (index, entry) in entries.iter().enumerate().rev() {
            if index < new.len() || may_be_equal(entry) {
                sighting.places.push(Place { key: entry.key(), rank: sighting.counted_from_oldest(index) });
            }
        }
        sighting.places.sort_unstable_by(|one, other| one.key.cmp(&other.key).then(one.rank.cmp(&other.rank)));
        sighting
    }

    /// The entries that may be new, grouped by key, the smallest second first.
    /// Within a group, the oldest comes first.
    pub(super) fn groups(&self) -> impl Iterator<Item = (Key, &[Place])> {
        self.places.chunk_by(|a, b| a.key == b.key).filter_map(|group| group.first().map(|place| (place.key, group)))
    }

    /// All entries, in the order of the wire.
    pub(super) fn entries(&self) -> &'a [T] {
        self.entries
    }

    /// The newest of some places.
    pub(super) fn newest_of(&self, places: &[Place]) -> Option<&'a T> {
        self.entry(*places.last()?)
    }

    /// The [class](Entry::class) of equal entries.
    pub(super) fn class(&self, places: &[Place]) -> u32 {
        self.newest_of(places).map_or(0, T::class)
    }

    /// The second of the oldest entry by stamp.
    pub(super) fn oldest_second(&self) -> Option<i64> {
        self.seconds.as_ref().map(|seconds| *seconds.start())
    }

    /// The second of the newest entry by stamp.
    pub(super) fn newest_second(&self) -> Option<i64> {
        self.seconds.as_ref().map(|seconds| *seconds.end())
    }

    /// Whether it shows an entry of these seconds.
    pub(super) fn shows_any_of(&self, seconds: Range<i64>) -> bool {
        self.entries.iter().any(|entry| seconds.contains(&entry.second()))
    }

    /// The stamp of the oldest entry, with the offset that the wire sent.
    pub(super) fn oldest_instant(&self) -> Option<OffsetDateTime> {
        self.entries.iter().map(T::instant).min()
    }

    /// The entry at a place.
    pub(super) fn entry(&self, place: Place) -> Option<&'a T> {
        self.entries.get(self.counted_from_oldest(place.rank))
    }

    /// The rank of an index, or the index of a rank.
    fn counted_from_oldest(&self, number: usize) -> usize {
        match self.direction {
            Some(Direction::OldestFirst) => number,
            Some(Direction::NewestFirst) | None => self.entries.len().saturating_sub(number.saturating_add(1)),
        }
    }
}

/// Which end of a list is the newest, by its first and last stamp. Needs two
/// different seconds. The real service lists the newest first.
fn direction_of<T: Entry>(entries: &[T]) -> Option<Direction> {
    let (first, last) = (entries.first()?.second(), entries.last()?.second());
    match first.cmp(&last) {
        Ordering::Greater => Some(Direction::NewestFirst),
        Ordering::Less => Some(Direction::OldestFirst),
        Ordering::Equal => None,
    }
}

/// The span of the stamps. `None` without entries.
fn seconds_of<T: Entry>(entries: &[T]) -> Option<RangeInclusive<i64>> {
    entries.iter().map(T::second).map(|second| second..=second).reduce(|all, one| *all.start().min(one.start())..=*all.end().max(one.end()))
}
