//! Money that names nobody is told, and a name that goes or comes is no news.

use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, message, rant, subscriber};

fn nameless(mut item: Value) -> Value {
    item.as_object_mut().unwrap().remove("username");
    item
}

#[test]
fn rant_and_subscription_without_a_name_are_told_with_an_empty_one() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let mut null = rant("", "yo", 500, 6);
    null["username"] = json!(null);
    let answer =
        at(10).subscribers([nameless(subscriber("ada", 500, 5))]).live_with_rants("s", json!([]), [null, rant("", "blank", 200, 5)]);
    assert_eq!(bot.hears(&answer), [" subscribed for $5.00 @5", "[s]  ranted $2.00: blank @5", "[s]  ranted $5.00: yo @6"]);
    assert_eq!(bot.hears(&answer), NOTHING);
}

#[test]
fn name_that_goes_and_comes_back_is_no_news() {
    let with_name = at(10).subscribers([subscriber("ada", 500, 5)]).live_with_rants("s", json!([]), [rant("ada", "yo", 500, 5)]);
    let without =
        at(20).subscribers([nameless(subscriber("ada", 500, 5))]).live_with_rants("s", json!([]), [nameless(rant("ada", "yo", 500, 5))]);
    let mut bot = Bot::starts(&with_name);
    for _ in 0..2 {
        assert_eq!(bot.hears(&without), NOTHING);
        assert_eq!(bot.hears(&with_name), NOTHING);
    }
}

#[test]
fn name_that_comes_later_is_no_news() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = |list: Vec<Value>| at(10).live_with_rants("s", json!([]), list);
    assert_eq!(bot.hears(&rants(vec![nameless(rant("ada", "yo", 500, 5))])).len(), 1);
    assert_eq!(bot.hears(&rants(vec![rant("ada", "yo", 500, 5)])), NOTHING);
    let another = rants(vec![rant("bob", "yo", 500, 5), rant("ada", "yo", 500, 5)]);
    assert_eq!(bot.hears(&another), ["[s] bob ranted $5.00: yo @5"], "the nameless one was hers");
}

#[test]
fn only_the_surplus_is_news() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = |list: Vec<Value>| at(10).live_with_rants("s", json!([]), list);
    bot.hears(&rants(vec![nameless(rant("ada", "yo", 500, 5))]));
    assert_eq!(bot.hears(&rants(vec![rant("bob", "yo", 500, 5), rant("ada", "yo", 500, 5)])).len(), 1);
    bot.hears(&rants(vec![rant("cyd", "ho", 500, 6), rant("bob", "yo", 500, 5), rant("ada", "yo", 500, 5)]));
    let all_nameless: Vec<_> = [rant("", "ho", 500, 6), rant("", "yo", 500, 5), rant("", "yo", 500, 5), rant("", "yo", 500, 5)].into();
    assert_eq!(bot.hears(&rants(all_nameless)), ["[s]  ranted $5.00: yo @5"]);
}

#[test]
fn nameless_rant_of_another_text_or_amount_is_another() {
    let mut bot = Bot::starts(&at(10).live_with_rants("s", json!([]), [rant("ada", "yo", 500, 5)]));
    let others = vec![rant("", "ho", 500, 5), rant("", "yo", 200, 5), rant("", "yo", 500, 6)];
    assert_eq!(bot.hears(&at(20).live_with_rants("s", json!([]), others)).len(), 3);
}

#[test]
fn name_that_comes_is_taken_for_that_of_the_oldest() {
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).subscribers([nameless(subscriber("", 500, 5))])).len(), 1);
    let four = ["dan", "cy", "bob", "ada"].map(|name| subscriber(name, 500, 5));
    let told = ["bob", "cy", "dan"].map(|name| format!("{name} subscribed for $5.00 @5"));
    assert_eq!(bot.hears(&at(20).subscribers(four)), told);
}

#[test]
fn id_is_not_given_twice_after_a_name_came() {
    let mut bot = Bot::starts(&at(0));
    let nobody = || nameless(subscriber("", 500, 5));
    let first = bot.events(&at(10).subscribers([nobody()]));
    assert_eq!(bot.hears(&at(20).subscribers([subscriber("ada", 500, 5)])), NOTHING);
    let second = bot.events(&at(30).subscribers([nobody(), subscriber("ada", 500, 5)]));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].id(), second[0].id());
}

#[test]
fn names_that_come_within_the_floors_second_do_not_silence_who_stands_before_them() {
    let list = |names: &[&str], first: Value| {
        let mut rants: Vec<_> = names.iter().map(|name| rant(name, "hi", 500, -1)).collect();
        rants.insert(0, first);
        at(0).max_num_results(5).live_with_rants("s", json!([]), rants)
    };
    let newest = rant("ada", "hi", 500, 0);
    let mut bot = Bot::starts(&list(&["", "cy", "bob", "ada"], newest.clone()));
    let heard = bot.hears(&list(&["u21", "u20", "u19", "u18"], newest));
    assert_eq!(heard.len(), 3, "{heard:?}");
    assert!(!heard.iter().any(|line| line.contains("u18")), "the oldest is the one without a name: {heard:?}");
}

#[test]
fn message_of_a_rant_that_got_its_name_is_no_news() {
    let rants = |names: &[&str]| names.iter().map(|name| rant(name, "hi", 500, 0)).collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(0).max_num_results(5).live_with_rants("s", json!([]), rants(&["u5", "u4", "u3", "u2", ""])));
    let with_message = at(1).max_num_results(5).live_with_rants("s", [message("u7", "hi", 0)], rants(&["u5", "u4", "u3", "u2", "u7"]));
    assert_eq!(bot.hears(&with_message), NOTHING);
}

#[test]
fn nameless_entry_whose_named_one_came_back_is_another() {
    let list = |names: &[&str]| {
        let mut list: Vec<_> = names.iter().map(|name| subscriber(name, 500, 0)).collect();
        list.insert(0, subscriber("u1", 500, 1));
        list
    };
    let mut bot = Bot::starts(&at(0).max_num_results(5).subscribers(list(&["u4", "u3", "u2", "u1"])[1..].to_vec()));
    assert_eq!(bot.hears(&at(1).max_num_results(5).subscribers(list(&["", "u4", "u3", "u2"]))).len(), 1, "the name of u1 went");
    let heard = bot.hears(&at(1).max_num_results(5).subscribers(list(&["", "u4", "u3", "u2", "u1"])));
    assert_eq!(heard, [" subscribed for $5.00 @0"]);
}
