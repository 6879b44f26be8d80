//! Publishes batches to the server and reads back what it has stored.

use std::time::Duration;

use async_nats::{
    Client, HeaderMap,
    client::PublishError,
    jetstream::{
        self, ErrorCode,
        context::CreateStreamError,
        publish::PublishAck,
        response::Response,
        stream::{Config, LastRawMessageError, LastRawMessageErrorKind, Stream},
    },
};
use rumble_live::Checkpoint;
use serde::de::DeserializeOwned;
use tokio::{
    sync::Semaphore,
    time::{error::Elapsed, sleep, timeout},
};
use tracing::warn;

use crate::{
    batch::{AccountId, Head, Limits, Mark, Message, Part, Poll, SUBJECTS, Unstorable, parts},
    fence::{Verdict, judge},
};

/// The name of the stream of events and checkpoints.
pub const STREAM: &str = "RUMBLE_EVENTS";
/// The most messages that a batch may have, unless the server is configured
/// otherwise. A client cannot ask for it.
const MOST_MESSAGES: usize = 1000;
/// How many batches are sent at the same time. The server allows 50 open ones
/// for all workers. It refuses those beyond, and they are sent again.
const MOST_ATTEMPTS: usize = 12;
/// How long an attempt may take. The server forgets an open batch after 10
/// seconds.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before a batch is sent again: at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// The stream of events on a server or a cluster of servers.
#[derive(Debug)]
pub struct Store {
    client: Client,
    stream: Stream,
    /// Limits how many attempts are under way at the same time.
    attempts: Semaphore,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The batch is stored, and the next one has to expect this sequence.
    Stored(u64),
    /// Another lease has taken over.
    Fenced,
}

/// What a new lease begins with.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// Where to go on. `None` if no poll under an earlier lease has succeeded.
    pub checkpoint: Option<Checkpoint>,
    /// The sequence that the first poll has to expect.
    pub sequence: u64,
}

/// Why nothing can be stored, now or ever.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The stream cannot be opened or made.
    #[error("the stream {STREAM} cannot be opened; the NATS server has to be 2.12 or newer, with JetStream switched on")]
    Open(#[from] CreateStreamError),
    /// The server is too old for atomic batches.
    #[error("the NATS server cannot store batches atomically; it has to be 2.12 or newer")]
    NoBatches,
    /// The server refuses the batch, however often it is sent.
    #[error("the NATS server refuses a batch for good: {0}")]
    Refused(jetstream::Error),
    /// An event or a checkpoint is too large or cannot be written as JSON.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
    /// The checkpoint cannot be read, but the rest of its message can.
    #[error("the checkpoint at {subject} cannot be read; if a newer version of this program has stored it, update this worker")]
    UnreadableCheckpoint {
        /// The subject of the message.
        subject: String,
        /// What is wrong with the checkpoint.
        source: serde_json::Error,
    },
    /// The last message at the subject of the checkpoints was not written by
    /// this program.
    #[error("the last message at {subject} is not a checkpoint of this program; has something else written to the stream {STREAM}?")]
    NotAHead {
        /// The subject of the message.
        subject: String,
        /// What is wrong with the message.
        source: serde_json::Error,
    },
}

/// Why an attempt failed, or why nobody knows whether it did.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no answer within {PATIENCE:?}")]
    TimedOut(#[from] Elapsed),
    #[error("the batch cannot be sent")]
    NotSent(#[from] PublishError),
    #[error("no answer")]
    NoAnswer(#[from] async_nats::client::RequestError),
    #[error("cannot read the answer")]
    Unreadable(#[from] serde_json::Error),
    #[error("refused: {0}")]
    Refused(jetstream::Error),
    #[error("cannot read the last checkpoint")]
    NotRead(#[from] LastRawMessageError),
}

impl Store {
    /// Opens the stream, and makes it if there is none. If it has fewer than
    /// `replicas` replicas, it gets more.
    ///
    /// # Errors
    ///
    /// If the stream cannot be opened or made, or if the server is too old.
    pub async fn open(client: Client, replicas: usize) -> Result<Self, Error> {
        let config = Config {
            name: STREAM.into(),
            subjects: SUBJECTS.map(Into::into).into(),
            allow_atomic_publish: true,
            allow_rollup: true,
            num_replicas: replicas,
            ..Config::default()
        };
        let context = jetstream::new(client.clone());
        let stream = context.get_or_create_stream(config).await?;
        let mut config = stream.cached_info().config.clone();
        if config.num_replicas < replicas || !config.allow_atomic_publish || !config.allow_rollup {
            config.num_replicas = replicas.max(config.num_replicas);
            (config.allow_atomic_publish, config.allow_rollup) = (true, true);
            // A server that is too old accepts the setting but ignores it, and would store the messages of a batch one by one.
            let made = context.update_stream(config).await?.config;
            if !made.allow_atomic_publish || !made.allow_rollup {
                return Err(Error::NoBatches);
            }
        }
        Ok(Self { client, stream, attempts: Semaphore::new(MOST_ATTEMPTS) })
    }

    /// The limits of the server.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { messages: MOST_MESSAGES, bytes: self.client.max_payload() }
    }

    /// Reads the last head of an account and its sequence. `None` if there is
    /// none. Waits while the server is away.
    ///
    /// # Errors
    ///
    /// If the last message is not a head.
    pub async fn head(&self, account: &AccountId) -> Result<Option<(Head, u64)>, Error> {
        self.last(account).await
    }

    /// Reads the last head of an account, or only its mark.
    async fn last<T: DeserializeOwned>(&self, account: &AccountId) -> Result<Option<(T, u64)>, Error> {
        let mut wait = BACK_OFF.0;
        loop {
            match self.read(account).await {
                Ok(None) => return Ok(None),
                Ok(Some((payload, sequence))) => {
                    let head = serde_json::from_slice(&payload).map_err(|source| unreadable(account.checkpoints(), &payload, source))?;
                    return Ok(Some((head, sequence)));
                }
                Err(trouble) => back_off(account, &mut wait, &trouble).await,
            }
        }
    }

    /// Keeps all older leases of an account from storing anything, and returns
    /// where they left off. `None` if there is a newer lease. Waits while the
    /// server is away.
    ///
    /// # Errors
    ///
    /// If no later attempt could succeed.
    pub async fn claim(&self, account: &AccountId, epoch: u64) -> Result<Option<Claimed>, Error> {
        let mark = Mark { epoch, poll: 0, part: 1 };
        let mut wait = BACK_OFF.0;
        loop {
            let (head, sequence) = self.head(account).await?.unzip();
            let checkpoint = head.as_ref().and_then(|head| head.checkpoint.clone());
            let expected = match judge(mark, head.map(|head| head.mark).zip(sequence)) {
                Verdict::Stored { sequence } => return Ok(Some(Claimed { checkpoint, sequence })),
                Verdict::Fenced => return Ok(None),
                Verdict::SendAgain { expected } => expected,
            };
            let poll = Poll { epoch, number: 0, events: &[], checkpoints: (None, checkpoint.as_ref()) };
            for part in parts(account, &poll, self.limits())? {
                match self.attempt(&part, expected).await {
                    Ok(sequence) => return Ok(Some(Claimed { checkpoint, sequence })),
                    Err(trouble) => go_on(account, &mut wait, trouble).await?,
                }
            }
        }
    }

    /// Stores one batch of a poll. Waits while the server is away, however long
    /// that is. If another lease takes over, it returns [`Outcome::Fenced`].
    ///
    /// # Errors
    ///
    /// If no later attempt could succeed.
    pub async fn store(&self, account: &AccountId, part: &Part, mut expected: u64) -> Result<Outcome, Error> {
        let mut wait = BACK_OFF.0;
        loop {
            match self.attempt(part, expected).await {
                Ok(sequence) => return Ok(Outcome::Stored(sequence)),
                Err(trouble) => go_on(account, &mut wait, trouble).await?,
            }
            // Another version of this program may have stored a checkpoint that this one cannot read.
            match judge(part.mark, self.last::<Mark>(account).await?) {
                Verdict::Stored { sequence } => return Ok(Outcome::Stored(sequence)),
                Verdict::SendAgain { expected: found } => expected = found,
                Verdict::Fenced => return Ok(Outcome::Fenced),
            }
        }
    }

    async fn attempt(&self, part: &Part, expected: u64) -> Result<u64, Trouble> {
        let id = format!("{:032x}", fastrand::u128(..));
        let mut messages = part.messages(&id, expected);
        let Some(last) = messages.pop() else { return Ok(expected) };
        let _attempt = self.attempts.acquire().await;
        timeout(PATIENCE, async {
            for message in messages {
                let headers = headers(&message);
                // These get no answer: if the server refuses one of them, it refuses the commit too.
                self.client.publish_with_headers(message.subject, headers, message.payload).await?;
            }
            let headers = headers(&last);
            let answer = self.client.request_with_headers(last.subject, headers, last.payload).await?;
            match serde_json::from_slice(&answer.payload)? {
                Response::Ok(PublishAck { sequence, .. }) => Ok(sequence),
                Response::Err { error } => Err(Trouble::Refused(error)),
            }
        })
        .await?
    }

    /// Reads from the leader, which has everything that was ever confirmed.
    async fn read(&self, account: &AccountId) -> Result<Option<(bytes::Bytes, u64)>, Trouble> {
        match timeout(PATIENCE, self.stream.get_last_raw_message_by_subject(&account.checkpoints())).await? {
            Ok(message) => Ok(Some((message.payload, message.sequence))),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Why a message at the subject of the checkpoints cannot be read.
fn unreadable(subject: String, payload: &[u8], source: serde_json::Error) -> Error {
    match serde_json::from_slice::<Mark>(payload) {
        Ok(_) => Error::UnreadableCheckpoint { subject, source },
        Err(_) => Error::NotAHead { subject, source },
    }
}

/// Waits a while before the next attempt. Returns an error if the next one
/// would fail the same way.
async fn go_on(account: &AccountId, wait: &mut Duration, trouble: Trouble) -> Result<(), Error> {
    match trouble {
        Trouble::Refused(error) if is_lasting(error.error_code()) => return Err(Error::Refused(error)),
        // What to do is known at once, without a wait.
        Trouble::Refused(error) if error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE => {}
        trouble => back_off(account, wait, &trouble).await,
    }
    Ok(())
}

async fn back_off(account: &AccountId, wait: &mut Duration, trouble: &Trouble) {
    warn!(%account, "a request to the NATS server failed, next try in {wait:?}: {trouble}");
    sleep(*wait).await;
    *wait = BACK_OFF.1.min(*wait * 2);
}

fn headers(message: &Message) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &message.headers {
        headers.insert(*name, value.as_str());
    }
    headers
}

/// Whether the server would say the same next time.
fn is_lasting(code: ErrorCode) -> bool {
    [
        ErrorCode::ATOMIC_PUBLISH_DISABLED,
        ErrorCode::ATOMIC_PUBLISH_TOO_LARGE_BATCH,
        ErrorCode::ATOMIC_PUBLISH_UNSUPPORTED_HEADER,
        ErrorCode::ATOMIC_PUBLISH_INVALID_BATCH_ID,
    ]
    .contains(&code)
}
