//! What a list means, given what was known before: which of its entries are news, and whether some may have been lost.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{
    instant,
    known::Known,
    ledger::{After, Counters, Ledger, Outcome, Shows},
    sighting::{Entry, Key, Place, Sighting},
};
use crate::event::Fingerprint;

/// What the circumstances of an answer allow it to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The first answer of all, which is the baseline.
    Baseline,
    /// The first answer of all, to be yielded as well.
    Replay,
    /// A later answer.
    Update,
    /// An answer older than one before: its counters and what it lacks count for nothing.
    Stale,
}

impl Occasion {
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::Baseline | Self::Replay)
    }
}

pub(super) struct Verdict {
    pub(super) news: Vec<New>,
    pub(super) loss: Option<Loss>,
    pub(super) outcome: Outcome,
    /// Whether it shows an entry that no answer showed before.
    pub(super) shows_unseen: bool,
    /// How many more of each key are told, or known from the start.
    added: Vec<(Key, u32)>,
}

impl Verdict {
    /// How many more are told of what differs from `key` in the amount at most.
    pub(super) fn added_like(&self, key: Key) -> u32 {
        let alike = |other: &Key| other.second == key.second && other.print == key.print;
        self.added.iter().filter(|(other, _)| alike(other)).fold(0, |sum, (_, copies)| sum.saturating_add(*copies))
    }
}

/// An entry to be yielded.
pub(super) struct New {
    pub(super) place: Place,
    /// Which of the equal ones it is, from 0.
    pub(super) copy: u32,
    /// What is known once it is yielded.
    pub(super) known: Known,
}

/// Something may have been lost.
pub(super) struct Loss {
    pub(super) since: Option<i64>,
    pub(super) until: OffsetDateTime,
    pub(super) at_least: Option<u64>,
}

/// Equal entries of a list.
struct Group<'s> {
    key: Key,
    /// The oldest first.
    places: &'s [Place],
    known: Option<Known>,
    /// How many of them no other list accounts for.
    due: u32,
    /// How many of those are known under another name, or none: the name went. They stay known under that.
    lost_their_name: u32,
    /// How many of those are known without a name. From now on they are known under this one.
    got_their_name: u32,
}

impl Group<'_> {
    /// How many more there are than were ever shown at once.
    fn surplus(&self) -> u32 {
        let others = self.lost_their_name.saturating_add(self.got_their_name);
        self.due.saturating_sub(self.copies_known()).saturating_sub(others)
    }

    fn copies_known(&self) -> u32 {
        self.known.map_or(0, |known| known.copies)
    }
}

/// Which unknown entries of one second can be news.
#[derive(Clone, Copy)]
enum Front {
    All,
    /// Those whose rank is above this.
    Above(usize),
    None,
    /// None, and it cannot be told which would have to be.
    Unclear,
}

impl Ledger {
    /// Judges a list. `accounted_for` tells how many equal entries another list accounts for.
    pub(super) fn judge<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        counters: Counters,
        occasion: Occasion,
        accounted_for: impl Fn(Key) -> u32,
    ) -> Verdict {
        let mut named = Vec::new();
        let mut groups: Vec<_> = sighting
            .groups()
            .map(|(key, places)| {
                let due = count(places).saturating_sub(accounted_for(key));
                Group { key, places, known: self.seen.get(&key).copied(), due, lost_their_name: 0, got_their_name: 0 }
            })
            .collect();
        if T::IS_PAID {
            self.find_names_that_went_or_came(sighting, &mut groups, &mut named);
        }
        let is_known = |group: &Group<'_>| group.known.is_some() || group.lost_their_name > 0 || group.got_their_name > 0;
        let shows_known = sighting.continues_before || groups.iter().any(is_known);
        let oldest_known =
            groups.iter().filter(|group| group.known.is_some()).filter_map(|group| group.places.first()).map(|place| place.rank).min();
        let rose = if occasion == Occasion::Update { counters.rose_since(self.counters) } else { None };
        let came_back = |place: &Place| {
            let is_behind_all_known = !sighting.continues_before && oldest_known.is_some_and(|oldest| place.rank < oldest);
            !T::IS_PAID && rose != Some(true) && is_behind_all_known && self.is_from_before(place.key.second)
        };

        let (mut news, mut seen, mut added) = (Vec::new(), Vec::new(), Vec::new());
        let mut is_unclear = false;
        let mut baseline = 0_u64;
        for same_second in groups.chunk_by(|one, other| one.key.second == other.key.second) {
            let Some(second) = same_second.first().map(|group| group.key.second) else { continue };
            let is_floor = Some(second) == self.floor;
            if Some(second) < self.floor || (is_floor && self.is_closed) {
                continue;
            }
            let front = if is_floor { self.front(same_second, sighting, shows_known, rose) } else { Front::All };
            is_unclear |= matches!(front, Front::Unclear);
            let orders = orders(same_second);
            for group in same_second {
                let known = Known {
                    copies: group.due.saturating_sub(group.lost_their_name).max(group.copies_known()),
                    class: sighting.class(group.places),
                    order: group.known.map_or_else(|| orders.get(&group.key).copied().unwrap_or_default(), |known| known.order),
                };
                if Some(known.copies) > group.known.map(|known| known.copies) {
                    seen.push((group.key, known));
                    if self.is_baseline(second) {
                        baseline = baseline.saturating_add((known.copies - group.copies_known()).into());
                    }
                }
                if !is_floor && T::IS_PAID {
                    added.push((group.key, known.copies.saturating_sub(group.copies_known())));
                }
                if group.surplus() == 0 || occasion == Occasion::Baseline || self.is_baseline(second) {
                    continue;
                }
                let is_news = |place: &&Place| match (front, group.known) {
                    (Front::All, Some(_)) => true,
                    (Front::All, None) => !came_back(place),
                    (Front::Above(rank), None) => place.rank > rank,
                    // Of equal ones in the floor's second the further ones count as the oldest.
                    (Front::Above(_), Some(_)) | (Front::None | Front::Unclear, _) => false,
                };
                // The known ones are the oldest of the group, so the new ones are its last.
                let surplus = usize::try_from(group.surplus()).unwrap_or(usize::MAX);
                let copies = (0..known.copies).rev();
                let new: Vec<_> = group.places.iter().rev().filter(is_news).take(surplus).zip(copies).collect();
                if is_floor && T::IS_PAID {
                    added.push((group.key, u32::try_from(new.len()).unwrap_or(u32::MAX)));
                }
                news.extend(new.into_iter().rev().map(|(place, copy)| {
                    let copies = copy.saturating_add(1);
                    New { place: *place, copy, known: Known { copies, ..known } }
                }));
            }
        }
        let shows_unseen = seen.iter().any(|(key, _)| !self.seen.contains_key(key));
        let told = u64::try_from(news.len()).unwrap_or(u64::MAX);
        let loss = if occasion.is_first() { None } else { self.loss(sighting, counters, occasion, told, shows_known, is_unclear) };
        let deafness = if occasion.is_first() || loss.is_some() { None } else { self.deafness(sighting) };
        let told_of_deafness = deafness.is_some();
        let outcome = Outcome {
            seen,
            named,
            floor: sighting.oldest_second().filter(|_| sighting.is_full),
            newest: sighting.newest_second(),
            direction: sighting.direction,
            counters: if occasion == Occasion::Stale { After::More(baseline) } else { After::These(counters) },
            shows: match (sighting.listed, sighting.newest_second()) {
                (0, _) => Shows::NoEntries,
                (_, None) => Shows::Nothing,
                (_, Some(_)) => Shows::Entries,
            },
            length: sighting.listed,
            unreadable: sighting.unreadable,
            shift: None,
            told_of_deafness,
        };
        Verdict { news, loss: loss.or(deafness), outcome, shows_unseen, added }
    }

    /// Money is told even if it names nobody; but a name that goes or comes is no news. A paid entry without a name is taken for a known one
    /// of the same second, amount and text that is no longer shown under its name, and the other way round. Of several the oldest goes first.
    fn find_names_that_went_or_came<T: Entry>(&self, sighting: &Sighting<'_, T>, groups: &mut [Group<'_>], named: &mut Vec<(Key, u32)>) {
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
                let gone = known.copies.saturating_sub(shown.get(key).copied().unwrap_or_default());
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

    fn loss<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        counters: Counters,
        occasion: Occasion,
        told: u64,
        shows_known: bool,
        is_unclear: bool,
    ) -> Option<Loss> {
        let (oldest, newest) = (sighting.oldest_second()?, sighting.newest_second()?);
        // A stale answer's counters count for nothing.
        let growth = if occasion == Occasion::Update { counters.growth_since(self.counters) } else { None };
        let lost_touch = match self.newest {
            Some(known) if known == oldest && self.floor == Some(oldest) && self.is_closed => false,
            Some(known) => !shows_known && known <= oldest && self.may_have_pushed_out(sighting),
            None => sighting.is_full && !self.is_baseline(oldest),
        };
        if lost_touch {
            let shown = u64::try_from(sighting.listed).unwrap_or(u64::MAX);
            let at_least = growth.map(|growth| growth.saturating_sub(shown));
            return Some(Loss { since: self.newest, until: sighting.oldest_instant()?, at_least });
        }
        // Where all is of one second, nobody can tell by the stamps how far back the list reaches.
        let is_open = !(self.is_closed && self.floor == Some(oldest));
        let lacks = sighting.is_full && oldest == newest && is_open && !self.is_baseline(oldest) && growth > Some(told);
        let second = if is_unclear { self.floor? } else { oldest };
        let at_least = growth.map(|growth| growth.saturating_sub(told));
        (is_unclear || lacks).then(|| Loss { since: Some(second), until: instant(second), at_least })
    }

    /// Of the floor's second only what stands in front of all that is known of it is news: what stands behind came back.
    fn front<T: Entry>(&self, same_second: &[Group<'_>], sighting: &Sighting<'_, T>, shows_known: bool, rose: Option<bool>) -> Front {
        if same_second.iter().all(|group| group.surplus() == 0) {
            return Front::None;
        }
        let mut known: Vec<_> = same_second.iter().filter_map(|group| Some((group.places, group.known?))).collect();
        let Some(newest) = known.iter().filter_map(|(places, _)| places.last()).map(|place| place.rank).max() else {
            // Without any known one the list has gone on, unless it shows older ones or did not grow: then those that were newer are gone.
            let goes_on = !shows_known && self.newest == self.floor && sighting.oldest_second() >= self.floor && rose != Some(false);
            return if goes_on { Front::All } else { Front::None };
        };
        known.sort_unstable_by_key(|(places, _)| places.last().map(|place| place.rank));
        let kept_their_order = known.is_sorted_by_key(|(_, known)| known.order);
        if sighting.direction.is_some() && kept_their_order { Front::Above(newest) } else { Front::Unclear }
    }

    /// Whether the list is so long that entries which nobody saw may have been pushed out of it. The server's word on its cap may be wrong.
    fn may_have_pushed_out<T>(&self, sighting: &Sighting<'_, T>) -> bool {
        sighting.is_full || self.lengths.longest_seen_twice(sighting.listed).is_some_and(|longest| is_full(sighting.listed, longest))
    }

    /// After a step back of the server's clock, what is stamped between that and the floor may be new or have come back. It is not told, so
    /// a gap stands for all of it.
    fn deafness<T: Entry>(&self, sighting: &Sighting<'_, T>) -> Option<Loss> {
        let (since, until) = self.deaf?;
        let shows_some = sighting.groups().any(|(key, _)| (since..until).contains(&key.second) && !self.seen.contains_key(&key));
        shows_some.then(|| Loss { since: Some(since), until: instant(until), at_least: None })
    }
}

/// 49 of 50 has been seen of a list that goes on, so nine tenths count as full.
pub(super) fn is_full(length: usize, cap: usize) -> bool {
    length.saturating_mul(10) >= cap.saturating_mul(9)
}

/// The places of the unknown keys of one second among the known ones: above all that they stand in front of, below all that they stand
/// behind.
fn orders(same_second: &[Group<'_>]) -> BTreeMap<Key, i32> {
    if same_second.iter().all(|group| group.known.is_some()) || same_second.len() == 1 {
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
            (None, _, None) => steps(0, index),
        };
        if known.is_none() {
            orders.insert(key, passed);
        }
    }
    orders
}

fn count(places: &[Place]) -> u32 {
    u32::try_from(places.len()).unwrap_or(u32::MAX)
}
