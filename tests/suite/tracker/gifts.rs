//! Gifts.

use rumble_live::Event;
use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, gift};

#[test]
fn gifts_of_the_first_answer_are_baseline_and_later_ones_are_told() {
    let mut bot = Bot::starts(&at(0).gifts([gift("ada", 5, 5)]));
    let list = [gift("bob", 1, 1), gift("ada", 10, 10), gift("ada", 5, 5)];
    assert_eq!(bot.hears(&at(10).gifts(list)), ["ada gifted 10 subscriptions", "bob gifted a subscription"], "the oldest first");
}

#[test]
fn gift_of_which_fewer_remain_is_the_same_gift() {
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).gifts([gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
    for remaining in (0..5).rev() {
        assert_eq!(bot.hears(&at(20).gifts([gift("ada", 5, remaining)])), NOTHING, "{remaining}");
    }
}

#[test]
fn two_equal_gifts_are_told_twice_when_shown_at_once() {
    let mut bot = Bot::starts(&at(0));
    let told = "ada gifted 5 subscriptions";
    assert_eq!(bot.hears(&at(10).gifts([gift("ada", 5, 5), gift("ada", 5, 3)])), [told, told]);
    assert_eq!(bot.hears(&at(20).gifts([gift("ada", 5, 5)])), NOTHING);
    assert_eq!(bot.hears(&at(30).gifts([gift("ada", 5, 5), gift("ada", 5, 0), gift("ada", 5, 0)])), [told]);
}

#[test]
fn gifts_of_another_type_or_livestream_are_other_gifts() {
    let mut bot = Bot::starts(&at(0).gifts([gift("ada", 5, 5)]));
    let mut list = [gift("ada", 5, 5), gift("ada", 5, 5), gift("ada", 5, 5)];
    list[0]["video_id"] = json!(1);
    list[1]["gift_type"] = json!("premium");
    assert_eq!(bot.hears(&at(10).gifts(list)).len(), 2);
}

#[test]
fn gifts_that_are_first_shown_later_are_baseline_too() {
    for first in [at(0).gifts(json!(null)), at(0).without("gifted_subs")] {
        let mut bot = Bot::starts(&first);
        assert_eq!(bot.hears(&at(10).gifts([gift("ada", 5, 5)])), NOTHING);
        assert_eq!(bot.hears(&at(20).gifts([gift("bob", 5, 5), gift("ada", 5, 5)])), ["bob gifted 5 subscriptions"]);
    }
}

#[test]
fn empty_list_of_gifts_beside_a_counter_above_zero_says_nothing() {
    let gifts = |list: Value| json!({"num_gifted_subs": 5, "recent_gifted_subs": list});
    let mut bot = Bot::starts(&at(0).with("/gifted_subs", gifts(json!([]))));
    assert_eq!(bot.hears(&at(10).with("/gifted_subs", gifts(json!([gift("ada", 5, 5)])))), NOTHING);
}

#[test]
fn ten_thousand_gifts_in_one_answer_are_each_told_once() {
    let list: Vec<_> = (1..=10_000).map(|total| gift("ada", total, total)).collect();
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).gifts(list.clone())).len(), 10_000);
    assert_eq!(bot.hears(&at(20).gifts(list)), NOTHING);
}

#[test]
fn gifts_have_no_id() {
    let mut bot = Bot::starts(&at(0));
    let events = bot.events(&at(10).gifts([gift("ada", 5, 5)]));
    assert_eq!(events.iter().map(Event::id).collect::<Vec<_>>(), [None]);
}
