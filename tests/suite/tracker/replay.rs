//! What the first answer shows, told as well.

use rumble_live::Tracker;
use serde_json::json;

use crate::answer::{Bot, NOTHING, at, followed, followers_of, gift, messages_of, rant, subscriber};

#[test]
fn replay_tells_what_the_first_answer_shows_and_no_gap() {
    let first = at(20).followers(followers_of(1..=10)).subscribers([subscriber("ada", 500, 3)]).gifts([gift("ada", 5, 5)]).live_with_rants(
        "s",
        messages_of(4..=4),
        [rant("ada", "yo", 500, 4)],
    );
    let (mut bot, heard) = Bot::replays(&first);
    assert_eq!(heard[..2], ["ready", "[s] already live"]);
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
    assert_eq!(heard, ["[s] already live", "f1 followed @1", "f2 followed @2", "[s] ada: line 3 @3", "[s] ada: line 4 @4"]);
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
