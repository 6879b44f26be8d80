//! A chat bot for Rumble's livestreams that answers.
//!
//! It watches the account of `RUMBLE_API_URL` and speaks with the session of
//! `RUMBLE_SESSION`. Without `RUMBLE_API_URL` it uses a simulated account on
//! this machine.

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context as _, anyhow};
use clap::Parser;
use commands::{
    config::Config,
    demo::{self, Demo},
    live::{self, Live},
    output::Output,
    speaker::Voice,
    token,
};
use common::{stderr::print_line, stdout::Stdout, stop::stopped};
use rumble_live::{Client, session::SessionToken};
use tokio::{runtime::Builder, sync::mpsc, task::JoinHandle, time::timeout};
use tracing::warn;

/// The environment variable that holds the account's URL.
const VARIABLE: &str = "RUMBLE_API_URL";
/// How long the end waits for somebody to read the last lines.
const PATIENCE: Duration = Duration::from_millis(100);

/// A chat bot for Rumble's livestreams: it answers commands such as !uptime,
/// gives thanks for rants and speaks at intervals.
///
/// Without any setting it runs on a simulated account on this machine, and
/// simulated viewers ask it things.
///
/// For a real account, set `RUMBLE_API_URL` to the URL from Rumble's Live
/// Stream API page. The bot then prints what it would say. To let it speak,
/// also set `RUMBLE_SESSION` to the cookie `u_s` of a browser in which the
/// bot's own account is logged in. Both are secrets, so there is no option for
/// them.
///
/// Ctrl-C or SIGTERM ends it. What it hears and says goes to standard output,
/// its log to standard error. `RUST_LOG=commands=debug` logs more.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// What the bot does: commands, timers, thanks and cool-downs [default: the
    /// commands.toml of this program]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Store here what a restart must not forget: which commands were heard,
    /// cool-downs, tallies, and whether the bot is quiet
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Read the session from this file, and store it here when Rumble renews it
    ///
    /// Only you may be able to read the file. If it does not exist yet, the bot
    /// takes the session from `RUMBLE_SESSION`.
    #[arg(long, value_name = "FILE")]
    session_file: Option<PathBuf>,
    /// Say nothing while this file exists, whatever it contains
    #[arg(long, value_name = "FILE")]
    quiet_file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), start(options))
}

async fn start(options: Options) -> anyhow::Result<()> {
    common::log::start("info")?;
    let config = Config::load(options.config.as_deref())?;
    let (output, lines) = Output::new();
    let printer = tokio::spawn(print(lines));
    let Account { client, name, voice, interval, viewers } = match env::var_os(VARIABLE) {
        Some(url) => real(url, options.session_file)?,
        None => simulated()?,
    };
    let live = Live { client, account: name, voice, config, state: options.state, quiet_file: options.quiet_file, interval, output };
    let outcome = live::run(live, stopped()).await;
    if let Some(viewers) = viewers {
        viewers.abort();
    }
    if timeout(PATIENCE, printer).await.is_err() {
        warn!("nobody has read the last lines");
    }
    outcome
}

/// What to watch, and how to speak there.
struct Account {
    client: Client,
    /// What an error calls it.
    name: &'static str,
    voice: Voice,
    interval: Option<Duration>,
    /// Makes the viewers of a simulated account ask.
    viewers: Option<JoinHandle<()>>,
}

fn simulated() -> anyhow::Result<Account> {
    let Demo { client, session, viewers } = demo::start()?;
    print_line(format_args!("{VARIABLE} is not set, so this is a simulated account on this machine, whatever the session; Ctrl-C ends it"));
    let interval = Some(Duration::from_secs(1));
    Ok(Account { client, name: "the simulated account", voice: Voice::Session(session), interval, viewers: Some(viewers) })
}

fn real(url: OsString, session_file: Option<PathBuf>) -> anyhow::Result<Account> {
    let url = url.into_string().map_err(|_| anyhow!("it contains characters that a URL cannot have")).context(VARIABLE)?;
    let client = Client::new(url).context(VARIABLE)?;
    let voice = if let Some(token) = token::load(session_file.as_deref())? {
        let renewed = move |token: &SessionToken| token::renewed(token, session_file.as_deref());
        Voice::Session(client.session_builder().on_renewal(renewed).build(token)?)
    } else {
        print_line(format_args!("{} is not set, so the bot prints what it would say", token::VARIABLE));
        Voice::Print
    };
    Ok(Account { client, name: VARIABLE, voice, interval: None, viewers: None })
}

async fn print(mut lines: mpsc::Receiver<String>) {
    let mut stdout = Stdout::new();
    while let Some(line) = lines.recv().await {
        if stdout.print_line(&line).await.is_err() {
            // Nobody reads any more. The bot goes on without printing.
            return;
        }
    }
}
