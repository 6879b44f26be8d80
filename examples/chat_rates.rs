//! Shows what the polling interval and the live chat mean for a busy chat, by
//! simulating an hour of chat at each of several rates.
//!
//! It runs on a paused clock, so it does not take hours. It prints the table in
//! the docs of `WatcherBuilder::interval`.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use rumble_live::{
    Client, Event, Snapshot, Watcher, WatcherBuilder,
    sim::{Activity, Sim, What},
};
use time::OffsetDateTime;
use tokio::{
    runtime::Builder,
    time::{Instant, timeout_at},
};

const HOUR: Duration = Duration::from_secs(3600);
/// Messages a second.
const RATES: [f64; 8] = [0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

/// Prints what the polling interval and the live chat mean for a busy chat,
/// from a simulated hour of chat at each of several rates.
///
/// It runs on a paused clock, so it does not take hours.
#[derive(Parser)]
#[command(version)]
struct Options {}

fn main() -> ExitCode {
    Options::parse();
    common::run::run(Builder::new_current_thread().start_paused(true), print())
}

async fn print() -> anyhow::Result<()> {
    print_line(
        "| messages a second | messages | requests, fixed 10 s | lost | gaps | requests, default | lost | gaps \
         | lost, live chat | gaps | latency, median | greatest |",
    )?;
    print_line(&format!("|{}", "---|".repeat(12)))?;
    for rate in RATES {
        let fixed = watch(rate, |watcher| watcher.interval(Duration::from_secs(10))).await?;
        let default = watch(rate, |watcher| watcher).await?;
        let live = watch(rate, |watcher| watcher.live_chat(true)).await?;
        let Hour { messages, .. } = fixed;
        print_line(&format!(
            "| {rate} | {messages} | {} | {} | {} | {} |",
            fixed.polls(),
            default.polls(),
            live.losses(),
            live.latencies()
        ))?;
    }
    Ok(())
}

fn print_line(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}

/// The result of one hour.
struct Hour {
    messages: usize,
    requests: u64,
    lost: usize,
    gaps: usize,
    /// The delay of each message from when it was said to when the bot had it,
    /// shortest first.
    latencies: Vec<Duration>,
}

impl Hour {
    fn polls(&self) -> String {
        format!("{} | {}", self.requests, self.losses())
    }

    fn losses(&self) -> String {
        format!("{} | {}", self.lost, self.gaps)
    }

    fn latencies(&self) -> String {
        let seconds = |latency: Option<&Duration>| latency.map_or(0.0, Duration::as_secs_f64);
        format!("{:.3} s | {:.3} s", seconds(self.latencies.get(self.latencies.len() / 2)), seconds(self.latencies.last()))
    }
}

/// What identifies a message to any observer.
type Said = (OffsetDateTime, String, String);

async fn watch(rate: f64, set: impl FnOnce(WatcherBuilder) -> WatcherBuilder) -> anyhow::Result<Hour> {
    let sim = Sim::running(7);
    let (start, born) = (Instant::now(), sim.now());
    sim.live(Activity::NONE);
    sim.start_stream("Harbour lights");
    let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=simulated").transport(sim.clone()).build()?;
    let mut watcher = set(client.watch_builder()).build();

    // Start the bot before the first message.
    let mut gaps = 0;
    let mut told = Vec::new();
    listen(&mut watcher, start + Duration::from_secs(1), &mut told, &mut gaps).await?;
    sim.live(Activity { messages_per_second: rate, ..Activity::NONE });
    listen(&mut watcher, start + HOUR, &mut told, &mut gaps).await?;

    let mut missing: HashMap<Said, usize> = HashMap::new();
    for happened in sim.history() {
        if let What::Message { username, text, .. } = happened.what {
            *missing.entry((happened.at, username, text)).or_default() += 1;
        }
    }
    // What came after the last poll is not lost yet.
    let last = watcher.snapshot().map(Snapshot::now);
    let count = |missing: &HashMap<Said, usize>| missing.iter().filter(|(said, _)| Some(said.0) <= last).map(|(_, left)| left).sum();
    let messages = count(&missing);
    let mut latencies = Vec::new();
    for (said, heard) in told {
        latencies.push((heard - start).saturating_sub((said.0 - born).unsigned_abs()));
        let Some(left) = missing.get_mut(&said).filter(|left| **left > 0) else { bail!("{said:?} was told more often than it was said") };
        *left -= 1;
    }
    latencies.sort_unstable();
    Ok(Hour { messages, requests: watcher.polls(), lost: count(&missing), gaps, latencies })
}

async fn listen(watcher: &mut Watcher, until: Instant, told: &mut Vec<(Said, Instant)>, gaps: &mut usize) -> anyhow::Result<()> {
    while let Ok(event) = timeout_at(until, watcher.next()).await {
        match event.transpose()? {
            Some(Event::Message(message)) => told.push(((message.created_on, message.username, message.text), Instant::now())),
            Some(Event::Gap(_)) => *gaps += 1,
            _ => {}
        }
    }
    Ok(())
}
