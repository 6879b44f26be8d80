//! Connects the parts: the watcher's events go to the bot, what the bot wants
//! to say to the speaker, and what must not be forgotten to the disk.

use std::{
    fs::File,
    future::pending,
    path::PathBuf,
    pin::{Pin, pin},
    time::Duration,
};

use anyhow::Context as _;
use common::lock::lock;
use rumble_live::{Client, Error, ErrorKind, Event, OneLine, Watcher, session::Session};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{debug, info, warn};

use crate::{
    bot::{Bot, Deed, Memory, Now, Own, Pass, Why},
    clock::ServerClock,
    config::Config,
    output::Output,
    quiet_file::QuietFile,
    saver::Saver,
    speaker::{Speaker, Voice},
    state::{self, State},
};

/// How often the bot checks its timers and the quiet file.
const TICK: Duration = Duration::from_secs(1);
/// How often it stores what can wait.
const STORE_EVERY: Duration = Duration::from_secs(5);
/// How long a line that is being said may take at the end.
const PATIENCE: Duration = Duration::from_millis(300);
/// How long the last save may take.
const LAST_SAVE: Duration = Duration::from_millis(500);
/// How long to wait before the bot asks again who it is, at first and at most.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));

/// What the bot runs with.
#[derive(Debug)]
pub struct Live {
    /// The account to watch.
    pub client: Client,
    /// What an error calls the account.
    pub account: &'static str,
    /// How to speak.
    pub voice: Voice,
    pub config: Config,
    /// Where to store what a restart must not forget.
    pub state: Option<PathBuf>,
    /// While this file exists, the bot is quiet.
    pub quiet_file: Option<PathBuf>,
    /// The time between polls, unless the library is to choose.
    pub interval: Option<Duration>,
    /// Where to print what the bot hears and says.
    pub output: Output,
}

/// Runs the bot until it is told to stop, which is when `stop` returns.
///
/// # Errors
///
/// If it cannot go on: the account or the session is gone, or its state cannot
/// be read or stored.
pub async fn run(live: Live, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let mut stop = pin!(stop);
    let mut running = tokio::select! {
        running = Running::start(live) => running?,
        // The bot has heard nothing yet, so there is nothing to store.
        () = &mut stop => return Ok(()),
    };
    let outcome = running.go_on(stop).await;
    outcome.and(running.finish().await)
}

/// A bot at work.
struct Running {
    watcher: Watcher,
    account: &'static str,
    bot: Bot,
    speaker: Speaker,
    saver: Option<Saver>,
    clock: ServerClock,
    quiet_file: Option<QuietFile>,
    output: Output,
    /// Keeps other programs from using the state file.
    _lock: Option<File>,
    /// When the state was last stored, and whether something has changed since.
    stored_at: Instant,
    is_dirty: bool,
}

impl Running {
    async fn start(live: Live) -> anyhow::Result<Self> {
        let Live { client, account, voice, config, state, quiet_file, interval, output } = live;
        let (state, lock, stored) = spawn_blocking(move || open(state)).await??;
        let (memory, checkpoint) = stored.map(|stored| (stored.memory, stored.checkpoint)).unzip();
        let memory: Memory = memory.unwrap_or_default();
        let saver = state.map(Saver::start).transpose()?;
        let own = match &voice {
            Voice::Session(session) => Some(who(session).await?),
            Voice::Print => None,
        };
        if memory.is_quiet {
            info!("a moderator has hushed the bot before this start; !speak ends it");
        }
        let mut watcher = client.watch_builder().live_chat(true).resume(checkpoint);
        if let Some(interval) = interval {
            watcher = watcher.interval(interval);
        }
        // Without a file, everything is version 0.
        let versions = saver.as_ref().map_or_else(|| watch::channel(0).1, Saver::stored);
        let speaker = Speaker::start(voice, versions, output.clone());
        let quiet_file = match quiet_file {
            Some(file) => Some(QuietFile::start(file).await),
            None => None,
        };
        let mut running = Self {
            watcher: watcher.build(),
            account,
            bot: Bot::new(config, own, memory),
            speaker,
            saver,
            clock: ServerClock::default(),
            quiet_file,
            output,
            _lock: lock,
            stored_at: Instant::now(),
            is_dirty: false,
        };
        running.look_for_quiet_file().await?;
        Ok(running)
    }

    /// Runs until it is told to stop, or cannot go on.
    async fn go_on(&mut self, mut stop: Pin<&mut impl Future<Output = ()>>) -> anyhow::Result<()> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                events = self.watcher.next_poll() => match events {
                    Some(events) => self.hear(&events.context(self.account)?).await?,
                    None => return Ok(()),
                },
                _ = ticks.tick() => self.tick().await?,
                () = &mut stop => return Ok(()),
                failed = self.speaker.failed() => return failed,
                // `finish` returns the error.
                () = saving_failed(self.saver.as_ref()) => return Ok(()),
            }
        }
    }

    /// Stores what matters, and gives the line that is being said a moment to
    /// be answered.
    async fn finish(mut self) -> anyhow::Result<()> {
        self.store()?;
        self.speaker.finish(PATIENCE).await;
        match self.saver {
            Some(saver) => timeout(LAST_SAVE, saver.finish()).await.context("the newest state was not stored in time")?,
            None => Ok(()),
        }
    }

    async fn hear(&mut self, events: &[Event]) -> anyhow::Result<()> {
        self.clock.look(self.watcher.snapshot(), Instant::now());
        self.clock.hear(events.iter().filter_map(stamp).max(), Instant::now());
        let Some(now) = self.now() else { return Ok(()) };
        self.is_dirty = true;
        let mut deeds = Vec::new();
        for event in events {
            let new = self.bot.hear(event, &now);
            if new.iter().any(|deed| !matches!(deed, Deed::Leave(_))) {
                self.output.print(event);
            }
            deeds.extend(new);
        }
        self.carry_out(deeds).await
    }

    async fn tick(&mut self) -> anyhow::Result<()> {
        self.look_for_quiet_file().await?;
        let Some(now) = self.now() else { return Ok(()) };
        self.bot.tidy(now.at);
        let deeds = self.bot.tick(&now);
        self.carry_out(deeds).await?;
        if self.is_dirty && self.stored_at.elapsed() >= STORE_EVERY {
            self.store()?;
        }
        Ok(())
    }

    async fn look_for_quiet_file(&mut self) -> anyhow::Result<()> {
        let Some(file) = &self.quiet_file else { return Ok(()) };
        let deeds = self.bot.hush(file.is_there());
        if !deeds.is_empty() {
            info!("{} is there, so the bot is quiet", file.name());
        }
        self.carry_out(deeds).await
    }

    /// What is known right now. `None` before the first snapshot.
    fn now(&mut self) -> Option<Now> {
        let (snapshot, now) = (self.watcher.snapshot(), Instant::now());
        self.clock.look(snapshot, now);
        let followers = snapshot.and_then(|snapshot| snapshot.followers().count.or(snapshot.followers().total));
        Some(Now { at: self.clock.now(now)?, followers })
    }

    /// What the bot wants to say waits until the disk knows that the bot has
    /// heard its cause. So after a kill in between it is never said, rather
    /// than twice.
    async fn carry_out(&mut self, deeds: Vec<Deed>) -> anyhow::Result<()> {
        let is_urgent = deeds.iter().any(|deed| !matches!(deed, Deed::Pass(_)));
        let version = if is_urgent { self.store()? } else { 0 };
        for deed in deeds {
            match deed {
                Deed::Say(say) => self.speaker.say(say, version),
                Deed::Hush => self.speaker.hush().await,
                Deed::Leave(stream) => self.speaker.leave(stream).await,
                Deed::Pass(pass) => log(&pass),
            }
        }
        Ok(())
    }

    /// Stores the state and returns the number of its version.
    fn store(&mut self) -> anyhow::Result<u64> {
        let (Some(saver), Some(checkpoint)) = (&self.saver, self.watcher.checkpoint()) else { return Ok(0) };
        self.is_dirty = false;
        self.stored_at = Instant::now();
        Ok(saver.give(state::to_json(self.bot.memory(), &checkpoint)?))
    }
}

/// Locks the state file and reads it.
fn open(state: Option<PathBuf>) -> anyhow::Result<(Option<PathBuf>, Option<File>, Option<State>)> {
    let lock = state.as_deref().map(lock).transpose()?;
    let stored = state.as_deref().map(state::load).transpose()?.flatten();
    Ok((state, lock, stored))
}

/// When it was written.
fn stamp(event: &Event) -> Option<OffsetDateTime> {
    match event {
        Event::Message(message) => Some(message.created_on),
        Event::Rant(rant) => Some(rant.created_on),
        _ => None,
    }
}

async fn saving_failed(saver: Option<&Saver>) {
    match saver {
        Some(saver) => saver.failed().await,
        None => pending().await,
    }
}

/// Finds out who the bot is. Asks until there is an answer, because the bot
/// must be able to recognise its own lines.
async fn who(session: &Session) -> anyhow::Result<Own> {
    let mut wait = ASK_AGAIN.0;
    loop {
        let error = match ask(session).await {
            Ok(own) => return Ok(own),
            Err(error) => error,
        };
        if !error.is_transient() {
            return Err(error).context("the session cannot be used");
        }
        warn!(retry_in_seconds = wait.as_secs(), "the bot cannot find out who it is: {}", error.report());
        sleep(wait).await;
        wait = (wait * 2).min(ASK_AGAIN.1);
    }
}

async fn ask(session: &Session) -> Result<Own, Error> {
    let user_id = session.who().await?.user_id;
    let username = match session.username().await {
        Ok(username) => Some(username),
        // The id alone is enough while the live chat works.
        Err(error) if error.kind() == ErrorKind::Decode => None,
        Err(error) => return Err(error),
    };
    Ok(Own { user_id, username })
}

fn log(Pass { user, what, why }: &Pass) {
    let (user, what) = (OneLine(user), OneLine(what));
    match why {
        Why::TooOld(seconds) => info!("{what} from {user} is {seconds} s old, so it is not answered"),
        Why::Quiet => info!("{what} from {user} is not answered because the bot is quiet"),
        Why::CoolDown(seconds) => debug!("{what} from {user} has to wait for {seconds} s"),
        Why::NotAllowed => debug!("{what} is not for {user}"),
    }
}
