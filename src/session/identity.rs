//! Who makes the requests of a session, and how the answers change that.
//!
//! Answers may come in another order than their requests were made, for example
//! if an upload runs beside them. So requests are numbered, and a token
//! replaces the present one only if its request is newer than the one that
//! brought the last. An answer that names another user changes nothing: it was
//! meant for somebody else. `on_renewal` is called without the lock, so it may
//! ask the session for its token.

use std::{
    collections::VecDeque,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::HeaderValue;

use super::{answer::Envelope, token::SessionToken};
use crate::{
    error::Error,
    snapshot::{MessageId, UserId},
};

/// How many accepted messages are remembered: more than fit into the minute in
/// which one may be looked for.
const MOST_TAKEN: usize = 128;

/// What to do with a renewed token.
pub(super) type OnRenewal = Arc<dyn Fn(&SessionToken) + Send + Sync>;

/// A logged-in user.
pub(super) struct Identity {
    on_renewal: Option<OnRenewal>,
    state: Mutex<State>,
}

/// The part that answers change.
struct State {
    token: SessionToken,
    /// The newest messages that the chat has accepted, oldest first.
    taken: VecDeque<MessageId>,
    /// How many requests were made, and which one's answer renewed the token.
    requests: u64,
    renewed_by: u64,
    user_id: Option<UserId>,
}

/// What one request is sent with.
pub(super) struct Credentials {
    /// The number of the request in the session, counted from 1.
    number: u64,
    /// The token, by which its other forms are kept out of errors.
    pub(super) token: SessionToken,
    pub(super) cookie: HeaderValue,
}

impl Identity {
    pub(super) fn new(token: SessionToken, on_renewal: Option<OnRenewal>) -> Self {
        Self { on_renewal, state: Mutex::new(State { token, taken: VecDeque::new(), requests: 0, renewed_by: 0, user_id: None }) }
    }

    pub(super) fn token(&self) -> SessionToken {
        self.state().token.clone()
    }

    /// The user of the session, once an answer has said so.
    pub(super) fn user_id(&self) -> Option<UserId> {
        self.state().user_id.clone()
    }

    /// Notes whose session it is, if something other than a service's answer
    /// said so.
    pub(super) fn recognise(&self, user_id: Option<UserId>) {
        let mut state = self.state();
        state.user_id = state.user_id.take().or(user_id);
    }

    /// Notes that the chat has accepted this message.
    pub(super) fn note_taken(&self, message: MessageId) {
        let taken = &mut self.state().taken;
        if taken.len() == MOST_TAKEN {
            taken.pop_front();
        }
        taken.push_back(message);
    }

    /// Whether the chat is known to have accepted this message.
    pub(super) fn has_taken(&self, message: &MessageId) -> bool {
        self.state().taken.contains(message)
    }

    /// What the next request is sent with.
    pub(super) fn next_request(&self) -> Result<Credentials, Error> {
        let mut state = self.state();
        state.requests += 1;
        Ok(Credentials { number: state.requests, token: state.token.clone(), cookie: state.token.header()? })
    }

    /// Takes in what the answer to a request says about the session.
    pub(super) fn learn(&self, credentials: &Credentials, envelope: &Envelope) {
        let Some(token) = self.state().learn(credentials.number, envelope) else { return };
        super::trace::renewed();
        if let Some(on_renewal) = &self.on_renewal {
            // The request was carried out, whatever the callback does with the token.
            let called = panic::catch_unwind(AssertUnwindSafe(|| on_renewal(&token)));
            if called.is_err() {
                super::trace::renewal_panicked();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the token if it is new.
    fn learn(&mut self, number: u64, envelope: &Envelope) -> Option<SessionToken> {
        if self.user_id.as_ref().zip(envelope.user_id.as_ref()).is_some_and(|(known, told)| known != told) {
            // This answer was meant for somebody else.
            return None;
        }
        if let Some(id) = &envelope.user_id {
            self.user_id = Some(id.clone());
        }
        let renewed = envelope.cookie.clone().filter(|token| number > self.renewed_by && *token != self.token)?;
        self.renewed_by = number;
        self.token = renewed.clone();
        Some(renewed)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let State { token, user_id, .. } = &*self.state();
        f.debug_struct("Identity").field("token", token).field("user_id", user_id).finish_non_exhaustive()
    }
}
