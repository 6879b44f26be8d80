//! Prints a livestream's chat as it happens.
//!
//! Reads the chat of the livestream that you name, or else of a simulated one
//! on this machine.

use std::{collections::VecDeque, io, pin::pin, process::ExitCode};

use anstyle::{AnsiColor, RgbColor, Style};
use anyhow::Context as _;
use clap::Parser;
use common::{stdout::Stdout, stop::told_to_stop};
use rumble_live::{
    Endpoints, OneLine,
    chat::{Author, Chat, ChatEvent, ChatMessage, Notice},
    pages::Pages,
    sim::{Activity, Server, Sim},
};
use time::{UtcOffset, macros::format_description};
use tokio::{runtime::Builder, time::timeout};

/// How long the end waits for somebody to read the line that is being printed.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(200);
/// How many messages are kept, so that a deletion can show what it deletes.
const REMEMBERED: usize = 2000;

/// Prints a livestream's chat as it happens.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The livestream: its id, or the URL of its watch page [default: a
    /// simulated one on this machine]
    #[arg(value_name = "ID or URL")]
    stream: Option<String>,
    /// Print one JSON event per line
    #[arg(long)]
    json: bool,
    /// Print what was said before, too
    #[arg(long)]
    replay: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async move {
        match &options.stream {
            Some(stream) if stream.contains("://") => {
                let video = Pages::new().resolve(stream).await.with_context(|| stream.clone())?;
                read(Chat::builder(&video.id).replay(options.replay).open(), &options).await
            }
            Some(stream) => read(Chat::builder(stream.as_str()).replay(options.replay).open(), &options).await,
            None => {
                let (chat, _server) = simulated(&options).await?;
                read(chat, &options).await
            }
        }
    })
}

/// A busy simulated chat.
async fn simulated(options: &Options) -> anyhow::Result<(Chat, Server)> {
    let sim = Sim::running(7);
    let stream = sim.start_stream("Harbour lights, late shift");
    sim.live(Activity { messages_per_second: 2.0, deletions_per_second: 0.2, ..Activity::default() });
    let server = sim.serve().await.context("cannot serve the simulated chat")?;
    let chat = Chat::builder(&stream).endpoints(Endpoints::at(server.url())?).replay(options.replay).open();
    Ok((chat, server))
}

/// Prints until it is told to stop, nobody reads, or the chat ends.
async fn read(mut chat: Chat, options: &Options) -> anyhow::Result<()> {
    let mut stdout = Stdout::new();
    let mut stop = pin!(told_to_stop());
    let mut said = Said::default();
    loop {
        let event = tokio::select! {
            event = chat.next() => event,
            stopped = &mut stop => return Ok(stopped?),
        };
        let Some(event) = event.transpose()? else { return Ok(()) };
        let line = if options.json { serde_json::to_string(&event)? } else { said.line(event) };
        let mut writing = pin!(stdout.print_line(&line));
        let written = tokio::select! {
            written = &mut writing => written,
            stopped = &mut stop => {
                // If nobody reads this line, nobody misses it.
                drop(timeout(PATIENCE, writing).await);
                return Ok(stopped?);
            }
        };
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written.context("standard output")?,
        }
    }
}

/// Recent messages, oldest first.
#[derive(Default)]
struct Said(VecDeque<ChatMessage>);

impl Said {
    fn line(&mut self, event: ChatEvent) -> String {
        let (red, cyan) = (AnsiColor::Red.on_default(), AnsiColor::Cyan.on_default());
        match event {
            ChatEvent::Message(message) => {
                let line = message_line(&message);
                if self.0.len() >= REMEMBERED {
                    self.0.pop_front();
                }
                self.0.push_back(message);
                line
            }
            ChatEvent::Deleted(deleted) => {
                let struck = Style::new().strikethrough().dimmed();
                let known = self.0.iter().filter(|message| deleted.message_ids.contains(&message.id));
                let known = known.filter(|message| !deleted.spares_rants || message.rant.is_none());
                let first = format!("         {red}{deleted}{red:#}");
                known.fold(first, |lines, message| format!("{lines}\n         {struck}{message}{struck:#}"))
            }
            ChatEvent::Gap(_) | ChatEvent::Interrupted(_) => format!("         {red}{event}{red:#}"),
            event => format!("         {cyan}{event}{cyan:#}"),
        }
    }
}

/// Time, badges, user and text.
fn message_line(message: &ChatMessage) -> String {
    let at = message.sent_at.to_offset(UtcOffset::UTC).format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default();
    let name = Style::new().bold().fg_color(message.author.color.map(|color| RgbColor(color.red, color.green, color.blue).into()));
    let paid = AnsiColor::Black.on(AnsiColor::Yellow);
    let rant = message.rant.as_ref().map(|rant| format!(" {paid} {} {paid:#}", rant.amount)).unwrap_or_default();
    let cyan = AnsiColor::Cyan.on_default();
    let notice = message.notice.as_ref().map(|notice: &Notice| format!(" {cyan}({notice}){cyan:#}")).unwrap_or_default();
    format!("{at} {}{name}{}{name:#}{rant}{notice}: {}", badges(&message.author), message.author, OneLine(&message.text))
}

fn badges(author: &Author) -> String {
    let known = [
        ("⚓", author.is_owner()),
        ("🛡", author.is_moderator()),
        ("★", author.is_subscriber()),
        ("✓", author.has_badge("verified")),
        ("♥", author.is_follower()),
    ];
    let shown: String = known.iter().filter(|(_, wears)| *wears).map(|(sign, _)| *sign).collect();
    if shown.is_empty() { shown } else { format!("{shown} ") }
}
