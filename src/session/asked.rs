//! A request to the site that is yet to be sent.
//!
//! Built here and sent by `site.rs`. The constructors choose the defaults by
//! the kind of request: what changes something is a `Write`, so that its
//! failures are unclear. Methods that begin with `with`, `for`, `of` and
//! `paced` change one of them.

use std::{
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::answer::{Answered, Deed, Terms};

/// A request, and the terms by which its answer is judged.
pub(super) struct Asked {
    pub(super) terms: Terms,
    pub(super) method: Method,
    pub(super) url: String,
    /// The content type and the body.
    pub(super) content: Option<(&'static str, Bytes)>,
    /// Whether it must wait for its turn among the sends too.
    pub(super) is_send: bool,
    /// Where to note the time at which it was sent.
    pub(super) begun: Option<Arc<OnceLock<SystemTime>>>,
}

impl Asked {
    /// Reads something. It can be asked again.
    pub(super) fn get(url: String) -> Self {
        Self { terms: Terms::new(Deed::Read), method: Method::GET, url, content: None, is_send: false, begun: None }
    }

    /// A page of the site, which is HTML.
    #[cfg(feature = "pages")]
    pub(super) fn page(url: String) -> Self {
        let mut asked = Self::get(url);
        asked.terms.answered = Answered::Page;
        asked
    }

    /// Deletes something. An empty body with a good status means that it was
    /// done.
    pub(super) fn delete(url: String) -> Self {
        let terms = Terms { answered: Answered::Nothing, ..Terms::new(Deed::Write) };
        Self { terms, method: Method::DELETE, url, content: None, is_send: false, begun: None }
    }

    /// Has a service do something, described by the fields of a form.
    pub(super) fn form<'a>(url: String, fields: impl IntoIterator<Item = (&'static str, &'a str)>) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let content = Some(("application/x-www-form-urlencoded", form.into()));
        Self { terms: Terms::new(Deed::Write), method: Method::POST, url, content, is_send: false, begun: None }
    }

    /// A line of chat.
    pub(super) fn send(url: String, json: &Value) -> Self {
        let content = Some(("application/json", json.to_string().into()));
        Self { terms: Terms::new(Deed::Write), method: Method::POST, url, content, is_send: true, begun: None }
    }

    /// Lets it wait among the messages, for a command that the chat counts as
    /// one.
    pub(super) fn paced_as_send(self) -> Self {
        Self { is_send: true, ..self }
    }

    /// Treats it as done only if the server says so.
    pub(super) fn with_success(mut self) -> Self {
        self.terms.answered = Answered::Success;
        self
    }

    /// The server answers it even without a login.
    pub(super) fn for_anybody(mut self) -> Self {
        self.terms.needs_session = false;
        self
    }

    /// Notes when it was sent, so that a message without a mark can be
    /// recognised by its time.
    pub(super) fn noting_its_begin(self, begun: &Arc<OnceLock<SystemTime>>) -> Self {
        Self { begun: Some(Arc::clone(begun)), ..self }
    }

    /// Makes it a step of a login, when nobody is logged in yet. No error shows
    /// the secrets.
    pub(super) fn of_login(mut self, deed: Deed, secrets: &[&str]) -> Self {
        self.terms.deed = deed;
        self.terms.needs_session = false;
        self.terms.unexplained = "it gave no reason; the user name, the password or the code may be wrong";
        self.terms.secrets = secrets.iter().map(|&secret| secret.into()).collect();
        self
    }
}
