//! The program in its own process, and the account that it records.

use std::{
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};

use rumble_live::{
    StreamId,
    sim::{Server, Sim},
};
use tempfile::TempDir;

/// Longer than anything takes here. What has not come by then never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Where the program stores.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    File(PathBuf),
    /// A server, by its URL.
    Server(String),
}

/// A simulated account with a key that occurs nowhere else.
pub(crate) struct Account {
    pub(crate) sim: Sim,
    pub(crate) stream: StreamId,
    pub(crate) url: String,
    _server: Server,
}

impl Account {
    pub(crate) async fn serve() -> Self {
        let sim = Sim::running(42);
        let stream = sim.start_stream("Harbour lights");
        let server = Sim::new(1).serve().await.unwrap();
        let url = server.add(&sim);
        Self { sim, stream, url, _server: server }
    }

    pub(crate) fn key(&self) -> &str {
        self.url.split_once("key=").unwrap().1
    }
}

/// A folder and the name of a database in it.
pub(crate) fn file() -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive.db");
    (folder, Database::File(file))
}

pub(crate) fn command(database: &Database, arguments: &[&str]) -> Command {
    command_of(Path::new(env!("CARGO_BIN_EXE_archive")), database, arguments)
}

pub(crate) fn command_of(program: &Path, database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    for variable in ["RUMBLE_API_URL", "ARCHIVE_DATABASE_URL", "NATS_URL", "NATS_CREDS", "RUST_LOG"] {
        command.env_remove(variable);
    }
    match database {
        Database::File(file) => command.arg("--database").arg(file),
        Database::Server(url) => command.env("ARCHIVE_DATABASE_URL", url),
    };
    command
}

/// The command that records this account.
pub(crate) fn recording(account: &Account, database: &Database, arguments: &[&str]) -> Command {
    let mut command = command(database, &[&["run", "--interval", "0.1"], arguments].concat());
    command.env("RUMBLE_API_URL", &account.url);
    command
}

/// A run of the program.
pub(crate) struct Program {
    process: Child,
    lines: Receiver<String>,
    /// Everything that it has printed so far.
    said: String,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        forward(process.stdout.take().unwrap(), sender.clone());
        forward(process.stderr.take().unwrap(), sender);
        Self { process, lines, said: String::new() }
    }

    /// Waits for a line of either output.
    pub(crate) fn line(&mut self, with: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("no line with {with:?}: {error}; it has said:\n{}", self.said));
            self.said += &line;
            if line.contains(with) {
                return line;
            }
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Ends it as `kill -9` does, and returns what it has printed.
    pub(crate) fn kill(mut self) -> String {
        assert!(self.is_running(), "it has ended by itself: {}", self.wait().1);
        self.process.kill().unwrap();
        self.wait().1
    }

    pub(crate) fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap().success());
    }

    /// Ends it by SIGTERM, which must go well.
    pub(crate) fn end(self) -> String {
        self.signal("-TERM");
        let (status, said) = self.wait();
        assert!(status.success(), "{said}");
        said
    }

    /// Waits for its end, and returns everything that it has printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.said += &line,
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end, and has said:\n{}", self.said),
            }
        }
        (self.process.wait().unwrap(), std::mem::take(&mut self.said))
    }
}

/// A test that fails must leave no process behind.
impl Drop for Program {
    fn drop(&mut self) {
        // It has usually ended by now.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn forward(output: impl Read + Send + 'static, lines: Sender<String>) {
    let mut output = BufReader::new(output);
    thread::spawn(move || {
        let mut line = String::new();
        while output.read_line(&mut line).is_ok_and(|length| length > 0) {
            if lines.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
}

/// Runs it to its end, and returns whether that went well, what it printed, and
/// what it wrote to standard error.
pub(crate) fn run(command: &mut Command) -> (bool, String, String) {
    let output = command.output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Why it did not even start.
pub(crate) fn refusal(command: &mut Command) -> String {
    let (status, said) = Program::start(command).wait();
    assert!(!status.success(), "it has started: {said}");
    said
}
