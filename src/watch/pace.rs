//! When the next poll is due.
//!
//! Three rules, by what the last poll brought:
//!
//! - After a snapshot: the interval that the user set, or 10 seconds, or 5
//!   while a list fills so fast that it might overflow in 10.
//! - After a failure: a delay that doubles from the interval to a cap.
//! - After a failure with `Retry-After`: at least what the server asked for, up
//!   to 15 minutes.
//!
//! Where watchers could come together at one instant, a random draw spreads
//! them. It comes from the caller, so that a recording is played back with the
//! same one.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

use std::time::Duration;

use tokio::time::Instant;

use crate::{error::Error, tracker::Fill};

/// The default time between polls.
const CALM: Duration = Duration::from_secs(10);
/// The time between polls while a list fills so fast that it might overflow.
const BUSY: Duration = Duration::from_secs(5);
const DEFAULT_MAX_BACKOFF: Duration = Duration::from_secs(5 * 60);
/// The longest that a server can keep a watcher waiting.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);
/// Stands in for a delay beyond the clock's range.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Decides when the next poll is due. Pure: the caller passes the instant and
/// the random draw.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// `None` for the default, which follows how busy the lists are.
    interval: Option<Duration>,
    max_backoff: Duration,
    failures: u32,
    /// Whether the lists fill so fast that one might overflow in a calm
    /// interval.
    is_busy: bool,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// With a snapshot. Holds how fast the lists fill.
    Decoded(Fill),
    Failed(&'a Error),
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: None, max_backoff: DEFAULT_MAX_BACKOFF, failures: 0, is_busy: false }
    }
}

impl Pace {
    /// Keeps polls this far apart, however busy the lists are.
    pub(crate) fn set_interval(&mut self, interval: Duration) {
        // From an interval of zero the back-off could not grow.
        self.interval = Some(interval.max(Duration::from_millis(1)));
    }

    /// Caps the delay after failures. A cap below the interval has no effect.
    pub(crate) fn set_max_backoff(&mut self, max_backoff: Duration) {
        self.max_backoff = max_backoff;
    }

    /// How many polls failed in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// When to make the first poll if it is spread over an interval that begins
    /// now. `draw` is random, from 0.0 to 1.0.
    pub(crate) fn first_due(&self, now: Instant, draw: f64) -> Instant {
        after(now, self.interval.unwrap_or(CALM).min(A_YEAR).mul_f64(draw.clamp(0.0, 1.0)))
    }

    /// When to poll again after a poll that ended at `now`. `draw` is random,
    /// from 0.0 to 1.0.
    pub(crate) fn next_due(&mut self, outcome: Outcome<'_>, now: Instant, draw: f64) -> Instant {
        let delay = match outcome {
            Outcome::Decoded(fill) => {
                self.failures = 0;
                self.is_busy = self.is_filling(fill);
                self.interval.unwrap_or(if self.is_busy { BUSY } else { CALM })
            }
            Outcome::Failed(error) => {
                self.is_busy = false;
                self.failures = self.failures.saturating_add(1);
                let asked = error.retry_after().map_or(Duration::ZERO, |wait| wait.min(MAX_RETRY_AFTER).saturating_add(self.spread(draw)));
                self.backoff(draw).max(asked)
            }
        };
        after(now, delay)
    }

    /// Whether at this rate more than half of a list would be new after a calm
    /// interval. A busy interval is half as long, so half as much is enough to
    /// stay busy. Otherwise the pace would alternate for a chat that just
    /// overflows the calm interval.
    fn is_filling(&self, fill: Fill) -> bool {
        let intervals = if self.is_busy { 2 } else { 1 };
        fill.gained.saturating_mul(intervals).saturating_mul(2) > fill.window
    }

    /// Doubles from the interval up to the cap. The jitter takes away up to
    /// half, so the cap holds after it, and watchers that failed together do
    /// not come back together. The first retry cannot come earlier than the
    /// interval, so the jitter makes it later.
    fn backoff(&self, draw: f64) -> Duration {
        let interval = self.interval.unwrap_or(CALM);
        let cap = self.max_backoff.max(interval);
        let doublings = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        if doublings == 1 {
            return interval.saturating_add(self.spread(draw)).min(cap);
        }
        let half = interval.saturating_mul(doublings).min(self.max_backoff) / 2;
        half.saturating_add(part(half, draw)).max(interval)
    }

    /// A part of half the interval, to spread watchers that would poll at the
    /// same instant.
    fn spread(&self, draw: f64) -> Duration {
        part(self.interval.unwrap_or(CALM) / 2, draw)
    }
}

/// The drawn part of a duration.
fn part(of: Duration, draw: f64) -> Duration {
    of.mul_f64(draw.clamp(0.0, 1.0))
}

/// The instant after a delay, or in a year if the clock does not reach so far.
fn after(now: Instant, delay: Duration) -> Instant {
    now.checked_add(delay).unwrap_or_else(|| now + A_YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn failure() -> Error {
        Error::new(ErrorKind::Connect, "refused")
    }

    fn asked(seconds: u64) -> Error {
        Error::from_status(429, false, Some(Duration::from_secs(seconds)))
    }

    /// The delays, in seconds, after each outcome. `Ok` holds how many entries
    /// a list of 50 gained.
    fn delays(mut pace: Pace, draw: f64, outcomes: &[Result<usize, Error>]) -> Vec<f64> {
        let now = Instant::now();
        let delay = |outcome: &Result<usize, Error>| {
            let outcome = match outcome {
                Ok(gained) => Outcome::Decoded(Fill { gained: *gained, window: 50 }),
                Err(error) => Outcome::Failed(error),
            };
            (pace.next_due(outcome, now, draw) - now).as_secs_f64()
        };
        outcomes.iter().map(delay).collect()
    }

    fn fixed(seconds: u64) -> Pace {
        let mut pace = Pace::default();
        pace.set_interval(Duration::from_secs(seconds));
        pace
    }

    #[test]
    fn default_is_busy_from_more_than_half_a_list_on_until_a_quarter() {
        let outcomes = [Ok(25), Ok(26), Ok(13), Ok(12), Ok(25), Ok(50), Ok(13), Ok(0), Ok(13)];
        assert_eq!(delays(Pace::default(), 0.3, &outcomes), [10.0, 5.0, 5.0, 10.0, 10.0, 5.0, 5.0, 10.0, 10.0]);
    }

    #[test]
    fn what_came_during_an_outage_is_judged_by_half_a_list() {
        let outcomes = [Ok(26), Err(failure()), Ok(25), Ok(25)];
        assert_eq!(delays(Pace::default(), 0.0, &outcomes), [5.0, 10.0, 10.0, 10.0]);
    }

    #[test]
    fn set_interval_is_kept_when_busy() {
        assert_eq!(delays(fixed(7), 0.3, &[Ok(0), Ok(50)]), [7.0, 7.0]);
    }

    #[test]
    fn first_retry_comes_up_to_half_an_interval_later_than_the_interval() {
        for (draw, first, after_a_minute) in [(0.0, 10.0, 60.0), (0.25, 11.25, 67.5), (1.0, 15.0, 90.0)] {
            assert_eq!(delays(Pace::default(), draw, &[Err(failure())]), [first]);
            assert_eq!(delays(fixed(60), draw, &[Ok(0), Err(failure())]), [60.0, after_a_minute]);
        }
    }

    #[test]
    fn delay_doubles_until_the_cap_and_the_cap_holds_after_jitter() {
        let failures = vec![Err(failure()); 9];
        assert_eq!(delays(Pace::default(), 1.0, &failures), [15.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0, 300.0]);
        assert_eq!(delays(Pace::default(), 0.0, &failures), [10.0, 10.0, 20.0, 40.0, 80.0, 150.0, 150.0, 150.0, 150.0]);
        assert_eq!(delays(Pace::default(), 0.5, &failures)[..3], [12.5, 15.0, 30.0]);
        let mut pace = Pace::default();
        pace.set_max_backoff(Duration::from_secs(12));
        assert_eq!(delays(pace, 1.0, &failures[..3]), [12.0, 12.0, 12.0]);
    }

    #[test]
    fn only_a_snapshot_resets_the_backoff() {
        let outcomes = [Err(failure()), Err(asked(1)), Err(failure()), Ok(0), Err(failure()), Err(failure())];
        assert_eq!(delays(Pace::default(), 1.0, &outcomes), [15.0, 20.0, 40.0, 10.0, 15.0, 20.0]);
    }

    #[test]
    fn server_delay_is_heeded_up_to_fifteen_minutes_and_never_shortens() {
        let outcomes = [Err(asked(0)), Err(asked(100)), Err(asked(1)), Err(asked(86_400)), Err(asked(u64::MAX))];
        assert_eq!(delays(Pace::default(), 0.0, &outcomes), [10.0, 100.0, 20.0, 900.0, 900.0]);
    }

    #[test]
    fn watchers_that_were_told_the_same_delay_come_back_apart() {
        let outcomes = [Err(asked(0)), Err(asked(100)), Err(asked(1)), Err(asked(900)), Err(asked(86_400))];
        assert_eq!(delays(Pace::default(), 1.0, &outcomes), [15.0, 105.0, 40.0, 905.0, 905.0]);
        assert_eq!(delays(Pace::default(), 0.5, &outcomes), [12.5, 102.5, 30.0, 902.5, 902.5]);
    }

    #[test]
    fn interval_is_kept_where_the_cap_is_below_it() {
        let mut pace = fixed(60);
        pace.set_max_backoff(Duration::from_secs(20));
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Err(failure())]), [60.0, 60.0]);
    }

    #[test]
    fn first_poll_comes_after_the_drawn_part_of_the_interval() {
        let now = Instant::now();
        let delays = |pace: &Pace| [0.0, 0.25, 1.0].map(|draw| pace.first_due(now, draw) - now);
        assert_eq!(delays(&Pace::default()), [0, 2_500, 10_000].map(Duration::from_millis));
        assert_eq!(delays(&fixed(60)), [0, 15, 60].map(Duration::from_secs));
    }

    #[test]
    fn extreme_settings_overflow_nothing() {
        let mut pace = Pace::default();
        pace.set_interval(Duration::MAX);
        pace.set_max_backoff(Duration::MAX);
        pace.failures = u32::MAX - 1;
        let a_year = 365.0 * 86_400.0;
        let now = Instant::now();
        assert_eq!(pace.first_due(now, 1.0) - now, A_YEAR);
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Err(failure()), Ok(50)]), [a_year; 3]);
        let mut pace = fixed(0);
        pace.set_max_backoff(Duration::ZERO);
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Ok(50)]), [0.001, 0.001]);
    }
}
