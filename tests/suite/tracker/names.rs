//! Money that names nobody is told, and a name that goes or comes is no news.

use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, rant, subscriber};

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
