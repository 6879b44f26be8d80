//! This client and the Python client cocorum, each with the same recorded service on loopback: an hour of polls, or an evening of live chat with the
//! argument `chat`. Run by `run.sh` of this folder, which installs cocorum first.

mod chat;
mod entry;
mod evening;
mod polls;
mod recording;
mod server;

use std::{env, error::Error as StdError};

fn main() -> Result<(), Box<dyn StdError>> {
    let python = env::var("PEERS_PYTHON").map_err(|_| "run it by benches/peers/run.sh, which installs cocorum")?;
    if env::args().any(|argument| argument == "chat") { chat::run(&python) } else { polls::run(&python) }
}
