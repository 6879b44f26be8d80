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
    /// The known entries must be the same in the same order. News may stand in front of them, and what came back behind them.
    pub(super) fn moved_by<T: Entry>(&self, sighting: &Sighting<'_, T>, between: (i64, i64)) -> Option<i64> {
        if sighting.continues_before || self.seen.len() < LEAST {
            return None;
        }
        let shown = sighting.keys_from_newest();
        if shown.iter().filter(|key| !self.seen.contains_key(key)).count() < LEAST {
            return None;
        }
        let mut known: BTreeMap<_, Vec<i64>> = BTreeMap::new();
        for key in self.seen.keys() {
            known.entry((key.print, key.cents)).or_default().push(key.second);
        }
        let moves: BTreeSet<i64> = shown
            .iter()
            .filter(|key| !self.seen.contains_key(key))
            .flat_map(|key| known.get(&(key.print, key.cents)).into_iter().flatten().map(|second| key.second.saturating_sub(*second)))
            .filter(|by| *by != 0 && by % QUARTER_OF_AN_HOUR == 0 && by.abs() <= FURTHEST)
            .collect();
        moves.into_iter().find(|by| self.has_moved_by(*by, &shown, between))
    }

    fn has_moved_by(&self, by: i64, shown: &[Key], (from, until): (i64, i64)) -> bool {
        let back = |key: &Key| Key { second: key.second.saturating_sub(by), ..*key };
        let is_moved = |key: &Key| self.seen.contains_key(&back(key)) && !self.seen.contains_key(key);
        let Some(first) = shown.iter().position(is_moved) else { return false };
        let Some(last) = shown.iter().rposition(is_moved) else { return false };
        let moved = shown.get(first..=last).unwrap_or_default();
        let is_older = |key: &&Key| Some(back(key).second) < self.floor;
        let is_recent = |key: &Key| from < key.second && key.second <= until;
        moved.len() >= LEAST
            && moved.iter().all(is_moved)
            && moved.is_sorted_by(|newer, older| newer.second >= older.second)
            && shown.iter().skip(last + 1).all(|key| is_older(&key) || !self.seen.contains_key(key))
            && !moved.iter().all(is_recent)
    }
}
