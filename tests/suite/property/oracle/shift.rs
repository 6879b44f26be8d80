//! A list of followers whose stamps all moved by the same quarters of an hour is the same list.

use super::{Oracle, sight::without};
use crate::property::history::{Entry, List};

const QUARTER: i64 = 15 * 60;
const MOST: i64 = 14 * 3600;
const LEAST: usize = 3;

impl Oracle {
    /// Moves all that is known of the followers along with what the answer just taken shows of them.
    pub(super) fn follow_shift(&mut self) {
        let Some(by) = self.shift() else { return };
        let (_, earlier) = self.answers.split_last_mut().expect("one was taken");
        let shown = earlier.iter_mut().filter_map(|taken| taken.shown.get_mut(&List::Followers)).flatten();
        let past = self.past.entry(List::Followers).or_default();
        shown.chain(&mut past.known).for_each(|entry| entry.at += by);
        past.deaf = past.deaf.map(|(since, until)| (since + by, until + by));
        self.moved += by;
        self.has_seen_shift = true;
    }

    fn shift(&self) -> Option<i64> {
        let this = self.this();
        let shown = this.shown.get(&List::Followers)?;
        let floor = self.floor(List::Followers);
        let known: Vec<Entry> = self.past(List::Followers).known.into_iter().filter(|entry| Some(entry.at) >= floor).collect();
        // Silent: what is known both as it stands and before it moved has moved, but not all of it can be so.
        let unknown = shown.iter().filter(|entry| !known.contains(entry));
        let mut shifts: Vec<i64> = unknown
            .flat_map(|entry| known.iter().filter(|known| known.user == entry.user).map(|known| entry.at - known.at))
            .filter(|by| *by != 0 && by % QUARTER == 0 && by.abs() <= MOST)
            .collect();
        // Silent: of several, the shortest.
        shifts.sort_by_key(|by| (by.abs(), *by));
        shifts.into_iter().find(|&by| {
            let known_moved: Vec<Entry> = known.iter().map(|entry| Entry { at: entry.at + by, ..*entry }).collect();
            let moved = common(&known_moved, shown);
            let stayed = common(&known, &without(shown, &moved));
            // What was written between the two answers may be news.
            let may_be_news = moved.iter().all(|entry| (self.now + 1..=this.answer.now).contains(&entry.at));
            moved.len() >= LEAST && stayed.is_empty() && !may_be_news
        })
    }
}

/// What both lists have, as often as both have it.
fn common(one: &[Entry], other: &[Entry]) -> Vec<Entry> {
    without(one, &without(one, other))
}
