//! Prints what happens on a Rumble account, as it happens.
//!
//! Watches the account of `RUMBLE_API_URL`; without it, a simulated one on this machine.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt, fs,
    io::{self, Write as _},
    num::ParseFloatError,
    path::{Path, PathBuf},
    pin::pin,
    time::{Duration, Instant},
};

use anstyle::{AnsiColor, Style};
use clap::Parser;
use rumble_live::{
    Checkpoint, Client, Event, Snapshot, Watcher,
    sim::{Activity, Sim},
};
use time::{OffsetDateTime, UtcOffset, macros::format_description};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Prints what happens on a Rumble account, as it happens.
///
/// The account is that of the API URL in the environment variable `RUMBLE_API_URL`; without it, a simulated one on this machine.
/// `RUST_LOG=rumble_live=debug` tells on stderr how the watching fares.
#[derive(Parser)]
struct Options {
    /// Print one event a line as JSON
    #[arg(long)]
    json: bool,
    /// Print what is there already as well
    #[arg(long)]
    replay: bool,
    /// Time between polls [default: 10, or 5 while much happens; 1 for the simulated account]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
    /// Go on from what this file remembers, and keep it up to date
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut options = Options::parse();
    if let Ok(filter) = env::var("RUST_LOG") {
        log(filter.parse()?);
    }
    let server;
    let url = if let Some(url) = env::var_os("RUMBLE_API_URL") {
        url.into_string().map_err(|_| "RUMBLE_API_URL holds characters that no URL has")?
    } else {
        options.interval.get_or_insert(Duration::from_secs(1));
        let sim = Sim::running(7);
        sim.live(Activity::default());
        server = sim.serve().await?;
        server.url().to_owned()
    };

    let mut watcher = Client::new(url)?.watcher().replay(options.replay);
    if let Some(interval) = options.interval {
        watcher = watcher.interval(interval);
    }
    if let Some(file) = options.checkpoint.as_deref().filter(|file| file.exists()) {
        watcher = watcher.resume(Checkpoint::from_json(&fs::read(file)?)?);
    }
    watch(watcher.build(), &options).await
}

async fn watch(mut watcher: Watcher, options: &Options) -> Result<(), Failure> {
    let mut summary = Summary { start: Instant::now(), events: BTreeMap::from([("gap", 0)]) };
    let mut stop = pin!(tokio::signal::ctrl_c());
    loop {
        let event = tokio::select! {
            event = watcher.next() => event,
            stopped = &mut stop => break stopped?,
        };
        let Some(event) = event.transpose()? else { break };
        summary.count(&event);
        let written = if options.json { print_json(&event) } else { print_line(&event, &watcher) };
        match written {
            // Whoever read the output has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            written => written?,
        }
        if let (Some(file), Some(checkpoint)) = (&options.checkpoint, watcher.checkpoint()) {
            save(&checkpoint, file)?;
        }
    }
    eprintln!("{summary}, polls: {}", watcher.polls());
    Ok(())
}

fn log(filter: Targets) {
    tracing_subscriber::registry().with(tracing_subscriber::fmt::layer().with_writer(io::stderr)).with(filter).init();
}

fn print_json(event: &Event) -> io::Result<()> {
    writeln!(io::stdout(), "{}", serde_json::to_string(event)?)
}

fn print_line(event: &Event, watcher: &Watcher) -> io::Result<()> {
    let colour = match event {
        Event::Follower(_) => AnsiColor::Green,
        Event::Subscriber(_) | Event::GiftedSubs(_) => AnsiColor::Magenta,
        Event::Message(_) => AnsiColor::White,
        Event::Rant(_) => AnsiColor::Yellow,
        Event::Gap(_) | Event::Interrupted(_) => AnsiColor::Red,
        _ => AnsiColor::Cyan,
    };
    let now = || watcher.snapshot().map_or_else(OffsetDateTime::now_utc, Snapshot::now);
    let at = event.at().unwrap_or_else(now).to_offset(UtcOffset::UTC).format(format_description!("[hour]:[minute]:[second]"));
    let style = Style::new().fg_color(Some(colour.into()));
    // Drops the colours where the output is no terminal.
    writeln!(anstream::stdout(), "{} {style}{:<14}{style:#} {event}", at.unwrap_or_default(), event.kind())
}

/// Replaces the file as a whole, so that a crash leaves either the old memory or the new one.
fn save(checkpoint: &Checkpoint, file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(checkpoint.to_json().as_bytes())?;
    new.as_file().sync_all()?;
    new.persist(file)?;
    Ok(())
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

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|error: ParseFloatError| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Any error, told to people: `main` prints the `Debug` form of what it returns.
struct Failure(Box<dyn Error>);

impl<E: Into<Box<dyn Error>>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(cause) = source {
            write!(f, "\n  because {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}
