//! Thousands of polls over sockets, nearly without a pause: the connection is kept, and nothing is left behind.

use std::{collections::HashSet, env, fs, time::Duration};

use rumble_live::{
    Checkpoint, Client, Event, Response, StreamId, Watcher,
    sim::{Activity, Server, Sim},
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use super::{Heard, dice, is_bounded};
use crate::server::busy;

const WINDOW: usize = 20;
const POLLS: u64 = 1000;
const WARM_UP: u64 = 200;
/// Far more than all but the time asked for takes.
const PATIENCE: Duration = Duration::from_secs(120);

struct Minute {
    dice: fastrand::Rng,
    sim: Sim,
    server: Server,
    client: Client,
    watcher: Watcher,
    hears_chat: bool,
    heard: Heard,
    /// Polls of the watchers that are gone.
    polls: u64,
    restarts: u64,
    faults: u64,
    /// How many of them break a connection.
    breaks: u64,
    /// And how many of these without an answer.
    broken: u64,
    /// Connections to a live chat that were broken, or answered with a fault.
    chat_faults: u64,
    number: u64,
    /// Who can unfollow, and what can be deleted.
    passing: Vec<String>,
    lines: Vec<(StreamId, String)>,
    /// What was taken back, and so may never have been shown.
    removed: HashSet<String>,
    on_air: Option<StreamId>,
    hidden: Option<StreamId>,
}

impl Minute {
    async fn new(hears_chat: bool) -> Self {
        let mut dice = dice();
        let sim = Sim::new(dice.u64(..));
        sim.set_window(WINDOW);
        let server = sim.serve().await.unwrap();
        let client = Client::builder(server.url()).max_body(1 << 20).build().unwrap();
        Self {
            dice,
            watcher: watcher(&client, None, hears_chat),
            hears_chat,
            sim,
            server,
            client,
            heard: Heard::default(),
            polls: 0,
            restarts: 0,
            faults: 0,
            breaks: 0,
            broken: 0,
            chat_faults: 0,
            number: 0,
            passing: Vec::new(),
            lines: Vec::new(),
            removed: HashSet::new(),
            on_air: None,
            hidden: None,
        }
    }

    fn polls(&self) -> u64 {
        self.polls + self.watcher.polls()
    }

    /// Much happens, until so many polls were made and so much time has passed; then all is told, and no fault left.
    async fn live(&mut self, polls: u64, time: Duration) {
        self.sim.live(Activity {
            followers_per_second: 0.2,
            subscribers_per_second: 0.1,
            gifts_per_second: 0.0,
            messages_per_second: 1.5,
            rants_per_second: 0.2,
            deletions_per_second: 0.0,
        });
        self.run(polls, time).await;
        self.sim.live(Activity::NONE);
        self.show();
        self.sim.advance(Duration::from_secs(2));
        self.number += 1;
        let last = format!("last {}", self.number);
        self.sim.follow(&last);
        while !matches!(self.listen().await, Some(Event::Follower(follower)) if follower.username == last) {}
        if self.hears_chat {
            // What waits for the live chat is told before the end.
            self.end_stream();
        }
        // A livestream has ended when two answers lack it.
        let end = self.polls() + 3;
        while self.polls() < end {
            self.listen().await;
        }
    }

    /// Until so many polls were made and so much time has passed.
    async fn run(&mut self, polls: u64, time: Duration) {
        let start = Instant::now();
        while self.polls() < polls || start.elapsed() < time {
            if self.listen().await.is_none() {
                self.happen();
            }
        }
    }

    /// The next event, unless the wait for it is given up before, at times in mid-request.
    async fn listen(&mut self) -> Option<Event> {
        let patience = Duration::from_millis(self.dice.u64(0..4));
        let event = timeout(patience, self.watcher.next()).await.ok()?.expect("the watcher goes on").expect("no error is final here");
        self.hear(&event);
        Some(event)
    }

    fn hear(&mut self, event: &Event) {
        match event {
            Event::StreamStarted(started) => self.on_air = Some(started.stream.clone()),
            // A moderator takes out some of the script's own.
            Event::Message(message) if message.text.starts_with("line ") => {
                self.lines.push((message.stream.clone(), message.text.clone()));
            }
            _ => {}
        }
        self.heard.note(event);
    }

    fn happen(&mut self) {
        match self.dice.u32(0..100) {
            0..55 => self.sim.advance(Duration::from_secs(self.dice.u64(0..3))),
            55..58 => self.sim.advance(Duration::from_secs(self.dice.u64(10..40))),
            58..78 => self.fault(),
            78..80 => self.restart(),
            80..84 => self.follow_or_unfollow(),
            84..90 => self.write_or_delete(),
            90..96 => self.hide_or_show(),
            96 => self.end_stream(),
            97 if self.hears_chat => self.disturb_chat(),
            _ => {}
        }
    }

    fn fault(&mut self) {
        self.faults += 1;
        match self.dice.u32(0..10) {
            0 => self.sim.answer_next(busy("0")),
            1 => self.sim.answer_next(Response::ok("<!doctype html><title>One moment</title>")),
            2 => {
                let mut body = self.sim.snapshot_json();
                body.truncate(self.dice.usize(0..body.len()));
                self.sim.answer_next(Response::ok(body));
            }
            3 => {
                self.breaks += 1;
                self.broken += 1;
                self.sim.break_next();
            }
            4 if self.dice.u32(0..20) == 0 => {
                self.breaks += 1;
                self.sim.answer_next(Response::ok(vec![b' '; 2 << 20]));
            }
            _ => self.sim.fail_next(self.dice.choice([500, 502, 503, 403, 404, 302]).unwrap()),
        }
    }

    fn disturb_chat(&mut self) {
        self.chat_faults += 1;
        match self.dice.u32(0..4) {
            0 => self.sim.fail_chat_next(self.dice.choice([204, 403, 500, 502]).unwrap()),
            1 => self.sim.freeze_chat(),
            _ => self.sim.cut_chat(self.dice.usize(0..2000)),
        }
    }

    /// Another watcher goes on from the checkpoint. What this one has in flight ends with it, connection and all.
    fn restart(&mut self) {
        if let Some(checkpoint) = self.watcher.checkpoint() {
            let checkpoint = checkpoint.to_json();
            is_bounded(&checkpoint, 5 * WINDOW, 5);
            let checkpoint = Checkpoint::from_json(checkpoint.as_bytes()).unwrap();
            self.polls += self.watcher.polls();
            self.watcher = watcher(&self.client, Some(checkpoint), self.hears_chat);
            self.restarts += 1;
        }
    }

    fn follow_or_unfollow(&mut self) {
        if self.passing.len() > 5 {
            let name = self.passing.swap_remove(self.dice.usize(..self.passing.len()));
            self.sim.unfollow(&name);
            self.removed.insert(name);
        } else {
            self.number += 1;
            self.passing.push(format!("passing {}", self.number));
            self.sim.follow(&format!("passing {}", self.number));
        }
    }

    fn write_or_delete(&mut self) {
        if self.lines.len() > 5 {
            let (stream, text) = self.lines.swap_remove(self.dice.usize(..self.lines.len()));
            self.sim.delete_message(&stream, "mod", &text);
        } else if let Some(stream) = &self.on_air {
            self.number += 1;
            self.sim.message(stream, "mod", &format!("line {}", self.number));
        }
    }

    fn hide_or_show(&mut self) {
        if !self.show() {
            self.hidden.clone_from(&self.on_air);
            if let Some(stream) = &self.hidden {
                self.sim.hide_stream(stream, true);
            }
        }
    }

    /// Whether anything was hidden.
    fn show(&mut self) -> bool {
        let hidden = self.hidden.take();
        if let Some(stream) = &hidden {
            self.sim.hide_stream(stream, false);
        }
        hidden.is_some()
    }

    fn end_stream(&mut self) {
        self.lines.clear();
        if let Some(stream) = self.on_air.take() {
            self.sim.end_stream(&stream);
        }
    }

    fn finish(self, before: Held, after: Held) {
        let history = self.sim.history();
        let happened = history.len();
        let mut lost = self.heard.lost(history);
        lost.retain(|(_, (_, _, user, ..))| !self.removed.contains(user));
        assert!(lost.is_empty(), "{} of {happened} were lost: {:?}", lost.len(), &lost[..lost.len().min(9)]);

        let chats = self.sim.chat_requests();
        let (polls, requests, connections) = (self.polls(), self.sim.answers() + self.broken, self.server.connections());
        // A watcher that is dropped takes with it the request in flight and its connection.
        assert!(
            (polls..=polls + self.restarts + 1).contains(&requests),
            "{requests} requests for {polls} polls, {} restarts",
            self.restarts
        );
        assert!(
            connections <= 1 + self.breaks + self.restarts + chats,
            "{connections} connections for {} breaks, {} restarts, {chats} live chats",
            self.breaks,
            self.restarts
        );
        println!(
            "soak: {polls} polls, {} faults, {connections} connections where {} might be needed, {chats} of them to live chats, {happened} happenings, {} events, {} gaps, {} restarts; {before:?}, then {after:?}",
            self.faults + self.chat_faults,
            1 + self.breaks + self.restarts + chats,
            self.heard.events,
            self.heard.gaps(),
            self.restarts,
        );
    }
}

fn watcher(client: &Client, checkpoint: Option<Checkpoint>, hears_chat: bool) -> Watcher {
    let builder = client.watch_builder().live_chat(hears_chat).interval(Duration::from_millis(1)).max_backoff(Duration::from_millis(3));
    match checkpoint {
        Some(checkpoint) => builder.resume(checkpoint).build(),
        None => builder.build(),
    }
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    tasks: usize,
    /// Open files and sockets; `None` where they cannot be counted, or would be those of other tests as well.
    files: Option<usize>,
}

fn held(is_alone: bool) -> Held {
    let files = fs::read_dir("/proc/self/fd").ok().filter(|_| is_alone).map(Iterator::count);
    Held { tasks: Handle::current().metrics().num_alive_tasks(), files }
}

impl Held {
    fn is_more_than(self, other: Self) -> bool {
        // A request may be in flight, and a connection about to be closed.
        self.tasks > other.tasks + 2 || self.files.zip(other.files).is_some_and(|(files, before)| files > before + 4)
    }
}

/// `SOAK_SECONDS` makes it last, and count files too, for then no other test of the process should open any.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_polls_with_faults_keep_the_connection_and_leave_nothing_behind() {
    soak_for_a_while(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_polls_beside_live_chats_that_break_leave_nothing_behind() {
    soak_for_a_while(true).await;
}

async fn soak_for_a_while(hears_chat: bool) {
    let seconds: Option<u64> = env::var("SOAK_SECONDS").ok().map(|seconds| seconds.parse().expect("SOAK_SECONDS is a number"));
    let time = Duration::from_secs(seconds.unwrap_or_default());
    timeout(PATIENCE + time, soak(hears_chat, seconds.is_some(), time)).await.expect("it takes too long");
}

async fn soak(hears_chat: bool, is_alone: bool, time: Duration) {
    let mut minute = Minute::new(hears_chat).await;
    // Of the account as it is before anything happens.
    while minute.listen().await != Some(Event::Ready) {}
    minute.sim.advance(Duration::from_secs(1));
    minute.live(WARM_UP, Duration::ZERO).await;
    let before = held(is_alone);
    minute.live(if is_alone { 5 * POLLS } else { POLLS }, time).await;

    let mut after = held(is_alone);
    for _ in 0..100 {
        if after.is_more_than(before) {
            sleep(Duration::from_millis(20)).await;
            after = held(is_alone);
        }
    }
    assert!(!after.is_more_than(before), "{before:?} has become {after:?}");
    minute.finish(before, after);
}
