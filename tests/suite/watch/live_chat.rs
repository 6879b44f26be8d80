//! One stream of events from polls and live chat.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use futures::{StreamExt as _, stream};
use rumble_live::{
    BoxFuture, Bytes, Client, Error, ErrorKind, Event, Request, Response, Transport,
    http::StatusCode,
    sim::{Activity, Sim},
};
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout};

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
