//! What a chat's bytes tell, whoever reads them: `Decoder` and the events.

use proptest::prelude::*;
use rumble_live::{
    Bytes, ErrorKind,
    chat::{Author, ChatEvent, ChatMessage, Decoder, Emotes, Part},
};
use serde_json::{Value, json};

use super::{STREAM, brief, init, message, messages, record};

const FIXTURES: [&str; 10] =
    ["all-events", "crlf", "events", "init", "keepalive", "mixed-endings", "normal", "quirks", "truncated", "utf8"];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("tests/suite/fixtures/chat-{name}.sse")).unwrap()
}

/// All events of one connection's bytes.
fn hear(decoder: &mut Decoder, bytes: impl Into<Bytes>) -> Vec<ChatEvent> {
    let mut bytes = bytes.into();
    let events = std::iter::from_fn(|| decoder.next(&mut bytes)).collect();
    assert!(bytes.is_empty());
    events
}

fn replay(reads: impl IntoIterator<Item = Vec<u8>>) -> Vec<ChatEvent> {
    let mut decoder = Decoder::new(STREAM).replay(true);
    reads.into_iter().flat_map(|read| hear(&mut decoder, read)).collect()
}

/// What events tell, in short.
fn told(events: &[ChatEvent]) -> Vec<String> {
    events.iter().map(brief).collect()
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Fixtures

#[test]
fn fixtures_tell_what_is_reviewed() {
    for name in FIXTURES {
        let events = replay([fixture(name)]);
        let lines: Vec<_> = events.iter().flat_map(|event| [event.to_string(), serde_json::to_string(event).unwrap()]).collect();
        insta::assert_snapshot!(format!("chat-{name}"), lines.join("\n"));
        for (event, line) in events.iter().zip(lines.iter().skip(1).step_by(2)) {
            assert_eq!(&serde_json::from_str::<ChatEvent>(line).unwrap(), event);
        }
    }
}

#[test]
fn what_cannot_be_read_is_counted() {
    for (name, skipped) in [("quirks", 1 + 5), ("normal", 0), ("all-events", 0), ("truncated", 0)] {
        let mut decoder = Decoder::new(STREAM);
        hear(&mut decoder, fixture(name));
        assert_eq!(decoder.skipped(), skipped, "{name}");
    }
}

#[test]
fn backlog_of_the_greatest_length_is_read() {
    assert_eq!(replay([fixture("init-1mib")]).len(), 1 + 1501);
}

#[test]
fn record_above_one_mib_is_counted_and_the_chat_goes_on() {
    let mut decoder = Decoder::new(STREAM);
    let long = record(&json!({"type": "messages", "data": "x".repeat(1024 * 1024)}));
    let events = hear(&mut decoder, [init(&[]), long, messages(&[message(1)])].concat());
    assert_eq!((told(&events), decoder.skipped()), (vec!["ready".to_owned(), "1".to_owned()], 1));
}

proptest! {
    #[test]
    fn every_way_of_cutting_tells_the_same(
        name in prop::sample::select(&FIXTURES[..]),
        mut cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let bytes = fixture(name);
        cuts.sort_unstable_by_key(|cut| cut.index(bytes.len()));
        let ends: Vec<_> = [0].into_iter().chain(cuts.iter().map(|cut| cut.index(bytes.len()))).chain([bytes.len()]).collect();
        let reads = ends.windows(2).map(|ends| bytes[ends[0]..ends[1]].to_vec());
        prop_assert_eq!(replay(reads), replay([bytes.clone()]));
    }
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Backlogs

#[test]
fn first_backlog_is_history_unless_it_is_asked_for() {
    let bytes = [init(&[message(2), message(1)]), messages(&[message(2), message(3)])].concat();
    let quiet = hear(&mut Decoder::new(STREAM), bytes.clone());
    assert_eq!(told(&quiet), ["ready", "3"]);
    assert_eq!(told(&replay([bytes.into()])), ["ready", "1", "2", "3"]);
}

#[test]
fn later_backlog_yields_what_was_missed_and_tells_what_is_gone() {
    for on_the_same_connection in [false, true] {
        let mut decoder = Decoder::new(STREAM);
        hear(&mut decoder, [init(&[message(1), message(2)]), messages(&[message(3), message(4), message(5)])].concat());
        if !on_the_same_connection {
            hear(&mut decoder, r#"data: {"type":"messages","#);
            decoder.reconnect();
        }
        let events = hear(&mut decoder, init(&[message(2), message(3), message(5), message(6)]));
        assert_eq!(told(&events), ["inferred 4", "6"]);
    }
}

#[test]
fn gap_stands_before_a_backlog_that_does_not_reach_back() {
    let mut decoder = Decoder::new(STREAM);
    hear(&mut decoder, [init(&[]), messages(&[message(1), message(2)])].concat());
    decoder.reconnect();
    let events = hear(&mut decoder, init(&[message(7), message(8)]));
    assert_eq!(told(&events), ["gap", "7", "8"]);
    assert_eq!(events[0].to_string(), "[7c1f4q] messages may have been lost between 2026-01-01T00:00:02Z and 2026-01-01T00:00:07Z");
}

#[test]
fn backlog_that_cannot_be_read_is_a_gap_and_what_was_told_before_is_no_history() {
    let unreadable = "data: {\"type\":\"init\",\n\n".to_owned();
    let mut decoder = Decoder::new(STREAM);
    assert_eq!(told(&hear(&mut decoder, unreadable.clone() + &messages(&[message(3)]))), ["3"]);
    decoder.reconnect();
    assert_eq!(told(&hear(&mut decoder, unreadable + &messages(&[message(5)]))), ["gap", "5"]);
    decoder.reconnect();
    assert_eq!(told(&hear(&mut decoder, init(&[message(1), message(3), message(4), message(5), message(6)]))), ["ready", "4", "6"]);
}

#[test]
fn backlog_that_cannot_be_read_is_a_gap_after_a_chat_in_which_nothing_was_said_too() {
    let mut decoder = Decoder::new(STREAM);
    hear(&mut decoder, init(&[]));
    decoder.reconnect();
    let events = hear(&mut decoder, "data: {\"type\":\"init\",\n\n".to_owned() + &messages(&[message(5)]));
    assert!(matches!(&events[..], [ChatEvent::Gap(gap), ChatEvent::Message(_)] if gap.since.is_none()), "{events:?}");
}

#[test]
fn message_of_a_backlog_that_cannot_be_read_is_not_taken_for_deleted() {
    let mut decoder = Decoder::new(STREAM);
    hear(&mut decoder, [init(&[message(1)]), messages(&[message(2), message(3)])].concat());
    decoder.reconnect();
    let broken = json!({"id": 2, "time": null, "text": "2"});
    assert_eq!(told(&hear(&mut decoder, init(&[message(1), broken, message(3), message(4)]))), ["4"]);
}

#[test]
fn people_take_little_room_whatever_they_are_called() {
    let user = json!({"id": 1, "username": "é".repeat(100_000), "image.1": "x".repeat(100_000), "badges": vec!["b"; 1000]});
    let said = json!({"type": "messages", "data": {"messages": [message(1)], "users": [user]}});
    let events = hear(&mut Decoder::new(STREAM), record(&said));
    let ChatEvent::Message(message) = &events[0] else { panic!() };
    let Author { name, username, picture, badges, .. } = &*message.author;
    assert_eq!((name.chars().count(), picture, badges.len()), (200, &None, 32));
    assert!(name.capacity() <= 400 && username.as_ref().is_some_and(|name| name.capacity() <= 400) && badges.capacity() <= 32);
}

#[test]
fn mark_of_a_sender_is_kept_only_at_a_length_that_marks_have() {
    for (length, is_kept) in [(43, true), (128, true), (129, false)] {
        let said = json!({"type": "messages", "request_id": "x".repeat(length), "data": {"messages": [message(1)]}});
        let events = hear(&mut Decoder::new(STREAM), record(&said));
        assert!(matches!(&events[..], [ChatEvent::Message(message)] if message.request_id.is_some() == is_kept), "{length}");
    }
}

#[test]
fn message_marked_as_deleted_is_taken_back_where_it_was_told_and_else_not_told() {
    let deleted = |second: u8| {
        let mut message = message(second);
        message["is_deleted"] = true.into();
        message
    };
    let mut decoder = Decoder::new(STREAM);
    hear(&mut decoder, [init(&[message(1)]), messages(&[message(2), deleted(3)])].concat());
    assert_eq!(told(&hear(&mut decoder, init(&[message(1), deleted(2), deleted(3), deleted(4), message(5)]))), ["deleted 2", "5"]);
}

#[test]
fn ready_comes_again_only_where_the_chat_stands_otherwise() {
    let state = |pinned: Value, gate: Value| record(&json!({"type": "init", "data": {"pinned_message": pinned, "live_gate": gate}}));
    let gate = json!({"timecode": 1800, "countdown_seconds": 60, "chat_mode": 1});
    let mut decoder = Decoder::new(STREAM);
    let pin = record(&json!({"type": "pin_message", "request_id": "r", "data": {"message": message(1)}}));
    let close = record(&json!({"type": "live_gate", "data": gate}));
    assert_eq!(told(&hear(&mut decoder, [state(Value::Null, Value::Null), pin, close].concat())), ["ready", "pinned", "live_gate"]);
    assert_eq!(told(&hear(&mut decoder, state(message(1), gate.clone()))), Vec::<String>::new());
    let events = hear(&mut decoder, state(Value::Null, gate));
    assert!(matches!(&events[..], [ChatEvent::Ready(ready)] if ready.pinned.is_none() && ready.live_gate.is_some()));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Gifts

#[test]
fn gift_that_is_announced_twice_alerts_once() {
    let users = json!([{"id": 1, "username": "ada"}]);
    let event = record(&json!({"type": "gift_purchased", "data": {"user_id": 1, "gift_type": "rumble", "total_gifts": 5, "users": users}}));
    let notice = |text: &str| {
        let mut message = message(1);
        message["id"] = json!(format!("with {text:?}"));
        message["text"] = text.into();
        message["gift_purchase_notification"] = json!({"total_gifts": 5, "gift_type": "rumble"});
        messages(&[message])
    };
    let hear = |bytes: String| hear(&mut Decoder::new(STREAM), [init(&[]), bytes].concat()).split_off(1);
    let alone = hear([event.clone(), notice("")].concat());
    assert!(matches!(&alone[..], [ChatEvent::Gift(gift)] if gift.buyer.name == "ada"));
    let with_text = hear([event.clone(), notice("for you")].concat());
    assert!(matches!(&with_text[..], [ChatEvent::Gift(_), ChatEvent::Message(message)] if message.notice.is_none()));
    let message_first = hear([notice(""), event].concat());
    assert!(matches!(&message_first[..], [ChatEvent::Message(message)] if message.notice.is_some()));
}

#[test]
fn buyer_is_the_channel_of_that_id_where_the_gift_brings_one() {
    let gift = |channels: Value| {
        let users = json!([{"id": 1, "username": "ada"}]);
        let data = json!({"user_id": 1, "total_gifts": null, "users": users, "channels": channels});
        let events = hear(&mut Decoder::new(STREAM), record(&json!({"type": "gift_received", "data": data})));
        events[0].to_string()
    };
    assert_eq!(gift(json!([])), "handed out: ada gave subscriptions");
    assert_eq!(gift(json!([{"id": "1", "username": "Ada's Arcade"}])), "handed out: Ada's Arcade gave subscriptions");
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Emotes

fn emotes() -> Emotes {
    Emotes::from_json(&std::fs::read("tests/suite/fixtures/chat-emotes.json").unwrap()).unwrap()
}

#[test]
fn list_of_emotes_is_read_and_has_a_json_form() {
    let emotes = emotes();
    let form = r#"[{"title":"Rumble","emotes":[{"name":"r+smiley","picture":"https://cdn.example.invalid/emotes/smiley.png","is_for_subscribers":false}]},{"title":"Harborlight Retro","channel_id":"7104422","channel_picture":"https://cdn.example.invalid/avatars/harborlight-retro.jpeg","emotes":[{"name":"hlRetroWave","picture":"https://cdn.example.invalid/emotes/wave.png","is_for_subscribers":true}]}]"#;
    assert_eq!(serde_json::to_string(&emotes).unwrap(), form);
    assert_eq!(serde_json::from_str::<Emotes>(form).unwrap(), emotes);
    assert_eq!(emotes.get("hlRetroWave").unwrap().name, "hlRetroWave");
    assert_eq!(emotes.get("hlretrowave"), None);
    for body in ["", "<html>", "[]", "{}", r#"{"data":{"items":null}}"#] {
        assert_eq!(Emotes::from_json(body.as_bytes()).unwrap_err().kind(), ErrorKind::Decode, "{body}");
    }
    let odd = json!({"data": {"items": [null, {"emotes": [null, {"name": "a"}, {"name": "", "file": "b"}, {"name": "b", "file": "b"}]}]}});
    assert_eq!(Emotes::from_json(odd.to_string().as_bytes()).unwrap().packs()[0].emotes.len(), 1);
}

#[test]
fn only_names_of_the_list_are_pictures() {
    let emotes = emotes();
    let parts = |text: &str| {
        let shown = |part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Emote(emote) => format!("<{}>", emote.name),
        };
        ChatMessage::new("1", STREAM, "ada", text).parts(&emotes).map(shown).collect::<Vec<_>>()
    };
    assert_eq!(parts("hi :r+smiley: <3"), ["hi ", "<r+smiley>", " <3"]);
    assert_eq!(parts(":r+smiley::hlRetroWave:"), ["<r+smiley>", "<hlRetroWave>"]);
    assert_eq!(parts("at 10:30:r+smiley:hlRetroWave:"), ["at 10:30", "<r+smiley>", "hlRetroWave:"]);
    for plain in ["10:30:00", "r+smiley", ":R+smiley:", ": r+smiley :", "::", ":", ":é:r+smiley", ":nobody:"] {
        assert_eq!(parts(plain), [plain]);
    }
    assert_eq!(parts(""), Vec::<String>::new());
}

proptest! {
    #[test]
    fn parts_joined_are_the_text(text in "([:é ]|r\\+smiley|hlRetroWave|[a-z0-9]){0,20}") {
        let emotes = emotes();
        let name = |part| match part {
            Part::Text(text) => text.to_owned(),
            Part::Emote(emote) => format!(":{}:", emote.name),
        };
        prop_assert_eq!(emotes.split(&text).map(name).collect::<String>(), text);
    }
}
