//! When the next poll is due.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;

/// The default distance of polls.
const CALM: Duration = Duration::from_secs(10);
/// Their distance while a list fills so fast that it might overflow.
const BUSY: Duration = Duration::from_secs(5);
const DEFAULT_MAX_BACKOFF: Duration = Duration::from_secs(5 * 60);
/// The longest that a server can keep a watcher waiting.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(15 * 60);
/// What a due date beyond the clock's range is taken for.
const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The state of the pace. Pure: the instant and the random draw are given.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    /// `None` for the default, which follows how busy the lists are.
    interval: Option<Duration>,
    max_backoff: Duration,
    failures: u32,
}

/// How a poll ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome<'a> {
    /// A snapshot. `is_busy`: some list gained more than half of what it can show.
    Decoded {
        is_busy: bool,
    },
    Failed(&'a Error),
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: None, max_backoff: DEFAULT_MAX_BACKOFF, failures: 0 }
    }
}

impl Pace {
    pub(crate) fn set_interval(&mut self, interval: Duration) {
        // Without any interval the back-off could not grow.
        self.interval = Some(interval.max(Duration::from_millis(1)));
    }

    pub(crate) fn set_max_backoff(&mut self, max_backoff: Duration) {
        self.max_backoff = max_backoff;
    }

    /// How many polls failed in a row.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// When to poll again after a poll that ended at `now`. `draw` is random, from 0.0 to 1.0.
    pub(crate) fn next_due(&mut self, outcome: Outcome<'_>, now: Instant, draw: f64) -> Instant {
        let delay = match outcome {
            Outcome::Decoded { is_busy } => {
                self.failures = 0;
                self.interval.unwrap_or(if is_busy { BUSY } else { CALM })
            }
            Outcome::Failed(error) => {
                self.failures = self.failures.saturating_add(1);
                let asked = error.retry_after().unwrap_or_default().min(MAX_RETRY_AFTER);
                self.backoff(draw).max(self.interval.unwrap_or(CALM)).max(asked)
            }
        };
        now.checked_add(delay).unwrap_or_else(|| now + A_YEAR)
    }

    /// Doubles from the interval up to the cap. The jitter takes away up to half, so that the cap holds after it and many watchers that
    /// failed together do not come back together.
    fn backoff(&self, draw: f64) -> Duration {
        let doublings = 2_u32.saturating_pow(self.failures.saturating_sub(1));
        let nominal = self.interval.unwrap_or(CALM).saturating_mul(doublings).min(self.max_backoff);
        let half = nominal / 2;
        half + half.mul_f64(draw.clamp(0.0, 1.0))
    }
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

    /// The delays, in seconds, that a run of outcomes leads to.
    fn delays(mut pace: Pace, draw: f64, outcomes: &[Result<bool, Error>]) -> Vec<f64> {
        let now = Instant::now();
        let delay = |outcome: &Result<bool, Error>| {
            let outcome = match outcome {
                Ok(is_busy) => Outcome::Decoded { is_busy: *is_busy },
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
    fn default_follows_how_busy_the_lists_are() {
        assert_eq!(delays(Pace::default(), 0.3, &[Ok(false), Ok(true), Ok(true), Ok(false)]), [10.0, 5.0, 5.0, 10.0]);
    }

    #[test]
    fn set_interval_is_kept_when_busy() {
        assert_eq!(delays(fixed(7), 0.3, &[Ok(false), Ok(true)]), [7.0, 7.0]);
    }

    #[test]
    fn delay_doubles_until_the_cap_and_the_cap_holds_after_jitter() {
        let failures = vec![Err(failure()); 9];
        assert_eq!(delays(Pace::default(), 1.0, &failures), [10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0, 300.0, 300.0]);
        assert_eq!(delays(Pace::default(), 0.0, &failures), [10.0, 10.0, 20.0, 40.0, 80.0, 150.0, 150.0, 150.0, 150.0]);
        assert_eq!(delays(Pace::default(), 0.5, &failures)[..3], [10.0, 15.0, 30.0]);
    }

    #[test]
    fn only_a_snapshot_resets_the_backoff() {
        let outcomes = [Err(failure()), Err(asked(1)), Err(failure()), Ok(false), Err(failure()), Err(failure())];
        assert_eq!(delays(Pace::default(), 1.0, &outcomes), [10.0, 20.0, 40.0, 10.0, 10.0, 20.0]);
    }

    #[test]
    fn server_delay_is_heeded_up_to_fifteen_minutes_and_never_shortens() {
        let outcomes = [Err(asked(0)), Err(asked(100)), Err(asked(1)), Err(asked(86_400)), Err(asked(u64::MAX))];
        assert_eq!(delays(Pace::default(), 1.0, &outcomes), [10.0, 100.0, 40.0, 900.0, 900.0]);
    }

    #[test]
    fn interval_is_kept_where_the_cap_is_below_it() {
        let mut pace = fixed(60);
        pace.set_max_backoff(Duration::from_secs(20));
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Err(failure())]), [60.0, 60.0]);
    }

    #[test]
    fn extreme_settings_overflow_nothing() {
        let mut pace = Pace::default();
        pace.set_interval(Duration::MAX);
        pace.set_max_backoff(Duration::MAX);
        pace.failures = u32::MAX - 1;
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Err(failure()), Ok(true)]), [A_YEAR.as_secs_f64(); 3]);
        let mut pace = fixed(0);
        pace.set_max_backoff(Duration::ZERO);
        assert_eq!(delays(pace, 1.0, &[Err(failure()), Ok(true)]), [0.001, 0.001]);
    }
}
