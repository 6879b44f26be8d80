//! Keeps a checkpoint file up to date.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rumble_live::Checkpoint;
use tempfile::NamedTempFile;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

/// Reads what was saved in `file`, if anything was, and makes sure that it can be saved again.
pub(crate) fn load(file: &Path) -> anyhow::Result<Option<Checkpoint>> {
    let saved = Checkpoint::load(file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder).with_context(|| format!("{}: cannot create a file in its folder", file.display()))?;
    Ok(saved)
}

/// Saves in the background what it is given: always the newest, and as often as the disk allows. What is given while a save is under way
/// waits for it, and is left out where something newer comes before its turn.
pub(crate) struct Saver {
    newest: watch::Sender<Option<Checkpoint>>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Saver {
    pub(crate) fn start(file: PathBuf) -> Self {
        let (newest, mut given) = watch::channel(None::<Checkpoint>);
        let task = tokio::spawn(async move {
            // An error when there will be no other, and the last one is saved.
            while given.changed().await.is_ok() {
                let Some(checkpoint) = given.borrow_and_update().clone() else { continue };
                let file = file.clone();
                spawn_blocking(move || checkpoint.save(file)).await??;
            }
            Ok(())
        });
        Self { newest, task }
    }

    pub(crate) fn give(&self, checkpoint: Checkpoint) {
        self.newest.send_replace(Some(checkpoint));
    }

    /// Returns only when saving has failed; [`finish`](Self::finish) tells why.
    pub(crate) async fn failed(&self) {
        self.newest.closed().await;
    }

    /// Returns when the last one given is on the disk.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        drop(self.newest);
        self.task.await?
    }
}
