//! Decides when to reconnect a chat, and whether to.
//!
//! | how it ended | next attempt |
//! |---|---|
//! | it was open for 10 s | after the first back-off |
//! | it was open for less | after the next back-off |
//! | it could not be opened | the same, or later if the server asked for that |
//! | there is no chat (204) | after 30 to 33 s; the third time in a row, not at all |
//!
//! The back-off grows with connections that were short, too. Otherwise a server
//! that accepts and hangs up would be asked once a second for ever.
//!
//! A watcher knows from its polls whether the livestream is live. Its chats are
//! never over by themselves, and from the second absence on, they are asked for
//! about once a minute.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

use std::time::Duration;

/// The first back-off, before jitter. It doubles with each failure.
const BASE: Duration = Duration::from_secs(2);
/// The longest back-off, which jitter only shortens.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// A connection that lived this long resets the back-off.
const GOOD_LIFE: Duration = Duration::from_secs(10);
/// The longest time that a server can make a chat wait.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);
/// How long to wait before asking again for a chat that is not there.
const ABSENCE: Duration = Duration::from_secs(30);
/// The same from the second time on, if somebody else decides when the chat is
/// over. A single absence is often a slip of the server.
const LONG_ABSENCE: Duration = Duration::from_secs(60);
/// After this many absences in a row, the chat is over.
const ABSENCES: u32 = 3;

/// How a connection, or the attempt to make one, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was open this long.
    Ended { lived: Duration },
    /// It could not be opened. The server may have asked to wait.
    Failed { retry_after: Option<Duration> },
    /// The server says that there is no chat, or that it is over.
    Absent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Connect after this time.
    Again(Duration),
    /// Do not connect any more.
    Over,
}

/// The state of the pace. Pure: outcomes and random draws are passed in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    failures: u32,
    absences: u32,
    /// Whether the caller knows when the chat is over. The chat is then asked
    /// for until the caller stops.
    is_endless: bool,
}

impl Pace {
    /// For a chat that is over only when the caller says so.
    pub(crate) fn endless() -> Self {
        Self { is_endless: true, ..Self::default() }
    }

    /// Notes that the chat is there: a connection showed its backlog, or a
    /// message. Only absences are forgotten; failures are not until a
    /// connection has lived.
    pub(crate) fn opened(&mut self) {
        self.absences = 0;
    }

    /// What to do after this outcome. `draw` is random, from 0.0 to 1.0.
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
                // The server may have asked the same of all chats in a process.
                Verdict::Again(self.backoff(draw).max(spread(asked, draw)))
            }
            Outcome::Absent => {
                self.absences = self.absences.saturating_add(1);
                if self.is_endless && self.absences > 1 {
                    Verdict::Again(spread(LONG_ABSENCE, draw))
                } else if !self.is_endless && self.absences >= ABSENCES {
                    Verdict::Over
                } else {
                    Verdict::Again(spread(ABSENCE, draw))
                }
            }
        }
    }

    /// From 1 s to 30 s. Doubles up to the cap. The jitter takes away up to
    /// half, so chats that were cut off together do not come back together.
    fn backoff(&self, draw: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        let half = BASE.saturating_mul(doublings).min(MAX_BACKOFF) / 2;
        half + half.mul_f64(draw)
    }
}

/// A wait that is never shorter, but up to a tenth longer, so that chats that
/// were turned away together do not come back together.
fn spread(wait: Duration, draw: f64) -> Duration {
    wait + (wait / 10).mul_f64(draw)
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
        assert_eq!(delays(0.5, [absent; 3]), [Some(31.5), Some(31.5), None]);
        assert_eq!(delays(0.5, [absent, absent, FAILED, absent, absent, absent])[2..], [Some(1.5), Some(31.5), Some(31.5), None]);
        let mut pace = Pace::default();
        for _ in 0..10 {
            assert_eq!(pace.next(absent, 0.0), Verdict::Again(ABSENCE));
            assert_eq!(pace.next(absent, 0.0), Verdict::Again(ABSENCE));
            pace.opened();
        }
    }

    #[test]
    fn chat_that_only_its_caller_ends_is_asked_for_about_once_a_minute() {
        for (draw, expected) in [(0.0, [30, 60, 60, 60]), (1.0, [33, 66, 66, 66])] {
            let mut pace = Pace::endless();
            let expected = expected.map(|seconds| Verdict::Again(Duration::from_secs(seconds)));
            assert_eq!([Outcome::Absent; 4].map(|absent| pace.next(absent, draw)), expected);
        }
    }
}
