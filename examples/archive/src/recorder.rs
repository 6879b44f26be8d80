//! Connects a watcher to a store. It polls again only after everything from the
//! last poll is stored.
//!
//! This is what follows if the process is killed:
//!
//! 1. Before a commit: neither the events nor a checkpoint that counts them as
//!    had are stored. The next run gets them again, as far as Rumble's lists
//!    reach.
//! 2. In the middle of a commit: the same as before it or after it, because
//!    events and checkpoint are one transaction.
//! 3. After a commit: the next run goes on after it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::FutureExt as _;
use rumble_live::{Event, Snapshot, Watcher};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{info, warn};

use crate::{
    commits::{Commits, PATIENCE, SAVE, not_stored},
    progress::{Progress, events},
    row::{Clocks, Row},
    store::{Batch, Store},
};

/// How often to look at the newest snapshot, because polls without events bring
/// a snapshot too.
const LOOK: Duration = Duration::from_secs(1);
/// Stores what a watcher yields.
#[derive(Debug)]
pub struct Recorder {
    watcher: Watcher,
    commits: Commits,
    /// What an error calls the account.
    account: &'static str,
    /// The checkpoint in the database, and when it was stored.
    saved: (Option<String>, Instant),
}

impl Recorder {
    /// The watcher must have resumed from the store's checkpoint.
    #[must_use]
    pub fn new(watcher: Watcher, store: Store, account: &'static str) -> Self {
        let saved = (checkpoint_of(&watcher), Instant::now());
        Self { watcher, commits: Commits::new(store), account, saved }
    }

    /// The progress. The receiver always has the newest.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.commits.progress()
    }

    /// Runs until `stop` returns or the watcher ends.
    ///
    /// # Errors
    ///
    /// If the watcher ends with an error, or events cannot be stored.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let outcome = self.record(stop).await;
        self.commits.close().await;
        outcome
    }

    async fn record(&mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let batch = tokio::select! {
                biased;
                () = stop.clone() => break,
                // Before the polls, because a busy chat always has events ready.
                _ = looks.tick() => {
                    self.look();
                    if self.saved.1.elapsed() < SAVE { None } else { self.newest_checkpoint() }
                }
                polled = self.watcher.next_poll() => match polled {
                    Some(events) => Some(self.batch(&events.context(self.account)?)?),
                    None => break,
                }
            };
            let Some(batch) = batch else { continue };
            tokio::select! {
                stored = self.store(&batch) => stored?,
                () = stop.clone().then(|()| sleep(PATIENCE)) => return not_stored(batch.rows.len()),
            }
        }
        let Some(batch) = self.newest_checkpoint() else { return Ok(()) };
        timeout(PATIENCE, self.store(&batch)).await.unwrap_or_else(|_| not_stored(0))
    }

    fn look(&self) {
        let newest = self.watcher.snapshot().map(Snapshot::now);
        self.commits.heard(newest);
    }

    fn batch(&self, events: &[Event]) -> anyhow::Result<Arc<Batch>> {
        let server = self.watcher.checkpoint().map(|checkpoint| checkpoint.at());
        let clocks = Clocks { server, machine: OffsetDateTime::now_utc() };
        let rows = events.iter().map(|event| Row::new(event, clocks)).collect::<anyhow::Result<_>>()?;
        for event in events {
            match event {
                Event::Unreadable(_) | Event::Interrupted(_) => warn!("{event}"),
                Event::Resumed(_) => info!("{event}"),
                _ => {}
            }
        }
        Ok(Batch::new(rows, checkpoint_of(&self.watcher)))
    }

    /// Stores what polls without events have changed since the last commit.
    fn newest_checkpoint(&self) -> Option<Arc<Batch>> {
        let newest = checkpoint_of(&self.watcher);
        (newest != self.saved.0).then(|| Batch::new(Vec::new(), newest))
    }

    async fn store(&mut self, batch: &Arc<Batch>) -> anyhow::Result<()> {
        let of = if batch.rows.is_empty() { "the newest checkpoint".into() } else { events(batch.rows.len()) };
        self.commits.store(batch, &of).await?;
        if batch.checkpoint.is_some() {
            self.saved.0.clone_from(&batch.checkpoint);
        }
        self.saved.1 = Instant::now();
        Ok(())
    }
}

fn checkpoint_of(watcher: &Watcher) -> Option<String> {
    watcher.checkpoint().map(|checkpoint| checkpoint.to_json())
}
