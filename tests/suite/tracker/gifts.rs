//! Gifts.

use rumble_live::{Event, EventId};
use serde_json::{Value, json};

use crate::answer::{Answer, Bot, NOTHING, at, gift};

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
fn id_of_a_gift_tells_which_of_the_equal_ones_it_is() {
    let mut bot = Bot::starts(&at(0));
    let events = bot.events(&at(10).gifts([gift("ada", 5, 5), gift("ada", 5, 3)]));
    let ids: Vec<_> = events.iter().filter_map(Event::id).map(|id| id.to_string()).collect();
    let print = "378873090d552967442e853884860363";
    assert_eq!(ids, [format!("gifted_subs:0:{print}"), format!("gifted_subs:1:{print}")]);
    for (event, id) in events.iter().zip(&ids) {
        assert_eq!(id.parse::<EventId>().unwrap().to_string(), *id);
        let back: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
        assert_eq!(back.id(), event.id());
    }
}

fn counted(now: i64, count: u64, remaining: u64) -> Answer {
    at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": [gift("ada", 5, remaining)]}))
}

#[test]
fn equal_gift_that_is_bought_again_is_told() {
    let mut bot = Bot::starts(&counted(0, 5, 5));
    assert_eq!(bot.hears(&counted(10, 5, 0)), NOTHING);
    let events = bot.events(&counted(20, 10, 5));
    assert_eq!(events.iter().map(ToString::to_string).collect::<Vec<_>>(), ["ada gifted 5 subscriptions"]);
    assert!(events[0].id().unwrap().to_string().starts_with("gifted_subs:counter-10:"));
    assert_eq!(bot.hears(&counted(30, 10, 5)), NOTHING);
    assert_eq!(bot.hears(&counted(40, 10, 2)), NOTHING);
    assert_eq!(bot.hears(&counted(50, 15, 5)), ["ada gifted 5 subscriptions"]);
}

#[test]
fn remaining_gifts_that_rise_while_the_counter_does_not_are_no_purchase() {
    let mut bot = Bot::starts(&counted(0, 5, 5));
    bot.hears(&counted(10, 5, 0));
    assert_eq!(bot.hears(&counted(20, 5, 5)), NOTHING, "given back");
    bot.hears(&counted(30, 5, 0));
    assert_eq!(bot.hears(&counted(40, 9, 5)), NOTHING, "the counter grew by too little");
}

#[test]
fn stale_answer_whose_gift_has_more_left_is_no_purchase() {
    let mut bot = Bot::starts(&counted(100, 5, 0));
    assert_eq!(bot.hears(&counted(90, 10, 5)), NOTHING);
    assert_eq!(bot.hears(&counted(110, 5, 0)), NOTHING);
}

#[test]
fn remaining_gifts_that_rise_without_a_counter_are_a_gap() {
    let mut bot = Bot::starts(&at(0).gifts([gift("ada", 5, 0)]));
    assert_eq!(bot.hears(&at(10).gifts([gift("ada", 5, 5)])), ["gap in gifted subscriptions @0..10"]);
    assert_eq!(bot.hears(&at(20).gifts([gift("ada", 5, 5)])), NOTHING);
}

#[test]
fn counter_that_grew_by_more_than_is_told_is_a_gap_at_the_second_answer() {
    let mut bot = Bot::starts(&counted(0, 5, 0));
    assert_eq!(bot.hears(&counted(10, 15, 0)), NOTHING, "the list may be late");
    assert_eq!(bot.hears(&counted(20, 15, 0)), ["gap in gifted subscriptions @10..20, at least 10"]);
    assert_eq!(bot.hears(&counted(30, 15, 0)), NOTHING, "once is enough");
}

#[test]
fn counter_that_rises_before_its_list_is_no_gap() {
    let mut bot = Bot::starts(&counted(0, 5, 5));
    assert_eq!(bot.hears(&counted(10, 10, 5)), NOTHING);
    let list = json!({"num_gifted_subs": 10, "recent_gifted_subs": [gift("bob", 5, 5), gift("ada", 5, 5)]});
    assert_eq!(bot.hears(&at(20).with("/gifted_subs", list.clone())), ["bob gifted 5 subscriptions"]);
    assert_eq!(bot.hears(&at(30).with("/gifted_subs", list)), NOTHING);
}

#[test]
fn gift_that_a_stale_answer_told_is_not_owed() {
    let list = |count: u64| json!({"num_gifted_subs": count, "recent_gifted_subs": [gift("bob", 5, 5), gift("ada", 5, 5)]});
    let mut bot = Bot::starts(&counted(100, 5, 5));
    assert_eq!(bot.hears(&at(90).with("/gifted_subs", list(5))), ["bob gifted 5 subscriptions"]);
    for second in [110, 120, 130] {
        assert_eq!(bot.hears(&at(second).with("/gifted_subs", list(10))), NOTHING);
    }
}

#[test]
fn gift_that_names_nobody_is_told_and_a_name_that_comes_later_is_no_news() {
    let mut nameless = gift("", 5, 5);
    nameless["purchased_by"] = json!(null);
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).gifts([nameless.clone()])), [" gifted 5 subscriptions"]);
    assert_eq!(bot.hears(&at(20).gifts([gift("ada", 5, 5)])), NOTHING);
    assert_eq!(bot.hears(&at(30).gifts([nameless])), NOTHING);
}

fn counted_list(now: i64, count: u64, list: impl Into<Value>) -> Answer {
    at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": list.into()}))
}

#[test]
fn gift_that_is_listed_before_the_counter_rises_is_no_gap() {
    let mut bot = Bot::starts(&counted_list(0, 0, json!([])));
    assert_eq!(bot.hears(&counted_list(10, 1, [gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
    for second in [20, 30, 40] {
        assert_eq!(bot.hears(&counted_list(second, 5, [gift("ada", 5, 5)])), NOTHING);
    }
    // No credit for ever: what the counter says two answers later is owed.
    assert_eq!(bot.hears(&counted_list(50, 9, [gift("ada", 5, 5)])), NOTHING);
    assert_eq!(bot.hears(&counted_list(60, 9, [gift("ada", 5, 5)])), ["gap in gifted subscriptions @50..60, at least 4"]);
}

#[test]
fn list_that_is_one_answer_behind_its_counter_is_no_gap() {
    let mut bot = Bot::starts(&counted_list(0, 0, json!([])));
    assert_eq!(bot.hears(&counted_list(10, 5, json!([]))), NOTHING);
    assert_eq!(bot.hears(&counted_list(20, 10, [gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
    let both = || [gift("bob", 5, 5), gift("ada", 5, 5)];
    assert_eq!(bot.hears(&counted_list(30, 10, both())), ["bob gifted 5 subscriptions"]);
    assert_eq!(bot.hears(&counted_list(40, 10, both())), NOTHING);
}

#[test]
fn counter_of_an_account_whose_gifts_are_never_listed_is_a_gap() {
    let counter = |now: i64, count: u64| at(now).with("/gifted_subs", json!({"num_gifted_subs": count}));
    let mut bot = Bot::starts(&counter(0, 5));
    assert_eq!(bot.hears(&counter(10, 7)), NOTHING);
    assert_eq!(bot.hears(&counter(20, 7)), ["gap in gifted subscriptions @10..20, at least 2"]);
}

#[test]
fn two_purchases_at_once_of_one_kind_are_both_told_and_have_ids_of_their_own() {
    let mut bot = Bot::starts(&counted_list(0, 10, [gift("ada", 5, 1), gift("ada", 5, 0)]));
    let events = bot.events(&counted_list(10, 20, [gift("ada", 5, 5), gift("ada", 5, 5)]));
    let ids: Vec<_> = events.iter().map(|event| event.id().unwrap().to_string()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0].starts_with("gifted_subs:counter-15:") && ids[1].starts_with("gifted_subs:counter-20:"), "{ids:?}");

    let mut bot = Bot::starts(&counted_list(0, 5, [gift("ada", 5, 4)]));
    assert_eq!(bot.hears(&counted_list(10, 15, [gift("ada", 5, 5), gift("ada", 5, 5)])).len(), 2, "one more, and one with more left");
}

#[test]
fn one_gift_without_a_name_accounts_for_one_with_a_name_and_no_more() {
    let mut nameless = gift("", 1, 1);
    nameless["purchased_by"] = json!(null);
    let mut bot = Bot::starts(&counted_list(0, 1, [nameless.clone()]));
    assert_eq!(bot.hears(&counted_list(10, 2, [gift("bob", 1, 1), gift("ada", 1, 1)])), ["bob gifted a subscription"]);
    // And the other way round: of two of hers one lost its name.
    assert_eq!(bot.hears(&counted_list(20, 3, [gift("ada", 1, 1), gift("ada", 1, 1), gift("bob", 1, 1)])), ["ada gifted a subscription"]);
    assert_eq!(bot.hears(&counted_list(30, 3, [nameless.clone(), gift("ada", 1, 1), gift("bob", 1, 1)])), NOTHING);
    let heard = bot.hears(&counted_list(40, 4, [nameless.clone(), nameless, gift("ada", 1, 1), gift("bob", 1, 1)]));
    assert_eq!(heard, [" gifted a subscription"]);
}

#[test]
fn number_of_a_copy_goes_on_from_the_one_that_got_its_name() {
    let mut bot = Bot::starts(&counted_list(0, 5, [gift("", 5, 5)]));
    let events = bot.events(&counted_list(10, 10, [gift("ada", 5, 5), gift("ada", 5, 5)]));
    let ids: Vec<_> = events.iter().map(|event| event.id().unwrap().to_string()).collect();
    assert!(ids.len() == 1 && ids[0].starts_with("gifted_subs:1:"), "{ids:?}");
}

#[test]
fn new_equal_gift_is_not_taken_for_more_of_the_known_one_too() {
    let list = || [gift("ada", 5, 5), gift("ada", 5, 3)];
    let mut bot = Bot::starts(&at(0).gifts([gift("ada", 5, 3)]));
    assert_eq!(bot.hears(&at(10).gifts(list())), ["ada gifted 5 subscriptions"], "and no gap");
    // The counter is ahead of the list by a gift of another.
    let counted =
        |now, count: u64, list: Vec<Value>| at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": list}));
    let mut bot = Bot::starts(&counted(0, 5, vec![gift("ada", 5, 3)]));
    assert_eq!(bot.hears(&counted(10, 15, list().to_vec())), ["ada gifted 5 subscriptions"]);
    let all = [gift("bob", 5, 5)].into_iter().chain(list()).collect();
    assert_eq!(bot.hears(&counted(20, 15, all)), ["bob gifted 5 subscriptions"]);
}

#[test]
fn gift_without_a_size_is_another_purchase_only_where_the_counter_grew() {
    let odd = |now, count: u64, remaining: u64| {
        at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": [gift("ada", 0, remaining)]}))
    };
    let mut bot = Bot::starts(&odd(0, 5, 0));
    for (now, remaining) in [(10, 1), (20, 2), (30, 3)] {
        assert_eq!(bot.hears(&odd(now, 5, remaining)), NOTHING);
    }
}

#[test]
fn gift_without_a_name_is_told_though_one_like_it_got_its_name_beside_a_new_one() {
    let nameless = || gift("", 5, 5);
    let mut bot = Bot::starts(&at(0).gifts([nameless()]));
    assert_eq!(bot.hears(&at(10).gifts([gift("ada", 5, 5), gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
    assert_eq!(bot.hears(&at(20).gifts([nameless(), gift("ada", 5, 5), gift("ada", 5, 5)])).len(), 1);
}
