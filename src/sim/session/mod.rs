//! The site as logged-in users see it: who they are, and what their requests
//! do.
//!
//! One request goes through here in this order: it is counted, a queued fault
//! may take its place, its token names the user, `service.rs` carries it out,
//! and at the end its answer may get a new token or be lost. A loss is applied
//! after the request was carried out, except `Loss::Before`, so that the
//! account is in the state that the client cannot know.

mod comments;
mod login;
mod muting;
mod playlists;
mod script;
mod service;
mod state;

use std::{future::pending, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
#[cfg(feature = "upload")]
use http::header::HOST;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
#[cfg(feature = "upload")]
use serde_json::{Value, json};

pub(super) use self::state::Sessions;
pub use self::state::{Loss, Role};
use self::{
    service::{Reply, Wanted},
    state::Spoiled,
};
use super::Sim;
use crate::{Body, Error, ErrorKind, Response};

/// The parts of a request to the site or the chat that matter for a session.
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl Asked<'_> {
    /// The token of whoever asks, if they sent one.
    fn token(&self) -> Option<&str> {
        token_of(self.headers)
    }
}

/// The session token in a request.
pub(super) fn token_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("u_s="))
}

impl Sim {
    /// Whether this token belongs to a user who has logged in to this account.
    pub(super) fn knows_token(&self, headers: &HeaderMap) -> bool {
        token_of(headers).is_some_and(|token| self.world().sessions.whose(token).is_some())
    }

    /// The answer to a request of a logged-in user, or of one who should be.
    pub(super) async fn session_answer(&self, asked: Asked<'_>) -> Result<Response, Error> {
        let Some((answer, loss)) = self.carry_out(&asked)? else { return Err(broken()) };
        match loss {
            None => Ok(answer),
            Some(Loss::Silence) => pending().await,
            Some(Loss::Before | Loss::After) => Err(broken()),
            Some(Loss::Within(bytes)) => Ok(cut(answer, bytes)),
        }
    }

    /// Carries out the request. `None` if it must not be carried out.
    fn carry_out(&self, asked: &Asked<'_>) -> Result<Option<(Response, Option<Loss>)>, Error> {
        let wanted = Wanted::of(asked);
        let mut world = self.world();
        let sessions = &mut world.sessions;
        sessions.requests += 1;
        if let Some(text) = wanted.text() {
            *sessions.posted.entry(text.into()).or_default() += 1;
        }
        let loss = match sessions.next.pop_front() {
            Some(Spoiled::Answer(next)) => {
                drop(world);
                return next.response().map(|answer| Some((answer, None)));
            }
            Some(Spoiled::Lost(Loss::Before)) => return Ok(None),
            Some(Spoiled::Lost(loss)) => Some(loss),
            None => None,
        };
        let username: Option<Arc<str>> = asked.token().and_then(|token| sessions.whose(token)).map(Into::into);
        let Reply { status, body, location, token } = world.carry_out(&wanted, asked.token(), username.as_deref());
        #[cfg(feature = "upload")]
        let body = with_upload_endpoint(body, asked.headers);
        let mut answer = Response::new(status, body);
        if let Some(location) = location {
            answer = answer.header(LOCATION, HeaderValue::from_static(location));
        }
        let account = world.user_id.clone();
        let renewed = username.filter(|_| status == StatusCode::OK).and_then(|username| world.sessions.renew(&username, &account));
        if let Some(token) = token.or(renewed)
            && let Ok(cookie) = HeaderValue::try_from(format!("u_s={token}; path=/; domain=.rumble.com; secure; HttpOnly"))
        {
            answer = answer.header(SET_COOKIE, cookie);
        }
        Ok(Some((answer, loss)))
    }
}

/// Adds the address where videos are uploaded, as answers to a user do.
#[cfg(feature = "upload")]
fn with_upload_endpoint(body: String, headers: &HeaderMap) -> String {
    // A request that came over a socket names the host it came to.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let endpoint = host.map_or_else(|| "https://web19.rumble.com/upload.php".into(), |host| format!("http://{host}/upload.php"));
    let Ok(mut answer) = serde_json::from_str::<Value>(&body) else { return body };
    match answer.get_mut("user").and_then(Value::as_object_mut) {
        Some(user) if user.get("logged_in") == Some(&Value::Bool(true)) => {
            user.insert("upload".into(), json!({"endpoint": endpoint}));
            answer.to_string()
        }
        _ => body,
    }
}

/// The error that a client sees when a connection was broken on purpose.
pub(super) fn broken() -> Error {
    Error::new(ErrorKind::Transport, "the connection was broken on purpose")
}

/// The answer with only the first `bytes` of its body. After them the
/// connection breaks.
pub(super) fn cut(mut answer: Response, bytes: usize) -> Response {
    let whole = answer.body.as_bytes().cloned().unwrap_or_default();
    let beginning: Bytes = whole.slice(..bytes.min(whole.len()));
    answer.body = Body::stream(stream::iter([Ok(beginning), Err(broken())]));
    answer
}
