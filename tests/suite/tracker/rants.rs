//! Messages and rants that are the same line.

use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, message, rant};

#[test]
fn rant_that_stands_among_the_messages_too_is_told_once_as_a_rant() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let answer = at(10).live_with_rants("s", [message("ada", "hi", 5)], [rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&answer), ["[s] ada ranted $5.00: hi @5"]);
    assert_eq!(bot.hears(&answer), NOTHING);
}

#[test]
fn message_that_comes_after_its_rant_is_not_told() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = || json!([rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&at(6).live_with_rants("s", json!([]), rants())), ["[s] ada ranted $5.00: hi @5"]);
    assert_eq!(bot.hears(&at(7).live_with_rants("s", [message("ada", "hi", 5)], rants())), NOTHING);
    assert_eq!(bot.hears(&at(8).live_with_rants("s", [message("ada", "hi", 5)], json!([]))), NOTHING, "nor when the rant is gone");
}

#[test]
fn rant_that_comes_after_its_message_is_told_because_money_is_never_dropped() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(6).live("s", [message("ada", "hi", 5)])), ["[s] ada: hi @5"]);
    let both = at(7).live_with_rants("s", [message("ada", "hi", 5)], [rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&both), ["[s] ada ranted $5.00: hi @5"]);
}

#[test]
fn two_equal_messages_and_one_rant_are_one_of_each_in_any_order_of_arrival() {
    let (hi, paid) = (|| message("ada", "hi", 5), || rant("ada", "hi", 500, 5));
    let (as_message, as_rant) = ("[s] ada: hi @5", "[s] ada ranted $5.00: hi @5");
    let all = at(9).live_with_rants("s", [hi(), hi()], [paid()]);
    let orders = [
        (at(6), vec![], vec![as_message, as_rant]),
        (at(6).live("s", [hi()]), vec![as_message], vec![as_rant]),
        (at(6).live("s", [hi(), hi()]), vec![as_message, as_message], vec![as_rant]),
        (at(6).live_with_rants("s", json!([]), [paid()]), vec![as_rant], vec![as_message]),
        (at(6).live_with_rants("s", [hi()], [paid()]), vec![as_rant], vec![as_message]),
    ];
    for (first, told_first, told_then) in orders {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&first), told_first);
        assert_eq!(bot.hears(&all), told_then, "after {told_first:?}");
        assert_eq!(bot.hears(&all), NOTHING, "after {told_first:?}");
    }
}

#[test]
fn rant_that_was_baseline_still_accounts_for_its_message() {
    let mut bot = Bot::starts(&at(10).live_with_rants("s", json!(null), [rant("ada", "hi", 500, 5)]));
    assert_eq!(bot.hears(&at(20).live("s", [message("bob", "yo", 15), message("ada", "hi", 5)])), ["[s] bob: yo @15"]);
}

#[test]
fn equal_rants_of_different_amounts_account_for_a_message_each() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = [rant("ada", "hi", 1000, 5), rant("ada", "hi", 500, 5)];
    let messages = [message("ada", "hi", 5), message("ada", "hi", 5), message("ada", "hi", 5)];
    let heard = bot.hears(&at(10).live_with_rants("s", messages, rants));
    assert_eq!(heard, ["[s] ada: hi @5", "[s] ada ranted $5.00: hi @5", "[s] ada ranted $10.00: hi @5"]);
}

#[test]
fn rant_among_others_accounts_for_its_message() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = || [rant("cy", "c", 500, 7), rant("bob", "b", 500, 6), rant("ada", "a", 500, 5), rant("dee", "d", 500, 4)];
    let told = |name: &str, text: &str, second: i64| format!("[s] {name} ranted $5.00: {text} @{second}");
    let expected = [told("dee", "d", 4), told("ada", "a", 5), told("bob", "b", 6), told("cy", "c", 7)];
    let messages = [message("cy", "c", 7), message("bob", "b", 6), message("ada", "a", 5), message("dee", "d", 4)];
    assert_eq!(bot.hears(&at(10).live_with_rants("s", messages, rants())), expected);
}

#[test]
fn second_equal_rant_accounts_for_a_second_message() {
    let (hi, paid) = (|| message("ada", "hi", 5), || rant("ada", "hi", 500, 5));
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(6).live_with_rants("s", [hi()], [paid()])), ["[s] ada ranted $5.00: hi @5"]);
    assert_eq!(bot.hears(&at(7).live_with_rants("s", [hi(), hi()], [paid(), paid()])), ["[s] ada ranted $5.00: hi @5"]);
}

#[test]
fn rant_accounts_for_no_message_of_another_second_user_text_or_livestream() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])).live("t", json!([])));
    let messages = [message("ada", "hi", 6), message("bob", "hi", 5), message("ada", "ho", 5)];
    let answer = at(10).live_with_rants("s", messages, [rant("ada", "hi", 500, 5)]).live("t", [message("ada", "hi", 5)]);
    let expected = ["[s] ada: ho @5", "[s] bob: hi @5", "[s] ada ranted $5.00: hi @5", "[t] ada: hi @5", "[s] ada: hi @6"];
    assert_eq!(bot.hears(&answer), expected);
}

/// One rant for each second, the newest first.
fn rants_of(seconds: std::ops::RangeInclusive<i64>) -> Vec<Value> {
    seconds.rev().map(|second| rant("ada", "hi", 500, second)).collect()
}

#[test]
fn message_of_a_rant_that_sank_below_the_floor_of_the_rants_is_not_told() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live_with_rants("s", json!([]), rants_of(1..=9)));
    bot.hears(&at(20).live_with_rants("s", json!([]), rants_of(7..=16)));
    assert_eq!(bot.hears(&at(30).live_with_rants("s", [message("ada", "hi", 2)], rants_of(7..=16))), NOTHING);
}

#[test]
fn rant_at_the_floor_of_the_rants_is_not_told_and_so_accounts_for_no_message() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(20).live_with_rants("s", json!([]), rants_of(7..=16)));
    let rants = [rants_of(8..=16), vec![rant("bob", "yo", 500, 7)]].concat();
    assert_eq!(bot.hears(&at(30).live_with_rants("s", [message("bob", "yo", 7)], rants)), ["[s] bob: yo @7"]);
}

#[test]
fn full_list_of_rants_silences_no_older_message() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(20).live_with_rants("s", json!([]), rants_of(7..=16)));
    assert_eq!(bot.hears(&at(30).live_with_rants("s", [message("bob", "yo", 3)], rants_of(7..=16))), ["[s] bob: yo @3"]);
}

#[test]
fn message_of_a_rant_that_is_beyond_the_memory_is_not_told() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    for first in (1..=41).step_by(8) {
        let heard = bot.hears(&at(first + 10).live_with_rants("s", json!([]), rants_of(first..=first + 7)));
        assert_eq!(heard.iter().filter(|line| line.contains("ranted")).count(), 8);
    }
    let messages = [message("bob", "yo", 9), message("ada", "hi", 9), message("ada", "hi", 8), message("ada", "hi", 1)];
    assert_eq!(bot.hears(&at(60).live("s", messages)), ["[s] bob: yo @9"]);
}
