//! A simulated account with viewers who use the commands, so that a newcomer
//! sees the bot answer.

use std::time::Duration;

use rumble_live::{
    Client, Error, Snapshot, StreamId,
    session::Session,
    sim::{Activity, Sim},
};
use tokio::{task::JoinHandle, time::sleep};

/// The bot's name there.
const BOT: &str = "HarbourBot";
/// How long until the next viewer uses a command.
const PAUSE: Duration = Duration::from_secs(6);

/// The account, a session of the bot, and the task that makes viewers ask.
#[derive(Debug)]
pub struct Demo {
    pub client: Client,
    pub session: Session,
    /// Makes viewers ask, as long as it runs.
    pub viewers: JoinHandle<()>,
}

/// Starts it on this machine's clock, without any socket.
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

/// Asks one after another, for ever. The simulator gives `GraniteGwen` a
/// moderator's badge, `KettleDrummer` a subscriber's, and `PebblePete` none
/// that counts.
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
