//! Livestreams that come and go.

use rumble_live::{Event, Tracker};
use serde_json::{Value, json};

use crate::answer::{Bot, NOTHING, at, followers_of, message, messages_of, rant, written};

#[test]
fn livestream_that_is_on_at_the_start_is_told_and_its_chat_is_baseline() {
    let mut tracker = Tracker::new();
    let events = tracker.apply(&at(10).live("s", messages_of(1..=5)).live("t", messages_of(1..=5)).snapshot());
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), ["ready", "stream_started", "stream_started"]);
}

#[test]
fn livestream_that_is_missing_from_one_answer_goes_on() {
    let mut bot = Bot::starts(&at(10).live("s", messages_of(1..=5)));
    for second in [20, 40, 60] {
        assert_eq!(bot.hears(&at(second)), NOTHING, "one absence is none");
        assert_eq!(bot.hears(&at(second + 10).live("s", messages_of(1..=5))), NOTHING, "neither a start nor a repeat");
    }
    assert_eq!(bot.hears(&at(80).live("s", messages_of(1..=6))), ["[s] ada: line 6 @6"]);
}

#[test]
fn livestream_that_is_missing_from_two_answers_ended_when_it_was_last_seen() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])).live("t", json!([])));
    bot.hears(&at(10).live("s", json!([])).live("t", json!([])));
    assert_eq!(bot.hears(&at(20).live("t", json!([]))), NOTHING);
    assert_eq!(bot.hears(&at(30).live("t", json!([]))), ["[s] ended @10"]);
    assert_eq!(bot.hears(&at(40).live("t", json!([]))), NOTHING, "once is enough");
}

#[test]
fn livestream_that_comes_back_under_its_id_starts_again_and_repeats_nothing() {
    let mut bot = Bot::starts(&at(10).live_with_rants("s", messages_of(1..=5), [rant("bob", "yo", 500, 5)]));
    bot.hears(&at(20));
    assert_eq!(bot.hears(&at(30)), ["[s] ended @10"]);
    let back = at(60).live_with_rants("s", messages_of((1..=5).chain(55..=55)), [rant("bob", "yo", 500, 5)]);
    assert_eq!(bot.hears(&back), ["[s] started", "[s] ada: line 55 @55"]);
    bot.hears(&at(70));
    assert_eq!(bot.hears(&at(80)), ["[s] ended @60"]);
}

#[test]
fn livestream_that_is_no_longer_live_ended_at_once() {
    let listed = |id: &str, is_live: bool, seconds| json!({"id": id, "is_live": is_live, "chat": {"recent_messages": messages_of(seconds), "recent_rants": []}});
    let mut bot = Bot::starts(&at(10).livestream(listed("s", true, 1..=5)));
    let heard = bot.hears(&at(20).livestream(listed("s", false, 1..=6)));
    assert_eq!(heard, ["[s] ada: line 6 @6", "[s] ended @20"]);
    assert_eq!(bot.hears(&at(30).livestream(listed("s", false, 1..=7))), ["[s] ada: line 7 @7"], "its chat goes on");
    assert_eq!(bot.hears(&at(40)), NOTHING);
    assert_eq!(bot.hears(&at(50)), NOTHING, "it ended before");
    assert_eq!(bot.hears(&at(60).livestream(listed("s", true, 1..=7))), ["[s] started"]);
}

#[test]
fn livestream_that_is_scheduled_is_told_when_it_goes_live_and_its_chat_before() {
    let listed = |is_live: Value| json!({"id": "s", "is_live": is_live, "chat": {"recent_messages": messages_of(1..=5)}});
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).livestream(listed(json!(false)))), written("s", 1..=5));
    assert_eq!(bot.hears(&at(20).livestream(listed(json!(null)))), NOTHING, "not said");
    assert_eq!(bot.hears(&at(30).livestream(listed(json!(true)))), ["[s] started"]);
    assert_eq!(bot.hears(&at(40).livestream(listed(json!(null)))), NOTHING, "not said is not ended");
}

#[test]
fn livestreams_that_are_null_or_missing_are_no_absence() {
    let unknown = [at(50).with("/livestreams", json!(null)), at(50).without("livestreams"), at(50).with("/livestreams", "x")];
    let mut bot = Bot::starts(&at(10).live("s", messages_of(1..=5)));
    for answer in unknown.iter().chain(&unknown) {
        assert_eq!(bot.hears(answer), NOTHING);
    }
    assert_eq!(bot.hears(&at(50)), NOTHING, "the first absence");
    for answer in &unknown {
        assert_eq!(bot.hears(answer), NOTHING, "nor the second one");
    }
    assert_eq!(bot.hears(&at(60).live("s", messages_of(1..=6))), ["[s] ada: line 6 @6"]);
}

#[test]
fn livestream_that_cannot_be_read_is_no_absence() {
    let mut bot = Bot::starts(&at(10).live("s", messages_of(1..=5)).live("t", json!([])).livestream(json!(7)));
    for unreadable in [json!({"id": null, "is_live": true}), json!({"title": "no id"}), json!(null), json!("s"), json!([])] {
        assert_eq!(bot.hears(&at(20).livestream(unreadable.clone()).live("t", json!([]))), NOTHING, "{unreadable}");
    }
    assert_eq!(bot.hears(&at(30).live("s", messages_of(1..=6)).live("t", json!([]))), ["[s] ada: line 6 @6"]);
}

#[test]
fn livestream_that_is_missing_from_six_answers_beside_an_unreadable_one_ended() {
    let mut bot = Bot::starts(&at(10).live("s", json!([])).livestream(json!(7)));
    let unreadable = |second| at(second).livestream(json!({"title": "no id"}));
    for second in 20..25 {
        assert_eq!(bot.hears(&unreadable(second)), NOTHING);
    }
    assert_eq!(bot.hears(&unreadable(25)), ["[s] ended @10"]);
}

#[test]
fn two_livestreams_with_the_same_line_are_told_apart() {
    let hi = || json!([message("ada", "hi", 5)]);
    let mut bot = Bot::starts(&at(0).live("s", json!([])).live("t", json!([])));
    let events = bot.events(&at(10).live("s", hi()).live("t", hi()));
    assert_eq!(events.iter().map(ToString::to_string).collect::<Vec<_>>(), ["[s] ada: hi", "[t] ada: hi"]);
    assert_ne!(events[0].id(), events[1].id());
    assert_eq!(bot.hears(&at(20).live("t", hi()).live("s", hi())), NOTHING);
}

#[test]
fn livestream_that_is_listed_twice_counts_once() {
    let hi = || json!([message("ada", "hi", 5)]);
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(10).live("s", hi()).live("s", hi())), ["[s] started", "[s] ada: hi @5"]);
}

/// Seventeen livestreams that ended one after another, so that the first of them is the one too many.
fn bot_after_seventeen_livestreams() -> Bot {
    let mut bot = Bot::starts(&at(0));
    for number in 0..=17 {
        let second = number * 100;
        for later in [10, 20, 30] {
            bot.hears(&at(second + later).live(&format!("s{number}"), messages_of(second + 3..=second + 5)));
        }
    }
    bot
}

#[test]
fn sixteenth_last_livestream_that_ended_is_remembered() {
    let mut bot = bot_after_seventeen_livestreams();
    let mut list = messages_of((103..=105).chain(170..=170));
    list.push(message("grace", "late", 101));
    let back = at(1800).live("s17", json!([])).live("s1", list);
    assert_eq!(bot.hears(&back), ["[s1] started", "[s1] grace: late @101", "[s1] ada: line 170 @170"]);
}

#[test]
fn livestream_that_ended_before_the_last_sixteen_repeats_nothing_and_tells_what_is_new() {
    let mut bot = bot_after_seventeen_livestreams();
    let mut list = messages_of((3..=5).chain(1790..=1791));
    list.push(message("grace", "indistinguishable from an old one", 1));
    let back = at(1800).live("s17", json!([])).live("s0", list);
    assert_eq!(bot.hears(&back), ["[s0] started", "[s0] ada: line 1790 @1790", "[s0] ada: line 1791 @1791"]);
}

#[test]
fn stamp_of_the_future_in_a_forgotten_livestream_silences_no_later_one() {
    let mut bot = Bot::starts(&at(0));
    for number in 0..=17 {
        let second = 100 * (number + 1);
        bot.hears(&at(second).live(&format!("s{number}"), messages_of(9_000_000..=9_000_000)));
        bot.hears(&at(second + 10));
        bot.hears(&at(second + 20));
    }
    assert_eq!(bot.hears(&at(5000).live("new", messages_of(4990..=4990))), ["[new] started", "[new] ada: line 4990 @4990"]);
}

#[test]
fn list_of_which_nothing_could_be_read_at_first_is_baseline_once_it_can() {
    let unreadable = vec![json!({"username": "ada", "followed_on": null}); 10];
    let mut bot = Bot::starts(&at(20).followers(unreadable));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=10))), NOTHING);
    assert_eq!(bot.hears(&at(40).followers(followers_of(2..=35))).len(), 25);
}

#[test]
fn livestream_that_starts_after_many_ended_is_told_from_its_first_line() {
    let mut bot = bot_after_seventeen_livestreams();
    assert_eq!(
        bot.hears(&at(1800).live("s17", json!([])).live("new", messages_of(1750..=1750))),
        ["[new] started", "[new] ada: line 1750 @1750"]
    );
}

#[test]
fn chat_of_a_livestream_beyond_the_hundred_is_news_once_there_is_room_for_it() {
    let crowd = |now, first_is_live: bool, chat: Vec<Value>| {
        let others = (1..100).fold(at(now).livestream(json!({"id": "first", "is_live": first_is_live})), |answer, number| {
            answer.live(&format!("s{number:0>2}"), NOTHING.to_vec())
        });
        others.live("last", chat)
    };
    let old = || message("ada", "before the start", -5);
    let mut bot = Bot::starts(&crowd(0, true, vec![old()]));
    let chat = || vec![message("bob", "while there was no room", 15), old()];
    bot.hears(&crowd(20, false, chat()));
    let told = bot.hears(&crowd(30, false, chat()));
    assert_eq!(told, ["[last] started", "[last] bob: while there was no room @15"]);
}
