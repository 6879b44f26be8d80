//! What keeps the requests of one client apart, and the new connections of one pool.

use std::time::Duration;

use tokio::{
    sync::{Mutex, MutexGuard},
    time::{Instant, sleep_until},
};

/// Lets one request at a time through, each a while after the one before has ended.
///
/// Counted from the end, for only then is it sure that the server does not see two closer together. A request that is cancelled counts, for
/// it may have been sent.
#[derive(Debug)]
pub(crate) struct Gate {
    spacing: Duration,
    last_end: Mutex<Option<Instant>>,
}

/// The right to make one request; ends with it.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    last_end: MutexGuard<'a, Option<Instant>>,
    is_used: bool,
}

impl Gate {
    pub(crate) fn new(spacing: Duration) -> Self {
        Self { spacing, last_end: Mutex::new(None) }
    }

    /// Waits for its turn, first come first served.
    ///
    /// Cancel safe: whoever leaves while waiting holds up nobody.
    pub(crate) async fn enter(&self) -> Pass<'_> {
        let last_end = self.last_end.lock().await;
        if let Some(end) = *last_end {
            sleep_until(end + self.spacing).await;
        }
        Pass { last_end, is_used: true }
    }
}

impl Pass<'_> {
    /// Gives it back, so that the next may enter at once.
    pub(crate) fn give_back(mut self) {
        self.is_used = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_used {
            *self.last_end = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    const SPACING: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn passes_are_spaced_from_end_to_start() {
        let gate = Gate::new(SPACING);
        let start = Instant::now();
        let entered = join_all((0..3).map(|_| async {
            let _pass = gate.enter().await;
            let entered = start.elapsed();
            tokio::time::sleep(Duration::from_secs(2)).await;
            entered
        }))
        .await;
        assert_eq!(entered, [0, 7, 14].map(Duration::from_secs));
    }

    #[tokio::test(start_paused = true)]
    async fn pass_that_is_given_back_holds_up_nobody() {
        let gate = Gate::new(SPACING);
        let start = Instant::now();
        drop(gate.enter().await);
        for _ in 0..3 {
            gate.enter().await.give_back();
        }
        drop(gate.enter().await);
        assert_eq!(start.elapsed(), SPACING);
    }

    #[tokio::test(start_paused = true)]
    async fn leaving_while_waiting_holds_up_nobody() {
        let gate = Gate::new(SPACING);
        let start = Instant::now();
        drop(gate.enter().await);
        assert!(tokio::time::timeout(Duration::from_secs(1), gate.enter()).await.is_err());
        drop(gate.enter().await);
        assert_eq!(start.elapsed(), SPACING);
    }
}
