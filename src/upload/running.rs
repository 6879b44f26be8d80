//! An upload on its way, as its caller sees it.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use futures_core::{FusedStream, Stream, future::BoxFuture};
use tokio::sync::watch;

use super::{
    answer::Uploaded,
    progress::{Meter, Progress, Step},
};
use crate::{
    error::Error,
    transport::flight::{self, Flight},
};

/// A video on its way to Rumble: a stream of [`Progress`], and at its end an
/// [`Uploaded`] or an error.
///
/// It goes on while it is polled, by [`next`](Self::next),
/// [`finish`](Self::finish) or as a `Stream`; a request that has begun goes on
/// by itself. The stream ends when the video is published or the upload has
/// failed; `finish` tells which.
///
/// # Cancel
///
/// Dropping it at any moment ends it and its request. Nothing has been
/// published as long as it has not yielded the step [`Publish`](Step::Publish),
/// or [`Whole`](Step::Whole) for a [`SimpleUpload`](super::SimpleUpload);
/// Rumble clears away the chunks by itself. If you drop it later, the video may
/// be published, and the log says so (`session_unclear`). Dropping the future
/// of `next` loses nothing.
#[must_use = "an upload goes on only while it is polled"]
pub struct Upload {
    run: Option<BoxFuture<'static, Result<Uploaded, Error>>>,
    told: Arc<Told>,
    outcome: Option<Result<Uploaded, Error>>,
}

/// What is to be told, until it is taken.
#[derive(Default)]
struct Told(Mutex<Option<Progress>>);

impl Told {
    fn slot(&self) -> MutexGuard<'_, Option<Progress>> {
        // Nothing that panics runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    /// One that is run by what `run` makes.
    pub(super) fn new<F>(total: u64, chunks: u64, run: impl FnOnce(Teller) -> F) -> Self
    where
        F: Future<Output = Result<Uploaded, Error>> + Send + 'static,
    {
        let told = Arc::<Told>::default();
        let progress = Progress { chunks, ..Progress::new(Step::Host, 0, total) };
        let run = Box::pin(run(Teller { told: Arc::clone(&told), progress, begun: None, meter: Meter::default() }));
        Self { run: Some(run), told, outcome: None }
    }

    /// Goes on until there is progress. `None` when it is over;
    /// [`finish`](Self::finish) tells how it ended.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing; the upload goes on with the next
    /// call.
    pub async fn next(&mut self) -> Option<Progress> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Goes on to its end.
    ///
    /// # Errors
    ///
    /// See the [module](super#errors).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the upload, as dropping the `Upload` does.
    pub async fn finish(mut self) -> Result<Uploaded, Error> {
        while self.next().await.is_some() {}
        self.outcome.unwrap_or_else(|| Err(Error::runtime_gone()))
    }
}

impl Stream for Upload {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Progress>> {
        let Some(run) = &mut self.run else { return Poll::Ready(None) };
        let polled = run.as_mut().poll(context);
        if let Poll::Ready(outcome) = polled {
            self.outcome = Some(outcome);
            // With it goes the right to be the one upload.
            self.run = None;
            return Poll::Ready(None);
        }
        let told = self.told.slot().take();
        told.map_or(Poll::Pending, |progress| Poll::Ready(Some(progress)))
    }
}

impl FusedStream for Upload {
    fn is_terminated(&self) -> bool {
        self.run.is_none()
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("is_over", &self.run.is_none()).finish_non_exhaustive()
    }
}

/// Tells how far an upload is.
pub(super) struct Teller {
    told: Arc<Told>,
    progress: Progress,
    begun: Option<tokio::time::Instant>,
    meter: Meter,
}

impl Teller {
    /// Tells the step, and how often its request has failed. Goes on once that
    /// was heard.
    pub(super) async fn step(&mut self, step: Step, chunk: u64, failures: u32) {
        let mut progress = Progress { step, chunk: self.progress.chunk.max(chunk), failures, ..self.progress };
        if step != self.progress.step || failures > 0 {
            // Nothing goes out now.
            self.meter = Meter::default();
            progress.rate = None;
        }
        self.tell(progress).await;
    }

    /// So many bytes have gone out.
    async fn sent(&mut self, sent: u64) {
        let now = tokio::time::Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let sent = sent.max(self.progress.sent).min(self.progress.total);
        self.meter.sample(now - begun, sent);
        if sent > self.progress.sent {
            self.tell(Progress { sent, rate: self.meter.rate(), ..self.progress }).await;
        }
    }

    async fn tell(&mut self, progress: Progress) {
        self.progress = progress;
        *self.told.slot() = Some(progress);
        poll_fn(|_| if self.told.slot().is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Makes a request in a task of its own, and tells how much of its body has
    /// gone out; `before` is what went out before it.
    pub(super) async fn attend<T: Send + 'static>(
        &mut self,
        request: impl Future<Output = Result<T, Error>> + Send + 'static,
        mut sent: watch::Receiver<u64>,
        before: u64,
    ) -> Result<T, Error> {
        let mut flight = Flight::start(&flight::runtime()?, None, request);
        let mut is_open = true;
        loop {
            let mut changed = Box::pin(async {
                if !is_open || sent.changed().await.is_err() {
                    is_open = false;
                    std::future::pending::<()>().await;
                }
            });
            let answered = poll_fn(|context| {
                if let Poll::Ready(answered) = Pin::new(&mut flight).poll(context) {
                    return Poll::Ready(Some(answered));
                }
                changed.as_mut().poll(context).map(|()| None)
            })
            .await;
            drop(changed);
            let gone = *sent.borrow_and_update();
            match answered {
                // What the body has handed out counts as sent only if it was taken, or is on its way.
                Some(answered) => return answered,
                None => self.sent(before + gone).await,
            }
        }
    }

    /// All up to here has arrived.
    pub(super) async fn arrived(&mut self, sent: u64) {
        self.sent(sent).await;
    }
}
