//! Decides when a failure ends a watcher.
//!
//! A setting that cannot work ends it at once, and so does any other error that
//! does not pass, which only a caller's own transport returns. A refused key
//! ends it at once only if the server's first answer is a refusal, because then
//! the user has most likely pasted a wrong URL. A key that was good before may be
//! refused by a fault of Rumble's, and a bot that ended on that would be down
//! until somebody looks; so refusals must go on for 15 minutes. The same holds
//! for answers of another account. Nothing else that a poll brings ends a
//! watcher.
//!
//! Time alone is not enough: a watcher with an interval of an hour would end on
//! its second refusal. So there must be a number of them, too.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind};

/// How long refusals, or answers for another account, must go on before they
/// end a watcher.
const PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How many refusals there must be.
const REFUSALS: u32 = 5;
/// How many answers for another account there must be.
const STRANGERS: u32 = 10;

/// How a poll ended, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A snapshot of the account.
    Good,
    /// The API refused the key.
    Refused,
    /// A snapshot of another account.
    Stranger,
    /// A setting cannot work, or a transport reports another error that does
    /// not pass.
    Unworkable,
    /// Any other answer that is not a snapshot.
    Answered,
    /// No answer.
    Unanswered,
}

impl Outcome {
    /// What a failed poll counts as.
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            _ if error.is_another_account() => Self::Stranger,
            ErrorKind::Unauthorized => Self::Refused,
            ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Transport => Self::Unanswered,
            _ if error.is_transient() => Self::Answered,
            _ => Self::Unworkable,
        }
    }
}

/// What the watcher does after a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    GoOn,
    /// After so many equal failures within this time.
    GiveUp {
        failures: u32,
        within: Duration,
    },
}

/// Judges the polls of one watcher. Pure: the caller passes the instant.
///
/// It counts refusals from the first one since the last snapshot. Other
/// failures in between neither count nor reset the count. Answers for another
/// account have a count of their own that works the same way.
#[derive(Debug)]
pub(crate) struct Judge {
    /// Whether the key has worked before, or any answer has shown that the URL
    /// leads somewhere. Until then a refusal ends the watcher.
    is_proven: bool,
    refusals: Run,
    strangers: Run,
}

/// A run of equal outcomes without a good one in between.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    since: Option<Instant>,
    count: u32,
}

impl Run {
    /// Counts one more. The run began with the first.
    fn goes_on(&mut self, now: Instant) {
        self.since.get_or_insert(now);
        self.count = self.count.saturating_add(1);
    }

    /// Whether it has been long enough, and there were enough.
    fn is_hopeless(self, least: u32, now: Instant) -> bool {
        self.count >= least && self.lasted(now) >= PATIENCE
    }

    /// How long ago it began.
    fn lasted(self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// Gives up if it is final.
    fn verdict(self, is_final: bool, now: Instant) -> Verdict {
        if is_final { Verdict::GiveUp { failures: self.count, within: self.lasted(now) } } else { Verdict::GoOn }
    }
}

impl Judge {
    /// `is_resumed`: the watcher resumes from a checkpoint, so its key has
    /// worked before.
    pub(crate) fn new(is_resumed: bool) -> Self {
        Self { is_proven: is_resumed, refusals: Run::default(), strangers: Run::default() }
    }

    /// The verdict on a poll that ended at `now`.
    pub(crate) fn judge(&mut self, outcome: Outcome, now: Instant) -> Verdict {
        let is_first_answer = !self.is_proven;
        self.is_proven |= outcome != Outcome::Unanswered;
        match outcome {
            Outcome::Good => {
                (self.refusals, self.strangers) = Default::default();
                Verdict::GoOn
            }
            Outcome::Refused => {
                self.refusals.goes_on(now);
                self.refusals.verdict(is_first_answer || self.refusals.is_hopeless(REFUSALS, now), now)
            }
            Outcome::Stranger => {
                self.strangers.goes_on(now);
                self.strangers.verdict(self.strangers.is_hopeless(STRANGERS, now), now)
            }
            Outcome::Unworkable => Verdict::GiveUp { failures: 1, within: Duration::ZERO },
            Outcome::Answered | Outcome::Unanswered => Verdict::GoOn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome::*, *};

    /// The index of the outcome that ends the watcher. Each outcome comes with
    /// its second.
    fn given_up_at(is_resumed: bool, polls: &[(u64, Outcome)]) -> Option<usize> {
        let start = Instant::now();
        let mut judge = Judge::new(is_resumed);
        polls.iter().position(|(second, outcome)| judge.judge(*outcome, start + Duration::from_secs(*second)) != Verdict::GoOn)
    }

    /// `count` equal outcomes, `distance` seconds apart.
    fn running(outcome: Outcome, count: u64, distance: u64) -> Vec<(u64, Outcome)> {
        (0..count).map(|nth| (nth * distance, outcome)).collect()
    }

    #[test]
    fn refusal_is_final_at_once_only_as_the_first_answer_of_a_fresh_watcher() {
        assert_eq!(given_up_at(false, &[(0, Refused)]), Some(0));
        assert_eq!(given_up_at(false, &[(0, Unanswered), (900, Unanswered), (901, Refused)]), Some(2));
        assert_eq!(given_up_at(true, &[(0, Refused)]), None);
        for answer in [Good, Answered, Stranger] {
            assert_eq!(given_up_at(false, &[(0, answer), (10, Refused)]), None, "{answer:?}");
        }
    }

    #[test]
    fn refusals_are_final_after_fifteen_minutes_and_five() {
        // Many refusals, but not for long enough.
        assert_eq!(given_up_at(true, &running(Refused, 900, 1)), None);
        assert_eq!(given_up_at(true, &running(Refused, 901, 1)), Some(900));
        // Long enough, but too few.
        assert_eq!(given_up_at(true, &running(Refused, 4, 3600)), None);
        assert_eq!(given_up_at(true, &running(Refused, 5, 3600)), Some(4));
        assert_eq!(given_up_at(true, &running(Refused, 5, 225)), Some(4));
        assert_eq!(given_up_at(true, &running(Refused, 5, 224)), None);
    }

    #[test]
    fn snapshot_begins_the_count_of_refusals_anew_and_other_failures_neither_count_nor_break_it() {
        let refusals = running(Refused, 4, 300);
        let with = |between: Outcome| refusals.iter().copied().chain([(901, between), (1000, Refused)]).collect::<Vec<_>>();
        for between in [Answered, Unanswered, Stranger] {
            assert_eq!(given_up_at(true, &with(between)), Some(5), "{between:?}");
        }
        assert_eq!(given_up_at(true, &with(Good)), None);
        let anew: Vec<_> = with(Good).into_iter().chain((1..=4).map(|nth| (1000 + nth * 225, Refused))).collect();
        assert_eq!(given_up_at(true, &anew), Some(9));
        // Other failures do not count as a fifth refusal, and do not start the 15 minutes.
        let few = [(0, Answered), (1000, Refused), (1100, Refused), (1200, Refused), (1300, Answered), (1899, Refused), (1899, Refused)];
        assert_eq!(given_up_at(true, &few), None);
    }

    #[test]
    fn answers_of_another_account_are_final_after_fifteen_minutes_and_ten() {
        for is_resumed in [true, false] {
            assert_eq!(given_up_at(is_resumed, &running(Stranger, 900, 1)), None);
            assert_eq!(given_up_at(is_resumed, &running(Stranger, 901, 1)), Some(900));
            assert_eq!(given_up_at(is_resumed, &running(Stranger, 9, 3600)), None);
            assert_eq!(given_up_at(is_resumed, &running(Stranger, 10, 100)), Some(9));
            assert_eq!(given_up_at(is_resumed, &running(Stranger, 10, 99)), None);
        }
        let mixed: Vec<_> = running(Stranger, 9, 100).into_iter().chain([(850, Refused), (860, Answered), (900, Stranger)]).collect();
        assert_eq!(given_up_at(true, &mixed), Some(11));
        let good: Vec<_> = running(Stranger, 9, 100).into_iter().chain([(850, Good), (900, Stranger)]).collect();
        assert_eq!(given_up_at(true, &good), None);
    }

    #[test]
    fn setting_that_cannot_work_is_final_whenever_it_shows() {
        assert_eq!(given_up_at(false, &[(0, Unworkable)]), Some(0));
        assert_eq!(given_up_at(true, &[(0, Good), (10, Unworkable)]), Some(1));
    }

    #[test]
    fn only_what_the_server_sent_is_an_answer() {
        let outcome = |kind| Outcome::of(&Error::new(kind, "x"));
        for kind in [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Transport] {
            assert_eq!(outcome(kind), Unanswered, "{kind}");
        }
        for kind in [
            ErrorKind::Redirect,
            ErrorKind::RateLimited,
            ErrorKind::Status,
            ErrorKind::Server,
            ErrorKind::TooLarge,
            ErrorKind::Decode,
            ErrorKind::Challenge,
        ] {
            assert_eq!(outcome(kind), Answered, "{kind}");
        }
        for kind in [ErrorKind::Config, ErrorKind::SessionGone, ErrorKind::Refused, ErrorKind::Unclear, ErrorKind::FileGone] {
            assert_eq!(outcome(kind), Unworkable, "{kind}");
        }
        assert_eq!(outcome(ErrorKind::Unauthorized), Refused);
    }
}
