//! From the account to the pages: takes events, stores what must be kept, and
//! only then sends it.
//!
//! This is what follows if the process is killed, for an alert:
//!
//! 1. Before its poll, or between the poll and the end of `Store::save`: the
//!    file is the old one, board and checkpoint alike, and no page got
//!    anything. The next run gets the event again, as far as the lists reach,
//!    and gives it the next number.
//! 2. Between the rename of the new file and the first page: the file has the
//!    alert and a checkpoint that counts it as had. Each page that comes back
//!    says which number it got to, and gets the alert.
//! 3. Between two pages: the same; a page that has the alert says a number that
//!    includes it.
//! 4. While bytes of it are in a socket: a page says the number of the last
//!    frame that arrived whole. So it gets the alert again or for the first
//!    time, and shows it once.
//!
//! A power loss counts as a kill: the file and its name are synced before any
//! page gets the alert.
//!
//! Lines of chat are sent at once and saved within a second. After a kill in
//! between, the next run gets them again with the same ids, and a page that
//! comes back replaces its chat with the board's, so no line appears twice.

use std::{future::Future, pin::pin, time::Duration};

use anyhow::Context as _;
use common::monitoring::Monitoring;
use rumble_live::{Event, Snapshot, Watcher};
use tokio::{
    task::spawn_blocking,
    time::{MissedTickBehavior, interval},
};

use crate::{
    board::{Board, Frame},
    hub::Hub,
    store::{Saved, Store},
};

/// How often the counters are checked, and how often lines of chat alone cause
/// a save.
const TICK: Duration = Duration::from_secs(1);

/// Publishes what a watcher yields until it is told to stop or the watcher
/// ends.
pub(crate) struct Watching<'a> {
    watcher: Watcher,
    hub: &'a Hub,
    /// `None` if nothing is to survive.
    store: Option<Store>,
    monitoring: Monitoring,
    /// What an error calls the account.
    account: &'static str,
    /// Whether something was published that is not in the file.
    is_ahead: bool,
    /// Whether this run has saved anything.
    has_saved: bool,
}

impl<'a> Watching<'a> {
    pub(crate) fn new(watcher: Watcher, hub: &'a Hub, store: Option<Store>, monitoring: Monitoring, account: &'static str) -> Self {
        Self { watcher, hub, store, monitoring, account, is_ahead: false, has_saved: false }
    }

    pub(crate) async fn run(mut self, stop: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let mut stop = pin!(stop);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let end = loop {
            tokio::select! {
                events = self.watcher.next_poll() => {
                    let Some(events) = events else { break Ok(()) };
                    match events {
                        Ok(events) => self.take(&events).await?,
                        Err(error) => break Err(error).context(self.account),
                    }
                }
                _ = ticks.tick() => {
                    self.monitoring.look(self.watcher.snapshot().map(Snapshot::now));
                    // A poll without events may bring new counters.
                    self.take(&[]).await?;
                    self.save_what_is_ahead().await?;
                }
                stopped = &mut stop => break stopped,
            }
        };
        self.save_what_is_ahead().await?;
        end
    }

    async fn take(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let mut board = self.hub.board();
        let mut frames: Vec<Frame> = events.iter().flat_map(|event| board.take(event)).collect();
        if let Some(snapshot) = self.watcher.snapshot() {
            frames.extend(board.look(snapshot));
        }
        for event in events {
            tracing::debug!(kind = event.kind(), "taken");
        }
        self.is_ahead |= !events.is_empty();
        // The very first save makes what comes from now on survive, and shows early that saving works.
        if frames.iter().any(Frame::must_be_kept) || !self.has_saved {
            self.save(board.clone()).await?;
        }
        if !frames.is_empty() {
            self.hub.publish(board, frames);
        }
        Ok(())
    }

    async fn save_what_is_ahead(&mut self) -> anyhow::Result<()> {
        if self.is_ahead && self.store.is_some() { self.save(self.hub.board()).await } else { Ok(()) }
    }

    /// Returns when the board is on the disk, with what the watcher knows now.
    async fn save(&mut self, board: Board) -> anyhow::Result<()> {
        let (Some(store), Some(checkpoint)) = (self.store.clone(), self.watcher.checkpoint()) else { return Ok(()) };
        spawn_blocking(move || store.save(&Saved::new(board, checkpoint))).await.context("a save was cut off")??;
        (self.is_ahead, self.has_saved) = (false, true);
        Ok(())
    }
}
