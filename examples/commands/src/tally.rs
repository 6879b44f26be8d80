//! Counts who wrote and paid most in a livestream.

use std::{cmp::Reverse, collections::BTreeMap};

use rumble_live::Amount;
use serde::{Deserialize, Serialize};

/// How many names are counted. Beyond that, whoever wrote least is forgotten.
const MOST_NAMES: usize = 2000;
/// How many are named.
const TOP: usize = 3;

/// The counts of one livestream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    lines: BTreeMap<String, u64>,
    /// The greatest rants, greatest first. Of equal ones, the oldest comes
    /// first.
    rants: Vec<(String, Amount)>,
}

impl Tally {
    /// Somebody wrote a line.
    pub fn wrote(&mut self, name: &str) {
        if let Some(lines) = self.lines.get_mut(name) {
            *lines += 1;
            return;
        }
        if self.lines.len() >= MOST_NAMES
            && let Some(least) = self.lines.iter().min_by_key(|(_, lines)| **lines).map(|(name, _)| name.clone())
        {
            self.lines.remove(&least);
        }
        self.lines.insert(name.into(), 1);
    }

    /// Somebody paid for a line.
    pub fn paid(&mut self, name: &str, amount: Amount) {
        self.rants.push((name.into(), amount));
        self.rants.sort_by_key(|(_, amount)| Reverse(*amount));
        self.rants.truncate(TOP);
    }

    /// The people at the top, in words.
    #[must_use]
    pub fn top(&self) -> String {
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_by_key(|(_, lines)| Reverse(**lines));
        let chatters: Vec<_> = lines.iter().take(TOP).map(|(name, lines)| format!("{name} {lines}")).collect();
        let rants: Vec<_> = self.rants.iter().map(|(name, amount)| format!("{name} {amount}")).collect();
        let mut parts = Vec::new();
        if !chatters.is_empty() {
            parts.push(format!("most lines: {}", chatters.join(", ")));
        }
        if !rants.is_empty() {
            parts.push(format!("greatest rants: {}", rants.join(", ")));
        }
        if parts.is_empty() { "nobody has said anything yet".into() } else { parts.join("; ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_at_the_top_are_named() {
        let mut tally = Tally::default();
        assert_eq!(tally.top(), "nobody has said anything yet");
        for (name, lines) in [("ada", 2), ("grace", 5), ("otto", 1), ("mia", 3)] {
            (0..lines).for_each(|_| tally.wrote(name));
        }
        assert_eq!(tally.top(), "most lines: grace 5, mia 3, ada 2");
        for (name, dollars) in [("ada", 2), ("grace", 50), ("otto", 5), ("mia", 5)] {
            tally.paid(name, Amount::from_dollars(dollars));
        }
        assert_eq!(tally.top(), "most lines: grace 5, mia 3, ada 2; greatest rants: grace $50.00, otto $5.00, mia $5.00");
    }

    #[test]
    fn it_does_not_grow_for_ever_and_keeps_who_writes_most() {
        let mut tally = Tally::default();
        (0..5).for_each(|_| tally.wrote("grace"));
        (0..2 * MOST_NAMES).for_each(|number| tally.wrote(&format!("visitor {number}")));
        assert_eq!(tally.lines.len(), MOST_NAMES);
        assert!(tally.top().starts_with("most lines: grace 5"));
    }
}
