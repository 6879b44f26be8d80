//! One poll loop with many independent readers.
//!
//! This file holds only the handle. What the handles and readers share is in
//! `driver`, together with the task that drives the watcher. Who has read how
//! far is in `fan_out`.

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
/// | reader | yields |
/// |---|---|
/// | [`events`](Self::events) | every [`Event`], and [`Event::Lagged`] where it lost some |
/// | [`followers`](Self::followers), [`subscribers`](Self::subscribers), [`gifted_subs`](Self::gifted_subs) | who came, and what they paid |
/// | [`messages`](Self::messages), [`rants`](Self::rants) | the chat of all livestreams |
/// | [`reader`](Self::reader) | any other kind, such as [`Gap`](crate::Gap) |
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
/// flight with it. A feed may be used from any runtime; its task runs in the
/// one where a reader was first read.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Client, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn each_reader_gets_its_kind()
/// -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.rant(&stream, "ada", "for the boat fund", 500);
///     sim.message(&stream, "grace", "ahoy");
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim)
///         .build()?;
///
///     let feed = client.watch_builder().replay(true).build().spawn();
///     let (mut rants, mut messages) = (feed.rants(), feed.messages());
///     let alerts = tokio::spawn(async move {
///         rants.next().await.map(|rant| rant.amount.to_string())
///     });
///     let log = tokio::spawn(async move {
///         messages.next().await.map(|message| message.text)
///     });
///     assert_eq!(alerts.await?.as_deref(), Some("$5.00"));
///     assert_eq!(log.await?.as_deref(), Some("ahoy"));
///
///     let checkpoint = feed.shutdown().await;
///     assert!(checkpoint.is_some());
///     Ok(())
/// }
/// ```
///
/// Without a reader it rests, however long:
///
/// ```
/// use std::time::Duration;
///
/// use rumble_live::{Client, Error, Event, sim::Sim};
/// use tokio::time::sleep;
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim.clone())
///         .build()?;
///     let feed = client.watch().spawn();
///     let mut events = feed.events();
///     sleep(Duration::from_secs(3600)).await;
///     assert_eq!(sim.answers(), 0); // There is a reader, but nobody reads.
///
///     assert_eq!(events.next().await, Some(Event::Ready));
///     assert_eq!(sim.answers(), 1);
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
    /// no poll before you read from one of them, so you need no runtime yet.
    ///
    /// You may read from the watcher first. The readers then get only what the
    /// watcher has not yielded yet.
    ///
    /// # Examples
    ///
    /// A bot that fails at its start, and not in a task, if the key is refused:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     let feed = watcher.spawn();
    ///     let mut events = feed.events();
    ///     sim.follow("ada");
    ///     let event = events.next().await;
    ///     assert_eq!(event.as_ref().map(Event::kind), Some("follower"));
    ///     Ok(())
    /// }
    /// ```
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
    /// What came before is not kept for it. If the feed has ended, the reader
    /// yields `None` at once.
    ///
    /// # Examples
    ///
    /// Announce only livestreams that begin now, and not those that were live
    /// when the bot started:
    ///
    /// ```
    /// use rumble_live::{Client, Error, StreamStarted, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.start_stream("Morning watch");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let mut starts = feed.reader::<StreamStarted>();
    ///
    ///     let first = starts.next().await.expect("the feed goes on");
    ///     assert!(first.already_live);
    ///
    ///     sim.start_stream("Harbour lights");
    ///     let second = starts.next().await.expect("the feed goes on");
    ///     assert!(!second.already_live);
    ///     assert_eq!(second.title, "Harbour lights");
    ///     Ok(())
    /// }
    /// ```
    pub fn reader<T: EventKind>(&self) -> Reader<T> {
        Reader::new(&self.shared)
    }

    /// All events from now on, including [`Event::Lagged`]. It is the only
    /// reader whose stream says that it lost something.
    pub fn events(&self) -> Reader<Event> {
        self.reader()
    }

    /// The followers from now on, oldest first within a poll.
    pub fn followers(&self) -> Reader<Follower> {
        self.reader()
    }

    /// The subscribers from now on, oldest first within a poll. Gifted
    /// subscriptions have a [reader of their own](Self::gifted_subs).
    pub fn subscribers(&self) -> Reader<Subscriber> {
        self.reader()
    }

    /// The gifted subscriptions from now on, one item for each gift and not for
    /// each subscription in it. They are [best effort](Event::GiftedSubs).
    pub fn gifted_subs(&self) -> Reader<GiftedSubs> {
        self.reader()
    }

    /// The chat messages from now on, of all livestreams. Rants are not among
    /// them.
    pub fn messages(&self) -> Reader<Message> {
        self.reader()
    }

    /// The rants from now on, of all livestreams.
    pub fn rants(&self) -> Reader<Rant> {
        self.reader()
    }

    /// The newest snapshot, as in [`Watcher::snapshot`]: for the numbers of
    /// now. `None` before the first one. It stays after the end of the feed.
    ///
    /// # Examples
    ///
    /// A handle that a web server could hold to show the number of followers:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Feed, sim::Sim};
    ///
    /// fn followers(feed: &Feed) -> Option<u64> {
    ///     feed.snapshot()?.followers().count
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.follow("ada");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim)
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let (mut events, for_the_server) = (feed.events(), feed.clone());
    ///     assert_eq!(followers(&for_the_server), None);
    ///
    ///     events.next().await; // Ready
    ///     assert_eq!(followers(&for_the_server), Some(1));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.snapshots.borrow().clone()
    }

    /// Waits for a snapshot that this handle has not returned from here yet,
    /// and returns the newest one. `None` once the feed has ended. A clone does
    /// not return again what the original had returned before.
    ///
    /// It may skip some: if two polls end while you do something else, you get
    /// the second. A poll that shows nothing new brings a snapshot too.
    ///
    /// This drives nothing: without a reader the feed makes no polls. If you
    /// only need snapshots, use
    /// [`Client::snapshot_within`](crate::Client::snapshot_within).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn snapshots_come_beside_the_events() -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::running(42))
    ///         .build()?;
    ///     let mut feed = client.watch().spawn();
    ///     let mut events = feed.events();
    ///     tokio::spawn(async move { while events.next().await.is_some() {} });
    ///
    ///     let snapshot = feed.changed().await.expect("the feed goes on");
    ///     assert_eq!(snapshot.followers().recent.len(), 0);
    ///     Ok(())
    /// }
    /// ```
    pub async fn changed(&mut self) -> Option<Snapshot> {
        let has_changed = {
            let (change, end) = (pin!(self.snapshots.changed()), pin!(self.shared.closed()));
            matches!(select(change, end).await, Either::Left((Ok(()), _)))
        };
        has_changed.then(|| self.snapshots.borrow_and_update().clone()).flatten()
    }

    /// Waits until the feed has ended. `Ok` after a
    /// [`shutdown`](Self::shutdown). All handles and readers return the same,
    /// as often as you ask. It drives nothing, so a feed that nobody reads
    /// never ends by itself.
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
    ///
    /// # Examples
    ///
    /// Readers yield no error, so ask for it when they have ended:
    ///
    /// ```
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.refuse_key();
    ///     let client = Client::builder("http://127.0.0.1/?key=wrong")
    ///         .transport(sim)
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let mut events = feed.events();
    ///
    ///     assert_eq!(events.next().await, None);
    ///     let end = feed.closed().await.unwrap_err();
    ///     assert_eq!(end.kind(), ErrorKind::Unauthorized);
    ///     Ok(())
    /// }
    /// ```
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
    /// handled, and so does what waited for it when it was dropped. So a reader
    /// that you make and never read holds the checkpoint back; drop it if you
    /// do not need it.
    ///
    /// If a reader is many polls behind, the checkpoint may be somewhat older
    /// than its position, and never newer.
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
    /// async fn follower_who_was_not_handled_before_a_kill_comes_after_it()
    /// -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let (mut followers, mut events) = (feed.followers(), feed.events());
    ///     events.next().await;
    ///     sim.follow("ada");
    ///     events.next().await;
    ///     let checkpoint = feed.checkpoint();
    ///     // The process is killed: the event was handled, the follower not.
    ///     drop((feed, followers, events));
    ///
    ///     let feed = client
    ///         .watch_builder()
    ///         .resume(checkpoint.expect("it was ready"))
    ///         .build()
    ///         .spawn();
    ///     followers = feed.followers();
    ///     assert_eq!(
    ///         followers
    ///             .next()
    ///             .await
    ///             .map(|follower| follower.username)
    ///             .as_deref(),
    ///         Some("ada")
    ///     );
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
    /// It ends the request in flight and the live chats. Other handles stay,
    /// and say that the feed has ended.
    ///
    /// `None` before [`Event::Ready`]. If the feed had ended already, this is
    /// its checkpoint from then.
    ///
    /// # Cancel safety
    ///
    /// The feed ends even if you drop the future after its first poll. You can
    /// then still ask another handle for the checkpoint.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, sim::Sim};
    /// use tokio::time::sleep;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::running(42))
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let mut events = feed.events();
    ///     let handler = tokio::spawn(async move {
    ///         let mut handled = 0;
    ///         while events.next().await.is_some() {
    ///             handled += 1;
    ///         }
    ///         handled
    ///     });
    ///     sleep(Duration::from_secs(60)).await;
    ///
    ///     let other = feed.clone();
    ///     let checkpoint = feed.shutdown().await;
    ///     assert_eq!(handler.await?, 1); // Ready
    ///     assert!(checkpoint.is_some() && other.checkpoint() == checkpoint);
    ///     other.closed().await?;
    ///     Ok(())
    /// }
    /// ```
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
