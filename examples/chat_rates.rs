//! What the interval of polls means for a busy chat: an hour of simulated chat at each of several rates.
//!
//! Takes no such hour, for it runs on a clock of its own. Prints the table that the docs of
//! `WatcherBuilder::interval` show.

use std::{error::Error, fmt, time::Duration};

use rumble_live::{
    Client, Event, Snapshot, WatcherBuilder,
    sim::{Activity, Happened, Sim, What},
};
use tokio::time::{Instant, timeout_at};

const HOUR: Duration = Duration::from_secs(3600);
/// Messages a second.
const RATES: [f64; 8] = [0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tokio::time::pause();
    println!("| messages a second | messages | requests, fixed 10 s | lost | gaps | requests, default | lost | gaps |");
    println!("|---|---|---|---|---|---|---|---|");
    for rate in RATES {
        let fixed = watch(rate, |watcher| watcher.interval(Duration::from_secs(10))).await?;
        let default = watch(rate, |watcher| watcher).await?;
        println!("| {rate} | {} | {fixed} | {default} |", fixed.messages);
    }
    Ok(())
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

async fn watch(rate: f64, set: impl FnOnce(WatcherBuilder) -> WatcherBuilder) -> Result<Hour, Box<dyn Error>> {
    let sim = Sim::running(7);
    sim.live(Activity { messages_per_second: rate, ..Activity::NONE });
    let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=simulated").transport(sim.clone()).build()?;
    let mut watcher = set(client.watcher().replay(true)).build();

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
