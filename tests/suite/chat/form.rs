//! The JSON form and the line of every kind of event in a chat.

use std::collections::HashSet;

use rumble_live::chat::{ChatEvent, ChatMessage};
use serde_json::json;

/// One event of every kind in its JSON form, with all that it may hold and with as little as it may.
const FORMS: [(&str, &str); 24] = [
    (r#"{"type":"ready","stream":"7c1f4q","config":{"badges":[],"rant_levels":[],"gift_offers":[]}}"#, "[7c1f4q] chat is open"),
    (
        r##"{"type":"ready","stream":"7c1f4q","config":{"badges":[{"slug":"admin","label":"Admin","icons":[{"size":48,"url":"https://rumble.com/i/badges/admin_48.png"}]}],"rants_enabled":true,"rant_levels":[{"amount_cents":100,"duration_seconds":120.0,"foreground":"white","background":"#4a8f23","head_background":"#3b731c"}],"message_length_max":200,"subscriptions_enabled":true,"gift_offers":[{"amount_cents":2500,"total_gifts":5}]},"pinned":{"id":"9","stream":"7c1f4q","author":{"name":"","badges":[],"is_follower":false},"text":"hi","sent_at":"2026-01-01T00:00:07Z"},"can_moderate":false,"subscribers_only":false,"raid":{"from_name":"a","target_name":"b","target_title":"","target_url":""},"live_gate":{"is_closed":true,"timecode_seconds":1800.0,"countdown_seconds":60.0}}"##,
        "[7c1f4q] chat is open",
    ),
    (
        r##"{"type":"message","id":"2403846000000000101","stream":"7c1f4q","author":{"name":"Ada's Arcade","user_id":"4yqceh","username":"ada","channel_id":"7104422","color":"#f54fd1","picture":"https://cdn.example.invalid/a.jpeg","badges":["admin"],"is_follower":true},"text":"hi","sent_at":"2026-01-01T00:00:07Z","rant":{"amount_cents":500,"expires_on":"2026-01-01T00:05:07Z"},"notice":{"type":"subscription","badge":"recurring_subscription","text":"6 month subscriber"},"kind":"system","request_id":"r"}"##,
        "[7c1f4q] Ada's Arcade ranted $5.00 (6 month subscriber): hi",
    ),
    (
        r#"{"type":"message","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"","sent_at":"2026-01-01T00:00:07Z"}"#,
        "[7c1f4q] ada: ",
    ),
    (
        r#"{"type":"message","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"","sent_at":"2026-01-01T00:00:07Z","rant":{"amount_cents":500},"notice":{"type":"gift","gift_type":"premium","total_gifts":5,"creator_user_id":"4yqceh","creator_channel_id":"7104422"}}"#,
        "[7c1f4q] ada ranted $5.00 (gave 5 subscriptions (premium)): ",
    ),
    (
        r#"{"type":"message","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"!","sent_at":"2026-01-01T00:00:07Z","notice":{"type":"gift","gift_type":""}}"#,
        "[7c1f4q] ada (gave subscriptions): !",
    ),
    (
        r#"{"type":"message","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"","sent_at":"2026-01-01T00:00:07Z","notice":{"type":"raid","started_at":"2026-01-01T00:00:06Z"}}"#,
        "[7c1f4q] ada (raids): ",
    ),
    (
        r#"{"type":"message","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"","sent_at":"2026-01-01T00:00:07Z","notice":{"type":"raid"}}"#,
        "[7c1f4q] ada (raids): ",
    ),
    (r#"{"type":"deleted","message_ids":["1","2"],"spares_rants":true,"inferred":false}"#, "deleted 1, 2, except rants"),
    (r#"{"type":"deleted","message_ids":["1"],"spares_rants":false,"inferred":true}"#, "deleted 1 (missing from the backlog)"),
    (r#"{"type":"muted","user_ids":["1","2","3","4","5","6","7"]}"#, "muted user 1, user 2, user 3, user 4, user 5 and 2 more"),
    (
        r#"{"type":"pinned","id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"hi","sent_at":"2026-01-01T00:00:07Z"}"#,
        "pinned [7c1f4q] ada: hi",
    ),
    (
        r#"{"type":"unpinned","message":{"id":"1","stream":"7c1f4q","author":{"name":"ada","badges":[],"is_follower":false},"text":"hi","sent_at":"2026-01-01T00:00:07Z"}}"#,
        "unpinned [7c1f4q] ada: hi",
    ),
    (r#"{"type":"unpinned"}"#, "unpinned"),
    (
        r#"{"type":"raid","from_name":"a","from_picture":"a.png","target_name":"b","target_picture":"b.png","target_title":"Night shift","target_url":"https://rumble.com/v7c9aa1-night-shift.html","starts_at":"2026-01-01T00:00:07Z"}"#,
        "a raids b: Night shift https://rumble.com/v7c9aa1-night-shift.html",
    ),
    (
        r#"{"type":"gift","buyer":{"name":"ada","badges":[],"is_follower":false},"gift_type":"rumble","total_gifts":5,"creator_user_id":"4yqceh","creator_channel_id":"7104422","request_id":"r"}"#,
        "ada gave 5 subscriptions (rumble)",
    ),
    (
        r#"{"type":"gift_received","buyer":{"name":"ada","badges":[],"is_follower":false},"gift_type":"","total_gifts":1}"#,
        "handed out: ada gave a subscription",
    ),
    (
        r#"{"type":"live_gate","is_closed":true,"timecode_seconds":1800.0,"countdown_seconds":60.0}"#,
        "chat is for subscribers and Premium members in 60s",
    ),
    (r#"{"type":"can_moderate","user_ids":["4yqceh"],"can_moderate":false}"#, "user 4yqceh may not moderate"),
    (
        r#"{"type":"gap","list":"messages","stream":"7c1f4q","since":"2026-01-01T00:00:01Z","until":"2026-01-01T00:00:07Z","at_least":null}"#,
        "[7c1f4q] messages may have been lost between 2026-01-01T00:00:01Z and 2026-01-01T00:00:07Z",
    ),
    (
        r#"{"type":"interrupted","kind":"timeout","message":"no byte\ncame","failures":2,"retry_in_seconds":3.5}"#,
        r"interrupted (2 in a row): no byte\ncame; next try in 3.5s",
    ),
    (r#"{"type":"resumed","away_seconds":30.0,"failures":2}"#, "resumed after 30.0 s and 2 failed tries"),
    (r#"{"type":"closed"}"#, "closed: there is no chat, or it is over"),
    (r#"{"type":"unknown","kind":"some_future_event"}"#, "unknown: some_future_event"),
];

#[test]
fn json_form_of_every_kind_is_read_and_written_alike() {
    for (form, line) in FORMS {
        let event: ChatEvent = serde_json::from_str(form).unwrap_or_else(|error| panic!("{form}: {error}"));
        assert_eq!(serde_json::to_string(&event).unwrap(), form);
        assert_eq!(event.to_string(), line);
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["type"], event.kind());
        assert_eq!(serde_json::from_value::<ChatEvent>(value).unwrap(), event);
    }
    let kinds: HashSet<_> = FORMS.iter().map(|(form, _)| serde_json::from_str::<ChatEvent>(form).unwrap().kind()).collect();
    assert_eq!(kinds.len(), 16);
    let distinct: HashSet<ChatEvent> = FORMS.iter().map(|(form, _)| serde_json::from_str(form).unwrap()).collect();
    assert_eq!(distinct.len(), FORMS.len());
}

#[test]
fn no_text_of_a_stranger_breaks_the_line() {
    let evil = "a\nb\r\u{1b}[2J\u{2028}";
    let mut message = ChatMessage::new(evil, evil, evil, evil);
    message.kind = Some(evil.into());
    for event in [ChatEvent::Message(message.clone()), ChatEvent::Pinned(message)] {
        assert!(!event.to_string().contains(['\n', '\r', '\u{1b}', '\u{2028}']), "{event}");
    }
    let evil = json!(evil);
    let raid = json!({"type": "raid", "from_name": evil, "target_name": evil, "target_title": evil, "target_url": evil});
    let gift = json!({"type": "gift", "buyer": {"name": evil}, "gift_type": evil});
    for event in [raid, gift, json!({"type": "unknown", "kind": evil}), json!({"type": "deleted", "message_ids": [evil]})] {
        let event: ChatEvent = serde_json::from_value(event).unwrap();
        assert!(!event.to_string().contains(['\n', '\r', '\u{1b}', '\u{2028}']), "{event}");
    }
}
