//! Lists of entries with stamps: what of them is news, and where something may have been lost.

use std::collections::BTreeMap;

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
        let entries = this.oldest_first(list)?;
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
    }

    pub(super) fn judge_list(&mut self, sight: &Sight, rank: usize, dated: &mut Vec<(Position, Said)>) {
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
        // One is enough, so the second waits for another answer.
        if let Some((since, until, at_least)) = self.gap(sight, oldest, told.len()).or_else(|| self.deaf_gap(sight)) {
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
            // What it says when it is first listed counts.
            let listings = self.answers.iter().flat_map(|taken| taken.answer.streams.iter().flatten());
            let created = listings.filter(|listed| listed.stream == stream).map(|listed| listed.created_on).next().flatten();
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
        is_alone && self.rose(sight.list) != Some(false)
    }

    /// Whether the direction of the list is known, and the known entries of this second stand in the order in which they became known.
    fn keeps_order(&self, sight: &Sight, second: i64) -> bool {
        let line = self.line(sight.list, second);
        let shown = distinct(&sight.entries, second);
        self.this().newest_first.contains_key(&sight.list) && shown.iter().filter_map(|entry| line.get(entry)).is_sorted()
    }

    /// In which order the entries of a second are known to stand, by the answers before. Who stands in front of all that are shown goes to the
    /// front, who stands behind all goes to the end, and who stands between two shares the place of the older one.
    fn line(&self, list: List, second: i64) -> BTreeMap<Entry, i32> {
        let (_, earlier) = self.answers.split_last().expect("one was taken");
        let mut line: BTreeMap<Entry, i32> = BTreeMap::new();
        for taken in earlier {
            let Some(entries) = taken.oldest_first(list) else { continue };
            let entries = distinct(&entries, second);
            let known = line.clone();
            let is_known = |entry: &Entry| known.contains_key(entry);
            let oldest_known = entries.iter().position(is_known).unwrap_or(0);
            for (nth, entry) in entries.iter().enumerate().filter(|(_, entry)| !is_known(entry)) {
                let older = entries[..nth].iter().rev().find(|entry| is_known(entry));
                let newer = entries[nth..].iter().any(is_known);
                let place = match older {
                    _ if nth < oldest_known => known.values().min().unwrap_or(&0) - (oldest_known - nth) as i32,
                    Some(older) if newer => known[older],
                    _ => line.values().max().map_or(0, |front| front + 1),
                };
                line.insert(*entry, place);
            }
        }
        line
    }

    /// Whether the unknown entry is from before the start: behind all known ones, and old enough.
    fn came_back(&self, sight: &Sight, place: usize) -> bool {
        let is_behind = sight.places().next().is_some_and(|oldest| place < oldest);
        let is_old = sight.entries[place].at < self.baseline_of(sight.list) - 10;
        is_behind && is_old && !sight.list.is_paid() && self.rose(sight.list) != Some(true)
    }

    /// Where something of the list may have been lost: since when, until when, how many at least.
    fn gap(&self, sight: &Sight, oldest: i64, told: usize) -> Option<(Option<i64>, i64, Option<u64>)> {
        let this = self.answers.len() - 1;
        let list = sight.list;
        if this == 0 {
            return None;
        }
        let newest_known = sight.newest_known();
        let shows_known = sight.places().next().is_some();
        let is_pushed_out = match newest_known {
            Some(newest) => !shows_known && oldest >= newest && self.may_have_pushed_out(list),
            None => is_full(self.this(), list) && !sight.entries.iter().any(|entry| self.is_baseline(list, entry)),
        };
        if is_pushed_out {
            return Some((newest_known, oldest, self.least_lost(list, listed(self.this(), list))));
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
        if is_unclear || is_short {
            let second = if is_unclear { floor.unwrap_or(oldest) } else { oldest };
            return Some((Some(second), second, self.least_lost(list, told)));
        }
        None
    }

    /// The window in which nothing can be told, where the list shows something of it.
    fn deaf_gap(&mut self, sight: &Sight) -> Option<(Option<i64>, i64, Option<u64>)> {
        let &(since, until) = self.deaf.get(&sight.list)?;
        sight.entries.iter().any(|entry| (since..until).contains(&entry.at)).then(|| {
            self.deaf.remove(&sight.list);
            (Some(since), until, None)
        })
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

    /// Whether the list's own counter rose.
    fn rose(&self, list: List) -> Option<bool> {
        let brought = self.brought_by_stale.get(&list).copied().unwrap_or(0) as i64;
        self.growths(list)[0].map(|growth| growth > brought)
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
    // Where a name comes or goes, the oldest is the known one, and equal ones go together.
    let mut by_age: Vec<usize> = (0..shown.len()).collect();
    by_age.sort_by_key(|place| shown.iter().position(|other| *other == shown[*place]));
    for (is_match, order) in ways.into_iter().zip([&order, &by_age, &by_age]) {
        for &place in order {
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

/// The different ones of a second, oldest first. Of equal ones the newest counts.
fn distinct(entries: &[Entry], second: i64) -> Vec<Entry> {
    let of_second: Vec<Entry> = entries.iter().filter(|entry| entry.at == second).copied().collect();
    let is_newest = |(place, entry): &(usize, &Entry)| !of_second[place + 1..].contains(entry);
    of_second.iter().enumerate().filter(is_newest).map(|(_, entry)| *entry).collect()
}

pub(super) fn count(entries: &[Entry], entry: &Entry) -> usize {
    entries.iter().filter(|other| *other == entry).count()
}
