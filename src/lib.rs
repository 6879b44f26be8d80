//! rumble-live
#![deny(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod client;
mod error;
mod event;
mod gate;
mod http;
mod pace;
mod retry_after;
#[cfg(feature = "sim")]
pub mod sim;
mod snapshot;
mod tracker;
mod transport;
mod typed;
mod url;
mod watcher;

pub use self::{
    client::{Client, ClientBuilder},
    error::{Error, ErrorKind},
    event::{Event, EventId, Gap, Interrupted, InvalidEventId, Lagged, ListKind, Resumed, StreamEnded, StreamStarted},
    http::Pool,
    snapshot::{
        Account, AccountKind, Amount, Category, ChannelId, Chat, Follower, Followers, GiftedSubs, Gifts, Livestream, Message, Rant,
        Snapshot, StreamId, Subscriber, Subscribers, UserId, Visibility, Window,
    },
    tracker::Tracker,
    transport::{Request, Response, Transport},
    typed::Typed,
    url::ApiUrl,
    watcher::{Watcher, WatcherBuilder},
};
