//! Stores everything that happens on a Rumble account, and reports on it.
//!
//! The account is the one of `RUMBLE_API_URL`, or else a simulated one on this
//! machine. With `NATS_URL` or `--nats` it stores what a cluster has put into a
//! stream.

use std::{env, future::IntoFuture as _, net::Ipv4Addr, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use archive::{
    place::Place,
    progress::{Progress, events},
    reader::Reader,
    recorder::Recorder,
    report::{Builder, Days, charts, text::Text},
    store::{self, Source, Store},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use cluster::servers::Servers;
use common::{
    account::{self, Account},
    monitoring::Monitoring,
    seconds::seconds,
    stderr::print_line,
    stdout::Stdout,
    stop::stopped,
};
use futures::FutureExt as _;
use jiff::{ZonedDateTime, civil::Date};
use rumble_live::Checkpoint;
use tokio::{
    net::TcpListener,
    runtime,
    sync::watch,
    time::{MissedTickBehavior, interval, timeout},
};
use tracing::warn;

/// The default file of a real account and of the simulated one.
const FILES: (&str, &str) = ("archive.db", "simulated.db");
/// How often a line reports what was stored: for a real account, and for the
/// simulated one.
const TELL: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(2));
/// How long the end waits for somebody to read the last line.
const PATIENCE: Duration = Duration::from_millis(100);

/// Stores everything that happens on a Rumble account: followers, subscribers,
/// gifts, chat, rants, livestreams. Also reports on it.
///
/// Without a command it records until Ctrl-C or SIGTERM ends it. It records the
/// account with the API URL in the environment variable RUMBLE_API_URL, or, if
/// that is not set, a simulated one on this machine. The URL is a secret, so
/// there is no option for it.
///
/// With --nats or NATS_URL it polls nothing: it stores the events of all
/// accounts that a cluster has put into the stream RUMBLE_EVENTS of a NATS
/// server. Put a URL with a password, such as
/// nats://name:password@127.0.0.1:4222, into NATS_URL. NATS_CREDS names a file
/// with credentials.
///
/// The archive is a file of SQLite, or a database of PostgreSQL with its URL in
/// ARCHIVE_DATABASE_URL, such as postgres://name:password@127.0.0.1/archive.
/// Run only one archive with each database. You can make reports meanwhile.
///
/// What it has stored goes to standard output, its log to standard error;
/// RUST_LOG=archive=debug,rumble_live=debug logs more.
#[derive(Parser)]
#[expect(clippy::doc_markdown, reason = "it is the text of --help")]
#[command(version, args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Store what happens, until Ctrl-C or SIGTERM; the default without a
    /// command
    Run(Run),
    /// Show followers and income by day, top chatters and livestreams
    Report(Report),
}

#[derive(Args)]
struct Run {
    /// The file to store in [default: archive.db, or simulated.db for the
    /// simulated account]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// Time between polls [default: 10, or 5 while much happens; 1 for the
    /// simulated account]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
    /// Serve /metrics for Prometheus and /healthz on this port of 127.0.0.1; 0
    /// takes any free one
    #[arg(long, value_name = "PORT")]
    monitor: Option<u16>,
    /// Use only the documented API, and not the live chat, which Rumble does
    /// not document
    ///
    /// Deletions, mutes and raids are then not stored, and a busy chat may be
    /// stored with gaps.
    #[arg(long)]
    polls_only: bool,
    /// Store the events that a cluster has stored on this NATS server, or on
    /// several, separated by commas; the variable NATS_URL does the same, and
    /// may hold a password
    #[expect(clippy::doc_markdown, reason = "it is the text of --help")]
    #[arg(long, value_name = "URL", conflicts_with_all = ["interval", "polls_only"])]
    nats: Option<String>,
    /// Go on with a stream that is not the one that was read so far, and note
    /// in the archive that events may be missing
    #[arg(long)]
    new_stream: bool,
}

/// What to record from.
enum Recording {
    /// A simulated account ends with its server.
    Polls(Box<(Account, Recorder)>),
    Stream(Box<Reader>),
}

impl Recording {
    fn progress(&self) -> watch::Receiver<Progress> {
        match self {
            Self::Polls(polls) => polls.1.progress(),
            Self::Stream(reader) => reader.progress(),
        }
    }

    async fn run(self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        match self {
            Self::Polls(polls) => {
                let (_account, recorder) = *polls;
                recorder.run(stop).await
            }
            Self::Stream(reader) => reader.run(stop).await,
        }
    }
}

#[derive(Args)]
struct Report {
    /// The file to read [default: archive.db]
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
    /// The first day, such as 2026-05-01 [default: the day of the first event]
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last day [default: the day of the last event]
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Time zone of the days, such as Europe/Berlin [default: this machine's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Also draw charts into this folder: followers.png, income.png and
    /// chatters.png
    #[arg(long, value_name = "FOLDER")]
    charts: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut runtime::Builder::new_multi_thread(), async {
        common::log::start("archive=info,warn")?;
        match options.command {
            None => Box::pin(record(options.run)).await,
            Some(Command::Run(options)) => Box::pin(record(options)).await,
            Some(Command::Report(options)) => report(options).await,
        }
    })
}

async fn record(options: Run) -> anyhow::Result<()> {
    let stop = stopped().boxed().shared();
    let (recording, tell) = tokio::select! {
        // Before anything else, so that a signal is heard from now on.
        biased;
        () = stop.clone() => return Ok(()),
        opened = open(options) => opened?,
    };
    let teller = tokio::spawn(tell_progress(recording.progress(), tell));
    let outcome = recording.run(stop).await;
    if timeout(PATIENCE, teller).await.is_err() {
        warn!("nobody has read the last line");
    }
    outcome
}

/// What to record from, and how often to report.
async fn open(options: Run) -> anyhow::Result<(Recording, Duration)> {
    match Servers::choose(options.nats.as_deref())? {
        Some(servers) => open_stream(options, servers).await,
        None => open_account(options).await,
    }
}

async fn open_stream(options: Run, servers: Servers) -> anyhow::Result<(Recording, Duration)> {
    if env::var_os(account::VARIABLE).is_some() {
        bail!("{servers} names a NATS server, and {} an account to poll; set only one of the two", account::VARIABLE);
    }
    if options.interval.is_some() || options.polls_only {
        bail!("--interval and --polls-only are for an account that is polled, but {servers} names a NATS server; leave one out");
    }
    let place = Place::choose(options.database.as_deref(), FILES.0)?;
    let (store, position) = Store::open(&place, Source::Stream).await?;
    let reader = Reader::new(servers, store, position.as_deref(), options.new_stream).with_context(|| place.to_string())?;
    monitor(options.monitor, "answer of the NATS server", None, reader.progress()).await?;
    tell_place(&place);
    Ok((Recording::Stream(Box::new(reader)), TELL.0))
}

async fn open_account(options: Run) -> anyhow::Result<(Recording, Duration)> {
    if options.new_stream {
        bail!("--new-stream is for a stream; name its NATS server with --nats or NATS_URL");
    }
    let account = Account::open(|client| client).await?;
    let is_simulated = account.server.is_some();
    let (source, file, tell) = if is_simulated { (Source::Simulated, FILES.1, TELL.1) } else { (Source::Rumble, FILES.0, TELL.0) };
    let place = Place::choose(options.database.as_deref(), file)?;
    let (store, checkpoint) = Store::open(&place, source).await?;
    let checkpoint = checkpoint.map(|checkpoint| Checkpoint::from_json(checkpoint.as_bytes())).transpose();
    let checkpoint = checkpoint.with_context(|| place.to_string())?;
    let interval = options.interval.or(is_simulated.then_some(Duration::from_secs(1)));
    let mut watcher = account.client.watch_builder().live_chat(!options.polls_only).stream_updates(true).resume(checkpoint);
    if let Some(interval) = interval {
        watcher = watcher.interval(interval);
    }
    let recorder = Recorder::new(watcher.build(), store, account.name());
    monitor(options.monitor, "snapshot", interval, recorder.progress()).await?;
    if is_simulated {
        print_line("RUMBLE_API_URL is not set, so this is a simulated account on this machine; Ctrl-C ends it");
    }
    tell_place(&place);
    Ok((Recording::Polls(Box::new((account, recorder))), tell))
}

fn tell_place(place: &Place) {
    print_line(format_args!("recording to {place}; for a report: archive report{}", how_to_find(place)));
}

/// Serves metrics and health on this port, if one is given.
async fn monitor(
    port: Option<u16>,
    what: &'static str,
    polled_every: Option<Duration>,
    mut progress: watch::Receiver<Progress>,
) -> anyhow::Result<()> {
    let Some(port) = port else { return Ok(()) };
    let monitoring = serve_monitoring(port, what, polled_every).await.with_context(|| format!("--monitor {port}"))?;
    tokio::spawn(async move {
        while progress.changed().await.is_ok() {
            monitoring.look(progress.borrow_and_update().snapshot);
        }
    });
    Ok(())
}

async fn serve_monitoring(port: u16, what: &'static str, polled_every: Option<Duration>) -> anyhow::Result<Monitoring> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    print_line(format_args!("monitoring: http://{address}/metrics and http://{address}/healthz"));
    let monitoring = Monitoring::start(what, polled_every)?;
    let serving = axum::serve(listener, monitoring.clone().router()).into_future();
    tokio::spawn(serving);
    Ok(monitoring)
}

/// The option that a report needs to read this database.
fn how_to_find(place: &Place) -> String {
    match place {
        Place::File(file) if file.as_os_str() != FILES.0 => format!(" --database {}", file.display()),
        _ => String::new(),
    }
}

/// Prints a line for what was stored since the last one, the first one at once.
/// Ends when the recorder has ended.
async fn tell_progress(mut progress: watch::Receiver<Progress>, every: Duration) {
    let mut stdout = Stdout::new();
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = progress.borrow().clone();
    loop {
        let is_over = progress.changed().await.is_err();
        if !is_over {
            // The end must not wait for the next line.
            tokio::select! {
                _ = ticks.tick() => {}
                () = ended(&mut progress) => {}
            }
        }
        let now = progress.borrow_and_update().clone();
        if now.events != told.events {
            let line =
                format!("{} stored {}, {} in all", ZonedDateTime::now().strftime("%H:%M:%S"), events(now.events - told.events), now.events);
            told = now;
            if stdout.print_line(&line).await.is_err() {
                // Nobody reads any more. The recording goes on without printing.
                return;
            }
        }
        if is_over {
            return;
        }
    }
}

async fn ended(progress: &mut watch::Receiver<Progress>) {
    while progress.changed().await.is_ok() {}
}

async fn report(options: Report) -> anyhow::Result<()> {
    let days = Days::new(options.from, options.to, options.zone.as_deref())?;
    let zone = days.zone.clone();
    let place = Place::choose(options.database.as_deref(), FILES.0)?;
    let mut builder = Builder::new(days)?;
    store::read(&place, builder.span(), |row| builder.take(row)).await?;
    let report = builder.finish();
    let printed = match options.format {
        Format::Text => Text { report: &report, zone: &zone }.to_string(),
        Format::Json => serde_json::to_string_pretty(&report)?,
    };
    // Before the text, because its reader may leave before the end.
    let charts = options.charts.map(|folder| charts::draw(&report, &folder)).transpose()?;
    Stdout::new().print_line(printed.trim_end()).await?;
    for file in charts.iter().flatten() {
        print_line(file.display());
    }
    Ok(())
}
