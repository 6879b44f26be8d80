//! The bounds of memory.

use std::{collections::HashSet, ops::RangeInclusive};

use rumble_live::{Event, Tracker};
use serde_json::{Value, json};

use crate::answer::{Answer, Bot, NOTHING, at, follower, followers_of, gift, message, messages_of, rant, subscriber};

/// A bot that heard of 48 followers by eights, so that no list was ever full, and of one for each of the seconds from 1.
fn bot_after_forty_eight_followers() -> Bot {
    let mut bot = Bot::starts(&at(0));
    for first in (1..=41).step_by(8) {
        let heard = bot.hears(&at(first + 10).followers(followers_of(first..first + 8)));
        assert_eq!(heard.iter().filter(|line| line.contains("followed")).count(), 8);
    }
    bot
}

#[test]
fn list_remembers_four_times_the_cap() {
    let mut bot = bot_after_forty_eight_followers();
    assert_eq!(bot.hears(&at(60).followers([follower("f9", 9), follower("grace", 9)])), ["grace followed @9"]);
}

#[test]
fn what_is_beyond_the_memory_of_a_list_is_not_repeated() {
    let mut bot = bot_after_forty_eight_followers();
    assert_eq!(bot.hears(&at(60).followers([follower("f8", 8), follower("f1", 1), follower("grace", 8)])), NOTHING);
}

#[test]
fn what_is_beyond_the_memory_of_a_chat_is_not_repeated() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    for first in (1..=41).step_by(8) {
        let heard = bot.hears(&at(first + 10).live("s", messages_of(first..=first + 7)));
        assert_eq!(heard.iter().filter(|line| line.contains("line")).count(), 8);
    }
    let mut list = messages_of((1..=1).chain(8..=9));
    list.extend([message("bob", "known or not", 8), message("bob", "new", 9)]);
    assert_eq!(bot.hears(&at(60).live("s", list)), ["[s] bob: new @9"]);
}

#[test]
fn ten_thousand_entries_in_every_list_are_each_told_once() {
    let many = 10_000;
    let subscribers: Vec<_> = (1..=many).map(|second| subscriber("ada", 500, second)).collect();
    let rants: Vec<_> = (1..=many).map(|second| rant("ada", "yo", 500, second)).collect();
    let answer = at(many).followers(followers_of(1..=many)).subscribers(subscribers).live_with_rants("s", messages_of(1..=many), rants);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let heard = bot.hears(&answer);
    assert_eq!(heard.iter().filter(|line| !line.contains("gap")).count(), 40_000);
    assert_eq!(heard.iter().collect::<HashSet<_>>().len(), heard.len());
    assert_eq!(bot.hears(&answer), NOTHING);
}

#[test]
fn ten_thousand_equal_entries_of_one_second_are_each_told_once() {
    let list = vec![message("ada", "hi", 5); 10_000];
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let events = bot.events(&at(10).live("s", list.clone()));
    let ids: HashSet<_> = events.iter().filter_map(Event::id).collect();
    assert_eq!(ids.len(), 10_000);
    assert_eq!(bot.hears(&at(20).live("s", list)), NOTHING);
}

#[test]
fn ten_thousand_different_entries_of_one_second_are_each_told_once() {
    let list: Vec<_> = (0..10_000).map(|number| message("ada", &format!("line {number}"), 5)).collect();
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let heard = bot.hears(&at(10).live("s", list.clone()));
    assert_eq!(heard.iter().filter(|line| !line.contains("gap")).count(), 10_000);
    assert_eq!(bot.hears(&at(20).live("s", list)), NOTHING);
}

#[test]
fn of_ten_thousand_livestreams_a_hundred_are_told_once_and_a_word_stands_for_the_others() {
    let many = |answer| (0..10_000).fold(answer, |answer: Answer, number| answer.live(&format!("s{number}"), json!([])));
    let mut bot = Bot::starts(&at(0));
    let heard = bot.hears(&many(at(10)));
    assert_eq!(heard[..2], ["[s0] started", "[s1] started"]);
    assert_eq!(heard[99..], ["[s99] started", "9900 of the livestreams cannot be read"]);
    assert_eq!(bot.hears(&many(at(20))), NOTHING);
}

#[test]
fn stamps_at_the_edges_of_the_calendar_are_told_once() {
    let edges = ["0001-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+23:59"];
    for edge in edges {
        let answer = at(20).followers([json!({"username": "ada", "followed_on": edge})]);
        let (mut bot, _) = Bot::replays(&at(0));
        assert_eq!(bot.events(&answer).len(), 1, "{edge}");
        assert_eq!(bot.hears(&answer), NOTHING, "{edge}");
    }
}

/// How long a checkpoint is after these answers.
fn memory_of(answers: impl IntoIterator<Item = Answer>) -> usize {
    let mut tracker = Tracker::new();
    for answer in answers {
        tracker.apply(&answer.snapshot());
    }
    tracker.checkpoint().unwrap().to_json().len()
}

#[test]
fn memory_does_not_grow_with_gifts() {
    let answer =
        |number: i64| at(number).gifts((1..=10_i64).map(|nth| gift(&format!("fan{number}"), nth.unsigned_abs(), 0)).collect::<Vec<_>>());
    // Room for a longer counter of answers with each of them.
    assert!(memory_of((100..200).map(answer)) < memory_of((100..104).map(answer)) + 100);
}

#[test]
fn what_can_no_longer_be_new_is_not_kept() {
    let rants = |seconds: RangeInclusive<i64>| seconds.rev().map(|second| rant("bob", "yo", 500, second)).collect::<Vec<_>>();
    let answer = |first: i64| at(first + 9).live_with_rants("s", messages_of(first..=first + 9), rants(first..=first + 9));
    assert_eq!(memory_of([100, 110, 120, 130].map(answer)), memory_of([100, 130].map(answer)));
}

/// How many livestreams are known after so many answers of a clock that stands still, each with another livestream.
fn livestreams_known_after(answers: i64) -> usize {
    let mut tracker = Tracker::new();
    tracker.apply(&at(10).snapshot());
    for number in 0..answers {
        tracker.apply(&at(9).live(&format!("s{number}"), json!([])).snapshot());
    }
    let checkpoint: Value = serde_json::from_str(&tracker.checkpoint().unwrap().to_json()).unwrap();
    checkpoint["memory"]["livestreams"]["known"].as_object().unwrap().len()
}

#[test]
fn memory_does_not_grow_with_the_answers_of_a_clock_that_stands_still() {
    assert_eq!(livestreams_known_after(250), livestreams_known_after(150));
}

#[test]
fn chat_that_was_forgotten_with_its_rants_is_no_gap_when_it_is_shown_again() {
    let answer = |lines: i64, rants: i64, badge: &str| {
        let mut lines: Vec<_> = (0..lines).map(|number| message("ada", &format!("line {number}"), -10)).collect();
        lines[0]["badges"] = json!([badge]);
        let rants: Vec<_> = (0..rants).map(|number| rant("bob", &format!("wow {number}"), 500, 0)).collect();
        at(0).max_num_results(2).live_with_rants("s", lines, rants)
    };
    // Of nine rants eight are remembered where the cap is two, and so is no message before them.
    let mut bot = Bot::starts(&answer(12, 9, "a"));
    for badge in ["a", "b", "c"] {
        assert_eq!(bot.hears(&answer(2, 1, badge)), NOTHING);
    }
}
