//! What was delivered to several readers and not taken by all of them yet, so that a checkpoint can leave it out.

use std::collections::VecDeque;

use super::{Memory, poll::Effect};

/// The most deliveries that are kept. Beyond that somebody has stopped reading, and all counts as taken.
const MOST: usize = 4096;

/// What is known without the deliveries that may not be taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    /// What was known before the oldest of them, and what was taken since. `None` while all are taken.
    taken: Option<Memory>,
    /// Oldest first, each with its number.
    open: VecDeque<(u64, Effect)>,
}

impl Journal {
    /// What a checkpoint keeps, where that is not all that is known.
    pub(super) fn memory(&self) -> Option<&Memory> {
        self.taken.as_ref()
    }

    /// Before a delivery. `known` is what is known without it.
    pub(super) fn begin(&mut self, known: &Memory) {
        if self.open.len() >= MOST {
            *self = Self::default();
        }
        self.taken.get_or_insert_with(|| known.clone());
    }

    pub(super) fn push(&mut self, number: u64, effect: Effect) {
        self.open.push_back((number, effect));
    }

    /// Notes that a delivery was taken.
    pub(super) fn take(&mut self, number: u64) {
        let index = self.open.binary_search_by_key(&number, |(number, _)| *number);
        let entry = index.ok().and_then(|index| self.open.remove(index));
        if let (Some((_, effect)), Some(taken)) = (entry, &mut self.taken) {
            taken.record(&effect);
        }
        if self.open.is_empty() {
            self.taken = None;
        }
    }
}
