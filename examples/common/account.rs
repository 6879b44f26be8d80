//! Which account an example is about.

use std::env;

use anyhow::{Context as _, anyhow};
use rumble_live::{
    Client,
    sim::{Activity, Server, Sim},
};

/// The variable of the environment that says which.
const VARIABLE: &str = "RUMBLE_API_URL";

pub(crate) struct Account {
    pub(crate) client: Client,
    /// Serves it where it is simulated.
    pub(crate) server: Option<Server>,
}

impl Account {
    /// That of `RUMBLE_API_URL`; without it, a simulated one.
    pub(crate) async fn open() -> anyhow::Result<Self> {
        if let Some(url) = env::var_os(VARIABLE) {
            let url = url.into_string().map_err(|_| anyhow!("it holds characters that no URL has")).context(VARIABLE)?;
            return Ok(Self { client: Client::new(url).context(VARIABLE)?, server: None });
        }
        let server = serve().await?;
        Ok(Self { client: Client::new(server.url())?, server: Some(server) })
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
    sim.serve().await.context("cannot serve the simulated account")
}
