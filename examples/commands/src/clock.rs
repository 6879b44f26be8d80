//! The server's time, which stamps are compared with. This machine's clock may be wrong.

use rumble_live::Snapshot;
use time::OffsetDateTime;
use tokio::time::Instant;

/// The server's time, from the newest snapshot on.
#[derive(Debug, Default)]
pub struct ServerClock {
    /// What the newest snapshot said.
    snapshot: Option<OffsetDateTime>,
    /// What was known last, and when that was seen here.
    seen: Option<(OffsetDateTime, Instant)>,
}

impl ServerClock {
    /// Looks at the newest snapshot. Called often, so that one is seen soon after it came.
    pub fn look(&mut self, snapshot: Option<&Snapshot>, now: Instant) {
        if let Some(said) = snapshot.map(Snapshot::now)
            && self.snapshot != Some(said)
        {
            self.snapshot = Some(said);
            self.seen = Some((said, now));
        }
    }

    /// Takes note of the newest stamp of what was heard. While this machine sleeps, its clock may stand still.
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
