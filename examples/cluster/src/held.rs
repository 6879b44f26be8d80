//! Takes a lease, renews it and gives it back, by the rules of
//! [`lease`](crate::lease).

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout_at},
};
use tracing::{debug, info, warn};

use crate::{
    batch::AccountId,
    buckets::{Bucket, Trouble, leases::Holding},
    lease::{APART, Found, LOST_AFTER, Lease, Moment, RENEW_EVERY, TTL, Write},
    metering,
};

/// How long a request to Rumble may take. A lease that is renewed on time
/// always has this much time left, plus the [distance](APART) to the next
/// holder.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(6);
/// How old the last renewal may be when a request starts.
const FRESH_FOR: Duration = LOST_AFTER.saturating_sub(APART).saturating_sub(REQUEST_LIMIT);
/// How often to check whether the lease can be given back.
const LOOK: Duration = Duration::from_millis(100);
/// The wait after a failure.
const BACK_OFF: Duration = Duration::from_millis(500);

/// What a lease allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The moment until which requests may start.
    pub ask_until: Instant,
    /// Whether the lease is lost or given back.
    pub is_over: bool,
}

/// How a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The key was deleted.
    GivenBack,
    /// Nobody knows whether the key was deleted. If it was not, the server
    /// deletes it when its time to live is over.
    LeftToExpire,
    /// The lease could not be renewed in time, or somebody else has it.
    Lost,
}

/// A lease that this worker holds; see the [module](self).
#[derive(Debug)]
pub struct Held {
    account: AccountId,
    worker: String,
    epoch: u64,
    /// A random text that tells this lease from all others.
    id: String,
    leases: Bucket,
    lease: Mutex<Lease>,
    origin: Instant,
    standing: watch::Sender<Standing>,
    wake: Notify,
    /// Whether the lease has refused a request or a connection.
    was_denied: AtomicBool,
}

impl Held {
    /// Takes the lease of an account. `None` if somebody else holds it.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn take(leases: &Bucket, account: &AccountId, worker: &str) -> Result<Option<Self>, Trouble> {
        let expected = match leases.read(&account.to_string()).await? {
            Some(entry) if entry.value.is_some() => return Ok(None),
            Some(marker) => marker.revision,
            None => 0,
        };
        let origin = Instant::now();
        let now = moment(origin);
        let (mut lease, write) = Lease::take(now, expected);
        let id = format!("{:016x}", fastrand::u64(..));
        let holding = Holding { worker: worker.to_owned(), epoch: None, number: write.number, lease: id.clone() };
        let epoch = match leases.write(&account.to_string(), holding.to_json()?, Some(write.expected), Some(TTL)).await {
            Ok(revision) => revision,
            Err(Trouble::Overtaken) => return Ok(None),
            // The write may have been stored all the same.
            Err(trouble) => {
                debug!(%account, "no good answer to the write of the lease, so it is read now: {trouble}");
                lease.refused();
                match own(leases.read(&account.to_string()).await?.as_ref(), &id) {
                    Found::Own { revision, .. } => revision,
                    Found::Other => return Ok(None),
                }
            }
        };
        lease.found(moment(origin), Found::Own { number: write.number, revision: epoch });
        let standing = Standing { ask_until: origin + FRESH_FOR, is_over: false };
        Ok(Some(Self {
            account: account.clone(),
            worker: worker.to_owned(),
            epoch,
            id,
            leases: leases.clone(),
            lease: Mutex::new(lease),
            origin,
            standing: watch::Sender::new(standing),
            wake: Notify::new(),
            was_denied: AtomicBool::new(false),
        }))
    }

    /// The revision at which the lease was taken.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The account that the lease is for.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// What the lease allows. The receiver always shows the newest state.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Makes [`keep`](Self::keep) give the lease back. From now on no request
    /// starts.
    pub fn leave(&self) {
        self.lock().leave();
        self.wake.notify_one();
    }

    /// Starts a request of the account, which may take as long as `limit`. It
    /// lasts until you drop the guard. `None` if the lease does not allow the
    /// request.
    #[must_use]
    pub fn start_request(self: &Arc<Self>, limit: Duration) -> Option<UnderWay> {
        let may = self.lock().start_request(moment(self.origin), limit);
        self.note(may).then(|| UnderWay(Arc::clone(self)))
    }

    /// Whether you may open a connection that is not a request of the account,
    /// such as that of a live chat.
    #[must_use]
    pub fn may_connect(&self) -> bool {
        let may = self.lock().has_left(moment(self.origin), APART);
        self.note(may)
    }

    /// Whether the lease has refused a request or a connection. The watcher
    /// sees an error then, but that error says nothing about the account.
    #[must_use]
    pub fn was_denied(&self) -> bool {
        self.was_denied.load(Relaxed)
    }

    fn note(&self, may: bool) -> bool {
        if !may {
            self.was_denied.store(true, Relaxed);
        }
        may
    }

    /// Renews the lease until it is lost, or until it is given back after
    /// [`leave`](Self::leave).
    pub async fn keep(self: Arc<Self>) -> End {
        let end = {
            // Says that the lease is over, even if this future is dropped or panics.
            let _over = Over(&self.standing);
            self.keep_on().await
        };
        let (account, epoch) = (&self.account, self.epoch);
        match end {
            End::GivenBack => {
                metering::lease_given_back();
                info!(%account, epoch, "lease given back");
            }
            End::LeftToExpire => {
                metering::lease_lost();
                info!(%account, epoch, "lease left to expire");
            }
            End::Lost => {
                metering::lease_lost();
                warn!(%account, epoch, "lease lost");
            }
        }
        end
    }

    async fn keep_on(&self) -> End {
        loop {
            let asleep_until = match self.next() {
                Next::Over => return End::Lost,
                Next::Read => match self.leases.read(&self.account.to_string()).await {
                    Ok(entry) => {
                        let found = own(entry.as_ref(), &self.id);
                        self.lock().found(moment(self.origin), found);
                        self.tell();
                        continue;
                    }
                    Err(trouble) => {
                        debug!(account = %self.account, "the lease cannot be read: {trouble}");
                        sleep(BACK_OFF).await;
                        continue;
                    }
                },
                Next::Renew(write) => {
                    self.renew(write).await;
                    continue;
                }
                Next::GiveBack(revision) => {
                    if let Err(trouble) = self.leases.delete(&self.account.to_string(), Some(revision)).await {
                        debug!(account = %self.account, "the lease was not deleted: {trouble}");
                        return End::LeftToExpire;
                    }
                    return End::GivenBack;
                }
                Next::Wait(wait) => Instant::now() + wait,
            };
            // Whether it was woken or not, it checks again.
            timeout_at(asleep_until, self.wake.notified()).await.unwrap_or_default();
        }
    }

    fn next(&self) -> Next {
        let now = moment(self.origin);
        let mut lease = self.lock();
        if lease.is_over(now) {
            Next::Over
        } else if lease.must_read(now) {
            Next::Read
        } else if let Some(revision) = lease.give_back(now) {
            Next::GiveBack(revision)
        } else if let Some(write) = lease.renew(now) {
            Next::Renew(write)
        } else if lease.is_leaving() {
            Next::Wait(LOOK)
        } else {
            Next::Wait(RENEW_EVERY.saturating_sub(now.longest_since(lease.last_written())))
        }
    }

    async fn renew(&self, write: Write) {
        let holding = Holding { worker: self.worker.clone(), epoch: Some(self.epoch), number: write.number, lease: self.id.clone() };
        let written = match holding.to_json() {
            Ok(json) => self.leases.write(&self.account.to_string(), json, Some(write.expected), Some(TTL)).await,
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(revision) => self.lock().confirmed(moment(self.origin), write.number, revision),
            Err(trouble) => {
                debug!(account = %self.account, "the lease was not renewed: {trouble}");
                self.lock().refused();
            }
        }
        self.tell();
    }

    /// Publishes what the lease allows after its newest confirmed renewal.
    fn tell(&self) {
        if let Some(sent) = self.lock().confirmed_at() {
            let ask_until = self.origin + sent.monotonic + FRESH_FOR;
            self.standing.send_if_modified(|standing| std::mem::replace(&mut standing.ask_until, ask_until) != ask_until);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lease> {
        // Nothing that panics runs under this lock.
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Over<'a>(&'a watch::Sender<Standing>);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|standing| standing.is_over = true);
    }
}

enum Next {
    Over,
    Read,
    Renew(Write),
    GiveBack(u64),
    Wait(Duration),
}

/// A request that is under way. Drop it when the request has ended.
#[derive(Debug)]
pub struct UnderWay(Arc<Held>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.lock().request_ended(moment(self.0.origin));
    }
}

fn own(entry: Option<&crate::buckets::Entry>, id: &str) -> Found {
    match entry.and_then(|entry| Some((Holding::of(entry)?.0, entry.revision))) {
        Some((holding, revision)) if holding.lease == id => Found::Own { number: holding.number, revision },
        _ => Found::Other,
    }
}

pub(crate) fn moment(origin: Instant) -> Moment {
    Moment { monotonic: origin.elapsed(), wall: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() }
}
