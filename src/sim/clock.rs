//! The simulated server's clock.
//!
//! It tells two times. One is how much time has passed, by which spans such as
//! outages and lags are counted. The other is what the server believes the time
//! to be, which stamps everything and can be set back. Both count from the same
//! start in every process, so a test can write down a timestamp.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;
use tokio::time::Instant;

/// 2026-01-02T03:00:00Z, in seconds since 1970.
pub(super) const START: u64 = 1_767_322_800;

/// The time that has passed since the start, and the server's own idea of the
/// time, which can step back.
#[derive(Debug)]
pub(super) struct Clock {
    /// What [`Clock::advance`] has added up to.
    moved: Duration,
    run: Run,
    /// How far the server's time is set back.
    back: Duration,
}

/// What moves a clock, besides [`Clock::advance`].
#[derive(Clone, Copy, Debug)]
enum Run {
    Nothing,
    Tokio {
        since: Instant,
    },
    /// This machine's clock, including its steps.
    Wall,
}

impl Clock {
    /// A clock that stands at the start.
    pub(super) fn by_hand() -> Self {
        Self::moved_by(Run::Nothing)
    }

    /// A clock that starts now and follows tokio's.
    pub(super) fn running() -> Self {
        Self::moved_by(Run::Tokio { since: Instant::now() })
    }

    /// A clock that shows this machine's time.
    pub(super) fn on_wall() -> Self {
        Self::moved_by(Run::Wall)
    }

    fn moved_by(run: Run) -> Self {
        Self { moved: Duration::ZERO, run, back: Duration::ZERO }
    }

    /// How long until the next second begins, if the clock runs.
    pub(super) fn until_next_second(&self) -> Option<Duration> {
        let passed = self.passed();
        let part = Duration::from_nanos(passed.subsec_nanos().into());
        (!matches!(self.run, Run::Nothing)).then(|| Duration::from_secs(1).saturating_sub(part))
    }

    /// Whether another process that starts now reads the same time.
    pub(super) fn is_on_wall(&self) -> bool {
        matches!(self.run, Run::Wall)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.moved = self.moved.saturating_add(by);
    }

    pub(super) fn set_back(&mut self, by: Duration) {
        self.back = self.back.saturating_add(by);
    }

    /// The time passed since the start, whatever the server's clock shows. It
    /// never decreases, unless this machine's clock does.
    pub(super) fn passed(&self) -> Duration {
        let ran = match self.run {
            Run::Nothing => Duration::ZERO,
            Run::Tokio { since } => since.elapsed(),
            // A clock that is years behind counts as standing at the start.
            Run::Wall => SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().saturating_sub(Duration::from_secs(START)),
        };
        self.moved.saturating_add(ran)
    }

    /// The same in whole seconds.
    pub(super) fn elapsed(&self) -> u64 {
        // Half the range is enough, and leaves room to count on.
        self.passed().as_secs().min(u64::MAX / 2)
    }

    /// The server's time, in whole seconds.
    pub(super) fn now(&self) -> OffsetDateTime {
        self.at(self.elapsed())
    }

    /// The server's time after `elapsed` seconds, by the clock as it is set
    /// now.
    pub(super) fn at(&self, elapsed: u64) -> OffsetDateTime {
        let start = OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(START.cast_signed()));
        let back = time::Duration::try_from(self.back).unwrap_or(time::Duration::MAX);
        let forth = time::Duration::seconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        whole_second(start.saturating_add(forth).saturating_sub(back))
    }
}

/// `at` in UTC and in whole seconds, as the API writes times.
pub(super) fn whole_second(at: OffsetDateTime) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.unix_timestamp()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = super::START.cast_signed();

    #[test]
    fn hand_clock_moves_in_whole_seconds_from_the_documented_start() {
        let mut clock = Clock::by_hand();
        assert_eq!(clock.now().to_string(), "2026-01-02 3:00:00.0 +00:00:00");
        clock.advance(Duration::from_millis(900));
        assert_eq!(clock.elapsed(), 0);
        clock.advance(Duration::from_millis(100));
        assert_eq!(clock.now().unix_timestamp(), START + 1);
        clock.set_back(Duration::from_secs(61));
        assert_eq!((clock.now().unix_timestamp(), clock.elapsed()), (START - 60, 1));
    }

    #[test]
    fn absurd_durations_stop_at_the_ends_of_time() {
        let mut clock = Clock::by_hand();
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().year(), 9999);
        clock.set_back(Duration::MAX);
        assert!(clock.now().year() < 0);
    }

    #[tokio::test(start_paused = true)]
    async fn running_clock_follows_the_paused_clock_of_tokio() {
        let mut clock = Clock::running();
        tokio::time::advance(Duration::from_secs(90)).await;
        assert_eq!(clock.now().unix_timestamp(), START + 90);
        clock.advance(Duration::from_secs(10));
        assert_eq!(clock.elapsed(), 100);
    }

    #[test]
    fn wall_clock_tells_the_time_of_this_machine_and_what_was_added() {
        let mut clock = Clock::on_wall();
        let is_now =
            |clock: &Clock, added: time::Duration| (clock.now() - OffsetDateTime::now_utc() - added).abs() < time::Duration::minutes(1);
        assert!(is_now(&clock, time::Duration::ZERO), "{}", clock.now());
        clock.advance(Duration::from_secs(3600));
        assert!(is_now(&clock, time::Duration::HOUR), "{}", clock.now());
    }
}
