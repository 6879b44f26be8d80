//! A year of one account whose watcher hears the live chats as well.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    time::Duration,
};

use futures::future::{Either, select};
use rumble_live::{Checkpoint, Client, Event, StreamId, Watcher, sim::Sim};
use time::OffsetDateTime;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, sleep_until},
};

use super::{Heard, Key, dice, is_bounded, key_of};

const URL: &str = "https://rumble.com/-livestream-api/get-data?key=k";
const WINDOW: usize = 20;
const DAYS: u32 = 365;
/// How many livestreams that ended are remembered.
const REMEMBERED: usize = 16;
const MOST_BYTES: usize = 64 * 1024;
const USERS: [&str; 5] = ["ann", "bob", "cyd", "dee", "eve"];

const OFF_AIR: Duration = Duration::from_secs(4 * 3600);
const ON_AIR: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(10), Duration::from_secs(60)];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

struct Year {
    dice: fastrand::Rng,
    sim: Sim,
    client: Client,
    watcher: Watcher,
    interval: Duration,
    heard: Heard,
    gifts: Vec<u64>,
    given: u64,
    /// Makes texts that are like no other.
    number: u64,
    on_air: Vec<StreamId>,
    past: Vec<StreamId>,
    /// Livestreams that came back after so many others that they were forgotten, and when.
    forgotten: HashMap<StreamId, OffsetDateTime>,
    /// What can be deleted, and what was, and so may never have been shown.
    lines: Vec<(StreamId, &'static str, String)>,
    removed: HashSet<String>,
    restarts: u32,
    largest: usize,
}

impl Year {
    fn new(mut dice: fastrand::Rng) -> Self {
        let sim = Sim::running(dice.u64(..));
        sim.set_window(WINDOW);
        let client = Client::builder(URL).transport(sim.clone()).build().unwrap();
        Self {
            watcher: client.watch_builder().live_chat(true).interval(OFF_AIR).build(),
            interval: OFF_AIR,
            heard: Heard::default(),
            gifts: Vec::new(),
            given: 0,
            number: 0,
            on_air: Vec::new(),
            past: Vec::new(),
            forgotten: HashMap::new(),
            lines: Vec::new(),
            removed: HashSet::new(),
            restarts: 0,
            largest: 0,
            dice,
            sim,
            client,
        }
    }

    async fn day(&mut self) {
        self.restart(OFF_AIR);
        let rest = minutes(20 * 60 + self.dice.u64(0..120));
        self.live(rest, None).await;
        self.go_on_air();
        let interval = self.dice.choice(ON_AIR).unwrap();
        self.restart(interval);
        let length = minutes(self.dice.u64(20..50));
        self.live(length, Some(Duration::from_secs(20))).await;
        self.live(minutes(1), Some(Duration::from_secs(1))).await;
        // Whatever befell the day is over, so all that can be told is told before the end.
        self.sim.chat_lag(Duration::ZERO);
        self.live(minutes(self.dice.clone().u64(0..4)), None).await;
        for stream in std::mem::take(&mut self.on_air) {
            self.sim.end_stream(&stream);
            self.past.push(stream);
        }
        self.lines.clear();
        self.live(minutes(10), None).await;
    }

    /// One livestream or two, of which one may have been on air before.
    fn go_on_air(&mut self) {
        for _ in 0..self.dice.usize(1..=2) {
            let age = self.dice.choice([1, 3, 8, 25]).unwrap();
            let old = self.past.len().checked_sub(age).filter(|_| self.dice.u32(0..6) == 0);
            let stream = match old {
                Some(index) => self.past.remove(index),
                None => self.sim.start_stream("on air"),
            };
            if old.is_some() && age > REMEMBERED {
                self.forgotten.insert(stream.clone(), self.sim.now());
            }
            self.sim.go_live(&stream);
            self.on_air.push(stream);
        }
    }

    /// Lets some time pass, in which something happens every so often.
    async fn live(&mut self, length: Duration, rest: Option<Duration>) {
        let end = Instant::now() + length;
        while Instant::now() < end {
            let next = rest.map_or(end, |rest| end.min(Instant::now() + rest.mul_f64(0.5 + self.dice.f64())));
            while let Some(event) = self.next(next).await {
                self.hear(&event);
                if self.dice.u32(0..150) == 0 {
                    self.restart(self.interval);
                }
            }
            if rest.is_some() {
                self.happen();
            }
        }
    }

    async fn next(&mut self, end: Instant) -> Option<Event> {
        match select(pin!(self.watcher.next()), pin!(sleep_until(end))).await {
            Either::Left((item, _)) => Some(item.expect("the watcher goes on").expect("no error is final here")),
            Either::Right(_) => None,
        }
    }

    fn hear(&mut self, event: &Event) {
        if let Event::GiftedSubs(gift) = event {
            self.gifts.extend(gift.total_gifts);
        }
        self.heard.note(event);
    }

    /// Another process goes on from the checkpoint of this one, which may be in the midst of an answer.
    fn restart(&mut self, interval: Duration) {
        let builder = self.client.watch_builder().live_chat(true).interval(interval);
        self.interval = interval;
        let Some(checkpoint) = self.watcher.checkpoint() else {
            self.watcher = builder.build();
            return;
        };
        let json = checkpoint.to_json();
        is_bounded(&json, 5 * WINDOW, 8);
        self.largest = self.largest.max(json.len());
        self.watcher = builder.resume(Checkpoint::from_json(json.as_bytes()).unwrap()).build();
        self.restarts += 1;
    }

    fn happen(&mut self) {
        let Some(stream) = self.dice.choice(self.on_air.clone()) else { return };
        let span = Duration::from_secs(self.dice.u64(1..300));
        match self.dice.u32(0..100) {
            0..60 => self.message(&stream),
            60..68 => {
                self.number += 1;
                self.sim.rant(&stream, "bob", &format!("rant {}", self.number), 100 * self.dice.u64(1..50));
            }
            68..71 => (0..self.dice.u32(5..40)).for_each(|_| self.message(&stream)),
            71..74 => {
                self.given += 1;
                self.sim.gift(&stream, "cyd", self.given);
            }
            74..80 => self.delete(),
            80 => self.sim.cut_chat(self.dice.usize(1..600)),
            81 => self.sim.freeze_chat(),
            82 => self.sim.fail_chat_for(span, self.dice.choice([204, 403, 500, 502]).unwrap()),
            83 => self.sim.fail_chat_next(204),
            84 => self.sim.fail_for(span, 503),
            85 => {
                self.sim.fail_for(span, 502);
                self.sim.fail_chat_for(span, 502);
            }
            86 => self.sim.chat_lag(Duration::from_secs(self.dice.u64(0..20))),
            87 => {
                self.sim.mute(&stream, "eve");
                self.lines.retain(|(_, user, _)| *user != "eve");
            }
            88 => self.sim.raid_from(&stream, "dee", "raiders ahoy"),
            _ => self.sim.follow(&format!("fan {}", self.dice.u64(..))),
        }
    }

    /// Some are equal to others of their second.
    fn message(&mut self, stream: &StreamId) {
        let user = self.dice.choice(USERS).unwrap();
        self.number += 1;
        let text = format!("line {}", self.number);
        if self.dice.u32(0..4) == 0 {
            (0..self.dice.u32(2..5)).for_each(|_| self.sim.message(stream, user, &text));
        } else {
            self.sim.message(stream, user, &text);
            self.lines.push((stream.clone(), user, text));
        }
    }

    fn delete(&mut self) {
        let newest = self.lines.len().saturating_sub(15)..self.lines.len();
        if !newest.is_empty() {
            let (stream, user, text) = self.lines.remove(self.dice.usize(newest));
            self.sim.delete_message(&stream, user, &text);
            self.removed.insert(text);
        }
    }

    fn finish(mut self) {
        let history = self.sim.history();
        let happened = history.len();
        let told = self.heard.events;
        let all: HashSet<Key> = history.iter().cloned().filter_map(key_of).collect();
        let mut lost = self.heard.lost(history);
        // Whoever is muted vanishes from the chat before all of it was shown.
        lost.retain(|(_, (_, _, user, text, _))| !self.removed.contains(text) && user != "eve");
        // Whoever is restarted amid equal ones cannot tell which of them were told.
        lost.retain(|key| self.heard.times(key) == 0);
        // What was written last in a livestream that was forgotten counts as told.
        let is_forgotten =
            |(stream, (_, at, ..)): &Key| stream.as_ref().is_some_and(|id| self.forgotten.get(id).is_some_and(|back| at < back));
        lost.retain(|key| !is_forgotten(key));
        assert!(lost.is_empty(), "{} of {happened} were lost: {:?}", lost.len(), &lost[..lost.len().min(9)]);
        let untold = all.iter().filter(|key| self.heard.times(key) == 0).count();
        assert!(untold < all.len() / 8, "{untold} of {} were not told", all.len());
        self.gifts.sort_unstable();
        assert_eq!(self.gifts, (1..=self.given).collect::<Vec<_>>());
        assert!(self.largest <= MOST_BYTES, "a checkpoint of {} bytes", self.largest);
        println!(
            "a year with live chat: {happened} happenings, {told} events, {untold} not told, {} gaps, {} restarts, checkpoints of {} bytes at most",
            self.heard.gaps(),
            self.restarts,
            self.largest,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn year_with_live_chat_tells_each_line_once_and_loses_nothing_in_silence() {
    // Else the end of a time slice would look like silence.
    unconstrained(async {
        let mut dice = dice();
        // For the jitter of the back-off.
        fastrand::seed(dice.u64(..));
        let mut year = Year::new(dice);
        year.live(minutes(1), None).await;
        for _ in 0..DAYS {
            year.day().await;
        }
        year.finish();
    })
    .await;
}
