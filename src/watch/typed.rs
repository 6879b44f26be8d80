//! The events of one kind alone.

use std::{
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::{FusedStream, Stream};

use super::watcher::Watcher;
use crate::{
    error::Error,
    event::Event,
    snapshot::{Follower, Message, Rant, Subscriber},
};

/// One kind of a watcher's events, as a [`Stream`] of `T`. All others are dropped, gaps and interruptions included: a bot that must
/// know whether something was lost matches on [`Event`].
///
/// Made by [`Watcher::into_followers`] and its like. Like the watcher, it does nothing unless polled.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Client, Error};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let mut rants = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?.watch().into_rants();
///     while let Some(rant) = rants.next().await {
///         let rant = rant?;
///         println!("{} gave {}", rant.username, rant.amount);
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
#[must_use = "a stream does nothing unless polled"]
pub struct Typed<T> {
    watcher: Watcher,
    // A function's result, so that the stream is `Send` and `Unpin` whatever `T` is.
    kind: PhantomData<fn() -> T>,
}

impl Watcher {
    /// The followers alone. All other events are dropped, gaps and interruptions included.
    pub fn into_followers(self) -> Typed<Follower> {
        Typed::new(self)
    }

    /// The subscribers alone. All other events are dropped, gaps and interruptions included.
    pub fn into_subscribers(self) -> Typed<Subscriber> {
        Typed::new(self)
    }

    /// The chat messages alone, of all livestreams. All other events are dropped, rants, gaps and interruptions included.
    pub fn into_messages(self) -> Typed<Message> {
        Typed::new(self)
    }

    /// The rants alone, of all livestreams. All other events are dropped, gaps and interruptions included.
    pub fn into_rants(self) -> Typed<Rant> {
        Typed::new(self)
    }
}

impl<T: TryFrom<Event>> Typed<T> {
    fn new(watcher: Watcher) -> Self {
        Self { watcher, kind: PhantomData }
    }

    /// The watcher below, for its snapshot and its checkpoint.
    pub fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// The next one. `None` after the final error.
    ///
    /// # Errors
    ///
    /// As [`Watcher::next`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing, as with [`Watcher::next`].
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T: TryFrom<Event>> Stream for Typed<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.watcher).poll_next(context)) {
                Some(Ok(event)) => {
                    if let Ok(item) = T::try_from(event) {
                        return Poll::Ready(Some(Ok(item)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T: TryFrom<Event>> FusedStream for Typed<T> {
    fn is_terminated(&self) -> bool {
        self.watcher.is_terminated()
    }
}
