//! What an answer shows of a list, and which of its entries are known.

use super::Oracle;
use crate::property::history::{Entry, List, NOBODY};

/// A list as the newest answer shows it, oldest first, and what was known of it before.
pub(super) struct Sight {
    pub(super) list: List,
    pub(super) entries: Vec<Entry>,
    is_known: Vec<bool>,
    /// What was known before, by the names that are known now.
    pub(super) known: Vec<Entry>,
    /// Those of the known that got a name, as they were before.
    pub(super) named: Vec<Entry>,
    /// Of messages the rants that may stand among them, those of this answer too.
    rants: Vec<Entry>,
}

impl Sight {
    /// Whether it shows an entry that no answer showed before. Below the floor nobody can tell.
    pub(super) fn shows_unseen(&self, floor: Option<i64>) -> bool {
        self.unknown().any(|(_, entry)| Some(entry.at) >= floor)
    }

    pub(super) fn unknown(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(|(index, _)| !self.is_known[*index])
    }

    /// The places of the known entries.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        (0..self.entries.len()).filter(|index| self.is_known[*index])
    }

    pub(super) fn shows_known(&self) -> bool {
        self.places().next().is_some()
    }

    pub(super) fn oldest(&self) -> Option<i64> {
        self.entries.iter().map(|entry| entry.at).min()
    }

    pub(super) fn newest_known(&self) -> Option<i64> {
        self.known.iter().map(|entry| entry.at).max()
    }

    /// What is known of it after: of what came below the floor nothing.
    pub(super) fn known_after(&self, floor: Option<i64>) -> Vec<Entry> {
        let unknown = self.unknown().map(|(_, entry)| *entry).filter(|entry| Some(entry.at) >= floor);
        self.known.iter().copied().chain(unknown).collect()
    }

    /// How many copies of the entry no rant explains.
    pub(super) fn unexplained(&self, entry: &Entry) -> usize {
        let rants = self.rants.iter().filter(|rant| Entry { cents: 0, ..**rant } == *entry).count();
        count(&self.entries, entry).saturating_sub(rants)
    }
}

impl Oracle {
    /// What the answer just taken shows of the list. `None` where it says nothing about it.
    pub(super) fn sight(&self, list: List) -> Option<Sight> {
        let entries = self.this().oldest_first(list)?;
        let mut known = self.past(list).known;
        let (is_known, named) = mark(&mut known, &entries, self.floor(list), list.is_paid());
        let rants = if let List::Messages(stream) = list { self.rants_among_messages(stream) } else { Vec::new() };
        Some(Sight { list, entries, is_known, known, named, rants })
    }

    fn rants_among_messages(&self, stream: usize) -> Vec<Entry> {
        let rants = List::Rants(stream);
        let Some(sight) = self.sight(rants) else { return self.past(rants).known };
        // Silent: what becomes known at the floor's second without being told. The message of such a rant is told in its place.
        let floor = self.floor(rants);
        let is_quiet = |entry: &Entry| Some(entry.at) == floor && !self.is_baseline(rants, entry);
        let quiet: Vec<Entry> = sight.unknown().map(|(_, entry)| *entry).filter(is_quiet).collect();
        without(&sight.known_after(floor), &without(&quiet, &self.news(&sight)))
    }

    pub(super) fn remember(&mut self, sight: &Sight) {
        let list = sight.list;
        let news = self.news(sight);
        let is_brought = |entry: &Entry| self.is_baseline(list, entry) || news.contains(entry);
        let brought = sight.unknown().filter(|(_, entry)| is_brought(entry)).count();
        let (is_stale, known) = (self.this().is_stale, sight.known_after(self.floor(list)));

        let past = self.past.entry(list).or_default();
        past.brought_by_stale = if is_stale { past.brought_by_stale + brought } else { 0 };
        past.known = known;
        past.named.extend(&sight.named);
        for entry in &sight.entries {
            let most = past.unexplained.entry(*entry).or_default();
            *most = (*most).max(sight.unexplained(entry));
        }
    }
}

/// Whether a shown entry is a known one.
type Match = fn(&Entry, &Entry) -> bool;

/// Which of the shown entries, which stand oldest first, are known already, and which of the known got a name.
fn mark(known: &mut [Entry], shown: &[Entry], floor: Option<i64>, is_paid: bool) -> (Vec<bool>, Vec<Entry>) {
    let mut left: Vec<usize> = (0..known.len()).filter(|index| Some(known[*index].at) >= floor).collect();
    // Of equal ones the known are the oldest, but at the floor's second the newest: the further ones count as the oldest there.
    let (at_floor, above): (Vec<usize>, Vec<usize>) = (0..shown.len()).partition(|place| Some(shown[*place].at) == floor);
    let by_age: Vec<usize> = above.into_iter().chain(at_floor.into_iter().rev()).collect();
    // Silent: which of several is the one whose name went or came. The oldest, and equal ones go together.
    let mut by_name: Vec<usize> = (0..shown.len()).collect();
    by_name.sort_by_key(|place| shown.iter().position(|other| *other == shown[*place]));

    let mut ways: Vec<(Match, _)> = vec![(|shown, known| shown == known, by_age)];
    if is_paid {
        ways.push((|shown, known| is_same_payment(shown, known) && shown.user == NOBODY, by_name.clone()));
        ways.push((|shown, known| is_same_payment(shown, known) && known.user == NOBODY, by_name));
    }
    let mut is_known = vec![false; shown.len()];
    let mut named = Vec::new();
    for (is_match, order) in ways {
        for place in order {
            let found = left.iter().position(|index| !is_known[place] && is_match(&shown[place], &known[*index]));
            let Some(index) = found.map(|found| left.remove(found)) else { continue };
            is_known[place] = true;
            if known[index].user == NOBODY && shown[place].user != NOBODY {
                named.push(known[index]);
                known[index].user = shown[place].user;
            }
        }
    }
    (is_known, named)
}

fn is_same_payment(one: &Entry, other: &Entry) -> bool {
    (one.at, one.text, one.cents) == (other.at, other.text, other.cents)
}

pub(super) fn count(entries: &[Entry], entry: &Entry) -> usize {
    entries.iter().filter(|other| *other == entry).count()
}

/// The list without each of those once.
pub(super) fn without(list: &[Entry], gone: &[Entry]) -> Vec<Entry> {
    let mut list = list.to_vec();
    for entry in gone {
        if let Some(index) = list.iter().position(|other| other == entry) {
            list.remove(index);
        }
    }
    list
}
