//! A stream of one kind of event.
//!
//! It holds the watcher and filters what it yields by `TryFrom<Event>`. It
//! keeps no state of its own, so cancel safety, checkpoint and end are those of
//! the watcher.

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
/// You get one from [`Watcher::into_followers`] and similar methods, before or
/// after the watcher has started. Like the watcher, it does nothing unless you
/// call [`next`](Self::next). What it dropped counts as handled in the
/// [checkpoint](Watcher::checkpoint). There is no way back to the watcher; to
/// read everything again, resume a new one from that checkpoint.
///
/// If you need several kinds at once, take one [`Feed`](crate::Feed): each
/// typed stream needs a watcher of its own, and each watcher makes its own
/// polls.
///
/// # Examples
///
/// A goal for rants. [`Amount`](crate::Amount)s add up exactly:
///
/// ```
/// use rumble_live::{Amount, Client, Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.rant(&stream, "ada", "for the boat fund", 1050);
///     sim.rant(&stream, "grace", "for a new lamp", 2000);
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim)
///         .build()?;
///
///     let (mut total, goal) = (Amount::default(), Amount::from_dollars(30));
///     let mut rants =
///         client.watch_builder().replay(true).build().into_rants();
///     while total < goal {
///         let Some(rant) = rants.next().await.transpose()? else { break };
///         total += rant.amount;
///     }
///     assert_eq!(total.to_string(), "$30.50");
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
    /// Only the followers, oldest first within a poll. Drops all other events,
    /// including gaps and interruptions.
    ///
    /// # Examples
    ///
    /// A bot that welcomes by name, and hears nothing of the outage in between:
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
    ///     let mut followers = watcher.into_followers();
    ///     sim.fail_next(502);
    ///     sim.follow("ada");
    ///     let follower = followers.next().await.transpose()?;
    ///     let welcome = follower
    ///         .map(|follower| format!("ahoy, {}!", follower.username));
    ///     assert_eq!(welcome.as_deref(), Some("ahoy, ada!"));
    ///     Ok(())
    /// }
    /// ```
    pub fn into_followers(self) -> Typed<Follower> {
        Typed::new(self)
    }

    /// Only the subscribers, oldest first within a poll. Drops all other
    /// events, including gaps, interruptions and gifted subscriptions.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.subscribe("ada", 500);
    ///     sim.follow("grace");
    ///     sim.subscribe("linus", 999);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim)
    ///         .build()?;
    ///
    ///     let mut subscribers =
    ///         client.watch_builder().replay(true).build().into_subscribers();
    ///     for expected in
    ///         ["ada subscribed for $5.00", "linus subscribed for $9.99"]
    ///     {
    ///         let subscriber = subscribers.next().await.transpose()?;
    ///         assert_eq!(
    ///             subscriber
    ///                 .map(|subscriber| subscriber.to_string())
    ///                 .as_deref(),
    ///             Some(expected)
    ///         );
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn into_subscribers(self) -> Typed<Subscriber> {
        Typed::new(self)
    }

    /// Only the chat messages, of all livestreams. Drops all other events,
    /// including rants, gaps and interruptions.
    /// [`Message::stream`](crate::Message::stream) says which chat a message
    /// belongs to.
    ///
    /// # Examples
    ///
    /// A bot that counts the votes in the chat:
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Which port next?");
    ///     for (name, text) in [
    ///         ("ada", "!vote hull"),
    ///         ("grace", "hi all"),
    ///         ("linus", "!vote hull"),
    ///     ] {
    ///         sim.message(&stream, name, text);
    ///     }
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim)
    ///         .build()?;
    ///
    ///     let mut votes: HashMap<String, u32> = HashMap::new();
    ///     let mut messages =
    ///         client.watch_builder().replay(true).build().into_messages();
    ///     for _ in 0..3 {
    ///         let Some(message) = messages.next().await.transpose()? else {
    ///             break;
    ///         };
    ///         if let Some(port) = message.text.strip_prefix("!vote ") {
    ///             *votes.entry(port.to_owned()).or_default() += 1;
    ///         }
    ///     }
    ///     assert_eq!(votes.get("hull"), Some(&2));
    ///     Ok(())
    /// }
    /// ```
    pub fn into_messages(self) -> Typed<Message> {
        Typed::new(self)
    }

    /// Only the rants, of all livestreams. Drops all other events, including
    /// gaps and interruptions, so a bot that keeps accounts of money should
    /// match on [`Event`] and heed [`Event::Gap`]. The example at [`Typed`]
    /// adds rants up.
    pub fn into_rants(self) -> Typed<Rant> {
        Typed::new(self)
    }
}

impl<T: TryFrom<Event>> Typed<T> {
    /// The kind follows from `T`, which each `into_…` method names.
    fn new(watcher: Watcher) -> Self {
        Self { watcher, kind: PhantomData }
    }

    /// The watcher inside, for its snapshot and its checkpoint.
    ///
    /// # Examples
    ///
    /// A bot that saves after each rant. Dropped events count as handled, so
    /// the restart tells nothing again:
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     sim.rant(&stream, "ada", "before the restart", 500);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut rants =
    ///         client.watch_builder().replay(true).build().into_rants();
    ///     rants.next().await.transpose()?;
    ///     let checkpoint = rants.watcher().checkpoint();
    ///
    ///     sim.rant(&stream, "grace", "after it", 200);
    ///     rants =
    ///         client.watch_builder().resume(checkpoint).build().into_rants();
    ///     let rant = rants.next().await.transpose()?;
    ///     assert_eq!(rant.map(|rant| rant.text).as_deref(), Some("after it"));
    ///     Ok(())
    /// }
    /// ```
    pub fn watcher(&self) -> &Watcher {
        &self.watcher
    }

    /// Waits for the next item. `None` after the final error.
    ///
    /// It goes on through outages without a word. If it stays silent, look at
    /// [`Watcher::snapshot`], whose time says when the last good answer came.
    ///
    /// # Errors
    ///
    /// As for [`Watcher::next`]. The final error is the only thing besides
    /// items that a typed stream yields.
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
