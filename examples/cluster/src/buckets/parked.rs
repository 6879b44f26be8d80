//! Which accounts nobody watches until their configuration changes.

use serde::{Deserialize, Serialize};

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_PARKED";

/// The entry of a parked account: why it is parked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The kind of the error, such as `unauthorized`.
    pub kind: String,
    /// What the error says.
    pub message: String,
    /// The revision of the account's entry that is parked. An account whose
    /// entry has another revision is not parked.
    pub revision: u64,
}
