//! Sends what waits for one destination: the oldest first, one at a time.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout},
};
use tracing::{debug, info, warn};

use crate::{
    clock::{Clock, add, between},
    config::Destination,
    delivery::{Backoff, Decision, decide},
    outbox::{Shared, Waiting},
    post::Post,
};

/// How often to look at the outbox without a call: another process may have put
/// something back.
const LOOK: Duration = Duration::from_secs(5);
/// The longest sleep within quiet hours: the clock may be set, or the machine
/// suspended.
const NAP: Duration = Duration::from_secs(30);
/// How long an answer may take once the relay is told to stop.
const LAST_ANSWER: Duration = Duration::from_millis(400);

/// Sends to one destination.
#[derive(Debug)]
pub struct Worker<P> {
    pub destination: Arc<Destination>,
    pub outbox: Shared,
    /// How it sends.
    pub post: P,
    /// How long to wait between two tries.
    pub backoff: Backoff,
    pub clock: Clock,
    /// Called when something new waits.
    pub call: Arc<Notify>,
    /// Turns true when nothing more is to be sent.
    pub stop: watch::Receiver<bool>,
}

/// When a delivery may be sent again.
struct PutOff {
    number: i64,
    until: Instant,
}

impl<P: Post> Worker<P> {
    /// Sends until it is told to stop, and then finishes what it has begun.
    ///
    /// # Errors
    ///
    /// If the outbox cannot be read.
    pub async fn run(self) -> anyhow::Result<()> {
        let mut put_off = None;
        loop {
            let (waiting, now) = tokio::select! {
                biased;
                () = self.stopped() => return Ok(()),
                due = self.due(&mut put_off) => due?,
            };
            put_off = self.send(waiting, now).await?;
        }
    }

    /// Returns the oldest waiting delivery once it may be sent.
    async fn due(&self, put_off: &mut Option<PutOff>) -> anyhow::Result<(Waiting, Timestamp)> {
        let mut is_quiet = false;
        loop {
            let name = self.destination.name.clone();
            let Some(waiting) = self.outbox.with(move |outbox| outbox.next(&name)).await? else {
                // The outbox shows whether there is something, with or without a call.
                timeout(LOOK, self.call.notified()).await.unwrap_or_default();
                continue;
            };
            // The machine's clock counts only after a restart. From then on, no step of that clock matters.
            let due = match put_off {
                Some(due) if due.number == waiting.number => due.until,
                _ => {
                    let until = Instant::now() + between(self.clock.now(), waiting.not_before).min(Duration::from_secs(24 * 60 * 60));
                    *put_off = Some(PutOff { number: waiting.number, until });
                    until
                }
            };
            if due > Instant::now() {
                tokio::time::sleep_until(due).await;
                continue;
            }
            let now = self.clock.now();
            let Some(until) = self.destination.quiet.as_ref().and_then(|quiet| quiet.holds_until(now)) else {
                return Ok((waiting, now));
            };
            if !is_quiet {
                info!(destination = self.destination.name, %until, "quiet hours, so what comes is held");
            }
            is_quiet = true;
            sleep(between(now, until).clamp(Duration::from_millis(1), NAP)).await;
        }
    }

    async fn send(&self, waiting: Waiting, now: Timestamp) -> anyhow::Result<Option<PutOff>> {
        let Waiting { number, key, kind, format, body, tries, first_try_at, .. } = waiting;
        let destination = &self.destination.name;
        let decision = if format == self.destination.format.word() {
            let answer = tokio::select! {
                answer = self.post.post(&key, body, now) => answer,
                () = self.out_of_patience() => return Ok(None),
            };
            let now = self.clock.now();
            let since_first_try = between(first_try_at.unwrap_or(now), now);
            decide(&answer, tries.saturating_add(1), since_first_try, &self.backoff, now, fastrand::f64())
        } else {
            Decision::Failed { why: format!("it was made for type = {format:?}, and {destination} now has another type") }
        };
        let now = self.clock.now();
        // Send nothing more here before this is noted: a restart would send the same again.
        match decision {
            Decision::Delivered => {
                debug!(destination, key, kind, "delivered");
                self.outbox.insist(move |outbox| outbox.delivered(number, now)).await?;
                Ok(None)
            }
            Decision::Retry { after, why } => {
                warn!(destination, key, retry_in_seconds = after.as_secs_f64(), "not delivered yet: {why}");
                let until = Instant::now() + after;
                self.outbox.insist(move |outbox| outbox.put_off(number, now, add(now, after), &why)).await?;
                Ok(Some(PutOff { number, until }))
            }
            Decision::Failed { why } => {
                warn!(destination, key, "cannot be delivered, so it is put aside until `relay retry`: {why}");
                self.outbox.insist(move |outbox| outbox.failed(number, &why, now)).await?;
                Ok(None)
            }
        }
    }

    async fn stopped(&self) {
        // An error means that the relay has ended, which is a reason to stop too.
        drop(self.stop.clone().wait_for(|is_stopped| *is_stopped).await);
    }

    /// Returns when it is too late to wait for an answer.
    async fn out_of_patience(&self) {
        self.stopped().await;
        sleep(LAST_ANSWER).await;
    }
}
