//! Runs the program in processes of its own, and the accounts that it watches.

use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use async_nats::jetstream;
use cluster::store::STREAM;
use rumble_live::{
    Event,
    sim::{self, Sim},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::server::Server;

/// Longer than anything here takes, apart from a takeover.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
const LOOK: Duration = Duration::from_millis(100);

/// A simulated account, and the file with its URL.
pub(crate) struct Account {
    pub(crate) sim: Sim,
    pub(crate) id: &'static str,
    pub(crate) file: PathBuf,
    pub(crate) server: sim::Server,
    _folder: TempDir,
}

impl Account {
    pub(crate) async fn serve(id: &'static str) -> Self {
        let sim = Sim::on_wall_clock(42);
        let server = sim.serve().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("url");
        fs::write(&file, server.url()).unwrap();
        Self { sim, id, file, server, _folder: folder }
    }

    pub(crate) async fn add_to(&self, server: &Server) {
        run(server, &["add", self.id, "--url-file", self.file.to_str().unwrap()]).await;
    }

    /// Adds new followers with these numbers in their names.
    pub(crate) fn follow(&self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            self.sim.follow(&format!("follower-{number}"));
        }
    }
}

fn command(server: &Server, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    command.args(arguments).env("NATS_URL", server.url()).stdin(Stdio::null()).kill_on_drop(true);
    for variable in ["NATS_CREDS", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command
}

/// Runs a command that has to succeed, and returns what it prints.
pub(crate) async fn run(server: &Server, arguments: &[&str]) -> String {
    let output = command(server, arguments).output().await.unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a command that has to fail, and returns everything that it prints and
/// logs.
pub(crate) async fn fail(server: &Server, arguments: &[&str]) -> String {
    let output = command(server, arguments).output().await.unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// A worker that polls twice a second.
pub(crate) struct Worker {
    process: Child,
    log: PathBuf,
    _folder: TempDir,
}

impl Worker {
    pub(crate) fn start(server: &Server, name: &str) -> Self {
        Self::start_with(server, name, &[])
    }

    pub(crate) fn start_with(server: &Server, name: &str, arguments: &[&str]) -> Self {
        Self::run(command(server, &[&["worker", "--name", name, "--interval", "0.5"], arguments].concat()))
    }

    /// Starts a worker that logs everything it can.
    pub(crate) fn start_talkative(server: &Server, name: &str) -> Self {
        let mut command = command(server, &["worker", "--name", name, "--interval", "0.5"]);
        command.env("RUST_LOG", "trace");
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let process = command.stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap()).spawn().unwrap();
        Self { process, log, _folder: folder }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    pub(crate) async fn ended(&mut self) -> ExitStatus {
        self.process.wait().await.unwrap()
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }
}

pub(crate) async fn status(server: &Server) -> Value {
    serde_json::from_str(&run(server, &["status", "--json"]).await).unwrap()
}

/// Waits until `find` finds something in the output of `cluster status`.
pub(crate) async fn status_with<T>(server: &Server, what: &str, find: impl Fn(&Value) -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        let status = status(server).await;
        if let Some(found) = find(&status) {
            return found;
        }
        assert!(Instant::now() < end, "{what} never comes: {status}");
        sleep(LOOK).await;
    }
}

/// Waits until a worker holds the first account, and returns the epoch of its
/// lease.
pub(crate) async fn held_by(server: &Server, worker: &str) -> u64 {
    let find = |status: &Value| status["accounts"][0]["epoch"].as_u64().filter(|_| status["accounts"][0]["holder"] == worker);
    status_with(server, &format!("{worker} as holder"), find).await
}

/// All events that are stored so far, in order, each with its account.
pub(crate) async fn stored(server: &Server) -> Vec<(String, Event)> {
    let Ok(stream) = jetstream::new(server.connect().await).get_stream(STREAM).await else { return Vec::new() };
    let mut events = Vec::new();
    for sequence in 1..=stream.cached_info().state.last_sequence {
        // Older checkpoints have been removed.
        let Ok(message) = stream.get_raw_message(sequence).await else { continue };
        if let Some(rest) = message.subject.strip_prefix("rumble.events.") {
            let account = rest.split('.').next().unwrap().to_owned();
            events.push((account, serde_json::from_slice(&message.payload).unwrap()));
        }
    }
    events
}

/// Waits until `count` followers of an account are stored. Checks that each of
/// them is there once, in order, and that nothing was lost.
pub(crate) async fn followers_are_stored_once(server: &Server, account: &Account, count: usize) {
    let end = Instant::now() + PATIENCE;
    let wanted = (0..count).map(|number| format!("follower-{number}")).collect::<Vec<_>>();
    loop {
        let events = stored(server).await;
        let events = events.into_iter().filter(|(of, _)| of == account.id).map(|(_, event)| event).collect::<Vec<_>>();
        let found = events.iter().filter_map(|event| match event {
            Event::Follower(follower) => Some(follower.username.clone()),
            _ => None,
        });
        let found = found.collect::<Vec<_>>();
        if found.len() >= count {
            assert_eq!(found, wanted);
            let lost = events.iter().filter(|event| matches!(event, Event::Gap(_) | Event::Unreadable(_)));
            assert_eq!(lost.count(), 0, "{events:?}");
            return;
        }
        let mut told = String::new();
        for event in events {
            writeln!(told, "{event}").unwrap();
        }
        assert!(Instant::now() < end, "only {} of {count} followers are stored:\n{told}", found.len());
        sleep(LOOK).await;
    }
}

/// Waits until the account has been polled for the first time. Whatever happens
/// from then on is news.
pub(crate) async fn ready(server: &Server, account: &str) {
    let end = Instant::now() + PATIENCE;
    while !stored(server).await.iter().any(|(of, event)| of == account && *event == Event::Ready) {
        assert!(Instant::now() < end, "{account} is never watched");
        sleep(LOOK).await;
    }
}
