//! The kinds of events that are relayed.

use std::fmt;

use rumble_live::{Amount, Author, Event, Follower, GiftedSubs, RaidReceived, Rant, StreamId, StreamStarted, Subscriber};
use serde::Deserialize;
use time::OffsetDateTime;

/// A kind of event. Its word is the `type` in the event's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody followed.
    Follower,
    /// Somebody subscribed.
    Subscriber,
    /// Somebody bought subscriptions for others.
    GiftedSubs,
    /// Somebody paid for a line of chat.
    Rant,
    /// Somebody raids with the viewers of another stream.
    RaidReceived,
    /// A livestream went live.
    StreamStarted,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Follower, Self::Subscriber, Self::GiftedSubs, Self::Rant, Self::RaidReceived, Self::StreamStarted];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Follower => "follower",
            Self::Subscriber => "subscriber",
            Self::GiftedSubs => "gifted_subs",
            Self::Rant => "rant",
            Self::RaidReceived => "raid_received",
            Self::StreamStarted => "stream_started",
        }
    }

    /// A sample event of this kind. It says that it is a test, and leads to
    /// nobody's livestream.
    #[must_use]
    pub fn sample(self, at: OffsetDateTime) -> Event {
        let (stream, user, text) = (StreamId::from("test-only"), "TestViewer", "this is a test");
        match self {
            Self::Follower => Follower::new(user).with_followed_on(at).into(),
            Self::Subscriber => Subscriber::new(user, Amount::from_dollars(5)).with_subscribed_on(at).into(),
            Self::GiftedSubs => GiftedSubs::new(user, 5).with_stream(&stream).into(),
            Self::Rant => Rant::new(stream, user, Amount::from_dollars(10), text).with_created_on(at).into(),
            Self::RaidReceived => RaidReceived::new(stream, Author::new(user), "1").with_created_on(at).with_text(text).into(),
            Self::StreamStarted => StreamStarted::new(stream, at).with_title("Test stream").into(),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::occurrence::Occurrence;

    #[test]
    fn words_are_those_of_the_library() {
        for kind in Kind::ALL {
            let event = kind.sample(OffsetDateTime::UNIX_EPOCH);
            assert_eq!(event.kind(), kind.word());
            assert_eq!(Occurrence::of(&event).map(|occurrence| occurrence.kind), Some(kind));
        }
    }
}
