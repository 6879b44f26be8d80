//! A reader of a feed.
//!
//! It holds no items. Its place in a buffer is in `fan_out`, under the feed's
//! lock, so the feed knows at every moment what each reader has not taken yet.
//! A reader whose kind says nothing of losses skips over them and only counts.

use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};
use tokio::task::coop;

use super::{
    driver::Shared,
    fan_out::{Read, ReaderId},
    kind::EventKind,
};
use crate::error::Error;

/// One reader of a [`Feed`](crate::Feed), as a [`Stream`] of `T` that ends with
/// the feed.
///
/// It gets what comes while it exists. You get one from
/// [`Feed::reader`](crate::Feed::reader) or a method like
/// [`Feed::rants`](crate::Feed::rants). Dropping it does not affect other
/// readers. It can move to any task or thread, and it keeps the feed alive even
/// if you drop every [`Feed`](crate::Feed) handle.
///
/// It yields items and no errors. When it has ended, [`closed`](Self::closed)
/// says why.
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
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.rant(&stream, "ada", "for the boat fund", 500);
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim)
///         .build()?;
///     let feed = client.watch_builder().replay(true).build().spawn();
///
///     let mut rants = feed.rants();
///     let thanks = tokio::spawn(async move {
///         let mut said = Vec::new();
///         while let Some(rant) = rants.next().await {
///             said.push(format!("thank you, {}", rant.username));
///         }
///         // Was it a shutdown, or is the key refused?
///         rants.closed().await.map(|()| said)
///     });
///     sleep(Duration::from_secs(5)).await;
///     feed.shutdown().await;
///     assert_eq!(thanks.await??, ["thank you, ada"]);
///     Ok(())
/// }
/// ```
#[must_use = "a reader that is not read holds what it gets in its buffer"]
pub struct Reader<T> {
    shared: Arc<Shared>,
    /// `None` after the end.
    id: Option<ReaderId>,
    was_read: bool,
    missed: u64,
    // `fn() -> T`, so the reader is `Send` and `Unpin` whatever `T` is.
    kind: PhantomData<fn() -> T>,
}

impl<T: EventKind> Reader<T> {
    /// Joins the feed at its present end. If the feed has ended, the reader has
    /// no place in it and yields `None`.
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        let id = shared.state().fan_out.join(T::CHANNEL);
        Self { shared: Arc::clone(shared), id, was_read: false, missed: 0, kind: PhantomData }
    }

    /// Counts an item as handled only when you ask this reader for the next
    /// one. By default an item counts as handled as soon as
    /// [`next`](Self::next) has returned it.
    ///
    /// Use it if one task handles events while another saves
    /// [`Feed::checkpoint`](crate::Feed::checkpoint). If the process is killed
    /// while it handles an item, that item comes again after the restart, with
    /// the same [`id`](crate::Event::id), instead of being lost.
    ///
    /// It is about checkpoints alone: while the feed goes on, no item comes
    /// twice. If you drop the reader, what it had in hand counts as handled.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn follower_in_hand_at_a_kill_comes_again() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let mut events = feed.events();
    ///     let mut followers = feed.followers().at_least_once();
    ///     events.next().await;
    ///     sim.follow("ada");
    ///     events.next().await;
    ///     followers.next().await;
    ///     let checkpoint = feed.checkpoint();
    ///     // The process is killed before it has handled ada.
    ///     drop((feed, events, followers));
    ///
    ///     let feed =
    ///         client.watch_builder().resume(checkpoint).build().spawn();
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
    pub fn at_least_once(self) -> Self {
        if let Some(id) = self.id {
            self.shared.state().fan_out.keep_last(id);
        }
        self
    }

    /// Waits for the next item. `None` once the feed has ended;
    /// [`closed`](Self::closed) returns how.
    ///
    /// The first call on any reader of a feed starts its task, and must be
    /// inside a tokio runtime. Outside of one the feed ends with
    /// [`ErrorKind::Config`](crate::ErrorKind::Config).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Examples
    ///
    /// A handler that posts at most once in ten seconds, and takes together
    /// what came meanwhile:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    /// use tokio::time::timeout;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let (mut events, mut followers) = (feed.events(), feed.followers());
    ///     events.next().await; // Ready
    ///     for name in ["ada", "grace", "linus"] {
    ///         sim.follow(name);
    ///     }
    ///
    ///     let mut names = Vec::new();
    ///     names.extend(
    ///         followers.next().await.map(|follower| follower.username),
    ///     );
    ///     let more = async {
    ///         while let Some(follower) = followers.next().await {
    ///             names.push(follower.username);
    ///         }
    ///     };
    ///     timeout(Duration::from_secs(10), more).await.ok();
    ///     assert_eq!(names, ["ada", "grace", "linus"]);
    ///     Ok(())
    /// }
    /// ```
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Reader<T> {
    /// How many items this reader has lost in total by falling behind. It rises
    /// when you read again and not when the items are lost, so look after each
    /// [`next`](Self::next). What is lost does not come again after a restart
    /// either.
    ///
    /// # Examples
    ///
    /// Six hundred messages wait for a reader, and its buffer holds 512:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.set_window(1000);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let feed = client.watch().spawn();
    ///     let (mut log, mut slow) = (feed.events(), feed.messages());
    ///     log.next().await; // Ready
    ///     log.next().await; // StreamStarted
    ///
    ///     for _ in 0..2 {
    ///         sim.advance(Duration::from_secs(1));
    ///         for number in 0..300 {
    ///             sim.message(&stream, "ada", &format!("line {number}"));
    ///         }
    ///         for _ in 0..300 {
    ///             log.next().await;
    ///         }
    ///     }
    ///     assert_eq!((log.missed(), slow.missed()), (0, 0));
    ///     let message = slow.next().await.expect("the feed goes on");
    ///     assert_eq!((message.text.as_str(), slow.missed()), ("line 88", 88));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Waits until the feed has ended and returns how, as
    /// [`Feed::closed`](crate::Feed::closed) does. Returns at once after
    /// [`next`](Self::next) has returned `None`. So a task needs only its
    /// reader, and no handle of the feed.
    ///
    /// # Errors
    ///
    /// As for [`Feed::closed`](crate::Feed::closed).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Examples
    ///
    /// A handler that is done when its reader is, and passes the reason on:
    ///
    /// ```
    /// use rumble_live::{Client, Error, ErrorKind, Event, Reader, sim::Sim};
    ///
    /// async fn log(mut events: Reader<Event>) -> Result<(), Error> {
    ///     while let Some(event) = events.next().await {
    ///         println!("{event}");
    ///     }
    ///     events.closed().await
    /// }
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.refuse_key();
    ///     let client = Client::builder("http://127.0.0.1/?key=wrong")
    ///         .transport(sim)
    ///         .build()?;
    ///     let end = log(client.watch().spawn().events()).await;
    ///     assert_eq!(end.unwrap_err().kind(), ErrorKind::Unauthorized);
    ///     Ok(())
    /// }
    /// ```
    pub async fn closed(&self) -> Result<(), Error> {
        self.shared.closed().await
    }

    /// Gives up the place in the feed, once.
    fn leave(&mut self) {
        if let Some(id) = self.id.take() {
            self.shared.leave(id);
        }
    }
}

impl<T: EventKind> Stream for Reader<T> {
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let this = self.get_mut();
        let Some(id) = this.id else { return Poll::Ready(None) };
        // A large backlog must not keep the other tasks of the thread waiting.
        let budget = ready!(coop::poll_proceed(context));
        if !this.was_read {
            this.was_read = true;
            this.shared.start();
        }
        loop {
            let read = this.shared.state().fan_out.read(id, context.waker());
            let item = match read {
                Read::Event(event) => T::try_from(Arc::unwrap_or_clone(event)).ok(),
                Read::Missed(missed) => {
                    this.missed = this.missed.saturating_add(missed);
                    #[cfg(feature = "metrics")]
                    this.shared.count_lagged(missed);
                    T::lagged(missed)
                }
                Read::Wait => return Poll::Pending,
                Read::Over => {
                    this.leave();
                    return Poll::Ready(None);
                }
            };
            if item.is_some() {
                budget.made_progress();
                return Poll::Ready(item);
            }
        }
    }
}

impl<T: EventKind> FusedStream for Reader<T> {
    fn is_terminated(&self) -> bool {
        self.id.is_none()
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl<T> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("is_over", &self.id.is_none()).field("missed", &self.missed).finish_non_exhaustive()
    }
}
