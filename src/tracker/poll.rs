//! A judged poll that is not remembered yet: its events in order, each with
//! what its delivery changes.
//!
//! [`Plan`] collects the verdicts on all lists, and sorts. Entries that have an
//! instant are merged across lists by it, so a bot hears of a follow and a rant
//! in the order in which they happened; at the same instant the order of the
//! lists decides, and within a list the position. A gap is put just before the
//! oldest entry that its list shows. Starts come before all that and ends after
//! it, so the lines of a livestream come between the two.
//!
//! An [`Effect`] is the least that must be remembered with one event, so that
//! this event is not yielded again after a restart. All else waits in the
//! [`Settlement`] until the whole poll is delivered. A first answer that is all
//! baseline is settled by its first event, since nothing in it is news that a
//! restart could lose.

use std::{collections::VecDeque, mem, time::Duration};

use time::OffsetDateTime;

#[cfg(feature = "chat")]
use super::merge::{Change, GiftChange};
use super::{
    gifts::{GiftOutcome, GiftVerdict},
    instant,
    known::Known,
    ledger::Outcome,
    livestreams::Listing,
    sighting::{Entry, Key, Sighting},
    verdict::{New, Occasion, Verdict},
};
use crate::{
    event::{Event, Gap, ListKind, StreamEnded, StreamStarted, StreamUpdated, Unreadable},
    snapshot::{GiftedSubs, Snapshot, StreamId},
};

/// A judged snapshot.
#[derive(Debug)]
pub(crate) struct Poll {
    /// In the order of [`Tracker::apply`](super::Tracker::apply), in which they
    /// must be delivered.
    pub(crate) steps: VecDeque<Step>,
    /// `None` if the first event settles everything.
    pub(crate) settlement: Option<Settlement>,
    /// Whether the snapshot is older than an earlier one.
    pub(crate) is_stale: bool,
    /// For the pace of the polls.
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
    /// How many entries are new in all lists.
    pub(crate) fn entries(&self) -> usize {
        self.steps.iter().filter(|step| step.effect.is_of_entry()).count()
    }
}

/// An event, and what its delivery changes. There may be no event.
#[derive(Debug)]
pub(crate) struct Step {
    /// `None` if nothing is yielded.
    pub(super) event: Option<Event>,
    pub(super) effect: Effect,
}

impl Step {
    /// Whether it has no event.
    pub(crate) fn is_silent(&self) -> bool {
        self.event.is_none()
    }

    /// A step that yields an event.
    fn new(event: Event, effect: Effect) -> Self {
        Self { event: Some(event), effect }
    }
}

/// What the delivery of one step changes in the memory.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// The event is about the poll as a whole, or about something that is
    /// remembered when it is settled.
    Nothing,
    /// The first snapshot came, and everything in it is news.
    Begin { first: Snapshot },
    /// The first snapshot came, and everything in it is baseline.
    BeginWithBaseline { settlement: Box<Settlement> },
    /// An entry of a list was yielded.
    Seen {
        list: List,
        key: Key,
        known: Known,
        /// How many more entries the list's counters should include with it.
        counted: u64,
        /// All stamps of the list moved by this.
        shift: Option<i64>,
        /// The `now` of the answer.
        now: i64,
    },
    /// A gift was yielded.
    Gift {
        gift: GiftedSubs,
        /// The `now` of the answer.
        now: i64,
    },
    /// The start or the end of a livestream was yielded.
    Live { stream: StreamId, is_live: bool, listing: Listing },
    /// It was reported that so many items of a list cannot be read.
    Unreadable { list: UnreadableList, count: usize },
    /// Changes to the merged lines of a livestream, and the effect on the
    /// polls' own memory.
    #[cfg(feature = "chat")]
    Merged { stream: StreamId, changes: Vec<Change>, polled: Box<Effect> },
    /// A gift, from either source.
    #[cfg(feature = "chat")]
    PairedGift { paired: Vec<GiftChange>, polled: Box<Effect> },
}

impl Effect {
    /// Whether an entry of a list, or a gift, comes with it.
    fn is_of_entry(&self) -> bool {
        match self {
            Self::Seen { .. } | Self::Gift { .. } => true,
            #[cfg(feature = "chat")]
            Self::Merged { polled, .. } | Self::PairedGift { polled, .. } => polled.is_of_entry(),
            _ => false,
        }
    }
}

/// What to remember once all steps of a poll are delivered.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(super) snapshot: Snapshot,
    /// When it came, relative to some start.
    pub(super) at: Duration,
    pub(super) occasion: Occasion,
    pub(super) outcomes: Vec<(List, Outcome)>,
    pub(super) gifts: GiftOutcome,
    /// The livestreams beyond the limit, which are not tracked.
    pub(super) ignored: Vec<StreamId>,
    /// Whether any list showed an entry that no earlier answer showed.
    pub(super) shows_unseen: bool,
}

impl Settlement {
    /// Whether the answer is older than an earlier one.
    pub(super) fn is_stale(&self) -> bool {
        self.occasion == Occasion::Stale
    }
}

/// A list with entries that have an instant. The lists of a chat also say when
/// the livestream was listed, in case it is unknown.
#[derive(Clone, Debug)]
pub(super) enum List {
    Followers,
    Subscribers,
    Messages(StreamId, Listing),
    Rants(StreamId, Listing),
}

impl List {
    /// The name that an event has for it.
    fn kind(&self) -> ListKind {
        match self {
            Self::Followers => ListKind::Followers,
            Self::Subscribers => ListKind::Subscribers,
            Self::Messages(..) => ListKind::Messages,
            Self::Rants(..) => ListKind::Rants,
        }
    }

    /// The livestream of a chat.
    fn stream(&self) -> Option<&StreamId> {
        match self {
            Self::Followers | Self::Subscribers => None,
            Self::Messages(stream, _) | Self::Rants(stream, _) => Some(stream),
        }
    }
}

/// A list that may have unreadable items.
#[derive(Clone, Debug)]
pub(super) enum UnreadableList {
    Of(List),
    GiftedSubs,
    Livestreams,
}

/// Builds a poll. Lists are added in the order of the wire.
pub(super) struct Plan {
    now: OffsetDateTime,
    occasion: Occasion,
    max_num_results: usize,
    started: Vec<Step>,
    updated: Vec<Step>,
    unreadable: Vec<Step>,
    dated: Vec<(Rank, Step)>,
    gifts: Vec<Step>,
    ended: Vec<Step>,
    outcomes: Vec<(List, Outcome)>,
    gift_outcome: GiftOutcome,
    ignored: Vec<StreamId>,
    shows_unseen: bool,
    gained: usize,
}

/// The order of events that have an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    second: i64,
    nanosecond: u32,
    list: usize,
    /// `None` sorts first: the gap before all entries of the list.
    place: Option<usize>,
}

impl Rank {
    /// Numbers compare faster than instants, which may have different offsets.
    fn new(instant: OffsetDateTime, list: usize, place: Option<usize>) -> Self {
        Self { second: instant.unix_timestamp(), nanosecond: instant.nanosecond(), list, place }
    }
}

impl Plan {
    /// A plan without any list yet.
    pub(super) fn new(snapshot: &Snapshot, occasion: Occasion) -> Self {
        Self {
            now: snapshot.now(),
            occasion,
            max_num_results: snapshot.max_num_results(),
            started: Vec::new(),
            updated: Vec::new(),
            unreadable: Vec::new(),
            dated: Vec::new(),
            gifts: Vec::new(),
            ended: Vec::new(),
            outcomes: Vec::new(),
            gift_outcome: GiftOutcome::default(),
            ignored: Vec::new(),
            shows_unseen: false,
            gained: 0,
        }
    }

    /// The most entries that a list shows, by the server's word.
    pub(super) fn max_num_results(&self) -> usize {
        self.max_num_results
    }

    /// Whether any list shows an entry that no earlier answer showed.
    pub(super) fn shows_unseen(&self) -> bool {
        self.shows_unseen
    }

    /// Adds the verdict on a list. The counters of the list are made to include
    /// each entry with its delivery, and with the first one what a gap reports
    /// as lost. So if a restart comes in between, the next answer does not
    /// report the same loss once more.
    pub(super) fn add<T: Entry>(&mut self, list: List, sighting: &Sighting<'_, T>, verdict: Verdict) {
        let Verdict { news, loss, mut outcome, shows_unseen, .. } = verdict;
        self.shows_unseen |= shows_unseen;
        let number = self.outcomes.len();
        let mut untold = loss.as_ref().and_then(|loss| loss.at_least).unwrap_or_default();
        if let Some(loss) = loss {
            let gap = Gap {
                list: list.kind(),
                stream: list.stream().cloned(),
                since: loss.since.map(instant),
                until: loss.until,
                at_least: loss.at_least,
            };
            let rank = Rank::new(loss.until, number, None);
            self.dated.push((rank, Step::new(Event::Gap(gap), Effect::Nothing)));
        }
        self.gained = self.gained.max(news.len());
        let now = self.now.unix_timestamp();
        let ranked = |new: New| {
            let entry = sighting.entry(new.place)?;
            Some((Rank::new(entry.instant(), number, Some(new.place.rank)), entry, new))
        };
        let mut news: Vec<_> = news.into_iter().filter_map(ranked).collect();
        news.sort_unstable_by_key(|(rank, ..)| *rank);
        self.dated.reserve(news.len());
        for (rank, entry, new) in news {
            // The first entry after a gap also counts what the gap reports as lost.
            let counted = 1_u64.saturating_add(mem::take(&mut untold));
            let shift = outcome.shift.take();
            let effect = Effect::Seen { list: list.clone(), key: new.place.key, known: new.known, counted, shift, now };
            self.dated.push((rank, Step::new(entry.event(new.copy), effect)));
        }
        self.outcomes.push((list, outcome));
    }

    /// Adds the verdict on the gifts. `since` is the clock of the previous
    /// answer, which bounds a gap, because gifts have no stamps.
    pub(super) fn add_gifts(&mut self, verdict: GiftVerdict, since: i64) {
        let GiftVerdict { news, lost, outcome, shows_unseen } = verdict;
        if let Some(lost) = lost {
            let at_least = lost.at_least();
            let gap = Gap { list: ListKind::GiftedSubs, stream: None, since: Some(instant(since)), until: self.now, at_least };
            self.gifts.push(Step::new(Event::Gap(gap), Effect::Nothing));
        }
        self.shows_unseen |= shows_unseen;
        self.gained = self.gained.max(news.len());
        let now = self.now.unix_timestamp();
        self.gifts.extend(news.into_iter().map(|gift| Step::new(Event::GiftedSubs(gift.clone()), Effect::Gift { gift, now })));
        self.gift_outcome = outcome;
    }

    /// Notes the livestreams that are too many to be tracked.
    pub(super) fn ignore(&mut self, streams: Vec<StreamId>) {
        self.ignored = streams;
    }

    /// Reports that so many items of a list cannot be read.
    pub(super) fn add_unreadable(&mut self, list: UnreadableList, count: usize) {
        let (kind, stream) = match &list {
            UnreadableList::Of(list) => (list.kind(), list.stream().cloned()),
            UnreadableList::GiftedSubs => (ListKind::GiftedSubs, None),
            UnreadableList::Livestreams => (ListKind::Livestreams, None),
        };
        let event = Event::Unreadable(Unreadable { list: kind, stream, count });
        self.unreadable.push(Step::new(event, Effect::Unreadable { list, count }));
    }

    /// Reports that a livestream has started.
    pub(super) fn start(&mut self, started: StreamStarted, listing: Listing) {
        let effect = Effect::Live { stream: started.stream.clone(), is_live: true, listing };
        self.started.push(Step::new(Event::StreamStarted(started), effect));
    }

    /// Whether the answer is older than an earlier one.
    pub(super) fn is_stale(&self) -> bool {
        self.occasion == Occasion::Stale
    }

    /// Reports changes of livestreams that are on air.
    pub(super) fn update(&mut self, updates: impl Iterator<Item = StreamUpdated>) {
        let step = |update| Step::new(Event::StreamUpdated(update), Effect::Nothing);
        self.updated.extend(updates.map(step));
    }

    /// Reports that a livestream has ended.
    pub(super) fn end(&mut self, ended: StreamEnded, listing: Listing) {
        let effect = Effect::Live { stream: ended.stream.clone(), is_live: false, listing };
        self.ended.push(Step::new(Event::StreamEnded(ended), effect));
    }

    /// Puts everything in order. `is_first`: this tracker has not yielded
    /// [`Event::Ready`] yet, though it may have resumed.
    pub(super) fn into_poll(mut self, snapshot: Snapshot, is_first: bool, at: Duration) -> Poll {
        // A step is large, so each is moved once.
        self.dated.sort_by_cached_key(|(rank, _)| *rank);
        let Self { occasion, outcomes, gift_outcome: gifts, ignored, shows_unseen, .. } = self;
        let settlement = Settlement { snapshot, at, occasion, outcomes, gifts, ignored, shows_unseen };
        let (ready, settlement) = match occasion {
            // None of it is news, so the first event settles everything.
            Occasion::Baseline => (Effect::BeginWithBaseline { settlement: Box::new(settlement) }, None),
            _ => (Effect::Begin { first: settlement.snapshot.clone() }, Some(settlement)),
        };
        // It is not known in how much time the first answer's entries came.
        let gained = if occasion == Occasion::Replay { 0 } else { self.gained };
        let fill = Fill { gained, window: self.max_num_results };
        let ready = is_first.then_some(Step::new(Event::Ready, ready));
        let dated = self.dated.into_iter().map(|(_, step)| step);
        let announced = ready.into_iter().chain(self.started).chain(self.updated).chain(self.unreadable);
        Poll {
            steps: announced.chain(dated).chain(self.gifts).chain(self.ended).collect(),
            settlement,
            is_stale: occasion == Occasion::Stale,
            fill,
        }
    }
}
