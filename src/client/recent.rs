//! The newest snapshot of a client, and the requests under way for callers that
//! need a newer one.
//!
//! The age of a snapshot counts from when it was asked for, because what it
//! shows is at least that new. Two rules keep callers from going back in time:
//! an answer to an earlier request never replaces the answer to a later one,
//! and for a minute an answer from a server whose clock lags behind does not
//! replace one from a server ahead of it. After a minute it does, because the
//! server ahead may be gone for good.
//!
//! The requests are held weakly. When the last caller drops its future, the
//! request ends, and the entry here is swept out by the next caller.

use std::time::Duration;

use futures_util::{
    FutureExt as _,
    future::{Shared, WeakShared},
};
use tokio::{runtime, task::AbortHandle, time::Instant};

use super::flight::Flight;
use crate::snapshot::Snapshot;

/// A request that any number of callers wait for. It runs until the last of
/// them leaves.
pub(crate) type SharedFlight = Shared<Flight<Snapshot>>;

/// If an answer's `now` is at most this far before the newest one, its server
/// lags behind. If it is further back, the server's clock was set.
const BEHIND: time::Duration = time::Duration::minutes(10);
/// How old the newest may become before an answer from a lagging server
/// replaces it after all.
const HOLD: Duration = Duration::from_secs(60);

/// What the clones of one client share about snapshots.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    /// When it was asked for, and the snapshot.
    newest: Option<(Instant, Snapshot)>,
    /// One per runtime, because no runtime can wait for another to be driven.
    flights: Vec<UnderWay>,
}

/// A shared request that has not been answered yet.
#[derive(Debug)]
struct UnderWay {
    begun_in: runtime::Id,
    flight: WeakShared<Flight<Snapshot>>,
    /// The handle of its task. The task may have ended while no caller has
    /// polled for the answer yet.
    task: AbortHandle,
    /// The smallest `max_age` of the callers that wait for it.
    max_age: Duration,
}

impl Recent {
    /// Takes the snapshot of a request that began at `asked`: what it shows is
    /// at least that new. Returns the newest, which is this one or a newer one
    /// that came before.
    pub(crate) fn take(&mut self, snapshot: &Snapshot, asked: Instant) -> Snapshot {
        let is_newer = |(newest_asked, newest): &(Instant, Snapshot)| {
            let behind = newest.now() - snapshot.now();
            asked < *newest_asked || (behind.is_positive() && behind <= BEHIND && asked - *newest_asked < HOLD)
        };
        match &self.newest {
            Some(newest) if is_newer(newest) => newest.1.clone(),
            _ => self.newest.insert((asked, snapshot.clone())).1.clone(),
        }
    }

    pub(crate) fn newest(&self) -> Option<Snapshot> {
        self.newest.as_ref().map(|(_, snapshot)| snapshot.clone())
    }

    /// Forgets the newest, because it shows another account.
    pub(crate) fn forget(&mut self) {
        self.newest = None;
    }

    /// The newest snapshot, if it was requested at most `max_age` before `now`.
    pub(crate) fn within(&self, max_age: Duration, now: Instant) -> Option<Snapshot> {
        self.newest.as_ref().filter(|(asked, _)| now.saturating_duration_since(*asked) <= max_age).map(|(_, snapshot)| snapshot.clone())
    }

    /// The newest snapshot, if it is young enough for every caller that waits
    /// for the request under way in that runtime.
    pub(crate) fn within_all(&self, runtime: runtime::Id, now: Instant) -> Option<Snapshot> {
        let max_age = self.flights.iter().find(|under_way| under_way.begun_in == runtime)?.max_age;
        self.within(max_age, now)
    }

    /// Joins the request under way in that runtime, or starts one, for a caller
    /// that accepts a snapshot of this age. While the request waits for its
    /// turn, an answer that arrives must be young enough for the strictest
    /// caller that has joined.
    pub(crate) fn join(&mut self, runtime: runtime::Id, max_age: Duration, start: impl FnOnce() -> Flight<Snapshot>) -> SharedFlight {
        // A slow caller may still hold a request that has ended. It is no longer under way.
        self.flights.retain(|under_way| under_way.flight.upgrade().is_some() && !under_way.task.is_finished());
        for under_way in self.flights.iter_mut().filter(|under_way| under_way.begun_in == runtime) {
            if let Some(flight) = under_way.flight.upgrade() {
                under_way.max_age = under_way.max_age.min(max_age);
                return flight;
            }
        }
        let flight = start();
        let task = flight.task();
        let flight = flight.shared();
        self.flights.extend(flight.downgrade().map(|flight| UnderWay { begun_in: runtime, flight, task, max_age }));
        flight
    }
}
