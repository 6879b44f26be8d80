//! Where something may have been lost.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, followed, followers_of, message, messages_of, rant, stamp, subscriber, written};

#[test]
fn more_gained_than_the_list_shows_is_a_gap_in_every_list() {
    let subscribers = |second: i64| -> Vec<_> { (second..second + 10).rev().map(|second| subscriber("ada", 500, second)).collect() };
    let rants = |second: i64| -> Vec<_> { (second..second + 10).rev().map(|second| rant("bob", "yo", 500, second)).collect() };
    let answer = |now, first| {
        at(now).followers(followers_of(first..first + 10)).subscribers(subscribers(first)).live_with_rants(
            "s",
            messages_of(first..first + 10),
            rants(first),
        )
    };
    let mut bot = Bot::starts(&answer(20, 1));
    let heard = bot.hears(&answer(120, 101));
    let gaps = ["gap in followers @10..101", "gap in subscribers @10..101", "[s] gap in messages @10..101", "[s] gap in rants @10..101"];
    assert_eq!(heard.iter().filter(|line| line.contains("gap")).collect::<Vec<_>>(), gaps);
    assert_eq!(heard.len(), 4 + 40, "all that is shown is told");
}

#[test]
fn eighty_new_entries_in_a_list_of_fifty_are_fifty_and_a_gap() {
    let mut bot = Bot::starts(&at(100).max_num_results(50).live("s", messages_of(1..=50)));
    let heard = bot.hears(&at(200).max_num_results(50).live("s", messages_of(81..=130)));
    assert_eq!(heard[0], "[s] gap in messages @50..81");
    assert_eq!(heard[1..], written("s", 81..=130));
}

#[test]
fn known_entry_among_the_shown_ones_rules_a_gap_out() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    assert_eq!(bot.hears(&at(30).live("s", messages_of(10..=19))), written("s", 11..=19));
}

#[test]
fn second_of_the_newest_known_entry_without_a_known_one_is_a_gap() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    let mut list = messages_of(11..=19);
    list.push(message("grace", "hi", 10));
    assert_eq!(bot.hears(&at(30).live("s", list)).first().map(String::as_str), Some("[s] gap in messages @10..10"));
}

#[test]
fn second_of_the_newest_known_entry_with_a_known_one_is_no_gap() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    let mut list = messages_of(10..=19);
    list.push(message("grace", "hi", 10));
    assert_eq!(bot.hears(&at(30).live("s", list)).first().map(String::as_str), Some("[s] grace: hi @10"));
}

#[test]
fn short_list_that_was_replaced_as_a_whole_is_no_gap() {
    let mut bot = Bot::starts(&at(10).live_with_rants("s", messages_of(1..=8), [rant("bob", "yo", 500, 3)]));
    let after_a_purge = at(20).live_with_rants("s", messages_of(15..=15), [rant("bob", "go", 500, 16)]);
    assert_eq!(bot.hears(&after_a_purge), ["[s] ada: line 15 @15", "[s] bob ranted $5.00: go @16"]);
}

#[test]
fn gap_tells_how_many_were_lost_at_least() {
    let lost = |before: (u64, u64), after: (u64, u64)| {
        let mut bot = Bot::starts(&at(20).follower_counts(before.0, before.1).followers(followers_of(1..=10)));
        bot.hears(&at(99).follower_counts(after.0, after.1).followers(followers_of(51..=60)))[0].clone()
    };
    assert_eq!(lost((100, 300), (150, 350)), "gap in followers @10..51, at least 40");
    assert_eq!(lost((100, 300), (150, 345)), "gap in followers @10..51, at least 35", "the smaller growth counts");
    assert_eq!(lost((100, 300), (135, 350)), "gap in followers @10..51, at least 25", "the smaller growth counts");
    assert_eq!(lost((100, 300), (105, 305)), "gap in followers @10..51, at least 0", "some unfollowed in between");
    assert_eq!(lost((100, 300), (90, 290)), "gap in followers @10..51, at least 0", "more unfollowed than followed");
}

#[test]
fn gap_tells_what_one_counter_tells_where_the_other_is_missing() {
    let answer =
        |now, count, seconds| at(now).with("/followers", json!({"num_followers": count, "recent_followers": followers_of(seconds)}));
    let mut bot = Bot::starts(&answer(20, json!(100), 1..=10));
    assert_eq!(bot.hears(&answer(99, json!(130), 51..=60))[0], "gap in followers @10..51, at least 20");
    assert_eq!(bot.hears(&answer(199, json!(null), 151..=160))[0], "gap in followers @60..151");
    assert_eq!(bot.hears(&answer(299, json!(190), 251..=260))[0], "gap in followers @160..251");
}

#[test]
fn counter_that_grew_by_exactly_what_is_shown_excuses_no_full_list() {
    let mut bot = Bot::starts(&at(20).follower_counts(100, 300).followers(followers_of(1..=10)));
    // Sixty may have come and fifty left.
    let heard = bot.hears(&at(99).follower_counts(110, 340).followers(followers_of(51..=60)));
    assert_eq!(heard[0], "gap in followers @10..51, at least 0");
    assert_eq!(heard[1..], followed(51..=60));
}

#[test]
fn list_that_was_known_to_be_empty_and_comes_full_is_a_gap() {
    let mut bot = Bot::starts(&at(0).follower_counts(0, 0));
    assert_eq!(bot.hears(&at(20).follower_counts(10, 10).followers(followers_of(1..=10)))[0], "gap in followers @..1, at least 0");
    let mut bot = Bot::starts(&at(0).follower_counts(0, 0));
    assert_eq!(bot.hears(&at(20).follower_counts(14, 14).followers(followers_of(1..=10)))[0], "gap in followers @..1, at least 4");
}

#[test]
fn counters_that_disagree_with_the_list_decide_nothing_while_a_known_entry_is_shown() {
    let mut bot = Bot::starts(&at(10).follower_counts(100, 300).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(20).follower_counts(500, 900).followers(followers_of(1..=3))), NOTHING, "grew, and the list did not");
    assert_eq!(bot.hears(&at(30).follower_counts(100, 100).followers(followers_of(1..=4))), ["f4 followed @4"], "fell, and the list grew");
    assert_eq!(bot.hears(&at(40).follower_counts(0, 0).followers(followers_of(1..=4))), NOTHING, "are zero beside a list");
}

#[test]
fn nothing_is_a_gap_in_a_list_that_is_missing_or_empty() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    for list in [json!(null), json!([])] {
        assert_eq!(bot.hears(&at(30).followers(list)), NOTHING);
    }
    assert_eq!(bot.hears(&at(99).followers(followers_of(51..=59)))[0], "gap in followers @10..51");
}

#[test]
fn livestream_that_starts_with_a_full_chat_is_a_gap_and_all_of_it_is_told() {
    let mut bot = Bot::starts(&at(0));
    let heard = bot.hears(&at(20).live("s", messages_of(1..=10)));
    assert_eq!(heard[..2], ["[s] started", "[s] gap in messages @..1"]);
    assert_eq!(heard[2..], written("s", 1..=10));
}

#[test]
fn livestream_that_starts_with_less_than_a_full_chat_is_no_gap() {
    let mut bot = Bot::starts(&at(0));
    let heard = bot.hears(&at(20).live("s", messages_of(1..=8)));
    assert_eq!(heard[0], "[s] started");
    assert_eq!(heard[1..], written("s", 1..=8));
}

#[test]
fn full_chat_that_reaches_back_before_the_first_answer_is_no_gap() {
    let mut bot = Bot::starts(&at(5));
    let chat = json!({"recent_messages": messages_of(1..=10)});
    let heard = bot.hears(&at(20).livestream(json!({"id": "s", "is_live": true, "created_on": stamp(5), "chat": chat})));
    assert_eq!(heard[0], "[s] started");
    assert_eq!(heard[1..], written("s", 5..=10));
}
