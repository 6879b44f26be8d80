//! A simulated account with a relay, on a paused clock and without any socket.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use relay::{
    clock::Clock,
    config::{Config, Destination},
    delivery::{Answer, Backoff},
    intake::Relay,
    outbox::Outbox,
    post::Post,
};
use rumble_live::{Client, StreamId, sim::Sim};
use tempfile::TempDir;
use tokio::{
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

pub(crate) fn config(text: &str) -> Config {
    // Every variable is set.
    let environment = |name: &str| {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        Some(OsString::from(if name.ends_with("SECRET") { secret } else { "http://127.0.0.1:9/" }))
    };
    Config::parse(text, Path::new(""), &environment).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// A request that was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    /// The destination.
    pub(crate) to: String,
    pub(crate) key: String,
    pub(crate) body: String,
    /// When, in seconds from the start.
    pub(crate) at: f64,
    pub(crate) answer: Answer,
}

impl Sent {
    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.answer, Answer::Status { code: 200..=299, .. })
    }
}

pub(crate) fn status(code: u16) -> Answer {
    Answer::Status { code, retry_after: None, body: Vec::new() }
}

type Script = Arc<Mutex<dyn FnMut(&Sent) -> Answer + Send>>;

pub(crate) struct TestRelay {
    pub(crate) sim: Sim,
    pub(crate) stream: StreamId,
    folder: TempDir,
    clock: Clock,
    start: Instant,
    sent: Arc<Mutex<Vec<Sent>>>,
    script: Script,
}

impl TestRelay {
    /// A relay whose clock shows this time, and destinations that answer as the
    /// script says. The `answer` of the request that the script gets is not set
    /// yet.
    pub(crate) fn open(now: &str, script: impl FnMut(&Sent) -> Answer + Send + 'static) -> Self {
        let sim = Sim::running(42);
        let stream = sim.start_stream("Harbour lights");
        Self {
            sim,
            stream,
            folder: tempfile::tempdir().unwrap(),
            clock: Clock::starting_at(now.parse().unwrap()),
            start: Instant::now(),
            sent: Arc::default(),
            script: Arc::new(Mutex::new(script)),
        }
    }

    /// A relay that has seen the account once.
    pub(crate) async fn start(&self, text: &str) -> Running {
        let answers = self.sim.answers();
        let relay = self.launch(text);
        while self.sim.answers() == answers || self.sim.open_chats() == 0 {
            sleep(Duration::from_millis(100)).await;
        }
        relay
    }

    /// A relay that has seen nothing yet.
    pub(crate) fn launch(&self, text: &str) -> Running {
        let client = Client::builder("http://127.0.0.1/?key=any").transport(self.sim.clone()).build().unwrap();
        let outbox = Outbox::open(&self.state()).unwrap();
        let backoff = Backoff::default();
        let relay =
            Relay { client, account: "the simulated account", config: config(text), outbox, interval: None, backoff, clock: self.clock };
        let (sent, script, start) = (Arc::clone(&self.sent), Arc::clone(&self.script), self.start);
        let post = move |destination: &Destination| {
            Ok(Fake { to: destination.name.clone(), sent: Arc::clone(&sent), script: Arc::clone(&script), start })
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(relay.run(post, async move {
            stopped.await.unwrap_or_default();
            Ok(())
        }));
        Running { task, stop }
    }

    /// The relay's state file.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("relay.db")
    }

    /// Everything that was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The bodies that were taken, by destination.
    pub(crate) fn taken(&self) -> BTreeMap<String, Vec<String>> {
        let mut taken = BTreeMap::<_, Vec<_>>::new();
        for sent in self.sent().into_iter().filter(Sent::is_taken) {
            taken.entry(sent.to).or_default().push(sent.body);
        }
        taken
    }
}

pub(crate) struct Running {
    task: JoinHandle<anyhow::Result<()>>,
    stop: oneshot::Sender<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// The error with which it ended by itself.
    pub(crate) async fn error(self) -> String {
        format!("{:#}", self.task.await.unwrap().unwrap_err())
    }

    /// Ends it without a chance to store anything.
    pub(crate) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        // Its workers end at the next turn of the runtime.
        sleep(Duration::from_millis(1)).await;
    }
}

/// Answers as the script says.
struct Fake {
    to: String,
    sent: Arc<Mutex<Vec<Sent>>>,
    script: Script,
    start: Instant,
}

impl Post for Fake {
    async fn post(&self, key: &str, body: Vec<u8>, _: Timestamp) -> Answer {
        let (to, key, body) = (self.to.clone(), key.to_owned(), String::from_utf8(body).unwrap());
        let mut sent = Sent { to, key, body, at: self.start.elapsed().as_secs_f64(), answer: status(0) };
        sent.answer = (self.script.lock().unwrap())(&sent);
        let answer = sent.answer.clone();
        self.sent.lock().unwrap().push(sent);
        answer
    }
}

pub(crate) async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}
