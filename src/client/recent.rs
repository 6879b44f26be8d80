//! The newest snapshot of a client, and the one request under way for those who wait for a newer.

use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::{
    FutureExt as _,
    future::{Shared, WeakShared},
};
use tokio::time::Instant;

use crate::{error::Error, snapshot::Snapshot};

/// A request that any number of callers wait for. It goes on for as long as one of them does.
pub(crate) type Flight = Shared<BoxFuture<'static, Result<Snapshot, Error>>>;

#[derive(Debug, Default)]
pub(crate) struct Recent {
    newest: Option<(Instant, Snapshot)>,
    flight: Option<WeakShared<BoxFuture<'static, Result<Snapshot, Error>>>>,
}

impl Recent {
    /// Keeps the snapshot of a request that began at `asked`, which is as new as what it shows surely is, unless a newer one is kept.
    pub(crate) fn keep(&mut self, snapshot: &Snapshot, asked: Instant) {
        if self.newest.as_ref().is_none_or(|(newest, _)| *newest <= asked) {
            self.newest = Some((asked, snapshot.clone()));
        }
    }

    /// The newest snapshot, if it was asked for no longer than `max_age` before `now`.
    pub(crate) fn within(&self, max_age: Duration, now: Instant) -> Option<Snapshot> {
        self.newest.as_ref().filter(|(asked, _)| now.saturating_duration_since(*asked) <= max_age).map(|(_, snapshot)| snapshot.clone())
    }

    /// The request under way, or else a new one.
    pub(crate) fn join(&mut self, start: impl FnOnce() -> BoxFuture<'static, Result<Snapshot, Error>>) -> Flight {
        // One that has ended but is still held by a slow caller is no longer under way.
        let under_way = self.flight.as_ref().and_then(WeakShared::upgrade).filter(|flight| flight.peek().is_none());
        under_way.unwrap_or_else(|| {
            let flight = start().shared();
            self.flight = flight.downgrade();
            flight
        })
    }
}
