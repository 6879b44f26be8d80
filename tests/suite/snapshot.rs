//! What a snapshot shows of an answer.

mod built;
mod forms;
mod lenient;
mod padding;
mod refused;

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

/// The amounts in cents of subscribers with these fields, decoded as one list.
fn amounts(fields: impl IntoIterator<Item = String>) -> Vec<u64> {
    let subscribers =
        fields.into_iter().map(|fields| format!(r#"{{"username": "ada", "subscribed_on": "2026-09-14T20:23:20Z", {fields}}}"#));
    let list = subscribers.collect::<Vec<_>>().join(",");
    let snapshot = decode_with(&format!(r#""subscribers": {{"recent_subscribers": [{list}]}}"#));
    snapshot.subscribers().recent.iter().map(|subscriber| subscriber.amount.cents()).collect()
}

#[test]
fn amount_falls_back_to_dollars_where_cents_are_missing() {
    for (fields, cents) in [
        (r#""amount_cents": 150, "amount_dollars": 1"#, 150),
        (r#""amount_cents": null, "amount_dollars": 5"#, 500),
        (r#""amount_cents": "x", "amount_dollars": 4.99"#, 499),
        (r#""amount_dollars": 5"#, 500),
        (r#""amount_dollars": "5""#, 500),
        (r#""amount_dollars": 4.5"#, 450),
        (r#""amount_dollars": 9999999999.99"#, 999_999_999_999),
        (r#""amount_dollars": 18446744073709551615"#, u64::MAX),
    ] {
        assert_eq!(amounts([fields.to_owned()]), [cents], "{fields}");
    }
    for none in ["-4.99", "-5", "1e300", "\"NaN\"", "\"inf\"", "\"\"", "true", "null", "[4.99]"] {
        assert_eq!(amounts([format!(r#""amount_cents": {none}, "amount_dollars": {none}"#)]), [0], "{none}");
    }
}

#[test]
fn dollars_with_cents_are_exact() {
    let dollars = |cents: u64| format!("{}.{:02}", cents / 100, cents % 100);
    let all = || 0..=20_000;
    assert_eq!(amounts(all().map(|cents| format!(r#""amount_dollars": {}"#, dollars(cents)))), all().collect::<Vec<_>>());
    assert_eq!(amounts(all().map(|cents| format!(r#""amount_dollars": "{}""#, dollars(cents)))), all().collect::<Vec<_>>());
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
