//! Keeps a checkpoint file up to date.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rumble_live::Checkpoint;
use tempfile::NamedTempFile;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

/// Reads what was saved in `file`, if anything was, and makes sure that it can
/// be saved again.
pub(crate) fn load(file: &Path) -> anyhow::Result<Option<Checkpoint>> {
    let saved = Checkpoint::load(file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    NamedTempFile::new_in(folder).with_context(|| format!("{}: cannot create a file in its folder", file.display()))?;
    Ok(saved)
}

/// Saves checkpoints in the background, as often as the disk allows. It always
/// saves the newest. A checkpoint that comes during a save waits, and is
/// skipped if a newer one comes before its turn.
pub(crate) struct Saver {
    newest: watch::Sender<Option<Checkpoint>>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Saver {
    pub(crate) fn start(file: PathBuf) -> Self {
        let (newest, mut given) = watch::channel(None::<Checkpoint>);
        let task = tokio::spawn(async move {
            // `changed` fails once no other checkpoint can come. By then the last one is saved.
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

    /// Returns only if saving has failed; [`finish`](Self::finish) says why.
    pub(crate) async fn failed(&self) {
        self.newest.closed().await;
    }

    /// Returns when the last checkpoint is on the disk.
    pub(crate) async fn finish(self) -> anyhow::Result<()> {
        drop(self.newest);
        self.task.await?
    }
}
