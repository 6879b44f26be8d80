//! Judges a list against the memory: which of its entries are news, and whether
//! some may have been lost.
//!
//! An entry is news if the answer shows more of its key than is known, it is
//! not below the floor (in the floor's own second, `order` decides), and it is
//! not baseline. One exception: an unpaid entry that stands behind everything
//! known, is from before the watching began, and comes while the counter has
//! not risen has slid back into the list.
//!
//! Something may be lost if the list has lost touch: it shows nothing known,
//! nothing older than the newest known entry, and is so long that entries may
//! have been pushed out. If a whole list is of one second, its stamps cannot
//! show that, and the counter is asked instead.
//!
//! Nothing is changed here. The verdict has all that is to be remembered, split
//! into what each delivery records and what is settled at the end.

use time::OffsetDateTime;

use super::{
    group::{Group, groups},
    instant,
    known::Known,
    ledger::{After, Counters, Ledger, Outcome, Shows},
    lengths::is_full,
    order::{Front, orders},
    sighting::{Entry, Key, Place, Sighting},
};

/// The occasion of an answer, which limits what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// The very first answer, which is the baseline.
    Baseline,
    /// The very first answer, which is yielded as well.
    Replay,
    /// A later answer.
    Update,
    /// An answer older than an earlier one. Its counters are ignored, and
    /// nothing follows from what it lacks.
    Stale,
}

impl Occasion {
    /// Whether no answer came before, so nothing can be lost.
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::Baseline | Self::Replay)
    }
}

/// What a list means, given the memory.
pub(super) struct Verdict {
    /// In no particular order; the plan sorts them by stamp and rank.
    pub(super) news: Vec<New>,
    /// What the gap says, if there is one.
    pub(super) loss: Option<Loss>,
    /// What else to remember once the answer is settled.
    pub(super) outcome: Outcome,
    /// Whether it shows an entry that no earlier answer showed.
    pub(super) shows_unseen: bool,
    /// How many more of each key are yielded, or known from the start.
    added: Vec<(Key, u32)>,
}

impl Verdict {
    /// How many more are added that equal `key` except perhaps in the amount.
    pub(super) fn added_like(&self, key: Key) -> u32 {
        let alike = |other: &Key| other.second == key.second && other.print == key.print;
        self.added.iter().filter(|(other, _)| alike(other)).fold(0, |sum, (_, copies)| sum.saturating_add(*copies))
    }
}

/// An entry to be yielded.
pub(super) struct New {
    pub(super) place: Place,
    /// Its number among equal entries, from 0.
    pub(super) copy: u32,
    /// What is known about the key once it is yielded.
    pub(super) known: Known,
}

/// Something may have been lost.
pub(super) struct Loss {
    /// Nothing older is lost. `None` if nothing was known.
    pub(super) since: Option<i64>,
    /// Nothing newer is lost.
    pub(super) until: OffsetDateTime,
    /// How many by the counters, if the list has any.
    pub(super) at_least: Option<u64>,
}

/// What an answer says about a list as a whole.
#[derive(Clone, Copy)]
struct Circumstances {
    occasion: Occasion,
    /// Whether it shows any known entry.
    shows_known: bool,
    /// The rank of the oldest known entry, if one is shown.
    oldest_known: Option<usize>,
    /// How much the list grew by the counters. Those of a stale answer are
    /// ignored.
    growth: Option<u64>,
    /// Whether the list's own counter rose.
    rose: Option<bool>,
}

impl Circumstances {
    /// Whether a list without known entries may be the previous one, moved on.
    fn may_go_on(self) -> bool {
        !self.shows_known && self.rose != Some(false)
    }
}

/// What was found in the list so far.
#[derive(Default)]
struct Found {
    news: Vec<New>,
    /// What is known once everything is settled.
    seen: Vec<(Key, Known)>,
    added: Vec<(Key, u32)>,
    /// How many entries are baseline.
    baseline: u64,
    /// Whether it is unclear what is new in the floor's second.
    is_unclear: bool,
    /// Whether there is any entry that no earlier answer showed.
    shows_unseen: bool,
}

impl Ledger {
    /// Judges a list. `accounted_for` returns how many equal entries another
    /// list accounts for.
    pub(super) fn judge<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        counters: Counters,
        occasion: Occasion,
        accounted_for: impl Fn(Key) -> u32,
    ) -> Verdict {
        let mut groups = groups(sighting, |key| self.known(key), accounted_for);
        let mut named = Vec::new();
        if T::IS_PAID {
            self.find_names_that_went_or_came(sighting, &mut groups, &mut named);
        }
        let known = groups.iter().filter(|group| group.known.is_some()).filter_map(|group| group.places.first());
        let circumstances = Circumstances {
            occasion,
            shows_known: sighting.continues_before || groups.iter().any(Group::is_known),
            oldest_known: known.map(|place| place.rank).min().filter(|_| !sighting.continues_before),
            growth: if occasion == Occasion::Update { counters.growth_since(self.counters) } else { None },
            rose: if occasion == Occasion::Update { counters.rose_since(self.counters) } else { None },
        };
        let mut found = Found::default();
        for same_second in groups.chunk_by(|one, other| one.key.second == other.key.second) {
            self.judge_second(same_second, sighting, circumstances, &mut found);
        }
        let Found { news, seen, added, baseline, is_unclear, shows_unseen } = found;
        let (loss, deafness) = if occasion.is_first() {
            (None, None)
        } else {
            let told = u64::try_from(news.len()).unwrap_or(u64::MAX);
            (self.loss(sighting, circumstances, told, is_unclear), self.deafness(sighting))
        };
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
            told_of_deafness: loss.is_none() && deafness.is_some(),
        };
        Verdict { news, loss: loss.or(deafness), outcome, shows_unseen, added }
    }

    /// Judges the entries of one second.
    fn judge_second<T: Entry>(
        &self,
        same_second: &[Group<'_>],
        sighting: &Sighting<'_, T>,
        circumstances: Circumstances,
        found: &mut Found,
    ) {
        let Some(second) = same_second.first().map(|group| group.key.second) else { return };
        let is_floor = Some(second) == self.floor;
        if Some(second) < self.floor || (is_floor && self.is_closed) {
            return;
        }
        let front = if is_floor { self.front(same_second, sighting, circumstances.may_go_on()) } else { Front::All };
        found.is_unclear |= matches!(front, Front::Unclear);
        let is_baseline = self.is_baseline(second);
        let orders = orders(same_second, self.highest_order(second));
        for group in same_second {
            let order = group.known.map_or_else(|| orders.get(&group.key).copied().unwrap_or_default(), |known| known.order);
            let more = group.due.saturating_sub(group.lost_their_name).saturating_sub(group.copies_known());
            let before = group.known.unwrap_or_default();
            let copies = before.copies.saturating_add(more);
            let known = Known { copies, class: sighting.class(group.places), order, ..before };
            found.shows_unseen |= group.surplus() > 0 || !group.is_known();
            if is_baseline {
                found.baseline = found.baseline.saturating_add(more.into());
            }
            let is_quiet = circumstances.occasion == Occasion::Baseline || is_baseline;
            let told_before = found.news.len();
            if !is_quiet {
                // The known entries are the oldest of the group, so the new ones come last.
                let newest_first = self.news_of::<T>(group, front, circumstances).zip((0..copies).rev());
                found.news.extend(newest_first.map(|(&place, copy)| {
                    let known = Known { copies: copy.saturating_add(1), ..known };
                    New { place, copy, known }
                }));
            }
            let new = found.news.get_mut(told_before..).unwrap_or_default();
            new.reverse();
            let told = u32::try_from(new.len()).unwrap_or(u32::MAX);
            if T::IS_PAID {
                found.added.push((group.key, if is_floor { told.saturating_add(group.got_their_name) } else { more }));
            }
            // Deliveries remember what they deliver. If a rant accounts for all copies of a message, the message is remembered for its
            // order.
            if told < more || (more == 0 && group.known.is_none() && group.lost_their_name == 0) {
                found.seen.push((group.key, known));
            }
        }
    }

    /// The places of a group that are news, the newest first.
    fn news_of<'s, T: Entry>(
        &'s self,
        group: &'s Group<'_>,
        front: Front,
        circumstances: Circumstances,
    ) -> impl Iterator<Item = &'s Place> {
        let came_back = move |place: &Place| {
            let is_behind_all_known = circumstances.oldest_known.is_some_and(|oldest| place.rank < oldest);
            !T::IS_PAID && circumstances.rose != Some(true) && is_behind_all_known && self.is_from_before(place.key.second)
        };
        let is_news = move |place: &&Place| match (front, group.known_by_this_name()) {
            (Front::All, Some(_)) => true,
            (Front::All, None) => !came_back(place),
            (Front::Above(rank), None) => place.rank > rank,
            // In the floor's second, additional equal entries count as the oldest.
            (Front::Above(_), Some(_)) | (Front::None | Front::Unclear, _) => false,
        };
        let surplus = usize::try_from(group.surplus()).unwrap_or(usize::MAX);
        group.places.iter().rev().filter(is_news).take(surplus)
    }

    /// What may be lost: because the list has lost touch with what is known,
    /// because all of it is of one second and the counter grew by more than was
    /// found, or because it is unclear which entries of the floor's second are
    /// new. `told` is how many are news.
    fn loss<T: Entry>(
        &self,
        sighting: &Sighting<'_, T>,
        Circumstances { shows_known, growth, .. }: Circumstances,
        told: u64,
        is_unclear: bool,
    ) -> Option<Loss> {
        let (oldest, newest) = (sighting.oldest_second()?, sighting.newest_second()?);
        let lost_touch = match self.newest {
            // Nothing of that second is remembered, so old entries cannot be told from new ones.
            Some(known) if known == oldest && self.is_closed && self.floor >= Some(oldest) => false,
            Some(known) => !shows_known && known <= oldest && self.may_have_pushed_out(sighting),
            None => sighting.is_full && !self.is_baseline(oldest),
        };
        if lost_touch {
            let shown = u64::try_from(sighting.listed).unwrap_or(u64::MAX);
            let at_least = growth.map(|growth| growth.saturating_sub(shown));
            return Some(Loss { since: self.newest, until: sighting.oldest_instant()?, at_least });
        }
        // If everything is of one second, the stamps do not show how far back the list reaches.
        let is_open = !(self.is_closed && self.floor >= Some(oldest));
        let lacks = sighting.is_full && oldest == newest && is_open && !self.is_baseline(oldest) && growth > Some(told);
        let second = if is_unclear { self.floor? } else { oldest };
        let at_least = growth.map(|growth| growth.saturating_sub(told));
        (is_unclear || lacks).then(|| Loss { since: Some(second), until: instant(second), at_least })
    }

    /// Whether the list is so long that unseen entries may have been pushed out
    /// of it. The cap that the server names may be wrong.
    fn may_have_pushed_out<T>(&self, sighting: &Sighting<'_, T>) -> bool {
        sighting.is_full || self.lengths.longest_seen_twice(sighting.listed).is_some_and(|longest| is_full(sighting.listed, longest))
    }

    /// After the server's clock was set back, entries between that instant and
    /// the floor may be new or may have come back. They are not yielded, so a
    /// gap covers all of them.
    fn deafness<T: Entry>(&self, sighting: &Sighting<'_, T>) -> Option<Loss> {
        let (since, until) = self.deaf?;
        sighting.shows_any_of(since..until).then(|| Loss { since: Some(since), until: instant(until), at_least: None })
    }
}
