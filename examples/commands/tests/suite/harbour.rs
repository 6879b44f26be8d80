//! A livestream of a simulated account, with the bot in its chat, on a paused
//! clock.

use std::{path::Path, time::Duration};

use commands::{
    config::Config,
    live::{self, Live},
    output::Output,
    speaker::Voice,
};
use rumble_live::{
    Client, Snapshot, StreamId,
    session::Session,
    sim::{Sim, What},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::sleep,
};

/// The bot's name.
pub(crate) const BOT: &str = "HarbourBot";
/// A user to whom the simulator gives a moderator's badge.
pub(crate) const MODERATOR: &str = "GraniteGwen";
/// A user without a badge.
pub(crate) const VIEWER: &str = "LanternLou";

pub(crate) struct Harbour {
    pub(crate) sim: Sim,
    pub(crate) stream: StreamId,
}

impl Harbour {
    pub(crate) fn open() -> Self {
        let sim = Sim::running(42);
        let stream = sim.start_stream("Harbour lights");
        Self { sim, stream }
    }

    pub(crate) fn say(&self, user: &str, text: &str) {
        self.sim.message(&self.stream, user, text);
    }

    /// What the bot has said so far, oldest first.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said_at().into_iter().map(|(_, text)| text).collect()
    }

    /// The same, with the time in seconds of Unix time.
    pub(crate) fn said_at(&self) -> Vec<(i64, String)> {
        let said = |happened: rumble_live::sim::Happened| match happened.what {
            What::Message { username, text, .. } if &*username == BOT => Some((happened.at.unix_timestamp(), text.clone())),
            _ => None,
        };
        self.sim.history().into_iter().filter_map(said).collect()
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder("http://127.0.0.1/?key=any").transport(self.sim.clone()).build().unwrap()
    }

    /// A bot that speaks, ready to hear.
    pub(crate) async fn bot(&self, config: &str, state: Option<&Path>) -> Bot {
        let session = Session::builder().transport(self.sim.clone()).build(self.sim.session(BOT)).unwrap();
        let bot = self.start(Voice::Session(session), config, state, None);
        while self.sim.open_chats() == 0 {
            sleep(Duration::from_millis(100)).await;
        }
        bot
    }

    pub(crate) fn start(&self, voice: Voice, config: &str, state: Option<&Path>, quiet_file: Option<&Path>) -> Bot {
        let (output, lines) = Output::new();
        let (stop, stopped) = oneshot::channel();
        let live = Live {
            client: self.client(),
            account: "the simulated account",
            voice,
            config: Config::parse(config).unwrap(),
            state: state.map(Into::into),
            quiet_file: quiet_file.map(Into::into),
            interval: None,
            output,
        };
        let running = live::run(live, async move { stopped.await.unwrap_or_default() });
        Bot { task: tokio::spawn(running), stop, lines }
    }

    /// The badges that the chat shows for somebody who has just written.
    pub(crate) fn badges(&self, user: &str) -> Vec<String> {
        let snapshot = Snapshot::from_json(&self.sim.snapshot_json()).unwrap();
        let chat = &snapshot.livestream(&self.stream).unwrap().chat;
        chat.recent_messages.iter().find(|message| message.username == user).unwrap().badges.clone()
    }
}

pub(crate) struct Bot {
    task: JoinHandle<anyhow::Result<()>>,
    stop: oneshot::Sender<()>,
    pub(crate) lines: mpsc::Receiver<String>,
}

impl Bot {
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// The error with which it ended by itself.
    pub(crate) async fn error(self) -> String {
        format!("{:#}", self.task.await.unwrap().unwrap_err())
    }

    /// Ends it like kill -9: only what is on the disk at this moment is left.
    pub(crate) async fn kill(self, state: &Path) {
        let left = std::fs::read(state).ok();
        self.task.abort();
        drop(self.task.await);
        // A save that is under way must not count.
        sleep(Duration::from_millis(1)).await;
        match left {
            Some(left) => std::fs::write(state, left).unwrap(),
            None => std::fs::remove_file(state).unwrap_or_default(),
        }
    }
}

pub(crate) async fn seconds(seconds: u64) {
    sleep(Duration::from_secs(seconds)).await;
}
