//! Checks what a reader gets from the fixtures, record by record.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bytes::Bytes;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::*;
use crate::{
    chat::{
        event::{GiftNotice, Notice, RaidNotice, SubscriptionNotice},
        record::{Record, Records},
    },
    snapshot::Amount,
};

#[derive(Deserialize)]
struct Expected {
    files: BTreeMap<String, File>,
}

/// What the records of one file hold. `texts` is missing if there are too many.
#[derive(Debug, PartialEq, Deserialize)]
struct File {
    records: usize,
    types: Vec<String>,
    texts: Option<Vec<Vec<String>>>,
    message_counts: Vec<usize>,
    skipped_items: usize,
    largest_record_bytes: usize,
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/fixtures").join(name)).unwrap()
}

fn expected() -> BTreeMap<String, File> {
    serde_json::from_slice::<Expected>(&fixture("chat-expect.json")).unwrap().files
}

const SITE: &str = "https://rumble.com";

fn records<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut records = Records::new();
    let mut found = Vec::new();
    for read in reads {
        let mut bytes = Bytes::copy_from_slice(read);
        while let Some(record) = records.next(&mut bytes) {
            match record {
                Record::Data(data) => found.push(data),
                Record::TooLong => panic!("no record of the fixtures is too long"),
            }
        }
    }
    found
}

/// The type that a record had on the wire.
fn kind(said: &Said) -> &str {
    match &said.what {
        What::Init(_) => "init",
        What::Messages { .. } => "messages",
        What::Deleted(Deleted { spares_rants: false, .. }) => "delete_messages",
        What::Deleted(Deleted { spares_rants: true, .. }) => "delete_non_rant_messages",
        What::Muted(_) => "mute_users",
        What::Pinned(_) => "pin_message",
        What::Unpinned(_) => "unpin_message",
        What::Raid(_) => "raid_confirmed",
        What::Gift(_) => "gift_purchased",
        What::GiftReceived(_) => "gift_received",
        What::LiveGate(_) => "live_gate",
        What::CanModerate(_) => "can_moderate",
        What::Unknown(kind) => kind,
        What::Nothing => "nothing",
        What::Untyped => "no type",
        What::Unreadable => "unreadable",
    }
}

fn lines(said: &Said) -> &[Line] {
    match &said.what {
        What::Init(init) => &init.backlog,
        What::Messages { lines, .. } => lines,
        _ => &[],
    }
}

fn found(records: &[String], with_texts: bool) -> File {
    let said: Vec<_> = records.iter().map(|record| read(record, SITE)).collect();
    let text = |line: &Line| line.text.clone();
    File {
        records: records.len(),
        types: said.iter().map(|said| kind(said).to_owned()).collect(),
        texts: with_texts.then(|| said.iter().map(|said| lines(said).iter().map(text).collect()).collect()),
        message_counts: said.iter().map(|said| lines(said).len()).collect(),
        skipped_items: said.iter().filter(|said| !matches!(said.what, What::Untyped | What::Unreadable)).map(|said| said.skipped).sum(),
        largest_record_bytes: records.iter().map(String::len).max().unwrap_or_default(),
    }
}

/// The same stream with another line ending.
fn with_line_ends(bytes: &[u8], end: &str) -> Vec<u8> {
    let text = str::from_utf8(bytes).unwrap();
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', end).into_bytes()
}

#[test]
fn every_fixture_gives_what_is_expected_of_it() {
    let expected = expected();
    assert_eq!(expected.len(), 11);
    for (name, expected) in expected {
        let bytes = fixture(&name);
        for variant in [bytes.clone(), with_line_ends(&bytes, "\n"), with_line_ends(&bytes, "\r"), with_line_ends(&bytes, "\r\n")] {
            assert_eq!(found(&records([&variant[..]]), expected.texts.is_some()), expected, "{name}");
        }
    }
}

#[test]
fn every_cut_in_two_gives_the_same_records() {
    for (name, _) in expected().into_iter().filter(|(name, _)| name != "chat-init-1mib.sse") {
        let bytes = fixture(&name);
        let whole = records([&bytes[..]]);
        assert_eq!(records(bytes.chunks(1)), whole, "{name} byte by byte");
        for cut in 0..=bytes.len() {
            let (first, second) = bytes.split_at(cut);
            assert!(records([first, second]) == whole, "{name} cut at {cut}");
        }
    }
}

#[test]
fn cuts_inside_of_characters_give_the_same_records() {
    #[derive(Deserialize)]
    struct Cuts {
        file: String,
        cut_at: Vec<usize>,
    }
    let Cuts { file, cut_at } = serde_json::from_slice(&fixture("chat-utf8.cuts.json")).unwrap();
    let bytes = fixture(&file);
    let ends: Vec<_> = [0].into_iter().chain(cut_at).chain([bytes.len()]).collect();
    let reads = ends.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
    assert_eq!(found(&records(reads), true), expected()[&file]);
}

proptest! {
    #[test]
    fn every_way_of_cutting_gives_the_same_records(
        file in any::<prop::sample::Index>(),
        end in prop_oneof![Just("\n"), Just("\r"), Just("\r\n")],
        mut cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..100),
    ) {
        let files: Vec<_> = expected().into_iter().filter(|(name, _)| name != "chat-init-1mib.sse").collect();
        let (name, expected) = file.get(&files);
        let bytes = with_line_ends(&fixture(name), end);
        cuts.sort_unstable_by_key(|cut| cut.index(bytes.len()));
        let ends: Vec<_> = [0].into_iter().chain(cuts.iter().map(|cut| cut.index(bytes.len()))).chain([bytes.len()]).collect();
        let reads = ends.windows(2).map(|ends| &bytes[ends[0]..ends[1]]);
        prop_assert_eq!(&found(&records(reads), true), expected);
    }
}

fn said(record: &Value) -> Said {
    read(&record.to_string(), SITE)
}

/// The only message of a record that holds these keys besides an id and a
/// timestamp.
fn message(keys: &Value) -> Line {
    let mut message = json!({"id": "1", "time": "2026-09-14T19:00:05+00:00"});
    message.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let said = said(&json!({"type": "messages", "data": {"messages": [message]}}));
    assert_eq!(said.skipped, 0, "{keys}");
    lines(&said)[0].clone()
}

#[test]
fn lone_surrogate_costs_itself_alone() {
    let data = r#"{"type":"messages","data":{"messages":[{"id":1,"time":"2026-09-14T19:00:05Z","text":"a\ud83db"}]}}"#;
    let said = read(data, SITE);
    assert_eq!((lines(&said)[0].text.as_str(), said.skipped), ("a\u{fffd}b", 0));
}

#[test]
fn ids_are_read_as_text_and_as_numbers() {
    for id in [json!("300200777"), json!(300_200_777), json!(" 300200777 "), json!("_u4yqceh"), json!("4yqceh")] {
        assert_eq!(message(&json!({"user_id": id})).user, Some("4yqceh".into()), "{id}");
    }
    assert_eq!(message(&json!({"user_id": null, "channel_id": 0})), Line { user: None, channel: None, ..message(&json!({})) });
    assert_eq!(message(&json!({"channel_id": "7104422"})).channel, Some("7104422".into()));
    assert_eq!(message(&json!({"id": u64::MAX})).id, "18446744073709551615");
}

#[test]
fn message_without_id_or_time_is_skipped_and_takes_nothing_with_it() {
    let good = json!({"id": "1", "time": "2026-09-14T19:00:05+00:00"});
    for broken in [
        json!({"id": "1"}),
        json!({"time": "2026-09-14T19:00:05+00:00"}),
        json!({"id": {}, "time": "2026-09-14T19:00:05+00:00"}),
        json!({"id": "", "time": "2026-09-14T19:00:05+00:00"}),
        json!({"id": "1", "time": "soon"}),
        json!(null),
        json!(7),
        json!([]),
    ] {
        let said = said(&json!({"type": "messages", "data": {"messages": [broken, good], "users": [broken]}}));
        assert_eq!((lines(&said).len(), said.skipped >= 1), (1, true), "{broken}");
    }
}

#[test]
fn rant_ends_when_it_says_or_after_its_duration() {
    let at = |text: &str| Some(OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap());
    for (rant, cents, ends) in [
        (json!({"price_cents": 100, "duration": 120, "expires_on": "2026-09-14T19:02:07+00:00"}), 100, at("2026-09-14T19:02:07Z")),
        (json!({"price_cents": "200", "duration": 120.0}), 200, at("2026-09-14T19:02:05Z")),
        (json!({"price_cents": null}), 0, None),
        (json!({"duration": u64::MAX}), 0, at("2162-10-22T01:28:20Z")),
    ] {
        let found = message(&json!({"rant": rant})).rant.unwrap();
        assert_eq!((found.amount, found.expires_on), (Amount::from_cents(cents), ends), "{rant}");
    }
    assert_eq!(message(&json!({"rant": []})).rant, None);
}

#[test]
fn message_announces_a_gift_before_a_raid_before_a_subscription() {
    let keys = json!({
        "notification": {"badge": "recurring_subscription", "text": "6 month subscriber"},
        "raid_notification": {"start_ts": 1_789_412_460},
        "gift_purchase_notification": {"total_gifts": 5, "gift_type": "rumble", "creator_user_id": 300_200_100, "creator_channel_id": 0},
    });
    let notice = |left_out: &[&str]| {
        let mut keys = keys.clone();
        for key in left_out {
            keys.as_object_mut().unwrap().remove(*key);
        }
        message(&keys).notice
    };
    let gift =
        GiftNotice { gift_type: "rumble".into(), total_gifts: Some(5), creator_user_id: Some("4yqbvo".into()), creator_channel_id: None };
    assert_eq!(notice(&[]), Some(Notice::Gift(gift)));
    let started_at = OffsetDateTime::from_unix_timestamp(1_789_412_460).ok();
    assert_eq!(notice(&["gift_purchase_notification"]), Some(Notice::Raid(RaidNotice { started_at })));
    let subscription = SubscriptionNotice { badge: Some("recurring_subscription".into()), text: "6 month subscriber".into() };
    assert_eq!(notice(&["gift_purchase_notification", "raid_notification"]), Some(Notice::Subscription(subscription)));
}

#[test]
fn pictures_of_badges_are_whole_addresses() {
    let badges = json!({
        "admin": {"icons": {"96": "/i/badges/admin_96.png", "48": "https://cdn.example.invalid/a.png", "x": "/y.png", "1": null}, "label": {"en": "Admin"}},
        "odd": null,
    });
    let said = said(&json!({"type": "init", "data": {"config": {"badges": badges}}}));
    let What::Init(init) = said.what else { panic!() };
    let admin = init.config.badge("admin").unwrap();
    assert_eq!(admin.picture(48), Some("https://cdn.example.invalid/a.png"));
    assert_eq!(admin.picture(49), Some("https://rumble.com/i/badges/admin_96.png"));
    assert_eq!((admin.picture(500), admin.label.as_str(), admin.icons.len()), (admin.picture(96), "Admin", 2));
    assert_eq!(init.config.badge("odd").unwrap().picture(48), None);
}

#[test]
fn rant_levels_have_prices_with_and_without_cents() {
    let level = |price: Value| json!({"price_dollars": price, "duration": 120, "colors": {"fg": "white", "main": "#4a8f23"}});
    let levels = json!([level(json!(1)), level(json!(2.5)), level(json!("10")), level(json!(-1)), level(json!(1e300)), level(json!(null))]);
    let said = said(&json!({"type": "init", "data": {"config": {"rants": {"enable": true, "levels": levels}}}}));
    let What::Init(init) = said.what else { panic!() };
    let prices: Vec<_> = init.config.rant_levels.iter().map(|level| level.price.cents()).collect();
    assert_eq!(prices, [100, 250, 1000]);
    let level = |cents| init.config.rant_level(Amount::from_cents(cents)).map(|level| level.price.cents());
    assert_eq!([level(99), level(100), level(999), level(100_000)], [None, Some(100), Some(250), Some(1000)]);
}

#[test]
fn padding_among_people_is_no_fault_and_people_without_an_id_are() {
    let said = said(&json!({"type": "messages", "data": {
        "users": {"1": {"id": 1, "username": "ada", "color": "4a90e2", "badges": null}, "2": [], "3": {"username": "no id"}},
        "channels": [[], null, {"id": 0}, {"id": "7", "username": ""}],
    }}));
    assert_eq!((said.users.len(), said.channels.len(), said.skipped), (1, 1, 2));
    assert_eq!(said.users[0].color, "#4a90e2".parse().ok());
    assert_eq!(said.channels[0], Channel { id: "7".into(), name: None, picture: None });
}

#[test]
fn record_that_says_nothing_is_skipped() {
    for record in [json!({"type": "pin_message", "data": {"message": null}}), json!({"type": "can_moderate", "data": {"user_ids": [1]}})] {
        let said = said(&record);
        assert!(matches!(said.what, What::Nothing) && said.skipped == 1, "{record}");
    }
    let odd = said(&json!({"type": "unpin_message", "data": {"message": {"id": 1}}}));
    assert!(matches!(odd.what, What::Unpinned(None)) && odd.skipped == 1);
    let none = said(&json!({"type": "messages"}));
    assert!(matches!(none.what, What::Messages { is_whole: true, .. }) && none.skipped == 0);
}
