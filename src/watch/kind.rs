//! Which events a reader of a feed gets.
//!
//! Each kind is a channel with a buffer of its own. The macro below writes the
//! list of kinds once and makes three things of it: the channels, the channel
//! of an event, and the types that a reader can yield. A new kind of event that
//! readers should get alone goes into that list.

use self::sealed::Sealed;
use crate::{
    event::{
        Event, Gap, Interrupted, Lagged, MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, Resumed, StreamEnded, StreamStarted,
        StreamUpdated, SubscriptionNotice, Unreadable, UserMuted,
    },
    snapshot::{Follower, GiftedSubs, Message, Rant, Subscriber},
};

/// What a [`Reader`](crate::Reader) can yield: [`Event`] for all events, or the
/// content of one kind. [`Event::Ready`] and [`Event::Lagged`] have no readers
/// of their own.
///
/// Each of these types comes out of an [`Event`] by `TryFrom`, and goes back
/// into one by `into`, for instance for its [`id`](Event::id) or its JSON form.
/// In a function for any kind, that takes the bound `Into<Event>` as well.
///
/// You cannot implement it outside this crate.
///
/// # Examples
///
/// A task for any kind, written once:
///
/// ```
/// use std::fmt::Display;
///
/// use rumble_live::{Client, EventKind, Feed, Follower, Resumed, sim::Sim};
/// use tokio::task::JoinHandle;
///
/// /// The first line of this kind.
/// fn first<T: EventKind + Display + Send + 'static>(
///     feed: &Feed,
/// ) -> JoinHandle<String> {
///     let mut reader = feed.reader::<T>();
///     tokio::spawn(async move {
///         reader.next().await.map(|item| item.to_string()).unwrap_or_default()
///     })
/// }
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     sim.fail_next(502);
///     sim.follow("ada");
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim)
///         .build()?;
///     let feed = client.watch_builder().replay(true).build().spawn();
///     let (followed, resumed) =
///         (first::<Follower>(&feed), first::<Resumed>(&feed));
///     assert_eq!(followed.await?, "ada followed");
///     assert!(resumed.await?.starts_with("resumed after "));
///     Ok(())
/// }
/// ```
pub trait EventKind: Sealed {}

pub(crate) mod sealed {
    use super::{Channel, Event};

    /// Keeps [`EventKind`](super::EventKind) closed, and holds what it needs
    /// inside.
    pub trait Sealed: TryFrom<Event> {
        /// Which buffer a reader of this kind reads.
        #[doc(hidden)]
        const CHANNEL: Channel;

        /// The item that says how many a reader lost, if this kind has one.
        #[doc(hidden)]
        fn lagged(_missed: u64) -> Option<Self> {
            None
        }
    }
}

macro_rules! kinds {
    ($($kind:ident),*) => {
        /// Each kind has a buffer of its own, so a flood of one kind pushes out
        /// no other.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Channel {
            /// All events.
            Events,
            $($kind),*
        }

        impl Channel {
            /// The channel for this kind of event only.
            pub(crate) fn of(event: &Event) -> Option<Self> {
                match event {
                    $(Event::$kind(_) => Some(Self::$kind),)*
                    _ => None,
                }
            }
        }

        $(
            impl EventKind for $kind {}
            impl Sealed for $kind {
                const CHANNEL: Channel = Channel::$kind;
            }
        )*
    };
}
kinds!(
    StreamStarted,
    StreamUpdated,
    StreamEnded,
    Follower,
    Subscriber,
    GiftedSubs,
    Message,
    Rant,
    MessageDeleted,
    UserMuted,
    RaidStarted,
    RaidReceived,
    SubscriptionNotice,
    MergeDoubt,
    Gap,
    Unreadable,
    Interrupted,
    Resumed
);

impl EventKind for Event {}
impl Sealed for Event {
    const CHANNEL: Channel = Channel::Events;

    fn lagged(missed: u64) -> Option<Self> {
        Some(Self::Lagged(Lagged { missed }))
    }
}
