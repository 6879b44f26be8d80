//! A list of followers whose stamps all moved by the same time is the same list.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, follower, followers_of, message, subscriber};

/// The followers of these seconds, with stamps that are off by so many.
fn moved(seconds: impl DoubleEndedIterator<Item = i64>, by: i64) -> Vec<serde_json::Value> {
    seconds.rev().map(|second| follower(&format!("f{second}"), second + by)).collect()
}

const HOUR: i64 = 3600;

#[test]
fn list_that_comes_back_shifted_is_no_news_and_news_in_front_of_it_is() {
    for by in [HOUR, -HOUR, 900, -14 * HOUR, 5 * HOUR + 1800] {
        let mut bot = Bot::starts(&at(100).followers(followers_of(1..=10)));
        assert_eq!(bot.hears(&at(110).followers(moved(1..=10, by))), NOTHING, "{by}");
        assert_eq!(bot.hears(&at(120).followers(moved(2..=11, by))), [format!("f11 followed @{}", 11 + by)], "{by}");
        assert_eq!(bot.hears(&at(130).followers(moved(4..=13, 0))), ["f12 followed @12", "f13 followed @13"], "and back, {by}");
    }
}

#[test]
fn shift_and_unfollows_at_once_are_no_news() {
    let mut bot = Bot::starts(&at(100).followers(followers_of(1..=10)));
    let left: Vec<_> = [2, 3, 5, 8, 9].into_iter().collect();
    let mut list = moved(left.into_iter(), HOUR);
    list.push(follower("older", HOUR - 5));
    assert_eq!(bot.hears(&at(110).followers(list)), NOTHING);
}

#[test]
fn two_that_moved_may_have_followed_again() {
    let mut bot = Bot::starts(&at(100).followers(followers_of(1..=2)));
    assert_eq!(bot.hears(&at(HOUR + 100).followers(moved(1..=2, HOUR))).len(), 2);
}

#[test]
fn other_moves_than_quarters_of_an_hour_up_to_fourteen_hours_are_news() {
    for by in [600, 15 * HOUR, 14 * HOUR + 900] {
        let mut bot = Bot::starts(&at(100).followers(followers_of(1..=5)));
        assert_eq!(bot.hears(&at(110).followers(moved(1..=5, by))).len(), 5, "{by}");
    }
}

#[test]
fn who_followed_again_between_the_two_answers_is_told() {
    let mut bot = Bot::starts(&at(100).followers(followers_of(91..=95)));
    assert_eq!(bot.hears(&at(HOUR + 100).followers(moved(91..=95, HOUR))).len(), 5);
}

#[test]
fn others_than_followers_carry_text_or_money_and_are_told() {
    let lines = |by: i64| (1..=5).rev().map(|second| message("ada", &format!("line {second}"), second + by)).collect::<Vec<_>>();
    let subscribers = |by: i64| (1..=5).rev().map(|second| subscriber(&format!("s{second}"), 500, second + by)).collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(100).live("s", lines(0)).subscribers(subscribers(0)));
    assert_eq!(bot.hears(&at(110).live("s", lines(HOUR)).subscribers(subscribers(HOUR))).len(), 10);
}

#[test]
fn floor_moves_along() {
    let mut bot = Bot::starts(&at(100).followers(followers_of(11..=20)));
    bot.hears(&at(110).followers(moved(11..=20, HOUR)));
    let mut list = moved(12..=20, HOUR);
    list.push(follower("old", HOUR + 5));
    assert_eq!(bot.hears(&at(120).followers(list)), NOTHING);
    assert_eq!(bot.hears(&at(130).live("s", json!([]))), ["[s] started"]);
}

#[test]
fn shift_is_seen_though_an_older_follow_came_back_behind_the_list() {
    let mut bot = Bot::starts(&at(3).followers([follower("d", 2), follower("c", 1), follower("b", 0), follower("a", 0)]));
    let list = [follower("d", 3602), follower("c", 3601), follower("b", 3600), follower("a", 3600), follower("old", 3596)];
    assert_eq!(bot.hears(&at(3).followers(list)), ["old followed @3596"]);
}

#[test]
fn shift_is_seen_however_the_list_continues_the_one_before() {
    let list = |pairs: &[(&str, i64)]| pairs.iter().map(|(name, second)| follower(name, *second)).collect::<Vec<_>>();
    let mut heard = Vec::new();
    for picture in ["a", "b"] {
        let mut bot = Bot::starts(&at(1).max_num_results(2).followers(list(&[("c", 0), ("b", 0), ("a", 0)])));
        assert_eq!(bot.hears(&at(-3599).max_num_results(2).followers(list(&[("c", 3600), ("b", 3600), ("a", 3600)]))), NOTHING);
        bot.hears(&at(1).max_num_results(2).followers(list(&[("c", 0), ("b", 0), ("a", 0)])));
        let mut shown = list(&[("d", 1), ("c", 0), ("b", 0), ("a", 0)]);
        shown[2]["profile_pic_url"] = json!(picture);
        heard.push(bot.hears(&at(1).max_num_results(2).followers(shown)));
    }
    assert_eq!(heard[0], heard[1]);
}
