//! At or below the oldest of a full list nothing is new.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, message, messages_of};

#[test]
fn late_entry_with_an_older_stamp_is_delivered_while_no_list_was_full() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live("s", messages_of(5..=9)));
    let mut list = messages_of(5..=9);
    list.push(message("grace", "late", 2));
    assert_eq!(bot.hears(&at(20).live("s", list)), ["[s] grace: late @2"]);
}

#[test]
fn late_entry_with_an_older_stamp_is_delivered_above_the_floor_alone() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(20).live("s", messages_of(1..=10)));
    let late = |second| {
        let mut list = messages_of(2..=10);
        list.push(message("grace", "late", second));
        list
    };
    assert_eq!(bot.hears(&at(21).live("s", late(1))), NOTHING, "at the floor");
    assert_eq!(bot.hears(&at(22).live("s", late(0))), NOTHING, "below the floor");
    assert_eq!(bot.hears(&at(23).live("s", late(2))), ["[s] grace: late @2"], "above the floor");
}

#[test]
fn unfollow_that_brings_an_old_entry_back_repeats_nothing() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    assert_eq!(bot.hears(&at(30).followers(followers_of(2..=11))), ["f11 followed @11"]);
    let without_f5 = followers_of((1..=4).chain(6..=11));
    assert_eq!(bot.hears(&at(40).followers(without_f5)), NOTHING);
}

#[test]
fn unfollow_that_brings_an_entry_from_before_the_start_into_the_list_tells_nothing() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(2..=11)));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=10))), NOTHING);
    assert_eq!(bot.hears(&at(40).followers(followers_of(0..=9))), NOTHING);
}

#[test]
fn deletion_that_brings_an_old_message_back_repeats_nothing() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live("s", messages_of(1..=10)));
    bot.hears(&at(20).live("s", messages_of(6..=15)));
    assert_eq!(bot.hears(&at(30).live("s", messages_of((3..=12).filter(|second| *second != 9)))), NOTHING);
}

#[test]
fn floor_never_falls() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    bot.hears(&at(30).followers(followers_of(5..=14)));
    bot.hears(&at(40).followers(followers_of(1..=10)));
    let strangers: Vec<_> = (1..=5).rev().map(|second| follower("grace", second)).collect();
    assert_eq!(bot.hears(&at(50).followers(strangers)), NOTHING);
}

#[test]
fn list_is_full_from_nine_tenths_of_the_cap() {
    for (listed, is_full) in [(50, true), (49, true), (45, true), (44, false)] {
        let mut bot = Bot::starts(&at(0));
        bot.hears(&at(100).max_num_results(50).followers(followers_of(1..=listed)));
        let mut list = followers_of(1..=listed);
        list.push(follower("old", 0));
        let expected = if is_full { vec![] } else { vec!["old followed @0"] };
        assert_eq!(bot.hears(&at(110).max_num_results(50).followers(list)), expected, "{listed} of 50");
    }
}

#[test]
fn unreadable_entries_count_towards_a_full_list() {
    let mut list = followers_of(2..=9);
    list.extend([json!({"username": "no instant"}), json!(null)]);
    let mut bot = Bot::starts(&at(20).followers(list));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=9))), NOTHING);
}
