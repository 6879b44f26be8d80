//! Tests what messages one poll becomes.

use cluster::batch::{AccountId, EVENT_ID, Head, Limits, Mark, Message, Part, Poll, Unstorable, parts};
use proptest::prelude::*;
use rumble_live::{Checkpoint, Client, Event, sim::Sim};

use crate::cases::cases;

const LIMITS: Limits = Limits { messages: 1000, bytes: 1 << 20 };

/// The events of a simulated account that got this many followers, from as many
/// polls as that takes, with the checkpoints from before and after.
pub(crate) async fn polled(follows: usize) -> (Vec<Event>, Checkpoint, Checkpoint) {
    let sim = Sim::running(42);
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let mut watcher = client.watch();
    assert_eq!(watcher.next().await.transpose().unwrap(), Some(Event::Ready));
    let before = watcher.checkpoint().unwrap();
    for number in 0..follows {
        sim.follow(&format!("follower-{number}"));
    }
    let mut events = Vec::new();
    while events.len() < follows {
        events.extend(watcher.next_poll().await.unwrap().unwrap());
    }
    let after = watcher.checkpoint().unwrap();
    (events, before, after)
}

fn account() -> AccountId {
    "harbour".parse().unwrap()
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str())
}

fn head(part: &Part) -> Head {
    serde_json::from_slice(&part.messages("any", 0).last().unwrap().payload).unwrap()
}

#[tokio::test(start_paused = true)]
async fn poll_is_one_batch_with_its_events_and_last_its_checkpoint() {
    let (events, before, after) = polled(2).await;
    let poll = Poll { epoch: 7, number: 3, events: &events, checkpoints: (Some(&before), Some(&after)) };
    let [part] = &parts(&account(), &poll, LIMITS).unwrap()[..] else { panic!("not one batch") };
    let messages = part.messages("attempt", 41);

    let subjects = messages.iter().map(|message| message.subject.as_str()).collect::<Vec<_>>();
    assert_eq!(subjects, ["rumble.events.harbour.follower", "rumble.events.harbour.follower", "rumble.checkpoints.harbour"]);
    let numbers = messages.iter().map(|message| header(message, "Nats-Batch-Sequence").unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers, ["1", "2", "3"]);
    assert!(messages.iter().all(|message| header(message, "Nats-Batch-Id") == Some("attempt")));
    let (last, others) = messages.split_last().unwrap();
    assert_eq!((header(last, "Nats-Batch-Commit"), header(last, "Nats-Expected-Last-Subject-Sequence")), (Some("1"), Some("41")));
    assert!(others.iter().all(|message| header(message, "Nats-Batch-Commit").is_none()));
    assert_eq!(header(last, "Nats-Rollup"), Some("sub"), "older checkpoints are removed");
    assert!(others.iter().all(|message| header(message, "Nats-Rollup").is_none()), "older events stay");
    for (message, event) in others.iter().zip(&events) {
        assert_eq!(header(message, EVENT_ID), Some(event.id().unwrap().to_string().as_str()));
        assert_eq!(serde_json::from_slice::<Event>(&message.payload).unwrap(), *event);
    }
    assert_eq!(head(part), Head { mark: Mark { epoch: 7, poll: 3, part: 1 }, parts: 1, checkpoint: Some(after) });
}

#[test]
fn no_message_has_an_id_that_the_server_would_refuse_the_batch_for() {
    let poll = Poll { epoch: 7, number: 3, events: &[Event::Ready], checkpoints: (None, None) };
    for message in parts(&account(), &poll, LIMITS).unwrap()[0].messages("attempt", 0) {
        assert_eq!(header(&message, "Nats-Msg-Id"), None);
    }
}

#[test]
fn event_without_an_id_has_its_poll_and_place() {
    let poll = Poll { epoch: 7, number: 3, events: &[Event::Ready, Event::Ready], checkpoints: (None, None) };
    let part = &parts(&account(), &poll, LIMITS).unwrap()[0];
    let ids = part.messages("attempt", 0).iter().filter_map(|message| header(message, EVENT_ID).map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(ids, ["7-3-1", "7-3-2"]);
}

#[tokio::test(start_paused = true)]
async fn large_poll_is_split_and_only_its_last_part_has_its_checkpoint() {
    let (events, before, after) = polled(5).await;
    let poll = Poll { epoch: 7, number: 3, events: &events, checkpoints: (Some(&before), Some(&after)) };
    let parts = parts(&account(), &poll, Limits { messages: 3, ..LIMITS }).unwrap();
    assert_eq!(parts.iter().map(|part| part.messages("any", 0).len()).collect::<Vec<_>>(), [3, 3, 2]);
    let heads = parts.iter().map(head).collect::<Vec<_>>();
    assert!(heads.iter().all(|head| head.parts == 3));
    assert_eq!(heads.iter().map(|head| head.mark.part).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(heads.into_iter().map(|head| head.checkpoint.unwrap()).collect::<Vec<_>>(), [before.clone(), before, after]);
}

#[test]
fn event_that_no_message_can_hold_is_an_error_that_says_what_to_do() {
    let poll = Poll { epoch: 7, number: 3, events: &[Event::Ready], checkpoints: (None, None) };
    let error = parts(&account(), &poll, Limits { bytes: 400, ..LIMITS }).unwrap_err();
    assert!(matches!(error, Unstorable::TooLarge { what: "ready", limit: 400, .. }), "{error:?}");
    assert!(error.to_string().contains("raise max_payload"), "{error}");
}

#[test]
fn id_of_an_account_that_would_break_a_subject_is_refused() {
    for wrong in ["", "a.b", "a b", "*", ">", "ä", &"a".repeat(65)] {
        assert!(wrong.parse::<AccountId>().is_err(), "{wrong:?}");
    }
    assert!("Night-Owls_7".parse::<AccountId>().is_ok());
}

proptest! {
    #![proptest_config(cases(256))]
    #[test]
    fn every_event_is_in_one_part_in_order_and_no_batch_is_too_large(count in 0..60_usize, messages in 2..12_usize) {
        let events = vec![Event::Ready; count];
        let poll = Poll { epoch: 1, number: 1, events: &events, checkpoints: (None, None) };
        let mut ids = Vec::new();
        for part in parts(&account(), &poll, Limits { messages, ..LIMITS }).unwrap() {
            let sent = part.messages("any", 0);
            prop_assert!(sent.len() <= messages);
            ids.extend(sent.iter().filter_map(|message| header(message, EVENT_ID).map(str::to_owned)));
        }
        prop_assert_eq!(ids, (1..=count).map(|place| format!("1-1-{place}")).collect::<Vec<_>>());
    }
}
