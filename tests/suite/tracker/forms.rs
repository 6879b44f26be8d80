//! The forms of an event.

use std::collections::HashSet;

use rumble_live::{Event, Tracker};
use serde_json::{Value, json};

use crate::answer::{Bot, at, follower, gift, message, rant, stamp, stamp_with_offset, subscriber};

/// One event of every kind in its JSON form.
const FORMS: [&str; 34] = [
    r#"{"type":"ready"}"#,
    r#"{"type":"stream_started","stream":"7c1f4q","title":"Sub-a-thon","created_on":"2026-01-01T00:00:01Z","already_live":false,"at":"2026-01-01T00:00:10Z"}"#,
    r#"{"type":"stream_started","stream":"7c1f4q","title":"","created_on":null,"already_live":true,"at":"2026-01-01T00:00:10Z"}"#,
    r#"{"type":"stream_ended","stream":"7c1f4q","last_seen":"2026-01-01T00:00:10Z","at":"2026-01-01T00:00:30Z"}"#,
    r#"{"type":"follower","id":"follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c","username":"ada","followed_on":"2026-01-01T00:00:05Z"}"#,
    r#"{"type":"subscriber","id":"subscriber:1767225606:0:7206b9b643f2b2e23d683fac3000fcc5","username":"ada","amount_cents":500,"subscribed_on":"2026-01-01T00:00:06Z","profile_pic_url":"https://cdn.example.invalid/a.jpeg"}"#,
    r#"{"type":"gifted_subs","id":"gifted_subs:0:378873090d552967442e853884860363","purchased_by":"ada","total_gifts":5,"remaining_gifts":2,"gift_type":"rumble","video_id":443484890}"#,
    r#"{"type":"message","id":"message:7c1f4q:1767225607:0:b15ca4062f4388aac345fc3b4db18f4f","stream":"7c1f4q","username":"ada","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":["admin","premium"]}"#,
    r#"{"type":"message","id":"message:7c1f4q:1767225607:1:b15ca4062f4388aac345fc3b4db18f4f","stream":"7c1f4q","username":"ada","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":[]}"#,
    r#"{"type":"rant","id":"rant:7c1f4q:1767225608:0:a58a8895ae554ea327a4c6ed5300ac77","stream":"7c1f4q","username":"ada","amount_cents":1050,"text":"","created_on":"2026-01-01T00:00:08Z","expires_on":"2026-01-01T00:02:08Z","badges":[]}"#,
    r#"{"type":"gap","list":"followers","since":"2025-12-31T23:59:59Z","until":"2026-01-01T00:00:05Z","at_least":3}"#,
    r#"{"type":"gap","list":"subscribers","since":null,"until":"2026-01-01T00:00:06Z","at_least":null}"#,
    r#"{"type":"gap","list":"messages","stream":"7c1f4q","since":null,"until":"2026-01-01T00:00:07Z","at_least":null}"#,
    r#"{"type":"gap","list":"rants","stream":"7c1f4q","since":null,"until":"2026-01-01T00:00:08Z","at_least":null}"#,
    r#"{"type":"gap","list":"gifted_subs","since":"2026-01-01T00:00:00Z","until":"2026-01-01T00:00:10Z","at_least":5}"#,
    r#"{"type":"unreadable","list":"messages","stream":"7c1f4q","count":3}"#,
    r#"{"type":"unreadable","list":"livestreams","count":1}"#,
    r#"{"type":"interrupted","kind":"rate_limited","message":"the server asks for fewer requests","failures":2,"retry_in_seconds":20.5}"#,
    r#"{"type":"resumed","away_seconds":30.0,"failures":2}"#,
    r#"{"type":"lagged","missed":7}"#,
    r##"{"type":"message","id":"message:7c1f4q:1767225607:0:65788ac5ef330b6257cbe90e48623aca","stream":"7c1f4q","username":"Ada's Arcade","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":["admin"],"profile_pic_url":"https://cdn.example.invalid/a.jpeg","author":{"name":"Ada's Arcade","user_id":"4yqceh","username":"ada","channel_id":"7104422","color":"#f54fd1","picture":"https://cdn.example.invalid/a.jpeg","badges":["admin"],"is_follower":true},"message_id":"2403846000000000101"}"##,
    r#"{"type":"message","id":"message:7c1f4q:1767225607:1:b15ca4062f4388aac345fc3b4db18f4f","stream":"7c1f4q","username":"ada","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":[],"author":{"name":"ada","badges":[],"is_follower":false},"message_id":"2403846000000000102"}"#,
    r#"{"type":"rant","id":"rant:7c1f4q:1767225608:0:22e42eaa11f83fa807e32dd9219cb742","stream":"7c1f4q","username":"ada","amount_cents":500,"text":"yo","created_on":"2026-01-01T00:00:08Z","expires_on":"2026-01-01T00:05:08Z","badges":[],"author":{"name":"ada","badges":[],"is_follower":false},"message_id":"2403846000000000102"}"#,
    r#"{"type":"message_deleted","stream":"7c1f4q","message_ids":["2403846000000000101","2403846000000000102"],"event_ids":["message:7c1f4q:1767225607:1:b15ca4062f4388aac345fc3b4db18f4f","rant:7c1f4q:1767225608:0:22e42eaa11f83fa807e32dd9219cb742"],"inferred":false}"#,
    r#"{"type":"message_deleted","stream":"7c1f4q","message_ids":["2403846000000000101"],"event_ids":[],"inferred":true}"#,
    r#"{"type":"user_muted","stream":"7c1f4q","user_ids":["4yqceh"],"message_ids":["2403846000000000101"],"event_ids":["message:7c1f4q:1767225607:0:65788ac5ef330b6257cbe90e48623aca"]}"#,
    r#"{"type":"user_muted","stream":"7c1f4q","user_ids":["4yqceh","7fz2p"],"message_ids":[],"event_ids":[]}"#,
    r#"{"type":"raid_started","id":"raid_started:7c1f4q:0:2ba72467f213a0e11935b06bee383039","stream":"7c1f4q","target_name":"Night Owls","target_url":"https://rumble.com/v7c9aa1-night-shift.html","target_title":"Night shift","starts_at":"2026-01-01T00:00:10Z"}"#,
    r#"{"type":"raid_started","id":"raid_started:7c1f4q:0:408157adc357034a767b13b129d1f842","stream":"7c1f4q","target_name":"","target_url":"","target_title":""}"#,
    r##"{"type":"raid_received","id":"raid_received:7c1f4q:0:5b4e8658d1c0dd20ca96bcf0ffe88309","stream":"7c1f4q","author":{"name":"Ada's Arcade","user_id":"4yqceh","username":"ada","channel_id":"7104422","color":"#f54fd1","picture":"https://cdn.example.invalid/a.jpeg","badges":["admin"],"is_follower":true},"text":"ahoy","created_on":"2026-01-01T00:00:07Z","message_id":"2403846000000000101"}"##,
    r#"{"type":"raid_received","id":"raid_received:7c1f4q:0:0b4e7b4e0894f20328eee5ec4facabcb","stream":"7c1f4q","author":{"name":"bob","badges":[],"is_follower":false},"text":"","created_on":"2026-01-01T00:00:07Z","message_id":"1"}"#,
    r##"{"type":"subscription_notice","id":"subscription_notice:7c1f4q:0:5b4e8658d1c0dd20ca96bcf0ffe88309","stream":"7c1f4q","author":{"name":"Ada's Arcade","user_id":"4yqceh","username":"ada","channel_id":"7104422","color":"#f54fd1","picture":"https://cdn.example.invalid/a.jpeg","badges":["admin"],"is_follower":true},"notice":"6 month subscriber","text":"hi","created_on":"2026-01-01T00:00:07Z","message_id":"2403846000000000101"}"##,
    r#"{"type":"subscription_notice","id":"subscription_notice:7c1f4q:0:0b4e7b4e0894f20328eee5ec4facabcb","stream":"7c1f4q","author":{"name":"bob","badges":[],"is_follower":false},"notice":"","text":"","created_on":"2026-01-01T00:00:07Z","message_id":"1"}"#,
    r#"{"type":"merge_doubt","stream":"7c1f4q","polled":50,"unmatched":6}"#,
];

#[test]
fn json_form_of_every_kind_is_read_and_written_alike() {
    for form in FORMS {
        let event: Event = serde_json::from_str(form).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), form);
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["type"], event.kind());
        assert_eq!(value.get("id").and_then(Value::as_str), event.id().map(|id| id.to_string()).as_deref());
        assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
    }
    let kinds: HashSet<_> = FORMS.iter().map(|form| serde_json::from_str::<Event>(form).unwrap().kind()).collect();
    assert_eq!(kinds.len(), 19);
}

#[test]
fn json_forms_are_those_of_what_a_tracker_tells() {
    let line = |badges| json!({"username": "ada", "text": "hi", "created_on": stamp_with_offset(7, -5), "badges": badges});
    let subscriber = json!({
        "user": "ada", "amount_cents": 500, "subscribed_on": stamp(6), "profile_pic_url": "https://cdn.example.invalid/a.jpeg",
    });
    let rant = json!({"username": "ada", "amount_cents": 1050, "created_on": stamp(8), "expires_on": stamp(128)});
    let stream = json!({
        "id": "7c1f4q", "title": "Sub-a-thon", "created_on": stamp(1), "is_live": true,
        "chat": {"recent_messages": [line(json!({"0": "admin", "3": "premium"}))], "recent_rants": [rant]},
    });
    let full = |second| at(second).max_num_results(1);
    let mut bot = Bot::starts(&full(0).follower_counts(10, 10).followers([follower("old", -1)]));
    let lost = bot.events(&full(10).follower_counts(14, 15).followers([follower("ada", 5)]));
    assert_eq!(serde_json::to_string(&lost[0]).unwrap(), FORMS[10]);

    let mut bot = Bot::starts(&at(0));
    let mut events = bot.events(
        &at(10)
            .followers([json!({"username": "ada", "followed_on": stamp_with_offset(5, -4)})])
            .subscribers([subscriber])
            .gifts([gift("ada", 5, 2)])
            .livestream(stream),
    );
    events.extend(bot.events(&at(10).live("7c1f4q", [line(json!([])), line(json!([]))])));
    events.extend(bot.events(&at(20)));
    events.extend(bot.events(&at(30)));
    let written: Vec<_> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let expected = [FORMS[1], FORMS[4], FORMS[5], FORMS[7], FORMS[9], FORMS[6], FORMS[8], FORMS[3]];
    assert_eq!(written, expected);
}

#[test]
fn event_is_equal_to_itself_and_keeps_its_id_through_json() {
    let body = std::fs::read("tests/suite/fixtures/many-messages.json").unwrap();
    let events = Tracker::new().replay(true).apply(&rumble_live::Snapshot::from_json(&body).unwrap());
    assert!(events.len() > 50);
    let mut ids = HashSet::new();
    for event in events {
        let back: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(back, event);
        assert_eq!(back.id(), event.id());
        assert!(event.id().is_none_or(|id| ids.insert(id)), "{event:?} has the id of another");
    }
}

#[test]
fn json_of_what_the_live_chat_tells_may_leave_out_what_is_not_known() {
    let author = json!({"name": "bob"});
    for (short, whole) in [
        (json!({"type": "message_deleted", "stream": "7c1f4q", "message_ids": ["2403846000000000101"], "inferred": true}), FORMS[24]),
        (json!({"type": "user_muted", "stream": "7c1f4q", "user_ids": ["4yqceh", "7fz2p"]}), FORMS[26]),
        (json!({"type": "raid_started", "stream": "7c1f4q"}), FORMS[28]),
        (json!({"type": "raid_received", "stream": "7c1f4q", "author": author, "created_on": stamp(7), "message_id": "1"}), FORMS[30]),
        (
            json!({
                "type": "subscription_notice", "stream": "7c1f4q", "author": author, "notice": "", "created_on": stamp(7), "message_id": "1",
            }),
            FORMS[32],
        ),
    ] {
        let event: Event = serde_json::from_value(short).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), whole);
    }
}

#[test]
fn json_with_fields_that_this_version_does_not_know_is_read() {
    for form in FORMS {
        let mut value: Value = serde_json::from_str(form).unwrap();
        value["heard_of_later"] = json!({"id": [1, null]});
        if let Some(author) = value.get_mut("author") {
            author["heard_of_later"] = json!({"id": [1, null]});
        }
        let event: Event = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), form);
    }
}

#[test]
fn json_of_an_unknown_kind_or_with_a_broken_id_is_refused() {
    for form in [r#"{"type":"unheard_of"}"#, "{}", r#"{"type":"follower","id":"x","username":"ada","followed_on":"2026-01-01T00:00:05Z"}"#]
    {
        assert!(serde_json::from_str::<Event>(form).is_err(), "{form}");
    }
}

#[test]
fn json_with_an_instant_that_has_no_form_in_utc_is_refused() {
    for beyond in ["0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"] {
        for form in [
            json!({"type": "stream_started", "stream": "s", "title": "", "created_on": beyond, "at": stamp(5)}),
            json!({"type": "stream_started", "stream": "s", "title": "", "created_on": null, "at": beyond}),
            json!({"type": "stream_ended", "stream": "s", "last_seen": beyond, "at": stamp(5)}),
            json!({"type": "gap", "list": "followers", "since": beyond, "until": "2026-01-01T00:00:05Z"}),
            json!({"type": "raid_started", "stream": "s", "starts_at": beyond}),
            json!({"type": "raid_received", "stream": "s", "author": {"name": "ada"}, "created_on": beyond, "message_id": "1"}),
            json!({"type": "subscription_notice", "stream": "s", "author": {"name": "ada"}, "notice": "", "created_on": beyond, "message_id": "1"}),
        ] {
            // It could neither be displayed nor be written again.
            assert!(serde_json::from_value::<Event>(form.clone()).is_err(), "{form}");
        }
    }
}

#[test]
fn display_is_a_line_for_a_log() {
    let lines: Vec<_> = FORMS.iter().map(|form| serde_json::from_str::<Event>(form).unwrap().to_string()).collect();
    let expected = [
        "ready",
        "[7c1f4q] live: Sub-a-thon",
        "[7c1f4q] already live: ",
        "[7c1f4q] ended, last seen 2026-01-01T00:00:10Z",
        "ada followed",
        "ada subscribed for $5.00",
        "ada gifted 5 subscriptions",
        "[7c1f4q] ada: hi",
        "[7c1f4q] ada: hi",
        "[7c1f4q] ada ranted $10.50: ",
        "at least 3 followers lost between 2025-12-31T23:59:59Z and 2026-01-01T00:00:05Z",
        "subscribers may have been lost before 2026-01-01T00:00:06Z",
        "[7c1f4q] messages may have been lost before 2026-01-01T00:00:07Z",
        "[7c1f4q] rants may have been lost before 2026-01-01T00:00:08Z",
        "at least 5 gifted subscriptions lost between 2026-01-01T00:00:00Z and 2026-01-01T00:00:10Z",
        "[7c1f4q] 3 of the messages cannot be read",
        "1 of the livestreams cannot be read",
        "interrupted (2 in a row): the server asks for fewer requests; next try in 20.5s",
        "resumed after 30.0 s and 2 failed tries",
        "fell behind and lost 7 events",
        "[7c1f4q] Ada's Arcade: hi",
        "[7c1f4q] ada: hi",
        "[7c1f4q] ada ranted $5.00: yo",
        "[7c1f4q] 2 messages deleted",
        "[7c1f4q] 1 message deleted (missing from the backlog)",
        "[7c1f4q] user 4yqceh muted",
        "[7c1f4q] 2 users muted",
        "[7c1f4q] raids Night Owls: Night shift https://rumble.com/v7c9aa1-night-shift.html",
        "[7c1f4q] raids somebody",
        "[7c1f4q] Ada's Arcade raids: ahoy",
        "[7c1f4q] bob raids",
        "[7c1f4q] Ada's Arcade (6 month subscriber): hi",
        "[7c1f4q] bob (subscriber)",
        "[7c1f4q] 6 of the last 50 polled lines are not in the live chat",
    ];
    assert_eq!(lines, expected);
}

const HOSTILE: &str = "a\n[s] bob: forged\r\u{1b}[2J\u{7}\u{85}\u{2028}\u{9b}z";

#[test]
fn display_is_one_line_whatever_the_texts_hold() {
    let stream = json!({
        "id": "s", "title": HOSTILE, "is_live": true,
        "chat": {"recent_messages": [message(HOSTILE, HOSTILE, 5)], "recent_rants": [rant(HOSTILE, HOSTILE, 500, 5)]},
    });
    assert_one_line_each(stream, 7);
}

#[test]
fn display_is_one_line_even_where_the_id_of_a_livestream_is_not() {
    let stream = json!({
        "id": HOSTILE, "is_live": true,
        "chat": {"recent_messages": [message("ada", "hi", 5)], "recent_rants": [rant("ada", "yo", 500, 5)]},
    });
    assert_one_line_each(stream, 6);
}

#[test]
fn display_is_one_line_whatever_the_live_chat_tells() {
    let (author, ids) = (json!({"name": HOSTILE, "username": HOSTILE}), json!([HOSTILE]));
    let said = json!({"author": author, "text": HOSTILE, "created_on": stamp(7), "message_id": HOSTILE});
    let mut lines = vec![
        json!({"type": "message", "username": HOSTILE, "text": HOSTILE, "author": author, "created_on": stamp(7), "message_id": HOSTILE}),
        json!({"type": "message_deleted", "message_ids": ids}),
        json!({"type": "user_muted", "user_ids": ids}),
        json!({"type": "raid_started", "target_name": HOSTILE, "target_url": HOSTILE, "target_title": HOSTILE}),
        json!({"type": "merge_doubt", "polled": 50, "unmatched": 6}),
    ];
    for kind in ["raid_received", "subscription_notice"] {
        let mut announcement = said.clone();
        (announcement["type"], announcement["notice"]) = (json!(kind), json!(HOSTILE));
        lines.push(announcement);
    }
    for mut form in lines {
        form["stream"] = json!(HOSTILE);
        let line = serde_json::from_value::<Event>(form).unwrap().to_string();
        assert!(!line.contains(|char: char| char.is_control() || char == '\u{2028}'), "{line:?}");
    }
}

/// Displays all that is told of a livestream that comes and goes.
fn assert_one_line_each(stream: Value, least: usize) {
    let mut bot = Bot::starts(&at(0));
    let mut events = bot.events(
        &at(10)
            .followers([follower(HOSTILE, 5)])
            .subscribers([subscriber(HOSTILE, 500, 5)])
            .gifts([gift(HOSTILE, 5, 5)])
            .livestream(stream.clone()),
    );
    let mut later = stream;
    later["chat"]["recent_messages"] = json!([message("ada", "later", 15)]);
    events.extend(bot.events(&at(20).livestream(later)));
    events.extend(bot.events(&at(30)));
    events.extend(bot.events(&at(40)));
    assert!(events.len() >= least);
    for line in events.iter().map(ToString::to_string) {
        assert!(!line.contains(|char: char| char.is_control() || char == '\u{2028}'), "{line:?}");
    }
}

#[test]
fn every_event_has_its_forms_even_at_the_edges_of_the_calendar() {
    for edge in ["0000-01-01T00:00:00-14:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00"] {
        let first = at(20).followers(json!(null));
        let (mut bot, _) = Bot::replays(&first);
        let list = vec![json!({"username": "ada", "followed_on": edge}); 10];
        for event in bot.events(&at(30).followers(list)) {
            assert!(!event.to_string().is_empty(), "{edge}");
            let form = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&form).unwrap(), event, "{edge}");
        }
    }
}

#[test]
fn stamp_without_a_form_in_utc_is_skipped() {
    for beyond in ["0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"] {
        let answer = at(20).followers([json!({"username": "ada", "followed_on": beyond}), follower("bob", 5)]);
        let mut bot = Bot::starts(&at(0));
        assert_eq!(bot.hears(&answer), ["1 of the followers cannot be read", "bob followed @5"], "{beyond}");
    }
}

#[test]
fn event_without_an_id_is_the_first_of_its_equals() {
    for form in FORMS {
        let event: Event = serde_json::from_str(form).unwrap();
        let mut value = serde_json::to_value(&event).unwrap();
        value.as_object_mut().unwrap().remove("id");
        let read: Event = serde_json::from_value(value).unwrap();
        assert_eq!(read, event);
        assert!(read.id().is_none_or(|id| id.to_string().contains(":0:")));
    }
}

#[test]
fn event_with_the_id_of_another_is_refused() {
    let event = |id: &str| format!(r#"{{"type":"follower","id":"{id}","username":"ada","followed_on":"2026-01-01T00:00:05Z"}}"#);
    let mut bot = Bot::starts(&at(0));
    let own = bot.events(&at(10).followers([follower("ada", 5)]))[0].id().unwrap().to_string();
    assert!(serde_json::from_str::<Event>(&event(&own)).is_ok());
    let another = own.replace("follower:", "rant:s:");
    assert!(serde_json::from_str::<Event>(&event(&another)).is_err());
}

#[test]
fn delivered_entry_is_equal_to_the_one_that_the_snapshot_shows() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let answer = at(10).live("s", [message("ada", "hi", 5), message("ada", "hi", 5)]);
    for event in bot.events(&answer) {
        let Event::Message(message) = &event else { panic!("{event:?}") };
        assert!(answer.snapshot().livestreams()[0].chat.recent_messages.contains(message));
    }
}
