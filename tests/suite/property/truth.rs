//! What happened is told, or lies in a gap.

use std::time::Duration;

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use rumble_live::{
    Event, Gap, ListKind, Snapshot, Tracker,
    sim::{Activity, Sim, What},
};
use time::OffsetDateTime;

use super::{
    cases,
    generate::{crowded_history, plain_history},
    history::{Entry, History, List},
    said::{Said, said},
    snapshot,
};

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn what_was_not_yielded_of_the_truth_lies_in_an_announced_gap(history in plain_history()) {
        tells_or_announces(&history)?;
    }

    #[test]
    fn what_was_not_yielded_of_crowded_seconds_lies_in_an_announced_gap(history in crowded_history()) {
        tells_or_announces(&history)?;
    }
}

/// Nothing is told that did not happen, nothing twice, and what is not told lies in a gap that claims no more than that.
fn tells_or_announces(history: &History) -> TestCaseResult {
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
        let all_lost = lost.clone();
        for (since, until, at_least) in gaps {
            let is_in_gap = |lost: &Entry| since.is_none_or(|since| lost.at >= since) && lost.at <= until;
            let least = at_least.map_or(0, |least| usize::try_from(least).unwrap());
            prop_assert!(least <= all_lost.iter().filter(|lost| is_in_gap(lost)).count(), "{least} lost from {since:?} to {until}");
            lost.retain(|lost| !is_in_gap(lost));
        }
        lost.retain(|entry| entry.at > first_now);
        prop_assert!(lost.is_empty(), "{list:?} lost {lost:?}");
    }
    Ok(())
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
