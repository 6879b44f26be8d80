//! A worker: takes its share of the accounts and watches each in a task of its
//! own.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use async_nats::Client;
use rumble_live::Pool;
use time::OffsetDateTime;
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{error, info, warn};

use crate::{
    batch::AccountId,
    buckets::{
        Bucket, Entry, OpenError, Trouble,
        accounts::{self, Account},
        leases,
        mirror::{Mirror, News},
        parked::{self, Parked},
        workers,
    },
    election::outlast,
    holding::{Context, Ended, hold},
    share::{Step, pick, step},
    store::{self, Store},
    watching::{Order, Shared},
};

/// How often to check whether the worker holds its share.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait after a change for further changes.
const TOGETHER: Duration = Duration::from_millis(100);
/// How long a lease is left alone if it could not be taken, in milliseconds: at
/// least and at most.
const TAKE_AGAIN: (u64, u64) = (500, 3000);
/// How long an account is left alone if a newer lease has stored something, or
/// if its checkpoint cannot be read.
const FENCED_REST: Duration = Duration::from_secs(30);
/// How many leases are taken at the same time.
const AT_ONCE: usize = 32;
/// How long the worker may take to end. It has to store the polls that are
/// under way, and to keep the distance to the next holder.
const END_WITHIN: Duration = Duration::from_secs(15);

/// The settings of a worker.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of the worker. No two workers may have the same one.
    pub name: String,
    /// How many replicas the stream and the buckets have. If one of them has
    /// more, it keeps them.
    pub replicas: usize,
    /// The time between two polls. `None` leaves it to the library.
    pub interval: Option<Duration>,
}

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bucket cannot be opened.
    #[error(transparent)]
    Bucket(#[from] OpenError),
    /// The stream cannot be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The server does not store the name of this worker.
    #[error("the NATS server does not store the name of this worker")]
    Present(#[from] Trouble),
}

/// A worker and what it holds; see the [module](self).
#[derive(Debug)]
pub struct Worker {
    context: Arc<Context>,
    /// The bucket of workers.
    workers: Bucket,
    mirrors: Mirrors,
    changed: Arc<Notify>,
    held: BTreeMap<AccountId, watch::Sender<Order>>,
    tasks: JoinSet<(AccountId, Ended)>,
    /// Accounts that are left alone, and until when.
    resting: BTreeMap<AccountId, Instant>,
    /// Accounts that this worker has parked, with the revision of their entry.
    /// The mirror of the bucket may not show them yet.
    parked: BTreeMap<AccountId, u64>,
    /// Entries of accounts that cannot be read, by id and revision. Each is
    /// logged once.
    unreadable: BTreeSet<(String, u64)>,
}

#[derive(Debug)]
struct Mirrors {
    accounts: Mirror,
    leases: Mirror,
    workers: Mirror,
    parked: Mirror,
}

impl Worker {
    /// Opens the stream and the buckets, and makes those that do not exist.
    ///
    /// # Errors
    ///
    /// If the stream or a bucket cannot be opened or made, or if the server
    /// does not store the name of this worker.
    pub async fn open(client: Client, options: Options) -> Result<Self, Error> {
        let Options { name, replicas, interval } = options;
        let store = outlast(&client, async || Store::open(client.clone(), replicas).await).await?;
        let bucket = async |name| outlast(&client, async || Bucket::open(&client, name, replicas).await).await;
        let accounts = bucket(accounts::BUCKET).await?;
        let leases = bucket(leases::BUCKET).await?;
        let workers = bucket(workers::BUCKET).await?;
        let parked = bucket(parked::BUCKET).await?;
        outlast(&client, async || workers::say_present(&workers, &name, 0).await).await?;
        let changed = Arc::new(Notify::new());
        // By then, workers that start together see each other.
        sleep(LOOK).await;
        let mirror = |bucket: &Bucket, news| Mirror::open(bucket.clone(), news, Arc::clone(&changed));
        let mirrors = Mirrors {
            accounts: mirror(&accounts, News::Any).await,
            leases: mirror(&leases, News::ComesOrGoes).await,
            workers: mirror(&workers, News::ComesOrGoes).await,
            parked: mirror(&parked, News::Any).await,
        };
        let shared = Shared { store, pool: Pool::new(), interval, newest: watch::Sender::new(None) };
        let context = Context { name, shared, leases, parked, taking: Semaphore::new(AT_ONCE), count: AtomicUsize::new(0) };
        Ok(Self {
            context: Arc::new(context),
            workers,
            mirrors,
            changed,
            held: BTreeMap::new(),
            tasks: JoinSet::new(),
            resting: BTreeMap::new(),
            parked: BTreeMap::new(),
            unreadable: BTreeSet::new(),
        })
    }

    /// When the newest snapshot of any account was made, by Rumble's clock.
    /// While the worker has nothing to watch, it is the current time.
    #[must_use]
    pub fn newest(&self) -> watch::Receiver<Option<OffsetDateTime>> {
        self.context.shared.newest.subscribe()
    }

    /// Runs until `stop` completes, then gives everything back.
    pub async fn run(mut self, stop: impl Future<Output = ()>) {
        let (context, workers) = (Arc::clone(&self.context), self.workers.clone());
        let present = async {
            workers::stay_present(&workers, &context.name, || context.count.load(Relaxed)).await;
        };
        tokio::select! {
            () = stop => {}
            () = present => {}
            () = self.share() => {}
        }
        self.end().await;
    }

    /// Keeps the worker at its share of the accounts. Never returns.
    async fn share(&mut self) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_tick = tokio::select! {
                _ = looks.tick() => true,
                () = self.changed.notified() => {
                    sleep(TOGETHER).await;
                    false
                }
                Some(ended) = self.tasks.join_next() => {
                    self.forget(ended);
                    sleep(TOGETHER).await;
                    false
                }
            };
            while let Some(ended) = self.tasks.try_join_next() {
                self.forget(ended);
            }
            self.look(is_tick);
        }
    }

    fn forget(&mut self, ended: Result<(AccountId, Ended), tokio::task::JoinError>) {
        let (account, ended) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                // The lease of the account expires. The closed channel shows which account it was.
                error!("the task of an account has failed: {error}");
                self.held.retain(|_, orders| !orders.is_closed());
                return;
            }
        };
        self.held.remove(&account);
        match ended {
            Ended::Over => {}
            Ended::TryAgain => {
                self.resting.insert(account, Instant::now() + Duration::from_millis(fastrand::u64(TAKE_AGAIN.0..TAKE_AGAIN.1)));
            }
            Ended::Fenced => {
                self.resting.insert(account, Instant::now() + FENCED_REST);
            }
            Ended::Parked(revision) => {
                self.parked.insert(account, revision);
            }
        }
    }

    /// Passes on changes of the accounts and moves towards the share. Gives
    /// accounts back only at a tick of `LOOK`.
    fn look(&mut self, is_tick: bool) {
        let accounts = self.accounts();
        for (account, orders) in &self.held {
            // An order to give back is final.
            let order = accounts.get(account).cloned().unwrap_or(Order::GiveBack);
            orders.send_if_modified(|now| *now != Order::GiveBack && std::mem::replace(now, order.clone()) != order);
        }
        let now = Instant::now();
        self.resting.retain(|_, until| *until > now);
        self.parked
            .retain(|account, revision| matches!(accounts.get(account), Some(Order::Watch { revision: newest, .. }) if newest == revision));
        let wanted = accounts.into_iter().filter(|(account, _)| !self.parked.contains_key(account)).collect::<BTreeMap<_, _>>();
        let staying = self.held.iter().filter(|(_, orders)| *orders.borrow() != Order::GiveBack).map(|(account, _)| account.clone());
        let staying = staying.collect::<Vec<_>>();
        let others = live_keys(&self.mirrors.workers);
        let step = step(staying.len(), wanted.len(), &others, &self.context.name);
        if self.held.is_empty() && matches!(step, Step::Stay) {
            // A worker without accounts counts as healthy.
            self.context.shared.newest.send_replace(Some(OffsetDateTime::now_utc()));
        }
        match step {
            Step::GiveBack(count) if is_tick => {
                for account in pick(staying, count, fastrand::u64(..)) {
                    if let Some(orders) = self.held.get(&account) {
                        orders.send_replace(Order::GiveBack);
                    }
                }
            }
            Step::GiveBack(_) | Step::Stay => {}
            Step::Take(count) => {
                let taken = live_keys(&self.mirrors.leases);
                let free = wanted.into_iter().filter(|(account, _)| {
                    !taken.contains(&account.to_string()) && !self.held.contains_key(account) && !self.resting.contains_key(account)
                });
                for (account, order) in pick(free.collect(), count, fastrand::u64(..)) {
                    let (orders, receiver) = watch::channel(order);
                    self.held.insert(account.clone(), orders);
                    self.tasks.spawn(hold(Arc::clone(&self.context), account, receiver));
                }
            }
        }
    }

    /// All accounts to watch, without the parked ones.
    fn accounts(&mut self) -> BTreeMap<AccountId, Order> {
        let parked = self.mirrors.parked.entries();
        let is_parked = |id: &str, revision| {
            let value = parked.get(id).and_then(|entry| entry.value.as_ref());
            value.and_then(|value| serde_json::from_slice::<Parked>(value).ok()).is_some_and(|parked| parked.revision == revision)
        };
        let mut accounts = BTreeMap::new();
        for (id, Entry { revision, value }) in self.mirrors.accounts.entries().iter() {
            let Some(value) = value else { continue };
            match (id.parse::<AccountId>(), serde_json::from_slice::<Account>(value)) {
                (Ok(account), Ok(configuration)) => {
                    if !is_parked(id, *revision) {
                        accounts.insert(account, Order::Watch { account: configuration, revision: *revision });
                    }
                }
                _ => {
                    if self.unreadable.insert((id.clone(), *revision)) {
                        error!(account = id, "the entry of the account cannot be read, so nobody watches it; run cluster add again");
                    }
                }
            }
        }
        accounts
    }

    async fn end(mut self) {
        let context = Arc::clone(&self.context);
        info!("giving back {} accounts", self.held.len());
        for orders in self.held.values() {
            orders.send_replace(Order::GiveBack);
        }
        let all = async {
            // The others then see that their shares have grown.
            if let Err(trouble) = self.workers.delete(&context.name, None).await {
                warn!("cannot tell the NATS server that this worker ends: {trouble}");
            }
            while self.tasks.join_next().await.is_some() {}
        };
        if timeout(END_WITHIN, all).await.is_err() {
            warn!("{} accounts were not given back within {END_WITHIN:?}; their leases will expire", context.count.load(Relaxed));
        }
    }
}

fn live_keys(mirror: &Mirror) -> BTreeSet<String> {
    mirror.entries().iter().filter(|(_, entry)| entry.value.is_some()).map(|(key, _)| key.clone()).collect()
}
