//! The watcher as a bot uses it, over the simulator and over sockets.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream::FusedStream};
use rumble_live::{
    Client, ErrorKind, Event, Pool, Response, StreamId, Watcher,
    sim::{Activity, Sim},
};
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use crate::{
    politeness::{Script, well},
    server::{Reply, Server, brief, briefs, event, hasty, snapshot, snapshot_at, within},
};

const RUMBLE: &str = "https://rumble.com/-livestream-api/get-data?key=k";

fn client(sim: &Sim) -> Client {
    Client::builder(RUMBLE).transport(sim.clone()).build().unwrap()
}

/// The next event, by a paused clock.
async fn next(watcher: &mut Watcher) -> Event {
    watcher.next().await.expect("the watcher goes on").expect("no error is final here")
}

/// The kinds of the next events.
async fn kinds<const N: usize>(watcher: &mut Watcher) -> [&'static str; N] {
    let mut kinds = [""; N];
    for kind in &mut kinds {
        *kind = next(watcher).await.kind();
    }
    kinds
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The bot of the crate's front page, with a list for what it would print.
async fn bot(client: Client) -> Outcome<Vec<String>> {
    let mut lines = Vec::new();
    let mut watcher = client.watch();
    while let Some(event) = watcher.next().await {
        match event? {
            Event::Follower(f) => lines.push(format!("{} followed", f.username)),
            Event::Subscriber(s) => lines.push(format!("{} subscribed for {}", s.username, s.amount)),
            Event::Message(m) => lines.push(format!("[{}] {}: {}", m.stream, m.username, m.text)),
            Event::Rant(r) => lines.push(format!("[{}] {} ranted {}: {}", r.stream, r.username, r.amount, r.text)),
            Event::Interrupted(i) => lines.push(format!("{i}")),
            _ => {}
        }
        if lines.last().is_some_and(|line| line.ends_with("enough")) {
            break;
        }
    }
    Ok(lines)
}

fn eventful() -> (Sim, StreamId) {
    let sim = Sim::running(42);
    let stream = sim.start_stream("Harbour lights");
    (sim, stream)
}

/// Once somebody watches.
async fn make_things_happen(sim: Sim, stream: StreamId) {
    while sim.answers() == 0 {
        sleep(Duration::from_secs(1)).await;
    }
    sim.fail_next(502);
    sim.follow("ada");
    sim.advance(Duration::from_secs(1));
    sim.subscribe("bob", 500);
    sim.advance(Duration::from_secs(1));
    sim.message(&stream, "cy", "hi");
    sim.advance(Duration::from_secs(1));
    sim.rant(&stream, "dee", "enough", 1050);
}

fn check(lines: &[String], stream: &StreamId) {
    assert!(lines[0].starts_with("interrupted (1 in a row): ") && lines[0].contains("502"), "{lines:?}");
    let expected = [
        "ada followed".to_owned(),
        "bob subscribed for $5.00".to_owned(),
        format!("[{stream}] cy: hi"),
        format!("[{stream}] dee ranted $10.50: enough"),
    ];
    assert_eq!(lines[1..], expected);
}

#[tokio::test(start_paused = true)]
async fn bot_of_the_front_page_works_with_boxed_errors() -> Outcome<()> {
    let (sim, stream) = eventful();
    let (lines, ()) = tokio::join!(bot(client(&sim)), make_things_happen(sim.clone(), stream.clone()));
    check(&lines?, &stream);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn bot_of_the_front_page_works_in_a_task() -> Outcome<()> {
    let (sim, stream) = eventful();
    let lines = tokio::spawn(bot(client(&sim)));
    tokio::spawn(make_things_happen(sim, stream.clone()));
    check(&lines.await??, &stream);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn two_watchers_share_one_select() {
    let sims = [Sim::running(1), Sim::running(2)];
    let [mut one, mut two] = sims.each_ref().map(|sim| client(sim).watch());
    assert_eq!([kinds(&mut one).await, kinds(&mut two).await], [["ready"]; 2]);
    let mut seen = Vec::new();
    for number in 0..20 {
        sims[number % 2].follow(&format!("fan{number}"));
        seen.push(tokio::select! {
            item = one.next() => (0, brief(&item.unwrap().unwrap())),
            item = two.next() => (1, brief(&item.unwrap().unwrap())),
        });
    }
    let expected: Vec<_> = (0..20).map(|number| (number % 2, format!("fan{number}"))).collect();
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn typed_streams_yield_one_kind_and_drop_the_rest() {
    let (sim, stream) = eventful();
    let client = client(&sim);
    let mut followers = client.watch().into_followers();
    let mut subscribers = client.watch().into_subscribers();
    let mut messages = client.watch().into_messages();
    let mut rants = client.watch().into_rants();
    // All four are asked from the start, so that what happens later is news to each.
    let acting = async {
        sleep(Duration::from_secs(60)).await;
        make_things_happen(sim.clone(), stream.clone()).await;
    };
    let (follower, subscriber, message, rant, ()) =
        tokio::join!(followers.next(), subscribers.next(), messages.next(), rants.next(), acting);
    assert_eq!(follower.unwrap().unwrap().username, "ada");
    assert_eq!(subscriber.unwrap().unwrap().username, "bob");
    assert_eq!(message.unwrap().unwrap().username, "cy");
    assert_eq!(rant.unwrap().unwrap().username, "dee");
}

#[tokio::test(start_paused = true)]
async fn typed_stream_ends_with_the_final_error() {
    let sim = Sim::running(1);
    sim.refuse_key();
    let mut rants = client(&sim).watch().into_rants();
    assert!(!rants.is_terminated());
    assert_eq!(rants.next().await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    assert!(rants.is_terminated());
    assert!(rants.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn stream_combinators_see_what_next_sees() {
    let sim = Sim::running(1);
    sim.follow("ada");
    let watcher = client(&sim).watcher().replay(true).build();
    let names: Vec<String> = watcher.take(2).map(|item| brief(&item.unwrap())).collect().await;
    assert_eq!(names, ["ready", "ada"]);
}

#[tokio::test(start_paused = true)]
async fn trouble_comes_before_ready_and_ready_before_the_streams() {
    let (sim, _) = eventful();
    sim.start_stream("second");
    sim.fail_next(500);
    sim.break_next();
    let mut watcher = client(&sim).watch();
    let expected = ["interrupted", "interrupted", "resumed", "ready", "stream_started", "stream_started"];
    assert_eq!(kinds(&mut watcher).await, expected);
}

#[tokio::test(start_paused = true)]
async fn one_poll_tells_starts_first_then_what_has_an_instant_then_gifts_then_ends() {
    let (sim, old) = eventful();
    let mut watcher = client(&sim).watch();
    assert_eq!(kinds(&mut watcher).await, ["ready", "stream_started"]);
    sim.stop_stream(&old);
    sim.fail_next(503);
    sim.gift(&old, "gus", 5);
    sim.follow("ada");
    sim.advance(Duration::from_secs(1));
    let stream = sim.start_stream("new");
    sim.rant(&stream, "dee", "first", 100);
    sim.advance(Duration::from_secs(1));
    sim.message(&stream, "cy", "second");
    sim.subscribe("bob", 500);
    let expected = ["interrupted", "resumed", "stream_started", "follower", "rant", "subscriber", "message", "gifted_subs", "stream_ended"];
    assert_eq!(kinds(&mut watcher).await, expected);
}

#[tokio::test(start_paused = true)]
async fn first_snapshot_is_news_only_when_replayed() {
    let (sim, stream) = eventful();
    sim.follow("ada");
    sim.message(&stream, "cy", "hi");
    let client = client(&sim);
    let mut replaying = client.watcher().replay(true).build();
    assert_eq!(kinds(&mut replaying).await, ["ready", "stream_started", "follower", "message"]);
    let mut quiet = client.watch();
    assert_eq!(kinds(&mut quiet).await, ["ready", "stream_started"]);
    sim.follow("bob");
    assert_eq!(brief(&next(&mut quiet).await), "bob");
    assert_eq!(brief(&next(&mut replaying).await), "bob");
}

#[tokio::test(start_paused = true)]
async fn watcher_is_fused_after_its_end() {
    let sim = Sim::running(1);
    let mut watcher = client(&sim).watch();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    for _ in 0..3 {
        sim.refuse_key();
    }
    assert_eq!(kinds(&mut watcher).await, ["interrupted", "interrupted"]);
    assert!(!watcher.is_terminated());
    assert_eq!(watcher.next().await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    assert!(watcher.is_terminated());
    let answers = sim.answers();
    for _ in 0..100 {
        assert!(watcher.next().await.is_none());
    }
    assert_eq!((sim.answers(), watcher.polls()), (answers, 4));
    assert!(watcher.snapshot().is_some(), "the last snapshot stays");
}

#[tokio::test(start_paused = true)]
async fn debug_form_of_a_watcher_tells_where_it_stands() {
    let sim = Sim::running(1);
    let mut watcher = client(&sim).watch();
    assert_eq!(format!("{watcher:?}"), r#"Watcher { state: "due", pending: 0, polls: 0, failures: 0, .. }"#);
    sim.fail_next(502);
    next(&mut watcher).await;
    assert_eq!(format!("{watcher:?}"), r#"Watcher { state: "waiting", pending: 0, polls: 1, failures: 1, .. }"#);
}

#[tokio::test(start_paused = true)]
async fn snapshot_is_the_newest_and_no_stale_answer_replaces_it() {
    let at = |second, followers: &[&str]| Response::new(200, snapshot_at(second, followers).into_bytes());
    let script = Script::new(Duration::ZERO, [at(100, &[]), at(99, &["ada"]), at(110, &["ada", "bob"])]);
    let mut watcher = script.client().watch();
    assert!(watcher.snapshot().is_none());
    let mut seen = Vec::new();
    for _ in 0..3 {
        let event = brief(&next(&mut watcher).await);
        seen.push((event, watcher.snapshot().unwrap().followers().recent.len()));
    }
    assert_eq!(seen, [("ready".to_owned(), 0), ("ada".to_owned(), 0), ("bob".to_owned(), 2)]);
}

#[tokio::test(start_paused = true)]
async fn failed_poll_leaves_the_snapshot() {
    let script = Script::new(Duration::ZERO, [well(&["ada"]), Response::new(200, b"{}".to_vec())]);
    let mut watcher = script.client().watch();
    assert_eq!(kinds(&mut watcher).await, ["ready", "interrupted"]);
    assert_eq!(watcher.snapshot().unwrap().followers().recent.len(), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn large_backlog_lets_other_tasks_run() {
    let names: Vec<String> = (0..10_000).map(|number| format!("fan{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let script = Script::new(Duration::ZERO, [well(&names)]);
    let mut watcher = script.client().watcher().replay(true).build();
    assert_eq!(event(&mut watcher).await, Event::Ready);
    let turns = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&turns);
    let other = tokio::spawn(async move {
        loop {
            counter.fetch_add(1, Ordering::Relaxed);
            yield_now().await;
        }
    });
    for name in &names {
        assert_eq!(brief(&event(&mut watcher).await), *name);
    }
    other.abort();
    // A task's turn allows some hundred steps.
    let turns = turns.load(Ordering::Relaxed);
    assert!(turns >= 20, "{turns}");
    assert_eq!(script.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn lively_account_is_watched_by_a_paused_clock() {
    let sim = Sim::running(7);
    sim.live(Activity::default());
    let start = Instant::now();
    let mut watcher = client(&sim).watch();
    let mut count = 0_u32;
    while start.elapsed() < Duration::from_secs(1200) {
        next(&mut watcher).await;
        count += 1;
    }
    assert!(count > 100, "{count}");
    assert_eq!(sim.answers(), watcher.polls());
}

#[tokio::test]
async fn simulator_is_watched_over_sockets_as_without() {
    let (sim, stream) = eventful();
    let server = sim.serve().await.unwrap();
    let mut watcher = hasty(&Client::new(server.url()).unwrap());
    assert_eq!(briefs(&mut watcher, 2).await, ["ready", "stream_started"]);
    sim.fail_next(502);
    sim.break_next();
    assert_eq!(briefs(&mut watcher, 3).await, ["server 1", "transport 2", "resumed 2"]);
    sim.message(&stream, "cy", "hi");
    assert_eq!(briefs(&mut watcher, 1).await, ["message"]);
    sim.end_stream(&stream);
    assert_eq!(briefs(&mut watcher, 1).await, ["stream_ended"]);
    for _ in 0..3 {
        sim.refuse_key();
    }
    assert_eq!(briefs(&mut watcher, 2).await, ["unauthorized 1", "unauthorized 2"]);
    assert!(within(watcher.next()).await.unwrap().is_err());
}

#[tokio::test]
async fn wrong_key_over_sockets_is_final() {
    let server = Sim::running(1).serve().await.unwrap();
    for url in [server.url().replace("simulated", "other"), server.url().replace("simulated", "")] {
        let mut watcher = Client::new(url).unwrap().watch();
        assert_eq!(within(watcher.next()).await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    }
}

#[tokio::test]
async fn watchers_of_one_pool_share_its_connections() {
    let server = Server::start([Reply::json(snapshot(&[]))]).await;
    let pool = Pool::new();
    for _ in 0..5 {
        let client = Client::builder(server.url()).pool(&pool).build().unwrap();
        assert_eq!(event(&mut client.watch()).await, Event::Ready);
    }
    assert_eq!((server.requests(), server.seen().connections), (5, 1));
}
