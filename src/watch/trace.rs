//! The log lines for `tracing`. All log lines of a watcher are written here. The
//! crate page lists them, because users filter and alert by them.
//!
//! Each function is one line of that list. A name, a level or a field here is
//! public: whoever changes one changes the crate page too, and breaks filters.
//! No field may hold a secret or what a viewer wrote. Errors are safe, since
//! they are cleaned where they are made.

use tracing::{Instrument as _, Level, Span, event, field};

#[cfg(feature = "chat")]
use crate::event::MergeDoubt;
use crate::{
    client::Fetched,
    error::Error,
    event::{Gap, Interrupted, Resumed, Utc},
    tracker::Poll,
};

/// The target of all lines.
const TARGET: &str = "rumble_live";

/// The name of the watcher. Without a name the field is left out.
type Name<'a> = Option<&'a str>;

/// A poll brought a snapshot.
pub(crate) fn poll_finished(watcher: Name<'_>, number: u64, fetched: &Fetched, poll: &Poll) {
    event!(
        name: "poll_finished",
        target: TARGET,
        Level::DEBUG,
        watcher,
        poll = number,
        waited_seconds = fetched.waited.as_secs_f64(),
        duration_seconds = fetched.duration.as_secs_f64(),
        bytes = fetched.bytes,
        new = poll.entries(),
        "poll finished"
    );
}

/// A poll failed. The first one of an outage is logged a second time as a
/// warning, so that a log without the level `debug` shows it once.
pub(crate) fn poll_failed(watcher: Name<'_>, number: u64, trouble: &Interrupted) {
    let Interrupted { kind, message, failures, retry_in } = trouble;
    let retry_in_seconds = retry_in.as_secs_f64();
    event!(name: "poll_failed", target: TARGET, Level::DEBUG, watcher, poll = number, %kind, failures, retry_in_seconds, "poll failed");
    if *failures == 1 {
        event!(name: "outage_begun", target: TARGET, Level::WARN, watcher, %kind, error = message, retry_in_seconds, "outage begun");
    }
}

/// A snapshot came after failures.
pub(crate) fn outage_ended(watcher: Name<'_>, resumed: &Resumed) {
    let Resumed { away, failures } = resumed;
    event!(name: "outage_ended", target: TARGET, Level::INFO, watcher, away_seconds = away.as_secs_f64(), failures, "outage ended");
}

/// A gap was handed out.
pub(crate) fn gap(watcher: Name<'_>, gap: &Gap) {
    event!(
        name: "gap",
        target: TARGET,
        Level::WARN,
        watcher,
        list = %gap.list,
        stream = gap.stream.as_ref().map(field::display),
        since = gap.since.map(Utc).map(field::display),
        until = %Utc(gap.until),
        at_least = gap.at_least,
        "gap"
    );
}

/// Polls and live chat differ.
#[cfg(feature = "chat")]
pub(crate) fn merge_doubt(watcher: Name<'_>, doubt: &MergeDoubt) {
    let MergeDoubt { stream, polled, unmatched } = doubt;
    event!(name: "merge_doubt", target: TARGET, Level::WARN, watcher, %stream, polled, unmatched, "polls and live chat differ");
}

/// The number of unreadable items has changed, perhaps to zero.
pub(crate) fn items_skipped(watcher: Name<'_>, skipped: usize) {
    event!(name: "items_skipped", target: TARGET, Level::WARN, watcher, skipped, "items skipped");
}

/// The watcher has ended with its final error.
pub(crate) fn watch_ended(watcher: Name<'_>, error: &Error) {
    event!(name: "watch_ended", target: TARGET, Level::ERROR, watcher, kind = %error.kind(), error = error.report(), "watch ended");
}

/// The span in which something is logged.
///
/// A feed takes the one where it was made, because its task has no span of its
/// own and several accounts could not be told apart.
pub(crate) struct Place(Span);

impl Place {
    pub(crate) fn here() -> Self {
        Self(Span::current())
    }

    /// Runs a future in this span.
    pub(crate) fn lend<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        future.instrument(self.0.clone())
    }
}
