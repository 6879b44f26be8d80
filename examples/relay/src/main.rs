//! Sends what happens on a Rumble account to Discord, Slack, signed webhooks
//! and Streamer.bot.
//!
//! With `--config` it watches the account of `RUMBLE_API_URL`. Without
//! `--config` it is a demo, on a simulated account unless that variable is set.

use std::{env, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use clap::{Parser, Subcommand};
use common::{account::Account, seconds::seconds, stderr::print_line, stdout::Stdout, stop::told_to_stop};
use jiff::Timestamp;
use relay::{clock::Clock, config::Config, delivery::Backoff, demo, intake::Relay, outbox::Outbox, post::Http, report, test_send};
use tempfile::TempDir;
use tokio::{
    runtime::Builder,
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};
use tracing::info;

/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_millis(800);
/// How long the end waits for somebody to read the last lines.
const LAST_LINES: Duration = Duration::from_millis(100);
/// The environment variable that holds the account's URL.
const VARIABLE: &str = "RUMBLE_API_URL";
/// The state file if you name none.
const STATE: &str = "relay.db";
/// How many failures `status` lists.
const MOST_FAILURES: u32 = 20;

/// Sends followers, subscribers, gifts, rants, raids and starting livestreams
/// to Discord, Slack, signed webhooks and Streamer.bot.
///
/// Without any setting it runs on a simulated account on this machine, and
/// prints what a receiver on this machine gets.
///
/// To relay a real account, set `RUMBLE_API_URL` to the URL from Rumble's Live
/// Stream API page. `--config` names a file that says where to send what; the
/// relay.toml of this program is an example with comments. URLs and secrets are
/// in environment variables or in files that it names.
///
/// Ctrl-C or SIGTERM ends it. `RUST_LOG=relay=debug` logs more on standard
/// error.
#[derive(Parser)]
#[command(version)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
    /// Where to send what [default: to a receiver on this machine that prints
    /// it]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Store here what is to be sent, and what a restart must not forget
    /// [default: relay.db; without --config nothing is kept]
    #[arg(long, global = true, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Time between polls [default: 10, or 5 while much happens; 1 for the
    /// simulated account]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
}

#[derive(Subcommand)]
enum Command {
    /// Watch the account and send what happens; the default without a command
    Run,
    /// Send one event of each kind to each destination, and print what became
    /// of it
    Test {
        /// Only to this destination
        #[arg(long, value_name = "NAME")]
        destination: Option<String>,
    },
    /// Print what waits, and what failed
    Status,
    /// Send again what failed, through a running relay or at its next start
    Retry {
        /// Only what is for this destination
        #[arg(long, value_name = "NAME")]
        destination: Option<String>,
    },
    /// Give up what waits or failed for a destination
    Drop {
        /// This destination, even if the configuration no longer names it
        #[arg(long, value_name = "NAME")]
        destination: String,
    },
    /// Print what is wrong with the configuration, or what would be said for a
    /// sample of each kind
    Check,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async {
        common::log::start("relay=info,warn")?;
        tokio::select! {
            end = start(&options) => end,
            end = out_of_patience() => end,
        }
    })
}

async fn start(options: &Options) -> anyhow::Result<()> {
    match &options.command {
        None | Some(Command::Run) => relay(options).await,
        Some(Command::Test { destination }) => test(options, destination.as_deref()).await,
        Some(Command::Check) => check(options).await,
        Some(Command::Status) => {
            let status = look(options, |outbox| {
                let now = Timestamp::now();
                Ok(report::status(&outbox.standings(now)?, &outbox.failures(MOST_FAILURES)?, now))
            });
            print(&status.await?).await
        }
        Some(Command::Retry { destination }) => {
            let destination = destination.clone();
            let count = look(options, move |outbox| {
                if let Some(name) = &destination {
                    known(outbox, name)?;
                }
                Ok(outbox.put_back(destination.as_deref())?)
            });
            print(&format!("{} will be sent again\n", count.await?)).await
        }
        Some(Command::Drop { destination }) => {
            let destination = destination.clone();
            let count = look(options, move |outbox| {
                known(outbox, &destination)?;
                Ok(outbox.drop_all(&destination, Timestamp::now())?)
            });
            let count = count.await?;
            print(&format!("{count} {} dropped\n", if count == 1 { "was" } else { "were" })).await
        }
    }
}

/// Does something with the state while a relay may be running. Another process
/// may hold the file, and must not delay the end.
async fn look<T: Send + 'static>(options: &Options, act: impl FnOnce(&Outbox) -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    let state = options.state.clone().unwrap_or_else(|| PathBuf::from(STATE));
    spawn_blocking(move || {
        let outbox = Outbox::look(&state)?;
        act(&outbox).with_context(|| state.display().to_string())
    })
    .await?
}

/// An error if the state has nothing for this destination. Its name may be
/// misspelt.
fn known(outbox: &Outbox, name: &str) -> anyhow::Result<()> {
    let names = outbox.destinations()?;
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    bail!(
        "there is nothing for a destination {name:?}; there is something for: {}",
        if names.is_empty() { "none".into() } else { names.join(", ") }
    )
}

async fn relay(options: &Options) -> anyhow::Result<()> {
    // Simulated events must not reach real destinations, and real ones must not end up in the demo's receiver.
    if options.config.is_none() && options.state.is_some() {
        bail!("--state is for a relay with --config; without that, nothing is kept");
    }
    if options.config.is_some() && env::var_os(VARIABLE).is_none() {
        bail!(
            "{VARIABLE} is not set; set it to the URL from Rumble's Live Stream API page, or leave out --config to see a simulated account"
        );
    }
    let Destinations { config, printer } = Destinations::open(options).await?;
    let account = Account::open(|client| client).await?;
    let is_simulated = account.server.is_some();
    if is_simulated {
        print_line("RUMBLE_API_URL is not set, so this is a simulated account on this machine; Ctrl-C ends it");
    }
    let folder = if options.config.is_none() { Some(TempDir::new().context("cannot make a folder for the state")?) } else { None };
    let state = match (&folder, &options.state) {
        (Some(folder), _) => folder.path().join(STATE),
        (None, Some(state)) => state.clone(),
        (None, None) => PathBuf::from(STATE),
    };
    let file = state.clone();
    let outbox = spawn_blocking(move || Outbox::open(&file)).await??;
    info!(destinations = config.destinations.len(), state = %state.display(), "the relay runs");
    let interval = options.interval.or(is_simulated.then_some(Duration::from_secs(1)));
    let (client, name) = (account.client.clone(), account.name());
    let relay = Relay { client, account: name, config, outbox, interval, backoff: Backoff::default(), clock: Clock::Machine };
    let end = relay.run(Http::new, async { Ok(told_to_stop().await?) }).await;
    if let Some(printer) = printer {
        printer.abort();
    }
    end
}

async fn test(options: &Options, only: Option<&str>) -> anyhow::Result<()> {
    let Destinations { config, printer } = Destinations::open(options).await?;
    let names: Vec<_> = config.destinations.iter().map(|destination| destination.name.as_str()).collect();
    if let Some(name) = only.filter(|name| !names.contains(name)) {
        bail!("the configuration has no destination {name:?}; it has: {}", names.join(", "));
    }
    let mut stdout = Stdout::new();
    let mut all_arrived = true;
    let stopped = async { Err(told_to_stop().await.map_or_else(Into::into, |()| anyhow!("stopped before everything was sent"))) };
    let sending = async {
        for destination in config.destinations.iter().filter(|destination| only.is_none_or(|name| destination.name == name)) {
            let post = Http::new(destination)?;
            all_arrived &= test_send::run(destination, &post, async |line| Ok(stdout.print_line(&line).await?)).await?;
        }
        Ok(())
    };
    tokio::select! {
        end = sending => end,
        end = stopped => end,
    }?;
    if let Some(printer) = printer {
        // The last output is still on its way to the terminal.
        drop(timeout(LAST_LINES, printer).await);
    }
    if all_arrived { Ok(()) } else { bail!("not everything was delivered") }
}

async fn check(options: &Options) -> anyhow::Result<()> {
    let config = Destinations::open(options).await?.config;
    print(&report::samples(&config)).await
}

/// Where to send what.
struct Destinations {
    config: Config,
    /// Prints what the receiver of the demo gets.
    printer: Option<JoinHandle<()>>,
}

impl Destinations {
    async fn open(options: &Options) -> anyhow::Result<Self> {
        if let Some(file) = &options.config {
            return Ok(Self { config: Config::load(file)?, printer: None });
        }
        let demo = demo::start().await?;
        print_line("there is no --config, so a receiver on this machine prints what it gets");
        Ok(Self { config: demo.config, printer: Some(tokio::spawn(print_lines(demo.lines))) })
    }
}

async fn print(text: &str) -> anyhow::Result<()> {
    Ok(Stdout::new().print_line(text.trim_end()).await?)
}

async fn print_lines(mut lines: mpsc::Receiver<String>) {
    let mut stdout = Stdout::new();
    while let Some(line) = lines.recv().await {
        if stdout.print_line(&line).await.is_err() {
            // Nobody reads any more. The relay goes on without printing.
            return;
        }
    }
}

/// Returns if the program was told to stop and has not done so in time.
async fn out_of_patience() -> anyhow::Result<()> {
    told_to_stop().await?;
    sleep(PATIENCE).await;
    Err(anyhow!("the relay could not end in time; what was not noted is sent again at the next start"))
}
