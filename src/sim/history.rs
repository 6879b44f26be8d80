//! What really happened, to compare with what a client made of it.
//!
//! It is the truth of a test: every change of the account that a user of Rumble
//! could cause is recorded here, and nothing that only changes how answers show
//! the account. Whoever adds such a change must record it, in the function of
//! [`World`](super::world::World) that carries it out.

use serde::Serialize;
use time::OffsetDateTime;

use crate::StreamId;

/// One thing that happened in the simulated account.
///
/// Serializes to one object, with `at` in RFC 3339 next to the fields of
/// [`What`]. So a script in another language can compare it with what a bot
/// reported.
///
/// # Examples
///
/// ```
/// let sim = rumble_live::sim::Sim::new(42);
/// sim.follow("ada");
/// let json = serde_json::to_string(&sim.history()).unwrap();
/// let follow =
///     r#"{"at":"2026-01-02T03:00:00Z","type":"follow","username":"ada"}"#;
/// assert_eq!(json, format!("[{follow}]"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Happened {
    /// The timestamp that the API gives it: UTC, in whole seconds. It may be
    /// earlier than that of the previous entry in the history, if the server's
    /// clock stepped back or an entry came late.
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. Fields have the names that the API gives them. When
/// serialized, `type` names the variant in snake case.
///
/// Not everything here is an event of a bot. A claimed gift, a lapse or an
/// unfollow is not: it only changes what the API shows. Deletions, mutes and
/// raids are told by the live chat alone.
///
/// # Examples
///
/// What a goal on the screen should show at the end of a test:
///
/// ```
/// use rumble_live::Amount;
/// use rumble_live::sim::{Sim, What};
///
/// let sim = Sim::new(42);
/// let stream = sim.start_stream("Harbour lights");
/// sim.subscribe("ada", 500);
/// sim.rant(&stream, "grace", "for the boat fund", 1050);
/// sim.message(&stream, "bob", "nice boat");
///
/// let cents: u64 = sim
///     .history()
///     .iter()
///     .map(|happened| match happened.what {
///         What::Subscribe { amount_cents, .. }
///         | What::Rant { amount_cents, .. } => amount_cents,
///         _ => 0,
///     })
///     .sum();
/// assert_eq!(Amount::from_cents(cents).to_string(), "$15.50");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Somebody followed.
    Follow {
        /// Who.
        username: String,
    },
    /// Somebody unfollowed, and is no longer listed.
    Unfollow {
        /// Who.
        username: String,
    },
    /// Somebody subscribed.
    Subscribe {
        /// Who.
        username: String,
        /// The price in cents of a US dollar.
        amount_cents: u64,
    },
    /// A subscription ran out, and is no longer listed.
    SubscriptionLapsed {
        /// Whose.
        username: String,
    },
    /// Somebody bought subscriptions for others.
    Gift {
        /// Id of the stream on which they were bought.
        stream: StreamId,
        /// Who bought them.
        purchased_by: String,
        /// How many subscriptions.
        total_gifts: u64,
    },
    /// Somebody claimed one of the bought subscriptions.
    GiftClaimed {
        /// Id of the stream on which it was bought.
        stream: StreamId,
        /// Who had bought it.
        purchased_by: String,
    },
    /// A stream was announced. It is listed, but not live.
    StreamScheduled {
        /// Its id.
        stream: StreamId,
        /// Its title.
        title: String,
    },
    /// A stream went live.
    StreamStarted {
        /// Its id.
        stream: StreamId,
        /// Its title.
        title: String,
    },
    /// A live stream stopped being live. It may or may not stay listed.
    StreamEnded {
        /// Its id.
        stream: StreamId,
    },
    /// Somebody wrote in a stream's chat.
    Message {
        /// Id of the stream.
        stream: StreamId,
        /// Who.
        username: String,
        /// What was written.
        text: String,
    },
    /// Somebody paid for a message. There is no separate
    /// [`Message`](Self::Message), even if the rant is listed among the
    /// messages too.
    Rant {
        /// Id of the stream.
        stream: StreamId,
        /// Who.
        username: String,
        /// What was written.
        text: String,
        /// The price in cents of a US dollar.
        amount_cents: u64,
    },
    /// A message was deleted from the chat.
    MessageDeleted {
        /// Id of the stream.
        stream: StreamId,
        /// Who wrote it.
        username: String,
        /// The text of the message.
        text: String,
    },
    /// A rant was deleted from the list of rants.
    RantDeleted {
        /// Id of the stream.
        stream: StreamId,
        /// Who wrote it.
        username: String,
        /// The text of the rant.
        text: String,
    },
    /// Somebody was muted: all their messages were deleted, except rants.
    Muted {
        /// Id of the stream.
        stream: StreamId,
        /// Who.
        username: String,
    },
    /// A message or rant was pinned above the chat.
    Pinned {
        /// Id of the stream.
        stream: StreamId,
        /// Who wrote it.
        username: String,
        /// The text of the message.
        text: String,
    },
    /// The pinned message was unpinned.
    Unpinned {
        /// Id of the stream.
        stream: StreamId,
    },
    /// The account sent its viewers to another stream.
    RaidStarted {
        /// Id of the stream whose viewers were sent.
        stream: StreamId,
        /// The streamer who received them.
        target_name: String,
    },
    /// Somebody arrived with the viewers of another stream.
    RaidReceived {
        /// Id of the stream.
        stream: StreamId,
        /// Who.
        username: String,
    },
    /// The chat announced a subscription.
    SubscriptionNotice {
        /// Id of the stream.
        stream: StreamId,
        /// The subscriber.
        username: String,
        /// The words of the announcement.
        text: String,
    },
    /// All messages of a chat were deleted at once.
    ChatCleared {
        /// Id of the stream.
        stream: StreamId,
    },
}
