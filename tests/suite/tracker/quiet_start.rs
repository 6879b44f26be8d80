//! What was there before the start is no news, and what came after it is.

use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, follower, followers_of, message, messages_of, rant, stamp, subscriber, written};

#[test]
fn what_stands_in_a_stream_that_started_within_the_second_of_the_first_answer_is_told() {
    let mut bot = Bot::starts(&at(0));
    let chat = json!({"recent_messages": [message("ada", "hi", 0)], "recent_rants": [rant("bob", "yo", 500, 0)]});
    let started = at(0).livestream(json!({"id": "s", "is_live": true, "created_on": stamp(0), "chat": chat}));
    assert_eq!(bot.hears(&started), ["[s] started", "[s] ada: hi @0", "[s] bob ranted $5.00: yo @0"]);
}

#[test]
fn list_that_was_empty_in_the_first_answer_and_then_shows_its_history_tells_only_the_last_ten_seconds() {
    let mut bot = Bot::starts(&at(100).live("s", json!([])).follower_counts(0, 0));
    let loaded = at(110).live("s", messages_of(80..=102)).follower_counts(2, 2).followers([follower("ada", 91), follower("bob", 90)]);
    let heard = bot.hears(&loaded);
    assert_eq!(heard.iter().filter(|line| line.contains("line")).cloned().collect::<Vec<_>>(), written("s", 91..=102));
    assert!(heard.contains(&"ada followed @91".to_owned()) && !heard.contains(&"bob followed @90".to_owned()));
    let mut later = messages_of(103..=104);
    later.push(message("late", "hi", 60));
    assert_eq!(bot.hears(&at(120).live("s", later)).last().unwrap(), "[s] ada: line 104 @104");
}

#[test]
fn late_stream_has_its_chat_told_from_its_creation_on() {
    let listed = |created_on: Value| {
        let chat = json!({"recent_messages": messages_of(300..=304), "recent_rants": [rant("bob", "yo", 500, 1)]});
        at(1010).livestream(json!({"id": "s", "is_live": true, "created_on": created_on, "chat": chat}))
    };
    let told = |created_on: Value| -> Vec<String> {
        let heard = Bot::starts(&at(1000)).hears(&listed(created_on));
        assert_eq!(heard[..2], ["[s] started", "[s] bob ranted $5.00: yo @1"], "rants are always told");
        heard[2..].to_vec()
    };
    assert_eq!(told(json!(stamp(302))), NOTHING, "ten minutes before the first answer are enough");
    let recent = |created_on: i64| {
        let chat = json!({"recent_messages": messages_of(990..=994)});
        Bot::starts(&at(1000))
            .hears(&at(1010).livestream(json!({"id": "s", "is_live": true, "created_on": stamp(created_on), "chat": chat})))
    };
    assert_eq!(recent(992)[1..], written("s", 992..=994));
    assert_eq!(recent(-86_400)[1..], written("s", 990..=994), "it was created long before it went live");
}

#[test]
fn unknown_entry_behind_all_known_ones_and_older_than_the_start_came_back_whatever_the_cap() {
    for cap in [json!(10), json!(1000), json!(null), json!("x"), json!(0)] {
        let first = at(100).with("/max_num_results", cap.clone()).followers(followers_of(11..=15)).live("s", messages_of(11..=15));
        let mut bot = Bot::starts(&first);
        let mut back = followers_of(12..=15);
        back.push(follower("old", 3));
        let mut chat = messages_of(12..=15);
        chat.push(message("old", "hi", 3));
        assert_eq!(bot.hears(&at(110).with("/max_num_results", cap).followers(back).live("s", chat)), NOTHING);
    }
}

#[test]
fn cap_that_is_tiny_repeats_nothing_that_came_back() {
    let mut bot = Bot::starts(&at(100).max_num_results(1).live("s", messages_of(1..=50)));
    assert_eq!(bot.hears(&at(110).max_num_results(1).live("s", messages_of((1..=20).chain(30..=51)))), written("s", 51..=51));
    assert_eq!(bot.hears(&at(120).max_num_results(1).live("s", messages_of(0..=51))), NOTHING);
}

#[test]
fn older_entry_is_told_where_money_came_with_it_or_the_counter_rose() {
    let first = || at(100).follower_counts(5, 5).followers(followers_of(11..=15)).subscribers([subscriber("ada", 500, 50)]);
    let mut bot = Bot::starts(&first().live_with_rants("s", json!([]), [rant("ada", "yo", 500, 50)]));
    let late = at(110)
        .follower_counts(6, 6)
        .followers({
            let mut list = followers_of(11..=15);
            list.push(follower("late", 3));
            list
        })
        .subscribers([subscriber("ada", 500, 50), subscriber("late", 500, 3)])
        .live_with_rants("s", json!([]), [rant("ada", "yo", 500, 50), rant("late", "yo", 500, 3)]);
    assert_eq!(bot.hears(&late), ["late followed @3", "late subscribed for $5.00 @3", "[s] late ranted $5.00: yo @3"]);
}

#[test]
fn stream_that_was_live_in_the_first_answer_is_told_as_already_live_and_a_later_one_is_not() {
    let (mut bot, heard) = Bot::replays(&at(10).live("s", json!([])));
    assert_eq!(heard, ["ready", "[s] already live"]);
    assert_eq!(bot.hears(&at(20).live("s", json!([])).live("t", json!([]))), ["[t] started"]);
}

#[test]
fn start_and_end_tell_the_clock_of_the_answer_that_showed_them() {
    let mut bot = Bot::starts(&at(0));
    let started = bot.events(&at(10).live("s", json!([])));
    bot.events(&at(20));
    let ended = bot.events(&at(30));
    let seconds = |event: &rumble_live::Event| event.at().unwrap().unix_timestamp() - at(0).snapshot().now().unix_timestamp();
    assert_eq!((seconds(&started[0]), seconds(&ended[0])), (10, 30));
}
