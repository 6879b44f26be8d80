//! What is yielded by watchers that are restarted from checkpoints, between any two events, is what one that goes on yields.

use std::collections::{BTreeSet, HashSet};

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use rumble_live::{Checkpoint, ErrorKind, Event, EventId};

use super::{
    agreement::moves_and_refusals,
    cases,
    generate::{history, plain_history},
    history::{Entry, History, List},
    said::{Said, Which, said_by},
};
use crate::{
    checkpoint::{MOST_BYTES, tells_nothing},
    tape::{Tape, at_once},
};

/// Which answer is the first after a restart.
#[derive(Clone, Copy, Debug, PartialEq)]
enum After {
    /// The one whose events were not all out; where all were, the next one.
    Unfinished,
    /// The last one that came, in any case.
    Last,
    /// The next one, so that nothing else can tell of what was not out.
    Next,
}

/// What was yielded in all, without what says that polling or a livestream goes on.
#[derive(Debug, Default)]
struct Yielded {
    /// In the order of their kind.
    said: Vec<Said>,
    /// Each once, for one that nothing was yielded after is said again.
    gaps: BTreeSet<Said>,
    /// Whose id was yielded already.
    twice: Vec<Event>,
}

impl Yielded {
    /// Where the stamps of followers are moved, one may get the stamp that it had before.
    fn is_yielded_once(&self, moves_stamps: bool) -> TestCaseResult {
        let twice = self.twice.iter().find(|event| !(moves_stamps && matches!(event, Event::Follower(_))));
        prop_assert!(twice.is_none(), "{twice:?} is yielded twice");
        Ok(())
    }

    /// How many of these were not yielded, and that nothing else was.
    ///
    /// Who is restarted amidst a list that lies within one second, of which the place decides, and knows no direction of it, can only say so: then a
    /// gap of that second stands for the rest.
    fn misses(&self, whole: &[Said]) -> Result<usize, TestCaseError> {
        let mut missing = whole.to_vec();
        for said in &self.said {
            let place = missing.iter().position(|other| other == said);
            prop_assert!(place.is_some(), "{said:?} is yielded only with restarts");
            missing.remove(place.unwrap());
        }
        for said in &missing {
            let is_in_gap = self.gaps.iter().any(|gap| match (said, gap) {
                (Said::New { list, entry, .. }, Said::Gap { list: of, since: Some(since), until, .. }) => {
                    list == of && since == until && entry.at == *until
                }
                _ => false,
            });
            prop_assert!(is_in_gap, "{said:?} is not yielded with restarts");
        }
        Ok(missing.len())
    }
}

fn tape_of(history: &History) -> Tape {
    Tape::new(history.answers().iter().map(|(answer, style)| answer.json(*style)))
}

fn restarts() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![3 => 0..4_u8, 1 => 0..16_u8], 1..12)
}

/// Whether it cannot end because ten answers running are of another account, not even where one comes again after each restart.
fn is_of_one_account(refusals: usize, restarts: &[u8]) -> bool {
    refusals == 0 || refusals + restarts.len() < 10
}

/// All that is yielded when the watcher is restarted after so many events, then after so many more, and so on.
///
/// Each time the next event is in hand already and gets lost with the process; so it is known whether it belongs to the same poll.
async fn listen(tape: &Tape, replay: bool, restarts: &[u8], after: After) -> Result<Yielded, TestCaseError> {
    let mut restarts = restarts.iter().map(|count| count % 16);
    let mut left = restarts.next();
    let mut watcher = tape.watcher(replay, None);
    let mut listener = Listener::default();
    loop {
        let (place, has_polled, checkpoint) = (tape.place(), watcher.polls() > 0, watcher.checkpoint());
        let event = watcher.next().await.expect("the watcher goes on").expect("no error is final here");
        if left == Some(0) {
            let is_unfinished = tape.place() == place;
            let goes_back = match after {
                After::Unfinished => is_unfinished,
                After::Last => has_polled,
                After::Next => false,
            };
            prop_assert!(checkpoint.is_some() || listener.is_silent());
            tape.wind_to(if goes_back || checkpoint.is_none() { place.saturating_sub(1) } else { place });
            watcher = tape.watcher(replay, checkpoint.as_ref().map(through_json).transpose()?);
            prop_assert_eq!(watcher.checkpoint(), checkpoint, "it stays until the first event");
            listener.restart();
            left = restarts.next();
            continue;
        }
        match event {
            Event::Interrupted(interrupted) if interrupted.kind == ErrorKind::Connect => return Ok(listener.finish()),
            event => listener.hear(event)?,
        }
        left = left.map(|left| left - 1);
    }
}

fn through_json(checkpoint: &Checkpoint) -> Result<Checkpoint, TestCaseError> {
    let json = checkpoint.to_json();
    prop_assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    tells_nothing(&serde_json::from_str(&json).unwrap())?;
    let restored = Checkpoint::from_json(json.as_bytes()).unwrap();
    prop_assert_eq!(&restored, checkpoint);
    Ok(restored)
}

/// Hears what is yielded before and after restarts.
#[derive(Default)]
struct Listener {
    is_ready: bool,
    said: Vec<Said>,
    ids: HashSet<EventId>,
    twice: Vec<Event>,
    /// The livestreams that were said to be live and not to have ended.
    live: BTreeSet<usize>,
    /// Those of them that this watcher has not announced yet.
    unannounced: BTreeSet<usize>,
}

impl Listener {
    fn is_silent(&self) -> bool {
        !self.is_ready && self.said.is_empty()
    }

    fn restart(&mut self) {
        self.is_ready = false;
        self.unannounced = self.live.clone();
    }

    fn hear(&mut self, event: Event) -> TestCaseResult {
        match event {
            // Of an answer of another account.
            Event::Interrupted(_) | Event::Resumed(_) => return Ok(()),
            Event::Ready => {
                prop_assert!(!self.is_ready);
                self.is_ready = true;
                return Ok(());
            }
            _ => prop_assert!(self.is_ready),
        }
        if let Some(id) = event.id()
            && !self.ids.insert(id)
        {
            self.twice.push(event.clone());
        }
        let mut said = said_by(event);
        match &mut said {
            Said::Started { stream, already_live, .. } => {
                self.live.insert(*stream);
                if self.unannounced.remove(stream) {
                    prop_assert!(*already_live, "it went on, and was announced once more");
                    return Ok(());
                }
                // Who was restarted before this was out takes it for a plain start.
                *already_live = false;
            }
            Said::Ended { stream, .. } => {
                self.live.remove(stream);
                self.unannounced.remove(stream);
            }
            _ => {}
        }
        self.said.push(said);
        Ok(())
    }

    fn finish(self) -> Yielded {
        let (gaps, mut said): (Vec<_>, Vec<_>) = self.said.into_iter().partition(|said| matches!(said, Said::Gap { .. }));
        said.sort();
        Yielded { said, gaps: gaps.into_iter().collect(), twice: self.twice }
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn restarts_change_nothing_of_what_is_yielded(history in history(), restarts in restarts(), replay: bool) {
        let (moves_stamps, refusals) = moves_and_refusals(&history, replay);
        if !is_of_one_account(refusals, &restarts) {
            return Ok(());
        }
        at_once(async {
            let whole = listen(&tape_of(&history), replay, &[], After::Unfinished).await?;
            let parts = listen(&tape_of(&history), replay, &restarts, After::Unfinished).await?;
            parts.is_yielded_once(moves_stamps)?;
            let missing = parts.misses(&whole.said)?;
            if replay || missing > 0 {
                // Who comes back in the midst of a replay cannot know that nothing came in between, nor what the first counter counted.
                let whole: BTreeSet<_> = whole.gaps.into_iter().filter(|gap| !matches!(gap, Said::Gap { list: List::Gifts, .. })).collect();
                prop_assert!(parts.gaps.is_superset(&whole), "{:?}, but {whole:?}", parts.gaps);
            } else {
                prop_assert_eq!(parts.gaps, whole.gaps);
            }
            Ok(())
        })?;
    }

    #[test]
    fn answer_that_comes_again_after_a_restart_repeats_nothing(history in history(), restarts in restarts(), replay: bool) {
        let (moves_stamps, refusals) = moves_and_refusals(&history, replay);
        if !is_of_one_account(refusals, &restarts) {
            return Ok(());
        }
        at_once(async {
            let whole = listen(&tape_of(&history), replay, &[], After::Last).await?;
            let mut parts = listen(&tape_of(&history), replay, &restarts, After::Last).await?;
            parts.is_yielded_once(moves_stamps)?;
            // What counts answers counts one twice: a livestream may end sooner, and gifts may be given up for which the counter speaks.
            let is_occurrence = |said: &Said| matches!(said, Said::New { .. } | Said::Gift { which: Which::Copy(_), .. });
            let is_set_back = history.answers().windows(2).any(|two| two[1].0.now < two[0].0.now);
            // Where the clock is set back, an answer that comes again is another one than it was before.
            if is_set_back {
                return Ok(());
            }
            parts.said.retain(is_occurrence);
            parts.misses(&whole.said.into_iter().filter(is_occurrence).collect::<Vec<_>>()).map(drop)
        })?;
    }

    #[test]
    fn what_a_restart_loses_of_the_truth_lies_in_an_announced_gap(history in plain_history(), restarts in restarts(), replay: bool) {
        let (mut world, answers) = history.run();
        // The last one often enough, for after a restart there must be another one to tell of what was not out.
        let last = answers.iter().rev().take(1).cycle().take(restarts.len());
        let tape = Tape::new(answers.iter().chain(last).map(|(answer, style)| answer.json(*style)));
        let parts = at_once(listen(&tape, replay, &restarts, After::Next))?;
        parts.is_yielded_once(false)?;
        for list in [List::Followers, List::Subscribers, List::Messages(0), List::Messages(1)] {
            let happened: Vec<Entry> = world.list(list).iter().filter(|entry| entry.at > answers[0].0.now).copied().collect();
            loses_nothing_in_silence(list, world.list(list), &happened, &parts)?;
        }
    }
}

/// `happened` is what happened after the first answer: what was over before anybody looked is no loss.
fn loses_nothing_in_silence(list: List, all: &[Entry], happened: &[Entry], parts: &Yielded) -> TestCaseResult {
    let told: Vec<Entry> = parts
        .said
        .iter()
        .filter_map(|said| {
            if let Said::New { list: of, entry, .. } = said
                && *of == list
            {
                Some(*entry)
            } else {
                None
            }
        })
        .collect();
    for entry in &told {
        let times = |entries: &[Entry]| entries.iter().filter(|other| *other == entry).count();
        prop_assert!(times(&told) <= times(all), "{entry:?} never happened, or not that often");
    }
    // Of equal ones only as many can be told as were shown at once.
    let mut missing: Vec<Entry> = happened.iter().filter(|entry| !told.contains(entry)).copied().collect();
    for gap in &parts.gaps {
        if let Said::Gap { list: of, since, until, at_least } = gap
            && *of == list
        {
            // All that was not told so far, for of equal ones some may be missing from before the gap.
            let so_far = |entries: &[Entry]| entries.iter().filter(|entry| happened.contains(entry) && entry.at <= *until).count();
            let untold = so_far(happened) - so_far(&told);
            let least = at_least.map_or(0, |least| usize::try_from(least).unwrap());
            prop_assert!(least <= untold, "{gap:?} claims {least}, but only {untold} are lost");
            missing.retain(|lost| since.is_some_and(|since| lost.at < since) || lost.at > *until);
        }
    }
    prop_assert!(missing.is_empty(), "{list:?} lost {missing:?}");
    Ok(())
}
