//! Successive snapshots in, events out.
//!
//! Pure: no I/O, and no clock but the server's. A poll is judged as a whole against what is known ([`Tracker::observe`]); then each event
//! changes what is known as it is delivered ([`Tracker::deliver`]), and the rest follows when all are ([`Tracker::settle`]). So the memory
//! between any two events is exactly what was delivered.

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

/// Tells what is new in each snapshot, given those before it.
///
/// The pure core of a [`Watcher`](crate::Watcher), for people who fetch snapshots in a loop of their own. It yields every entry that a
/// snapshot shows exactly once, and says with a [`Gap`](Event::Gap) where some may have been lost:
///
/// - **Identity.** Entries are told apart by their second, user, text and amount, equal ones by how many one snapshot shows at once. A paid
///   entry whose name goes missing or comes back is the same one. Followers whose stamps all move by the same number of quarters of an hour
///   are the same followers.
/// - **Floor.** Each list has a floor: the oldest second of any full list so far (full: from nine tenths of `max_num_results`). Below it
///   nothing is new, because it cannot be told from an old entry that an unfollow or a deletion brought back. Within the floor's own second
///   the place decides: what stands in front of all known entries is new. The floor never falls, so after a step back of the server's clock
///   nothing of a once full list is new until the clock has caught up; a `Gap` says so once something may have been missed.
/// - **Baseline.** The first snapshot is the baseline, unless [`replay`](Self::replay) is on. So is what a list shows later that was missing
///   from it, up to its instant, and what a list shows that was empty until then, up to ten seconds before. The chat of a livestream that
///   the first snapshot did not list is told from the creation of the livestream on, but no further back than ten minutes before the first
///   snapshot; its rants are told in any case.
/// - **Gaps.** A gap is said where nothing that is shown is known, all of it is at least as new as the newest known entry, and the list is so
///   long that others may have been pushed out of it: nine tenths of `max_num_results`, or of the longest length that it had in two of the
///   last 100 snapshots, if that is ten or more. Counters do not excuse a full list: sixty may have come and ten left.
/// - **Clock.** Stamps are only compared with stamps. A snapshot up to ten minutes older than the newest one is stale: it may show entries
///   that were not seen yet, but nothing follows from what it lacks. If a second one running is newer than the first, and one of them shows
///   something new, the server's clock was set back.
///
/// It never reads this machine's clock. Its memory is bounded by the snapshots: four times `max_num_results` entries for each list (or four
/// times its length, where that is more), 100 live livestreams and 100 others that are listed, 16 that no longer are, and the snapshot that was
/// applied last. It judges one account's snapshots; give each account its own.
///
/// # Examples
///
/// ```
/// use rumble_live::{Error, Event, Snapshot, Tracker};
///
/// fn main() -> Result<(), Error> {
///     let snapshot = |now: u32, followers: &str| {
///         let body = format!(r#"{{"now": {now}, "user_id": "4f2kx9", "followers": {{"recent_followers": [{followers}]}}}}"#);
///         Snapshot::from_json(body.as_bytes())
///     };
///     let ada = r#"{"username": "ada", "followed_on": "2026-01-02T03:04:05Z"}"#;
///     let grace = r#"{"username": "grace", "followed_on": "2026-01-02T03:04:09+00:00"}"#;
///
///     let mut tracker = Tracker::new();
///     assert_eq!(tracker.apply(&snapshot(1_767_323_046, ada)?), [Event::Ready]);
///
///     let events = tracker.apply(&snapshot(1_767_323_056, &format!("{grace}, {ada}"))?);
///     assert!(matches!(&events[..], [Event::Follower(new)] if new.username == "grace"));
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    replay: bool,
    was_ready: bool,
    /// `None` before the first snapshot.
    memory: Option<Memory>,
    /// The answer that was remembered last: what its lists show is known, or stands below their floors.
    settled: Option<Snapshot>,
    /// When the newest answer came, since some start.
    answered: Duration,
    /// How many events were delivered.
    delivered: u64,
    /// Only where what is delivered may be taken later, by several readers.
    journal: Option<Journal>,
    /// How many snapshots of another account came in a row.
    strangers: u32,
    /// Only where updates of livestreams are asked for.
    updates: Option<Updates>,
    /// Whether live chats are heard beside the polls.
    #[cfg(feature = "chat")]
    live_chat: bool,
}

/// An answer whose clock is at most this many seconds behind the newest came late; one further behind comes from a clock that was set.
const STALE_SECONDS: i64 = 600;

const OF_ANOTHER_ACCOUNT: &str = "the answer is of another account; it was not taken, and the next one may be right";

impl Tracker {
    /// A tracker that knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to yield what the first snapshot shows as well. Off by default. Without effect after the first snapshot.
    #[must_use]
    pub fn replay(mut self, replay: bool) -> Self {
        self.replay = replay;
        self
    }

    /// Whether to yield an [`Event::StreamUpdated`] when the title, the visibility, the viewers, the likes or the dislikes of a live livestream
    /// have changed. Off by default.
    #[must_use]
    pub fn stream_updates(mut self, stream_updates: bool) -> Self {
        self.updates = stream_updates.then(Updates::default);
        self
    }

    /// Judges a snapshot and remembers it. Returns what is new, in this order: [`Event::Ready`] at the first snapshot, livestreams that
    /// started, [updates](Self::stream_updates) of live ones, lists with [unreadable](Event::Unreadable) items, what has an instant from the oldest to the newest, gifts, livestreams that
    /// ended. A [`Gap`](Event::Gap) stands before the oldest shown entry of its list.
    ///
    /// Empty when nothing happened, as for the same snapshot again.
    ///
    /// A snapshot that shares no id with those before is of another account. It is not taken: one [`Event::Interrupted`] of kind
    /// [`Decode`](crate::ErrorKind::Decode) says so, without a time for the next poll.
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

    /// What is known, from the delivery of [`Event::Ready`] on.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        self.memory.as_ref()
    }

    /// What was known after so many deliveries; at the worst somewhat earlier, so that what came since is told again.
    pub(crate) fn memory_at(&self, delivered: u64) -> Option<Cow<'_, Memory>> {
        let journal = self.journal.as_ref().filter(|_| delivered < self.delivered);
        journal.and_then(|journal| journal.memory_at(delivered)).map(Cow::Owned).or(self.memory().map(Cow::Borrowed))
    }

    /// Remembers from now on what was known at earlier deliveries as well.
    pub(crate) fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Nobody will ask for what was known before so many deliveries, or before now.
    pub(crate) fn pass(&mut self, delivered: Option<u64>) {
        let Some(journal) = &mut self.journal else { return };
        match delivered.filter(|delivered| *delivered < self.delivered) {
            Some(delivered) => journal.pass(delivered),
            None => journal.pass_all(self.delivered),
        }
    }

    /// Whether a snapshot is of another account than the one that is watched.
    pub(crate) fn is_of_another_account(&self, snapshot: &Snapshot) -> bool {
        self.memory.as_ref().is_some_and(|memory| {
            // A checkpoint may be of another account than the URL, such as of one of its channels, which shares an id with it.
            let is_resumed_from = self.settled.is_none();
            if is_resumed_from { !memory.may_be_of(snapshot) } else { memory.is_of_another(snapshot) }
        })
    }

    /// How many events were delivered.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Judges a snapshot, which came `at` this time since some start, without remembering anything.
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
            // Only a follow is nothing but a name and a stamp: what carries text or money is told rather than taken for an old one.
            let moved_by = if occasion.is_first() { None } else { known.moved_by(&sighting, between) };
            let mut known = Cow::Borrowed(known);
            if let Some(by) = moved_by {
                known.to_mut().shift(by);
                // What the answer before showed is known by other stamps now.
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

    /// Remembers that an event is delivered, and hands it out; or remembers something without one.
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

    /// Remembers the rest of a poll, once all its events are delivered.
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

    fn occasion(&self, now: i64) -> Occasion {
        match &self.memory {
            None if self.replay => Occasion::Replay,
            None => Occasion::Baseline,
            Some(memory) if (1..=STALE_SECONDS).contains(&memory.now.saturating_sub(now)) => Occasion::Stale,
            Some(_) => Occasion::Update,
        }
    }
}

fn plan_livestreams(memory: &Memory, settled: Option<&Snapshot>, snapshot: &Snapshot, occasion: Occasion, plan: &mut Plan) {
    let livestreams = &memory.livestreams;
    let now = snapshot.now();
    let is_stale = occasion == Occasion::Stale;
    // Of one that is listed twice, the first counts.
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
        // Nothing was made of the chat before of one that was ignored.
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

/// Whether an answer shows a list. An empty one beside a counter above zero shows nothing: the two cannot both be true.
fn is_shown<T>(window: &Window<T>, counters: Counters) -> bool {
    window.was_sent() && (window.listed() > 0 || counters.count.unwrap_or_default() == 0)
}

/// The instant of a remembered second. A checkpoint that was tampered with may hold one that no event can be written with.
fn instant(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).ok().filter(has_utc_form).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
