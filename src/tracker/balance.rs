//! The counter of gifts beside what is told of them.

use std::mem;

use serde::{Deserialize, Serialize};

/// What the counter says, less what is told. Either may be ahead of the other by one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Balance {
    /// How many subscriptions were given, by the highest that the counter ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest: Option<u64>,
    /// How many of them no gift accounts for yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    owed: u64,
    /// How many were told of that the counter does not count yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    ahead: u64,
    /// How many were told of in an answer that is not settled yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    unsettled: u64,
}

impl Balance {
    /// So many were told of before the answer is settled.
    pub(super) fn tell(&mut self, told: u64) {
        self.unsettled = self.unsettled.saturating_add(told);
    }
}

/// The balance while an answer is judged.
pub(super) struct Tally {
    balance: Balance,
    /// What of it was owed by the answer before already.
    overdue: u64,
    /// Whether there was a counter before.
    was_counted: bool,
}

impl Tally {
    pub(super) fn new(balance: Balance) -> Self {
        Self { balance, overdue: balance.owed, was_counted: balance.highest.is_some() }
    }

    /// The counter has risen to this.
    pub(super) fn grow(&mut self, count: u64) {
        let grown = self.balance.highest.map_or(0, |highest| count.saturating_sub(highest));
        self.balance.highest = self.balance.highest.max(Some(count));
        self.balance.owed = self.balance.owed.saturating_add(grown);
        let ahead = mem::take(&mut self.balance.ahead);
        self.settle(ahead);
    }

    /// So many more are told of, with those of this answer that were told of before a restart. Without a counter nobody can tell yet what they
    /// account for.
    pub(super) fn pay(&mut self, told: u64, counter: Option<u64>) {
        let told = told.saturating_add(mem::take(&mut self.balance.unsettled));
        // The first counter counts what is listed beside it.
        if !self.was_counted {
            return;
        }
        let beyond = if counter.is_some() { self.settle(told) } else { told };
        self.balance.ahead = self.balance.ahead.saturating_add(beyond);
    }

    /// Pays for one of this size, if the counter has grown by so much. Returns what it had risen to with that one.
    pub(super) fn buy(&mut self, size: u64) -> Option<u64> {
        let before = self.balance.highest?.saturating_sub(self.balance.owed);
        (self.balance.owed >= size).then(|| {
            self.settle(size);
            before.saturating_add(size)
        })
    }

    /// Takes so many off what is owed, the oldest first. Returns how many there are beyond that.
    fn settle(&mut self, told: u64) -> u64 {
        self.overdue = self.overdue.saturating_sub(told);
        let beyond = told.saturating_sub(self.balance.owed);
        self.balance.owed = self.balance.owed.saturating_sub(told);
        beyond
    }

    /// Returns what is left, and what is lost: a second answer running owes it. A counter that rises before its list is given one more answer.
    pub(super) fn close(mut self, counter: Option<u64>) -> (Balance, Option<u64>) {
        let overdue = Some(self.overdue).filter(|overdue| counter.is_some() && *overdue > 0);
        self.settle(overdue.unwrap_or_default());
        (self.balance, overdue)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
