//! The program itself, in its own process.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
};

use rumble_live::{
    StreamId,
    sim::{Server, Sim},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::receiver::{Act, PATIENCE, Receiver};

/// A served account on this machine, and a folder for its relay.
pub(crate) struct Account {
    pub(crate) sim: Sim,
    pub(crate) stream: StreamId,
    pub(crate) folder: TempDir,
    server: Server,
}

impl Account {
    pub(crate) async fn serve() -> Self {
        let sim = Sim::running(42);
        let stream = sim.start_stream("Harbour lights");
        let server = sim.serve().await.unwrap();
        Self { sim, stream, folder: tempfile::tempdir().unwrap(), server }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        fs::write(&file, text).unwrap();
        file
    }

    pub(crate) fn key(&self) -> &str {
        self.server.url().split_once("key=").unwrap().1
    }

    /// The program with this account, and with `relay.toml` and `relay.db` in
    /// the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.arg("--config").arg(self.file("relay.toml")).arg("--state").arg(self.file("relay.db"));
        command.env("RUMBLE_API_URL", self.server.url());
        command
    }

    /// A relay that has seen the account.
    pub(crate) async fn relay(&self, set: impl FnOnce(&mut Command)) -> Program {
        let mut command = self.command(&["--interval", "0.05"]);
        set(&mut command);
        let answers = self.sim.answers();
        let mut program = Program::start(&mut command);
        timeout(PATIENCE, async {
            while self.sim.answers() < answers + 2 {
                assert!(program.process.try_wait().unwrap().is_none(), "it has ended");
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
        program
    }
}

pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_relay"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.env_remove("RUMBLE_API_URL").env_remove("RUST_LOG");
    command
}

pub(crate) struct Program {
    pub(crate) process: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: ChildStderr,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap()).lines();
        let stderr = process.stderr.take().unwrap();
        Self { process, stdout, stderr }
    }

    async fn line(&mut self, with: &str) -> String {
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.stdout.next_line().await.unwrap() {
                if line.contains(with) {
                    return line;
                }
            }
            panic!("there is no line with {with:?}")
        });
        found.await.unwrap()
    }

    /// Sends a signal, waits for the end, and returns what both outputs said.
    pub(crate) async fn end_by(mut self, signal: &str) -> (ExitStatus, String) {
        let pid = self.process.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().await.unwrap().success());
        self.end().await
    }

    pub(crate) async fn end(&mut self) -> (ExitStatus, String) {
        let (mut out, mut err) = (Vec::new(), String::new());
        let stdout = async {
            while let Some(line) = self.stdout.next_line().await.unwrap() {
                out.push(line);
            }
        };
        let ended = async { tokio::join!(self.process.wait(), stdout, self.stderr.read_to_string(&mut err)) };
        let (status, (), read) = timeout(PATIENCE, ended).await.expect("it ends");
        read.unwrap();
        (status.unwrap(), out.join("\n") + "\n" + &err)
    }
}

pub(crate) async fn run(command: &mut Command) -> (bool, String) {
    let output = timeout(PATIENCE, command.output()).await.expect("it ends").unwrap();
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.success(), said)
}

pub(crate) fn destination(name: &str, format: &str, more: &str) -> String {
    format!("[[destination]]\nname = \"{name}\"\ntype = \"{format}\"\nurl_env = \"URL_{}\"\n{more}\n", name.to_uppercase())
}

#[tokio::test]
async fn without_settings_it_shows_what_a_receiver_of_its_own_gets_and_ends_by_sigterm() {
    let mut program = Program::start(&mut command(&[]));
    for with in ["discord_webhook", "slack_webhook", "webhook_url      (signed)", "DoAction"] {
        program.line(with).await;
    }
    let (status, said) = program.end_by("TERM").await;
    assert!(status.success(), "{said}");
    assert!(said.contains("RUMBLE_API_URL is not set") && said.contains("there is no --config"), "{said}");
}

#[tokio::test]
async fn configuration_without_an_account_is_an_error_and_nothing_simulated_is_sent() {
    let account = Account::serve().await;
    let receiver = Receiver::start(|_| Act::Answer(204)).await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let (is_good, said) = run(account.command(&[]).env_remove("RUMBLE_API_URL").env("URL_A", receiver.url("a"))).await;
    assert!(!is_good && said.contains("RUMBLE_API_URL is not set"), "{said}");
    assert!(receiver.seen().is_empty() && !account.file("relay.db").exists());
}

#[tokio::test]
async fn demo_with_a_real_account_leaves_no_state_and_takes_none() {
    let account = Account::serve().await;
    let demo = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.current_dir(account.folder.path()).env("RUMBLE_API_URL", account.server.url());
        command
    };
    let answers = account.sim.answers();
    let mut program = Program::start(&mut demo(&["--interval", "0.05"]));
    timeout(PATIENCE, async {
        while account.sim.answers() < answers + 2 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    account.sim.follow("ada");
    program.line("**ada** followed").await;
    let (status, said) = program.end_by("TERM").await;
    assert!(status.success(), "{said}");
    assert_eq!(fs::read_dir(account.folder.path()).unwrap().count(), 0);
    let (is_good, said) = run(&mut demo(&["--state", "relay.db"])).await;
    assert!(!is_good && said.contains("--state is for a relay with --config"), "{said}");
}

#[tokio::test]
async fn what_waits_for_a_destination_that_is_not_wanted_any_more_can_be_dropped() {
    let account = Account::serve().await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let relay = account
        .relay(|command| {
            command.env("URL_A", "http://127.0.0.1:9/");
        })
        .await;
    account.sim.follow("ada");
    timeout(PATIENCE, async { while !run(&mut account.command(&["status"])).await.1.contains("a: 1 waiting") {} }).await.unwrap();
    assert!(relay.end_by("TERM").await.0.success());
    account.write("relay.toml", &destination("b", "slack", ""));
    let relay = account
        .relay(|command| {
            command.env("URL_B", "http://127.0.0.1:9/");
        })
        .await;
    let (_, said) = relay.end_by("TERM").await;
    assert!(said.contains("`relay drop --destination a` drops them"), "{said}");
    assert_eq!(run(&mut account.command(&["drop", "--destination", "a"])).await, (true, "1 was dropped\n".into()));
    let (_, said) = run(&mut account.command(&["status"])).await;
    assert!(said.contains("a: 0 waiting, 0 failed"), "{said}");
}

#[tokio::test]
async fn answer_that_comes_soon_after_sigterm_is_waited_for_and_noted() {
    let account = Account::serve().await;
    let receiver = Receiver::start(|_| Act::Later(std::time::Duration::from_millis(200), 204)).await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let url = receiver.url("a");
    let set = |command: &mut Command| {
        command.env("URL_A", &url);
    };
    let relay = account.relay(set).await;
    account.sim.follow("ada");
    receiver.until(|seen| seen.len() == 1).await;
    let (status, said) = relay.end_by("TERM").await;
    assert!(status.success(), "{said}");
    let relay = account.relay(set).await;
    account.sim.follow("bea");
    let seen = receiver.until(|seen| seen.iter().any(|seen| seen.body.contains("bea"))).await;
    assert_eq!(seen.len(), 2);
    assert!(relay.end_by("TERM").await.0.success());
}

#[tokio::test]
async fn what_is_in_flight_at_sigterm_is_cut_and_sent_again_with_the_same_key_and_bytes() {
    let account = Account::serve().await;
    let mut count = 0;
    let receiver = Receiver::start(move |_| {
        count += 1;
        if count == 1 { Act::Hang } else { Act::Answer(204) }
    })
    .await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let url = receiver.url("a");
    let relay = account
        .relay(|command| {
            command.env("URL_A", &url);
        })
        .await;
    account.sim.follow("ada");
    receiver.until(|seen| seen.len() == 1).await;
    // It ends successfully only if it ends in time.
    let (status, said) = relay.end_by("TERM").await;
    assert!(status.success(), "{said}");
    let relay = account
        .relay(|command| {
            command.env("URL_A", &url);
        })
        .await;
    let seen = receiver.until(|seen| seen.len() == 2).await;
    assert_eq!((seen[0].key(), &seen[0].body), (seen[1].key(), &seen[1].body));
    assert!(relay.end_by("INT").await.0.success());
}

#[tokio::test]
async fn receiver_that_fails_in_every_way_gets_each_event_and_twice_only_what_it_did_not_answer() {
    let account = Account::serve().await;
    let mut count = 0;
    let mut receiver = Receiver::start(move |_| {
        count += 1;
        match count {
            1 => Act::Answer(500),
            2 => Act::Say(429, "retry-after: 1\r\n".into(), String::new()),
            4 => Act::Cut,
            6 => Act::Hang,
            8 => Act::Say(429, String::new(), "{\"retry_after\": 0.5}".into()),
            // Nobody may follow this redirect.
            10 => Act::Say(302, "location: /elsewhere\r\n".into(), String::new()),
            _ => Act::Answer(204),
        }
    })
    .await;
    account.write("relay.toml", &destination("a", "discord", ""));
    let url = receiver.url("a");
    let relay = account
        .relay(|command| {
            command.env("URL_A", url);
        })
        .await;
    let names: Vec<_> = (0..12).map(|number| format!("viewer{number}")).collect();
    names[..8].iter().for_each(|name| account.sim.follow(name));
    receiver.until(|seen| seen.len() >= 11).await;
    receiver.go_down().await;
    names[8..].iter().for_each(|name| account.sim.follow(name));
    // Waits until it has tried in vain.
    timeout(PATIENCE, async { while !run(&mut account.command(&["status"])).await.1.contains("cannot be reached") {} }).await.unwrap();
    receiver.come_back().await;
    let seen = receiver.until(|seen| names.iter().all(|name| seen.iter().any(|seen| seen.is_taken() && seen.body.contains(name)))).await;
    let (status, said) = relay.end_by("TERM").await;
    assert!(status.success(), "{said}");
    for (number, one) in seen.iter().enumerate() {
        assert_eq!(one.path, "a");
        let before: Vec<_> = seen[..number].iter().filter(|other| other.key() == one.key()).collect();
        assert!(before.iter().all(|other| other.body == one.body && !other.is_taken()), "{one:?}");
    }
    assert!(said.contains("HTTP 500") && said.contains("HTTP 429") && said.contains("no answer within 10 s"), "{said}");
}

#[tokio::test]
async fn failure_is_told_shown_by_status_and_sent_again_by_retry_while_the_relay_runs() {
    let account = Account::serve().await;
    let mut count = 0;
    let receiver = Receiver::start(move |_| {
        count += 1;
        Act::Answer(if count == 1 { 410 } else { 200 })
    })
    .await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let url = receiver.url("a");
    let relay = account
        .relay(|command| {
            command.env("URL_A", url);
        })
        .await;
    account.sim.follow("ada");
    receiver.until(|seen| seen.len() == 1).await;
    account.sim.follow("bea");
    receiver.until(|seen| seen.len() == 2).await;
    let (_, said) = run(&mut account.command(&["status"])).await;
    assert!(said.contains("1 failed") && said.contains("HTTP 410 Gone") && said.contains("follower:"), "{said}");
    for command in ["retry", "drop"] {
        let (is_good, said) = run(&mut account.command(&[command, "--destination", "b"])).await;
        assert!(!is_good && said.contains("nothing for a destination \"b\"; there is something for: a"), "{said}");
    }
    assert_eq!(run(&mut account.command(&["retry"])).await, (true, "1 will be sent again\n".into()));
    let seen = receiver.until(|seen| seen.len() == 3).await;
    assert_eq!((seen[0].key(), &seen[0].body), (seen[2].key(), &seen[2].body));
    let (_, said) = relay.end_by("TERM").await;
    assert!(said.contains("cannot be delivered"), "{said}");
}

#[tokio::test]
async fn second_relay_on_the_same_state_ends_with_an_error() {
    let account = Account::serve().await;
    account.write("relay.toml", &destination("a", "slack", ""));
    let relay = account
        .relay(|command| {
            command.env("URL_A", "http://127.0.0.1:9/");
        })
        .await;
    let (is_good, said) = run(account.command(&[]).env("URL_A", "http://127.0.0.1:9/")).await;
    assert!(!is_good && said.contains("another program uses this file") && said.contains("relay.db"), "{said}");
    assert!(relay.end_by("TERM").await.0.success());
}

#[tokio::test]
async fn test_sends_one_of_each_kind_to_each_destination_past_filters_and_waits_where_it_is_asked_to() {
    let account = Account::serve().await;
    let mut count = 0;
    let receiver = Receiver::start(move |seen| {
        count += 1;
        match (seen.path.as_str(), count) {
            (_, 3) => Act::Say(429, "retry-after: 1\r\n".into(), String::new()),
            ("gone", _) => Act::Answer(410),
            _ => Act::Answer(204),
        }
    })
    .await;
    let quiet = "[destination.quiet]\nfrom = \"00:00\"\nuntil = \"23:59:59\"\nzone = \"UTC\"\n";
    account
        .write("relay.toml", &(destination("a", "discord", &format!("kinds = [\"rant\"]\n{quiet}")) + &destination("gone", "slack", "")));
    let mut test = account.command(&["test"]);
    let (is_good, said) = run(test.env("URL_A", receiver.url("a")).env("URL_GONE", receiver.url("gone"))).await;
    assert!(!is_good);
    for kind in ["follower", "subscriber", "gifted_subs", "rant", "raid_received", "stream_started"] {
        assert!(said.contains(&format!("a {kind}: delivered\n")), "{said}");
        assert!(said.contains(&format!("gone {kind}: not delivered: HTTP 410 Gone\n")), "{said}");
    }
    assert_eq!(receiver.seen().len(), 13);
    assert!(receiver.seen().iter().all(|seen| seen.body.to_lowercase().contains("test") && !seen.body.contains("rumble.com/v")));
    assert!(receiver.seen().iter().all(|seen| seen.key().starts_with("test:")));
    assert!(!account.file("relay.db").exists(), "a test is not stored");
    let mut one = account.command(&["test", "--destination", "a"]);
    let (is_good, said) = run(one.env("URL_A", receiver.url("a")).env("URL_GONE", receiver.url("gone"))).await;
    assert!(is_good && !said.contains("gone"), "{said}");
    let mut none = account.command(&["test", "--destination", "b"]);
    let (is_good, said) = run(none.env("URL_A", receiver.url("a")).env("URL_GONE", receiver.url("gone"))).await;
    assert!(!is_good && said.contains("no destination \"b\"; it has: a, gone"), "{said}");
}

#[tokio::test]
async fn check_names_each_fault_and_shows_what_would_be_said() {
    let account = Account::serve().await;
    let file = account.write("relay.toml", &(destination("a", "slack", "least = -1") + &destination("a", "irc", "")));
    let check = async |text: &str| {
        fs::write(&file, text).unwrap();
        run(account.command(&["check"]).env("URL_A", "http://127.0.0.1:9/")).await
    };
    let (is_good, said) = check(&(destination("a", "slack", "least = -1") + &destination("a", "slack", ""))).await;
    assert!(!is_good && said.contains("relay.toml, line 5: -1 is not an amount"), "{said}");
    assert!(said.contains("relay.toml, line 7: two destinations are called \"a\""), "{said}");
    let (is_good, said) = check(&destination("a", "slack", "kinds = [\"rant\"]")).await;
    assert!(is_good && said.contains("*TestViewer* ranted *$10.00*: this is a test") && said.contains("(not wanted here)"), "{said}");
    let (is_good, said) = run(command(&["check", "--config"]).arg(Path::new("/nowhere/relay.toml"))).await;
    assert!(!is_good && said.contains("/nowhere/relay.toml: cannot read the configuration"), "{said}");
}
