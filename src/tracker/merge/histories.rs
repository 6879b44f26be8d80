//! Random histories of one chat with both sources lossy and late, and an oracle that knows what was said.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use bytes::Bytes;
use fastrand::Rng;
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    chat::{Decoder, Step},
    event::Event,
    snapshot::{Snapshot, StreamId},
    tracker::Tracker,
};

/// The second of the first poll.
const START: i64 = 1_767_322_800;
const STREAM: &str = "7c1f4q";
/// For how many seconds something is said, and how many more are watched.
const SECONDS: i64 = 120;
const AFTER: i64 = 80;

/// What holds in one history.
#[derive(Clone, Copy, Debug)]
struct World {
    seed: u64,
    /// How many lines a poll lists, and a connection begins with.
    window: usize,
    backlog: usize,
    /// How many seconds later the live chat shows a line.
    lag: i64,
    /// How many seconds after the live chat's the stamps of polls are.
    offset: i64,
    /// Whether polls show texts encoded.
    encodes: bool,
    /// Whether polls name the account of those who speak as a channel.
    names_account: bool,
    /// Whether polls show rants among the messages too.
    repeats_rants: bool,
    /// In one of how many seconds a connection is cut.
    cut: usize,
    restarts: bool,
}

#[derive(Clone, Debug)]
struct Line {
    id: u64,
    second: i64,
    user: &'static str,
    channel: bool,
    text: String,
    cents: Option<u64>,
    /// Whether either source has shown it.
    is_shown: bool,
}

struct History {
    world: World,
    random: Rng,
    lines: Vec<Line>,
    tracker: Tracker,
    decoder: Decoder,
    is_connected: bool,
    /// How many lines the connection has shown.
    heard: usize,
    told: BTreeMap<(bool, String, String), Vec<i64>>,
    gaps: Vec<(Option<i64>, i64)>,
    log: String,
}

fn stamp(second: i64) -> String {
    OffsetDateTime::from_unix_timestamp(second).unwrap().format(&Rfc3339).unwrap()
}

impl Line {
    fn live(&self) -> Value {
        let mut line = json!({"id": self.id.to_string(), "time": stamp(self.second), "user_id": self.user.len(), "text": self.text});
        if self.channel {
            line["channel_id"] = 7.into();
        }
        if let Some(cents) = self.cents {
            line["rant"] = json!({"price_cents": cents, "expires_on": stamp(self.second + 120), "duration": 120});
        }
        line
    }

    fn polled(&self, world: World) -> Value {
        let name = if self.channel && !world.names_account { "The Channel" } else { self.user };
        let text = if world.encodes { self.text.replace('&', "&amp;") } else { self.text.clone() };
        let second = self.second + world.offset;
        let mut line = json!({"username": name, "text": text, "created_on": stamp(second), "badges": []});
        if let Some(cents) = self.cents {
            line["amount_cents"] = cents.into();
            line["expires_on"] = stamp(second + 120).into();
        }
        line
    }
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let is_hard = random.bool();
        Self {
            seed,
            window: random.usize(5..12),
            backlog: random.usize(3..12),
            lag: if random.u8(..4) == 0 { random.i64(1..20) } else { 0 },
            offset: if is_hard { random.i64(-2..=2) } else { 0 },
            encodes: is_hard && random.bool(),
            names_account: !is_hard || random.bool(),
            repeats_rants: is_hard && random.bool(),
            cut: random.usize(10..60),
            restarts: random.u8(..4) == 0,
        }
    }
}

impl History {
    fn new(world: World) -> Self {
        Self {
            world,
            random: Rng::with_seed(world.seed ^ 0xdead_beef),
            lines: Vec::new(),
            tracker: Tracker::new().live_chat(true),
            decoder: Decoder::new(STREAM),
            is_connected: false,
            heard: 0,
            told: BTreeMap::new(),
            gaps: Vec::new(),
            log: String::new(),
        }
    }

    fn say(&mut self, second: i64) {
        let id = u64::try_from(self.lines.len()).unwrap() + 1;
        let user = ["a", "bo", "cyd"][self.random.usize(..3)];
        let cents = (self.random.u8(..12) == 0).then(|| self.random.u64(1..3) * 100);
        // Some say the same again. A message like a rant of its second would be taken for its copy.
        let is_again = cents.is_none() && self.random.u8(..3) == 0;
        let text = if is_again { "gg & wp".to_owned() } else { format!("line {id} & more") };
        let channel = user == "cyd" && self.random.bool();
        self.lines.push(Line { id, second, user, channel, text, cents, is_shown: false });
    }

    fn at(second: i64) -> Duration {
        Duration::from_secs(u64::try_from(second - START).unwrap())
    }

    /// Delivers what came of an input; after a restart in between not all of it. Whether there was one.
    fn deliver(&mut self, steps: impl IntoIterator<Item = crate::tracker::Step>) -> bool {
        for step in steps {
            if let Some(event) = self.tracker.deliver(step) {
                self.note(event);
                if self.world.restarts && self.random.u8(..60) == 0 {
                    self.restart();
                    return true;
                }
            }
        }
        false
    }

    fn note(&mut self, event: Event) {
        writeln!(self.log, "  told {event} {:?}", event.at().map(|at| at.unix_timestamp() - START)).unwrap();
        match &event {
            Event::Message(message) => {
                self.told
                    .entry((false, account(&message.username), plain(&message.text)))
                    .or_default()
                    .push(message.created_on.unix_timestamp());
            }
            Event::Rant(rant) => {
                self.told.entry((true, account(&rant.username), plain(&rant.text))).or_default().push(rant.created_on.unix_timestamp())
            }
            Event::Gap(gap) => self.gaps.push((gap.since.map(OffsetDateTime::unix_timestamp), gap.until.unix_timestamp())),
            _ => {}
        }
    }

    fn restart(&mut self) {
        writeln!(self.log, "  restart").unwrap();
        let json = serde_json::to_string(&self.tracker.checkpoint().unwrap()).unwrap();
        self.tracker = Tracker::resume(serde_json::from_str(&json).unwrap()).live_chat(true);
        self.decoder = Decoder::new(STREAM);
        for seed in self.tracker.seeds(&StreamId::from(STREAM)) {
            self.decoder.remember(seed.id, seed.sent_at, seed.is_rant, seed.is_deleted);
        }
        self.is_connected = false;
    }

    fn poll(&mut self, second: i64) {
        let world = self.world;
        let newest = |paid: bool| self.lines.iter().rev().filter(move |line| line.cents.is_some() == paid).take(world.window);
        let rants: Vec<_> = newest(true).map(|line| line.polled(world)).collect();
        let is_message = |line: &&Line| world.repeats_rants || line.cents.is_none();
        let messages: Vec<_> = self.lines.iter().rev().filter(is_message).take(world.window).collect();
        let shown: Vec<u64> =
            messages.iter().filter(|line| line.cents.is_none()).chain(&newest(true).collect::<Vec<_>>()).map(|line| line.id).collect();
        let messages: Vec<_> = messages.into_iter().map(|line| line.polled(world)).collect();
        let body = json!({
            "now": second, "type": "user", "user_id": "4f2kx9", "max_num_results": world.window,
            "livestreams": [{"id": STREAM, "title": "x", "is_live": true, "created_on": stamp(START - 600),
                "chat": {"recent_messages": messages, "recent_rants": rants}}],
        });
        for line in &mut self.lines {
            line.is_shown |= shown.contains(&line.id);
        }
        writeln!(self.log, "{} poll {shown:?}", second - START).unwrap();
        let snapshot = Snapshot::from_json(body.to_string().as_bytes()).unwrap();
        let poll = self.tracker.observe(&snapshot, Self::at(second));
        if !self.deliver(poll.steps)
            && let Some(settlement) = poll.settlement
        {
            self.tracker.settle(settlement);
        }
    }

    fn hear(&mut self, second: i64, record: &Value) {
        let mut bytes = Bytes::from(format!("data: {record}\n\n"));
        while let Some(step) = self.decoder.step(&mut bytes) {
            let steps = self.tracker.hear(&StreamId::from(STREAM), step, Self::at(second));
            if self.deliver(steps) {
                return;
            }
        }
    }

    fn lose(&mut self, second: i64) {
        writeln!(self.log, "{} lost", second - START).unwrap();
        self.is_connected = false;
        let trouble = crate::event::Interrupted::new(crate::error::ErrorKind::Transport, "cut");
        let steps = self.tracker.hear(&StreamId::from(STREAM), Step::Event(crate::chat::ChatEvent::Interrupted(trouble)), Self::at(second));
        self.deliver(steps);
    }

    fn data(lines: &[Line]) -> Value {
        let users: Vec<_> = ["a", "bo", "cyd"].map(|user| json!({"id": user.len(), "username": user})).into();
        let messages: Vec<_> = lines.iter().map(Line::live).collect();
        json!({"messages": messages, "users": users, "channels": [{"id": 7, "username": "The Channel"}]})
    }

    fn connect(&mut self, second: i64) {
        self.decoder.reconnect();
        self.is_connected = true;
        let until = self.lines.iter().position(|line| line.second + self.world.lag > second).unwrap_or(self.lines.len());
        self.heard = until;
        let from = until.saturating_sub(self.world.backlog);
        writeln!(self.log, "{} open {:?}", second - START, self.lines[from..until].iter().map(|line| line.id).collect::<Vec<_>>()).unwrap();
        let mut data = Self::data(&self.lines[from..until]);
        data["config"] = json!({});
        self.lines[from..until].iter_mut().for_each(|line| line.is_shown = true);
        self.hear(second, &json!({"type": "init", "data": data}));
    }

    fn push(&mut self, second: i64) {
        while self.is_connected && self.lines.get(self.heard).is_some_and(|line| line.second + self.world.lag <= second) {
            let line = &mut self.lines[self.heard];
            self.heard += 1;
            line.is_shown = true;
            writeln!(self.log, "{} push {line:?}", second - START).unwrap();
            let data = Self::data(std::slice::from_ref(line));
            self.hear(second, &json!({"type": "messages", "data": data}));
        }
    }

    fn run(&mut self) -> Result<(), String> {
        for second in START - 30..START {
            if self.random.u8(..4) == 0 {
                self.say(second);
            }
        }
        self.poll(START);
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
            if self.is_connected && !is_over && self.random.usize(..self.world.cut) == 0 {
                self.lose(second);
            } else if !self.is_connected && self.random.u8(..8) == 0 {
                self.connect(second);
            }
            self.push(second);
            if second % 10 == 0 && (is_over || self.random.u8(..10) > 0) {
                self.poll(second);
            }
            let decided = self.tracker.decide(Self::at(second));
            self.deliver(decided);
        }
        self.check(history)
    }

    fn check(&self, history: usize) -> Result<(), String> {
        let mut said: BTreeMap<(bool, String, String), (Vec<i64>, usize)> = BTreeMap::new();
        for line in &self.lines[history..] {
            let (seconds, shown) = said.entry((line.cents.is_some(), line.user.to_owned(), plain(&line.text))).or_default();
            seconds.push(line.second);
            *shown += usize::from(line.is_shown);
        }
        for (key, told) in &self.told {
            let said = said.get(key).map_or(0, |(seconds, _)| seconds.len());
            if told.len() > said {
                return Err(format!("{key:?} told {} times, said {said}\n{:?}\n{}", told.len(), self.world, self.log));
            }
        }
        let is_excused =
            |second: i64| self.gaps.iter().any(|(since, until)| since.is_none_or(|since| since <= second + 2) && *until >= second - 2);
        for (key, (seconds, shown)) in &said {
            let told = self.told.get(key).map_or(0, Vec::len);
            let excused = seconds.iter().filter(|second| is_excused(**second)).count();
            let due = if self.world.restarts { shown.saturating_sub(excused) } else { *shown };
            if told < due {
                return Err(format!(
                    "{key:?} told {told} times, shown {shown}, said at {seconds:?}, told at {:?}\n{:?}\n{}",
                    self.told.get(key),
                    self.world,
                    self.log
                ));
            }
            // What nobody has shown lies in a gap.
            if told + excused < seconds.len() {
                return Err(format!("{key:?} lost in silence, said at {seconds:?}\n{:?}\n{}", self.world, self.log));
            }
        }
        Ok(())
    }
}

/// Who speaks, by the name that a source has.
fn account(name: &str) -> String {
    if name == "The Channel" { "cyd".to_owned() } else { name.to_owned() }
}

fn plain(text: &str) -> String {
    text.replace("&amp;", "&")
}

#[test]
fn each_line_that_either_source_showed_is_told_once() {
    let histories: u64 = std::env::var("HISTORIES").ok().and_then(|count| count.parse().ok()).unwrap_or(2000);
    let first: u64 = std::env::var("FIRST").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    let mut failed = Vec::new();
    for seed in first..first + histories {
        if let Err(what) = History::new(World::new(seed)).run() {
            failed.push((seed, what));
        }
    }
    let seeds: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
    assert!(
        failed.is_empty(),
        "{} of {histories} failed: {seeds:?}\n{}",
        seeds.len(),
        failed
            .iter()
            .map(|(_, what)| what.lines().take(2).collect::<Vec<_>>().join(" "))
            .take(40)
            .chain(failed.first().map(|(_, what)| what.clone()))
            .collect::<Vec<_>>()
            .join("\n")
    );
}
