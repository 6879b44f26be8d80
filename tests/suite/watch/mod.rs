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

use std::time::Duration;

use rumble_live::{Event, Watcher};
use tokio::time::{Instant, timeout_at};

/// What is told within so many seconds.
async fn during(watcher: &mut Watcher, seconds: u64) -> Vec<Event> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut events = Vec::new();
    while let Ok(event) = timeout_at(end, watcher.next()).await {
        events.push(event.unwrap().unwrap());
    }
    events
}
