//! One poll loop with many readers: each gets its own, none holds up another, and a shutdown knows what was taken.

use std::{
    collections::HashSet,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{FusedStream, select_all},
};
use proptest::{collection::vec, prelude::*};
use rumble_live::{
    Checkpoint, Client, Error, ErrorKind, Event, EventId, EventKind, Feed, Gap, Interrupted, Message, Reader, Request, Response, Resumed,
    StreamEnded, StreamId, StreamStarted, Transport, WatcherBuilder,
    sim::{Sim, What},
};
use tokio::{
    runtime::{Builder, Handle},
    time::timeout,
};

use crate::{
    property::cases,
    server::{ENVELOPE, response},
};

fn builder(transport: impl Transport) -> WatcherBuilder {
    let client = Client::builder("http://127.0.0.1/").transport(transport).build().unwrap();
    client.watch_builder().interval(Duration::from_secs(10))
}

fn feed(sim: &Sim) -> Feed {
    builder(sim.clone()).build().spawn()
}

/// All that comes within a few polls.
async fn read<T: EventKind>(reader: &mut Reader<T>) -> Vec<T> {
    let mut items = Vec::new();
    while let Ok(Some(item)) = timeout(Duration::from_secs(25), reader.next()).await {
        items.push(item);
    }
    items
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.text.as_str()).collect()
}

/// A simulated account on air whose first poll has shown an empty chat.
async fn on_air(sim: &Sim, feed: &Feed) -> (StreamId, Reader<Event>) {
    let stream = sim.start_stream("Harbour lights");
    let mut events = feed.events();
    assert_eq!(events.next().await, Some(Event::Ready));
    assert!(matches!(events.next().await, Some(Event::StreamStarted(_))));
    sim.advance(Duration::from_secs(1));
    (stream, events)
}

#[tokio::test(start_paused = true)]
async fn each_reader_gets_what_comes_while_it_exists() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let (mut messages, mut rants) = (feed.messages(), feed.rants());
    let (mut followers, mut subscribers) = (feed.followers(), feed.subscribers());
    sim.message(&stream, "ada", "first");
    sim.rant(&stream, "ada", "paid", 500);
    sim.follow("ada");
    sim.subscribe("ada", 500);
    assert_eq!(texts(&read(&mut messages).await), ["first"]);
    let mut late = feed.messages();
    sim.message(&stream, "ada", "second");
    assert_eq!(texts(&read(&mut late).await), ["second"]);
    assert_eq!(texts(&read(&mut messages).await), ["second"]);
    assert_eq!(read(&mut rants).await.len(), 1);
    assert_eq!(read(&mut followers).await.len(), 1);
    assert_eq!(read(&mut subscribers).await.len(), 1);
    let kinds: Vec<_> = read(&mut events).await.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["follower", "subscriber", "message", "rant", "message"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_polled_before_a_reader_is_read() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    sim.message(&stream, "ada", "first");
    let feed = builder(sim.clone()).replay(true).build().spawn();
    let (mut one, mut other) = (feed.messages(), feed.messages());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sim.answers(), 0);
    assert_eq!(one.next().await.map(|message| message.text), Some("first".into()));
    assert_eq!(other.next().await.map(|message| message.text), Some("first".into()));
}

#[tokio::test(start_paused = true)]
async fn reader_that_stalls_is_told_how_many_it_missed_and_holds_up_nobody() {
    let sim = Sim::running(1);
    sim.set_window(700);
    let feed = feed(&sim);
    let (stream, mut stalled) = on_air(&sim, &feed).await;
    let (mut stalled_too, mut brisk, mut rants) = (feed.messages(), feed.messages(), feed.rants());
    sim.rant(&stream, "ada", "paid", 500);
    let mut got = 0;
    for _ in 0..6 {
        (0..100).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
        got += read(&mut brisk).await.len();
    }
    assert_eq!((got, brisk.missed()), (600, 0));

    // A rant and 600 messages for one, 600 for the other, and 512 fit.
    assert!(matches!(stalled.next().await, Some(Event::Lagged(lagged)) if lagged.missed == 89));
    assert_eq!(read(&mut stalled).await.len(), 512);
    assert_eq!(stalled.missed(), 89);
    assert_eq!(read(&mut stalled_too).await.len(), 512);
    assert_eq!(stalled_too.missed(), 88);
    assert_eq!((read(&mut rants).await.len(), rants.missed()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn reader_that_panics_or_leaves_takes_nobody_with_it() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut doomed = feed.messages();
    let task = tokio::spawn(async move {
        doomed.next().await;
        panic!("on purpose");
    });
    drop(feed.rants());
    sim.message(&stream, "ada", "first");
    assert!(matches!(events.next().await, Some(Event::Message(_))));
    assert!(task.await.unwrap_err().is_panic());
    sim.message(&stream, "ada", "second");
    assert!(matches!(events.next().await, Some(Event::Message(_))));
}

#[tokio::test(start_paused = true)]
async fn without_readers_nothing_is_polled_and_the_next_one_goes_on_without_loss() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, events) = on_air(&sim, &feed).await;
    drop(events);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let answers = sim.answers();
    sim.message(&stream, "ada", "while nobody reads");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(sim.answers(), answers);
    assert_eq!(texts(&read(&mut feed.messages()).await), ["while nobody reads"]);
}

#[tokio::test(start_paused = true)]
async fn final_error_ends_all_readers_after_what_they_have_and_is_known_to_all() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut messages = feed.messages();
    sim.message(&stream, "ada", "last words");
    assert!(matches!(events.next().await, Some(Event::Message(_))));
    (0..100).for_each(|_| sim.refuse_key());
    while let Some(event) = events.next().await {
        assert_eq!(event.kind(), "interrupted");
    }
    assert_eq!(feed.closed().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(feed.clone().closed().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(texts(&read(&mut messages).await), ["last words"]);
    assert_eq!(feed.events().next().await, None);
    assert!(feed.shutdown().await.is_some());
}

/// Never answers, and tells when it is no longer asked.
struct Silent(Arc<AtomicBool>);

struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Transport for Silent {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async {
            let _guard = OnDrop(Arc::clone(&self.0));
            pending().await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn last_handle_ends_the_task_and_its_request() {
    let aborted = Arc::new(AtomicBool::new(false));
    let feed = builder(Silent(Arc::clone(&aborted))).build().spawn();
    let mut events = feed.events();
    drop(feed);
    assert!(timeout(Duration::from_secs(1), events.next()).await.is_err());
    // The feed's and the request's.
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 2);
    assert!(!aborted.load(Ordering::Relaxed));
    drop(events);
    timeout(Duration::from_secs(1), async {
        while Handle::current().metrics().num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert!(aborted.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_all_readers_at_once_and_tells_so() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut messages = feed.messages();
    (0..3).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    assert!(matches!(events.next().await, Some(Event::Message(_))));
    let other = feed.clone();
    let (closed, checkpoint) = tokio::join!(other.closed(), feed.shutdown());
    assert_eq!(closed.unwrap(), ());
    assert!(checkpoint.is_some());
    assert_eq!((events.next().await, messages.next().await), (None, None));
    assert_eq!(other.events().next().await, None);
    let answers = sim.answers();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(sim.answers(), answers);
    assert_eq!(other.shutdown().await, checkpoint);
}

#[tokio::test(start_paused = true)]
async fn shutdown_before_the_first_snapshot_knows_nothing() {
    assert!(feed(&Sim::running(1)).shutdown().await.is_none());
    let feed = builder(Silent(Arc::default())).build().spawn();
    let mut events = feed.events();
    assert!(timeout(Duration::from_secs(1), events.next()).await.is_err());
    assert!(feed.shutdown().await.is_none());
    assert_eq!(events.next().await, None);
}

/// A feed that goes on from there, and what it tells a new reader of all events within a few polls.
async fn told_after(checkpoint: Checkpoint, sim: &Sim) -> Vec<String> {
    let feed = builder(sim.clone()).resume(checkpoint).build().spawn();
    let mut events = feed.events();
    let told = read(&mut events).await;
    assert_eq!(events.missed(), 0);
    let brief = |event: Event| match event {
        Event::Follower(it) => it.username,
        Event::Message(it) => it.text,
        Event::Rant(it) => it.text,
        other => other.kind().to_owned(),
    };
    // What is live is announced again, to all.
    told.into_iter().map(brief).filter(|brief| !["ready", "stream_started"].contains(&brief.as_str())).collect()
}

#[tokio::test(start_paused = true)]
async fn restart_tells_again_from_what_the_slowest_reader_has_not_taken_on() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let (mut rants, mut followers) = (feed.rants(), feed.followers());
    sim.message(&stream, "ada", "taken by all that get it");
    sim.rant(&stream, "ada", "taken by one", 500);
    assert_eq!(read(&mut events).await.len(), 2);
    // Many polls later the rant still waits for its handler.
    sim.message(&stream, "ada", "later");
    sim.advance(Duration::from_secs(1));
    sim.follow("ada");
    assert_eq!(read(&mut events).await.len(), 2);
    assert_eq!(followers.next().await.map(|follower| follower.username).as_deref(), Some("ada"));
    let while_it_runs = feed.checkpoint().unwrap();
    assert_eq!(told_after(while_it_runs.clone(), &sim).await, ["taken by one", "later", "ada"]);

    assert_eq!(rants.next().await.map(|rant| rant.text).as_deref(), Some("taken by one"));
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, [""; 0]);
    // Whatever has happened since: one that was saved stays what it was.
    assert_eq!(told_after(while_it_runs, &sim).await, ["taken by one", "later", "ada"]);

    sim.rant(&stream, "ada", "waits at the end", 500);
    assert_eq!(read(&mut events).await.len(), 1);
    let other = feed.clone();
    let checkpoint = feed.shutdown().await.unwrap();
    assert_eq!(rants.next().await, None);
    assert_eq!(other.checkpoint().as_ref(), Some(&checkpoint));
    assert_eq!(told_after(checkpoint, &sim).await, ["waits at the end"]);
}

#[tokio::test(start_paused = true)]
async fn feed_that_is_not_ready_has_no_checkpoint_but_the_one_it_resumed_from() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    assert!(feed.checkpoint().is_none());
    let mut events = feed.events();
    assert_eq!(events.next().await, Some(Event::Ready));
    let checkpoint = feed.checkpoint().unwrap();
    let feed = builder(sim.clone()).resume(checkpoint.clone()).build().spawn();
    assert_eq!(feed.checkpoint(), Some(checkpoint));
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_was_told_to_have_missed_counts_as_had() {
    let sim = Sim::running(1);
    sim.set_window(700);
    let feed = feed(&sim);
    let (stream, mut stalled) = on_air(&sim, &feed).await;
    let mut brisk = feed.messages();
    for poll in 0..6 {
        (0..100).for_each(|nth| sim.message(&stream, "ada", &format!("{poll} {nth}")));
        assert_eq!(read(&mut brisk).await.len(), 100);
    }
    // What is overwritten is lost already, before its reader knows.
    let waiting = told_after(feed.checkpoint().unwrap(), &sim).await;
    assert_eq!((waiting.len(), waiting[0].as_str()), (512, "0 88"));
    assert!(matches!(stalled.next().await, Some(Event::Lagged(lagged)) if lagged.missed == 88));
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, waiting);
    for _ in 0..500 {
        stalled.next().await.unwrap();
    }
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, waiting[500..]);
    assert_eq!(read(&mut stalled).await.len(), 12);
    assert_eq!(told_after(feed.shutdown().await.unwrap(), &sim).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_left_when_it_was_dropped_counts_as_had() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let (rants, messages) = (feed.rants(), feed.messages());
    sim.rant(&stream, "ada", "paid", 500);
    assert_eq!(read(&mut events).await.len(), 1);
    sim.message(&stream, "ada", "said");
    assert_eq!(read(&mut events).await.len(), 1);
    drop(rants);
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, ["said"]);
    drop(messages);
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn item_in_hand_is_told_again_only_to_readers_that_want_it_at_least_once() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, events) = on_air(&sim, &feed).await;
    let (mut careful, mut rants) = (feed.rants().at_least_once(), feed.rants());
    drop(events);
    sim.rant(&stream, "ada", "first", 500);
    sim.rant(&stream, "ada", "second", 500);
    rants.next().await.unwrap();
    rants.next().await.unwrap();
    careful.next().await.unwrap();
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, ["first", "second"]);
    careful.next().await.unwrap();
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, ["second"]);
    assert!(timeout(Duration::from_secs(1), careful.next()).await.is_err());
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn event_that_waits_for_hours_is_told_again() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut stalled = feed.rants();
    let mut happened = Vec::new();
    for number in 0..40 {
        sim.follow(&format!("fan{number}"));
        happened.push(format!("fan{number}"));
        if number % 10 == 0 {
            sim.rant(&stream, "ada", &format!("rant {number}"), 500);
            happened.push(format!("rant {number}"));
        }
        read(&mut events).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    // More polls brought something than moments are remembered, so it may begin somewhat earlier, but never later.
    for rant in ["rant 0", "rant 10", "rant 20", "rant 30"] {
        let mut told = told_after(feed.checkpoint().unwrap(), &sim).await;
        let waits_from = happened.iter().position(|happened| happened == rant).unwrap();
        told.sort_by_key(|told| happened.iter().position(|happened| happened == told));
        assert!(told.ends_with(&happened[waits_from..]), "{rant} {told:?}");
        assert!(told.len() <= happened.len() - waits_from + 10, "{rant} {told:?}");
        assert_eq!(stalled.next().await.map(|rant| rant.text).as_deref(), Some(rant));
    }
    assert_eq!(told_after(feed.checkpoint().unwrap(), &sim).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn all_of_one_poll_waits_for_a_reader_however_much_it_is() {
    let sim = Sim::running(1);
    sim.set_window(20_000);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut messages = feed.messages();
    for poll in 0..3 {
        (0..2000).for_each(|nth| sim.message(&stream, "ada", &format!("{poll} {nth}")));
        let told = read(&mut events).await;
        assert_eq!(told.iter().filter(|event| event.kind() == "message").count(), 2000);
        assert_eq!(read(&mut messages).await.len(), 2000);
    }
    assert_eq!((events.missed(), messages.missed()), (0, 0));
    // What waited already makes room.
    sim.message(&stream, "ada", "before");
    read(&mut events).await;
    (0..2000).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    read(&mut events).await;
    assert_eq!((read(&mut messages).await.len(), messages.missed()), (2000, 1));
    // Once the next poll brings something, that is bounded again.
    (0..2000).for_each(|nth| sim.message(&stream, "ada", &format!("again {nth}")));
    read(&mut events).await;
    sim.message(&stream, "ada", "after");
    read(&mut events).await;
    assert_eq!((read(&mut messages).await.len(), messages.missed()), (512, 1 + 1489));
}

#[tokio::test(start_paused = true)]
async fn reader_that_ends_says_why() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (_, mut events) = on_air(&sim, &feed).await;
    let mut rants = feed.rants();
    (0..100).for_each(|_| sim.refuse_key());
    while events.next().await.is_some() {}
    assert_eq!(events.closed().await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(rants.next().await, None);
    assert_eq!(rants.closed().await.unwrap_err().kind(), ErrorKind::Unauthorized);

    let feed = builder(Sim::running(1)).build().spawn();
    let mut rants = feed.rants();
    assert!(timeout(Duration::from_secs(1), rants.next()).await.is_err());
    assert!(timeout(Duration::from_secs(60), rants.closed()).await.is_err(), "it goes on");
    feed.shutdown().await;
    assert_eq!(rants.next().await, None);
    assert!(rants.closed().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn reader_that_comes_after_the_end_leaves_nothing_behind() {
    let sim = Sim::running(1);
    let [shut, failed] = [feed(&sim), feed(&sim)];
    let mut events = failed.events();
    sim.answer_next(response(403, ENVELOPE));
    assert_eq!(events.next().await, None);
    shut.clone().shutdown().await;
    for feed in [shut, failed] {
        let mut late: Vec<_> = (0..10).map(|_| feed.events()).collect();
        // Nothing waits for them, read or not.
        assert_eq!(format!("{feed:?}"), "Feed { readers: 0, is_driven: false, .. }");
        for reader in &mut late {
            assert!(reader.is_terminated() && reader.next().await.is_none());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_event_can_be_read_alone() {
    let sim = Sim::running(1);
    sim.set_window(10);
    let feed = feed(&sim);
    let (mut ended, mut started, mut gaps) = (feed.reader::<StreamEnded>(), feed.reader::<StreamStarted>(), feed.reader::<Gap>());
    let (mut interrupted, mut resumed) = (feed.reader::<Interrupted>(), feed.reader::<Resumed>());
    let (mut gifts, mut all) = (feed.gifted_subs(), feed.reader::<Event>());
    let (stream, _) = on_air(&sim, &feed).await;
    sim.message(&stream, "ada", "first");
    read(&mut all).await;
    (0..30).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    sim.gift(&stream, "gus", 5);
    sim.fail_next(502);
    read(&mut all).await;
    sim.stop_stream(&stream);
    assert_eq!(read(&mut ended).await.len(), 1);
    assert_eq!(read(&mut started).await.len(), 1);
    assert_eq!(read(&mut gaps).await.len(), 1);
    assert_eq!((read(&mut interrupted).await.len(), read(&mut resumed).await.len()), (1, 1));
    assert_eq!(read(&mut gifts).await.iter().map(|gift| gift.purchased_by.as_str()).collect::<Vec<_>>(), ["gus"]);
}

#[tokio::test(start_paused = true)]
async fn newest_snapshot_is_there_and_its_change_can_be_awaited() {
    let sim = Sim::running(1);
    let mut feed = feed(&sim);
    assert!(feed.snapshot().is_none());
    let mut events = feed.events();
    let reading = tokio::spawn(async move { while events.next().await.is_some() {} });
    let first = feed.changed().await.unwrap();
    let second = feed.changed().await.unwrap();
    assert_eq!((second.now() - first.now()).whole_seconds(), 10);
    assert_eq!(feed.snapshot().map(|snapshot| snapshot.now()), Some(second.now()));
    // A failed poll changes nothing.
    sim.fail_next(502);
    assert!(timeout(Duration::from_secs(12), feed.changed()).await.is_err());
    let other = feed.clone();
    other.shutdown().await;
    while feed.changed().await.is_some() {}
    reading.await.unwrap();
}

#[test]
fn runtime_that_is_shut_down_ends_the_feed_and_not_the_memory() {
    let start = || Builder::new_current_thread().enable_time().build().unwrap();
    let (sim, runtime) = (Sim::new(1), start());
    let feed = feed(&sim);
    let mut events = feed.events();
    assert_eq!(runtime.block_on(events.next()), Some(Event::Ready));
    drop(runtime);
    let runtime = start();
    assert_eq!(runtime.block_on(events.next()), None);
    assert_eq!(runtime.block_on(feed.closed()).unwrap_err().kind(), ErrorKind::Transport);
    assert!(runtime.block_on(feed.shutdown()).is_some());
}

#[test]
fn feed_that_is_read_outside_of_any_runtime_ends_with_a_word() {
    let feed = feed(&Sim::new(1));
    assert_eq!(futures::executor::block_on(feed.events().next()), None);
    assert_eq!(futures::executor::block_on(feed.closed()).unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn readers_and_watchers_of_many_accounts_share_a_select() {
    let sims: Vec<Sim> = (0..20).map(Sim::running).collect();
    let feeds = select_all(sims.iter().map(|sim| feed(sim).events()));
    assert_eq!(feeds.take(20).filter(|event| std::future::ready(*event == Event::Ready)).count().await, 20);
    let watchers = select_all(sims.iter().map(|sim| builder(sim.clone()).build()));
    assert_eq!(watchers.take(20).filter(|event| std::future::ready(matches!(event, Ok(Event::Ready)))).count().await, 20);
}

#[tokio::test(start_paused = true)]
async fn memory_of_a_feed_whose_readers_keep_up_is_that_of_the_watcher() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    for poll in 0..15 {
        (0..40).for_each(|nth| sim.message(&stream, "ada", &format!("{poll} {nth}")));
        assert_eq!(read(&mut events).await.len(), 40);
    }
    // One is left, so that the checkpoint is not simply all that is known.
    (0..2).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    events.next().await.unwrap();
    let checkpoint: serde_json::Value = serde_json::from_str(&feed.shutdown().await.unwrap().to_json()).unwrap();
    let seen = &checkpoint["memory"]["livestreams"]["known"][stream.as_str()]["messages"]["seen"];
    assert!((1..=200).contains(&seen.as_array().unwrap().len()));
}

#[tokio::test(start_paused = true)]
async fn reader_that_is_always_one_behind_holds_back_nothing_else() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    sim.message(&stream, "ada", "one ahead");
    for poll in 0..100 {
        sim.message(&stream, "ada", &poll.to_string());
        events.next().await.unwrap();
        tokio::time::sleep(Duration::from_secs(11)).await;
    }
    let before = sim.now();
    let checkpoint = feed.shutdown().await.unwrap();
    sim.end_stream(&stream);
    let mut watcher = builder(sim.clone()).resume(checkpoint).build();
    let last_seen = loop {
        if let Event::StreamEnded(ended) = watcher.next().await.unwrap().unwrap() {
            break ended.last_seen;
        }
    };
    assert!((0..60).contains(&(before - last_seen).whole_seconds()), "{before} {last_seen}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_reader_that_ends_with_the_feed_is_told_again() {
    let sim = Sim::running(1);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut messages = feed.messages();
    let handler = tokio::spawn(async move {
        let mut got = Vec::new();
        while let Some(message) = messages.next().await {
            got.push(message.text);
            tokio::task::yield_now().await;
        }
        got
    });
    (0..3).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    for _ in 0..3 {
        events.next().await.unwrap();
    }
    let other = feed.clone();
    let checkpoint = feed.shutdown().await.unwrap();
    let mut got = handler.await.unwrap();
    assert_eq!(other.shutdown().await.as_ref(), Some(&checkpoint));
    let feed = builder(sim.clone()).resume(checkpoint).build().spawn();
    got.extend(read(&mut feed.messages()).await.into_iter().map(|message| message.text));
    assert_eq!(got, ["0", "1", "2"]);
}

#[test]
fn feed_that_is_first_read_in_a_runtime_that_is_gone_ends() {
    let (done, finished) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _guard = handle.enter();
        let first = futures::executor::block_on(feed(&Sim::new(1)).events().next());
        done.send(first).unwrap();
    });
    assert_eq!(finished.recv_timeout(Duration::from_secs(20)), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn reader_that_lagged_gets_nothing_after_a_shutdown() {
    let sim = Sim::running(1);
    sim.set_window(700);
    let feed = feed(&sim);
    let (stream, mut events) = on_air(&sim, &feed).await;
    let mut brisk = feed.messages();
    (0..600).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    read(&mut brisk).await;
    feed.shutdown().await.unwrap();
    assert_eq!(events.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn feed_of_a_watcher_that_has_a_snapshot_has_it_as_a_change() {
    let sim = Sim::running(1);
    let mut watcher = builder(sim).build();
    watcher.next().await.unwrap().unwrap();
    let mut feed = watcher.spawn();
    assert!(feed.snapshot().is_some());
    assert!(timeout(Duration::from_secs(1), feed.changed()).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn shutdown_ends_the_request_in_flight_while_others_still_hold_the_feed() {
    let aborted = Arc::new(AtomicBool::new(false));
    let feed = builder(Silent(Arc::clone(&aborted))).build().spawn();
    let mut events = feed.events();
    assert!(timeout(Duration::from_secs(1), events.next()).await.is_err());
    feed.shutdown().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(aborted.load(Ordering::Relaxed));
}

/// What happens between a start and a restart.
#[derive(Clone, Copy, Debug)]
enum Act {
    Write(u8),
    Rant,
    Follow,
    /// Time passes for a poll.
    Poll,
    /// One of the readers takes that many.
    Read(usize, u8),
    /// The connection to the live chat breaks.
    Cut,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (1..6_u8).prop_map(Act::Write),
        Just(Act::Rant),
        Just(Act::Follow),
        Just(Act::Poll),
        ((0..2_usize), (1..12_u8)).prop_map(|(reader, count)| Act::Read(reader, count)),
        Just(Act::Cut),
    ]
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn restart_tells_each_reader_all_that_it_had_not_taken_and_nothing_that_all_had(lives in vec((any::<bool>(), vec(act(), 1..20)), 1..4)) {
        restarts(lives, false)?;
    }

    #[test]
    fn restart_of_a_feed_with_live_chat_tells_each_reader_all_that_it_had_not_taken_and_nothing_that_all_had(
        lives in vec((any::<bool>(), vec(act(), 1..20)), 1..4),
    ) {
        restarts(lives, true)?;
    }
}

fn restarts(lives: Vec<(bool, Vec<Act>)>, live_chat: bool) -> Result<(), TestCaseError> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(restarted(lives, live_chat))
}

/// Runs them with a restart after each, and compares what two readers of all events got with what happened. Some are killed: they save a
/// checkpoint and end without another word.
async fn restarted(mut lives: Vec<(bool, Vec<Act>)>, live_chat: bool) -> Result<(), TestCaseError> {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let builder = || builder(sim.clone()).live_chat(live_chat);
    let mut feed = builder().build().spawn();
    prop_assert_eq!(feed.events().next().await, Some(Event::Ready));
    sim.advance(Duration::from_secs(1));
    lives.push((false, vec![Act::Read(0, 255), Act::Read(1, 255)]));
    let mut got: [HashSet<EventId>; 2] = Default::default();
    // What both readers of one life had taken must not come again, to either.
    let mut had = HashSet::new();
    for (is_killed, acts) in lives {
        let mut readers = [feed.events(), feed.events()];
        let mut got_now: [HashSet<EventId>; 2] = Default::default();
        for act in acts {
            match act {
                Act::Write(count) => (0..count).for_each(|nth| sim.message(&stream, "ada", &nth.to_string())),
                Act::Rant => sim.rant(&stream, "ada", "paid", 500),
                Act::Follow => sim.follow("ada"),
                Act::Poll => tokio::time::sleep(Duration::from_secs(11)).await,
                Act::Cut => sim.cut_chat(0),
                Act::Read(reader, count) => {
                    for id in ids(&mut readers[reader], count).await {
                        prop_assert!(!had.contains(&id), "{id} was taken by both");
                        prop_assert!(got_now[reader].insert(id.clone()), "{id} came twice");
                    }
                }
            }
        }
        had.extend(got_now[0].intersection(&got_now[1]).cloned());
        got.iter_mut().zip(got_now).for_each(|(got, now)| got.extend(now));
        let saved = feed.checkpoint();
        let checkpoint = if is_killed { saved } else { feed.shutdown().await };
        feed = builder().resume(checkpoint.unwrap()).build().spawn();
    }
    prop_assert_eq!(&got[0], &got[1]);
    // All windows are larger than what happens, so nothing may be missing.
    let happened = sim.history().iter().filter(|happened| !matches!(happened.what, What::StreamStarted { .. })).count();
    prop_assert_eq!(happened, got[0].len());
    Ok(())
}

/// The ids of so many events, or of those that come within a poll.
async fn ids(reader: &mut Reader<Event>, count: u8) -> Vec<EventId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        let Ok(Some(event)) = timeout(Duration::from_secs(11), reader.next()).await else { break };
        ids.extend(event.id());
    }
    ids
}
