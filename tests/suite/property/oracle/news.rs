//! What of a list is news.

use std::collections::BTreeMap;

use super::{
    Oracle, Position,
    reading::listed,
    sight::{Sight, count},
};
use crate::property::{
    history::{Entry, List},
    said::Said,
};

/// A list that was empty so far may not have been loaded, so this much is taken off its baseline; and what is this much older than the first
/// `now` may come back from before it.
const LOADING: i64 = 10;
/// The first answer may have been ahead or behind by this.
const EARLY: i64 = 600;

impl Oracle {
    pub(super) fn judge_list(&mut self, sight: &Sight, rank: usize, dated: &mut Vec<(Position, Said)>) {
        let list = sight.list;
        let Some(oldest) = sight.oldest() else { return };
        let news = self.news(sight);
        let past = self.past(list);
        let mut passed: Vec<Entry> = Vec::new();
        let mut told: Vec<Entry> = Vec::new();
        for entry in &news {
            passed.push(*entry);
            // Where only some of the copies are due, the later ones are told.
            if count(&passed, entry) > count(&news, entry).saturating_sub(self.due(sight, entry)) {
                let before = match list {
                    List::Messages(_) => past.unexplained.get(entry).copied().unwrap_or(0),
                    _ => count(&sight.known, entry) + count(&past.named, entry) + count(&sight.named, entry),
                };
                let copy = before + count(&told, entry);
                told.push(*entry);
                dated.push(((entry.at, rank, 1), Said::New { list, entry: *entry, copy }));
            }
        }
        // Silent: one gap is enough for one list of one answer. That for lost hearing comes last, with a later answer if need be.
        if let Some((since, until, at_least)) = self.gap(sight, oldest, told.len()).or_else(|| self.deaf_gap(sight)) {
            dated.push(((until, rank, 0), Said::Gap { list, since, until, at_least }));
        }
    }

    /// How many copies of an unknown entry are to be told: of messages as many as no rant explains, beyond the most so far.
    pub(super) fn due(&self, sight: &Sight, entry: &Entry) -> usize {
        match sight.list {
            List::Messages(_) => {
                sight.unexplained(entry).saturating_sub(self.past(sight.list).unexplained.get(entry).copied().unwrap_or(0))
            }
            _ => usize::MAX,
        }
    }

    /// The entries that nobody knew and that did not come back, oldest first by place.
    pub(super) fn news(&self, sight: &Sight) -> Vec<Entry> {
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
    pub(super) fn is_baseline(&self, list: List, entry: &Entry) -> bool {
        let earlier = || self.earlier().iter().filter(|taken| taken.shown.contains_key(&list));
        if self.replay || earlier().any(|taken| !taken.shown[&list].is_empty()) {
            return false;
        }
        if self.earlier().is_empty() {
            return true;
        }
        // Lines of the last seconds may be missing in the first answer, if what it shows is an empty list.
        let less = if earlier().any(|taken| listed(&taken.answer, list) == 0) { LOADING } else { 0 };
        let start = self.start_of(list);
        match list {
            List::Messages(stream) if self.is_late(stream) => {
                // Silent: what is created after the first answer, or at no time that is told, begins with neither.
                let created = self.created_on(stream).unwrap_or(i64::MIN).min(start);
                entry.at < created.max(start - EARLY) - less
            }
            List::Rants(stream) if self.is_late(stream) => false,
            _ => entry.at <= start - less,
        }
    }

    /// Whether the first answer's list lacked the livestream. Silent: one that was not complete lacks none.
    fn is_late(&self, stream: usize) -> bool {
        let first = &self.answers[0].answer;
        let is_complete = first.streams.is_some() && first.unreadable_streams == 0;
        is_complete && !first.streams.iter().flatten().any(|listed| listed.stream == stream)
    }

    /// Silent: what a livestream says when it is first listed counts.
    fn created_on(&self, stream: usize) -> Option<i64> {
        let mut listings = self.answers.iter().flat_map(|taken| taken.answer.streams.iter().flatten());
        listings.find(|listed| listed.stream == stream)?.created_on
    }

    /// Whether the unknown entry came back from before the start: behind all known ones, and old enough.
    fn came_back(&self, sight: &Sight, place: usize) -> bool {
        let is_behind = sight.places().next().is_some_and(|oldest| place < oldest);
        let is_old = sight.entries[place].at < self.start_of(sight.list) - LOADING;
        is_behind && is_old && !sight.list.is_paid() && self.rose(sight.list) != Some(true)
    }

    /// At the floor's own second the place decides.
    fn is_news_at_floor(&self, sight: &Sight, place: usize, floor: i64) -> bool {
        if let Some(newest) = sight.places().filter(|place| sight.entries[*place].at == floor).last() {
            return self.keeps_order(sight, floor) && place > newest;
        }
        // Silent: without a known one of it. It is news where nothing known is shown, nothing newer was ever known, nothing older is shown, and the
        // list's counter does not say that it did not grow.
        let goes_on = !sight.shows_known() && sight.newest_known() == Some(floor) && sight.oldest() >= Some(floor);
        goes_on && self.rose(sight.list) != Some(false)
    }

    /// Whether the direction of the list is known, and the known entries of this second stand in the order in which they became known.
    pub(super) fn keeps_order(&self, sight: &Sight, second: i64) -> bool {
        let line = self.line(sight.list, second);
        let shown = distinct(&sight.entries, second);
        self.this().newest_first.contains_key(&sight.list) && shown.iter().filter_map(|entry| line.get(entry)).is_sorted()
    }

    /// In which order the entries of a second stand, by the answers before. Silent: who stands in front of all that are shown goes to the front of
    /// all that are known, who stands behind all goes to the end, and who stands between two shares the place of the older one.
    fn line(&self, list: List, second: i64) -> BTreeMap<Entry, i32> {
        let mut line: BTreeMap<Entry, i32> = BTreeMap::new();
        for taken in self.earlier() {
            let Some(entries) = taken.oldest_first(list) else { continue };
            let entries = distinct(&entries, second);
            let known = line.clone();
            let is_known = |entry: &Entry| known.contains_key(entry);
            let oldest_known = entries.iter().position(is_known).unwrap_or(0);
            for (nth, entry) in entries.iter().enumerate().filter(|(_, entry)| !is_known(entry)) {
                let older = entries[..nth].iter().rev().find(|entry| is_known(entry));
                let is_between = entries[nth..].iter().any(is_known);
                let place = match older {
                    Some(older) if is_between => known[older],
                    None if is_between => known.values().min().unwrap_or(&0) - i32::try_from(oldest_known - nth).unwrap(),
                    _ => line.values().max().map_or(0, |front| front + 1),
                };
                line.insert(*entry, place);
            }
        }
        line
    }
}

/// The different ones of a second, oldest first. Of equal ones the newest counts.
fn distinct(entries: &[Entry], second: i64) -> Vec<Entry> {
    let of_second: Vec<Entry> = entries.iter().filter(|entry| entry.at == second).copied().collect();
    let is_newest = |(place, entry): &(usize, &Entry)| !of_second[place + 1..].contains(entry);
    of_second.iter().enumerate().filter(is_newest).map(|(_, entry)| *entry).collect()
}
