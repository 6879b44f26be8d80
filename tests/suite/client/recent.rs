//! What a client answers from memory, and when it asks.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, join_all},
    poll,
};
use rumble_live::{Client, Error, ErrorKind, Event, Request, Response, Snapshot, Transport, sim::Sim};
use tokio::time::{Instant, advance, sleep};

const START: i64 = 1_767_322_800;
const MINUTE: Duration = Duration::from_secs(60);

/// A simulated account that takes a second to answer, and counts the requests that were begun.
#[derive(Clone)]
struct Slow {
    sim: Sim,
    begun: Arc<AtomicU64>,
}

impl Slow {
    fn new() -> Self {
        Self { sim: Sim::running(1), begun: Arc::default() }
    }

    fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}

impl Transport for Slow {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        async move {
            sleep(Duration::from_secs(1)).await;
            self.sim.send(request).await
        }
        .boxed()
    }
}

fn client(transport: &Slow) -> Client {
    Client::builder("https://rumble.com/-livestream-api/get-data?key=k").transport(transport.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn thousand_callers_together_cause_one_request() {
    let transport = Slow::new();
    let client = client(&transport);
    let answers = join_all((0..1000).map(|_| client.snapshot_within(MINUTE))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(transport.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn lists_that_have_not_changed_are_kept_once_for_all_snapshots() {
    let transport = Slow::new();
    let stream = transport.sim.start_stream("Harbour lights");
    transport.sim.follow("ada");
    transport.sim.subscribe("grace", 500);
    transport.sim.message(&stream, "ada", "hi");
    transport.sim.rant(&stream, "grace", "for the boat fund", 1000);
    let client = client(&transport);
    let first = client.snapshot().await.unwrap();
    advance(Duration::from_secs(10)).await;
    transport.sim.follow("joan");
    let second = client.snapshot().await.unwrap();
    let places = |snapshot: &Snapshot| {
        let chat = &snapshot.livestream(&stream).unwrap().chat;
        [
            snapshot.followers().recent.as_slice().as_ptr().cast::<()>(),
            snapshot.subscribers().recent.as_slice().as_ptr().cast(),
            chat.recent_messages.as_slice().as_ptr().cast(),
            chat.recent_rants.as_slice().as_ptr().cast(),
        ]
    };
    let ([followers_before, before @ ..], [followers, after @ ..]) = (places(&first), places(&second));
    assert_eq!(before, after);
    assert_ne!(followers_before, followers, "one more follows");
}

#[tokio::test(start_paused = true)]
async fn young_snapshot_is_answered_without_a_request_and_an_old_one_is_not() {
    let transport = Slow::new();
    let client = client(&transport);
    let first = client.snapshot().await.unwrap();
    advance(Duration::from_secs(50)).await;
    assert_eq!(client.clone().snapshot_within(MINUTE).await.unwrap(), first);
    assert_eq!(transport.begun(), 1);
    advance(Duration::from_secs(10)).await;
    assert_ne!(client.snapshot_within(MINUTE).await.unwrap().now(), first.now());
    assert_eq!(transport.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn newer_snapshot_takes_the_place_of_an_older_one() {
    let transport = Slow::new();
    let client = client(&transport);
    client.snapshot().await.unwrap();
    advance(Duration::from_secs(50)).await;
    let second = client.snapshot().await.unwrap();
    advance(Duration::from_secs(50)).await;
    assert_eq!(client.snapshot_within(MINUTE).await.unwrap(), second);
    assert_eq!(transport.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn failure_is_told_to_all_who_wait_and_not_kept() {
    let transport = Slow::new();
    let client = client(&transport);
    transport.sim.fail_next(503);
    let (one, other) = tokio::join!(client.snapshot_within(MINUTE), client.snapshot_within(MINUTE));
    assert!(one.is_err() && other.is_err());
    assert!(client.snapshot_within(MINUTE).await.is_ok());
    assert_eq!(transport.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn caller_that_leaves_cancels_nobody_else() {
    let transport = Slow::new();
    let client = client(&transport);
    let mut leaving = Box::pin(client.snapshot_within(MINUTE));
    assert!(poll!(&mut leaving).is_pending());
    let staying = client.snapshot_within(MINUTE);
    let mut staying = Box::pin(staying);
    assert!(poll!(&mut staying).is_pending());
    drop(leaving);
    assert!(staying.await.is_ok());
    assert_eq!(transport.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn caller_after_all_have_left_asks_anew() {
    let transport = Slow::new();
    let client = client(&transport);
    let mut leaving = Box::pin(client.snapshot_within(MINUTE));
    assert!(poll!(&mut leaving).is_pending());
    // It is sent.
    sleep(Duration::from_millis(1)).await;
    drop(leaving);
    assert!(client.snapshot_within(MINUTE).await.is_ok());
    assert_eq!(transport.begun(), 2);
}

#[tokio::test(start_paused = true)]
async fn poll_of_a_watcher_answers_as_well() {
    let transport = Slow::new();
    let client = client(&transport);
    let mut watcher = client.watch();
    assert_eq!(watcher.next().await.unwrap().unwrap(), Event::Ready);
    let snapshot = client.snapshot_within(MINUTE).await.unwrap();
    assert_eq!(Some(&snapshot), watcher.snapshot());
    assert_eq!(transport.begun(), 1);
}

#[tokio::test(start_paused = true)]
async fn request_for_all_keeps_its_distance_like_any_other() {
    let transport = Slow::new();
    let client = client(&transport);
    client.snapshot().await.unwrap();
    let start = Instant::now();
    let snapshots: Vec<Snapshot> = join_all([client.snapshot_within(Duration::ZERO), client.snapshot_within(Duration::ZERO)])
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(start.elapsed(), Duration::from_secs(6), "five at the gate, and one for the answer");
    assert_eq!(snapshots[0], snapshots[1]);
    assert_eq!(transport.begun(), 2);
}

#[cfg(feature = "http")]
#[test]
fn time_limit_that_cannot_work_is_refused() {
    let builder = || Client::builder("https://rumble.com/-livestream-api/get-data?key=k");
    let refused = [
        (builder().timeout(Duration::ZERO), "zero"),
        (builder().connect_timeout(Duration::ZERO), "zero"),
        (builder().connect_timeout(MINUTE).pool(&rumble_live::Pool::new()), "Pool::with_connect_timeout"),
    ];
    for (builder, text) in refused {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(text), "{error}");
    }
    assert!(builder().timeout(MINUTE).pool(&rumble_live::Pool::new()).build().is_ok());
}

#[cfg(feature = "http")]
#[test]
fn debug_form_of_a_client_tells_its_settings() {
    let builder = || Client::builder("https://rumble.com/-livestream-api/get-data?key=k").user_agent("harborlight-bot/1.0");
    for text in [format!("{:?}", builder()), format!("{:?}", builder().build().unwrap())] {
        assert!(text.starts_with("Client") && text.contains("harborlight-bot/1.0"), "{text}");
    }
}

/// Answers each call after its own seconds, as the server of its own second.
#[derive(Clone)]
struct Uneven(Arc<Mutex<VecDeque<(u64, i64)>>>);

impl Transport for Uneven {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let (wait, second) = self.0.lock().unwrap().pop_front().expect("no further request");
        async move {
            sleep(Duration::from_secs(wait)).await;
            Ok(Response::ok(body_of(second, r#""user_id": "4f2kx9""#)))
        }
        .boxed()
    }
}

/// A client without a gate, and so with several requests at once. For each request: how long it takes and what second it shows.
fn uneven(answers: impl Into<VecDeque<(u64, i64)>>) -> Client {
    Client::builder("http://127.0.0.1/?key=k").transport(Uneven(Arc::new(Mutex::new(answers.into())))).build().unwrap()
}

/// The second that a snapshot shows.
fn second(snapshot: &Snapshot) -> i64 {
    snapshot.now().unix_timestamp() - START
}

#[tokio::test(start_paused = true)]
async fn answer_that_comes_late_takes_nobody_back_in_time() {
    let client = uneven([(10, 3), (1, 2), (1, 5)]);
    let mut late = Box::pin(client.snapshot());
    assert!(poll!(&mut late).is_pending());
    sleep(Duration::from_secs(1)).await;
    // It was asked for later than the one that is on its way, so what it shows is newer whatever its server's clock says.
    assert_eq!(second(&client.snapshot().await.unwrap()), 2);
    assert_eq!(second(&late.await.unwrap()), 3, "who asked for it has it");
    assert_eq!(second(&client.snapshot_within(MINUTE).await.unwrap()), 2);
    assert_eq!(second(&client.snapshot_within(Duration::ZERO).await.unwrap()), 5);
}

#[tokio::test(start_paused = true)]
async fn late_answer_to_many_callers_is_the_newer_one_that_came_meanwhile() {
    let client = uneven([(10, 3), (1, 4)]);
    let mut late = Box::pin(client.snapshot_within(MINUTE));
    assert!(poll!(&mut late).is_pending());
    sleep(Duration::from_secs(1)).await;
    let newer = client.snapshot().await.unwrap();
    assert_eq!(late.await.unwrap(), newer);
}

#[tokio::test(start_paused = true)]
async fn answer_of_a_server_that_is_behind_replaces_no_newer_one_for_a_minute() {
    let client = uneven([(0, 1000), (0, 999), (0, 400), (0, 401), (0, 1001), (0, 400)]);
    assert_eq!(second(&client.snapshot().await.unwrap()), 1000);
    assert_eq!(second(&client.snapshot().await.unwrap()), 999, "a caller who asks for one answer has that one");
    let mut told = vec![second(&client.snapshot_within(MINUTE).await.unwrap())];
    for seconds in [30, 30, 1, 1] {
        advance(Duration::from_secs(seconds)).await;
        told.push(second(&client.snapshot_within(Duration::ZERO).await.unwrap()));
    }
    // After a minute the server may be taken at its word; and one that is further back had its clock set.
    assert_eq!(told, [1000, 1000, 401, 1001, 400]);
}

/// The body of an answer of that account.
fn body_of(second: i64, ids: &str) -> Vec<u8> {
    format!(r#"{{"now": {}, "type": "user", {ids}}}"#, START + second).into_bytes()
}

#[tokio::test(start_paused = true)]
async fn answer_of_another_account_is_a_failure_for_all_and_not_kept() {
    let transport = Slow::new();
    let client = client(&transport);
    let answer = |second, ids: &str| transport.sim.answer_next(Response::ok(body_of(second, ids)));
    answer(0, r#""user_id": "4f2kx9""#);
    let first = client.snapshot().await.unwrap();
    for ids in [r#""user_id": "5kq2z""#, r#""channel_id": 7843"#, r#""user_id": "5kq2z", "channel_id": 7843"#] {
        answer(10, ids);
        let error = client.clone().snapshot().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.is_transient() && error.to_string().contains("another account"), "{error}");
        assert_eq!(client.snapshot_within(MINUTE).await.unwrap(), first, "it is not kept");
    }
    // A channel's id is learned from an answer that shows it beside the user's, and letters have no case.
    for (second, ids) in
        [(20, r#""user_id": "4F2KX9", "channel_id": 7843"#), (30, r#""channel_id": "7843""#), (40, r#""user_id": "4f2kx9""#)]
    {
        answer(second, ids);
        assert_eq!(client.snapshot().await.unwrap().now() - first.now(), Duration::from_secs(second.unsigned_abs()));
    }
    let mut watcher = client.watch();
    answer(50, r#""user_id": "5kq2z""#);
    let Some(Ok(Event::Interrupted(interrupted))) = watcher.next().await else { panic!("no interruption") };
    assert_eq!(interrupted.kind, ErrorKind::Decode);
    assert!(interrupted.message.contains("another account"), "{}", interrupted.message);
}
