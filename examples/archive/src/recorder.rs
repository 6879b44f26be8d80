//! Ties a watcher to a store: nothing more is polled before what the last poll told is stored.
//!
//! Where the process may be killed, and what follows:
//!
//! 1. before a commit: neither the events are there nor a checkpoint that counts them as had. The next run hears them again, as far as Rumble's lists reach.
//! 2. in the middle of one: as before or after it, for events and checkpoint are one transaction.
//! 3. after it: the next run goes on behind them.

use std::{pin::pin, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use futures::FutureExt as _;
use rumble_live::{Event, Snapshot, Watcher};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tracing::{info, warn};

use crate::{
    progress::{Progress, events},
    row::{Clocks, Row},
    store::{Batch, Failure, Store},
};

/// How often the newest snapshot is looked at, for a poll that brings no event brings one as well.
const LOOK: Duration = Duration::from_secs(1);
/// The wait after a failure, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));
/// How long the end waits for a commit.
const PATIENCE: Duration = Duration::from_millis(700);

/// Stores what a watcher tells.
#[derive(Debug)]
pub struct Recorder {
    watcher: Watcher,
    store: Store,
    /// What to call the account in an error.
    account: &'static str,
    progress: watch::Sender<Progress>,
}

impl Recorder {
    /// The watcher has to have resumed from the store's checkpoint.
    #[must_use]
    pub fn new(watcher: Watcher, store: Store, account: &'static str) -> Self {
        let head = store.head();
        let progress = watch::Sender::new(Progress { new: 0, events: head.events, polls: head.polls, ..Progress::default() });
        Self { watcher, store, account, progress }
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
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let stop = pin!(stop);
        let stop = stop.shared();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let polled = tokio::select! {
                biased;
                () = stop.clone() => return Ok(()),
                polled = self.watcher.next_poll() => polled,
                _ = looks.tick() => {
                    self.look();
                    continue;
                }
            };
            let Some(events) = polled else { return Ok(()) };
            let events = events.context(self.account)?;
            let batch = self.batch(&events)?;
            tokio::select! {
                stored = self.store(&batch) => stored?,
                () = stop.clone().then(|()| sleep(PATIENCE)) => return Err(not_stored(events.len().try_into().unwrap_or(i64::MAX))),
            }
        }
    }

    fn look(&self) {
        let newest = self.watcher.snapshot().map(Snapshot::now);
        self.progress.send_if_modified(|progress| std::mem::replace(&mut progress.snapshot, newest) != newest);
    }

    fn batch(&self, events: &[Event]) -> anyhow::Result<Arc<Batch>> {
        let checkpoint = self.watcher.checkpoint();
        let clocks = Clocks { server: checkpoint.as_ref().map(rumble_live::Checkpoint::at), machine: OffsetDateTime::now_utc() };
        let rows = events.iter().map(|event| Row::new(event, clocks)).collect::<anyhow::Result<_>>()?;
        for event in events {
            match event {
                Event::Gap(_) | Event::Unreadable(_) | Event::Interrupted(_) | Event::MergeDoubt(_) => warn!("{event}"),
                Event::Resumed(_) => info!("{event}"),
                _ => {}
            }
        }
        Ok(Batch::new(rows, checkpoint.map(|checkpoint| checkpoint.to_json())))
    }

    /// Returns when the batch is stored, however long that takes.
    async fn store(&mut self, batch: &Arc<Batch>) -> anyhow::Result<()> {
        let (start, mut wait) = (Instant::now(), BACK_OFF.0);
        let (before, of) = (self.store.head().events, events(batch.rows.len().try_into().unwrap_or(i64::MAX)));
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
        let head = self.store.head();
        self.progress.send_modify(|progress| {
            if progress.trouble.take().is_some() {
                info!("{of} stored after {:.1?}", start.elapsed());
            }
            let new = progress.new + head.events - before;
            *progress = Progress { new, events: head.events, polls: head.polls, ..progress.clone() };
        });
        Ok(())
    }
}

fn not_stored(count: i64) -> anyhow::Error {
    anyhow!("stopped before the last {} could be stored; the next run hears of it again, as far as Rumble still lists it", events(count))
}
