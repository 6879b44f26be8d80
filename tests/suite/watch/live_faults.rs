//! A watcher with live chat where something is odd: clocks, stamps, records, and a bot that is slow.

use std::{slice::from_ref, time::Duration};

use futures::{Stream, StreamExt as _, stream};
use rumble_live::{
    Body, Bytes, Client, Error, ErrorKind, Event, ListKind, Response, StreamId, Watcher,
    http::StatusCode,
    sim::{Activity, Sim},
};
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{
    task::yield_now,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::watch::during;

fn on_air() -> (Sim, StreamId, Client) {
    let sim = Sim::running(1);
    sim.live(Activity::NONE);
    let stream = sim.start_stream("Harbour lights");
    let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
    (sim, stream, client)
}

fn watch(client: &Client, live_chat: bool) -> Watcher {
    client.watch_builder().interval(Duration::from_secs(5)).live_chat(live_chat).build()
}

fn texts_of<'a>(told: &'a [Event], username: &str) -> Vec<&'a str> {
    told.iter().filter(|event| event.username() == Some(username)).filter_map(Event::text).collect()
}

async fn told_after_a_step_back(live_chat: bool) -> usize {
    let (sim, stream, client) = on_air();
    let mut watcher = watch(&client, live_chat);
    during(&mut watcher, 2).await;
    for number in 0..60 {
        sim.message(&stream, "cy", &format!("line {number}"));
        during(&mut watcher, 2).await;
    }
    sim.fail_chat_for(Duration::from_secs(600), 502);
    sim.cut_chat(0);
    sim.set_clock_back(Duration::from_secs(100));
    sim.message(&stream, "cy", "cut");
    let mut told = during(&mut watcher, 10).await;
    for number in 0..4 {
        sim.message(&stream, "ada", &number.to_string());
        told.extend(during(&mut watcher, 10).await);
    }
    told.extend(during(&mut watcher, 60).await);
    texts_of(&told, "ada").len()
}

#[tokio::test(start_paused = true)]
async fn seconds_that_come_again_after_the_clock_was_set_back_are_told_though_the_live_chat_had_shown_them() {
    assert_eq!((told_after_a_step_back(false).await, told_after_a_step_back(true).await), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn rant_that_is_stamped_a_day_ahead_silences_no_later_one() {
    let (sim, stream, client) = on_air();
    let mut watcher = watch(&client, true);
    during(&mut watcher, 2).await;
    sim.rant_at(&stream, "eve", "from tomorrow", 500, sim.now() + time::Duration::days(1));
    let mut told = during(&mut watcher, 2).await.len();
    // More than are remembered.
    for number in 0..110 {
        sim.rant(&stream, "cy", &format!("one {number}"), 500);
        sim.rant(&stream, "cy", &format!("two {number}"), 500);
        told += during(&mut watcher, 1).await.len();
    }
    assert_eq!(told, 221);
    sim.forget_in_chat(1);
    sim.rant(&stream, "ada", "only polls show it", 500);
    let mut told = Vec::new();
    for number in 0..30 {
        sim.rant(&stream, "cy", &format!("three {number}"), 500);
        told.extend(during(&mut watcher, 1).await);
    }
    assert_eq!(texts_of(&told, "ada"), ["only polls show it"]);
}

#[tokio::test(start_paused = true)]
async fn message_that_is_stamped_a_day_ahead_silences_no_line_of_a_later_backlog() {
    let (sim, stream, client) = on_air();
    let mut watcher = watch(&client, true);
    during(&mut watcher, 2).await;
    sim.message_at(&stream, "eve", "from tomorrow", sim.now() + time::Duration::days(1));
    let mut told = during(&mut watcher, 2).await.len();
    for number in 0..110 {
        (0..20).for_each(|of| sim.message(&stream, "cy", &format!("{number} {of}")));
        told += during(&mut watcher, 1).await.len();
    }
    assert_eq!(told, 2201);
    sim.fail_chat_for(Duration::from_secs(3), 502);
    sim.cut_chat(0);
    sim.message(&stream, "cy", "cut");
    during(&mut watcher, 1).await;
    sim.forget_in_polls(1);
    sim.message(&stream, "ada", "only the chat shows it");
    assert_eq!(texts_of(&during(&mut watcher, 60).await, "ada"), ["only the chat shows it"]);
}

/// The records of a chat in which ada says things, each so many seconds after the start of the account.
struct Script {
    start: OffsetDateTime,
    began: Instant,
}

impl Script {
    /// A message; one without a `time` cannot be read.
    fn message(&self, id: u32, second: i64, text: &str, time: &str) -> String {
        let at = (self.start + time::Duration::seconds(second)).format(&Rfc3339).unwrap();
        format!(r#"{{"id":"{id}","{time}":"{at}","user_id":"7","text":"{text}"}}"#)
    }

    fn record(kind: &str, messages: &[String]) -> String {
        let messages = messages.join(",");
        let users = r#"[{"id":"7","username":"ada"}]"#;
        format!("data: {{\"type\":\"{kind}\",\"data\":{{\"messages\":[{messages}],\"users\":{users},\"channels\":[]}}}}\n\n")
    }

    /// The records, each at its second.
    fn play(&self, records: Vec<(u64, String)>) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
        let began = self.began;
        stream::iter(records).then(move |(second, text)| async move {
            sleep_until(began + Duration::from_secs(second)).await;
            Ok(Bytes::from(text))
        })
    }
}

/// What is told of these five lines, of which the chat cannot show the third.
async fn told_of_five_lines(sim: &Sim, stream: &StreamId, client: &Client) -> Vec<String> {
    let mut watcher = watch(client, true);
    let mut told = during(&mut watcher, 3).await;
    for (wait, text) in [(3, "one"), (6, "two"), (8, "unreadable"), (20, "three"), (5, "four")] {
        sim.message(stream, "ada", text);
        told.extend(during(&mut watcher, wait).await);
    }
    told.extend(during(&mut watcher, 60).await);
    let mut texts: Vec<_> = texts_of(&told, "ada").into_iter().map(str::to_owned).collect();
    texts.sort_unstable();
    texts
}

#[tokio::test(start_paused = true)]
async fn line_that_cannot_be_read_beside_a_newer_one_is_told_by_a_poll() {
    let (sim, stream, client) = on_air();
    let script = Script { start: sim.now(), began: Instant::now() };
    let message = |id, second, text, time| script.message(id, second, text, time);
    let records = vec![
        (1, Script::record("init", &[])),
        (3, Script::record("messages", &[message(1, 3, "one", "time")])),
        (6, Script::record("messages", &[message(2, 6, "two", "time")])),
        (20, Script::record("messages", &[message(3, 12, "unreadable", "when"), message(4, 20, "three", "time")])),
        (40, Script::record("messages", &[message(5, 40, "four", "time")])),
    ];
    sim.answer_chat_next(Response::new(StatusCode::OK, Body::stream(script.play(records).chain(stream::pending()))));
    assert_eq!(told_of_five_lines(&sim, &stream, &client).await, ["four", "one", "three", "two", "unreadable"]);
}

#[tokio::test(start_paused = true)]
async fn newest_line_of_a_backlog_that_cannot_be_read_is_told_by_a_poll() {
    let (sim, stream, client) = on_air();
    let script = Script { start: sim.now(), began: Instant::now() };
    let message = |id, second, text, time| script.message(id, second, text, time);
    let (one, two) = (message(1, 3, "one", "time"), message(2, 6, "two", "time"));
    let first = vec![
        (1, Script::record("init", &[])),
        (3, Script::record("messages", from_ref(&one))),
        (6, Script::record("messages", from_ref(&two))),
    ];
    let began = script.began;
    let cut = stream::once(async move {
        sleep_until(began + Duration::from_secs(8)).await;
        Err(Error::new(ErrorKind::Transport, "cut"))
    });
    sim.answer_chat_next(Response::new(StatusCode::OK, Body::stream(script.play(first).chain(cut))));
    let second = vec![
        (14, Script::record("init", &[one, two, message(3, 12, "unreadable", "when")])),
        (20, Script::record("messages", &[message(4, 20, "three", "time")])),
        (40, Script::record("messages", &[message(5, 40, "four", "time")])),
    ];
    sim.answer_chat_next(Response::new(StatusCode::OK, Body::stream(script.play(second).chain(stream::pending()))));
    assert_eq!(told_of_five_lines(&sim, &stream, &client).await, ["four", "one", "three", "two", "unreadable"]);
}

#[tokio::test(start_paused = true)]
async fn gift_that_polls_only_count_is_no_gap_where_the_live_chat_tells_it() {
    for live_chat in [false, true] {
        let (sim, stream, client) = on_air();
        let mut watcher = watch(&client, live_chat);
        during(&mut watcher, 60).await;
        sim.edit_answers(|answer| answer["gifted_subs"]["recent_gifted_subs"] = json!([]));
        sim.gift(&stream, "ada", 5);
        let told = during(&mut watcher, 120).await;
        let is_gap = |event: &Event| matches!(event, Event::Gap(gap) if gap.list == ListKind::GiftedSubs);
        let (gaps, gifts) = (told.iter().filter(|event| is_gap(event)).count(), told.len());
        assert_eq!((gaps, gifts), if live_chat { (0, 1) } else { (1, 1) }, "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn bot_that_is_slow_keeps_its_connection_to_the_chat() {
    let (sim, stream, client) = on_air();
    let mut watcher = client.watch_builder().live_chat(true).build();
    during(&mut watcher, 3).await;
    let talk = async {
        for number in 0..200 {
            (0..2).for_each(|part| sim.message(&stream, "cy", &format!("{number} {part}")));
            sleep(Duration::from_secs(1)).await;
        }
    };
    let listen = async {
        let mut lines = 0;
        while let Ok(event) = timeout(Duration::from_secs(120), watcher.next()).await {
            assert!(matches!(event.unwrap().unwrap(), Event::Message(_)));
            lines += 1;
            sleep(Duration::from_millis(700)).await;
        }
        lines
    };
    let ((), lines) = tokio::join!(talk, listen);
    assert_eq!((lines, sim.chat_requests()), (400, 1));
}

#[tokio::test(start_paused = true)]
async fn bot_that_is_slow_gets_all_that_was_said_before_the_end_of_a_livestream() {
    let (sim, stream, client) = on_air();
    let mut watcher = client.watch_builder().live_chat(true).build();
    during(&mut watcher, 12).await;
    let talk = async {
        (0..60).for_each(|number| sim.message(&stream, "ada", &format!("last {number}")));
        sleep(Duration::from_secs(1)).await;
        sim.end_stream(&stream);
    };
    let listen = async {
        let mut told = Vec::new();
        while let Ok(event) = timeout(Duration::from_secs(120), watcher.next()).await {
            told.push(event.unwrap().unwrap());
            sleep(Duration::from_secs(1)).await;
        }
        told
    };
    let ((), told) = tokio::join!(talk, listen);
    assert_eq!(texts_of(&told, "ada").len(), 60);
    assert!(matches!(told.last(), Some(Event::StreamEnded(_))));
}

#[tokio::test(start_paused = true)]
async fn line_that_is_pushed_in_the_second_of_the_first_poll_is_told_at_once() {
    let (sim, stream, client) = on_air();
    sim.message(&stream, "cy", "before");
    let mut watcher = client.watch_builder().live_chat(true).build();
    for _ in 0..2 {
        watcher.next().await.unwrap().unwrap();
    }
    for _ in 0..10 {
        assert!(futures::poll!(Box::pin(watcher.next())).is_pending());
        yield_now().await;
    }
    assert_eq!(sim.open_chats(), 1);
    sim.forget_in_polls(1);
    sim.message(&stream, "ada", "only the chat shows it");
    sim.message(&stream, "ada", "both show it");
    assert_eq!(texts_of(&during(&mut watcher, 1).await, "ada"), ["only the chat shows it", "both show it"]);
    assert_eq!(during(&mut watcher, 60).await, []);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_of_many_livestreams_that_hold_much_is_small() {
    for count in [1, 10, 100] {
        let sim = Sim::running(1);
        sim.live(Activity::NONE);
        let streams: Vec<_> = (0..count).map(|number| sim.start_stream(&number.to_string())).collect();
        let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
        let mut watcher = watch(&client, true);
        during(&mut watcher, 20).await;
        sim.fail_chat_for(Duration::from_secs(600), 502);
        sim.cut_chat(0);
        for stream in &streams {
            (0..45).for_each(|number| sim.message(stream, "cy", &format!("line {number}")));
            (0..40).for_each(|number| sim.rant(stream, "cy", &format!("rant {number}"), 500));
        }
        during(&mut watcher, 4).await;
        let bytes = watcher.checkpoint().unwrap().to_json().len();
        assert!(bytes <= 64 * 1024, "{bytes} bytes for {count} livestreams");
    }
}

#[tokio::test(start_paused = true)]
async fn rant_that_no_poll_has_shown_before_a_restart_is_told_or_a_gap_says_so() {
    for (count, others) in [(1, 20), (1, 40), (20, 3), (20, 40)] {
        let (sim, stream, client) = on_air();
        (1..count).for_each(|number| drop(sim.start_stream(&number.to_string())));
        sim.set_window(80);
        let builder = || client.watch_builder().interval(Duration::from_secs(10)).live_chat(true);
        let mut watcher = builder().build();
        during(&mut watcher, 11).await;
        sim.forget_in_chat(1);
        sim.rant(&stream, "ada", "only polls show it", 500);
        (0..others).for_each(|number| sim.rant(&stream, "bo", &number.to_string(), 500));
        assert_eq!(during(&mut watcher, 3).await.len(), others);
        let mut watcher = builder().resume(watcher.checkpoint()).build();
        let told = during(&mut watcher, 120).await;
        let is_gap = |event: &Event| matches!(event, Event::Gap(gap) if gap.list == ListKind::Rants);
        assert_eq!(texts_of(&told, "bo"), [""; 0], "{count} {others}");
        assert!(texts_of(&told, "ada").len() == 1 || told.iter().any(is_gap), "{count} {others}: {told:?}");
    }
}
