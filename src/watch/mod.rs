//! The streams that a bot reads.

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
