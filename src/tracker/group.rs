//! Groups the equal entries of a list in one answer.
//!
//! Entries without ids are told apart by counting. A group has all entries of
//! one key (same second, user, text and amount), and its surplus is by how many
//! it exceeds what is known: what was shown at once before, what the other list
//! of a chat accounts for, and copies that only lost or got their name. Only a
//! surplus can be news. Which of its places count as the new ones is decided
//! later, by their order.

use super::{
    known::Known,
    sighting::{Entry, Key, Place, Sighting},
};

/// Equal entries of a list.
pub(super) struct Group<'s> {
    pub(super) key: Key,
    /// The oldest first.
    pub(super) places: &'s [Place],
    /// What is known about this key. `None` if no answer has shown it.
    pub(super) known: Option<Known>,
    /// How many of them are not accounted for by another list.
    pub(super) due: u32,
    /// How many of those lost their name and are known under it. They stay
    /// known under that name.
    pub(super) lost_their_name: u32,
    /// How many of those are known without a name. From now on they are known
    /// under this name.
    pub(super) got_their_name: u32,
}

impl Group<'_> {
    /// How many more there are than were ever shown at once: the candidates for
    /// news.
    pub(super) fn surplus(&self) -> u32 {
        let others = self.lost_their_name.saturating_add(self.got_their_name);
        self.due.saturating_sub(self.copies_known()).saturating_sub(others)
    }

    /// Whether any of them is known, even under another name.
    pub(super) fn is_known(&self) -> bool {
        self.known.is_some() || self.lost_their_name > 0 || self.got_their_name > 0
    }

    /// What is known under this name, unless all known copies have got another
    /// name since.
    pub(super) fn known_by_this_name(&self) -> Option<Known> {
        self.known.filter(|known| known.named == 0 || known.current() > 0)
    }

    /// The rank of the newest known place. Among equal entries the newest
    /// counts; among entries that lost or got their name, the oldest ones do.
    pub(super) fn newest_known(&self) -> Option<usize> {
        let others = usize::try_from(self.lost_their_name.saturating_add(self.got_their_name)).unwrap_or(usize::MAX);
        let newest = if self.known_by_this_name().is_some() { self.places.last() } else { self.places.get(others.checked_sub(1)?) };
        newest.map(|place| place.rank)
    }

    /// How many are known under this name.
    pub(super) fn copies_known(&self) -> u32 {
        self.known.map_or(0, Known::current)
    }
}

/// The groups of entries that may be new, the smallest second first.
/// `accounted_for` returns how many equal entries another list accounts for.
pub(super) fn groups<'s, T: Entry>(
    sighting: &'s Sighting<'_, T>,
    known: impl Fn(Key) -> Option<Known>,
    accounted_for: impl Fn(Key) -> u32,
) -> Vec<Group<'s>> {
    let group = |(key, places): (Key, &'s [Place])| {
        let due = count(places).saturating_sub(accounted_for(key));
        Group { key, places, known: known(key), due, lost_their_name: 0, got_their_name: 0 }
    };
    sighting.groups().map(group).collect()
}

/// How many there are, as a number of copies.
fn count(places: &[Place]) -> u32 {
    u32::try_from(places.len()).unwrap_or(u32::MAX)
}
