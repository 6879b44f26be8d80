//! A bucket as this worker sees it, kept up to date by a watch and by scans.
//!
//! A watch is told of what changes at once, but not of keys that expire while
//! the server is away. So it is opened anew every few seconds, which tells all
//! that is there.

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

/// Which changes are worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// All of them.
    Any,
    /// A key that comes or goes. Leases are renewed all the time.
    ComesOrGoes,
}

type Entries = BTreeMap<String, Entry>;

/// See the [module](self).
#[derive(Debug)]
pub struct Mirror {
    entries: Arc<Mutex<Entries>>,
    task: AbortHandle,
}

impl Mirror {
    /// Returns once the bucket was seen. From then on it tells `changed`.
    pub async fn open(bucket: Bucket, news: News, changed: Arc<Notify>) -> Self {
        let entries = Arc::<Mutex<Entries>>::default();
        let (seen, is_seen) = oneshot::channel();
        let task = tokio::spawn(keep(bucket, Arc::clone(&entries), news, changed, seen)).abort_handle();
        // It fails only if the runtime ends.
        is_seen.await.unwrap_or_default();
        Self { entries, task }
    }

    /// What is there, as far as it is known.
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
            warn!("a bucket of the NATS server is looked at again in {BACK_OFF:?}: {trouble}");
            sleep(BACK_OFF).await;
        }
    }
}

/// Scans, and watches until the next scan is due.
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
        // Nobody waits for it if the worker ends.
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
