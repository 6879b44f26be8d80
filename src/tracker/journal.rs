//! Remembers the memory at earlier deliveries, so a checkpoint can leave out
//! what a reader has not taken yet.
//!
//! A feed has several readers, and each is somewhere else in the stream of
//! events. Its checkpoint must be the memory as it was before the oldest event
//! that still waits for somebody. A copy of the memory for each event would be
//! too much, so there is a mark for each poll: the memory before it, and the
//! effects of its deliveries, which are replayed as far as needed.
//!
//! For a reader that has fallen far behind, the memory may be from before what
//! it has taken. That repeats events, with the same ids, and loses none.

use std::collections::VecDeque;

use super::{Memory, poll::Effect};

/// How many marks are kept. Beyond that, every other one is dropped, and a
/// reader between two marks gets the earlier one.
const MOST_MARKS: usize = 16;

/// The memory before each poll that brought something, and what its deliveries
/// changed, back to the slowest reader.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// Oldest first.
    marks: VecDeque<Mark>,
    /// Whether the next deliveries belong to the last mark.
    is_open: bool,
}

/// A point in the stream of events from which the memory can be found again.
#[derive(Clone, Debug)]
struct Mark {
    /// How many deliveries came before.
    delivered: u64,
    /// The memory at that time.
    known: Memory,
    /// The effects of the deliveries since, in order.
    effects: Vec<Effect>,
}

impl Mark {
    /// Advances to this delivery. Between two polls a live chat may deliver any
    /// number.
    fn go_on_to(&mut self, delivered: u64) {
        let count = usize::try_from(delivered.saturating_sub(self.delivered)).unwrap_or(usize::MAX).min(self.effects.len());
        for effect in self.effects.drain(..count) {
            self.known.record(&effect);
            self.delivered = self.delivered.saturating_add(1);
        }
    }
}

impl Journal {
    /// Call it before a delivery: `delivered` is how many came earlier, and
    /// `known` is the memory without it.
    pub(super) fn deliver(&mut self, delivered: u64, known: &Memory, effect: Effect) {
        if !self.is_open {
            self.is_open = true;
            self.marks.push_back(Mark { delivered, known: known.clone(), effects: Vec::new() });
            self.thin();
        }
        if let Some(mark) = self.marks.back_mut() {
            mark.effects.push(effect);
        }
    }

    /// A poll is delivered completely.
    pub(super) fn settle(&mut self) {
        self.is_open = false;
    }

    /// The memory after this many deliveries, or somewhat earlier. `None` if
    /// the journal is empty.
    pub(super) fn memory_at(&self, delivered: u64) -> Option<Memory> {
        let is_reached = |mark: &&Mark| mark.delivered <= delivered;
        let mark = self.marks.iter().rev().find(is_reached).or(self.marks.front())?;
        let mut memory = mark.known.clone();
        let count = usize::try_from(delivered.saturating_sub(mark.delivered)).unwrap_or(usize::MAX);
        mark.effects.iter().take(count).for_each(|effect| memory.record(effect));
        Some(memory)
    }

    /// No reader needs the memory before this many deliveries any more.
    pub(super) fn pass(&mut self, delivered: u64) {
        while self.marks.get(1).is_some_and(|next| next.delivered <= delivered) {
            self.marks.pop_front();
        }
        if let Some(oldest) = self.marks.front_mut() {
            oldest.go_on_to(delivered);
        }
    }

    /// No reader needs any earlier memory. There were this many deliveries.
    pub(super) fn pass_all(&mut self, delivered: u64) {
        if self.is_open {
            // A live chat delivers one by one, and each delivery would clone the whole memory.
            self.pass(delivered);
        } else {
            *self = Self::default();
        }
    }

    /// Drops every other mark if there are too many. Keeps the oldest, which is
    /// needed, and the newest, which still grows.
    fn thin(&mut self) {
        if self.marks.len() > MOST_MARKS {
            let newest = self.marks.len() - 1;
            let mut place = 0..;
            self.marks.retain(|_| place.next().is_none_or(|place| place % 2 == 0 || place == newest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::Snapshot;

    fn known() -> Memory {
        let body = br#"{"now": 1767323046, "user_id": "4f2kx9", "followers": {"recent_followers": []}}"#;
        Memory::blank(&Snapshot::from_json(body).unwrap())
    }

    #[test]
    fn chat_that_is_read_at_once_keeps_nothing_while_no_poll_settles() {
        let (mut journal, known) = (Journal::default(), known());
        for delivered in 0..10_000 {
            journal.deliver(delivered, &known, Effect::Nothing);
            journal.pass_all(delivered + 1);
            assert!(journal.marks.len() == 1 && journal.marks.iter().all(|mark| mark.effects.is_empty()));
        }
        journal.settle();
        journal.pass_all(10_000);
        assert!(journal.marks.is_empty());
    }

    #[test]
    fn chat_that_is_read_late_keeps_what_waits_and_no_more() {
        let (mut journal, known) = (Journal::default(), known());
        for delivered in 0..10_000_u64 {
            journal.deliver(delivered, &known, Effect::Nothing);
            journal.pass(delivered.saturating_sub(100));
        }
        assert!(journal.marks.iter().map(|mark| mark.effects.len()).sum::<usize>() <= 101);
    }
}
