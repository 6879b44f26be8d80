//! What was known at earlier deliveries, so that a checkpoint can leave out what somebody has not taken yet.

use std::collections::VecDeque;

use super::{Memory, poll::Effect};

/// How many moments are kept. Beyond that every other one is let go, and who is between two has the earlier one.
const MOST_MARKS: usize = 16;

/// The memory before each poll that brought something, and what its deliveries changed, back to the oldest that somebody waits for.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// Oldest first.
    marks: VecDeque<Mark>,
    /// Whether further deliveries belong to the last mark.
    is_open: bool,
}

#[derive(Clone, Debug)]
struct Mark {
    /// How many deliveries came before.
    delivered: u64,
    /// What was known then.
    known: Memory,
    /// Of the deliveries since, in order.
    effects: Vec<Effect>,
}

impl Journal {
    /// Before a delivery: `delivered` came earlier, and `known` is what is known without it.
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

    /// All of a poll is delivered.
    pub(super) fn settle(&mut self) {
        self.is_open = false;
    }

    /// What was known after so many deliveries, or somewhat earlier. `None` where nothing is kept that is known no longer.
    pub(super) fn memory_at(&self, delivered: u64) -> Option<Memory> {
        let is_reached = |mark: &&Mark| mark.delivered <= delivered;
        let mark = self.marks.iter().rev().find(is_reached).or(self.marks.front())?;
        let mut memory = mark.known.clone();
        let count = usize::try_from(delivered.saturating_sub(mark.delivered)).unwrap_or(usize::MAX);
        mark.effects.iter().take(count).for_each(|effect| memory.record(effect));
        Some(memory)
    }

    /// Nobody will ask for what was known before so many deliveries.
    pub(super) fn pass(&mut self, delivered: u64) {
        while self.marks.get(1).is_some_and(|next| next.delivered <= delivered) {
            self.marks.pop_front();
        }
    }

    /// Nobody will ask for what was known before now.
    pub(super) fn pass_all(&mut self) {
        *self = Self::default();
    }

    /// Keeps the oldest, which is needed, and the newest, which grows.
    fn thin(&mut self) {
        if self.marks.len() > MOST_MARKS {
            let newest = self.marks.len() - 1;
            let mut place = 0..;
            self.marks.retain(|_| place.next().is_none_or(|place| place % 2 == 0 || place == newest));
        }
    }
}
