//! When requests are made, by a paused clock and without sockets.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, join_all, pending, ready},
    poll, stream,
};
use rumble_live::{Body, Client, Error, ErrorKind, Event, Interrupted, Request, Response, Transport, Watcher, WatcherBuilder};
use tokio::time::{Instant, advance, sleep, timeout};

use crate::server::{ENVELOPE, brief, busy, response, snapshot, snapshot_at};

const RUMBLE: &str = "https://rumble.com/-livestream-api/get-data?key=k";

/// Answers after a while from a script, and with an empty account when that is over. Notes when it was called.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    answers: VecDeque<Response>,
    calls: Vec<Instant>,
    latency: Duration,
}

impl Script {
    pub(crate) fn new(latency: Duration, answers: impl IntoIterator<Item = Response>) -> Self {
        Self(Arc::new(Mutex::new(Inner { answers: answers.into_iter().collect(), calls: Vec::new(), latency })))
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder(RUMBLE).transport(self.clone()).build().unwrap()
    }

    pub(crate) fn calls(&self) -> usize {
        self.0.lock().unwrap().calls.len()
    }

    /// Seconds from each call to the next.
    pub(crate) fn distances(&self) -> Vec<f64> {
        let calls = &self.0.lock().unwrap().calls;
        calls.windows(2).map(|pair| millis(pair[1] - pair[0])).collect()
    }
}

impl Transport for Script {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let (latency, answer) = {
            let mut inner = self.0.lock().unwrap();
            inner.calls.push(Instant::now());
            (inner.latency, inner.answers.pop_front().unwrap_or_else(|| well(&[])))
        };
        async move {
            sleep(latency).await;
            Ok(answer)
        }
        .boxed()
    }
}

pub(crate) fn well(followers: &[&str]) -> Response {
    Response::ok(snapshot(followers).into_bytes())
}

pub(crate) fn status(status: u16) -> Response {
    response(status, "")
}

/// The network is down.
fn down() -> Response {
    Response::ok(Body::stream(stream::once(ready(Err(Error::new(ErrorKind::Connect, "down"))))))
}

/// Seconds, to the millisecond that tokio's timers know.
fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

async fn event(watcher: &mut Watcher) -> Event {
    watcher.next().await.expect("the watcher goes on").expect("no error is final here")
}

/// Lets the watcher make this many polls, whatever comes of them.
async fn polls(watcher: &mut Watcher, count: u64) {
    for _second in 0..100_000 {
        if watcher.polls() >= count {
            return;
        }
        let _ = timeout(Duration::from_secs(1), watcher.next()).await;
    }
    panic!("{} of {count} polls in a day", watcher.polls());
}

#[tokio::test(start_paused = true)]
async fn polls_are_ten_seconds_apart_by_default() {
    let script = Script::default();
    polls(&mut script.client().watch(), 5).await;
    assert_eq!(script.distances(), [10.0; 4]);
}

#[tokio::test(start_paused = true)]
async fn polls_are_five_seconds_apart_while_a_list_gains_more_than_half_of_it_in_ten() {
    let names: Vec<String> = (0..65).map(|number| format!("fan{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Gains 0, 26, 13, 12 and 14 of a window of 50.
    let answers = [0, 26, 39, 51, 65].map(|count| well(&names[..count]));
    let script = Script::new(Duration::ZERO, answers);
    polls(&mut script.client().watch(), 6).await;
    assert_eq!(script.distances(), [10.0, 5.0, 5.0, 10.0, 10.0]);
}

#[tokio::test(start_paused = true)]
async fn interval_can_be_set_and_counts_from_the_end_of_a_poll() {
    let script = Script::new(Duration::from_secs(2), []);
    polls(&mut script.client().watch_builder().interval(Duration::from_secs(60)).build(), 4).await;
    assert_eq!(script.distances(), [62.0; 3]);
}

#[tokio::test(start_paused = true)]
async fn interval_of_a_millisecond_polls_every_five_seconds() {
    let script = Script::new(Duration::ZERO, [well(&[]), status(500), status(500), down()]);
    polls(&mut script.client().watch_builder().interval(Duration::from_millis(1)).build(), 8).await;
    assert_eq!(script.distances(), [5.0; 7]);
}

/// When the first polls of a thousand watchers come, each with a client of its own, in seconds from their start.
async fn first_polls(set: impl Fn(WatcherBuilder) -> WatcherBuilder) -> Vec<f64> {
    let script = Script::default();
    let start = Instant::now();
    let watching =
        (0..1000).map(|_| set(script.client().watch_builder()).build()).map(|mut watcher| async move { event(&mut watcher).await });
    assert_eq!(join_all(watching).await, vec![Event::Ready; 1000]);
    let calls = &script.0.lock().unwrap().calls;
    calls.iter().map(|call| millis(*call - start)).collect()
}

/// How many of them lie in each tenth of `interval`.
fn tenths(polls: &[f64], interval: f64) -> [usize; 10] {
    let mut tenths = [0; 10];
    for poll in polls {
        let tenth = tenths.iter_mut().zip(1..).find(|(_, number)| *poll <= interval * f64::from(*number) / 10.0);
        *tenth.unwrap_or_else(|| panic!("a first poll {poll} seconds after the start")).0 += 1;
    }
    tenths
}

#[tokio::test(start_paused = true)]
async fn first_polls_come_at_once_unless_spread() {
    assert_eq!(first_polls(|watcher| watcher.interval(Duration::from_secs(60))).await, [0.0; 1000]);
}

#[tokio::test(start_paused = true)]
async fn spread_first_polls_lie_evenly_over_the_interval() {
    let default = first_polls(WatcherBuilder::spread_first_poll).await;
    let minute = first_polls(|watcher| watcher.spread_first_poll().interval(Duration::from_secs(60))).await;
    for (polls, interval) in [(default, 10.0), (minute, 60.0)] {
        let tenths = tenths(&polls, interval);
        assert!(tenths.iter().all(|polls| (50..=150).contains(polls)), "{tenths:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn spread_counts_from_when_the_watcher_is_first_polled_and_only_the_first_poll_is_spread() {
    let script = Script::default();
    let mut watcher = script.client().watch_builder().spread_first_poll().build();
    sleep(Duration::from_secs(3600)).await;
    let start = Instant::now();
    // A future that is dropped does not begin it anew.
    while watcher.polls() == 0 {
        let _ = timeout(Duration::from_millis(100), watcher.next()).await;
    }
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
    polls(&mut watcher, 4).await;
    assert_eq!(script.distances(), [10.0; 3]);
}

#[tokio::test(start_paused = true)]
async fn gate_does_not_care_how_a_request_ends() {
    let answers = [status(500), down(), well(&[]), busy("0"), status(302), status(403)];
    let script = Script::new(Duration::from_secs(1), answers);
    let client = script.client();
    for _ in 0..7 {
        let _ = client.snapshot().await;
    }
    assert_eq!(script.distances(), [6.0; 6]);
}

#[tokio::test(start_paused = true)]
async fn watchers_and_callers_of_one_client_share_its_gate() {
    let script = Script::new(Duration::from_millis(300), (0..40).map(|number| if number % 3 == 0 { status(500) } else { well(&[]) }));
    let client = script.client();
    let watching =
        (0..4).map(|_| client.clone().watch_builder().interval(Duration::from_millis(1)).build()).map(|mut watcher| async move {
            polls(&mut watcher, 5).await;
        });
    let asking = (0..4).map(|_| client.clone()).map(|client| async move {
        for _ in 0..5 {
            let _ = client.snapshot().await;
        }
    });
    tokio::join!(join_all(watching), join_all(asking));
    assert_eq!(script.distances(), [5.3; 39]);
}

#[tokio::test(start_paused = true)]
async fn dropped_request_counts_at_the_gate_and_a_dropped_waiter_does_not() {
    let script = Script::new(Duration::from_secs(10), []);
    let client = script.client();
    let start = Instant::now();
    // In mid-request after one second; still at the gate one second later; then in its turn.
    for _ in 0..2 {
        assert!(timeout(Duration::from_secs(1), client.snapshot()).await.is_err());
    }
    client.snapshot().await.unwrap();
    assert_eq!((script.distances(), millis(start.elapsed())), (vec![6.0], 16.0));
}

#[tokio::test(start_paused = true)]
async fn dropped_watchers_never_bring_requests_together() {
    let script = Script::new(Duration::from_millis(700), []);
    let client = script.client();
    for patience in (0..200).map(|step| Duration::from_millis(step * 37)) {
        let mut watcher = client.watch_builder().interval(Duration::from_millis(1)).build();
        let _ = timeout(patience, watcher.next()).await;
    }
    let distances = script.distances();
    assert!(distances.len() > 20 && distances.iter().all(|distance| *distance >= 5.0), "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn clients_of_their_own_do_not_wait_for_each_other() {
    let script = Script::new(Duration::ZERO, []);
    let start = Instant::now();
    for _ in 0..3 {
        script.client().snapshot().await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn loopback_has_no_gate() {
    let script = Script::default();
    let client = Client::builder("http://127.0.0.1/?key=k").transport(script.clone()).build().unwrap();
    let start = Instant::now();
    for _ in 0..3 {
        client.snapshot().await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    polls(&mut client.watch_builder().interval(Duration::from_millis(20)).build(), 3).await;
    assert_eq!(script.distances()[3..5], [0.02, 0.02]);
}

#[tokio::test(start_paused = true)]
async fn delay_doubles_from_the_interval_to_the_cap_which_holds_after_jitter() {
    let script = Script::new(Duration::ZERO, (0..100).map(|_| status(502)));
    let mut watcher = script.client().watch();
    polls(&mut watcher, 101).await;
    let distances = script.distances();
    for (distance, nominal) in distances.iter().zip([15.0, 20.0, 40.0, 80.0, 160.0].into_iter().chain([300.0; 95])) {
        assert!((10.0_f64.max(nominal / 2.0)..=nominal + 0.001).contains(distance), "{distances:?}");
    }
    let late = &distances[5..];
    assert!(late.iter().any(|distance| *distance < 200.0) && late.iter().any(|distance| *distance > 250.0), "{late:?}");
}

#[tokio::test(start_paused = true)]
async fn cap_of_the_delay_can_be_set() {
    let script = Script::new(Duration::ZERO, (0..20).map(|_| status(502)));
    polls(&mut script.client().watch_builder().max_backoff(Duration::from_secs(15)).build(), 20).await;
    let distances = script.distances();
    assert!(distances.iter().all(|distance| (10.0..=15.001).contains(distance)), "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn only_a_decoded_snapshot_ends_the_backoff() {
    let no_snapshots =
        [status(200), status(204), Response::ok(b"{}".to_vec()), response(403, ENVELOPE), status(403), status(302), busy("1"), down()];
    let script = Script::new(Duration::ZERO, [well(&[])].into_iter().chain(no_snapshots).chain([well(&[]), status(500), status(500)]));
    polls(&mut script.client().watch(), 13).await;
    let distances = script.distances();
    let is_interval = |distance| (9.999..=10.001).contains(&distance);
    let is_first_retry = |distance| (9.999..=15.001).contains(&distance);
    assert!(is_interval(distances[0]) && is_first_retry(distances[1]), "{distances:?}");
    assert!(distances[2..9].windows(2).all(|pair| pair[1] > pair[0] || pair[1] >= 150.0), "{distances:?}");
    assert!(distances[8] >= 150.0, "{distances:?}");
    assert!(is_interval(distances[9]) && is_first_retry(distances[10]), "{distances:?}");
    assert!(distances[11] <= 20.001, "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn server_can_keep_a_watcher_waiting_for_fifteen_minutes_at_most() {
    let answers = [busy("100"), busy("900"), busy("86400"), busy("99999999999999999999"), well(&[])];
    let script = Script::new(Duration::ZERO, answers);
    polls(&mut script.client().watch(), 5).await;
    for (distance, heeded) in script.distances().into_iter().zip([100.0, 900.0, 900.0, 900.0]) {
        assert!((heeded..=heeded + 5.001).contains(&distance), "{distance} where {heeded} is heeded");
    }
}

/// When a thousand watchers come back that failed together, in seconds since.
async fn second_polls(answer: fn() -> Response) -> Vec<f64> {
    let script = Script::new(Duration::ZERO, (0..1000).map(|_| answer()));
    let start = Instant::now();
    join_all((0..1000).map(|_| script.client().watch()).map(|mut watcher| async move { polls(&mut watcher, 2).await })).await;
    let calls = &script.0.lock().unwrap().calls;
    calls[1000..].iter().map(|call| millis(*call - start)).collect()
}

#[tokio::test(start_paused = true)]
async fn thousand_watchers_that_failed_together_do_not_come_back_together() {
    for (answer, earliest) in [(down as fn() -> Response, 10.0), (|| status(502), 10.0), (|| busy("60"), 60.0)] {
        let polls = second_polls(answer).await;
        let late: Vec<f64> = polls.iter().map(|poll| poll - earliest).collect();
        assert!(late.iter().all(|late| *late >= 0.0), "none comes before its time");
        let tenths = tenths(&late, 5.01);
        assert!(tenths.iter().all(|polls| (50..=150).contains(polls)), "{tenths:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn server_cannot_shorten_the_delay() {
    let script = Script::new(Duration::ZERO, (0..8).map(|_| busy("0")));
    polls(&mut script.client().watch(), 9).await;
    let distances = script.distances();
    assert!(distances[0] >= 10.0 && distances[7] >= 150.0, "{distances:?}");
}

#[tokio::test(start_paused = true)]
async fn what_an_interruption_says_is_what_then_happens() {
    let answers = [status(500), busy("77"), status(500), down(), status(404), well(&[])];
    let script = Script::new(Duration::from_secs(1), answers);
    let mut watcher = script.client().watch();
    let mut told = Vec::new();
    let mut first = None;
    for count in 1..=5 {
        let Event::Interrupted(Interrupted { failures, retry_in, .. }) = event(&mut watcher).await else { panic!() };
        first.get_or_insert_with(Instant::now);
        assert_eq!(failures, count);
        told.push(millis(retry_in) + 1.0);
    }
    let Event::Resumed(resumed) = event(&mut watcher).await else { panic!() };
    assert_eq!((resumed.failures, Some(resumed.away)), (5, first.map(|first| first.elapsed())));
    let distances = script.distances();
    assert_eq!(distances.len(), told.len());
    for (told, distance) in told.iter().zip(&distances) {
        assert!((told - distance).abs() < 0.002, "{told}: {distances:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_count_anew_after_a_snapshot() {
    let script = Script::new(Duration::ZERO, [status(500), status(500), well(&[]), status(500), well(&["ada"])]);
    let mut watcher = script.client().watch();
    for expected in ["server 1", "server 2", "resumed 2", "ready", "server 1", "resumed 1", "ada"] {
        assert_eq!(brief(&event(&mut watcher).await), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn stall_of_an_hour_makes_one_poll_and_no_burst() {
    let script = Script::new(Duration::ZERO, [well(&[]), Response::ok(snapshot_at(3600, &["ada"]).into_bytes())]);
    let mut watcher = script.client().watch();
    assert_eq!(event(&mut watcher).await, Event::Ready);
    assert!(poll!(watcher.next().boxed()).is_pending());
    advance(Duration::from_secs(3600)).await;
    assert_eq!(brief(&event(&mut watcher).await), "ada");
    assert_eq!(script.calls(), 2);
    polls(&mut watcher, 4).await;
    assert_eq!(script.distances(), [3600.0, 10.0, 10.0]);
}

#[tokio::test(start_paused = true)]
async fn watcher_that_is_not_polled_sends_nothing() {
    let script = Script::default();
    let client = script.client();
    let mut watcher = client.watch();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(script.calls(), 0);
    assert_eq!(event(&mut watcher).await, Event::Ready);
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(script.calls(), 1);
}

/// Never answers.
struct Silence;

impl Transport for Silence {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        pending().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn transport_that_never_answers_is_timed_out_by_the_client() {
    let client = Client::builder(RUMBLE).transport(Silence).build().unwrap();
    let start = Instant::now();
    assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 20);
    // The wait at the gate is not part of the time limit.
    assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 45);
}

#[tokio::test(start_paused = true)]
async fn cap_is_checked_whatever_the_transport_does() {
    let script = Script::new(Duration::ZERO, [Response::ok(vec![b' '; 1001])]);
    let client = Client::builder(RUMBLE).transport(script).max_body(1000).build().unwrap();
    assert_eq!(client.snapshot().await.unwrap_err().kind(), ErrorKind::TooLarge);
}
