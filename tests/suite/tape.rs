use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{FutureExt, future::BoxFuture};
use rumble_live::{Checkpoint, Client, Error, ErrorKind, Request, Response, Transport, Watcher};
use tokio::runtime;

const URL: &str = "http://127.0.0.1/-livestream-api/get-data?key=k";

/// Serves its answers one after another, and after the last one fails.
#[derive(Clone)]
pub(crate) struct Tape(Arc<Reel>);

struct Reel {
    bodies: Vec<String>,
    next: AtomicUsize,
}

impl Tape {
    pub(crate) fn new(bodies: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(Reel { bodies: bodies.into_iter().collect(), next: AtomicUsize::new(0) }))
    }

    /// Which answer comes next.
    pub(crate) fn place(&self) -> usize {
        self.0.next.load(Ordering::Relaxed)
    }

    pub(crate) fn wind_to(&self, place: usize) {
        self.0.next.store(place, Ordering::Relaxed);
    }

    pub(crate) fn watcher(&self, replay: bool, checkpoint: Option<Checkpoint>) -> Watcher {
        self.watcher_at(URL, replay, checkpoint)
    }

    pub(crate) fn watcher_at(&self, url: &str, replay: bool, checkpoint: Option<Checkpoint>) -> Watcher {
        let builder = Client::builder(url).transport(self.clone()).build().unwrap().watch_builder().replay(replay);
        match checkpoint {
            Some(checkpoint) => builder.resume(checkpoint).build(),
            None => builder.build(),
        }
    }
}

impl Transport for Tape {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let body = self.0.bodies.get(self.0.next.fetch_add(1, Ordering::Relaxed));
        let answer = body.map(|body| Response::ok(body.clone().into_bytes()));
        ready(answer.ok_or_else(|| Error::new(ErrorKind::Connect, "the tape is over"))).boxed()
    }
}

/// By a paused clock.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}
