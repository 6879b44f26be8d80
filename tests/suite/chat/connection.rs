//! When a chat is connected to, for how long, and what is said of it; by a paused clock and without sockets.

use std::{future::ready, pin::pin, task::Poll, time::Duration};

use futures::{FutureExt as _, StreamExt as _, poll, stream};
use rumble_live::{
    Body, Bytes, Client, Error, ErrorKind, Response,
    chat::{Chat, ChatEvent},
    http::{
        StatusCode,
        header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
    },
};
use serde_json::json;
use tokio::{
    runtime::Builder,
    task::yield_now,
    time::{Instant, timeout},
};

use super::{
    init, message, messages, record,
    script::{Reply, Script, at, briefs, event, until_the_end},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn chat_is_asked_for_by_its_decimal_id_without_a_login_and_uncompressed() {
    let script = Script::new([Reply::chat_that_stays(init(&[]))]);
    let mut chat = script.builder().user_agent("harborlight-bot/1.0").open();
    assert_eq!(script.requests(), 0, "nothing is sent before it is polled");
    assert!(chat.ready().is_none());
    assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
    assert!(chat.ready().is_some());
    let (url, headers) = script.asked().remove(0);
    assert_eq!(url, "https://web7.rumble.com/chat/api/chat/443484890/stream");
    let header = |name| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header(ACCEPT), "text/event-stream");
    assert_eq!(header(ACCEPT_ENCODING), "identity");
    assert_eq!(header(USER_AGENT), "harborlight-bot/1.0");
    assert_eq!(headers.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn client_s_chat_goes_the_client_s_way_and_takes_no_key_along() {
    for (url, expected) in [
        ("https://rumble.com/-livestream-api/get-data?key=SECRET", "https://web7.rumble.com/chat/api/chat/443484890/stream"),
        ("http://127.0.0.1:9/-livestream-api/get-data?key=SECRET", "http://127.0.0.1:9/chat/api/chat/443484890/stream"),
    ] {
        let script = Script::new([Reply::chat_that_stays(init(&[])), Reply::chat("{}")]);
        let client = Client::builder(url).transport(script.clone()).user_agent("bot").build().unwrap();
        let mut chat = client.chat("7c1f4q");
        assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
        let (asked, headers) = script.asked().remove(0);
        assert_eq!((asked.as_str(), headers[USER_AGENT].to_str().unwrap()), (expected, "bot"));
        assert!(!format!("{chat:?} {headers:?}").contains("SECRET"));
    }
    let script = Script::new([Reply::chat_that_stays(init(&[]))]);
    let mut chat = script.builder().endpoints(at("http://127.0.0.1:1/x").with_chat("https://web9.rumble.com/chat/api/").unwrap()).open();
    event(&mut chat).await;
    assert_eq!(script.asked().remove(0).0, "https://web9.rumble.com/chat/api/chat/443484890/stream");
}

#[tokio::test(start_paused = true)]
async fn history_is_told_only_when_asked_for() {
    for (replay, expected) in [(false, ["ready", "3"].as_slice()), (true, &["ready", "1", "2", "3"])] {
        let said = [init(&[message(1), message(2)]), messages(&[message(3)])].concat();
        let mut chat = Script::new([Reply::chat_that_stays(said)]).builder().replay(replay).open();
        assert_eq!(briefs(&mut chat, expected.len()).await, expected);
        assert!(chat.next().now_or_never().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn connection_that_ends_is_made_anew_and_each_message_comes_once() {
    let (first, reply) = Reply::pushed();
    let second = [init(&[message(1), message(2), message(3)]), messages(&[message(3), message(4)])].concat();
    let script = Script::new([reply, Reply::chat_that_stays(second)]);
    let mut chat = script.chat();
    first.unbounded_send(Ok(init(&[message(1)]).into())).unwrap();
    assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
    first.unbounded_send(Ok(messages(&[message(2)]).into())).unwrap();
    // Half a record, which never becomes a whole one.
    first.unbounded_send(Ok(Bytes::from_static(b"data: {\"type\":"))).unwrap();
    assert_eq!(briefs(&mut chat, 1).await, ["2"]);
    drop(first);
    let trouble = event(&mut chat).await;
    let ChatEvent::Interrupted(trouble) = trouble else { panic!("{trouble}") };
    assert_eq!((trouble.kind, trouble.failures, trouble.message.as_str()), (ErrorKind::Transport, 1, "the server ended the connection"));
    assert!((1.0..=2.0).contains(&trouble.retry_in.as_secs_f64()), "{trouble}");
    let asked = Instant::now();
    assert_eq!(briefs(&mut chat, 3).await, ["resumed 1", "3", "4"]);
    assert!(asked.elapsed().abs_diff(trouble.retry_in) < Duration::from_millis(2), "{trouble}");
}

#[tokio::test(start_paused = true)]
async fn gap_is_told_where_the_backlog_does_not_reach_back() {
    let script = Script::new([
        Reply::chat([init(&[message(1)]), messages(&[message(2)])].concat()),
        Reply::chat_that_stays(init(&[message(8), message(9)])),
    ]);
    assert_eq!(briefs(&mut script.chat(), 7).await, ["ready", "2", "transport 1", "resumed 1", "gap", "8", "9"]);
    // Nothing said is nothing that could be recognised.
    let script = Script::new([Reply::chat(init(&[])), Reply::chat_that_stays(init(&[message(9)]))]);
    assert_eq!(briefs(&mut script.chat(), 5).await, ["ready", "transport 1", "resumed 1", "gap", "9"]);
}

#[tokio::test(start_paused = true)]
async fn failures_back_off_from_one_second_to_thirty() {
    let failures = (0..12).map(|_| Reply::status(502));
    let script = Script::new(failures.chain([Reply::chat_that_stays(init(&[]))]));
    let mut chat = script.chat();
    let told = briefs(&mut chat, 14).await;
    assert_eq!(told[..3], ["server 1", "server 2", "server 3"]);
    assert_eq!(told[11..], ["server 12", "resumed 12", "ready"]);
    let distances = script.distances();
    for (distance, (least, most)) in distances.iter().zip([(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (8.0, 16.0), (15.0, 30.0), (15.0, 30.0)]) {
        assert!((least - 0.01..=most + 0.01).contains(distance), "{distances:?}");
    }
    assert!(distances.iter().all(|distance| *distance <= 30.01), "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn connection_that_lived_ten_seconds_resets_the_back_off() {
    let failures = || (0..4).map(|_| Reply::Error(Error::new(ErrorKind::Connect, "no way")));
    let (sender, pushed) = Reply::pushed();
    let script = Script::new(failures().chain([pushed]).chain(failures()));
    let mut chat = script.chat();
    sender.unbounded_send(Ok(init(&[]).into())).unwrap();
    assert_eq!(briefs(&mut chat, 6).await[4..], ["resumed 4", "ready"]);
    assert!(timeout(10 * SECOND, chat.next()).await.is_err());
    drop(sender);
    assert_eq!(briefs(&mut chat, 2).await, ["transport 1", "connect 2"]);
    let distances = script.distances();
    assert!((11.0..=12.01).contains(&distances[4]), "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn wait_that_the_server_asks_for_is_kept() {
    let busy = Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(RETRY_AFTER, 120.into());
    let script = Script::new([Reply::Answer(busy), Reply::chat_that_stays(init(&[]))]);
    assert_eq!(briefs(&mut script.chat(), 3).await, ["rate_limited 1", "resumed 1", "ready"]);
    let distance = script.distances()[0];
    assert!((120.0..=132.01).contains(&distance), "{distance}");
}

#[tokio::test(start_paused = true)]
async fn chat_that_is_not_there_is_asked_for_three_times_half_a_minute_apart() {
    let script = Script::new((0..3).map(|_| Reply::status(204)));
    let mut chat = script.chat();
    assert_eq!(until_the_end(&mut chat).await, (vec!["status 1".into(), "status 2".into(), "closed".into()], None));
    let distances = script.distances();
    assert!(distances.len() == 2 && distances.iter().all(|distance| (30.0..=33.1).contains(distance)), "{distances:?}");
    // One that was there in between starts the count anew.
    let (again, more) = ((0..2).map(|_| Reply::status(204)), (0..3).map(|_| Reply::status(204)));
    let script = Script::new(again.chain([Reply::chat(init(&[]))]).chain(more));
    let (told, _) = until_the_end(&mut script.chat()).await;
    assert_eq!(told, ["status 1", "status 2", "resumed 2", "ready", "transport 1", "status 2", "status 3", "closed"]);
}

#[tokio::test(start_paused = true)]
async fn refusal_is_final() {
    for (status, kind) in
        [(400, ErrorKind::Config), (404, ErrorKind::Config), (401, ErrorKind::Unauthorized), (403, ErrorKind::Unauthorized)]
    {
        let body = r#"{"errors":[{"code":"400","message":"Missing or malformed chat id"}]}"#;
        let answer = Response::new(StatusCode::from_u16(status).unwrap(), body);
        let script = Script::new([Reply::Answer(answer)]);
        assert_eq!(until_the_end(&mut script.chat()).await, (Vec::new(), Some(kind)), "{status}");
        assert_eq!(script.requests(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn challenge_page_and_login_page_pass() {
    let page = "<!DOCTYPE html><title>Just a moment...</title>";
    let html = "text/html; charset=UTF-8".parse().unwrap();
    let replies =
        [Response::new(StatusCode::FORBIDDEN, page), Response::ok(page).header(CONTENT_TYPE, html), Response::new(StatusCode::FOUND, page)];
    let script = Script::new(replies.map(Reply::Answer).into_iter().chain([Reply::chat_that_stays(init(&[]))]));
    assert_eq!(briefs(&mut script.chat(), 5).await, ["challenge 1", "status 2", "redirect 3", "resumed 3", "ready"]);
}

#[tokio::test(start_paused = true)]
async fn silence_of_ninety_seconds_is_a_dead_connection_and_a_keep_alive_is_none() {
    let script = Script::new([Reply::chat_that_repeats(89 * SECOND, &[": -1\n\n"]), Reply::Silence]);
    let (sender, pushed) = Reply::pushed();
    let quiet = Script::new([pushed, Reply::Silence]);
    sender.unbounded_send(Ok(init(&[]).into())).unwrap();
    let mut chat = quiet.chat();
    event(&mut chat).await;
    let began = Instant::now();
    for _ in 0..100 {
        assert!(timeout(80 * SECOND, chat.next()).await.is_err());
        sender.unbounded_send(Ok(Bytes::from_static(b":\n"))).unwrap();
    }
    assert_eq!(began.elapsed().as_secs(), 8000);
    assert_eq!(briefs(&mut chat, 1).await, ["timeout 1"]);
    assert_eq!(began.elapsed().as_secs(), 8090);
    // Keep-alives alone are no chat.
    assert_eq!(briefs(&mut script.chat(), 1).await, ["timeout 1"]);
}

#[tokio::test(start_paused = true)]
async fn head_must_come_within_twenty_seconds_and_the_backlog_within_sixty() {
    let script = Script::new([Reply::Silence, Reply::chat_that_repeats(SECOND, &["d", "a", "t", "a", ":"])]);
    let mut chat = script.chat();
    let began = Instant::now();
    assert_eq!(briefs(&mut chat, 1).await, ["timeout 1"]);
    assert_eq!(began.elapsed().as_secs(), 20);
    assert_eq!(briefs(&mut chat, 1).await, ["timeout 2"]);
    assert!((81..=83).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn byte_a_second_is_slow_and_heard() {
    let said = Box::leak(init(&[]).into_boxed_str());
    let parts: Vec<&'static str> = said.split_inclusive(|_: char| true).collect();
    assert!(parts.len() < 60);
    let mut chat = Script::new([Reply::chat_that_repeats(SECOND, &parts)]).chat();
    assert_eq!(briefs(&mut chat, 1).await, ["ready"]);
}

#[tokio::test(start_paused = true)]
async fn record_above_one_mib_is_skipped_and_bytes_without_an_end_are_no_chat() {
    let long = record(&json!({"type": "messages", "data": "x".repeat(1024 * 1024)}));
    let said = [init(&[]), long, messages(&[message(1)])].concat();
    let mut chat = Script::new([Reply::chat_that_stays(said)]).chat();
    assert_eq!(briefs(&mut chat, 2).await, ["ready", "1"]);
    assert_eq!(chat.skipped(), 1);
    let flood = || {
        let start = stream::once(ready(Ok(Bytes::from(init(&[]) + "data: "))));
        let flood = stream::repeat(Bytes::from(vec![b'x'; 64 * 1024])).map(Ok);
        Reply::Answer(Response::ok(Body::stream(start.chain(flood))))
    };
    assert_eq!(briefs(&mut Script::new([flood()]).chat(), 2).await, ["ready", "too_large 1"]);
}

#[tokio::test(start_paused = true)]
async fn setting_that_cannot_work_is_the_first_and_last_item() {
    let script = Script::new([]);
    for chat in [
        Chat::builder("no id").transport(script.clone()).open(),
        Chat::builder("").transport(script.clone()).open(),
        script.builder().user_agent("line\nbreak").open(),
    ] {
        let mut chat = chat;
        assert_eq!(until_the_end(&mut chat).await, (Vec::new(), Some(ErrorKind::Config)));
    }
    assert_eq!(script.requests(), 0);
}

#[test]
fn chat_outside_of_a_runtime_or_in_one_without_time_ends_with_an_error() {
    let script = Script::new([Reply::chat_that_stays(init(&[]))]);
    let error = script.chat().next().now_or_never().flatten().unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("tokio runtime"), "{error}");
    let without_time = Builder::new_current_thread().build().unwrap();
    let error = without_time.block_on(async { script.chat().next().await }).unwrap().unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("enable_all"), "{error}");
}

#[test]
fn chat_that_moves_to_another_runtime_connects_anew_there() {
    let runtime = || Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let again = [init(&[message(1), message(2)]), messages(&[message(3)])].concat();
    let script = Script::new([Reply::chat_that_stays(init(&[message(1)])), Reply::chat_that_stays(again), Reply::status(204)]);
    let mut chat = script.chat();
    let first = runtime();
    assert_eq!(first.block_on(briefs(&mut chat, 1)), ["ready"]);
    let second = runtime();
    assert_eq!(second.block_on(briefs(&mut chat, 2)), ["2", "3"]);
    // One that was shut down takes neither the connection nor a wait with it.
    drop((first, second));
    let third = runtime();
    assert_eq!(third.block_on(briefs(&mut chat, 1)), ["status 1"]);
    drop(third);
    assert!(runtime().block_on(async { timeout(SECOND, chat.next()).await.is_err() }));
}

#[test]
fn chat_that_moves_while_it_is_opening_connects_anew_too() {
    let runtime = || Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let script = Script::new([Reply::Silence, Reply::chat_that_stays(init(&[])), Reply::chat_that_stays(init(&[]))]);
    let mut chat = script.chat();
    let first = runtime();
    first.block_on(async {
        assert!(poll!(pin!(chat.next())).is_pending());
        while script.requests() == 0 {
            yield_now().await;
        }
    });
    // The first one is not driven any more, but it is there.
    let second = runtime();
    assert_eq!(second.block_on(briefs(&mut chat, 1)), ["ready"]);
    drop((first, second));
    assert!(runtime().block_on(async { timeout(200 * SECOND, chat.next()).await }).is_ok(), "the silence of a connection of its own");
    assert_eq!(script.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn connection_whose_backlog_cannot_be_read_is_heard_all_the_same() {
    let unreadable = "data: {\"type\":\"init\",\n\n".to_owned();
    let script = Script::new([Reply::status(502), Reply::chat_that_stays(unreadable + &messages(&[message(1)]))]);
    let mut chat = script.chat();
    assert_eq!(briefs(&mut chat, 3).await, ["server 1", "resumed 1", "1"]);
    assert!(timeout(80 * SECOND, chat.next()).await.is_err(), "it is not cut after a minute");
}

#[tokio::test(start_paused = true)]
async fn future_dropped_after_each_poll_loses_nothing_and_opens_nothing() {
    let replies = || {
        [
            Reply::chat([init(&[message(1)]), messages(&[message(2)])].concat()),
            Reply::status(502),
            Reply::chat_that_stays([init(&[message(2), message(3)]), messages(&[message(4)])].concat()),
        ]
    };
    let script = Script::new(replies());
    let mut chat = script.chat();
    let mut told = Vec::new();
    while told.len() < 7 {
        match poll!(pin!(chat.next())) {
            Poll::Ready(item) => told.push(super::brief(&item.unwrap().unwrap())),
            Poll::Pending => {
                yield_now().await;
                tokio::time::advance(Duration::from_millis(10)).await;
            }
        }
    }
    assert_eq!(told, ["ready", "2", "transport 1", "server 2", "resumed 2", "3", "4"]);
    assert_eq!(script.requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn dropped_chat_ends_its_connection() {
    let (sender, pushed) = Reply::pushed();
    sender.unbounded_send(Ok(init(&[]).into())).unwrap();
    let mut chat = Script::new([pushed]).chat();
    event(&mut chat).await;
    assert!(!sender.is_closed());
    drop(chat);
    assert!(sender.is_closed());
}

#[tokio::test(start_paused = true)]
async fn emotes_are_fetched_beside_the_chat() {
    let list = std::fs::read("tests/suite/fixtures/chat-emotes.json").unwrap();
    let replies = [Reply::chat(list), Reply::chat("<html>"), Reply::status(204), Reply::status(500)];
    let script = Script::new(replies);
    let mut chat = script.chat();
    let emotes = chat.emotes();
    let (emotes, next) = (emotes.await.unwrap(), chat.next().now_or_never());
    assert!(emotes.get("r+smiley").is_some() && next.is_none());
    assert_eq!(script.asked()[0].0, "https://rumble.com/service.php?name=emote.list&chat_id=443484890");
    let kind = async || script.chat().emotes().await.unwrap_err().kind();
    assert_eq!([kind().await, kind().await], [ErrorKind::Decode, ErrorKind::Server]);
}
