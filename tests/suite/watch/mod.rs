//! The streams that a bot reads.

mod cancel_safety;
pub(crate) mod checkpoint;
#[cfg(feature = "http")]
pub(crate) mod faults;
mod feed;
mod live_chat;
mod live_events;
mod live_faults;
mod live_readers;
mod metrics;
mod observability;
pub(crate) mod politeness;
mod process;
mod watcher;
mod watchers;
