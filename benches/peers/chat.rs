//! An evening of live chat: this client and cocorum, all at once and in real time, with the same recorded service.

use std::{
    collections::{HashMap, VecDeque},
    error::Error as StdError,
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use comfy_table::{Table, presets::ASCII_MARKDOWN};
use rumble_live::{Client, Error, Event, Watcher};
use serde::Deserialize;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    runtime::Builder,
    time::{Instant, timeout_at},
};

use crate::{
    entry::{Count, Entry, of_kind},
    evening::Evening,
    server::Server,
};

/// The recording has three minutes, and a line that only its last poll shows is told up to half a minute later.
const LENGTH: Duration = Duration::from_secs(220);
/// The distance of the recorded polls.
const INTERVAL: Duration = Duration::from_secs(10);
/// What is measured of cocorum, by the mode of `chat.py`.
const MODES: [(&str, &str); 3] = [("cocorum", "once"), ("cocorum, made anew", "anew"), ("cocorum, made anew, backlog kept", "kept")];

/// What a client told of the evening.
struct Report {
    client: &'static str,
    /// Each line with when it was told, from the first told on.
    heard: Vec<(Duration, Entry)>,
    /// What else is worth knowing.
    notes: Vec<(Duration, String)>,
}

pub(crate) fn run(python: &str) -> Result<(), Box<dyn StdError>> {
    let evening = Arc::new(Evening::read()?);
    let server_runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = server_runtime.block_on(Server::bind(Arc::clone(&evening)))?;
    let url = format!("http://{}", server.address()?);
    let mut reports = Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut peers = Vec::new();
        for (client, mode) in MODES {
            peers.push(Peer::start(python, client, mode).await?);
        }
        let start = Instant::now();
        server_runtime.spawn(server.serve(start));
        let watcher = |live_chat| {
            let client = Client::new(format!("{url}/?key=any"))?;
            Ok::<_, Error>(client.watch_builder().interval(INTERVAL).live_chat(live_chat).build())
        };
        let polls = of_a_watcher("rumble-live, polls alone", watcher(false)?, start);
        let live = of_a_watcher("rumble-live, live chat", watcher(true)?, start);
        let peers = futures::future::try_join_all(peers.into_iter().map(|peer| peer.hear(&url, &evening.stream, start)));
        let (mut reports, polls, live) = tokio::try_join!(peers, polls, live)?;
        reports.extend([polls, live]);
        Ok::<_, Box<dyn StdError>>(reports)
    })?;
    for report in &mut reports {
        // A gift has no text, and not every client tells when it was given.
        report.heard.retain(|(_, entry)| !entry.text.is_empty());
        for (_, entry) in &mut report.heard {
            entry.username = evening.account(&entry.username).to_owned();
        }
    }
    print(&evening, &reports);
    Ok(())
}

/// cocorum in a process of its own.
struct Peer {
    client: &'static str,
    mode: &'static str,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What `chat.py` prints.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Line { stamp: String, username: String, text: String, cents: Option<u64> },
    Ended { ended: String },
}

impl Peer {
    /// Returns when all that takes time before the first request is done.
    async fn start(python: &str, client: &'static str, mode: &'static str) -> Result<Self, Box<dyn StdError>> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/chat.py");
        let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("the client has no standard output")?).lines();
        lines.next_line().await?.ok_or("the Python client did not start")?;
        Ok(Self { client, mode, child, lines })
    }

    async fn hear(mut self, url: &str, stream: &str, start: Instant) -> Result<Report, Box<dyn StdError>> {
        let mut input = self.child.stdin.take().ok_or("the client has no standard input")?;
        let task = json!({"url": url, "stream": stream, "mode": self.mode});
        input.write_all(format!("{task}\n").as_bytes()).await?;
        let mut report = Report { client: self.client, heard: Vec::new(), notes: Vec::new() };
        while let Ok(line) = timeout_at(start + LENGTH, self.lines.next_line()).await {
            let Some(line) = line? else {
                let status = self.child.wait().await?;
                return if status.success() { Ok(report) } else { Err("the Python client failed".into()) };
            };
            match serde_json::from_str(&line)? {
                Told::Line { stamp, username, text, cents } => {
                    let stamp = OffsetDateTime::parse(&stamp, &Rfc3339)?;
                    report.heard.push((start.elapsed(), Entry::said(stamp, &username, text.trim(), cents)));
                }
                Told::Ended { ended } => report.notes.push((start.elapsed(), ended)),
            }
        }
        Ok(report)
    }
}

async fn of_a_watcher(client: &'static str, mut watcher: Watcher, start: Instant) -> Result<Report, Box<dyn StdError>> {
    let mut report = Report { client, heard: Vec::new(), notes: Vec::new() };
    while let Ok(Some(event)) = timeout_at(start + LENGTH, watcher.next()).await {
        let (now, event) = (start.elapsed(), event?);
        match (&event, event.at(), event.username(), event.text()) {
            (Event::Gap(_) | Event::Interrupted(_) | Event::MergeDoubt(_), ..) => report.notes.push((now, event.to_string())),
            (_, Some(at), Some(name), Some(text)) => {
                let cents = if let Event::Rant(rant) = &event { Some(rant.amount.cents()) } else { None };
                report.heard.push((now, Entry::said(at, name, text.trim(), cents)));
            }
            _ => {}
        }
    }
    Ok(report)
}

fn print(evening: &Evening, reports: &[Report]) {
    let mut table = Table::new();
    let header = ["client", "true", "reported", "repeated", "lost", "rants lost", "delay, median", "worst", "over 1 s"];
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for report in reports {
        let heard = || report.heard.iter().map(|(_, entry)| entry);
        let truth = || evening.truth().iter().map(|(_, entry)| entry);
        let lines = Count::new(truth(), heard());
        let rants = Count::new(of_kind("rant", truth()), of_kind("rant", heard()));
        let delays = delays(evening, report);
        let seconds = |delay: Option<&Duration>| delay.map_or(String::new(), |delay| format!("{:.3} s", delay.as_secs_f64()));
        let figures = [lines.all, lines.reported, lines.repeated, lines.lost(), rants.lost()].map(|figure| figure.to_string());
        let late = delays.iter().filter(|delay| **delay > Duration::from_secs(1)).count().to_string();
        let delays = [delays.get(delays.len() / 2), delays.last()].map(seconds).into_iter().chain([late]);
        table.add_row([report.client.to_owned()].into_iter().chain(figures).chain(delays));
    }
    println!("{table}");
    for Report { client, notes, .. } in reports {
        for same in notes.chunk_by(|(_, one), (_, other)| one == other) {
            if let Some((at, note)) = same.first() {
                println!("{client}, from {:.1} s on, {}×: {note}", at.as_secs_f64(), same.len());
            }
        }
    }
}

/// How long after it was said each line was told for the first time, sorted.
fn delays(evening: &Evening, report: &Report) -> Vec<Duration> {
    let mut told: HashMap<&Entry, VecDeque<Duration>> = HashMap::new();
    for (at, entry) in &report.heard {
        told.entry(entry).or_default().push_back(*at);
    }
    let first = |(said, entry): &(Duration, Entry)| Some(told.get_mut(entry)?.pop_front()?.saturating_sub(*said));
    let mut delays: Vec<_> = evening.truth().iter().filter_map(first).collect();
    delays.sort();
    delays
}
