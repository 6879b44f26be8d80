//! A watcher or a feed in a process of its own, for tests that kill it or compare it with another.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use futures::{Stream, StreamExt};
use rumble_live::{Checkpoint, Client, Event, Gap, WatcherBuilder};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

/// What a process runs: one of the tests below, which do nothing else.
#[derive(Clone, Copy)]
pub(crate) enum Bot {
    /// It handles an event, saves and asks for the next.
    Watcher,
    /// It reads a feed.
    Feed,
}

/// A process that prints what happens, one event a line as JSON.
pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) heard: Vec<Event>,
}

impl Process {
    /// One that watches this account, goes on from this file, and saves to it.
    pub(crate) fn start(bot: Bot, url: &str, checkpoint: &Path, live_chat: bool) -> Self {
        let test = match bot {
            Bot::Watcher => "watch::process::watcher_in_a_process_of_its_own",
            Bot::Feed => "watch::process::feed_in_a_process_of_its_own",
        };
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", test, "--ignored", "--nocapture"]).env("RUMBLE_API_URL", url).env("CHECKPOINT", checkpoint);
        if live_chat {
            command.env("LIVE_CHAT", "");
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true).spawn().expect("the process starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, heard: Vec::new() }
    }

    /// Whether another line came within that time.
    pub(crate) async fn hears(&mut self, patience: Duration) -> bool {
        let Ok(line) = timeout(patience, self.lines.next_line()).await else { return false };
        let Some(line) = line.unwrap() else { return false };
        // What the test harness says is no event.
        if line.starts_with('{') {
            self.heard.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        true
    }

    /// Kills it at once, and returns all that it had said.
    pub(crate) async fn kill(mut self) -> Vec<Event> {
        self.child.kill().await.unwrap();
        while self.hears(Duration::from_secs(5)).await {}
        self.heard
    }
}

/// Prints what a watcher tells and saves after each event, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run in a process of its own by other tests"]
async fn watcher_in_a_process_of_its_own() {
    let (builder, file) = restarted();
    let mut watcher = builder.build();
    println!();
    while let Some(event) = watcher.next().await {
        println!("{}", serde_json::to_string(&event.unwrap()).unwrap());
        if let Some(checkpoint) = watcher.checkpoint() {
            checkpoint.save(&file).unwrap();
        }
    }
}

/// What goes on from the checkpoint that a process before this one saved, and the file for that.
fn restarted() -> (WatcherBuilder, PathBuf) {
    let file = PathBuf::from(env::var_os("CHECKPOINT").unwrap());
    let client = Client::new(env::var("RUMBLE_API_URL").unwrap()).unwrap();
    let mut builder = client.watch_builder().interval(Duration::from_millis(20)).live_chat(env::var_os("LIVE_CHAT").is_some());
    if let Some(saved) = Checkpoint::load(&file).unwrap() {
        builder = builder.resume(saved);
    }
    (builder, file)
}

/// Prints what the readers of a feed get, each after a while, and saves where the slowest of them is, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run in a process of its own by other tests"]
async fn feed_in_a_process_of_its_own() {
    let (builder, file) = restarted();
    let feed = builder.build().spawn();
    println!();
    let saving = async {
        loop {
            if let Some(checkpoint) = feed.checkpoint() {
                checkpoint.save(&file).unwrap();
            }
            sleep(Duration::from_millis(3)).await;
        }
    };
    tokio::join!(
        saving,
        handle(feed.reader::<Gap>().map(Event::Gap)),
        handle(feed.followers().at_least_once().map(Event::Follower)),
        handle(feed.subscribers().at_least_once().map(Event::Subscriber)),
        handle(feed.messages().at_least_once().map(Event::Message)),
        handle(feed.rants().at_least_once().map(Event::Rant)),
    );
}

/// A handler that takes its time before an event is handled.
async fn handle(mut events: impl Stream<Item = Event> + Unpin) {
    while let Some(event) = events.next().await {
        sleep(Duration::from_millis(fastrand::u64(0..15))).await;
        println!("{}", serde_json::to_string(&event).unwrap());
    }
}
