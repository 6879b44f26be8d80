//! Compares the counter of gifts with the gifts that were yielded.
//!
//! The counter (`num_gifted_subs`) says how many subscriptions were ever given,
//! and is all that can tell an equal gift that was bought again from one that
//! is only shown again. [`Balance`] is what is known between two answers: how
//! many the counter has that were not yielded (`owed`), or how many were
//! yielded that it lacks (`ahead`). Either may be so for one answer, because
//! counter and list need not be from the same moment. What is owed for longer
//! is lost, and what is ahead for longer is forgotten.
//!
//! Only rises of the counter count. If it falls, it stays at its highest value,
//! so that a server that lags behind makes nothing owed again.
//!
//! While an answer is judged, [`Tally`] books in this order: the counter has
//! grown, the clear news are paid for, then gifts that can only be told by the
//! counter are bought from what is left.

use std::mem;

use serde::{Deserialize, Serialize};

/// The counter minus what was yielded. Either may be one answer ahead of the
/// other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Balance {
    /// The highest value that the counter ever had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest: Option<u64>,
    /// How many of these subscriptions no gift accounts for yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    owed: u64,
    /// How many were yielded that the counter does not include yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    ahead: u64,
    /// How many were yielded from an answer that is not settled yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    unsettled: u64,
}

impl Balance {
    /// This many were yielded before the answer is settled.
    pub(super) fn tell(&mut self, told: u64) {
        self.unsettled = self.unsettled.saturating_add(told);
    }
}

/// The balance while judging an answer.
pub(super) struct Tally {
    balance: Balance,
    /// How much of it was already owed after the previous answer.
    overdue: u64,
    /// Whether there was a counter before.
    was_counted: bool,
}

impl Tally {
    /// Begins to judge an answer.
    pub(super) fn new(balance: Balance) -> Self {
        Self { balance, overdue: balance.owed, was_counted: balance.highest.is_some() }
    }

    /// The counter is at this. The first value that it ever has makes nothing
    /// owed, because it includes what was given before the start.
    pub(super) fn grow(&mut self, count: u64) {
        let grown = self.balance.highest.map_or(0, |highest| count.saturating_sub(highest));
        self.balance.highest = self.balance.highest.max(Some(count));
        self.balance.owed = self.balance.owed.saturating_add(grown);
        let ahead = mem::take(&mut self.balance.ahead);
        self.settle(ahead);
    }

    /// This many more are yielded, together with those of this answer that were
    /// yielded before a restart. Without a counter it is not known yet what
    /// they account for.
    pub(super) fn pay(&mut self, told: u64, counter: Option<u64>) {
        let told = told.saturating_add(mem::take(&mut self.balance.unsettled));
        // The first counter includes what is listed next to it.
        if !self.was_counted {
            return;
        }
        let beyond = if counter.is_some() { self.settle(told) } else { told };
        self.balance.ahead = self.balance.ahead.saturating_add(beyond);
    }

    /// Accounts for a gift of this size, if the counter has grown by that much.
    /// Returns the counter's value including that gift.
    pub(super) fn buy(&mut self, size: u64) -> Option<u64> {
        let before = self.balance.highest?.saturating_sub(self.balance.owed);
        (self.balance.owed >= size).then(|| {
            self.settle(size);
            before.saturating_add(size)
        })
    }

    /// Subtracts this many from what is owed, the oldest first. Returns how
    /// many are left over.
    fn settle(&mut self, told: u64) -> u64 {
        self.overdue = self.overdue.saturating_sub(told);
        let beyond = told.saturating_sub(self.balance.owed);
        self.balance.owed = self.balance.owed.saturating_sub(told);
        beyond
    }

    /// Returns the balance, and how many are lost: those owed after two answers
    /// in a row. The counter may rise one answer before the list.
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
