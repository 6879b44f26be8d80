//! Lists that are not there.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, gift, message, messages_of, rant, subscriber};

#[test]
fn list_that_is_missing_from_one_answer_repeats_nothing_after() {
    for hole in [json!(null), json!([]), json!("x"), json!(7), json!(false)] {
        let known = at(10).followers(followers_of(1..=5)).live("s", messages_of(1..=5));
        let mut bot = Bot::starts(&known);
        let holed = at(20).followers(hole.clone()).live("s", hole.clone());
        assert_eq!(bot.hears(&holed), NOTHING, "{hole}");
        assert_eq!(bot.hears(&known), NOTHING, "{hole}");
        let later = at(30).followers(followers_of(1..=6)).live("s", messages_of(1..=6));
        assert_eq!(bot.hears(&later), ["f6 followed @6", "[s] ada: line 6 @6"], "{hole}");
    }
}

#[test]
fn list_of_another_kind_is_not_an_empty_one() {
    for field in ["followers", "subscribers", "gifted_subs"] {
        let known = at(10).followers(followers_of(1..=5)).subscribers([subscriber("ada", 500, 5)]).gifts([gift("ada", 5, 5)]);
        let mut bot = Bot::starts(&known);
        assert_eq!(bot.hears(&known.clone().without(field)), NOTHING, "{field}");
        assert_eq!(bot.hears(&known.clone().with(&format!("/{field}"), json!([]))), NOTHING, "{field}");
        assert_eq!(bot.hears(&known), NOTHING, "{field}");
    }
}

#[test]
fn list_that_is_null_at_first_becomes_baseline_up_to_the_first_instant() {
    for hole in [json!(null), json!("x")] {
        let mut bot = Bot::starts(&at(10).followers(hole.clone()).subscribers(hole.clone()).live("s", hole.clone()));
        let subscribers = [subscriber("bob", 500, 11), subscriber("bob", 500, 10)];
        let shown = at(20).followers(followers_of(9..=12)).subscribers(subscribers).live("s", messages_of(9..=12));
        let expected =
            ["f11 followed @11", "bob subscribed for $5.00 @11", "[s] ada: line 11 @11", "f12 followed @12", "[s] ada: line 12 @12"];
        assert_eq!(bot.hears(&shown), expected, "{hole}");
    }
}

#[test]
fn livestream_of_an_account_whose_first_answer_has_no_list_of_them_has_its_older_chat_as_baseline() {
    for first in [at(10).without("livestreams"), at(10).with("/livestreams", json!(null))] {
        let mut bot = Bot::starts(&first);
        let heard = bot.hears(&at(20).live_with_rants("s", messages_of(9..=12), [rant("bob", "yo", 500, 12), rant("bob", "yo", 500, 10)]));
        assert_eq!(heard, ["[s] already live", "[s] ada: line 11 @11", "[s] ada: line 12 @12", "[s] bob ranted $5.00: yo @12"]);
    }
}

#[test]
fn only_the_first_showing_of_a_list_can_be_baseline() {
    let mut bot = Bot::starts(&at(10).followers(json!(null)));
    assert_eq!(bot.hears(&at(20).followers([follower("ada", 5)])), NOTHING);
    assert_eq!(bot.hears(&at(30).followers([follower("ada", 5), follower("late", 4)])), ["late followed @4"]);
}

#[test]
fn empty_list_beside_a_counter_above_zero_says_nothing() {
    let mut bot = Bot::starts(&at(10).follower_counts(5, 5));
    assert_eq!(bot.hears(&at(20).follower_counts(6, 6).followers(followers_of((1..=5).chain(15..=15)))), ["f15 followed @15"]);
}

#[test]
fn list_that_is_an_object_with_numbers_for_keys_is_a_list() {
    let mut bot = Bot::starts(&at(10).followers(json!({"0": follower("ada", 5)})));
    let list = json!({"0": follower("grace", 15), "2": follower("ada", 5)});
    assert_eq!(bot.hears(&at(20).followers(list)), ["grace followed @15"]);
}

#[test]
fn latest_ones_that_contradict_the_lists_decide_nothing() {
    let mut first = at(10).followers([follower("ada", 5)]);
    let mut later = at(20).followers([follower("ada", 5)]);
    for answer in [&mut first, &mut later] {
        let parts = [
            ("/followers", json!({"latest_follower": follower("new", 19), "recent_followers": [follower("ada", 5)]})),
            ("/subscribers", json!({"latest_subscriber": subscriber("new", 500, 19), "recent_subscribers": []})),
            ("/gifted_subs", json!({"latest_gifted_sub": gift("new", 5, 5), "recent_gifted_subs": []})),
            (
                "/livestreams",
                json!([{"id": "s", "is_live": true, "chat": {
                    "latest_message": message("new", "hi", 19), "recent_messages": [message("ada", "hi", 5)],
                    "latest_rant": rant("new", "hi", 500, 19), "recent_rants": [],
                }}]),
            ),
        ];
        for (pointer, value) in parts {
            *answer = answer.clone().with(pointer, value);
        }
    }
    let mut bot = Bot::starts(&first);
    assert_eq!(bot.hears(&later), NOTHING);
    let found = later.with("/followers/recent_followers", [follower("new", 19), follower("ada", 5)]);
    assert_eq!(bot.hears(&found), ["new followed @19"], "nor does one that was the latest count as told");
}
