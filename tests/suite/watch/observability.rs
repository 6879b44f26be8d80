//! What a watcher tells `tracing`: names, levels and fields as the crate page lists them.

use std::time::Duration;

use futures::{
    FutureExt,
    future::{BoxFuture, ready},
};
use rumble_live::{
    Client, Error, ErrorKind, Event, Request, Response, Transport, Watcher,
    chat::{Chat, ChatEvent},
    sim::Sim,
};
use tokio::time::timeout;
use tracing::Level;

use crate::{
    answer::{at, follower},
    ear::{Ear, names},
    server::{ENVELOPE, closed_port, event, hasty, response},
};

fn watch(sim: &Sim) -> Watcher {
    let client = Client::builder("http://127.0.0.1/").transport(sim.clone()).build().unwrap();
    client.watch_builder().interval(Duration::from_secs(10)).build()
}

/// The first event of that kind.
async fn until(watcher: &mut Watcher, kind: &str) {
    for _ in 0..100 {
        let event = timeout(Duration::from_secs(3600), watcher.next()).await.unwrap().unwrap().unwrap();
        if event.kind() == kind {
            return;
        }
    }
    panic!("no {kind} came");
}

#[tokio::test(start_paused = true)]
async fn finished_poll_is_told_with_its_number_duration_size_and_new_entries() {
    let (sim, ear) = (Sim::running(1), Ear::default());
    let _guard = ear.listen();
    let mut watcher = watch(&sim);
    until(&mut watcher, "ready").await;
    sim.advance(Duration::from_secs(1));
    let stream = sim.start_stream("Harbour lights");
    sim.follow("ada");
    sim.rant(&stream, "ada", "hi", 500);
    let body = sim.snapshot_json();
    until(&mut watcher, "rant").await;

    let told = ear.take();
    assert_eq!(names(&told), ["poll_finished"; 2]);
    let (level, _, fields) = &told[1];
    assert_eq!(*level, Level::DEBUG);
    assert_eq!(fields.keys().copied().collect::<Vec<_>>(), ["bytes", "duration_seconds", "message", "new", "poll", "waited_seconds"]);
    assert_eq!((fields["poll"].as_str(), fields["new"].as_str()), ("2", "2"));
    // The clock in the body has moved since it was looked at; its length has not.
    assert_eq!(fields["bytes"], body.len().to_string());
    assert_eq!(fields["duration_seconds"], "0.0");
    assert_eq!(fields["message"], "poll finished");
}

#[tokio::test(start_paused = true)]
async fn outage_is_told_when_it_begins_and_ends_and_each_failure_in_between_for_debugging() {
    let (sim, ear) = (Sim::running(1), Ear::default());
    let mut watcher = watch(&sim);
    until(&mut watcher, "ready").await;
    let _guard = ear.listen();
    sim.fail_next(502);
    sim.fail_next(502);
    until(&mut watcher, "resumed").await;

    let told = ear.take();
    assert_eq!(names(&told), ["poll_failed", "outage_begun", "poll_failed", "outage_ended", "poll_finished"]);
    let levels: Vec<Level> = told.iter().map(|(level, ..)| *level).collect();
    assert_eq!(levels, [Level::DEBUG, Level::WARN, Level::DEBUG, Level::INFO, Level::DEBUG]);
    let (.., failed) = &told[2];
    assert_eq!((failed["poll"].as_str(), failed["kind"].as_str(), failed["failures"].as_str()), ("3", "server", "2"));
    let (.., begun) = &told[1];
    assert_eq!(begun["kind"], "server");
    assert!(begun["error"].contains("502"), "{begun:?}");
    assert!((10.0..=15.0).contains(&begun["retry_in_seconds"].parse().unwrap()), "{begun:?}");
    let (.., ended) = &told[3];
    assert_eq!(ended["failures"], "2");
    assert!((20.0..=35.1).contains(&ended["away_seconds"].parse().unwrap()), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn gap_is_told_with_its_list_and_bounds() {
    let (sim, ear) = (Sim::running(1), Ear::default());
    sim.set_window(10);
    let stream = sim.start_stream("Harbour lights");
    sim.message(&stream, "ada", "first");
    let mut watcher = watch(&sim);
    until(&mut watcher, "ready").await;
    let _guard = ear.listen();
    sim.advance(Duration::from_secs(60));
    (0..12).for_each(|nth| sim.message(&stream, "ada", &nth.to_string()));
    until(&mut watcher, "gap").await;

    let told = ear.take();
    assert_eq!(names(&told), ["poll_finished", "gap"]);
    let (level, _, gap) = &told[1];
    assert_eq!(*level, Level::WARN);
    let bounds = ["list", "stream", "since", "until"].map(|name| gap[name].as_str());
    assert_eq!(bounds, ["messages", stream.as_str(), "2026-01-02T03:00:00Z", "2026-01-02T03:01:00Z"]);
}

#[tokio::test(start_paused = true)]
async fn unreadable_items_are_told_once_until_their_number_changes() {
    let (sim, ear) = (Sim::running(1), Ear::default());
    let _guard = ear.listen();
    let broken = |second, count| {
        let list = std::iter::repeat_n(serde_json::json!(17), count).chain([follower("ada", second)]);
        at(second).followers(list.collect::<Vec<_>>()).body()
    };
    for (second, count) in [(1, 2), (2, 2), (3, 1), (4, 0)] {
        sim.answer_next(Response::ok(broken(second, count).into_bytes()));
    }
    sim.fail_next(502);
    until(&mut watch(&sim), "interrupted").await;

    let told = ear.take();
    let skipped: Vec<(Level, &str)> = told
        .iter()
        .filter(|(_, name, _)| *name == "items_skipped")
        .map(|(level, _, fields)| (*level, fields["skipped"].as_str()))
        .collect();
    assert_eq!(skipped, [(Level::WARN, "2"), (Level::WARN, "1"), (Level::WARN, "0")]);
}

#[tokio::test]
async fn end_of_a_watcher_is_told_with_its_error() {
    let ear = Ear::default();
    let _guard = ear.listen();
    let sim = Sim::new(1);
    sim.answer_next(response(403, ENVELOPE));
    let error = watch(&sim).next().await.unwrap().unwrap_err();

    let told = ear.take();
    let (level, name, fields) = &told[0];
    assert_eq!((told.len(), *level, *name), (1, Level::ERROR, "watch_ended"));
    assert_eq!((fields["kind"].as_str(), fields["error"].as_str()), ("unauthorized", error.to_string().as_str()));
}

#[tokio::test(start_paused = true)]
async fn chat_tells_of_its_connections_gaps_and_end() {
    let (sim, ear) = (Sim::running(1), Ear::default());
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/").transport(sim.clone()).build().unwrap();
    let _guard = ear.listen();
    let mut chat = client.chat(&stream);
    assert!(chat.next().await.unwrap().is_ok());
    sim.cut_chat(0);
    sim.message(&stream, "ada", "hi");
    let event = async |chat: &mut Chat| chat.next().await.unwrap().unwrap();
    while !matches!(event(&mut chat).await, ChatEvent::Message(_)) {}
    sim.end_stream(&stream);
    while !matches!(event(&mut chat).await, ChatEvent::Closed) {}

    let told = ear.take();
    let levels_and_names: Vec<_> = told.iter().map(|(level, name, _)| (*level, *name)).collect();
    let failed = (Level::DEBUG, "chat_failed");
    let expected = [
        (Level::DEBUG, "chat_opened"),
        failed,
        (Level::WARN, "chat_outage_begun"),
        (Level::DEBUG, "chat_opened"),
        (Level::INFO, "chat_outage_ended"),
        (Level::WARN, "chat_gap"),
        failed,
        (Level::WARN, "chat_outage_begun"),
        failed,
        failed,
        (Level::INFO, "chat_closed"),
    ];
    assert_eq!(levels_and_names, expected);
    assert!(told.iter().all(|(_, _, fields)| fields["stream"] == stream.as_str()), "{told:?}");
    assert_eq!((told[2].2["kind"].as_str(), told[4].2["failures"].as_str()), ("transport", "1"));

    assert!(client.chat("no id").next().await.unwrap().is_err());
    let told = ear.take();
    assert_eq!((told.len(), told[0].0, told[0].1, told[0].2["kind"].as_str()), (1, Level::ERROR, "chat_ended", "config"));
}

/// Fails with a cause that has a cause.
struct Broken;

impl Transport for Broken {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let refused = std::io::Error::other(Error::new(ErrorKind::Transport, "nobody listens at the port"));
        ready(Err(Error::new(ErrorKind::Connect, refused))).boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn interruption_and_outage_are_told_with_all_their_causes() {
    let ear = Ear::default();
    let _guard = ear.listen();
    let mut watcher = Client::builder("http://127.0.0.1/").transport(Broken).build().unwrap().watch();
    let Some(Ok(Event::Interrupted(trouble))) = watcher.next().await else { panic!("no interruption") };
    let causes = ["no connection to the server", "the connection broke", "nobody listens at the port"];
    assert!(causes.iter().all(|cause| trouble.message.matches(cause).count() == 1), "{}", trouble.message);
    let told = ear.take();
    let (.., begun) = told.iter().find(|(_, name, _)| *name == "outage_begun").unwrap();
    assert_eq!(begun["error"], trouble.message);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn refused_port_is_told_apart_from_other_trouble() {
    let (_socket, url) = closed_port();
    let Event::Interrupted(trouble) = event(&mut hasty(&Client::new(url).unwrap())).await else { panic!("no interruption") };
    assert!(trouble.message.contains("refused"), "{}", trouble.message);
}

#[tokio::test(start_paused = true)]
async fn name_of_a_watcher_stands_in_all_that_it_tells() {
    let ear = Ear::default();
    let _guard = ear.listen();
    let sim = Sim::running(1);
    let client = Client::builder("http://127.0.0.1/").transport(sim.clone()).build().unwrap();
    let mut watcher = client.watch_builder().name("harbour").build();
    event(&mut watcher).await;
    sim.fail_next(502);
    sim.answer_next(Response::ok(b"{\"now\": 1, \"user_id\": \"other\"}".to_vec()));
    until(&mut watcher, "resumed").await;
    let told = ear.take();
    assert!(names(&told).contains(&"outage_begun") && names(&told).contains(&"outage_ended"), "{told:?}");
    assert!(told.iter().all(|(_, _, fields)| fields.get("watcher").is_some_and(|name| name == "harbour")), "{told:?}");
}
