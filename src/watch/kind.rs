//! Which events a reader of a feed gets.

use self::sealed::Sealed;
use crate::{
    event::{
        Event, Gap, Interrupted, Lagged, MergeDoubt, MessageDeleted, RaidReceived, RaidStarted, Resumed, StreamEnded, StreamStarted,
        StreamUpdated, SubscriptionNotice, Unreadable, UserMuted,
    },
    snapshot::{Follower, GiftedSubs, Message, Rant, Subscriber},
};

/// What a [`Reader`](crate::Reader) can yield: [`Event`] for all events, or the
/// content of one kind.
///
/// You cannot implement it outside this crate.
pub trait EventKind: Sealed {}

pub(crate) mod sealed {
    use super::{Channel, Event};

    pub trait Sealed: TryFrom<Event> {
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
