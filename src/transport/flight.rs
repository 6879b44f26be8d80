//! A request in flight: a task of its own, so that it goes on whether or not somebody polls for its answer.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    runtime::Handle,
    task::{AbortHandle, JoinError, JoinHandle},
};

use super::gate::Place;
use crate::error::{Error, ErrorKind};

/// The answer to come. Dropping it ends the request, and withdraws one that still waits for its turn.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    task: JoinHandle<Result<T, Error>>,
    /// Also in the task, which may stay where it is for long if its runtime is not driven.
    _place: Option<Place>,
}

impl<T: Send + 'static> Flight<T> {
    /// Starts it in a runtime.
    pub(crate) fn start(runtime: &Handle, place: Option<Place>, request: impl Future<Output = Result<T, Error>> + Send + 'static) -> Self {
        Self { task: runtime.spawn(request), _place: place }
    }

    /// Its task, to ask whether it has ended.
    pub(crate) fn task(&self) -> AbortHandle {
        self.task.abort_handle()
    }
}

impl<T> Future for Flight<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.task).poll(context).map(|ended| ended.unwrap_or_else(|error| Err(failed(error))))
    }
}

impl<T> Drop for Flight<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The runtime that the caller is in.
pub(crate) fn runtime() -> Result<Handle, Error> {
    Handle::try_current()
        .map_err(|_| Error::config("a request must be made in a tokio runtime; call it from an async fn under #[tokio::main]"))
}

/// What waits for the disk, on a thread for that.
#[cfg(feature = "upload")]
pub(crate) async fn blocking<T: Send + 'static>(wait: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(wait).await.unwrap_or_else(|_| Err(Error::runtime_gone()))
}

/// The panic's own words are dropped: a transport that panics may have put its URL into them.
fn failed(error: JoinError) -> Error {
    let Ok(panic) = error.try_into_panic() else { return Error::runtime_gone() };
    let words = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    // Tokio's own words, for want of a way to ask.
    if words.contains("timers are disabled") || words.contains("IO is disabled") {
        Error::config("the tokio runtime has no time or no I/O; build it with enable_all()")
    } else if words.contains("is being shutdown") {
        Error::runtime_gone()
    } else {
        Error::new(ErrorKind::Transport, "the transport panicked")
    }
}
