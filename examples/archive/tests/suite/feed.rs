//! A stream, filled as a cluster fills it.

use std::collections::HashMap;

use async_nats::jetstream::{self, stream::Stream};
use cluster::{
    batch::{AccountId, Poll, parts},
    store::{Outcome, STREAM, Store},
};
use rumble_live::{Event, Follower};
use time::OffsetDateTime;

use crate::nats_server::Server;

/// Puts events into the stream, each poll with its head.
pub(crate) struct Feed {
    store: Store,
    /// The lease of each account: what its next poll expects, and its number.
    leases: HashMap<AccountId, (u64, u64)>,
}

impl Feed {
    /// Creates the stream if it is not there.
    pub(crate) async fn open(server: &Server) -> Self {
        Self { store: Store::open(server.connect().await, 1).await.unwrap(), leases: HashMap::new() }
    }

    pub(crate) async fn put(&mut self, account: &str, events: &[Event]) {
        let account: AccountId = account.parse().unwrap();
        if !self.leases.contains_key(&account) {
            let claimed = self.store.claim(&account, 7).await.unwrap().unwrap();
            self.leases.insert(account.clone(), (claimed.sequence, 1));
        }
        let (expected, number) = self.leases.get_mut(&account).unwrap();
        let poll = Poll { epoch: 7, number: *number, events, checkpoints: (None, None) };
        for part in parts(&account, &poll, self.store.limits()).unwrap() {
            let Outcome::Stored(sequence) = self.store.store(&account, &part, *expected).await.unwrap() else { panic!("fenced") };
            *expected = sequence;
        }
        *number += 1;
    }
}

pub(crate) async fn stream(server: &Server) -> Stream {
    jetstream::new(server.connect().await).get_stream(STREAM).await.unwrap()
}

/// Deletes the stream and creates another one with its name.
pub(crate) async fn make_anew(server: &Server) -> Feed {
    jetstream::new(server.connect().await).delete_stream(STREAM).await.unwrap();
    Feed::open(server).await
}

/// Followers with these names.
pub(crate) fn followers<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Vec<Event> {
    let at = OffsetDateTime::from_unix_timestamp(1_767_323_045).unwrap();
    names.into_iter().map(|name| Follower::new(name).with_followed_on(at).into()).collect()
}
