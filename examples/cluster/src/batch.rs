//! Turns the events and the checkpoint of one poll into messages that are
//! stored together.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use rumble_live::{Checkpoint, Event};
use serde::{Deserialize, Serialize};

/// The subjects that the stream stores: events and checkpoints.
pub const SUBJECTS: [&str; 2] = ["rumble.events.*.*", "rumble.checkpoints.*"];
/// The header that holds the id of an event.
///
/// It is not `Nats-Msg-Id`: if the server has seen one such id lately, it
/// refuses the whole batch.
pub const EVENT_ID: &str = "Rumble-Event-Id";
/// An upper bound for the bytes that the headers of a message take, besides the
/// values that [`message`] adds up.
const HEADERS: usize = 512;
/// The most characters that the id of an account may have.
const LONGEST_ID: usize = 64;

/// The id of an account in subjects and keys: 1 to 64 ASCII letters, digits,
/// `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// The error for a text that cannot be the id of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an account must have 1 to {LONGEST_ID} characters: letters from a to z or A to Z, digits, - and _")]
pub struct InvalidAccountId;

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, InvalidAccountId> {
        let is_valid =
            (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if is_valid { Ok(Self(text.into())) } else { Err(InvalidAccountId) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AccountId {
    /// The subject of the account's checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> String {
        format!("rumble.checkpoints.{self}")
    }

    /// The subject of the account's events of this kind. The kind `*` stands
    /// for all kinds.
    #[must_use]
    pub fn events(&self, kind: &str) -> String {
        format!("rumble.events.{self}.{kind}")
    }
}

/// Says which batch of an account it is. A later batch has a greater mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The epoch of the lease under which the batch is stored: the revision at
    /// which the lease was taken.
    pub epoch: u64,
    /// The number of the poll under its lease, from 1. Poll 0 stores no events;
    /// it only keeps older leases out.
    pub poll: u64,
    /// The number of the batch within its poll, from 1. A poll has several
    /// batches only if it has more events than one batch can hold.
    pub part: usize,
}

/// The content of a message at the subject of an account's checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The batch that the head was stored with.
    #[serde(flatten)]
    pub mark: Mark,
    /// How many batches the poll has.
    pub parts: usize,
    /// Where the next poll goes on. In every part but the last, it is the
    /// checkpoint from before the poll. `None` until a poll has succeeded.
    pub checkpoint: Option<Checkpoint>,
}

/// The limits of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most messages that a batch may have.
    pub messages: usize,
    /// The most bytes that a message may have, headers included.
    pub bytes: usize,
}

/// Why an event or a checkpoint cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum Unstorable {
    /// The event or checkpoint does not fit into a message.
    #[error("{what} has {bytes} bytes with its headers, but the NATS server takes at most {limit}; raise max_payload in its configuration")]
    TooLarge {
        /// The kind of the event, or `checkpoint`.
        what: &'static str,
        /// The size of the message in bytes, headers included.
        bytes: usize,
        /// The server's limit in bytes.
        limit: usize,
    },
    /// The event or checkpoint cannot be written as JSON.
    #[error("{what} cannot be written as JSON")]
    Json {
        /// The kind of the event, or `checkpoint`.
        what: &'static str,
        /// The error of `serde_json`.
        source: serde_json::Error,
    },
}

/// Everything that one poll has brought.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// The epoch of the lease; see [`Mark::epoch`].
    pub epoch: u64,
    /// The number of the poll; see [`Mark::poll`].
    pub number: u64,
    /// The events, in the order in which they are stored.
    pub events: &'a [Event],
    /// The checkpoint from before the events and the one from after them.
    pub checkpoints: (Option<&'a Checkpoint>, Option<&'a Checkpoint>),
}

/// One message to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject to publish the message at.
    pub subject: String,
    /// The names and values of the headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body, in JSON.
    pub payload: Bytes,
}

/// One batch, which the server stores whole or refuses whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which batch it is.
    pub mark: Mark,
    /// The events and, last, the head. The headers that make them a batch are
    /// not there yet.
    messages: Vec<Message>,
}

impl Part {
    /// The messages for one attempt to store the batch. Each attempt needs an
    /// id that no other attempt has had.
    ///
    /// `expected` is the sequence of the last message at the subject of the
    /// account's checkpoints, or 0 if there is none.
    #[must_use]
    pub fn messages(&self, attempt: &str, expected: u64) -> Vec<Message> {
        let mut messages = self.messages.clone();
        for (place, message) in messages.iter_mut().enumerate() {
            message.headers.extend([("Nats-Batch-Id", attempt.to_owned()), ("Nats-Batch-Sequence", (place + 1).to_string())]);
        }
        if let Some(last) = messages.last_mut() {
            last.headers.extend([("Nats-Batch-Commit", "1".into()), ("Nats-Expected-Last-Subject-Sequence", expected.to_string())]);
        }
        messages
    }
}

/// Splits a poll into batches. There is one, unless the poll has more events
/// than a batch can hold. Send a part only once the part before it is stored.
///
/// # Errors
///
/// If an event or the checkpoint does not fit into a message or cannot be
/// written as JSON.
pub fn parts(account: &AccountId, poll: &Poll<'_>, limits: Limits) -> Result<Vec<Part>, Unstorable> {
    // One message of each batch is the head.
    let chunk = limits.messages.saturating_sub(1).max(1);
    let count = poll.events.len().div_ceil(chunk).max(1);
    (0..count)
        .map(|index| {
            let mark = Mark { epoch: poll.epoch, poll: poll.number, part: index + 1 };
            let events = poll.events.iter().enumerate().skip(index * chunk).take(chunk);
            let mut messages =
                events.map(|(place, event)| event_message(account, poll, place, event, limits.bytes)).collect::<Result<Vec<_>, _>>()?;
            let checkpoint = if mark.part == count { poll.checkpoints.1 } else { poll.checkpoints.0 };
            let head = Head { mark, parts: count, checkpoint: checkpoint.cloned() };
            // Removes the checkpoint before it. Nobody needs that one any more, and a thousand of them would be 17 MB.
            let headers = vec![("Nats-Rollup", "sub".to_owned())];
            messages.push(message(account.checkpoints(), headers, &head, "checkpoint", limits.bytes)?);
            Ok(Part { mark, messages })
        })
        .collect()
}

fn event_message(account: &AccountId, poll: &Poll<'_>, place: usize, event: &Event, limit: usize) -> Result<Message, Unstorable> {
    let id = event.id().map_or_else(|| format!("{}-{}-{}", poll.epoch, poll.number, place + 1), |id| id.to_string());
    // The id of an event contains that of a livestream, which may have characters that a header may not have.
    let headers = vec![(EVENT_ID, id.escape_default().to_string())];
    message(account.events(event.kind()), headers, event, event.kind(), limit)
}

fn message(
    subject: String,
    headers: Vec<(&'static str, String)>,
    content: &impl Serialize,
    what: &'static str,
    limit: usize,
) -> Result<Message, Unstorable> {
    let payload: Bytes = serde_json::to_vec(content).map_err(|source| Unstorable::Json { what, source })?.into();
    let bytes = payload.len() + HEADERS + headers.iter().map(|(_, value)| value.len()).sum::<usize>();
    if bytes > limit { Err(Unstorable::TooLarge { what, bytes, limit }) } else { Ok(Message { subject, headers, payload }) }
}
