//! Who is named: money is never dropped, padding is no entry, and what names nobody otherwise cannot be read.

use rumble_live::Snapshot;
use serde_json::{Value, json};

use super::{decode, decode_with};

const STAMP: &str = "2026-09-14T20:23:20+00:00";

/// Every way to name nobody that may be a field which moved.
fn missing() -> [Option<Value>; 5] {
    [None, Some(json!(null)), Some(json!(true)), Some(json!([])), Some(json!({"display": "ada"}))]
}

const BLANK: [&str; 4] = ["", " ", "\t\n", "\u{a0}\u{3000}"];

/// Every field of `entry` and, where there is one, this name.
fn named(entry: &Value, field: &str, name: Option<Value>) -> Value {
    let mut entry = entry.clone();
    entry.as_object_mut().unwrap().extend(name.map(|name| (field.to_owned(), name)));
    entry
}

/// What became of one item: the name of the entry, and how many were skipped.
type Fate = (Option<String>, usize);

fn entry(name: &str) -> Fate {
    (Some(name.to_owned()), 0)
}

const PADDING: Fate = (None, 0);
const UNREADABLE: Fate = (None, 1);

/// Decodes an answer with this as the only item of each list that it could be in, and as the latest one.
fn answer(list: &str, item: &Value) -> Snapshot {
    let (latest, recent) = (json!(item), json!([item]));
    decode_with(&match list {
        "followers" => format!(r#""followers": {{"latest_follower": {latest}, "recent_followers": {recent}}}"#),
        "subscribers" => format!(r#""subscribers": {{"latest_subscriber": {latest}, "recent_subscribers": {recent}}}"#),
        "gifts" => format!(r#""gifted_subs": {{"latest_gifted_sub": {latest}, "recent_gifted_subs": {recent}}}"#),
        _ => format!(r#""livestreams": [{{"id": "s", "chat": {{"latest_{list}": {latest}, "recent_{list}s": {recent}}}}}]"#),
    })
}

fn fate(list: &str, item: &Value) -> Fate {
    let snapshot = answer(list, item);
    let chat = snapshot.livestreams().first().map(|stream| &stream.chat);
    let name = |name: &String| name.clone();
    let (latest, recent, was_sent) = match (list, chat) {
        ("followers", _) => {
            let list = snapshot.followers();
            (list.latest.as_ref().map(|it| name(&it.username)), list.recent.first().map(|it| name(&it.username)), list.recent.was_sent())
        }
        ("subscribers", _) => {
            let list = snapshot.subscribers();
            (list.latest.as_ref().map(|it| name(&it.username)), list.recent.first().map(|it| name(&it.username)), list.recent.was_sent())
        }
        ("gifts", _) => {
            let list = snapshot.gifted_subs();
            let giver = |it: &rumble_live::GiftedSubs| name(&it.purchased_by);
            (list.latest.as_ref().map(giver), list.recent.first().map(giver), list.recent.was_sent())
        }
        ("message", Some(chat)) => {
            let list = &chat.recent_messages;
            (chat.latest_message.as_ref().map(|it| name(&it.username)), list.first().map(|it| name(&it.username)), list.was_sent())
        }
        ("rant", Some(chat)) => {
            let list = &chat.recent_rants;
            (chat.latest_rant.as_ref().map(|it| name(&it.username)), list.first().map(|it| name(&it.username)), list.was_sent())
        }
        _ => panic!("no such list"),
    };
    assert!(was_sent, "the list was there");
    assert_eq!(latest, recent, "the latest one is read by the same rules");
    (recent, snapshot.skipped())
}

/// The lists of what is paid for, each with an entry that carries money.
fn paid() -> [(&'static str, Value); 6] {
    [
        ("subscribers", json!({"amount_cents": 500, "subscribed_on": STAMP})),
        ("subscribers", json!({"amount_dollars": 4.99, "subscribed_on": STAMP})),
        ("rant", json!({"amount_cents": 500, "text": "for the lamp", "created_on": STAMP})),
        ("rant", json!({"amount_cents": "100", "created_on": STAMP})),
        ("gifts", json!({"total_gifts": 5, "remaining_gifts": 0, "gift_type": "rumble"})),
        ("gifts", json!({"remaining_gifts": 3})),
    ]
}

/// The same without money.
fn unpaid() -> [(&'static str, Value); 7] {
    [
        ("followers", json!({"followed_on": STAMP})),
        ("message", json!({"text": "hi", "created_on": STAMP})),
        ("subscribers", json!({"amount_cents": 0, "amount_dollars": 0, "subscribed_on": STAMP})),
        ("subscribers", json!({"subscribed_on": STAMP})),
        ("rant", json!({"amount_cents": 0, "text": "hi", "created_on": STAMP})),
        ("gifts", json!({"total_gifts": 0, "remaining_gifts": 0})),
        ("gifts", json!({})),
    ]
}

fn name_field(list: &str) -> &'static str {
    if list == "gifts" { "purchased_by" } else { "username" }
}

#[test]
fn money_without_a_name_is_an_entry_with_an_empty_name() {
    for (list, item) in paid() {
        for name in missing().into_iter().chain(BLANK.map(|blank| Some(json!(blank)))) {
            assert_eq!(fate(list, &named(&item, name_field(list), name.clone())), entry(""), "{list}: {name:?}");
        }
    }
}

#[test]
fn money_without_a_readable_stamp_cannot_be_read() {
    for (list, item) in paid().into_iter().filter(|(list, _)| *list != "gifts") {
        for name in [None, Some(json!("")), Some(json!("ada"))] {
            for stamp in [json!(""), json!(null), json!(1_763_900_007)] {
                let mut item = named(&item, "username", name.clone());
                let field = if list == "rant" { "created_on" } else { "subscribed_on" };
                item[field] = stamp;
                assert_eq!(fate(list, &item), UNREADABLE, "{item}");
            }
        }
    }
}

#[test]
fn blank_name_without_money_is_padding_and_no_entry() {
    for (list, item) in unpaid() {
        for blank in BLANK {
            let item = named(&item, name_field(list), Some(json!(blank)));
            assert_eq!(fate(list, &item), PADDING, "{item}");
            let mut without_stamp = item.clone();
            without_stamp.as_object_mut().unwrap().retain(|field, _| !field.ends_with("_on"));
            assert_eq!(fate(list, &without_stamp), PADDING, "{without_stamp}");
        }
    }
}

#[test]
fn missing_name_without_money_cannot_be_read() {
    for (list, item) in unpaid() {
        for name in missing() {
            let item = named(&item, name_field(list), name);
            assert_eq!(fate(list, &item), UNREADABLE, "{list}: {item}");
        }
    }
}

#[test]
fn name_is_shown_as_sent_with_or_without_money() {
    for (list, item) in paid().into_iter().chain(unpaid()) {
        let item = named(&item, name_field(list), Some(json!(" Ada ")));
        assert_eq!(fate(list, &item), entry(" Ada "), "{item}");
    }
}

#[test]
fn subscriber_is_padding_only_where_no_name_is_filled() {
    let subscriber = |cents: u64, username: Value, user: Value| {
        fate("subscribers", &json!({"username": username, "user": user, "amount_cents": cents, "subscribed_on": STAMP}))
    };
    assert_eq!(subscriber(0, json!(""), json!("")), PADDING);
    assert_eq!(subscriber(0, json!(""), json!(null)), PADDING);
    assert_eq!(subscriber(0, json!(null), json!(" ")), PADDING);
    assert_eq!(subscriber(0, json!(null), json!(null)), UNREADABLE);
    assert_eq!(subscriber(0, json!(" "), json!("ada")), entry("ada"));
    assert_eq!(subscriber(500, json!(" "), json!(null)), entry(""));
}

#[test]
fn livestream_with_a_blank_id_is_padding_and_one_without_an_id_cannot_be_read() {
    let streams = |id: &str| {
        let snapshot = decode_with(&format!(r#""livestreams": [{{{id} "title": "", "is_live": true}}, {{"id": "s"}}]"#));
        assert!(snapshot.livestreams().was_sent());
        assert_eq!(snapshot.livestreams().last().map(|stream| stream.id.as_str()), Some("s"));
        (snapshot.livestreams().len(), snapshot.skipped())
    };
    for padding in [r#""id": "","#, r#""id": " \t","#] {
        assert_eq!(streams(padding), (1, 0), "{padding}");
    }
    for unreadable in ["", r#""id": null,"#, r#""id": [],"#, r#""id": -1,"#] {
        assert_eq!(streams(unreadable), (1, 1), "{unreadable}");
    }
}

/// A local proxy sends this while nothing is known, and a blank livestream while none is on.
#[test]
fn answer_of_nothing_but_padding_shows_nothing_and_skips_nothing() {
    let line =
        json!({"username": "", "badges": [], "text": "", "created_on": "", "expires_on": "", "amount_cents": 0, "amount_dollars": 0});
    let follower = json!({"username": "", "followed_on": ""});
    let subscriber = json!({"username": "", "user": "", "amount_cents": 0, "amount_dollars": 0, "subscribed_on": ""});
    let snapshot = decode(
        json!({
            "now": 1_763_900_000, "user_id": "5kq2z",
            "followers": {"num_followers": 0, "latest_follower": follower, "recent_followers": [follower]},
            "subscribers": {"num_subscribers": 0, "latest_subscriber": subscriber, "recent_subscribers": [subscriber]},
            "livestreams": [
                {"id": "7a9kq1", "is_live": true, "chat": {"latest_rant": line, "recent_rants": [line, line]}},
                {"id": "", "title": "", "created_on": "", "is_live": false, "chat": {"latest_rant": line, "recent_rants": [line]}},
            ],
        })
        .to_string(),
    );
    assert_eq!(snapshot.skipped(), 0);
    assert_eq!((snapshot.followers().latest.as_ref(), snapshot.followers().recent.len()), (None, 0));
    assert_eq!((snapshot.subscribers().latest.as_ref(), snapshot.subscribers().recent.len()), (None, 0));
    assert_eq!(snapshot.livestreams().len(), 1);
    let chat = &snapshot.livestreams()[0].chat;
    assert_eq!((chat.latest_rant.as_ref(), chat.recent_rants.len(), chat.recent_rants.was_sent()), (None, 0, true));
}
