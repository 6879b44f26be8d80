//! The file that the overlay goes on from: what pages show and what the watcher
//! knows, together.
//!
//! They are in one file because they must agree. If the watcher knows more than
//! the board, the alerts between the two are lost. If it knows less, they come
//! again.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail};
use common::{
    lock::lock,
    replace::{replace, try_to_replace},
};
use rumble_live::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::board::Board;

/// The version that this program writes.
const VERSION: u32 = 1;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Saved {
    version: u32,
    pub(crate) board: Board,
    pub(crate) checkpoint: Checkpoint,
}

impl Saved {
    pub(crate) fn new(board: Board, checkpoint: Checkpoint) -> Self {
        Self { version: VERSION, board, checkpoint }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Store {
    file: PathBuf,
    /// Held as long as the file may be saved.
    _lock: Arc<File>,
}

impl Store {
    /// Opens what was saved in `file`, if anything was, and makes sure that it
    /// can be saved again.
    pub(crate) fn open(file: &Path) -> anyhow::Result<(Self, Option<Saved>)> {
        let lock = lock(file)?;
        let store = Self { file: file.to_owned(), _lock: Arc::new(lock) };
        let saved = store.load().with_context(|| format!("--checkpoint {}", file.display()))?;
        try_to_replace(file).with_context(|| format!("--checkpoint {}: cannot create a file in its folder", file.display()))?;
        Ok((store, saved))
    }

    fn load(&self) -> anyhow::Result<Option<Saved>> {
        let json = match fs::read(&self.file) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let saved: Saved = serde_json::from_slice(&json).map_err(|error| {
            let place = format!("line {}, column {}", error.line(), error.column());
            anyhow!("this program did not write it, or it is damaged ({place}); move it away to start again")
        })?;
        if saved.version != VERSION {
            bail!("it has a version that this program does not know; move it away to start again");
        }
        Ok(Some(saved))
    }

    /// Replaces the file as a whole, and blocks until that is on the disk.
    pub(crate) fn save(&self, saved: &Saved) -> anyhow::Result<()> {
        let json = serde_json::to_vec(saved)?;
        replace(&self.file, &json).with_context(|| format!("{}: cannot be saved", self.file.display()))
    }
}
