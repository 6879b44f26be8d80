//! A year of one account in simulated time.

use std::{collections::HashSet, future::poll_fn, pin::pin, task::Poll, time::Duration};

use futures::StreamExt;
use rumble_live::{Checkpoint, Client, Event, ListKind, Snapshot, StreamId, Watcher, sim::Sim};
use time::OffsetDateTime;
use tokio::{
    task::coop::unconstrained,
    time::{Instant, sleep_until},
};

use super::{
    Key, dice, is_bounded,
    oracle::Oracle,
    service::{DST, Service, Trouble},
};

const URL: &str = "https://rumble.com/-livestream-api/get-data?key=k";
const WINDOW: usize = 10;
const YEAR: Duration = hours(365 * 24);
const USERS: [&str; 5] = ["ann", "bob", "cyd", "dee", "eve"];

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

const fn hours(count: u64) -> Duration {
    minutes(60 * count)
}

/// How closely the account is watched, and how much happens.
#[derive(Clone, Copy)]
struct Pace {
    /// `None` for the default.
    interval: Option<Duration>,
    /// From one happening to the next, on average.
    rest: Duration,
}

const OFF_AIR: Pace = Pace { interval: Some(hours(4)), rest: hours(2) };
const CALM: Pace = Pace { interval: Some(minutes(12)), rest: Duration::from_secs(100) };
const CLOSE: Pace = Pace { interval: None, rest: minutes(1) };
const BUSY: Pace = Pace { interval: None, rest: Duration::from_secs(2) };

struct Year {
    dice: fastrand::Rng,
    sim: Sim,
    service: Service,
    client: Client,
    watcher: Watcher,
    interval: Option<Duration>,
    oracle: Oracle,
    /// How many snapshots of the service are settled.
    settled: usize,
    /// Whether a process ended in the midst of the last of them.
    is_cut: bool,
    restarts: usize,
    /// Makes names and texts that are like no other.
    number: u64,
    followers: Vec<Key>,
    /// Messages that can be deleted.
    lines: Vec<Key>,
    /// What was taken back, and so may never have been shown.
    removed: HashSet<Key>,
    on_air: Vec<StreamId>,
    past: Vec<StreamId>,
    given: u64,
    gifts: Vec<u64>,
    /// The bytes of each checkpoint, with the month it was taken in.
    sizes: Vec<(u32, usize)>,
    start: Instant,
}

impl Year {
    fn new(mut dice: fastrand::Rng) -> Self {
        let sim = Sim::running(dice.u64(..));
        sim.set_window(WINDOW);
        let service = Service::new(sim.clone(), dice.fork());
        let client = client(&service);
        Self {
            watcher: client.watch_builder().interval(minutes(12)).build(),
            interval: CALM.interval,
            oracle: Oracle::new(WINDOW),
            settled: 0,
            is_cut: false,
            restarts: 0,
            number: 0,
            followers: Vec::new(),
            lines: Vec::new(),
            removed: HashSet::new(),
            on_air: Vec::new(),
            past: Vec::new(),
            given: 0,
            gifts: Vec::new(),
            sizes: Vec::new(),
            start: Instant::now(),
            dice,
            sim,
            service,
            client,
        }
    }

    fn number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Which month of the year it is, from 0 on.
    fn month(&self) -> u32 {
        u32::try_from(self.start.elapsed().as_secs() / hours(365 * 2).as_secs()).unwrap()
    }

    /// Some time, half of it to half again as much.
    fn about(&mut self, time: Duration) -> Duration {
        time.mul_f64(0.5 + self.dice.f64())
    }

    async fn day(&mut self) {
        let rest = self.until_on_air();
        let announced = self.dice.bool().then(|| self.sim.schedule_stream("announced"));
        self.live(OFF_AIR, rest).await;
        self.go_on_air(announced);
        let while_calm = self.about(minutes(60));
        self.live(CALM, while_calm).await;
        self.live(BUSY, minutes(1)).await;
        match self.dice.u32(0..10) {
            0 | 1 => self.outage().await,
            2 | 3 => self.clock_step().await,
            4 => self.old_stream_returns().await,
            5 => {
                self.go_on_air(None);
                self.live(CALM, minutes(40)).await;
            }
            6 => {
                self.service.state().hidden = self.on_air.first().cloned().map(|stream| (stream, 7));
                self.live(CLOSE, minutes(3)).await;
            }
            7 => {
                let troubles = [Trouble::Status(500), Trouble::Busy(40), Trouble::Hang, Trouble::Cut, Trouble::Page, Trouble::Down];
                let count = self.dice.usize(1..4);
                let chosen = self.dice.choose_multiple(troubles, count);
                self.service.state().troubles.extend(chosen);
                self.live(BUSY, minutes(1)).await;
            }
            8 => {
                // Off air, but still listed and written in.
                for stream in &self.on_air {
                    self.sim.stop_stream(stream);
                }
                self.live(CALM, minutes(30)).await;
            }
            _ => self.live(CALM, minutes(30)).await,
        }
        self.go_off_air();
    }

    /// Most streams are in the evening, but none misses a change of the clocks.
    fn until_on_air(&mut self) -> Duration {
        let now = self.sim.now();
        let until_change = DST.into_iter().map(|change| change - now - time::Duration::minutes(40));
        let change = until_change.filter(|rest| rest.is_positive()).find_map(|rest| Duration::try_from(rest).ok());
        let usual = hours(17) + minutes(self.dice.u64(0..6 * 60));
        change.filter(|rest| *rest < hours(36)).unwrap_or(usual)
    }

    fn go_on_air(&mut self, announced: Option<StreamId>) {
        let stream = announced.unwrap_or_else(|| self.sim.start_stream("unannounced"));
        self.sim.go_live(&stream);
        self.on_air.push(stream);
    }

    fn go_off_air(&mut self) {
        for stream in std::mem::take(&mut self.on_air) {
            self.sim.end_stream(&stream);
            self.past.push(stream);
        }
        self.lines.clear();
    }

    async fn outage(&mut self) {
        let length = minutes(5 + self.dice.u64(0..120));
        self.service.state().outage = Some(Instant::now() + length);
        self.live(CLOSE, length + minutes(6)).await;
    }

    async fn clock_step(&mut self) {
        let back = Duration::from_secs(self.dice.choice([5, 60, 300, 600, 601, 1200, 3600]).unwrap());
        self.sim.set_clock_back(back);
        self.live(CLOSE, minutes(5)).await;
        self.go_on_air(None);
        self.live(BUSY, minutes(1)).await;
        if self.dice.bool() {
            self.sim.advance(back);
        }
        self.live(CALM, minutes(40)).await;
    }

    /// One that is remembered, or one that was forgotten.
    async fn old_stream_returns(&mut self) {
        let age = self.dice.choice([1, 3, 8, 25]).unwrap();
        if let Some(index) = self.past.len().checked_sub(age) {
            let stream = self.past.remove(index);
            if age > 16 {
                self.oracle.forgets(&stream, self.sim.now());
            }
            self.sim.go_live(&stream);
            self.on_air.push(stream);
        }
        self.live(CALM, minutes(30)).await;
    }

    /// Lets some time pass.
    async fn live(&mut self, pace: Pace, length: Duration) {
        if self.interval != pace.interval {
            self.restart(pace.interval).await;
        }
        let end = Instant::now() + length;
        while Instant::now() < end {
            let rest = self.about(pace.rest);
            let next = end.min(Instant::now() + rest);
            while let Some(event) = self.next(next).await {
                self.hear(&event);
                if self.dice.u32(0..120) == 0 {
                    self.restart(self.interval).await;
                }
            }
            if Instant::now() < end {
                self.happen();
            }
        }
    }

    /// The next event before `end`. Where none comes, all that was in hand is out.
    async fn next(&mut self, end: Instant) -> Option<Event> {
        let mut end = pin!(sleep_until(end));
        poll_fn(|context| {
            if let Poll::Ready(item) = self.watcher.poll_next_unpin(context) {
                return Poll::Ready(Some(item.expect("the watcher goes on").expect("no error is final here")));
            }
            self.settle(true);
            end.as_mut().poll(context).map(|()| None)
        })
        .await
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::GiftedSubs(gift) => self.gifts.extend(gift.total_gifts),
            Event::Interrupted(_) | Event::Resumed(_) => {}
            event => self.oracle.hears(event),
        }
    }

    fn settle(&mut self, whole: bool) {
        let state = self.service.state();
        if std::mem::replace(&mut self.settled, state.served) < state.served {
            let newest = Snapshot::from_json(&state.newest).unwrap();
            self.oracle.settle(&newest, whole);
            self.is_cut = !whole;
        }
    }

    /// Another process goes on from the checkpoint of this one, which may be in the midst of an answer.
    async fn restart(&mut self, interval: Option<Duration>) {
        let before = self.watcher.checkpoint();
        let in_hand = self.next(Instant::now()).await;
        let checkpoint = if in_hand.is_some() { before } else { self.watcher.checkpoint() };
        self.settle(false);
        let checkpoint = checkpoint.expect("it was ready long ago").to_json();
        // In the midst of an answer its news may come on top.
        let most = WINDOW * if self.is_cut { 5 } else { 4 };
        let around = self.oracle.around(self.watcher.snapshot());
        is_bounded(&checkpoint, most, around);
        self.sizes.push((self.month(), checkpoint.len()));
        let checkpoint = Checkpoint::from_json(checkpoint.as_bytes()).unwrap();

        self.client = client(&self.service);
        let builder = self.client.watch_builder().resume(checkpoint);
        self.watcher = match interval {
            Some(interval) => builder.interval(interval).build(),
            None => builder.build(),
        };
        self.interval = interval;
        self.service.is_watched_anew(interval);
        self.settled = self.service.state().served;
        self.restarts += 1;
    }

    fn happen(&mut self) {
        let stream = self.dice.choice(self.on_air.clone());
        match (stream, self.dice.u32(0..100)) {
            (Some(stream), 0..60) => self.message(&stream),
            (Some(stream), 60..68) => self.rant(&stream),
            (Some(stream), 68) => {
                for _ in 0..self.dice.u32(5..20) {
                    self.message(&stream);
                }
            }
            (Some(stream), 69..72) => self.late_message(&stream),
            (Some(stream), 72) => self.gift(&stream),
            (Some(_), 73..78) => self.delete(),
            (Some(_), 78) if self.dice.u32(0..8) == 0 => {
                for _ in 0..self.dice.u32(14..20) {
                    self.follow();
                }
            }
            (_, 79..82) => self.subscribe(),
            (_, number) => self.follow_or_unfollow(number % 5 == 0),
        }
    }

    /// At times they are too few to fill the window, however many come and go.
    fn follow_or_unfollow(&mut self, is_odd: bool) {
        let wanted = if self.month() % 4 < 2 { 30 } else { 6 };
        let missing = wanted > self.followers.len();
        if missing != is_odd {
            return self.follow();
        }
        for _ in 0..=self.followers.len().saturating_sub(wanted) / 4 {
            self.unfollow();
        }
    }

    fn comes(&mut self, stream: Option<&StreamId>, list: ListKind, at: OffsetDateTime, [user, text]: [&str; 2], cents: u64) -> Key {
        let key = (stream.cloned(), (list, at, user.to_owned(), text.to_owned(), cents));
        self.oracle.comes(&key);
        key
    }

    fn follow(&mut self) {
        let name = format!("fan {}", self.number());
        let key = self.comes(None, ListKind::Followers, self.sim.now(), [&name, ""], 0);
        self.sim.follow(&name);
        self.followers.push(key);
    }

    fn unfollow(&mut self) {
        if !self.followers.is_empty() {
            let key = self.followers.swap_remove(self.dice.usize(..self.followers.len()));
            self.sim.unfollow(&key.1.2);
            self.removed.insert(key);
        }
    }

    fn subscribe(&mut self) {
        let user = self.dice.choice(USERS).unwrap();
        self.comes(None, ListKind::Subscribers, self.sim.now(), [user, ""], 500);
        self.sim.subscribe(user, 500);
    }

    /// Many are equal, in the same second too.
    fn message(&mut self, stream: &StreamId) {
        let user = self.dice.choice(USERS).unwrap();
        let number = self.number();
        let text = self.dice.choice(["gg".to_owned(), format!("line {number}"), format!("line {number}")]).unwrap();
        for _ in 0..if text == "gg" { self.dice.u32(1..4) } else { 1 } {
            let key = self.comes(Some(stream), ListKind::Messages, self.sim.now(), [user, &text], 0);
            self.sim.message(stream, user, &text);
            self.lines.extend(Some(key).filter(|_| text != "gg"));
        }
    }

    fn late_message(&mut self, stream: &StreamId) {
        let at = self.sim.now() - Duration::from_secs(self.dice.u64(1..300));
        let text = format!("late {}", self.number());
        self.comes(Some(stream), ListKind::Messages, at, ["ann", &text], 0);
        self.sim.message_at(stream, "ann", &text, at);
    }

    fn delete(&mut self) {
        let newest = self.lines.len().saturating_sub(15)..self.lines.len();
        if !newest.is_empty() {
            let key = self.lines.remove(self.dice.usize(newest));
            self.sim.delete_message(key.0.as_ref().unwrap(), &key.1.2, &key.1.3);
            self.removed.insert(key);
        }
    }

    fn rant(&mut self, stream: &StreamId) {
        let (text, cents) = (format!("rant {}", self.number()), 100 * self.dice.u64(1..50));
        self.comes(Some(stream), ListKind::Rants, self.sim.now(), ["bob", &text], cents);
        self.sim.rant(stream, "bob", &text, cents);
    }

    fn gift(&mut self, stream: &StreamId) {
        self.given += 1;
        self.sim.gift(stream, "cyd", self.given);
    }

    fn finish(&mut self) {
        let history = self.sim.history();
        let happened = history.len();
        let untold = self.oracle.heard.lost(history).into_iter().filter(|key| !self.removed.contains(key));
        let (lost, excused): (Vec<Key>, Vec<Key>) = untold.partition(|key| self.oracle.misses(key));
        assert!(lost.is_empty(), "{} of {happened} were lost: {:?}", lost.len(), &lost[..lost.len().min(9)]);
        assert!(excused.len() < happened / 30, "{} of {happened} are excused", excused.len());
        assert!(self.oracle.heard.events > happened / 2, "{} events of {happened} happenings", self.oracle.heard.events);
        self.gifts.sort_unstable();
        assert_eq!(self.gifts, (1..=self.given).collect::<Vec<_>>());
        let mean = |month| {
            let sizes = self.sizes.iter().filter(|(of, _)| *of == month).map(|(_, bytes)| bytes);
            sizes.clone().sum::<usize>() / sizes.count()
        };
        let sizes: Vec<usize> = (0..12).map(mean).collect();
        let largest = *sizes[2..].iter().max().unwrap();
        assert!(largest < sizes[1] + sizes[1] / 4, "checkpoints have grown: {sizes:?} bytes in each month");
        let (state, heard) = (self.service.state(), &self.oracle.heard);
        println!(
            "a year: {happened} happenings, {} polls, {} of them failed, {} events, {} gaps, {} excused, {} restarts, checkpoints of {} bytes in the second month and {largest} at most later",
            state.requests,
            state.failed,
            heard.events,
            heard.gaps(),
            excused.len(),
            self.restarts,
            sizes[1],
        );
    }
}

fn client(service: &Service) -> Client {
    Client::builder(URL).transport(service.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn year_of_outages_clock_steps_and_restarts_loses_nothing_in_silence_and_does_not_grow() {
    // Else the end of a time slice would look like the end of what is in hand.
    unconstrained(async {
        let mut dice = dice();
        // For the jitter of the back-off.
        fastrand::seed(dice.u64(..));
        let mut year = Year::new(dice);
        for _ in 0..5 {
            year.follow();
        }
        year.live(CALM, minutes(1)).await;
        let start = Instant::now();
        while start.elapsed() < YEAR {
            // From the summer on rants are listed among the messages as well.
            year.sim.rants_in_chat(year.month() > 5);
            year.day().await;
        }
        year.restart(OFF_AIR.interval).await;
        let end = Instant::now() + hours(12);
        while let Some(event) = year.next(end).await {
            year.hear(&event);
        }
        year.finish();
    })
    .await;
}
