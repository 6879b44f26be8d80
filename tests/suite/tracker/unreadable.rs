//! Items that nobody can read are told, so that a bot which reads no logs learns that the API has changed.

use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, follower, followers_of, message, rant, subscriber};

#[test]
fn field_that_is_renamed_is_told_for_each_list() {
    let renamed = |mut item: Value, from: &str| {
        let object = item.as_object_mut().unwrap();
        let value = object.remove(from).unwrap();
        object.insert(format!("{from}_v2"), value);
        item
    };
    let mut bot = Bot::starts(&at(0).live_with_rants("s", json!([]), json!([])));
    let changed = at(10)
        .followers([renamed(follower("ada", 5), "username"), renamed(follower("bob", 5), "followed_on")])
        .subscribers([renamed(subscriber("ada", 500, 5), "subscribed_on")])
        .gifts([json!({"bought_by": "ada"})])
        .live_with_rants("s", [renamed(message("ada", "hi", 5), "created_on")], [renamed(rant("ada", "hi", 500, 5), "created_on")])
        .livestream(json!({"stream_id": "t", "is_live": true}));
    let expected = [
        "2 of the followers cannot be read",
        "1 of the subscribers cannot be read",
        "1 of the gifted subscriptions cannot be read",
        "[s] 1 of the messages cannot be read",
        "[s] 1 of the rants cannot be read",
        "1 of the livestreams cannot be read",
    ];
    assert_eq!(bot.hears(&changed), expected);
    assert_eq!(bot.hears(&changed), NOTHING, "once is enough");
}

fn unreadable(now: i64, count: usize) -> crate::answer::Answer {
    at(now).followers(vec![json!({"name": "ada"}); count])
}

#[test]
fn number_is_told_again_when_it_exceeds_the_highest_that_was_told() {
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&unreadable(10, 2)), ["2 of the followers cannot be read"]);
    assert_eq!(bot.hears(&unreadable(20, 1)), NOTHING);
    assert_eq!(bot.hears(&unreadable(30, 2)), NOTHING);
    assert_eq!(bot.hears(&unreadable(40, 3)), ["3 of the followers cannot be read"]);
}

#[test]
fn after_a_hundred_clean_answers_it_begins_anew() {
    let mut bot = Bot::starts(&at(0));
    bot.hears(&unreadable(1, 2));
    for second in 2..=100 {
        assert_eq!(bot.hears(&unreadable(second, 0)), NOTHING);
    }
    assert_eq!(bot.hears(&unreadable(101, 2)), NOTHING, "ninety-nine are too few");
    for second in 102..=201 {
        bot.hears(&unreadable(second, 0));
    }
    assert_eq!(bot.hears(&unreadable(202, 1)), ["1 of the followers cannot be read"]);
}

#[test]
fn number_in_the_first_answer_is_told_too() {
    let (_, heard) = Bot::replays(&unreadable(0, 1));
    assert_eq!(heard, ["ready", "1 of the followers cannot be read"]);
}

#[test]
fn padding_is_neither_an_entry_nor_unreadable_nor_part_of_a_full_list() {
    let blank = || follower("", 0);
    let padded = |now: i64, seconds: std::ops::RangeInclusive<i64>| {
        let mut list = followers_of(seconds);
        list.extend((0..8).map(|_| blank()));
        list.push(json!({"username": " ", "followed_on": ""}));
        let chat = json!({"recent_messages": [message("", "", now)], "recent_rants": [rant("", "", 0, now)]});
        at(now).followers(list).livestream(json!({"id": "", "is_live": true})).livestream(json!({"id": "s", "is_live": true, "chat": chat}))
    };
    let mut bot = Bot::starts(&padded(10, 1..=3));
    assert_eq!(bot.hears(&padded(20, 1..=3)), NOTHING);
    assert_eq!(bot.hears(&padded(30, 25..=26)), ["f25 followed @25", "f26 followed @26"], "a list that was three long has lost nothing");
}
