//! The simulated server's clock.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

/// 2026-01-02T03:00:00Z.
const START: i64 = 1_767_322_800;

/// How much time has passed, which only grows, and what the server takes for the time, which can step back.
#[derive(Debug)]
pub(super) struct Clock {
    moved: Duration,
    running_since: Option<Instant>,
    back: Duration,
}

impl Clock {
    pub(super) fn by_hand() -> Self {
        Self { moved: Duration::ZERO, running_since: None, back: Duration::ZERO }
    }

    pub(super) fn running() -> Self {
        Self { running_since: Some(Instant::now()), ..Self::by_hand() }
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.moved = self.moved.saturating_add(by);
    }

    pub(super) fn set_back(&mut self, by: Duration) {
        self.back = self.back.saturating_add(by);
    }

    /// Whole seconds passed since the start, whatever the server takes for the time.
    pub(super) fn elapsed(&self) -> u64 {
        let ran = self.running_since.map_or(Duration::ZERO, |since| since.elapsed());
        // Half the range is time enough, and leaves room to count on.
        self.moved.saturating_add(ran).as_secs().min(u64::MAX / 2)
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        self.at(self.elapsed())
    }

    /// The server's time when `elapsed` seconds had passed, as it counts now.
    pub(super) fn at(&self, elapsed: u64) -> OffsetDateTime {
        let start = OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::seconds(START));
        let back = time::Duration::try_from(self.back).unwrap_or(time::Duration::MAX);
        let forth = time::Duration::seconds(i64::try_from(elapsed).unwrap_or(i64::MAX));
        whole_second(start.saturating_add(forth).saturating_sub(back))
    }
}

/// `at` in UTC and in the whole seconds in which the API speaks.
pub(super) fn whole_second(at: OffsetDateTime) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.unix_timestamp()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
