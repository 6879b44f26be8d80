//! A list whose stamps all moved by the same time: the same list, read at another offset.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ledger::Ledger,
    sighting::{Entry, Key, Sighting},
};

/// All offsets of the world are multiples of this,
const QUARTER_OF_AN_HOUR: i64 = 15 * 60;
/// and the two that are furthest apart are not further apart than twice this.
const FURTHEST: i64 = 14 * 60 * 60;
/// Fewer might have come again by chance, or on purpose.
const LEAST: usize = 3;

impl Ledger {
    /// By how many seconds the known entries of a list moved, if they moved. `between` is the server's time from the answer before, not included,
    /// to this one: who did all of it in that time did it again.
    ///
    /// All known entries that are shown must have moved, three or more. News may stand in front of them, and what came back behind them.
    pub(super) fn moved_by<T: Entry>(&self, sighting: &Sighting<'_, T>, between: (i64, i64)) -> Option<i64> {
        if sighting.continues_before || self.seen.len() < LEAST {
            return None;
        }
        let mut known: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for key in self.seen.keys() {
            known.entry((key.print, key.cents)).or_default().push(key.second);
        }
        let moves: BTreeSet<_> = sighting
            .groups()
            .filter(|(key, _)| !self.seen.contains_key(key))
            .flat_map(|(key, _)| {
                known.get(&(key.print, key.cents)).into_iter().flatten().map(move |second| key.second.saturating_sub(*second))
            })
            .filter(|by| *by != 0 && by % QUARTER_OF_AN_HOUR == 0 && by.abs() <= FURTHEST)
            .map(|by| (by.abs(), by))
            .collect();
        moves.into_iter().map(|(_, by)| by).find(|by| self.has_moved_by(*by, sighting, between))
    }

    fn has_moved_by<T: Entry>(&self, by: i64, sighting: &Sighting<'_, T>, (from, until): (i64, i64)) -> bool {
        let (mut moved, mut all_are_recent) = (0, true);
        for (key, places) in sighting.groups() {
            if let Some(known) = self.seen.get(&Key { second: key.second.saturating_sub(by), ..key }) {
                moved += places.len().min(usize::try_from(known.copies).unwrap_or(usize::MAX));
                all_are_recent &= from < key.second && key.second <= until;
            } else if self.seen.contains_key(&key) {
                return false;
            }
        }
        moved >= LEAST && !all_are_recent
    }
}
