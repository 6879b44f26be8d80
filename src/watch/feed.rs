//! One poll loop, many independent readers.

use std::{
    fmt,
    future::poll_fn,
    mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
    thread,
};

use futures_core::{FusedStream, Stream, stream::BoxStream};
use futures_util::{
    StreamExt as _,
    future::{Either, select},
    stream::unfold,
};
use tokio::{
    runtime::Handle,
    sync::{
        Notify,
        broadcast::{self, error::RecvError},
        watch,
    },
    task::AbortHandle,
};

use super::{
    checkpoint::Checkpoint,
    fan_out::{Channel, FanOut, Item, ReaderId},
    trace,
    watcher::{Delivery, Watcher},
};
use crate::{
    error::{Error, ErrorKind},
    event::{Event, Lagged},
    snapshot::{Follower, Message, Rant, Snapshot, Subscriber},
};

/// A [`Watcher`] driven by a task of its own, for any number of readers: a slow handler delays neither a poll nor another handler.
///
/// Made by [`Watcher::spawn`]; cheap to clone. Each reader gets all of its kind that comes while it exists:
///
/// - **The task starts** when a reader is first read, and stops when the last one is dropped, until there is another. So nothing is lost
///   before the first: make all readers, then read. Without readers nothing is polled.
/// - **Buffers are bounded**, to 512 items for each kind. A reader that falls further behind loses the oldest: [`events`](Self::events)
///   says so with [`Event::Lagged`], the others by [`Reader::missed`]. It holds up nobody, and a flood of messages pushes no rant out.
/// - **The end** comes by [`shutdown`](Self::shutdown) or by the watcher's final error, and [`closed`](Self::closed) tells which. Readers
///   of an error's feed get what is in their buffers, then `None`.
///
/// When the last of its handles and readers is dropped, the task ends and with it the request in flight.
///
/// # Examples
///
/// ```
/// use rumble_live::{Client, sim::Sim};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), rumble_live::Error> {
/// let sim = Sim::running(42);
/// let stream = sim.start_stream("Harbour lights");
/// sim.rant(&stream, "ada", "for the boat fund", 500);
/// sim.message(&stream, "grace", "ahoy");
/// let client = Client::builder("http://127.0.0.1/").transport(sim).build()?;
///
/// let feed = client.watcher().replay(true).build().spawn();
/// let (mut rants, mut messages) = (feed.rants(), feed.messages());
/// let alerts = tokio::spawn(async move { rants.next().await.map(|rant| rant.amount.to_string()) });
/// let log = tokio::spawn(async move { messages.next().await.map(|message| message.text) });
/// assert_eq!(alerts.await.ok().flatten().as_deref(), Some("$5.00"));
/// assert_eq!(log.await.ok().flatten().as_deref(), Some("ahoy"));
///
/// let checkpoint = feed.shutdown().await;
/// assert!(checkpoint.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a feed does nothing unless one of its readers is read"]
pub struct Feed {
    shared: Arc<Shared>,
    snapshots: watch::Receiver<Option<Snapshot>>,
}

struct Shared {
    state: Mutex<State>,
    snapshots: watch::Sender<Option<Snapshot>>,
    end: watch::Sender<Option<Result<(), Error>>>,
    /// A reader is gone, or the feed is shut down.
    idle: Arc<Notify>,
    /// Where the feed was made.
    place: trace::Place,
}

struct State {
    fan_out: FanOut,
    /// Here while no task drives it.
    watcher: Option<Watcher>,
    task: Option<AbortHandle>,
    is_shut: bool,
}

impl Watcher {
    /// Puts the watcher under a task of its own, for several readers. Nothing is polled before one of them is read.
    pub fn spawn(mut self) -> Feed {
        self.keep_journal();
        let (snapshots, mut receiver) = watch::channel(self.snapshot().cloned());
        if self.snapshot().is_some() {
            receiver.mark_changed();
        }
        let state = State { fan_out: FanOut::default(), watcher: Some(self), task: None, is_shut: false };
        let shared = Shared {
            state: Mutex::new(state),
            snapshots,
            end: watch::Sender::default(),
            idle: Arc::default(),
            place: trace::Place::here(),
        };
        Feed { shared: Arc::new(shared), snapshots: receiver }
    }
}

impl Feed {
    /// All events from now on, [`Event::Lagged`] among them.
    pub fn events(&self) -> Reader<Event> {
        Reader::new(&self.shared, Channel::Events, |missed| Some(Event::Lagged(Lagged { missed })))
    }

    /// The followers from now on.
    pub fn followers(&self) -> Reader<Follower> {
        Reader::new(&self.shared, Channel::Followers, |_| None)
    }

    /// The subscribers from now on.
    pub fn subscribers(&self) -> Reader<Subscriber> {
        Reader::new(&self.shared, Channel::Subscribers, |_| None)
    }

    /// The chat messages from now on, of all livestreams.
    pub fn messages(&self) -> Reader<Message> {
        Reader::new(&self.shared, Channel::Messages, |_| None)
    }

    /// The rants from now on, of all livestreams.
    pub fn rants(&self) -> Reader<Rant> {
        Reader::new(&self.shared, Channel::Rants, |_| None)
    }

    /// The newest snapshot, as [`Watcher::snapshot`].
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Waits for a snapshot that neither this handle nor the one that it was cloned from before has returned from here yet, and returns the newest. `None` once the feed has ended.
    ///
    /// It drives nothing: without a reader there is no poll. For snapshots alone use [`Client::snapshot_within`](crate::Client::snapshot_within).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Snapshot> {
        let mut end = self.shared.end.subscribe();
        let has_changed = {
            let closed = pin!(end.wait_for(Option::is_some));
            matches!(select(pin!(self.snapshots.changed()), closed).await, Either::Left((Ok(()), _)))
        };
        has_changed.then(|| self.snapshots.borrow_and_update().clone()).flatten()
    }

    /// Waits for the end. Returns at once after it.
    ///
    /// # Errors
    ///
    /// The watcher's final error; [`ErrorKind::Transport`] when the runtime of the task was shut down;
    /// [`ErrorKind::Config`] when a reader was read outside of any.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> Result<(), Error> {
        let mut end = self.shared.end.subscribe();
        let end = end.wait_for(Option::is_some).await;
        // It cannot fail: this handle holds the sender.
        end.map_or(Ok(()), |end| end.clone().unwrap_or(Ok(())))
    }

    /// Ends the feed and hands back what is known, for [`WatcherBuilder::resume`](crate::WatcherBuilder::resume). All that every reader
    /// there is has taken counts as had: taken is what its `next` has returned, so let the handlers end before the process does. What
    /// still waits for one of them is told again after a restart, to all and with the same [`id`](Event::id), as far as the lists
    /// reach; but no more than the last 4096 events, and what came in the last 64 polls. What a reader was told to have missed, or left
    /// untaken when it was dropped before, counts as had. Readers get `None` from here on.
    ///
    /// `None` before [`Event::Ready`]. Of a feed that has ended already, what is known since.
    ///
    /// # Cancel safety
    ///
    /// The feed ends even if the future is dropped once it was polled; another handle can then still be asked.
    pub async fn shutdown(self) -> Option<Checkpoint> {
        self.shared.shut();
        let mut end = self.shared.end.subscribe();
        // How it ended is for `closed` to tell.
        end.wait_for(Option::is_some).await.ok()?;
        let mut state = self.shared.state();
        let State { fan_out, watcher, .. } = &mut *state;
        let watcher = watcher.as_mut()?;
        fan_out.taken().into_iter().for_each(|number| watcher.take(number));
        watcher.checkpoint()
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.state();
        f.debug_struct("Feed").field("readers", &state.fan_out.readers()).field("is_driven", &state.task.is_some()).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task, unless it runs or there will be no further poll.
    fn start(self: &Arc<Self>) {
        let mut state = self.state();
        if self.end.borrow().is_some() || state.watcher.is_none() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.end(&mut state, Err(Error::config("a feed must be read inside a tokio runtime")));
            return;
        };
        let watcher = state.watcher.take();
        drop(state);
        let (snapshots, idle) = (self.snapshots.clone(), Arc::clone(&self.idle));
        let driver = Driver { shared: Arc::downgrade(self), snapshots, idle, watcher };
        // Without the lock: a runtime that is being shut down drops the driver at once.
        let task = runtime.spawn(self.place.lend(driver.run())).abort_handle();
        let mut state = self.state();
        if state.watcher.is_none() {
            state.task = Some(task);
        }
    }

    /// Whether a reader may have this item: not after a shutdown, whose checkpoint does not know of it.
    fn take(&self, id: ReaderId, place: u64) -> bool {
        let mut state = self.state();
        if !state.is_shut {
            state.fan_out.advance(id, place);
        }
        !state.is_shut
    }

    fn shut(&self) {
        let mut state = self.state();
        state.is_shut = true;
        state.fan_out.freeze();
        if state.watcher.is_some() {
            self.end(&mut state, Ok(()));
        }
        self.idle.notify_one();
    }

    /// Tells how it ended, unless it had ended before.
    fn end(&self, state: &mut State, result: Result<(), Error>) {
        state.fan_out.close();
        self.end.send_if_modified(|end| end.is_none() && end.replace(result).is_none());
    }
}

impl State {
    /// The task is over, and this is what it had.
    fn rest(&mut self, watcher: Option<Watcher>) {
        self.task = None;
        self.watcher = watcher;
        if let Some(watcher) = &mut self.watcher {
            watcher.rest();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).task.take() {
            task.abort();
        }
    }
}

/// The task: it has the watcher while it runs.
struct Driver {
    /// Not an owner, so that the task ends with the last handle.
    shared: Weak<Shared>,
    snapshots: watch::Sender<Option<Snapshot>>,
    idle: Arc<Notify>,
    watcher: Option<Watcher>,
}

enum Wake {
    Delivered(Delivery),
    Ended(Result<(), Error>),
    /// Somebody left, or shut the feed.
    Idle,
}

impl Driver {
    async fn run(mut self) {
        while let Some(watcher) = &mut self.watcher {
            let wake = wake(watcher, &self.shared, &self.snapshots, &self.idle).await;
            let Some(shared) = self.shared.upgrade() else { return };
            let mut state = shared.state();
            match wake {
                Wake::Delivered(delivery) => state.fan_out.publish(delivery),
                Wake::Ended(result) => {
                    state.rest(self.watcher.take());
                    shared.end(&mut state, result);
                }
                Wake::Idle if state.is_shut => {
                    state.rest(self.watcher.take());
                    shared.end(&mut state, Ok(()));
                }
                Wake::Idle if state.fan_out.readers() == 0 => state.rest(self.watcher.take()),
                Wake::Idle => {}
            }
        }
    }
}

async fn wake(watcher: &mut Watcher, shared: &Weak<Shared>, snapshots: &watch::Sender<Option<Snapshot>>, idle: &Notify) -> Wake {
    let next = poll_fn(|context| {
        // Before the next delivery, so that readers who keep up leave nothing open.
        if let Some(shared) = shared.upgrade() {
            let taken = shared.state().fan_out.taken_first();
            for number in taken {
                watcher.take(number);
            }
        }
        let next = watcher.poll_delivery(context);
        // A poll without events brings a snapshot as well.
        if let Some(newest) = watcher.snapshot() {
            snapshots.send_if_modified(|sent| {
                let is_newer = !sent.as_ref().is_some_and(|sent| sent.is_same(newest));
                if is_newer {
                    *sent = Some(newest.clone());
                }
                is_newer
            });
        }
        next
    });
    match select(pin!(idle.notified()), next).await {
        Either::Left(((), _)) => Wake::Idle,
        Either::Right((Some(Ok(delivery)), _)) => Wake::Delivered(delivery),
        Either::Right((Some(Err(error)), _)) => Wake::Ended(Err(error)),
        Either::Right((None, _)) => Wake::Ended(Ok(())),
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let (Some(watcher), Some(shared)) = (self.watcher.take(), self.shared.upgrade()) else { return };
        let mut state = shared.state();
        state.rest(Some(watcher));
        let reason = if thread::panicking() { "the task of the feed panicked" } else { "the runtime of the feed was shut down" };
        shared.end(&mut state, Err(Error::new(ErrorKind::Transport, reason)));
    }
}

/// One reader of a [`Feed`], as a [`Stream`] of `T` that ends with the feed.
///
/// It gets what comes while it exists. Dropping it leaves all other readers as they are.
#[must_use = "a reader that is not read holds what it gets in its buffer"]
pub struct Reader<T> {
    shared: Arc<Shared>,
    id: ReaderId,
    /// `None` after the end. An error is how many were lost.
    items: Option<BoxStream<'static, Result<Item, u64>>>,
    was_read: bool,
    missed: u64,
    /// What says that so many were lost.
    lagged: fn(u64) -> Option<T>,
}

impl<T: TryFrom<Event>> Reader<T> {
    fn new(shared: &Arc<Shared>, channel: Channel, lagged: fn(u64) -> Option<T>) -> Self {
        let (id, receiver) = shared.state().fan_out.join(channel);
        let items = receiver.map(|receiver| unfold(receiver, receive).boxed());
        Self { shared: Arc::clone(shared), id, items, was_read: false, missed: 0, lagged }
    }

    /// The next one. `None` once the feed has ended; [`Feed::closed`] tells how.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// How many items this reader lost by falling behind, in all.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

async fn receive(mut receiver: broadcast::Receiver<Item>) -> Option<(Result<Item, u64>, broadcast::Receiver<Item>)> {
    match receiver.recv().await {
        Ok(item) => Some((Ok(item), receiver)),
        Err(RecvError::Lagged(missed)) => Some((Err(missed), receiver)),
        Err(RecvError::Closed) => None,
    }
}

impl<T: TryFrom<Event>> Stream for Reader<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        if !mem::replace(&mut this.was_read, true) {
            this.shared.start();
        }
        while let Some(items) = &mut this.items {
            match ready!(items.poll_next_unpin(context)) {
                Some(Ok((place, event))) if this.shared.take(this.id, place) => {
                    if let Ok(item) = T::try_from(Arc::unwrap_or_clone(event)) {
                        return Poll::Ready(Some(item));
                    }
                }
                Some(Err(missed)) if !this.shared.state().is_shut => {
                    this.missed = this.missed.saturating_add(missed);
                    if let Some(item) = (this.lagged)(missed) {
                        return Poll::Ready(Some(item));
                    }
                }
                // What a feed that was shut left in the buffer is told after the restart.
                Some(_) | None => this.items = None,
            }
        }
        Poll::Ready(None)
    }
}

impl<T: TryFrom<Event>> FusedStream for Reader<T> {
    fn is_terminated(&self) -> bool {
        self.items.is_none()
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.shared.state().fan_out.leave(self.id);
        self.shared.idle.notify_one();
    }
}

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("is_over", &self.items.is_none()).field("missed", &self.missed).finish_non_exhaustive()
    }
}
