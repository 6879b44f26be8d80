//! What the tracker says is what the oracle says.

use std::{
    collections::HashSet,
    fmt::{self, Display, Formatter},
};

use proptest::{prelude::*, test_runner::TestCaseResult};
use rumble_live::{Event, EventId, ListKind, Snapshot, StreamId, Tracker};

use super::{
    answer::Answer,
    cases,
    generate::{history, plain_history},
    history::{History, List, Setup, Step},
    oddities::Oddity,
    oracle::Oracle,
    said::{Said, said},
    snapshot,
};

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
        let (mut tracker, mut oracle) = (Tracker::new().replay(replay), Oracle::new(replay));
        for (answer, style) in history.answers() {
            oracle.judge(&answer);
            oracle.judge(&answer);
            let first = tracker.apply(&snapshot(&answer, style));
            // Written in another way, it is the same answer.
            let again = tracker.apply(&snapshot(&answer, style.wrapping_add(77)));
            // A livestream that both do not list is absent from two answers, gifts that both do not list are owed by two, and of two gaps in one list
            // the second comes with the second. An answer of another account is not taken again. That the stamps of followers were moved may be seen
            // in the second, for no time has passed since the first.
            let has_gap = |list, stream: &Option<StreamId>| {
                first.iter().any(|event| matches!(event, Event::Gap(gap) if gap.list == list && gap.stream == *stream))
            };
            let may_come_twice = |event: &Event| match event {
                Event::StreamEnded(_) | Event::Interrupted(_) => true,
                Event::Follower(_) => oracle.has_seen_shift(),
                Event::Gap(gap) if gap.list == ListKind::Followers && oracle.has_seen_shift() => true,
                Event::Gap(gap) => gap.list == ListKind::GiftedSubs || has_gap(gap.list, &gap.stream),
                _ => false,
            };
            let news: Vec<_> = again.iter().filter(|event| !may_come_twice(event)).collect();
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
}

/// Runs the history and compares what each answer yields with what it should.
fn agrees(history: &History, replay: bool) -> TestCaseResult {
    match disagreement(history, replay) {
        None => Ok(()),
        Some(disagreement) => Err(TestCaseError::fail(disagreement.to_string())),
    }
}

/// Where the tracker said something else than it should.
pub(crate) struct Disagreement {
    /// All up to the one of which it did.
    pub(crate) answers: Vec<Answer>,
    pub(crate) said: Vec<Said>,
    pub(crate) should_say: Vec<Said>,
    pub(crate) said_twice: Option<EventId>,
}

impl Display for Disagreement {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "of the last of these answers:")?;
        self.answers.iter().try_for_each(|answer| writeln!(out, "  {answer}"))?;
        writeln!(out, "the tracker says:")?;
        self.said.iter().try_for_each(|said| writeln!(out, "  {said}"))?;
        writeln!(out, "and should say:")?;
        self.should_say.iter().try_for_each(|said| writeln!(out, "  {said}"))?;
        self.said_twice.as_ref().map_or(Ok(()), |id| writeln!(out, "and {id} was said before"))
    }
}

/// Whether the stamps of the followers are moved, and how many answers are of another account, by what the oracle makes of them.
pub(super) fn moves_and_refusals(history: &History, replay: bool) -> (bool, usize) {
    let mut oracle = Oracle::new(replay);
    let refusals = history.answers().iter().filter(|(answer, _)| oracle.judge(answer) == [Said::Refused]).count();
    (oracle.has_seen_shift(), refusals)
}

pub(crate) fn disagreement(history: &History, replay: bool) -> Option<Disagreement> {
    let mut tracker = Tracker::new().replay(replay);
    let mut oracle = Oracle::new(replay);
    let mut ids = HashSet::new();
    let mut answers = Vec::new();
    for (answer, style) in history.answers() {
        if oracle.is_beyond_memory(&answer) {
            break;
        }
        let events = tracker.apply(&snapshot(&answer, style));
        let should_say = oracle.judge(&answer);
        // Of followers whose stamps were moved one may have the stamp that it had before.
        let is_dated = |event: &&Event| !(oracle.has_seen_shift() && matches!(event, Event::Follower(_)));
        let said_twice = events.iter().filter(is_dated).filter_map(Event::id).find(|id| !ids.insert(id.clone()));
        let said = said(events);
        answers.push(answer);
        if said != should_say || said_twice.is_some() {
            return Some(Disagreement { answers, said, should_say, said_twice });
        }
    }
    None
}

#[test]
fn message_stays_the_copy_of_its_rant_when_the_floor_of_the_rants_has_passed_it() {
    let rants = List::Rants(0);
    let hidden = |list| Step::Poll { oddities: vec![Oddity::Hidden(list)], style: 0 };
    let rant_alone_first = vec![
        poll(),
        Step::Wait(1),
        Step::Doubled { stream: 0, who: 1, what: 0 },
        hidden(List::Messages(0)),
        Step::Wait(1),
        Step::Burst { list: rants, tenths: 12, seconds: 0, first: 1 },
        hidden(List::Messages(0)),
        hidden(List::Messages(0)),
        poll(),
    ];
    let both_at_once = vec![
        Step::Doubled { stream: 0, who: 1, what: 0 },
        poll(),
        Step::Burst { list: rants, tenths: 12, seconds: 0, first: 1 },
        poll(),
        poll(),
    ];
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
        Step::Burst { list: rants, tenths: 10, seconds: 0, first: 1 },
        Step::Wait(-3600),
        poll(),
        Step::Doubled { stream: 0, who: 1, what: 0 },
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
    let history = History { setup: Setup::of(5), steps };
    agrees(&history, false).unwrap();
    let mut tracker = Tracker::new();
    history.answers().iter().flat_map(|(answer, style)| said(tracker.apply(&snapshot(answer, *style)))).collect()
}
