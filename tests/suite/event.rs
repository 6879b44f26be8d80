//! Events as a bot's own tests build them.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use rumble_live::{
    Amount, Author, ErrorKind, Event, Follower, Gap, GiftedSubs, Interrupted, Lagged, ListKind, MergeDoubt, Message, MessageDeleted,
    RaidReceived, RaidStarted, Rant, Resumed, StreamEnded, StreamId, StreamStarted, StreamUpdated, Subscriber, SubscriptionNotice,
    Unreadable, UserMuted, Visibility,
};
use serde_json::{Value, json};
use time::{OffsetDateTime, macros::datetime};

const AT: OffsetDateTime = datetime!(2026-09-14 20:30 UTC);

/// Events that are built by hand, beside their JSON form without an id.
fn built() -> Vec<(Event, Value)> {
    let stream = StreamId::from("7c1f4q");
    let at = "2026-09-14T20:30:00Z";
    vec![
        (Event::Ready, json!({"type": "ready"})),
        (
            StreamStarted::new(&stream, AT).with_title("Harbour").with_created_on(AT).with_already_live(true).into(),
            json!({"type": "stream_started", "stream": "7c1f4q", "title": "Harbour", "created_on": at, "already_live": true, "at": at}),
        ),
        (
            StreamUpdated::new(&stream, AT).with_title("Harbour").with_watching_now(6).with_visibility(Visibility::Unlisted).into(),
            json!({
                "type": "stream_updated", "stream": "7c1f4q", "changed": ["title", "watching_now", "visibility"], "title": "Harbour",
                "watching_now": 6, "likes": null, "dislikes": null, "visibility": "unlisted", "at": at,
            }),
        ),
        (
            StreamEnded::new(&stream, AT).with_last_seen(AT - Duration::from_secs(60)).into(),
            json!({"type": "stream_ended", "stream": "7c1f4q", "last_seen": "2026-09-14T20:29:00Z", "at": at}),
        ),
        (Follower::new("ada").with_followed_on(AT).into(), json!({"type": "follower", "username": "ada", "followed_on": at})),
        (
            Subscriber::new("ada", Amount::from_cents(500)).with_subscribed_on(AT).into(),
            json!({"type": "subscriber", "username": "ada", "amount_cents": 500, "subscribed_on": at}),
        ),
        (
            GiftedSubs::new("ada", 5).with_stream(&stream).into(),
            json!({"type": "gifted_subs", "purchased_by": "ada", "total_gifts": 5, "remaining_gifts": 5, "video_id": stream.decimal()}),
        ),
        (
            Message::new(&stream, "ada", "hi").with_created_on(AT).into(),
            json!({"type": "message", "stream": "7c1f4q", "username": "ada", "text": "hi", "created_on": at}),
        ),
        (
            Rant::new(&stream, "ada", Amount::from_cents(1050), "yo").with_created_on(AT).into(),
            json!({"type": "rant", "stream": "7c1f4q", "username": "ada", "amount_cents": 1050, "text": "yo", "created_on": at}),
        ),
        (
            Gap::new(ListKind::Messages, AT).with_stream(&stream).with_since(AT).with_at_least(3).into(),
            json!({"type": "gap", "list": "messages", "stream": "7c1f4q", "since": at, "until": at, "at_least": 3}),
        ),
        (
            Unreadable::new(ListKind::Rants, 2).with_stream(&stream).into(),
            json!({"type": "unreadable", "list": "rants", "stream": "7c1f4q", "count": 2}),
        ),
    ]
}

/// And those that the live chat tells.
fn built_of_the_live_chat() -> Vec<(Event, Value)> {
    let at = "2026-09-14T20:30:00Z";
    let author = Author::new("ada").with_is_follower(true);
    let author_json = json!({"name": "ada", "username": "ada", "badges": [], "is_follower": true});
    let told: Event = Message::new("7c1f4q", "ada", "hi").with_author(author.clone()).with_message_id("1").with_created_on(AT).into();
    let told_id = told.id().unwrap();
    vec![
        (
            told,
            json!({
                "type": "message", "stream": "7c1f4q", "username": "ada", "text": "hi", "created_on": at, "author": author_json,
                "message_id": "1",
            }),
        ),
        (
            Rant::new("7c1f4q", "ada", Amount::from_cents(5), "").with_author("ada").with_message_id("2").with_created_on(AT).into(),
            json!({
                "type": "rant", "stream": "7c1f4q", "username": "ada", "amount_cents": 5, "text": "", "created_on": at,
                "author": {"name": "ada", "username": "ada", "badges": [], "is_follower": false}, "message_id": "2",
            }),
        ),
        (
            MessageDeleted::new("7c1f4q", ["1", "2"]).with_event_ids([told_id.clone()]).with_inferred(true).into(),
            json!({"type": "message_deleted", "stream": "7c1f4q", "message_ids": ["1", "2"], "event_ids": [told_id], "inferred": true}),
        ),
        (
            UserMuted::new("7c1f4q", ["4yqceh"]).with_message_ids(["1"]).with_event_ids([told_id.clone()]).into(),
            json!({"type": "user_muted", "stream": "7c1f4q", "user_ids": ["4yqceh"], "message_ids": ["1"], "event_ids": [told_id]}),
        ),
        (
            RaidStarted::new("7c1f4q", "https://rumble.com/v1").with_target_name("bob").with_target_title("t").with_starts_at(AT).into(),
            json!({
                "type": "raid_started", "stream": "7c1f4q", "target_name": "bob", "target_url": "https://rumble.com/v1",
                "target_title": "t", "starts_at": at,
            }),
        ),
        (
            RaidReceived::new("7c1f4q", author.clone(), "3").with_text("ahoy").with_created_on(AT).into(),
            json!({
                "type": "raid_received", "stream": "7c1f4q", "author": author_json, "text": "ahoy", "created_on": at, "message_id": "3",
            }),
        ),
        (
            SubscriptionNotice::new("7c1f4q", author, "6 month subscriber", "4").with_text("hi").with_created_on(AT).into(),
            json!({
                "type": "subscription_notice", "stream": "7c1f4q", "author": author_json, "notice": "6 month subscriber", "text": "hi",
                "created_on": at, "message_id": "4",
            }),
        ),
        (MergeDoubt::new("7c1f4q", 50, 6).into(), json!({"type": "merge_doubt", "stream": "7c1f4q", "polled": 50, "unmatched": 6})),
    ]
}

/// And those about the watching itself.
fn built_of_the_watching() -> Vec<(Event, Value)> {
    vec![
        (
            Interrupted::new(ErrorKind::Server, "down").with_failures(2).with_retry_in(Duration::from_secs(20)).into(),
            json!({"type": "interrupted", "kind": "server", "message": "down", "failures": 2, "retry_in_seconds": 20.0}),
        ),
        (Resumed::new(Duration::from_millis(1500), 2).into(), json!({"type": "resumed", "away_seconds": 1.5, "failures": 2})),
        (Lagged::new(7).into(), json!({"type": "lagged", "missed": 7})),
    ]
}

fn all() -> Vec<(Event, Value)> {
    [built(), built_of_the_live_chat(), built_of_the_watching()].concat()
}

#[test]
fn every_event_can_be_built_and_is_the_one_of_its_json_without_an_id() {
    for (event, json) in all() {
        assert_eq!(event.kind(), json["type"]);
        assert_eq!(serde_json::from_value::<Event>(json.clone()).unwrap(), event, "{json}");
        let written = serde_json::to_value(&event).unwrap();
        for (field, value) in json.as_object().unwrap() {
            assert_eq!(written[field], *value, "{written}");
        }
    }
}

#[test]
fn what_is_common_to_many_events_is_asked_of_any() {
    for (event, json) in all() {
        let field = |name: &str| json.get(name).and_then(Value::as_str);
        let author = json.pointer("/author/name").and_then(Value::as_str);
        assert_eq!(event.username(), field("username").or(field("purchased_by")).or(author));
        assert_eq!(event.text(), field("text"));
        let is_of_the_stream = json.get("stream").is_some() || json.get("video_id").is_some();
        assert_eq!(event.stream().is_some_and(|stream| stream == "7c1f4q"), is_of_the_stream);
        let stamp = ["followed_on", "subscribed_on", "starts_at", "at"].into_iter().find_map(field);
        let stamp = stamp.or(field("created_on").filter(|_| event.text().is_some()));
        assert_eq!(event.at().is_some(), stamp.is_some(), "{json}");
    }
}

#[test]
fn what_an_alert_may_be_raised_for_has_an_id_and_nothing_else_has() {
    let kinds = all().into_iter().filter(|(event, _)| event.id().is_some()).map(|(event, _)| event.kind()).collect::<BTreeSet<_>>();
    let expected = ["follower", "gifted_subs", "message", "raid_received", "raid_started", "rant", "subscriber", "subscription_notice"];
    assert_eq!(kinds, BTreeSet::from(expected));
}

#[test]
fn events_stand_in_a_set_once_each() {
    let twice = all().into_iter().chain(all()).map(|(event, _)| event);
    assert_eq!(twice.collect::<HashSet<_>>().len(), all().len());
}
