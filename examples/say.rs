//! Writes one message to a livestream's chat as a logged-in user.
//!
//! The user comes from the session in `RUMBLE_SESSION`. Without it, the example
//! uses a simulated account on this machine.

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use clap::Parser;
use rumble_live::{
    Endpoints, ErrorKind, StreamId,
    chat::{Chat, ChatEvent},
    session::{Session, SessionToken},
    sim::Sim,
};
use tokio::runtime::Builder;

/// The environment variable that holds the token.
const VARIABLE: &str = "RUMBLE_SESSION";

/// Writes one message to a livestream's chat as a logged-in user.
///
/// Put the session into the environment variable `RUMBLE_SESSION`; it is the
/// cookie `u_s` of a browser. Without it, the example uses a simulated account
/// on this machine.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// The livestream, by its id [default: a simulated one on this machine]
    stream: Option<StreamId>,
    /// What to say
    #[arg(default_value = "ahoy")]
    text: String,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_multi_thread(), async move {
        if env::var_os(VARIABLE).is_none() {
            return say_in_a_simulated_chat(&options.text).await;
        }
        let Some(stream) = options.stream else { bail!("name the livestream to write to, by its id") };
        let session = Session::from_token(SessionToken::from_env(VARIABLE)?)?;
        say(&session, &stream, &options.text).await
    })
}

async fn say(session: &Session, stream: &StreamId, text: &str) -> anyhow::Result<()> {
    match session.chat(stream)?.send(text).await {
        Ok(sent) => print(&format!("said it, as message {}", sent.message_id)),
        Err(error) if error.kind() == ErrorKind::Unclear => Err(error).context("check the chat before you say it again"),
        Err(error) => Err(error.into()),
    }
}

/// Says it with a reader connected, which shows what others see.
async fn say_in_a_simulated_chat(text: &str) -> anyhow::Result<()> {
    let sim = Sim::running(7);
    let stream = sim.start_stream("Harbour lights, late shift");
    let server = sim.serve().await.context("cannot serve the simulated chat")?;
    let endpoints = Endpoints::at(server.url())?;
    let mut chat = Chat::builder(&stream).endpoints(endpoints.clone()).open();
    chat.next().await.transpose()?;
    let session = Session::builder().endpoints(endpoints).build(sim.session("captain"))?;
    say(&session, &stream, text).await?;
    while let Some(event) = chat.next().await.transpose()? {
        if let ChatEvent::Message(message) = event {
            return print(&message.to_string());
        }
    }
    Ok(())
}

fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("standard output")
}
