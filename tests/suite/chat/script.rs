use std::{
    collections::VecDeque,
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{FutureExt as _, StreamExt as _, channel::mpsc, future::BoxFuture, stream};
use rumble_live::{
    Body, Bytes, Endpoints, Error, ErrorKind, Request, Response, Transport,
    chat::{Chat, ChatBuilder, ChatEvent},
    http::{HeaderMap, StatusCode},
};
use tokio::time::{Instant, sleep};

use super::{STREAM, brief};

/// What one request gets.
pub(super) enum Reply {
    Answer(Response),
    Error(Error),
    /// Nothing.
    Silence,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Answer(Response::new(StatusCode::from_u16(status).unwrap(), Body::empty()))
    }

    /// A chat that says this and ends.
    pub(super) fn chat(text: impl Into<Bytes>) -> Self {
        Self::Answer(Response::ok(text.into()))
    }

    /// A chat that says this and nothing more.
    pub(super) fn chat_that_stays(text: impl Into<Bytes>) -> Self {
        let said = stream::once(ready(Ok(text.into())));
        Self::Answer(Response::ok(Body::stream(said.chain(stream::pending()))))
    }

    /// A chat that says each of these after a pause, for ever.
    pub(super) fn chat_that_repeats(pause: Duration, parts: &[&'static str]) -> Self {
        let parts = stream::iter(parts.to_vec()).chain(stream::repeat(parts.last().copied().unwrap()));
        let said = parts.then(move |part| sleep(pause).map(move |()| Ok(Bytes::from(part))));
        Self::Answer(Response::ok(Body::stream(said)))
    }

    /// A chat that says what is put in.
    pub(super) fn pushed() -> (mpsc::UnboundedSender<Result<Bytes, Error>>, Self) {
        let (sender, receiver) = mpsc::unbounded();
        (sender, Self::Answer(Response::ok(Body::stream(receiver))))
    }
}

/// Replies one after another, and with silence when they are used up. Notes what was asked and when.
#[derive(Clone)]
pub(super) struct Script(Arc<Mutex<Inner>>);

struct Inner {
    replies: VecDeque<Reply>,
    asked: Vec<(Instant, String, HeaderMap)>,
}

impl Script {
    pub(super) fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self(Arc::new(Mutex::new(Inner { replies: replies.into_iter().collect(), asked: Vec::new() })))
    }

    pub(super) fn builder(&self) -> ChatBuilder {
        Chat::builder(STREAM).transport(self.clone())
    }

    pub(super) fn chat(&self) -> Chat {
        self.builder().open()
    }

    /// URL and headers of each request.
    pub(super) fn asked(&self) -> Vec<(String, HeaderMap)> {
        self.0.lock().unwrap().asked.iter().map(|(_, url, headers)| (url.clone(), headers.clone())).collect()
    }

    /// Seconds from each request to the next.
    pub(super) fn distances(&self) -> Vec<f64> {
        let asked = &self.0.lock().unwrap().asked;
        asked.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).collect()
    }

    pub(super) fn requests(&self) -> usize {
        self.0.lock().unwrap().asked.len()
    }
}

impl Transport for Script {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let mut inner = self.0.lock().unwrap();
        inner.asked.push((Instant::now(), request.url.expose().to_owned(), request.headers));
        match inner.replies.pop_front().unwrap_or(Reply::Silence) {
            Reply::Answer(response) => ready(Ok(response)).boxed(),
            Reply::Error(error) => ready(Err(error)).boxed(),
            Reply::Silence => pending().boxed(),
        }
    }
}

/// The next event of a chat that goes on, by a paused clock within a day.
pub(super) async fn event(chat: &mut Chat) -> ChatEvent {
    let next = tokio::time::timeout(Duration::from_secs(24 * 3600), chat.next()).await;
    next.expect("it takes too long").expect("the chat goes on").expect("no error is final here")
}

/// The next so many events in short.
pub(super) async fn briefs(chat: &mut Chat, count: usize) -> Vec<String> {
    let mut briefs = Vec::new();
    while briefs.len() < count {
        briefs.push(brief(&event(chat).await));
    }
    briefs
}

/// All that comes until the end: events in short, and the final error's kind.
pub(super) async fn until_the_end(chat: &mut Chat) -> (Vec<String>, Option<ErrorKind>) {
    let mut briefs = Vec::new();
    let mut end = None;
    while let Some(item) = chat.next().await {
        match item {
            Ok(event) => briefs.push(brief(&event)),
            Err(error) => assert!(end.replace(error.kind()).is_none(), "a second final error"),
        }
    }
    assert!(chat.next().await.is_none(), "it has ended");
    (briefs, end)
}

pub(super) fn at(origin: &str) -> Endpoints {
    Endpoints::at(origin).unwrap()
}
