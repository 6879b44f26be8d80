//! What is yielded by watchers that are restarted from checkpoints is what one that goes on yields.

use proptest::{collection::vec, prelude::*, test_runner::TestCaseResult};
use rumble_live::Event;

use super::{
    agreement::moves_and_refusals,
    answer::Account,
    cases,
    generate::{orderly_history, plain_history},
    history::{Entry, History, List},
    listener::{After, Loss, Yielded, listen},
    said::{Said, Which},
};
use crate::tape::{Tape, at_once};

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

/// Whether answers of one user's several channels are mixed up: a checkpoint may be of another channel than the URL, so who comes back is stricter at
/// first than who goes on.
fn mixes_up_channels(history: &History) -> bool {
    let accounts: Vec<Account> = history.answers().iter().map(|(answer, _)| answer.account).collect();
    accounts.iter().any(|one| accounts.iter().any(|other| one.shares_one_of_two_ids(other)))
}

impl Yielded {
    /// Where the stamps of followers are moved, one may get the stamp that it had before.
    fn is_yielded_once(&self, moves_stamps: bool) -> TestCaseResult {
        let twice = self.twice.iter().find(|event| !(moves_stamps && matches!(event, Event::Follower(_))));
        prop_assert!(twice.is_none(), "{twice:?} is yielded twice");
        Ok(())
    }

    /// Whether these were yielded, and nothing else but the message of a rant that was not.
    ///
    /// Who is restarted amidst a list that lies within one second, of which the place decides, and knows no direction of it, can only say so: then a
    /// gap of that second stands for the rest. And who is restarted between two equal ones cannot tell which of them was out; where the place
    /// decides, the other counts as the older and is no news.
    fn yields(&self, whole: &[Said]) -> TestCaseResult {
        let (mut missing, mut more) = (whole.to_vec(), Vec::new());
        for said in &self.said {
            match missing.iter().position(|other| other == said) {
                Some(place) => drop(missing.remove(place)),
                None => more.push(said),
            }
        }
        for said in more {
            let is_line_of = |rant: &Said| match (said, rant) {
                (Said::New { list: List::Messages(stream), entry, .. }, Said::New { list: List::Rants(of), entry: rant, .. }) => {
                    stream == of && *entry == Entry { cents: 0, ..*rant }
                }
                _ => false,
            };
            prop_assert!(missing.iter().any(is_line_of), "{said} is yielded only with restarts");
        }
        for said in &missing {
            let is_in = |gap: &Loss| matches!(said, Said::New { list, entry, .. } if (*list, Some(entry.at), entry.at) == (gap.list, gap.since, gap.until));
            let is_copy_of = |last: &Said| match (said, last) {
                (Said::New { list, entry, copy }, Said::New { list: of, entry: last, copy: first }) => {
                    list == of && entry == last && copy > first
                }
                _ => false,
            };
            let is_open = self.gaps.iter().any(is_in) || self.last.iter().any(is_copy_of);
            prop_assert!(is_open, "{said} is not yielded with restarts");
        }
        Ok(())
    }

    /// Whether all gaps are told that an uninterrupted watcher tells, and others only in lists of which it tells some as well. Where a gap stands for
    /// more than there, it may count more.
    fn announces(&self, whole: &Self, replay: bool) -> TestCaseResult {
        let misses_some = self.said.len() < whole.said.len();
        // Then it counts twice among the lengths that a list had.
        let knows_other_lengths = self.first_comes_again && !replay;
        for gap in &whole.gaps {
            let is_told =
                self.gaps.iter().any(|other| Loss { at_least: other.at_least, ..*gap } == *other && (misses_some || gap == other));
            // Who comes back amidst a replay cannot know what the first counter of gifts counted.
            let is_open = if gap.list == List::Gifts { replay } else { knows_other_lengths };
            prop_assert!(is_told || is_open, "{gap:?} is not told with restarts");
        }
        for gap in &self.gaps {
            // Nor that nothing came in between.
            let is_open = replay || misses_some || knows_other_lengths || whole.gaps.iter().any(|other| other.list == gap.list);
            prop_assert!(is_open, "{gap:?} is told only with restarts");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(3_000))]

    #[test]
    fn restarts_change_nothing_of_what_is_yielded(history in orderly_history(), restarts in restarts(), replay: bool) {
        let (moves_stamps, refusals) = moves_and_refusals(&history, replay);
        if !is_of_one_account(refusals, &restarts) || mixes_up_channels(&history) {
            return Ok(());
        }
        at_once(async {
            let whole = listen(&tape_of(&history), replay, &[], After::Unfinished).await?;
            let parts = listen(&tape_of(&history), replay, &restarts, After::Unfinished).await?;
            parts.is_yielded_once(moves_stamps)?;
            parts.yields(&whole.said)?;
            parts.announces(&whole, replay)
        })?;
    }

    #[test]
    fn answer_that_comes_again_after_a_restart_repeats_nothing(history in orderly_history(), restarts in restarts(), replay: bool) {
        let (moves_stamps, refusals) = moves_and_refusals(&history, replay);
        if !is_of_one_account(refusals, &restarts) || mixes_up_channels(&history) {
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
            parts.yields(&whole.said.into_iter().filter(is_occurrence).collect::<Vec<_>>())
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
    let entry_of = |said: &Said| match said {
        Said::New { list: of, entry, .. } if *of == list => Some(*entry),
        _ => None,
    };
    let told: Vec<Entry> = parts.said.iter().filter_map(entry_of).collect();
    for entry in &told {
        let times = |entries: &[Entry]| entries.iter().filter(|other| *other == entry).count();
        prop_assert!(times(&told) <= times(all), "{entry:?} never happened, or not that often");
    }
    // Of equal ones only as many can be told as were shown at once.
    let mut missing: Vec<Entry> = happened.iter().filter(|entry| !told.contains(entry)).copied().collect();
    for Loss { since, until, at_least, .. } in parts.gaps.iter().filter(|gap| gap.list == list) {
        // All that was not told so far, for of equal ones some may be missing from before the gap.
        let so_far = |entries: &[Entry]| entries.iter().filter(|entry| happened.contains(entry) && entry.at <= *until).count();
        let untold = so_far(happened) - so_far(&told);
        let least = at_least.map_or(0, |least| usize::try_from(least).unwrap());
        prop_assert!(least <= untold, "a gap from {since:?} to {until} claims {least}, but only {untold} are lost");
        missing.retain(|lost| since.is_some_and(|since| lost.at < since) || lost.at > *until);
    }
    // Who is restarted right after one of several equal ones cannot tell which of them it was, nor what stood between them.
    let is_amid_equal_ones = |lost: &Entry| {
        parts.last.iter().filter_map(entry_of).any(|last| last.at == lost.at && all.iter().filter(|other| **other == last).count() > 1)
    };
    missing.retain(|lost| !is_amid_equal_ones(lost));
    prop_assert!(missing.is_empty(), "{list:?} lost {missing:?}");
    Ok(())
}
