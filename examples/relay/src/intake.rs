//! Takes the account's events into the outbox, and lets a worker for each
//! destination send them.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use jiff::Timestamp;
use rumble_live::{Client, Event, Watcher};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tracing::{debug, info, warn};

use crate::{
    clock::Clock,
    config::{Config, Destination},
    delivery::Backoff,
    kind::Kind,
    occurrence::Occurrence,
    outbox::{New, Outbox, Shared, Standing},
    post::Post,
    template::Templates,
    worker::Worker,
};

/// How often a checkpoint is stored while no destination gets anything.
const TICK: Duration = Duration::from_secs(1);
/// How often old deliveries are forgotten, in ticks.
const PRUNE: u32 = 60 * 60;
/// How long the end may take: the last answers, and noting them.
const END: Duration = Duration::from_millis(700);

/// What the relay runs with.
#[derive(Debug)]
pub struct Relay {
    /// The account to watch.
    pub client: Client,
    /// What an error calls the account.
    pub account: &'static str,
    pub config: Config,
    /// Where waiting deliveries are stored.
    pub outbox: Outbox,
    /// The time between polls, unless the library is to choose.
    pub interval: Option<Duration>,
    /// How long to wait between two tries.
    pub backoff: Backoff,
    pub clock: Clock,
}

impl Relay {
    /// Runs until it is told to stop, which is when `stop` returns. Requests in
    /// flight then have a moment to be answered. Those that are not answered
    /// are sent again at the next start.
    ///
    /// # Errors
    ///
    /// If it cannot go on: the account is gone, or the outbox cannot be read or
    /// written.
    pub async fn run<P: Post>(
        self,
        post: impl Fn(&Destination) -> anyhow::Result<P>,
        stop: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let Self { client, account, config, outbox, interval, backoff, clock } = self;
        let mut watcher = client.watch_builder().live_chat(true).resume(outbox.checkpoint()?);
        if let Some(interval) = interval {
            watcher = watcher.interval(interval);
        }
        warn_of_unknown_destinations(&outbox, &config, clock.now())?;
        let destinations: Vec<_> = config.destinations.into_iter().map(Arc::new).collect();
        let outbox = Shared::new(outbox);
        let (mut workers, mut calls) = (JoinSet::new(), Vec::new());
        let (stopping, is_stopped) = watch::channel(false);
        for destination in &destinations {
            let (destination, call, post) = (Arc::clone(destination), Arc::new(Notify::new()), post(destination)?);
            calls.push(Arc::clone(&call));
            workers.spawn(Worker { destination, outbox: outbox.clone(), post, backoff, clock, call, stop: is_stopped.clone() }.run());
        }
        let mut intake = Intake { watcher: watcher.build(), account, destinations, outbox, clock, calls, checkpoint_is_stale: false };
        let end = intake.run(&mut workers, stop).await;
        stopping.send_replace(true);
        let (noted, saved) = tokio::join!(
            async { timeout(END, all_ended(workers)).await.context("what was answered was not noted in time, so it is sent again")? },
            async { timeout(END, intake.save()).await.context("the newest checkpoint was not stored in time")? },
        );
        end.and(noted).and(saved)
    }
}

/// Returns when each worker has finished what it had begun.
async fn all_ended(mut workers: JoinSet<anyhow::Result<()>>) -> anyhow::Result<()> {
    while let Some(ended) = workers.join_next().await {
        ended.context("a worker has ended")??;
    }
    Ok(())
}

/// If a destination is no longer configured, nothing that waits for it is ever
/// sent. Say so.
fn warn_of_unknown_destinations(outbox: &Outbox, config: &Config, now: Timestamp) -> anyhow::Result<()> {
    for standing in outbox.standings(now)? {
        let is_known = config.destinations.iter().any(|destination| destination.name == standing.destination);
        let Standing { destination, waiting, .. } = standing;
        if !is_known && waiting > 0 {
            warn!(
                destination,
                waiting, "the configuration does not name what these wait for; `relay drop --destination {destination}` drops them"
            );
        }
    }
    Ok(())
}

struct Intake {
    watcher: Watcher,
    account: &'static str,
    destinations: Vec<Arc<Destination>>,
    outbox: Shared,
    clock: Clock,
    /// One for each destination.
    calls: Vec<Arc<Notify>>,
    /// Whether the watcher knows of events that the stored checkpoint does not
    /// count as had.
    checkpoint_is_stale: bool,
}

impl Intake {
    async fn run(
        &mut self,
        workers: &mut JoinSet<anyhow::Result<()>>,
        stop: impl Future<Output = anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let mut stop = pin!(stop);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut count = 0;
        loop {
            tokio::select! {
                events = self.watcher.next_poll() => match events {
                    Some(Ok(events)) => self.take(&events).await?,
                    Some(Err(error)) => return Err(self.told(error)),
                    None => return Ok(()),
                },
                _ = ticks.tick() => {
                    self.save().await?;
                    if count % PRUNE == 0 {
                        let now = self.clock.now();
                        self.outbox.insist(move |outbox| outbox.prune(now)).await?;
                    }
                    count += 1;
                }
                Some(ended) = workers.join_next() => return ended.context("a worker has ended")?,
                stopped = &mut stop => return stopped,
            }
        }
    }

    /// Once this returns, every delivery of these events is on the disk.
    async fn take(&mut self, events: &[Event]) -> anyhow::Result<()> {
        events.iter().for_each(tell);
        let now = self.clock.now();
        let mut new: Vec<New> = Vec::new();
        let mut gifts = Vec::new();
        for mut occurrence in events.iter().filter_map(Occurrence::of) {
            if occurrence.kind == Kind::GiftedSubs {
                let (id, among) = (occurrence.key.clone(), gifts.clone());
                let key = self.outbox.with(move |outbox| outbox.gift_key(&id, &among, now)).await?;
                gifts.push(key.clone());
                occurrence = occurrence.with_key(key);
            }
            new.extend(deliveries(&self.destinations, &occurrence, now));
        }
        // Nothing that happens after the first checkpoint is ever lost, so that checkpoint is stored at once.
        if new.is_empty() && !events.contains(&Event::Ready) {
            // After a kill now, these events come again and are skipped again.
            self.checkpoint_is_stale = true;
            return Ok(());
        }
        self.store(new).await?;
        self.calls.iter().for_each(|call| call.notify_one());
        Ok(())
    }

    async fn save(&mut self) -> anyhow::Result<()> {
        if self.checkpoint_is_stale { self.store(Vec::new()).await } else { Ok(()) }
    }

    async fn store(&mut self, new: Vec<New>) -> anyhow::Result<()> {
        let (checkpoint, now) = (self.watcher.checkpoint(), self.clock.now());
        let known = self.outbox.insist(move |outbox| outbox.accept(&new, checkpoint.as_ref(), now)).await?;
        for key in known {
            warn!(key, "it was stored before, so it is not sent again");
        }
        self.checkpoint_is_stale = false;
        Ok(())
    }

    /// The error, with advice if the state is to blame.
    fn told(&self, error: rumble_live::Error) -> anyhow::Error {
        let is_of_another_account = error.to_string().contains("another account");
        let error = anyhow::Error::new(error).context(self.account);
        if !is_of_another_account {
            return error;
        }
        error.context(format!("the state {} belongs to another account; name another file with --state", self.outbox.file().display()))
    }
}

/// What each destination gets, if its filter lets the event through.
#[must_use]
pub fn deliveries(destinations: &[Arc<Destination>], occurrence: &Occurrence, now: Timestamp) -> Vec<New> {
    let wanting = destinations.iter().filter(|destination| destination.filter.wants(occurrence));
    wanting.filter_map(|destination| delivery(destination, occurrence, now)).collect()
}

/// `None` if the template gives no text.
#[must_use]
pub fn delivery(destination: &Destination, occurrence: &Occurrence, now: Timestamp) -> Option<New> {
    let Destination { name, format, templates, .. } = destination;
    let text = templates.fill(occurrence).unwrap_or_else(|fault| {
        warn!(
            destination = name,
            key = occurrence.key,
            "the template fails in line {}, so the usual one is used: {}",
            fault.line,
            fault.words
        );
        Templates::new(format.markup()).fill(occurrence).unwrap_or_default()
    });
    if text.is_empty() {
        return None;
    }
    let body = format.body(occurrence, &text, templates.facts(occurrence), now);
    Some(New { destination: name.clone(), format: format.word(), key: occurrence.key.clone(), kind: occurrence.kind, body })
}

/// Logs what the operator has to know.
fn tell(event: &Event) {
    match event {
        Event::Gap(_) | Event::Unreadable(_) | Event::Interrupted(_) | Event::MergeDoubt(_) => warn!("{event}"),
        Event::Resumed(_) | Event::Ready => info!("{event}"),
        _ => debug!("{event}"),
    }
}
