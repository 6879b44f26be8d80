//! Turns successive snapshots into events.
//!
//! Pure: no I/O, and no clock except the server's. [`Tracker::observe`] judges
//! a poll as a whole against the memory. [`Tracker::deliver`] changes the
//! memory for each event as it is delivered. [`Tracker::settle`] records the
//! rest when all are delivered. So between any two events, the memory is
//! exactly what was delivered.
//!
//! # Where to find what
//!
//! An answer passes through these files, from the wire to the events:
//!
//! | file | what it decides |
//! |---|---|
//! | `sighting` | what identifies an entry, and which end of a list is newest |
//! | `group` | which entries of one answer are equal |
//! | `names` | which paid entries only lost or got their name |
//! | `shift` | whether all stamps of the followers have moved |
//! | `verdict` | which entries are news, and whether some may be lost |
//! | `order` | the same within one second, where stamps do not help |
//! | `gifts`, `balance` | which gifts are news |
//! | `livestreams` | what has started, ended or is gone |
//! | `updates` | what has changed in a livestream that is on air |
//! | `unreadable` | whether to report items that cannot be read |
//! | `poll` | the order of the events |
//!
//! What is remembered: `memory` for the account, `ledger` and `known` for one
//! list, `lengths` for how long it gets. `journal` has earlier states of it,
//! for feeds. With live chat, `live` takes what the chats show, `merged_poll`
//! what the polls show, and `merge` decides about both.
//!
//! # Two rules
//!
//! In doubt nothing is repeated, and what may be lost for it is reported as a
//! gap. An answer proves only what it shows: what it lacks may be there
//! nonetheless, if a list was not sent, an item cannot be read, or the answer
//! is older than the last one.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod balance;
mod gifts;
mod group;
mod journal;
mod known;
mod ledger;
mod lengths;
#[cfg(feature = "chat")]
mod live;
mod livestreams;
mod memory;
#[cfg(feature = "chat")]
mod merge;
#[cfg(feature = "chat")]
mod merged_poll;
mod names;
mod order;
mod poll;
mod shift;
mod sighting;
mod unreadable;
mod updates;
mod verdict;

use std::{borrow::Cow, collections::HashMap, time::Duration};

use time::OffsetDateTime;

use self::{
    journal::Journal,
    ledger::Counters,
    livestreams::{Listing, Stream, Tracked, Turn},
    poll::{Effect, List, Plan, UnreadableList},
    sighting::Sighting,
    updates::Updates,
    verdict::Occasion,
};
pub(crate) use self::{
    memory::Memory,
    poll::{Fill, Poll, Settlement, Step},
};
use crate::{
    error::ErrorKind,
    event::{Event, Interrupted, StreamEnded, StreamStarted},
    snapshot::{Livestream, RecentChat, Snapshot, Window, has_utc_form},
};

/// Finds what is new in each snapshot, given the earlier ones.
///
/// It is the pure core of a [`Watcher`](crate::Watcher). Use it if you fetch
/// snapshots in a loop of your own, or have stored them. It yields every entry
/// that a snapshot shows exactly once, and a [`Gap`](Event::Gap) where some may
/// have been lost:
///
/// - **Identity.** Two entries are the same if their second, user, text and
///   amount are. Equal entries are counted by how many one snapshot shows at
///   once. A paid entry stays the same if its name goes missing or comes back.
///   If the stamps of all followers move by the same number of quarters of an
///   hour, they are still the same followers.
/// - **Floor.** Each list has a floor: the oldest second of any full list so
///   far. A list is full from nine tenths of `max_num_results`. Nothing below
///   the floor is new, because it cannot be told from an old entry that an
///   unfollow or a deletion brought back. In the floor's own second the
///   position decides: entries in front of all known ones are new. The floor
///   never falls. So if the server's clock was set back, nothing in a list that
///   was once full is new until the clock has caught up. A `Gap` reports it as
///   soon as something may have been missed.
/// - **Baseline.** The first snapshot is the baseline, unless
///   [`replay`](Self::replay) is on. If a list was missing from it, later
///   entries up to the instant of the first snapshot are baseline too. If a
///   list was empty in it, they are baseline up to ten seconds before that
///   instant. The chat of a livestream that the first snapshot did not list is
///   yielded from the creation of the livestream on, but from at most ten
///   minutes before the first snapshot. Its rants are always yielded.
/// - **Gaps.** The tracker yields a gap if a list shows no known entry, all of
///   its entries are at least as new as the newest known one, and it is so long
///   that others may have been pushed out. That is from nine tenths of
///   `max_num_results`, or of the longest length that it had in two of the last
///   100 snapshots, if that is ten or more. Counters do not excuse a full list:
///   sixty may have come and ten left.
/// - **Clock.** Stamps are compared only with stamps. A snapshot up to ten
///   minutes older than the newest one is stale: it may show new entries, but
///   nothing follows from what it lacks. If a second stale snapshot in a row is
///   newer than the first, and one of them shows something new, the server's
///   clock was set back.
///
/// It never reads this machine's clock. Its memory is bounded: four times
/// `max_num_results` entries for each list (or four times the length of the
/// longest list, if that is more), 100 live livestreams and 100 others that are
/// listed, 16 that are no longer listed, and the last snapshot. A tracker is
/// for one account; give each account its own.
///
/// # Examples
///
/// ```
/// use rumble_live::{
///     Event, Follower, Followers, Snapshot, Tracker,
///     time::{Duration, OffsetDateTime},
/// };
///
/// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
/// let ada = Follower::new("ada").with_followed_on(start);
/// let grace =
///     Follower::new("grace").with_followed_on(start + Duration::seconds(4));
/// let shown = |seconds, followers| {
///     Snapshot::builder(start + Duration::seconds(seconds), "4f2kx9")
///         .followers(followers)
///         .build()
/// };
///
/// let mut tracker = Tracker::new();
/// let first = shown(1, Followers::new([ada.clone()]));
/// assert_eq!(tracker.apply(&first), [Event::Ready]);
///
/// let second = shown(11, Followers::new([grace.clone(), ada]));
/// assert_eq!(tracker.apply(&second), [Event::Follower(grace)]);
/// ```
///
/// If more come between two snapshots than a list can show, the rest is lost,
/// and a gap says how many at least:
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::{Error, Event, ListKind, Snapshot, Tracker, sim::Sim};
///
/// fn main() -> Result<(), Error> {
///     let (sim, mut tracker) = (Sim::new(42), Tracker::new());
///     tracker.apply(&Snapshot::from_json(&sim.snapshot_json())?);
///     for number in 0..60 {
///         sim.advance(Duration::from_secs(1));
///         sim.follow(&format!("fan {number}"));
///     }
///     let events = tracker.apply(&Snapshot::from_json(&sim.snapshot_json())?);
///     let [Event::Gap(gap), followers @ ..] = &events[..] else {
///         panic!("a list that overflowed begins with a gap");
///     };
///     assert_eq!(gap.list, ListKind::Followers);
///     assert_eq!((gap.at_least, followers.len()), (Some(10), 50));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    replay: bool,
    was_ready: bool,
    /// `None` before the first snapshot.
    memory: Option<Memory>,
    /// The last answer that was settled. What its lists show is known, or is
    /// below their floors.
    settled: Option<Snapshot>,
    /// When the newest answer came, relative to some start.
    answered: Duration,
    /// How many events were delivered.
    delivered: u64,
    /// Set only if several readers may take deliveries later.
    journal: Option<Journal>,
    /// How many snapshots of another account came in a row.
    strangers: u32,
    /// Set only if updates of livestreams are on.
    updates: Option<Updates>,
    /// Whether live chats are read in addition to the polls.
    #[cfg(feature = "chat")]
    live_chat: bool,
}

/// If an answer's clock is at most this many seconds behind the newest one, the
/// answer is late. If it is further behind, the clock was set back.
const STALE_SECONDS: i64 = 600;

const OF_ANOTHER_ACCOUNT: &str = "the answer belongs to another account and was ignored; the next one may be right";

impl Tracker {
    /// A tracker that knows nothing yet. Its first snapshot is the baseline. To
    /// go on where another one stopped, use [`resume`](Self::resume).
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to also yield what the first snapshot shows. Default: false,
    /// because alerts for what happened yesterday are rarely wanted. It has no
    /// effect after the first snapshot, or on a tracker that resumes.
    ///
    /// # Examples
    ///
    /// A page that is filled with the newest followers when it opens:
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Follower, Followers, Snapshot, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let ada = Follower::new("ada").with_followed_on(now - Duration::HOUR);
    /// let first = Snapshot::builder(now, "4f2kx9")
    ///     .followers(Followers::new([ada.clone()]))
    ///     .build();
    ///
    /// assert_eq!(Tracker::new().apply(&first), [Event::Ready]);
    /// let mut tracker = Tracker::new().replay(true);
    /// let shown = [Event::Ready, Event::Follower(ada)];
    /// assert_eq!(tracker.apply(&first), shown);
    /// assert_eq!(tracker.apply(&first), []);
    /// ```
    #[must_use]
    pub fn replay(mut self, replay: bool) -> Self {
        self.replay = replay;
        self
    }

    /// Whether to yield an [`Event::StreamUpdated`] when the title, visibility,
    /// viewers, likes or dislikes of a live livestream change. Default: false,
    /// because the number of viewers changes with almost every snapshot.
    ///
    /// Changes count from the first snapshot that shows the livestream on air.
    /// They are not part of a checkpoint.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{
    ///     Event, Livestream, Snapshot, StreamDetail, Tracker,
    ///     time::{Duration, OffsetDateTime},
    /// };
    ///
    /// let start = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
    /// let shown = |seconds, viewers| {
    ///     let now = start + Duration::seconds(seconds);
    ///     let stream = Livestream::new("7c1f4q", "Harbour lights");
    ///     Snapshot::builder(now, "4f2kx9")
    ///         .livestreams([stream.with_watching_now(viewers)])
    ///         .build()
    /// };
    /// let mut tracker = Tracker::new().stream_updates(true);
    /// tracker.apply(&shown(0, 12));
    /// assert_eq!(tracker.apply(&shown(10, 12)), []);
    /// let events = tracker.apply(&shown(20, 15));
    /// let [Event::StreamUpdated(update)] = &events[..] else {
    ///     panic!("one livestream has changed");
    /// };
    /// assert_eq!(update.changed, [StreamDetail::WatchingNow]);
    /// assert_eq!(update.watching_now, Some(15));
    /// ```
    #[must_use]
    pub fn stream_updates(mut self, stream_updates: bool) -> Self {
        self.updates = stream_updates.then(Updates::default);
        self
    }

    /// Judges a snapshot, remembers it, and returns what is new. The events
    /// come in this order:
    ///
    /// 1. [`Event::Ready`] with the first snapshot
    /// 2. livestreams that started
    /// 3. [updates](Self::stream_updates) of live livestreams
    /// 4. lists with [unreadable](Event::Unreadable) items
    /// 5. followers, subscribers, messages and rants, from the oldest to the
    ///    newest
    /// 6. gifts
    /// 7. livestreams that ended
    ///
    /// A [`Gap`](Event::Gap) comes before the oldest shown entry of its list.
    ///
    /// The list is empty if nothing happened, for example if you apply the same
    /// snapshot again.
    ///
    /// A snapshot that shares no id with the earlier ones belongs to another
    /// account. The tracker ignores it and returns one [`Event::Interrupted`]
    /// of kind [`Decode`](crate::ErrorKind::Decode), with a `retry_in` of zero.
    /// Its `failures` counts how many of them came in a row, so you can give up
    /// at some number.
    ///
    /// Apply snapshots in the order in which they were asked for. One that is
    /// up to ten minutes older does no harm: it may show what was not known
    /// yet, but ends nothing.
    ///
    /// # Examples
    ///
    /// A loop of your own over a simulated account:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Error, Event, Snapshot, Tracker, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let (sim, mut tracker) = (Sim::new(42), Tracker::new());
    ///     let mut poll = || -> Result<Vec<Event>, Error> {
    ///         let snapshot = Snapshot::from_json(&sim.snapshot_json())?;
    ///         Ok(tracker.apply(&snapshot))
    ///     };
    ///     assert_eq!(poll()?, [Event::Ready]);
    ///
    ///     sim.advance(Duration::from_secs(10));
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.message(&stream, "ada", "hi");
    ///     sim.advance(Duration::from_secs(1));
    ///     sim.follow("grace");
    ///     let kinds: Vec<_> = poll()?.iter().map(Event::kind).collect();
    ///     assert_eq!(kinds, ["stream_started", "message", "follower"]);
    ///     assert_eq!(poll()?, []);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// A server that mixes up two accounts once:
    ///
    /// ```
    /// use rumble_live::{Error, Event, Snapshot, Tracker, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let of = |sim: Sim| Snapshot::from_json(&sim.snapshot_json());
    ///     let (mine, other) = (of(Sim::new(1))?, of(Sim::new(2))?);
    ///     let mut tracker = Tracker::new();
    ///     tracker.apply(&mine);
    ///     let events = tracker.apply(&other);
    ///     assert!(matches!(&events[..], [Event::Interrupted(_)]));
    ///     assert_eq!(tracker.apply(&mine), []);
    ///     Ok(())
    /// }
    /// ```
    pub fn apply(&mut self, snapshot: &Snapshot) -> Vec<Event> {
        if self.memory.as_ref().is_some_and(|memory| memory.is_of_another(snapshot)) {
            self.strangers = self.strangers.saturating_add(1);
            let message = OF_ANOTHER_ACCOUNT.to_owned();
            return vec![Event::Interrupted(Interrupted {
                kind: ErrorKind::Decode,
                message,
                failures: self.strangers,
                retry_in: Duration::ZERO,
            })];
        }
        self.strangers = 0;
        let Poll { steps, settlement, .. } = self.observe(snapshot, Duration::ZERO);
        let events = steps.into_iter().filter_map(|step| self.deliver(step)).collect();
        if let Some(settlement) = settlement {
            self.settle(settlement);
        }
        events
    }

    /// A tracker that knows what another one knew.
    pub(crate) fn with_memory(memory: Memory) -> Self {
        Self { memory: Some(memory), ..Self::default() }
    }

    /// The memory. `None` before [`Event::Ready`] was delivered.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// The memory after this many deliveries, or somewhat earlier. Events since
    /// then are yielded again.
    pub(crate) fn memory_at(&self, delivered: u64) -> Option<Cow<'_, Memory>> {
        let journal = self.journal.as_ref().filter(|_| delivered < self.delivered);
        journal.and_then(|journal| journal.memory_at(delivered)).map(Cow::Owned).or(self.memory().map(Cow::Borrowed))
    }

    /// From now on, also remembers the memory at earlier deliveries.
    pub(crate) fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// No reader needs the memory before this many deliveries any more, or
    /// before now.
    pub(crate) fn pass(&mut self, delivered: Option<u64>) {
        let Some(journal) = &mut self.journal else { return };
        match delivered.filter(|delivered| *delivered < self.delivered) {
            Some(delivered) => journal.pass(delivered),
            None => journal.pass_all(self.delivered),
        }
    }

    /// Whether a snapshot belongs to another account than the watched one.
    pub(crate) fn is_of_another_account(&self, snapshot: &Snapshot) -> bool {
        self.memory.as_ref().is_some_and(|memory| {
            // A checkpoint may belong to another account than the URL, such as one of its channels, which shares an id with it.
            let is_resumed_from = self.settled.is_none();
            if is_resumed_from { !memory.may_be_of(snapshot) } else { memory.is_of_another(snapshot) }
        })
    }

    /// How many events were delivered.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Judges a snapshot without remembering anything. It came at `at`,
    /// relative to some start.
    ///
    /// A stale answer is judged twice if it may be the second of a run that
    /// proves that the server's clock was set back: whether it shows something
    /// that nobody has seen is only known after the first time.
    ///
    /// Deliver all steps in order, then settle. Whoever stops in between has a
    /// memory that is right for what was delivered, and the next observation
    /// finds the rest again.
    pub(crate) fn observe(&self, snapshot: &Snapshot, at: Duration) -> Poll {
        let memory = self.memory.as_ref().map_or_else(|| Cow::Owned(Memory::blank(snapshot)), Cow::Borrowed);
        let mut occasion = self.occasion(snapshot.now().unix_timestamp());
        let mut plan = self.plan(&memory, snapshot, occasion);
        let now = snapshot.now().unix_timestamp();
        if occasion == Occasion::Stale && memory.stale.is_some_and(|run| run.is_step(now, plan.shows_unseen())) {
            occasion = Occasion::Update;
            plan = self.plan(&memory, snapshot, occasion);
        }
        if let Some(updates) = self.updates.as_ref().filter(|_| !plan.is_stale()) {
            plan.update(updates.changes(&memory.livestreams, snapshot));
        }
        let poll = plan.into_poll(snapshot.clone(), !self.was_ready, at);
        #[cfg(feature = "chat")]
        let poll = self.merge_poll(poll, &memory, snapshot, occasion, at);
        poll
    }

    /// The plan of a poll, list by list in the order of the wire. Each list is
    /// compared with the same list of the last settled answer first, since in
    /// most polls hardly anything is in front of it.
    fn plan(&self, memory: &Memory, snapshot: &Snapshot, occasion: Occasion) -> Plan {
        let memory = &*memory.at(snapshot, occasion);
        let max = snapshot.max_num_results();
        let settled = self.settled.as_ref();
        let mut plan = Plan::new(snapshot, occasion);

        let followers = snapshot.followers();
        let counters = Counters { count: followers.count, total: followers.total };
        if is_shown(&followers.recent, counters) {
            let before = settled.map(|settled| &settled.followers().recent);
            let known = &memory.followers;
            let mut sighting = Sighting::new(&followers.recent, before, max, known.direction);
            let between = (memory.now, snapshot.now().unix_timestamp());
            // Only for followers, which are just a name and a stamp. It is better to yield an entry with text or money again than to
            // miss it.
            let moved_by = if occasion.is_first() { None } else { known.moved_by(&sighting, between) };
            let mut known = Cow::Borrowed(known);
            if let Some(by) = moved_by {
                known.to_mut().shift(by);
                // The entries of the previous answer have other stamps now.
                sighting = Sighting::new(&followers.recent, None, max, known.direction);
            }
            let mut verdict = known.judge(&sighting, counters, occasion, |_| 0);
            verdict.outcome.shift = moved_by;
            plan.add(List::Followers, &sighting, verdict);
        }
        let subscribers = snapshot.subscribers();
        let counters = Counters { count: subscribers.count, total: subscribers.total };
        if is_shown(&subscribers.recent, counters) {
            let before = settled.map(|settled| &settled.subscribers().recent);
            let known = &memory.subscribers;
            let sighting = Sighting::new(&subscribers.recent, before, max, known.direction);
            let verdict = known.judge(&sighting, counters, occasion, |_| 0);
            plan.add(List::Subscribers, &sighting, verdict);
        }
        plan.add_gifts(memory.gifts.judge(snapshot.gifted_subs(), occasion), memory.now);
        for (list, count, told) in [
            (UnreadableList::Of(List::Followers), followers.recent.skipped(), memory.followers.unreadable),
            (UnreadableList::Of(List::Subscribers), subscribers.recent.skipped(), memory.subscribers.unreadable),
            (UnreadableList::GiftedSubs, snapshot.gifted_subs().recent.skipped(), memory.gifts.unreadable),
        ] {
            if told.is_news(count) {
                plan.add_unreadable(list, count);
            }
        }
        plan_livestreams(memory, settled, snapshot, occasion, &mut plan);
        plan
    }

    /// Takes one step: changes the memory, and returns the event if there is
    /// one.
    pub(crate) fn deliver(&mut self, step: Step) -> Option<Event> {
        let Step { event, effect } = step;
        let before = self.delivered;
        self.delivered += 1;
        match (effect, &mut self.memory) {
            (Effect::Begin { first }, memory) => {
                self.was_ready = true;
                memory.get_or_insert_with(|| Memory::blank(&first));
            }
            (Effect::BeginWithBaseline { settlement }, memory) => {
                self.was_ready = true;
                let snapshot = settlement.snapshot.clone();
                self.answered = settlement.at;
                let memory = memory.insert(Memory::with_baseline(&snapshot));
                memory.settle(*settlement);
                if let Some(updates) = &mut self.updates {
                    updates.settle(&memory.livestreams, &snapshot);
                }
                self.settled = Some(snapshot);
            }
            (effect, Some(memory)) => {
                if let Some(journal) = &mut self.journal {
                    journal.deliver(before, memory, effect.clone());
                }
                memory.record(&effect);
            }
            (_, None) => {}
        }
        event
    }

    /// Records the rest of a poll, once all its events are delivered.
    pub(crate) fn settle(&mut self, settlement: Settlement) {
        if let Some(journal) = &mut self.journal {
            journal.settle();
        }
        let (snapshot, is_stale) = (settlement.snapshot.clone(), settlement.is_stale());
        if !is_stale {
            self.answered = settlement.at;
        }
        if let Some(memory) = &mut self.memory {
            memory.settle(settlement);
            if let Some(updates) = self.updates.as_mut().filter(|_| !is_stale) {
                updates.settle(&memory.livestreams, &snapshot);
            }
        }
        self.settled = Some(snapshot);
    }

    /// How much may follow from an answer with this `now`.
    fn occasion(&self, now: i64) -> Occasion {
        match &self.memory {
            None if self.replay => Occasion::Replay,
            None => Occasion::Baseline,
            Some(memory) if (1..=STALE_SECONDS).contains(&memory.now.saturating_sub(now)) => Occasion::Stale,
            Some(_) => Occasion::Update,
        }
    }
}

/// Plans the starts and ends of livestreams, and their chats. A chat is judged
/// whether or not its livestream is live, because people write before it begins
/// and after it has ended.
fn plan_livestreams(memory: &Memory, settled: Option<&Snapshot>, snapshot: &Snapshot, occasion: Occasion, plan: &mut Plan) {
    let livestreams = &memory.livestreams;
    let now = snapshot.now();
    let is_stale = occasion == Occasion::Stale;
    // If one is listed twice, the first counts.
    let streams_before = settled.into_iter().flat_map(|settled| settled.livestreams().iter().rev());
    let chats_before: HashMap<_, _> = streams_before.map(|stream| (&stream.id, &stream.chat)).collect();
    let Tracked { streams, ignored } = livestreams.tracked(snapshot);
    for stream in streams {
        let listing = Listing::of(stream, now.unix_timestamp());
        match livestreams.turn(stream, occasion.is_first(), is_stale) {
            Some(Turn::Started { already_live }) => {
                let (id, title, created_on) = (stream.id.clone(), stream.title.clone(), stream.created_on);
                plan.start(StreamStarted { stream: id, title, created_on, already_live, at: now }, listing);
            }
            Some(Turn::Ended) => plan.end(StreamEnded { stream: stream.id.clone(), last_seen: now, at: now }, listing),
            None => {}
        }
        let unknown = livestreams.unknown(listing);
        let known = livestreams.get(&stream.id);
        // The previous chat of an ignored livestream was not judged.
        let before = known.and(chats_before.get(&stream.id).copied());
        plan_chat(known.unwrap_or(&unknown), stream, before, listing, occasion, plan);
    }
    let unreadable = snapshot.livestreams().skipped().saturating_add(ignored.len());
    plan.ignore(ignored);
    if livestreams.unreadable.is_news(unreadable) {
        plan.add_unreadable(UnreadableList::Livestreams, unreadable);
    }
    if !is_stale {
        for (id, known) in livestreams.gone(snapshot) {
            plan.end(StreamEnded { stream: id.clone(), last_seen: instant(known.last_seen), at: now }, Listing::unlisted(known.last_seen));
        }
    }
}

/// Plans the chat of one livestream.
///
/// The API may list a rant among the messages too. So the rants are judged
/// first: a message that equals one, but for the amount, counts as its copy and
/// is not yielded.
fn plan_chat(known: &Stream, stream: &Livestream, before: Option<&RecentChat>, listing: Listing, occasion: Occasion, plan: &mut Plan) {
    let Livestream { id, chat, .. } = stream;
    let max = plan.max_num_results();
    let rants = chat.recent_rants.was_sent().then(|| {
        let sighting = Sighting::new(&chat.recent_rants, before.map(|chat| &chat.recent_rants), max, known.rants.direction);
        let verdict = known.rants.judge(&sighting, Counters::default(), occasion, |_| 0);
        (sighting, verdict)
    });
    if chat.recent_messages.was_sent() {
        let before = before.map(|chat| &chat.recent_messages);
        let sighting = Sighting::new(&chat.recent_messages, before, max, known.messages.direction);
        let added = |key| rants.as_ref().map_or(0, |(_, verdict)| verdict.added_like(key));
        let paid_for = |key| known.rants.copies_like(key).saturating_add(added(key));
        let verdict = known.messages.judge(&sighting, Counters::default(), occasion, paid_for);
        plan.add(List::Messages(id.clone(), listing), &sighting, verdict);
    }
    if let Some((sighting, verdict)) = rants {
        plan.add(List::Rants(id.clone(), listing), &sighting, verdict);
    }
    for (count, list, told) in [
        (chat.recent_messages.skipped(), List::Messages(id.clone(), listing), known.messages.unreadable),
        (chat.recent_rants.skipped(), List::Rants(id.clone(), listing), known.rants.unreadable),
    ] {
        if told.is_news(count) {
            plan.add_unreadable(UnreadableList::Of(list), count);
        }
    }
}

/// Whether an answer shows a list. An empty list next to a counter above zero
/// shows nothing, because both cannot be true.
fn is_shown<T>(window: &Window<T>, counters: Counters) -> bool {
    window.was_sent() && (window.listed() > 0 || counters.count.unwrap_or_default() == 0)
}

/// The instant of a remembered second. A manipulated checkpoint may hold one
/// that has no JSON form.
fn instant(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).ok().filter(has_utc_form).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
