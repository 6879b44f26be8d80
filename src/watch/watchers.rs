//! The watchers of many accounts as one stream.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    hash::Hash,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use futures_util::{
    StreamExt as _,
    future::{AbortHandle, Abortable},
    stream::FuturesUnordered,
};

use super::{checkpoint::Checkpoint, watcher::Watcher};
use crate::{error::Error, event::Event, snapshot::Snapshot};

/// The watchers of many accounts as one [`Stream`] of `(key, event)`. You
/// choose the keys. You can add and remove accounts at any time.
///
/// Only accounts with activity cost anything: it does not look at a thousand
/// calm ones. Busy accounts take turns, event by event.
///
/// If you need each account in a task of its own, or your handlers are slow,
/// use a [`Feed`](crate::Feed) for each account instead.
///
/// # Cancel safety
///
/// Dropping the future of [`next`](Self::next) loses nothing, as with
/// [`Watcher::next`].
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Client, Error, Event, Watchers, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn both_accounts_get_ready() -> Result<(), Error> {
///     let mut watchers = Watchers::new();
///     for (name, seed) in [("harbour", 1), ("lighthouse", 2)] {
///         let client = Client::builder("http://127.0.0.1/?key=any").transport(Sim::running(seed)).build()?;
///         watchers.add(name, client.watch());
///     }
///     let mut ready = Vec::new();
///     while ready.len() < 2 {
///         if let Some((name, Ok(Event::Ready))) = watchers.next().await {
///             ready.push(name);
///         }
///     }
///     assert!(watchers.checkpoint("harbour").is_some());
///     watchers.remove("harbour");
///     assert_eq!(watchers.len(), 1);
///     Ok(())
/// }
/// ```
#[must_use = "watchers do nothing unless polled"]
pub struct Watchers<K> {
    members: HashMap<K, Member>,
    /// One for each member whose watcher has not ended. Removed members stay
    /// here for a while.
    running: FuturesUnordered<Abortable<Next<K>>>,
}

struct Member {
    watcher: Arc<Mutex<Watcher>>,
    running: AbortHandle,
}

/// The next event of one member. Weak, because the map owns the watcher.
struct Next<K> {
    key: Option<K>,
    watcher: Weak<Mutex<Watcher>>,
}

impl<K: Unpin> Future for Next<K> {
    /// `None` if the member is gone or has ended.
    type Output = Option<(K, Result<Event, Error>)>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(watcher) = self.watcher.upgrade() else { return Poll::Ready(None) };
        let item = ready!(lock(&watcher).poll_next_unpin(context));
        Poll::Ready(self.key.take().zip(item))
    }
}

impl<K> Watchers<K> {
    /// An empty set.
    pub fn new() -> Self {
        Self { members: HashMap::new(), running: FuturesUnordered::new() }
    }

    /// How many watchers there are, including those that have ended with an
    /// error.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.members.keys()
    }
}

impl<K: Clone + Eq + Hash + Unpin> Watchers<K> {
    /// Adds a watcher. Returns the watcher that had this key before. If you add
    /// that one again, it continues where it was.
    ///
    /// The watcher starts with the next call of [`next`](Self::next). If you
    /// add many accounts at once, [spread their first
    /// polls](crate::WatcherBuilder::spread_first_poll).
    pub fn add(&mut self, key: K, watcher: Watcher) -> Option<Watcher> {
        let before = self.remove(&key);
        let watcher = Arc::new(Mutex::new(watcher));
        let (running, registration) = AbortHandle::new_pair();
        let next = Next { key: Some(key.clone()), watcher: Arc::downgrade(&watcher) };
        self.running.push(Abortable::new(next, registration));
        self.members.insert(key, Member { watcher, running });
        before
    }

    /// Removes a watcher and returns it. The set yields no more of its events.
    /// Events that were not handed out yet are still in the watcher.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<Watcher>
    where
        K: std::borrow::Borrow<Q>,
    {
        let Member { watcher, running } = self.members.remove(key)?;
        running.abort();
        // Only a `poll` of this set holds another reference, and `&mut self` rules that out.
        Arc::into_inner(watcher).map(|watcher| watcher.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is a watcher with this key.
    #[must_use]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
    {
        self.members.contains_key(key)
    }

    /// The [checkpoint](Watcher::checkpoint) of the watcher with this key.
    /// Every event of it that was handed out so far counts as handled.
    #[must_use]
    pub fn checkpoint<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Checkpoint>
    where
        K: std::borrow::Borrow<Q>,
    {
        lock(&self.members.get(key)?.watcher).checkpoint()
    }

    /// The newest [snapshot](Watcher::snapshot) of the watcher with this key.
    #[must_use]
    pub fn snapshot<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Snapshot>
    where
        K: std::borrow::Borrow<Q>,
    {
        lock(&self.members.get(key)?.watcher).snapshot().cloned()
    }

    /// Waits for the next event of any watcher, and returns it with the
    /// watcher's key. `None` if there is no watcher or all have ended. After
    /// you [add](Self::add) another, it yields events again.
    ///
    /// A watcher that has ended stays in the set until you
    /// [remove](Self::remove) it, so you can still take its checkpoint.
    ///
    /// # Errors
    ///
    /// The final error of one watcher, once, as for [`Watcher::next`]. The
    /// others go on.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only borrows the set.
    pub async fn next(&mut self) -> Option<(K, Result<Event, Error>)> {
        poll_fn(|context| self.poll_next_unpin(context)).await
    }
}

impl<K: Clone + Eq + Hash + Unpin> Stream for Watchers<K> {
    type Item = (K, Result<Event, Error>);

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(ended) = ready!(self.running.poll_next_unpin(context)) else { return Poll::Ready(None) };
            let Ok(Some((key, item))) = ended else { continue };
            let this = &mut *self;
            if let Some(member) = this.members.get_mut(&key) {
                let (running, registration) = AbortHandle::new_pair();
                member.running = running;
                let next = Next { key: Some(key.clone()), watcher: Arc::downgrade(&member.watcher) };
                this.running.push(Abortable::new(next, registration));
            }
            return Poll::Ready(Some((key, item)));
        }
    }
}

impl<K> Default for Watchers<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug> fmt::Debug for Watchers<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.members.keys()).finish()
    }
}

fn lock(watcher: &Mutex<Watcher>) -> MutexGuard<'_, Watcher> {
    watcher.lock().unwrap_or_else(PoisonError::into_inner)
}
