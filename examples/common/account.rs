//! Which account an example is about.

use std::{env, time::Duration};

use anyhow::{Context as _, anyhow};
use rumble_live::{
    Client, ClientBuilder, Snapshot, StreamId,
    sim::{Activity, Server, Sim},
};
use tokio::time::sleep;

/// The variable of the environment that says which.
pub(crate) const VARIABLE: &str = "RUMBLE_API_URL";

pub(crate) struct Account {
    pub(crate) client: Client,
    /// Serves it where it is simulated.
    pub(crate) server: Option<Server>,
}

impl Account {
    /// That of `RUMBLE_API_URL`; without it, a simulated one.
    /// Its client is set up further by `set`.
    pub(crate) async fn open(set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> anyhow::Result<Self> {
        if let Some(url) = env::var_os(VARIABLE) {
            let url = url.into_string().map_err(|_| anyhow!("it holds characters that no URL has")).context(VARIABLE)?;
            return Ok(Self { client: set(Client::builder(url)).build().context(VARIABLE)?, server: None });
        }
        let server = serve().await?;
        Ok(Self { client: set(Client::builder(server.url())).build()?, server: Some(server) })
    }

    /// What to call it in an error: by where its URL comes from.
    pub(crate) fn name(&self) -> &'static str {
        if self.server.is_some() { "the simulated account" } else { VARIABLE }
    }
}

/// A simulated account on which much happens, the same in every process.
pub(crate) async fn serve() -> anyhow::Result<Server> {
    let sim = Sim::on_wall_clock(7);
    sim.live(Activity::default());
    tokio::spawn(only_in_the_chat(sim.clone()));
    sim.serve().await.context("cannot serve the simulated account")
}

/// What the live chat shows and no poll does.
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
