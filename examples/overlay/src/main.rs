//! Serves a page for OBS that shows what happens on a Rumble account.
//!
//! The account is the one of `RUMBLE_API_URL`, or else a simulated one on this
//! machine.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use clap::Parser;
use common::{account::Account, monitoring::Monitoring, seconds::seconds, stop::told_to_stop};
use futures::{FutureExt as _, TryFutureExt as _};
use tokio::{runtime::Builder, task::spawn_blocking, time::sleep};

use crate::{board::Board, hub::Hub, store::Store, watching::Watching};

mod board;
mod connections;
mod hub;
mod server;
mod store;
mod watching;

/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_millis(800);

/// A page for OBS that shows what happens on a Rumble account: alerts, chat, a
/// goal and viewers.
///
/// Start it and add the URL that it prints to OBS as a browser source. Filters,
/// colours and sizes are set in that URL. The program also prints the URL of
/// the control page, which puts a page URL together for you and shows test
/// alerts.
///
/// Put the account's API URL into the environment variable `RUMBLE_API_URL`.
/// Without it, the program uses a simulated account on this machine. The API
/// URL is a secret: no page ever sees it.
///
/// By default only warnings are logged to stderr.
/// `RUST_LOG=overlay=debug,rumble_live=debug` logs more.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Serve the page on this port of 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// Go on from what this file remembers, and keep it up to date
    ///
    /// If a page stays open over a restart, it then shows each alert once: it
    /// does not show the alerts from before the restart again, and it shows
    /// those that came meanwhile. Without this option, each start knows nothing
    /// of the last.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Follower goal [default: the next round number]
    #[arg(long, value_name = "FOLLOWERS", value_parser = clap::value_parser!(u64).range(1..))]
    goal: Option<u64>,
    /// Time between polls [default: 10, or 5 while much happens; 1 for the
    /// simulated account]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async {
        common::log::start("warn")?;
        let stop = told_to_stop().map_err(Arc::new).shared();
        tokio::select! {
            end = overlay(&options, stop.clone()) => end,
            end = out_of_patience(stop) => end,
        }
    })
}

async fn overlay(options: &Options, stop: impl Future<Output = Result<(), Arc<io::Error>>>) -> anyhow::Result<()> {
    let listener = connections::listen(options.port).with_context(|| format!("--port {}", options.port))?;
    let address = listener.local_addr()?;
    let (store, saved) = match options.checkpoint.clone() {
        // A disk that hangs must not keep the program from ending.
        Some(file) => spawn_blocking(move || Store::open(&file)).await?.map(|(store, saved)| (Some(store), saved))?,
        None => (None, None),
    };
    let account = Account::open(|client| client).await?;
    let (mut board, checkpoint) = match saved {
        Some(saved) => (saved.board, Some(saved.checkpoint)),
        None => (Board::new(format!("{:016x}", fastrand::u64(..))), None),
    };
    board.start_run(options.goal);
    let interval = options.interval.or(account.server.is_some().then_some(Duration::from_secs(1)));
    let monitoring = Monitoring::start("snapshot", interval)?;
    let mut watcher = account.client.watch_builder().live_chat(true).resume(checkpoint);
    if let Some(interval) = interval {
        watcher = watcher.interval(interval);
    }
    let hub = Arc::new(Hub::new(board));
    let router = server::router(Arc::clone(&hub), monitoring.clone().router());
    let server = tokio::spawn(connections::serve(listener, router));
    let urls = format!("the page for OBS: http://{address}/\ncontrol and test: http://{address}/control\n");
    if let Err(error) = io::stdout().write_all(urls.as_bytes()) {
        tracing::warn!(%error, "nobody reads the URLs");
    }
    tokio::select! {
        end = Watching::new(watcher.build(), &hub, store, monitoring, account.name()).run(stop.err_into()) => end,
        ended = server => ended.context("the server has ended"),
    }
}

/// Returns if the program was told to stop and has not done so in time.
async fn out_of_patience(stop: impl Future<Output = Result<(), Arc<io::Error>>>) -> anyhow::Result<()> {
    stop.await?;
    sleep(PATIENCE).await;
    Err(anyhow!("stopped before the newest state was saved"))
}
