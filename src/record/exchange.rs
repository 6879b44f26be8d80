//! One exchange on its way through a recorder.
//!
//! The program gets the same bytes at the same time, whatever is recorded of
//! them. A chat is written record by record, since it has no end. Any other
//! body is collected while the program reads it and written when it ends: as
//! JSON with the known fields if it is complete, and otherwise by its length
//! and form alone.
//!
//! What ends early is recorded too. If the program drops a request or a body,
//! that is a note, because a playback must not give more than the recorded
//! program took.

use std::{
    collections::BTreeMap,
    pin::Pin,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use futures_core::Stream;
use http::{
    HeaderMap,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{
    line::{BodyForm, Failure, Head, LeftOut, Note, Said},
    log::Log,
    redact::{self, Secrets},
};
use crate::{
    chat::record::{Record, Records},
    error::Error,
    snapshot::repair::repair,
    transport::{self, Body, Request, Response, html::begins_html, retry_after},
};

/// The most bytes of a body that are looked at. For a longer body only its
/// length is kept; this crate never reads one that long.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;

/// An exchange that has begun. If it is dropped before its end, that is
/// recorded too.
pub(super) struct Exchange {
    log: Log,
    number: u64,
    /// The secrets of its own request.
    own_secrets: transport::Secrets,
    is_over: bool,
}

impl Exchange {
    /// Records the request.
    pub(super) fn begin(log: &Log, request: &Request) -> Self {
        let own_secrets = transport::Secrets::of(&request.url, &request.headers, &request.body);
        Self { log: log.clone(), number: log.begin(request), own_secrets, is_over: false }
    }

    /// Writes a line of this exchange.
    fn write(&self, said: impl FnOnce(&Secrets) -> Said) {
        self.log.write(self.number, said);
    }

    /// Writes the last line.
    fn end(mut self, said: impl FnOnce(&Secrets) -> Said) {
        self.write(said);
        self.is_over = true;
    }

    /// Records that the transport failed, or the body did.
    pub(super) fn failed(self, error: &Error) {
        // Record the error as the caller sees it.
        let error = self.own_secrets.clean(error.clone());
        self.end(|secrets| Said::Failed(Failure { kind: error.kind(), message: secrets.cut(&format!("{error:#}")) }));
    }

    /// Records the head of the answer, and its body as the program reads it.
    pub(super) fn answered(self, mut response: Response) -> Response {
        self.log.learn_headers(&response.headers);
        let length = response.body.length();
        let status = response.status.as_u16();
        self.write(|secrets| Said::Head(Head { status, headers: kept(&response.headers, secrets), length }));
        if let Some(whole) = response.body.as_bytes().cloned() {
            if is_chat(&response.headers) {
                self.write_records(&mut Records::new(), whole);
            } else {
                let mut body = Collected::default();
                body.take(&whole);
                self.write_body(&body, true);
            }
            self.end(|_| Said::Note(Note::End));
            return response;
        }
        let reading = if is_chat(&response.headers) { Reading::Chat(Records::new()) } else { Reading::Body(Collected::default()) };
        response.body = Body::of(Recorded { body: response.body, reading, exchange: Some(self) }, length);
        response
    }

    /// Records the chat records that a chunk completes. A chunk that completes
    /// none is a sign of life, which the reader of the chat heeds, so it gets a
    /// line as well.
    fn write_records(&self, records: &mut Records, mut chunk: Bytes) {
        let mut is_alone = true;
        while let Some(record) = records.next(&mut chunk) {
            is_alone = false;
            self.write(|secrets| match record {
                Record::Data(data) => kept_json(data.as_bytes(), secrets).map_or(Said::Note(Note::BrokenRecord), Said::Record),
                Record::TooLong => Said::Note(Note::LongRecord),
            });
        }
        if is_alone {
            self.write(|_| Said::Note(Note::Alive));
        }
    }

    /// Records a body: what is kept of its JSON, or its length and form.
    fn write_body(&self, body: &Collected, is_whole: bool) {
        self.write(|secrets| {
            let json = if is_whole && body.is_all() { kept_json(&body.bytes, secrets) } else { None };
            json.map_or_else(|| Said::LeftOut(body.left_out()), Said::Json)
        });
    }
}

/// JSON with only what is known of it, in a form that this crate reads like the
/// original.
fn kept_json(bytes: &[u8], secrets: &Secrets) -> Option<Box<RawValue>> {
    let text = str::from_utf8(bytes).ok().map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    // If it is not valid, repair it as this crate does before it reads it.
    text.and_then(|text| redact::json(text, secrets)).or_else(|| redact::json(&repair(bytes)?, secrets))
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_over {
            self.write(|_| Said::Note(Note::Dropped));
        }
    }
}

/// A body that is recorded as it is read.
struct Recorded {
    body: Body,
    reading: Reading,
    /// `None` once the body has ended.
    exchange: Option<Exchange>,
}

/// How a body is recorded.
enum Reading {
    Chat(Records),
    Body(Collected),
}

/// What has come of a body so far.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    length: u64,
}

impl Collected {
    /// Takes the next bytes: all for the length, and as many as there is room
    /// for.
    fn take(&mut self, chunk: &[u8]) {
        self.length += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let room = MOST_BYTES.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(chunk.get(..room).unwrap_or(chunk));
    }

    /// Whether no byte was left out.
    fn is_all(&self) -> bool {
        u64::try_from(self.bytes.len()).is_ok_and(|kept| kept == self.length)
    }

    /// What is told of a body that is not kept. A playback makes a body of the
    /// same length and form, which fails in the same way when it is read.
    fn left_out(&self) -> LeftOut {
        let form = if begins_html(&self.bytes) {
            BodyForm::Page
        } else if serde_json::from_slice::<IgnoredAny>(&self.bytes).is_err_and(|error| error.is_eof()) {
            BodyForm::CutJson
        } else {
            BodyForm::Other
        };
        LeftOut { bytes: self.length, form }
    }
}

impl Stream for Recorded {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let item = ready!(Pin::new(&mut this.body).poll_next(context));
        match (&item, &mut this.reading) {
            (Some(Ok(chunk)), Reading::Body(body)) => body.take(chunk),
            (Some(Ok(chunk)), Reading::Chat(records)) => {
                if let Some(exchange) = &this.exchange {
                    exchange.write_records(records, chunk.clone());
                }
            }
            (Some(Err(error)), _) => {
                if let Some(exchange) = this.take_exchange(false) {
                    exchange.failed(error);
                }
            }
            (None, _) => {
                if let Some(exchange) = this.take_exchange(true) {
                    exchange.end(|_| Said::Note(Note::End));
                }
            }
        }
        Poll::Ready(item)
    }
}

impl Recorded {
    /// Takes the exchange at the end of its body, and records the body.
    fn take_exchange(&mut self, is_whole: bool) -> Option<Exchange> {
        let exchange = self.exchange.take()?;
        if let Reading::Body(body) = &self.reading {
            exchange.write_body(body, is_whole);
        }
        Some(exchange)
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        drop(self.take_exchange(false));
    }
}

/// Whether the answer is a stream of server-sent events.
fn is_chat(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
}

/// The headers that matter for what happens, each reduced to the part that
/// matters.
fn kept(headers: &HeaderMap, secrets: &Secrets) -> BTreeMap<String, String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = text(CONTENT_TYPE).map(|kind| secrets.cut(kind.split(';').next().unwrap_or_default().trim()).chars().take(64).collect());
    let retry_after = retry_after::of(headers, SystemTime::now()).map(|wait| wait.as_secs().to_string());
    let login = text(LOCATION).filter(|to| to.contains("/login.php")).map(|_| "/login.php".to_owned());
    let kept = [(CONTENT_TYPE, kind), (RETRY_AFTER, retry_after), (LOCATION, login)];
    kept.into_iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), value?))).collect()
}
