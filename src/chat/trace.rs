//! What a chat reports to `tracing`. No other file of the chat uses `tracing`.
//! The crate page lists all events, because users filter and alert on them.
//!
//! Each failure is told at level debug, but of an outage only the beginning and
//! the end at levels that people watch: a chat that is down for an hour makes
//! two lines and not a hundred. No field holds a word of the chat or a name.

use tracing::{Level, event, field};

use crate::{
    error::Error,
    event::{Gap, Interrupted, Resumed, Utc},
    snapshot::StreamId,
};

/// The target of all events, the same as for watchers.
const TARGET: &str = "rumble_live";

pub(super) fn opened(stream: &StreamId) {
    event!(name: "chat_opened", target: TARGET, Level::DEBUG, %stream, "chat opened");
}

/// An attempt failed. The first one in a row begins an outage.
pub(super) fn interrupted(stream: &StreamId, trouble: &Interrupted) {
    let Interrupted { kind, message, failures, retry_in } = trouble;
    let retry_in_seconds = retry_in.as_secs_f64();
    event!(name: "chat_failed", target: TARGET, Level::DEBUG, %stream, %kind, failures, retry_in_seconds, "chat failed");
    if *failures == 1 {
        event!(name: "chat_outage_begun", target: TARGET, Level::WARN, %stream, %kind, error = message, retry_in_seconds, "chat outage begun");
    }
}

pub(super) fn resumed(stream: &StreamId, resumed: &Resumed) {
    let Resumed { away, failures } = resumed;
    event!(name: "chat_outage_ended", target: TARGET, Level::INFO, %stream, away_seconds = away.as_secs_f64(), failures, "chat outage ended");
}

/// A gap is handed out. Watchers report theirs elsewhere.
pub(super) fn gap(stream: &StreamId, gap: &Gap) {
    event!(
        name: "chat_gap",
        target: TARGET,
        Level::WARN,
        %stream,
        since = gap.since.map(Utc).map(field::display),
        until = %Utc(gap.until),
        "chat gap"
    );
}

pub(super) fn items_skipped(stream: &StreamId, skipped: u64) {
    event!(name: "chat_items_skipped", target: TARGET, Level::WARN, %stream, skipped, "chat items skipped");
}

pub(super) fn closed(stream: &StreamId) {
    event!(name: "chat_closed", target: TARGET, Level::INFO, %stream, "chat closed");
}

pub(super) fn ended(stream: &StreamId, error: &Error) {
    event!(name: "chat_ended", target: TARGET, Level::ERROR, %stream, kind = %error.kind(), error = error.report(), "chat ended");
}
