//! From the events and the checkpoint of one poll to the messages that are
//! stored together.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use rumble_live::{Checkpoint, Event};
use serde::{Deserialize, Serialize};

/// The subjects of the stream that holds everything.
pub const SUBJECTS: [&str; 2] = ["rumble.events.*.*", "rumble.checkpoints.*"];
/// The header of an event that has its id.
///
/// It is not `Nats-Msg-Id`: the server would refuse a whole batch for one id
/// that it has seen of late.
pub const EVENT_ID: &str = "Rumble-Event-Id";
/// More than the headers of a message take besides the event's id.
const HEADERS: usize = 512;
/// The longest id of an account.
const LONGEST_ID: usize = 64;

/// What an account is called in subjects and keys: 1 to 64 letters, digits, `-`
/// and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// A text that cannot be the id of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an account has 1 to {LONGEST_ID} characters, each a letter from a to z or A to Z, a digit, - or _")]
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
    /// The subject of its checkpoints.
    #[must_use]
    pub fn checkpoints(&self) -> String {
        format!("rumble.checkpoints.{self}")
    }

    /// The subject of its events of that kind.
    #[must_use]
    pub fn events(&self, kind: &str) -> String {
        format!("rumble.events.{self}.{kind}")
    }
}

/// Which batch of an account it is. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Of the lease under which it is stored: the revision at which the lease
    /// was taken.
    pub epoch: u64,
    /// Counts the polls of one lease. 0 stores no events; it only keeps older
    /// leases out.
    pub poll: u64,
    /// From 1. Only a poll with more events than a batch can hold has several.
    pub part: usize,
}

/// What lies at the subject of the checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The batch that it was stored with.
    #[serde(flatten)]
    pub mark: Mark,
    /// How many batches the poll has.
    pub parts: usize,
    /// Where to go on. In all parts but the last it is the one from before the
    /// poll.
    pub checkpoint: Option<Checkpoint>,
}

/// What a server can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most messages of a batch.
    pub messages: usize,
    /// The largest message in bytes, headers included.
    pub bytes: usize,
}

/// Why something cannot be stored.
#[derive(Debug, thiserror::Error)]
pub enum Unstorable {
    /// It does not fit into a message.
    #[error("{what} has {bytes} bytes with its headers, and the NATS server takes {limit}; raise max_payload in its configuration")]
    TooLarge {
        /// The kind of the event, or `checkpoint`.
        what: &'static str,
        /// With headers.
        bytes: usize,
        /// The server's limit.
        limit: usize,
    },
    /// It cannot be written as JSON.
    #[error("{what} cannot be written as JSON")]
    Json {
        /// The kind of the event, or `checkpoint`.
        what: &'static str,
        /// What `serde_json` says.
        source: serde_json::Error,
    },
}

/// All that one poll has brought.
#[derive(Clone, Copy, Debug)]
pub struct Poll<'a> {
    /// See [`Mark::epoch`].
    pub epoch: u64,
    /// See [`Mark::poll`].
    pub number: u64,
    /// In order.
    pub events: &'a [Event],
    /// The checkpoint before them and after them.
    pub checkpoints: (Option<&'a Checkpoint>, Option<&'a Checkpoint>),
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it is published.
    pub subject: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub payload: Bytes,
}

/// One batch, which the server stores whole or refuses whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which it is.
    pub mark: Mark,
    /// The events, and last the head, so far without the headers that make them
    /// a batch.
    messages: Vec<Message>,
}

impl Part {
    /// Its messages, for one attempt to store them. Each attempt needs an id
    /// that no other has had.
    ///
    /// `expected` is the sequence of the last message at the subject of the
    /// account's checkpoints, or 0 where there is none.
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

/// The batches of a poll: one, unless it has more events than a batch can hold.
/// The next part is only for sending once the one before is stored.
///
/// # Errors
///
/// Where something does not fit into a message or cannot be written as JSON.
pub fn parts(account: &AccountId, poll: &Poll<'_>, limits: Limits) -> Result<Vec<Part>, Unstorable> {
    // One message is for the head.
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
            // The one before it is of no use any more, and a thousand of them would be 17 MB.
            let headers = vec![("Nats-Rollup", "sub".to_owned())];
            messages.push(message(account.checkpoints(), headers, &head, "checkpoint", limits.bytes)?);
            Ok(Part { mark, messages })
        })
        .collect()
}

fn event_message(account: &AccountId, poll: &Poll<'_>, place: usize, event: &Event, limit: usize) -> Result<Message, Unstorable> {
    let id = event.id().map_or_else(|| format!("{}-{}-{}", poll.epoch, poll.number, place + 1), |id| id.to_string());
    // An id may hold any character of a livestream's id, and a header may not.
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
