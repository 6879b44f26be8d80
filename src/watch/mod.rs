//! The streams that a bot reads.
//!
//! A [`Watcher`] polls one account and turns its snapshots into events. The
//! other public types hand the same events out in another form:
//!
//! - [`Typed`] yields the content of one kind of event, and drops the rest.
//! - [`Watchers`] merges the watchers of many accounts into one stream.
//! - [`Feed`] moves a watcher into a task (`driver`). Its events go through
//!   `fan_out` to any number of [`Reader`]s.
//!
//! What decides is apart from what acts. `pace` says when the next poll is due
//! and `verdict` says when a watcher gives up. Both are pure: they get the
//! instant and the random draw from the caller, so their tests need no clock.
//! `watcher` holds the state machine that acts on them. What is new in a
//! snapshot is decided outside of this folder, in `tracker`.
//!
//! `trace` and `meter` are the only files here that name `tracing` and
//! `metrics`, because the names that they use are public and must not change by
//! accident.

mod builder;
mod checkpoint;
mod checkpoint_file;
mod driver;
mod fan_out;
mod feed;
mod kind;
#[cfg(feature = "chat")]
mod live;
#[cfg(feature = "metrics")]
mod meter;
mod pace;
mod reader;
mod trace;
mod typed;
mod verdict;
mod watcher;
mod watchers;

pub use self::{
    builder::WatcherBuilder, checkpoint::Checkpoint, feed::Feed, kind::EventKind, reader::Reader, typed::Typed, watcher::Watcher,
    watchers::Watchers,
};
