//! A stream of one kind of event.

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

/// One kind of a watcher's events, as a [`Stream`] of `T`. It drops all others,
/// including gaps and interruptions. If your bot must know whether something
/// was lost, match on [`Event`] instead.
///
/// You get one from [`Watcher::into_followers`] and similar methods. Like the
/// watcher, it does nothing unless you call [`next`](Self::next).
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
    // `fn() -> T`, so the stream is `Send` and `Unpin` whatever `T` is.
    kind: PhantomData<fn() -> T>,
}

impl Watcher {
    /// Only the followers. Drops all other events, including gaps and
    /// interruptions.
    pub fn into_followers(self) -> Typed<Follower> {
        Typed::new(self)
    }

    /// Only the subscribers. Drops all other events, including gaps and
    /// interruptions.
    pub fn into_subscribers(self) -> Typed<Subscriber> {
        Typed::new(self)
    }

    /// Only the chat messages, of all livestreams. Drops all other events,
    /// including rants, gaps and interruptions.
    pub fn into_messages(self) -> Typed<Message> {
        Typed::new(self)
    }

    /// Only the rants, of all livestreams. Drops all other events, including
    /// gaps and interruptions.
    pub fn into_rants(self) -> Typed<Rant> {
        Typed::new(self)
    }
}

impl<T: TryFrom<Event>> Typed<T> {
    fn new(watcher: Watcher) -> Self {
        Self { watcher, kind: PhantomData }
    }

    /// The watcher inside, for its snapshot and its checkpoint.
    pub fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// Waits for the next item. `None` after the final error.
    ///
    /// # Errors
    ///
    /// As for [`Watcher::next`].
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
