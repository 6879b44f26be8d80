//! A list of followers whose stamps all moved by the same quarters of an hour is the same list.

use super::Oracle;
use crate::property::history::{Entry, List};

const QUARTER: i64 = 15 * 60;
const MOST: i64 = 14 * 3600;

impl Oracle {
    /// Moves all that is known of the followers along with what the answer just taken shows of them.
    pub(super) fn follow_shift(&mut self) {
        let Some(by) = self.shift() else { return };
        let (_, earlier) = self.answers.split_last_mut().expect("one was taken");
        let shown = earlier.iter_mut().filter_map(|taken| taken.shown.get_mut(&List::Followers)).flatten();
        shown.chain(self.known.get_mut(&List::Followers).into_iter().flatten()).for_each(|entry| entry.at += by);
        if let Some((since, until)) = self.deaf.get_mut(&List::Followers) {
            *since += by;
            *until += by;
        }
        self.moved += by;
    }

    fn shift(&self) -> Option<i64> {
        let this = self.this();
        let shown = this.shown.get(&List::Followers)?;
        let floor = self.floor(List::Followers);
        let known: Vec<Entry> = self.known.get(&List::Followers)?.iter().filter(|entry| Some(entry.at) >= floor).copied().collect();
        // What is known as it stands has not moved.
        if shown.iter().any(|entry| known.contains(entry)) {
            return None;
        }
        let mut shifts: Vec<i64> = shown
            .iter()
            .flat_map(|entry| known.iter().filter(|known| known.user == entry.user).map(|known| entry.at - known.at))
            .filter(|by| *by != 0 && by % QUARTER == 0 && by.abs() <= MOST)
            .collect();
        shifts.sort_by_key(|by| (by.abs(), *by));
        shifts.into_iter().find(|&by| {
            let moved: Vec<Entry> = common(&known.iter().map(|entry| Entry { at: entry.at + by, ..*entry }).collect::<Vec<_>>(), shown);
            // What was written between the two answers may be news.
            let may_be_news = moved.iter().all(|entry| (self.now + 1..=this.answer.now).contains(&entry.at));
            moved.len() >= 3 && !may_be_news
        })
    }
}

/// What both lists have, as often as both have it.
fn common(one: &[Entry], other: &[Entry]) -> Vec<Entry> {
    let rest = without(one, other);
    without(one, &rest)
}

pub(super) fn without(list: &[Entry], gone: &[Entry]) -> Vec<Entry> {
    let mut list = list.to_vec();
    for entry in gone {
        if let Some(index) = list.iter().position(|other| other == entry) {
            list.remove(index);
        }
    }
    list
}
