//! rumble-live
mod error;
mod event;
mod snapshot;
mod tracker;
mod transport;
mod url;

pub use self::{
    error::{Error, ErrorKind},
    event::{Event, EventId, Gap, Interrupted, InvalidEventId, Lagged, ListKind, Resumed, StreamEnded, StreamStarted},
    snapshot::{
        Account, AccountKind, Amount, Category, ChannelId, Chat, Follower, Followers, GiftedSubs, Gifts, Livestream, Message, Rant,
        Snapshot, StreamId, Subscriber, Subscribers, UserId, Visibility, Window,
    },
    tracker::Tracker,
    transport::{Request, Response, Transport},
    url::ApiUrl,
};
