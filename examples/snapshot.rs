//! Fetches an account once and prints it.
//!
//! The account is that of `RUMBLE_API_URL`; without it, a simulated one on this machine.

use std::{env, error::Error, process::ExitCode, time::Duration};

use clap::Parser;
use comfy_table::{Table, TableStyle};
use rumble_live::{
    Client, Snapshot,
    sim::{Activity, Sim},
};

/// Fetches a Rumble account once and prints it as a table.
///
/// The account is that of the API URL in the environment variable `RUMBLE_API_URL`; without it, a simulated one on this machine.
#[derive(Parser)]
struct Options {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match print(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn print(options: &Options) -> Result<(), Box<dyn Error>> {
    let server;
    let url = if let Some(url) = env::var_os("RUMBLE_API_URL") {
        url.into_string().map_err(|_| "RUMBLE_API_URL holds characters that no URL has")?
    } else {
        let sim = Sim::new(7);
        sim.live(Activity::default());
        sim.advance(Duration::from_secs(600));
        server = sim.serve().await?;
        server.url().to_owned()
    };

    let snapshot = Client::new(url)?.snapshot().await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&snapshot)?);
    } else {
        println!("{}", table(&snapshot));
    }
    Ok(())
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
