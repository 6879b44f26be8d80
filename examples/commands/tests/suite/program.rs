//! The program itself, in its own process.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use rumble_live::{
    StreamId,
    sim::{Server, Sim},
};
use tokio::time::{sleep, timeout};

use crate::harbour::BOT;

/// Longer than anything takes here. What has not come by then never comes.
const PATIENCE: Duration = Duration::from_secs(60);

struct Program {
    process: Child,
    lines: std::sync::mpsc::Receiver<String>,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_commands"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for variable in ["RUMBLE_API_URL", "RUMBLE_SESSION", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let (mut stdout, mut stderr) = (BufReader::new(process.stdout.take().unwrap()), process.stderr.take().unwrap());
        let (sender, lines) = std::sync::mpsc::channel();
        let stdout = thread::spawn(move || {
            let (mut all, mut line) = (String::new(), String::new());
            while stdout.read_line(&mut line).unwrap() > 0 {
                all += &line;
                // The test may not read any more of them.
                drop(sender.send(std::mem::take(&mut line)));
            }
            all
        });
        let stderr = thread::spawn(move || {
            let mut all = String::new();
            stderr.read_to_string(&mut all).unwrap();
            all
        });
        Self { process, lines, stdout, stderr }
    }

    /// Waits for a line of standard output.
    fn line(&self, with: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no line with {with:?}: {error}"));
            if line.contains(with) {
                return line;
            }
        }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    fn wait(mut self) -> (ExitStatus, String, String) {
        (self.process.wait().unwrap(), self.stdout.join().unwrap(), self.stderr.join().unwrap())
    }
}

fn run(command: &mut Command) -> (i32, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

/// A served account on this machine.
async fn harbour() -> (Sim, StreamId, Server) {
    let sim = Sim::running(42);
    let stream = sim.start_stream("Harbour lights");
    let server = sim.serve().await.unwrap();
    (sim, stream, server)
}

async fn until(is_so: impl Fn() -> bool) {
    timeout(PATIENCE, async {
        while !is_so() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .unwrap();
}

#[test]
fn it_answers_on_the_simulated_account_and_ends_by_sigterm_with_its_state_stored() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state.json");
    let program = Program::start(command(&["--state"]).arg(&state));
    program.line("PebblePete: !uptime");
    program.line("> @PebblePete live for");
    let (code, second) = run(command(&["--state"]).arg(&state));
    assert!(code == 1 && second.contains("another program uses this file"), "two would both answer: {second}");
    program.signal("-TERM");
    let (status, stdout, stderr) = program.wait();
    assert!(status.success(), "{stderr}");
    assert!(stderr.contains("RUMBLE_API_URL is not set"), "{stderr}");
    let stored = fs::read_to_string(&state).unwrap();
    assert!(stored.contains("@PebblePete"), "the cool-down is stored: {stored}");
    assert!(!(stdout + &stderr + &stored).contains("simulated-"), "that is how the simulator's tokens begin");
    assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn bad_setting_ends_it_at_once_and_names_the_file_and_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    let config = write("commands.toml", "cool_down = 5\n[commands.hi]\ntxt = \"hi\"\n");
    let state = write("state.json", "[]");
    let session = write("session", "secret-of-the-bot");
    fs::set_permissions(&session, fs::Permissions::from_mode(0o644)).unwrap();
    let missing = folder.path().join("nowhere/state.json").display().to_string();
    for (arguments, words) in [
        (["--config", &config], format!("{config}, line 3: unknown field `txt`")),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot read the configuration".to_owned()),
        (["--state", &state], format!("{state}: this is not a state file of this program")),
        (["--state", &missing], format!("{missing}.lock: cannot be opened")),
    ] {
        let (code, stderr) = run(&mut command(&arguments));
        assert!(code == 1 && stderr.contains(&words), "{arguments:?}: {stderr}");
    }
    let (code, stderr) = run(command(&["--session-file", &session]).env("RUMBLE_API_URL", "http://127.0.0.1:1/?key=secret-key"));
    assert!(code == 1 && stderr.contains(&format!("{session}: others can read it")) && !stderr.contains("secret-"), "{stderr}");
    let (code, stderr) = run(command(&[]).env("RUMBLE_API_URL", "secret-key"));
    assert!(code == 1 && stderr.contains("RUMBLE_API_URL") && !stderr.contains("secret-"), "{stderr}");
    let url = "http://127.0.0.1:1/?key=secret-key";
    let (code, stderr) = run(command(&[]).env("RUMBLE_API_URL", url).env("RUMBLE_SESSION", "secret token"));
    assert!(code == 1 && stderr.contains("RUMBLE_SESSION") && !stderr.contains("secret"), "{stderr}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_it_says_so_and_prints_what_it_would_say() {
    let (sim, stream, server) = harbour().await;
    let program = Program::start(command(&[]).env("RUMBLE_API_URL", server.url()));
    until(|| sim.open_chats() == 1).await;
    sim.message(&stream, "ada", "!uptime");
    let line = tokio::task::block_in_place(|| program.line("would say"));
    assert!(line.contains("> would say: @ada live for"), "{line}");
    program.signal("-INT");
    let (status, stdout, stderr) = program.wait();
    assert!(status.success() && stderr.contains("RUMBLE_SESSION is not set"), "{stderr}");
    assert_eq!(sim.session_requests(), 0);
    assert!(!(stdout + &stderr).contains("key="));
}

#[tokio::test(flavor = "multi_thread")]
async fn renewed_session_is_stored_for_its_owner_alone_and_used_at_the_next_start() {
    let (sim, stream, server) = harbour().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session");
    let first = sim.session(BOT);
    let start = || {
        let mut command = command(&["--session-file"]);
        // At the second start this token no longer works.
        command.arg(&file).env("RUMBLE_API_URL", server.url()).env("RUMBLE_SESSION", first.expose()).env("RUST_LOG", "trace");
        Program::start(&mut command)
    };
    let mut outputs = String::new();
    for user in ["ada", "grace"] {
        let program = start();
        until(|| sim.open_chats() == 1).await;
        if user == "ada" {
            sim.renew_session(BOT);
        }
        sim.message(&stream, user, "!uptime");
        tokio::task::block_in_place(|| program.line(&format!("> @{user} live for")));
        program.signal("-TERM");
        let (status, stdout, stderr) = program.wait();
        assert!(status.success(), "{stderr}");
        outputs += &(stdout + &stderr);
        until(|| sim.open_chats() == 0).await;
    }
    let stored = fs::read_to_string(&file).unwrap();
    assert!(!stored.is_empty() && stored != first.expose());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for secret in [first.expose(), &stored, "key=simulated"] {
        assert!(!outputs.contains(secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn program_that_is_killed_again_and_again_answers_nothing_twice() {
    let (sim, stream, server) = harbour().await;
    let folder = tempfile::tempdir().unwrap();
    let (state, config) = (folder.path().join("state.json"), folder.path().join("commands.toml"));
    fs::write(&config, "cool_down = 0\nuser_cool_down = 0\n[commands.hi]\ntext = \"hi {user}\"\n").unwrap();
    let token = sim.session(BOT);
    let start = |state: &Path| {
        let mut command = command(&["--config"]);
        command.arg(&config).arg("--state").arg(state).env("RUMBLE_API_URL", server.url()).env("RUMBLE_SESSION", token.expose());
        Program::start(&mut command)
    };
    let users: Vec<_> = (0..8).map(|number| format!("sailor{number}")).collect();
    for (round, user) in (0..).zip(&users) {
        let program = start(&state);
        until(|| sim.open_chats() == 1).await;
        sim.message(&stream, user, "!hi");
        // The kills come at moments from before the command was heard until after it was answered.
        sleep(Duration::from_millis(4 * round)).await;
        program.signal("-KILL");
        program.wait();
        until(|| sim.open_chats() == 0).await;
    }
    let program = start(&state);
    until(|| sim.open_chats() == 1).await;
    sim.message(&stream, "otto", "!hi");
    tokio::task::block_in_place(|| program.line("> hi otto"));
    program.signal("-TERM");
    program.wait();
    for user in &users {
        let times = sim.times_posted(&format!("hi {user}"));
        assert!(times <= 1, "{user} was answered {times} times");
    }
}
