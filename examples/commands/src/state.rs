//! What a restart must not forget, in one file: the bot's memory and the
//! watcher's checkpoint, so that the two always agree.

use std::{fs, io, path::Path};

use anyhow::{Context as _, anyhow};
use rumble_live::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::bot::Memory;

/// The version that this program writes.
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
    pub memory: Memory,
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

/// Reads the file. `None` if there is none, as at the first start.
///
/// # Errors
///
/// If it cannot be read or is damaged. The text names the file.
pub fn load(file: &Path) -> anyhow::Result<Option<State>> {
    let name = file.display();
    let json = match fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read.with_context(|| format!("{name}: cannot read the state"))?,
    };
    let state: State = serde_json::from_slice(&json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        anyhow!("{name}: this is not a state file of this program, or it is damaged (line {line}, column {column}); choose another file")
    })?;
    if state.version != VERSION {
        return Err(anyhow!("{name}: the state has version {}, and this program knows only version {VERSION}", state.version));
    }
    Ok(Some(state))
}
