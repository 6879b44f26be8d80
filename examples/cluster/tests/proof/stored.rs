//! Reads what the cluster has stored.

use async_nats::{
    Client, HeaderMap,
    jetstream::{self, consumer::DeliverPolicy},
};
use cluster::{batch::EVENT_ID, store::STREAM};
use futures::StreamExt as _;
use rumble_live::{Event, ListKind, time::OffsetDateTime};

use crate::log::{Entry, List, Stored, What};

/// All events of the stream, in order.
pub(crate) async fn events(client: Client) -> Vec<Stored> {
    let stream = jetstream::new(client).get_stream(STREAM).await.unwrap();
    let config = jetstream::consumer::pull::OrderedConfig {
        filter_subject: "rumble.events.>".into(),
        deliver_policy: DeliverPolicy::All,
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await.unwrap();
    let mut left = consumer.cached_info().num_pending;
    let mut messages = consumer.messages().await.unwrap();
    let mut events = Vec::new();
    while left > 0 {
        let message = messages.next().await.unwrap().unwrap();
        left = message.info().unwrap().pending;
        events.push(read(&message.subject, message.headers.as_ref(), &message.payload));
    }
    events
}

fn read(subject: &str, headers: Option<&HeaderMap>, payload: &[u8]) -> Stored {
    let id = headers.and_then(|headers| headers.get(EVENT_ID)).unwrap_or_else(|| panic!("{subject}: the event has no id"));
    let account = subject.split('.').nth(2).unwrap();
    let entry = |list, name: String| What::Entry(Entry { list, name });
    let what = match serde_json::from_slice(payload).unwrap() {
        Event::Follower(follower) => entry(List::Followers, follower.username),
        Event::Message(message) => entry(List::Messages, message.username),
        Event::Rant(rant) => entry(List::Rants, rant.username),
        Event::Gap(gap) => match list(gap.list) {
            Some(list) => {
                let since = gap.since.map_or(i64::MIN, OffsetDateTime::unix_timestamp);
                What::Gap { list, since, until: gap.until.unix_timestamp() }
            }
            None => What::Other,
        },
        _ => What::Other,
    };
    Stored { account: account.into(), subject: subject.into(), id: id.to_string(), what }
}

fn list(kind: ListKind) -> Option<List> {
    match kind {
        ListKind::Followers => Some(List::Followers),
        ListKind::Messages => Some(List::Messages),
        ListKind::Rants => Some(List::Rants),
        _ => None,
    }
}
