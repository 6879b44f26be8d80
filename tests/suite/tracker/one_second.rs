//! Many entries within one second: at the floor's own second the place decides.

use serde_json::{Value, json};

use crate::answer::{Answer, Bot, NOTHING, at, follower, followers_of, message, messages_of, rant};

/// Followers of one second, the last of the numbers first.
fn crowd(numbers: impl DoubleEndedIterator<Item = i64>, second: i64) -> Vec<Value> {
    numbers.rev().map(|number| follower(&format!("f{number}"), second)).collect()
}

fn crowd_followed(numbers: impl Iterator<Item = i64>, second: i64) -> Vec<String> {
    numbers.map(|number| format!("f{number} followed @{second}")).collect()
}

fn lines(numbers: impl DoubleEndedIterator<Item = i64>, second: i64) -> Vec<Value> {
    numbers.rev().map(|number| message("ada", &format!("line {number}"), second)).collect()
}

#[test]
fn burst_of_a_hundred_follows_in_one_second_is_told_and_a_gap_says_that_more_may_have_come() {
    let answer = |now, numbers: std::ops::RangeInclusive<i64>, count| {
        at(now).follower_counts(count, count).max_num_results(50).followers(crowd(numbers, 5))
    };
    let mut bot = Bot::starts(&at(0).follower_counts(0, 0).max_num_results(50));
    let heard = bot.hears(&answer(10, 1..=50, 50));
    assert_eq!(heard[0], "gap in followers @..5, at least 0");
    assert_eq!(heard[1..], crowd_followed(1..=50, 5));
    let heard = bot.hears(&answer(20, 51..=100, 100));
    assert_eq!(heard[0], "gap in followers @5..5, at least 0");
    assert_eq!(heard[1..], crowd_followed(51..=100, 5));
    assert_eq!(bot.hears(&answer(30, 51..=100, 100)), NOTHING);
}

#[test]
fn more_of_the_second_of_a_full_list_stands_in_front_of_it_and_is_told() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(5).live("s", lines(1..=9, 5)));
    let mut list = lines(4..=9, 5);
    list.splice(..0, [message("ada", "later", 6)]);
    bot.hears(&at(6).live("s", list));
    let mut list = lines(4..=11, 5);
    list.splice(..0, [message("ada", "later", 6)]);
    assert_eq!(bot.hears(&at(7).live("s", list)), ["[s] ada: line 10 @5", "[s] ada: line 11 @5"]);
}

#[test]
fn what_stands_behind_the_known_ones_of_the_floor_s_second_came_back() {
    let mut bot = Bot::starts(&at(0));
    bot.hears(&at(20).followers(crowd(11..=20, 5)));
    let mut list = followers_of(10..=10);
    list.extend(crowd((8..=10).chain(12..=17), 5));
    assert_eq!(bot.hears(&at(30).followers(list.clone())), ["f10 followed @10"]);
    assert_eq!(bot.hears(&at(40).followers(list)), NOTHING);
}

#[test]
fn surplus_equal_copies_of_the_floor_s_second_count_as_the_oldest() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).max_num_results(2).live("s", [message("bob", "yo", 6), hi()]));
    assert_eq!(bot.hears(&at(20).max_num_results(2).live("s", [message("bob", "yo", 6), hi(), hi()])), NOTHING);
}

#[test]
fn full_list_of_one_second_without_any_known_order_is_a_gap_and_no_news() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live("s", lines(1..=9, 5)));
    assert_eq!(bot.hears(&at(20).live("s", lines(2..=10, 5))), ["[s] gap in messages @5..5"]);
    assert_eq!(bot.hears(&at(30).live("s", lines(2..=10, 5))), NOTHING, "from now on it is known");
}

#[test]
fn known_ones_of_the_floor_s_second_in_another_order_are_a_gap() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(4).live("s", messages_of(3..=4)));
    bot.hears(&at(10).live("s", lines(1..=9, 5)));
    let mut reversed: Vec<_> = lines(3..=9, 5);
    reversed.reverse();
    reversed.splice(..0, [message("bob", "new", 5)]);
    reversed.push(message("bob", "or this", 5));
    assert_eq!(bot.hears(&at(20).live("s", reversed)), ["[s] gap in messages @5..5"]);
}

#[test]
fn counter_that_grew_by_more_than_a_full_list_of_one_second_tells_is_a_gap() {
    let answer = |now, numbers: std::ops::RangeInclusive<i64>, count| at(now).follower_counts(count, count).followers(crowd(numbers, 5));
    let mut bot = Bot::starts(&at(0).followers([follower("old", -20), follower("older", -30)]));
    let full = |list: Vec<Value>, now, count| at(now).follower_counts(count, count).followers(list);
    bot.hears(&full(crowd(1..=9, 5), 10, 20));
    // Sixteen came and three of those that were known are still shown.
    let mut list = crowd(20..=25, 5);
    list.extend(crowd(7..=9, 5));
    let heard = bot.hears(&full(list, 20, 36));
    assert_eq!(heard[0], "gap in followers @5..5, at least 10");
    assert_eq!(heard[1..], crowd_followed(20..=25, 5));
    assert_eq!(bot.hears(&answer(30, 20..=28, 39)), crowd_followed(26..=28, 5));
}

#[test]
fn memory_that_had_to_forget_keys_of_a_second_tells_nothing_more_of_it() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let answer = |now, numbers: std::ops::RangeInclusive<i64>| at(now).live("s", lines(numbers, 5));
    for burst in 0..5 {
        bot.hears(&answer(10 + burst, burst * 10 + 1..=burst * 10 + 10));
    }
    assert_eq!(bot.hears(&answer(20, 1..=10)), NOTHING, "forty are remembered, so the first ten cannot be told from new ones");
    assert_eq!(bot.hears(&at(30).live("s", messages_of(30..=30))), ["[s] ada: line 30 @30"]);
}

#[test]
fn message_of_a_rant_in_the_floor_s_second_is_told_by_the_rant_alone() {
    let rants = |numbers: std::ops::RangeInclusive<i64>| {
        numbers.rev().map(|number| rant("bob", &format!("line {number}"), 500, 5)).collect::<Vec<_>>()
    };
    let answer = |now, last: i64| -> Answer {
        let mut list = rants(1..=last);
        list.push(rant("bob", "first", 500, 4));
        let messages: Vec<_> = (1..=last).rev().map(|number| message("bob", &format!("line {number}"), 5)).collect();
        at(now).max_num_results(5).live_with_rants("s", messages, list)
    };
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&answer(5, 5));
    bot.hears(&at(6).max_num_results(5).live_with_rants("s", json!([]), rants(1..=5)));
    assert_eq!(bot.hears(&answer(10, 7)), ["[s] bob ranted $5.00: line 6 @5", "[s] bob ranted $5.00: line 7 @5"]);
}

#[test]
fn entries_that_no_answer_showed_together_have_no_order_to_lose() {
    let list = |users: &[i64]| users.iter().map(|user| follower(&format!("u{user}"), i64::from(*user != 0))).collect::<Vec<_>>();
    let full: Vec<i64> = (19..=30).rev().collect();
    let mut bot = Bot::starts(&at(1).max_num_results(12).follower_counts(3, 6).followers(list(&[2, 1, 0])));
    assert_eq!(bot.hears(&at(1).max_num_results(12).follower_counts(16, 19).followers(list(&full))).len(), 13);
    let longer: Vec<i64> = (18..=30).rev().chain([2, 1, 0]).collect();
    assert_eq!(bot.hears(&at(1).max_num_results(12).follower_counts(16, 19).followers(list(&longer))), NOTHING);
}
