//! Which workers there are.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tracing::warn;

use super::{Bucket, Trouble};
use crate::lease::{RENEW_EVERY, TTL};

/// The name of the bucket.
pub const BUCKET: &str = "RUMBLE_WORKERS";
/// The wait after a failure.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The entry of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// How many accounts the worker holds.
    pub accounts: usize,
}

/// Tells the server that this worker is running. The server forgets that after
/// [`TTL`].
///
/// # Errors
///
/// If the server does not answer.
pub async fn say_present(workers: &Bucket, name: &str, accounts: usize) -> Result<(), Trouble> {
    workers.write(name, serde_json::to_vec(&Present { accounts })?.into(), None, Some(TTL)).await.map(drop)
}

/// Tells the server again and again that this worker is running. Never returns.
pub async fn stay_present(workers: &Bucket, name: &str, accounts: impl Fn() -> usize) {
    loop {
        match say_present(workers, name, accounts()).await {
            Ok(()) => sleep(RENEW_EVERY).await,
            Err(trouble) => {
                warn!("cannot tell the NATS server that this worker is running: {trouble}");
                sleep(BACK_OFF).await;
            }
        }
    }
}
