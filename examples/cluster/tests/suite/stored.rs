//! Tests what a real server makes of the batches.

use async_nats::jetstream;
use cluster::{
    batch::{AccountId, EVENT_ID, Limits, Mark, Poll, parts},
    store::{Error, Outcome, STREAM, Store},
};
use rumble_live::Event;

use crate::{batches::polled, server::Server};

fn account() -> AccountId {
    "harbour".parse().unwrap()
}

/// The ids of the events that are stored, in order.
async fn ids(server: &Server) -> Vec<String> {
    let stream = jetstream::new(server.connect().await).get_stream(STREAM).await.unwrap();
    let mut ids = Vec::new();
    for sequence in 1..=stream.get_info().await.unwrap().state.last_sequence {
        // Older checkpoints have been removed.
        if let Ok(message) = stream.get_raw_message(sequence).await
            && let Some(id) = message.headers.get(EVENT_ID)
        {
            ids.push(id.as_str().to_owned());
        }
    }
    ids
}

#[tokio::test]
async fn events_and_checkpoint_are_stored_together_and_the_checkpoint_is_read_back() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    assert_eq!(store.head(&account()).await.unwrap(), None);
    let claimed = store.claim(&account(), 7).await.unwrap().unwrap();
    assert_eq!(claimed.checkpoint, None);

    let (events, before, after) = polled(2).await;
    let poll = Poll { epoch: 7, number: 1, events: &events, checkpoints: (Some(&before), Some(&after)) };
    let batch = &parts(&account(), &poll, store.limits()).unwrap()[0];
    let Outcome::Stored(sequence) = store.store(&account(), batch, claimed.sequence).await.unwrap() else { panic!("fenced") };

    let (head, found) = store.head(&account()).await.unwrap().unwrap();
    assert_eq!((head.mark, found), (Mark { epoch: 7, poll: 1, part: 1 }, sequence));
    assert_eq!(head.checkpoint, Some(after.clone()));
    assert_eq!(ids(&server).await, events.iter().map(|event| event.id().unwrap().to_string()).collect::<Vec<_>>());
    let next = store.claim(&account(), 8).await.unwrap().unwrap();
    assert_eq!(next.checkpoint, Some(after), "a new lease goes on from there");
}

#[tokio::test]
async fn older_lease_is_fenced_and_stores_nothing() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let old = store.claim(&account(), 7).await.unwrap().unwrap();
    assert!(store.claim(&account(), 8).await.unwrap().is_some());

    let poll = Poll { epoch: 7, number: 1, events: &[Event::Ready], checkpoints: (None, None) };
    let batch = &parts(&account(), &poll, store.limits()).unwrap()[0];
    assert_eq!(store.store(&account(), batch, old.sequence).await.unwrap(), Outcome::Fenced);
    assert_eq!(ids(&server).await, [] as [&str; 0]);
    assert_eq!(store.claim(&account(), 7).await.unwrap(), None, "the old lease gets the account back");
}

#[tokio::test]
async fn checkpoint_of_another_version_fences_an_older_lease_and_is_left_to_workers_that_can_read_it() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let old = store.claim(&account(), 7).await.unwrap().unwrap();
    let newer = r#"{"epoch":8,"poll":1,"part":1,"parts":1,"checkpoint":{"version":99}}"#;
    jetstream::new(server.connect().await).publish(account().checkpoints(), newer.into()).await.unwrap().await.unwrap();

    let poll = Poll { epoch: 7, number: 1, events: &[Event::Ready], checkpoints: (None, None) };
    let batch = &parts(&account(), &poll, store.limits()).unwrap()[0];
    assert_eq!(store.store(&account(), batch, old.sequence).await.unwrap(), Outcome::Fenced);
    assert!(matches!(store.claim(&account(), 9).await, Err(Error::UnreadableCheckpoint { .. })));
}

#[tokio::test]
async fn batch_whose_answer_was_lost_is_stored_once() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let claimed = store.claim(&account(), 7).await.unwrap().unwrap();
    let poll = Poll { epoch: 7, number: 1, events: &[Event::Ready], checkpoints: (None, None) };
    let batch = &parts(&account(), &poll, store.limits()).unwrap()[0];
    let first = store.store(&account(), batch, claimed.sequence).await.unwrap();
    // As if no answer had come.
    assert_eq!(store.store(&account(), batch, claimed.sequence).await.unwrap(), first);
    assert_eq!(store.claim(&account(), 7).await.unwrap(), None, "the same lease is claimed a second time");
    assert_eq!(ids(&server).await, ["7-1-1"]);
}

#[tokio::test]
async fn poll_in_several_batches_is_stored_whole_and_in_order() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let claimed = store.claim(&account(), 7).await.unwrap().unwrap();
    let events = vec![Event::Ready; 25];
    let poll = Poll { epoch: 7, number: 1, events: &events, checkpoints: (None, None) };
    let mut expected = claimed.sequence;
    for part in parts(&account(), &poll, Limits { messages: 10, ..store.limits() }).unwrap() {
        let Outcome::Stored(sequence) = store.store(&account(), &part, expected).await.unwrap() else { panic!("fenced") };
        expected = sequence;
    }
    assert_eq!(ids(&server).await, (1..=25).map(|place| format!("7-1-{place}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn poll_whose_worker_is_lost_between_two_batches_goes_on_from_before_it_and_keeps_its_ids() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let lost = store.claim(&account(), 7).await.unwrap().unwrap();
    let (events, before, after) = polled(3).await;
    let limits = Limits { messages: 3, ..store.limits() };
    let poll = Poll { epoch: 7, number: 1, events: &events, checkpoints: (Some(&before), Some(&after)) };
    let batches = parts(&account(), &poll, limits).unwrap();
    let Outcome::Stored(sequence) = store.store(&account(), &batches[0], lost.sequence).await.unwrap() else { panic!("fenced") };

    let claimed = store.claim(&account(), 8).await.unwrap().unwrap();
    assert_eq!(claimed.checkpoint, Some(before.clone()), "the rest of the poll would be lost");
    assert_eq!(store.store(&account(), &batches[1], sequence).await.unwrap(), Outcome::Fenced);
    let poll = Poll { epoch: 8, number: 1, events: &events, checkpoints: (Some(&before), Some(&after)) };
    let mut expected = claimed.sequence;
    for part in parts(&account(), &poll, limits).unwrap() {
        let Outcome::Stored(sequence) = store.store(&account(), &part, expected).await.unwrap() else { panic!("fenced") };
        expected = sequence;
    }

    let all = events.iter().map(|event| event.id().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&server).await, [&all[..2], &all[..]].concat());
    assert_eq!(store.claim(&account(), 9).await.unwrap().unwrap().checkpoint, Some(after));
}

#[tokio::test]
async fn largest_batch_that_the_rules_allow_is_taken_by_the_server() {
    let Some(server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let claimed = store.claim(&account(), 7).await.unwrap().unwrap();
    let events = vec![Event::Ready; store.limits().messages - 1];
    let poll = Poll { epoch: 7, number: 1, events: &events, checkpoints: (None, None) };
    let batches = parts(&account(), &poll, store.limits()).unwrap();
    assert_eq!(batches.len(), 1);
    assert!(matches!(store.store(&account(), &batches[0], claimed.sequence).await.unwrap(), Outcome::Stored(_)));
}

#[tokio::test]
async fn batch_waits_while_the_server_is_away_and_is_stored_once_it_is_back() {
    let Some(mut server) = Server::start().await else { return };
    let store = Store::open(server.connect().await, 1).await.unwrap();
    let claimed = store.claim(&account(), 7).await.unwrap().unwrap();
    let poll = Poll { epoch: 7, number: 1, events: &[Event::Ready], checkpoints: (None, None) };
    let batch = &parts(&account(), &poll, store.limits()).unwrap()[0];
    server.kill();
    let (stored, ()) = tokio::join!(
        async { store.store(&account(), batch, claimed.sequence).await.unwrap() },
        // The server comes back after the first attempt has begun.
        async {
            tokio::task::yield_now().await;
            server.restart();
        }
    );
    assert!(matches!(stored, Outcome::Stored(_)));
    assert_eq!(ids(&server).await, ["7-1-1"]);
}
