//! The livestreams that are live, and what is known about each chat.
//!
//! A livestream ends when an answer says that it is not live, or when two
//! answers in a row do not list it: one that is missing once comes back, as
//! servers forget. Absence is counted in points, because an answer with
//! livestreams that cannot be read may hide it, and counts for a third. A
//! livestream that is gone stays known for a while, so that its chat is not
//! news when it is listed again.
//!
//! What the chat of an unknown livestream means depends on how the watching
//! began. If the first answer listed everything, a livestream that it lacked
//! has come later, and its chat is news from its creation on. If it did not,
//! the chat may be an old one, and all up to a `baseline` is history. The same
//! baseline rises when a livestream is forgotten, because it may come back.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

#[cfg(feature = "chat")]
use super::merge::{Change, Merge};
use super::{ledger::Ledger, unreadable::Unreadable};
use crate::snapshot::{Livestream, Snapshot, StreamId};

/// How many livestreams that are no longer listed are remembered, so one that
/// comes back repeats nothing.
const REMEMBERED: usize = 16;
/// How many livestreams are remembered that are not live and that stale answers
/// do not list.
const KEPT: usize = 64;
/// The most live livestreams that are tracked, and the most others in one
/// answer.
const MOST: usize = 100;
/// At this absence a livestream counts as gone: after two answers in a row that
/// lack it.
const GONE: u8 = 6;
/// An answer with unreadable livestreams may hide it, so it counts for less.
const ABSENT: u8 = 3;
const PERHAPS_ABSENT: u8 = 1;

/// All livestreams that are listed, or were recently.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Livestreams {
    /// Boxed, because a node of the map has room for eleven.
    known: BTreeMap<StreamId, Box<Stream>>,
    /// In an unknown chat, everything stamped at or before this is baseline. It
    /// may have been there before the first snapshot, or belong to a forgotten
    /// livestream.
    #[serde(deserialize_with = "Option::deserialize")]
    baseline: Option<i64>,
    /// The `now` of the very first answer. `None` in what an earlier version
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    /// Whether the first answer listed all livestreams, so the chat of any
    /// other is news.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    began_complete: bool,
    /// Whether any answer had a list of livestreams.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    was_listed: bool,
    /// What was reported about livestreams that cannot be read or are too many.
    #[serde(default, skip_serializing_if = "Unreadable::is_default")]
    pub(super) unreadable: Unreadable,
}

/// What is known about one livestream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stream {
    pub(super) is_live: bool,
    /// Whether this watcher has yielded that it is live, and not only the one
    /// that it resumes.
    #[serde(skip)]
    is_announced: bool,
    /// The `now` of the last answer that listed it.
    pub(super) last_seen: i64,
    /// How long answers in a row have lacked it, up to [`GONE`].
    absence: u8,
    pub(super) messages: Ledger,
    pub(super) rants: Ledger,
    /// What polls and live chat have shown together. Set once the live chat is
    /// read.
    #[cfg(feature = "chat")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) merge: Option<Box<Merge>>,
}

/// Whether a livestream has started or ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// `already_live`: it was live before this watcher could see it start.
    Started { already_live: bool },
    /// The answer says that it is not live any more.
    Ended,
}

/// The circumstances in which a livestream was first listed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    now: i64,
    created_on: Option<i64>,
}

impl Listing {
    /// For a livestream that an answer with this `now` lists.
    pub(super) fn of(stream: &Livestream, now: i64) -> Self {
        Self { now, created_on: stream.created_on.map(time::OffsetDateTime::unix_timestamp) }
    }
}

impl Listing {
    /// For a known livestream, where the values do not matter.
    pub(super) fn unlisted(last_seen: i64) -> Self {
        Self { now: last_seen, created_on: None }
    }
}

impl Stream {
    /// Whether enough answers in a row have lacked it.
    fn is_gone(&self) -> bool {
        self.absence >= GONE
    }
}

impl Livestreams {
    /// The memory when the first answer's livestreams are baseline: only that
    /// it listed them.
    pub(super) fn with_baseline(first: &Snapshot) -> Self {
        let now = first.now().unix_timestamp();
        let mut livestreams = Self::blank(now);
        let Tracked { streams, ignored } = livestreams.tracked(first);
        let began_complete = first.livestreams().was_sent() && first.livestreams().skipped() == 0 && ignored.is_empty();
        livestreams.began_complete = began_complete;
        for stream in streams {
            let ledger = || Ledger::new(now, Some(now));
            // Live, although its start was not yielded yet. A watcher that restarts before that has not seen it begin.
            let is_live = stream.is_live();
            let stream_known = Stream { is_live, messages: ledger(), rants: ledger(), ..livestreams.unknown(Listing::of(stream, now)) };
            livestreams.known.insert(stream.id.clone(), Box::new(stream_known));
        }
        if !began_complete {
            livestreams.baseline = Some(now);
        }
        livestreams
    }

    /// The memory before the first answer, when everything in it is news.
    pub(super) fn blank(now: i64) -> Self {
        Self { start: Some(now), ..Self::default() }
    }

    /// What is known about a livestream.
    pub(super) fn get(&self, id: &StreamId) -> Option<&Stream> {
        self.known.get(id).map(Box::as_ref)
    }

    fn iter(&self) -> impl Iterator<Item = (&StreamId, &Stream)> {
        self.known.iter().map(|(id, known)| (id, known.as_ref()))
    }

    /// The memory of a livestream. Creates one if it is unknown, by how it was
    /// listed.
    pub(super) fn get_or_insert(&mut self, id: &StreamId, listing: Listing) -> &mut Stream {
        let Self { known, start, baseline, began_complete, .. } = self;
        known.entry(id.clone()).or_insert_with(|| Box::new(unknown(*start, *baseline, *began_complete, listing)))
    }

    /// An empty memory, for judging an unknown livestream.
    pub(super) fn unknown(&self, listing: Listing) -> Stream {
        unknown(self.start, self.baseline, self.began_complete, listing)
    }

    /// Whether a listed livestream started or ended. For a known livestream a
    /// stale answer does not decide that.
    pub(super) fn turn(&self, stream: &Livestream, is_first: bool, is_stale: bool) -> Option<Turn> {
        let is_live = stream.live?;
        // A watcher that has not seen a list before cannot have seen it begin.
        let started = Some(Turn::Started { already_live: is_first || !self.was_listed });
        match self.get(&stream.id) {
            None if is_live => started,
            Some(known) if is_live && known.is_live && !known.is_announced => Some(Turn::Started { already_live: true }),
            Some(known) if is_live && !known.is_live && !is_stale => started,
            Some(known) if !is_live && known.is_live && !is_stale => Some(Turn::Ended),
            _ => None,
        }
    }

    /// Remembers that the start or the end of a livestream was yielded.
    pub(super) fn record_turn(&mut self, id: &StreamId, listing: Listing, is_live: bool) {
        let known = self.get_or_insert(id, listing);
        known.is_live = is_live;
        known.is_announced = is_live;
    }

    /// The live livestreams that count as gone with this answer, which lacks
    /// them.
    pub(super) fn gone(&self, snapshot: &Snapshot) -> impl Iterator<Item = (&StreamId, &Stream)> {
        let absence = absence(snapshot);
        let listed = listed(snapshot);
        let is_gone =
            move |id: &StreamId, known: &Stream| known.is_live && known.absence.saturating_add(absence) >= GONE && !listed.contains(id);
        self.iter().filter(move |(id, known)| is_gone(id, known))
    }

    /// The listed livestreams that are tracked, each once, in the order of the
    /// wire.
    ///
    /// If one is listed twice, the first counts. If there are too many, known
    /// ones go first, so the same ones stay tracked from answer to answer.
    /// Live ones that the answer does not list keep their places.
    pub(super) fn tracked<'a>(&self, snapshot: &'a Snapshot) -> Tracked<'a> {
        let mut listed = HashSet::new();
        let streams: Vec<_> = snapshot.livestreams().iter().filter(|stream| listed.insert(&stream.id)).collect();
        let live_elsewhere = self.known.iter().filter(|(id, known)| known.is_live && !listed.contains(id)).count();
        if streams.len().saturating_add(live_elsewhere) <= MOST {
            return Tracked { streams, ignored: Vec::new() };
        }
        let is_live = |stream: &Livestream| {
            let known = self.get(&stream.id);
            stream.is_live() || known.is_some_and(|known| known.is_live)
        };
        let mut by_rank = streams.clone();
        by_rank.sort_by_key(|stream| !self.get(&stream.id).is_some_and(|known| known.is_live || !is_live(stream)));
        let (mut live_left, mut others_left) = (MOST.saturating_sub(live_elsewhere), MOST);
        let taken: HashSet<_> = by_rank
            .into_iter()
            .filter(|stream| {
                let left = if is_live(stream) { &mut live_left } else { &mut others_left };
                let fits = *left > 0;
                *left = left.saturating_sub(1);
                fits
            })
            .map(|stream| &stream.id)
            .collect();
        let (streams, beyond): (Vec<_>, Vec<_>) = streams.into_iter().partition(|stream| taken.contains(&stream.id));
        Tracked { streams, ignored: beyond.into_iter().map(|stream| stream.id.clone()).collect() }
    }

    /// Records which livestreams are listed and which are missing. If there are
    /// too many, forgets those that are gone for longest.
    pub(super) fn settle(&mut self, snapshot: &Snapshot, ignored: &[StreamId], most: usize, is_stale: bool) {
        let now = snapshot.now().unix_timestamp();
        let ignored: HashSet<_> = ignored.iter().collect();
        for stream in snapshot.livestreams().iter().filter(|stream| !ignored.contains(&stream.id)) {
            let known = self.get_or_insert(&stream.id, Listing::of(stream, now));
            // A list that this answer does not show may be long again in the next one.
            if stream.chat.recent_rants.was_sent() {
                known.forget_rants(|rants| rants.forget_beyond(most));
            }
            if stream.chat.recent_messages.was_sent() {
                known.messages.forget_beyond(most);
            }
            known.messages.prune();
            // A rant is needed as long as its copy among the messages can be new.
            known.rants.prune_with(&known.messages);
        }
        self.was_listed = true;
        self.unreadable.note(snapshot.livestreams().skipped().saturating_add(ignored.len()));
        let (listed, absence) = (listed(snapshot), absence(snapshot));
        if is_stale {
            // What a stale answer lacks is not absent. But if the clock stands still, every answer is stale, and each may list others.
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

    /// The server's clock was set back to `now`.
    pub(super) fn step_back(&mut self, now: i64) {
        let fallen = self.start.map_or(0, |start| start.saturating_sub(now).max(0));
        for second in [&mut self.start, &mut self.baseline].into_iter().flatten() {
            *second = second.saturating_sub(fallen).min(now);
        }
        for known in self.known.values_mut() {
            known.messages.step_back(now);
            known.rants.step_back(now);
            #[cfg(feature = "chat")]
            if let Some(merge) = &mut known.merge {
                merge.step_back(now);
            }
        }
    }

    /// Keeps at most this many livestreams that are not live and `may_go`.
    /// Forgets those that were not listed for longest.
    fn forget_streams(&mut self, most: usize, may_go: impl Fn(&StreamId, &Stream) -> bool) {
        let candidates = self.known.iter().filter(|(id, known)| !known.is_live && may_go(id, known));
        let mut candidates: Vec<_> = candidates.map(|(id, known)| (known.last_seen, id.clone())).collect();
        candidates.sort_unstable();
        for (_, id) in candidates.iter().rev().skip(most) {
            if let Some(known) = self.known.remove(id) {
                self.baseline = self.baseline.max(Some(known.last_seen));
            }
        }
    }

    /// Cuts the merged lines to about this many bytes of a checkpoint, and
    /// returns how many they take.
    #[cfg(not(feature = "chat"))]
    #[expect(clippy::unused_self, reason = "without live chat there are none")]
    pub(super) fn keep_merges(&mut self, _most: usize) -> usize {
        0
    }

    /// All ledgers.
    pub(super) fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        self.known.values().flat_map(|known| [&known.messages, &known.rants])
    }

    /// All ledgers, to change them.
    pub(super) fn ledgers_mut(&mut self) -> impl Iterator<Item = &mut Ledger> {
        self.known.values_mut().flat_map(|known| [&mut known.messages, &mut known.rants])
    }

    /// Forgets which starts this watcher has yielded. A watcher that resumes
    /// yields them again.
    pub(super) fn forget_announcements(&mut self) {
        for known in self.known.values_mut() {
            known.is_announced = false;
        }
    }

    /// Forgets all but a few livestreams that are not live, those gone for
    /// longest first, and all keys of those that are gone.
    pub(super) fn forget_gone(&mut self, most: usize) {
        self.forget_streams(most, |_, _| true);
        for known in self.known.values_mut().filter(|known| known.is_gone()) {
            known.forget(|ledger| ledger.forget_beyond(0));
        }
    }

    /// Forgets the oldest keys of each chat that takes more than this many
    /// bytes of a checkpoint. The floors rise, so nothing that is forgotten is
    /// repeated.
    pub(super) fn forget_beyond_bytes(&mut self, most: usize) {
        for known in self.known.values_mut() {
            known.forget(|ledger| ledger.forget_beyond_bytes(most));
        }
    }

    /// Fills in what a memory of version 1 lacks.
    pub(super) fn upgrade(&mut self) {
        self.was_listed = true;
        for known in self.known.values_mut() {
            known.messages.upgrade();
            known.rants.upgrade();
        }
    }
}

#[cfg(feature = "chat")]
impl Livestreams {
    /// The live livestreams.
    pub(super) fn live(&self) -> impl Iterator<Item = (&StreamId, &Stream)> {
        self.iter().filter(|(_, known)| known.is_live)
    }

    /// What polls and live chats have shown together, by livestream.
    pub(super) fn merges(&self) -> impl Iterator<Item = (&StreamId, &Merge)> {
        self.known.iter().filter_map(|(id, known)| Some((id, known.merge.as_deref()?)))
    }

    /// Applies changes of what polls and live chat have shown together. Changes
    /// of a livestream that is not known any more are dropped.
    pub(super) fn merge(&mut self, stream: &StreamId, changes: &[Change]) {
        if let Some(known) = self.known.get_mut(stream) {
            let merge = known.merge.get_or_insert_default();
            for change in changes {
                merge.apply(change);
            }
        }
    }

    /// Cuts the merged lines to about this many bytes of a checkpoint, and
    /// returns how many they take. Live livestreams get room first.
    pub(super) fn keep_merges(&mut self, most: usize) -> usize {
        let mut taken = 0;
        for is_live in [true, false] {
            let of_kind = self.known.values_mut().filter(|known| known.is_live == is_live);
            let merges: Vec<_> = of_kind.filter_map(|known| known.merge.as_mut()).collect();
            let each = most.saturating_sub(taken).checked_div(merges.len()).unwrap_or_default();
            taken += merges.into_iter().map(|merge| merge.keep(each)).sum::<usize>();
        }
        taken
    }
}

/// The livestreams of an answer that are tracked.
pub(super) struct Tracked<'a> {
    pub(super) streams: Vec<&'a Livestream>,
    /// Those beyond the limit.
    pub(super) ignored: Vec<StreamId>,
}

impl Stream {
    /// A livestream that was just listed, and of which nothing was yielded.
    fn new(now: i64, messages: Ledger, rants: Ledger) -> Self {
        Self {
            is_live: false,
            is_announced: false,
            last_seen: now,
            absence: 0,
            messages,
            rants,
            #[cfg(feature = "chat")]
            merge: None,
        }
    }

    /// Makes both lists forget some of their oldest keys.
    fn forget(&mut self, some: impl Fn(&mut Ledger)) {
        self.forget_rants(&some);
        some(&mut self.messages);
    }

    /// Makes the list of rants forget some keys. The copy of a forgotten rant
    /// must not become news.
    fn forget_rants(&mut self, some: impl Fn(&mut Ledger)) {
        let before = self.rants.seen.len();
        some(&mut self.rants);
        if self.rants.seen.len() < before {
            self.rants.raise_with(&mut self.messages);
        }
    }
}

/// The ids that an answer lists.
fn listed(snapshot: &Snapshot) -> HashSet<&StreamId> {
    snapshot.livestreams().iter().map(|stream| &stream.id).collect()
}

/// How much it counts if this answer does not list a livestream. An answer
/// without a list counts for nothing.
fn absence(snapshot: &Snapshot) -> u8 {
    match (snapshot.livestreams().was_sent(), snapshot.livestreams().skipped()) {
        (false, _) => 0,
        (true, 0) => ABSENT,
        (true, _) => PERHAPS_ABSENT,
    }
}

/// An empty memory of a livestream. `start` and `baseline` are those of all
/// livestreams, and so is whether the first answer had all of them.
fn unknown(start: Option<i64>, baseline: Option<i64>, began_complete: bool, Listing { now, created_on }: Listing) -> Stream {
    let start = start.unwrap_or(now);
    let messages = if began_complete { Ledger::of_late_stream(start, created_on, baseline) } else { Ledger::new(start, baseline) };
    // Money is always yielded, unless it may have been yielded before.
    Stream::new(now, messages, Ledger::new(start, baseline))
}
