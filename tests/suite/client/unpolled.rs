//! Futures that nobody polls, and runtimes that nobody drives or that end: they hold up nobody, and nobody panics.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures::{
    FutureExt as _, StreamExt as _,
    executor::block_on as block_on_nothing,
    future::{BoxFuture, join_all},
    poll, stream,
};
use rumble_live::{Client, Error, ErrorKind, Event, Request, Response, Transport};
use tokio::{
    runtime::{Builder, Runtime},
    task::yield_now,
    time::{Instant, sleep, timeout},
};

use crate::{
    server::{KEY, Reply, Server, snapshot, within},
    watch::politeness::{Script, status, well},
};

const RUMBLE: &str = "https://rumble.com/-livestream-api/get-data?key=k";
const LOOPBACK: &str = "http://127.0.0.1/?key=k";
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn pinned_future_of_a_select_loop_delays_no_watcher() {
    let script = Script::new(Duration::from_secs(1), []);
    let client = script.client();
    let mut kept = Box::pin(client.snapshot());
    let mut kept_too = Box::pin(client.snapshot_within(Duration::ZERO));
    let mut watcher = client.watch();
    let start = Instant::now();
    // Each is polled until the other branch wins, and then no more.
    tokio::select! {
        biased;
        _ = &mut kept => panic!("it takes a second"),
        _ = &mut kept_too => panic!("it takes a second"),
        () = yield_now() => {}
    }
    while start.elapsed() < DAY {
        let _ = timeout(MINUTE, watcher.next()).await;
    }
    // A second for each poll, ten to the next, and the first two requests before.
    assert!(watcher.polls() >= 24 * 60 * 60 / 11 - 2, "{}", watcher.polls());
    assert!(script.distances().iter().all(|distance| *distance >= 6.0));
    let asked_long_ago = Instant::now();
    assert!(kept.await.is_ok() && kept_too.await.is_ok());
    assert_eq!(asked_long_ago.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn requests_in_a_buffered_stream_that_nobody_polls_delay_no_clone() {
    let script = Script::new(Duration::from_secs(1), []);
    let client = script.client();
    let mut buffered = stream::iter(0..10).map(|_| client.snapshot()).buffered(4);
    assert!(poll!(buffered.next()).is_pending());
    sleep(DAY).await;
    let start = Instant::now();
    client.snapshot().await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!(buffered.map(|answer| answer.is_ok()).collect::<Vec<_>>().await, [true; 10]);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn request_that_nobody_polls_delays_no_other_account_of_the_pool() {
    let server = Server::start([Reply::json(snapshot(&[]))]).await;
    let pool = rumble_live::Pool::new().connections_per_second(20);
    let client = || Client::builder(server.url()).pool(&pool).build().unwrap();
    let clients: Vec<Client> = (0..10).map(|_| client()).collect();
    let mut kept: Vec<_> = clients.iter().map(|client| Box::pin(client.snapshot())).collect();
    for kept in &mut kept {
        assert!(poll!(kept).is_pending());
    }
    within(client().snapshot()).await.unwrap();
    assert!(within(join_all(kept)).await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn loop_that_drops_a_request_every_100_ms_starves_nobody_and_stays_polite() {
    let script = Script::new(Duration::from_millis(300), []);
    let client = script.client();
    let start = Instant::now();
    let dropping = async {
        while start.elapsed() < 10 * MINUTE {
            assert!(timeout(Duration::from_millis(100), client.snapshot()).await.is_err());
        }
    };
    let mut watcher = client.watch_builder().interval(Duration::from_millis(1)).build();
    let watching = async {
        while start.elapsed() < 10 * MINUTE {
            let _ = timeout(Duration::from_secs(1), watcher.next()).await;
        }
    };
    let mut waits = Vec::new();
    let asking = async {
        while start.elapsed() < 10 * MINUTE {
            let asked = Instant::now();
            client.snapshot().await.unwrap();
            waits.push(asked.elapsed());
        }
    };
    tokio::join!(dropping, watching, asking);
    assert!(script.distances().iter().all(|distance| *distance >= 5.0));
    // Three take turns, so each has one every 16 seconds.
    assert!(watcher.polls() >= 35, "{}", watcher.polls());
    assert!(waits.len() >= 35 && waits.iter().all(|wait| *wait <= Duration::from_secs(17)), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn request_that_is_dropped_while_it_waits_is_never_sent() {
    let script = Script::new(Duration::from_secs(1), []);
    let client = script.client();
    client.snapshot().await.unwrap();
    for _ in 0..20 {
        assert!(timeout(Duration::from_millis(100), client.snapshot()).await.is_err());
    }
    sleep(MINUTE).await;
    assert_eq!(script.calls(), 1);
}

/// Answers a while after it was asked, by a clock that no test stops.
#[derive(Clone, Default)]
struct Late {
    wait: Duration,
    calls: Arc<AtomicUsize>,
}

impl Transport for Late {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        sleep(self.wait).map(|()| Ok(well(&[]))).boxed()
    }
}

impl Late {
    fn new(wait: Duration) -> Self {
        Self { wait, calls: Arc::default() }
    }

    fn client(&self, url: &str) -> Client {
        Client::builder(url).timeout(Duration::from_millis(300)).transport(self.clone()).build().unwrap()
    }
}

/// A runtime that runs while nobody waits for it.
fn driven() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// A runtime that runs only while somebody waits for it.
fn idle() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn callers_in_many_runtimes_survive_the_end_of_one() {
    const CALLERS: usize = 300;
    let transport = Late::new(Duration::from_millis(200));
    let client = transport.client(LOOPBACK);
    let passing = driven();
    let (asked, all_asked) = std::sync::mpsc::channel();
    let of_passing: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (client, asked) = (client.clone(), asked.clone());
            passing.spawn(async move {
                let mut asking = Box::pin(client.snapshot_within(MINUTE));
                assert!(poll!(&mut asking).is_pending());
                asked.send(()).unwrap();
                asking.await.map(drop)
            })
        })
        .collect();
    (0..CALLERS).for_each(|_| all_asked.recv().unwrap());
    let lasting: Vec<_> = [driven as fn() -> Runtime, idle, idle]
        .into_iter()
        .map(|runtime| {
            let client = client.clone();
            thread::spawn(move || runtime().block_on(within(join_all((0..CALLERS).map(|_| client.snapshot_within(MINUTE))))))
        })
        .collect();
    passing.shutdown_background();
    for lasting in lasting {
        let answers = lasting.join().expect("nobody panics");
        assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
    }
    // What ended with the runtime was cancelled with it, and did not panic either.
    for caller in of_passing {
        assert!(!block_on_nothing(caller).is_err_and(|error| error.is_panic()));
    }
    assert!(transport.calls.load(Ordering::Relaxed) <= 4);
}

#[test]
fn caller_that_was_moved_out_of_a_runtime_that_ended_asks_anew_where_it_is() {
    let client = Late::new(Duration::from_millis(50)).client(LOOPBACK);
    let passing = driven();
    let mut moved: Vec<_> = (0..100).map(|_| Box::pin(client.snapshot_within(MINUTE))).collect();
    passing.block_on(async {
        for asking in &mut moved {
            assert!(poll!(asking).is_pending());
        }
    });
    passing.shutdown_background();
    let answers = idle().block_on(within(join_all(moved)));
    assert!(answers.iter().all(Result::is_ok), "{:?}", answers.iter().find(|answer| answer.is_err()));
}

#[test]
fn who_waited_in_a_runtime_that_ended_is_told_and_who_comes_next_has_a_new_request() {
    let client = Late::new(Duration::from_millis(50)).client(LOOPBACK);
    let passing = idle();
    let mut waiting = [client.snapshot().boxed(), client.snapshot_within(MINUTE).boxed()];
    passing.block_on(async {
        for waiting in &mut waiting {
            assert!(poll!(waiting).is_pending());
        }
    });
    drop(passing);
    for waiting in waiting {
        let error = block_on_nothing(waiting).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(error.report().ends_with("the runtime that made the request was shut down"), "{error:#}");
    }
    assert!(idle().block_on(client.snapshot_within(MINUTE)).is_ok());
}

#[test]
fn runtime_that_is_not_driven_delays_nobody_in_another() {
    let client = Late::new(Duration::from_millis(50)).client(LOOPBACK);
    let asleep = idle();
    let mut kept = [client.snapshot().boxed(), client.snapshot_within(MINUTE).boxed()];
    asleep.block_on(async {
        for kept in &mut kept {
            assert!(poll!(kept).is_pending());
        }
    });
    let awake = idle();
    awake.block_on(async {
        within(client.snapshot()).await.unwrap();
        within(client.snapshot_within(Duration::ZERO)).await.unwrap();
        assert_eq!(within(client.watch().next()).await.unwrap().unwrap(), Event::Ready);
    });
    let [first, second] = kept;
    asleep.block_on(async { assert!(within(first).await.is_ok() && within(second).await.is_ok()) });
}

#[test]
fn request_in_a_runtime_that_is_not_driven_keeps_the_gate_no_longer_than_its_time_limit() {
    let transport = Late::new(Duration::from_millis(50));
    let client = transport.client(RUMBLE);
    let asleep = idle();
    // One was sent and the others wait, the first of them in front of all that come later.
    let mut kept: Vec<_> = (0..100).map(|_| client.snapshot().boxed()).collect();
    asleep.block_on(async {
        for kept in &mut kept {
            assert!(poll!(kept).is_pending());
        }
        while transport.calls.load(Ordering::Relaxed) == 0 {
            yield_now().await;
        }
        sleep(Duration::from_millis(1)).await;
    });
    let start = std::time::Instant::now();
    idle().block_on(within(client.snapshot())).unwrap();
    let waited = start.elapsed();
    // 300 ms for the one that was sent, 5 s after it, and what is left to those who came before.
    assert!((Duration::from_secs(5)..Duration::from_secs(7)).contains(&waited), "{waited:?}");
    assert_eq!(transport.calls.load(Ordering::Relaxed), 2);
    // When it is driven again, the one that was sent has been passed by and sends nothing more.
    let error = asleep.block_on(within(kept.swap_remove(0))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn dropping_a_request_frees_the_gate_even_if_its_runtime_is_not_driven() {
    const LONG: Duration = Duration::from_secs(20);
    let client = Client::builder(RUMBLE).timeout(LONG).transport(Late::new(Duration::from_millis(50))).build().unwrap();
    let asleep = idle();
    let mut first = client.snapshot().boxed();
    asleep.block_on(async {
        assert!(poll!(&mut first).is_pending());
        yield_now().await;
    });
    drop(first);
    let start = std::time::Instant::now();
    idle().block_on(within(client.snapshot())).unwrap();
    // Five seconds after it was dropped, and not after its time limit.
    assert!(start.elapsed() < LONG, "{:?}", start.elapsed());
}

#[cfg(feature = "http")]
#[test]
fn idle_connection_of_a_runtime_that_is_not_driven_is_left_alone() {
    let lasting = driven();
    let server = lasting.block_on(Server::start([Reply::json(snapshot(&[]))]));
    let client = Client::new(server.url()).unwrap();
    let asleep = idle();
    for _ in 0..2 {
        asleep.block_on(within(client.snapshot())).unwrap();
    }
    assert_eq!(server.seen().connections, 1, "it is kept");
    let start = std::time::Instant::now();
    idle().block_on(within(client.snapshot())).unwrap();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(server.seen().connections, 2);
}

/// Panics with the URL in its words, at once or later.
struct Clumsy {
    later: bool,
}

impl Transport for Clumsy {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        assert!(self.later, "no way to {}", request.url.expose());
        async move {
            yield_now().await;
            panic!("no way to {}", request.url.expose())
        }
        .boxed()
    }
}

#[tokio::test]
async fn transport_that_panics_is_an_error_for_all_who_wait() {
    for later in [false, true] {
        let client = Client::builder(format!("{LOOPBACK}{KEY}")).transport(Clumsy { later }).build().unwrap();
        let mut answers = join_all((0..100).map(|_| client.snapshot_within(MINUTE))).await;
        answers.push(client.snapshot().await);
        for answer in answers {
            let error = answer.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Transport);
            assert!(!format!("{error:?} {error:#}").contains("no way"), "{error:?}");
        }
    }
}

#[test]
fn request_outside_of_any_runtime_is_an_error_that_says_so() {
    let client = Late::default().client(LOOPBACK);
    for error in [block_on_nothing(client.snapshot()), block_on_nothing(client.snapshot_within(MINUTE))].map(Result::unwrap_err) {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("tokio runtime"), "{error}");
    }
    let fetched = idle().block_on(client.snapshot()).unwrap();
    assert_eq!(block_on_nothing(client.snapshot_within(MINUTE)).unwrap(), fetched, "what is known needs no runtime");
}

#[cfg(feature = "http")]
#[test]
fn runtime_without_time_or_network_is_an_error_that_says_what_to_do() {
    let without_time = Builder::new_current_thread().enable_io().build().unwrap();
    let without_network = Builder::new_current_thread().enable_time().build().unwrap();
    for runtime in [without_time, without_network] {
        let client = Client::new("http://127.0.0.1:9/?key=k").unwrap();
        let error = runtime.block_on(client.snapshot()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("enable_all"), "{error}");
        let mut watcher = client.watch();
        assert_eq!(runtime.block_on(watcher.next()).unwrap().unwrap_err().kind(), ErrorKind::Config);
        assert!(runtime.block_on(watcher.next()).is_none());
    }
}

#[test]
fn watcher_that_waits_for_its_next_poll_ends_with_an_error_in_a_runtime_without_time_or_that_was_shut_down() {
    let without_time = Builder::new_current_thread().enable_io().build().unwrap();
    let shut_down = idle().handle().clone();
    for there in [without_time.handle(), &shut_down] {
        let mut watcher = Late::default().client(LOOPBACK).watch();
        assert_eq!(idle().block_on(watcher.next()).unwrap().unwrap(), Event::Ready);
        let end = loop {
            without_time.block_on(yield_now());
            let _inside = there.enter();
            if let Some(end) = watcher.next().now_or_never() {
                break end;
            }
        };
        let _inside = there.enter();
        assert_eq!(end.unwrap().unwrap_err().kind(), ErrorKind::Config);
        assert!(watcher.next().now_or_never().unwrap().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn who_joins_with_a_stricter_age_is_not_served_with_what_was_asked_for_before() {
    let script = Script::new(Duration::from_secs(3), []);
    let client = script.client();
    client.snapshot().await.unwrap();
    // Its turn comes in 5 s; the one below waits behind it, and its caller takes whatever is 2 s old.
    let mut first = Box::pin(client.snapshot());
    assert!(poll!(&mut first).is_pending());
    let mut lax = Box::pin(client.snapshot_within(Duration::from_secs(2)));
    assert!(poll!(&mut lax).is_pending());
    sleep(Duration::from_secs(6)).await;
    let mut strict = Box::pin(client.snapshot_within(Duration::ZERO));
    assert!(poll!(&mut strict).is_pending());
    let asked = Instant::now();
    assert!(first.await.is_ok());
    assert!(strict.await.is_ok() && lax.await.is_ok());
    // 2 s until the first is answered, 5 s to the next, and 3 s for that.
    assert_eq!(asked.elapsed(), Duration::from_secs(10));
    assert_eq!(script.calls(), 3);
}

#[test]
fn threads_of_one_runtime_share_one_request() {
    let transport = Late::new(Duration::from_millis(200));
    let client = transport.client(LOOPBACK);
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let barrier = Arc::new(Barrier::new(8));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (client, handle, barrier) = (client.clone(), runtime.handle().clone(), Arc::clone(&barrier));
            thread::spawn(move || {
                barrier.wait();
                handle.block_on(client.snapshot_within(MINUTE)).is_ok()
            })
        })
        .collect();
    assert!(callers.into_iter().all(|caller| caller.join().unwrap()));
    assert_eq!(transport.calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn answer_that_nobody_took_is_not_handed_to_who_comes_an_hour_later() {
    let script = Script::new(Duration::from_secs(1), [status(502)]);
    let client = script.client();
    let mut kept = Box::pin(client.snapshot_within(MINUTE));
    assert!(poll!(&mut kept).is_pending());
    sleep(60 * MINUTE).await;
    assert!(client.snapshot_within(MINUTE).await.is_ok(), "its failure is nobody else's");
    let mut kept_too = Box::pin(client.snapshot_within(Duration::ZERO));
    assert!(poll!(&mut kept_too).is_pending());
    sleep(60 * MINUTE).await;
    client.snapshot_within(MINUTE).await.unwrap();
    assert_eq!(script.calls(), 4);
    assert!(kept.await.is_err() && kept_too.await.is_ok());
}
