//! Successive snapshots in, events out.
//!
//! Pure: no I/O, and no clock but the server's. A poll is judged as a whole against what is known ([`Tracker::observe`]); then each event
//! changes what is known as it is delivered ([`Tracker::deliver`]), and the rest follows when all are ([`Tracker::settle`]). So the memory
//! between any two events is exactly what was delivered.

mod gifts;
mod ledger;
mod livestreams;
mod poll;
mod sighting;

use std::collections::HashSet;

use time::OffsetDateTime;

pub(crate) use self::poll::{Poll, Settlement, Step};
use self::{
    gifts::GiftLedger,
    ledger::{Counters, Ledger, Occasion},
    livestreams::{Livestreams, Turn},
    poll::{Effect, List, Plan},
    sighting::Sighting,
};
use crate::{
    event::{Event, StreamEnded, StreamStarted},
    snapshot::{Snapshot, Window},
};

/// Tells what is new in each snapshot, given those before it.
///
/// The pure core of a [`Watcher`](crate::Watcher), for people who fetch snapshots in a loop of their own. It yields every entry that a
/// snapshot shows exactly once, and says with a [`Gap`](Event::Gap) where some may have been lost:
///
/// - Entries are told apart by their second, user, text and amount, equal ones by how many one snapshot shows at once.
/// - Each list has a floor: the oldest second of any full list so far (full: from nine tenths of `max_num_results`). At or below it
///   nothing is new, because it cannot be told from an old entry that an unfollow or a deletion brought back. The floor never falls, so
///   after a step back of the server's clock nothing of a once full list is new until the clock has caught up.
/// - The first snapshot is the baseline, unless [`replay`](Self::replay) is on.
///
/// It never reads this machine's clock. Its memory is bounded by the snapshots: four times `max_num_results` entries for each list, and
/// 16 livestreams that are no longer listed. It judges one account's snapshots; give each account its own.
///
/// # Examples
///
/// ```
/// use rumble_live::{Event, Snapshot, Tracker};
///
/// let snapshot = |now: u32, followers: &str| {
///     let body = format!(r#"{{"now": {now}, "user_id": "4f2kx9", "followers": {{"recent_followers": [{followers}]}}}}"#);
///     Snapshot::from_json(body.as_bytes())
/// };
/// let ada = r#"{"username": "ada", "followed_on": "2026-01-02T03:04:05Z"}"#;
/// let grace = r#"{"username": "grace", "followed_on": "2026-01-02T03:04:09+00:00"}"#;
///
/// let mut tracker = Tracker::new();
/// assert_eq!(tracker.apply(&snapshot(1_767_323_046, ada)?), [Event::Ready]);
///
/// let events = tracker.apply(&snapshot(1_767_323_056, &format!("{grace}, {ada}"))?);
/// assert!(matches!(&events[..], [Event::Follower(new)] if new.username == "grace"));
/// # Ok::<(), rumble_live::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    replay: bool,
    was_ready: bool,
    /// The newest `now` of any answer, or that after the last step back of the server's clock. `None` before the first.
    now: Option<i64>,
    followers: Ledger,
    subscribers: Ledger,
    gifts: GiftLedger,
    livestreams: Livestreams,
}

/// An answer whose clock is at most this many seconds behind the newest came late; one further behind comes from a clock that was set.
const STALE_SECONDS: i64 = 600;

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

    /// Judges a snapshot and remembers it. Returns what is new, in this order: [`Event::Ready`] at the first snapshot, livestreams that
    /// started, what has an instant from the oldest to the newest, gifts, livestreams that ended. A [`Gap`](Event::Gap) stands before the
    /// oldest shown entry of its list.
    ///
    /// Empty when nothing happened, as for the same snapshot again.
    pub fn apply(&mut self, snapshot: &Snapshot) -> Vec<Event> {
        let Poll { steps, settlement, .. } = self.observe(snapshot);
        let events = steps.into_iter().map(|step| self.deliver(step)).collect();
        self.settle(settlement);
        events
    }

    /// Judges a snapshot without remembering anything.
    pub(crate) fn observe(&self, snapshot: &Snapshot) -> Poll {
        let now = snapshot.now().unix_timestamp();
        let occasion = self.occasion(now);
        let max = snapshot.max_num_results();
        let mut plan = Plan::new(occasion, max);

        let followers = snapshot.followers();
        let counters = Counters { count: followers.count, total: followers.total };
        if is_shown(&followers.recent, counters) {
            let sighting = Sighting::new(&followers.recent, max);
            let verdict = self.followers.judge(&sighting, counters, occasion, max, |_| 0);
            plan.add(List::Followers, &sighting, verdict);
        }
        let subscribers = snapshot.subscribers();
        let counters = Counters { count: subscribers.count, total: subscribers.total };
        if is_shown(&subscribers.recent, counters) {
            let sighting = Sighting::new(&subscribers.recent, max);
            let verdict = self.subscribers.judge(&sighting, counters, occasion, max, |_| 0);
            plan.add(List::Subscribers, &sighting, verdict);
        }
        for gift in self.gifts.news(snapshot.gifted_subs(), occasion) {
            plan.add_gift(gift);
        }
        self.observe_livestreams(snapshot, now, occasion, &mut plan);
        plan.into_poll(snapshot.clone(), now, !self.was_ready)
    }

    fn observe_livestreams(&self, snapshot: &Snapshot, now: i64, occasion: Occasion, plan: &mut Plan) {
        let max = snapshot.max_num_results();
        let is_stale = occasion == Occasion::Stale;
        let mut listed = HashSet::new();
        for stream in snapshot.livestreams().iter().filter(|stream| listed.insert(&stream.id)) {
            match self.livestreams.turn(stream, is_stale) {
                Some(Turn::Started) => {
                    let started = StreamStarted { stream: stream.id.clone(), title: stream.title.clone(), created_on: stream.created_on };
                    plan.start(started, now);
                }
                Some(Turn::Ended) => plan.end(StreamEnded { stream: stream.id.clone(), last_seen: snapshot.now() }),
                None => {}
            }
            let fresh = self.livestreams.fresh_ledger();
            let (known_messages, known_rants) =
                self.livestreams.get(&stream.id).map_or((&fresh, &fresh), |memory| (&memory.messages, &memory.rants));
            let [messages, rants] = [stream.chat.recent_messages.was_sent(), stream.chat.recent_rants.was_sent()];
            let rants = rants.then(|| Sighting::new(&stream.chat.recent_rants, max));
            if messages {
                let sighting = Sighting::new(&stream.chat.recent_messages, max);
                let paid_for = |key| known_rants.copies_like(rants.as_ref(), key);
                let verdict = known_messages.judge(&sighting, Counters::default(), occasion, max, paid_for);
                plan.add(List::Messages(stream.id.clone()), &sighting, verdict);
            }
            if let Some(sighting) = rants {
                let verdict = known_rants.judge(&sighting, Counters::default(), occasion, max, |_| 0);
                plan.add(List::Rants(stream.id.clone()), &sighting, verdict);
            }
        }
        if may_tell_absence(snapshot, occasion) {
            for (id, memory) in self.livestreams.gone(|id| listed.contains(id)) {
                plan.end(StreamEnded { stream: id.clone(), last_seen: instant(memory.last_seen) });
            }
        }
    }

    /// Remembers that an event is delivered, and hands it out.
    pub(crate) fn deliver(&mut self, step: Step) -> Event {
        match step.effect {
            Effect::Nothing => {}
            Effect::Begin { now } => self.begin(now),
            Effect::BeginWithBaseline { settlement } => {
                self.begin(settlement.now);
                self.followers = Ledger::new(self.now);
                self.subscribers = Ledger::new(self.now);
                self.gifts = GiftLedger::new(true);
                self.livestreams.set_baseline(settlement.now);
                self.settle(*settlement);
            }
            Effect::Seen { list, key, copies } => self.ledger(&list, key.second).record(key, copies),
            Effect::Gift { print } => self.gifts.record(print),
            Effect::Live { stream, is_live, now } => self.livestreams.get_or_insert(&stream, now).is_live = is_live,
        }
        step.event
    }

    /// Remembers the rest of a poll, once all its events are delivered.
    pub(crate) fn settle(&mut self, settlement: Settlement) {
        let Settlement { snapshot, now, occasion, outcomes } = settlement;
        let max = snapshot.max_num_results();
        let is_stale = occasion == Occasion::Stale;
        for (list, outcome) in outcomes {
            self.ledger(&list, now).settle(outcome);
        }
        self.followers.prune();
        self.subscribers.prune();
        self.gifts.settle(snapshot.gifted_subs(), max);
        if snapshot.livestreams().was_sent() {
            let mut listed = HashSet::new();
            for stream in snapshot.livestreams() {
                listed.insert(&stream.id);
                let memory = self.livestreams.get_or_insert(&stream.id, now);
                memory.messages.prune();
                // A rant is needed for as long as its copy among the messages can be new.
                memory.rants.prune_with(&memory.messages);
            }
            if !is_stale {
                self.livestreams.settle(now, |id| listed.contains(id), may_tell_absence(&snapshot, occasion));
            }
        }
        if !is_stale {
            self.now = Some(now);
        }
    }

    fn begin(&mut self, now: i64) {
        self.was_ready = true;
        self.now = self.now.or(Some(now));
    }

    fn occasion(&self, now: i64) -> Occasion {
        match self.now {
            None if self.replay => Occasion::Replay,
            None => Occasion::Baseline,
            Some(newest) if (1..=STALE_SECONDS).contains(&newest.saturating_sub(now)) => Occasion::Stale,
            Some(_) => Occasion::Update,
        }
    }

    fn ledger(&mut self, list: &List, now: i64) -> &mut Ledger {
        match list {
            List::Followers => &mut self.followers,
            List::Subscribers => &mut self.subscribers,
            List::Messages(stream) => &mut self.livestreams.get_or_insert(stream, now).messages,
            List::Rants(stream) => &mut self.livestreams.get_or_insert(stream, now).rants,
        }
    }
}

/// Whether an answer shows a list. An empty one beside a counter above zero shows nothing: the two cannot both be true.
fn is_shown<T>(window: &Window<T>, counters: Counters) -> bool {
    window.was_sent() && (window.listed() > 0 || counters.count.unwrap_or_default() == 0)
}

/// Whether a livestream that the answer does not list is absent from it, not merely unreadable.
fn may_tell_absence(snapshot: &Snapshot, occasion: Occasion) -> bool {
    let livestreams = snapshot.livestreams();
    occasion != Occasion::Stale && livestreams.was_sent() && livestreams.skipped() == 0
}

fn instant(second: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(second).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
