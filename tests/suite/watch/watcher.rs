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
    Client, ErrorKind, Event, Response, StreamId, Watcher,
    sim::{Activity, Sim},
};
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use crate::{
    server::{ENVELOPE, Reply, Server, brief, briefs, event, hasty, response, snapshot, snapshot_at, within},
    watch::politeness::{Script, status, well},
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
    let watcher = client(&sim).watch_builder().replay(true).build();
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
    let mut replaying = client.watch_builder().replay(true).build();
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
    for _ in 0..100 {
        sim.refuse_key();
    }
    let error = loop {
        assert!(!watcher.is_terminated());
        match watcher.next().await.unwrap() {
            Ok(event) => assert_eq!(event.kind(), "interrupted"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(watcher.is_terminated());
    let (answers, polls) = (sim.answers(), watcher.polls());
    for _ in 0..100 {
        assert!(watcher.next().await.is_none());
    }
    assert_eq!((sim.answers(), watcher.polls()), (answers, polls));
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
    let at = |second, followers: &[&str]| Response::ok(snapshot_at(second, followers).into_bytes());
    let script = Script::new(Duration::ZERO, [at(10, &[]), at(9, &["ada"]), at(12, &["ada", "bob"])]);
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
async fn resumed_watcher_whose_first_answer_is_of_another_account_goes_on_with_its_own() {
    let (sim, other) = (Sim::running(1), Sim::running(2));
    let mut before = client(&sim).watch();
    next(&mut before).await;
    let checkpoint = before.checkpoint().unwrap();
    for asks_first in [false, true] {
        let client = client(&sim);
        sim.mix_up_next(&other);
        if asks_first {
            // Nobody knows yet whose account it is.
            client.snapshot().await.unwrap();
            sim.mix_up_next(&other);
        }
        let mut watcher = client.watch_builder().resume(checkpoint.clone()).build();
        assert_eq!(kinds(&mut watcher).await, ["interrupted", "resumed", "ready"]);
        assert_eq!(client.snapshot().await.unwrap().account().user_id, checkpoint.user_id().cloned());
    }
}

#[tokio::test(start_paused = true)]
async fn checkpoint_of_another_account_does_not_trouble_the_clones() {
    let (sim, other) = (Sim::running(1), Sim::running(2));
    let mut before = client(&other).watch();
    next(&mut before).await;
    let client = client(&sim);
    client.snapshot().await.unwrap();
    let mut wrong = client.watch_builder().resume(before.checkpoint().unwrap()).build();
    assert_eq!(kinds(&mut wrong).await, ["interrupted"]);
    client.snapshot().await.unwrap();
    assert_eq!(kinds(&mut client.watch()).await, ["ready"]);
}

#[tokio::test(start_paused = true)]
async fn failed_poll_leaves_the_snapshot() {
    let script = Script::new(Duration::ZERO, [well(&["ada"]), Response::ok(b"{}".to_vec())]);
    let mut watcher = script.client().watch();
    assert_eq!(kinds(&mut watcher).await, ["ready", "interrupted"]);
    assert_eq!(watcher.snapshot().unwrap().followers().recent.len(), 1);
}

#[tokio::test(flavor = "current_thread")]
async fn large_backlog_lets_other_tasks_run() {
    let names: Vec<String> = (0..10_000).map(|number| format!("fan{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let script = Script::new(Duration::ZERO, [well(&names)]);
    let mut watcher = script.client().watch_builder().replay(true).build();
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

#[cfg(feature = "http")]
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
    sim.refuse_key();
    assert_eq!(briefs(&mut watcher, 2).await, ["unauthorized 1", "resumed 1"]);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn wrong_key_over_sockets_is_final() {
    let server = Sim::running(1).serve().await.unwrap();
    for url in [server.url().replace("simulated", "other"), server.url().replace("simulated", "")] {
        let mut watcher = Client::new(url).unwrap().watch();
        assert_eq!(within(watcher.next()).await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    }
}

fn refused() -> Response {
    response(403, ENVELOPE)
}

/// What comes until the final error: the kinds of the failed polls and the error, each with the seconds since the first failure.
async fn trouble_until_the_end(watcher: &mut Watcher) -> (Vec<(ErrorKind, f64)>, rumble_live::Error, f64) {
    let (mut troubles, mut start) = (Vec::new(), None);
    loop {
        let item = watcher.next().await.expect("an error comes first");
        let elapsed = start.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
        match item {
            Ok(Event::Interrupted(trouble)) => troubles.push((trouble.kind, elapsed)),
            Ok(event) => panic!("{event}"),
            Err(error) => return (troubles, error, elapsed),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusals_end_a_watcher_whose_key_was_good_only_after_fifteen_minutes() {
    let script = Script::new(Duration::ZERO, [well(&[])].into_iter().chain((0..100).map(|_| refused())));
    let mut watcher = script.client().watch();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    let (troubles, error, seconds) = trouble_until_the_end(&mut watcher).await;
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    assert!(troubles.len() >= 4 && troubles.iter().all(|(kind, at)| *kind == ErrorKind::Unauthorized && *at < 900.0), "{troubles:?}");
    assert!((900.0..=1200.0).contains(&seconds), "{seconds}");
    let told = error.to_string();
    let (refusals, minutes) = (troubles.len() + 1, seconds.div_euclid(60.0));
    assert!(told.ends_with(&format!("; given up after {refusals} such answers in {minutes} minutes")), "{told}");
    assert_eq!(error.report(), told, "the text of the cause is part of it already");
}

#[tokio::test(start_paused = true)]
async fn watcher_with_a_long_interval_is_given_up_at_the_fifth_refusal_whatever_else_fails_in_between() {
    let answers = [well(&[]), refused(), refused(), status(502), refused(), refused(), status(502), refused()];
    let script = Script::new(Duration::ZERO, answers);
    let mut watcher = script.client().watch_builder().interval(Duration::from_secs(3600)).build();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    let (troubles, error, _) = trouble_until_the_end(&mut watcher).await;
    assert_eq!((error.kind(), troubles.len(), script.calls()), (ErrorKind::Unauthorized, 6, 8));
}

#[tokio::test(start_paused = true)]
async fn outage_of_rumbles_authentication_ends_no_bot_that_is_restarted_amid_it() {
    let outage = |polls| (0..polls).map(|_| refused());
    let script = Script::new(Duration::ZERO, [well(&[])].into_iter().chain(outage(6)).chain([well(&["ada"])]).chain(outage(6)));
    let mut watcher = script.client().watch();
    assert_eq!(kinds(&mut watcher).await, ["ready", "interrupted", "interrupted"]);
    let checkpoint = watcher.checkpoint().unwrap();
    let mut watcher = script.client().watch_builder().resume(checkpoint).build();
    assert_eq!(kinds(&mut watcher).await, ["interrupted", "interrupted", "interrupted", "interrupted", "resumed", "ready"]);
    assert_eq!(brief(&next(&mut watcher).await), "ada");
    // The count begins anew after a snapshot.
    assert_eq!(kinds(&mut watcher).await, ["interrupted"; 6]);
    assert_eq!(kinds(&mut watcher).await, ["resumed"]);
}

/// An answer of another account, with a follower of its own.
fn stranger() -> Response {
    Response::ok(snapshot(&["stranger"]).replace("4f2kx9", "4f2kx8").into_bytes())
}

#[tokio::test(start_paused = true)]
async fn answer_of_another_account_in_between_is_a_failed_poll_and_nothing_of_it_is_told() {
    let script = Script::new(Duration::ZERO, [well(&[]), stranger(), stranger(), well(&["ada"])]);
    let mut watcher = script.client().watch();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    for failures in 1..=2 {
        let Event::Interrupted(trouble) = next(&mut watcher).await else { panic!("no interruption") };
        assert_eq!((trouble.kind, trouble.failures), (ErrorKind::Decode, failures));
        assert!(trouble.message.contains("another account"), "{}", trouble.message);
        assert!(watcher.snapshot().unwrap().followers().recent.is_empty());
    }
    assert_eq!([brief(&next(&mut watcher).await), brief(&next(&mut watcher).await)], ["resumed 2", "ada"]);
}

#[tokio::test(start_paused = true)]
async fn answer_that_shares_one_id_is_of_the_same_account_whatever_else_it_calls_it() {
    let other_word = snapshot(&["ada"]).replace(r#""type":"user""#, r#""type":"creator""#);
    let other_channel = snapshot(&["ada", "bob"]).replace(r#""type":"user""#, r#""type":"user","channel_id":78"#);
    let first = snapshot(&[]).replace(r#""type":"user""#, r#""type":"user","channel_id":77"#);
    let script = Script::new(Duration::ZERO, [first, other_word, other_channel].map(Response::ok));
    let mut watcher = script.client().watch();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    assert_eq!([brief(&next(&mut watcher).await), brief(&next(&mut watcher).await)], ["ada", "bob"]);
}

#[tokio::test(start_paused = true)]
async fn answers_of_another_account_end_a_watcher_after_fifteen_minutes_and_ten_after_a_resume_too() {
    let script = |first: Option<Response>| Script::new(Duration::ZERO, first.into_iter().chain((0..100).map(|_| stranger())));
    let mut watcher = script(Some(well(&[]))).client().watch();
    assert_eq!(next(&mut watcher).await, Event::Ready);
    let checkpoint = watcher.checkpoint().unwrap();
    let resumed = script(None).client().watch_builder().resume(checkpoint.clone()).build();
    for mut watcher in [watcher, resumed] {
        let (troubles, error, seconds) = trouble_until_the_end(&mut watcher).await;
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("another account"), "{error}");
        assert!(troubles.len() >= 9 && troubles.iter().all(|(kind, _)| *kind == ErrorKind::Decode), "{troubles:?}");
        assert!(seconds >= 900.0, "{seconds}");
        assert_eq!(watcher.checkpoint(), Some(checkpoint.clone()), "nothing of them is remembered");
        assert!(watcher.next().await.is_none());
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn watchers_of_one_pool_share_its_connections() {
    let server = Server::start([Reply::json(snapshot(&[]))]).await;
    let pool = rumble_live::Pool::new();
    for _ in 0..5 {
        let client = Client::builder(server.url()).pool(&pool).build().unwrap();
        assert_eq!(event(&mut client.watch()).await, Event::Ready);
    }
    assert_eq!((server.requests(), server.seen().connections), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn all_events_of_a_poll_come_together_and_the_memory_after_them_knows_them_all() {
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let mut watcher = client(&sim).watch();
    let kinds = |events: Vec<Event>| events.iter().map(Event::kind).collect::<Vec<_>>();
    assert_eq!(kinds(watcher.next_poll().await.unwrap().unwrap()), ["ready", "stream_started"]);
    sim.follow("ada");
    sim.rant(&stream, "bob", "for the boat fund", 500);
    // Dropped anywhere, it loses nothing; polls without news are passed over.
    let events = loop {
        if let Ok(events) = tokio::time::timeout(Duration::from_millis(70), watcher.next_poll()).await {
            break events.unwrap().unwrap();
        }
    };
    assert_eq!(kinds(events), ["follower", "rant"]);
    let mut resumed = client(&sim).watch_builder().resume(watcher.checkpoint().unwrap()).build();
    assert_eq!(kinds(resumed.next_poll().await.unwrap().unwrap()), ["ready", "stream_started"]);

    sim.follow("cy");
    sim.follow("dee");
    assert_eq!(next(&mut watcher).await.username(), Some("cy"));
    assert_eq!(kinds(watcher.next_poll().await.unwrap().unwrap()), ["follower"], "what is left of the poll");
}

#[tokio::test(start_paused = true)]
async fn final_error_comes_alone_after_the_events_of_a_poll() {
    let script = Script::new(Duration::ZERO, [response(401, ENVELOPE)]);
    let mut watcher = script.client().watch();
    assert_eq!(watcher.next_poll().await.unwrap().unwrap_err().kind(), ErrorKind::Unauthorized);
    assert!(watcher.next_poll().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn watcher_tells_its_client_its_account_and_its_name() {
    let sim = Sim::running(1);
    let mut watcher = client(&sim).watch_builder().name("harbour").build();
    assert_eq!((watcher.name(), watcher.account()), (Some("harbour"), None));
    next(&mut watcher).await;
    let account = watcher.client().snapshot_within(Duration::from_secs(60)).await.unwrap();
    assert_eq!(watcher.account(), Some(account.account()));
    let checkpoint = watcher.checkpoint().unwrap();
    assert_eq!(checkpoint.user_id(), account.account().user_id.as_ref());
    assert_eq!(checkpoint.at(), account.now());
}

#[tokio::test(start_paused = true)]
async fn change_of_a_live_stream_is_told_where_it_is_asked_for() {
    let live = |viewers: u64, title: &str, is_live: bool| {
        let stream = serde_json::json!({"id": "s", "title": title, "is_live": is_live, "watching_now": viewers, "likes": 3});
        let body = serde_json::json!({"now": 1_767_322_800, "user_id": "4f2kx9", "livestreams": [stream]});
        Response::ok(body.to_string().into_bytes())
    };
    // What an answer leaves out has not changed.
    let incomplete = || {
        let body = serde_json::json!({"now": 1_767_322_800, "user_id": "4f2kx9", "livestreams": [{"id": "s"}]});
        Response::ok(body.to_string().into_bytes())
    };
    let answers = || {
        [
            live(5, "A", true),
            live(5, "A", true),
            live(6, "A", true),
            incomplete(),
            live(6, "B", true),
            live(9, "B", false),
            live(7, "B", false),
        ]
    };
    let script = Script::new(Duration::ZERO, answers());
    let mut watcher = script.client().watch_builder().stream_updates(true).build();
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(next(&mut watcher).await.to_string());
    }
    assert_eq!(told[1], "[s] already live: A");
    assert_eq!(told[2..4], ["[s] updated: watching_now 6", "[s] updated: title B"]);
    assert!(told[4].starts_with("[s] ended"), "{told:?}");

    let script = Script::new(Duration::ZERO, answers());
    let mut watcher = script.client().watch();
    assert_eq!(kinds(&mut watcher).await, ["ready", "stream_started", "stream_ended"]);
}
