//! What is known of one list, and so what is new in it and what may have been lost of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::sighting::{Entry, Key, Place, Sighting};

/// The memory of one list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// Whether any answer showed this list yet.
    was_shown: bool,
    /// In the first answer that shows the list, what is stamped at or before this is baseline.
    #[serde(deserialize_with = "Option::deserialize")]
    baseline: Option<i64>,
    /// The oldest second of any full list so far. At or below it nothing is new: it cannot be told from an old entry that came back.
    #[serde(deserialize_with = "Option::deserialize")]
    floor: Option<i64>,
    /// The newest second of any entry so far.
    #[serde(deserialize_with = "Option::deserialize")]
    newest: Option<i64>,
    /// How many equal entries were yielded or taken as baseline, for what was shown above the floor.
    #[serde(with = "seen")]
    seen: BTreeMap<Key, u32>,
    /// The counters beside the list when it was last shown.
    counters: Counters,
}

/// The counters that the API has beside some lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    pub(super) count: Option<u64>,
    pub(super) total: Option<u64>,
}

/// What the circumstances of an answer allow it to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The first answer of all, which is the baseline.
    Baseline,
    /// The first answer of all, to be yielded as well.
    Replay,
    /// A later answer.
    Update,
    /// An answer older than one before: it may yield, but tells of no loss.
    Stale,
}

/// What a list means, given what was known before.
pub(super) struct Verdict {
    pub(super) news: Vec<New>,
    pub(super) loss: Option<Loss>,
    pub(super) outcome: Outcome,
}

/// An entry to be yielded.
pub(super) struct New {
    pub(super) place: Place,
    /// Which of the equal ones it is, from 0.
    pub(super) copy: u32,
}

/// Something may have been lost.
pub(super) struct Loss {
    pub(super) since: Option<i64>,
    pub(super) until: OffsetDateTime,
    pub(super) at_least: Option<u64>,
}

/// What to remember once all that is new was delivered.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    seen: Vec<(Key, u32)>,
    floor: Option<i64>,
    newest: Option<i64>,
    counters: Option<Counters>,
    /// Whether the list showed anything that can be read, or that there is nothing.
    was_shown: bool,
}

impl Ledger {
    pub(super) fn new(baseline: Option<i64>) -> Self {
        Self { baseline, ..Self::default() }
    }

    /// Judges a list. `expected_elsewhere` tells how many equal entries another list accounts for.
    pub(super) fn judge<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        counters: Counters,
        occasion: Occasion,
        expected_elsewhere: impl Fn(Key) -> u32,
    ) -> Verdict {
        let mut news = Vec::new();
        let mut seen = Vec::new();
        for (key, group) in sighting.groups().filter(|(key, _)| self.floor < Some(key.second)) {
            let due = copies_in(group).saturating_sub(expected_elsewhere(key));
            let seen_before = self.seen.get(&key).copied();
            if Some(due) > seen_before {
                seen.push((key, due));
            }
            let known = seen_before.unwrap_or_default();
            if due > known && occasion != Occasion::Baseline && !self.is_baseline(key.second) {
                // The known ones are the oldest of the group, so the new ones are its last.
                let new = group.iter().rev().take(usize::try_from(due - known).unwrap_or(usize::MAX)).rev();
                news.extend((known..due).zip(new).map(|(copy, place)| New { place: *place, copy }));
            }
        }
        Verdict {
            news,
            loss: (occasion == Occasion::Update).then(|| self.loss(sighting, counters)).flatten(),
            outcome: Outcome {
                seen,
                floor: sighting.oldest_second().filter(|_| sighting.is_full),
                newest: sighting.newest_second(),
                counters: (occasion != Occasion::Stale).then_some(counters),
                was_shown: sighting.listed == 0 || sighting.newest_second().is_some(),
            },
        }
    }

    /// Remembers that an entry was delivered.
    pub(super) fn record(&mut self, key: Key, copies: u32) {
        let known = self.seen.entry(key).or_default();
        *known = copies.max(*known);
        self.newest = self.newest.max(Some(key.second));
    }

    /// Remembers that so many more were told of than the counters knew, so that no later gap counts them as lost.
    pub(super) fn count(&mut self, told: u64) {
        for counter in [&mut self.counters.count, &mut self.counters.total].into_iter().flatten() {
            *counter = counter.saturating_add(told);
        }
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.was_shown |= outcome.was_shown;
        for (key, copies) in outcome.seen {
            self.record(key, copies);
        }
        self.newest = self.newest.max(outcome.newest);
        self.floor = self.floor.max(outcome.floor);
        self.counters = outcome.counters.unwrap_or(self.counters);
    }

    /// Forgets the oldest seconds beyond so many keys; the floor rises to them.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        while self.seen.len() > most {
            let oldest = self.seen.first_key_value().map(|(key, _)| key.second);
            self.floor = self.floor.max(oldest);
            self.forget_until(oldest);
        }
    }

    /// Forgets beyond so many keys, here and in `copied`, which shows the entries of this list again: the copy of one that is forgotten
    /// must not become news.
    pub(super) fn forget_beyond_with(&mut self, copied: &mut Self, most: usize) {
        let before = self.seen.len();
        self.forget_beyond(most);
        if self.seen.len() < before {
            copied.floor = copied.floor.max(self.floor);
            copied.prune();
        }
        copied.forget_beyond(most);
    }

    /// Drops what can no longer be new.
    pub(super) fn prune(&mut self) {
        self.forget_until(self.floor);
    }

    /// The same, but keeps what an entry of `matched`, a list that shows some entries of this one again, may still be matched with.
    pub(super) fn prune_with(&mut self, matched: &Self) {
        self.forget_until(self.floor.min(matched.floor));
    }

    /// How many known entries differ from `key` in the amount at most, and how many more of them `sighting` adds.
    pub(super) fn copies_like<T: Entry>(&self, sighting: Option<&Sighting<'_, T>>, key: Key) -> u32 {
        let like = Key { cents: 0, ..key }..=Key { cents: u64::MAX, ..key };
        let known = self.seen.range(like).fold(0_u32, |sum, (_, copies)| sum.saturating_add(*copies));
        // What is at or below the floor is not told by this list, so it accounts for nothing.
        let added = sighting.filter(|_| self.floor < Some(key.second));
        added
            .into_iter()
            .flat_map(|sighting| sighting.groups_like(key))
            .fold(known, |sum, (key, group)| sum.saturating_add(copies_in(group).saturating_sub(self.copies(key))))
    }

    fn copies(&self, key: Key) -> u32 {
        self.seen.get(&key).copied().unwrap_or_default()
    }

    fn is_baseline(&self, second: i64) -> bool {
        !self.was_shown && Some(second) <= self.baseline
    }

    fn loss<T: Entry>(&self, sighting: &Sighting<'_, T>, counters: Counters) -> Option<Loss> {
        if sighting.continues_before {
            return None;
        }
        let oldest = sighting.oldest_second()?;
        let lost_touch = match self.newest {
            // More may have come in the newest known second than is shown, unless a known one is among them.
            Some(newest) if newest == oldest && self.floor < Some(oldest) => {
                !sighting.keys_of(oldest).any(|key| self.seen.contains_key(&key))
            }
            Some(newest) => newest < oldest,
            None => sighting.is_full && !self.is_baseline(oldest),
        };
        let listed = u64::try_from(sighting.listed).unwrap_or(u64::MAX);
        let count = growth(self.counters.count, counters.count);
        if !lost_touch || count == Some(listed) {
            return None;
        }
        let total = growth(self.counters.total, counters.total);
        let at_least = [count, total].into_iter().flatten().min().map(|growth| growth.saturating_sub(listed));
        Some(Loss { since: self.newest, until: sighting.oldest_instant()?, at_least })
    }

    fn forget_until(&mut self, second: Option<i64>) {
        while let Some(oldest) = self.seen.first_entry().filter(|oldest| Some(oldest.key().second) <= second) {
            oldest.remove();
        }
    }
}

/// How many equal entries a list shows.
fn copies_in(group: &[Place]) -> u32 {
    u32::try_from(group.len()).unwrap_or(u32::MAX)
}

fn growth(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after?.saturating_sub(before?))
}

/// The form of a ledger's keys in a checkpoint: a list of `[second, hash, cents, copies]`, without the last two where they are 0 and 1.
mod seen {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Key;
    use crate::event::Fingerprint;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Row {
        Full(i64, Fingerprint, u64, u32),
        Usual(i64, Fingerprint),
    }

    pub(super) fn serialize<S: Serializer>(seen: &BTreeMap<Key, u32>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(seen.iter().map(|(key, copies)| match (key.cents, copies) {
            (0, 1) => Row::Usual(key.second, key.print),
            (cents, copies) => Row::Full(key.second, key.print, cents, *copies),
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Key, u32>, D::Error> {
        let rows = Vec::<Row>::deserialize(deserializer)?.into_iter().map(|row| match row {
            Row::Usual(second, print) => (Key { second, print, cents: 0 }, 1),
            Row::Full(second, print, cents, copies) => (Key { second, print, cents }, copies),
        });
        Ok(rows.collect())
    }
}
