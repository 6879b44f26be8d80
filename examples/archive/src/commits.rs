//! Commits until a batch is stored, and reports the progress.

use std::{sync::Arc, time::Duration};

use anyhow::bail;
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tracing::{debug, info, warn};

use crate::{
    progress::Progress,
    store::{Batch, Failure, Store},
};

/// How often the position in the source is saved while no events come.
pub(crate) const SAVE: Duration = Duration::from_secs(60);
/// How long the end waits for a commit.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);
/// How long the end waits for the database to close.
const CLOSING: Duration = Duration::from_millis(200);
/// The wait after a failure, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

/// An open store, and the progress that is reported from it.
#[derive(Debug)]
pub(crate) struct Commits {
    store: Store,
    progress: watch::Sender<Progress>,
}

impl Commits {
    pub(crate) fn new(store: Store) -> Self {
        let progress = watch::Sender::new(Progress { events: store.head().events, ..Progress::default() });
        Self { store, progress }
    }

    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Notes when the source last answered.
    pub(crate) fn heard(&self, newest: Option<OffsetDateTime>) {
        self.progress.send_if_modified(|progress| std::mem::replace(&mut progress.snapshot, newest) != newest);
    }

    /// Returns when the batch is stored, however long that takes. `of` names
    /// what is in it.
    pub(crate) async fn store(&mut self, batch: &Arc<Batch>, of: &str) -> anyhow::Result<()> {
        let (start, mut wait) = (Instant::now(), BACK_OFF.0);
        loop {
            match self.store.commit(batch).await {
                Ok(()) => break,
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error)) => {
                    let trouble = format!("{error:#}");
                    warn!("{of} not stored yet, next try in {wait:.1?}: {trouble}");
                    self.progress.send_modify(|progress| progress.trouble = Some(trouble));
                    sleep(wait).await;
                    wait = BACK_OFF.1.min(wait * 2);
                }
            }
        }
        let stored = self.store.head().events;
        self.progress.send_modify(|progress| {
            if progress.trouble.take().is_some() {
                info!("{of} stored after {:.1?}", start.elapsed());
            }
            progress.events = stored;
        });
        Ok(())
    }

    pub(crate) async fn close(self) {
        if timeout(CLOSING, self.store.close()).await.is_err() {
            debug!("the database is not closed yet; what was committed is safe");
        }
    }
}

/// What to say if the end has not waited for a commit. Without events, only the
/// newest checkpoint may be lost.
pub(crate) fn not_stored(count: usize) -> anyhow::Result<()> {
    match count {
        0 => warn!("stopped before it was certain that the newest checkpoint was stored; the next run goes on from the previous one"),
        1 => bail!("stopped before it was certain that the last event was stored; the next run stores it if it was not"),
        _ => bail!("stopped before it was certain that the last {count} events were stored; the next run stores them if they were not"),
    }
    Ok(())
}
