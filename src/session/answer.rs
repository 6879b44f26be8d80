//! What an answer to a request of a session means.

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
    transport::retry_after,
};

/// The most characters of the server's own words that an error shows.
const MOST_WORDS: usize = 200;

/// What was asked, as far as it decides what a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It changes nothing that matters, so it may be asked again.
    Read,
    /// It changes something, and may have done so although no good answer came.
    Write,
}

impl Deed {
    /// What a failure means that came after the request was sent.
    pub(super) fn or_unclear(self, failure: Error) -> Error {
        match self {
            Self::Read => failure,
            Self::Write => Error::unclear(failure),
        }
    }
}

/// What is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answered {
    /// A service, in JSON.
    Service,
    /// A service that says when something was done.
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

/// What decides what an answer means.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) deed: Deed,
    pub(super) answered: Answered,
    /// Whether it is a failure that the server does not know the session.
    pub(super) needs_session: bool,
    /// What a refusal without words is told as.
    pub(super) unexplained: &'static str,
    /// What no error shows, whatever the server says.
    pub(super) secrets: Vec<Box<str>>,
}

impl Terms {
    pub(super) fn new(deed: Deed) -> Self {
        Self { deed, answered: Answered::Service, needs_session: true, unexplained: "it gave no reason", secrets: Vec::new() }
    }

    /// The error for a refusal in these words.
    fn refused(&self, words: &str, status: u16) -> Error {
        let words = shown(words, &self.secrets);
        Error::refused(if words.is_empty() { self.unexplained } else { &words }, status)
    }
}

/// What is shown of the server's own words: the beginning, on one line, without secrets.
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
    pub(super) retry_after: Option<Duration>,
    /// Who answered.
    host: &'a str,
    now: SystemTime,
}

impl<'a> Head<'a> {
    pub(super) fn of(status: StatusCode, headers: &'a HeaderMap, host: &'a str, now: SystemTime) -> Self {
        Self { status: status.as_u16(), headers, retry_after: retry_after::of(headers, now), host, now }
    }

    pub(super) fn is_page(self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
    }

    /// Whether it sends a browser to where one logs in.
    pub(super) fn leads_to_the_login(self) -> bool {
        let location = self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        (300..=399).contains(&self.status) && (location.contains("/login.php") || location.contains("//auth."))
    }

    /// The token that it sets, if it leaves one.
    pub(super) fn cookie(self) -> Option<SessionToken> {
        SessionToken::of_cookies(self.headers.get_all(SET_COOKIE), self.host, self.now.into())
    }
}

/// What an answer says beside what was asked for.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    /// Whether the server knows the session, where it says so.
    pub(super) is_logged_in: Option<bool>,
    /// Whose session it is.
    pub(super) user_id: Option<UserId>,
    /// Where the chat service is.
    pub(super) chat: Option<String>,
    /// Where videos are sent to.
    #[cfg(feature = "upload")]
    pub(super) upload: Option<String>,
    /// What was asked for.
    pub(super) data: Value,
    /// The page that was asked for, or the piece of one that the service answers with.
    #[cfg(feature = "pages")]
    pub(super) html: Option<String>,
    /// The token that came with it.
    pub(super) cookie: Option<SessionToken>,
    /// Whether it says that what was asked for is done.
    is_done: bool,
    /// The server's own words, if it refuses.
    refusal: Option<String>,
}

wire! {
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
    struct WireUser {
        id: Field<String>,
        logged_in: Field<bool>,
        chat: Object<WireEndpoint>,
        upload: Object<WireEndpoint>,
    }
}

wire! {
    struct WireEndpoint {
        endpoint: Field<String>,
    }
}

/// What is read later.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Given(Value);

/// Whether a value says that something was done, in any of the ways in which servers say yes and no.
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

/// The words of an error, however it is wrapped up. `None` where there is none.
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

    /// Of an answer of another kind, which tells of the session no more than its cookie does.
    #[cfg(feature = "upload")]
    pub(super) fn of_cookie(cookie: Option<SessionToken>) -> Self {
        Self { cookie, ..Self::default() }
    }

    /// A page of the site.
    #[cfg(feature = "pages")]
    fn from_page(body: &[u8]) -> Self {
        Self { html: Some(String::from_utf8_lossy(body).into_owned()), ..Self::default() }
    }

    /// Whether something has an id now that had none.
    fn names_what_was_made(&self) -> bool {
        ["id", "comment_id", "pending_message_id"].iter().any(|name| self.data.get(*name).is_some_and(|id| !id.is_null()))
    }
}

/// What an answer means, by its head and its body.
///
/// # Errors
///
/// `SessionGone`, `Refused`, `RateLimited` and `Challenge` say that nothing was done. So does `Status` where the server does not know what was
/// asked. `Unclear` says that something may have been done; a `Read` does not fail with it.
pub(super) fn judge(terms: &Terms, head: Head<'_>, body: &[u8]) -> Result<Envelope, Error> {
    let Head { status, retry_after, .. } = head;
    let deed = terms.deed;
    let failed = || Error::from_status(status, false, retry_after);
    // What can be read is an answer, whatever its kind is said to be.
    let envelope = Envelope::from_json(body);
    let is_page = envelope.is_none() && (head.is_page() || begins_a_page(body));
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

/// The answer of a service with a good status, if it is good throughout.
fn good(terms: &Terms, envelope: Option<Envelope>, refused: Option<Error>) -> Result<Envelope, Error> {
    let odd =
        || terms.deed.or_unclear(Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's service; it may have changed"));
    match (envelope, refused) {
        // It says both, and so neither.
        (Some(envelope), Some(refused)) if envelope.names_what_was_made() => Err(terms.deed.or_unclear(refused)),
        (_, Some(refused)) => Err(refused),
        (Some(envelope), None) if terms.answered != Answered::Success || envelope.is_done => Ok(envelope),
        (_, None) => Err(odd()),
    }
}

/// Whether the bytes are the beginning of an HTML page.
pub(super) fn begins_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
