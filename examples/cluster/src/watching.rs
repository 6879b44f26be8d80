//! Watches one account under one lease: polls it and stores what the polls
//! bring.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use rumble_live::{Checkpoint, Client, Error, Event, Pool, SecretUrl, Snapshot, Watcher};
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, Interval, MissedTickBehavior, interval, sleep, sleep_until, timeout},
};
use tracing::{debug, error, info, warn};

use crate::{
    batch::{Poll, parts},
    buckets::{accounts::Account, parked::Parked},
    held::{Held, REQUEST_LIMIT, Standing},
    lease::APART,
    leased::Leased,
    metering,
    store::{self, Outcome, Store},
};

/// The shortest time between two batches of an account. Without it, a busy chat
/// would make a batch of each line.
const BATCHES_APART: Duration = Duration::from_millis(250);
/// How often the checkpoint is stored while no events come.
const SAVE: Duration = Duration::from_secs(60);
/// How often to look for a newer snapshot. Polls without events bring one too.
const LOOK: Duration = Duration::from_secs(1);
/// How long it may take to store the last checkpoint when the account is given
/// back.
const LAST_SAVE: Duration = Duration::from_secs(2);

/// What the worker tells the task of an account to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Watch it with this configuration.
    Watch {
        /// The configuration: where to find the API URL.
        account: Account,
        /// The revision of the configuration.
        revision: u64,
    },
    /// Give it back.
    GiveBack,
}

/// Why an account is not watched any more.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// The account is to be given back, its lease is over or allows no more
    /// requests, or a newer lease has stored something while this one was in
    /// use.
    Over,
    /// A newer lease had stored something before this one could, or another
    /// version of the program had stored a checkpoint that this one cannot read.
    Fenced,
    /// The account cannot be watched until its configuration changes.
    Park(Parked),
}

/// What all accounts of a worker have in common.
#[derive(Debug)]
pub struct Shared {
    /// The store for the events.
    pub store: Store,
    /// The connections to Rumble.
    pub pool: Pool,
    /// The time between two polls. `None` leaves it to the library.
    pub interval: Option<Duration>,
    /// When the newest snapshot of any account was made, by Rumble's clock.
    pub newest: watch::Sender<Option<OffsetDateTime>>,
}

struct Watching<'a> {
    shared: &'a Shared,
    held: &'a Arc<Held>,
    standing: watch::Receiver<Standing>,
    orders: watch::Receiver<Order>,
    /// The number of the next poll to store.
    poll: u64,
    /// The sequence that the next batch has to expect.
    sequence: u64,
    /// The checkpoint that is stored.
    checkpoint: Option<Checkpoint>,
    saved: Instant,
    /// When the newest snapshot was made, by Rumble's clock.
    seen: Option<OffsetDateTime>,
}

/// Watches an account until its lease is over or the account cannot be watched.
///
/// What a poll has brought is stored even if the lease is lost in the meantime,
/// unless somebody else has taken over.
pub async fn watch(shared: &Shared, held: &Arc<Held>, mut orders: watch::Receiver<Order>) -> End {
    let claimed = tokio::select! {
        biased;
        _ = orders.wait_for(|order| *order == Order::GiveBack) => return End::Over,
        () = over(held.standing()) => return End::Over,
        claimed = shared.store.claim(held.account(), held.epoch()) => claimed,
    };
    let claimed = match claimed {
        Ok(Some(claimed)) => claimed,
        Ok(None) => {
            metering::fenced();
            warn!(
                account = %held.account(), epoch = held.epoch(),
                "a newer lease has stored something; if nobody holds one, the bucket of leases was deleted without the stream: purge the subject {} to begin anew",
                held.account().checkpoints()
            );
            return End::Fenced;
        }
        // A worker of another version can go on from there.
        Err(error @ store::Error::UnreadableCheckpoint { .. }) => {
            error!(account = %held.account(), epoch = held.epoch(), "{error}");
            return End::Fenced;
        }
        Err(error) => return park("store", &anyhow::Error::from(error), revision(&orders)),
    };
    let mut watching = Watching {
        shared,
        held,
        standing: held.standing(),
        orders,
        poll: 1,
        sequence: claimed.sequence,
        checkpoint: claimed.checkpoint.clone(),
        saved: Instant::now(),
        seen: None,
    };
    watching.run(claimed.checkpoint).await
}

/// Why the watcher of an account is stopped.
enum Stop {
    Changed,
    End(End),
}

impl Watching<'_> {
    async fn run(&mut self, mut checkpoint: Option<Checkpoint>) -> End {
        loop {
            let (account, revision) = match self.orders.borrow_and_update().clone() {
                Order::Watch { account, revision } => (account, revision),
                Order::GiveBack => return End::Over,
            };
            let mut watcher = match self.watcher(&account, checkpoint).await {
                Ok(watcher) => watcher,
                Err(error) => return park("config", &error, revision),
            };
            match self.follow(&mut watcher, revision).await {
                Stop::End(end) => return end,
                Stop::Changed => {
                    info!(account = %self.held.account(), epoch = self.held.epoch(), "configuration changed");
                    checkpoint = watcher.checkpoint();
                    drop(watcher);
                    // The new watcher makes its first request at once.
                    sleep(APART).await;
                }
            }
        }
    }

    async fn watcher(&self, account: &Account, checkpoint: Option<Checkpoint>) -> anyhow::Result<Watcher> {
        let url = account.url.read().await?;
        let api: SecretUrl = url.parse().with_context(|| account.url.to_string())?;
        let leased = Leased::new(Arc::clone(self.held), self.shared.pool.clone(), api);
        let client = Client::builder(url).timeout(REQUEST_LIMIT).transport(leased).build().with_context(|| account.url.to_string())?;
        let mut builder = client.watch_builder().live_chat(true).name(self.held.account().to_string()).resume(checkpoint);
        if let Some(interval) = self.shared.interval {
            builder = builder.interval(interval);
        }
        Ok(builder.build())
    }

    async fn follow(&mut self, watcher: &mut Watcher, revision: u64) -> Stop {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let events = match self.next(watcher, &mut looks, revision).await {
                Ok(events) => events,
                Err(stop) => return stop,
            };
            self.look(watcher);
            match self.store(&events, watcher.checkpoint()).await {
                Ok(Outcome::Stored(_)) => sleep(BATCHES_APART).await,
                Ok(Outcome::Fenced) => return Stop::End(End::Over),
                Err(error) => return Stop::End(park("store", &anyhow::Error::from(error), revision)),
            }
        }
    }

    /// The events of the next poll. Empty if only the checkpoint is to be
    /// stored.
    async fn next(&mut self, watcher: &mut Watcher, looks: &mut Interval, revision: u64) -> Result<Vec<Event>, Stop> {
        loop {
            let Standing { ask_until, is_over } = *self.standing.borrow_and_update();
            if is_over || self.held.was_denied() {
                return Err(Stop::End(End::Over));
            }
            let may_ask = Instant::now() < ask_until;
            let polled = tokio::select! {
                biased;
                _ = self.standing.changed() => continue,
                _ = self.orders.changed() => return Err(self.ordered(watcher).await),
                _ = looks.tick() => {
                    self.look(watcher);
                    if self.saved.elapsed() >= SAVE && watcher.checkpoint() != self.checkpoint {
                        return Ok(Vec::new());
                    }
                    continue;
                }
                // No request starts while nobody asks the watcher for the next poll.
                () = sleep_until(ask_until), if may_ask => continue,
                polled = watcher.next_poll(), if may_ask => polled,
            };
            return match polled {
                // The watcher takes the refusal for trouble with the account, which it is not.
                Some(Ok(mut events)) if self.held.was_denied() => {
                    events.retain(|event| !matches!(event, Event::Interrupted(_)));
                    Ok(events)
                }
                Some(Ok(events)) => Ok(events),
                Some(Err(error)) => Err(Stop::End(park(kind(&error), &error, revision))),
                // The watcher ends only after an error.
                None => Err(Stop::End(End::Over)),
            };
        }
    }

    /// Decides what a new order means for the watcher.
    async fn ordered(&mut self, watcher: &Watcher) -> Stop {
        if *self.orders.borrow() != Order::GiveBack {
            return Stop::Changed;
        }
        self.save_last(watcher).await;
        Stop::End(End::Over)
    }

    /// Stores one poll, in as many batches as it needs.
    async fn store(&mut self, events: &[Event], checkpoint: Option<Checkpoint>) -> Result<Outcome, store::Error> {
        let (account, epoch) = (self.held.account(), self.held.epoch());
        let poll = Poll { epoch, number: self.poll, events, checkpoints: (self.checkpoint.as_ref(), checkpoint.as_ref()) };
        for part in parts(account, &poll, self.shared.store.limits())? {
            let start = Instant::now();
            match self.shared.store.store(account, &part, self.sequence).await? {
                Outcome::Stored(sequence) => {
                    metering::batch_stored(start.elapsed());
                    self.sequence = sequence;
                }
                Outcome::Fenced => {
                    fenced(self.held, start.elapsed());
                    return Ok(Outcome::Fenced);
                }
            }
        }
        self.poll += 1;
        self.checkpoint = checkpoint;
        self.saved = Instant::now();
        Ok(Outcome::Stored(self.sequence))
    }

    /// Stores the checkpoint if polls without events have changed it, so that
    /// the next holder goes on from there.
    async fn save_last(&mut self, watcher: &Watcher) {
        let checkpoint = watcher.checkpoint();
        if checkpoint != self.checkpoint {
            match timeout(LAST_SAVE, self.store(&[], checkpoint)).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => warn!(account = %self.held.account(), "the last checkpoint was not stored: {error}"),
                Err(_) => debug!(account = %self.held.account(), "the last checkpoint was not stored in time"),
            }
        }
    }

    fn look(&mut self, watcher: &Watcher) {
        let seen = watcher.snapshot().map(Snapshot::now);
        if seen.is_some() && seen != self.seen {
            self.seen = seen;
            self.shared.newest.send_replace(seen);
        }
    }
}

async fn over(mut standing: watch::Receiver<Standing>) {
    // It fails only if the lease has been dropped.
    drop(standing.wait_for(|standing| standing.is_over).await);
}

fn fenced(held: &Held, after: Duration) {
    metering::batch_fenced(after);
    warn!(account = %held.account(), epoch = held.epoch(), "batch refused by the fence");
}

fn revision(orders: &watch::Receiver<Order>) -> u64 {
    match &*orders.borrow() {
        Order::Watch { revision, .. } => *revision,
        Order::GiveBack => 0,
    }
}

fn kind(error: &Error) -> String {
    serde_json::to_value(error.kind()).ok().and_then(|kind| Some(kind.as_str()?.to_owned())).unwrap_or_default()
}

fn park(kind: impl Into<String>, error: &(impl std::fmt::Display + ?Sized), revision: u64) -> End {
    End::Park(Parked { kind: kind.into(), message: format!("{error:#}"), revision })
}
