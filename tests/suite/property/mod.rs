//! What a tracker yields for random histories of a platform, random polls and odd answers, against a naive reading of the promises.
//!
//! `history` is the truth and when somebody looks, `oddities` is what is answered, `oracle` is what should be said.

mod history;
mod oddities;
mod oracle;

use std::{collections::HashSet, time::Duration};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{RngSeed, TestCaseResult},
};
use rumble_live::{
    Event, EventId, Gap, ListKind, Snapshot, StreamId, Tracker,
    sim::{Activity, Sim, What},
};
use time::OffsetDateTime;

pub(crate) use self::{
    history::{Entry, History, List, history, plain_history},
    oracle::Said,
};
use self::{
    history::{STREAMS, Step, TEXTS, USERS},
    oddities::{Answer, Oddity},
    oracle::Oracle,
};

pub(crate) fn cases(cases: u32) -> ProptestConfig {
    // The same cases each time, so that a check is red for a reason; `PROPTEST_RNG_SEED` gives others.
    let rng_seed = match ProptestConfig::default().rng_seed {
        RngSeed::Random => RngSeed::Fixed(1),
        given @ RngSeed::Fixed(_) => given,
    };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 20_000, rng_seed, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn every_entry_is_yielded_once_in_order_and_every_loss_announced(history in history()) {
        agrees(&history, false)?;
    }

    #[test]
    fn replay_changes_nothing_but_that_there_is_no_baseline(history in history()) {
        agrees(&history, true)?;
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn answer_that_comes_twice_yields_nothing_the_second_time(history in history(), replay in any::<bool>()) {
        let mut tracker = Tracker::new().replay(replay);
        for (answer, style) in history.answers() {
            tracker.apply(&snapshot(&answer, style));
            // Written in another way, it is the same answer.
            let again = tracker.apply(&snapshot(&answer, style.wrapping_add(77)));
            // A livestream that both do not list is absent from two answers.
            let news: Vec<_> = again.iter().filter(|event| !matches!(event, Event::StreamEnded(_))).collect();
            prop_assert!(news.is_empty(), "{news:?}");
        }
    }

    #[test]
    fn replay_yields_all_that_the_first_answer_shows(history in history()) {
        let Some((first, style)) = history.answers().into_iter().next() else { return Ok(()) };
        let first = snapshot(&first, style);
        let events = Tracker::new().replay(true).apply(&first);
        let yielded = |kind| events.iter().filter(|event| event.kind() == kind).count();
        prop_assert_eq!(yielded("ready"), 1);
        prop_assert_eq!(yielded("gap"), 0);
        prop_assert_eq!(yielded("follower"), first.followers().recent.len());
        prop_assert_eq!(yielded("subscriber"), first.subscribers().recent.len());
        let mut streams = HashSet::new();
        let (mut rants, mut lines) = (0, 0);
        for stream in first.livestreams().iter().filter(|stream| streams.insert(stream.id.clone())) {
            rants += stream.chat.recent_rants.len();
            lines += stream.chat.recent_messages.len();
        }
        prop_assert_eq!(yielded("rant"), rants);
        // A rant may stand among the messages as well.
        prop_assert!((lines.saturating_sub(rants)..=lines).contains(&yielded("message")));
    }

    #[test]
    fn who_starts_later_gives_the_same_ids(history in plain_history(), missed in 1..8_usize) {
        let answers: Vec<Snapshot> = history.answers().iter().map(|(answer, style)| snapshot(answer, *style)).collect();
        let ids = |answers: &[Snapshot]| -> HashSet<EventId> {
            let mut tracker = Tracker::new().replay(true);
            answers.iter().flat_map(|answer| tracker.apply(answer)).filter_map(|event| event.id()).collect()
        };
        let later = ids(&answers[missed.min(answers.len() - 1)..]);
        prop_assert!(later.is_subset(&ids(&answers)));
    }

    #[test]
    fn what_was_not_yielded_of_the_truth_lies_in_an_announced_gap(history in plain_history()) {
        let (mut world, answers) = history.run();
        let mut tracker = Tracker::new().replay(true);
        let said: Vec<Said> = answers.iter().flat_map(|(answer, style)| said(tracker.apply(&snapshot(answer, *style)))).collect();
        for list in [List::Followers, List::Subscribers, List::Messages(0), List::Messages(1)] {
            let mut lost = world.list(list).clone();
            let mut gaps = Vec::new();
            for said in &said {
                match said {
                    Said::New { list: of, entry, .. } if *of == list => {
                        let index = lost.iter().position(|lost| lost == entry);
                        prop_assert!(index.is_some(), "{entry:?} never happened, or not that often");
                        lost.remove(index.unwrap());
                    }
                    Said::Gap { list: of, since, until, at_least } if *of == list => gaps.push((*since, *until, *at_least)),
                    _ => {}
                }
            }
            // What was over before anybody looked is no loss.
            let first_now = answers[0].0.now;
            lost.retain(|entry| entry.at > first_now);
            for (since, until, at_least) in gaps {
                let before = lost.len();
                lost.retain(|lost| since.is_some_and(|since| lost.at < since) || lost.at > until);
                prop_assert!(at_least.is_none_or(|least| before - lost.len() == usize::try_from(least).unwrap()));
            }
            prop_assert!(lost.is_empty(), "{list:?} lost {lost:?}");
        }
    }
}

#[test]
fn message_stays_the_copy_of_its_rant_when_the_floor_of_the_rants_has_passed_it() {
    let rants = List::Rants(0);
    let hidden = |list| Step::Poll { oddities: vec![Oddity::Hidden(list)], style: 0 };
    let rant_alone_first = vec![
        poll(),
        Step::Wait(1),
        Step::Doubled { stream: 0, who: 0, what: 0 },
        hidden(List::Messages(0)),
        Step::Wait(1),
        Step::Burst { list: rants, tenths: 12, seconds: 0 },
        hidden(List::Messages(0)),
        hidden(List::Messages(0)),
        poll(),
    ];
    let both_at_once =
        vec![Step::Doubled { stream: 0, who: 0, what: 0 }, poll(), Step::Burst { list: rants, tenths: 12, seconds: 0 }, poll(), poll()];
    for steps in [rant_alone_first, both_at_once] {
        let said = run(steps);
        assert!(!said.iter().any(|said| matches!(said, Said::New { list: List::Messages(_), .. })), "{said:?}");
    }
}

/// Below the floor of the rants it is never told as a rant, so only its message can tell of it.
#[test]
fn message_is_yielded_where_its_rant_came_too_late_to_be_told() {
    let rants = List::Rants(0);
    let said = run(vec![
        Step::Burst { list: rants, tenths: 10, seconds: 0 },
        Step::Wait(-3600),
        poll(),
        Step::Doubled { stream: 0, who: 0, what: 0 },
        Step::Remove { list: rants, nth: 0 },
        poll(),
        Step::Poll { oddities: vec![Oddity::Short(2)], style: 0 },
    ]);
    let new: Vec<List> = said.iter().filter_map(|said| if let Said::New { list, .. } = said { Some(*list) } else { None }).collect();
    assert_eq!(new, [List::Messages(0)]);
}

fn poll() -> Step {
    Step::Poll { oddities: Vec::new(), style: 0 }
}

/// What the history yields, which the oracle confirms.
fn run(steps: Vec<Step>) -> Vec<Said> {
    let history = History { max: 5, steps };
    agrees(&history, false).unwrap();
    let mut tracker = Tracker::new();
    history.answers().iter().flat_map(|(answer, style)| said(tracker.apply(&snapshot(answer, *style)))).collect()
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn nothing_of_a_simulated_life_is_lost_in_silence(
        seed: u64,
        window in 10..20_usize,
        rants_in_chat: bool,
        messages_per_second in 0.0..3.0,
        waits in vec(1..30_u64, 1..12),
    ) {
        let sim = Sim::new(seed);
        sim.set_window(window);
        sim.rants_in_chat(rants_in_chat);
        sim.live(Activity { messages_per_second, rants_per_second: 0.1, ..Activity::default() });
        let mut tracker = Tracker::new().replay(true);
        let mut poll = || tracker.apply(&Snapshot::from_json(&sim.snapshot_json()).unwrap());
        let mut events = poll();
        for wait in waits {
            sim.advance(Duration::from_secs(wait));
            events.extend(poll());
        }

        let mut lost: Vec<_> = sim.history().into_iter().filter_map(|happened| entry_of(happened.at, happened.what)).collect();
        for event in &events {
            let Some(entry) = yielded(event) else { continue };
            let index = lost.iter().position(|lost| *lost == entry);
            prop_assert!(index.is_some(), "{event} never happened, or not that often");
            lost.swap_remove(index.unwrap());
        }
        for event in &events {
            if let Event::Gap(Gap { list, since, until, .. }) = event {
                lost.retain(|(of, at, ..)| of != list || since.is_some_and(|since| *at < since) || at > until);
            }
        }
        prop_assert!(lost.is_empty(), "{lost:?}");
    }
}

pub(crate) type Plain = (ListKind, OffsetDateTime, String, String, u64);

/// What the simulator made happen, where it is an entry of a list.
pub(crate) fn entry_of(at: OffsetDateTime, what: What) -> Option<Plain> {
    match what {
        What::Follow { username } => Some((ListKind::Followers, at, username, String::new(), 0)),
        What::Subscribe { username, amount_cents } => Some((ListKind::Subscribers, at, username, String::new(), amount_cents)),
        What::Message { username, text, .. } => Some((ListKind::Messages, at, username, text, 0)),
        What::Rant { username, text, amount_cents, .. } => Some((ListKind::Rants, at, username, text, amount_cents)),
        _ => None,
    }
}

pub(crate) fn yielded(event: &Event) -> Option<Plain> {
    match event.clone() {
        Event::Follower(event) => Some((ListKind::Followers, event.followed_on, event.username, String::new(), 0)),
        Event::Subscriber(event) => Some((ListKind::Subscribers, event.subscribed_on, event.username, String::new(), event.amount.cents())),
        Event::Message(event) => Some((ListKind::Messages, event.created_on, event.username, event.text, 0)),
        Event::Rant(event) => Some((ListKind::Rants, event.created_on, event.username, event.text, event.amount.cents())),
        _ => None,
    }
}

/// Runs the history and compares what each answer yields with what it should.
fn agrees(history: &History, replay: bool) -> TestCaseResult {
    let mut tracker = Tracker::new().replay(replay);
    let mut oracle = Oracle::new(replay);
    let mut ids = HashSet::new();
    for (nth, (answer, style)) in history.answers().into_iter().enumerate() {
        if oracle.is_beyond_memory(&answer) {
            break;
        }
        let events = tracker.apply(&snapshot(&answer, style));
        for id in events.iter().filter_map(Event::id) {
            prop_assert!(ids.insert(id.clone()), "{id} is yielded twice");
        }
        prop_assert_eq!(said(events), oracle.judge(&answer), "answer {} of {:#?}", nth, history.answers());
    }
    Ok(())
}

fn snapshot(answer: &Answer, style: u8) -> Snapshot {
    let json = answer.json(style);
    Snapshot::from_json(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// The events in the words of the oracle. Of gifts, and of livestreams that end at once, the order among themselves is open.
fn said(events: Vec<Event>) -> Vec<Said> {
    let mut said: Vec<Said> = events.into_iter().map(said_by).collect();
    let is_open =
        |one: &Said, other: &Said| matches!((one, other), (Said::Gift(_), Said::Gift(_)) | (Said::Ended { .. }, Said::Ended { .. }));
    said.chunk_by_mut(is_open).for_each(<[_]>::sort);
    said
}

pub(crate) fn said_by(event: Event) -> Said {
    // Before the hash, an id ends with which of the equal ones it is.
    let copy = event.id().map_or(0, |id| id.to_string().rsplit(':').nth(1).unwrap().parse().unwrap());
    let new = |list, at: OffsetDateTime, user: &str, text: &str, cents| {
        let entry = Entry { at: at.unix_timestamp(), user: known(&USERS, user), text: known(&TEXTS, text), cents };
        Said::New { list, entry, copy }
    };
    match event {
        Event::Ready => Said::Ready,
        Event::StreamStarted(event) => Said::Started(number(&event.stream)),
        Event::StreamEnded(event) => Said::Ended { stream: number(&event.stream), last_seen: event.last_seen.unix_timestamp() },
        Event::Follower(event) => new(List::Followers, event.followed_on, &event.username, "", 0),
        Event::Subscriber(event) => new(List::Subscribers, event.subscribed_on, &event.username, "", event.amount.cents()),
        Event::Message(event) => new(List::Messages(number(&event.stream)), event.created_on, &event.username, &event.text, 0),
        Event::Rant(event) => {
            let list = List::Rants(number(&event.stream));
            new(list, event.created_on, &event.username, &event.text, event.amount.cents())
        }
        Event::GiftedSubs(event) => Said::Gift(known(&USERS, &event.purchased_by)),
        Event::Gap(Gap { list, stream, since, until, at_least, .. }) => {
            let stream = stream.as_ref().map_or(usize::MAX, number);
            let list = match list {
                ListKind::Messages => List::Messages(stream),
                ListKind::Rants => List::Rants(stream),
                ListKind::Followers => List::Followers,
                _ => List::Subscribers,
            };
            Said::Gap { list, since: since.map(OffsetDateTime::unix_timestamp), until: until.unix_timestamp(), at_least }
        }
        other => panic!("a tracker never says {other}"),
    }
}

fn number(stream: &StreamId) -> usize {
    STREAMS.iter().position(|known| *known == stream.as_str()).unwrap()
}

/// The word of the history that this is, to compare it as one.
fn known(words: &[&'static str], word: &str) -> &'static str {
    words.iter().find(|known| **known == word).copied().unwrap_or("a word of nobody")
}
