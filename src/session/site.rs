//! One request of a user to the site: its turn, its cookie, and what its answer
//! changes.
//!
//! There are two gates. All requests pass the one, a second apart. Sends pass
//! the other first, three seconds apart, and only the front one of them stands
//! in the line of all requests; so a hundred messages that wait hold up nobody
//! else. A gate gives a place up after its time limit, so a request whose
//! runtime is not driven blocks no other.
//!
//! A request runs in a task of its own. Whether it may have been sent is noted
//! before the transport is called, because a task that ends early must be told
//! apart from one that never began. The answer is judged by `answer.rs`; here
//! it moves the chat, renews the token, and makes the gate rest after a 429.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, USER_AGENT},
};

use super::{
    answer::{Deed, Envelope, Head, Terms, judge},
    asked::Asked,
    hosts::Hosts,
    identity::{Credentials, Identity},
    unfinished::Unfinished,
};
use crate::{
    error::{Error, ErrorKind},
    transport::{
        Limits, Request, Response, SecretUrl, Transport, exchange, flight,
        flight::Flight,
        gate::{Gate, Place},
    },
};

/// How long a request may take, once it is its turn.
const WHOLE: Duration = Duration::from_secs(20);
/// How long a send waits for its turn among all requests of the session, once
/// it has its turn among the sends. Longer than any rest.
const PATIENCE: Duration = Duration::from_secs(60 * 60);
/// How long a session rests after a 429 that does not say how long.
const REST: Duration = Duration::from_secs(10);
/// How long a session rests at most, whatever a 429 says.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// The site as a user's requests reach it: over which transport, at which
/// hosts, and in what order.
pub(super) struct Site {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) user_agent: HeaderValue,
    /// Where the services are. An answer may move the chat.
    hosts: Mutex<Hosts>,
    /// The turns of all requests.
    gate: Arc<Gate>,
    /// The turns of the sends, which come before their turns at `gate`.
    sends: Arc<Gate>,
    /// One permit, for the only upload.
    #[cfg(feature = "upload")]
    pub(super) uploads: Arc<tokio::sync::Semaphore>,
}

/// The pauses between requests and between sends.
#[derive(Clone, Copy)]
pub(super) struct Spacing {
    /// Between the end of any request and the beginning of the next.
    pub(super) requests: Duration,
    /// The same between two sends.
    pub(super) sends: Duration,
}

impl Site {
    pub(super) fn new(transport: Arc<dyn Transport>, user_agent: HeaderValue, hosts: Hosts, spacing: Spacing) -> Self {
        let [gate, sends] = [spacing.requests, spacing.sends].map(|spacing| Arc::new(Gate::new(spacing)));
        Self {
            transport,
            user_agent,
            hosts: Mutex::new(hosts),
            gate,
            sends,
            #[cfg(feature = "upload")]
            uploads: Arc::new(tokio::sync::Semaphore::new(1)),
        }
    }

    /// The URL of a service of the site.
    pub(super) fn service(&self, name: &str) -> String {
        self.page(&format!("/service.php?name={name}"))
    }

    /// The URL of a path on the site.
    pub(super) fn page(&self, path: &str) -> String {
        self.hosts().site() + path
    }

    /// The URL of a path at the chat service.
    pub(super) fn chat(&self, path: &str) -> String {
        self.hosts().chat().to_owned() + path
    }

    pub(super) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        // Nothing that panics runs under this lock.
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one request in its own task, when it is its turn. If it is dropped
    /// before that, nothing was sent.
    ///
    /// Without an identity nobody is logged in, and the answer may hold a
    /// token.
    pub(super) async fn ask(self: &Arc<Self>, identity: Option<&Arc<Identity>>, asked: Asked) -> Result<Envelope, Error> {
        let runtime = flight::runtime()?;
        let line = if asked.is_send { &self.sends } else { &self.gate };
        let place = line.place(runtime.id());
        let (site, identity, waiting, deed) = (Arc::clone(self), identity.map(Arc::clone), place.clone(), asked.terms.deed);
        let progress = Progress::default();
        let begun = progress.clone();
        let answered = Flight::start(&runtime, Some(place), async move {
            let identity = identity.as_deref();
            Ok(if asked.is_send {
                site.send_in_turn(&waiting, identity, asked, &begun).await
            } else {
                site.ask_in_turn(&waiting, identity, asked, &begun).await
            })
        });
        // The task ended early: its runtime was shut down, or the transport panicked.
        answered.await.unwrap_or_else(|dead| Err(if progress.has_begun() { deed.or_unclear(dead) } else { dead }))
    }

    /// Waits for its turn among the sends, and then among all requests.
    async fn send_in_turn(&self, sends: &Place, identity: Option<&Identity>, asked: Asked, progress: &Progress) -> Result<Envelope, Error> {
        sends.turn(PATIENCE + WHOLE).await;
        let place = self.gate.place(flight::runtime()?.id());
        match sends.within(PATIENCE, place.turn(WHOLE)).await {
            Some(()) => self.exchange_once(&place, identity, asked, progress).await,
            None => Err(Error::with_message(
                ErrorKind::Timeout,
                "this was not sent: for an hour, other requests were ahead of it, or the server asked to wait; make fewer requests",
            )),
        }
    }

    /// Waits for its turn among all requests. There is no limit to the wait:
    /// each request ahead of it has one.
    async fn ask_in_turn(&self, place: &Place, identity: Option<&Identity>, asked: Asked, progress: &Progress) -> Result<Envelope, Error> {
        place.turn(WHOLE).await;
        self.exchange_once(place, identity, asked, progress).await
    }

    /// Makes the request within its time limit. From here on it may have been
    /// sent, so a `Write` that is dropped is logged.
    async fn exchange_once(
        &self,
        place: &Place,
        identity: Option<&Identity>,
        asked: Asked,
        progress: &Progress,
    ) -> Result<Envelope, Error> {
        let deed = asked.terms.deed;
        progress.begin();
        let unfinished = Unfinished::new(deed);
        let answered = place.within(WHOLE, self.exchange(identity, asked)).await;
        unfinished.finish();
        answered.unwrap_or_else(|| Err(deed.or_unclear(Error::timeout(WHOLE))))
    }

    /// Sends the request, reads the answer, and takes in what it changes. If
    /// the status is bad, it is enough, and a body that breaks does not matter.
    async fn exchange(&self, identity: Option<&Identity>, asked: Asked) -> Result<Envelope, Error> {
        let credentials = identity.map(Identity::next_request).transpose()?;
        let (request, mut terms) = self.request(credentials.as_ref(), &asked)?;
        let (host, most) = (request.url.uri().host().unwrap_or_default().to_owned(), request.limits.max_body);
        terms.secrets.extend(credentials.iter().flat_map(|credentials| credentials.token.forms()));
        if let Some(begun) = asked.begun {
            begun.get_or_init(SystemTime::now);
        }
        let answered = exchange::open(&*self.transport, request).await;
        let Response { status, headers, body } = answered.map_err(|error| match error.kind() {
            // Nothing was sent then.
            ErrorKind::Config | ErrorKind::Connect => error,
            _ => terms.deed.or_unclear(error),
        })?;
        let body = if status.is_redirection() { Ok(Bytes::new()) } else { body.collect(most).await };
        let body = match body {
            Ok(body) => body,
            // The status is enough.
            Err(_) if !status.is_success() => Bytes::new(),
            Err(error) => return Err(terms.deed.or_unclear(error)),
        };
        let head = Head::of(status, &headers, &host, SystemTime::now());
        let judged = judge(&terms, head, &body);
        match &judged {
            Ok(envelope) => {
                if let Some(chat) = &envelope.chat {
                    self.hosts().move_chat(chat);
                }
                if let Some((identity, credentials)) = identity.zip(credentials) {
                    identity.learn(&credentials, envelope);
                }
            }
            Err(error) if error.kind() == ErrorKind::RateLimited => {
                let gate = if asked.is_send { &self.sends } else { &self.gate };
                gate.rest(head.retry_after.unwrap_or(REST).min(LONGEST_REST));
            }
            Err(_) => {}
        }
        judged
    }

    /// The request as it is sent, and the terms of its answer. Everything but a
    /// plain read has an `Origin`, as from a browser on the site.
    fn request(&self, credentials: Option<&Credentials>, asked: &Asked) -> Result<(Request, Terms), Error> {
        let terms = asked.terms.clone();
        let mut request = Request::new(asked.method.clone(), asked.url.parse::<SecretUrl>()?)
            .header(ACCEPT, HeaderValue::from_static(terms.answered.accept()))
            .header(USER_AGENT, self.user_agent.clone())
            .limits(Limits { whole: Some(WHOLE), ..Limits::default() });
        if let Some(credentials) = credentials {
            request = request.header(COOKIE, credentials.cookie.clone());
        }
        if terms.deed == Deed::Write || asked.content.is_some() {
            request = request.header(ORIGIN, self.origin()?);
        }
        if let Some((kind, body)) = &asked.content {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(kind)).body(body.clone());
        }
        Ok((request, terms))
    }

    /// The header that says that a request comes from a page of the site.
    pub(super) fn origin(&self) -> Result<HeaderValue, Error> {
        HeaderValue::try_from(self.hosts().site())
            .map_err(|_| Error::config("the site in the endpoints cannot be used in a header; use its ASCII form"))
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("hosts", &*self.hosts()).field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}

/// Whether a request may have been sent.
#[derive(Clone, Default)]
struct Progress(Arc<AtomicBool>);

impl Progress {
    fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
