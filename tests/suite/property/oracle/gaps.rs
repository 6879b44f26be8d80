//! Where something of a list may have been lost.

use super::{
    Oracle, Taken,
    reading::{is_full, listed},
    sight::Sight,
};
use crate::property::history::{Entry, List};

/// Since when, until when, how many at least.
type Loss = (Option<i64>, i64, Option<u64>);

impl Oracle {
    pub(super) fn gap(&self, sight: &Sight, oldest: i64, told: usize) -> Option<Loss> {
        let (this, list) = (&self.this().answer, sight.list);
        if self.earlier().is_empty() {
            return None;
        }
        let newest_known = sight.newest_known();
        let is_pushed_out = match newest_known {
            Some(newest) => !sight.shows_known() && oldest >= newest && self.may_have_pushed_out(list),
            None => is_full(this, list) && !sight.entries.iter().any(|entry| self.is_baseline(list, entry)),
        };
        if is_pushed_out {
            return Some((newest_known, oldest, self.least_lost(list, listed(this, list))));
        }
        // At the floor's second the place decides, and here it cannot.
        let floor = self.floor(list);
        let is_at_floor = |entry: &Entry| Some(entry.at) == floor;
        let is_unclear = sight.unknown().any(|(_, entry)| is_at_floor(entry) && self.due(sight, entry) > 0)
            && sight.places().any(|place| is_at_floor(&sight.entries[place]))
            && floor.is_some_and(|floor| !self.keeps_order(sight, floor));
        // A full list within one second does not tell how far back it reaches.
        let lies_within_one_second = sight.entries.iter().all(|entry| entry.at == oldest);
        let is_short = newest_known.is_some()
            && is_full(this, list)
            && lies_within_one_second
            && self.growth(list).is_some_and(|growth| growth > number(told));
        (is_unclear || is_short).then(|| {
            let second = floor.filter(|_| is_unclear).unwrap_or(oldest);
            (Some(second), second, self.least_lost(list, told))
        })
    }

    /// Silent: comes once, when the list shows anything of what cannot be told.
    pub(super) fn deaf_gap(&mut self, sight: &Sight) -> Option<Loss> {
        let deaf = &mut self.past.get_mut(&sight.list)?.deaf;
        let (since, until) = (*deaf)?;
        let shows_some = sight.entries.iter().any(|entry| (since..until).contains(&entry.at));
        shows_some.then(|| {
            *deaf = None;
            (Some(since), until, None)
        })
    }

    /// Nine tenths of the stated cap, or of the longest length that two of the last hundred answers showed, if that is at least ten.
    fn may_have_pushed_out(&self, list: List) -> bool {
        let this = &self.this().answer;
        let hundred = self.answers.iter().rev().take(100).filter(|taken| taken.shown.contains_key(&list));
        let mut lengths: Vec<usize> = hundred.map(|taken| listed(&taken.answer, list)).collect();
        lengths.sort_unstable();
        let longest = lengths.into_iter().rev().nth(1).unwrap_or(0);
        is_full(this, list) || longest >= 10 && listed(this, list) * 10 >= longest * 9
    }

    /// The oldest stamp of any full window before the answer just taken.
    pub(super) fn floor(&self, list: List) -> Option<i64> {
        floor(self.earlier(), list)
    }

    /// The same, with that one.
    pub(super) fn floor_after(&self, list: List) -> Option<i64> {
        floor(&self.answers, list)
    }

    /// By how much the counters grew since the list was last shown by an answer that was not stale. Those of a stale one count for nothing.
    fn growths(&self, list: List) -> [Option<i64>; 2] {
        let this = self.this();
        let before = self.earlier().iter().rfind(|taken| !taken.is_stale && taken.shown.contains_key(&list));
        let Some(before) = before.filter(|_| !this.is_stale) else { return [None; 2] };
        let counters = |taken: &Taken| match list {
            List::Followers => [taken.answer.followers.count, taken.answer.followers.total],
            List::Subscribers => [taken.answer.subscribers.count, taken.answer.subscribers.total],
            _ => [None; 2],
        };
        let (before, now) = (counters(before), counters(this));
        // What stale answers brought since is counted here, and was told.
        let brought = number(self.past(list).brought_by_stale);
        [0, 1].map(|which| Some(now[which]?.cast_signed() - before[which]?.cast_signed() - brought))
    }

    /// Whether the list's own counter rose.
    pub(super) fn rose(&self, list: List) -> Option<bool> {
        self.growths(list)[0].map(|growth| growth > 0)
    }

    /// By how much the list grew at least, as far as there are counters.
    fn growth(&self, list: List) -> Option<i64> {
        self.growths(list).into_iter().flatten().min()
    }

    /// As many as came by the counters, without those that are accounted for.
    fn least_lost(&self, list: List, accounted: usize) -> Option<u64> {
        Some(u64::try_from(self.growth(list)? - number(accounted)).unwrap_or(0))
    }
}

fn number(of: usize) -> i64 {
    i64::try_from(of).unwrap()
}

fn floor(answers: &[Taken], list: List) -> Option<i64> {
    let oldest = |taken: &Taken| taken.shown.get(&list)?.iter().map(|entry| entry.at).min();
    answers.iter().filter(|taken| is_full(&taken.answer, list)).filter_map(oldest).max()
}
