//! When a chat is to be connected to again, and whether.

use std::time::Duration;

/// The first back-off, before jitter; doubled with each failure.
const BASE: Duration = Duration::from_secs(2);
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A connection that lived so long was a good one.
const GOOD_LIFE: Duration = Duration::from_secs(10);
/// The longest that a server can keep a chat waiting.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);
/// How long until a chat that is not there is asked for again.
const ABSENCE: Duration = Duration::from_secs(30);
/// And once more, if somebody else says that it should be there. Once is often a slip of the server.
const LONG_ABSENCE: Duration = Duration::from_secs(60);
/// Not there so many times in a row, it is over.
const ABSENCES: u32 = 3;

/// How a connection, or the attempt at one, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was open for so long.
    Ended { lived: Duration },
    /// It was not opened. The server may have asked to wait.
    Failed { retry_after: Option<Duration> },
    /// The server says that there is no chat, or that it is over.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Again(Duration),
    Over,
}

/// The state of the pace. Pure: outcomes and random draws are given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    failures: u32,
    absences: u32,
    /// Somebody else knows whether there is a chat, so it is asked for until they say that there is none.
    is_endless: bool,
}

impl Pace {
    /// For a chat that is over only when somebody else says so.
    pub(crate) fn endless() -> Self {
        Self { is_endless: true, ..Self::default() }
    }

    /// The chat is there: a connection showed its backlog.
    pub(crate) fn opened(&mut self) {
        self.absences = 0;
    }

    /// What to do after that. `draw` is random, from 0.0 to 1.0.
    pub(crate) fn next(&mut self, outcome: Outcome, draw: f64) -> Verdict {
        let draw = draw.clamp(0.0, 1.0);
        match outcome {
            Outcome::Ended { lived } => {
                let before = if lived >= GOOD_LIFE { 0 } else { self.failures };
                self.failures = before.saturating_add(1);
                Verdict::Again(self.backoff(draw))
            }
            Outcome::Failed { retry_after } => {
                self.failures = self.failures.saturating_add(1);
                self.absences = 0;
                let asked = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
                // Never shortened, and spread: all chats of a process may have been told the same.
                Verdict::Again(self.backoff(draw).max(asked + (asked / 10).mul_f64(draw)))
            }
            Outcome::Absent => {
                self.absences = self.absences.saturating_add(1);
                if self.is_endless && self.absences > 1 {
                    Verdict::Again(LONG_ABSENCE)
                } else if !self.is_endless && self.absences >= ABSENCES {
                    Verdict::Over
                } else {
                    Verdict::Again(ABSENCE)
                }
            }
        }
    }

    /// From 1 s to 30 s. Doubles up to the cap; the jitter takes away up to half, so that chats that were cut off together do not come back
    /// together.
    fn backoff(&self, draw: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        let half = BASE.saturating_mul(doublings).min(MAX_BACKOFF) / 2;
        half + half.mul_f64(draw)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Outcome = Outcome::Failed { retry_after: None };

    fn lived(seconds: u64) -> Outcome {
        Outcome::Ended { lived: Duration::from_secs(seconds) }
    }

    fn asked(seconds: u64) -> Outcome {
        Outcome::Failed { retry_after: Some(Duration::from_secs(seconds)) }
    }

    /// The delays in seconds; `None` for the end.
    fn delays<const N: usize>(draw: f64, outcomes: [Outcome; N]) -> [Option<f64>; N] {
        let mut pace = Pace::default();
        outcomes.map(|outcome| match pace.next(outcome, draw) {
            Verdict::Again(delay) => Some(delay.as_secs_f64()),
            Verdict::Over => None,
        })
    }

    #[test]
    fn backoff_doubles_from_one_second_to_thirty_and_the_cap_holds_after_jitter() {
        assert_eq!(delays(0.0, [FAILED; 7]), [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0].map(Some));
        assert_eq!(delays(1.0, [FAILED; 7]), [2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0].map(Some));
        assert_eq!(delays(0.5, [FAILED; 2]), [1.5, 3.0].map(Some));
        let mut pace = Pace { failures: u32::MAX, absences: u32::MAX, ..Pace::default() };
        assert_eq!(pace.next(FAILED, 7.0), Verdict::Again(MAX_BACKOFF));
    }

    #[test]
    fn connection_that_lived_ten_seconds_resets_the_backoff() {
        assert_eq!(delays(0.0, [FAILED, FAILED, lived(9), lived(10), lived(0)]), [1.0, 2.0, 4.0, 1.0, 2.0].map(Some));
    }

    #[test]
    fn server_delay_is_heeded_up_to_fifteen_minutes_and_never_shortens() {
        assert_eq!(delays(0.0, [asked(60), asked(1), asked(86_400), asked(u64::MAX)]), [60.0, 2.0, 900.0, 900.0].map(Some));
        assert_eq!(delays(1.0, [asked(60)]), [Some(66.0)]);
    }

    #[test]
    fn chat_is_over_when_it_was_not_there_three_times_in_a_row() {
        let absent = Outcome::Absent;
        assert_eq!(delays(0.5, [absent; 3]), [Some(30.0), Some(30.0), None]);
        assert_eq!(delays(0.5, [absent, absent, FAILED, absent, absent, absent])[2..], [Some(1.5), Some(30.0), Some(30.0), None]);
        let mut pace = Pace::default();
        for _ in 0..10 {
            assert_eq!(pace.next(absent, 0.5), Verdict::Again(ABSENCE));
            assert_eq!(pace.next(absent, 0.5), Verdict::Again(ABSENCE));
            pace.opened();
        }
    }
}
