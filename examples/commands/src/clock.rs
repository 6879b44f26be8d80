//! The server's time, for comparing with the timestamps of lines. This
//! machine's clock may be wrong.

use rumble_live::Snapshot;
use time::OffsetDateTime;
use tokio::time::Instant;

/// Knows the server's time from the newest snapshot on.
#[derive(Debug, Default)]
pub struct ServerClock {
    /// The time in the newest snapshot.
    snapshot: Option<OffsetDateTime>,
    /// The last known time, and when it was seen here.
    seen: Option<(OffsetDateTime, Instant)>,
}

impl ServerClock {
    /// Looks at the newest snapshot. Call it often, so that a snapshot is seen
    /// soon after it came.
    pub fn look(&mut self, snapshot: Option<&Snapshot>, now: Instant) {
        if let Some(said) = snapshot.map(Snapshot::now)
            && self.snapshot != Some(said)
        {
            self.snapshot = Some(said);
            self.seen = Some((said, now));
        }
    }

    /// Notes the newest timestamp in the events. While this machine sleeps, its
    /// clock may stand still.
    pub fn hear(&mut self, newest: Option<OffsetDateTime>, now: Instant) {
        if let Some(newest) = newest
            && self.now(now).is_some_and(|known| known < newest)
        {
            self.seen = Some((newest, now));
        }
    }

    /// The server's time. `None` before the first snapshot.
    #[must_use]
    pub fn now(&self, now: Instant) -> Option<OffsetDateTime> {
        self.seen.map(|(said, at)| said.saturating_add(time::Duration::try_from(now - at).unwrap_or(time::Duration::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn newest_stamp_sets_a_clock_that_stood_still_and_an_older_one_does_not() {
        let at = |second: i64| OffsetDateTime::from_unix_timestamp(1_767_322_800 + second).unwrap();
        let start = Instant::now();
        let mut clock = ServerClock::default();
        clock.hear(Some(at(0)), start);
        assert_eq!(clock.now(start), None, "a timestamp alone is no clock");
        clock.seen = Some((at(0), start));
        clock.hear(Some(at(28_800)), start + Duration::from_secs(1));
        assert_eq!(clock.now(start + Duration::from_secs(2)), Some(at(28_801)));
        clock.hear(Some(at(10)), start + Duration::from_secs(3));
        assert_eq!(clock.now(start + Duration::from_secs(3)), Some(at(28_802)));
    }
}
