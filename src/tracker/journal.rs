//! What was delivered to several readers and not taken by all of them yet, so that a checkpoint can leave it out.

use std::collections::VecDeque;

use super::{
    Memory,
    poll::{Effect, Settlement},
};

/// How many polls are kept open for who does not take what one of them brought. Beyond that it counts as taken.
const MOST_POLLS: usize = 64;

/// What happened to the memory since the oldest delivery that is not taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// What was known before all entries; without entries, what is known.
    before: Option<Memory>,
    /// Oldest first. The first is a delivery that is not taken.
    entries: VecDeque<Entry>,
}

#[derive(Clone, Debug)]
enum Entry {
    Delivered { number: u64, effect: Effect, is_taken: bool },
    Settled(Settlement),
}

impl Journal {
    /// What a checkpoint keeps, where that is not all that is known: what came before the oldest open delivery, and what was taken since.
    pub(super) fn memory(&self) -> Option<Memory> {
        let mut memory = self.before.clone().filter(|_| !self.entries.is_empty())?;
        for entry in &self.entries {
            if let Entry::Delivered { effect, is_taken: true, .. } = entry {
                memory.record(effect);
            }
        }
        Some(memory)
    }

    /// Before a delivery. `known` is what is known without it.
    pub(super) fn begin(&mut self, known: &Memory) {
        self.before.get_or_insert_with(|| known.clone());
    }

    pub(super) fn deliver(&mut self, number: u64, effect: Effect) {
        self.entries.push_back(Entry::Delivered { number, effect, is_taken: false });
    }

    pub(super) fn settle(&mut self, settlement: &Settlement) {
        if self.entries.is_empty() {
            self.before = None;
            return;
        }
        self.entries.push_back(Entry::Settled(settlement.clone()));
        let settled = self.entries.iter().filter(|entry| matches!(entry, Entry::Settled(_))).count();
        if settled > MOST_POLLS {
            self.pass_oldest_poll();
        }
    }

    /// Notes that a delivery was taken.
    pub(super) fn take(&mut self, wanted: u64) {
        let open = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Delivered { number, is_taken, .. } if *number == wanted => Some(is_taken),
            _ => None,
        });
        if let Some(is_taken) = open {
            *is_taken = true;
        }
        self.pass_what_is_taken();
    }

    fn pass_what_is_taken(&mut self) {
        while self.entries.front().is_some_and(|entry| !matches!(entry, Entry::Delivered { is_taken: false, .. })) {
            self.entries.pop_front().into_iter().for_each(|entry| self.pass(entry));
        }
    }

    fn pass_oldest_poll(&mut self) {
        while let Some(entry) = self.entries.pop_front() {
            let is_settled = matches!(entry, Entry::Settled(_));
            self.pass(entry);
            if is_settled {
                break;
            }
        }
        self.pass_what_is_taken();
    }

    fn pass(&mut self, entry: Entry) {
        let Some(before) = &mut self.before else { return };
        match entry {
            Entry::Delivered { effect, .. } => before.record(&effect),
            Entry::Settled(settlement) => before.settle(settlement),
        }
    }
}
