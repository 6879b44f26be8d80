//! A life of its own: things that happen by themselves as the clock moves.
//!
//! Nothing runs in the background. Whoever looks at the account makes up all
//! seconds since the last look, in [`Life::run`]. Each second has random
//! numbers of its own, seeded by the account and the second, so the result does
//! not depend on how often anybody looks. What carries over from one second to
//! the next is the fraction of an event for each kind (`credits`).
//!
//! On the wall clock each full hour begins anew, with its own stream and its
//! own fractions. So a process that starts later makes up the same hour without
//! knowing the earlier ones.

use fastrand::Rng;
use time::OffsetDateTime;

use super::{
    words::{LINES, NAMES, RANTS, TITLES},
    world::World,
};
use crate::StreamId;

/// How often things happen by themselves: for each kind, how many times a
/// second on average. See [`Sim::live`](super::Sim::live).
///
/// Zero, a negative rate and NaN mean never. More than 1000 a second counts as
/// 1000. Each second has its own draw between half of a rate and one and a half
/// times it. If there are messages, rants or gifts and no stream is live, one
/// is started. Some of the gifts are claimed as time goes by.
///
/// With the default, each kind happens about every five seconds and at least
/// every ten, and a message comes about every second. Deletions are off.
///
/// # Examples
///
/// A chat that is too busy for polls, to see whether a bot keeps up:
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::Snapshot;
/// use rumble_live::sim::{Activity, Sim, What};
///
/// let sim = Sim::new(42);
/// sim.live(Activity { messages_per_second: 20.0, ..Activity::NONE });
/// sim.advance(Duration::from_secs(60));
///
/// let history = sim.history();
/// let said =
///     history.iter().filter(|h| matches!(h.what, What::Message { .. }));
/// assert!((1000..1500).contains(&said.count()));
/// // A poll shows only the newest 50.
/// let snapshot = Snapshot::from_json(&sim.snapshot_json()).unwrap();
/// assert_eq!(snapshot.livestreams()[0].chat.recent_messages.len(), 50);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activity {
    /// New followers. Each has a name with a number, so few are equal.
    pub followers_per_second: f64,
    /// New subscribers, at $5 or $10 each.
    pub subscribers_per_second: f64,
    /// Purchases of subscriptions for others. Each has one to twenty.
    pub gifts_per_second: f64,
    /// Chat messages, not counting rants. Some repeat each other, as people do.
    pub messages_per_second: f64,
    /// Rants, of $1 to $50.
    pub rants_per_second: f64,
    /// Messages that a moderator deletes, each one of the newest ten lines of a
    /// chat. Rants are spared. Zero by default.
    pub deletions_per_second: f64,
}

impl Activity {
    /// Nothing happens by itself. Begin with it to set a single rate, as in
    /// `Activity { messages_per_second: 1.0, ..Activity::NONE }`.
    pub const NONE: Self = Self {
        followers_per_second: 0.0,
        subscribers_per_second: 0.0,
        gifts_per_second: 0.0,
        messages_per_second: 0.0,
        rants_per_second: 0.0,
        deletions_per_second: 0.0,
    };

    fn rate(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Follower => self.followers_per_second,
            Kind::Subscriber => self.subscribers_per_second,
            Kind::Gift => self.gifts_per_second,
            Kind::Message => self.messages_per_second,
            Kind::Rant => self.rants_per_second,
            Kind::Deletion => self.deletions_per_second,
        }
    }

    /// Whether something happens that needs a live stream.
    fn needs_a_stream(&self) -> bool {
        [Kind::Gift, Kind::Message, Kind::Rant].into_iter().any(|kind| self.rate(kind) > 0.0)
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            followers_per_second: 0.3,
            subscribers_per_second: 0.2,
            gifts_per_second: 0.2,
            messages_per_second: 1.0,
            rants_per_second: 0.2,
            deletions_per_second: 0.0,
        }
    }
}

/// In seconds. After a longer pause, only the last hour is made up.
const HOUR: u64 = 3600;

/// What can happen by itself.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Follower,
    Subscriber,
    Gift,
    Message,
    Rant,
    Deletion,
}

/// An [`Activity`] at work.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) activity: Activity,
    /// What has accumulated for each kind. At one, it happens.
    credits: [(Kind, f64); 6],
    /// The first second that was not simulated yet, counted from the start of
    /// the simulation.
    next: u64,
    /// Whether each hour follows from its number alone, so every process that
    /// simulates it gets the same.
    by_the_hour: bool,
    /// The stream of this hour, if each hour has its own.
    show: Option<StreamId>,
}

impl Life {
    /// A life that begins with the present second, or on the wall clock with
    /// the previous hour.
    pub(super) fn new(world: &World, activity: Activity) -> Self {
        let by_the_hour = world.clock.is_on_wall();
        let next = if by_the_hour { 0 } else { world.clock.elapsed() };
        Self { activity, credits: credits(world.seed), next, by_the_hour, show: None }
    }

    /// Simulates every second up to the present one.
    pub(super) fn run(&mut self, world: &mut World) {
        let present = world.clock.elapsed();
        let earliest = if self.by_the_hour { (present / HOUR).saturating_sub(1) * HOUR } else { (present + 1).saturating_sub(HOUR) };
        self.next = self.next.max(earliest);
        while self.next <= present {
            let at = world.clock.at(self.next);
            world.turn_page(self.next);
            if self.by_the_hour && self.next.is_multiple_of(HOUR) {
                self.hour(world, at);
            }
            self.second(world, at);
            self.next += 1;
        }
    }

    /// Starts an hour that does not depend on the one before. It has its own
    /// stream, and what is long past is forgotten.
    fn hour(&mut self, world: &mut World, at: OffsetDateTime) {
        let hour = self.next / HOUR;
        let seed = world.seed ^ hour.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.credits = credits(seed);
        if let Some(show) = self.show.take() {
            world.stop_stream(at, &show, false);
        }
        world.forget_the_oldest();
        if self.activity.needs_a_stream() {
            self.show = Some(world.start_show(at, hour, pick(&mut Rng::with_seed(seed), TITLES)));
        }
    }

    /// Makes up one second: starts a stream if one is needed and none is live,
    /// lets each kind happen as often as its credit allows, in a random order,
    /// and perhaps lets somebody claim a gift.
    fn second(&mut self, world: &mut World, at: OffsetDateTime) {
        // Each second has its own random numbers, so it matters little what a script did before.
        let mut rng = Rng::with_seed(world.seed ^ self.next.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let activity = self.activity;
        if activity.needs_a_stream() && !world.streams.iter().any(|stream| stream.is_live) {
            world.start_stream(at, pick(&mut rng, TITLES));
        }
        let mut due = Vec::new();
        for (kind, credit) in &mut self.credits {
            let rate = activity.rate(*kind);
            if rate > 0.0 {
                // Between half and one and a half times the rate: uneven, but with no long pauses.
                *credit += rate.min(1000.0) * (0.5 + rng.f64());
            }
            while *credit >= 1.0 {
                *credit -= 1.0;
                due.push(*kind);
            }
        }
        rng.shuffle(&mut due);
        for kind in due {
            happen(world, at, kind, &mut rng);
        }
        if activity.gifts_per_second > 0.0 && rng.bool() {
            world.claim_gift(at, |_| true);
        }
    }
}

/// Where the kinds begin: each a random part of the way to its first event, so
/// they do not all come at once.
fn credits(seed: u64) -> [(Kind, f64); 6] {
    let mut rng = Rng::with_seed(seed);
    [Kind::Follower, Kind::Subscriber, Kind::Gift, Kind::Message, Kind::Rant, Kind::Deletion].map(|kind| (kind, rng.f64()))
}

/// Lets one thing happen, with invented names and words. Without a live stream,
/// what needs one does not happen.
fn happen(world: &mut World, at: OffsetDateTime, kind: Kind, rng: &mut Rng) {
    let name = pick(rng, NAMES);
    match kind {
        Kind::Follower => return world.follow(at, &format!("{name}{}", rng.u32(10..10_000))),
        Kind::Subscriber => return world.subscribe(at, name, pick(rng, &[500, 500, 500, 1000])),
        Kind::Gift | Kind::Message | Kind::Rant | Kind::Deletion => {}
    }
    let live: Vec<&StreamId> = world.streams.iter().filter(|stream| stream.is_live).map(|stream| &stream.id).collect();
    let Some(stream) = rng.choice(live).cloned() else { return };
    match kind {
        // A number follows the name, so few gifts are equal: it is not known whether the API lists two equal ones.
        Kind::Gift => world.gift(at, &stream, &format!("{name}{}", at.unix_timestamp() % 1000), pick(rng, &[1, 1, 5, 10, 20])),
        Kind::Rant => world.rant(at, &stream, name, pick(rng, RANTS), pick(rng, &[100, 200, 500, 500, 1000, 1050, 2000, 5000])),
        Kind::Message => world.message(at, &stream, name, pick(rng, LINES)),
        Kind::Deletion => {
            if let Some((username, text)) = world.recent_line(&stream, rng) {
                world.delete_message(at, &stream, &username, &text);
            }
        }
        Kind::Follower | Kind::Subscriber => {}
    }
}

/// One of the choices. The default if there are none.
fn pick<T: Copy + Default>(rng: &mut Rng, choices: &[T]) -> T {
    rng.choice(choices).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, mem::discriminant, time::Duration};

    use serde_json::Value;
    use time::OffsetDateTime;

    use crate::{
        Snapshot,
        sim::{Activity, Sim, What},
    };

    #[test]
    fn same_seed_lives_the_same_however_often_it_is_asked() {
        let lived = |seed, steps: u64| {
            let sim = Sim::new(seed);
            sim.live(Activity::default());
            for _ in 0..steps {
                sim.advance(Duration::from_secs(600 / steps));
                drop(sim.snapshot_json());
            }
            (sim.history(), sim.snapshot_json())
        };
        assert_eq!(lived(7, 1), lived(7, 600));
        assert_ne!(lived(7, 1), lived(8, 1));
    }

    #[test]
    fn default_shows_each_kind_within_ten_seconds() {
        for seed in 0..200 {
            let sim = Sim::new(seed);
            sim.live(Activity::default());
            sim.advance(Duration::from_secs(9));
            let kinds: HashSet<_> = sim.history().iter().map(|happened| discriminant(&happened.what)).collect();
            assert!(kinds.len() >= 6, "seed {seed}: {:?}", sim.history());
        }
    }

    #[test]
    fn rate_is_kept_and_nonsense_is_never() {
        let sim = Sim::new(1);
        sim.live(Activity { messages_per_second: 20.0, followers_per_second: f64::NAN, gifts_per_second: -1.0, ..Activity::NONE });
        sim.advance(Duration::from_secs(999));
        let history = sim.history();
        let messages = history.iter().filter(|happened| matches!(happened.what, What::Message { .. })).count();
        assert!((19_000..21_000).contains(&messages), "{messages}");
        assert_eq!(history.len(), messages + 1, "the start of the stream and nothing else");
    }

    #[test]
    fn changed_activity_holds_from_the_next_second_on() {
        let sim = Sim::new(1);
        sim.live(Activity { followers_per_second: f64::NAN, ..Activity::default() });
        let before = sim.history();
        sim.live(Activity { followers_per_second: 2.0, ..Activity::NONE });
        assert_eq!(sim.history(), before);
        sim.advance(Duration::from_secs(2));
        assert!(sim.history().len() > before.len());
    }

    #[test]
    fn long_absence_is_made_up_for_an_hour_at_most() {
        let sim = Sim::new(1);
        sim.live(Activity::NONE);
        sim.advance(Duration::from_secs(1));
        sim.live(Activity { followers_per_second: 1.0, ..Activity::NONE });
        sim.advance(Duration::from_secs(400 * 86_400));
        let history = sim.history();
        assert!(history.len() < 3800, "{}", history.len());
        assert!(history.iter().skip(2).all(|happened| sim.now() - happened.at < time::Duration::HOUR));
    }

    #[test]
    fn each_hour_on_the_wall_clock_is_the_same_in_every_process_and_has_a_stream_of_its_own() {
        let hour = Duration::from_secs(3600);
        let lived = |ahead| {
            let sim = Sim::on_wall_clock(7);
            sim.advance(ahead);
            sim.live(Activity::default());
            sim
        };
        // Counters cover only what this process knows; the lists are what must agree.
        let lists = |sim: &Sim| {
            let mut body: Value = serde_json::from_slice(&sim.snapshot_json()).unwrap();
            for (place, counters) in [
                ("/followers", &["num_followers", "num_followers_total"][..]),
                ("/subscribers", &["num_subscribers"]),
                ("/gifted_subs", &["num_gifted_subs"]),
                ("/livestreams/0", &["watching_now"]),
            ] {
                for counter in counters {
                    body.pointer_mut(place).unwrap()[counter].take();
                }
            }
            body
        };
        let streams = |sim: &Sim| -> Vec<String> {
            Snapshot::from_json(&sim.snapshot_json()).unwrap().livestreams().iter().map(|stream| stream.id.to_string()).collect()
        };

        // The middle of an hour, so the real clock does not run into the next one.
        let now = u64::try_from(OffsetDateTime::now_utc().unix_timestamp()).unwrap();
        let middle = Duration::from_secs(3600 - now % 3600 + 1800);
        let first = lived(middle);
        let before = streams(&first);
        first.advance(hour);
        let second = lived(middle + hour);
        let (one, other) =
            std::iter::repeat_with(|| (lists(&first), lists(&second))).find(|(one, other)| one["now"] == other["now"]).unwrap();
        assert_eq!(one, other);
        assert_eq!(one["gifted_subs"]["recent_gifted_subs"].as_array().unwrap().len(), 50);
        let after = streams(&first);
        assert!(before.len() == 1 && after.len() == 1 && before != after, "{before:?} {after:?}");
    }

    #[test]
    fn what_is_remembered_on_the_wall_clock_does_not_grow_for_ever() {
        let sim = Sim::on_wall_clock(7);
        sim.live(Activity { messages_per_second: 10.0, ..Activity::NONE });
        for _ in 0..4 {
            sim.advance(Duration::from_secs(3600));
        }
        let remembered = sim.history().len();
        assert!((30_000..100_000).contains(&remembered), "{remembered}");
    }

    #[test]
    fn another_stream_starts_after_the_end_of_the_last() {
        let sim = Sim::new(1);
        sim.live(Activity::default());
        let started = || {
            sim.history().into_iter().rev().find_map(|happened| match happened.what {
                What::StreamStarted { stream, .. } => Some(stream),
                _ => None,
            })
        };
        let first = started().unwrap();
        sim.end_stream(&first);
        sim.advance(Duration::from_secs(1));
        assert_ne!(started().unwrap(), first);
    }
}
