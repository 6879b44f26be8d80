//! The order within one second, where stamps do not help: entries in front of
//! all known ones are new.
//!
//! It matters in the floor's own second. A hundred follows within one second
//! fill the list twice, and a floor that swallowed the second would hide the
//! latter half. So the keys of that second stay known, each with its `order`
//! among the others. An unknown entry in front of all known ones is new; one
//! behind any of them slid back into the list. If the known ones have changed
//! their order, positions prove nothing. Then nothing is yielded, and a gap
//! says so.

use std::collections::BTreeMap;

use super::{
    group::Group,
    ledger::Ledger,
    sighting::{Entry, Key, Sighting},
};

/// Which unknown entries of a second can be news.
#[derive(Clone, Copy)]
pub(super) enum Front {
    All,
    /// Those with a rank above this.
    Above(usize),
    /// None: what is unknown came back.
    None,
    /// None, because it is not clear which ones are new.
    Unclear,
}

impl Ledger {
    /// In the floor's second, only entries in front of all known ones are news.
    /// Those behind came back. `may_go_on`: the list may have moved on by more
    /// than its length, so that nothing known is left in it.
    pub(super) fn front<T: Entry>(&self, same_second: &[Group<'_>], sighting: &Sighting<'_, T>, may_go_on: bool) -> Front {
        if same_second.iter().all(|group| group.surplus() == 0) {
            return Front::None;
        }
        let Some(newest) = same_second.iter().filter_map(Group::newest_known).max() else {
            // Without a known entry the list has moved on, unless it shows older ones or did not grow. In that case the newer ones are
            // gone.
            let goes_on = may_go_on && self.newest == self.floor && sighting.oldest_second() >= self.floor;
            return if goes_on { Front::All } else { Front::None };
        };
        let mut known: Vec<_> = same_second.iter().filter_map(|group| Some((group.places, group.known_by_this_name()?))).collect();
        known.sort_unstable_by_key(|(places, _)| places.last().map(|place| place.rank));
        let kept_their_order = known.is_sorted_by_key(|(_, known)| known.order);
        if sighting.direction.is_some() && kept_their_order { Front::Above(newest) } else { Front::Unclear }
    }
}

/// The orders of the unknown keys of a second among the known ones: above those
/// that they stand in front of, below those that they stand behind. If no known
/// one is shown, they are newer than `highest_known`, the order of the newest
/// known one.
pub(super) fn orders(same_second: &[Group<'_>], highest_known: Option<i32>) -> BTreeMap<Key, i32> {
    let is_alone = same_second.len() == 1 && highest_known.is_none();
    if is_alone || same_second.iter().all(|group| group.known.is_some()) {
        return BTreeMap::new();
    }
    let mut by_rank: Vec<_> = same_second.iter().filter_map(|group| Some((group.places.last()?.rank, group.key, group.known))).collect();
    by_rank.sort_unstable_by_key(|(rank, ..)| *rank);
    let first_known = by_rank.iter().position(|(.., known)| known.is_some());
    let last_known = by_rank.iter().rposition(|(.., known)| known.is_some());
    let highest = same_second.iter().filter_map(|group| group.known).map(|known| known.order).max().unwrap_or(0);
    let lowest = same_second.iter().filter_map(|group| group.known).map(|known| known.order).min().unwrap_or(0);
    let steps = |from: usize, to: usize| i32::try_from(to - from).unwrap_or(i32::MAX);
    let mut passed = lowest;
    let mut orders = BTreeMap::new();
    for (index, (_, key, known)) in by_rank.into_iter().enumerate() {
        passed = match (known, first_known, last_known) {
            (Some(known), ..) => known.order,
            (None, Some(first), _) if index < first => lowest.saturating_sub(steps(index, first)),
            (None, _, Some(last)) if index < last => passed,
            (None, _, Some(last)) => highest.saturating_add(steps(last, index)),
            (None, _, None) => highest_known.map_or(0, |highest| highest.saturating_add(1)).saturating_add(steps(0, index)),
        };
        if known.is_none() {
            orders.insert(key, passed);
        }
    }
    orders
}
