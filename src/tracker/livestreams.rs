//! Which livestreams are on, and what is known of each one's chat.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::ledger::Ledger;
use crate::snapshot::{Livestream, Snapshot, StreamId};

/// How many livestreams that are no longer listed are remembered, so that one that comes back repeats nothing.
const REMEMBERED: usize = 16;
/// How many livestreams are remembered at the least, however small a memory must be; and how many that stale answers do not list.
const KEPT: usize = 64;
/// At this much absence running a livestream counts as gone: two answers that lack it.
const GONE: u8 = 6;
/// An answer with unreadable livestreams may hold it unseen, and counts for less.
const ABSENT: u8 = 3;
const PERHAPS_ABSENT: u8 = 1;

/// All livestreams that are or were lately listed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Livestreams {
    known: BTreeMap<StreamId, Stream>,
    /// In a chat that is not known, what is stamped at or before this is baseline: it was there before the first snapshot, or belongs to
    /// a livestream that was forgotten.
    #[serde(deserialize_with = "Option::deserialize")]
    baseline: Option<i64>,
}

/// What is known of one livestream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stream {
    pub(super) is_live: bool,
    /// The `now` of the last answer that listed it.
    pub(super) last_seen: i64,
    /// How much it was missing from answers running, up to [`GONE`].
    absence: u8,
    pub(super) messages: Ledger,
    pub(super) rants: Ledger,
}

/// What the listing of a livestream says of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Started,
    Ended,
}

impl Stream {
    fn is_gone(&self) -> bool {
        self.absence >= GONE
    }
}

impl Livestreams {
    pub(super) fn new(baseline: Option<i64>) -> Self {
        Self { baseline, ..Self::default() }
    }

    pub(super) fn get(&self, id: &StreamId) -> Option<&Stream> {
        self.known.get(id)
    }

    /// The memory of a livestream, a fresh one where it was not known.
    pub(super) fn get_or_insert(&mut self, id: &StreamId, now: i64) -> &mut Stream {
        let fresh = || Stream {
            is_live: false,
            last_seen: now,
            absence: 0,
            messages: Ledger::new(self.baseline),
            rants: Ledger::new(self.baseline),
        };
        self.known.entry(id.clone()).or_insert_with(fresh)
    }

    /// An empty memory, to judge a livestream by that is not known.
    pub(super) fn fresh_ledger(&self) -> Ledger {
        Ledger::new(self.baseline)
    }

    /// Whether a listed livestream went live or stopped. A stale answer cannot tell that of one that is known.
    pub(super) fn turn(&self, stream: &Livestream, is_stale: bool) -> Option<Turn> {
        match (self.get(&stream.id), stream.live?) {
            (None, true) => Some(Turn::Started),
            (Some(known), true) if !known.is_live && !is_stale => Some(Turn::Started),
            (Some(known), false) if known.is_live && !is_stale => Some(Turn::Ended),
            _ => None,
        }
    }

    /// The live ones that an answer which lacks them declares gone.
    pub(super) fn gone(&self, snapshot: &Snapshot) -> impl Iterator<Item = (&StreamId, &Stream)> {
        let absence = absence(snapshot);
        let listed = listed(snapshot);
        let is_gone =
            move |id: &StreamId, known: &Stream| known.is_live && known.absence.saturating_add(absence) >= GONE && !listed.contains(id);
        self.known.iter().filter(move |(id, known)| is_gone(id, known))
    }

    /// Counts who is listed and who is missing, and forgets the longest gone of too many.
    pub(super) fn settle(&mut self, snapshot: &Snapshot, most: usize, is_stale: bool) {
        let now = snapshot.now().unix_timestamp();
        for stream in snapshot.livestreams() {
            let known = self.get_or_insert(&stream.id, now);
            known.rants.forget_beyond_with(&mut known.messages, most);
            known.messages.prune();
            // A rant is needed for as long as its copy among the messages can be new.
            known.rants.prune_with(&known.messages);
        }
        let (listed, absence) = (listed(snapshot), absence(snapshot));
        if is_stale {
            // What it lacks is not absent. But a clock that stands still makes every answer stale, and each may list others.
            self.forget_streams(KEPT, |id, _| !listed.contains(id));
            return;
        }
        for (id, known) in &mut self.known {
            if listed.contains(id) {
                known.absence = 0;
                known.last_seen = now;
            } else {
                known.absence = known.absence.saturating_add(absence).min(GONE);
            }
        }
        self.forget_streams(REMEMBERED, |_, known| known.is_gone());
    }

    /// Forgets, beyond so many of those that `may_go`, the ones that were not listed for longest, but live ones last.
    fn forget_streams(&mut self, most: usize, may_go: impl Fn(&StreamId, &Stream) -> bool) {
        let candidates = self.known.iter().filter(|(id, known)| may_go(id, known));
        let mut candidates: Vec<_> = candidates.map(|(id, known)| (known.is_live, known.last_seen, id.clone())).collect();
        candidates.sort_unstable();
        for (.., id) in candidates.iter().rev().skip(most) {
            if let Some(known) = self.known.remove(id) {
                self.baseline = self.baseline.max(Some(known.last_seen));
            }
        }
    }

    /// Forgets beyond so many livestreams, but no less than [`KEPT`], the longest gone; all keys of those that are gone, and beyond so many keys the oldest of each
    /// other chat. Nothing that is forgotten will be repeated, for the floors rise to it.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        self.forget_streams(most.max(KEPT), |_, _| true);
        for known in self.known.values_mut() {
            let most = if known.is_gone() { 0 } else { most };
            known.rants.forget_beyond_with(&mut known.messages, most);
        }
    }
}

fn listed(snapshot: &Snapshot) -> HashSet<&StreamId> {
    snapshot.livestreams().iter().map(|stream| &stream.id).collect()
}

/// How much an answer that does not list a livestream tells of its absence. One without a list tells nothing.
fn absence(snapshot: &Snapshot) -> u8 {
    match (snapshot.livestreams().was_sent(), snapshot.livestreams().skipped()) {
        (false, _) => 0,
        (true, 0) => ABSENT,
        (true, _) => PERHAPS_ABSENT,
    }
}
