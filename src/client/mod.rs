//! One account: one request at a time, one snapshot per request.
//!
//! `Client` joins three things that know nothing of each other: a transport,
//! which makes one exchange; a gate, which says when; and `Recent`, which keeps
//! the newest snapshot and the requests that are under way. Whoever wants a
//! snapshot calls `start_poll` (a request of one's own, for a watcher or
//! [`Client::snapshot`]) or `start_newer` (a shared one, for
//! [`Client::snapshot_within`]). Both run in a task of their own, so that a
//! caller who does not poll blocks nobody, and both end in `fetch`.
//!
//! `fetch` is also where an answer of another account is refused, before
//! anything is kept. All state is behind locks that are held for a few lines
//! and never across an `await`.

mod builder;
mod endpoints;
mod recent;
pub(crate) mod spacing;
mod url;
mod user_agent;

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

use self::recent::Recent;
#[cfg(any(feature = "chat", feature = "pages"))]
pub(crate) use self::user_agent::{default_user_agent, user_agent};
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
/// It is cheap to clone. All clones and their watchers share one connection
/// pool and one gate. The gate lets their requests out one at a time, in the
/// order in which they were made, each at least 5 seconds after the end of the
/// one before. On loopback there is no gate.
///
/// No user of a client can block another. A future that you keep without
/// polling it delays neither a watcher nor a clone. A runtime that is not
/// driven, or was shut down, delays no other runtime. A request that is stuck
/// in one counts at the gate until its time limit is over.
///
/// The client learns from the first answer whose account it is: the user id and
/// the channel id. A later answer that shares neither is refused with an error
/// of kind [`Decode`](crate::ErrorKind::Decode), so a server that mixes up two
/// accounts cannot bring a stranger's followers into your bot.
///
/// The URL is a secret. No `Debug` output, error or log of this crate shows any
/// part of it.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Client, Error};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let client =
///         Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
///     let snapshot = client.snapshot().await?;
///     println!(
///         "{} has {:?} followers",
///         snapshot.account(),
///         snapshot.followers().count
///     );
///     Ok(())
/// }
/// ```
///
/// Requests of clones wait for each other:
///
/// ```test_harness
/// use rumble_live::{Client, Error, sim::Sim};
/// use tokio::time::Instant;
///
/// #[tokio::test(start_paused = true)]
/// async fn clones_are_five_seconds_apart() -> Result<(), Error> {
///     let url = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
///     let sim = Sim::running(42);
///     let client = Client::builder(url).transport(sim.clone()).build()?;
///     let clone = client.clone();
///
///     let begun = Instant::now();
///     tokio::try_join!(client.snapshot(), clone.snapshot())?;
///     assert_eq!(begun.elapsed().as_secs(), 5);
///     assert_eq!(sim.answers(), 2);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// How much of an answer outside 2xx the client reads: enough for the API's
/// error envelope.
const ERROR_BODY: usize = 64 * 1024;
/// How long that body may take. Waiting for it must not lose the status and
/// headers.
const ERROR_BODY_TIME: Duration = Duration::from_secs(1);

/// What all clones of a client share.
struct Inner {
    url: ApiUrl,
    user_agent: HeaderValue,
    /// The limit for a whole request, as in `limits`.
    timeout: Duration,
    limits: Limits,
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    /// None on loopback.
    gate: Option<Arc<Gate>>,
    /// The gate of the readers of pages. They are asked at another pace than
    /// the account.
    #[cfg(feature = "pages")]
    pages_gate: Arc<Gate>,
    /// The newest snapshot, and the shared requests under way.
    recent: Mutex<Recent>,
    /// Notified when a snapshot arrives.
    arrivals: Notify,
    /// The ids of the account that the answers have shown so far.
    account: Mutex<AccountIds>,
}

impl Client {
    /// A client with the defaults of [`ClientBuilder`]. It sends nothing, so it
    /// does not find out whether the key is right.
    ///
    /// # Errors
    ///
    /// As for [`ClientBuilder::build`].
    ///
    /// # Examples
    ///
    /// What people paste by mistake is refused with the advice that helps:
    ///
    /// ```
    /// use rumble_live::Client;
    ///
    /// let refusal = |text: &str| Client::new(text).unwrap_err().to_string();
    /// assert!(refusal("abcdefgh").contains("pass the whole URL"));
    /// let page = "https://rumble.com/account/livestream-api";
    /// assert!(refusal(page).contains("the address of a page"));
    /// let keyless = "https://rumble.com/-livestream-api/get-data";
    /// assert!(refusal(keyless).contains("has no key"));
    /// let plain = "http://rumble.com/-livestream-api/get-data?key=abcdefgh";
    /// assert!(refusal(plain).contains("use https://"));
    /// ```
    pub fn new(url: impl IntoApiUrl) -> Result<Self, Error> {
        Self::builder(url).build()
    }

    /// Configures a client. Pass the whole API URL that Rumble shows, including
    /// the key, as text or as an [`ApiUrl`]. A URL that cannot work is reported
    /// by [`build`](ClientBuilder::build).
    ///
    /// # Examples
    ///
    /// A bot on a slow line, which says who it is:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let url =
    ///         "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
    ///     let client = Client::builder(url)
    ///         .transport(Sim::new(42)) // leave it out for the real service
    ///         .timeout(Duration::from_secs(60))
    ///         .user_agent("harborlight-bot/1.0")
    ///         .build()?;
    ///     assert_eq!(client.endpoints().site(), "https://rumble.com");
    ///     Ok(())
    /// }
    /// ```
    pub fn builder(url: impl IntoApiUrl) -> ClientBuilder {
        ClientBuilder::new(url.into_api_url())
    }

    /// Fetches the account once, with one request, after waiting for its turn
    /// at the client's gate. It retries nothing. If you call it in a loop, you
    /// set the pace.
    ///
    /// Once you have polled the future, the request runs in a task of its own,
    /// whether or not you poll again. The time limit counts from its turn at
    /// the gate, so a long queue does not use it up.
    ///
    /// A watcher of the same client takes no notice of it, so no event is lost
    /// to it. [`snapshot_within`](Self::snapshot_within) does: it may return
    /// this snapshot while it is young enough.
    ///
    /// # Errors
    ///
    /// Any [`ErrorKind`](crate::ErrorKind) of a request. `Config` outside a
    /// tokio runtime or in one without time; the default transport also needs
    /// I/O. `Transport` if the transport panics, or if the runtime is shut down
    /// before the answer arrives. `Decode` also if the answer belongs to
    /// another account than the earlier ones. [`Error::is_transient`] says
    /// which errors may pass.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws the request if it still waits for its
    /// turn, and ends it otherwise. A request that was ended still counts at
    /// the gate, because it may have been sent.
    ///
    /// # Examples
    ///
    /// A command that says what is on air, and one that fails well:
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// async fn on_air(client: &Client) -> String {
    ///     match client.snapshot().await {
    ///         Ok(snapshot) => match snapshot.live().next() {
    ///             Some(stream) => format!("on air: {}", stream.title),
    ///             None => "nothing is on air".to_owned(),
    ///         },
    ///         Err(error) => format!("not known: {error}"),
    ///     }
    /// }
    ///
    /// #[tokio::test]
    /// async fn command_answers_in_any_case() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     assert_eq!(on_air(&client).await, "nothing is on air");
    ///     sim.start_stream("Harbour lights");
    ///     assert_eq!(on_air(&client).await, "on air: Harbour lights");
    ///     sim.fail_next(502);
    ///     assert!(on_air(&client).await.starts_with("not known: the server"));
    ///     Ok(())
    /// }
    /// ```
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.start_poll(None)?.await.map(|fetched| fetched.snapshot)
    }

    /// Returns the newest snapshot of this client, its clones and their
    /// watchers if it was requested at most `max_age` ago. Otherwise fetches a
    /// new one, after waiting for its turn at the gate.
    ///
    /// Any number of callers share one request (on loopback, where there is no
    /// gate, one per runtime). A caller that joins late gets the answer to the
    /// request that is already under way. If that request fails, every caller
    /// that waits for it gets the error. Errors are not cached, so the next
    /// call makes a request.
    ///
    /// With a `max_age` of zero it makes a request, unless one is under way
    /// that it can join.
    ///
    /// It never goes back in time. If an answer arrives after the answer to a
    /// later request, you get the newer one. For a minute the same holds for an
    /// answer whose server clock is up to ten minutes behind the newest.
    ///
    /// The age is measured with this machine's monotonic clock, which stops
    /// while the machine is suspended.
    ///
    /// # Errors
    ///
    /// As for [`snapshot`](Self::snapshot).
    ///
    /// # Cancel safety
    ///
    /// A caller that drops its future, or keeps it without polling it again,
    /// does not disturb the others. The request ends when the last caller has
    /// dropped its future.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn second_caller_gets_the_snapshot_of_the_first()
    /// -> Result<(), Error> {
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(Sim::running(42))
    ///         .build()?;
    ///     let first = client.snapshot().await?;
    ///     let second =
    ///         client.snapshot_within(Duration::from_secs(30)).await?;
    ///     assert_eq!(first, second);
    ///     Ok(())
    /// }
    /// ```
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
                // The caller was moved out of a runtime that has ended: ask anew in the current one.
                Err(error) if error.is_runtime_gone() && flight::runtime().is_ok_and(|here| here.id() != begun_in) => {}
                outcome => return outcome,
            }
        }
    }

    /// Starts one request and measures it. `expected` is the account that the
    /// answer must show, if the caller knows it better than the answers so far.
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

    /// Starts one request, unless a young enough snapshot arrives while it
    /// waits for its turn.
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

    /// Waits for the turn, or for a snapshot that makes the request needless.
    async fn turn_or_arrival(&self, place: &Place, runtime: runtime::Id) -> Option<Snapshot> {
        let young_enough = || self.recent().within_all(runtime, Instant::now());
        let mut turn = pin!(place.turn(self.0.timeout));
        loop {
            // Created before the look, so no arrival is missed.
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

    /// A place at the gate, if there is one.
    fn place(&self, runtime: &Handle) -> Option<Place> {
        self.0.gate.as_ref().map(|gate| gate.place(runtime.id()))
    }

    /// The fetched snapshot, and the newest one, which may be another if a
    /// later request was answered first.
    ///
    /// With a place, the request is not polled again once its time is over and
    /// another place may have passed. Without a gate a plain timeout does.
    async fn fetch(&self, place: Option<&Place>, expected: Option<&AccountIds>) -> Result<(Fetched, Snapshot), Error> {
        let asked = Instant::now();
        let exchange = self.ask();
        let body = match place {
            Some(place) => place.within(self.0.timeout, exchange).await,
            None => timeout(self.0.timeout, exchange).await.ok(),
        };
        let body = body.ok_or_else(|| Error::timeout(self.0.timeout))??;
        let earlier = self.recent().newest();
        let snapshot = Snapshot::after(earlier.as_ref(), &body)?;
        self.check_account(&snapshot, expected)?;
        let newest = self.recent().take(&snapshot, asked);
        self.0.arrivals.notify_waiters();
        Ok((Fetched { snapshot, bytes: body.len(), waited: Duration::ZERO, duration: asked.elapsed() }, newest))
    }

    /// The body of one answer, or the error for a status outside 2xx.
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

    /// Learns the ids of the account, or fails if the snapshot shows another
    /// account.
    ///
    /// A watcher that resumes passes the account of its checkpoint as
    /// `expected`, which it trusts more than the first answer. If such an
    /// answer is right although it shares no id with what this client has
    /// learnt, the client has learnt from a wrong one, and starts anew.
    fn check_account(&self, snapshot: &Snapshot, expected: Option<&AccountIds>) -> Result<(), Error> {
        let shown = AccountIds::of(snapshot.account());
        let mut known = self.account();
        if expected.unwrap_or(&known).share_none(&shown) {
            return Err(Error::another_account());
        }
        if known.share_none(&shown) {
            // The first answer showed another account, so what was kept from it is wrong too.
            known.clone_from(&shown);
            self.recent().forget();
        }
        known.learn(&shown);
        Ok(())
    }

    /// What the requests of this client go through, for other services too.
    pub(crate) fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.transport
    }

    /// What this client calls itself, for the chats and readers made from it.
    #[cfg(any(feature = "chat", feature = "pages"))]
    pub(crate) fn user_agent(&self) -> &HeaderValue {
        &self.0.user_agent
    }

    /// The gate that all readers of pages of this client share.
    #[cfg(feature = "pages")]
    pub(crate) fn pages_gate(&self) -> &Arc<Gate> {
        &self.0.pages_gate
    }

    /// Where this client looks for Rumble's other services: the site, for
    /// sessions and public pages, and the chat. If you did not set them, they
    /// follow from the API URL; see [`Endpoints`].
    ///
    /// # Examples
    ///
    /// A link for an alert, which is right under test too:
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// fn main() -> Result<(), Error> {
    ///     let of = |url: &str| {
    ///         Client::builder(url).transport(Sim::new(42)).build()
    ///     };
    ///     let link = |client: &Client, id| {
    ///         format!("{}/v{id}", client.endpoints().site())
    ///     };
    ///     let real = of("https://rumble.com/-livestream-api/get-data?key=k")?;
    ///     assert_eq!(link(&real, "7c1f4q"), "https://rumble.com/v7c1f4q");
    ///     let test = of("http://127.0.0.1:8080/?key=any")?;
    ///     assert_eq!(link(&test, "7c1f4q"), "http://127.0.0.1:8080/v7c1f4q");
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.0.endpoints
    }

    /// The ids of the account, under their lock.
    fn account(&self) -> MutexGuard<'_, AccountIds> {
        // Nothing that panics runs under this lock.
        self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest snapshot and the shared requests, under their lock.
    fn recent(&self) -> MutexGuard<'_, Recent> {
        // Nothing that panics runs under this lock.
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A snapshot and the cost of getting it.
pub(crate) struct Fetched {
    pub(crate) snapshot: Snapshot,
    /// The length of its body.
    pub(crate) bytes: usize,
    /// How long it waited for its turn at the gate.
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

/// The error for an answer outside 2xx.
///
/// Its body is read only to look for the API's error envelope. That gets a
/// second at most, or a quarter of the time limit if that is less: a server
/// that sends its error page slowly must not turn a clear status into a
/// timeout.
async fn refusal(response: Response, limit: Duration) -> Error {
    let Response { status, headers, body } = response;
    let wait = retry_after::of(&headers, SystemTime::now());
    let body = body.beginning(ERROR_BODY, ERROR_BODY_TIME.min(limit / 4)).await;
    Error::from_status(status.as_u16(), is_error_envelope(&body), wait)
}
