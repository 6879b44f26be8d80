//! The streams that a bot reads.

mod builder;
mod checkpoint;
mod fan_out;
mod feed;
mod pace;
mod trace;
mod typed;
mod verdict;
mod watcher;

pub use self::{
    builder::WatcherBuilder,
    checkpoint::Checkpoint,
    feed::{Feed, Reader},
    typed::Typed,
    watcher::Watcher,
};
