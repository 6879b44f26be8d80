//! Who holds which account.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::Entry;

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_LEASES";

/// What is written of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// Who holds it.
    pub worker: String,
    /// The revision at which it was taken. The write that takes it cannot know.
    pub epoch: Option<u64>,
    /// Which write of the lease it is.
    pub number: u64,
    /// Tells this lease from any other, even of a worker of the same name.
    pub lease: String,
}

impl Holding {
    /// What is written at a key, if that is a lease, and its epoch.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<(Self, u64)> {
        let holding: Self = serde_json::from_slice(entry.value.as_ref()?).ok()?;
        let epoch = holding.epoch.unwrap_or(entry.revision);
        Some((holding, epoch))
    }

    /// As it is written.
    ///
    /// # Errors
    ///
    /// Never, as far as JSON goes.
    pub fn to_json(&self) -> serde_json::Result<Bytes> {
        serde_json::to_vec(self).map(Bytes::from)
    }
}
