//! Prints what happens on a Rumble account as it happens.
//!
//! Watches the account of `RUMBLE_API_URL`, or else a simulated one on this
//! machine.

use std::{
    collections::BTreeMap,
    fmt,
    future::pending,
    io,
    path::PathBuf,
    pin::pin,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context as _, anyhow};
use clap::Parser;
use common::{
    account::{self, Account},
    seconds::seconds,
    stderr::print_line,
    stdout::Stdout,
    stop::told_to_stop,
};
use rumble_live::{Client, ClientBuilder, Event, Watcher, record::Recorder};
use tokio::{runtime::Builder, time::timeout};

use crate::{lines::Lines, recording::Played, saver::Saver};

mod lines;
mod recording;
mod saver;

/// How long the end waits for somebody to read the line that is being printed.
const PATIENCE: Duration = Duration::from_millis(200);

/// Prints what happens on a Rumble account as it happens.
///
/// Put the account's API URL into the environment variable `RUMBLE_API_URL`.
/// Without it, the example watches a simulated account on this machine.
/// `RUST_LOG=rumble_live=debug` logs each poll to stderr.
#[derive(Parser)]
#[command(version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a separate option")]
struct Options {
    /// Print one JSON event per line
    #[arg(long)]
    json: bool,
    /// Print what is already there, too
    #[arg(long)]
    replay: bool,
    /// Also read the live chat of each livestream: each line as it is said,
    /// deletions, mutes and raids
    #[arg(long)]
    live_chat: bool,
    /// Time between polls [default: 10, or 5 while much happens; 1 for the
    /// simulated account]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
    /// Go on from what this file remembers, and keep it up to date
    ///
    /// The file is written in the background as fast as the disk allows, and
    /// when Ctrl-C or SIGTERM ends the program. After a crash or kill -9 the
    /// next run may print the last events again; with --json you can recognise
    /// them by equal ids.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Record what Rumble answers, without the key and other secrets; the
    /// recording contains what people said
    #[arg(long, value_name = "FILE", conflicts_with = "checkpoint")]
    record: Option<PathBuf>,
    /// Play back a recording instead of asking Rumble, with the options that it
    /// was made with
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "checkpoint", "serve"])]
    play: Option<PathBuf>,
    /// How many seconds of the recording pass in one second
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, requires = "play")]
    speed: f64,
    /// Only serve the simulated account, and print its API URL, for any bot to
    /// watch
    #[arg(long, conflicts_with_all = ["json", "replay", "live_chat", "interval", "checkpoint", "record"])]
    serve: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // A recording has its own clock, which stands still while something is printed.
    let mut runtime = if options.play.is_some() { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if options.play.is_some() {
        runtime.start_paused(true);
    }
    common::run::run(&mut runtime, async {
        common::log::start("off")?;
        if options.serve { serve().await } else { watch(&options).await }
    })
}

async fn serve() -> anyhow::Result<()> {
    let server = account::serve().await?;
    print_line("serving a simulated account at the URL below; Ctrl-C ends it");
    let mut stop = pin!(told_to_stop());
    let mut stdout = Stdout::new();
    tokio::select! {
        written = stdout.print_line(server.url()) => written.context("standard output")?,
        stopped = &mut stop => return Ok(stopped?),
    }
    Ok(stop.await?)
}

/// What is watched.
enum Subject {
    Account(Account),
    Played(Played),
}

impl Subject {
    async fn open(options: &Options, recorder: Option<&Recorder>) -> anyhow::Result<Self> {
        if let Some(file) = &options.play {
            return Played::open(file, options.speed).map(Self::Played);
        }
        let over = |builder: ClientBuilder| if let Some(recorder) = recorder { builder.transport(recorder.clone()) } else { builder };
        Account::open(over).await.map(Self::Account)
    }

    fn client(&self) -> &Client {
        match self {
            Self::Account(account) => &account.client,
            Self::Played(played) => &played.client,
        }
    }

    /// Whether its server is on this machine, so that the example may poll it
    /// often.
    fn is_local(&self) -> bool {
        match self {
            Self::Account(account) => account.server.is_some(),
            Self::Played(played) => played.is_local(),
        }
    }

    /// Whether a recording has come to its end.
    fn is_over(&self) -> bool {
        matches!(self, Self::Played(played) if played.is_over())
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Account(account) => account.name(),
            Self::Played(_) => "the recording",
        }
    }
}

async fn watch(options: &Options) -> anyhow::Result<()> {
    let recorder = options.record.as_deref().map(recording::recorder).transpose()?;
    let end = watch_with(options, recorder.as_ref()).await;
    let written = recorder.map_or(Ok(()), |recorder| Ok(recorder.finish()?));
    end.and(written)
}

async fn watch_with(options: &Options, recorder: Option<&Recorder>) -> anyhow::Result<()> {
    let subject = Subject::open(options, recorder).await?;
    let mut watcher = subject.client().watch_builder().replay(options.replay).live_chat(options.live_chat);
    if let Some(interval) = options.interval.or(subject.is_local().then_some(Duration::from_secs(1))) {
        watcher = watcher.interval(interval);
    }
    let mut saver = None;
    if let Some(file) = &options.checkpoint {
        if let Some(checkpoint) = saver::load(file)? {
            watcher = watcher.resume(checkpoint);
        }
        saver = Some(Saver::start(file.clone()));
    }
    let mut watcher = watcher.build();
    let mut summary = Summary { start: Instant::now(), events: BTreeMap::from([("gap", 0)]) };
    let end = print_events(&mut watcher, &subject, options, saver.as_ref(), &mut summary).await;
    let last_save = match saver {
        Some(saver) => tokio::select! {
            result = saver.finish() => result,
            _ = told_to_stop() => Err(anyhow!("stopped before the newest checkpoint was saved")),
        },
        None => Ok(()),
    };
    print_line(format_args!("{summary}, polls: {}", watcher.polls()));
    end.and(last_save)
}

/// Prints until it is told to stop, nobody reads, the watcher ends, or saving
/// has failed.
async fn print_events(
    watcher: &mut Watcher,
    subject: &Subject,
    options: &Options,
    saver: Option<&Saver>,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let mut stdout = Stdout::new();
    let mut stop = pin!(told_to_stop());
    let mut lines = Lines::default();
    loop {
        let event = tokio::select! {
            event = watcher.next() => event,
            stopped = &mut stop => return Ok(stopped?),
            () = saving_failed(saver) => return Ok(()),
        };
        let Some(event) = event else { return Ok(()) };
        let event = match event {
            Err(_) if subject.is_over() => return Ok(()),
            event => event.context(subject.name())?,
        };
        let line = if options.json { serde_json::to_string(&event)? } else { lines.of(&event, watcher) };
        let mut writing = pin!(stdout.print_line(&line));
        let mut is_told_to_stop = false;
        let written = tokio::select! {
            written = &mut writing => written,
            stopped = &mut stop => {
                is_told_to_stop = stopped.map(|()| true)?;
                let Ok(written) = timeout(PATIENCE, writing).await else {
                    // Nobody read the event, so it is not remembered as printed.
                    return Ok(());
                };
                written
            }
        };
        match written {
            // The reader of the output has closed it because it has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("standard output")?,
        }
        summary.count(&event);
        if let (Some(saver), Some(checkpoint)) = (saver, watcher.checkpoint()) {
            saver.give(checkpoint);
        }
        if is_told_to_stop {
            return Ok(());
        }
    }
}

async fn saving_failed(saver: Option<&Saver>) {
    match saver {
        Some(saver) => saver.failed().await,
        None => pending().await,
    }
}

struct Summary {
    start: Instant,
    events: BTreeMap<&'static str, u64>,
}

impl Summary {
    fn count(&mut self, event: &Event) {
        *self.events.entry(event.kind()).or_default() += 1;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "watched for {:.0?}", self.start.elapsed())?;
        self.events.iter().try_for_each(|(kind, count)| write!(f, ", {kind}: {count}"))
    }
}
