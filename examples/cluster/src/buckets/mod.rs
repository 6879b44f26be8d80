//! The key-value buckets in which the workers agree on what to do.

pub mod accounts;
pub mod leases;
pub mod mirror;
pub mod parked;
pub mod workers;

use std::{collections::BTreeMap, time::Duration};

use async_nats::{
    Client, HeaderMap,
    client::RequestError,
    jetstream::{
        self, ErrorCode,
        context::{CreateKeyValueError, GetStreamErrorKind, KeyValueError, UpdateStreamError},
        kv::{self, Operation, Watch, WatchError, WatcherError},
        publish::PublishAck,
        response::Response,
        stream::{InfoError, LastRawMessageError, LastRawMessageErrorKind},
    },
};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::time::{error::Elapsed, timeout};

/// How long the server may take for an answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the server tells watches that a key has expired. Longer than a
/// watch takes to be opened again.
const MARKERS: Duration = Duration::from_secs(10);

/// One bucket of the server.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    store: kv::Store,
}

/// The last message of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the next write has to expect.
    pub revision: u64,
    /// `None` where the key was deleted or has expired.
    pub value: Option<Bytes>,
}

/// Why a bucket cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It cannot be made.
    #[error("the bucket {1} cannot be made; the NATS server has to be 2.12 or newer, with JetStream switched on")]
    Make(#[source] CreateKeyValueError, &'static str),
    /// It cannot be looked up.
    #[error("the bucket {1} cannot be opened")]
    Look(#[source] KeyValueError, &'static str),
    /// It cannot get more replicas.
    #[error("the bucket {1} cannot be given {2} replicas; has the NATS cluster so many servers?")]
    Replicas(#[source] UpdateStreamError, &'static str, usize),
}

/// Why the server has not done what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The key is at another revision than was expected.
    #[error("something else was written to the key meanwhile")]
    Overtaken,
    /// The server says no.
    #[error("refused: {0}")]
    Refused(jetstream::Error),
    /// Nobody knows whether it was done.
    #[error("no answer within {PATIENCE:?}")]
    TimedOut(#[from] Elapsed),
    /// Nor here.
    #[error("no answer: {0}")]
    NoAnswer(#[from] RequestError),
    /// Nor here.
    #[error("an answer that cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A key cannot be read.
    #[error("not read: {0}")]
    NotRead(#[from] LastRawMessageError),
    /// The bucket cannot be looked at.
    #[error("the bucket cannot be looked at: {0}")]
    Info(#[from] InfoError),
    /// It cannot be watched.
    #[error("the bucket cannot be watched: {0}")]
    Watch(#[from] WatchError),
    /// The watch has failed.
    #[error("the watch has failed: {0}")]
    Watcher(#[from] WatcherError),
    /// The watch has ended.
    #[error("the watch has ended")]
    Ended,
}

impl Bucket {
    /// Opens a bucket, and makes it where it is not there. One that has fewer
    /// replicas is given more.
    ///
    /// # Errors
    ///
    /// Where the server has none and cannot make one.
    pub async fn open(client: &Client, name: &'static str, replicas: usize) -> Result<Self, OpenError> {
        if let Some(bucket) = Self::find(client, name).await? {
            let mut config = bucket.store.stream.cached_info().config.clone();
            if config.num_replicas < replicas {
                config.num_replicas = replicas;
                let updated = jetstream::new(client.clone()).update_stream(config).await;
                updated.map_err(|error| OpenError::Replicas(error, name, replicas))?;
            }
            return Ok(bucket);
        }
        let config = kv::Config { bucket: name.into(), num_replicas: replicas, limit_markers: Some(MARKERS), ..kv::Config::default() };
        let made = jetstream::new(client.clone()).create_key_value(config).await;
        match made {
            Ok(store) => Ok(Self { client: client.clone(), store }),
            // Somebody else may have made it meanwhile, with more replicas.
            Err(error) => Self::find(client, name).await?.ok_or(OpenError::Make(error, name)),
        }
    }

    /// Opens a bucket, if it is there.
    ///
    /// # Errors
    ///
    /// Where the server cannot tell.
    pub async fn find(client: &Client, name: &'static str) -> Result<Option<Self>, OpenError> {
        let context = jetstream::new(client.clone());
        // The error of the bucket does not tell that it is not there.
        match context.get_stream(format!("KV_{name}")).await {
            Err(error) if matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND) => {
                Ok(None)
            }
            _ => match context.get_key_value(name).await {
                Ok(store) => Ok(Some(Self { client: client.clone(), store })),
                Err(error) => Err(OpenError::Look(error, name)),
            },
        }
    }

    /// Writes a key: at that revision alone, and for so long, if it is said.
    ///
    /// The bucket API of the client has no write that has both a revision and a
    /// time to live.
    ///
    /// # Errors
    ///
    /// [`Trouble::Overtaken`] where the key is at another revision. Otherwise
    /// it may have been written nevertheless.
    pub async fn write(&self, key: &str, value: Bytes, expected: Option<u64>, ttl: Option<Duration>) -> Result<u64, Trouble> {
        let mut headers = HeaderMap::new();
        if let Some(ttl) = ttl {
            headers.insert("Nats-TTL", ttl.as_secs().to_string());
        }
        self.send(key, headers, value, expected).await
    }

    /// Deletes a key: at that revision alone, if one is said.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub async fn delete(&self, key: &str, expected: Option<u64>) -> Result<u64, Trouble> {
        let mut headers = HeaderMap::new();
        headers.insert("KV-Operation", "DEL");
        headers.insert("Nats-TTL", MARKERS.as_secs().to_string());
        self.send(key, headers, Bytes::new(), expected).await
    }

    async fn send(&self, key: &str, mut headers: HeaderMap, value: Bytes, expected: Option<u64>) -> Result<u64, Trouble> {
        if let Some(expected) = expected {
            headers.insert("Nats-Expected-Last-Subject-Sequence", expected.to_string());
        }
        let request = self.client.request_with_headers(self.subject(key), headers, value);
        match serde_json::from_slice(&timeout(PATIENCE, request).await??.payload)? {
            Response::Ok(PublishAck { sequence, .. }) => Ok(sequence),
            Response::Err { error } if error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE => Err(Trouble::Overtaken),
            Response::Err { error } => Err(Trouble::Refused(error)),
        }
    }

    /// The last message of a key, from the leader. `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn read(&self, key: &str) -> Result<Option<Entry>, Trouble> {
        match timeout(PATIENCE, self.store.stream.get_last_raw_message_by_subject(&self.subject(key))).await? {
            Ok(message) => {
                let is_gone = message.headers.get("KV-Operation").is_some() || message.headers.get("Nats-Marker-Reason").is_some();
                Ok(Some(Entry { revision: message.sequence, value: (!is_gone).then_some(message.payload) }))
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// All keys that are there now.
    ///
    /// # Errors
    ///
    /// Where the server does not answer.
    pub async fn scan(&self) -> Result<BTreeMap<String, Entry>, Trouble> {
        self.follow().await.map(|(entries, _)| entries)
    }

    /// All keys that are there now, and a watch that goes on from there.
    async fn follow(&self) -> Result<(BTreeMap<String, Entry>, Watch), Trouble> {
        let is_empty = timeout(PATIENCE, self.store.stream.get_info()).await??.state.messages == 0;
        let mut watch = timeout(PATIENCE, self.store.watch_with_history(">")).await??;
        let mut entries = BTreeMap::new();
        let mut is_current = is_empty;
        while !is_current {
            // If all keys expire meanwhile, nothing comes.
            let found = timeout(PATIENCE, watch.next()).await?.ok_or(Trouble::Ended)??;
            is_current = found.seen_current;
            let (key, entry) = keyed(found);
            entries.insert(key, entry);
        }
        Ok((entries, watch))
    }

    fn subject(&self, key: &str) -> String {
        format!("{}{key}", self.store.prefix)
    }
}

fn keyed(found: kv::Entry) -> (String, Entry) {
    (found.key, Entry { revision: found.revision, value: (found.operation == Operation::Put).then_some(found.value) })
}
