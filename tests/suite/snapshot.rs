//! What a snapshot shows of an answer, and that no single field can break it.

use rumble_live::{AccountKind, Amount, Error, ErrorKind, Snapshot, StreamId, Visibility};
use serde_json::{Value, json};
use time::{UtcOffset, format_description::well_known::Rfc3339};

const FIXTURES: [&str; 6] = ["channel-live", "many-messages", "nulls-and-empties", "official-example", "user-offline", "with-gifts"];

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("tests/suite/fixtures/{name}.json")).unwrap()
}

fn decode(body: impl AsRef<[u8]>) -> Snapshot {
    Snapshot::from_json(body.as_ref()).unwrap()
}

/// Decodes an answer that has, besides what is required, these fields.
fn decode_with(fields: &str) -> Snapshot {
    decode(format!(r#"{{"now": 1789417800, "user_id": "4f2kx9", {fields}}}"#))
}

/// Decodes an answer with one livestream that has, besides its id, these fields.
fn decode_stream(fields: &str) -> Snapshot {
    decode_with(&format!(r#""livestreams": [{{"id": "s", {fields}}}]"#))
}

/// Decodes an answer with this as the only message in its only chat.
fn decode_message(fields: &str) -> Snapshot {
    let message = format!(r#"{{"username": "ada", "created_on": "2026-09-14T20:29:50+00:00", {fields}}}"#);
    decode_stream(&format!(r#""chat": {{"recent_messages": [{message}]}}"#))
}

fn refusal(body: impl AsRef<[u8]>) -> Error {
    let error = Snapshot::from_json(body.as_ref()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert!(std::error::Error::source(&error).is_none(), "{error}");
    error
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// The fixtures.

#[test]
fn every_fixture_decodes_to_what_was_reviewed() {
    for name in FIXTURES {
        insta::assert_json_snapshot!(name, decode(fixture(name)));
    }
}

#[test]
fn nothing_of_a_fixture_is_skipped() {
    for name in FIXTURES {
        assert_eq!(decode(fixture(name)).skipped(), 0, "{name}");
    }
}

#[test]
fn no_form_of_a_snapshot_holds_the_secrets_of_the_broadcaster() {
    for name in FIXTURES {
        let snapshot = decode(fixture(name));
        for form in [serde_json::to_string(&snapshot).unwrap(), format!("{snapshot:?}"), format!("{snapshot:#?}")] {
            for secret in ["FAKE-STREAM-KEY", "rtmp", "ingest"] {
                assert!(!form.contains(secret), "{name} shows {secret}");
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// What a snapshot shows.

#[test]
fn account_of_a_user_is_shown() {
    let snapshot = decode(fixture("user-offline"));
    let account = snapshot.account();
    assert_eq!(account.kind, AccountKind::User);
    assert_eq!(account.user_id.as_ref().map(|id| (id.as_str(), id.decimal())), Some(("4f2kx9", Some(267_179_373))));
    assert_eq!((account.channel_id.as_ref(), account.channel_name.as_deref()), (None, None));
    assert_eq!(account.to_string(), "HarborlightLive");
}

#[test]
fn account_of_a_channel_is_shown() {
    let snapshot = decode(fixture("channel-live"));
    let account = snapshot.account();
    assert_eq!(account.kind, AccountKind::Channel);
    assert_eq!(account.channel_id.as_ref().map(ToString::to_string).as_deref(), Some("7104422"));
    assert_eq!(account.to_string(), "Harborlight Retro");
}

#[test]
fn account_of_a_kind_that_is_new_is_passed_on() {
    assert_eq!(decode_with(r#""type": "team""#).account().kind, AccountKind::Other("team".to_owned()));
}

#[test]
fn id_that_is_not_base_36_has_no_decimal_form() {
    let account = decode(r#"{"now": 1, "user_id": "not base 36"}"#).account().clone();
    assert_eq!(account.user_id.unwrap().decimal(), None);
}

#[test]
fn clock_of_the_server_is_shown_in_utc() {
    assert_eq!(decode(fixture("user-offline")).now().format(&Rfc3339).unwrap(), "2026-09-14T20:30:00Z");
}

#[test]
fn offsets_are_kept_and_instants_compare() {
    let snapshot = decode_with(
        r#""followers": {"recent_followers": [
            {"username": "ada", "followed_on": "2026-09-14T14:00:00-04:00"},
            {"username": "ada", "followed_on": "2026-09-14T18:00:00Z"},
            {"username": "ada", "followed_on": "2026-09-14T18:00:00.5+00:00"}
        ]}"#,
    );
    let [eastern, utc, later] = snapshot.followers().recent.as_slice() else { panic!("three were listed") };
    assert_eq!(eastern.followed_on.offset(), UtcOffset::from_hms(-4, 0, 0).unwrap());
    assert_eq!(eastern.followed_on.format(&Rfc3339).unwrap(), "2026-09-14T14:00:00-04:00");
    assert_eq!(eastern.followed_on, utc.followed_on);
    assert_eq!(eastern, utc);
    assert!(utc.followed_on < later.followed_on);
    assert!(utc.followed_on < snapshot.now());
}

#[test]
fn latest_livestream_is_the_one_created_last() {
    let created = |stamps: [&str; 3]| {
        let streams = stamps.iter().enumerate().map(|(place, stamp)| json!({"id": format!("s{place}"), "created_on": stamp}));
        let snapshot = decode_with(&format!(r#""livestreams": {}"#, streams.collect::<Value>()));
        snapshot.latest_livestream().map(|stream| stream.id.to_string())
    };
    let (early, late, late_elsewhere) = ("2026-01-01T05:00:00Z", "2026-01-01T08:00:00Z", "2026-01-01T04:00:00-04:00");
    assert_eq!(created([early, late, early]).as_deref(), Some("s1"));
    assert_eq!(created([early, late_elsewhere, early]).as_deref(), Some("s1"), "by instant, not by text");
    assert_eq!(created([early, late, late_elsewhere]).as_deref(), Some("s1"), "the first listed of equal ones");
    assert_eq!(created(["", "", early]).as_deref(), Some("s2"), "one without stamp counts as the oldest");
    assert_eq!(decode_with(r#""livestreams": []"#).latest_livestream(), None);
}

#[test]
fn livestreams_that_are_on_air_are_told_from_others() {
    let ids = |name: &str| decode(fixture(name)).live().map(|stream| stream.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids("many-messages"), ["7c1f4q", "7c1g02"]);
    assert_eq!(ids("nulls-and-empties"), ["7c1f4q"]);
    assert!(ids("user-offline").is_empty());
    assert_eq!(decode_stream(r#""is_live": null"#).live().count(), 0);
}

#[test]
fn livestream_is_found_by_its_id() {
    let snapshot = decode(fixture("many-messages"));
    assert_eq!(snapshot.livestream(&StreamId::from("7c1g02")).map(|stream| &*stream.title), Some("Workshop cam"));
    assert_eq!(snapshot.livestream(&StreamId::from("7c1g03")), None);
}

#[test]
fn id_of_a_livestream_is_the_video_id_of_its_gifts() {
    let snapshot = decode(fixture("with-gifts"));
    assert_eq!(snapshot.livestreams()[0].id.decimal(), Some(443_484_890));
    assert_eq!(snapshot.gifted_subs().recent[0].stream().as_ref(), Some(&snapshot.livestreams()[0].id));
}

#[test]
fn visibility_is_told_and_a_new_kind_of_it_passed_on() {
    for (word, visibility) in [
        ("public", Visibility::Public),
        ("unlisted", Visibility::Unlisted),
        ("private", Visibility::Private),
        ("friends", Visibility::Other("friends".to_owned())),
    ] {
        let snapshot = decode_stream(&format!(r#""visibility": "{word}""#));
        assert_eq!(snapshot.livestreams()[0].visibility.as_ref(), Some(&visibility));
        assert_eq!(visibility.to_string(), word);
    }
}

#[test]
fn like_ratio_is_the_share_of_likes_and_none_without_votes() {
    let ratio = |votes: &str| decode_stream(votes).livestreams()[0].like_ratio();
    assert_eq!(ratio(r#""likes": 3, "dislikes": 1"#), Some(0.75));
    assert_eq!(ratio(r#""likes": 0, "dislikes": 2"#), Some(0.0));
    assert_eq!(ratio(r#""likes": 2, "dislikes": 0"#), Some(1.0));
    assert_eq!(ratio(r#""likes": 0, "dislikes": 0"#), None);
    assert_eq!(ratio(r#""likes": 3, "dislikes": null"#), None);
    assert_eq!(ratio(r#""dislikes": 1"#), None);
}

#[test]
fn nobody_watching_is_not_the_same_as_not_said() {
    assert_eq!(decode_stream(r#""watching_now": 0"#).livestreams()[0].watching_now, Some(0));
    assert_eq!(decode_stream(r#""watching_now": null"#).livestreams()[0].watching_now, None);
}

#[test]
fn amounts_are_exact_and_print_as_dollars() {
    let snapshot = decode(fixture("many-messages"));
    let rants = &snapshot.livestreams()[0].chat.recent_rants;
    assert_eq!(rants[0].amount, Amount::from_cents(1050));
    assert_eq!(rants[0].amount.to_string(), "$10.50");
    assert_eq!(rants.iter().map(|rant| rant.amount).sum::<Amount>().cents(), 1050 + 100 + 100);
}

#[test]
fn amount_falls_back_to_whole_dollars_where_cents_are_missing() {
    let amount = |fields: &str| {
        let subscriber = format!(r#"{{"username": "ada", "subscribed_on": "2026-09-14T20:23:20Z", {fields}}}"#);
        decode_with(&format!(r#""subscribers": {{"recent_subscribers": [{subscriber}]}}"#)).subscribers().recent[0].amount.cents()
    };
    assert_eq!(amount(r#""amount_cents": 150, "amount_dollars": 1"#), 150);
    assert_eq!(amount(r#""amount_cents": null, "amount_dollars": 5"#), 500);
    assert_eq!(amount(r#""amount_dollars": 5"#), 500);
    assert_eq!(amount(r#""amount_cents": -5"#), 0);
    assert_eq!(amount(r#""amount_dollars": 18446744073709551615"#), u64::MAX);
}

#[test]
fn user_stands_in_for_a_missing_username_of_a_subscriber() {
    for username in
        [r#""user": "ada""#, r#""user": "ada", "username": null"#, r#""user": "ada", "username": """#, r#""user": "x", "username": "ada""#]
    {
        let subscriber = format!(r#"{{"amount_cents": 500, "subscribed_on": "2026-09-14T20:23:20Z", {username}}}"#);
        let snapshot = decode_with(&format!(r#""subscribers": {{"recent_subscribers": [{subscriber}]}}"#));
        assert_eq!(snapshot.subscribers().recent[0].username, "ada", "{username}");
    }
}

#[test]
fn rant_expires_at_its_instant_and_stays_listed() {
    let snapshot = decode(fixture("channel-live"));
    let expired: Vec<_> = snapshot.livestreams()[0].chat.recent_rants.iter().map(|rant| rant.is_expired(snapshot.now())).collect();
    assert_eq!(expired, [false, true]);
    let rant = &snapshot.livestreams()[0].chat.recent_rants[0];
    assert!(rant.is_expired(rant.expires_on.unwrap()));
}

#[test]
fn badges_are_told_by_slug() {
    let snapshot = decode(fixture("channel-live"));
    let chat = &snapshot.livestreams()[0].chat;
    assert!(chat.recent_messages[1].has_badge("moderator"));
    assert!(!chat.recent_messages[1].has_badge("mod"));
    assert!(chat.recent_rants[0].has_badge("whale-blue"));
}

#[test]
fn latest_ones_are_shown_as_sent_where_they_contradict_the_lists() {
    let snapshot = decode(fixture("official-example"));
    let subscribers = snapshot.subscribers();
    assert_eq!(subscribers.latest.as_ref().map(|latest| &*latest.username), Some("UserNameD"));
    assert!(subscribers.recent.iter().all(|recent| recent.username != "UserNameD"));
    let chat = &snapshot.livestreams()[0].chat;
    assert_eq!(chat.latest_message.as_ref().map(|latest| &*latest.text), Some("test chat"));
    assert_eq!(chat.recent_messages[0].text, "This is my chat message");
}

#[test]
fn most_entries_of_a_list_are_fifty_where_the_answer_does_not_say() {
    for (sent, meant) in [("50", 50), ("10", 10), ("0", 50), ("null", 50), ("-1", 50), ("\"25\"", 25), ("1e9", 1000), ("[]", 50)] {
        assert_eq!(decode_with(&format!(r#""max_num_results": {sent}"#)).max_num_results(), meant, "{sent}");
    }
}

#[test]
fn snapshots_are_equal_when_all_they_show_is() {
    let body = fixture("many-messages");
    assert_eq!(decode(&body), decode(&body));
    assert_ne!(decode(&body), decode(body.replace("HYPE :harborWave: #49", "HYPE")));
    assert_eq!(decode(&body), decode(body.replace("FAKE-STREAM-KEY-not-a-real-credential-0001", "another")));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Leniency.

/// The way to a value of an answer.
type Path = [Step];

#[derive(Clone, Debug, PartialEq)]
enum Step {
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

#[test]
fn no_field_of_any_kind_breaks_what_does_not_depend_on_it() {
    let original: Value = serde_json::from_str(&fixture("many-messages")).unwrap();
    let before = serde_json::to_value(decode(original.to_string())).unwrap();
    let ids = [vec![Step::Field("user_id".to_owned())], vec![Step::Field("now".to_owned())]];
    let mut decoded = 0;
    for path in paths(&original) {
        for kind in kinds() {
            let mut answer = original.clone();
            replace(&mut answer, &path, kind.as_ref());
            match Snapshot::from_json(answer.to_string().as_bytes()) {
                Err(error) => assert!(ids.contains(&path), "{path:?} as {kind:?} breaks all: {error}"),
                Ok(snapshot) => {
                    assert!(snapshot.skipped() <= 1, "{path:?} as {kind:?} skips {}", snapshot.skipped());
                    assert_equal_but_at(&affected(&path), &before, &serde_json::to_value(&snapshot).unwrap());
                    decoded += 1;
                }
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
    assert_eq!(badges(r#"["admin", null, {"slug": "x"}, "premium"]"#), ["admin", "premium"]);
    for none in ["[]", "{}", "null", "false", "\"admin\"", "7"] {
        assert!(badges(none).is_empty(), "{none}");
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
        assert_eq!(decode_stream(&format!(r#""is_live": {sent}"#)).livestreams()[0].is_live, meant, "{sent}");
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
        "gifted_subs": {"recent_gifted_subs": [{"total_gifts": 5}]},
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

// ---------------------------------------------------------------------------------------------------------------------------------------
// What is no snapshot.

#[test]
fn body_that_is_cut_short_is_told_by_place_line_and_column() {
    let body = fixture("channel-live");
    let at = |text: &str| body.find(text).unwrap();
    let refused = |end: usize| refusal(&body[..end]).to_string();
    assert_eq!(
        refused(at("first time here")),
        "the answer is cut short in livestreams[0].chat.recent_messages[3].text (line 132, column 21)"
    );
    assert_eq!(refused(at("Quartz")), "the answer is cut short in followers.recent_followers[1].username (line 25, column 21)");
    assert_eq!(refused(1), "the answer is cut short (line 1, column 1)");
}

#[test]
fn body_that_is_cut_anywhere_is_refused_without_a_word_of_it() {
    let body = fixture("official-example");
    let words: Vec<_> = body.split('"').skip(1).step_by(2).filter(|word| word.len() > 5).collect();
    for end in (0..body.trim_end().len()).filter(|end| body.is_char_boundary(*end)) {
        let error = refusal(&body[..end]);
        for text in [error.to_string(), format!("{error:?}")] {
            let mut unknown = text.clone();
            for field in ["recent_followers", "latest_follower", "followers", "recent_subscribers", "latest_subscriber", "subscribers"]
                .into_iter()
                .chain(["livestreams", "categories", "secondary", "primary", "recent_messages", "latest_message", "recent_rants"])
                .chain(["latest_rant", "max_num_results", "channel_id", "user_id", "username", "badges", "text", "chat"])
            {
                unknown = unknown.replace(field, "");
            }
            assert!(!words.iter().any(|word| unknown.contains(word)), "{end}: {text}");
        }
    }
}

#[test]
fn keys_that_are_unknown_never_appear_in_an_error() {
    for body in [
        r#"{"secret-key": {"deeper-secret": ["#,
        r#"{"livestreams": [{"stream_key": "live_secret"#,
        r#"{"livestreams": [{"stream_key": tru }]}"#,
        r#"{"now": 1, "secret-key": nul}"#,
        r#"{"now": 1, "secret-key" 5}"#,
        r#"{"errors": [{"secret": }]}"#,
    ] {
        let error = refusal(body);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("secret") && !text.contains("stream_key"), "{text}");
        }
    }
    assert_eq!(
        refusal(r#"{"livestreams": [{"stream_key": tru }]}"#).to_string().split(" in ").nth(1),
        Some("livestreams[0].… (line 1, column 36)")
    );
}

#[test]
fn html_asks_whether_this_is_the_api_url() {
    for body in ["<!DOCTYPE html><title>Just a moment...</title>", "\n  <html>", "\u{feff}<html>"] {
        let text = refusal(body).to_string();
        assert!(text.contains("HTML") && text.contains("is this the API URL"), "{text}");
        assert!(!text.contains("moment"));
    }
}

#[test]
fn empty_body_is_told_as_such() {
    for body in ["", "  \n", "\u{feff}"] {
        assert_eq!(refusal(body).to_string(), "the answer is empty", "{body:?}");
    }
}

#[test]
fn json_of_another_shape_is_refused() {
    for body in ["null", "[]", "{}", "\"x\"", "7", "true", "[{}]", "{} {}", "nonsense"] {
        refusal(body);
    }
}

#[test]
fn list_in_the_order_of_the_fields_is_refused() {
    refusal(r#"[1789417800, "user", "4f2kx9"]"#);
}

#[test]
fn text_after_the_answer_is_refused() {
    refusal(fixture("user-offline") + "x");
}

#[test]
fn error_envelope_of_the_api_is_refused_without_its_words() {
    let error = refusal(r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"403","message":"Forbidden","type":"generic"}]}"#);
    assert!(error.is_transient(), "with status 200 it may pass");
    assert!(!error.to_string().contains("Forbidden"));
}

#[test]
fn clock_without_a_form_in_utc_is_no_clock() {
    for now in [-70_000_000_000_i64, 253_402_300_800, i64::MAX] {
        let error = Snapshot::from_json(format!(r#"{{"now": {now}, "user_id": "a"}}"#).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("`now`"), "{error}");
    }
}

#[test]
fn id_beyond_all_measure_is_no_id() {
    let answer = |id: &str| format!(r#"{{"now": 1, "user_id": "a", "livestreams": [{{"id": "{id}"}}]}}"#);
    let streams = |id: &str| Snapshot::from_json(answer(id).as_bytes()).unwrap().livestreams().len();
    assert_eq!((streams(&"x".repeat(64)), streams(&"x".repeat(65))), (1, 0));
}

#[test]
fn broken_character_does_not_hide_where_the_body_is_cut() {
    let error = Snapshot::from_json(br#"{"username": "\ud83d", "followers": {"recent_followers": [{"#).unwrap_err().to_string();
    assert!(error.contains("cut short") && error.contains("followers.recent_followers[0]"), "{error}");
}
