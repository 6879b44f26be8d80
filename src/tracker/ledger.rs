//! The memory of one list, and how it changes.
//!
//! A ledger knows the entries that were shown at or above its floor, as hashes,
//! and draws three lines in time below which nothing is news:
//!
//! - the **baseline**: what was there before the watching began. It matters
//!   only until a list has shown its first entry; from then on, what is known
//!   decides.
//! - the **floor**: the oldest second of any full list. An entry below it may
//!   have been pushed out, forgotten and come back. It only rises, unless all
//!   stamps move. When keys are forgotten to save room, it rises to them, so
//!   that forgetting never makes anything news.
//! - where it is **deaf**: below the floor after the server's clock was set
//!   back. New entries are stamped there, and cannot be told from old ones.
//!
//! A delivery changes as little as possible (`record`, `count`), so that the
//! memory between two events is what the bot has had. `settle` does the rest
//! when an answer is delivered as a whole. `verdict` judges; this file only
//! remembers.

use std::{collections::BTreeMap, mem};

use serde::{Deserialize, Serialize};

use super::{
    known::{self, Known},
    lengths::Lengths,
    sighting::{Direction, Key},
    unreadable::Unreadable,
};
use crate::event::Fingerprint;

/// A list that was empty until now may not have been loaded before. Entries
/// that are this much older than the baseline are history.
const LOADING_SECONDS: i64 = 10;

/// How long before the first answer the chat of a livestream that it lacked
/// still counts as news. Its server's clock may have been ahead or behind.
const EARLY_SECONDS: i64 = 600;

/// The memory of one list: followers, subscribers, or the messages or rants of
/// one chat. It is a part of checkpoints, so a new field needs a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Ledger {
    /// Whether any answer has shown this list.
    was_shown: bool,
    /// Whether any answer has shown an entry of it.
    #[serde(default, skip_serializing_if = "is_false")]
    was_filled: bool,
    /// In the first answer that shows an entry, everything stamped at or before
    /// this is baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    baseline: Option<i64>,
    /// If the first answer lacked the livestream of this list: when it was
    /// created. Anything older is baseline too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_on: Option<i64>,
    /// The `now` of the very first answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    /// The oldest second of any full list so far. Nothing below it is new,
    /// because it cannot be told from an old entry that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) floor: Option<i64>,
    /// Whether keys of the floor's own second were forgotten. Then nothing in
    /// that second counts as new.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) is_closed: bool,
    /// The server's clock was set back to the first of these, below the floor
    /// at that time, which is the second. Between the two, new entries cannot
    /// be told from entries that came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deaf: Option<(i64, i64)>,
    /// By how many seconds all stamps have moved since the start.
    #[serde(default, skip_serializing_if = "is_zero")]
    moved: i64,
    /// The newest second of any entry so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) newest: Option<i64>,
    /// Which end of the list is the newest, once its stamps have shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) direction: Option<Direction>,
    /// How long it got recently, in case the server's word on that is wrong.
    #[serde(default, skip_serializing_if = "Lengths::is_empty")]
    pub(super) lengths: Lengths,
    /// What was reported about items that cannot be read.
    #[serde(default, skip_serializing_if = "Unreadable::is_default")]
    pub(super) unreadable: Unreadable,
    /// The entries shown in the floor's second or later.
    #[serde(with = "known")]
    pub(super) seen: BTreeMap<Key, Known>,
    /// The counters when the list was last shown.
    #[serde(default, skip_serializing_if = "Counters::are_none")]
    pub(super) counters: Counters,
}

/// The counters that the API sends with some lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    /// Of this user or channel.
    pub(super) count: Option<u64>,
    /// Of the user and all channels together.
    pub(super) total: Option<u64>,
}

impl Counters {
    /// Whether there is nothing to keep in a checkpoint.
    fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// How much the list grew by the counters. The one that grew less counts,
    /// so a gap never claims more than was lost. A counter that fell counts as
    /// one that did not grow. `None` if neither is known on both sides.
    pub(super) fn growth_since(self, before: Self) -> Option<u64> {
        let grown = |before: Option<u64>, after: Option<u64>| Some(after?.saturating_sub(before?));
        [grown(before.count, self.count), grown(before.total, self.total)].into_iter().flatten().min()
    }

    /// Whether the list's own counter rose. `None` if not known.
    pub(super) fn rose_since(self, before: Self) -> Option<bool> {
        Some(self.count? > before.count?)
    }
}

/// What to remember once all news were delivered.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) seen: Vec<(Key, Known)>,
    /// How many entries of these nameless keys are now known under a name.
    pub(super) named: Vec<(Key, u32)>,
    pub(super) floor: Option<i64>,
    pub(super) newest: Option<i64>,
    pub(super) direction: Option<Direction>,
    pub(super) counters: After,
    pub(super) shows: Shows,
    /// How many entries the server listed.
    pub(super) length: usize,
    pub(super) unreadable: usize,
    /// All stamps moved by this, and no delivery has recorded it yet.
    pub(super) shift: Option<i64>,
    /// A gap covers the span for which the list was deaf.
    pub(super) told_of_deafness: bool,
}

/// The counters after an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum After {
    These(Counters),
    /// The previous ones plus this many, which a stale answer brought. Its own
    /// counters are ignored.
    More(u64),
}

/// What an answer shows of a list that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// Only unreadable entries.
    Nothing,
    NoEntries,
    Entries,
}

impl Ledger {
    /// The memory of a list that no answer has shown. `start` is the `now` of
    /// the very first answer; `baseline` is `None` if the first list is news.
    pub(super) fn new(start: i64, baseline: Option<i64>) -> Self {
        Self { start: Some(start), baseline, ..Self::default() }
    }

    /// The same for the chat of a livestream that the very first answer lacked.
    pub(super) fn of_late_stream(start: i64, created_on: Option<i64>, baseline: Option<i64>) -> Self {
        Self { created_on: Some(created_on.unwrap_or(i64::MIN)), ..Self::new(start, baseline) }
    }

    /// Fills in what version 1 lacks. It kept no keys of the floor's second,
    /// and its baseline was the start.
    pub(super) fn upgrade(&mut self) {
        self.is_closed = self.floor.is_some();
        self.was_filled = self.newest.is_some();
        self.start = self.start.or(self.baseline);
    }

    /// Whether an entry of this second was there before the watching began.
    ///
    /// If an earlier answer has shown the list empty, it may not have been
    /// loaded by then. So entries from more than ten seconds before are
    /// history, and younger ones are news: they may have been on their way.
    pub(super) fn is_baseline(&self, second: i64) -> bool {
        let loading = if self.was_shown { LOADING_SECONDS } else { 0 };
        !self.was_filled && self.baseline().is_some_and(|baseline| second <= baseline.saturating_sub(loading))
    }

    /// The second up to which everything was there before the watching began.
    /// It may have been yielded all the same, by a replay.
    #[cfg(feature = "chat")]
    pub(super) fn history(&self) -> Option<i64> {
        self.late_start().or(self.start).max(self.baseline)
    }

    /// The second up to which everything is baseline, in the first answer that
    /// shows an entry.
    fn baseline(&self) -> Option<i64> {
        self.late_start().max(self.baseline)
    }

    /// For a chat that the very first answer lacked: lines from before its
    /// creation, or from long before the first answer, are history.
    fn late_start(&self) -> Option<i64> {
        let start = self.start.unwrap_or_default();
        let early = start.saturating_sub(EARLY_SECONDS);
        self.created_on.map(|created_on| created_on.clamp(early, start).saturating_sub(1))
    }

    /// Whether an entry of this second may have come back from before the
    /// watching began.
    pub(super) fn is_from_before(&self, second: i64) -> bool {
        // Nothing can come back in a list that never had an entry.
        self.was_filled && self.start.is_some_and(|start| second < start.saturating_sub(LOADING_SECONDS))
    }

    /// Remembers that an entry was delivered. The number of copies never falls.
    pub(super) fn record(&mut self, key: Key, known: Known) {
        let before = self.seen.entry(key).or_default();
        *before = Known { copies: known.copies.max(before.copies), ..known };
        self.newest = self.newest.max(Some(key.second));
    }

    /// Remembers that this many more were yielded than the counters included,
    /// so no later gap counts them as lost.
    pub(super) fn count(&mut self, told: u64) {
        for counter in [&mut self.counters.count, &mut self.counters.total].into_iter().flatten() {
            *counter = counter.saturating_add(told);
        }
    }

    /// Moves everything that is known, after all stamps of the list have moved.
    pub(super) fn shift(&mut self, by: i64) {
        let (deaf_since, deaf_until) = self.deaf.as_mut().map(|(since, until)| (since, until)).unzip();
        let seconds = [self.baseline.as_mut(), self.start.as_mut(), self.floor.as_mut(), self.newest.as_mut(), deaf_since, deaf_until];
        for second in seconds.into_iter().flatten() {
            *second = second.saturating_add(by);
        }
        self.moved = self.moved.saturating_add(by);
        let moved = |(key, known): (Key, Known)| (Key { second: key.second.saturating_add(by), ..key }, known);
        self.seen = mem::take(&mut self.seen).into_iter().map(moved).collect();
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, outcome: Outcome) {
        if let Some(by) = outcome.shift {
            self.shift(by);
        }
        self.was_shown |= outcome.shows != Shows::Nothing;
        if outcome.shows == Shows::Entries {
            self.was_filled = true;
            (self.baseline, self.created_on) = (None, None);
        }
        for (key, copies) in outcome.named {
            if let Some(nameless) = self.seen.get_mut(&key) {
                nameless.named = nameless.named.saturating_add(copies).min(nameless.copies);
            }
        }
        let was_empty = self.seen.is_empty();
        for (key, known) in outcome.seen {
            self.record(key, known);
        }
        if was_empty {
            // Inserting in order leaves the nodes of the tree half empty. Building it at once fills them.
            self.seen = mem::take(&mut self.seen).into_iter().collect();
        }
        self.newest = self.newest.max(outcome.newest);
        if self.floor < outcome.floor {
            self.raise_floor(outcome.floor, false);
        }
        self.direction = outcome.direction.or(self.direction);
        match outcome.counters {
            After::These(counters) => self.counters = counters,
            After::More(baseline) => self.count(baseline),
        }
        self.lengths.note(outcome.length);
        self.unreadable.note(outcome.unreadable);
        if outcome.told_of_deafness {
            self.deaf = None;
        }
    }

    /// The server's clock was set back to `now`. The start and the baseline
    /// move back with it, or everything until the clock has caught up would
    /// count as history. The floor stays where it is, and what lies between is
    /// deaf.
    pub(super) fn step_back(&mut self, now: i64) {
        // Converted to the stamps of this list.
        let now = now.saturating_add(self.moved);
        let fallen = self.start.map_or(0, |start| start.saturating_sub(now).max(0));
        for second in [&mut self.baseline, &mut self.start].into_iter().flatten() {
            *second = second.saturating_sub(fallen).min(now);
        }
        if let Some(floor) = self.floor.filter(|floor| *floor > now) {
            self.deaf = Some(self.deaf.map_or((now, floor), |(since, until)| (since.min(now), until.max(floor))));
        }
    }

    /// Keeps at most this many keys. Forgets the oldest seconds and raises the
    /// floor to them.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        while self.seen.len() > most {
            self.forget_oldest_second();
        }
    }

    /// Forgets the oldest seconds until the rest takes at most this many bytes
    /// in a checkpoint.
    pub(super) fn forget_beyond_bytes(&mut self, most: usize) {
        let mut bytes = self.bytes();
        while bytes > most {
            bytes = bytes.saturating_sub(self.forget_oldest_second());
        }
    }

    /// The most bytes that the keys take in a checkpoint.
    pub(super) fn bytes(&self) -> usize {
        self.seen.iter().map(|(key, known)| known::bytes(key, known)).sum()
    }

    /// Raises the floor of `copied`, which shows the entries of this list
    /// again, to the floor of this list. The copy of an entry that is forgotten
    /// here must not become news there.
    pub(super) fn raise_with(&self, copied: &mut Self) {
        if copied.floor <= self.floor {
            copied.raise_floor(self.floor, true);
            copied.prune();
        }
    }

    /// Drops entries below the floor, which can no longer be new.
    pub(super) fn prune(&mut self) {
        self.forget_below(self.floor);
    }

    /// The same, but keeps entries that an entry of `matched` may still match.
    /// `matched` shows some entries of this list again.
    pub(super) fn prune_with(&mut self, matched: &Self) {
        self.forget_below(self.floor.min(matched.floor));
    }

    /// How many known entries equal `key` except perhaps in the amount.
    pub(super) fn copies_like(&self, key: Key) -> u32 {
        if !self.may_know(key.second) {
            return 0;
        }
        let like = Key { cents: 0, ..key }..=Key { cents: u64::MAX, ..key };
        self.seen.range(like).fold(0_u32, |sum, (_, known)| sum.saturating_add(known.current()))
    }

    /// The `order` of the newest known entry of a second.
    pub(super) fn highest_order(&self, second: i64) -> Option<i32> {
        if !self.may_know(second) {
            return None;
        }
        let all = Key { second, print: Fingerprint::MIN, cents: 0 }..=Key { second, print: Fingerprint::MAX, cents: u64::MAX };
        self.seen.range(all).map(|(_, known)| known.order).max()
    }

    /// The entry with this key, if it is known.
    pub(super) fn known(&self, key: Key) -> Option<Known> {
        if self.may_know(key.second) { self.seen.get(&key).copied() } else { None }
    }

    /// Whether any entry of this second can be known. Most that are looked up
    /// are newer than all that are known.
    fn may_know(&self, second: i64) -> bool {
        Some(second) <= self.newest
    }

    /// Raises the floor. The second is closed if keys of it were forgotten, and
    /// stays closed while the floor is in it.
    fn raise_floor(&mut self, floor: Option<i64>, is_closed: bool) {
        self.is_closed = is_closed || (self.is_closed && self.floor == floor);
        self.floor = floor;
    }

    /// Forgets all keys of the oldest second at once, because half a second is
    /// of no use: what is left of it could not be told from what is gone.
    /// Returns how many bytes this saves in a checkpoint.
    fn forget_oldest_second(&mut self) -> usize {
        let Some(oldest) = self.seen.first_key_value().map(|(key, _)| key.second) else { return usize::MAX };
        if self.floor <= Some(oldest) {
            self.raise_floor(Some(oldest), true);
        }
        let mut bytes = 0;
        while let Some(entry) = self.seen.first_entry().filter(|entry| entry.key().second == oldest) {
            let (key, known) = entry.remove_entry();
            bytes += known::bytes(&key, &known);
        }
        bytes
    }

    /// Drops the keys of all seconds before this one. The floor stays.
    fn forget_below(&mut self, second: Option<i64>) {
        while let Some(oldest) = self.seen.first_entry().filter(|oldest| Some(oldest.key().second) < second) {
            oldest.remove();
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_false(yes: &bool) -> bool {
    !yes
}
