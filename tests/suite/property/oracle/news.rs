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
        let mut told = 0;
        for (nth, entry) in news.iter().enumerate() {
            let later = count(&news[nth + 1..], entry);
            // Where only some of the copies are due, the later ones are told. The last one of all has the highest number.
            if later < self.due(sight, entry) {
                told += 1;
                dated.push(((entry.at, rank, 1), Said::New { list, entry: *entry, copy: self.copies(sight, entry) - 1 - later }));
            }
        }
        // Silent: one gap is enough for one list of one answer. That for lost hearing comes last, with a later answer if need be.
        if let Some((since, until, at_least)) = self.gap(sight, oldest, told).or_else(|| self.deaf_gap(sight)) {
            dated.push(((until, rank, 0), Said::Gap { list, since, until, at_least }));
        }
    }

    /// How many equal ones there are now, those included that are known without being told.
    fn copies(&self, sight: &Sight, entry: &Entry) -> usize {
        let past = self.past(sight.list);
        if let List::Messages(_) = sight.list {
            return sight.unexplained(entry).max(past.unexplained.get(entry).copied().unwrap_or(0));
        }
        let unknown = sight.unknown().filter(|(_, other)| *other == entry).count();
        count(&sight.known, entry) + unknown + count(&past.named, entry) + count(&sight.named, entry)
    }

    /// How many copies of an unknown entry are to be told: of messages as many as no rant explains, beyond the most so far.
    pub(super) fn due(&self, sight: &Sight, entry: &Entry) -> usize {
        let List::Messages(_) = sight.list else { return usize::MAX };
        sight.unexplained(entry).saturating_sub(self.past(sight.list).unexplained.get(entry).copied().unwrap_or(0))
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
        let is_old = sight.entries[place].at < self.start_of(sight.list).saturating_sub(LOADING);
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

    /// In which order the entries of a second stand, by the answers before. Silent: a new one goes right behind or right in front of those it is shown
    /// with, or between two of them to the place of the older one; in front of all where it is shown with none.
    fn line(&self, list: List, second: i64) -> BTreeMap<Entry, i32> {
        let mut line: BTreeMap<Entry, i32> = BTreeMap::new();
        let known_now = self.past(list).known;
        for taken in self.earlier() {
            let Some(entries) = taken.oldest_first(list) else { continue };
            let entries = distinct(&entries, second);
            let known = line.clone();
            let places = |entries: &[Entry]| -> Vec<i32> { entries.iter().filter_map(|entry| known.get(entry).copied()).collect() };
            let shown = places(&entries);
            let front_of_all = known.values().max().map_or(0, |front| front + 1);
            for (nth, entry) in entries.iter().enumerate().filter(|(_, entry)| !known.contains_key(entry)) {
                let (older, newer) = (places(&entries[..nth]), places(&entries[nth..]));
                let steps_to_known = |mut others: Box<dyn Iterator<Item = &Entry>>| {
                    others.position(|entry| known.contains_key(entry)).map_or(0, |steps| i32::try_from(steps).unwrap() + 1)
                };
                let place = match (older.last(), newer.is_empty()) {
                    (Some(older), false) => *older,
                    (Some(_), true) => shown.iter().max().unwrap() + steps_to_known(Box::new(entries[..nth].iter().rev())),
                    (None, false) => shown.iter().min().unwrap() - steps_to_known(Box::new(entries[nth + 1..].iter())),
                    (None, true) => front_of_all + i32::try_from(nth).unwrap(),
                };
                line.insert(*entry, place);
            }
        }
        // A name that went or came has no place of its own.
        line.retain(|entry, _| known_now.contains(entry));
        line
    }
}

/// The different ones of a second, oldest first. Of equal ones the newest counts.
fn distinct(entries: &[Entry], second: i64) -> Vec<Entry> {
    let of_second: Vec<Entry> = entries.iter().filter(|entry| entry.at == second).copied().collect();
    let is_newest = |(place, entry): &(usize, &Entry)| !of_second[place + 1..].contains(entry);
    of_second.iter().enumerate().filter(is_newest).map(|(_, entry)| *entry).collect()
}
