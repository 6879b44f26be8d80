//! What a restart must not forget, in one file: the bot's memory and the watcher's checkpoint, so that the two never part.

use std::{fs, io, path::Path};

use anyhow::{Context as _, anyhow};
use rumble_live::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::bot::Memory;

/// The version that is written.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Stored<'a> {
    version: u32,
    memory: &'a Memory,
    checkpoint: &'a Checkpoint,
}

/// What was stored.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    version: u32,
    /// The bot's.
    pub memory: Memory,
    /// The watcher's.
    pub checkpoint: Checkpoint,
}

/// The content of the file.
///
/// # Errors
///
/// None that is known.
pub fn to_json(memory: &Memory, checkpoint: &Checkpoint) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Stored { version: VERSION, memory, checkpoint })?)
}

/// Reads the file. `None` where there is none, as at the first start.
///
/// # Errors
///
/// Where it cannot be read or is damaged; the text names it.
pub fn load(file: &Path) -> anyhow::Result<Option<State>> {
    let name = file.display();
    let json = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("{name}: cannot read the state"))?,
    };
    let state: State = serde_json::from_slice(&json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("{name}: this is no state of this program, or it is damaged (line {line}, column {column}); start with another file")
    })?;
    if state.version != VERSION {
        return Err(anyhow!("{name}: the state is of version {}, and this program knows version {VERSION} only", state.version));
    }
    Ok(Some(state))
}
