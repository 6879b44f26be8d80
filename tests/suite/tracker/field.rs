//! What befell people with programs of this kind, as sequences of answers, and what should come of each.

use rumble_live::{Snapshot, Tracker};
use serde_json::Value;

use crate::answer::{NOTHING, words_since};

/// 2025-11-23T12:13:20Z, the `now` of the first answer of most files.
const START: i64 = 1_763_900_000;

/// What is told of each answer of a file, without `Ready`; answers of which nothing is told are left out.
///
/// A line whose only member begins with `$` is no answer: it restarts the tracker, from its checkpoint or afresh.
fn told(case: &str) -> Vec<String> {
    let file = format!("tests/suite/fixtures/field/{case}.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut tracker = Tracker::new();
    let mut told = Vec::new();
    for line in lines.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        match value.get("$restart").and_then(Value::as_str) {
            Some("checkpoint") => tracker = Tracker::resume(tracker.checkpoint().unwrap()),
            Some(_) => tracker = Tracker::new(),
            None if value.get("$replay").is_some() => tracker = Tracker::new().replay(true),
            None if value.get("now").is_none() => {}
            None => {
                told.extend(tracker.apply(&Snapshot::from_json(line.as_bytes()).unwrap()).iter().map(|event| words_since(START, event)));
            }
        }
    }
    told.retain(|line| line != "ready");
    told
}

#[test]
fn blank_entries_of_a_local_proxy_are_none_and_the_stream_ends_after_two_answers_without_it() {
    let expected = ["[7a9kq1] already live", "ada followed @15", "[7a9kq1] bea ranted $5.00: for the lamp @16", "[7a9kq1] ended @30"];
    assert_eq!(told("01-passthrough-pads-without-stamp"), expected);
}

#[test]
fn later_rants_of_the_same_person_are_told_equal_ones_too() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] ada ranted $5.00: go on @12",
        "[7a9kq1] ada ranted $5.00: go on @25",
        "[7a9kq1] ada ranted $5.00: go on @25",
    ];
    assert_eq!(told("03-same-person-rants-again"), expected);
}

#[test]
fn gift_and_its_takers_are_told_as_they_are() {
    let expected = [
        "[7a9kq1] already live",
        "amy subscribed for $0.00 @8",
        "bob subscribed for $0.00 @9",
        "cat subscribed for $0.00 @9",
        "ada gifted 3 subscriptions",
    ];
    assert_eq!(told("07-gift-and-its-takers"), expected);
}

#[test]
fn unreadable_rant_takes_no_other_with_it_and_is_counted() {
    let expected = ["[7a9kq1] already live", "[7a9kq1] 1 of the rants cannot be read", "[7a9kq1] bea ranted $1.00: here @5"];
    assert_eq!(told("09-one-rant-unreadable"), expected);
}

#[test]
fn stream_that_goes_on_under_another_id_starts_and_ends_once() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] ada: hi @5",
        "[7a9kz8] started",
        "[7a9kz8] ada: hi @24",
        "[7a9kz8] bea ranted $5.00: welcome back @25",
        "[7a9kz8] ada: back? @26",
        "[7a9kq1] ended @20",
    ];
    assert_eq!(told("10-stream-id-changes"), expected);
}

#[test]
fn live_flag_that_flickers_is_told_each_time() {
    let expected = ["[7a9kq1] started", "[7a9kq1] ended @20", "[7a9kq1] started", "[7a9kq1] ended @40", "[7a9kq1] started"];
    assert_eq!(told("11-live-flag-flaps"), expected);
}

#[test]
fn restart_amid_a_stream_repeats_nothing_and_tells_the_line_in_between() {
    let expected = ["[7a9kq1] started", "[7a9kq1] already live", "[7a9kq1] ada: still here @15", "[7a9kq1] already live"];
    assert_eq!(told("12b-restart-amid-stream-checkpoint"), expected);
}

#[test]
fn line_whose_writer_changes_in_place_is_told_as_new() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] ada: line 0 @1",
        "[7a9kq1] bea: line 1 @2",
        "[7a9kq1] bea: line 2 @3",
        "[7a9kq1] ada: line 3 @4",
        "[7a9kq1] bea: line 4 @5",
        "[7a9kq1] bea: line 5 @6",
        "[7a9kq1] ada: line 6 @7",
        "[7a9kq1] bea: line 7 @8",
        "[7a9kq1] bea: line 8 @9",
        "[7a9kq1] Ada's Channel: line 0 @1",
        "[7a9kq1] Ada's Channel: line 3 @4",
        "[7a9kq1] Ada's Channel: line 6 @7",
    ];
    assert_eq!(told("18-writer-shows-as-channel"), expected);
}

#[test]
fn line_whose_text_changes_in_place_is_told_as_new() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] ada: line 0 @1",
        "[7a9kq1] bea: line 1 @2",
        "[7a9kq1] bea: line 2 @3",
        "[7a9kq1] ada: line 3 @4",
        "[7a9kq1] bea: line 4 @5",
        "[7a9kq1] bea: line 5 @6",
        "[7a9kq1] ada: line 6 @7",
        "[7a9kq1] bea: line 7 @8",
        "[7a9kq1] bea: line 8 @9",
        "[7a9kq1] bea: [message removed] @5",
    ];
    assert_eq!(told("19-line-replaced-in-place"), expected);
}

#[test]
fn other_offset_of_the_same_instants_is_no_news() {
    let expected = ["ada followed @26"];
    assert_eq!(told("20-dst-same-instants"), expected);
}

#[test]
fn each_follow_of_one_person_is_told() {
    let expected = ["ada followed @7", "ada followed @27", "ada followed @47", "ada followed @67"];
    assert_eq!(told("22-follow-and-unfollow"), expected);
}

#[test]
fn first_line_after_nulls_and_empty_lists_is_told() {
    let expected = ["[6zz8hx] already live", "[6zz8hx] ada: first @15"];
    assert_eq!(told("23-nobody-has-said-anything"), expected);
}

#[test]
fn counter_that_moves_before_its_list_is_nothing() {
    assert_eq!(told("26a-count-grows-alone"), NOTHING);
}

#[test]
fn account_fields_that_drift_break_nothing() {
    let expected = ["[7a9kq1] already live", "[7a9kq1] ada: hi @8", "[7a9kq1] bea: yo @18"];
    assert_eq!(told("27-account-fields-drift"), expected);
}

#[test]
fn odd_counters_invent_nothing() {
    let expected = ["[7a9kq1] already live"];
    assert_eq!(told("28-counters-odd"), expected);
}

#[test]
fn amounts_in_dollars_alone_are_read_to_the_cent() {
    let expected =
        ["[7a9kq1] already live", "[7a9kq1] cy ranted $5.00: c @6", "[7a9kq1] bea ranted $4.99: b @7", "[7a9kq1] ada ranted $4.99: a @8"];
    assert_eq!(told("29-dollars-alone"), expected);
}

#[test]
fn marks_of_direction_and_zero_width_are_shown_and_turn_no_line() {
    let expected = [
        "[7a9kq1] already live",
        "\\u{200b}ada\\u{2066} followed @4",
        "ad\\u{202e}gnp.exe followed @5",
        "[7a9kq1] mod\\u{202e}: \\u{202e}evil \\u{2067}x @6",
    ];
    assert_eq!(told("30-names-that-turn-the-line"), expected);
}

#[test]
fn two_spellings_are_two_lines_and_nothing_is_cut() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] Jose\u{301}: ole\u{301} @5",
        "[7a9kq1] José: olé @5",
        "[7a9kq1] 𝓪𝓭𝓪: 𝓓𝓪𝓷 👨\u{200d}👩\u{200d}👧 :r+fire: @6",
    ];
    assert_eq!(told("31-unicode"), expected);
}

#[test]
fn paid_line_in_both_lists_is_one_rant_and_no_message_across_a_restart() {
    let expected = ["[7a9kq1] already live", "[7a9kq1] ada ranted $5.00: for the lamp @6", "[7a9kq1] bea: gm @7", "[7a9kq1] already live"];
    assert_eq!(told("32-paid-line-in-both-lists"), expected);
}

#[test]
fn items_of_unknown_shape_are_counted_and_the_chat_goes_on() {
    let expected = ["[7a9kq1] already live", "[7a9kq1] 1 of the messages cannot be read", "[7a9kq1] ada: welcome raiders @9"];
    assert_eq!(told("33-raids-are-released"), expected);
}

#[test]
fn stream_of_next_week_is_not_taken_for_the_live_one() {
    let expected = ["[7a9kq1] already live", "[7a9kq1] ada: today @5"];
    assert_eq!(told("34-upcoming-before-live"), expected);
}

#[test]
fn viewers_and_likes_alone_are_no_event() {
    let expected = ["[7a9kq1] already live"];
    assert_eq!(told("35-viewers-alone"), expected);
}

#[test]
fn id_with_a_leading_v_is_kept_as_it_is() {
    let expected = ["[v7a9kq1] already live", "ada gifted a subscription"];
    assert_eq!(told("54b-composed-id-with-v"), expected);
}

#[test]
fn stream_that_the_first_answer_lacked_is_told_from_its_first_line_though_its_stamps_are_behind_the_clock() {
    let expected = ["[7a9kq1] started", "[7a9kq1] ada: first! @997", "[7a9kq1] bea: second @1006"];
    assert_eq!(told("55-chat-clock-behind"), expected);
}

#[test]
fn cap_that_rises_from_fifty_to_a_hundred_repeats_nothing_and_is_no_gap() {
    let expected = [
        "[7a9kq1] already live",
        "[7a9kq1] u50: m50 @-10",
        "[7a9kq1] u51: m51 @-9",
        "[7a9kq1] u52: m52 @-8",
        "[7a9kq1] u53: m53 @-7",
        "[7a9kq1] u54: m54 @-6",
        "[7a9kq1] u55: m55 @-5",
        "[7a9kq1] u56: m56 @-4",
    ];
    assert_eq!(told("56-full-list-then-edit-of-cap"), expected);
}
