//! Ids of occurrences.

use rumble_live::{Event, EventId, RaidReceived, RaidStarted, SubscriptionNotice};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::answer::{Bot, at, follower, followers_of, message, rant, stamp, stamp_with_offset, subscriber};

#[test]
fn ids_are_made_as_specified() {
    let mut bot = Bot::starts(&at(0));
    let events = bot.events(&at(10).followers([follower("ada", 5)]).subscribers([subscriber("ada", 500, 5)]).live_with_rants(
        "7c1f4q",
        [message("ada", "hi", 5), message("ada", "hi", 5)],
        [rant("bob", "héllo ❤️", 1050, 5)],
    ));
    let ids: Vec<_> = events.iter().filter_map(Event::id).map(|id| id.to_string()).collect();
    let expected = [
        "follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c",
        "subscriber:1767225605:0:7206b9b643f2b2e23d683fac3000fcc5",
        "message:7c1f4q:1767225605:0:b15ca4062f4388aac345fc3b4db18f4f",
        "message:7c1f4q:1767225605:1:b15ca4062f4388aac345fc3b4db18f4f",
        "rant:7c1f4q:1767225605:0:4641d75809ee271bd13c3832bb421e12",
    ];
    assert_eq!(ids, expected);
    for id in ids {
        assert_eq!(id.parse::<EventId>().unwrap().to_string(), id);
    }
}

#[test]
fn id_tells_which_of_the_equal_ones_it_is_in_every_list() {
    let mut bot = Bot::starts(&at(0));
    let (ada, sub, paid) = (|| follower("ada", 5), || subscriber("ada", 500, 5), || rant("ada", "hi", 500, 5));
    let answer = |second| at(second).followers([ada(), ada()]).subscribers([sub(), sub()]);
    let events = bot.events(&answer(10).live_with_rants("s", json!([]), [paid(), paid()]));
    let ids: Vec<_> = events.iter().filter_map(Event::id).map(|id| id.to_string()).collect();
    let places: Vec<_> = ids.iter().map(|id| id.rsplit_once(':').unwrap().0).collect();
    let expected = ["follower", "follower", "subscriber", "subscriber", "rant:s", "rant:s"];
    let expected: Vec<_> = expected.iter().zip([0, 1].iter().cycle()).map(|(kind, copy)| format!("{kind}:1767225605:{copy}")).collect();
    assert_eq!(places, expected);
}

#[test]
fn ids_are_the_same_in_trackers_that_started_at_different_times() {
    let hi = || message("ada", "hi", 15);
    let mut early = Bot::starts(&at(0).live("s", json!([])));
    early.hears(&at(15).live_with_rants("s", [hi()], [rant("ada", "yo", 500, 14)]));
    let mut late = Bot::starts(&at(15).live_with_rants("s", [hi()], [rant("ada", "yo", 500, 14)]));
    let answer = at(25).followers(followers_of(18..=20)).subscribers([subscriber("ada", 500, 21)]).live_with_rants(
        "s",
        [hi(), hi()],
        [rant("ada", "yo", 500, 22), rant("ada", "yo", 500, 14)],
    );
    let (by_early, by_late) = (early.events(&answer), late.events(&answer));
    let ids = |events: &[Event]| events.iter().map(Event::id).collect::<Vec<_>>();
    assert_eq!(by_early.len(), 6);
    assert_eq!(ids(&by_early), ids(&by_late));
}

#[test]
fn ids_depend_on_the_instant_and_not_on_its_offset_or_on_pictures_and_badges() {
    let id_of = |message: Value| {
        let mut bot = Bot::starts(&at(0));
        bot.events(&at(10).live("s", [message])).iter().find_map(Event::id)
    };
    let plain = json!({"username": "ada", "text": "hi", "created_on": stamp(5)});
    let adorned = json!({
        "username": "ada", "text": "hi", "created_on": stamp_with_offset(5, -4), "badges": ["admin"], "profile_pic_url": "x",
    });
    assert_eq!(id_of(plain.clone()), id_of(adorned));
    assert_ne!(id_of(plain), id_of(json!({"username": "ad", "text": "ahi", "created_on": stamp(5)})));
}

#[test]
fn text_that_is_no_id_is_refused() {
    let hash = "0".repeat(32);
    for text in [
        String::new(),
        "follower".to_owned(),
        format!("follower:5:0:{hash}0"),
        format!("follower:05:0:{hash}"),
        format!("follower:5:+0:{hash}"),
        format!("follower:s:5:0:{hash}"),
        format!("message:5:0:{hash}"),
        format!("gift:5:0:{hash}"),
        format!("raid_started:0:{hash}"),
        format!("raid_started:s:counter-1:{hash}"),
        format!("raid_received:s:00:{hash}"),
        format!("raid_received:s:{hash}"),
        format!("subscription_notice:s:-1:{hash}"),
        format!("message_deleted:s:0:{hash}"),
        format!("follower:5:0:{}", "F".repeat(32)),
    ] {
        assert_eq!(text.parse::<EventId>().unwrap_err().to_string(), "this is not the id of an event", "{text}");
    }
    for odd in ["message:odd:id:-5", "raid_started:odd:id", "raid_received:odd:5:0", "subscription_notice:message:s:5"] {
        let odd = format!("{odd}:0:{hash}");
        assert_eq!(odd.parse::<EventId>().unwrap().to_string(), odd);
    }
}

#[test]
fn raid_and_notice_are_known_by_what_every_connection_shows_of_them() {
    let id = |event: Event| event.id().unwrap();
    let instant = |second| OffsetDateTime::from_unix_timestamp(second).unwrap();
    let notice = |text: &str, message: &str| id(SubscriptionNotice::new("s", "ada", text, message).into());
    assert_eq!(notice("6 month subscriber", "1"), notice("", "1"), "what it says is no part of it");
    assert_ne!(notice("6 month subscriber", "1"), notice("6 month subscriber", "2"));
    let received = |message: &str| id(RaidReceived::new("s", "ada", message).into());
    assert_ne!(received("1"), received("2"), "one who raids twice in a second");
    assert_ne!(received("1"), notice("", "1"));
    let started = |url: &str, second| id(RaidStarted::new("s", url).with_starts_at(instant(second)).into());
    assert_eq!(started("a", 5), id(RaidStarted::new("s", "a").with_starts_at(instant(5)).with_target_title("renamed").into()));
    assert_ne!(started("a", 5), started("b", 5));
    assert_ne!(started("a", 5), started("a", 6), "the same one is raided again");
}
