//! The task of a feed, and the state that it shares with the feed's handles and
//! readers.
//!
//! The task owns nothing: it holds the shared state weakly, so it ends with the
//! last handle. It runs only while there are readers. It starts with the first
//! read, rests when the last reader leaves, and the next read starts another
//! one, perhaps in another runtime. So the watcher is in the shared state, and
//! not in the task.
//!
//! There are two locks, because the task may poll the watcher for a while, and
//! a reader must not wait for that. The state's lock is held only for short
//! moments. No waker is woken under a lock, since a waker runs code that is not
//! ours.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    thread,
};

use tokio::{runtime::Handle, sync::watch};

#[cfg(feature = "metrics")]
use super::meter;
use super::{
    checkpoint::Checkpoint,
    fan_out::{FanOut, ReaderId},
    trace,
    watcher::Watcher,
};
use crate::{
    error::{Error, ErrorKind},
    snapshot::Snapshot,
};

/// The state that a feed shares with its readers and its task.
pub(super) struct Shared {
    /// If both are locked, lock this before the state.
    watcher: Mutex<Watcher>,
    state: Mutex<State>,
    snapshots: watch::Sender<Option<Snapshot>>,
    end: watch::Sender<Option<Result<(), Error>>>,
    /// The span in which the feed was made.
    place: trace::Place,
    /// The watcher's name.
    #[cfg(feature = "metrics")]
    name: Option<Arc<str>>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) fan_out: FanOut,
    /// Whether a task drives the watcher.
    is_driven: bool,
    /// That task's waker.
    driver: Option<Waker>,
    rest: Option<Rest>,
}

/// The checkpoint when the feed was shut down.
#[derive(Clone)]
struct Rest(Option<Checkpoint>);

impl Shared {
    /// The state of a feed whose task has not started.
    pub(super) fn new(watcher: Watcher, snapshots: watch::Sender<Option<Snapshot>>) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            name: watcher.name().map(Arc::from),
            watcher: Mutex::new(watcher),
            state: Mutex::default(),
            snapshots,
            end: watch::Sender::default(),
            place: trace::Place::here(),
        }
    }

    /// How many readers there are, and whether a task drives the watcher.
    pub(super) fn readers(&self) -> (usize, bool) {
        let state = self.state();
        (state.fan_out.readers(), state.is_driven)
    }

    /// Counts what a reader has lost.
    #[cfg(feature = "metrics")]
    pub(super) fn count_lagged(&self, missed: u64) {
        meter::lagged(self.name.as_deref(), missed);
    }

    /// The checkpoint at the slowest reader's position, or from when the feed
    /// was shut down. The watcher stays locked meanwhile, so nothing is
    /// delivered in between.
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let watcher = self.watcher();
        let (rest, had) = {
            let state = self.state();
            (state.rest.clone(), state.fan_out.had())
        };
        rest.map_or_else(|| watcher.checkpoint_at(had), |Rest(checkpoint)| checkpoint)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watcher(&self) -> MutexGuard<'_, Watcher> {
        // A watcher that panicked ends the feed. After that only its checkpoint is read.
        self.watcher.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task, unless it runs already or the feed has ended.
    pub(super) fn start(self: &Arc<Self>) {
        let mut state = self.state();
        if state.is_driven || self.end.borrow().is_some() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.end(state, Err(Error::config("a feed must be read inside a tokio runtime")));
            return;
        };
        state.is_driven = true;
        drop(state);
        let driver = Driver { shared: Arc::downgrade(self), is_over: false };
        // Not under the lock: a runtime that is shutting down drops the driver at once.
        runtime.spawn(self.place.lend(driver.run()));
    }

    /// Hands out what the watcher yields, until no reader is left or the
    /// watcher has ended.
    fn drive(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut watcher = self.watcher();
        if self.is_idle() {
            watcher.rest();
            return Poll::Ready(());
        }
        let mut deliveries = Vec::new();
        let end = loop {
            match watcher.poll_delivery(context) {
                Poll::Ready(Some(Ok(delivery))) => deliveries.push(delivery),
                Poll::Ready(Some(Err(error))) => break Some(Err(error)),
                Poll::Ready(None) => break Some(Ok(())),
                Poll::Pending => break None,
            }
        };
        self.show(watcher.snapshot());
        let mut state = self.state();
        for delivery in deliveries {
            state.fan_out.publish(delivery);
        }
        watcher.pass(state.fan_out.had());
        drop(watcher);
        if let Some(end) = end {
            state.is_driven = false;
            self.end(state, end);
            return Poll::Ready(());
        }
        state.driver = Some(context.waker().clone());
        if state.fan_out.readers() == 0 {
            context.waker().wake_by_ref();
        }
        wake(state);
        Poll::Pending
    }

    /// Whether the task should end because there are no readers. Another task
    /// may then start at once.
    fn is_idle(&self) -> bool {
        let mut state = self.state();
        let is_idle = state.fan_out.readers() == 0;
        if is_idle {
            state.is_driven = false;
        }
        is_idle
    }

    /// Shows the newest snapshot. A poll without events brings one too.
    fn show(&self, newest: Option<&Snapshot>) {
        let Some(newest) = newest else { return };
        self.snapshots.send_if_modified(|shown| {
            let is_newer = !shown.as_ref().is_some_and(|shown| shown.is_same(newest));
            if is_newer {
                *shown = Some(newest.clone());
            }
            is_newer
        });
    }

    /// Removes a reader. If it was the last one, the task is woken to end
    /// itself.
    pub(super) fn leave(&self, id: ReaderId) {
        let mut state = self.state();
        state.fan_out.leave(id);
        let driver = state.driver.clone().filter(|_| state.fan_out.readers() == 0);
        drop(state);
        driver.into_iter().for_each(Waker::wake);
    }

    /// Shuts the feed down: takes the last checkpoint, cuts the readers, and
    /// ends the request in flight and the chats. A second call returns the
    /// first checkpoint.
    pub(super) fn shut(&self) -> Option<Checkpoint> {
        let mut watcher = self.watcher();
        let mut state = self.state();
        let had = state.fan_out.had();
        let Rest(rest) = state.rest.get_or_insert_with(|| Rest(watcher.checkpoint_at(had))).clone();
        state.fan_out.cut();
        watcher.rest();
        #[cfg(feature = "chat")]
        watcher.close_chats();
        drop(watcher);
        let driver = state.driver.take();
        self.end(state, Ok(()));
        driver.into_iter().for_each(Waker::wake);
        rest
    }

    /// Records how the feed ended, unless it had ended before.
    fn end(&self, mut state: MutexGuard<'_, State>, result: Result<(), Error>) {
        state.fan_out.close();
        self.end.send_if_modified(|end| end.is_none() && end.replace(result).is_none());
        wake(state);
    }

    /// Waits for the end, and returns how it came.
    pub(super) async fn closed(&self) -> Result<(), Error> {
        let mut end = self.end.subscribe();
        let end = end.wait_for(Option::is_some).await;
        // This cannot fail: `self` holds the sender.
        end.map_or(Ok(()), |end| end.clone().unwrap_or(Ok(())))
    }
}

/// Wakes the readers that have something to read, after releasing the lock.
fn wake(mut state: MutexGuard<'_, State>) {
    let woken = state.fan_out.woken();
    drop(state);
    woken.into_iter().for_each(Waker::wake);
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Otherwise the task would wait forever.
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        state.driver.take().into_iter().for_each(Waker::wake);
    }
}

/// The future that the task runs. If it is dropped before its end, because it
/// panicked or its runtime was shut down, the feed ends with an error.
/// Otherwise its readers would wait forever.
struct Driver {
    /// Weak, so the task ends with the last handle.
    shared: Weak<Shared>,
    is_over: bool,
}

impl Driver {
    /// Drives the watcher until the feed ends, rests, or has no handle any
    /// more.
    async fn run(mut self) {
        poll_fn(|context| self.shared.upgrade().map_or(Poll::Ready(()), |shared| shared.drive(context))).await;
        self.is_over = true;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let Some(shared) = self.shared.upgrade().filter(|_| !self.is_over) else { return };
        shared.watcher().rest();
        let mut state = shared.state();
        state.is_driven = false;
        let reason = if thread::panicking() { "the task of the feed panicked" } else { "the runtime of the feed was shut down" };
        shared.end(state, Err(Error::new(ErrorKind::Transport, reason)));
    }
}
