//! A reader of a feed.

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
/// readers.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Client, Error};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let feed = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?.watch().spawn();
///     let mut rants = feed.rants();
///     while let Some(rant) = rants.next().await {
///         println!("{} gave {}", rant.username, rant.amount);
///     }
///     // Was it a shutdown, or is the key refused?
///     rants.closed().await
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
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn follower_in_hand_at_a_kill_comes_again() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build()?;
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
    ///     let feed = client.watch_builder().resume(checkpoint).build().spawn();
    ///     followers = feed.followers();
    ///     assert_eq!(followers.next().await.map(|follower| follower.username).as_deref(), Some("ada"));
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
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Reader<T> {
    /// How many items this reader has lost in total by falling behind.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Waits until the feed has ended and returns how, as
    /// [`Feed::closed`](crate::Feed::closed) does. Returns at once after
    /// [`next`](Self::next) has returned `None`.
    ///
    /// # Errors
    ///
    /// As for [`Feed::closed`](crate::Feed::closed).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn closed(&self) -> Result<(), Error> {
        self.shared.closed().await
    }

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
