//! What makes two entries the same.

use rumble_live::{Event, Tracker};
use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, message, stamp, stamp_with_offset, subscriber};

#[test]
fn same_instant_at_another_offset_is_not_repeated() {
    let ada = |hours| json!({"username": "ada", "followed_on": stamp_with_offset(5, hours)});
    let mut bot = Bot::starts(&at(10).followers([ada(-4)]));
    for (second, hours) in [(20, -5), (30, 0), (40, 14), (50, -12), (60, -4)] {
        assert_eq!(bot.hears(&at(second).followers([ada(hours)])), NOTHING, "{hours}");
    }
}

#[test]
fn entry_whose_offset_makes_it_look_old_is_delivered_at_once() {
    let grace = json!({"username": "grace", "followed_on": stamp_with_offset(15, -5)});
    let mut bot = Bot::starts(&at(10).followers([follower("ada", 5)]));
    assert_eq!(bot.hears(&at(20).followers([grace, follower("ada", 5)])), ["grace followed @15"]);
}

#[test]
fn entry_whose_offset_makes_it_look_new_is_not_repeated() {
    let f1 = json!({"username": "f1", "followed_on": stamp_with_offset(1, 9)});
    let mut bot = Bot::starts(&at(20).followers(followers_of(2..=11)));
    let mut list = followers_of(2..=10);
    list.push(f1);
    assert_eq!(bot.hears(&at(30).followers(list)), NOTHING);
}

#[test]
fn list_is_ordered_by_instant_even_where_offsets_differ() {
    let new = [
        json!({"username": "grace", "followed_on": stamp_with_offset(17, -5)}),
        json!({"username": "linus", "followed_on": stamp_with_offset(16, 2)}),
        json!({"username": "alan", "followed_on": stamp_with_offset(15, -4)}),
    ];
    let mut bot = Bot::starts(&at(10));
    assert_eq!(bot.hears(&at(20).followers(new)), ["alan followed @15", "linus followed @16", "grace followed @17"]);
}

#[test]
fn fraction_of_a_second_that_appears_makes_no_new_entry() {
    let exact = json!({"username": "ada", "followed_on": "2026-01-01T00:00:05Z"});
    let finer = json!({"username": "ada", "followed_on": "2026-01-01T00:00:05.75Z"});
    let mut bot = Bot::starts(&at(10).followers([exact]));
    assert_eq!(bot.hears(&at(20).followers([finer])), NOTHING);
}

#[test]
fn other_badges_and_another_picture_make_no_new_entry() {
    let promoted = json!({"username": "ada", "text": "hi", "created_on": stamp(5), "badges": ["moderator"], "profile_pic_url": "x"});
    let mut bot = Bot::starts(&at(10).live("s", [message("ada", "hi", 5)]));
    assert_eq!(bot.hears(&at(20).live("s", [promoted])), NOTHING);
}

#[test]
fn second_equal_message_in_one_second_is_delivered() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(10).live("s", [hi(), hi()])), ["[s] ada: hi @5", "[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(20).live("s", [hi(), hi()])), NOTHING);
}

#[test]
fn second_equal_message_in_one_second_is_delivered_when_it_comes_an_answer_later() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(5).live("s", [hi()])), ["[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(6).live("s", [hi(), hi()])), ["[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(7).live("s", [hi()])), NOTHING);
    assert_eq!(bot.hears(&at(8).live("s", [hi(), hi()])), NOTHING);
}

#[test]
fn second_equal_message_is_delivered_when_the_first_was_baseline() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(5).live("s", [hi()]));
    assert_eq!(bot.hears(&at(6).live("s", [hi(), hi()])), ["[s] ada: hi @5"]);
}

#[test]
fn different_message_in_the_second_of_a_known_one_is_delivered() {
    let mut bot = Bot::starts(&at(5).live("s", [message("ada", "hi", 5)]));
    let list = [message("grace", "hi", 5), message("ada", "ho", 5), message("ada", "hi", 5)];
    assert_eq!(bot.hears(&at(15).live("s", list)), ["[s] ada: ho @5", "[s] grace: hi @5"]);
}

#[test]
fn same_user_following_again_is_delivered() {
    let bob = || follower("bob", 3);
    let mut bot = Bot::starts(&at(10).followers([follower("ada", 5), bob()]));
    assert_eq!(bot.hears(&at(20).followers([follower("ada", 15), bob()])), ["ada followed @15"]);
    assert_eq!(bot.hears(&at(30).followers([follower("ada", 15), bob()])), NOTHING);
}

#[test]
fn same_user_subscribing_for_another_amount_in_one_second_is_delivered() {
    let mut bot = Bot::starts(&at(0).subscribers([subscriber("ada", 500, -5)]));
    let list = [subscriber("ada", 1000, 5), subscriber("ada", 500, 5), subscriber("ada", 500, -5)];
    assert_eq!(bot.hears(&at(10).subscribers(list)), ["ada subscribed for $5.00 @5", "ada subscribed for $10.00 @5"]);
}

#[test]
fn same_snapshot_twice_tells_nothing() {
    for fixture in ["channel-live", "many-messages", "nulls-and-empties", "official-example", "user-offline", "with-gifts"] {
        let body = std::fs::read(format!("tests/suite/fixtures/{fixture}.json")).unwrap();
        let snapshot = rumble_live::Snapshot::from_json(&body).unwrap();
        for replay in [false, true] {
            let mut tracker = Tracker::new().replay(replay);
            assert_eq!(tracker.apply(&snapshot).first(), Some(&Event::Ready), "{fixture}");
            assert_eq!(tracker.apply(&snapshot), [], "{fixture}");
        }
    }
}
