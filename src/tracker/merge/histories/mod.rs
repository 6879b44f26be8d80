//! Random histories of a chat in which both sources are lossy and late, and an
//! oracle that knows what was said.
//!
//! A seed makes a `World` (how long the lists are, how late the chat is, how
//! stamps and names differ) and from it two minutes of people who talk, pay,
//! give, delete and mute, while connections break or fall silent and the bot
//! may restart between any two events. The `oracle` then checks that each line
//! that either source showed was yielded once, or lies in a gap.
//!
//! `HISTORIES=100000 FIRST=2000 cargo test each_line_that_either` runs more of
//! them. A failure prints the log of the first history that fails; its seed
//! alone repeats it.

mod oracle;
mod world;

use std::{collections::VecDeque, fmt::Write as _, thread, time::Duration};

use bytes::Bytes;
use fastrand::Rng;
use serde_json::{Value, json};

use self::{
    oracle::{Heard, Told},
    world::{Act, Announcing, Line, USERS, World, data, stamp},
};
use crate::{
    chat::{ChatEvent, Decoder, Step},
    error::ErrorKind,
    event::{Event, Interrupted},
    snapshot::{Snapshot, StreamId},
    tracker::{self, Tracker},
};

/// The second of the first poll.
const START: i64 = 1_767_322_800;
const STREAM: &str = "7c1f4q";
/// For how many seconds people talk, and for how many more the chat is watched.
const SECONDS: i64 = 120;
const AFTER: i64 = 80;

/// One history: what was said so far, and a tracker that follows it.
struct History {
    world: World,
    random: Rng,
    lines: Vec<Line>,
    /// What happened, each with its second.
    acts: Vec<(i64, Act)>,
    tracker: Tracker,
    decoder: Decoder,
    socket: Socket,
    /// Whether the live chat should be open.
    is_followed: bool,
    /// How many acts the live chat has shown.
    shown: usize,
    connections: Vec<Heard>,
    told: Told,
    mutes: usize,
    log: Option<String>,
}

/// The connection to the live chat, as it really is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Socket {
    Down,
    Up,
    /// It only looks as if it were up, since this second.
    Dead(i64),
}

impl History {
    fn new(world: World, logs: bool) -> Self {
        Self {
            world,
            random: Rng::with_seed(world.seed ^ 0xdead_beef),
            lines: Vec::new(),
            acts: Vec::new(),
            tracker: Tracker::new().live_chat(true),
            decoder: Decoder::new(STREAM),
            socket: Socket::Down,
            is_followed: false,
            shown: 0,
            connections: Vec::new(),
            told: Told::default(),
            mutes: 0,
            log: logs.then(String::new),
        }
    }

    /// Notes what happens, if the history is to be printed.
    fn log(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.log.is_some() {
            let line = line(self);
            let log = self.log.get_or_insert_default();
            writeln!(log, "{line}").unwrap();
        }
    }

    /// Somebody says something, or gives subscriptions.
    fn say(&mut self, second: i64) {
        let id = u64::try_from(self.lines.len()).unwrap() + 1;
        let index = self.lines.len();
        let line = Line::random(&mut self.random, self.world, id, second);
        let announcing = line.gift.map(|_| self.world.gifts);
        if matches!(announcing, Some(Announcing::Event | Announcing::Both)) {
            self.acts.push((second, Act::Give(index)));
        }
        if announcing != Some(Announcing::Event) {
            self.acts.push((second, Act::Say(index)));
        }
        self.lines.push(line);
    }

    /// Deletes one of the last lines, or mutes somebody.
    fn moderate(&mut self, second: i64) {
        let back = self.random.usize(1..=20).min(self.lines.len());
        let index = self.lines.len() - back;
        if self.random.u8(..5) == 0 {
            self.acts.push((second, Act::Mute(USERS[self.random.usize(..USERS.len())])));
        } else if let Some(line) = self.lines.get_mut(index).filter(|line| line.deleted.is_none() && line.gift.is_none()) {
            line.deleted = Some(second);
            self.acts.push((second, Act::Delete(line.id)));
        }
    }

    /// A second as the time since the first poll.
    fn at(second: i64) -> Duration {
        Duration::from_secs(u64::try_from(second - START).unwrap())
    }

    /// Delivers the steps of an input. A restart in between loses the rest.
    /// Returns whether there was one.
    fn deliver(&mut self, steps: impl IntoIterator<Item = tracker::Step>) -> bool {
        for step in steps {
            if let Some(event) = self.tracker.deliver(step) {
                self.note(&event);
                if self.world.restarts && self.random.u8(..60) == 0 {
                    self.restart();
                    return true;
                }
            }
        }
        false
    }

    /// Passes an event on to the oracle.
    fn note(&mut self, event: &Event) {
        self.log(|_| {
            format!(
                "  told {event} {:?} {}",
                event.at().map(|at| at.unix_timestamp() - START),
                event.id().map_or(String::new(), |id| id.to_string())
            )
        });
        self.told.note(event, &self.connections);
    }

    /// Goes on from a checkpoint, as it reads back from its JSON.
    fn restart(&mut self) {
        self.log(|_| "  restart".to_owned());
        let made = self.tracker.checkpoint().unwrap();
        let read = serde_json::from_str(&made.to_json()).unwrap();
        assert_eq!(made, read);
        self.tracker = Tracker::resume(read).live_chat(true);
        self.decoder = Decoder::new(STREAM);
        for seed in self.tracker.seeds(&StreamId::from(STREAM)) {
            self.decoder.remember(seed.id, seed.sent_at, seed.is_rant, seed.is_deleted);
        }
        (self.socket, self.is_followed) = (Socket::Down, false);
        // The tracker has not taken in everything that this connection showed.
        self.connections.pop();
    }

    /// A poll shows the newest lines that are not deleted.
    fn poll(&mut self, second: i64, is_live: bool) {
        let world = self.world;
        let is_listed = |line: &Line| line.is_there(second) && line.gift.is_none();
        let newest = || (0..self.lines.len()).rev().filter(|index| is_listed(&self.lines[*index]));
        let is_rant = |index: &usize| self.lines[*index].cents.is_some();
        let rants: Vec<_> = newest().filter(is_rant).take(world.window).collect();
        let messages: Vec<_> = newest().filter(|index| world.repeats_rants || !is_rant(index)).take(world.window).collect();
        let listed = |indices: &[usize]| indices.iter().map(|index| self.lines[*index].polled(world)).collect::<Vec<_>>();
        let gifts: Vec<_> = self.lines.iter().rev().filter(|line| line.gift.is_some()).collect();
        let bought: u64 = gifts.iter().filter_map(|line| line.gift).sum();
        let gifts: Vec<_> = gifts.iter().take(world.window).map(|line| line.polled_gift(world)).collect();
        let body = json!({
            "gifted_subs": {"num_gifted_subs": bought, "recent_gifted_subs": gifts},
            "now": second + world.clock_ahead(), "type": "user", "user_id": "4f2kx9", "max_num_results": world.window,
            "livestreams": [{"id": STREAM, "title": "x", "is_live": is_live, "created_on": stamp(START - 600),
                "chat": {"recent_messages": listed(&messages), "recent_rants": listed(&rants)}}],
        });
        let shown: Vec<_> = messages.iter().copied().filter(|index| !is_rant(index)).chain(rants).collect();
        self.log(|history| format!("{} poll {:?}", second - START, history.ids(&messages)));
        for index in shown {
            self.lines[index].polled.get_or_insert(second);
        }
        let snapshot = Snapshot::from_json(body.to_string().as_bytes()).unwrap();
        let poll = self.tracker.observe(&snapshot, Self::at(second));
        if self.deliver(poll.steps) {
            return;
        }
        if let Some(settlement) = poll.settlement {
            self.tracker.settle(settlement);
        }
        if !self.is_followed {
            let waiting = self.tracker.wait_for_chat(&StreamId::from(STREAM), Self::at(second));
            self.is_followed = !self.deliver(waiting);
        }
    }

    /// The ids of these lines, for the log.
    fn ids(&self, indices: &[usize]) -> Vec<u64> {
        indices.iter().map(|index| self.lines[*index].id).collect()
    }

    /// The connection shows a record.
    fn hear(&mut self, second: i64, record: &Value) {
        let mut bytes = Bytes::from(format!("data: {record}\n\n"));
        while let Some(step) = self.decoder.step(&mut bytes) {
            let steps = self.tracker.hear(&StreamId::from(STREAM), step, Self::at(second));
            if self.deliver(steps) {
                return;
            }
        }
    }

    /// The connection ends, perhaps in the middle of a record.
    fn lose(&mut self, second: i64) {
        self.log(|_| format!("{} lost", second - START));
        if self.socket == Socket::Up && self.random.bool() {
            let line = Line::random(&mut self.random, self.world, 0, second);
            let record = format!("data: {}\n\n", json!({"type": "messages", "data": data([line].iter(), second)}));
            let mut bytes = Bytes::from(record);
            bytes.truncate(self.random.usize(..bytes.len()));
            assert!(self.decoder.step(&mut bytes).is_none());
        }
        self.socket = Socket::Down;
        let trouble = Interrupted::new(ErrorKind::Transport, "cut");
        let steps = self.tracker.hear(&StreamId::from(STREAM), Step::Event(ChatEvent::Interrupted(trouble)), Self::at(second));
        self.deliver(steps);
    }

    /// A connection opens and shows its backlog.
    fn connect(&mut self, second: i64) {
        self.decoder.reconnect();
        self.socket = Socket::Up;
        let until = second - self.world.lag;
        self.shown = self.acts.iter().position(|(at, _)| *at > until).unwrap_or(self.acts.len());
        let mut backlog: VecDeque<usize> = VecDeque::new();
        for (_, act) in &self.acts[..self.shown] {
            if let Act::Say(index) = act
                && (self.world.marks_deleted || self.lines[*index].is_there(until))
            {
                backlog.push_back(*index);
                if backlog.len() > self.world.backlog {
                    backlog.pop_front();
                }
            }
        }
        let backlog: Vec<_> = backlog.into();
        self.log(|history| format!("{} open {:?}", second - START, history.ids(&backlog)));
        let mut data = data(backlog.iter().map(|index| &self.lines[*index]), until);
        data["config"] = json!({});
        for index in &backlog {
            let line = &mut self.lines[*index];
            if line.is_there(until) {
                line.heard.get_or_insert(second);
            }
        }
        // A backlog may show rants for longer.
        let is_message = |index: &&usize| self.lines[**index].cents.is_none();
        let shown = backlog.iter().find(is_message).zip(backlog.last());
        self.connections.push(shown.map_or((i64::MAX, i64::MIN), |(first, last)| (self.lines[*first].second, self.lines[*last].second)));
        self.hear(second, &json!({"type": "init", "data": data}));
    }

    /// The connection shows what is due by now.
    fn push(&mut self, second: i64) {
        while self.socket == Socket::Up
            && let Some((at, act)) = self.acts.get(self.shown).cloned()
            && at + self.world.lag <= second
        {
            self.shown += 1;
            let record = match act {
                Act::Say(_) if self.random.usize(..self.world.garbling) == 0 => {
                    self.log(|_| format!("{} push what cannot be read", second - START));
                    self.connections.push((i64::MAX, i64::MIN));
                    json!({"type": "messages", "data": {"messages": [{"text": "without an id"}]}})
                }
                Act::Give(index) => {
                    let line = &self.lines[index];
                    let users = json!([{"id": line.user.len(), "username": line.user}]);
                    let gift = json!({"user_id": line.user.len(), "gift_type": "rumble", "total_gifts": line.gift, "users": users});
                    json!({"type": "gift_purchased", "request_id": format!("request {}", line.id), "data": gift})
                }
                Act::Say(index) => {
                    let line = &mut self.lines[index];
                    line.heard.get_or_insert(second);
                    match self.connections.last_mut() {
                        Some((first, last)) => (*first, *last) = ((*first).min(at), at),
                        None => self.connections.push((at, at)),
                    }
                    self.log(|history| format!("{} push {:?}", second - START, history.lines[index]));
                    json!({"type": "messages", "data": data([&self.lines[index]].into_iter(), i64::MIN)})
                }
                Act::Delete(id) => {
                    self.log(|_| format!("{} delete {id}", second - START));
                    json!({"type": "delete_messages", "data": {"message_ids": [id.to_string()]}})
                }
                Act::Mute(user) => {
                    self.mutes += 1;
                    json!({"type": "mute_users", "data": {"user_ids": [user.len().to_string()]}})
                }
            };
            self.hear(second, &record);
        }
    }

    /// The connection may open, break or fall silent.
    fn go_on_with_socket(&mut self, second: i64) {
        match self.socket {
            Socket::Up if self.random.usize(..self.world.cut) == 0 => self.lose(second),
            Socket::Up if self.random.usize(..self.world.silence) == 0 => {
                self.log(|_| format!("{} falls silent", second - START));
                self.socket = Socket::Dead(second);
            }
            Socket::Down if self.is_followed && second >= START + self.world.alone && self.random.u8(..8) == 0 => self.connect(second),
            Socket::Dead(since) => {
                if second >= since + 90 || self.tracker.is_suspect(&StreamId::from(STREAM), Self::at(second)) {
                    self.lose(second);
                }
            }
            Socket::Up | Socket::Down => {}
        }
    }

    /// Runs the whole history, and says what the tracker did wrong.
    fn run(&mut self) -> Result<(), String> {
        for second in START - 30..START {
            if self.random.u8(..4) == 0 {
                self.say(second);
            }
        }
        self.poll(START, true);
        let history = self.lines.len();
        for second in START + 1..START + SECONDS + AFTER {
            let is_over = second >= START + SECONDS;
            let count = match self.random.u8(..60) {
                _ if is_over => 0,
                0 => self.random.usize(5..25),
                1..20 => 1,
                20..24 => 2,
                _ => 0,
            };
            (0..count).for_each(|_| self.say(second));
            if !is_over && self.random.usize(..self.world.deletion) == 0 {
                self.moderate(second);
            }
            self.go_on_with_socket(second);
            self.push(second);
            if second % 10 == 0 && (is_over || self.random.u8(..10) > 0) {
                self.poll(second, true);
            }
            while let Some(decided) = self.tracker.decide(Self::at(second)) {
                self.deliver(decided);
            }
        }
        // The end of the livestream decides everything that is held.
        self.poll(START + SECONDS + AFTER, false);
        self.poll(START + SECONDS + AFTER + 10, false);
        if self.told.mutes != self.mutes {
            return Err(format!("{} mutes told of {}", self.told.mutes, self.mutes));
        }
        self.told.check(self.world, &self.lines, history)
    }
}

/// Runs 40 histories in which an assumption about the wire is wrong. Returns
/// how many raise doubt, how many lines were said, and how many were repeated.
fn doubts_and_repeats(world: impl Fn(World) -> World) -> (usize, usize, usize) {
    let (mut doubts, mut said, mut repeats) = (0, 0, 0);
    for seed in 0..40 {
        let mut history = History::new(World { restarts: false, ..world(World::new(seed)) }, false);
        let outcome = history.run();
        assert!(history.told.doubts <= 1, "{seed}: {outcome:?}");
        doubts += history.told.doubts;
        said += history.lines.len();
        repeats += history.told.repeated(&history.lines, 0).into_iter().map(|(_, count)| count).sum::<usize>();
    }
    (doubts, said, repeats)
}

#[test]
fn names_that_differ_raise_doubt_once_and_repeat_one_line_in_fifteen_at_most() {
    // With polls alone for most of the time, both sources show too few of the same lines to doubt anything.
    let renamed = |world| World { renames: true, jitter: usize::MAX, garbling: usize::MAX, alone: 0, ..world };
    let (doubts, said, repeats) = doubts_and_repeats(renamed);
    assert!(doubts == 40 && repeats * 15 < said, "{doubts} {said} {repeats}");
}

#[test]
fn clocks_that_are_hours_apart_raise_doubt_once_and_repeat_one_line_in_five_at_most() {
    let (doubts, said, repeats) = doubts_and_repeats(|world| World { offset: 7200, jitter: usize::MAX, garbling: usize::MAX, ..world });
    assert!(doubts >= 35 && repeats * 5 < said, "{doubts} {said} {repeats}");
}

#[test]
fn clocks_that_are_seconds_apart_raise_doubt_once_and_repeat_one_line_in_five_at_most() {
    for offset in [5, -9, 20] {
        let apart = |world| World { offset, jitter: usize::MAX, garbling: usize::MAX, ..world };
        let (doubts, said, repeats) = doubts_and_repeats(apart);
        assert!(doubts >= 35 && repeats * 5 < said, "{offset}: {doubts} {said} {repeats}");
    }
}

#[test]
fn each_of_many_rants_that_say_the_same_is_told_once() {
    for seed in 0..400 {
        let outcome = History::new(World { rants: 2, ..World::new(seed) }, false).run();
        assert_eq!(outcome, Ok(()), "{seed}");
    }
}

/// A number from the environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs `HISTORIES` histories, starting with number `FIRST`.
#[test]
fn each_line_that_either_source_showed_is_told_once() {
    let (count, first) = (number("HISTORIES").unwrap_or(2000), number("FIRST").unwrap_or(0));
    let threads = u64::try_from(thread::available_parallelism().map_or(1, usize::from)).unwrap();
    let try_some = |thread: u64| {
        let seeds = (first..first + count).filter(move |seed| seed % threads == thread);
        seeds.filter_map(|seed| Some((seed, History::new(World::new(seed), false).run().err()?))).collect::<Vec<_>>()
    };
    let mut failed: Vec<_> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|thread| scope.spawn(move || try_some(thread))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    failed.sort();
    let Some((seed, _)) = failed.first() else { return };
    let mut history = History::new(World::new(*seed), true);
    let again = history.run();
    let brief: Vec<_> = failed.iter().take(40).map(|(seed, what)| format!("{seed}: {what}")).collect();
    panic!(
        "{} of {count} failed:\n{}\n\n{:?} {again:?}\n{}",
        failed.len(),
        brief.join("\n"),
        history.world,
        history.log.unwrap_or_default()
    );
}
