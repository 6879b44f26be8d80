//! One poll loop, many independent readers.

use std::{fmt, pin::pin, sync::Arc};

use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::{checkpoint::Checkpoint, driver::Shared, kind::EventKind, reader::Reader, watcher::Watcher};
use crate::{
    error::Error,
    event::Event,
    snapshot::{Follower, GiftedSubs, Message, Rant, Snapshot, Subscriber},
};

/// A [`Watcher`] driven by a task of its own, for any number of readers: a slow handler delays neither a poll nor another handler.
///
/// Made by [`Watcher::spawn`]; cheap to clone. Each reader gets all of its kind that comes while it exists:
///
/// - **The task starts** when a reader is first read, and stops when the last one is dropped, until there is another. So nothing is lost
///   before the first: make all readers, then read. Without readers nothing is polled.
/// - **Buffers are bounded**, to 512 items for each kind, or to all that one poll brought where that is more. A reader that falls further
///   behind loses the oldest: [`events`](Self::events) says so with [`Event::Lagged`], the others by [`Reader::missed`]. It holds up nobody,
///   and a flood of messages pushes no rant out.
/// - **The end** comes by [`shutdown`](Self::shutdown) or by the watcher's final error, and [`closed`](Self::closed) tells which, also
///   [that of a reader](Reader::closed). Readers of an error's feed get what is in their buffers, then `None`.
/// - **A restart** goes on from a [`checkpoint`](Self::checkpoint), which can be had at any time.
///
/// When the last of its handles and readers is dropped, the task ends and with it the request in flight.
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
    /// Puts the watcher under a task of its own, for several readers. Nothing is polled before one of them is read.
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
    /// A reader of what comes from now on: of all events as [`Event`], [`Event::Lagged`] among them, or of one kind by its content, such as
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

    /// All events from now on, [`Event::Lagged`] among them.
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
        let has_changed = {
            let (change, end) = (pin!(self.snapshots.changed()), pin!(self.shared.closed()));
            matches!(select(change, end).await, Either::Left((Ok(()), _)))
        };
        has_changed.then(|| self.snapshots.borrow_and_update().clone()).flatten()
    }

    /// Waits for the end. Returns at once after it.
    ///
    /// # Errors
    ///
    /// The watcher's final error; [`ErrorKind::Transport`](crate::ErrorKind::Transport) when the runtime of the task was shut down;
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a reader was read outside of any.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> Result<(), Error> {
        self.shared.closed().await
    }

    /// What counts as had at this moment, to go on from after a restart with
    /// [`WatcherBuilder::resume`](crate::WatcherBuilder::resume): all that came before the oldest event that waits for some reader. Faster readers
    /// get what they took since then again after the restart, with the same [`id`](Event::id), as far as the lists reach. So a process that is
    /// killed has lost nothing of what came after the last checkpoint that it saved.
    ///
    /// What a reader has taken is what its `next` has returned, or for one that is [`at_least_once`](Reader::at_least_once), what it came back
    /// from. What a reader lost by lagging counts as had, and so does what it left when it was dropped.
    ///
    /// `None` before [`Event::Ready`]; of a resumed watcher, until then, what it resumed from. After a [`shutdown`](Self::shutdown), what that returned.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn follower_who_was_not_handled_before_a_kill_is_told_after_it() -> Result<(), Error> {
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

    /// Ends the feed and hands back its last [`checkpoint`](Self::checkpoint). Readers get `None` from here on, and what waits for them is told again
    /// after a restart. What they have taken counts as had, so let the handlers end before the process does.
    ///
    /// `None` before [`Event::Ready`]. Of a feed that has ended already, what is known since.
    ///
    /// # Cancel safety
    ///
    /// The feed ends even if the future is dropped once it was polled; another handle can then still be asked.
    pub async fn shutdown(self) -> Option<Checkpoint> {
        let rest = self.shared.shut();
        // How it ended is for `closed` to tell.
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
