//! The streams that a bot reads.

mod builder;
mod checkpoint;
mod fan_out;
mod feed;
mod kind;
mod pace;
mod reader;
mod trace;
mod typed;
mod verdict;
mod watcher;

pub use self::{
    builder::WatcherBuilder, checkpoint::Checkpoint, feed::Feed, kind::EventKind, reader::Reader, typed::Typed, watcher::Watcher,
};
