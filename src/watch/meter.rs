//! The metrics. Only this file uses the crate `metrics`. The crate page lists
//! all of them, because users build dashboards and alarms on them.
//!
//! Names, types and labels are public, and a test compares them with the crate
//! page. Labels hold the name of the watcher and words of this crate, and never
//! what a viewer wrote, since each value makes a series of its own.

use std::{collections::BTreeMap, fmt};

use metrics::{Counter, Gauge, Histogram, Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use serde::Serialize as _;

use crate::{
    client::Fetched,
    error::ErrorKind,
    event::{Event, Gap, ListKind},
};

const POLLS: &str = "rumble_live_polls_total";
const FAILURES: &str = "rumble_live_poll_failures_total";
const DURATION: &str = "rumble_live_poll_duration_seconds";
const BYTES: &str = "rumble_live_poll_body_bytes";
const GATE_WAIT: &str = "rumble_live_gate_wait_seconds";
const SNAPSHOT: &str = "rumble_live_snapshot_timestamp_seconds";
const EVENTS: &str = "rumble_live_events_total";
const GAPS: &str = "rumble_live_gaps_total";
const LAGGED: &str = "rumble_live_lagged_events_total";
const CHATS: &str = "rumble_live_live_chats_open";
const DOUBTS: &str = "rumble_live_merge_doubts_total";

/// The values of the label `list`.
const LISTS: [ListKind; 6] =
    [ListKind::Followers, ListKind::Subscribers, ListKind::Messages, ListKind::Rants, ListKind::GiftedSubs, ListKind::Livestreams];

/// The metrics of one watcher. What every poll touches is registered once.
pub(crate) struct Meter {
    /// The label of the watcher. Empty if it has no name.
    watcher: Vec<Label>,
    polls: Counter,
    duration: Histogram,
    bytes: Histogram,
    gate_wait: Histogram,
    snapshot: Gauge,
    chats: Gauge,
    /// This watcher's share of the gauge `chats`. Other watchers of the same
    /// name add theirs.
    open: usize,
    events: BTreeMap<&'static str, Counter>,
}

impl Meter {
    /// Registers and describes the metrics with the recorder that is installed
    /// by now. What is registered here never reaches a recorder that is
    /// installed later.
    pub(crate) fn new(watcher: Option<&str>) -> Self {
        describe();
        let watcher = labels(watcher);
        // Alarms watch these for growth, so they must exist at zero or the first increment is missed.
        for list in LISTS {
            counter!(GAPS, and(&watcher, "list", InJson(&list).to_string())).absolute(0);
        }
        for name in [LAGGED, DOUBTS] {
            counter!(name, watcher.clone()).absolute(0);
        }
        Self {
            polls: counter!(POLLS, watcher.clone()),
            duration: histogram!(DURATION, watcher.clone()),
            bytes: histogram!(BYTES, watcher.clone()),
            gate_wait: histogram!(GATE_WAIT, watcher.clone()),
            snapshot: gauge!(SNAPSHOT, watcher.clone()),
            chats: gauge!(CHATS, watcher.clone()),
            open: 0,
            events: BTreeMap::new(),
            watcher,
        }
    }

    /// A poll has ended, whether it failed or not.
    pub(crate) fn poll_ended(&self) {
        self.polls.increment(1);
    }

    /// A poll failed with an error of this kind.
    pub(crate) fn poll_failed(&self, kind: ErrorKind) {
        counter!(FAILURES, self.and("kind", kind.to_string())).increment(1);
    }

    /// A poll brought a snapshot, which it measured.
    pub(crate) fn poll_finished(&self, fetched: &Fetched) {
        self.duration.record(fetched.duration);
        self.gate_wait.record(fetched.waited);
        #[expect(clippy::cast_precision_loss, reason = "a body of more than 2^52 bytes is refused")]
        self.bytes.record(fetched.bytes as f64);
        #[expect(clippy::cast_precision_loss, reason = "seconds of our age")]
        self.snapshot.set(fetched.snapshot.now().unix_timestamp() as f64);
    }

    /// An event is handed out. Gaps and doubts have a counter of their own as
    /// well.
    pub(crate) fn event(&mut self, event: &Event) {
        let kind = event.kind();
        let Self { watcher, events, .. } = self;
        events.entry(kind).or_insert_with(|| counter!(EVENTS, and(watcher, "kind", kind.to_owned()))).increment(1);
        match event {
            Event::Gap(Gap { list, .. }) => counter!(GAPS, self.and("list", InJson(list).to_string())).increment(1),
            Event::MergeDoubt(_) => counter!(DOUBTS, self.watcher.clone()).increment(1),
            _ => {}
        }
    }

    /// Moves the gauge to the number of open chats of this watcher. It moves it
    /// by the difference, because other watchers of the same name share the
    /// gauge.
    pub(crate) fn live_chats_open(&mut self, open: usize) {
        let before = std::mem::replace(&mut self.open, open);
        #[expect(clippy::cast_precision_loss, reason = "an account has a hundred livestreams at most")]
        match open.checked_sub(before) {
            Some(0) => {}
            Some(more) => self.chats.increment(more as f64),
            None => self.chats.decrement((before - open) as f64),
        }
    }

    /// The label of the watcher and one more.
    fn and(&self, name: &'static str, value: String) -> Vec<Label> {
        and(&self.watcher, name, value)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.live_chats_open(0);
    }
}

/// The name in the JSON form, because labels have no spaces.
struct InJson<'a>(&'a ListKind);

impl fmt::Display for InJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.serialize(f)
    }
}

/// The label of the watcher, or none.
fn labels(watcher: Option<&str>) -> Vec<Label> {
    watcher.map(|name| Label::new("watcher", name.to_owned())).into_iter().collect()
}

/// Readers of a feed lost this many events.
pub(crate) fn lagged(watcher: Option<&str>, missed: u64) {
    counter!(LAGGED, labels(watcher)).increment(missed);
}

/// The label of the watcher and one more.
fn and(watcher: &[Label], name: &'static str, value: String) -> Vec<Label> {
    watcher.iter().cloned().chain([Label::new(name, value)]).collect()
}

/// The unit and the help text of each metric.
fn describe() {
    describe_counter!(POLLS, Unit::Count, "Polls that have ended, failed ones included.");
    describe_counter!(FAILURES, Unit::Count, "Polls that failed, by the kind of error.");
    describe_histogram!(DURATION, Unit::Seconds, "Time from the request to the decoded snapshot, of polls that brought one.");
    describe_histogram!(BYTES, Unit::Bytes, "Length of the body, decompressed, of polls that brought a snapshot.");
    describe_histogram!(
        GATE_WAIT,
        Unit::Seconds,
        "Time that polls that brought a snapshot waited for their turn at the gate of the client."
    );
    describe_gauge!(SNAPSHOT, Unit::Seconds, "The server's time of the newest answer, in seconds since 1970.");
    describe_counter!(EVENTS, Unit::Count, "Events handed out, by kind.");
    describe_counter!(GAPS, Unit::Count, "Gaps handed out, by list.");
    describe_counter!(LAGGED, Unit::Count, "Events that slow readers of a feed have lost.");
    describe_gauge!(CHATS, Unit::Count, "Live chats to which a connection is open.");
    describe_counter!(DOUBTS, Unit::Count, "Times that polls and live chat did not agree.");
}
