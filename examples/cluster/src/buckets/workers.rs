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

/// What is written of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// How many accounts it holds.
    pub accounts: usize,
}

/// Says that this worker is there. The server forgets it after [`TTL`].
///
/// # Errors
///
/// Where the server does not answer.
pub async fn say_present(workers: &Bucket, name: &str, accounts: usize) -> Result<(), Trouble> {
    workers.write(name, serde_json::to_vec(&Present { accounts })?.into(), None, Some(TTL)).await.map(drop)
}

/// Says it again and again. Never returns.
pub async fn stay_present(workers: &Bucket, name: &str, accounts: impl Fn() -> usize) {
    loop {
        match say_present(workers, name, accounts()).await {
            Ok(()) => sleep(RENEW_EVERY).await,
            Err(trouble) => {
                warn!("the NATS server was not told that this worker is there: {trouble}");
                sleep(BACK_OFF).await;
            }
        }
    }
}
