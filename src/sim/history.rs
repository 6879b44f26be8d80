//! What truly happened, to compare with what a client made of it.

use serde::Serialize;
use time::OffsetDateTime;

use crate::StreamId;

/// One thing that happened in the simulated account.
///
/// Serialized it is one object, with `at` in RFC 3339 and the fields of [`What`] beside it, so that a script in another language can compare
/// it with what a bot reported.
///
/// ```
/// let sim = rumble_live::sim::Sim::new(42);
/// sim.follow("ada");
/// let json = serde_json::to_string(&sim.history()).unwrap();
/// assert_eq!(json, r#"[{"at":"2026-01-02T03:00:00Z","type":"follow","username":"ada"}]"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Happened {
    /// The instant with which the API stamps it: UTC, in whole seconds. It may lie before that of the entry ahead in the history where
    /// the server's clock stepped back or an entry came late.
    #[serde(with = "crate::snapshot::utc")]
    pub at: OffsetDateTime,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// What happened. Fields bear the names that the API gives them; serialized, `type` names the variant in snake case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Somebody followed.
    Follow {
        /// Who.
        username: String,
    },
    /// Somebody unfollowed, and is listed no longer.
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
    /// A subscription ran out, and is listed no longer.
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
        /// How many.
        total_gifts: u64,
    },
    /// Somebody took one of the bought subscriptions.
    GiftClaimed {
        /// Id of the stream on which it was bought.
        stream: StreamId,
        /// Who had bought it.
        purchased_by: String,
    },
    /// A stream was announced: listed, but not live.
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
    /// A live stream stopped being live, whether it stayed listed or not.
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
    /// Somebody paid for a message. This is all that is recorded, also where the rant is listed among the messages as well.
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
    /// A message was taken out of the chat.
    MessageDeleted {
        /// Id of the stream.
        stream: StreamId,
        /// Who had written it.
        username: String,
        /// What had been written.
        text: String,
    },
    /// A rant was taken out of the list of rants.
    RantDeleted {
        /// Id of the stream.
        stream: StreamId,
        /// Who had written it.
        username: String,
        /// What had been written.
        text: String,
    },
    /// Somebody was muted: all their messages were taken out, rants excepted.
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
        /// Who had written it.
        username: String,
        /// What had been written.
        text: String,
    },
    /// The pinned message was taken down.
    Unpinned {
        /// Id of the stream.
        stream: StreamId,
    },
    /// The account sent its viewers to another stream.
    RaidStarted {
        /// Id of the stream whose viewers they were.
        stream: StreamId,
        /// To whose stream.
        target_name: String,
    },
    /// Somebody came with the viewers of another stream.
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
        /// Whose.
        username: String,
        /// In which words.
        text: String,
    },
    /// All messages of a chat were taken out at once.
    ChatCleared {
        /// Id of the stream.
        stream: StreamId,
    },
}
