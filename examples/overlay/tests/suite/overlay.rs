//! Runs the program, and connects to it over a socket instead of a browser.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rumble_live::sim::{Server, Sim};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// The longest that anything may take. It is much longer than anything ever
/// takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A simulated account with a key that occurs nowhere else.
pub(crate) struct Account {
    pub(crate) sim: Sim,
    pub(crate) url: String,
    _server: Server,
}

impl Account {
    pub(crate) async fn serve() -> Self {
        let sim = Sim::running(42);
        let server = Sim::new(1).serve().await.unwrap();
        let url = server.add(&sim);
        Self { sim, url, _server: server }
    }

    pub(crate) fn key(&self) -> &str {
        self.url.split_once("key=").unwrap().1
    }
}

/// A run of the program.
pub(crate) struct Overlay {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: BufReader<ChildStderr>,
    pub(crate) address: SocketAddr,
}

pub(crate) fn command(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_overlay"));
    command.env("RUMBLE_API_URL", url).env_remove("RUST_LOG").stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

impl Overlay {
    /// Starts it on a free port, without a checkpoint.
    pub(crate) async fn start(account: &Account) -> Self {
        Self::start_with(account, 0, None, |_| {}).await
    }

    pub(crate) async fn start_with(account: &Account, port: u16, checkpoint: Option<&Path>, more: impl FnOnce(&mut Command)) -> Self {
        let mut command = command(&account.url);
        command.args(["--interval", "0.05", "--port", &port.to_string()]);
        if let Some(checkpoint) = checkpoint {
            command.arg("--checkpoint").arg(checkpoint);
        }
        more(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let Some(line) = timeout(PATIENCE, stdout.next_line()).await.expect("it prints the URL").unwrap() else {
            let mut said = String::new();
            stderr.read_to_string(&mut said).await.unwrap();
            panic!("the program has ended: {said}");
        };
        let address = line.strip_prefix("the page for OBS: http://").and_then(|rest| rest.strip_suffix('/')).expect("the URL of the page");
        Self { child, stdout, stderr, address: address.parse().unwrap() }
    }

    pub(crate) fn url(&self, rest: &str) -> String {
        format!("http://{}/{rest}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// Ends it as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends it a signal, waits for its end, and returns what it has printed
    /// besides its first line.
    pub(crate) async fn end_by(mut self, signal: &str) -> (ExitStatus, String) {
        assert!(Command::new("kill").args(["-s", signal, &self.pid().to_string()]).status().await.unwrap().success());
        let mut said = String::new();
        let ended = async { tokio::join!(self.child.wait(), self.stderr.read_to_string(&mut said)) };
        let (status, read) = timeout(PATIENCE, ended).await.expect("it ends");
        read.unwrap();
        while let Some(line) = self.stdout.next_line().await.unwrap() {
            if !line.starts_with("control and test: http://") {
                said += &line;
            }
        }
        (status.unwrap(), said)
    }

    /// The whole answer to a request. `lines` are its head, except
    /// `Connection`.
    pub(crate) async fn ask(&self, lines: &[&str]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head = lines.join("\r\n") + "\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PATIENCE, stream.read_to_string(&mut answer)).await.expect("an answer").unwrap();
        answer
    }

    /// The answer to a simple GET.
    pub(crate) async fn get(&self, path: &str) -> String {
        self.ask(&[&format!("GET {path} HTTP/1.1"), &format!("Host: {}", self.address)]).await
    }

    /// Asks for a test alert, as the control page does.
    pub(crate) async fn ask_for_test(&self, kind: &str) -> String {
        let (host, origin) = (format!("Host: {}", self.address), format!("Origin: http://{}", self.address));
        self.ask(&[&format!("POST /test?kind={kind} HTTP/1.1"), &host, &origin]).await
    }

    pub(crate) async fn open(&self) -> Page {
        Page::open(self.address, None).await
    }

    /// A page that says how far it got.
    pub(crate) async fn reopen(&self, last_event_id: &str) -> Page {
        Page::open(self.address, Some(last_event_id)).await
    }
}

/// What a page gets.
pub(crate) struct Page {
    lines: Lines<BufReader<TcpStream>>,
    /// The raw bytes, with the head of the answer.
    pub(crate) heard: String,
    pub(crate) last_event_id: String,
}

#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) name: String,
    pub(crate) content: Value,
}

impl Page {
    async fn open(address: SocketAddr, last_event_id: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        // HTTP/1.0, so that the answer is not chunked.
        let last = last_event_id.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        stream.write_all(format!("GET /events HTTP/1.0\r\nHost: {address}\r\n{last}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("HTTP/1.0 200 OK"));
        let mut heard = String::new();
        while let Some(line) = lines.next_line().await.unwrap().filter(|line| !line.is_empty()) {
            heard.extend([line.as_str(), "\n"]);
        }
        Self { lines, heard, last_event_id: last_event_id.unwrap_or_default().to_owned() }
    }

    /// The next message that is not a ping.
    pub(crate) async fn next(&mut self) -> Heard {
        timeout(PATIENCE, self.next_but_pings()).await.expect("the page hears something")
    }

    async fn next_but_pings(&mut self) -> Heard {
        loop {
            let mut fields = BTreeMap::new();
            loop {
                let line = self.lines.next_line().await.unwrap().expect("it stays open");
                let Some((name, value)) = line.split_once(": ").or(line.split_once(':')) else { break };
                self.heard.extend([line.as_str(), "\n"]);
                fields.insert(name.to_owned(), value.to_owned());
            }
            if let Some(id) = fields.remove("id") {
                self.last_event_id = id;
            }
            let (Some(name), Some(data)) = (fields.remove("event"), fields.remove("data")) else { continue };
            if name != "ping" {
                return Heard { name, content: serde_json::from_str(&data).unwrap() };
            }
        }
    }

    /// The next message of this name.
    pub(crate) async fn next_of(&mut self, name: &str) -> Value {
        loop {
            let heard = self.next().await;
            if heard.name == name {
                return heard.content;
            }
        }
    }

    /// The names in the next `count` alerts.
    pub(crate) async fn next_alerts(&mut self, count: usize) -> Vec<String> {
        let mut names = Vec::new();
        while names.len() < count {
            names.push(self.next_of("alert").await["name"].as_str().unwrap().to_owned());
        }
        names
    }

    /// Waits until the page knows that the account was reached, so that what
    /// happens from now on is news.
    pub(crate) async fn account_is_reached(&mut self) {
        loop {
            let heard = self.next().await;
            let now = if heard.name == "snapshot" { &heard.content["now"] } else { &heard.content };
            if ["snapshot", "now"].contains(&heard.name.as_str()) && now["account"].is_string() {
                return;
            }
        }
    }
}
