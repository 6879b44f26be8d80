//! Recognizes a list when all of its stamps have moved by the same time, as if
//! read at another UTC offset.
//!
//! Other clients have read the same stamps at one offset on one day and at
//! another on the next. Without this, fifty followers would be news at once. It
//! applies to followers alone, who are nothing but a name and a stamp: a line
//! or a payment is better yielded twice than not at all.
//!
//! Whoever follows, unfollows and follows again at the right moment could look
//! like a move. So there must be at least three, all known entries that are
//! shown must agree, the distance must be one that UTC offsets have, and not
//! all of the moved ones may be stamped since the previous answer.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ledger::Ledger,
    sighting::{Entry, Key, Sighting},
};

/// All UTC offsets are multiples of this.
const QUARTER_OF_AN_HOUR: i64 = 15 * 60;
/// The largest move that counts: the largest UTC offset.
const FURTHEST: i64 = 14 * 60 * 60;
/// Fewer entries might have come again by chance, or on purpose.
const LEAST: usize = 3;

impl Ledger {
    /// By how many seconds the known entries of a list moved, if they did.
    /// `between` is the server's time from the previous answer (excluded) to
    /// this one. If all of the moved entries lie in it, they are new entries.
    ///
    /// All known entries that are shown must have moved, and there must be at
    /// least three. New entries may be in front of them, and entries that came
    /// back behind them.
    pub(super) fn moved_by<T: Entry>(&self, sighting: &Sighting<'_, T>, between: (i64, i64)) -> Option<i64> {
        if self.seen.len() < LEAST {
            return None;
        }
        // What continues the previous list is known or below the floor.
        let is_below = |entry: &&T| Some(entry.second()) < self.floor;
        let unknown = sighting.groups().map(|(key, _)| key).chain(sighting.entries().iter().filter(is_below).map(T::key));
        let moves: BTreeSet<_> = unknown
            .filter(|key| !self.seen.contains_key(key))
            .flat_map(|key| {
                let is_same = move |known: &&Key| (known.print, known.cents) == (key.print, key.cents);
                self.seen.keys().filter(is_same).map(move |known| key.second.saturating_sub(known.second))
            })
            .filter(|by| *by != 0 && by % QUARTER_OF_AN_HOUR == 0 && by.abs() <= FURTHEST)
            .map(|by| (by.abs(), by))
            .collect();
        moves.into_iter().map(|(_, by)| by).find(|by| self.has_moved_by(*by, sighting, between))
    }

    /// Whether the list fits if all that is known is moved by this.
    fn has_moved_by<T: Entry>(&self, by: i64, sighting: &Sighting<'_, T>, (from, until): (i64, i64)) -> bool {
        let mut shown: BTreeMap<Key, u32> = BTreeMap::new();
        for entry in sighting.entries() {
            *shown.entry(entry.key()).or_default() += 1;
        }
        let (mut moved, mut all_are_recent) = (0, true);
        for (key, copies) in shown {
            if let Some(known) = self.seen.get(&Key { second: key.second.saturating_sub(by), ..key }) {
                moved += usize::try_from(copies.min(known.copies)).unwrap_or_default();
                all_are_recent &= from < key.second && key.second <= until;
            } else if self.seen.contains_key(&key) {
                return false;
            }
        }
        moved >= LEAST && !all_are_recent
    }
}
