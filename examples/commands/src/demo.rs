//! A simulated account whose viewers use the commands, so that a newcomer sees the bot answer.

use std::time::Duration;

use rumble_live::{
    Client, Error, Snapshot, StreamId,
    session::Session,
    sim::{Activity, Sim},
};
use tokio::{task::JoinHandle, time::sleep};

/// Who the bot is there.
const BOT: &str = "HarbourBot";
/// How long until the next viewer uses a command.
const PAUSE: Duration = Duration::from_secs(6);

/// The account, a session of the bot, and what makes its viewers ask.
#[derive(Debug)]
pub struct Demo {
    /// The account.
    pub client: Client,
    /// The bot's.
    pub session: Session,
    /// What makes viewers ask, for as long as it runs.
    pub viewers: JoinHandle<()>,
}

/// Starts it, on this machine's clock and without any socket.
///
/// # Errors
///
/// None that is known.
pub fn start() -> Result<Demo, Error> {
    let sim = Sim::on_wall_clock(7);
    sim.live(Activity {
        followers_per_second: 0.2,
        subscribers_per_second: 0.02,
        gifts_per_second: 0.02,
        messages_per_second: 0.7,
        rants_per_second: 0.05,
        ..Activity::NONE
    });
    let client = Client::builder("http://127.0.0.1/?key=simulated").transport(sim.clone()).build()?;
    let session = client.session_builder().build(sim.session(BOT))?;
    Ok(Demo { client, session, viewers: tokio::spawn(ask(sim)) })
}

/// One after another, for ever. `GraniteGwen` wears a moderator's badge there, `PebblePete` none that counts, and `KettleDrummer` a subscriber's.
async fn ask(sim: Sim) {
    let lines = [
        ("PebblePete", "!uptime"),
        ("KettleDrummer", "!hug"),
        ("EchoMarigold", "!followers"),
        ("LanternLou", "!top"),
        ("orbit_otter", "!discord"),
        ("PebblePete", "!commands"),
        ("PebblePete", "!quiet"),
        ("GraniteGwen", "!quiet"),
        ("LanternLou", "!uptime"),
        ("GraniteGwen", "!speak"),
    ];
    for (username, text) in lines.into_iter().cycle() {
        sleep(PAUSE).await;
        if let Some(stream) = live(&sim) {
            sim.message(&stream, username, text);
        }
    }
}

fn live(sim: &Sim) -> Option<StreamId> {
    let snapshot = Snapshot::from_json(&sim.snapshot_json()).ok()?;
    snapshot.live().next().map(|stream| stream.id.clone())
}
