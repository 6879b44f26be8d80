//! A serialized snapshot reads back as an equal one; and what is raw is without secrets.

use rumble_live::{Category, Follower, Followers, Livestream, Rant, RecentChat, Snapshot, Window};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{FIXTURES, decode, decode_stream, decode_with, fixture, lenient::variants};

/// What comes back of a value's JSON form, read from text and from a `Value`.
fn back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) -> T {
    let text = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::from_value::<T>(serde_json::to_value(value).unwrap()).unwrap(), back);
    assert_eq!(serde_json::to_string(&back).unwrap(), text);
    back
}

#[test]
fn serialized_snapshot_of_each_fixture_reads_back_as_an_equal_one() {
    for name in FIXTURES {
        let snapshot = decode(fixture(name));
        assert_eq!(back(&snapshot), snapshot, "{name}");
    }
}

#[test]
fn serialized_snapshot_of_any_answer_reads_back_as_an_equal_one() {
    for (path, kind, answer) in variants("with-gifts") {
        if let Ok(snapshot) = Snapshot::from_json(answer.to_string().as_bytes()) {
            let back = back(&snapshot);
            assert_eq!(back, snapshot, "{path:?} as {kind:?}");
            assert_eq!(back.skipped(), snapshot.skipped(), "{path:?} as {kind:?}");
        }
    }
}

#[test]
fn lists_that_were_not_sent_and_items_that_were_skipped_read_back() {
    let snapshot = decode_with(
        r#""followers": {"recent_followers": [7, {"username": "ada", "followed_on": "2026-09-14T14:00:00.25-04:00"}, {}]},
        "subscribers": {"recent_subscribers": [], "num_subscribers": 3},
        "livestreams": [{"id": "S"}, null, {"id": "t", "chat": {"recent_messages": [null], "recent_rants": []}}]"#,
    );
    let back = back(&snapshot);
    assert_eq!(back, snapshot);
    assert_eq!((back.followers().recent.len(), back.followers().recent.skipped()), (1, 2));
    assert_eq!((back.subscribers().recent.was_sent(), back.gifted_subs().recent.was_sent()), (true, false));
    assert_eq!((back.livestreams().len(), back.livestreams().skipped()), (2, 1));
    let chats: Vec<_> = back.livestreams().iter().map(|stream| &stream.chat.recent_messages).collect();
    assert_eq!(chats.iter().map(|list| (list.was_sent(), list.skipped())).collect::<Vec<_>>(), [(false, 0), (true, 1)]);
}

#[test]
fn skipped_item_is_a_null_at_the_end_of_its_list() {
    let snapshot =
        decode_with(r#""followers": {"recent_followers": [7, {"username": "ada", "followed_on": "2026-09-14T14:00:00-04:00"}]}"#);
    assert_eq!(
        serde_json::to_value(&snapshot.followers().recent).unwrap(),
        json!([{"username": "ada", "followed_on": "2026-09-14T18:00:00Z"}, null])
    );
    assert_eq!(serde_json::to_value(Window::<Follower>::default()).unwrap(), Value::Null);
}

#[test]
fn each_part_reads_back_alone() {
    let snapshot = decode(fixture("many-messages"));
    assert_eq!(&back(snapshot.account()), snapshot.account());
    assert_eq!(&back(snapshot.followers()), snapshot.followers());
    assert_eq!(&back(snapshot.subscribers()), snapshot.subscribers());
    assert_eq!(&back(snapshot.gifted_subs()), snapshot.gifted_subs());
    assert_eq!(&back(snapshot.livestreams()), snapshot.livestreams());
    let stream = &snapshot.livestreams()[0];
    assert_eq!(&back(stream), stream);
    assert_eq!(back(&stream.chat), stream.chat);
    assert_eq!(back(&stream.primary_category), stream.primary_category);
}

#[test]
fn parts_may_be_written_down_in_short() {
    let read = |json: Value| serde_json::from_value::<Snapshot>(json);
    let short = read(json!({"now": "2026-09-14T20:30:00Z", "user_id": "4F2KX9"})).unwrap();
    assert_eq!(short.account().user_id.as_ref().unwrap(), "4f2kx9");
    assert_eq!((short.max_num_results(), short.livestreams().was_sent()), (50, false));
    assert_eq!(serde_json::from_value::<Followers>(json!({})).unwrap(), Followers::default());
    assert_eq!(serde_json::from_value::<RecentChat>(json!({})).unwrap(), RecentChat::default());
    assert_eq!(serde_json::from_value::<Livestream>(json!({"id": "s"})).unwrap().live, None);
    assert_eq!(serde_json::from_value::<Category>(json!({"slug": "news"})).unwrap(), Category::new("news", ""));
    let rant =
        serde_json::from_value::<Rant>(json!({"stream": "s", "username": "ada", "amount_cents": 5, "created_on": "1970-01-01T00:00:00Z"}));
    assert_eq!(rant.unwrap(), Rant::new("s", "ada", rumble_live::Amount::from_cents(5), ""));
    // What a tracker remembers is bounded by it, wherever the snapshot came from.
    for (said, meant) in [(json!(0), 50), (json!(7), 7), (json!(u64::MAX), 1000)] {
        let snapshot = read(json!({"now": "2026-09-14T20:30:00Z", "user_id": "a", "max_num_results": said})).unwrap();
        assert_eq!(snapshot.max_num_results(), meant);
    }
}

#[test]
fn answer_of_the_api_is_no_serialized_snapshot() {
    assert!(serde_json::from_str::<Snapshot>(&fixture("user-offline")).is_err());
}

#[test]
fn raw_answer_is_kept_only_where_asked_for() {
    let body = fixture("many-messages");
    let plain = decode(&body);
    let with_raw = Snapshot::from_json_with_raw(body.as_bytes()).unwrap();
    assert_eq!(plain.raw(), None);
    let raw = with_raw.raw().unwrap();
    assert_eq!(raw["followers"], serde_json::from_str::<Value>(&body).unwrap()["followers"]);
    assert_eq!(with_raw, plain, "what is raw makes no difference");
    assert_eq!(format!("{with_raw:?}"), format!("{plain:?}"));
    assert_eq!(serde_json::to_string(&with_raw).unwrap(), serde_json::to_string(&plain).unwrap());
    assert_eq!(with_raw.clone().raw(), Some(raw));
}

#[test]
fn raw_answer_is_without_the_secrets_of_the_broadcaster() {
    const SECRET: &str = "SECRET-7f3a";
    let mut answer: Value = serde_json::from_str(&fixture("many-messages")).unwrap();
    for place in ["", "/followers", "/livestreams/0", "/livestreams/1/chat", "/livestreams/0/chat/recent_messages/0"] {
        let fields = answer.pointer_mut(place).unwrap().as_object_mut().unwrap();
        for name in ["stream_key", "server_url", "STREAM_KEY", "Server_URL", "streamKey", "server-url"] {
            fields.insert(name.to_owned(), json!({"primary": [SECRET]}));
        }
    }
    let snapshot = Snapshot::from_json_with_raw(answer.to_string().as_bytes()).unwrap();
    let raw = snapshot.raw().unwrap().to_string();
    assert!(!raw.contains(SECRET) && !raw.to_lowercase().contains("stream_key"), "{raw}");
    assert!(raw.contains("HYPE :harborWave: #49"), "all else is there");
    for name in FIXTURES {
        let raw = Snapshot::from_json_with_raw(fixture(name).as_bytes()).unwrap().raw().unwrap().to_string();
        assert!(!["FAKE-STREAM-KEY", "rtmp", "ingest"].iter().any(|secret| raw.contains(secret)), "{name}");
    }
}

#[test]
fn raw_answer_shows_what_the_crate_does_not_model() {
    let body = "\u{feff}{\"now\": 1, \"user_id\": \"a\", \"raids\": {\"recent_raids\": [{\"raider\": \"Otter\"}]}, \"much\": 1e999}";
    let snapshot = Snapshot::from_json_with_raw(body.as_bytes()).unwrap();
    let raw = snapshot.raw().unwrap();
    assert_eq!(raw["raids"]["recent_raids"][0]["raider"], "Otter");
    assert_eq!(raw["much"], Value::Null, "what no number can hold");
    let broken = Snapshot::from_json_with_raw(b"{\"now\": 1, \"user_id\": \"a\", \"text\": \"a\xff\"}").unwrap();
    assert_eq!(broken.raw().unwrap()["text"], "a\u{fffd}");
}

#[test]
fn answer_that_is_too_deep_to_be_kept_is_read_all_the_same() {
    let deep = format!(r#"{{"now": 1, "user_id": "a", "deep": {}{}}}"#, "[".repeat(1000), "]".repeat(1000));
    let snapshot = Snapshot::from_json_with_raw(deep.as_bytes()).unwrap();
    assert_eq!((snapshot.now().unix_timestamp(), snapshot.raw()), (1, None));
    assert_eq!(decode_stream(r#""likes": 1"#).raw(), None);
}
