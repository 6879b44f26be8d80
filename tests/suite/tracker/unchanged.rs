//! A list that shows the same again, whole or behind its news, still says what it says beside other news.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, gift, messages_of, rant, written};

#[test]
fn cap_that_falls_makes_an_unchanged_list_full() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(11..=15)));
    assert_eq!(bot.hears(&at(30).followers(followers_of(11..=15)).max_num_results(5)), NOTHING);
    let mut list = followers_of(12..=15);
    list.push(follower("old", 3));
    assert_eq!(bot.hears(&at(40).followers(list).max_num_results(5)), NOTHING, "it stands below the floor now");
}

#[test]
fn counters_beside_an_unchanged_list_count_for_the_next_gap() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)).follower_counts(100, 100));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=10)).follower_counts(105, 105)), NOTHING);
    let next = at(40).followers(followers_of(31..=40)).follower_counts(115, 115);
    assert_eq!(bot.hears(&next)[0], "gap in followers @10..31, at least 0", "ten more than before, and ten are shown");
}

#[test]
fn count_beside_an_unchanged_list_of_gifts_says_whether_it_is_empty() {
    let gifts = |now, count: u64| at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": []}));
    let mut bot = Bot::starts(&gifts(10, 5));
    assert_eq!(bot.hears(&gifts(20, 0)), NOTHING);
    assert_eq!(bot.hears(&at(30).gifts([gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
}

#[test]
fn rant_beside_unchanged_messages_is_delivered() {
    let mut bot = Bot::starts(&at(10).live("s", messages_of(1..=3)));
    assert_eq!(bot.hears(&at(20).live_with_rants("s", messages_of(1..=3), [rant("bob", "yo", 500, 15)])), ["[s] bob ranted $5.00: yo @15"]);
}

#[test]
fn message_beside_unchanged_rants_is_delivered() {
    let answer = |now, last| at(now).live_with_rants("s", messages_of(1..=last), [rant("bob", "yo", 500, 3)]);
    let mut bot = Bot::starts(&answer(10, 8));
    assert_eq!(bot.hears(&answer(20, 9)), written("s", 9..=9));
}

#[test]
fn stream_that_is_listed_twice_is_judged_by_its_first_listing_alone() {
    let (before, after) = (messages_of(1..=3), messages_of(1..=4));
    let mut bot = Bot::starts(&at(10).live("s", before.clone()).live("s", after.clone()));
    assert_eq!(bot.hears(&at(20).live("s", after.clone()).live("s", before.clone())), written("s", 4..=4));
    assert_eq!(bot.hears(&at(30).live("s", after).live("s", before)), NOTHING);
}
