//! What a watcher counts for `metrics`: names and labels as the crate page lists them, and figures as the simulator knows them.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use metrics::{Key, set_default_local_recorder};
use metrics_util::{
    MetricKind,
    debugging::{DebugValue, DebuggingRecorder, Snapshotter},
};
use rumble_live::{
    Client, Event, Watcher,
    sim::{Activity, Sim},
};
use tokio::time::sleep;

use crate::watch::during;

/// What was counted, by name and labels.
struct Counted(BTreeMap<String, DebugValue>);

fn name(key: &Key) -> String {
    let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
    if labels.is_empty() { key.name().to_owned() } else { format!("{} {}", key.name(), labels.join(" ")) }
}

impl Counted {
    fn of(snapshotter: &Snapshotter) -> Self {
        Self(snapshotter.snapshot().into_vec().into_iter().map(|(key, _, _, value)| (name(key.key()), value)).collect())
    }

    fn count(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(DebugValue::Counter(count)) => *count,
            None => 0,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn gauge(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(DebugValue::Gauge(value)) => value.into_inner(),
            other => panic!("{name}: {other:?}"),
        }
    }

    fn values(&self, name: &str) -> Vec<f64> {
        match self.0.get(name) {
            Some(DebugValue::Histogram(values)) => values.iter().map(|value| value.into_inner()).collect(),
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn client(sim: &Sim, origin: &str) -> Client {
    Client::builder(format!("{origin}/?key=secret-key")).transport(sim.clone()).build().unwrap()
}

fn harbour() -> (Sim, Watcher) {
    let sim = Sim::running(5);
    sim.live(Activity::default());
    let watcher = client(&sim, "http://127.0.0.1").watch_builder().name("harbour").live_chat(true).build();
    (sim, watcher)
}

#[tokio::test(start_paused = true)]
async fn polls_and_events_are_counted_as_the_simulator_knows_them() {
    let recorder = DebuggingRecorder::new();
    let _guard = set_default_local_recorder(&recorder);
    let (sim, mut watcher) = harbour();
    during(&mut watcher, 3600).await;
    let counted = Counted::of(&recorder.snapshotter());
    assert_eq!(counted.count("rumble_live_polls_total watcher=harbour"), sim.answers());
    let history: Vec<_> = sim.history().iter().map(|happened| serde_json::to_value(happened).unwrap()).collect();
    for (kind, what) in [("follower", "follow"), ("subscriber", "subscribe")] {
        let told = counted.count(&format!("rumble_live_events_total watcher=harbour kind={kind}"));
        let truth = history.iter().filter(|happened| happened["type"] == what).count() as u64;
        // What has happened since the last poll is not told yet.
        assert!(told > 100 && (told..told + 20).contains(&truth), "{told} of {truth} {kind}s");
    }
}

#[tokio::test(start_paused = true)]
async fn failures_gaps_and_all_that_was_told_are_counted_and_labels_name_no_user_and_no_key() {
    let recorder = DebuggingRecorder::new();
    let _guard = set_default_local_recorder(&recorder);
    let (sim, mut watcher) = harbour();
    let mut events = Vec::new();
    for round in 0..20 {
        events.extend(during(&mut watcher, 60).await);
        match round % 4 {
            0 => sim.fail_next(502),
            1 => sim.break_next(),
            2 => sim.fail_next(429),
            _ => sim.advance(Duration::from_secs(600)),
        }
    }
    let counted = Counted::of(&recorder.snapshotter());
    let polls = watcher.polls();
    assert_eq!(counted.count("rumble_live_polls_total watcher=harbour"), polls);
    for (kind, ordered) in [("server", 5), ("transport", 5), ("rate_limited", 5)] {
        assert_eq!(counted.count(&format!("rumble_live_poll_failures_total watcher=harbour kind={kind}")), ordered, "{kind}");
    }
    let [duration, bytes] =
        ["duration_seconds", "body_bytes"].map(|name| counted.values(&format!("rumble_live_poll_{name} watcher=harbour")));
    assert_eq!((duration.len() as u64, bytes.len() as u64), (polls - 15, polls - 15));
    // The clock is paused, and no body is so short.
    assert!(duration.iter().all(|seconds| *seconds < 1.0) && bytes.iter().all(|bytes| *bytes > 500.0));
    #[expect(clippy::cast_precision_loss, reason = "seconds of our age")]
    let now = watcher.snapshot().unwrap().now().unix_timestamp() as f64;
    assert!((counted.gauge("rumble_live_snapshot_timestamp_seconds watcher=harbour") - now).abs() < f64::EPSILON);

    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for event in &events {
        *told.entry(event.kind()).or_default() += 1;
    }
    for (kind, count) in &told {
        assert_eq!(counted.count(&format!("rumble_live_events_total watcher=harbour kind={kind}")), *count, "{kind}");
    }
    assert!(told["gap"] > 0 && told["message"] > 0);
    let gaps: u64 = counted.0.keys().filter(|name| name.starts_with("rumble_live_gaps_total ")).map(|name| counted.count(name)).sum();
    assert_eq!(gaps, told["gap"]);

    let expected: BTreeSet<&str> = ["watcher", "kind", "list"].into();
    for name in counted.0.keys() {
        assert!(!name.contains("secret"), "{name}");
        for label in name.split(' ').skip(1) {
            let (key, value) = label.split_once('=').unwrap();
            assert!(expected.contains(key), "{name}");
            let is_known = match key {
                "watcher" => value == "harbour",
                "list" => ["followers", "subscribers", "messages", "rants", "gifted_subs", "livestreams"].contains(&value),
                _ => value.chars().all(|char| char.is_ascii_lowercase() || char == '_'),
            };
            assert!(is_known, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn names_kinds_and_labels_are_those_of_the_crate_page_and_each_is_described() {
    let recorder = DebuggingRecorder::new();
    let _guard = set_default_local_recorder(&recorder);
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let feed = client(&sim, "http://127.0.0.1").watch_builder().live_chat(true).interval(Duration::from_secs(1)).build().spawn();
    let (mut slow, mut fast) = (feed.events(), feed.events());
    assert_eq!(slow.next().await, Some(Event::Ready));
    for number in 0..700 {
        sim.message(&stream, "ada", &number.to_string());
        sim.advance(Duration::from_secs(1));
        if number % 50 == 0 {
            while tokio::time::timeout(Duration::from_secs(2), fast.next()).await.is_ok() {}
        }
    }
    sim.fail_next(502);
    sleep(Duration::from_secs(60)).await;
    while tokio::time::timeout(Duration::from_secs(2), fast.next()).await.is_ok() {}
    let Some(Event::Lagged(lagged)) = slow.next().await else { panic!("it has lagged") };

    let mut seen: BTreeMap<String, (MetricKind, BTreeSet<String>)> = BTreeMap::new();
    for (key, unit, description, value) in recorder.snapshotter().snapshot().into_vec() {
        let name = key.key().name().to_owned();
        assert!(unit.is_some() && description.is_some_and(|words| words.ends_with('.')), "{name} has no help");
        if name == "rumble_live_lagged_events_total" {
            assert!(matches!(value, DebugValue::Counter(missed) if missed == lagged.missed), "{value:?}");
        }
        let (_, labels) = seen.entry(name).or_insert((key.kind(), BTreeSet::new()));
        labels.extend(key.key().labels().map(|label| label.key().to_owned()));
    }
    let page = include_str!("../../../src/lib.rs");
    let mut listed = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("//! | `rumble_live_")) {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
        let kind = [("counter", MetricKind::Counter), ("gauge", MetricKind::Gauge), ("histogram", MetricKind::Histogram)];
        let kind = kind.into_iter().find(|(name, _)| *name == cells[2]).unwrap().1;
        listed.insert(cells[1].clone(), (kind, cells[3].split_whitespace().map(ToOwned::to_owned).collect::<BTreeSet<_>>()));
    }
    assert_eq!(seen, listed);
}

#[tokio::test(start_paused = true)]
async fn open_live_chats_are_counted_while_they_are_open() {
    let recorder = DebuggingRecorder::new();
    let _guard = set_default_local_recorder(&recorder);
    // A look takes away what it has seen.
    let seen = Cell::new(0.0);
    let open = || {
        seen.set(seen.get() + Counted::of(&recorder.snapshotter()).gauge("rumble_live_live_chats_open"));
        seen.get()
    };
    // Another watcher without a name shares the series, and comes and goes.
    let other_sim = Sim::running(2);
    other_sim.start_stream("Elsewhere");
    let mut another = client(&other_sim, "http://127.0.0.1").watch_builder().live_chat(true).build();
    during(&mut another, 15).await;
    assert!((open() - 1.0).abs() < f64::EPSILON);
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let other = sim.start_stream("By night");
    let mut watcher = client(&sim, "http://127.0.0.1").watch_builder().live_chat(true).build();
    during(&mut watcher, 15).await;
    assert!((open() - 3.0).abs() < f64::EPSILON);
    drop(another);
    assert!((open() - 2.0).abs() < f64::EPSILON);
    // Both are followed still, but neither is open.
    sim.fail_chat_for(Duration::from_secs(90), 502);
    sim.cut_chat(0);
    during(&mut watcher, 30).await;
    assert!(open().abs() < f64::EPSILON);
    during(&mut watcher, 120).await;
    assert!((open() - 2.0).abs() < f64::EPSILON);
    sim.end_stream(&other);
    during(&mut watcher, 120).await;
    assert!((open() - 1.0).abs() < f64::EPSILON);
    assert_eq!(sim.open_chats(), 1);
    sim.message(&stream, "ada", "hi");
    // Whoever has lost the key reads no chat any more.
    for _ in 0..500 {
        sim.refuse_key();
    }
    while watcher.next().await.unwrap().is_ok() {}
    assert!(open().abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn wait_at_the_gate_is_measured() {
    let recorder = DebuggingRecorder::new();
    let _guard = set_default_local_recorder(&recorder);
    // Off loopback, so that there is a gate. The transport asks nobody.
    let client = client(&Sim::running(1), "https://rumble.example");
    let mut first = client.watch_builder().name("first").build();
    let mut second = client.watch_builder().name("second").build();
    assert_eq!(first.next().await.unwrap().unwrap(), Event::Ready);
    assert_eq!(second.next().await.unwrap().unwrap(), Event::Ready);
    let counted = Counted::of(&recorder.snapshotter());
    assert_eq!(counted.values("rumble_live_gate_wait_seconds watcher=first"), [0.0]);
    assert_eq!(counted.values("rumble_live_gate_wait_seconds watcher=second"), [5.0]);
    assert_eq!(counted.count("rumble_live_events_total watcher=second kind=ready"), 1);
}
