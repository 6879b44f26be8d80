//! What an answer to a request of a session means.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        UserId,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
    },
};

/// The most characters of the server's own words that an error shows.
const MOST_WORDS: usize = 200;

/// What was asked, as far as it decides what a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It changes nothing, so it may be asked again.
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

/// The head of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) status: u16,
    pub(super) content_type: Option<&'a str>,
    pub(super) retry_after: Option<Duration>,
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
    refusals: Vec<String>,
}

wire! {
    struct WireEnvelope {
        user: Object<WireUser>,
        data: Given,
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
        let WireEnvelope { user, data, errors } = serde_json::from_slice::<Object<WireEnvelope>>(body).ok()?.0?;
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
        Some(Self { is_logged_in: logged_in.0, user_id, chat, data: data.0, refusals })
    }

    /// The server's own words, if it refuses.
    fn refusal(&self) -> Option<String> {
        let words = self.refusals.first()?;
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(words.chars().take(MOST_WORDS).collect())
    }
}

/// What an answer to a request of a logged-in user means, by its head and its body.
///
/// # Errors
///
/// `SessionGone`, `Refused`, `RateLimited` and `Challenge` say that nothing was done. So does `Status` where the server does not know what was
/// asked. `Unclear` says that something may have been done; a `Read` does not fail with it.
pub(super) fn judge(deed: Deed, head: Head<'_>, body: &[u8]) -> Result<Envelope, Error> {
    let Head { status, content_type, retry_after } = head;
    let is_page = content_type.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html")) || begins_a_page(body);
    let failed = || Error::from_status(status, false, retry_after);
    let envelope = Envelope::from_json(body).filter(|_| !is_page);
    match status {
        401 => Err(Error::session_gone()),
        403 if is_page => Err(Error::challenge()),
        429 => Err(failed()),
        200..=299 | 400..=499 if envelope.as_ref().is_some_and(|envelope| envelope.is_logged_in == Some(false)) => {
            Err(Error::session_gone())
        }
        200..=299 => {
            let odd = || {
                deed.or_unclear(Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's service; it may have changed"))
            };
            let envelope = envelope.ok_or_else(odd)?;
            match envelope.refusal() {
                Some(words) => Err(Error::refused(&words, status)),
                None => Ok(envelope),
            }
        }
        408 => Err(deed.or_unclear(failed())),
        400..=499 => match envelope.as_ref().and_then(Envelope::refusal) {
            Some(words) => Err(Error::refused(&words, status)),
            None => Err(failed()),
        },
        _ => Err(deed.or_unclear(failed())),
    }
}

/// Whether the bytes are the beginning of an HTML page.
fn begins_a_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
