//! All tests of the public API, in one binary.

/// Answers of the API, for the tracker.
mod answer;
/// A scripted server, for the client and the watcher.
mod server;
/// Answers for a watcher, without sockets.
mod tape;

mod auto_traits;
mod cancel_safety;
mod checkpoint;
mod client;
mod connections;
mod event;
mod faults;
mod feed;
mod observability;
mod politeness;
mod property;
mod secrets;
mod snapshot;
mod soak;
mod tracker;
mod unpolled;
mod watcher;
mod watchers;
mod why;
