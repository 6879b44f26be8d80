//! The watchers of many accounts as one stream.
//!
//! Each watcher is a future in `running` that resolves with its next event, and
//! is put back after it. `FuturesUnordered` polls only the futures that were
//! woken, so a set of ten thousand calm accounts costs nothing, and it takes
//! them in turn, so a busy account cannot keep the others waiting.
//!
//! The map owns the watchers and the futures hold them weakly. That way a
//! watcher can be taken out, and its checkpoint be read, whatever its future is
//! doing. A future that was taken out is aborted and leaves the set when it is
//! next polled.

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
/// choose the keys, such as a name or the id of a row in your database. You can
/// add and remove accounts at any time.
///
/// Only accounts with activity cost anything: it does not look at a thousand
/// calm ones. Busy accounts take turns, event by event. The events of one
/// account keep their order; between two accounts there is none.
///
/// Like a single watcher, it does nothing unless you call [`next`](Self::next).
/// A slow handler holds up all accounts of the set. If you need each account in
/// a task of its own, or your handlers are slow, use a [`Feed`](crate::Feed)
/// for each account instead.
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
///         let client = Client::builder("http://127.0.0.1/?key=any")
///             .transport(Sim::running(seed))
///             .build()?;
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
///
/// The keys tell what is in the set. A bot that reads its list of accounts anew
/// finds out who has left:
///
/// ```
/// use std::collections::HashSet;
///
/// use rumble_live::{Client, Error, Watchers, sim::Sim};
///
/// fn main() -> Result<(), Error> {
///     let mut watchers = Watchers::new();
///     assert!(watchers.is_empty());
///     for name in ["harbour", "lighthouse"] {
///         let client = Client::builder("http://127.0.0.1/?key=any")
///             .transport(Sim::new(42))
///             .build()?;
///         watchers.add(name, client.watch_builder().name(name).build());
///     }
///
///     let wanted = HashSet::from(["harbour", "pier"]);
///     let gone: Vec<&str> = watchers
///         .keys()
///         .copied()
///         .filter(|name| !wanted.contains(name))
///         .collect();
///     assert_eq!(gone, ["lighthouse"]);
///     for name in gone {
///         watchers.remove(name);
///     }
///     assert!(watchers.contains("harbour") && !watchers.contains("pier"));
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

/// A watcher of the set, and what takes its future out of `running`.
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
    /// An empty set. [`next`](Self::next) returns `None` until you add a
    /// watcher.
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

    /// The keys, in no order, including those of watchers that have ended with
    /// an error.
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
    ///
    /// `next` borrows the set, so you cannot add while it waits. Put it into a
    /// `select!` with your commands: a command drops the wait, you add the
    /// account, and the next round waits for it too.
    ///
    /// # Examples
    ///
    /// An account whose key has changed. The watcher of the new URL takes the
    /// place of the old one and goes on from its checkpoint:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, Watchers, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let old = Client::builder("http://127.0.0.1/?key=old")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watchers = Watchers::new();
    ///     assert!(watchers.add("harbour", old.watch()).is_none());
    ///     assert!(matches!(
    ///         watchers.next().await,
    ///         Some((_, Ok(Event::Ready)))
    ///     ));
    ///
    ///     let new = Client::builder("http://127.0.0.1/?key=new")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let checkpoint = watchers.checkpoint("harbour");
    ///     let watcher = new.watch_builder().resume(checkpoint).build();
    ///     let replaced = watchers.add("harbour", watcher);
    ///     assert_eq!(replaced.map(|old| old.polls()), Some(1));
    ///     assert_eq!(watchers.len(), 1);
    ///     Ok(())
    /// }
    /// ```
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
    /// Events that were not handed out yet are still in the watcher. `None` if
    /// there is no watcher with this key.
    ///
    /// Drop what you get to end its request and its live chats, or go on with
    /// it alone.
    ///
    /// # Examples
    ///
    /// One account gets busy and moves to a task of its own, without a loss:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, Watchers, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watchers = Watchers::new();
    ///     watchers.add(7, client.watch());
    ///     watchers.next().await; // Ready
    ///     sim.follow("ada");
    ///     sim.follow("grace");
    ///     watchers.next().await; // ada
    ///
    ///     let watcher = watchers.remove(&7).expect("it was added");
    ///     let mut events = watcher.spawn().events();
    ///     let event = events.next().await;
    ///     assert_eq!(event.as_ref().and_then(Event::username), Some("grace"));
    ///     assert!(watchers.next().await.is_none());
    ///     Ok(())
    /// }
    /// ```
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<Watcher>
    where
        K: std::borrow::Borrow<Q>,
    {
        let Member { watcher, running } = self.members.remove(key)?;
        running.abort();
        // Only a `poll` of this set holds another reference, and `&mut self` rules that out.
        Arc::into_inner(watcher).map(|watcher| watcher.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether there is a watcher with this key, even one that has ended with
    /// an error.
    #[must_use]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
    {
        self.members.contains_key(key)
    }

    /// The [checkpoint](Watcher::checkpoint) of the watcher with this key.
    /// Every event of it that was handed out so far counts as handled. `None`
    /// if there is no such watcher, or it knows nothing yet.
    ///
    /// # Examples
    ///
    /// A bot with one file for each account saves the one that has just had
    /// news:
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{Checkpoint, Client, Watchers, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let folder =
    ///         env::temp_dir().join(format!("accounts-{}", process::id()));
    ///     fs::create_dir_all(&folder)?;
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::running(42))
    ///         .build()?;
    ///     let mut watchers = Watchers::new();
    ///     watchers.add("harbour".to_owned(), client.watch());
    ///
    ///     if let Some((name, event)) = watchers.next().await {
    ///         println!("{name}: {}", event?);
    ///         if let Some(checkpoint) = watchers.checkpoint(&name) {
    ///             checkpoint.save(folder.join(format!("{name}.json")))?;
    ///         }
    ///     }
    ///     assert!(Checkpoint::load(folder.join("harbour.json"))?.is_some());
    ///     fs::remove_dir_all(folder)?;
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn checkpoint<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<Checkpoint>
    where
        K: std::borrow::Borrow<Q>,
    {
        lock(&self.members.get(key)?.watcher).checkpoint()
    }

    /// The newest [snapshot](Watcher::snapshot) of the watcher with this key.
    /// `None` if there is no such watcher, or no snapshot yet. It is shared and
    /// not copied.
    ///
    /// # Examples
    ///
    /// How many people watch all accounts together:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Watchers, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let mut watchers = Watchers::new();
    ///     for account in 1..=3 {
    ///         let sim = Sim::running(account);
    ///         sim.start_stream("Harbour lights");
    ///         let client = Client::builder("http://127.0.0.1/?key=any")
    ///             .transport(sim)
    ///             .build()?;
    ///         watchers.add(account, client.watch());
    ///     }
    ///     for _ in 0..6 {
    ///         watchers.next().await; // Ready and StreamStarted of each
    ///     }
    ///
    ///     let snapshots = watchers
    ///         .keys()
    ///         .filter_map(|account| watchers.snapshot(account));
    ///     let viewers: u64 = snapshots
    ///         .map(|shown| {
    ///             shown
    ///                 .live()
    ///                 .filter_map(|stream| stream.watching_now)
    ///                 .sum::<u64>()
    ///         })
    ///         .sum();
    ///     assert_eq!(viewers, 3); // A simulated stream begins with one.
    ///     Ok(())
    /// }
    /// ```
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
    /// others go on, so do not leave the loop by `?` on it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only borrows the set.
    ///
    /// # Examples
    ///
    /// The key of one account is refused, and the other one goes on:
    ///
    /// ```
    /// use rumble_live::{Client, Error, ErrorKind, Watchers, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let (good, bad) = (Sim::running(1), Sim::running(2));
    ///     bad.refuse_key();
    ///     let mut watchers = Watchers::new();
    ///     for (name, sim) in [("good", good), ("bad", bad)] {
    ///         let client = Client::builder("http://127.0.0.1/?key=any")
    ///             .transport(sim)
    ///             .build()?;
    ///         watchers.add(name, client.watch());
    ///     }
    ///
    ///     let mut heard = Vec::new();
    ///     for _ in 0..2 {
    ///         match watchers.next().await {
    ///             Some((name, Ok(event))) => {
    ///                 heard.push(format!("{name}: {event}"))
    ///             }
    ///             Some((name, Err(error))) => {
    ///                 assert_eq!(
    ///                     (name, error.kind()),
    ///                     ("bad", ErrorKind::Unauthorized)
    ///                 );
    ///                 watchers.remove(name);
    ///             }
    ///             None => break,
    ///         }
    ///     }
    ///     assert_eq!(heard, ["good: ready"]);
    ///     assert_eq!(watchers.len(), 1);
    ///     Ok(())
    /// }
    /// ```
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

/// Locks a watcher. The set is borrowed mutably while a watcher is polled, so
/// nobody waits for that. The lock is there because the map and the futures
/// share it.
fn lock(watcher: &Mutex<Watcher>) -> MutexGuard<'_, Watcher> {
    watcher.lock().unwrap_or_else(PoisonError::into_inner)
}
