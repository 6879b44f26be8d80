//! The server's clock.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, followed, follower, followers_of, message, messages_of, stamp, subscriber, written};

#[test]
fn stale_answer_between_two_newer_ones_yields_what_was_not_seen_and_nothing_again() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(100).live("s", messages_of((1..=3).chain(6..=6)))).len(), 4);
    assert_eq!(bot.hears(&at(50).live("s", messages_of(1..=5))), written("s", 4..=5));
    assert_eq!(bot.hears(&at(110).live("s", messages_of(1..=7))), written("s", 7..=7));
}

#[test]
fn stale_answer_that_shows_only_newer_entries_is_a_gap() {
    let mut bot = Bot::starts(&at(100).live("s", messages_of(1..=10)));
    let heard = bot.hears(&at(50).live("s", messages_of(21..=30)));
    assert_eq!(heard[0], "[s] gap in messages @10..21");
    assert_eq!(heard[1..], written("s", 21..=30));
}

#[test]
fn stale_answer_that_shows_only_older_entries_is_no_gap() {
    let mut bot = Bot::starts(&at(100).live("s", messages_of(11..=20)));
    assert_eq!(bot.hears(&at(95).live("s", messages_of(1..=10))), NOTHING);
}

#[test]
fn every_sixth_answer_of_a_slow_clock_leaves_no_loss_without_a_gap() {
    let mut bot = Bot::starts(&at(100).live("s", messages_of(91..=100)));
    for poll in 2..=60 {
        let now = poll * 100;
        let clock = if poll % 6 == 0 { now - 300 } else { now };
        let heard = bot.hears(&at(clock).live("s", messages_of(now - 9..=now)));
        assert_eq!(heard[0], format!("[s] gap in messages @{}..{}", now - 100, now - 9));
        assert_eq!(heard[1..], written("s", now - 9..=now));
    }
}

#[test]
fn stale_answer_counts_for_no_absence_and_no_end() {
    let mut bot = Bot::starts(&at(1000).live("s", json!([])));
    for stale in [at(999), at(500), at(400), at(700)] {
        assert_eq!(bot.hears(&stale), NOTHING);
    }
    assert_eq!(bot.hears(&at(900).livestream(json!({"id": "s", "is_live": false}))), NOTHING);
    assert_eq!(bot.hears(&at(1010)), NOTHING, "the first absence");
    assert_eq!(bot.hears(&at(999)), NOTHING, "between two absences");
    assert_eq!(bot.hears(&at(1020)), ["[s] ended @1000"]);
    assert_eq!(bot.hears(&at(900).live("s", json!([]))), NOTHING, "nor for a start of what ended");
}

#[test]
fn stale_answer_that_lists_a_livestream_ends_no_absence() {
    let mut bot = Bot::starts(&at(1000).live("s", json!([])));
    assert_eq!(bot.hears(&at(1010)), NOTHING);
    assert_eq!(bot.hears(&at(990).live("s", json!([]))), NOTHING);
    assert_eq!(bot.hears(&at(1020)), ["[s] ended @1000"]);
}

#[test]
fn stale_answer_counts_for_no_counter() {
    let mut bot = Bot::starts(&at(100).follower_counts(100, 100).followers(followers_of(1..=10)));
    assert_eq!(bot.hears(&at(95).follower_counts(90, 90).followers(followers_of(1..=10))), NOTHING);
    let heard = bot.hears(&at(200).follower_counts(112, 112).followers(followers_of(151..=160)));
    assert_eq!(heard[0], "gap in followers @10..151, at least 2", "counted from a hundred, not from ninety");
}

#[test]
fn answer_is_stale_up_to_ten_minutes_behind_the_newest_and_not_beyond() {
    for (second, is_stale) in [(1000, false), (999, true), (400, true), (399, false)] {
        let mut bot = Bot::starts(&at(1000).followers(followers_of(1..=10)).follower_counts(10, 10));
        let heard = bot.hears(&at(second).followers(followers_of(15..=24)).follower_counts(30, 30));
        let gap = if is_stale { "gap in followers @10..15" } else { "gap in followers @10..15, at least 10" };
        assert_eq!(heard[0], gap, "{second}");
        assert_eq!(heard[1..], followed(15..=24), "no answer is thrown away");
    }
}

#[test]
fn clock_that_steps_back_an_hour_loses_and_repeats_nothing() {
    let mut bot = Bot::starts(&at(4000).live("s", messages_of(3990..=3991)));
    let after_the_step = messages_of((391..=392).chain(3990..=3991));
    assert_eq!(bot.hears(&at(400).live("s", after_the_step.clone())), written("s", 391..=392));
    assert_eq!(bot.hears(&at(410).live("s", after_the_step)), NOTHING);
    assert_eq!(bot.hears(&at(420)), NOTHING);
    assert_eq!(bot.hears(&at(430)), ["[s] ended @410"], "absence is counted by the clock as it is now");
}

#[test]
fn clock_that_steps_back_makes_no_answer_after_it_stale() {
    let mut bot = Bot::starts(&at(4000).followers(followers_of(1..=10)).follower_counts(10, 10));
    bot.hears(&at(100).followers(followers_of(1..=10)).follower_counts(10, 10));
    let heard = bot.hears(&at(130).followers(followers_of(111..=120)).follower_counts(30, 30));
    assert_eq!(heard[0], "gap in followers @10..111, at least 10");
}

#[test]
fn clock_that_steps_forward_a_year_loses_and_repeats_nothing() {
    let year = 31_536_000;
    let mut bot = Bot::starts(&at(10).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(year).followers(followers_of((1..=3).chain(year..=year)))), followed(year..=year));
    assert_eq!(bot.hears(&at(20).followers(followers_of((1..=3).chain(15..=15).chain(year..=year)))), followed(15..=15));
}

#[test]
fn clock_that_is_set_back_by_a_minute_makes_one_stale_answer() {
    for by in [10, 60, 599, 600] {
        let mut bot = Bot::starts(&at(1000).live("s", messages_of(300..=300)).live("t", json!([])));
        let now = 1000 - by;
        assert_eq!(bot.hears(&at(now + 1).live("s", messages_of(now..=now)).live("t", json!([]))), written("s", now..=now));
        // The second one running that is newer is no longer stale, so that what it lacks is absent.
        assert_eq!(bot.hears(&at(now + 2).live("s", messages_of(now..=now + 1))), written("s", now + 1..=now + 1));
        assert_eq!(bot.hears(&at(now + 3).live("s", messages_of(now..=now + 1))), [format!("[t] ended @{}", 1000)]);
    }
}

#[test]
fn slow_server_that_answers_twice_running_with_nothing_new_is_no_step() {
    let mut bot = Bot::starts(&at(1000).live("s", messages_of(990..=991)));
    for now in [940, 945, 950, 955] {
        assert_eq!(bot.hears(&at(now)), NOTHING);
    }
    assert_eq!(bot.hears(&at(1005).live("s", messages_of(990..=991))), NOTHING);
}

#[test]
fn clock_that_steps_back_takes_the_baseline_along() {
    let mut bot = Bot::starts(&at(4000).followers(json!(null)));
    bot.hears(&at(100).followers(json!(null)));
    assert_eq!(bot.hears(&at(110).followers(followers_of(99..=102))), followed(101..=102));
}

#[test]
fn what_is_stamped_below_the_floor_after_a_step_back_is_a_gap() {
    let mut bot = Bot::starts(&at(4000).live("s", messages_of(3990..=3999)));
    let mut list = messages_of(3991..=3999);
    assert_eq!(bot.hears(&at(100).live("s", list.clone())), NOTHING);
    list.push(message("bob", "new, or did it come back", 105));
    assert_eq!(bot.hears(&at(110).live("s", list.clone())), ["[s] gap in messages @100..3990"]);
    assert_eq!(bot.hears(&at(120).live("s", list)), NOTHING);
    assert_eq!(bot.hears(&at(4100).live("s", messages_of(3991..=4000))), written("s", 4000..=4000));
}

#[test]
fn entry_after_a_step_back_is_told_even_if_it_is_older_than_the_baseline_of_before() {
    let mut bot = Bot::starts(&at(100).followers(json!([])));
    assert_eq!(bot.hears(&at(42).followers(json!([]))), NOTHING);
    assert_eq!(bot.hears(&at(90).followers(followers_of(90..=90))), followed(90..=90));
}

#[test]
fn gap_after_a_step_back_ends_no_sooner_than_it_begins() {
    let one_second = |users: std::ops::Range<i64>| users.map(|user| follower(&format!("u{user}"), 1037)).collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(2000).max_num_results(10).follower_counts(1, 4).followers(followers_of(2000..=2000)));
    let heard = bot.hears(&at(1399).max_num_results(10).follower_counts(12, 15).followers(one_second(2..12)));
    assert_eq!((heard[0].as_str(), heard.len()), ("gap in followers @1037..1037, at least 1", 11));
}

#[test]
fn what_a_stale_answer_told_is_not_counted_as_lost() {
    let mut bot = Bot::starts(&at(1000).max_num_results(12).follower_counts(0, 0).followers(json!([])));
    let list = followers_of(991..=1003);
    let heard = bot.hears(&at(873).max_num_results(12).follower_counts(13, 13).followers(list.clone()));
    assert_eq!(heard[0], "gap in followers @..991", "the list came full");
    assert_eq!(heard[1..], followed(991..=1003));
    assert_eq!(bot.hears(&at(1000).max_num_results(12).follower_counts(13, 13).followers(list)), NOTHING);
    let heard = bot.hears(&at(1100).max_num_results(12).follower_counts(27, 27).followers(followers_of(1080..=1091)));
    assert_eq!(heard[0], "gap in followers @1003..1080, at least 2");
}

#[test]
fn gap_after_a_step_back_does_not_depend_on_how_the_list_is_written() {
    let list = || vec![follower("z", -5), follower("a", 0), follower("b", 0), follower("c", 0)];
    let newest_first = |mut list: Vec<serde_json::Value>| {
        list.reverse();
        list
    };
    let mut other_picture = newest_first(list());
    other_picture[0]["profile_pic_url"] = json!("https://cdn.example.invalid/new.jpeg");
    for last in [newest_first(list()), other_picture] {
        let full = newest_first(list()[1..].to_vec());
        let mut bot = Bot::starts(&at(0).max_num_results(3).followers(full));
        assert_eq!(bot.hears(&at(0).max_num_results(3).followers(newest_first(list()))), NOTHING);
        assert_eq!(bot.hears(&at(-700).max_num_results(3).followers(last)), ["gap in followers @-700..0"]);
    }
}

#[test]
fn late_stream_is_heard_from_ten_minutes_before_the_first_answer_after_a_step_back_too() {
    let silent = json!({"id": "s", "is_live": false, "chat": {"recent_messages": [], "recent_rants": []}});
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(-7).livestream(silent)), NOTHING);
    let line = message("ada", "m-616", -616);
    let spoken = json!({"id": "s", "is_live": false, "chat": {"recent_messages": [line], "recent_rants": []}});
    assert_eq!(bot.hears(&at(-601).livestream(spoken)), ["[s] ada: m-616 @-616"]);
}

#[test]
fn answer_that_lacks_a_list_forgets_nothing_of_it() {
    let five = || (1..=5).map(|user| follower(&format!("u{user}"), 0)).collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(0).max_num_results(10).follower_counts(5, 8).followers(five()));
    assert_eq!(bot.hears(&at(0).max_num_results(1).followers(json!(null))), NOTHING);
    let mut six = vec![follower("new", 0)];
    six.extend(five());
    assert_eq!(bot.hears(&at(10).max_num_results(10).follower_counts(6, 9).followers(six)), ["new followed @0"]);
}

#[test]
fn name_that_goes_is_nothing_new_and_so_no_sign_of_a_step() {
    let paid = |names: &[&str]| names.iter().map(|name| subscriber(name, 500, 0)).collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(100).subscribers(paid(&["c", "b", "a"])).live("s", json!([])));
    assert_eq!(bot.hears(&at(50).subscribers(paid(&["", "b", "a"]))), NOTHING);
    assert_eq!(bot.hears(&at(60).subscribers(paid(&["", "b", "a"]))), NOTHING);
    assert_eq!(bot.hears(&at(110).live("s", json!([]))), NOTHING, "two stale answers that lack the stream were no absence");
}

#[test]
fn late_stream_is_not_heard_from_before_it_was_created_after_a_step_back_either() {
    let stream = |lines: serde_json::Value| json!({"id": "s", "is_live": false, "created_on": stamp(-604), "chat": {"recent_messages": lines, "recent_rants": []}});
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&at(-601).livestream(stream(json!([])))), NOTHING);
    let lines = json!([message("ada", "new", -612), message("ada", "old", -615)]);
    assert_eq!(bot.hears(&at(-601).livestream(stream(lines))), ["[s] ada: new @-612"]);
}
