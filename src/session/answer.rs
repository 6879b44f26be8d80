//! What the answer to a request of a session means.
//!
//! `judge` decides, by status and body alone, without I/O. The question behind
//! each rule is whether something may have been done. A server that refuses in
//! words, or with 401, 403, 404 or 429, did nothing. A redirect, 408, 5xx and a
//! body that cannot be read leave it open, which is `Unclear` for a request
//! that changes something. So is an answer that refuses and yet names something
//! new.
//!
//! Rumble's services say yes and no in many ways: in `success`, `status`,
//! `error` and `errors`, inside `data` and beside it, as booleans, numbers and
//! words. All known ways are read. Words are shown in errors, so they are cut,
//! put on one line, and cleared of secrets first.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, LOCATION, SET_COOKIE},
};
use serde::Deserialize;
use serde_json::Value;

use super::token::SessionToken;
use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        UserId,
        lenient::{Field, Object, wire},
    },
    transport::{
        html::{begins_html, is_html},
        retry_after,
    },
};

/// The most characters of the server's own words that an error shows.
const MOST_WORDS: usize = 200;

/// Whether a request changes something. This decides what a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It changes nothing that matters, so it can be asked again.
    Read,
    /// It changes something. Without a good answer it may have been carried out
    /// or not.
    Write,
}

impl Deed {
    /// What a failure after the request was sent means.
    pub(super) fn or_unclear(self, failure: Error) -> Error {
        match self {
            Self::Read => failure,
            Self::Write => Error::unclear(failure),
        }
    }
}

/// What kind of answer is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// A service, in JSON.
    Service,
    /// A service that reports when something was done.
    Success,
    /// A service that need not say anything.
    Nothing,
    /// A page of the site, in HTML.
    #[cfg(feature = "pages")]
    Page,
}

impl Answered {
    /// The value of the header `Accept`.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Service | Self::Success | Self::Nothing => "application/json",
            #[cfg(feature = "pages")]
            Self::Page => "text/html",
        }
    }
}

/// Everything that decides what an answer means.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) deed: Deed,
    pub(super) answered: Answered,
    /// Whether it is a failure if the server does not know the session.
    pub(super) needs_session: bool,
    /// The reason to give for a refusal without words.
    pub(super) unexplained: &'static str,
    /// What no error shows, whatever the server says.
    pub(super) secrets: Vec<Box<str>>,
}

impl Terms {
    /// The terms of most requests: a service answers in JSON to a user with a
    /// session.
    pub(super) fn new(deed: Deed) -> Self {
        Self { deed, answered: Answered::Service, needs_session: true, unexplained: "it gave no reason", secrets: Vec::new() }
    }

    /// The error for a refusal with these words.
    fn refused(&self, words: &str, status: u16) -> Error {
        let words = shown(words, &self.secrets);
        Error::refused(if words.is_empty() { self.unexplained } else { &words }, status)
    }
}

/// The part of the server's own words that is shown: the beginning, on one
/// line, without secrets.
pub(super) fn shown(words: &str, secrets: &[Box<str>]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    let words = secrets.fold(words.to_owned(), |words, secret| words.replace(&**secret, "<redacted>"));
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MOST_WORDS).collect()
}

/// The head of an answer.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) status: u16,
    headers: &'a HeaderMap,
    /// How long the server asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// The host that answered.
    host: &'a str,
    /// When the answer came, by which a cookie has expired or not.
    now: SystemTime,
}

impl<'a> Head<'a> {
    /// Reads what the head says about waiting. `now` stands in for a `Date`
    /// that the head lacks.
    pub(super) fn of(status: StatusCode, headers: &'a HeaderMap, host: &'a str, now: SystemTime) -> Self {
        Self { status: status.as_u16(), headers, retry_after: retry_after::of(headers, now), host, now }
    }

    /// Whether the head calls the body a page.
    pub(super) fn is_page(self) -> bool {
        is_html(self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()))
    }

    /// Whether it redirects a browser to the login.
    pub(super) fn leads_to_the_login(self) -> bool {
        let location = self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        (300..=399).contains(&self.status) && (location.contains("/login.php") || location.contains("//auth."))
    }

    /// The token that it sets, if any.
    pub(super) fn cookie(self) -> Option<SessionToken> {
        SessionToken::of_cookies(self.headers.get_all(SET_COOKIE), self.host, self.now.into())
    }
}

/// What an answer says, apart from its head.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    /// Whether the server knows the session. `None` if it does not say.
    pub(super) is_logged_in: Option<bool>,
    /// The user of the session.
    pub(super) user_id: Option<UserId>,
    /// Where the chat service is.
    pub(super) chat: Option<String>,
    /// Where videos are uploaded to.
    #[cfg(feature = "upload")]
    pub(super) upload: Option<String>,
    /// What was asked for.
    pub(super) data: Value,
    /// The page that was asked for, or the piece of a page with which the
    /// service answers.
    #[cfg(feature = "pages")]
    pub(super) html: Option<String>,
    /// The token that came with the answer.
    pub(super) cookie: Option<SessionToken>,
    /// Whether the answer says that the request was carried out.
    is_done: bool,
    /// The server's own words, if it refuses.
    refusal: Option<String>,
}

wire! {
    /// An answer of a service. Each service leaves out some of it.
    struct WireEnvelope {
        user: Object<WireUser>,
        data: Given,
        html: Field<String>,
        success: Given,
        error: Given,
        errors: Given,
    }
}

wire! {
    /// The user, as an answer names them, and where their chat and uploads are.
    struct WireUser {
        id: Field<String>,
        logged_in: Field<bool>,
        chat: Object<WireEndpoint>,
        upload: Object<WireEndpoint>,
    }
}

wire! {
    /// Where one of the services is.
    struct WireEndpoint {
        endpoint: Field<String>,
    }
}

/// A value that is read later.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Given(Value);

/// Whether a value says that something was done, in any of the ways in which
/// servers say yes and no.
fn says(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(word) => match word.as_str() {
            "true" | "1" | "success" => Some(true),
            "false" | "0" | "failure" => Some(false),
            _ => None,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The words of an error, however it is wrapped. `None` if there is no error.
fn words(error: &Value) -> Option<String> {
    match error {
        Value::Null | Value::Bool(false) => None,
        Value::String(words) => Some(words.clone()).filter(|words| !words.is_empty()),
        Value::Array(errors) => errors.first().map(|first| words(first).unwrap_or_default()),
        Value::Object(error) if error.is_empty() => None,
        Value::Object(error) => {
            let said = ["message", "msg", "error", "code"].iter().find_map(|name| error.get(*name).and_then(Value::as_str));
            Some(said.unwrap_or_default().to_owned())
        }
        Value::Bool(true) | Value::Number(_) => Some(String::new()),
    }
}

impl Envelope {
    /// Reads an answer of a service. `None` if it is not a JSON object.
    ///
    /// No single field can break it: what has another type counts as missing. A
    /// user's id must begin with `_u` and be a number in base 36. The first
    /// place that says whether it was done counts, and of the errors the first
    /// one that has any.
    pub(super) fn from_json(body: &[u8]) -> Option<Self> {
        let WireEnvelope { user, data, html, success, error, errors } = serde_json::from_slice::<Object<WireEnvelope>>(body).ok()?.0?;
        let WireUser { id, logged_in, chat, upload } = user.0.unwrap_or_default();
        let user_id = id.0.as_deref().and_then(|id| id.strip_prefix("_u")).map(UserId::from).filter(|id| id.decimal().is_some());
        let inner = |name| data.0.get(name).unwrap_or(&Value::Null);
        let is_done = [&success.0, inner("success"), inner("status"), &data.0].into_iter().find_map(says);
        let told = [&errors.0, &error.0, inner("errors"), inner("error")].into_iter().find_map(words);
        let refusal = told.or_else(|| (is_done == Some(false)).then(|| words(inner("message")).unwrap_or_default()));
        let [chat, upload] = [chat, upload].map(|service| service.0.and_then(|service| service.endpoint.0));
        #[cfg(not(feature = "upload"))]
        drop(upload);
        #[cfg(not(feature = "pages"))]
        drop(html);
        Some(Self {
            is_logged_in: logged_in.0,
            user_id,
            chat,
            #[cfg(feature = "upload")]
            upload,
            data: data.0,
            #[cfg(feature = "pages")]
            html: html.0,
            cookie: None,
            is_done: is_done == Some(true),
            refusal,
        })
    }

    /// An envelope for another kind of answer. All it says about the session is
    /// its cookie.
    #[cfg(feature = "upload")]
    pub(super) fn of_cookie(cookie: Option<SessionToken>) -> Self {
        Self { cookie, ..Self::default() }
    }

    /// A page of the site.
    #[cfg(feature = "pages")]
    fn from_page(body: &[u8]) -> Self {
        Self { html: Some(String::from_utf8_lossy(body).into_owned()), ..Self::default() }
    }

    /// Whether the answer names the id of something new. Then something was
    /// done, whatever else it says.
    fn names_what_was_made(&self) -> bool {
        ["id", "comment_id", "pending_message_id"].iter().any(|name| self.data.get(*name).is_some_and(|id| !id.is_null()))
    }
}

/// What an answer means, judged by its head and its body.
///
/// # Errors
///
/// `SessionGone`, `Refused`, `RateLimited` and `Challenge` mean that nothing
/// was done. So does `Status`, if the server does not know the request.
/// `Unclear` means that it may have been done; a `Read` never fails with it.
pub(super) fn judge(terms: &Terms, head: Head<'_>, body: &[u8]) -> Result<Envelope, Error> {
    let Head { status, retry_after, .. } = head;
    let deed = terms.deed;
    let failed = || Error::from_status(status, false, retry_after);
    // If it can be read, it is an answer, whatever its content type says.
    let envelope = Envelope::from_json(body);
    let is_page = envelope.is_none() && (head.is_page() || begins_html(body));
    let refused = envelope.as_ref().and_then(|envelope| envelope.refusal.as_deref()).map(|words| terms.refused(words, status));
    let is_gone = terms.needs_session && envelope.as_ref().is_some_and(|envelope| envelope.is_logged_in == Some(false));
    match status {
        401 if terms.needs_session => Err(Error::session_gone()),
        401 => Err(refused.unwrap_or_else(|| terms.refused("", status))),
        403 if is_page => Err(Error::challenge()),
        429 => Err(failed()),
        300..=399 if deed == Deed::Read && terms.needs_session && head.leads_to_the_login() => Err(Error::session_gone()),
        200..=299 | 400..=499 if is_gone => Err(Error::session_gone()),
        200..=299 => {
            let mut envelope = match terms.answered {
                #[cfg(feature = "pages")]
                Answered::Page if is_page => Envelope::from_page(body),
                Answered::Nothing if body.trim_ascii().is_empty() => Envelope::default(),
                _ => good(terms, envelope, refused)?,
            };
            envelope.cookie = head.cookie();
            Ok(envelope)
        }
        408 => Err(deed.or_unclear(failed())),
        400..=499 => Err(refused.unwrap_or_else(failed)),
        _ => Err(deed.or_unclear(failed())),
    }
}

/// The answer of a service with a good status, if the rest of it is good too.
fn good(terms: &Terms, envelope: Option<Envelope>, refused: Option<Error>) -> Result<Envelope, Error> {
    let odd =
        || terms.deed.or_unclear(Error::with_message(ErrorKind::Decode, "this is not an answer of Rumble's service; it may have changed"));
    match (envelope, refused) {
        // It says that it was refused and that it was done, so neither can be trusted.
        (Some(envelope), Some(refused)) if envelope.names_what_was_made() => Err(terms.deed.or_unclear(refused)),
        (_, Some(refused)) => Err(refused),
        (Some(envelope), None) if terms.answered != Answered::Success || envelope.is_done => Ok(envelope),
        (_, None) => Err(odd()),
    }
}
