//! A wait that can be polled in any runtime.
//!
//! For watchers and chats, which a bot may move from one runtime to another
//! between two polls, or poll in a runtime that it built without time. A plain
//! sleep belongs to the runtime in which it was made, and panics where there is
//! no time. Here both become an error that says what is wrong.

use std::task::{Context, Poll};

use futures_util::FutureExt as _;
use tokio::{
    runtime::{self, Handle},
    time::{Instant, sleep_until},
};

use super::flight::Flight;
use crate::error::Error;

/// A wait that outlives the runtime where it began: in another runtime it
/// starts again. It runs in a task, because a sleep panics in a runtime without
/// time.
pub(crate) struct Timer {
    due: Instant,
    /// The task that sleeps, and the runtime that it is in. `None` until it is
    /// polled.
    wait: Option<(runtime::Id, Flight<()>)>,
}

impl Timer {
    /// A wait until this instant. It starts nothing until it is polled.
    pub(crate) fn new(due: Instant) -> Self {
        Self { due, wait: None }
    }

    /// Resolves when it is due.
    ///
    /// # Errors
    ///
    /// When the runtime has no time or is shut down.
    pub(crate) fn poll(&mut self, runtime: &Handle, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.wait.take_if(|(begun_in, _)| *begun_in != runtime.id());
        let due = self.due;
        let sleep = async move {
            sleep_until(due).await;
            Ok(())
        };
        let begin = || (runtime.id(), Flight::start(runtime, None, sleep));
        let (_, wait) = self.wait.get_or_insert_with(begin);
        wait.poll_unpin(context)
    }
}
