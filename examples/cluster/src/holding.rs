//! Holds one account for a worker, from taking its lease to giving it back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
    time::sleep,
};
use tracing::{error, info, warn};

use crate::{
    batch::AccountId,
    buckets::{Bucket, parked::Parked},
    held::Held,
    metering,
    watching::{End, Order, Shared, watch},
};

/// How many times to try to park an account.
const PARK_TRIES: u32 = 5;
/// The wait between two tries.
const PARK_AGAIN: Duration = Duration::from_secs(1);

/// What a worker needs to hold its accounts.
#[derive(Debug)]
pub(crate) struct Context {
    /// The worker's name.
    pub(crate) name: String,
    pub(crate) shared: Shared,
    pub(crate) leases: Bucket,
    pub(crate) parked: Bucket,
    /// Limits how many leases are being taken at the same time.
    pub(crate) taking: Semaphore,
    /// How many accounts the worker holds.
    pub(crate) count: AtomicUsize,
}

/// Why an account is not held any more.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The account may be tried again soon: somebody else has the lease, the
    /// server did not answer, or the worker no longer wants the account.
    TryAgain,
    /// A newer lease had already stored something, or the checkpoint cannot be
    /// read.
    Fenced,
    /// The lease was given back or lost.
    Over,
    /// The account was parked. This is the revision of its entry.
    Parked(u64),
}

/// Takes the lease of an account and watches the account until the lease is
/// over.
pub(crate) async fn hold(context: Arc<Context>, account: AccountId, orders: watch::Receiver<Order>) -> (AccountId, Ended) {
    let taken = {
        let _permit = context.taking.acquire().await;
        if *orders.borrow() == Order::GiveBack {
            return (account, Ended::TryAgain);
        }
        Held::take(&context.leases, &account, &context.name).await
    };
    let held = match taken {
        Ok(Some(held)) => Arc::new(held),
        Ok(None) => return (account, Ended::TryAgain),
        Err(trouble) => {
            warn!(%account, "the lease was not taken: {trouble}");
            return (account, Ended::TryAgain);
        }
    };
    let _holding = Counted::begin(&context);
    info!(%account, epoch = held.epoch(), "lease taken");
    // The keeper ends with this task, so that nobody renews the lease of an account that is not watched.
    let mut keeper = JoinSet::new();
    keeper.spawn(Arc::clone(&held).keep());
    let ended = match watch(&context.shared, &held, orders).await {
        End::Over => Ended::Over,
        End::Fenced => Ended::Fenced,
        End::Park(parked) => {
            warn!(%account, epoch = held.epoch(), kind = parked.kind, "parked: {}", parked.message);
            if park(&context.parked, &account, &parked).await { Ended::Parked(parked.revision) } else { Ended::TryAgain }
        }
    };
    held.leave();
    if let Some(Err(error)) = keeper.join_next().await {
        error!(%account, "the task that renews the lease has failed: {error}");
    }
    (account, ended)
}

/// Writes that the account is parked. Returns false if that does not work. The
/// next holder then finds the same error and tries again.
async fn park(bucket: &Bucket, account: &AccountId, parked: &Parked) -> bool {
    for tried in 0..PARK_TRIES {
        if tried > 0 {
            sleep(PARK_AGAIN).await;
        }
        let written = match serde_json::to_vec(parked) {
            Ok(json) => bucket.write(&account.to_string(), json.into(), None, None).await,
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(_) => return true,
            Err(trouble) => warn!(%account, "cannot write that the account is parked: {trouble}"),
        }
    }
    false
}

struct Counted {
    context: Arc<Context>,
    _metered: metering::HeldAccount,
}

impl Counted {
    fn begin(context: &Arc<Context>) -> Self {
        context.count.fetch_add(1, Relaxed);
        Self { context: Arc::clone(context), _metered: metering::HeldAccount::begin() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.context.count.fetch_sub(1, Relaxed);
    }
}
