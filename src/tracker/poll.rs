//! One poll between being judged and being remembered: its events in order, each with what its delivery changes.

use std::{collections::VecDeque, mem};

use time::OffsetDateTime;

use super::{
    instant,
    ledger::{Counters, Ledger, Occasion, Outcome},
    sighting::{Entry, Key, Sighting},
};
use crate::{
    event::{Event, Fingerprint, Gap, ListKind, StreamEnded, StreamStarted},
    snapshot::{GiftedSubs, Snapshot, StreamId},
};

/// A judged snapshot.
#[derive(Debug)]
pub(crate) struct Poll {
    pub(crate) steps: VecDeque<Step>,
    /// `None` where the first event settles all.
    pub(crate) settlement: Option<Settlement>,
    /// The snapshot is older than one before.
    pub(crate) is_stale: bool,
    pub(crate) fill: Fill,
}

/// How fast the lists fill.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fill {
    /// The most entries that any list gained.
    pub(crate) gained: usize,
    /// The most that a list can show.
    pub(crate) window: usize,
}

impl Poll {
    /// How many entries of lists are new.
    pub(crate) fn entries(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.effect, Effect::Seen { .. } | Effect::Gift { .. })).count()
    }
}

/// An event, and what is known once it is delivered.
#[derive(Debug)]
pub(crate) struct Step {
    pub(super) event: Event,
    pub(super) effect: Effect,
}

#[derive(Clone, Debug)]
pub(super) enum Effect {
    Nothing,
    /// The first snapshot came, and all it shows is news.
    Begin {
        first: Snapshot,
    },
    /// The first snapshot came, and all it shows is baseline.
    BeginWithBaseline {
        settlement: Box<Settlement>,
    },
    Seen {
        list: List,
        now: i64,
        key: Key,
        copies: u32,
        /// How many more are told of with it than the counters of the list knew.
        counted: u64,
    },
    Gift {
        print: Fingerprint,
    },
    Live {
        stream: StreamId,
        is_live: bool,
        now: i64,
    },
}

/// What to remember once all steps of a poll are delivered.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(super) snapshot: Snapshot,
    pub(super) now: i64,
    pub(super) occasion: Occasion,
    pub(super) outcomes: Vec<(List, Outcome)>,
}

/// One list of an account.
#[derive(Clone, Debug)]
pub(super) enum List {
    Followers,
    Subscribers,
    Messages(StreamId),
    Rants(StreamId),
}

impl List {
    fn kind(&self) -> ListKind {
        match self {
            Self::Followers => ListKind::Followers,
            Self::Subscribers => ListKind::Subscribers,
            Self::Messages(_) => ListKind::Messages,
            Self::Rants(_) => ListKind::Rants,
        }
    }

    fn stream(&self) -> Option<&StreamId> {
        match self {
            Self::Followers | Self::Subscribers => None,
            Self::Messages(stream) | Self::Rants(stream) => Some(stream),
        }
    }
}

/// A poll in the making: lists are added in the order of the wire.
pub(super) struct Plan {
    now: i64,
    occasion: Occasion,
    max_num_results: usize,
    started: Vec<Step>,
    dated: Vec<(Rank, Step)>,
    gifts: Vec<Step>,
    ended: Vec<Step>,
    outcomes: Vec<(List, Outcome)>,
    gained: usize,
}

/// The order of what has an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    instant: OffsetDateTime,
    list: usize,
    /// `None`, and so first, for the gap before all entries of the list.
    place: Option<usize>,
}

impl Plan {
    pub(super) fn new(now: i64, occasion: Occasion, max_num_results: usize) -> Self {
        Self {
            now,
            occasion,
            max_num_results,
            started: Vec::new(),
            dated: Vec::new(),
            gifts: Vec::new(),
            ended: Vec::new(),
            outcomes: Vec::new(),
            gained: 0,
        }
    }

    /// Adds what `known` makes of a list. `expected_elsewhere` tells how many equal entries another list accounts for.
    pub(super) fn add<T: Entry>(
        &mut self,
        list: List,
        known: &Ledger,
        sighting: &Sighting<'_, T>,
        counters: Counters,
        expected_elsewhere: impl Fn(Key) -> u32,
    ) {
        let verdict = known.judge(sighting, counters, self.occasion, expected_elsewhere);
        let number = self.outcomes.len();
        let mut untold = verdict.loss.as_ref().and_then(|loss| loss.at_least).unwrap_or_default();
        if let Some(loss) = verdict.loss {
            let gap = Event::Gap(Gap {
                list: list.kind(),
                stream: list.stream().cloned(),
                since: loss.since.map(instant),
                until: loss.until,
                at_least: loss.at_least,
            });
            let rank = Rank { instant: loss.until, list: number, place: None };
            self.dated.push((rank, Step { event: gap, effect: Effect::Nothing }));
        }
        self.gained = self.gained.max(verdict.news.len());
        let mut news: Vec<_> = verdict.news.into_iter().filter_map(|new| Some((sighting.entry(new.place)?, new))).collect();
        news.sort_by_key(|(entry, new)| (entry.instant(), new.place.rank));
        for (entry, new) in news {
            let rank = Rank { instant: entry.instant(), list: number, place: Some(new.place.rank) };
            // A stale answer's counters count for nothing. What a gap says to be lost is told with the first entry after it.
            let counted = if self.occasion == Occasion::Stale { 0 } else { 1_u64.saturating_add(mem::take(&mut untold)) };
            let effect =
                Effect::Seen { list: list.clone(), now: self.now, key: new.place.key, copies: new.copy.saturating_add(1), counted };
            self.dated.push((rank, Step { event: entry.event(new.copy), effect }));
        }
        self.outcomes.push((list, verdict.outcome));
    }

    pub(super) fn add_gift(&mut self, gift: &GiftedSubs) {
        let effect = Effect::Gift { print: Fingerprint::of_gift(gift) };
        self.gifts.push(Step { event: Event::GiftedSubs(gift.clone()), effect });
    }

    pub(super) fn start(&mut self, started: StreamStarted) {
        let effect = Effect::Live { stream: started.stream.clone(), is_live: true, now: self.now };
        self.started.push(Step { event: Event::StreamStarted(started), effect });
    }

    pub(super) fn end(&mut self, ended: StreamEnded) {
        let effect = Effect::Live { stream: ended.stream.clone(), is_live: false, now: self.now };
        self.ended.push(Step { event: Event::StreamEnded(ended), effect });
    }

    pub(super) fn into_poll(mut self, snapshot: Snapshot, is_first: bool) -> Poll {
        self.dated.sort_by_key(|(rank, _)| *rank);
        let settlement = Settlement { snapshot, now: self.now, occasion: self.occasion, outcomes: self.outcomes };
        let (ready, settlement) = match self.occasion {
            // All of it is known with the first event, as none of it is news.
            Occasion::Baseline => (Effect::BeginWithBaseline { settlement: Box::new(settlement) }, None),
            _ => (Effect::Begin { first: settlement.snapshot.clone() }, Some(settlement)),
        };
        // How long the first answer's entries took to come is not known.
        let gained = if self.occasion == Occasion::Replay { 0 } else { self.gained };
        let fill = Fill { gained, window: self.max_num_results };
        let ready = is_first.then_some(Step { event: Event::Ready, effect: ready });
        let dated = self.dated.into_iter().map(|(_, step)| step);
        Poll {
            steps: ready.into_iter().chain(self.started).chain(dated).chain(self.gifts).chain(self.ended).collect(),
            settlement,
            is_stale: self.occasion == Occasion::Stale,
            fill,
        }
    }
}
