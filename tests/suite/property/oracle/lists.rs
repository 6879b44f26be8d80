//! Lists of entries with stamps: what of them is news, and where something may have been lost.

use super::{Oracle, Position, Said, Taken, cap, length, raw, shift::without};
use crate::property::history::{Entry, List, NOBODY};

/// A list as the newest answer shows it, oldest first, and which of its entries were known before.
pub(super) struct Sight {
    pub(super) list: List,
    entries: Vec<Entry>,
    is_known: Vec<bool>,
    /// What was known of it before.
    known: Vec<Entry>,
    /// Of messages the rants that may stand among them, those of this answer too.
    rants: Vec<Entry>,
}

impl Sight {
    /// Whether it shows an entry that no answer showed before. Below the floor nobody can tell.
    pub(super) fn shows_unseen(&self, floor: Option<i64>) -> bool {
        self.unknown().any(|(_, entry)| Some(entry.at) >= floor)
    }

    fn unknown(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(|(index, _)| !self.is_known[*index])
    }

    /// The places of the known entries.
    fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.entries.len()).filter(|index| self.is_known[*index])
    }

    fn oldest(&self) -> Option<i64> {
        self.entries.iter().map(|entry| entry.at).min()
    }

    fn newest_known(&self) -> Option<i64> {
        self.known.iter().map(|entry| entry.at).max()
    }

    /// What is known of it after: of what came below the floor nothing.
    fn known_after(&self, floor: Option<i64>) -> Vec<Entry> {
        let unknown = self.unknown().map(|(_, entry)| *entry).filter(|entry| Some(entry.at) >= floor);
        self.known.iter().copied().chain(unknown).collect()
    }

    /// How many copies of the entry no rant explains.
    fn unexplained(&self, entry: &Entry) -> usize {
        let rants = self.rants.iter().filter(|rant| Entry { cents: 0, ..**rant } == *entry).count();
        count(&self.entries, entry).saturating_sub(rants)
    }
}

impl Oracle {
    /// What the answer just taken shows of the list. `None` where it says nothing about it.
    pub(super) fn sight(&self, list: List) -> Option<Sight> {
        let this = self.this();
        let mut entries = this.shown.get(&list)?.clone();
        if this.newest_first.get(&list) != Some(&false) {
            entries.reverse();
        }
        let mut known = self.known.get(&list).cloned().unwrap_or_default();
        let is_known = mark(&mut known, &entries, self.floor(list), list.is_paid());
        let rants = match list {
            List::Messages(stream) => {
                let rants = List::Rants(stream);
                let mut known = self.known.get(&rants).cloned().unwrap_or_default();
                let mut untold = self.untold.get(&rants).cloned().unwrap_or_default();
                if let Some(sight) = self.sight(rants) {
                    known = sight.known_after(self.floor(rants));
                    untold.extend(self.untold(&sight));
                }
                // Where a rant is not told, its message is.
                without(&known, &untold)
            }
            _ => Vec::new(),
        };
        Some(Sight { list, entries, is_known, known, rants })
    }

    pub(super) fn remember(&mut self, sight: &Sight) {
        let list = sight.list;
        let known = sight.known_after(self.floor(list));
        self.known.insert(list, known);
        for entry in &sight.entries {
            let most = self.unexplained.entry((list, *entry)).or_default();
            *most = (*most).max(sight.unexplained(entry));
        }
        if self.this().is_stale {
            let news = self.news(sight);
            let is_brought = |entry: &Entry| self.is_baseline(list, entry) || news.contains(entry);
            let brought = sight.unknown().filter(|(_, entry)| is_brought(entry)).count();
            *self.brought_by_stale.entry(list).or_default() += brought;
        } else {
            self.brought_by_stale.remove(&list);
        }
        let untold = self.untold(sight);
        self.untold.entry(list).or_default().extend(untold);
        if self.deaf_gap(sight).is_some() {
            self.deaf.remove(&list);
        }
    }

    pub(super) fn judge_list(&self, sight: &Sight, rank: usize, dated: &mut Vec<(Position, Said)>) {
        let list = sight.list;
        let Some(oldest) = sight.oldest() else { return };
        let news = self.news(sight);
        let mut passed: Vec<Entry> = Vec::new();
        let mut told: Vec<Entry> = Vec::new();
        for entry in &news {
            passed.push(*entry);
            // The later ones are owed.
            if count(&passed, entry) > count(&news, entry).saturating_sub(self.due(sight, entry)) {
                let before = match list {
                    List::Messages(_) => self.most_unexplained(list, entry),
                    _ => count(&sight.known, entry),
                };
                let copy = before + count(&told, entry);
                told.push(*entry);
                dated.push(((entry.at, rank, 1), Said::New { list, entry: *entry, copy }));
            }
        }
        for (since, until, at_least) in self.gaps(sight, oldest, told.len()) {
            dated.push(((until, rank, 0), Said::Gap { list, since, until, at_least }));
        }
    }

    /// The entries of the floor's second that are known from now on but were neither baseline nor news.
    fn untold(&self, sight: &Sight) -> Vec<Entry> {
        let floor = self.floor(sight.list);
        let unknown: Vec<Entry> = sight.unknown().map(|(_, entry)| *entry).filter(|entry| Some(entry.at) == floor).collect();
        let quiet: Vec<Entry> = unknown.iter().filter(|entry| !self.is_baseline(sight.list, entry)).copied().collect();
        without(&quiet, &self.news(sight))
    }

    /// How many copies of an unknown entry are owed: of messages as many as no rant explains, beyond the most so far.
    fn due(&self, sight: &Sight, entry: &Entry) -> usize {
        match sight.list {
            List::Messages(_) => sight.unexplained(entry).saturating_sub(self.most_unexplained(sight.list, entry)),
            _ => usize::MAX,
        }
    }

    fn most_unexplained(&self, list: List, entry: &Entry) -> usize {
        self.unexplained.get(&(list, *entry)).copied().unwrap_or(0)
    }

    /// The entries that nobody knew and that did not come back, oldest first by place.
    fn news(&self, sight: &Sight) -> Vec<Entry> {
        let floor = self.floor(sight.list);
        let is_news = |(place, entry): &(usize, &Entry)| match floor {
            _ if self.is_baseline(sight.list, entry) => false,
            Some(floor) if entry.at < floor => false,
            Some(floor) if entry.at == floor => self.is_news_at_floor(sight, *place, floor),
            _ => !self.came_back(sight, *place),
        };
        sight.unknown().filter(is_news).map(|(_, entry)| *entry).collect()
    }

    /// What the list shows when it first shows anything, as far as it is from before the start.
    fn is_baseline(&self, list: List, entry: &Entry) -> bool {
        let this = self.answers.len() - 1;
        let earlier = || self.answers[..this].iter().filter(|taken| taken.shown.contains_key(&list));
        // Lines of the last seconds may be missing in the first answer, if what it shows is an empty list.
        let less = if earlier().any(|taken| listed(taken, list) == 0) { 10 } else { 0 };
        if self.replay || earlier().any(|taken| !taken.shown[&list].is_empty()) {
            return false;
        }
        let first_now = self.baseline_of(list);
        if this == 0 {
            return true;
        }
        if let List::Messages(stream) | List::Rants(stream) = list
            && self.is_late(stream)
        {
            let created = self.this().answer.streams.iter().flatten().find(|listed| listed.stream == stream).and_then(|listed| listed.created_on);
            let created = created.unwrap_or(i64::MIN).min(first_now);
            return matches!(list, List::Messages(_)) && entry.at < created.max(first_now - 600) - less;
        }
        entry.at <= first_now - less
    }

    /// Whether the first answer told all its livestreams, and this was none of them.
    fn is_late(&self, stream: usize) -> bool {
        let first = &self.answers[0].answer;
        let is_complete = first.streams.is_some() && first.unreadable_streams == 0;
        is_complete && !first.streams.iter().flatten().any(|listed| listed.stream == stream)
    }

    pub(super) fn baseline_of(&self, list: List) -> i64 {
        if list == List::Followers { self.baseline + self.moved } else { self.baseline }
    }

    /// At the floor's own second the place decides.
    fn is_news_at_floor(&self, sight: &Sight, place: usize, floor: i64) -> bool {
        let known_of_second: Vec<usize> = sight.places().filter(|place| sight.entries[*place].at == floor).collect();
        if let Some(newest) = known_of_second.last() {
            return self.keeps_order(sight, floor) && place > *newest;
        }
        let is_alone = sight.places().next().is_none() && sight.newest_known() == Some(floor) && sight.oldest() >= Some(floor);
        is_alone && self.growth(sight.list).is_none_or(|growth| growth > 0)
    }

    /// Whether the direction of the list is known, and the known entries of this second stand in the same order as when they were last shown.
    fn keeps_order(&self, sight: &Sight, second: i64) -> bool {
        let list = sight.list;
        let (this, earlier) = self.answers.split_last().expect("one was taken");
        if !this.newest_first.contains_key(&list) {
            return false;
        }
        let mut known: Vec<Entry> = sight.places().map(|place| sight.entries[place]).filter(|entry| entry.at == second).collect();
        // Of equal ones the newest counts.
        known.reverse();
        let mut distinct: Vec<Entry> = Vec::new();
        for entry in known {
            if !distinct.contains(&entry) {
                distinct.push(entry);
            }
        }
        let place_in = |taken: &Taken, entry: &Entry| {
            let is_newest_first = taken.newest_first.get(&list) != Some(&false);
            let shown = taken.shown.get(&list)?;
            if is_newest_first { shown.iter().position(|other| other == entry) } else { shown.iter().rev().position(|other| other == entry) }
        };
        distinct.iter().enumerate().all(|(index, newer)| {
            distinct[index + 1..].iter().all(|older| {
                let last = earlier.iter().rev().find_map(|taken| Some((place_in(taken, newer)?, place_in(taken, older)?)));
                last.is_none_or(|(newer, older)| newer < older)
            })
        })
    }

    /// Whether the unknown entry is from before the start: behind all known ones, and old enough.
    fn came_back(&self, sight: &Sight, place: usize) -> bool {
        let is_behind = sight.places().next().is_some_and(|oldest| place < oldest);
        let is_old = sight.entries[place].at < self.baseline_of(sight.list) - 10;
        is_behind && is_old && !sight.list.is_paid() && self.growth(sight.list).is_none_or(|growth| growth <= 0)
    }

    /// Where something of the list may have been lost: since when, until when, how many at least.
    fn gaps(&self, sight: &Sight, oldest: i64, told: usize) -> Vec<(Option<i64>, i64, Option<u64>)> {
        let this = self.answers.len() - 1;
        let list = sight.list;
        let mut gaps = Vec::new();
        if this == 0 {
            return gaps;
        }
        let newest_known = sight.newest_known();
        let shows_known = sight.places().next().is_some();
        let is_pushed_out = match newest_known {
            Some(newest) => !shows_known && oldest >= newest && self.may_have_pushed_out(list),
            None => is_full(self.this(), list) && !sight.entries.iter().any(|entry| self.is_baseline(list, entry)),
        };
        if is_pushed_out {
            gaps.push((newest_known, oldest, self.least_lost(list, listed(self.this(), list))));
        }
        let floor = self.floor(list);
        let is_at_floor = |entry: &Entry| Some(entry.at) == floor;
        let is_unclear = sight.unknown().any(|(_, entry)| is_at_floor(entry) && self.due(sight, entry) > 0)
            && sight.places().any(|place| is_at_floor(&sight.entries[place]))
            && floor.is_some_and(|floor| !self.keeps_order(sight, floor));
        let lies_within_one_second = sight.entries.iter().all(|entry| entry.at == oldest);
        let is_short = newest_known.is_some()
            && is_full(self.this(), list)
            && lies_within_one_second
            && self.growth(list).is_some_and(|growth| growth > told as i64);
        if (is_unclear || is_short) && !is_pushed_out {
            let second = if is_unclear { floor.unwrap_or(oldest) } else { oldest };
            gaps.push((Some(second), second, self.least_lost(list, told)));
        }
        gaps.extend(self.deaf_gap(sight).map(|(since, until)| (Some(since), until, None)));
        gaps
    }

    /// The window in which nothing can be told, where the list shows something of it.
    fn deaf_gap(&self, sight: &Sight) -> Option<(i64, i64)> {
        let &(since, until) = self.deaf.get(&sight.list)?;
        let was_shown = |entry: &Entry| {
            self.answers.iter().rev().skip(1).any(|taken| taken.shown.get(&sight.list).is_some_and(|shown| shown.contains(entry)))
        };
        let is_deaf = |entry: &Entry| (since..until).contains(&entry.at) && !was_shown(entry);
        sight.entries.iter().any(is_deaf).then_some((since, until))
    }

    /// Nine tenths of the stated cap, or of the longest length that two of the last hundred answers showed, if that is at least ten.
    fn may_have_pushed_out(&self, list: List) -> bool {
        let now = listed(self.this(), list);
        let lengths: Vec<usize> =
            self.answers.iter().rev().take(100).filter(|taken| taken.shown.contains_key(&list)).map(|taken| listed(taken, list)).collect();
        let is_seen_twice = |length: &&usize| lengths.iter().filter(|other| other >= length).count() >= 2;
        let longest = lengths.iter().filter(is_seen_twice).max().copied().unwrap_or(0);
        is_full(self.this(), list) || longest >= 10 && now * 10 >= longest * 9
    }

    /// The oldest stamp of any full window before the answer just taken.
    pub(super) fn floor(&self, list: List) -> Option<i64> {
        self.floor_before(list, self.answers.len() - 1)
    }

    pub(super) fn floor_before(&self, list: List, this: usize) -> Option<i64> {
        let oldest = |taken: &Taken| taken.shown.get(&list)?.iter().map(|entry| entry.at).min();
        self.answers[..this].iter().filter(|taken| is_full(taken, list)).filter_map(oldest).max()
    }

    /// By how much the counters grew since the list was last shown by an answer that was not stale.
    fn growths(&self, list: List) -> [Option<i64>; 2] {
        let (this, earlier) = self.answers.split_last().expect("one was taken");
        let basis = earlier.iter().rfind(|taken| !taken.is_stale && taken.shown.contains_key(&list));
        let Some(basis) = basis.filter(|_| !this.is_stale) else { return [None; 2] };
        let counters = |taken: &Taken| match list {
            List::Followers => [taken.answer.followers.count, taken.answer.followers.total],
            List::Subscribers => [taken.answer.subscribers.count, taken.answer.subscribers.total],
            _ => [None; 2],
        };
        let (then, now) = (counters(basis), counters(this));
        [0, 1].map(|which| Some(now[which]?.cast_signed() - then[which]?.cast_signed()))
    }

    /// By how much both counters grew at least.
    fn growth(&self, list: List) -> Option<i64> {
        let growth = self.growths(list).into_iter().flatten().min()?;
        Some(growth - self.brought_by_stale.get(&list).copied().unwrap_or(0) as i64)
    }

    /// As many as came by the counters, without those that are accounted for.
    fn least_lost(&self, list: List, accounted: usize) -> Option<u64> {
        let least = self.growth(list)?;
        Some(u64::try_from(least).unwrap_or(0).saturating_sub(accounted as u64))
    }
}

/// How many items the answer shows of the list.
fn listed(taken: &Taken, list: List) -> usize {
    raw(&taken.answer, list).map_or(0, length)
}

fn is_full(taken: &Taken, list: List) -> bool {
    listed(taken, list) * 10 >= cap(&taken.answer) * 9
}

/// Which of the shown entries, which stand oldest first, are known already. A name that comes is kept.
fn mark(known: &mut [Entry], shown: &[Entry], floor: Option<i64>, is_paid: bool) -> Vec<bool> {
    let mut left: Vec<usize> = (0..known.len()).filter(|index| Some(known[*index].at) >= floor).collect();
    // Of equal ones the known are the oldest, but at the floor's second the newest.
    let (at_floor, above): (Vec<usize>, Vec<usize>) = (0..shown.len()).partition(|place| Some(shown[*place].at) == floor);
    let order: Vec<usize> = above.into_iter().chain(at_floor.into_iter().rev()).collect();
    let mut is_known = vec![false; shown.len()];
    let is_nameless = |entry: &Entry| entry.user == NOBODY;
    let is_same_payment = |one: &Entry, other: &Entry| is_paid && (one.at, one.text, one.cents) == (other.at, other.text, other.cents);
    let is_same = |one: &Entry, other: &Entry| one == other;
    let lost_its_name = |shown: &Entry, known: &Entry| is_same_payment(shown, known) && is_nameless(shown);
    let got_a_name = |shown: &Entry, known: &Entry| is_same_payment(shown, known) && is_nameless(known);
    let ways: [&dyn Fn(&Entry, &Entry) -> bool; 3] = [&is_same, &lost_its_name, &got_a_name];
    for is_match in ways {
        for &place in &order {
            let found = left.iter().position(|index| !is_known[place] && is_match(&shown[place], &known[*index]));
            if let Some(found) = found {
                let index = left.remove(found);
                is_known[place] = true;
                if is_nameless(&known[index]) {
                    known[index].user = shown[place].user;
                }
            }
        }
    }
    is_known
}

pub(super) fn count(entries: &[Entry], entry: &Entry) -> usize {
    entries.iter().filter(|other| *other == entry).count()
}
