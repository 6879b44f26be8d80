//! A bucket as this worker sees it. A watch and scans keep it up to date.
//!
//! A watch learns at once of what changes, but not of keys that expire while
//! the server is away. So the mirror scans the bucket and opens a new watch
//! every ten seconds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt as _;
use tokio::{
    sync::{Notify, oneshot},
    task::AbortHandle,
    time::{Instant, sleep, timeout_at},
};
use tracing::warn;

use super::{Bucket, Entry, Trouble, keyed};

/// How often a bucket is scanned.
const SCAN_EVERY: Duration = Duration::from_secs(10);
/// The wait after a failure.
const BACK_OFF: Duration = Duration::from_millis(500);

/// Which changes a mirror reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Every change.
    Any,
    /// Only keys that come or go. Leases are renewed all the time.
    ComesOrGoes,
}

type Entries = BTreeMap<String, Entry>;

/// A view of one bucket; see the [module](self).
#[derive(Debug)]
pub struct Mirror {
    entries: Arc<Mutex<Entries>>,
    task: AbortHandle,
}

impl Mirror {
    /// Returns once the bucket has been read. From then on the mirror notifies
    /// `changed` of each change that `news` asks for.
    pub async fn open(bucket: Bucket, news: News, changed: Arc<Notify>) -> Self {
        let entries = Arc::<Mutex<Entries>>::default();
        let (seen, is_seen) = oneshot::channel();
        let task = tokio::spawn(keep(bucket, Arc::clone(&entries), news, changed, seen)).abort_handle();
        // It fails only if the runtime ends.
        is_seen.await.unwrap_or_default();
        Self { entries, task }
    }

    /// All entries that this worker knows of. A key that has gone may still be
    /// there with the value `None`.
    pub fn entries(&self) -> MutexGuard<'_, Entries> {
        lock(&self.entries)
    }
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn keep(bucket: Bucket, entries: Arc<Mutex<Entries>>, news: News, changed: Arc<Notify>, seen: oneshot::Sender<()>) {
    let mut seen = Some(seen);
    loop {
        if let Err(trouble) = follow(&bucket, &entries, news, &changed, &mut seen).await {
            warn!("cannot follow a bucket of the NATS server, next try in {BACK_OFF:?}: {trouble}");
            sleep(BACK_OFF).await;
        }
    }
}

/// Scans the bucket, then watches it until the next scan is due.
async fn follow(
    bucket: &Bucket,
    entries: &Mutex<Entries>,
    news: News,
    changed: &Notify,
    seen: &mut Option<oneshot::Sender<()>>,
) -> Result<(), Trouble> {
    let (scanned, mut watch) = bucket.follow().await?;
    *lock(entries) = scanned;
    changed.notify_one();
    if let Some(seen) = seen.take() {
        // Nobody waits for it any more if the worker ends.
        seen.send(()).unwrap_or_default();
    }
    let end = Instant::now() + SCAN_EVERY;
    while let Ok(found) = timeout_at(end, watch.next()).await {
        let (key, entry) = keyed(found.ok_or(Trouble::Ended)??);
        let is_there = entry.value.is_some();
        let was_there = lock(entries).insert(key, entry).is_some_and(|before| before.value.is_some());
        if news == News::Any || is_there != was_there {
            changed.notify_one();
        }
    }
    Ok(())
}

fn lock(entries: &Mutex<Entries>) -> MutexGuard<'_, Entries> {
    // Nothing that panics runs under this lock.
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}
