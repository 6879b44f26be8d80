//! The order of events.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, gift, message, messages_of, rant, subscriber, written};

#[test]
fn lists_in_any_order_are_told_oldest_first() {
    let newest_first = messages_of(1..=6);
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();
    let shuffled: Vec<_> = [3, 0, 5, 1, 4, 2].map(|place: usize| newest_first[place].clone()).into();
    for list in [newest_first, oldest_first, shuffled] {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&at(10).live("s", list)), written("s", 1..=6));
    }
}

#[test]
fn list_that_flips_its_order_repeats_nothing() {
    let flipped = |seconds| messages_of(seconds).into_iter().rev().collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(10).live("s", messages_of(1..=4))), written("s", 1..=4));
    assert_eq!(bot.hears(&at(20).live("s", flipped(1..=6))), written("s", 5..=6));
    assert_eq!(bot.hears(&at(30).live("s", messages_of(1..=6))), NOTHING);
    assert_eq!(bot.hears(&at(40).live("s", flipped(3..=8))), written("s", 7..=8));
}

#[test]
fn entries_of_one_second_are_told_from_the_oldest_end_of_their_list() {
    let expected = ["[s] ada: one @5", "[s] ada: two @5", "[s] ada: three @5", "[s] ada: later @6"];
    let newest_first =
        [message("ada", "later", 6), message("ada", "three", 5), message("ada", "two", 5), message("ada", "one", 5)].to_vec();
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();
    for list in [newest_first, oldest_first] {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&at(10).live("s", list)), expected);
    }
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let one_second = [message("ada", "two", 5), message("ada", "one", 5)];
    assert_eq!(bot.hears(&at(10).live("s", one_second)), ["[s] ada: one @5", "[s] ada: two @5"]);
}

#[test]
fn new_copy_of_a_known_message_is_told_in_its_own_place() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(5).live("s", [message("ada", "hi", 5)])), ["[s] ada: hi @5"]);
    let list = [message("ada", "hi", 5), message("bob", "yo", 5), message("ada", "hi", 5)];
    assert_eq!(bot.hears(&at(6).live("s", list)), ["[s] bob: yo @5", "[s] ada: hi @5"]);
}

#[test]
fn one_answer_is_told_by_instant_then_by_list_between_starts_and_gifts_and_ends() {
    let mut bot = Bot::starts(&at(0).live("old", json!([])));
    bot.hears(&at(1));
    let answer = at(10)
        .followers([follower("ada", 6), follower("ada", 5)])
        .subscribers([subscriber("ada", 500, 5), subscriber("ada", 500, 4)])
        .gifts([gift("ada", 5, 5)])
        .live_with_rants("a", [message("ada", "hi", 5), message("ada", "hi", 3)], [rant("ada", "yo", 500, 5), rant("ada", "yo", 500, 2)])
        .live_with_rants("b", [message("ada", "hi", 5)], [rant("ada", "yo", 500, 1)]);
    let expected = [
        "[a] started",
        "[b] started",
        "[b] ada ranted $5.00: yo @1",
        "[a] ada ranted $5.00: yo @2",
        "[a] ada: hi @3",
        "ada subscribed for $5.00 @4",
        "ada followed @5",
        "ada subscribed for $5.00 @5",
        "[a] ada: hi @5",
        "[a] ada ranted $5.00: yo @5",
        "[b] ada: hi @5",
        "ada followed @6",
        "ada gifted 5 subscriptions",
        "[old] ended @0",
    ];
    assert_eq!(bot.hears(&answer), expected);
}

#[test]
fn gap_stands_before_the_first_of_its_list_alone() {
    let mut bot = Bot::starts(&at(10).max_num_results(2).followers(followers_of(2..=3)).subscribers([subscriber("ada", 500, 1)]));
    let answer = at(40).max_num_results(2).followers(followers_of(30..=31)).subscribers([
        subscriber("ada", 500, 31),
        subscriber("ada", 500, 30),
        subscriber("ada", 500, 20),
        subscriber("ada", 500, 1),
    ]);
    let expected = [
        "ada subscribed for $5.00 @20",
        "gap in followers @3..30",
        "f30 followed @30",
        "ada subscribed for $5.00 @30",
        "f31 followed @31",
        "ada subscribed for $5.00 @31",
    ];
    assert_eq!(bot.hears(&answer), expected);
}
