//! One poll loop with many independent readers.

use std::{fmt, pin::pin, sync::Arc};

use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::{checkpoint::Checkpoint, driver::Shared, kind::EventKind, reader::Reader, watcher::Watcher};
use crate::{
    error::Error,
    event::Event,
    snapshot::{Follower, GiftedSubs, Message, Rant, Snapshot, Subscriber},
};

/// A [`Watcher`] in a task of its own, with any number of readers. A slow
/// handler delays neither a poll nor another handler.
///
/// You get one from [`Watcher::spawn`]. It is cheap to clone. Each reader gets
/// every event of its kind that comes while the reader exists.
///
/// - **The task starts** when you first read from a reader. It stops when the
///   last reader is dropped, and starts again with the next one. So make all
///   readers first and then read, and none of them misses anything. Without
///   readers the feed makes no polls.
/// - **Buffers are bounded** to 512 items for each kind, or to what one poll
///   brought if that is more. A reader that falls further behind loses its
///   oldest items. A reader of [`events`](Self::events) then yields
///   [`Event::Lagged`]; every reader counts its losses in [`Reader::missed`]. A
///   slow reader holds up nobody, and a flood of messages pushes no rant out.
/// - **The end** comes with [`shutdown`](Self::shutdown) or with the watcher's
///   final error. [`Feed::closed`](Self::closed) and [`Reader::closed`] return
///   which it was. After an error, readers still get what is in their buffers,
///   then `None`.
/// - **After a restart** you continue from a [`checkpoint`](Self::checkpoint).
///   You can take one at any time.
///
/// When you drop all handles and readers, the task ends, and the request in
/// flight with it.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Client, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn each_reader_gets_its_kind() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.rant(&stream, "ada", "for the boat fund", 500);
///     sim.message(&stream, "grace", "ahoy");
///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim).build()?;
///
///     let feed = client.watch_builder().replay(true).build().spawn();
///     let (mut rants, mut messages) = (feed.rants(), feed.messages());
///     let alerts = tokio::spawn(async move { rants.next().await.map(|rant| rant.amount.to_string()) });
///     let log = tokio::spawn(async move { messages.next().await.map(|message| message.text) });
///     assert_eq!(alerts.await?.as_deref(), Some("$5.00"));
///     assert_eq!(log.await?.as_deref(), Some("ahoy"));
///
///     let checkpoint = feed.shutdown().await;
///     assert!(checkpoint.is_some());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[must_use = "a feed does nothing unless one of its readers is read"]
pub struct Feed {
    shared: Arc<Shared>,
    snapshots: watch::Receiver<Option<Snapshot>>,
}

impl Watcher {
    /// Moves the watcher into a task of its own, for several readers. It makes
    /// no poll before you read from one of them.
    pub fn spawn(mut self) -> Feed {
        self.keep_journal();
        let (snapshots, mut receiver) = watch::channel(self.snapshot().cloned());
        if self.snapshot().is_some() {
            receiver.mark_changed();
        }
        Feed { shared: Arc::new(Shared::new(self, snapshots)), snapshots: receiver }
    }
}

impl Feed {
    /// A reader of what comes from now on. `T` is [`Event`] for all events,
    /// including [`Event::Lagged`], or the content of one kind, such as
    /// [`StreamStarted`](crate::StreamStarted) or [`Gap`](crate::Gap).
    ///
    /// ```no_run
    /// use rumble_live::{Client, Error, Gap};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let feed = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?.watch().spawn();
    ///     let mut gaps = feed.reader::<Gap>();
    ///     while let Some(gap) = gaps.next().await {
    ///         eprintln!("{gap}");
    ///     }
    ///     gaps.closed().await
    /// }
    /// ```
    pub fn reader<T: EventKind>(&self) -> Reader<T> {
        Reader::new(&self.shared)
    }

    /// All events from now on, including [`Event::Lagged`].
    pub fn events(&self) -> Reader<Event> {
        self.reader()
    }

    /// The followers from now on.
    pub fn followers(&self) -> Reader<Follower> {
        self.reader()
    }

    /// The subscribers from now on.
    pub fn subscribers(&self) -> Reader<Subscriber> {
        self.reader()
    }

    /// The gifted subscriptions from now on.
    pub fn gifted_subs(&self) -> Reader<GiftedSubs> {
        self.reader()
    }

    /// The chat messages from now on, of all livestreams.
    pub fn messages(&self) -> Reader<Message> {
        self.reader()
    }

    /// The rants from now on, of all livestreams.
    pub fn rants(&self) -> Reader<Rant> {
        self.reader()
    }

    /// The newest snapshot, as in [`Watcher::snapshot`].
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Waits for a snapshot that this handle has not returned from here yet,
    /// and returns the newest one. `None` once the feed has ended. A clone does
    /// not return again what the original had returned before.
    ///
    /// This drives nothing: without a reader the feed makes no polls. If you
    /// only need snapshots, use
    /// [`Client::snapshot_within`](crate::Client::snapshot_within).
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn snapshots_come_beside_the_events() -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(Sim::running(42)).build()?;
    ///     let mut feed = client.watch().spawn();
    ///     let mut events = feed.events();
    ///     tokio::spawn(async move { while events.next().await.is_some() {} });
    ///
    ///     let snapshot = feed.changed().await.expect("the feed goes on");
    ///     assert_eq!(snapshot.followers().recent.len(), 0);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn changed(&mut self) -> Option<Snapshot> {
        let has_changed = {
            let (change, end) = (pin!(self.snapshots.changed()), pin!(self.shared.closed()));
            matches!(select(change, end).await, Either::Left((Ok(()), _)))
        };
        has_changed.then(|| self.snapshots.borrow_and_update().clone()).flatten()
    }

    /// Waits until the feed has ended. `Ok` after a
    /// [`shutdown`](Self::shutdown).
    ///
    /// # Errors
    ///
    /// The watcher's final error;
    /// [`ErrorKind::Transport`](crate::ErrorKind::Transport) when the task
    /// panicked or its runtime was shut down;
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a reader was first
    /// read outside a tokio runtime.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> Result<(), Error> {
        self.shared.closed().await
    }

    /// What counts as handled now: everything before the oldest event that
    /// still waits for some reader. Save it, and pass it to
    /// [`WatcherBuilder::resume`](crate::WatcherBuilder::resume) after a
    /// restart. Faster readers then get what they have taken since that event
    /// again, with the same [`id`](Event::id), as far as the lists reach. So if
    /// your process is killed, it loses nothing that came after the last
    /// checkpoint that it saved.
    ///
    /// A reader has taken an event when its `next` has returned it. A reader
    /// that is [`at_least_once`](Reader::at_least_once) has taken it only when
    /// it asks for the next one. What a reader lost by lagging counts as
    /// handled, and so does what waited for it when it was dropped.
    ///
    /// `None` before [`Event::Ready`]. Before `Ready`, the feed of a resumed
    /// watcher returns the checkpoint that it resumed from. After a
    /// [`shutdown`](Self::shutdown), this returns the same as that did.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn follower_who_was_not_handled_before_a_kill_comes_after_it() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
    ///     let feed = client.watch().spawn();
    ///     let (mut followers, mut events) = (feed.followers(), feed.events());
    ///     events.next().await;
    ///     sim.follow("ada");
    ///     events.next().await;
    ///     let checkpoint = feed.checkpoint();
    ///     // Here the process is killed: the event was handled, the follower not.
    ///     drop((feed, followers, events));
    ///
    ///     let feed = client.watch_builder().resume(checkpoint.expect("it was ready")).build().spawn();
    ///     followers = feed.followers();
    ///     assert_eq!(followers.next().await.map(|follower| follower.username).as_deref(), Some("ada"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.shared.checkpoint()
    }

    /// Ends the feed and returns its last [`checkpoint`](Self::checkpoint).
    /// Readers get `None` from here on, and what waits for them comes again
    /// after a restart. What they have taken counts as handled, so let your
    /// handlers finish before the process exits.
    ///
    /// `None` before [`Event::Ready`]. If the feed had ended already, this is
    /// its checkpoint from then.
    ///
    /// # Cancel safety
    ///
    /// The feed ends even if you drop the future after its first poll. You can
    /// then still ask another handle for the checkpoint.
    pub async fn shutdown(self) -> Option<Checkpoint> {
        let rest = self.shared.shut();
        // `closed` reports how it ended.
        self.shared.closed().await.ok();
        rest
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (readers, is_driven) = self.shared.readers();
        f.debug_struct("Feed").field("readers", &readers).field("is_driven", &is_driven).finish_non_exhaustive()
    }
}
