//! Keeps a file up to date in the background.

use std::path::PathBuf;

use anyhow::Context as _;
use common::replace::{replace, try_to_replace};
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
};

/// Saves content in the background, as often as the disk allows. It always
/// saves the newest. Content that comes during a save waits, and is skipped if
/// newer content comes before its turn.
#[derive(Debug)]
pub struct Saver {
    newest: watch::Sender<(u64, Vec<u8>)>,
    stored: watch::Receiver<u64>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Saver {
    /// Starts a saver for this file.
    ///
    /// # Errors
    ///
    /// If nothing can be written there.
    pub fn start(file: PathBuf) -> anyhow::Result<Self> {
        try_to_replace(&file).with_context(|| format!("{}: cannot create a file in its folder", file.display()))?;
        let (newest, mut given) = watch::channel((0, Vec::new()));
        let (done, stored) = watch::channel(0);
        let task = tokio::spawn(async move {
            // `changed` fails once no other content can come. By then the last one is saved.
            while given.changed().await.is_ok() {
                let (version, content) = given.borrow_and_update().clone();
                let to = file.clone();
                let saved = spawn_blocking(move || replace(&to, &content)).await?;
                saved.with_context(|| format!("{}: cannot be saved", file.display()))?;
                done.send_replace(version);
            }
            Ok(())
        });
        Ok(Self { newest, stored, task })
    }

    /// Returns the number of this version, from 1.
    #[must_use]
    pub fn give(&self, content: Vec<u8>) -> u64 {
        let mut number = 0;
        self.newest.send_modify(|newest| {
            *newest = (newest.0 + 1, content);
            number = newest.0;
        });
        number
    }

    /// The version that is on the disk by now.
    #[must_use]
    pub fn stored(&self) -> watch::Receiver<u64> {
        self.stored.clone()
    }

    /// Returns only if saving has failed; [`finish`](Self::finish) says why.
    pub async fn failed(&self) {
        self.newest.closed().await;
    }

    /// Returns when the last version is on the disk.
    ///
    /// # Errors
    ///
    /// Why saving has failed.
    pub async fn finish(self) -> anyhow::Result<()> {
        drop(self.newest);
        self.task.await?
    }
}
