//! What a tracker tells, and what it does not: the promises of the crate, rule by rule.

use std::collections::HashSet;

use rumble_live::{Event, EventId, Tracker};
use serde_json::{Value, json};

use crate::answer::{
    Bot, NOTHING, at, followed, follower, followers_of, gift, message, messages_of, rant, stamp, stamp_with_offset, subscriber, written,
};

// ---------------------------------------------------------------------------------------------------------------------------------------
// Exactly once: what makes two entries the same.

#[test]
fn same_instant_at_another_offset_is_not_repeated() {
    let ada = |hours| json!({"username": "ada", "followed_on": stamp_with_offset(5, hours)});
    let mut bot = Bot::starts(&at(10).followers([ada(-4)]));
    for (second, hours) in [(20, -5), (30, 0), (40, 14), (50, -12), (60, -4)] {
        assert_eq!(bot.hears(&at(second).followers([ada(hours)])), NOTHING, "{hours}");
    }
}

#[test]
fn entry_whose_offset_makes_it_look_old_is_delivered_at_once() {
    let grace = json!({"username": "grace", "followed_on": stamp_with_offset(15, -5)});
    let mut bot = Bot::starts(&at(10).followers([follower("ada", 5)]));
    assert_eq!(bot.hears(&at(20).followers([grace, follower("ada", 5)])), ["grace followed @15"]);
}

#[test]
fn entry_whose_offset_makes_it_look_new_is_not_repeated() {
    let f1 = json!({"username": "f1", "followed_on": stamp_with_offset(1, 9)});
    let mut bot = Bot::starts(&at(20).followers(followers_of(2..=11)));
    let mut list = followers_of(2..=10);
    list.push(f1);
    assert_eq!(bot.hears(&at(30).followers(list)), NOTHING);
}

#[test]
fn list_is_ordered_by_instant_even_where_offsets_differ() {
    let new = [
        json!({"username": "grace", "followed_on": stamp_with_offset(17, -5)}),
        json!({"username": "linus", "followed_on": stamp_with_offset(16, 2)}),
        json!({"username": "alan", "followed_on": stamp_with_offset(15, -4)}),
    ];
    let mut bot = Bot::starts(&at(10));
    assert_eq!(bot.hears(&at(20).followers(new)), ["alan followed @15", "linus followed @16", "grace followed @17"]);
}

#[test]
fn fraction_of_a_second_that_appears_makes_no_new_entry() {
    let exact = json!({"username": "ada", "followed_on": "2026-01-01T00:00:05Z"});
    let finer = json!({"username": "ada", "followed_on": "2026-01-01T00:00:05.75Z"});
    let mut bot = Bot::starts(&at(10).followers([exact]));
    assert_eq!(bot.hears(&at(20).followers([finer])), NOTHING);
}

#[test]
fn other_badges_and_another_picture_make_no_new_entry() {
    let promoted = json!({"username": "ada", "text": "hi", "created_on": stamp(5), "badges": ["moderator"], "profile_pic_url": "x"});
    let mut bot = Bot::starts(&at(10).live("s", [message("ada", "hi", 5)]));
    assert_eq!(bot.hears(&at(20).live("s", [promoted])), NOTHING);
}

#[test]
fn second_equal_message_in_one_second_is_delivered() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(10).live("s", [hi(), hi()])), ["[s] ada: hi @5", "[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(20).live("s", [hi(), hi()])), NOTHING);
}

#[test]
fn second_equal_message_in_one_second_is_delivered_when_it_comes_an_answer_later() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(5).live("s", [hi()])), ["[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(6).live("s", [hi(), hi()])), ["[s] ada: hi @5"]);
    assert_eq!(bot.hears(&at(7).live("s", [hi()])), NOTHING);
    assert_eq!(bot.hears(&at(8).live("s", [hi(), hi()])), NOTHING);
}

#[test]
fn second_equal_message_is_delivered_when_the_first_was_baseline() {
    let hi = || message("ada", "hi", 5);
    let mut bot = Bot::starts(&at(5).live("s", [hi()]));
    assert_eq!(bot.hears(&at(6).live("s", [hi(), hi()])), ["[s] ada: hi @5"]);
}

#[test]
fn different_message_in_the_second_of_a_known_one_is_delivered() {
    let mut bot = Bot::starts(&at(5).live("s", [message("ada", "hi", 5)]));
    let list = [message("grace", "hi", 5), message("ada", "ho", 5), message("ada", "hi", 5)];
    assert_eq!(bot.hears(&at(15).live("s", list)), ["[s] ada: ho @5", "[s] grace: hi @5"]);
}

#[test]
fn same_user_following_again_is_delivered() {
    let bob = || follower("bob", 3);
    let mut bot = Bot::starts(&at(10).followers([follower("ada", 5), bob()]));
    assert_eq!(bot.hears(&at(20).followers([follower("ada", 15), bob()])), ["ada followed @15"]);
    assert_eq!(bot.hears(&at(30).followers([follower("ada", 15), bob()])), NOTHING);
}

#[test]
fn same_user_subscribing_for_another_amount_in_one_second_is_delivered() {
    let mut bot = Bot::starts(&at(0).subscribers([subscriber("ada", 500, -5)]));
    let list = [subscriber("ada", 1000, 5), subscriber("ada", 500, 5), subscriber("ada", 500, -5)];
    assert_eq!(bot.hears(&at(10).subscribers(list)), ["ada subscribed for $5.00 @5", "ada subscribed for $10.00 @5"]);
}

#[test]
fn same_snapshot_twice_tells_nothing() {
    for fixture in ["channel-live", "many-messages", "nulls-and-empties", "official-example", "user-offline", "with-gifts"] {
        let body = std::fs::read(format!("tests/suite/fixtures/{fixture}.json")).unwrap();
        let snapshot = rumble_live::Snapshot::from_json(&body).unwrap();
        for replay in [false, true] {
            let mut tracker = Tracker::new().replay(replay);
            assert_eq!(tracker.apply(&snapshot).first(), Some(&Event::Ready), "{fixture}");
            assert_eq!(tracker.apply(&snapshot), [], "{fixture}");
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Exactly once: the floor.

#[test]
fn late_entry_with_an_older_stamp_is_delivered_while_no_list_was_full() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live("s", messages_of(5..=9)));
    let mut list = messages_of(5..=9);
    list.push(message("grace", "late", 2));
    assert_eq!(bot.hears(&at(20).live("s", list)), ["[s] grace: late @2"]);
}

#[test]
fn late_entry_with_an_older_stamp_is_delivered_above_the_floor_alone() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    let late = |second| {
        let mut list = messages_of(2..=10);
        list.push(message("grace", "late", second));
        list
    };
    assert_eq!(bot.hears(&at(21).live("s", late(1))), NOTHING, "at the floor");
    assert_eq!(bot.hears(&at(22).live("s", late(0))), NOTHING, "below the floor");
    assert_eq!(bot.hears(&at(23).live("s", late(2))), ["[s] grace: late @2"], "above the floor");
}

#[test]
fn unfollow_that_brings_an_old_entry_back_repeats_nothing() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    assert_eq!(bot.hears(&at(30).followers(followers_of(2..=11))), ["f11 followed @11"]);
    let without_f5 = followers_of((1..=4).chain(6..=11));
    assert_eq!(bot.hears(&at(40).followers(without_f5)), NOTHING);
}

#[test]
fn unfollow_that_brings_an_entry_from_before_the_start_into_the_list_tells_nothing() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(2..=11)));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=10))), NOTHING);
    assert_eq!(bot.hears(&at(40).followers(followers_of(0..=9))), NOTHING);
}

#[test]
fn deletion_that_brings_an_old_message_back_repeats_nothing() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live("s", messages_of(1..=10)));
    bot.hears(&at(20).live("s", messages_of(6..=15)));
    assert_eq!(bot.hears(&at(30).live("s", messages_of((3..=12).filter(|second| *second != 9)))), NOTHING);
}

#[test]
fn floor_never_falls() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    bot.hears(&at(30).followers(followers_of(5..=14)));
    bot.hears(&at(40).followers(followers_of(1..=10)));
    let strangers: Vec<_> = (1..=5).rev().map(|second| follower("grace", second)).collect();
    assert_eq!(bot.hears(&at(50).followers(strangers)), NOTHING);
}

#[test]
fn list_is_full_from_nine_tenths_of_the_cap() {
    for (listed, is_full) in [(50, true), (49, true), (45, true), (44, false)] {
        let mut bot = Bot::starts(&at(100).max_num_results(50).followers(followers_of(1..=listed)));
        let mut list = followers_of(1..=listed);
        list.push(follower("old", 0));
        let expected = if is_full { vec![] } else { vec!["old followed @0"] };
        assert_eq!(bot.hears(&at(110).max_num_results(50).followers(list)), expected, "{listed} of 50");
    }
}

#[test]
fn unreadable_entries_count_towards_a_full_list() {
    let mut list = followers_of(2..=9);
    list.extend([json!({"username": "no instant"}), json!(null)]);
    let mut bot = Bot::starts(&at(20).followers(list));
    assert_eq!(bot.hears(&at(30).followers(followers_of(1..=9))), NOTHING);
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Exactly once: lists that are not there.

#[test]
fn list_that_is_missing_from_one_answer_repeats_nothing_after() {
    for hole in [json!(null), json!([]), json!("x"), json!(7), json!(false)] {
        let known = at(10).followers(followers_of(1..=5)).live("s", messages_of(1..=5));
        let mut bot = Bot::starts(&known);
        let holed = at(20).followers(hole.clone()).live("s", hole.clone());
        assert_eq!(bot.hears(&holed), NOTHING, "{hole}");
        assert_eq!(bot.hears(&known), NOTHING, "{hole}");
        let later = at(30).followers(followers_of(1..=6)).live("s", messages_of(1..=6));
        assert_eq!(bot.hears(&later), ["f6 followed @6", "[s] ada: line 6 @6"], "{hole}");
    }
}

#[test]
fn list_of_another_kind_is_not_an_empty_one() {
    for field in ["followers", "subscribers", "gifted_subs"] {
        let known = at(10).followers(followers_of(1..=5)).subscribers([subscriber("ada", 500, 5)]).gifts([gift("ada", 5, 5)]);
        let mut bot = Bot::starts(&known);
        assert_eq!(bot.hears(&known.clone().without(field)), NOTHING, "{field}");
        assert_eq!(bot.hears(&known.clone().with(&format!("/{field}"), json!([]))), NOTHING, "{field}");
        assert_eq!(bot.hears(&known), NOTHING, "{field}");
    }
}

#[test]
fn list_that_is_null_at_first_becomes_baseline_up_to_the_first_instant() {
    for hole in [json!(null), json!("x")] {
        let mut bot = Bot::starts(&at(10).followers(hole.clone()).live("s", hole.clone()));
        let shown = at(20).followers(followers_of(9..=12)).live("s", messages_of(9..=12));
        let expected = ["f11 followed @11", "[s] ada: line 11 @11", "f12 followed @12", "[s] ada: line 12 @12"];
        assert_eq!(bot.hears(&shown), expected, "{hole}");
    }
}

#[test]
fn livestream_that_is_missing_from_the_first_answer_has_its_older_chat_as_baseline() {
    for first in [at(10), at(10).without("livestreams"), at(10).with("/livestreams", json!(null))] {
        let mut bot = Bot::starts(&first);
        let heard = bot.hears(&at(20).live_with_rants("s", messages_of(9..=12), [rant("bob", "yo", 500, 12), rant("bob", "yo", 500, 10)]));
        assert_eq!(heard, ["[s] started", "[s] ada: line 11 @11", "[s] ada: line 12 @12", "[s] bob ranted $5.00: yo @12"]);
    }
}

#[test]
fn only_the_first_showing_of_a_list_can_be_baseline() {
    let mut bot = Bot::starts(&at(10).followers(json!(null)));
    assert_eq!(bot.hears(&at(20).followers([follower("ada", 5)])), NOTHING);
    assert_eq!(bot.hears(&at(30).followers([follower("ada", 5), follower("late", 4)])), ["late followed @4"]);
}

#[test]
fn empty_list_beside_a_counter_above_zero_says_nothing() {
    let mut bot = Bot::starts(&at(10).follower_counts(5, 5));
    assert_eq!(bot.hears(&at(20).follower_counts(6, 6).followers(followers_of((1..=5).chain(15..=15)))), ["f15 followed @15"]);
}

#[test]
fn list_that_is_an_object_with_numbers_for_keys_is_a_list() {
    let mut bot = Bot::starts(&at(10).followers(json!({"0": follower("ada", 5)})));
    let list = json!({"0": follower("grace", 15), "2": follower("ada", 5)});
    assert_eq!(bot.hears(&at(20).followers(list)), ["grace followed @15"]);
}

#[test]
fn latest_ones_that_contradict_the_lists_decide_nothing() {
    let mut first = at(10).followers([follower("ada", 5)]);
    let mut later = at(20).followers([follower("ada", 5)]);
    for answer in [&mut first, &mut later] {
        let parts = [
            ("/followers", json!({"latest_follower": follower("new", 19), "recent_followers": [follower("ada", 5)]})),
            ("/subscribers", json!({"latest_subscriber": subscriber("new", 500, 19), "recent_subscribers": []})),
            ("/gifted_subs", json!({"latest_gifted_sub": gift("new", 5, 5), "recent_gifted_subs": []})),
            (
                "/livestreams",
                json!([{"id": "s", "is_live": true, "chat": {
                    "latest_message": message("new", "hi", 19), "recent_messages": [message("ada", "hi", 5)],
                    "latest_rant": rant("new", "hi", 500, 19), "recent_rants": [],
                }}]),
            ),
        ];
        for (pointer, value) in parts {
            *answer = answer.clone().with(pointer, value);
        }
    }
    let mut bot = Bot::starts(&first);
    assert_eq!(bot.hears(&later), NOTHING);
    let found = later.with("/followers/recent_followers", [follower("new", 19), follower("ada", 5)]);
    assert_eq!(bot.hears(&found), ["new followed @19"], "nor does one that was the latest count as told");
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Order.

#[test]
fn lists_in_any_order_are_told_oldest_first() {
    let newest_first = messages_of(1..=6);
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();
    let shuffled: Vec<_> = [3, 0, 5, 1, 4, 2].map(|place: usize| newest_first[place].clone()).into();
    for list in [newest_first, oldest_first, shuffled] {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&at(10).live("s", list)), written("s", 1..=6));
    }
}

#[test]
fn list_that_flips_its_order_repeats_nothing() {
    let flipped = |seconds| messages_of(seconds).into_iter().rev().collect::<Vec<_>>();
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(10).live("s", messages_of(1..=4))), written("s", 1..=4));
    assert_eq!(bot.hears(&at(20).live("s", flipped(1..=6))), written("s", 5..=6));
    assert_eq!(bot.hears(&at(30).live("s", messages_of(1..=6))), NOTHING);
    assert_eq!(bot.hears(&at(40).live("s", flipped(3..=8))), written("s", 7..=8));
}

#[test]
fn entries_of_one_second_are_told_from_the_oldest_end_of_their_list() {
    let expected = ["[s] ada: one @5", "[s] ada: two @5", "[s] ada: three @5", "[s] ada: later @6"];
    let newest_first =
        [message("ada", "later", 6), message("ada", "three", 5), message("ada", "two", 5), message("ada", "one", 5)].to_vec();
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();
    for list in [newest_first, oldest_first] {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&at(10).live("s", list)), expected);
    }
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let one_second = [message("ada", "two", 5), message("ada", "one", 5)];
    assert_eq!(bot.hears(&at(10).live("s", one_second)), ["[s] ada: one @5", "[s] ada: two @5"]);
}

#[test]
fn one_answer_is_told_by_instant_then_by_list_between_starts_and_gifts_and_ends() {
    let mut bot = Bot::starts(&at(0).live("old", json!([])));
    bot.hears(&at(1));
    let answer = at(10)
        .followers([follower("ada", 6), follower("ada", 5)])
        .subscribers([subscriber("ada", 500, 5), subscriber("ada", 500, 4)])
        .gifts([gift("ada", 5, 5)])
        .live_with_rants("a", [message("ada", "hi", 5), message("ada", "hi", 3)], [rant("ada", "yo", 500, 5), rant("ada", "yo", 500, 2)])
        .live_with_rants("b", [message("ada", "hi", 5)], [rant("ada", "yo", 500, 1)]);
    let expected = [
        "[a] started",
        "[b] started",
        "[b] ada ranted $5.00: yo @1",
        "[a] ada ranted $5.00: yo @2",
        "[a] ada: hi @3",
        "ada subscribed for $5.00 @4",
        "ada followed @5",
        "ada subscribed for $5.00 @5",
        "[a] ada: hi @5",
        "[a] ada ranted $5.00: yo @5",
        "[b] ada: hi @5",
        "ada followed @6",
        "ada gifted 5 subscriptions",
        "[old] ended @0",
    ];
    assert_eq!(bot.hears(&answer), expected);
}

#[test]
fn gap_stands_before_the_first_of_its_list_alone() {
    let mut bot = Bot::starts(&at(10).followers(followers_of(1..=3)).subscribers([subscriber("ada", 500, 1)]));
    let answer = at(40).followers(followers_of(30..=31)).subscribers([
        subscriber("ada", 500, 31),
        subscriber("ada", 500, 30),
        subscriber("ada", 500, 20),
        subscriber("ada", 500, 1),
    ]);
    let expected = [
        "ada subscribed for $5.00 @20",
        "gap in followers @3..30",
        "f30 followed @30",
        "ada subscribed for $5.00 @30",
        "f31 followed @31",
        "ada subscribed for $5.00 @31",
    ];
    assert_eq!(bot.hears(&answer), expected);
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Honest gaps.

#[test]
fn more_gained_than_the_list_shows_is_a_gap_in_every_list() {
    let subscribers = |second: i64| -> Vec<_> { (second..second + 10).rev().map(|second| subscriber("ada", 500, second)).collect() };
    let rants = |second: i64| -> Vec<_> { (second..second + 10).rev().map(|second| rant("bob", "yo", 500, second)).collect() };
    let answer = |now, first| {
        at(now).followers(followers_of(first..first + 10)).subscribers(subscribers(first)).live_with_rants(
            "s",
            messages_of(first..first + 10),
            rants(first),
        )
    };
    let mut bot = Bot::starts(&answer(20, 1));
    let heard = bot.hears(&answer(120, 101));
    let gaps = ["gap in followers @10..101", "gap in subscribers @10..101", "[s] gap in messages @10..101", "[s] gap in rants @10..101"];
    assert_eq!(heard.iter().filter(|line| line.contains("gap")).collect::<Vec<_>>(), gaps);
    assert_eq!(heard.len(), 4 + 40, "all that is shown is told");
}

#[test]
fn eighty_new_entries_in_a_list_of_fifty_are_fifty_and_a_gap() {
    let mut bot = Bot::starts(&at(100).max_num_results(50).live("s", messages_of(1..=50)));
    let heard = bot.hears(&at(200).max_num_results(50).live("s", messages_of(81..=130)));
    assert_eq!(heard[0], "[s] gap in messages @50..81");
    assert_eq!(heard[1..], written("s", 81..=130));
}

#[test]
fn known_entry_among_the_shown_ones_rules_a_gap_out() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    assert_eq!(bot.hears(&at(30).live("s", messages_of(10..=19))), written("s", 11..=19));
}

#[test]
fn second_of_the_newest_known_entry_without_a_known_one_is_a_gap() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    let mut list = messages_of(11..=19);
    list.push(message("grace", "hi", 10));
    assert_eq!(bot.hears(&at(30).live("s", list)).first().map(String::as_str), Some("[s] gap in messages @10..10"));
}

#[test]
fn second_of_the_newest_known_entry_with_a_known_one_is_no_gap() {
    let mut bot = Bot::starts(&at(20).live("s", messages_of(1..=10)));
    let mut list = messages_of(10..=19);
    list.push(message("grace", "hi", 10));
    assert_eq!(bot.hears(&at(30).live("s", list)).first().map(String::as_str), Some("[s] grace: hi @10"));
}

#[test]
fn list_that_was_replaced_as_a_whole_is_a_gap_even_when_short() {
    let mut bot = Bot::starts(&at(10).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(20).followers(followers_of(15..=15))), ["gap in followers @3..15", "f15 followed @15"]);
}

#[test]
fn gap_tells_how_many_were_lost_at_least() {
    let lost = |before: (u64, u64), after: (u64, u64)| {
        let mut bot = Bot::starts(&at(20).follower_counts(before.0, before.1).followers(followers_of(1..=10)));
        bot.hears(&at(99).follower_counts(after.0, after.1).followers(followers_of(51..=60)))[0].clone()
    };
    assert_eq!(lost((100, 300), (150, 350)), "gap in followers @10..51, at least 40");
    assert_eq!(lost((100, 300), (150, 345)), "gap in followers @10..51, at least 35", "the smaller growth counts");
    assert_eq!(lost((100, 300), (135, 350)), "gap in followers @10..51, at least 25", "the smaller growth counts");
    assert_eq!(lost((100, 300), (105, 305)), "gap in followers @10..51, at least 0", "some unfollowed in between");
    assert_eq!(lost((100, 300), (90, 290)), "gap in followers @10..51, at least 0", "more unfollowed than followed");
}

#[test]
fn gap_tells_what_one_counter_tells_where_the_other_is_missing() {
    let answer =
        |now, count, seconds| at(now).with("/followers", json!({"num_followers": count, "recent_followers": followers_of(seconds)}));
    let mut bot = Bot::starts(&answer(20, json!(100), 1..=10));
    assert_eq!(bot.hears(&answer(99, json!(130), 51..=60))[0], "gap in followers @10..51, at least 20");
    assert_eq!(bot.hears(&answer(199, json!(null), 151..=160))[0], "gap in followers @60..151");
    assert_eq!(bot.hears(&answer(299, json!(190), 251..=260))[0], "gap in followers @160..251");
}

#[test]
fn counter_that_grew_by_exactly_what_is_shown_rules_a_gap_out() {
    let mut bot = Bot::starts(&at(20).follower_counts(100, 300).followers(followers_of(1..=10)));
    let answer = at(99).follower_counts(110, 340).followers(followers_of(51..=60));
    assert_eq!(bot.hears(&answer), followed(51..=60));
}

#[test]
fn list_that_was_known_to_be_empty_and_comes_full_is_a_gap_unless_the_counter_explains_it() {
    let mut bot = Bot::starts(&at(0).follower_counts(0, 0));
    assert_eq!(bot.hears(&at(20).follower_counts(10, 10).followers(followers_of(1..=10))), followed(1..=10));
    let mut bot = Bot::starts(&at(0).follower_counts(0, 0));
    assert_eq!(bot.hears(&at(20).follower_counts(14, 14).followers(followers_of(1..=10)))[0], "gap in followers @..1, at least 4");
}

#[test]
fn counters_that_disagree_with_the_list_decide_nothing_while_a_known_entry_is_shown() {
    let mut bot = Bot::starts(&at(10).follower_counts(100, 300).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(20).follower_counts(500, 900).followers(followers_of(1..=3))), NOTHING, "grew, and the list did not");
    assert_eq!(bot.hears(&at(30).follower_counts(100, 100).followers(followers_of(1..=4))), ["f4 followed @4"], "fell, and the list grew");
    assert_eq!(bot.hears(&at(40).follower_counts(0, 0).followers(followers_of(1..=4))), NOTHING, "are zero beside a list");
}

#[test]
fn nothing_is_a_gap_in_a_list_that_is_missing_or_empty() {
    let mut bot = Bot::starts(&at(20).followers(followers_of(1..=10)));
    for list in [json!(null), json!([])] {
        assert_eq!(bot.hears(&at(30).followers(list)), NOTHING);
    }
    assert_eq!(bot.hears(&at(99).followers(followers_of(51..=52))), ["gap in followers @10..51", "f51 followed @51", "f52 followed @52"]);
}

#[test]
fn livestream_that_starts_with_a_full_chat_is_a_gap_and_all_of_it_is_told() {
    let mut bot = Bot::starts(&at(0));
    let heard = bot.hears(&at(20).live("s", messages_of(1..=10)));
    assert_eq!(heard[..2], ["[s] started", "[s] gap in messages @..1"]);
    assert_eq!(heard[2..], written("s", 1..=10));
}

#[test]
fn livestream_that_starts_with_less_than_a_full_chat_is_no_gap() {
    let mut bot = Bot::starts(&at(0));
    let heard = bot.hears(&at(20).live("s", messages_of(1..=8)));
    assert_eq!(heard[0], "[s] started");
    assert_eq!(heard[1..], written("s", 1..=8));
}

#[test]
fn full_chat_that_reaches_back_before_the_first_answer_is_no_gap() {
    let mut bot = Bot::starts(&at(5));
    let heard = bot.hears(&at(20).live("s", messages_of(1..=10)));
    assert_eq!(heard[0], "[s] started");
    assert_eq!(heard[1..], written("s", 6..=10));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Messages and rants that are the same line.

#[test]
fn rant_that_stands_among_the_messages_too_is_told_once_as_a_rant() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let answer = at(10).live_with_rants("s", [message("ada", "hi", 5)], [rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&answer), ["[s] ada ranted $5.00: hi @5"]);
    assert_eq!(bot.hears(&answer), NOTHING);
}

#[test]
fn message_that_comes_after_its_rant_is_not_told() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = || json!([rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&at(6).live_with_rants("s", json!([]), rants())), ["[s] ada ranted $5.00: hi @5"]);
    assert_eq!(bot.hears(&at(7).live_with_rants("s", [message("ada", "hi", 5)], rants())), NOTHING);
    assert_eq!(bot.hears(&at(8).live_with_rants("s", [message("ada", "hi", 5)], json!([]))), NOTHING, "nor when the rant is gone");
}

#[test]
fn rant_that_comes_after_its_message_is_told_because_money_is_never_dropped() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(6).live("s", [message("ada", "hi", 5)])), ["[s] ada: hi @5"]);
    let both = at(7).live_with_rants("s", [message("ada", "hi", 5)], [rant("ada", "hi", 500, 5)]);
    assert_eq!(bot.hears(&both), ["[s] ada ranted $5.00: hi @5"]);
}

#[test]
fn two_equal_messages_and_one_rant_are_one_of_each_in_any_order_of_arrival() {
    let (hi, paid) = (|| message("ada", "hi", 5), || rant("ada", "hi", 500, 5));
    let (as_message, as_rant) = ("[s] ada: hi @5", "[s] ada ranted $5.00: hi @5");
    let all = at(9).live_with_rants("s", [hi(), hi()], [paid()]);
    let orders = [
        (at(6), vec![], vec![as_message, as_rant]),
        (at(6).live("s", [hi()]), vec![as_message], vec![as_rant]),
        (at(6).live("s", [hi(), hi()]), vec![as_message, as_message], vec![as_rant]),
        (at(6).live_with_rants("s", json!([]), [paid()]), vec![as_rant], vec![as_message]),
        (at(6).live_with_rants("s", [hi()], [paid()]), vec![as_rant], vec![as_message]),
    ];
    for (first, told_first, told_then) in orders {
        let mut bot = Bot::starts(&at(0).live("s", json!([])));
        assert_eq!(bot.hears(&first), told_first);
        assert_eq!(bot.hears(&all), told_then, "after {told_first:?}");
        assert_eq!(bot.hears(&all), NOTHING, "after {told_first:?}");
    }
}

#[test]
fn rant_that_was_baseline_still_accounts_for_its_message() {
    let mut bot = Bot::starts(&at(10).live_with_rants("s", json!(null), [rant("ada", "hi", 500, 5)]));
    assert_eq!(bot.hears(&at(20).live("s", [message("bob", "yo", 15), message("ada", "hi", 5)])), ["[s] bob: yo @15"]);
}

#[test]
fn equal_rants_of_different_amounts_account_for_a_message_each() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let rants = [rant("ada", "hi", 1000, 5), rant("ada", "hi", 500, 5)];
    let messages = [message("ada", "hi", 5), message("ada", "hi", 5), message("ada", "hi", 5)];
    let heard = bot.hears(&at(10).live_with_rants("s", messages, rants));
    assert_eq!(heard, ["[s] ada: hi @5", "[s] ada ranted $5.00: hi @5", "[s] ada ranted $10.00: hi @5"]);
}

#[test]
fn rant_accounts_for_no_message_of_another_second_user_text_or_livestream() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])).live("t", json!([])));
    let messages = [message("ada", "hi", 6), message("bob", "hi", 5), message("ada", "ho", 5)];
    let answer = at(10).live_with_rants("s", messages, [rant("ada", "hi", 500, 5)]).live("t", [message("ada", "hi", 5)]);
    let expected = ["[s] ada: ho @5", "[s] bob: hi @5", "[s] ada ranted $5.00: hi @5", "[t] ada: hi @5", "[s] ada: hi @6"];
    assert_eq!(bot.hears(&answer), expected);
}

#[test]
fn message_of_a_rant_that_sank_below_the_floor_of_the_rants_is_not_told() {
    let rants = |seconds: std::ops::RangeInclusive<i64>| -> Vec<_> { seconds.rev().map(|second| rant("ada", "hi", 500, second)).collect() };
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    bot.hears(&at(10).live_with_rants("s", json!([]), rants(1..=9)));
    bot.hears(&at(20).live_with_rants("s", json!([]), rants(7..=16)));
    assert_eq!(bot.hears(&at(30).live_with_rants("s", [message("ada", "hi", 2)], rants(7..=16))), NOTHING);
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Livestreams.

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
    let mut bot = Bot::starts(&at(10).live("s", messages_of(1..=5)).live("t", json!([])));
    for unreadable in [json!({"id": null, "is_live": true}), json!({"title": "no id"}), json!(null), json!("s"), json!([])] {
        assert_eq!(bot.hears(&at(20).livestream(unreadable.clone()).live("t", json!([]))), NOTHING, "{unreadable}");
    }
    assert_eq!(bot.hears(&at(30).live("s", messages_of(1..=6)).live("t", json!([]))), ["[s] ada: line 6 @6"]);
}

#[test]
fn livestream_that_is_missing_from_six_answers_beside_an_unreadable_one_ended() {
    let mut bot = Bot::starts(&at(10).live("s", json!([])));
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

// ---------------------------------------------------------------------------------------------------------------------------------------
// The server's clock.

#[test]
fn stale_answer_between_two_newer_ones_yields_what_was_not_seen_and_nothing_again() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    assert_eq!(bot.hears(&at(100).live("s", messages_of((1..=3).chain(6..=6)))).len(), 4);
    assert_eq!(bot.hears(&at(50).live("s", messages_of(1..=5))), written("s", 4..=5));
    assert_eq!(bot.hears(&at(110).live("s", messages_of(1..=7))), written("s", 7..=7));
}

#[test]
fn stale_answer_tells_of_no_gap() {
    let mut bot = Bot::starts(&at(100).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(50).followers(followers_of(15..=16))), followed(15..=16));
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
    assert_eq!(bot.hears(&at(200).follower_counts(110, 110).followers(followers_of(151..=160))), followed(151..=160));
}

#[test]
fn answer_is_stale_up_to_ten_minutes_behind_the_newest_and_not_beyond() {
    let gap = "gap in followers @3..15";
    for (second, is_stale) in [(1000, false), (999, true), (400, true), (399, false)] {
        let mut bot = Bot::starts(&at(1000).followers(followers_of(1..=3)));
        let heard = bot.hears(&at(second).followers(followers_of(15..=15)));
        assert_eq!(heard.contains(&gap.to_owned()), !is_stale, "{second}");
        assert!(heard.contains(&"f15 followed @15".to_owned()), "no answer is thrown away");
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
    let mut bot = Bot::starts(&at(4000).followers(followers_of(1..=3)));
    bot.hears(&at(100).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(110).followers(followers_of(105..=105))), ["gap in followers @3..105", "f105 followed @105"]);
}

#[test]
fn clock_that_steps_forward_a_year_loses_and_repeats_nothing() {
    let year = 31_536_000;
    let mut bot = Bot::starts(&at(10).followers(followers_of(1..=3)));
    assert_eq!(bot.hears(&at(year).followers(followers_of((1..=3).chain(year..=year)))), followed(year..=year));
    assert_eq!(bot.hears(&at(20).followers(followers_of((1..=3).chain(15..=15).chain(year..=year)))), followed(15..=15));
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Gifts.

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

// ---------------------------------------------------------------------------------------------------------------------------------------
// Replay.

#[test]
fn replay_tells_what_the_first_answer_shows_and_no_gap() {
    let first = at(20).followers(followers_of(1..=10)).subscribers([subscriber("ada", 500, 3)]).gifts([gift("ada", 5, 5)]).live_with_rants(
        "s",
        messages_of(4..=4),
        [rant("ada", "yo", 500, 4)],
    );
    let (mut bot, heard) = Bot::replays(&first);
    assert_eq!(heard[..2], ["ready", "[s] started"]);
    assert_eq!(heard[2..5], followed(1..=3));
    assert_eq!(heard[5..9], ["ada subscribed for $5.00 @3", "f4 followed @4", "[s] ada: line 4 @4", "[s] ada ranted $5.00: yo @4"]);
    assert_eq!(heard[9..15], followed(5..=10));
    assert_eq!(heard[15..], ["ada gifted 5 subscriptions"]);
    assert_eq!(bot.hears(&first), NOTHING);
}

#[test]
fn replay_has_no_baseline_in_later_answers_either() {
    let (mut bot, heard) = Bot::replays(&at(20).followers(json!(null)).without("gifted_subs").without("livestreams"));
    assert_eq!(heard, ["ready"]);
    let heard = bot.hears(&at(30).followers(followers_of(1..=2)).live("s", messages_of(3..=4)).with("/subscribers", json!(null)));
    assert_eq!(heard, ["[s] started", "f1 followed @1", "f2 followed @2", "[s] ada: line 3 @3", "[s] ada: line 4 @4"]);
}

#[test]
fn replay_tells_gifts_that_are_first_shown_later() {
    let (mut bot, _) = Bot::replays(&at(20).gifts(json!(null)));
    assert_eq!(bot.hears(&at(30).gifts([gift("ada", 5, 5)])), ["ada gifted 5 subscriptions"]);
}

#[test]
fn replay_after_the_first_snapshot_is_without_effect() {
    let mut tracker = Tracker::new();
    tracker.apply(&at(10).followers(followers_of(1..=3)).snapshot());
    let mut tracker = tracker.replay(true);
    assert_eq!(tracker.apply(&at(20).followers(followers_of(1..=3)).snapshot()), []);
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Bounds.

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
fn ten_thousand_livestreams_in_one_answer_are_each_told_once() {
    let many = |answer| (0..10_000).fold(answer, |answer: crate::answer::Answer, number| answer.live(&format!("s{number}"), json!([])));
    let mut bot = Bot::starts(&at(0));
    assert_eq!(bot.hears(&many(at(10))).len(), 10_000);
    assert_eq!(bot.hears(&many(at(20))), NOTHING);
}

#[test]
fn stamps_at_the_edges_of_the_calendar_are_told_once() {
    let edges = ["0001-01-01T00:00:00Z", "0000-01-01T00:00:00+00:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+23:59"];
    for edge in edges {
        let answer = at(20).followers([json!({"username": "ada", "followed_on": edge})]);
        let mut bot = Bot::starts(&at(0));
        assert_eq!(bot.events(&answer).len(), 1, "{edge}");
        assert_eq!(bot.hears(&answer), NOTHING, "{edge}");
    }
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// Ids.

#[test]
fn ids_are_made_as_specified() {
    let mut bot = Bot::starts(&at(0));
    let events = bot.events(&at(10).followers([follower("ada", 5)]).subscribers([subscriber("ada", 500, 5)]).live_with_rants(
        "7c1f4q",
        [message("ada", "hi", 5), message("ada", "hi", 5)],
        [rant("bob", "héllo ❤️", 1050, 5)],
    ));
    let ids: Vec<_> = events.iter().filter_map(Event::id).map(|id| id.to_string()).collect();
    let expected = [
        "follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c",
        "subscriber:1767225605:0:7206b9b643f2b2e23d683fac3000fcc5",
        "message:7c1f4q:1767225605:0:b15ca4062f4388aac345fc3b4db18f4f",
        "message:7c1f4q:1767225605:1:b15ca4062f4388aac345fc3b4db18f4f",
        "rant:7c1f4q:1767225605:0:4641d75809ee271bd13c3832bb421e12",
    ];
    assert_eq!(ids, expected);
    for id in ids {
        assert_eq!(id.parse::<EventId>().unwrap().to_string(), id);
    }
}

#[test]
fn ids_are_the_same_in_trackers_that_started_at_different_times() {
    let hi = || message("ada", "hi", 15);
    let mut early = Bot::starts(&at(0).live("s", json!([])));
    early.hears(&at(15).live_with_rants("s", [hi()], [rant("ada", "yo", 500, 14)]));
    let mut late = Bot::starts(&at(15).live_with_rants("s", [hi()], [rant("ada", "yo", 500, 14)]));
    let answer = at(25).followers(followers_of(18..=20)).subscribers([subscriber("ada", 500, 21)]).live_with_rants(
        "s",
        [hi(), hi()],
        [rant("ada", "yo", 500, 22), rant("ada", "yo", 500, 14)],
    );
    let (by_early, by_late) = (early.events(&answer), late.events(&answer));
    let ids = |events: &[Event]| events.iter().map(Event::id).collect::<Vec<_>>();
    assert_eq!(by_early.len(), 6);
    assert_eq!(ids(&by_early), ids(&by_late));
}

#[test]
fn ids_depend_on_the_instant_and_not_on_its_offset_or_on_pictures_and_badges() {
    let id_of = |message: Value| {
        let mut bot = Bot::starts(&at(0));
        bot.events(&at(10).live("s", [message])).iter().find_map(Event::id)
    };
    let plain = json!({"username": "ada", "text": "hi", "created_on": stamp(5)});
    let adorned = json!({
        "username": "ada", "text": "hi", "created_on": stamp_with_offset(5, -4), "badges": ["admin"], "profile_pic_url": "x",
    });
    assert_eq!(id_of(plain.clone()), id_of(adorned));
    assert_ne!(id_of(plain), id_of(json!({"username": "ad", "text": "ahi", "created_on": stamp(5)})));
}

#[test]
fn text_that_is_no_id_is_refused() {
    let hash = "0".repeat(32);
    for text in [
        String::new(),
        "follower".to_owned(),
        format!("follower:5:0:{hash}0"),
        format!("follower:05:0:{hash}"),
        format!("follower:5:+0:{hash}"),
        format!("follower:s:5:0:{hash}"),
        format!("message:5:0:{hash}"),
        format!("gift:5:0:{hash}"),
        format!("follower:5:0:{}", "F".repeat(32)),
    ] {
        assert_eq!(text.parse::<EventId>().unwrap_err().to_string(), "this is not the id of an event", "{text}");
    }
    let odd = format!("message:odd:id:-5:0:{hash}");
    assert_eq!(odd.parse::<EventId>().unwrap().to_string(), odd);
}

// ---------------------------------------------------------------------------------------------------------------------------------------
// The forms of an event.

/// One event of every kind in its JSON form.
const FORMS: [&str; 17] = [
    r#"{"type":"ready"}"#,
    r#"{"type":"stream_started","stream":"7c1f4q","title":"Sub-a-thon","created_on":"2026-01-01T00:00:01Z"}"#,
    r#"{"type":"stream_started","stream":"7c1f4q","title":"","created_on":null}"#,
    r#"{"type":"stream_ended","stream":"7c1f4q","last_seen":"2026-01-01T00:00:10Z"}"#,
    r#"{"type":"follower","id":"follower:1767225605:0:0bc372ee44a159d0ef8bc5c9a6a5fc7c","username":"ada","followed_on":"2026-01-01T00:00:05Z"}"#,
    r#"{"type":"subscriber","id":"subscriber:1767225606:0:7206b9b643f2b2e23d683fac3000fcc5","username":"ada","amount_cents":500,"subscribed_on":"2026-01-01T00:00:06Z","profile_pic_url":"https://cdn.example.invalid/a.jpeg"}"#,
    r#"{"type":"gifted_subs","purchased_by":"ada","total_gifts":5,"remaining_gifts":2,"gift_type":"rumble","video_id":443484890}"#,
    r#"{"type":"message","id":"message:7c1f4q:1767225607:0:b15ca4062f4388aac345fc3b4db18f4f","stream":"7c1f4q","username":"ada","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":["admin","premium"]}"#,
    r#"{"type":"message","id":"message:7c1f4q:1767225607:1:b15ca4062f4388aac345fc3b4db18f4f","stream":"7c1f4q","username":"ada","text":"hi","created_on":"2026-01-01T00:00:07Z","badges":[]}"#,
    r#"{"type":"rant","id":"rant:7c1f4q:1767225608:0:a58a8895ae554ea327a4c6ed5300ac77","stream":"7c1f4q","username":"ada","amount_cents":1050,"text":"","created_on":"2026-01-01T00:00:08Z","expires_on":"2026-01-01T00:02:08Z","badges":[]}"#,
    r#"{"type":"gap","list":"followers","since":"2025-12-31T23:59:59Z","until":"2026-01-01T00:00:05Z","at_least":3}"#,
    r#"{"type":"gap","list":"subscribers","since":null,"until":"2026-01-01T00:00:06Z","at_least":null}"#,
    r#"{"type":"gap","list":"messages","stream":"7c1f4q","since":null,"until":"2026-01-01T00:00:07Z","at_least":null}"#,
    r#"{"type":"gap","list":"rants","stream":"7c1f4q","since":null,"until":"2026-01-01T00:00:08Z","at_least":null}"#,
    r#"{"type":"interrupted","kind":"rate_limited","message":"the server asks for fewer requests","failures":2,"retry_in_seconds":20.5}"#,
    r#"{"type":"resumed","away_seconds":30.0,"failures":2}"#,
    r#"{"type":"lagged","missed":7}"#,
];

#[test]
fn json_form_of_every_kind_is_read_and_written_alike() {
    for form in FORMS {
        let event: Event = serde_json::from_str(form).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), form);
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["type"], event.kind());
        assert_eq!(value.get("id").and_then(Value::as_str), event.id().map(|id| id.to_string()).as_deref());
        assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
    }
    let kinds: HashSet<_> = FORMS.iter().map(|form| serde_json::from_str::<Event>(form).unwrap().kind()).collect();
    assert_eq!(kinds.len(), 12);
}

#[test]
fn json_forms_are_those_of_what_a_tracker_tells() {
    let line = |badges| json!({"username": "ada", "text": "hi", "created_on": stamp_with_offset(7, -5), "badges": badges});
    let subscriber = json!({
        "user": "ada", "amount_cents": 500, "subscribed_on": stamp(6), "profile_pic_url": "https://cdn.example.invalid/a.jpeg",
    });
    let rant = json!({"username": "ada", "amount_cents": 1050, "created_on": stamp(8), "expires_on": stamp(128)});
    let stream = json!({
        "id": "7c1f4q", "title": "Sub-a-thon", "created_on": stamp(1), "is_live": true,
        "chat": {"recent_messages": [line(json!({"0": "admin", "3": "premium"}))], "recent_rants": [rant]},
    });
    let mut bot = Bot::starts(&at(0).follower_counts(10, 10).followers([follower("old", -1)]));
    let mut events = bot.events(
        &at(10)
            .follower_counts(14, 15)
            .followers([json!({"username": "ada", "followed_on": stamp_with_offset(5, -4)})])
            .subscribers([subscriber])
            .gifts([gift("ada", 5, 2)])
            .livestream(stream),
    );
    events.extend(bot.events(&at(10).live("7c1f4q", [line(json!([])), line(json!([]))])));
    events.extend(bot.events(&at(20)));
    events.extend(bot.events(&at(30)));
    let written: Vec<_> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let expected = [FORMS[1], FORMS[10], FORMS[4], FORMS[5], FORMS[7], FORMS[9], FORMS[6], FORMS[8], FORMS[3]];
    assert_eq!(written, expected);
}

#[test]
fn event_is_equal_to_itself_and_keeps_its_id_through_json() {
    let body = std::fs::read("tests/suite/fixtures/many-messages.json").unwrap();
    let events = Tracker::new().replay(true).apply(&rumble_live::Snapshot::from_json(&body).unwrap());
    assert!(events.len() > 50);
    let mut ids = HashSet::new();
    for event in events {
        let back: Event = serde_json::from_str(&serde_json::to_string(&event).unwrap()).unwrap();
        assert_eq!(back, event);
        assert_eq!(back.id(), event.id());
        assert!(event.id().is_none_or(|id| ids.insert(id)), "{event:?} has the id of another");
    }
}

#[test]
fn json_of_an_unknown_kind_or_with_a_broken_id_is_refused() {
    for form in [r#"{"type":"unheard_of"}"#, "{}", r#"{"type":"follower","id":"x","username":"ada","followed_on":"2026-01-01T00:00:05Z"}"#]
    {
        assert!(serde_json::from_str::<Event>(form).is_err(), "{form}");
    }
}

#[test]
fn display_is_a_line_for_a_log() {
    let lines: Vec<_> = FORMS.iter().map(|form| serde_json::from_str::<Event>(form).unwrap().to_string()).collect();
    let expected = [
        "ready",
        "[7c1f4q] live: Sub-a-thon",
        "[7c1f4q] live: ",
        "[7c1f4q] ended, last seen 2026-01-01T00:00:10Z",
        "ada followed",
        "ada subscribed for $5.00",
        "ada gifted 5 subscriptions",
        "[7c1f4q] ada: hi",
        "[7c1f4q] ada: hi",
        "[7c1f4q] ada ranted $10.50: ",
        "at least 3 followers lost between 2025-12-31T23:59:59Z and 2026-01-01T00:00:05Z",
        "subscribers may have been lost before 2026-01-01T00:00:06Z",
        "[7c1f4q] messages may have been lost before 2026-01-01T00:00:07Z",
        "[7c1f4q] rants may have been lost before 2026-01-01T00:00:08Z",
        "interrupted (2 in a row): the server asks for fewer requests; next poll in 20.5s",
        "resumed after 30.0 s and 2 failed polls",
        "fell behind and lost 7 events",
    ];
    assert_eq!(lines, expected);
}

const HOSTILE: &str = "a\n[s] bob: forged\r\u{1b}[2J\u{7}\u{85}\u{2028}\u{9b}z";

#[test]
fn display_is_one_line_whatever_the_texts_hold() {
    let stream = json!({
        "id": "s", "title": HOSTILE, "is_live": true,
        "chat": {"recent_messages": [message(HOSTILE, HOSTILE, 5)], "recent_rants": [rant(HOSTILE, HOSTILE, 500, 5)]},
    });
    assert_one_line_each(stream, 7);
}

#[test]
fn display_is_one_line_even_where_the_id_of_a_livestream_is_not() {
    let stream = json!({
        "id": HOSTILE, "is_live": true,
        "chat": {"recent_messages": [message("ada", "hi", 5)], "recent_rants": [rant("ada", "yo", 500, 5)]},
    });
    assert_one_line_each(stream, 6);
}

/// Displays all that is told of a livestream that comes and goes.
fn assert_one_line_each(stream: Value, least: usize) {
    let mut bot = Bot::starts(&at(0));
    let mut events = bot.events(
        &at(10)
            .followers([follower(HOSTILE, 5)])
            .subscribers([subscriber(HOSTILE, 500, 5)])
            .gifts([gift(HOSTILE, 5, 5)])
            .livestream(stream.clone()),
    );
    let mut later = stream;
    later["chat"]["recent_messages"] = json!([message("ada", "later", 15)]);
    events.extend(bot.events(&at(20).livestream(later)));
    events.extend(bot.events(&at(30)));
    events.extend(bot.events(&at(40)));
    assert!(events.len() >= least);
    for line in events.iter().map(ToString::to_string) {
        assert!(!line.contains(|char: char| char.is_control() || char == '\u{2028}'), "{line:?}");
    }
}

#[test]
fn every_event_has_its_forms_even_at_the_edges_of_the_calendar() {
    for edge in ["0000-01-01T00:00:00-14:00", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59+14:00"] {
        let first = at(20).followers(json!(null));
        let (mut bot, _) = Bot::replays(&first);
        let list = vec![json!({"username": "ada", "followed_on": edge}); 10];
        for event in bot.events(&at(30).followers(list)) {
            assert!(!event.to_string().is_empty(), "{edge}");
            let form = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&form).unwrap(), event, "{edge}");
        }
    }
}

#[test]
fn stamp_without_a_form_in_utc_is_skipped() {
    for beyond in ["0000-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"] {
        let answer = at(20).followers([json!({"username": "ada", "followed_on": beyond}), follower("bob", 5)]);
        let mut bot = Bot::starts(&at(0));
        assert_eq!(bot.events(&answer).len(), 1, "{beyond}");
    }
}

#[test]
fn event_with_the_id_of_another_is_refused() {
    let event = |id: &str| format!(r#"{{"type":"follower","id":"{id}","username":"ada","followed_on":"2026-01-01T00:00:05Z"}}"#);
    let mut bot = Bot::starts(&at(0));
    let own = bot.events(&at(10).followers([follower("ada", 5)]))[0].id().unwrap().to_string();
    assert!(serde_json::from_str::<Event>(&event(&own)).is_ok());
    let another = own.replace("follower:", "rant:s:");
    assert!(serde_json::from_str::<Event>(&event(&another)).is_err());
}

#[test]
fn delivered_entry_is_equal_to_the_one_that_the_snapshot_shows() {
    let mut bot = Bot::starts(&at(0).live("s", json!([])));
    let answer = at(10).live("s", [message("ada", "hi", 5), message("ada", "hi", 5)]);
    for event in bot.events(&answer) {
        let Event::Message(message) = &event else { panic!("{event:?}") };
        assert!(answer.snapshot().livestreams()[0].chat.recent_messages.contains(message));
    }
}
