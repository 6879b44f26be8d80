//! An hour of polls: this client and cocorum through the same recorded answers of one local server.

use std::{
    error::Error as StdError,
    future::poll_fn,
    io::Write as _,
    process::{Command, Stdio},
    task::Poll,
    time::Duration,
};

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use cpu_time::ThreadTime;
use futures::StreamExt as _;
use rumble_live::{Client, Event, sim::Sim};
use serde::Deserialize;
use serde_json::json;
use tokio::runtime::Builder;

use crate::{
    entry::{Count, Entry, KINDS, of_kind},
    recording::Recording,
};

/// What a client made of the recording.
#[derive(Deserialize)]
struct Report {
    polls: u64,
    cpu_seconds: f64,
    /// Polls that failed.
    failures: u64,
    heard: Vec<Entry>,
    /// How often it was said that some may have been lost.
    #[serde(default)]
    gaps: u64,
}

pub(crate) fn run(python: &str) -> Result<(), Box<dyn StdError>> {
    let server_runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = server_runtime.block_on(Sim::new(1).serve())?;
    for (title, mishaps) in [("a calm hour", false), ("an hour with mishaps", true)] {
        let recording = Recording::of_an_hour(mishaps);
        let peer = with_cocorum(python, &server.add(&recording.replay()), &recording)?;
        let own = with_a_watcher(&server.add(&recording.replay()), &recording)?;
        println!("{title}:");
        print(&recording, &[("cocorum", &peer), ("rumble-live", &own)]);
    }
    Ok(())
}

fn with_cocorum(python: &str, url: &str, recording: &Recording) -> Result<Report, Box<dyn StdError>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/polls.py");
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().ok_or("the client has no standard input")?;
    input.write_all(json!({"url": url, "clock": recording.clock()}).to_string().as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err("the Python client failed".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Polls without a pause, on one thread, whose CPU time is all that it takes.
fn with_a_watcher(url: &str, recording: &Recording) -> Result<Report, Box<dyn StdError>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let polls = u64::try_from(recording.clock().len())?;
    let mut watcher = Client::new(url)?.watch_builder().interval(Duration::from_millis(1)).max_backoff(Duration::from_millis(1)).build();
    let mut report = Report { polls: polls - 1, cpu_seconds: 0.0, failures: 0, heard: Vec::new(), gaps: 0 };
    let mut start = None;
    let end = runtime.block_on(poll_fn(|context| {
        while let Poll::Ready(Some(event)) = watcher.poll_next_unpin(context) {
            match event {
                // The first answer is here; what it shows is no news.
                Ok(Event::Ready) => start = Some(ThreadTime::now()),
                Ok(Event::Gap(_)) => report.gaps += 1,
                Ok(Event::Interrupted(_)) => report.failures += 1,
                Ok(event) => report.heard.extend(Entry::of_event(&event)),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        if watcher.polls() >= polls { Poll::Ready(Ok(())) } else { Poll::Pending }
    }));
    end?;
    report.cpu_seconds = start.ok_or("the watcher did not begin")?.elapsed().as_secs_f64();
    Ok(report)
}

fn print(recording: &Recording, reports: &[(&str, &Report)]) {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["client", "of", "true", "reported", "repeated", "lost"]);
    for (client, report) in reports {
        for kind in KINDS {
            let count = Count::new(of_kind(kind, recording.truth()), of_kind(kind, &report.heard));
            let row = [count.all, count.reported, count.repeated, count.lost()].map(|figure| figure.to_string());
            table.add_row([(*client).to_owned(), format!("{kind}s")].into_iter().chain(row));
        }
    }
    println!("{table}");
    for (client, report) in reports {
        #[expect(clippy::cast_precision_loss, reason = "there are some hundred polls")]
        let micros = report.cpu_seconds * 1e6 / report.polls as f64;
        let Report { polls, failures, gaps, .. } = report;
        println!("{client}: {micros:.0} µs of CPU a poll over {polls} polls, {failures} of which failed, {gaps} gaps announced");
    }
}
