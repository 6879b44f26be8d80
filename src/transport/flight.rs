//! A request in flight. It runs in a task of its own, whether or not somebody
//! polls for its answer.
//!
//! Without the task, a caller in a `select!` that drops and remakes its future
//! would start the request anew each time, and one that keeps a future without
//! polling it would hold the turn at the gate. The task is owned by the future:
//! dropping the future aborts it, so no request outlives whoever wanted it.
//!
//! A task may end without an answer, by a panic or with its runtime. `failed`
//! turns both into errors that say what to do.

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

/// A future of the answer. Dropping it ends the request, or withdraws it if it
/// still waits for its turn.
#[derive(Debug)]
pub(crate) struct Flight<T> {
    task: JoinHandle<Result<T, Error>>,
    /// The task holds it too, but an undriven runtime may keep an aborted task
    /// for long. So dropping this frees the place.
    _place: Option<Place>,
}

impl<T: Send + 'static> Flight<T> {
    /// Starts a request in a runtime.
    pub(crate) fn start(runtime: &Handle, place: Option<Place>, request: impl Future<Output = Result<T, Error>> + Send + 'static) -> Self {
        Self { task: runtime.spawn(request), _place: place }
    }

    /// A handle of its task, to ask whether it has ended.
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
///
/// # Errors
///
/// `Config` outside of any.
pub(crate) fn runtime() -> Result<Handle, Error> {
    Handle::try_current()
        .map_err(|_| Error::config("a request must be made in a tokio runtime; call it from an async fn under #[tokio::main]"))
}

/// Runs blocking disk work on a thread for it.
#[cfg(feature = "upload")]
pub(crate) async fn blocking<T: Send + 'static>(wait: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(wait).await.unwrap_or_else(|_| Err(Error::runtime_gone()))
}

/// The error for a task that ended without an outcome. Drops the panic message,
/// because a transport may have put its URL into it. Tokio's own panics are
/// told apart by their texts: a runtime without timers or I/O is a mistake of
/// the program, and one that shuts down is none.
fn failed(error: JoinError) -> Error {
    let Ok(panic) = error.try_into_panic() else { return Error::runtime_gone() };
    let words = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    // Tokio's own messages: there is no other way to find out.
    if words.contains("timers are disabled") || words.contains("IO is disabled") {
        Error::config("the tokio runtime has no time or no I/O; build it with enable_all()")
    } else if words.contains("is being shutdown") {
        Error::runtime_gone()
    } else {
        Error::new(ErrorKind::Transport, "the transport panicked")
    }
}
