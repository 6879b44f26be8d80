//! One tracker is for one account.

use serde_json::json;

use crate::answer::{Bot, NOTHING, at, followed, followers_of, messages_of};

const REFUSED: [&str; 1] =
    ["interrupted (1 in a row): the answer belongs to another account and was ignored; the next one may be right; next try in 0.0ns"];

#[test]
fn answer_of_another_account_in_between_is_not_taken() {
    let mut bot = Bot::starts(&at(10).followers(followers_of(1..=3)).live("s", json!([])));
    let other = |now| at(now).with("/user_id", "zzz").followers(followers_of(5..=9)).live("t", messages_of(5..=9));
    assert_eq!(bot.hears(&other(5000)), REFUSED);
    assert_eq!(bot.hears(&at(20).followers(followers_of(1..=4)).live("s", json!([]))), followed(4..=4), "nothing of it is remembered");
    assert_eq!(bot.hears(&other(30)), REFUSED);
}

#[test]
fn ids_are_learned_as_they_appear_and_one_in_common_is_enough() {
    let channel = |now| at(now).add("channel_id", 77);
    let mut bot = Bot::starts(&channel(10).with("/user_id", json!(null)));
    assert_eq!(bot.hears(&channel(20)), NOTHING);
    assert_eq!(bot.hears(&at(30)), NOTHING, "the user's id was learned from the answer before");
    assert_eq!(bot.hears(&channel(40).with("/user_id", "zzz")), NOTHING, "the channel is the same");
    assert_eq!(bot.hears(&at(50).with("/user_id", "zzz")), REFUSED);
}

#[test]
fn ids_are_the_same_in_either_case() {
    let mut bot = Bot::starts(&at(10).live("7c1f4q", messages_of(1..=3)));
    let upper = at(20).with("/user_id", "4F2KX9").live("7C1F4Q", messages_of(1..=4));
    assert_eq!(bot.hears(&upper), ["[7c1f4q] ada: line 4 @4"]);
}
