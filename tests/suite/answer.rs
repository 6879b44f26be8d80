//! Answers of the API and what a tracker makes of them, short enough for a test to read like the rule it checks.
//!
//! All seconds count from one instant. Unless a test says otherwise, lists are cut at ten entries, and what is not mentioned is empty.

use rumble_live::{Event, Gap, Snapshot, Tracker};
use serde_json::{Value, json};
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;

pub(crate) const NOTHING: [&str; 0] = [];

/// One answer of the API.
#[derive(Clone)]
pub(crate) struct Answer(Value);

/// An answer of that second, in which nothing is listed.
pub(crate) fn at(second: i64) -> Answer {
    Answer(json!({
        "now": START + second,
        "type": "user",
        "user_id": "4f2kx9",
        "max_num_results": 10,
        "followers": {"recent_followers": []},
        "subscribers": {"recent_subscribers": []},
        "gifted_subs": {"recent_gifted_subs": []},
        "livestreams": [],
    }))
}

impl Answer {
    pub(crate) fn followers(self, list: impl Into<Value>) -> Self {
        self.with("/followers/recent_followers", list)
    }

    pub(crate) fn subscribers(self, list: impl Into<Value>) -> Self {
        self.with("/subscribers/recent_subscribers", list)
    }

    pub(crate) fn gifts(self, list: impl Into<Value>) -> Self {
        self.with("/gifted_subs/recent_gifted_subs", list)
    }

    /// Counters beside the followers: of this account, and of all its channels together.
    pub(crate) fn follower_counts(mut self, count: u64, total: u64) -> Self {
        self.0["followers"]["num_followers"] = json!(count);
        self.0["followers"]["num_followers_total"] = json!(total);
        self
    }

    /// Lists a livestream that is on air, with these messages.
    pub(crate) fn live(self, id: &str, messages: impl Into<Value>) -> Self {
        self.live_with_rants(id, messages, json!([]))
    }

    /// Lists a livestream that is on air, with these messages and rants.
    pub(crate) fn live_with_rants(self, id: &str, messages: impl Into<Value>, rants: impl Into<Value>) -> Self {
        let chat = json!({"recent_messages": messages.into(), "recent_rants": rants.into()});
        self.livestream(json!({"id": id, "is_live": true, "chat": chat}))
    }

    pub(crate) fn livestream(mut self, livestream: Value) -> Self {
        self.0["livestreams"].as_array_mut().unwrap().push(livestream);
        self
    }

    /// Puts a value in the place of another.
    pub(crate) fn with(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        *self.0.pointer_mut(pointer).unwrap() = value.into();
        self
    }

    /// Adds a field to the answer, at the top.
    pub(crate) fn add(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0[field] = value.into();
        self
    }

    /// Drops a field of the answer.
    pub(crate) fn without(mut self, field: &str) -> Self {
        self.0.as_object_mut().unwrap().remove(field);
        self
    }

    pub(crate) fn max_num_results(self, max: u64) -> Self {
        self.with("/max_num_results", max)
    }

    pub(crate) fn body(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::from_json(self.body().as_bytes()).unwrap()
    }
}

pub(crate) fn follower(username: &str, second: i64) -> Value {
    json!({"username": username, "followed_on": stamp(second)})
}

pub(crate) fn subscriber(username: &str, cents: u64, second: i64) -> Value {
    json!({"username": username, "amount_cents": cents, "subscribed_on": stamp(second)})
}

pub(crate) fn message(username: &str, text: &str, second: i64) -> Value {
    json!({"username": username, "text": text, "created_on": stamp(second), "badges": []})
}

pub(crate) fn rant(username: &str, text: &str, cents: u64, second: i64) -> Value {
    json!({"username": username, "text": text, "amount_cents": cents, "created_on": stamp(second), "badges": []})
}

pub(crate) fn gift(purchased_by: &str, total: u64, remaining: u64) -> Value {
    json!({
        "purchased_by": purchased_by, "total_gifts": total, "remaining_gifts": remaining, "gift_type": "rumble", "video_id": 443_484_890,
    })
}

/// One follower for each second, named after it, the newest first.
pub(crate) fn followers_of(seconds: impl DoubleEndedIterator<Item = i64>) -> Vec<Value> {
    seconds.rev().map(|second| follower(&format!("f{second}"), second)).collect()
}

/// One message for each second, the newest first.
pub(crate) fn messages_of(seconds: impl DoubleEndedIterator<Item = i64>) -> Vec<Value> {
    seconds.rev().map(|second| message("ada", &format!("line {second}"), second)).collect()
}

/// What is [`heard`](Bot::hears) of [`followers_of`].
pub(crate) fn followed(seconds: impl Iterator<Item = i64>) -> Vec<String> {
    seconds.map(|second| format!("f{second} followed @{second}")).collect()
}

/// What is [`heard`](Bot::hears) of [`messages_of`].
pub(crate) fn written(id: &str, seconds: impl Iterator<Item = i64>) -> Vec<String> {
    seconds.map(|second| format!("[{id}] ada: line {second} @{second}")).collect()
}

pub(crate) fn stamp(second: i64) -> String {
    stamp_with_offset(second, 0)
}

/// The same instant as `stamp`, written with another offset from UTC.
pub(crate) fn stamp_with_offset(second: i64, hours: i8) -> String {
    let offset = UtcOffset::from_hms(hours, 0, 0).unwrap();
    OffsetDateTime::from_unix_timestamp(START + second).unwrap().to_offset(offset).format(&Rfc3339).unwrap()
}

/// Somebody who listens to a tracker and writes down each event in a few words.
pub(crate) struct Bot(Tracker);

impl Bot {
    /// Starts with an answer that is the baseline, and so is heard of as no news.
    pub(crate) fn starts(first: &Answer) -> Self {
        let mut tracker = Tracker::new();
        let events = tracker.apply(&first.snapshot());
        assert_eq!(events[0], Event::Ready);
        let is_no_news = |event: &Event| matches!(event, Event::StreamStarted(_) | Event::Unreadable(_));
        assert!(events[1..].iter().all(is_no_news), "the baseline is no news, but {events:?}");
        Self(tracker)
    }

    /// Starts with replay, and so without a baseline.
    pub(crate) fn replays(first: &Answer) -> (Self, Vec<String>) {
        let mut bot = Self(Tracker::new().replay(true));
        let heard = bot.hears(first);
        (bot, heard)
    }

    pub(crate) fn hears(&mut self, answer: &Answer) -> Vec<String> {
        self.0.apply(&answer.snapshot()).iter().map(words).collect()
    }

    pub(crate) fn events(&mut self, answer: &Answer) -> Vec<Event> {
        self.0.apply(&answer.snapshot())
    }
}

/// An event in a few words, an occurrence as it displays itself with its second.
pub(crate) fn words(event: &Event) -> String {
    words_since(START, event)
}

/// The same, with seconds counted from another instant.
pub(crate) fn words_since(start: i64, event: &Event) -> String {
    let second = |instant: OffsetDateTime| instant.unix_timestamp() - start;
    match event {
        Event::Follower(follower) => format!("{event} @{}", second(follower.followed_on)),
        Event::Subscriber(subscriber) => format!("{event} @{}", second(subscriber.subscribed_on)),
        Event::Message(message) => format!("{event} @{}", second(message.created_on)),
        Event::Rant(rant) => format!("{event} @{}", second(rant.created_on)),
        Event::StreamStarted(started) if started.already_live => format!("[{}] already live", started.stream),
        Event::StreamStarted(started) => format!("[{}] started", started.stream),
        Event::StreamEnded(ended) => format!("[{}] ended @{}", ended.stream, second(ended.last_seen)),
        Event::Gap(Gap { list, stream, since, until, at_least, .. }) => {
            let stream = stream.as_ref().map_or(String::new(), |stream| format!("[{stream}] "));
            let since = since.map_or(String::new(), |since| second(since).to_string());
            let at_least = at_least.map_or(String::new(), |count| format!(", at least {count}"));
            format!("{stream}gap in {list} @{since}..{}{at_least}", second(*until))
        }
        _ => event.to_string(),
    }
}
