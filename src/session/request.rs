//! One request of a session: its turn, its cookie, and what its answer changes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE, USER_AGENT},
};
use serde_json::Value;

use super::{
    Session, State,
    answer::{Deed, Envelope, Head, judge},
    token::SessionToken,
};
use crate::{
    error::{Error, ErrorKind},
    transport::{Limits, Request, Response, SecretUrl, exchange, flight, flight::Flight, gate::Place, retry_after},
};

/// How long a request may take, once it is its turn.
const WHOLE: Duration = Duration::from_secs(20);
/// How long a send waits for its turn among all requests of the session, once it has its turn among the sends.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a server may keep a session from asking. What it asks for beyond this is its error.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// What is asked.
pub(super) struct Asked {
    deed: Deed,
    method: Method,
    url: String,
    content: Option<(&'static str, Bytes)>,
    /// Whether it takes its turn among the sends too.
    is_send: bool,
}

impl Asked {
    pub(super) fn get(url: String) -> Self {
        Self { deed: Deed::Read, method: Method::GET, url, content: None, is_send: false }
    }

    pub(super) fn delete(url: String) -> Self {
        Self { deed: Deed::Write, method: Method::DELETE, url, content: None, is_send: false }
    }

    pub(super) fn form<'a>(url: String, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content = Some(("application/x-www-form-urlencoded", form.into()));
        Self { deed: Deed::Write, method: Method::POST, url, content, is_send: false }
    }

    /// A line of chat.
    pub(super) fn send(url: String, json: &Value) -> Self {
        let content = Some(("application/json", json.to_string().into()));
        Self { deed: Deed::Write, method: Method::POST, url, content, is_send: true }
    }

    pub(super) fn paced_as_send(self) -> Self {
        Self { is_send: true, ..self }
    }
}

impl Session {
    /// Asks once, in a task of its own, when it is its turn. What is dropped before that was not sent.
    pub(super) async fn ask(&self, asked: Asked) -> Result<Envelope, Error> {
        let runtime = flight::runtime()?;
        let line = if asked.is_send { &self.0.sends } else { &self.0.gate };
        let place = line.place(runtime.id());
        let (session, waiting, deed) = (self.clone(), place.clone(), asked.deed);
        let progress = Progress::default();
        let begun = progress.clone();
        let answered = Flight::start(&runtime, Some(place), async move {
            if asked.is_send {
                session.send_in_turn(&waiting, asked, &begun).await
            } else {
                session.ask_in_turn(&waiting, asked, &begun).await
            }
        });
        answered.await.map_err(|error| match error.kind() {
            // The task ended in the middle: its runtime was shut down, or the transport panicked.
            ErrorKind::Transport if progress.has_begun() => deed.or_unclear(error),
            _ => error,
        })
    }

    /// Takes its turn among the sends, and then among all requests.
    async fn send_in_turn(&self, sends: &Place, asked: Asked, progress: &Progress) -> Result<Envelope, Error> {
        sends.turn(PATIENCE + WHOLE).await;
        let place = self.0.gate.place(flight::runtime()?.id());
        match sends.within(PATIENCE, place.turn(WHOLE)).await {
            Some(()) => self.exchange_once(&place, asked, progress).await,
            None => Err(Error::with_message(
                ErrorKind::Timeout,
                format!("this was not sent: other requests of the session took all of {PATIENCE:?}; send less"),
            )),
        }
    }

    async fn ask_in_turn(&self, place: &Place, asked: Asked, progress: &Progress) -> Result<Envelope, Error> {
        place.turn(WHOLE).await;
        self.exchange_once(place, asked, progress).await
    }

    async fn exchange_once(&self, place: &Place, asked: Asked, progress: &Progress) -> Result<Envelope, Error> {
        let deed = asked.deed;
        progress.begin();
        let unfinished = Unfinished::new(deed);
        let answered = place.within(WHOLE, self.exchange(asked)).await;
        unfinished.finish();
        answered.unwrap_or_else(|| Err(deed.or_unclear(Error::timeout(WHOLE))))
    }

    async fn exchange(&self, asked: Asked) -> Result<Envelope, Error> {
        let Asked { deed, method, url, content, is_send } = asked;
        let (number, cookie, origin) = self.state().next_request()?;
        let limits = Limits { whole: Some(WHOLE), ..Limits::default() };
        let mut request = Request::new(method, url.parse::<SecretUrl>()?)
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, self.0.user_agent.clone())
            .header(COOKIE, cookie)
            .limits(limits);
        if deed == Deed::Write {
            request = request.header(ORIGIN, origin);
        }
        if let Some((kind, body)) = content {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static(kind)).body(body);
        }
        let or_unclear = |error: Error| match error.kind() {
            // Then nothing was sent.
            ErrorKind::Config | ErrorKind::Connect => error,
            _ => deed.or_unclear(error),
        };
        let Response { status, headers, body } = exchange::open(&*self.0.transport, request).await.map_err(or_unclear)?;
        let now = SystemTime::now();
        let retry_after = retry_after::of(&headers, now);
        let body = if status.is_redirection() { Ok(Bytes::new()) } else { body.collect(limits.max_body).await };
        let body = match body {
            Ok(body) => body,
            // The status says it all.
            Err(_) if !status.is_success() => Bytes::new(),
            Err(error) => return Err(or_unclear(error)),
        };
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let judged = judge(deed, Head { status: status.as_u16(), content_type, retry_after }, &body);
        match &judged {
            Ok(envelope) => {
                let renewed = headers.get_all(SET_COOKIE).iter().filter_map(|cookie| SessionToken::renewed(cookie, now.into())).next_back();
                let renewed = self.state().learn(number, envelope, renewed);
                if let Some(token) = renewed {
                    super::trace::renewed();
                    if let Some(on_renewal) = &self.0.on_renewal {
                        on_renewal(&token);
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::RateLimited => {
                let gate = if is_send { &self.0.sends } else { &self.0.gate };
                gate.rest(retry_after.unwrap_or_default().min(LONGEST_REST));
            }
            Err(_) => {}
        }
        judged
    }
}

impl State {
    /// The number of the next request, and the cookie and origin it goes with.
    fn next_request(&mut self) -> Result<(u64, HeaderValue, HeaderValue), Error> {
        self.requests += 1;
        let origin = HeaderValue::try_from(self.hosts.site())
            .map_err(|_| Error::config("the site of the endpoints cannot stand in a header; use its ASCII form"))?;
        Ok((self.requests, self.token.header()?, origin))
    }

    /// What an answer tells of the session. Returns the token that is new.
    fn learn(&mut self, number: u64, envelope: &Envelope, renewed: Option<SessionToken>) -> Option<SessionToken> {
        if let Some(id) = &envelope.user_id {
            self.user_id = Some(id.clone());
        }
        if let Some(chat) = &envelope.chat {
            self.hosts.move_chat(chat);
        }
        let renewed = renewed.filter(|token| number > self.renewed_by && *token != self.token)?;
        self.renewed_by = number;
        self.token = renewed.clone();
        Some(renewed)
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

/// Says so where a request that changes something ends before its answer.
struct Unfinished(Option<Deed>);

impl Unfinished {
    fn new(deed: Deed) -> Self {
        Self(Some(deed))
    }

    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.0 == Some(Deed::Write) {
            super::trace::given_up();
        }
    }
}
