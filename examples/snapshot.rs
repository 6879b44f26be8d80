//! Fetches an account once and prints it.
//!
//! The account is the one of `RUMBLE_API_URL`, or else a simulated one on this
//! machine.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Parser;
use comfy_table::{Table, TableStyle};
use common::account::Account;
use rumble_live::Snapshot;
use tokio::runtime::Builder;

/// Fetches a Rumble account once and prints it as a table.
///
/// Put the account's API URL into the environment variable `RUMBLE_API_URL`.
/// Without it, the example uses a simulated account on this machine.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), print(&options))
}

async fn print(options: &Options) -> anyhow::Result<()> {
    let account = Account::open(|client| client).await?;
    let snapshot = account.client.snapshot().await.context(account.name())?;
    let text = if options.json { serde_json::to_string_pretty(&snapshot)? } else { table(&snapshot).to_string() };
    writeln!(io::stdout(), "{text}").context("standard output")
}

fn table(snapshot: &Snapshot) -> Table {
    let count = |count: Option<u64>| count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
    let account = snapshot.account();
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.add_row([account.kind.to_string(), account.to_string()]);
    table.add_row(["followers".to_owned(), count(snapshot.followers().count)]);
    table.add_row(["newest".to_owned(), snapshot.followers().recent.first().map_or_else(String::new, |newest| newest.username.clone())]);
    table.add_row(["subscribers".to_owned(), count(snapshot.subscribers().count)]);
    table.add_row(["gifted subscriptions".to_owned(), count(snapshot.gifted_subs().count)]);
    for stream in snapshot.livestreams() {
        let state = if stream.is_live() { "live" } else { "not live" };
        table.add_row([format!("stream {}", stream.id), format!("{} ({state})", stream.title)]);
        table.add_row(["  watching now".to_owned(), count(stream.watching_now)]);
        if let Some(ratio) = stream.like_ratio() {
            table.add_row(["  likes".to_owned(), format!("{:.0} %", ratio * 100.0)]);
        }
        for rant in &stream.chat.recent_rants {
            table.add_row(["  rant".to_owned(), rant.to_string()]);
        }
        for message in stream.chat.recent_messages.iter().take(5) {
            table.add_row(["  message".to_owned(), message.to_string()]);
        }
    }
    table
}
