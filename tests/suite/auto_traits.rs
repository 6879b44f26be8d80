//! What users may do with the types of the crate, checked by the compiler.

use std::{
    error::Error as StdError,
    fmt::{Debug, Display},
    hash::Hash,
    panic::{RefUnwindSafe, UnwindSafe},
};

use futures::{Stream, stream::FusedStream};
use rumble_live::{
    Amount, ApiUrl, Body, ChannelId, Checkpoint, Client, ClientBuilder, Error, ErrorKind, Event, EventId, Feed, Follower, Limits, Message,
    Rant, Reader, Request, Response, SecretUrl, Snapshot, StreamId, Subscriber, Tracker, Transport, Typed, UserId, Watcher, WatcherBuilder,
    Watchers,
    chat::{Chat, ChatBuilder, ChatEvent, Decoder, Emotes},
    pages::{Creator, ListedVideo, LiveState, Pages, StreamStatus},
    record::{Playback, Recorder},
    session::{Session, SessionBuilder, SessionChat, SessionToken},
    sim::{Server, Sim},
    upload::{Upload, UploadToken},
};
use serde::{Serialize, de::DeserializeOwned};
use static_assertions::{assert_impl_all, assert_not_impl_any, assert_obj_safe};

assert_impl_all!(Client: Clone, Debug, Send, Sync, Unpin);
assert_impl_all!(ClientBuilder: Debug, Send, Sync, Unpin);
#[cfg(feature = "http")]
assert_impl_all!(rumble_live::Pool: Clone, Debug, Default, Send, Sync, Unpin, Transport);
assert_impl_all!(Watcher: Debug, Send, Unpin, Stream<Item = Result<Event, Error>>, FusedStream);
assert_impl_all!(WatcherBuilder: Debug, Send, Sync, Unpin);
assert_impl_all!(Typed<Follower>: Debug, Send, Unpin, Stream<Item = Result<Follower, Error>>, FusedStream);
assert_impl_all!(Typed<Subscriber>: Debug, Send, Unpin, Stream<Item = Result<Subscriber, Error>>, FusedStream);
assert_impl_all!(Typed<Message>: Debug, Send, Unpin, Stream<Item = Result<Message, Error>>, FusedStream);
assert_impl_all!(Typed<Rant>: Debug, Send, Unpin, Stream<Item = Result<Rant, Error>>, FusedStream);
assert_impl_all!(Feed: Clone, Debug, Send, Sync, Unpin);
assert_impl_all!(Reader<Event>: Debug, Send, Unpin, Stream<Item = Event>, FusedStream);
assert_impl_all!(Reader<Rant>: Debug, Send, Unpin, Stream<Item = Rant>, FusedStream);
assert_impl_all!(Tracker: Clone, Debug, Default, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Error: Clone, Debug, Display, Send, Sync, Unpin, StdError);
assert_impl_all!(ErrorKind: Copy, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Event: Clone, Debug, Display, PartialEq, Send, Sync, Unpin, Serialize, DeserializeOwned, UnwindSafe, RefUnwindSafe);
assert_impl_all!(EventId: Clone, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Snapshot: Clone, Debug, Send, Sync, Unpin, Serialize, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Request: Debug, Send, Sync);
assert_impl_all!(Response: Debug, Send, Sync);
assert_impl_all!(Chat: Debug, Send, Unpin, Stream<Item = Result<ChatEvent, Error>>, FusedStream);
assert_impl_all!(ChatBuilder: Clone, Debug, Send, Sync, Unpin);
assert_impl_all!(Decoder: Debug, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_impl_all!(ChatEvent: Clone, Debug, Display, Eq, Hash, Send, Sync, Unpin, Serialize, DeserializeOwned, UnwindSafe, RefUnwindSafe);
assert_impl_all!(Emotes: Clone, Debug, Default, Eq, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Pages: Clone, Debug, Send, Sync);
assert_impl_all!(Creator: Clone, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(StreamStatus: Clone, Debug, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(ListedVideo: Clone, Debug, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(LiveState: Copy, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Sim: Clone, Debug, Send, Sync, Transport);
assert_impl_all!(Server: Debug, Send, Sync);
assert_obj_safe!(Transport);
assert_impl_all!(Watchers<String>: Debug, Send, Unpin, Stream);
assert_impl_all!(Checkpoint: Clone, Debug, PartialEq, Send, Sync, Unpin, Serialize, DeserializeOwned);
assert_impl_all!(Session: Clone, Debug, Send, Sync, Unpin);
assert_impl_all!(SessionBuilder: Debug, Send, Sync, Unpin);
assert_impl_all!(SessionChat: Debug, Send, Sync);
assert_impl_all!(SecretUrl: Clone, Debug, Send, Sync);
assert_impl_all!(Body: Debug, Send);
assert_impl_all!(Limits: Copy, Debug, Send, Sync);
assert_impl_all!(StreamId: Clone, Debug, Display, Eq, Hash, Ord, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(UserId: Clone, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(ChannelId: Clone, Debug, Display, Eq, Hash, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Amount: Copy, Debug, Display, Eq, Hash, Ord, Send, Sync, Serialize, DeserializeOwned);
assert_impl_all!(Upload: Debug, Send, Stream);
assert_impl_all!(Recorder: Clone, Debug, Send, Sync, Transport);
assert_impl_all!(Playback: Clone, Debug, Send, Sync, Transport);
// The URL has one way out, and that is not Display.
assert_not_impl_any!(ApiUrl: Display, Serialize);
assert_not_impl_any!(Request: Display, Serialize);
assert_not_impl_any!(SecretUrl: Display, Serialize);
assert_not_impl_any!(SessionToken: Display, Serialize);
assert_not_impl_any!(UploadToken: Display, Serialize);

fn is_static<T: 'static>() {}
fn is_send<T: Send>(_: &T) {}

#[test]
fn errors_and_events_borrow_nothing() {
    is_static::<Error>();
    is_static::<Event>();
    is_static::<Snapshot>();
    is_static::<Watcher>();
}

#[cfg(feature = "http")]
#[test]
fn futures_are_send() {
    let client = Client::new("https://rumble.com/-livestream-api/get-data?key=k").unwrap();
    is_send(&client.snapshot());
    is_send(&client.snapshot_within(std::time::Duration::ZERO));
    is_send(&client.watch().next());
    is_send(&client.watch().next_poll());
    is_send(&client.watch().into_rants().next());
    let mut feed = client.watch().spawn();
    is_send(&feed.rants().next());
    is_send(&feed.changed());
    is_send(&feed.closed());
    is_send(&feed.shutdown());
    let pages = client.pages();
    is_send(&pages.stream_status("7c1f4q"));
    let creator = Creator::channel("HarborlightRetro").unwrap();
    is_send(&pages.live_video(&creator));
}

#[test]
fn error_is_one_word_wide() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Error>>(), size_of::<usize>());
}
