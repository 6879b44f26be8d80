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
        lenient::{Entry, Field, LeftOut, List, Object, wire},
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
    /// A page of the site, in HTML.
    #[cfg(feature = "pages")]
    Page,
}

impl Answered {
    /// The value of the header `Accept`.
    pub(super) fn accept(self) -> &'static str {
        match self {
            Self::Service => "application/json",
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
    /// Whether an answer to nobody in particular is a failure.
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
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        let words = secrets.fold(words.to_owned(), |words, secret| words.replace(&**secret, "<redacted>"));
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().take(MOST_WORDS).collect();
        Error::refused(if words.is_empty() { self.unexplained } else { &words }, status)
    }
}

/// The head of an answer.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    pub(super) status: u16,
    headers: &'a HeaderMap,
    pub(super) retry_after: Option<Duration>,
    now: SystemTime,
}

impl<'a> Head<'a> {
    pub(super) fn of(status: StatusCode, headers: &'a HeaderMap, now: SystemTime) -> Self {
        Self { status: status.as_u16(), headers, retry_after: retry_after::of(headers, now), now }
    }

    fn is_page(self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
    }

    /// Whether it sends a browser to where one logs in.
    fn leads_to_the_login(self) -> bool {
        let location = self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        (300..=399).contains(&self.status) && (location.contains("/login.php") || location.contains("//auth."))
    }

    /// The newest token that it sets.
    fn cookie(self) -> Option<SessionToken> {
        let cookies = self.headers.get_all(SET_COOKIE).iter();
        cookies.filter_map(|cookie| SessionToken::renewed(cookie, self.now.into())).next_back()
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
    /// What was asked for.
    pub(super) data: Value,
    /// The page that was asked for, or the piece of one that the service answers with.
    #[cfg(feature = "pages")]
    pub(super) html: Option<String>,
    /// The token that came with it.
    pub(super) cookie: Option<SessionToken>,
    refusals: Vec<String>,
}

wire! {
    struct WireEnvelope {
        user: Object<WireUser>,
        data: Given,
        html: Field<String>,
        errors: List<Refusal>,
    }
}

wire! {
    struct WireUser {
        id: Field<String>,
        logged_in: Field<bool>,
        chat: Object<WireEndpoint>,
    }
}

wire! {
    struct WireEndpoint {
        endpoint: Field<String>,
    }
}

wire! {
    struct WireRefusal {
        message: Field<String>,
        msg: Field<String>,
        code: Field<String>,
    }
}

/// What is read later.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Given(Value);

/// The server's words for a refusal.
struct Refusal(String);

impl Entry for Refusal {
    type Wire = Object<WireRefusal>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let WireRefusal { message, msg, code } = wire.required()?;
        Ok(Self(message.0.or(msg.0).or(code.0).unwrap_or_default()))
    }
}

impl Envelope {
    fn from_json(body: &[u8]) -> Option<Self> {
        let WireEnvelope { user, data, html, errors } = serde_json::from_slice::<Object<WireEnvelope>>(body).ok()?.0?;
        let WireUser { id, logged_in, chat } = user.0.unwrap_or_default();
        let user_id = id.0.as_deref().and_then(|id| id.strip_prefix("_u")).map(UserId::from).filter(|id| id.decimal().is_some());
        let skipped = errors.0.skipped();
        let mut refusals: Vec<String> = errors.0.into_entries().into_iter().map(|refusal| refusal.0).collect();
        refusals.resize(refusals.len() + usize::from(refusals.is_empty() && skipped > 0), String::new());
        if refusals.is_empty() && data.0.get("success").is_some_and(|success| *success == Value::Bool(false)) {
            let words = ["error", "message"].iter().find_map(|name| data.0.get(name)?.as_str());
            refusals.push(words.unwrap_or_default().to_owned());
        }
        let chat = chat.0.and_then(|chat| chat.endpoint.0);
        #[cfg(not(feature = "pages"))]
        drop(html);
        Some(Self {
            is_logged_in: logged_in.0,
            user_id,
            chat,
            data: data.0,
            #[cfg(feature = "pages")]
            html: html.0,
            cookie: None,
            refusals,
        })
    }

    /// A page of the site.
    #[cfg(feature = "pages")]
    fn from_page(body: &[u8]) -> Self {
        Self { html: Some(String::from_utf8_lossy(body).into_owned()), ..Self::default() }
    }

    /// The server's own words, if it refuses.
    fn refusal(&self) -> Option<&str> {
        self.refusals.first().map(String::as_str)
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
    let is_page = head.is_page() || begins_a_page(body);
    let failed = || Error::from_status(status, false, retry_after);
    let envelope = Envelope::from_json(body).filter(|_| !is_page);
    let refusal = envelope.as_ref().and_then(Envelope::refusal).map(|words| terms.refused(words, status));
    let is_gone = terms.needs_session && envelope.as_ref().is_some_and(|envelope| envelope.is_logged_in == Some(false));
    match status {
        401 if terms.needs_session => Err(Error::session_gone()),
        401 => Err(refusal.unwrap_or_else(|| terms.refused("", status))),
        403 if is_page => Err(Error::challenge()),
        429 => Err(failed()),
        300..=399 if deed == Deed::Read && terms.needs_session && head.leads_to_the_login() => Err(Error::session_gone()),
        200..=299 | 400..=499 if is_gone => Err(Error::session_gone()),
        200..=299 => {
            let odd = || {
                deed.or_unclear(Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's service; it may have changed"))
            };
            let mut envelope = match terms.answered {
                #[cfg(feature = "pages")]
                Answered::Page if is_page => Envelope::from_page(body),
                _ => match (refusal, envelope) {
                    (Some(refused), _) => return Err(refused),
                    (None, envelope) => envelope.ok_or_else(odd)?,
                },
            };
            envelope.cookie = head.cookie();
            Ok(envelope)
        }
        408 => Err(deed.or_unclear(failed())),
        400..=499 => Err(refusal.unwrap_or_else(failed)),
        _ => Err(deed.or_unclear(failed())),
    }
}

/// Whether the bytes are the beginning of an HTML page.
fn begins_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
