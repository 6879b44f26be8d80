//! Which livestreams are on, and what is known of each one's chat.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use crate::snapshot::{Livestream, StreamId};

/// How many livestreams that are no longer listed are remembered, so that one that comes back repeats nothing.
const REMEMBERED: usize = 16;
/// In how many answers running a livestream must be missing before it counts as gone.
const ABSENCES: u8 = 2;

/// All livestreams that are or were lately listed.
#[derive(Clone, Debug, Default)]
pub(super) struct Livestreams {
    known: BTreeMap<StreamId, Memory>,
    /// In a chat that is not known, what is stamped at or before this is baseline: it was there before the first snapshot, or belongs to
    /// a livestream that was forgotten.
    baseline: Option<i64>,
}

/// What is known of one livestream.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    pub(super) is_live: bool,
    /// The `now` of the last answer that listed it.
    pub(super) last_seen: i64,
    /// In how many answers running it was missing, counted up to [`ABSENCES`].
    absences: u8,
    pub(super) messages: Ledger,
    pub(super) rants: Ledger,
}

/// What the listing of a livestream says of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Started,
    Ended,
}

impl Livestreams {
    pub(super) fn set_baseline(&mut self, second: i64) {
        self.baseline = self.baseline.max(Some(second));
    }

    pub(super) fn get(&self, id: &StreamId) -> Option<&Memory> {
        self.known.get(id)
    }

    /// The memory of a livestream, a fresh one where it was not known.
    pub(super) fn get_or_insert(&mut self, id: &StreamId, now: i64) -> &mut Memory {
        let fresh = || Memory {
            is_live: false,
            last_seen: now,
            absences: 0,
            messages: Ledger::new(self.baseline),
            rants: Ledger::new(self.baseline),
        };
        self.known.entry(id.clone()).or_insert_with(fresh)
    }

    /// A memory of nothing, to judge a livestream by that is not known.
    pub(super) fn fresh_ledger(&self) -> Ledger {
        Ledger::new(self.baseline)
    }

    /// Whether a listed livestream went live or stopped. A stale answer cannot tell that of one that is known.
    pub(super) fn turn(&self, stream: &Livestream, is_stale: bool) -> Option<Turn> {
        match (self.get(&stream.id), stream.is_live?) {
            (None, true) => Some(Turn::Started),
            (Some(memory), true) if !memory.is_live && !is_stale => Some(Turn::Started),
            (Some(memory), false) if memory.is_live && !is_stale => Some(Turn::Ended),
            _ => None,
        }
    }

    /// The live ones that an answer which lacks them declares gone. `is_listed` tells which ones the answer lists.
    pub(super) fn gone(&self, is_listed: impl Fn(&StreamId) -> bool) -> impl Iterator<Item = (&StreamId, &Memory)> {
        self.known.iter().filter(move |(id, memory)| memory.is_live && memory.absences + 1 >= ABSENCES && !is_listed(id))
    }

    /// Counts who is listed and who is missing, and forgets the longest gone of too many.
    pub(super) fn settle(&mut self, now: i64, is_listed: impl Fn(&StreamId) -> bool, may_be_absent: bool) {
        for (id, memory) in &mut self.known {
            if is_listed(id) {
                memory.absences = 0;
                memory.last_seen = now;
            } else if may_be_absent {
                memory.absences = memory.absences.saturating_add(1).min(ABSENCES);
            }
        }
        let mut gone: Vec<_> = self
            .known
            .iter()
            .filter(|(_, memory)| memory.absences == ABSENCES)
            .map(|(id, memory)| (memory.last_seen, id.clone()))
            .collect();
        gone.sort_unstable();
        for (_, id) in gone.iter().rev().skip(REMEMBERED) {
            if let Some(memory) = self.known.remove(id) {
                let newest = memory.messages.newest().max(memory.rants.newest());
                self.set_baseline(newest.map_or(memory.last_seen, |newest| newest.max(memory.last_seen)));
            }
        }
    }
}
