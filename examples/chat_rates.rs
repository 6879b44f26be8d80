//! What the interval of polls means for a busy chat: an hour of simulated chat at each of several rates.
//!
//! Takes no such hour, for it runs on a clock of its own. Prints the table that the docs of
//! `WatcherBuilder::interval` show.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser;
use rumble_live::{
    Client, Event, Snapshot, WatcherBuilder,
    sim::{Activity, Happened, Sim, What},
};
use tokio::{
    runtime::Builder,
    time::{Instant, timeout_at},
};

#[path = "common/run.rs"]
mod run;
#[path = "common/stderr.rs"]
mod stderr;

const HOUR: Duration = Duration::from_secs(3600);
/// Messages a second.
const RATES: [f64; 8] = [0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

/// Prints what the interval of polls means for a busy chat, from an hour of simulated chat at each of several rates.
///
/// Takes no such hour, for it runs on a clock of its own.
#[derive(Parser)]
#[command(version)]
struct Options {}

fn main() -> ExitCode {
    Options::parse();
    run::run(Builder::new_current_thread().start_paused(true), print())
}

async fn print() -> anyhow::Result<()> {
    print_line("| messages a second | messages | requests, fixed 10 s | lost | gaps | requests, default | lost | gaps |")?;
    print_line("|---|---|---|---|---|---|---|---|")?;
    for rate in RATES {
        let fixed = watch(rate, |watcher| watcher.interval(Duration::from_secs(10))).await?;
        let default = watch(rate, |watcher| watcher).await?;
        print_line(&format!("| {rate} | {} | {fixed} | {default} |", fixed.messages))?;
    }
    Ok(())
}

fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}

/// How an hour went.
struct Hour {
    messages: usize,
    requests: u64,
    lost: usize,
    gaps: usize,
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, lost, gaps, .. } = self;
        write!(f, "{requests} | {lost} | {gaps}")
    }
}

async fn watch(rate: f64, set: impl FnOnce(WatcherBuilder) -> WatcherBuilder) -> anyhow::Result<Hour> {
    let sim = Sim::running(7);
    sim.live(Activity { messages_per_second: rate, ..Activity::NONE });
    let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=simulated").transport(sim.clone()).build()?;
    let mut watcher = set(client.watch_builder().replay(true)).build();

    let end = Instant::now() + HOUR;
    let (mut yielded, mut gaps) = (0, 0);
    while let Ok(event) = timeout_at(end, watcher.next()).await {
        match event.transpose()? {
            Some(Event::Message(_)) => yielded += 1,
            Some(Event::Gap(_)) => gaps += 1,
            _ => {}
        }
    }
    // What came after the last poll is not lost yet.
    let last = watcher.snapshot().map(Snapshot::now);
    let is_message = |happened: &&Happened| matches!(happened.what, What::Message { .. }) && Some(happened.at) <= last;
    let messages = sim.history().iter().filter(is_message).count();
    Ok(Hour { messages, requests: watcher.polls(), lost: messages - yielded, gaps })
}
