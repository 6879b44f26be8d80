//! Records what passes between a program and Rumble, and plays it back.

use std::path::Path;

use anyhow::Context as _;
use rumble_live::{
    Client, Pool,
    record::{Playback, Recorder},
};

/// A recorder that opens its own connections.
pub(crate) fn recorder(file: &Path) -> anyhow::Result<Recorder> {
    Ok(Recorder::create(file, Pool::new())?)
}

/// A recording, with a client that reads from it.
pub(crate) struct Played {
    pub(crate) client: Client,
    playback: Playback,
}

impl Played {
    /// Needs a runtime whose clock is paused.
    pub(crate) fn open(file: &Path, speed: f64) -> anyhow::Result<Self> {
        let playback = Playback::open(file)?.speed(speed).context("--speed")?;
        let client = Client::builder(playback.api_url()).transport(playback.clone()).build()?;
        Ok(Self { client, playback })
    }

    /// Whether the recording comes from a server on the same machine, such as a
    /// simulated one.
    pub(crate) fn is_local(&self) -> bool {
        self.playback.is_local()
    }

    /// Whether the recording is over.
    pub(crate) fn is_over(&self) -> bool {
        self.playback.is_over()
    }
}
