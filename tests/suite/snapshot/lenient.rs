//! No field of an answer breaks what does not depend on it.

use rumble_live::{Event, EventId, Snapshot, StreamId};
use serde_json::{Value, json};

use super::{decode, decode_message, decode_stream, decode_with, fixture, refusal};

/// The way to a value of an answer.
type Path = [Step];

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Field(String),
    Entry(usize),
}

/// The ways to all values below `value`.
fn paths(value: &Value) -> Vec<Vec<Step>> {
    let children: Vec<(Step, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (Step::Field(name.clone()), value)).collect(),
        Value::Array(entries) => entries.iter().enumerate().map(|(place, value)| (Step::Entry(place), value)).collect(),
        _ => Vec::new(),
    };
    let below = |(step, value): (Step, &Value)| {
        let deeper = paths(value).into_iter().map({
            let step = step.clone();
            move |path| [vec![step.clone()], path].concat()
        });
        [vec![vec![step]], deeper.collect()].concat()
    };
    children.into_iter().flat_map(below).collect()
}

/// Puts `new` in the place of the value at `path`, or drops that where there is nothing new.
fn replace(value: &mut Value, path: &Path, new: Option<&Value>) {
    match (path, value) {
        ([Step::Field(name)], Value::Object(fields)) => match new {
            Some(new) => drop(fields.insert(name.clone(), new.clone())),
            None => drop(fields.remove(name)),
        },
        ([Step::Entry(place)], Value::Array(entries)) => match new {
            Some(new) => entries[*place] = new.clone(),
            None => drop(entries.remove(*place)),
        },
        ([Step::Field(name), rest @ ..], Value::Object(fields)) => replace(&mut fields[name], rest, new),
        ([Step::Entry(place), rest @ ..], Value::Array(entries)) => replace(&mut entries[*place], rest, new),
        _ => panic!("no such value"),
    }
}

/// What the decoded form may show otherwise when the value at `path` of the answer changes.
fn affected(path: &Path) -> Vec<Step> {
    let field = |name: &str| Step::Field(name.to_owned());
    let is = |place: usize, name: &str| path.get(place) == Some(&field(name));
    if is(0, "livestreams") && (is(2, "id") || path.len() == 3 && is(2, "categories")) {
        // Every line of chat carries the id, and there are two categories.
        return path[..2].to_vec();
    }
    if is(0, "livestreams") && is(2, "categories") {
        let category = if is(3, "primary") { "primary_category" } else { "secondary_category" };
        return [&path[..2], &[field(category)], path.get(4..).unwrap_or_default()].concat();
    }
    path.to_vec()
}

/// Checks that two decoded forms are equal but for what is at `path`. A list may have lost the entry there, and what is no list but one
/// value may be missing as a whole.
fn assert_equal_but_at(path: &Path, before: &Value, after: &Value) {
    match (path, before, after) {
        ([], ..) => {}
        ([Step::Field(name), rest @ ..], Value::Object(before), Value::Object(after)) => {
            for (field, value) in before.iter().filter(|(field, _)| *field != name) {
                assert_eq!(after.get(field), Some(value), "{field}");
            }
            assert!(after.keys().all(|field| field == name || before.contains_key(field)), "a field appeared");
            let may_be_missing = rest.is_empty() || name.starts_with("latest_") || name.ends_with("_category");
            match (before.get(name), after.get(name)) {
                (None, None) => {}
                (Some(_), None | Some(Value::Null)) if may_be_missing => {}
                (Some(before), Some(after)) => assert_equal_but_at(rest, before, after),
                _ => panic!("{name} came or went"),
            }
        }
        ([Step::Entry(place), rest @ ..], Value::Array(before), Value::Array(after)) => {
            let without_it = || before.iter().enumerate().filter(|(other, _)| other != place).map(|(_, entry)| entry);
            if after.len() + 1 == before.len() {
                assert!(without_it().eq(after), "another entry was lost or changed");
            } else {
                assert_eq!(after.len(), before.len());
                assert!(without_it().eq(after.iter().enumerate().filter(|(other, _)| other != place).map(|(_, entry)| entry)));
                assert_equal_but_at(rest, &before[*place], &after[*place]);
            }
        }
        _ => panic!("{path:?} is of another kind"),
    }
}

/// The form without the nulls in its lists, which stand for items that were skipped.
fn without_skipped(mut form: Value) -> Value {
    match &mut form {
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            for item in items {
                *item = without_skipped(item.take());
            }
        }
        Value::Object(fields) => {
            for field in fields.values_mut() {
                *field = without_skipped(field.take());
            }
        }
        _ => {}
    }
    form
}

/// What every value of an answer is replaced by in turn.
fn kinds() -> [Option<Value>; 12] {
    [
        None,
        Some(json!(null)),
        Some(json!(true)),
        Some(json!("")),
        Some(json!("of another kind")),
        Some(json!(7)),
        Some(json!(-7)),
        Some(json!(0.5)),
        Some(json!([])),
        Some(json!([[null, {"a": 1}]])),
        Some(json!({})),
        Some(json!({"0": ["x"]})),
    ]
}

/// The answers that differ from a fixture in one value.
pub(super) fn variants(name: &str) -> impl Iterator<Item = (Vec<Step>, Option<Value>, Value)> {
    let original: Value = serde_json::from_str(&fixture(name)).unwrap();
    paths(&original).into_iter().flat_map(move |path| {
        let original = original.clone();
        kinds().into_iter().map(move |kind| {
            let mut answer = original.clone();
            replace(&mut answer, &path, kind.as_ref());
            (path.clone(), kind, answer)
        })
    })
}

#[test]
fn no_field_of_any_kind_breaks_what_does_not_depend_on_it() {
    let before = serde_json::to_value(decode(fixture("many-messages"))).unwrap();
    let ids = [vec![Step::Field("user_id".to_owned())], vec![Step::Field("now".to_owned())]];
    let mut decoded = 0;
    for (path, kind, answer) in variants("many-messages") {
        match Snapshot::from_json(answer.to_string().as_bytes()) {
            Err(error) => assert!(ids.contains(&path), "{path:?} as {kind:?} breaks all: {error}"),
            Ok(snapshot) => {
                assert!(snapshot.skipped() <= 1, "{path:?} as {kind:?} skips {}", snapshot.skipped());
                assert_equal_but_at(&affected(&path), &before, &without_skipped(serde_json::to_value(&snapshot).unwrap()));
                decoded += 1;
            }
        }
    }
    assert!(decoded > 5000, "{decoded}");
}

#[test]
fn only_the_clock_and_one_of_the_ids_are_required() {
    let minimal = [
        r#"{"now": 1, "user_id": "a"}"#,
        r#"{"now": 1, "channel_id": 7}"#,
        r#"{"now": "1", "user_id": 7}"#,
        r#"{"now": 1.0, "channel_id": "seven", "user_id": null}"#,
    ];
    for body in minimal {
        let snapshot = decode(body);
        assert!(!snapshot.livestreams().was_sent() && !snapshot.followers().recent.was_sent(), "{body}");
    }
    for (body, missing) in [
        (r#"{"user_id": "a"}"#, "it has no `now`"),
        (r#"{"now": null, "user_id": "a"}"#, "it has no `now`"),
        (r#"{"now": 99999999999999, "user_id": "a"}"#, "it has no `now`"),
        (r#"{"now": 1}"#, "it has no `user_id` and no `channel_id`"),
        (r#"{"now": 1, "user_id": null, "channel_id": []}"#, "it has no `user_id` and no `channel_id`"),
        (r#"{"now": 1, "user_id": " "}"#, "it has no `user_id` and no `channel_id`"),
    ] {
        assert!(refusal(body).to_string().ends_with(missing), "{body}");
    }
}

#[test]
fn badges_may_be_an_object_or_anything_else() {
    let badges = |sent: &str| decode_message(&format!(r#""badges": {sent}"#)).livestreams()[0].chat.recent_messages[0].badges.clone();
    assert_eq!(badges(r#"["admin", "premium"]"#), ["admin", "premium"]);
    assert_eq!(badges(r#"{"0": "admin", "2": "premium"}"#), ["admin", "premium"]);
    assert_eq!(badges(r#"["admin", null, "", [], false, "premium"]"#), ["admin", "premium"]);
    for none in ["[]", "{}", "null", "false", "\"admin\"", "7", r#"[{}, {"icon": "/i/badges/admin_48.png"}]"#] {
        assert!(badges(none).is_empty(), "{none}");
    }
}

#[test]
fn badges_that_are_objects_are_told_by_slug() {
    let badges = |sent: &str| decode_message(&format!(r#""badges": {sent}"#)).livestreams()[0].chat.recent_messages[0].badges.clone();
    assert_eq!(
        badges(r#"[{"slug": "admin", "name": "Admin"}, {"name": "premium"}, {"type": "locals"}, {"id": "verified"}]"#),
        ["admin", "premium", "locals", "verified"]
    );
    assert_eq!(badges(r#"{"0": {"slug": "admin"}, "3": {"icon": "x"}, "4": "premium"}"#), ["admin", "premium"]);
    assert_eq!(badges(r#"{"admin": {"label": {"en": "Admin"}}, "premium": true, "locals": false}"#), ["admin", "premium"]);
    assert_eq!(badges(r#"["admin", {"slug": null, "id": 7}]"#), ["admin", "7"]);
}

#[test]
fn clock_may_have_a_fraction_or_be_a_string() {
    let now = |sent: &str| decode(format!(r#"{{"now": {sent}, "user_id": "a"}}"#)).now().unix_timestamp_nanos();
    assert_eq!(now("1763900000"), 1_763_900_000_000_000_000);
    for quarter in ["1763900000.25", "\"1763900000.25\"", "\" 1763900000.250 \"", "1.76390000025e9"] {
        assert_eq!(now(quarter), 1_763_900_000_250_000_000, "{quarter}");
    }
    assert_eq!(now("1763900000.123456"), 1_763_900_000_123_456_000);
    assert_eq!(now("1763900000.0"), 1_763_900_000_000_000_000);
    assert_eq!(now("-0.5"), -500_000_000);
    for none in ["1e300", "-1e300", "\"NaN\"", "\"inf\"", "253402300800.5"] {
        assert!(Snapshot::from_json(format!(r#"{{"now": {none}, "user_id": "a"}}"#).as_bytes()).is_err(), "{none}");
    }
}

#[test]
fn stamps_may_lack_a_colon_or_an_offset_or_have_a_fraction() {
    let instant = |stamp: &str| {
        let follower = json!({"username": "ada", "followed_on": stamp});
        let snapshot = decode_with(&format!(r#""followers": {{"recent_followers": [{follower}]}}"#));
        snapshot.followers().recent.first().map(|follower| follower.followed_on.unix_timestamp_nanos())
    };
    let at = Some(1_763_900_000_000_000_000);
    for same in [
        "2025-11-23T12:13:20+00:00",
        "2025-11-23T12:13:20Z",
        "2025-11-23T12:13:20z",
        "2025-11-23T12:13:20+0000",
        "2025-11-23T07:13:20-0500",
        "2025-11-23T17:43:20+0530",
        "2025-11-23T12:13:20",
        "2025-11-23 12:13:20",
        "2025-11-23 12:13:20+00:00",
        "2025-11-23 12:13:20-0000",
        " 2025-11-23T12:13:20.000+0000 ",
        "2025-11-23T12:13:20.000",
    ] {
        assert_eq!(instant(same), at, "{same}");
    }
    for half in ["2025-11-23T12:13:20.5Z", "2025-11-23T07:13:20.50-0500", "2025-11-23 12:13:20.500000"] {
        assert_eq!(instant(half), Some(1_763_900_000_500_000_000), "{half}");
    }
    for none in [
        "",
        "2025-11-23",
        "12:13:20",
        "2025-11-23T12:13",
        "2025-02-30T12:13:20",
        "2025-11-23T12:13:20+99",
        "2025-11-23T12:13:20+9900",
        "é",
        "+0",
        "soon",
    ] {
        assert_eq!(instant(none), None, "{none}");
    }
}

#[test]
fn case_of_an_id_makes_no_other_id() {
    let snapshot = decode(
        r#"{"now": 1, "user_id": "4F2KX9", "channel_id": "CHAN", "livestreams": [{"id": "7C1f4q", "chat": {
        "recent_messages": [{"username": "Ada", "text": "HI", "created_on": "2026-09-14T20:29:50Z"}]
    }}]}"#,
    );
    assert_eq!(snapshot.account().user_id.as_ref().map(ToString::to_string).as_deref(), Some("4f2kx9"));
    assert_eq!(snapshot.account().channel_id.as_ref().map(ToString::to_string).as_deref(), Some("chan"));
    let stream = &snapshot.livestreams()[0];
    assert_eq!((stream.id.as_str(), stream.id.decimal()), ("7c1f4q", Some(443_484_890)));
    assert_eq!(snapshot.livestream(&StreamId::from("7C1F4Q")), Some(stream));
    let message = &stream.chat.recent_messages[0];
    assert_eq!((&message.stream, &*message.username, &*message.text), (&stream.id, "Ada", "HI"));
    assert_eq!(serde_json::from_str::<StreamId>("\"7C1F4Q\"").unwrap(), stream.id);
}

#[test]
fn id_with_control_characters_is_kept_and_shows_none() {
    let id = "7C\n\u{1b}[2J\u{202e}\u{200b}x";
    let line = json!({"username": "ada", "text": "hi", "amount_cents": 500, "created_on": "2026-09-14T20:29:50Z"});
    let answer = json!({"now": 1, "user_id": id, "channel_id": id, "livestreams": [{"id": id, "chat": {"recent_messages": [line], "recent_rants": [line]}}]});
    let snapshot = decode(answer.to_string());
    let account = snapshot.account();
    let stream = &snapshot.livestreams()[0];
    let message = Event::Message(stream.chat.recent_messages[0].clone());
    let rant = Event::Rant(stream.chat.recent_rants[0].clone());
    let texts = [account.to_string(), account.user_id.clone().unwrap().as_str().to_owned(), stream.id.as_str().to_owned()];
    for text in texts.into_iter().chain([message.id(), rant.id()].map(|id| id.unwrap().to_string())) {
        assert!(!text.contains(|char: char| char.is_control() || "\u{202e}\u{200b}".contains(char)), "{text:?}");
    }
    for event in [message, rant] {
        let id = event.id().unwrap();
        assert_eq!(id.to_string().parse::<EventId>().as_ref(), Ok(&id));
        assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&event).unwrap()).unwrap(), event);
    }
}

#[test]
fn numbers_may_be_strings_or_floats() {
    let count = |sent: &str| decode_with(&format!(r#""followers": {{"num_followers": {sent}}}"#)).followers().count;
    for twelve in ["12", "12.0", "\"12\"", "\" 12 \"", "1.2e1"] {
        assert_eq!(count(twelve), Some(12), "{twelve}");
    }
    for nothing in ["12.5", "-12", "\"twelve\"", "\"\"", "true", "null", "[12]"] {
        assert_eq!(count(nothing), None, "{nothing}");
    }
}

#[test]
fn truth_may_be_a_string_or_a_number() {
    for (sent, meant) in [
        ("true", Some(true)),
        ("\"true\"", Some(true)),
        ("1", Some(true)),
        ("false", Some(false)),
        ("\"false\"", Some(false)),
        ("0", Some(false)),
        ("2", None),
        ("\"yes\"", None),
        ("null", None),
    ] {
        assert_eq!(decode_stream(&format!(r#""is_live": {sent}"#)).livestreams()[0].live, meant, "{sent}");
    }
}

#[test]
fn ids_may_be_numbers() {
    let snapshot = decode(r#"{"now": 1, "user_id": 443484890, "channel_id": "7104422", "livestreams": [{"id": 443484890}]}"#);
    assert_eq!(snapshot.account().user_id.as_ref().map(ToString::to_string).as_deref(), Some("7c1f4q"));
    assert_eq!(snapshot.account().channel_id.as_ref().map(ToString::to_string).as_deref(), Some("7104422"));
    assert_eq!(snapshot.livestreams()[0].id, StreamId::from("7c1f4q"));
}

#[test]
fn numbers_beyond_64_bits_cost_themselves_alone() {
    for number in ["18446744073709551616", "99999999999999999999999999", "-9223372036854775809", "1e300", "1e999", "-1e999"] {
        let snapshot = decode_stream(&format!(r#""likes": {number}, "dislikes": 2, "unheard_of": {number}"#));
        assert_eq!((snapshot.livestreams()[0].likes, snapshot.livestreams()[0].dislikes), (None, Some(2)), "{number}");
    }
    let greatest = decode_stream(r#""likes": 18446744073709551615"#);
    assert_eq!(greatest.livestreams()[0].likes, Some(u64::MAX));
}

#[test]
fn text_that_looks_like_a_number_too_large_is_left_alone() {
    let snapshot = decode_message(r#""text": "1e999 \" 1e999", "unheard_of": 1e999"#);
    assert_eq!(snapshot.livestreams()[0].chat.recent_messages[0].text, "1e999 \" 1e999");
}

#[test]
fn list_may_be_an_object_with_numbers_for_keys() {
    let follower = r#"{"username": "ada", "followed_on": "2026-09-14T14:00:00-04:00"}"#;
    let snapshot = decode_with(&format!(r#""followers": {{"recent_followers": {{"0": {follower}, "2": 7, "3": {follower}}}}}"#));
    assert_eq!((snapshot.followers().recent.len(), snapshot.followers().recent.skipped()), (2, 1));
}

#[test]
fn entry_that_cannot_be_read_is_skipped_and_counted() {
    let snapshot = decode_with(
        r#""followers": {"recent_followers": [
            {"username": "ada", "followed_on": "2026-09-14T14:00:00-04:00"},
            {"username": "no instant"},
            {"username": "no such day", "followed_on": "2026-02-30T14:00:00-04:00"},
            {"followed_on": "2026-09-14T14:00:00-04:00"},
            null, [], "x", {}
        ]},
        "subscribers": {"recent_subscribers": [{"username": "no instant", "amount_cents": 500}]},
        "gifted_subs": {"recent_gifted_subs": [{"video_id": 5}]},
        "livestreams": [{"title": "no id"}, {"id": "s", "chat": {"recent_messages": [7], "recent_rants": [{"text": "nobody's"}]}}]"#,
    );
    assert_eq!((snapshot.followers().recent.len(), snapshot.followers().recent.skipped()), (1, 7));
    let chat = &snapshot.livestreams()[0].chat;
    let others = [
        snapshot.subscribers().recent.skipped(),
        snapshot.gifted_subs().recent.skipped(),
        snapshot.livestreams().skipped(),
        chat.recent_messages.skipped(),
        chat.recent_rants.skipped(),
    ];
    assert_eq!(others, [1; 5]);
    assert_eq!(snapshot.skipped(), 7 + 5);
}

#[test]
fn list_that_was_not_sent_is_told_from_an_empty_one() {
    for (sent, was_sent) in [("[]", true), ("{}", true), ("null", false), ("\"x\"", false), ("7", false), ("false", false)] {
        let snapshot = decode_with(&format!(r#""livestreams": {sent}"#));
        assert_eq!(snapshot.livestreams().was_sent(), was_sent, "{sent}");
        assert!(snapshot.livestreams().is_empty(), "{sent}");
    }
}

#[test]
fn byte_order_mark_is_no_obstacle() {
    let body = fixture("many-messages");
    assert_eq!(decode(format!("\u{feff}{body}")), decode(body));
}

/// The text of the only message, where it was sent as these bytes.
fn text_of(bytes: &[u8]) -> String {
    let [before, after] = [
        &br#"{"now": 1, "user_id": "a", "livestreams": [{"id": "s", "chat": {"recent_messages": [
        {"username": "ada", "created_on": "2026-09-14T20:29:50Z", "text": ""#[..],
        br#""}, {"username": "bob", "created_on": "2026-09-14T20:29:51Z", "text": "hi"}]}}]}"#,
    ];
    let snapshot = decode([before, bytes, after].concat());
    let messages = &snapshot.livestreams()[0].chat.recent_messages;
    assert_eq!((messages.len(), &*messages[1].text), (2, "hi"));
    messages[0].text.clone()
}

#[test]
fn broken_utf8_in_a_chat_line_costs_characters_alone() {
    assert_eq!(text_of(b"a\xffb"), "a\u{fffd}b");
    assert_eq!(text_of(b"cut \xf0\x9f\x98"), "cut \u{fffd}");
    assert_eq!(text_of("caf\u{e9} \u{1f600}".as_bytes()), "café 😀");
}

#[test]
fn lone_surrogates_in_a_chat_line_cost_characters_alone() {
    assert_eq!(text_of(br"a\ud83db"), "a\u{fffd}b");
    assert_eq!(text_of(br"\ude00\ud83d\ude00\ud83d"), "\u{fffd}😀\u{fffd}");
    assert_eq!(text_of(br"\ud83d\n\\ud83d \u00e9"), "\u{fffd}\n\\ud83d é");
    assert_eq!(text_of(br"\ud83d\ud83d\ude00"), "\u{fffd}😀");
}

#[test]
fn nesting_of_any_depth_costs_its_own_field_alone() {
    let expected = decode_stream(r#""title": "on", "likes": 1"#);
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}null{}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(decode_stream(&format!(r#""title": "on", "likes": 1, "unheard_of": {deep}"#)), expected);
        assert_eq!(decode_stream(&format!(r#""title": "on", "likes": 1, "watching_now": {deep}"#)), expected);
        assert_eq!(decode_stream(&format!(r#""title": "on", "likes": 1, "categories": {{"primary": {{"slug": {deep}}}}}"#)), expected);
        let known = decode_stream(&format!(r#""title": "on", "likes": 1, "chat": {{"recent_messages": [{deep}]}}"#));
        assert_eq!((&*known.livestreams()[0].title, known.skipped()), ("on", 1));
        assert_eq!(decode_with(&format!(r#""followers": {deep}"#)).followers().count, None);
    }
}

#[test]
fn nesting_without_an_end_is_an_error_like_any_other() {
    for open in ["[", r#"{"chat":"#, r#"{"livestreams":["#] {
        refusal(open.repeat(100_000));
    }
}

#[test]
fn fields_that_are_new_change_nothing() {
    let mut answer: Value = serde_json::from_str(&fixture("many-messages")).unwrap();
    let expected = decode(answer.to_string());
    for place in [
        "",
        "/followers",
        "/followers/recent_followers/0",
        "/livestreams/0",
        "/livestreams/0/chat",
        "/livestreams/0/chat/recent_messages/0",
    ] {
        answer.pointer_mut(place).unwrap()["unheard_of"] = json!({"nested": [null, 1, "x"], "now": 1});
    }
    assert_eq!(decode(answer.to_string()), expected);
}

#[test]
fn field_that_is_sent_twice_breaks_nothing() {
    let snapshot = decode_stream(r#""likes": 1, "title": "on", "likes": 1"#);
    assert_eq!((snapshot.livestreams()[0].likes, &*snapshot.livestreams()[0].title), (Some(1), "on"));
}

#[test]
fn space_around_the_answer_is_no_obstacle() {
    assert_eq!(decode("\r\n {\"now\": 1, \"user_id\": \"a\"} \n").now().unix_timestamp(), 1);
}

#[test]
fn body_of_four_mebibytes_is_decoded() {
    let message = r#"{"username":"ada","created_on":"2026-09-14T20:29:50Z","text":"hi"}"#;
    let count = 4 * 1024 * 1024 / (message.len() + 1);
    let snapshot = decode_stream(&format!(r#""chat": {{"recent_messages": [{}]}}"#, vec![message; count].join(",")));
    assert_eq!(snapshot.livestreams()[0].chat.recent_messages.len(), count);
}

#[test]
fn id_beyond_all_measure_is_no_id() {
    let answer = |id: &str| format!(r#"{{"now": 1, "user_id": "a", "livestreams": [{{"id": "{id}"}}]}}"#);
    let streams = |id: &str| Snapshot::from_json(answer(id).as_bytes()).unwrap().livestreams().len();
    assert_eq!((streams(&"x".repeat(64)), streams(&"x".repeat(65))), (1, 0));
}
