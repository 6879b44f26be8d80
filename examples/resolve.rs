//! Says which livestream a URL leads to and whether it is on air, or what a
//! channel shows.
//!
//! Without a URL it asks a simulated site on this machine about a livestream
//! and about its channel.

use std::{
    borrow::Cow,
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

/// How the program names itself to Rumble. Put your own name and address here.
const USER_AGENT: &str = concat!("rumble-live-resolve/", env!("CARGO_PKG_VERSION"));

/// Says which livestream a URL leads to and whether it is on air, or what a
/// channel shows.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// A watch page, a livestream id, or a channel: c/NAME, user/NAME or the
    /// URL of its page [default: examples from a simulated site on this
    /// machine]
    #[arg(value_name = "URL, ID or CHANNEL")]
    what: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async move {
        let Some(what) = &options.what else { return ask_a_simulated_site(options.json).await };
        tell(&Pages::new().with_user_agent(USER_AGENT), what, options.json).await.with_context(|| what.clone())
    })
}

async fn tell(pages: &Pages, what: &str, is_json: bool) -> anyhow::Result<()> {
    let id = match What::of(what)? {
        What::Creator(creator) => {
            let videos = pages.newest_videos(&creator).await?;
            let lines: Vec<_> = videos.iter().map(video_line).collect();
            return print(&if is_json { serde_json::to_string_pretty(&videos)? } else { lines.join("\n") });
        }
        What::Url(url) => pages.resolve(&url).await?.id,
        What::Id(id) => id,
    };
    let status = pages.stream_status(&id).await?;
    print(&if is_json { serde_json::to_string_pretty(&status)? } else { status_line(&status) })
}

/// What is typed in.
#[derive(Debug, PartialEq)]
enum What<'a> {
    Creator(Creator),
    Url(Cow<'a, str>),
    Id(StreamId),
}

impl<'a> What<'a> {
    fn of(text: &'a str) -> anyhow::Result<Self> {
        let text = text.trim();
        if let Ok(creator) = text.parse() {
            return Ok(Self::Creator(creator));
        }
        if text.contains("://") {
            return Ok(Self::Url(text.into()));
        }
        // As a browser shows it.
        if text.contains('/') {
            return Ok(Self::Url(format!("https://{text}").into()));
        }
        // It may be the code of a watch page, which is another number, or an id behind the v of an embedded player.
        anyhow::ensure!(!text.starts_with(['v', 'V']), "a code that begins with v may be two things; give the whole URL");
        Ok(Self::Id(StreamId::from(text)))
    }
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
    let pages = Pages::new().with_user_agent(USER_AGENT).with_endpoints(Endpoints::at(server.url())?);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_slash_is_a_url_and_another_one_an_id() {
        let url = |text: &'static str| What::Url(text.into());
        for (text, expected) in [
            ("https://rumble.com/v7c9aa1-night-shift.html", url("https://rumble.com/v7c9aa1-night-shift.html")),
            ("rumble.com/v7c9aa1-night-shift.html", url("https://rumble.com/v7c9aa1-night-shift.html")),
            ("rumble.com/embed/v7c1f4q/?pub=4", url("https://rumble.com/embed/v7c1f4q/?pub=4")),
            ("rumble.com/c/Retro", What::Creator("c/Retro".parse().unwrap())),
            (" 7c1f4q ", What::Id("7c1f4q".into())),
        ] {
            assert_eq!(What::of(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn code_that_begins_with_v_is_not_taken_for_an_id() {
        let error = What::of("v7c1f4q").unwrap_err();
        assert!(error.to_string().contains("give the whole URL"), "{error}");
    }
}
