//! All tests of the public API, in one binary. Those that send requests over sockets need feature `http`.

// What only those use.
#![cfg_attr(not(feature = "http"), allow(dead_code, unused_imports))]

/// Answers of the API, for the tracker.
mod answer;
/// What is logged.
mod ear;
/// A scripted server, for the client and the watcher.
mod server;
/// Answers for a watcher, without sockets.
mod tape;

mod auto_traits;
mod chat;
mod client;
mod event;
mod pages;
mod property;
mod record;
mod secrets;
mod session;
mod snapshot;
mod soak;
mod tracker;
mod transport;
mod upload;
mod watch;
