//! Applies any sequence of answers to a tracker.

#![no_main]

use std::collections::HashSet;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use rumble_live::{Checkpoint, Event, EventId, Gap, ListKind, Snapshot, StreamId, Tracker};
use serde_json::Value;

/// How many livestreams a tracker remembers once they are gone. Of one that it
/// has forgotten, entries with a time ahead of the server's clock may be
/// yielded again.
const REMEMBERED: usize = 16;
const MOST_BYTES: usize = 64 * 1024;
/// Longer sequences find nothing that shorter ones cannot find.
const MOST_TURNS: usize = 16;
const MOST_LISTED: usize = 300;
const MOST_STREAMS: usize = 40;

fuzz_target!(|life: Life| {
    let mut tracker = Tracker::new().replay(life.replays);
    let mut told = Told::default();
    let mut longest = 0;
    let mut is_ready = false;
    for turn in life.turns.iter().take(MOST_TURNS) {
        if turn.restarts() {
            tracker = restarted(&tracker);
            is_ready = false;
        }
        let snapshot = turn.snapshot();
        let events = tracker.apply(&snapshot);
        if let [Event::Interrupted(_)] = *events {
            // The answer is for another account than those before.
            continue;
        }
        assert_eq!(events.first() == Some(&Event::Ready), !is_ready);
        is_ready = true;
        told.check(&events, &snapshot);
        says_nothing_again(&tracker, &snapshot, &events, told.may_forget_streams());
        longest = longest_list(&snapshot).max(longest);
    }
    if tracker.checkpoint().is_some() {
        remembers_little(&tracker, longest);
    }
});

/// The length of the longest list in an answer, or the longest that the answer
/// says is possible.
fn longest_list(snapshot: &Snapshot) -> usize {
    let chats = snapshot.livestreams().iter().map(|stream| &stream.chat);
    let lists = chats.flat_map(|chat| [chat.recent_messages.len(), chat.recent_rants.len()]);
    let audience = [snapshot.followers().recent.len(), snapshot.subscribers().recent.len(), snapshot.gifted_subs().recent.len()];
    lists.chain(audience).chain([snapshot.max_num_results()]).max().unwrap_or_default()
}

/// A tracker that goes on from the checkpoint of this one. If this one has no
/// checkpoint, a clone of it.
fn restarted(tracker: &Tracker) -> Tracker {
    let Some(checkpoint) = tracker.checkpoint() else { return tracker.clone() };
    let json = checkpoint.to_json();
    assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    let read = Checkpoint::from_json(json.as_bytes()).expect("what was written is read");
    assert_eq!(read, checkpoint);
    Tracker::resume(read)
}

/// Checks that the same answer brings no news the second time, neither to the
/// tracker that has applied it nor to one that goes on from its checkpoint.
/// There are exceptions. A livestream that is missing once more may end. Gifts
/// that only the counter shows once more may become a gap. If a list has two
/// gaps, the second one comes with the second answer. A tracker that goes on
/// says which livestreams are live.
fn says_nothing_again(tracker: &Tracker, snapshot: &Snapshot, first: &[Event], may_forget_streams: bool) {
    let had_gap =
        |gap: &Gap| first.iter().any(|event| matches!(event, Event::Gap(had) if had.list == gap.list && had.stream == gap.stream));
    let is_news = |event: &Event| match event {
        Event::StreamEnded(_) => false,
        Event::Gap(gap) => gap.list != ListKind::GiftedSubs && !had_gap(gap),
        _ => true,
    };
    let again = tracker.clone().apply(snapshot);
    assert_eq!(again.iter().find(|event| is_news(event)), None, "news for a tracker that has applied the answer before");
    let resumed = restarted(tracker).apply(snapshot);
    assert_eq!(resumed.first(), Some(&Event::Ready));
    let goes_on = |event: &Event| matches!(event, Event::StreamStarted(started) if started.already_live);
    let is_forgotten = |event: &Event| may_forget_streams && event.stream().is_some();
    let news = resumed.iter().skip(1).find(|event| is_news(event) && !goes_on(event) && !is_forgotten(event));
    assert_eq!(news, None, "news for a tracker that goes on from a checkpoint");
}

/// What was yielded in one sequence of answers.
#[derive(Default)]
struct Told {
    ids: HashSet<EventId>,
    streams: HashSet<StreamId>,
}

impl Told {
    fn may_forget_streams(&self) -> bool {
        self.streams.len() > REMEMBERED
    }

    fn check(&mut self, events: &[Event], snapshot: &Snapshot) {
        in_order(events);
        no_more_than_shown(events, snapshot);
        self.streams.extend(snapshot.livestreams().iter().map(|stream| stream.id.clone()));
        for event in events {
            let Some(id) = event.id().filter(|_| event.stream().is_none() || !self.may_forget_streams()) else { continue };
            assert!(self.ids.insert(id), "{event} is yielded twice");
        }
    }
}

/// Checks the order of the events: starts of livestreams, lists that cannot be
/// read, events with a time from the oldest to the newest, gifts, and ends of
/// livestreams.
fn in_order(events: &[Event]) {
    let rank = |event: &Event| match event {
        Event::Ready => (0, None),
        Event::StreamStarted(_) => (1, None),
        Event::Unreadable(_) => (2, None),
        Event::GiftedSubs(_) | Event::Gap(Gap { list: ListKind::GiftedSubs, .. }) => (4, None),
        Event::Gap(gap) => (3, Some(gap.until)),
        Event::StreamEnded(_) => (5, None),
        event => (3, event.at()),
    };
    assert!(events.is_sorted_by_key(rank), "{events:?}");
}

/// Checks that no list yields more events than it shows, and that it yields one
/// gap at most.
fn no_more_than_shown(events: &[Event], snapshot: &Snapshot) {
    let yielded = |kind: &str| events.iter().filter(|event| event.kind() == kind).count();
    let chats = || snapshot.livestreams().iter().map(|stream| &stream.chat);
    assert!(yielded("follower") <= snapshot.followers().recent.len());
    assert!(yielded("subscriber") <= snapshot.subscribers().recent.len());
    assert!(yielded("gifted_subs") <= snapshot.gifted_subs().recent.len());
    assert!(yielded("message") <= chats().map(|chat| chat.recent_messages.len()).sum());
    assert!(yielded("rant") <= chats().map(|chat| chat.recent_rants.len()).sum());
    let mut gaps = HashSet::new();
    for event in events {
        if let Event::Gap(gap) = event {
            assert!(gaps.insert((gap.list, gap.stream.clone())), "{events:?}");
        }
    }
}

/// Checks that a tracker remembers at most four times the longest list, for
/// each list, and at most sixteen livestreams that are gone.
fn remembers_little(tracker: &Tracker, longest: usize) {
    let json = tracker.checkpoint().expect("there was an answer").to_json();
    let checkpoint: Value = serde_json::from_str(&json).expect("a checkpoint is JSON");
    let memory = &checkpoint["memory"];
    let keys = |ledger: &Value| ledger["seen"].as_array().expect("a list of keys").len();
    for ledger in [&memory["followers"], &memory["subscribers"]] {
        assert!(keys(ledger) <= 4 * longest);
    }
    let gifts = memory["gifts"]["seen"].as_object().expect("kinds of gift").len();
    assert!(gifts <= 4 * longest);
    let streams = memory["livestreams"]["known"].as_object().expect("livestreams by id");
    for stream in streams.values() {
        assert!(keys(&stream["messages"]) <= 4 * longest);
        assert!(keys(&stream["rants"]) <= 4 * longest);
    }
    assert!(streams.values().filter(|stream| stream["absence"] == 6).count() <= REMEMBERED);
}

/// The input: a sequence of answers and restarts. Bytes are taken modulo the
/// number of choices, so that every byte is a valid choice.
#[derive(Arbitrary, Debug)]
struct Life {
    replays: bool,
    turns: Vec<Turn>,
}

#[derive(Arbitrary, Debug)]
struct Turn {
    kind: u8,
    now: u16,
    max: u8,
    followers: Audience,
    subscribers: Audience,
    gifts: Option<Vec<Gift>>,
    gift_count: Option<u8>,
    has_unreadable_stream: bool,
    streams: Option<Vec<Stream>>,
}

#[derive(Arbitrary, Debug)]
struct Audience {
    count: Option<u8>,
    total: Option<u8>,
    list: Option<Vec<Run>>,
}

#[derive(Arbitrary, Debug)]
struct Stream {
    id: u8,
    times: u8,
    is_live: u8,
    messages: Option<Vec<Run>>,
    rants: Option<Vec<Run>>,
}

/// Some entries of a list, one after the other.
#[derive(Arbitrary, Debug)]
struct Run {
    at: u8,
    who: u8,
    length: u8,
}

#[derive(Arbitrary, Debug)]
struct Gift {
    who: u8,
    remaining: u8,
}

/// The earliest time of an answer: 2026-09-14T20:00:00Z. All times that are not
/// made odd on purpose lie in the 70 minutes after it, as do those of most
/// fixtures.
const START: i64 = 1_789_416_000;
const FIXTURES: [&str; 6] = [
    include_str!("../../tests/suite/fixtures/channel-live.json"),
    include_str!("../../tests/suite/fixtures/many-messages.json"),
    include_str!("../../tests/suite/fixtures/nulls-and-empties.json"),
    include_str!("../../tests/suite/fixtures/official-example.json"),
    include_str!("../../tests/suite/fixtures/user-offline.json"),
    include_str!("../../tests/suite/fixtures/with-gifts.json"),
];

impl Turn {
    fn restarts(&self) -> bool {
        self.kind % 8 == 7
    }

    fn snapshot(&self) -> Snapshot {
        let now = START + i64::from(self.now % 4096);
        let body = match FIXTURES.get(usize::from(self.kind / 8)) {
            // If a field comes twice, the last one counts.
            Some(fixture) => format!(r#"{},"now":{now}}}"#, fixture.trim_end().strip_suffix('}').expect("an object")),
            None => self.json(now),
        };
        Snapshot::from_json(body.as_bytes()).expect("it has all that a snapshot needs")
    }

    fn json(&self, now: i64) -> String {
        let max = [50, 1, 2, 3, 4, 5, 10, 20][usize::from(self.max % 8)];
        let unreadable = self.has_unreadable_stream.then(|| r#"{"is_live":true}"#.to_owned());
        let streams =
            self.streams.as_ref().map(|streams| unreadable.into_iter().chain(streams.iter().flat_map(Stream::json).take(MOST_STREAMS)));
        format!(
            r#"{{"now":{now},"user_id":"2f","max_num_results":{max},
                "followers":{{"num_followers":{},"num_followers_total":{},"recent_followers":{}}},
                "subscribers":{{"num_subscribers":{},"num_subscribers_total":{},"recent_subscribers":{}}},
                "gifted_subs":{{"num_gifted_subs":{},"recent_gifted_subs":{}}},
                "livestreams":{}}}"#,
            or_null(self.followers.count),
            or_null(self.followers.total),
            entries(self.followers.list.as_deref(), "followed_on"),
            or_null(self.subscribers.count),
            or_null(self.subscribers.total),
            entries(self.subscribers.list.as_deref(), "subscribed_on"),
            or_null(self.gift_count),
            list(self.gifts.as_ref().map(|gifts| gifts.iter().map(Gift::json))),
            list(streams),
        )
    }
}

impl Stream {
    /// Most often one of a few livestreams, the first of which is in the
    /// fixtures too. Now and then many similar ones.
    fn json(&self) -> impl Iterator<Item = String> + use<> {
        let is_live = ["true", "false", "true", "null"][usize::from(self.is_live % 4)];
        let messages = entries(self.messages.as_deref(), "created_on");
        let rants = entries(self.rants.as_deref(), "created_on");
        let first = if self.id < 192 { self.id % 4 } else { self.id };
        let times = if self.times < 232 { 1 } else { self.times - 230 };
        (0..times).map(move |nth| {
            let id = match first.wrapping_add(nth) {
                0 => "7c1f4q".to_owned(),
                number => format!("s{number}"),
            };
            format!(r#"{{"id":"{id}","is_live":{is_live},"chat":{{"recent_messages":{messages},"recent_rants":{rants}}}}}"#)
        })
    }
}

impl Gift {
    fn json(&self) -> String {
        format!(r#"{{"purchased_by":"u{}","total_gifts":5,"remaining_gifts":{}}}"#, self.who, self.remaining)
    }
}

impl Run {
    fn entries<'a>(&self, stamp: &'a str) -> impl Iterator<Item = String> + use<'a> {
        let Self { at, who, length } = *self;
        let (user, text, cents, kind) = (who % 4, who / 4 % 4, who / 16 % 4, who / 64);
        // Most often a few entries, but now and then so many that the tracker forgets some.
        let length = if length < 208 { length % 8 } else { length - 192 };
        (0..=length).map(move |nth| {
            let (at, user) = match kind {
                0 => (at.saturating_sub(nth), user),
                1 => (at.saturating_add(nth), user),
                2 => (at, user),
                _ => (at, user.wrapping_add(nth)),
            };
            format!(r#"{{"username":"u{user}","text":"t{text}","amount_cents":{cents},"{stamp}":{}}}"#, instant(at))
        })
    }
}

fn entries(runs: Option<&[Run]>, stamp: &str) -> String {
    list(runs.map(|runs| runs.iter().flat_map(|run| run.entries(stamp))))
}

fn list(items: Option<impl Iterator<Item = String>>) -> String {
    let Some(items) = items else { return "null".to_owned() };
    let mut list = String::from("[");
    for (nth, item) in items.take(MOST_LISTED).enumerate() {
        if nth > 0 {
            list.push(',');
        }
        list.push_str(&item);
    }
    list + "]"
}

fn or_null(number: Option<u8>) -> String {
    number.map_or_else(|| "null".to_owned(), |number| number.to_string())
}

/// The time of an entry, from 20:25:00 on. The last few numbers stand for odd
/// times.
fn instant(at: u8) -> String {
    let second = 1500 + u32::from(at);
    match at {
        255 => "null".to_owned(),
        254 => r#""9999-12-31T23:59:59Z""#.to_owned(),
        253 => r#""0000-01-01T00:00:00Z""#.to_owned(),
        252 => r#""2026-09-14T16:29:11.5-04:00""#.to_owned(),
        _ => format!(r#""2026-09-14T20:{:02}:{:02}Z""#, second / 60, second % 60),
    }
}
