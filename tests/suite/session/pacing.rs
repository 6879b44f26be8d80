//! How far apart the requests of a session are.

use std::time::Duration;

use futures::future::join_all;
use rumble_live::{
    Endpoints, ErrorKind, Response,
    http::{HeaderValue, StatusCode, header},
};
use tokio::time::Instant;

use super::recorder::Recorder;

fn sent() -> Response {
    Response::ok(r#"{"user": {"id": "_u1", "logged_in": true}, "data": {"id": "5", "success": true}}"#)
}

fn busy(retry_after: &'static str) -> Response {
    let answer = Response::new(StatusCode::TOO_MANY_REQUESTS, "{}");
    if retry_after.is_empty() { answer } else { answer.header(header::RETRY_AFTER, HeaderValue::from_static(retry_after)) }
}

fn recorder(first: impl IntoIterator<Item = Response>, then: usize) -> Recorder {
    Recorder::new(first.into_iter().chain((0..then).map(|_| sent())))
}

#[tokio::test(start_paused = true)]
async fn requests_are_a_second_apart() {
    let session = recorder([], 5).session();
    let start = Instant::now();
    let asked = join_all((0..5).map(|_| async {
        session.who().await.unwrap();
        start.elapsed().as_secs()
    }));
    assert_eq!(asked.await, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn sends_are_as_far_apart_as_set_but_no_closer_than_a_second() {
    for (spacing, expected) in [(1, 3), (5, 15)] {
        let session = recorder([], 4).builder().send_spacing(Duration::from_secs(spacing)).build("FAKESESSION".parse().unwrap()).unwrap();
        let chat = session.chat("7c1f4q").unwrap();
        let start = Instant::now();
        for _ in 0..4 {
            chat.send("ahoy").await.unwrap();
        }
        assert_eq!(start.elapsed().as_secs(), expected);
    }
    let closer = Recorder::default().builder().send_spacing(Duration::from_millis(999)).build("FAKESESSION".parse().unwrap());
    assert_eq!(closer.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn send_that_came_too_soon_keeps_the_other_sends_back_and_nothing_else() {
    for (retry_after, wait) in [("30", 30), ("", 10), ("7200", 900)] {
        let session = recorder([busy(retry_after)], 2).session();
        let chat = session.chat("7c1f4q").unwrap();
        assert_eq!(chat.send("too soon").await.unwrap_err().kind(), ErrorKind::RateLimited);
        let start = Instant::now();
        session.who().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 1);
        chat.send("later").await.unwrap();
        assert_eq!(start.elapsed().as_secs(), wait);
    }
}

#[tokio::test(start_paused = true)]
async fn other_request_that_came_too_soon_keeps_all_back() {
    let session = recorder([busy("300")], 2).session();
    let chat = session.chat("7c1f4q").unwrap();
    assert_eq!(chat.pin(&"1".into()).await.unwrap_err().kind(), ErrorKind::RateLimited);
    let start = Instant::now();
    chat.send("ahoy").await.unwrap();
    assert_eq!(start.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn send_waits_for_the_requests_that_are_ahead_of_it() {
    let session = recorder([], 80).session();
    let chat = session.chat("7c1f4q").unwrap();
    let (_, sent) = futures::join!(join_all((0..70).map(|_| session.who())), chat.send("ahoy"));
    sent.unwrap();
}

#[tokio::test(start_paused = true)]
async fn chat_on_another_machine_is_spared_though_the_site_is_on_this_one() {
    let recorder = recorder([], 3);
    let endpoints = Endpoints::at("http://127.0.0.1:1").unwrap().with_chat("https://web7.rumble.com/chat/api").unwrap();
    let session = recorder.builder().endpoints(endpoints).build("FAKESESSION".parse().unwrap()).unwrap();
    let start = Instant::now();
    for _ in 0..3 {
        session.chat("7c1f4q").unwrap().send("ahoy").await.unwrap();
    }
    assert_eq!(start.elapsed().as_secs(), 6);
}
