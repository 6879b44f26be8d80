//! Who holds which account.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Entry;

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_LEASES";

/// The entry of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The name of the worker that holds the lease.
    pub worker: String,
    /// The revision at which the lease was taken. `None` in the write that
    /// takes the lease, which cannot know its own revision.
    pub epoch: Option<u64>,
    /// The number of this write: 0 takes the lease, 1 is its first renewal.
    pub number: u64,
    /// A random text that tells this lease from any other, even from one of a
    /// worker with the same name.
    pub lease: String,
}

impl Holding {
    /// Reads a lease and its epoch from the entry of a key. `None` if the key
    /// holds no lease.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<(Self, u64)> {
        let holding: Self = serde_json::from_slice(entry.value.as_ref()?).ok()?;
        let epoch = holding.epoch.unwrap_or(entry.revision);
        Some((holding, epoch))
    }

    /// Encodes the entry as JSON.
    ///
    /// # Errors
    ///
    /// Never in practice: JSON can express every value.
    pub fn to_json(&self) -> serde_json::Result<Bytes> {
        serde_json::to_vec(self).map(Bytes::from)
    }
}
