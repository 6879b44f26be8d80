//! One stream of events from polls and live chat.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use futures::{StreamExt as _, stream};
use rumble_live::{
    BoxFuture, Bytes, Client, Error, ErrorKind, Event, Request, Response, Transport,
    http::StatusCode,
    sim::{Activity, Sim},
};
use serde_json::Value;
use tokio::{
    runtime::Builder,
    task::yield_now,
    time::{Instant, sleep_until, timeout},
};

use crate::{
    server::within,
    watch::{
        during,
        process::{Bot, Process},
    },
};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/fixtures");

fn lines(name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(format!("{FIXTURES}/{name}")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What was recorded of both sources, played back at the same times.
struct Recording {
    start: Instant,
    polls: Mutex<std::vec::IntoIter<Value>>,
    connections: Mutex<std::vec::IntoIter<Vec<Value>>>,
}

fn due(start: Instant, record: &Value) -> Instant {
    start + Duration::from_millis(record["t_ms"].as_u64().unwrap())
}

impl Recording {
    fn new(name: &str) -> Self {
        let mut connections: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for record in lines(&format!("{name}-sse.jsonl")) {
            connections.entry(record["conn"].as_u64().unwrap()).or_default().push(record);
        }
        Self {
            start: Instant::now(),
            polls: Mutex::new(lines(&format!("{name}-polled.jsonl")).into_iter()),
            connections: Mutex::new(connections.into_values().collect::<Vec<_>>().into_iter()),
        }
    }
}

impl Transport for Recording {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let start = self.start;
        let is_chat = request.url.expose().contains("/chat/");
        let poll = || self.polls.lock().unwrap().next().map(|record| vec![record]);
        let records = if is_chat { self.connections.lock().unwrap().next() } else { poll() };
        Box::pin(async move {
            let Some(records) = records else { return std::future::pending().await };
            let mut records = records.into_iter();
            let head = records.next().unwrap();
            sleep_until(due(start, &head)).await;
            if head["error"].is_string() {
                return Err(Error::new(ErrorKind::Connect, "recorded"));
            }
            let status = StatusCode::from_u16(u16::try_from(head["status"].as_u64().unwrap()).unwrap()).unwrap();
            if !is_chat {
                return Ok(Response::new(status, head["body"].to_string()));
            }
            if status != 200 {
                return Ok(Response::new(status, head["body"].as_str().unwrap_or_default().to_owned()));
            }
            let body = stream::iter(records).then(move |record| async move {
                sleep_until(due(start, &record)).await;
                match (&record["text"], &record["b64"], &record["end"]) {
                    (Value::String(text), ..) => Ok(Bytes::from(text.clone())),
                    (_, Value::String(_), _) => Ok(Bytes::new()),
                    (_, _, Value::String(end)) if end == "eof" => Ok(Bytes::new()),
                    _ => Err(Error::new(ErrorKind::Transport, "recorded")),
                }
            });
            let forever = stream::pending();
            let is_last = self.connections.lock().unwrap().len() == 0;
            let body = if is_last { body.chain(forever).boxed() } else { body.boxed() };
            Ok(Response::new(status, rumble_live::Body::stream(body)))
        })
    }
}

/// Plays a recording and compares what was told with what is due.
async fn play(name: &str) {
    let truth: Value = serde_json::from_str(&std::fs::read_to_string(format!("{FIXTURES}/{name}-truth.json")).unwrap()).unwrap();
    let client = Client::builder("http://127.0.0.1/?key=any").transport(Recording::new(name)).build().unwrap();
    let mut watcher = client.watch_builder().interval(Duration::from_secs(10)).live_chat(true).build();
    let mut told: BTreeMap<(i64, String), Vec<Event>> = BTreeMap::new();
    let (mut others, mut gifts) = (Vec::new(), Vec::new());
    let end = Instant::now() + Duration::from_secs(300);
    while let Ok(event) = tokio::time::timeout_at(end, watcher.next()).await {
        let event = event.unwrap().unwrap();
        match (event.at(), event.text()) {
            (Some(at), Some(text)) => told.entry((at.unix_timestamp(), text.trim().to_owned())).or_default().push(event),
            _ if matches!(event, Event::GiftedSubs(_)) => gifts.extend(event.username().map(ToOwned::to_owned)),
            _ => others.push(event),
        }
    }
    let mut wrong = Vec::new();
    let mut due: BTreeMap<(i64, String), (usize, usize)> = BTreeMap::new();
    for message in truth["messages"].as_array().unwrap() {
        let at = time::OffsetDateTime::parse(message["time"].as_str().unwrap(), &time::format_description::well_known::Rfc3339).unwrap();
        let (least, most) = match message["expect"].as_str().unwrap() {
            "once" => (1, 1),
            "at_most_once" => (0, 1),
            _ => (0, 0),
        };
        if message["kind"] == "gift_notice" && (least, most) == (1, 1) {
            let giver = message["username"].as_str().unwrap();
            assert_eq!(gifts.iter().filter(|name| *name == giver).count(), 1, "gift of {giver}: {gifts:?}");
            continue;
        }
        let key = (at.unix_timestamp(), message["text"].as_str().unwrap().trim().to_owned());
        let due = due.entry(key).or_default();
        *due = (due.0 + least, due.1 + most);
    }
    for (key, (least, most)) in &due {
        let count = told.remove(key).map_or(0, |events| events.len());
        if count < *least || count > *most {
            wrong.push(format!("{key:?} came {count} times instead of {least} to {most}"));
        }
    }
    wrong.extend(told.into_keys().map(|key| format!("{key:?} was never said")));
    assert!(wrong.is_empty(), "{wrong:#?}\n{others:#?}");
    assert!(!others.iter().any(|event| matches!(event, Event::Gap(_))), "{others:#?}");
}

#[tokio::test(start_paused = true)]
async fn recorded_evening_is_told_once_each_line() {
    play("merge-a").await;
}

async fn lines_of(watcher: &mut rumble_live::Watcher, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let event = timeout(Duration::from_secs(60), watcher.next()).await.expect("an event").unwrap().unwrap();
        if let Event::Message(_) | Event::Rant(_) | Event::Gap(_) = event {
            lines.push(event.to_string());
        }
    }
    lines
}

#[tokio::test(start_paused = true)]
async fn line_of_the_live_chat_comes_at_once_and_the_poll_does_not_repeat_it() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let mut watcher = client.watch_builder().live_chat(true).build();
    assert_eq!(watcher.next().await.unwrap().unwrap(), Event::Ready);
    assert!(matches!(watcher.next().await.unwrap().unwrap(), Event::StreamStarted(_)));
    assert!(timeout(Duration::from_secs(1), watcher.next()).await.is_err());
    let before = Instant::now();
    sim.message(&stream, "ada", "hi");
    let event = watcher.next().await.unwrap().unwrap();
    assert!(before.elapsed() < Duration::from_secs(1));
    let Event::Message(message) = &event else { panic!("{event}") };
    assert_eq!((message.username.as_str(), message.text.as_str()), ("ada", "hi"));
    assert!(message.message_id.is_some() && message.author.as_ref().is_some_and(|author| author.name == "ada"));
    assert!(timeout(Duration::from_secs(60), watcher.next()).await.is_err(), "each line once");
    sim.message(&stream, "ada", "hi");
    sim.message(&stream, "ada", "hi");
    assert_eq!(lines_of(&mut watcher, 2).await, [format!("[{stream}] ada: hi"), format!("[{stream}] ada: hi")]);
    assert!(timeout(Duration::from_secs(60), watcher.next()).await.is_err(), "each line once");
}

#[tokio::test(start_paused = true)]
async fn two_who_pay_the_same_with_the_same_words_in_one_second_are_told_once_each() {
    let sim = Sim::running(1);
    sim.set_window(1);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let mut watcher = client.watch_builder().live_chat(true).build();
    assert_eq!(watcher.next().await.unwrap().unwrap(), Event::Ready);
    during(&mut watcher, 1).await;
    // So late that the poll, which shows only the last of them, is ahead of the chat.
    sim.chat_lag(Duration::from_secs(25));
    for name in ["ada", "grace"] {
        sim.rant(&stream, name, "", 200);
    }
    let events = during(&mut watcher, 60).await;
    let told: Vec<_> = events.iter().filter(|event| matches!(event, Event::Rant(_))).filter_map(Event::username).collect();
    assert_eq!(told, ["grace", "ada"], "{events:?}");
}

/// The ids of all messages and rants.
fn ids(told: &[Event]) -> Vec<String> {
    let lines = told.iter().filter(|event| matches!(event, Event::Message(_) | Event::Rant(_)));
    let mut ids: Vec<_> = lines.map(|event| event.id().unwrap().to_string()).collect();
    ids.sort();
    ids
}

/// A minute of two people who say much the same, as a watcher with live chat tells it and as one without does. Now and then the connection breaks
/// and the first one is restarted.
async fn heard_with_and_without_live_chat(seed: u64) -> [Vec<Event>; 2] {
    let mut dice = fastrand::Rng::with_seed(seed);
    // The jitter of what is made anew follows from it too.
    fastrand::seed(seed);
    let sim = Sim::running(seed);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    sim.chat_lag(Duration::from_secs([0, 0, 1, 6][dice.usize(..4)]));
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let (mut with, mut without) = (client.watch_builder().live_chat(true).build(), client.watch());
    let mut told: [Vec<Event>; 2] = Default::default();
    for _ in 0..60 {
        if dice.u8(..20) == 0 {
            sim.cut_chat(dice.usize(0..1000));
        }
        if dice.u8(..20) == 0 {
            with = client.watch_builder().live_chat(true).resume(with.checkpoint()).build();
        }
        for _ in 0..dice.u8(..4) {
            let (name, text) = (["ada", "bob"][dice.usize(..2)], ["hi", "lol", "gg"][dice.usize(..3)]);
            match dice.u8(..8) {
                0 => sim.rant(&stream, name, &format!("for the boat, {text}"), 500),
                _ => sim.message(&stream, name, text),
            }
        }
        let (one, other) = tokio::join!(during(&mut with, 1), during(&mut without, 1));
        told[0].extend(one);
        told[1].extend(other);
    }
    let (one, other) = tokio::join!(during(&mut with, 60), during(&mut without, 60));
    told[0].extend(one);
    told[1].extend(other);
    told
}

#[test]
fn ids_are_the_same_with_and_without_live_chat_wherever_name_text_and_second_agree() {
    for seed in 0..40 {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let [with, without] = runtime.block_on(heard_with_and_without_live_chat(seed));
        assert!(with.iter().any(|event| matches!(event, Event::Message(message) if message.message_id.is_some())));
        assert_eq!(ids(&with), ids(&without), "seed {seed}");
    }
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn process_with_live_chat_gives_the_same_ids_as_one_without() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    let server = sim.serve().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut processes = [true, false].map(|live_chat| {
        let checkpoint = folder.path().join(format!("{live_chat}.json"));
        Process::start(Bot::Watcher, server.url(), &checkpoint, live_chat)
    });
    // Ready, and the livestream.
    for process in &mut processes {
        hears_lines(process, 2).await;
    }
    within(async {
        while sim.open_chats() == 0 {
            yield_now().await;
        }
    })
    .await;
    for second in 0..10 {
        sim.advance(Duration::from_secs(1));
        for (name, text) in [("ada", "hi"), ("ada", "hi"), ("bob", "keep it lit & <3"), ("Zoë 🎣", "¡hola!")] {
            sim.message(&stream, name, text);
        }
        sim.rant(&stream, "ada", &format!("for the boat {second}"), 500);
    }
    let mut told = Vec::new();
    for mut process in processes {
        hears_lines(&mut process, 52).await;
        told.push(process.kill().await);
    }
    let has_heard = |event: &Event| matches!(event, Event::Message(message) if message.message_id.is_some());
    assert!(told[0].iter().any(has_heard) && !told[1].iter().any(has_heard));
    assert_eq!(ids(&told[0]).len(), 50);
    assert_eq!(ids(&told[0]), ids(&told[1]));
}

/// Waits until a process has told so much.
async fn hears_lines(process: &mut Process, lines: usize) {
    within(async {
        while process.heard.len() < lines {
            assert!(process.hears(Duration::from_secs(20)).await);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn line_of_the_live_chat_keeps_its_second_after_a_restart_amid_an_outage() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    sim.set_window(80);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let builder = || client.watch_builder().interval(Duration::from_secs(1)).live_chat(true);
    let mut watcher = builder().build();
    during(&mut watcher, 2).await;
    // Both stamp alike, and that is known.
    for number in 0..10 {
        sim.message(&stream, "cy", &format!("line {number}"));
        assert_eq!(during(&mut watcher, 2).await.len(), 1);
    }
    sim.fail_chat_for(Duration::from_secs(8), 502);
    sim.cut_chat(0);
    during(&mut watcher, 1).await;
    sim.message(&stream, "ada", "gg");
    (0..10).for_each(|number| sim.message(&stream, "bob", &number.to_string()));
    during(&mut watcher, 2).await;
    sim.message(&stream, "ada", "gg");
    (0..28).for_each(|number| sim.message(&stream, "bob", &number.to_string()));
    assert_eq!(during(&mut watcher, 3).await, []);
    let mut watcher = builder().resume(watcher.checkpoint()).build();
    let told = during(&mut watcher, 120).await;
    let seconds: Vec<_> = told.iter().filter(|event| event.username() == Some("ada")).map(|event| event.at().unwrap().second()).collect();
    assert_eq!(seconds, [23, 25]);
}

#[tokio::test(start_paused = true)]
async fn rant_that_was_held_at_a_restart_is_told_after_more_rants_than_a_checkpoint_keeps() {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    sim.set_window(80);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    let builder = || client.watch_builder().interval(Duration::from_secs(1)).live_chat(true);
    let mut watcher = builder().build();
    during(&mut watcher, 2).await;
    sim.forget_in_chat(1);
    sim.rant(&stream, "ada", "only polls show it", 500);
    (0..40).for_each(|number| sim.rant(&stream, "bo", &number.to_string(), 500));
    assert_eq!(during(&mut watcher, 3).await.len(), 40);
    let mut watcher = builder().resume(watcher.checkpoint()).build();
    let told = during(&mut watcher, 120).await;
    let texts: Vec<_> = told.iter().filter_map(Event::text).collect();
    assert_eq!(texts, ["only polls show it"]);
}
