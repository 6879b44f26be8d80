//! What survives a restart: over answers without sockets, and over a real process that is killed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    time::Duration,
};

use proptest::{prelude::*, test_runner::TestCaseResult};
use rumble_live::{
    Checkpoint, Client, ErrorKind, Event, EventId, Gap, StreamId, Tracker, Watcher,
    sim::{Activity, Sim},
};
use serde_json::{Value, json};
use tokio::{
    runtime::Builder,
    task::{JoinHandle, spawn_blocking},
    time::{Instant, sleep, timeout_at},
};

use crate::{
    answer::{Answer, NOTHING, at, follower, followers_of, gift, message, messages_of, rant, subscriber, words},
    property::{Plain, entry_of, yielded},
    tape::{Tape, at_once},
    watch::process::{Bot, Process},
};

pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// The names of all fields, and the values and ids that a checkpoint may hold as they are.
const WORDS: &str = "version memory account type user_id channel_id now followers subscribers gifts livestreams was_shown baseline floor newest \
                     seen counters count total starts_quietly answers most answer known is_live last_seen absence messages rants \
                     stale showed_unseen was_filled start is_closed deaf direction down up lengths unreadable told clean remaining class highest \
                     owed ahead unsettled began_complete was_listed created_on \
                     moved named user 2f 4z 77 78 4f2kx9 7c1f4q 7c1f4r 7c1f4s";

/// All texts are names of fields, ids or hashes.
pub(crate) fn tells_nothing(json: &Value) -> TestCaseResult {
    let is_harmless = |text: &str| {
        let is_hash = text.len() == 32 && text.chars().all(|digit| digit.is_ascii_hexdigit());
        is_hash || WORDS.split_whitespace().any(|word| word == text)
    };
    match json {
        Value::String(text) => prop_assert!(is_harmless(text), "{text}"),
        Value::Array(items) => items.iter().try_for_each(tells_nothing)?,
        Value::Object(fields) => {
            for (name, value) in fields {
                prop_assert!(is_harmless(name), "{name}");
                tells_nothing(value)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// What is heard of these answers, and what is known after the last one. That a livestream goes on is told again after each restart, and left out
/// here.
fn hears(checkpoint: Option<Checkpoint>, answers: &[Answer]) -> (Vec<String>, Checkpoint) {
    let tape = Tape::new(answers.iter().map(Answer::body));
    let resumes = checkpoint.is_some();
    let mut watcher = tape.watcher(false, checkpoint);
    at_once(async {
        assert_eq!(event(&mut watcher).await, Event::Ready);
        let mut heard = Vec::new();
        loop {
            match event(&mut watcher).await {
                Event::Interrupted(_) => return (heard, watcher.checkpoint().unwrap()),
                event if resumes && goes_on(&event) => {}
                event => heard.push(words(&event)),
            }
        }
    })
}

fn goes_on(event: &Event) -> bool {
    matches!(event, Event::StreamStarted(started) if started.already_live)
}

async fn event(watcher: &mut Watcher) -> Event {
    watcher.next().await.expect("the watcher goes on").expect("no error is final here")
}

/// What is known after the first `count` events.
fn known_after(count: usize, answers: &[Answer]) -> Checkpoint {
    let mut watcher = Tape::new(answers.iter().map(Answer::body)).watcher(false, None);
    at_once(async {
        for _ in 0..count {
            event(&mut watcher).await;
        }
        watcher.checkpoint().unwrap()
    })
}

fn known(answers: &[Answer]) -> Checkpoint {
    hears(None, answers).1
}

#[test]
fn nothing_is_known_before_ready() {
    let tape = Tape::new([String::from("<html>"), at(0).body()]);
    let mut watcher = tape.watcher(false, None);
    at_once(async {
        assert!(watcher.checkpoint().is_none());
        assert!(matches!(event(&mut watcher).await, Event::Interrupted(_)));
        assert!(watcher.checkpoint().is_none());
        assert!(matches!(event(&mut watcher).await, Event::Resumed(_)));
        assert!(watcher.checkpoint().is_none());
        assert_eq!(event(&mut watcher).await, Event::Ready);
        assert!(watcher.checkpoint().is_some());
    });
}

#[test]
fn checkpoint_of_another_account_ends_the_watcher_where_only_that_one_answers() {
    let first = at(0).livestream(json!({"id": "7c1f4q", "is_live": true}));
    let of_user = known(std::slice::from_ref(&first));
    let channel = || at(0).with("/type", "channel").add("channel_id", 77);
    let of_channel = known(&[channel()]);
    let others = [
        (&of_user, at(5).with("/user_id", "4f2kx8")),
        (&of_user, at(5).with("/type", "channel")),
        (&of_user, channel()),
        (&of_channel, at(5)),
        (&of_channel, channel().with("/channel_id", 78)),
        (&of_channel, channel().with("/user_id", "4f2kx8")),
    ];
    for (checkpoint, other) in others {
        let mut watcher = Tape::new((0..100).map(|_| other.body()).chain([first.body()])).watcher(false, Some(checkpoint.clone()));
        at_once(async {
            let error = loop {
                match watcher.next().await.unwrap() {
                    Ok(Event::Interrupted(trouble)) => assert_eq!(trouble.kind, ErrorKind::Decode),
                    Ok(event) => panic!("{event}"),
                    Err(error) => break error,
                }
            };
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("another account"), "{error}");
            assert!(watcher.next().await.is_none());
        });
    }
    assert_eq!(hears(Some(of_channel), &[channel()]).0, NOTHING);
}

#[test]
fn other_url_or_name_is_the_same_account() {
    let checkpoint = known(&[at(0).add("username", "Harbour")]);
    let renamed = at(10).add("username", "Lighthouse").followers([follower("ada", 5)]);
    let tape = Tape::new([renamed.body()]);
    for url in ["http://127.0.0.1:81/?key=rolled", "https://rumble.com/-livestream-api/get-data?key=new"] {
        tape.wind_to(0);
        let mut watcher = tape.watcher_at(url, false, Some(checkpoint.clone()));
        at_once(async {
            assert_eq!(event(&mut watcher).await, Event::Ready);
            assert_eq!(words(&event(&mut watcher).await), "ada followed @5");
        });
    }
}

#[test]
fn stream_that_was_told_to_have_started_is_not_told_again() {
    let live = |second| at(second).live("7c1f4q", NOTHING.to_vec()).live("7c1f4r", NOTHING.to_vec());
    // Ready and one of the two starts, which both come in a later poll.
    let checkpoint = known_after(2, &[at(0), live(10)]);
    assert_eq!(hears(Some(checkpoint), &[live(20)]).0, ["[7c1f4r] started"]);
    assert_eq!(hears(Some(known(&[live(0)])), &[live(10)]).0, NOTHING);
}

#[test]
fn stream_that_is_live_is_announced_once_more_after_each_restart() {
    let answer = |second| at(second).live("7c1f4q", NOTHING.to_vec());
    let checkpoint = known(&[at(0), answer(10)]);
    let tape = Tape::new([answer(20), answer(30), answer(40).live("7c1f4r", NOTHING.to_vec())].map(|answer| answer.body()));
    let mut watcher = tape.watcher(false, Some(checkpoint));
    at_once(async {
        assert_eq!(event(&mut watcher).await, Event::Ready);
        assert_eq!(words(&event(&mut watcher).await), "[7c1f4q] already live");
        assert_eq!(words(&event(&mut watcher).await), "[7c1f4r] started", "once, and a new one as such");
    });
}

#[test]
fn stream_that_vanished_meanwhile_has_ended_after_two_answers() {
    let checkpoint = known(&[at(0), at(10).live("7c1f4q", NOTHING.to_vec())]);
    assert_eq!(hears(Some(checkpoint.clone()), &[at(20)]).0, NOTHING);
    assert_eq!(hears(Some(checkpoint.clone()), &[at(20), at(30), at(40)]).0, ["[7c1f4q] ended @10"]);
    // It does not matter between which answers the restart was, or that it was.
    let checkpoint = hears(Some(checkpoint), &[at(20)]).1;
    assert_eq!(hears(Some(checkpoint.clone()), &[at(30)]).0, ["[7c1f4q] ended @10"]);
    assert_eq!(hears(Some(checkpoint), &[at(30).live("7c1f4q", NOTHING.to_vec())]).0, NOTHING);
}

#[test]
fn gap_by_a_restart_claims_no_more_than_was_lost() {
    let before = at(0).follower_counts(0, 0);
    let five = at(10).followers(followers_of(1..=5)).follower_counts(5, 5);
    // Of five two are out.
    let checkpoint = known_after(3, &[before, five]);
    // Three are out of reach.
    let later = at(30).followers(followers_of(6..=15)).follower_counts(15, 15);
    assert_eq!(hears(Some(checkpoint.clone()), &[later]).0[0], "gap in followers @2..6, at least 3");
    // None is, but a counter is a balance and cannot prove it.
    let later = at(30).followers(followers_of(3..=12)).follower_counts(12, 12);
    assert_eq!(hears(Some(checkpoint), &[later]).0[..2], ["gap in followers @2..3, at least 0", "f3 followed @3"]);
}

/// Everything that a checkpoint can hold.
fn full_life() -> [Answer; 4] {
    let early = |second| {
        at(second)
            .followers(followers_of(1..=10))
            .follower_counts(10, 25)
            .subscribers([subscriber("bob", 500, 3)])
            .gifts([gift("gil", 5, 5)])
            .live("7c1f4r", [message("cy", "first", 7)])
            .live_with_rants("7c1f4q", messages_of(1..=9), [rant("dee", "wow", 1050, 9)])
    };
    let late = |second| {
        at(second)
            .followers(followers_of(2..=11))
            .follower_counts(11, 26)
            .subscribers([subscriber("cy", 999, 14), subscriber("bob", 500, 3)])
            .gifts([gift("gil", 5, 2), gift("gil", 5, 0), gift("ann", 10, 10)])
            .live_with_rants(
                "7c1f4q",
                [message("ada", "gg", 15), message("ada", "gg", 15), message("dee", "wow", 9), message("ada", "line 9", 9)],
                [rant("eve", "more", 200, 15), rant("eve", "more", 200, 15), rant("dee", "wow", 1050, 9)],
            )
    };
    [early(10), late(20), late(30), late(40).livestream(json!({"id": "7c1f4s", "is_live": false, "chat": {"recent_messages": null}}))]
}

/// They may never change. A later version of the form gets a file of its own, and these are still read.
const VERSION_1: &str = include_str!("../fixtures/checkpoint-1.json");
const GOLDEN: &str = include_str!("../fixtures/checkpoint-2.json");

#[test]
fn version_2_is_written_as_ever() {
    let (heard, checkpoint) = hears(None, &full_life());
    assert_eq!(heard.len(), 11, "{heard:#?}");
    assert_eq!(checkpoint.to_json() + "\n", GOLDEN);
}

#[test]
fn version_2_is_read_for_good() {
    let checkpoint = Checkpoint::from_json(GOLDEN.as_bytes()).unwrap();
    assert_eq!(checkpoint.to_json() + "\n", GOLDEN);
    tells_nothing_of(GOLDEN);
    goes_on_from(checkpoint);
}

#[test]
fn version_1_is_read_for_good() {
    let checkpoint = Checkpoint::from_json(VERSION_1.as_bytes()).unwrap();
    tells_nothing_of(&checkpoint.to_json());
    goes_on_from(checkpoint);
}

fn tells_nothing_of(golden: &str) {
    let mut golden: Value = serde_json::from_str(golden).unwrap();
    let names = golden["memory"]["livestreams"]["known"].as_object_mut().unwrap();
    assert!(names.remove("7c1f4s").is_some());
    tells_nothing(&golden).unwrap();
}

/// Goes on from what was known after [`full_life`].
fn goes_on_from(checkpoint: Checkpoint) {
    let [.., last] = full_life();
    assert_eq!(hears(Some(checkpoint.clone()), &[last]).0, NOTHING);
    let answer = at(50)
        // f1 is below the floor, f2 at it, f3 and f11 are known; f05 is as old as a known one, but new.
        .followers([follower("f12", 12), follower("f11", 11), follower("f05", 5), follower("f3", 3), follower("f2", 2), follower("f1", 1)])
        .follower_counts(13, 28)
        // Another amount in the same second is another subscription.
        .subscribers([subscriber("bob", 999, 14), subscriber("cy", 999, 14), subscriber("bob", 500, 3)])
        .gifts([gift("ann", 10, 3), gift("ann", 10, 10), gift("gil", 5, 0), gift("gil", 5, 0)])
        // Gone since the second answer.
        .live("7c1f4r", [message("cy", "second", 45), message("cy", "first", 7)])
        .live_with_rants(
            "7c1f4q",
            // A third of two equal ones, the copy of a known rant, one below the floor, one that is known by its second only.
            [
                message("eve", "more", 15),
                message("ada", "gg", 15),
                message("ada", "gg", 15),
                message("ada", "gg", 15),
                message("ada", "hm", 15),
                message("dee", "wow", 9),
                message("ada", "line 1", 1),
            ],
            [rant("eve", "more", 200, 15), rant("eve", "more", 200, 15), rant("eve", "more", 300, 15), rant("dee", "wow", 1050, 9)],
        );
    let expected = [
        "[7c1f4r] started",
        "f05 followed @5",
        "f12 followed @12",
        "bob subscribed for $9.99 @14",
        "[7c1f4q] ada: hm @15",
        "[7c1f4q] ada: gg @15",
        "[7c1f4q] eve ranted $3.00: more @15",
        "[7c1f4r] cy: second @45",
        "ann gifted 10 subscriptions",
    ];
    let (heard, checkpoint) = hears(Some(checkpoint), std::slice::from_ref(&answer));
    assert_eq!(heard, expected);
    assert_eq!(hears(Some(checkpoint), &[answer]).0, NOTHING);
}

#[test]
fn damaged_or_unknown_checkpoint_is_a_config_error_that_quotes_nothing() {
    let golden = GOLDEN.trim_end();
    let cut = (0..golden.len()).map(|length| golden[..length].to_owned());
    let other_version =
        ["0", "3", "-1", "4294967297", "\"1\"", "null", "1.5"].map(|it| golden.replacen("\"version\":2", &format!("\"version\":{it}"), 1));
    let other_json =
        ["null", "[]", "{}", "1", "\"CANARY\"", "{\"version\":1}", "{\"version\":1,\"memory\":\"CANARY\"}", "CANARY", "\u{fe0f}"];
    let more = [format!("{golden}CANARY"), format!("{golden}{golden}"), golden.replace("4f2kx9\"", "CANARY\",\"user_id\":\"CANARY\"")];
    for json in cut.chain(other_version).chain(other_json.map(str::to_owned)).chain(more) {
        let error = Checkpoint::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{json}");
        for text in [format!("{error}"), format!("{error:?}"), format!("{:?}", std::error::Error::source(&error).map(ToString::to_string))]
        {
            let quoted = ["CANARY", "4f2kx9", "7c1f4q", "memory", "seen"].into_iter().find(|word| text.contains(word));
            assert_eq!(quoted, None, "{text}");
        }
    }
    assert!(Checkpoint::from_json(b"\xff\xfe").is_err_and(|error| error.kind() == ErrorKind::Config));
}

/// Visits every number in a JSON value.
fn numbers(json: &Value, path: &str, found: &mut Vec<String>) {
    match json {
        Value::Number(_) => found.push(path.to_owned()),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| numbers(item, &format!("{path}/{index}"), found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| numbers(value, &format!("{path}/{name}"), found)),
        _ => {}
    }
}

#[test]
fn no_number_in_a_checkpoint_makes_a_watcher_panic() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    let mut places = Vec::new();
    numbers(&golden, "", &mut places);
    let [.., last] = full_life();
    let mut read = 0;
    for place in &places {
        for number in [json!(255), json!(u32::MAX), json!(i64::MIN), json!(i64::MAX), json!(u64::MAX)] {
            let mut odd = golden.clone();
            *odd.pointer_mut(place).unwrap() = number;
            for is_live in odd["memory"]["livestreams"]["known"].as_object_mut().unwrap().values_mut() {
                is_live["is_live"] = json!(true);
            }
            if let Ok(checkpoint) = Checkpoint::from_json(odd.to_string().as_bytes()) {
                read += 1;
                hears(Some(checkpoint), &[last.clone(), at(60), at(70)]);
            }
        }
    }
    assert!(read > 50, "{read} of {} places", places.len());
}

#[test]
fn every_event_has_its_forms_whatever_stamps_a_checkpoint_holds() {
    // Years before 0 and after 9999 have no form in RFC 3339.
    for second in [i64::MIN, -99_999_999_999, -62_167_219_201, 253_402_300_800, i64::MAX] {
        let mut odd: Value = serde_json::from_str(GOLDEN).unwrap();
        odd["memory"]["followers"]["newest"] = json!(second);
        odd["memory"]["livestreams"]["known"]["7c1f4q"]["last_seen"] = json!(second);
        let mut tracker = Tracker::resume(Checkpoint::from_json(odd.to_string().as_bytes()).unwrap());
        let answers = [at(60).followers([follower("ada", 55)]), at(70)];
        let events: Vec<_> = answers.iter().flat_map(|answer| tracker.apply(&answer.snapshot())).collect();
        assert!(events.iter().any(|event| matches!(event, Event::StreamEnded(_))));
        for event in events {
            assert!(!event.to_string().is_empty(), "{second}");
            let form = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<Event>(&form).unwrap(), event, "{second}");
        }
    }
}

/// Twenty livestreams with everything full, which began at that second; one entry each second, and each rant among the messages as well.
fn crowd(from: i64) -> Answer {
    let seconds = || (from..from + 50).rev();
    let names = |kind: &'static str| seconds().map(move |second| (format!("{kind}{second}"), second));
    let answer = at(from + 50)
        .max_num_results(50)
        .followers(names("f").map(|(name, second)| follower(&name, second)).collect::<Vec<_>>())
        .subscribers(names("s").map(|(name, second)| subscriber(&name, 500, second)).collect::<Vec<_>>());
    (10..30).fold(answer, |answer, stream| {
        let rants: Vec<_> = seconds().map(|second| rant("dee", &format!("wow {second}"), 500, second)).collect();
        // Of the last rants only, so that there are fewer messages.
        let copies = seconds().skip(25).map(|second| message("dee", &format!("wow {second}"), second));
        let lines = seconds().take(5).map(|second| message("ada", &format!("line {second}"), second));
        answer.live_with_rants(&format!("7c1f{stream}"), lines.chain(copies).collect::<Vec<_>>(), rants)
    })
}

/// What is yielded when the watcher is restarted after every `stride` events, each time with the same answer again; and the largest JSON.
fn crowded(answers: &[Answer], stride: usize) -> (Vec<Event>, usize) {
    let tape = Tape::new(answers.iter().map(Answer::body));
    let mut largest = 0;
    at_once(async {
        let (mut events, mut since) = (Vec::new(), 0);
        let mut watcher = tape.watcher(false, None);
        loop {
            match event(&mut watcher).await {
                Event::Interrupted(_) => return (events, largest),
                Event::Ready => {}
                event => {
                    events.push(event);
                    since += 1;
                }
            }
            if since == stride {
                since = 0;
                let json = watcher.checkpoint().unwrap().to_json();
                largest = largest.max(json.len());
                tape.wind_to(tape.place() - 1);
                watcher = tape.watcher(false, Some(Checkpoint::from_json(json.as_bytes()).unwrap()));
            }
        }
    })
}

#[test]
fn memory_of_twenty_crowded_streams_stays_small_and_repeats_nothing() {
    let answers = [crowd(0), crowd(50), crowd(100)];
    let (whole, _) = crowded(&answers, usize::MAX);
    let (parts, largest) = crowded(&answers, 97);
    assert!(largest <= MOST_BYTES, "{largest} bytes");
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for event in parts.iter().filter(|event| event.id().is_some() || matches!(event, Event::StreamStarted(_))) {
        *times.entry(words(event)).or_default() += 1;
    }
    times.retain(|words, _| !words.ends_with("already live"));
    let repeated: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.is_empty(), "{} of {} repeated: {:?}", repeated.len(), times.len(), &repeated[..repeated.len().min(9)]);
    let more: Vec<_> = parts.iter().filter(|event| event.id().is_some() && !whole.contains(event)).map(words).collect();
    assert!(more.is_empty(), "{} that an uninterrupted one does not tell: {:?}", more.len(), &more[..more.len().min(9)]);
}

#[test]
fn memory_that_had_to_be_cut_keeps_most_of_what_fits() {
    let json = known(&[crowd(0)]).to_json();
    assert!(json.len() > MOST_BYTES * 2 / 3, "{} bytes", json.len());
}

#[test]
fn message_stays_the_copy_of_its_rant_when_the_memory_was_cut() {
    let answers = [crowd(0)];
    let checkpoint = known(&answers);
    assert_eq!(hears(Some(checkpoint), &answers).0, NOTHING);
}

#[test]
fn memory_of_many_empty_streams_stays_small() {
    let list = |second| {
        (0..480).fold(at(second), |answer, number| {
            answer
                .livestream(json!({"id": format!("7c{number:04}"), "is_live": false, "chat": {"recent_messages": [], "recent_rants": []}}))
        })
    };
    let json = known(&[list(0), list(10)]).to_json();
    assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
}

const KILLS: usize = 30;

/// Whether the live chat is heard as well, and what is wrong with it or the polls.
#[derive(Clone, Copy, PartialEq)]
enum LiveChat {
    Off,
    /// It shows lines that no poll shows.
    ShowsMore,
    /// It breaks, and what is said meanwhile may be more than it shows at the start.
    Breaks,
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_loses_nothing_and_repeats_only_what_was_in_hand() {
    loses_nothing_and_repeats_only_what_was_in_hand(LiveChat::Off).await;
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_loses_nothing_that_only_its_live_chat_shows() {
    loses_nothing_and_repeats_only_what_was_in_hand(LiveChat::ShowsMore).await;
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_whose_live_chat_breaks_loses_nothing() {
    loses_nothing_and_repeats_only_what_was_in_hand(LiveChat::Breaks).await;
}

async fn loses_nothing_and_repeats_only_what_was_in_hand(live_chat: LiveChat) {
    let (happened, heard) = killed_again_and_again(Bot::Watcher, live_chat).await;
    let (occurred, repeated) = told_and_repeated(&heard);
    let all = happened.len();
    let lost = lost_without_a_word(happened, &occurred, &heard);
    assert!(lost.is_empty(), "of {all} these were lost: {lost:?}");
    assert!(all > 100 && repeated < KILLS, "{repeated} of {all} came again");
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_with_a_feed_loses_nothing_of_what_any_of_its_readers_gets() {
    feed_loses_nothing_of_what_any_of_its_readers_gets(LiveChat::Off).await;
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_with_a_feed_loses_nothing_that_only_its_live_chat_shows() {
    feed_loses_nothing_of_what_any_of_its_readers_gets(LiveChat::ShowsMore).await;
}

#[cfg(feature = "http")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_process_with_a_feed_whose_live_chat_breaks_loses_nothing() {
    feed_loses_nothing_of_what_any_of_its_readers_gets(LiveChat::Breaks).await;
}

async fn feed_loses_nothing_of_what_any_of_its_readers_gets(live_chat: LiveChat) {
    let (happened, heard) = killed_again_and_again(Bot::Feed, live_chat).await;
    let mut occurred = HashMap::new();
    for events in &heard {
        let mut ids = HashSet::new();
        for event in events {
            let (Some(id), Some(plain)) = (event.id(), yielded(event)) else { continue };
            assert!(ids.insert(id.clone()), "one process repeats {event}");
            occurred.insert(id, plain);
        }
    }
    let all = happened.len();
    let lost = lost_without_a_word(happened, &occurred, &heard);
    assert!(lost.is_empty(), "of {all} these were lost: {lost:?}");
    let gaps = heard.iter().flatten().filter(|event| matches!(event, Event::Gap(_))).count();
    assert!(all > 100 && gaps < KILLS, "{gaps} gaps among {all}");
}

/// What happened to an account while process after process watched it and was killed, and what each of them had said, and then one that was not
/// killed.
async fn killed_again_and_again(bot: Bot, live_chat: LiveChat) -> (Vec<Plain>, Vec<Vec<Event>>) {
    let begun = Instant::now();
    let mut random = fastrand::Rng::with_seed(12);
    let sim = Sim::running(12);
    sim.set_window(80);
    sim.rants_in_chat(true);
    let stream = sim.start_stream("Harbour lights");
    sim.follow("ada");
    sim.subscribe("bob", 500);
    let server = sim.serve().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoint.json");

    let hears_chat = live_chat != LiveChat::Off;
    let start = || Process::start(bot, server.url(), &file, hears_chat);
    let mut process = start();
    while !file.exists() {
        process.hears(Duration::from_millis(20)).await;
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing was saved");
    }
    let baseline = sim.history().len();
    sim.advance(Duration::from_secs(2));
    let life = lives(sim.clone(), stream, live_chat);

    let mut heard = Vec::new();
    for _ in 0..KILLS {
        match (live_chat, random.u8(0..3)) {
            (LiveChat::ShowsMore, 0) => sim.forget_in_polls(random.usize(1..9)),
            (LiveChat::Breaks, 0) => sim.cut_chat(random.usize(0..4000)),
            _ => {}
        }
        let lines = random.usize(0..20);
        // Some are killed while all that polls show is held.
        let patience = Duration::from_millis(if live_chat == LiveChat::Breaks { 300 } else { 5000 });
        while process.heard.len() < lines && process.hears(patience).await {}
        sleep(Duration::from_micros(random.u64(0..30_000))).await;
        heard.push(process.kill().await);
        process = start();
    }
    life.abort();
    sim.live(Activity::NONE);
    heard.push(process.kill().await);
    sim.advance(Duration::from_secs(1));
    let rest = spawn_blocking({
        let sim = sim.clone();
        move || told_from_there_on(&sim, &file, hears_chat)
    });
    heard.push(rest.await.unwrap());
    let happened = sim.history().into_iter().skip(baseline);
    (happened.filter_map(|happened| entry_of(happened.at, happened.what)).collect(), heard)
}

/// Lets much happen, ten seconds in one.
fn lives(sim: Sim, stream: StreamId, live_chat: LiveChat) -> JoinHandle<()> {
    let breaks = live_chat == LiveChat::Breaks;
    let messages_per_second = if breaks { 0.0 } else { 3.0 };
    sim.live(Activity { followers_per_second: 0.6, messages_per_second, rants_per_second: 0.6, ..Activity::default() });
    tokio::spawn(async move {
        for second in 0.. {
            sleep(Duration::from_millis(100)).await;
            // What the live chat alone shows is lost once it has shown fifty more lines to nobody.
            if live_chat != LiveChat::ShowsMore || sim.open_chats() > 0 {
                sim.advance(Duration::from_secs(1));
            }
            // None says the same as another: where one of two is lost to the live chat, the other may be told with its stamp.
            if breaks {
                (0..3).for_each(|nth| sim.message(&stream, "cy", &format!("line {second}.{nth}")));
            }
        }
    })
}

/// What is told from there on, until nothing is held any more.
fn told_from_there_on(sim: &Sim, checkpoint: &Path, live_chat: bool) -> Vec<Event> {
    // Where nothing else is to be done, its time passes at once.
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let client = Client::builder("http://127.0.0.1/?key=any").transport(sim.clone()).build().unwrap();
        let mut watcher = client.watch_builder().resume(Checkpoint::load(checkpoint).unwrap()).live_chat(live_chat).build();
        let end = Instant::now() + Duration::from_secs(120);
        let mut told = Vec::new();
        while let Ok(event) = timeout_at(end, watcher.next()).await {
            told.push(event.unwrap().unwrap());
        }
        told
    })
}

/// What the processes told, and how much of it again, which only the last event of a killed one may be.
fn told_and_repeated(heard: &[Vec<Event>]) -> (HashMap<EventId, Plain>, usize) {
    let mut occurred: HashMap<EventId, Plain> = HashMap::new();
    let mut may_come_again: HashSet<EventId> = HashSet::new();
    let mut repeated = 0;
    for events in heard {
        let ids: Vec<EventId> = events.iter().filter_map(Event::id).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "one process repeats itself");
        for event in events {
            let (Some(id), Some(plain)) = (event.id(), yielded(event)) else { continue };
            if occurred.insert(id.clone(), plain).is_some() {
                assert!(may_come_again.remove(&id), "{event} comes again and was not in hand");
                repeated += 1;
            }
        }
        may_come_again.extend(events.last().and_then(Event::id));
    }
    (occurred, repeated)
}

/// What happened and was neither told nor lies in a gap.
fn lost_without_a_word(happened: Vec<Plain>, occurred: &HashMap<EventId, Plain>, heard: &[Vec<Event>]) -> Vec<Plain> {
    let mut lost = happened;
    for plain in occurred.values() {
        let index = lost.iter().position(|lost| lost == plain);
        lost.swap_remove(index.unwrap_or_else(|| panic!("{plain:?} never happened, or not that often")));
    }
    for event in heard.iter().flatten() {
        if let Event::Gap(Gap { list, since, until, .. }) = event {
            lost.retain(|(of, at, ..)| of != list || since.is_some_and(|since| *at < since) || at > until);
        }
    }
    lost
}

#[test]
fn memory_that_had_to_be_cut_repeats_neither_starts_nor_gifts() {
    let lines = || (1..=44).map(|second| message("dee", &format!("wow {second}"), second)).collect::<Vec<_>>();
    let gifts: Vec<_> = (1..=50).map(|total| gift("ada", total, 0)).collect();
    let answer = (10..50).fold(at(50).max_num_results(50).gifts(gifts), |answer, stream| answer.live(&format!("7c1f{stream}"), lines()));
    let checkpoint = known(std::slice::from_ref(&answer));
    assert!(checkpoint.to_json().len() <= MOST_BYTES);
    assert_eq!(hears(Some(checkpoint), &[answer]).0, NOTHING);
}

#[test]
fn memory_of_ten_thousand_gifts_stays_small_and_repeats_none() {
    let gifts: Vec<_> = (1..=10_000).map(|total| gift("ada", total, 0)).collect();
    let answer = at(0).gifts(gifts);
    let checkpoint = known(std::slice::from_ref(&answer));
    let size = checkpoint.to_json().len();
    assert!(size <= MOST_BYTES, "{size} bytes");
    assert_eq!(hears(Some(checkpoint), &[answer]).0, NOTHING);
}

#[test]
fn memory_that_had_to_be_cut_tells_new_gifts_where_none_was_forgotten() {
    let gifts: Vec<_> = (1..=200).map(|total| gift("ada", total, 0)).collect();
    let first = at(2000).max_num_results(1000).followers(followers_of(1..=2000)).gifts(gifts.clone());
    let checkpoint = known(&[first]);
    let more: Vec<_> = gifts.into_iter().chain([gift("bob", 1, 0)]).collect();
    assert_eq!(hears(Some(checkpoint), &[at(2010).max_num_results(1000).gifts(more)]).0, ["bob gifted a subscription"]);
}

#[test]
fn gift_that_was_told_before_a_restart_is_not_told_again() {
    let gifts = at(10).gifts([gift("bob", 5, 5), gift("ada", 5, 5), gift("ada", 5, 5)]);
    // Ready and one of the gifts, the oldest first.
    let checkpoint = known_after(2, &[at(0), gifts.clone()]);
    assert_eq!(hears(Some(checkpoint), std::slice::from_ref(&gifts)).0, ["ada gifted 5 subscriptions", "bob gifted 5 subscriptions"]);
    let checkpoint = known_after(3, &[at(0), gifts.clone()]);
    assert_eq!(hears(Some(checkpoint), &[gifts]).0, ["bob gifted 5 subscriptions"]);
}

#[test]
fn words_of_any_length_make_no_checkpoint_larger() {
    let json = known(&[at(0).with("/type", "x".repeat(200_000))]).to_json();
    assert!(json.len() < 1000, "{} bytes", json.len());
}

#[test]
fn cut_memory_of_a_hundred_live_streams_keeps_each_of_them() {
    let id = |number: i64| format!("{number:0>64}");
    let list = |second: i64| {
        (0..100).fold(at(second).max_num_results(50), |answer, number| {
            let lines = messages_of(second - 49..=second);
            let mut broken = lines.clone();
            broken.push(json!({"text": "no name"}));
            answer.live_with_rants(&id(number), broken, (0..50).map(|nth| rant("dee", "wow", 500, second - nth)).collect::<Vec<_>>())
        })
    };
    let checkpoint = known(&[list(1000), list(1100), list(1200)]);
    let json = checkpoint.to_json();
    assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    let checkpoint = Checkpoint::from_json(json.as_bytes()).unwrap();
    // None of them starts anew, and none is told to have ended.
    assert_eq!(hears(Some(checkpoint), &[list(1200)]).0, NOTHING);
}

#[test]
fn file_holds_the_old_checkpoint_or_the_new_one_and_errors_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.json");
    assert_eq!(Checkpoint::load(&file).unwrap(), None, "at the first start");
    let (old, new) = (known(&[at(0)]), known(&[at(0), at(10).followers(followers_of(1..=5))]));
    for checkpoint in [&old, &new] {
        checkpoint.save(&file).unwrap();
        assert_eq!(Checkpoint::load(&file).unwrap().as_ref(), Some(checkpoint));
    }
    // A save that was cut short leaves the old one.
    std::fs::write(folder.path().join(".kept.json.1-1.new"), "{").unwrap();
    assert_eq!(Checkpoint::load(&file).unwrap().as_ref(), Some(&new));
    old.save(&file).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "saving leaves nothing else");

    std::fs::write(&file, "{").unwrap();
    let damaged = Checkpoint::load(&file).unwrap_err();
    let folder_instead = Checkpoint::load(folder.path()).unwrap_err();
    let nowhere = new.save(folder.path().join("none/kept.json")).unwrap_err();
    let nameless = new.save("/").unwrap_err();
    for (error, words) in
        [(damaged, "kept.json"), (folder_instead, "cannot be read"), (nowhere, "none/kept.json"), (nameless, "cannot be saved: /")]
    {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn saving_keeps_a_link_and_who_may_read_the_file() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let (file, link) = (folder.path().join("kept.json"), folder.path().join("link.json"));
    let checkpoint = known(&[at(0)]);
    checkpoint.save(&file).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    symlink(&file, &link).unwrap();
    checkpoint.save(&link).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn step_of_the_clock_is_seen_though_a_restart_comes_amid_the_answer_that_shows_it() {
    let late = at(91).followers(followers_of(90..=91));
    let answers = [at(100).live("s", json!([])), at(100), at(90), late.clone()];
    // All but the end of the stream.
    let checkpoint = known_after(4, &answers);
    assert_eq!(hears(Some(checkpoint), &[late]).0, ["[s] ended @100"]);
}

#[test]
fn rest_of_a_replay_is_told_after_a_restart_though_it_stands_behind_what_was_told() {
    let listed = [(8, "m8"), (5, "m5"), (2, "m2"), (0, "m0"), (11, "m11")];
    let first = at(30).live("s", listed.map(|(second, text)| message("ada", text, second)).to_vec());
    let mut watcher = Tape::new([first.body()]).watcher(true, None);
    let checkpoint = at_once(async {
        // Ready, the stream, and the oldest line.
        for _ in 0..3 {
            event(&mut watcher).await;
        }
        watcher.checkpoint().unwrap()
    });
    assert_eq!(hears(Some(checkpoint), &[first]).0.len(), 4);
}

#[test]
fn gifts_told_before_a_restart_amid_an_answer_are_paid_together_with_the_rest_of_it() {
    let counted =
        |now, count: u64, list: Vec<Value>| at(now).with("/gifted_subs", json!({"num_gifted_subs": count, "recent_gifted_subs": list}));
    let list = || vec![gift("ada", 1, 1), gift("ada", 5, 5)];
    // The counter lags behind the list.
    let answers = [counted(0, 0, vec![]), counted(10, 1, list()), counted(20, 6, list()), counted(30, 6, list()), counted(40, 6, list())];
    assert_eq!(hears(None, &answers).0, ["ada gifted 5 subscriptions", "ada gifted a subscription"]);
    let amid = known_after(2, &answers);
    assert_eq!(hears(Some(amid), &answers[1..]).0, ["ada gifted a subscription"], "no gap: all six were told");
}

#[test]
fn memory_of_ten_thousand_equal_gifts_and_of_odd_ids_stays_small() {
    let equal = vec![json!({"purchased_by": "a", "total_gifts": 9_999_999, "remaining_gifts": 9_999_999}); 10_000];
    let odd_ids = (0..100).fold(at(0), |answer, number| {
        let id = format!("{}{number}", "\u{1}".repeat(60));
        answer.live(&id, (1..=50).map(|second| message("dee", "wow", second)).collect::<Vec<_>>())
    });
    for answer in [at(0).gifts(equal), odd_ids] {
        let size = known(&[answer]).to_json().len();
        assert!(size <= MOST_BYTES, "{size} bytes");
    }
}

#[test]
fn stream_of_the_first_answer_was_live_already_though_a_restart_comes_before_its_start_is_told() {
    let live = at(0).live("7c1f4q", NOTHING.to_vec()).live("7c1f4r", NOTHING.to_vec());
    // Ready alone, or with one of the starts.
    for told in [1, 2] {
        let checkpoint = known_after(told, std::slice::from_ref(&live));
        let mut watcher = Tape::new([live.body()]).watcher(false, Some(checkpoint));
        at_once(async {
            assert_eq!(event(&mut watcher).await, Event::Ready);
            for words_of in ["[7c1f4q] already live", "[7c1f4r] already live"] {
                assert_eq!(words(&event(&mut watcher).await), words_of);
            }
        });
    }
}
