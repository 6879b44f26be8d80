//! Where one chat is, and the requests that can be made there.
//!
//! There are two: for the chat, at `<chat>/chat/<id>/stream`, and for its
//! emotes, at `<site>/service.php?name=emote.list`. Both take the id in decimal
//! and need no login. No cookie and no key goes along, so neither URL is a
//! secret; they are kept as such because a transport takes no others.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{
    HeaderValue,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, USER_AGENT},
};

use super::{
    answer::{Answer, judge},
    emotes::Emotes,
};
use crate::{
    client::Endpoints,
    error::{Error, ErrorKind},
    snapshot::StreamId,
    transport::{Body, Limits, Request, Response, SecretUrl, Transport, exchange, random, retry_after},
};

/// How long the head of the answer may take.
const HEAD: Duration = Duration::from_secs(20);
/// A connection without a byte for this long is dead. Keep-alives count as
/// bytes.
const SILENCE: Duration = Duration::from_secs(90);
/// How much of a refusal is read, and for how long: enough to recognise a page.
const BEGINNING: usize = 4 * 1024;
/// See [`BEGINNING`]. A refusal must not wait long for a body that is only
/// looked at.
const BEGINNING_TIME: Duration = Duration::from_secs(1);

/// The services of one chat. Cheap to clone.
#[derive(Clone)]
pub(super) struct Source {
    transport: Arc<dyn Transport>,
    stream: SecretUrl,
    emotes: SecretUrl,
    user_agent: HeaderValue,
}

impl Source {
    /// The random numbers for a chat that is read from here.
    pub(super) fn random(&self) -> fastrand::Rng {
        random(&*self.transport)
    }

    /// The services of this chat. The error is of kind `Config`: the id is not
    /// a number in base 36, or the address of a service is not a URL.
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        endpoints: &Endpoints,
        user_agent: HeaderValue,
        stream: &StreamId,
    ) -> Result<Self, Error> {
        let id = stream.decimal().ok_or_else(|| {
            Error::config(
                "this is not the id of a livestream, which is a number in base 36; take Livestream::id, or what follows the v in an embed URL",
            )
        })?;
        Ok(Self {
            transport,
            stream: format!("{}/chat/{id}/stream", endpoints.chat()).parse()?,
            emotes: format!("{}/service.php?name=emote.list&chat_id={id}", endpoints.site()).parse()?,
            user_agent,
        })
    }

    /// Asks for the chat. If it is open, the answer holds its body, which has
    /// no end and no limit of size. What bounds it is the silence that it may
    /// keep, and the length of a record.
    pub(super) async fn open(self) -> Result<Answer<Body>, Error> {
        let limits = Limits { head: Some(HEAD), whole: None, idle: Some(SILENCE), max_body: usize::MAX, ..Limits::default() };
        let request = Request::get(self.stream.clone())
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"))
            // A server could hold back compressed records until it has enough of them.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
            .limits(limits);
        self.ask("chat", request).await
    }

    /// Asks for the list of emotes. It is an answer like any other, with the
    /// usual limits of time and size.
    pub(super) async fn emotes(self) -> Result<Emotes, Error> {
        let request = Request::get(self.emotes.clone()).header(ACCEPT, HeaderValue::from_static("application/json"));
        let most = request.limits.max_body;
        match self.ask("list of emotes", request).await? {
            Answer::Open(body) => Emotes::from_json(&body.collect(most).await?),
            Answer::Absent => Err(Error::with_message(ErrorKind::Decode, "the server answered without a list of emotes (status 204)")),
            Answer::Failed(error) | Answer::Refused(error) => Err(error),
        }
    }

    /// Makes a request and judges its answer. `what` is what was asked for, for
    /// the texts of errors. The body of a refusal is read only as far as needed
    /// to recognise a page.
    async fn ask(&self, what: &str, request: Request) -> Result<Answer<Body>, Error> {
        let request = request.header(USER_AGENT, self.user_agent.clone());
        let Response { status, headers, body } = exchange::open(&*self.transport, request).await?;
        let wait = retry_after::of(&headers, SystemTime::now());
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (beginning, body) =
            if status.is_success() { (Vec::new(), body) } else { (body.beginning(BEGINNING, BEGINNING_TIME).await, Body::empty()) };
        Ok(judge(what, status.as_u16(), content_type, &beginning, wait).with(body))
    }
}
