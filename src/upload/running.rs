//! An upload on its way, as its caller sees it.
//!
//! Two halves share one slot for one [`Progress`]. The [`Teller`], inside the
//! future that does the work, puts a progress in and waits until it was taken.
//! The [`Upload`] polls that future and takes what lies in the slot. So an
//! upload that nobody polls stands still, nothing is told that the caller has
//! not seen, and no request outlives the `Upload`.
//!
//! Each request alone runs in a task of its own, by [`Teller::attend`]. It goes
//! on between two polls, and ends when the `Upload` is dropped.

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
/// failed; `finish` tells which. `Upload` is `Send` and `Unpin`, so you can
/// move it into a task and use the methods of `StreamExt` on it.
///
/// # Cancel
///
/// Dropping it at any moment ends it and its request. Nothing has been
/// published as long as it has not yielded the step [`Publish`](Step::Publish),
/// or [`Whole`](Step::Whole) for a [`SimpleUpload`](super::SimpleUpload);
/// Rumble clears away the chunks by itself. If you drop it later, the video may
/// be published, and the log says so (`session_unclear`). Dropping the future
/// of `next` loses nothing.
///
/// # Examples
///
/// The owner changes their mind before the video is published. The session is
/// free for another upload at once:
///
/// ```
/// use rumble_live::upload::{Licence, Step};
/// use rumble_live::{session::Session, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let film = std::env::temp_dir().join("rumble-live-doc-cancel.mp4");
///     std::fs::write(&film, "not really a film")?;
///     let draft = || {
///         session
///             .upload(&film)
///             .title("Night shift")
///             .category(15)
///             .licence(Licence::RumbleOnly)
///             .accept_terms()
///     };
///
///     let mut upload = draft().start().await?;
///     while upload
///         .next()
///         .await
///         .is_some_and(|progress| progress.step < Step::Merge)
///     {}
///     drop(upload);
///     assert!(sim.uploads().is_empty());
///
///     draft().start().await?.finish().await?;
///     assert_eq!(sim.uploads().len(), 1);
///     Ok(())
/// }
/// ```
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
    /// One that is run by what `run` makes. `run` gets the [`Teller`] and gives
    /// the future that does all the work; it is not polled before the `Upload`
    /// is.
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
    /// [`finish`](Self::finish) tells how it ended. After `None` it gives
    /// `None` again.
    ///
    /// The first progress is that of the first step, before its request. Then
    /// there is one at the start of each chunk and each step, after each piece
    /// of the file, and before each repetition. A caller that is slow gets the
    /// newest state of the bytes and no queue of old ones.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing; the upload goes on with the next
    /// call.
    ///
    /// # Examples
    ///
    /// A log that has one line for each tenth of the film:
    ///
    /// ```
    /// use rumble_live::{session::Session, sim::Sim, upload::Licence};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film = std::env::temp_dir().join("rumble-live-doc-next.mp4");
    ///     std::fs::write(&film, vec![0; 1_000_000])?;
    ///     let upload = session
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///
    ///     let mut upload = upload.chunk_size(100_000).start().await?;
    ///     let mut tenths = Vec::new();
    ///     while let Some(progress) = upload.next().await {
    ///         tenths.push(progress.sent * 10 / progress.total);
    ///         tenths.dedup();
    ///     }
    ///     assert_eq!(tenths, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    ///     upload.finish().await?;
    ///     Ok(())
    /// }
    /// ```
    pub async fn next(&mut self) -> Option<Progress> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Goes on to its end, and tells how it ended. If you have called
    /// [`next`](Self::next) until it gave `None`, this only hands out the
    /// outcome.
    ///
    /// # Errors
    ///
    /// See the [module](super#errors).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the upload, as dropping the `Upload` does.
    ///
    /// # Examples
    ///
    /// A bot passes on in Rumble's own words why a video was refused:
    ///
    /// ```
    /// use rumble_live::{
    ///     ErrorKind, session::Session, sim::Sim, upload::Licence,
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let sim = Sim::running(42);
    ///     let session = Session::builder()
    ///         .transport(sim.clone())
    ///         .build(sim.session("captain"))?;
    ///     let film = std::env::temp_dir().join("rumble-live-doc-finish.mp4");
    ///     std::fs::write(&film, "not really a film")?;
    ///     sim.refuse_upload_next("title", "This title is taken");
    ///
    ///     let upload = session
    ///         .upload(&film)
    ///         .title("Night shift")
    ///         .category(15)
    ///         .licence(Licence::RumbleOnly)
    ///         .accept_terms();
    ///     let reply = match upload.start().await?.finish().await {
    ///         Ok(video) => format!("published as {}", video.id),
    ///         Err(error) if error.kind() == ErrorKind::Refused => {
    ///             error.to_string()
    ///         }
    ///         Err(error) => return Err(error.into()),
    ///     };
    ///     assert_eq!(reply, "Rumble refused: title: This title is taken");
    ///     Ok(())
    /// }
    /// ```
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

/// Tells how far an upload is. It waits after each telling until the caller has
/// taken it, so it must be polled inside the [`Upload`] whose slot it fills.
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

    /// So many bytes of the whole file have gone out. What was told before is
    /// never taken back, and what is above the size of the file is cut off.
    async fn sent(&mut self, sent: u64) {
        let now = tokio::time::Instant::now();
        let begun = *self.begun.get_or_insert(now);
        let sent = sent.max(self.progress.sent).min(self.progress.total);
        self.meter.sample(now - begun, sent);
        if sent > self.progress.sent {
            self.tell(Progress { sent, rate: self.meter.rate(), ..self.progress }).await;
        }
    }

    /// Puts a progress into the slot, and goes on once it was taken. The waker
    /// need not be kept: whoever takes it polls again.
    async fn tell(&mut self, progress: Progress) {
        self.progress = progress;
        *self.told.slot() = Some(progress);
        poll_fn(|_| if self.told.slot().is_none() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Makes a request in a task of its own, and tells how much of its body has
    /// gone out; `before` is what went out before it.
    ///
    /// A task, because the request must go on while the caller does something
    /// else between two polls, and because a panic of the transport must not
    /// reach the caller.
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
