//! The counter of gifts beside what is told of them.

use std::mem;

/// It may be ahead of the list by one answer, and the list of it.
#[derive(Default)]
pub(super) struct Counter {
    /// The highest that it ever was.
    highest: Option<u64>,
    /// By how much it grew more than was told.
    owed: u64,
    /// How much of that the answer before owed already.
    overdue: u64,
    /// What was told beyond its growth in the last answer that had one, and since.
    credit: u64,
}

impl Counter {
    /// Reads it in an answer that tells of so many new ones. There is none in a stale answer.
    pub(super) fn read(&mut self, counter: Option<u64>, told: u64) {
        self.overdue = 0;
        let Some(counter) = counter else {
            self.credit += told;
            return;
        };
        let highest = self.highest.unwrap_or(counter);
        let is_first = self.highest.replace(highest.max(counter)).is_none();
        self.overdue = self.owed;
        self.owed += counter.saturating_sub(highest);
        let credit = mem::take(&mut self.credit);
        self.pay(credit);
        let beyond = self.pay(told);
        // Silent: the first one counts all that the list shows with it.
        self.credit = if is_first { 0 } else { beyond };
    }

    /// Takes so many off what is owed, the oldest first. Returns how many there are beyond that.
    fn pay(&mut self, told: u64) -> u64 {
        let beyond = told.saturating_sub(self.owed);
        self.overdue = self.overdue.saturating_sub(told);
        self.owed = self.owed.saturating_sub(told);
        beyond
    }

    /// Another one of this size, if it has grown by so much. Silent: of several at once each takes it to another value.
    pub(super) fn buy(&mut self, size: u64) -> Option<u64> {
        let before = self.highest.filter(|_| self.owed >= size)? - self.owed;
        self.pay(size);
        Some(before + size)
    }

    /// What two answers running owe is lost.
    pub(super) fn give_up(&mut self) -> Option<u64> {
        let lost = mem::take(&mut self.overdue);
        self.owed -= lost;
        Some(lost).filter(|lost| *lost > 0)
    }
}
