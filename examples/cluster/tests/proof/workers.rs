//! Runs the program in processes of its own.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use tokio::time::Instant;

use crate::log::{Change, Lease};

/// How many lines of each run to keep, to show them if the test fails.
const KEPT: usize = 40;

/// Everything that the workers have logged.
#[derive(Clone)]
pub(crate) struct Said {
    start: Instant,
    leases: Arc<Mutex<Vec<Lease>>>,
    last: Arc<Mutex<BTreeMap<String, VecDeque<String>>>>,
}

impl Said {
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, leases: Arc::default(), last: Arc::default() }
    }

    pub(crate) fn leases(&self) -> Vec<Lease> {
        self.leases.lock().unwrap().clone()
    }

    /// The last lines of all runs.
    pub(crate) fn last(&self) -> String {
        let runs = self.last.lock().unwrap().keys().cloned().collect::<Vec<_>>();
        runs.iter().map(|run| format!("{run}:\n{}", self.last_of(run))).collect::<Vec<_>>().join("\n")
    }

    /// The last lines of one run.
    pub(crate) fn last_of(&self, run: &str) -> String {
        let last = self.last.lock().unwrap();
        last.get(run).into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    fn hear(&self, run: &str, line: &str) {
        let at = self.start.elapsed();
        if let Some((account, change)) = read(line) {
            self.leases.lock().unwrap().push(Lease { account: account.into(), run: run.into(), at, change });
        } else {
            let mut last = self.last.lock().unwrap();
            let last = last.entry(run.to_owned()).or_default();
            last.push_back(format!("{:.3} {line}", at.as_secs_f64()));
            let more = last.len().saturating_sub(KEPT);
            last.drain(..more);
        }
    }
}

/// The account and what became of its lease, if the line is about a lease.
fn read(line: &str) -> Option<(&str, Change)> {
    let (_, account) = line.split_once("account=")?;
    let account = account.split(' ').next()?.trim_matches('"');
    line.contains("epoch=").then_some(())?;
    let changes = [
        ("fence", Change::Fenced),
        ("taken", Change::Taken),
        ("given back", Change::GivenBack),
        ("lost", Change::Lost),
        ("left to expire", Change::Lost),
    ];
    changes.into_iter().find_map(|(word, change)| line.contains(word).then_some((account, change)))
}

/// One process of a worker.
pub(crate) struct Worker {
    pub(crate) run: String,
    process: Child,
}

impl Worker {
    /// `urls` are environment variables and their values.
    pub(crate) fn start(name: &str, run: &str, nats: &str, urls: impl Iterator<Item = (String, String)>, said: &Said) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
        command.args(["worker", "--name", name, "--replicas", "3"]).env("NATS_URL", nats).envs(urls).env_remove("RUST_LOG");
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, said, run) = (BufReader::new(process.stderr.take().unwrap()).lines(), said.clone(), run.to_owned());
        let of = run.clone();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                said.hear(&of, &line);
            }
        });
        Self { run, process }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the worker.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn stop(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    /// Tells the worker to end.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.status().is_some()
    }

    /// How the worker ended. `None` if it still runs.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().unwrap()
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The process has usually ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[test]
fn lines_about_leases_are_told_from_others() {
    let line = |text: &str| format!("2026-11-27T12:00:00.000000Z  INFO cluster: {text} account=account-7 epoch=12");
    for (text, change) in [
        ("lease taken", Change::Taken),
        ("lease given back", Change::GivenBack),
        ("lease lost", Change::Lost),
        ("lease left to expire", Change::Lost),
        ("batch refused by the fence", Change::Fenced),
    ] {
        assert_eq!(read(&line(text)), Some(("account-7", change)));
    }
    assert_eq!(read("WARN cluster: the NATS server is away account=account-7"), None);
}
