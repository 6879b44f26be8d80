//! One account: one request at a time, one snapshot for each.

mod builder;
mod recent;
mod url;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, timeout};

use self::recent::Recent;
pub use self::{builder::ClientBuilder, url::ApiUrl};
use crate::{
    error::Error,
    snapshot::{AccountIds, Snapshot, is_error_envelope},
    transport::{
        Request, Response, Transport,
        gate::{Gate, Pass},
        retry_after,
    },
};

/// A client for one account's API URL.
///
/// Cheap to clone; all clones share one connection pool and one gate: whatever they and their watchers do, their requests go out one
/// at a time, each at least 5 seconds after the end of the one before. On loopback there is no gate.
///
/// The URL is a secret. No `Debug`, error or log of this crate shows any part of it.
///
/// # Examples
///
/// ```no_run
/// # async fn example() -> Result<(), rumble_live::Error> {
/// use rumble_live::Client;
///
/// let client = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
/// let snapshot = client.snapshot().await?;
/// println!("{} has {:?} followers", snapshot.account(), snapshot.followers().count);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    request: Request,
    transport: Arc<dyn Transport>,
    /// None on loopback.
    gate: Option<Gate>,
    recent: Mutex<Recent>,
    /// Whose account it is, as far as the answers have shown.
    account: Mutex<AccountIds>,
}

impl Client {
    /// A client with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Sets up a client for the API URL that Rumble shows: the whole of it, key included.
    pub fn builder(url: impl AsRef<str>) -> ClientBuilder {
        ClientBuilder::new(url.as_ref())
    }

    /// Fetches the account once: one request, after waiting for its turn at the client's gate. Nothing is retried; pace it yourself.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`](crate::ErrorKind) but `Config`, which only a transport of one's own returns; [`Error::is_transient`] tells which pass.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the request. It still counts at the gate, for it may have been sent.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime with time enabled, and for the default transport I/O.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.poll().await.map(|fetched| fetched.snapshot)
    }

    /// The newest snapshot that this client, its clones or their watchers have, if it was asked for no longer than `max_age` ago; else a
    /// new one, after waiting for its turn at the gate. However many callers wait for a new one together, it is one request, and who joins
    /// late gets what was asked for before. A failure is told to all of them and not kept.
    ///
    /// The age is by this machine's clock, which does not run while it is suspended.
    ///
    /// # Errors
    ///
    /// As [`snapshot`](Self::snapshot).
    ///
    /// # Cancel safety
    ///
    /// A caller that leaves does not disturb the others; the request ends when the last one has left.
    ///
    /// # Panics
    ///
    /// As [`snapshot`](Self::snapshot).
    pub async fn snapshot_within(&self, max_age: Duration) -> Result<Snapshot, Error> {
        let flight = {
            let mut recent = self.recent();
            if let Some(snapshot) = recent.within(max_age, Instant::now()) {
                return Ok(snapshot);
            }
            let client = self.clone();
            recent.join(|| Box::pin(async move { client.newer(max_age).await }))
        };
        flight.await
    }

    /// One request, and what it took.
    pub(crate) async fn poll(&self) -> Result<Fetched, Error> {
        let _turn = self.turn().await;
        self.fetch().await
    }

    /// One request, unless a snapshot of `max_age` arrives while this one waits for its turn.
    async fn newer(&self, max_age: Duration) -> Result<Snapshot, Error> {
        let turn = self.turn().await;
        let arrived = self.recent().within(max_age, Instant::now());
        match arrived {
            Some(snapshot) => {
                if let Some(turn) = turn {
                    turn.give_back();
                }
                Ok(snapshot)
            }
            None => self.fetch().await.map(|fetched| fetched.snapshot),
        }
    }

    async fn turn(&self) -> Option<Pass<'_>> {
        match &self.0.gate {
            Some(gate) => Some(gate.enter().await),
            None => None,
        }
    }

    async fn fetch(&self) -> Result<Fetched, Error> {
        let Inner { request, transport, .. } = &*self.0;
        let asked = Instant::now();
        let answer = timeout(request.timeout, transport.get(request)).await.map_err(|_| Error::timeout(request.timeout))??;
        let snapshot = read(&answer, request.max_body)?;
        self.check_account(&snapshot)?;
        self.recent().keep(&snapshot, asked);
        Ok(Fetched { snapshot, bytes: answer.body.len(), duration: asked.elapsed() })
    }

    /// Learns whose account it is, or finds that the snapshot is of another.
    fn check_account(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let shown = AccountIds::of(snapshot.account());
        let mut known = self.account();
        if known.share_none(&shown) {
            return Err(Error::another_account());
        }
        known.learn(&shown);
        Ok(())
    }

    /// Tells the client whose account it is before an answer does: for who goes on from a checkpoint. What answers have shown stays.
    #[allow(dead_code, reason = "watchers that resume are to use it")]
    pub(crate) fn expect_account(&self, ids: &AccountIds) {
        self.account().learn(ids);
    }

    fn account(&self) -> MutexGuard<'_, AccountIds> {
        // Nothing that panics runs under this lock.
        self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nothing that panics runs under this lock.
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot, and what it took to get it.
pub(crate) struct Fetched {
    pub(crate) snapshot: Snapshot,
    /// The length of its body.
    pub(crate) bytes: usize,
    /// From the start of the request until it was decoded.
    pub(crate) duration: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("request", &self.0.request).finish_non_exhaustive()
    }
}

fn read(answer: &Response, max_body: usize) -> Result<Snapshot, Error> {
    if !(200..300).contains(&answer.status) {
        let wait = answer.retry_after.as_deref().and_then(|header| retry_after::parse(header, answer.date.as_deref(), SystemTime::now()));
        return Err(Error::from_status(answer.status, is_error_envelope(&answer.body), wait));
    }
    if answer.body.len() > max_body {
        return Err(Error::too_large(max_body));
    }
    Snapshot::from_json(&answer.body)
}
