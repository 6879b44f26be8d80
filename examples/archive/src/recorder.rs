//! Ties a watcher to a store: nothing more is polled before what the last poll told is stored.
//!
//! Where the process may be killed, and what follows:
//!
//! 1. before a commit: neither the events are there nor a checkpoint that counts them as had. The next run hears them again, as far as Rumble's lists reach.
//! 2. in the middle of one: as before or after it, for events and checkpoint are one transaction.
//! 3. after it: the next run goes on behind them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use futures::FutureExt as _;
use rumble_live::{Event, Snapshot, Watcher};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{debug, info, warn};

use crate::{
    progress::{Progress, events},
    row::{Clocks, Row},
    store::{Batch, Failure, Store},
};

/// How often the newest snapshot is looked at, since polls without events also bring a snapshot.
const LOOK: Duration = Duration::from_secs(1);
/// How often the checkpoint is saved while no events come.
const SAVE: Duration = Duration::from_secs(60);
/// The wait after a failure, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// How long the end waits for a commit, and for the database to be closed.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(200));

/// Stores what a watcher tells.
#[derive(Debug)]
pub struct Recorder {
    watcher: Watcher,
    store: Store,
    /// What to call the account in an error.
    account: &'static str,
    progress: watch::Sender<Progress>,
    /// The checkpoint in the database, and when it was stored.
    saved: (Option<String>, Instant),
}

impl Recorder {
    /// The watcher has to have resumed from the store's checkpoint.
    #[must_use]
    pub fn new(watcher: Watcher, store: Store, account: &'static str) -> Self {
        let progress = watch::Sender::new(Progress { events: store.head().events, ..Progress::default() });
        let saved = (checkpoint_of(&watcher), Instant::now());
        Self { watcher, store, account, progress, saved }
    }

    /// How it fares, always the newest.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Runs until `stop` returns or the watcher ends.
    ///
    /// # Errors
    ///
    /// Where the watcher ends with one, or events cannot be stored.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let outcome = self.record(stop).await;
        if timeout(PATIENCE.1, self.store.close()).await.is_err() {
            debug!("the database is not closed yet; what was committed is safe");
        }
        outcome
    }

    async fn record(&mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let batch = tokio::select! {
                biased;
                () = stop.clone() => break,
                // Before the polls, since a busy chat always has events ready.
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
                () = stop.clone().then(|()| sleep(PATIENCE.0)) => return not_stored(batch.rows.len()),
            }
        }
        let Some(batch) = self.newest_checkpoint() else { return Ok(()) };
        timeout(PATIENCE.0, self.store(&batch)).await.unwrap_or_else(|_| not_stored(0))
    }

    fn look(&self) {
        let newest = self.watcher.snapshot().map(Snapshot::now);
        self.progress.send_if_modified(|progress| std::mem::replace(&mut progress.snapshot, newest) != newest);
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

    /// What polls without events have changed since the last commit.
    fn newest_checkpoint(&self) -> Option<Arc<Batch>> {
        let newest = checkpoint_of(&self.watcher);
        (newest != self.saved.0).then(|| Batch::new(Vec::new(), newest))
    }

    /// Returns when the batch is stored, however long that takes.
    async fn store(&mut self, batch: &Arc<Batch>) -> anyhow::Result<()> {
        let (start, mut wait) = (Instant::now(), BACK_OFF.0);
        let of = if batch.rows.is_empty() { "the newest checkpoint".into() } else { events(batch.rows.len()) };
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
        if batch.checkpoint.is_some() {
            self.saved.0.clone_from(&batch.checkpoint);
        }
        self.saved.1 = Instant::now();
        let stored = self.store.head().events;
        self.progress.send_modify(|progress| {
            if progress.trouble.take().is_some() {
                info!("{of} stored after {:.1?}", start.elapsed());
            }
            progress.events = stored;
        });
        Ok(())
    }
}

fn checkpoint_of(watcher: &Watcher) -> Option<String> {
    watcher.checkpoint().map(|checkpoint| checkpoint.to_json())
}

/// What is said where the end has not waited for a commit. Without events nothing is lost but the newest checkpoint.
fn not_stored(count: usize) -> anyhow::Result<()> {
    match count {
        0 => warn!("stopped before it was certain that the newest checkpoint was stored; the next run goes on from the one before"),
        1 => bail!("stopped before it was certain that the last event was stored; the next run stores it if it was not"),
        _ => bail!("stopped before it was certain that the last {count} events were stored; the next run stores them if they were not"),
    }
    Ok(())
}
