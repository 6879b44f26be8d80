//! Chooses the account that an example watches.

use std::{env, time::Duration};

use anyhow::{Context as _, anyhow};
use rumble_live::{
    Client, ClientBuilder, Snapshot, StreamId,
    sim::{Activity, Server, Sim},
};
use tokio::time::sleep;

/// The environment variable that holds its URL.
pub const VARIABLE: &str = "RUMBLE_API_URL";

/// An account, and what serves it.
#[derive(Debug)]
pub struct Account {
    /// Its client.
    pub client: Client,
    /// Serves the account if it is simulated.
    pub server: Option<Server>,
}

impl Account {
    /// The account of `RUMBLE_API_URL`, or a simulated one if the variable is
    /// not set. `set` changes the settings of its client.
    ///
    /// # Errors
    ///
    /// If the URL cannot be used, or the simulated account cannot be served.
    pub async fn open(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> anyhow::Result<Self> {
        if let Some(url) = env::var_os(VARIABLE) {
            let url = url.into_string().map_err(|_| anyhow!("it contains characters that a URL cannot have")).context(VARIABLE)?;
            return Ok(Self { client: set(Client::builder(url)).build().context(VARIABLE)?, server: None });
        }
        let server = serve().await?;
        Ok(Self { client: set(Client::builder(server.url())).build()?, server: Some(server) })
    }

    /// What an error calls the account: the place that its URL comes from.
    #[must_use]
    pub fn name(&self) -> &'static str {
        if self.server.is_some() { "the simulated account" } else { VARIABLE }
    }
}

/// A busy simulated account, the same in every process.
///
/// # Errors
///
/// If there is no free port on loopback.
pub async fn serve() -> anyhow::Result<Server> {
    let sim = Sim::on_wall_clock(7);
    sim.live(Activity::default());
    tokio::spawn(only_in_the_chat(sim.clone()));
    sim.serve().await.context("cannot serve the simulated account")
}

/// What only the live chat shows, and no poll.
async fn only_in_the_chat(sim: Sim) {
    let scenes: [fn(&Sim, &StreamId); 4] = [
        |sim, stream| sim.subscription_notice(stream, "QuillAndCo", "6 month subscriber"),
        |sim, stream| sim.raid_from(stream, "LanternLou", "we come with tea ☕"),
        |sim, stream| {
            sim.message(stream, "FreeFollowers", "buy followers, cheap");
            sim.mute(stream, "FreeFollowers");
        },
        |sim, stream| sim.raid(stream, "Night Owls", "https://rumble.com/v7c9aa1-night-owls.html"),
    ];
    for scene in scenes.iter().cycle() {
        sleep(Duration::from_secs(3)).await;
        let Ok(snapshot) = Snapshot::from_json(&sim.snapshot_json()) else { return };
        if let Some(stream) = snapshot.livestreams().iter().find(|stream| stream.is_live()) {
            scene(&sim, &stream.id);
        }
    }
}
