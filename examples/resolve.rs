//! Says which livestream a URL leads to and whether it is on air, or what a channel shows.
//!
//! Without a URL it asks a simulated site on this machine about a livestream and about its channel.

use std::{
    io::{self, Write as _},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::Parser;
use rumble_live::{
    Endpoints, OneLine, StreamId,
    pages::{Creator, ListedVideo, Pages, StreamStatus},
    sim::{Server, Sim},
};
use time::{UtcOffset, macros::format_description};
use tokio::runtime::Builder;

#[path = "common/run.rs"]
mod run;
#[path = "common/stderr.rs"]
mod stderr;

/// Says which livestream a URL leads to and whether it is on air, or what a channel shows.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// A watch page, a livestream id, or a channel: c/NAME, user/NAME or the URL of its page [default: examples from a simulated site on
    /// this machine]
    #[arg(value_name = "URL, ID or CHANNEL")]
    what: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    run::run(&mut Builder::new_multi_thread(), async move {
        let Some(what) = &options.what else { return ask_a_simulated_site(options.json).await };
        tell(&Pages::new(), what, options.json).await.with_context(|| what.clone())
    })
}

async fn tell(pages: &Pages, what: &str, is_json: bool) -> anyhow::Result<()> {
    if let Ok(creator) = what.parse::<Creator>() {
        let videos = pages.newest_videos(&creator).await?;
        let lines: Vec<_> = videos.iter().map(video_line).collect();
        return print(&if is_json { serde_json::to_string_pretty(&videos)? } else { lines.join("\n") });
    }
    let id = if what.contains("://") { pages.resolve(what).await?.id } else { StreamId::from(what) };
    let status = pages.stream_status(&id).await?;
    print(&if is_json { serde_json::to_string_pretty(&status)? } else { status_line(&status) })
}

async fn ask_a_simulated_site(is_json: bool) -> anyhow::Result<()> {
    let (sim, _server, pages, stream) = simulated().await?;
    tell(&pages, &sim.watch_url(&stream), is_json).await?;
    tell(&pages, &sim.creator().to_string(), is_json).await
}

/// A site with one livestream on air and two that are over.
async fn simulated() -> anyhow::Result<(Sim, Server, Pages, StreamId)> {
    let sim = Sim::new(7);
    for title in ["Harbour lights", "Harbour lights, early shift"] {
        let stream = sim.start_stream(title);
        sim.advance(Duration::from_secs(2 * 60 * 60));
        sim.end_stream(&stream);
    }
    let stream = sim.start_stream("Harbour lights, late shift");
    let server = sim.serve().await.context("cannot serve the simulated site")?;
    let pages = Pages::new().with_endpoints(Endpoints::at(server.url())?);
    Ok((sim, server, pages, stream))
}

fn status_line(status: &StreamStatus) -> String {
    let StreamStatus { id, title, author_name, live, unplayable, .. } = status;
    let chat = id.decimal().map(|number| number.to_string()).unwrap_or_default();
    let reason = unplayable.as_ref().map(|words| format!(": {}", OneLine(words))).unwrap_or_default();
    format!("{id} (chat {chat}) {live}{reason}  {}  by {}", OneLine(title), OneLine(author_name))
}

fn video_line(video: &ListedVideo) -> String {
    let published = video.published_on.map(|on| on.to_offset(UtcOffset::UTC));
    let published =
        published.and_then(|on| on.format(format_description!("[year]-[month]-[day] [hour]:[minute]")).ok()).unwrap_or_default();
    let live = video.live.map(|live| live.to_string()).unwrap_or_default();
    format!("{} {published:16} {live:8} {}", video.id, OneLine(&video.title))
}

fn print(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}").context("standard output")
}
