//! Handles names that go and come: a paid entry without a name may be known
//! under one, and vice versa.
//!
//! A paid entry without a name is reported, because it is money, but not once
//! without the name and once with it. So before a surplus of a paid key becomes
//! news, it is matched with known entries of the same second, amount and text
//! that this answer no longer shows under their name. An entry that gets its
//! name moves to the new key (`named` counts it off the old one); one that
//! loses it stays where it is, for the name may come back.

use std::collections::BTreeMap;

use super::{
    group::Group,
    ledger::Ledger,
    sighting::{Entry, Key, Sighting},
};
use crate::event::Fingerprint;

impl Ledger {
    /// Money is yielded even if it names nobody, but a name that goes or comes
    /// does not make an entry new. A paid entry without a name counts as a
    /// known one of the same second, amount and text that is no longer shown
    /// under its name, and vice versa. The oldest goes first.
    pub(super) fn find_names_that_went_or_came<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        groups: &mut [Group<'_>],
        named: &mut Vec<(Key, u32)>,
    ) {
        let shown: BTreeMap<Key, u32> = groups.iter().map(|group| (group.key, group.due)).collect();
        let mut taken: BTreeMap<Key, u32> = BTreeMap::new();
        let mut candidates: Vec<_> = groups.iter_mut().filter(|group| group.surplus() > 0).collect();
        candidates.sort_by_key(|group| group.places.first().map(|place| place.rank));
        for group in candidates {
            let Key { second, cents, .. } = group.key;
            let class = sighting.class(group.places);
            let nameless = sighting.newest_of(group.places).and_then(T::nameless_print);
            let has_name = !sighting.newest_of(group.places).is_some_and(T::is_nameless);
            let alike = Key { print: Fingerprint::MIN, cents: 0, second }..=Key { print: Fingerprint::MAX, cents: u64::MAX, second };
            let missing = self.seen.range(alike).filter(|(key, known)| {
                key.cents == cents && known.class == class && **key != group.key && (!has_name || Some(key.print) == nameless)
            });
            for (key, known) in missing {
                let gone = known.current().saturating_sub(shown.get(key).copied().unwrap_or_default());
                let taken = taken.entry(*key).or_default();
                let renamed = gone.saturating_sub(*taken).min(group.surplus());
                *taken += renamed;
                if has_name {
                    group.got_their_name += renamed;
                    named.push((*key, renamed));
                } else {
                    group.lost_their_name += renamed;
                }
            }
        }
    }
}
