//! What a session reports to `tracing`. No other file of the session uses
//! `tracing`. The crate page lists all events, because users filter and alert
//! on them.

use tracing::{Level, event};

use crate::error::Error;

const TARGET: &str = "rumble_live";

/// A `Write` was dropped before its answer.
pub(super) fn given_up() {
    event!(
        name: "session_unclear",
        target: TARGET,
        Level::WARN,
        "a request that changes something was dropped before its answer; it may have been carried out"
    );
}

pub(super) fn renewal_panicked() {
    event!(name: "session_renewal_panicked", target: TARGET, Level::ERROR, "on_renewal panicked; the new token may not be stored");
}

/// A search for a message goes on without knowing the user.
pub(super) fn nobody(error: &Error) {
    event!(name: "session_unknown", target: TARGET, Level::DEBUG, error = %error, "cannot find out whose session it is");
}

pub(super) fn renewed() {
    event!(name: "session_renewed", target: TARGET, Level::INFO, "session renewed");
}
