//! Futures that are dropped, handlers that are slow and runtimes that end: nothing is lost, repeated or left behind.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, join_all},
    poll,
};
use rumble_live::{Client, Error, ErrorKind, Event, Request, Response, Transport, Watcher};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::yield_now,
    time::{Instant, sleep, timeout},
};

use crate::{
    server::{KEY, PAGE, Reply, Server, brief, briefs, event, hasty, snapshot, within},
    watch::politeness::{Script, status, well},
};

/// What a server replies in these tests, and what a watcher makes of it.
fn replies() -> Vec<Reply> {
    let slowly = |body: String| {
        Reply::raw("HTTP/1.1 200 OK\r\n").then_drip(format!("Content-Length: {}\r\n\r\n{body}", body.len()), 100, Duration::from_millis(1))
    };
    vec![
        slowly(snapshot(&[])),
        slowly(snapshot(&["ada", "bob"])),
        Reply::http("500 Oops", PAGE),
        Reply::nothing().then_reset(),
        slowly(snapshot(&["ada", "bob", "cy", "dee", "eve"])),
        slowly(snapshot(&["ada", "bob", "cy", "dee", "eve", "fay"])),
    ]
}

const EVENTS: [&str; 10] = ["ready", "ada", "bob", "server 1", "transport 2", "resumed 2", "cy", "dee", "eve", "fay"];
const REQUESTS: usize = 6;

/// The events of [`replies`], each taken by `next`.
async fn collect(mut next: impl AsyncFnMut(&mut Watcher) -> Option<Event>) {
    let server = Server::start(replies()).await;
    let mut watcher = hasty(&Client::new(server.url()).unwrap());
    let mut events = Vec::new();
    within(async {
        while events.len() < EVENTS.len() {
            events.extend(next(&mut watcher).await.as_ref().map(brief));
        }
    })
    .await;
    assert_eq!(events, EVENTS);
    assert_eq!(server.requests(), REQUESTS);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn future_dropped_after_each_poll_loses_nothing_and_restarts_nothing() {
    collect(async |watcher| match poll!(pin!(watcher.next())) {
        Poll::Ready(item) => Some(item.unwrap().unwrap()),
        Poll::Pending => {
            yield_now().await;
            None
        }
    })
    .await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn future_polled_with_a_waker_that_does_nothing_and_dropped_loses_nothing() {
    collect(async |watcher| match poll_idly(watcher) {
        Poll::Ready(item) => Some(item.unwrap().unwrap()),
        Poll::Pending => {
            yield_now().await;
            None
        }
    })
    .await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn select_against_a_fast_timer_loses_nothing_and_restarts_nothing() {
    collect(async |watcher| {
        tokio::select! {
            biased;
            () = sleep(Duration::from_micros(1)) => None,
            item = watcher.next() => Some(item.unwrap().unwrap()),
        }
    })
    .await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn timeout_around_next_loses_nothing_and_restarts_nothing() {
    collect(async |watcher| timeout(Duration::from_millis(1), watcher.next()).await.ok().map(|item| item.unwrap().unwrap())).await;
}

#[cfg(feature = "http")]
#[tokio::test]
async fn waker_of_the_last_poll_is_the_one_that_is_woken() {
    let server = Server::start(replies()).await;
    let mut watcher = hasty(&Client::new(server.url()).unwrap());
    // Each event is awaited in a task of its own, after a poll by somebody who does not care.
    for expected in EVENTS {
        let item = match poll_idly(&mut watcher) {
            Poll::Ready(item) => item.unwrap().unwrap(),
            Poll::Pending => {
                let (returned, event) = tokio::spawn(async move {
                    let event = event(&mut watcher).await;
                    (watcher, event)
                })
                .await
                .unwrap();
                watcher = returned;
                event
            }
        };
        assert_eq!(brief(&item), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn slow_handler_makes_no_timeout_that_was_none() {
    let script = Script::new(Duration::from_secs(19), [well(&[]), well(&["ada"]), status(500), well(&["ada", "bob"])]);
    let mut watcher = script.client().watch();
    for (done, expected) in [&["ready"][..], &["ada"], &["server 1"], &["resumed 1", "bob"]].into_iter().enumerate() {
        // The request begins here, and the bot is busy for an hour before it asks again.
        while script.calls() == done {
            assert!(timeout(Duration::from_secs(1), watcher.next()).await.is_err());
        }
        sleep(Duration::from_secs(3600)).await;
        for expected in expected {
            assert_eq!(brief(&watcher.next().await.unwrap().unwrap()), *expected);
        }
    }
    assert_eq!(script.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn time_limit_runs_while_nobody_polls() {
    let script = Script::new(Duration::from_secs(21), []);
    let mut watcher = script.client().watch();
    assert!(timeout(Duration::from_secs(1), watcher.next()).await.is_err());
    sleep(Duration::from_secs(3600)).await;
    let start = Instant::now();
    let Some(Ok(Event::Interrupted(interrupted))) = watcher.next().await else { panic!() };
    assert_eq!((interrupted.kind, start.elapsed()), (ErrorKind::Timeout, Duration::ZERO));
}

/// A runtime that runs while nobody waits for it.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Polls once, without a wish to be woken.
fn poll_idly(watcher: &mut Watcher) -> Poll<Option<Result<Event, Error>>> {
    watcher.poll_next_unpin(&mut Context::from_waker(Waker::noop()))
}

/// A server in a runtime of its own, and a watcher whose request to it was in flight in one that is shut down.
fn orphan(later: Reply) -> (Runtime, Watcher) {
    let (lasting, passing) = (runtime(), runtime());
    let server = lasting.block_on(Server::start([Reply::nothing().then_hang(), later]));
    let mut watcher = hasty(&Client::new(server.url()).unwrap());
    passing.block_on(async {
        assert!(poll!(watcher.next().boxed()).is_pending());
        server.until(|seen| seen.requests() == 1).await;
    });
    drop(passing);
    lasting.spawn(async move {
        let _server = server;
        std::future::pending::<()>().await;
    });
    (lasting, watcher)
}

#[cfg(feature = "http")]
#[test]
fn runtime_shut_down_in_mid_request_is_an_event_in_the_next_one() {
    let (lasting, mut watcher) = orphan(Reply::json(snapshot(&[])));
    let events = lasting.block_on(briefs(&mut watcher, 3));
    assert_eq!(events, ["transport 1", "resumed 1", "ready"]);
}

#[cfg(feature = "http")]
#[test]
fn runtime_shut_down_in_mid_request_is_a_final_error_outside_of_any() {
    let (_lasting, mut watcher) = orphan(Reply::json(snapshot(&[])));
    let Poll::Ready(Some(Err(error))) = poll_idly(&mut watcher) else { panic!("no error") };
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(matches!(poll_idly(&mut watcher), Poll::Ready(None)));
}

#[cfg(feature = "http")]
#[test]
fn runtime_shut_down_between_polls_is_no_event_in_the_next_one() {
    let (lasting, passing) = (runtime(), runtime());
    let server = lasting.block_on(Server::start([snapshot(&[]), snapshot(&["ada"])].map(Reply::json)));
    let mut watcher = Client::new(server.url()).unwrap().watch_builder().interval(Duration::from_millis(50)).build();
    passing.block_on(async {
        assert_eq!(event(&mut watcher).await, Event::Ready);
        assert!(poll!(watcher.next().boxed()).is_pending());
    });
    drop(passing);
    assert_eq!(lasting.block_on(briefs(&mut watcher, 1)), ["ada"]);
}

#[cfg(feature = "http")]
#[test]
fn runtime_shut_down_between_polls_is_a_final_error_outside_of_any() {
    let (lasting, passing) = (runtime(), runtime());
    let server = lasting.block_on(Server::start([Reply::json(snapshot(&[]))]));
    let mut watcher = Client::new(server.url()).unwrap().watch();
    assert_eq!(passing.block_on(event(&mut watcher)), Event::Ready);
    drop(passing);
    let Poll::Ready(Some(Err(error))) = poll_idly(&mut watcher) else { panic!("no error") };
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[cfg(feature = "http")]
#[test]
fn watcher_outside_of_any_runtime_is_a_final_error() {
    let mut watcher = Client::new("https://rumble.com/-livestream-api/get-data?key=k").unwrap().watch();
    let Poll::Ready(Some(Err(error))) = poll_idly(&mut watcher) else { panic!() };
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(matches!(poll_idly(&mut watcher), Poll::Ready(None)));
}

/// A client that never ends a request by itself.
fn patient(server: &Server) -> Client {
    Client::builder(server.url()).timeout(Duration::from_secs(3600)).build().unwrap()
}

#[cfg(feature = "http")]
#[tokio::test]
async fn dropping_a_watcher_ends_its_request() {
    for reply in [Reply::nothing(), Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")] {
        let server = Server::start([reply.then_hang()]).await;
        let mut watcher = hasty(&patient(&server));
        assert!(poll!(watcher.next().boxed()).is_pending());
        server.until(|seen| seen.requests() == 1).await;
        drop(watcher);
        server.until(|seen| seen.closed == 1).await;
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn thousand_watchers_dropped_in_mid_request_leave_no_task_and_no_connection() {
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let server = Server::start([Reply::nothing().then_hang()]).await;
    let client = patient(&server);
    yield_now().await;
    let before = tasks();
    for done in (100..=1000).step_by(100) {
        let mut watchers: Vec<Watcher> = (0..100).map(|_| hasty(&client)).collect();
        assert!(join_all(watchers.iter_mut().map(|watcher| async { poll!(watcher.next().boxed()) })).await.iter().all(Poll::is_pending));
        server.until(|seen| seen.requests() == done).await;
        assert!(tasks() >= before + 100);
        drop(watchers);
        server.until(|seen| seen.closed == done).await;
    }
    within(async {
        while tasks() > before {
            yield_now().await;
        }
    })
    .await;
    #[cfg(target_os = "linux")]
    assert_eq!(open_sockets_to(&server), 0);
}

/// How many file descriptors of this process are connections to that server, from its side or ours.
#[cfg(target_os = "linux")]
fn open_sockets_to(server: &Server) -> usize {
    let port: u16 = server.url().split([':', '/']).nth(4).unwrap().parse().unwrap();
    let port = format!(":{port:04X}");
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let is_connection = |row: &[&str]| (row[1].ends_with(&port) || row[2].ends_with(&port)) && !row[2].ends_with(":0000");
    // Connections that the system still winds down belong to nobody: inode 0.
    table.lines().skip(1).map(|line| line.split_whitespace().collect()).filter(|row: &Vec<_>| is_connection(row) && row[9] != "0").count()
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

#[tokio::test(start_paused = true)]
async fn transport_that_panics_is_an_interruption_without_its_words() {
    for later in [false, true] {
        let url = format!("https://rumble.com/-livestream-api/get-data?key={KEY}");
        let client = Client::builder(url).transport(Clumsy { later }).build().unwrap();
        let mut watcher = client.watch();
        for failures in 1..=3 {
            let Some(Ok(Event::Interrupted(interrupted))) = watcher.next().await else { panic!("no interruption") };
            assert_eq!((interrupted.kind, interrupted.failures), (ErrorKind::Transport, failures));
            assert!(!format!("{interrupted:?}{watcher:?}").contains("no way"));
        }
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn watcher_can_move_between_tasks_in_mid_request() {
    let server = Server::start(replies()).await;
    let mut watcher = hasty(&Client::new(server.url()).unwrap());
    let mut events = Vec::new();
    // Some thousand turns are enough.
    for _ in 0..1_000_000 {
        if events.len() == EVENTS.len() {
            break;
        }
        let (returned, item) = tokio::spawn(async move {
            let item = poll!(watcher.next().boxed());
            (watcher, item)
        })
        .await
        .unwrap();
        watcher = returned;
        if let Poll::Ready(item) = item {
            events.push(brief(&item.unwrap().unwrap()));
        }
    }
    assert_eq!(events, EVENTS);
    assert_eq!(server.requests(), REQUESTS);
}
