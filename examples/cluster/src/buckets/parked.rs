//! Accounts that nobody watches until their configuration changes.

use serde::{Deserialize, Serialize};

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_PARKED";

/// Why an account is parked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parked {
    /// The kind of the error, such as `unauthorized`.
    pub kind: String,
    /// What the error says.
    pub message: String,
    /// The revision of the account that it concerns. Another one is not parked.
    pub revision: u64,
}
