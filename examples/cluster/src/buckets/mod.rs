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

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the server keeps the marker by which watches learn that a key has
/// expired or was deleted. Longer than it takes to open a watch again.
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
    /// The revision of the key. The next write has to expect it.
    pub revision: u64,
    /// The value of the key. `None` if the key was deleted or has expired.
    pub value: Option<Bytes>,
}

/// Why a bucket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The bucket cannot be made.
    #[error("the bucket {1} cannot be made; the NATS server has to be 2.12 or newer, with JetStream switched on")]
    Make(#[source] CreateKeyValueError, &'static str),
    /// The bucket cannot be looked up.
    #[error("the bucket {1} cannot be opened")]
    Look(#[source] KeyValueError, &'static str),
    /// The bucket cannot get more replicas.
    #[error("the bucket {1} cannot be given {2} replicas; does the NATS cluster have that many servers?")]
    Replicas(#[source] UpdateStreamError, &'static str, usize),
}

/// Why a request to the server failed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The key is not at the expected revision.
    #[error("something else was written to the key in the meantime")]
    Overtaken,
    /// The server refused the request.
    #[error("refused: {0}")]
    Refused(jetstream::Error),
    /// No answer came in time. Nobody knows whether the server has done it.
    #[error("no answer within {PATIENCE:?}")]
    TimedOut(#[from] Elapsed),
    /// No answer came, for another reason. Nobody knows whether the server has
    /// done it.
    #[error("no answer: {0}")]
    NoAnswer(#[from] RequestError),
    /// The answer cannot be read. Nobody knows whether the server has done it.
    #[error("cannot read the answer: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A key cannot be read.
    #[error("cannot read the key: {0}")]
    NotRead(#[from] LastRawMessageError),
    /// The state of the bucket cannot be looked up.
    #[error("cannot look up the state of the bucket: {0}")]
    Info(#[from] InfoError),
    /// The bucket cannot be watched.
    #[error("cannot watch the bucket: {0}")]
    Watch(#[from] WatchError),
    /// The watch failed.
    #[error("the watch failed: {0}")]
    Watcher(#[from] WatcherError),
    /// The watch ended.
    #[error("the watch ended")]
    Ended,
}

impl Bucket {
    /// Opens a bucket, and makes it if there is none. If it has fewer than
    /// `replicas` replicas, it gets more.
    ///
    /// # Errors
    ///
    /// If the bucket cannot be opened, made, or given the replicas.
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
            // Somebody else may have made it in the meantime, with more replicas.
            Err(error) => Self::find(client, name).await?.ok_or(OpenError::Make(error, name)),
        }
    }

    /// Opens a bucket. `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the server does not say whether there is one.
    pub async fn find(client: &Client, name: &'static str) -> Result<Option<Self>, OpenError> {
        let context = jetstream::new(client.clone());
        // The error of `get_key_value` does not say whether the bucket exists.
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

    /// Writes a key and returns its new revision. If you give `expected`, the
    /// key has to be at that revision; 0 stands for a key without any message.
    /// If you give `ttl`, the key expires after that many whole seconds.
    ///
    /// The client's own bucket API has no write with both a revision and a time
    /// to live.
    ///
    /// # Errors
    ///
    /// [`Trouble::Overtaken`] if the key is at another revision. After most
    /// other errors, the key may have been written all the same.
    pub async fn write(&self, key: &str, value: Bytes, expected: Option<u64>, ttl: Option<Duration>) -> Result<u64, Trouble> {
        let mut headers = HeaderMap::new();
        if let Some(ttl) = ttl {
            headers.insert("Nats-TTL", ttl.as_secs().to_string());
        }
        self.send(key, headers, value, expected).await
    }

    /// Deletes a key. If you give `expected`, the key has to be at that
    /// revision.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write).
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

    /// Reads the last message of a key from the leader. `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
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

    /// Reads all keys that are there now. Keys that are just gone may be among
    /// them, with the value `None`.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn scan(&self) -> Result<BTreeMap<String, Entry>, Trouble> {
        self.follow().await.map(|(entries, _)| entries)
    }

    /// Reads all keys that are there now, and opens a watch that goes on from
    /// there.
    async fn follow(&self) -> Result<(BTreeMap<String, Entry>, Watch), Trouble> {
        let is_empty = timeout(PATIENCE, self.store.stream.get_info()).await??.state.messages == 0;
        let mut watch = timeout(PATIENCE, self.store.watch_with_history(">")).await??;
        let mut entries = BTreeMap::new();
        let mut is_current = is_empty;
        while !is_current {
            // If all keys expire in the meantime, nothing comes.
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
