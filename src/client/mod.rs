//! One account: one request at a time, one snapshot for each.

mod builder;
mod endpoints;
mod recent;
mod url;

use std::{
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::{HeaderValue, header::USER_AGENT};
use tokio::{
    runtime::{self, Handle},
    sync::Notify,
    time::{Instant, timeout},
};

#[cfg(any(feature = "chat", feature = "pages"))]
pub(crate) use self::builder::DEFAULT_USER_AGENT;
use self::recent::Recent;
pub use self::{
    builder::ClientBuilder,
    endpoints::Endpoints,
    url::{ApiUrl, IntoApiUrl},
};
use crate::{
    error::Error,
    snapshot::{AccountIds, Snapshot, is_error_envelope},
    transport::{
        Limits, Request, Response, SecretUrl, Transport, exchange,
        flight::{self, Flight},
        gate::{Gate, Place},
        retry_after,
    },
};

/// A client for one account's API URL.
///
/// Cheap to clone; all clones share one connection pool and one gate: whatever they and their watchers do, their requests go out one
/// at a time, first come first served, each at least 5 seconds after the end of the one before. On loopback there is no gate.
///
/// Nobody can hold up the others: a future that is kept and not polled delays neither a watcher nor a clone, and a runtime that is not
/// driven or was shut down no other. A request that stays in such a runtime counts until its time limit is over.
///
/// The URL is a secret. No `Debug`, error or log of this crate shows any part of it.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Client, Error};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let client = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
///     let snapshot = client.snapshot().await?;
///     println!("{} has {:?} followers", snapshot.account(), snapshot.followers().count);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// How much of an answer outside 2xx is read: enough for the API's error envelope.
const ERROR_BODY: usize = 64 * 1024;
/// How long such a body may take at the most. Its status and headers must not be lost by waiting for it.
const ERROR_BODY_TIME: Duration = Duration::from_secs(1);

struct Inner {
    url: ApiUrl,
    user_agent: HeaderValue,
    /// For all of a request. The same as in the limits.
    timeout: Duration,
    limits: Limits,
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    /// None on loopback.
    gate: Option<Arc<Gate>>,
    /// That of the readers of pages. They are asked at another pace than the account.
    #[cfg(feature = "pages")]
    pages_gate: Arc<Gate>,
    recent: Mutex<Recent>,
    /// Rings when a snapshot has come.
    arrivals: Notify,
    /// Whose account it is, as far as the answers have shown.
    account: Mutex<AccountIds>,
}

impl Client {
    /// A client with the defaults of [`ClientBuilder`].
    ///
    /// # Errors
    ///
    /// As [`ClientBuilder::build`].
    pub fn new(url: impl IntoApiUrl) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Sets up a client for the API URL that Rumble shows: the whole of it, key included, as a text or an [`ApiUrl`].
    pub fn builder(url: impl IntoApiUrl) -> ClientBuilder {
        ClientBuilder::new(url.into_api_url())
    }

    /// Fetches the account once: one request, after waiting for its turn at the client's gate. Nothing is retried; pace it yourself.
    ///
    /// From its first poll on, the request runs in a task of its own, whether or not the future is polled again.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`](crate::ErrorKind); `Config` outside a tokio runtime with time, and for the default transport I/O.
    /// [`Error::is_transient`] tells which pass. A transport that panics, and a runtime that is shut down before the answer is there, are of
    /// kind `Transport`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws the request if it still waits for its turn, and ends it otherwise. Then it still counts at the gate, for
    /// it may have been sent.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.start_poll(None)?.await.map(|fetched| fetched.snapshot)
    }

    /// The newest snapshot that this client, its clones or their watchers have, if it was asked for no longer than `max_age` ago; else a
    /// new one, after waiting for its turn at the gate. However many callers wait for a new one together, it is one request (on loopback,
    /// where there is no gate, one for each runtime), and who joins late gets what was asked for before. A failure is told to all who wait
    /// for that request and not kept.
    ///
    /// It never goes back in time: where an answer comes late, behind one that was asked for after it, the newer one is given. So it is for
    /// a minute where the server's clock is up to ten minutes behind the newest.
    ///
    /// The age is by this machine's clock, which does not run while it is suspended.
    ///
    /// # Errors
    ///
    /// As [`snapshot`](Self::snapshot).
    ///
    /// # Cancel safety
    ///
    /// A caller that leaves, or that keeps its future and never polls it again, does not disturb the others; the request ends when the last
    /// one has left.
    pub async fn snapshot_within(&self, max_age: Duration) -> Result<Snapshot, Error> {
        loop {
            let (flight, begun_in) = {
                let mut recent = self.recent();
                if let Some(snapshot) = recent.within(max_age, Instant::now()) {
                    return Ok(snapshot);
                }
                let runtime = flight::runtime()?;
                (recent.join(runtime.id(), max_age, || self.start_newer(&runtime)), runtime.id())
            };
            match flight.await {
                // Somebody who was moved out of a runtime that ended asks anew in the one where they are.
                Err(error) if error.is_runtime_gone() && flight::runtime().is_ok_and(|here| here.id() != begun_in) => {}
                outcome => return outcome,
            }
        }
    }

    /// Starts one request, and measures what it takes. `expected` is the account that its answer must be of, if that is known better than by the
    /// answers that came so far.
    pub(crate) fn start_poll(&self, expected: Option<AccountIds>) -> Result<Flight<Fetched>, Error> {
        let runtime = flight::runtime()?;
        let place = self.place(&runtime);
        let (client, waiting) = (self.clone(), place.clone());
        Ok(Flight::start(&runtime, place, async move {
            let mut waited = Duration::ZERO;
            if let Some(place) = &waiting {
                let came = Instant::now();
                place.turn(client.0.timeout).await;
                waited = came.elapsed();
            }
            client.fetch(waiting.as_ref(), expected.as_ref()).await.map(|(fetched, _)| Fetched { waited, ..fetched })
        }))
    }

    /// Starts one request, unless a snapshot arrives that is young enough while this one waits for its turn.
    fn start_newer(&self, runtime: &Handle) -> Flight<Snapshot> {
        let place = self.place(runtime);
        let (client, waiting, runtime_id) = (self.clone(), place.clone(), runtime.id());
        Flight::start(runtime, place, async move {
            if let Some(place) = &waiting
                && let Some(arrived) = client.turn_or_arrival(place, runtime_id).await
            {
                return Ok(arrived);
            }
            client.fetch(waiting.as_ref(), None).await.map(|(_, newest)| newest)
        })
    }

    /// Waits for the turn, or for a snapshot that makes it needless.
    async fn turn_or_arrival(&self, place: &Place, runtime: runtime::Id) -> Option<Snapshot> {
        let young_enough = || self.recent().within_all(runtime, Instant::now());
        let mut turn = pin!(place.turn(self.0.timeout));
        loop {
            // Made before looking, so that none is missed.
            let arrival = pin!(self.0.arrivals.notified());
            let arrived = young_enough();
            if arrived.is_some() {
                return arrived;
            }
            if let Either::Left(_) = select(turn.as_mut(), arrival).await {
                break;
            }
        }
        young_enough().inspect(|_| place.give_back())
    }

    fn place(&self, runtime: &Handle) -> Option<Place> {
        self.0.gate.as_ref().map(|gate| gate.place(runtime.id()))
    }

    /// What was fetched, and the newest snapshot, which may be another.
    async fn fetch(&self, place: Option<&Place>, expected: Option<&AccountIds>) -> Result<(Fetched, Snapshot), Error> {
        let asked = Instant::now();
        let exchange = self.ask();
        let body = match place {
            Some(place) => place.within(self.0.timeout, exchange).await,
            None => timeout(self.0.timeout, exchange).await.ok(),
        };
        let body = body.ok_or_else(|| Error::timeout(self.0.timeout))??;
        let snapshot = Snapshot::from_json(&body)?;
        self.check_account(&snapshot, expected)?;
        let newest = self.recent().take(&snapshot, asked);
        self.0.arrivals.notify_waiters();
        Ok((Fetched { snapshot, bytes: body.len(), waited: Duration::ZERO, duration: asked.elapsed() }, newest))
    }

    /// The body of one answer.
    async fn ask(&self) -> Result<Bytes, Error> {
        let Inner { url, user_agent, limits, transport, .. } = &*self.0;
        let request = Request::get(SecretUrl::from(url.clone())).header(USER_AGENT, user_agent.clone()).limits(*limits);
        let response = exchange::open(&**transport, request).await?;
        if response.status.is_success() {
            response.body.collect(limits.max_body).await
        } else {
            Err(refusal(response, self.0.timeout).await)
        }
    }

    /// Learns whose account it is, or finds that the snapshot is of another.
    fn check_account(&self, snapshot: &Snapshot, expected: Option<&AccountIds>) -> Result<(), Error> {
        let shown = AccountIds::of(snapshot.account());
        let mut known = self.account();
        if expected.unwrap_or(&known).share_none(&shown) {
            return Err(Error::another_account());
        }
        if known.share_none(&shown) {
            // The first answer of all was of another account, and so is what is kept of it.
            known.clone_from(&shown);
            self.recent().forget();
        }
        known.learn(&shown);
        Ok(())
    }

    pub(crate) fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.transport
    }

    #[cfg(any(feature = "chat", feature = "pages"))]
    pub(crate) fn user_agent(&self) -> &HeaderValue {
        &self.0.user_agent
    }

    #[cfg(feature = "pages")]
    pub(crate) fn pages_gate(&self) -> &Arc<Gate> {
        &self.0.pages_gate
    }

    /// Where it finds the services beside the Live Stream API.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
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
    /// For its turn at the gate.
    pub(crate) waited: Duration,
    /// From the start of the request until it was decoded.
    pub(crate) duration: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { url, user_agent, limits, .. } = &*self.0;
        f.debug_struct("Client").field("url", url).field("user_agent", user_agent).field("limits", limits).finish_non_exhaustive()
    }
}

/// What an answer outside 2xx means. Its body is given a part of the time limit only.
async fn refusal(response: Response, limit: Duration) -> Error {
    let Response { status, headers, body } = response;
    let wait = retry_after::of(&headers, SystemTime::now());
    let body = body.beginning(ERROR_BODY, ERROR_BODY_TIME.min(limit / 4)).await;
    Error::from_status(status.as_u16(), is_error_envelope(&body), wait)
}
