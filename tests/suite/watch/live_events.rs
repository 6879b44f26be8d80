//! What only the live chat tells, as events of a watcher.

use std::time::Duration;

use rumble_live::{
    Checkpoint, Client, Event, EventId, StreamId, Watcher,
    sim::{Activity, Sim},
};
use tokio::time::sleep;

use crate::watch::during;

/// A livestream and a watcher that hears its live chat.
async fn heard() -> (Sim, StreamId, Watcher) {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let mut watcher = client.watch_builder().live_chat(true).build();
    assert_eq!(during(&mut watcher, 1).await.iter().map(Event::kind).collect::<Vec<_>>(), ["ready", "stream_started"]);
    (sim, stream, watcher)
}

fn ids(events: &[Event]) -> Vec<EventId> {
    events.iter().map(|event| event.id().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn deletion_names_the_message_and_the_event_that_told_it() {
    let (sim, stream, mut watcher) = heard().await;
    sim.message(&stream, "ada", "buy my book");
    let said = during(&mut watcher, 1).await;
    let [Event::Message(message)] = &said[..] else { panic!("{said:?}") };
    sim.delete_message(&stream, "ada", "buy my book");
    let told = during(&mut watcher, 60).await;
    let [Event::MessageDeleted(deleted)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((&deleted.stream, deleted.inferred), (&stream, false));
    assert_eq!(deleted.message_ids, message.message_id.clone().into_iter().collect::<Vec<_>>());
    assert_eq!(deleted.event_ids, ids(&said));
}

#[tokio::test(start_paused = true)]
async fn deletion_names_the_event_of_a_line_that_a_poll_told_before_the_live_chat_showed_it() {
    let (sim, stream, mut watcher) = heard().await;
    sim.chat_lag(Duration::from_secs(60));
    sim.message(&stream, "ada", "buy my book");
    let said = during(&mut watcher, 50).await;
    let [Event::Message(message)] = &said[..] else { panic!("{said:?}") };
    assert_eq!(message.message_id, None);
    sim.delete_message(&stream, "ada", "buy my book");
    let told = during(&mut watcher, 120).await;
    let [Event::MessageDeleted(deleted)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(deleted.event_ids, ids(&said));
}

#[tokio::test(start_paused = true)]
async fn mute_names_all_that_the_user_wrote_of_late_and_nothing_of_others() {
    let (sim, stream, mut watcher) = heard().await;
    sim.message(&stream, "ada", "buy my book");
    sim.message(&stream, "ada", "now");
    sim.rant(&stream, "ada", "please", 500);
    let said = during(&mut watcher, 1).await;
    sim.message(&stream, "bob", "no");
    during(&mut watcher, 20).await;
    sim.mute(&stream, "ada");
    let told = during(&mut watcher, 60).await;
    let [Event::UserMuted(muted), Event::MessageDeleted(deleted)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((muted.user_ids.len(), muted.message_ids.len()), (1, 3));
    assert_eq!(muted.event_ids, ids(&said));
    assert_eq!(deleted.event_ids, ids(&said)[..2], "what was paid for stays");
}

#[tokio::test(start_paused = true)]
async fn raids_and_notices_come_once_with_ids_though_the_connection_breaks() {
    let (sim, stream, mut watcher) = heard().await;
    sim.subscription_notice(&stream, "ada", "6 month subscriber");
    sim.raid_from(&stream, "bob", "ahoy");
    sim.raid(&stream, "Night Owls", "https://rumble.com/v7c9aa1-night-owls.html");
    let told = during(&mut watcher, 5).await;
    sim.cut_chat(0);
    assert_eq!(during(&mut watcher, 120).await, []);
    assert_eq!(sim.chat_requests(), 2);
    let lines: Vec<_> = told.iter().map(ToString::to_string).collect();
    let expected = [
        format!("[{stream}] ada (6 month subscriber)"),
        format!("[{stream}] bob raids: ahoy"),
        format!("[{stream}] raids Night Owls: Simulated neighbours https://rumble.com/v7c9aa1-night-owls.html"),
    ];
    assert_eq!(lines, expected);
    let kinds: Vec<_> = ids(&told).iter().map(|id| id.to_string().split(':').next().unwrap_or_default().to_owned()).collect();
    assert_eq!(kinds, ["subscription_notice", "raid_received", "raid_started"]);
}

#[tokio::test(start_paused = true)]
async fn polls_that_show_much_that_the_live_chat_does_not_are_doubted_once() {
    let (sim, stream, mut watcher) = heard().await;
    let mut doubts = Vec::new();
    for number in 0..200 {
        if number % 3 == 0 {
            sim.forget_in_chat(1);
        }
        sim.message(&stream, "ada", &format!("line {number}"));
        let told = during(&mut watcher, 3).await;
        doubts.extend(told.into_iter().filter(|event| matches!(event, Event::MergeDoubt(_))));
    }
    let [Event::MergeDoubt(doubt)] = &doubts[..] else { panic!("{doubts:?}") };
    assert!(doubt.unmatched * 10 > doubt.polled, "{doubt:?}");
}

/// It may never change, and stays readable for good.
const GOLDEN: &str = include_str!("../fixtures/checkpoint-2-live-chat.json");

/// What a watcher knows that was told a few lines, by either source, and holds one that only a poll has shown.
async fn told_a_few() -> (Sim, Watcher) {
    let (sim, stream, mut watcher) = heard().await;
    sim.message(&stream, "ada", "hi");
    sim.message(&stream, "ada", "hi");
    sim.rant(&stream, "bo", "for the boat", 500);
    sim.message(&stream, "cy", "spam");
    assert_eq!(during(&mut watcher, 12).await.len(), 4);
    sim.delete_message(&stream, "cy", "spam");
    assert_eq!(during(&mut watcher, 12).await.len(), 1);
    sim.chat_lag(Duration::from_secs(600));
    sim.message(&stream, "ada", "only a poll has it");
    assert_eq!(during(&mut watcher, 12).await, []);
    (sim, watcher)
}

#[tokio::test(start_paused = true)]
async fn checkpoint_with_live_chat_is_written_as_ever() {
    let (_, watcher) = told_a_few().await;
    assert_eq!(watcher.checkpoint().unwrap().to_json() + "\n", GOLDEN);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_with_live_chat_is_read_for_good_and_what_it_held_is_told_once() {
    let (sim, watcher) = told_a_few().await;
    drop(watcher);
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim).build().unwrap();
    for live_chat in [true, false] {
        let checkpoint = Checkpoint::from_json(GOLDEN.as_bytes()).unwrap();
        assert_eq!(checkpoint.to_json() + "\n", GOLDEN);
        let mut watcher = client.watch_builder().resume(checkpoint).live_chat(live_chat).build();
        let told: Vec<_> = during(&mut watcher, 120).await.iter().filter_map(|event| event.text().map(ToOwned::to_owned)).collect();
        assert_eq!(told, ["only a poll has it"], "live chat: {live_chat}");
    }
}

#[tokio::test(start_paused = true)]
async fn lines_that_were_pushed_by_then_come_together() {
    let (sim, stream, mut watcher) = heard().await;
    for number in 0..300 {
        sim.message(&stream, "ada", &number.to_string());
    }
    // While a store is slow, they wait.
    sleep(Duration::from_secs(3)).await;
    let events = watcher.next_poll().await.unwrap().unwrap();
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), ["message"; 300]);
    let mut resumed = watcher.client().watch_builder().live_chat(true).resume(watcher.checkpoint().unwrap()).build();
    drop(watcher);
    assert!(during(&mut resumed, 60).await.iter().all(|event| event.kind() != "message"));
}
