//! The time that a request may take which sends a lot: as long as bytes go out, it is not stuck.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::{sync::watch, time::timeout};

use crate::error::{Error, ErrorKind};

/// How long nothing may go out.
pub(super) const STALL: Duration = Duration::from_secs(60);

/// Waits for the answer, unless nothing goes out for too long, or no answer comes within `patience` once all has.
pub(super) async fn unless_stuck<T>(
    exchange: impl Future<Output = Result<T, Error>>,
    mut sent: watch::Receiver<u64>,
    total: u64,
    patience: Duration,
) -> Result<T, Error> {
    let mut exchange = pin!(exchange);
    let mut is_open = true;
    loop {
        let limit = if *sent.borrow_and_update() < total { STALL } else { patience };
        let moved = pin!(async {
            if !is_open || sent.changed().await.is_err() {
                is_open = false;
                std::future::pending::<()>().await;
            }
        });
        match timeout(limit, select(&mut exchange, moved)).await {
            Ok(Either::Left((answered, _))) => return answered,
            Ok(Either::Right(((), _))) => {}
            Err(_) => {
                return Err(Error::with_message(
                    ErrorKind::Timeout,
                    format!("nothing went out or came for {limit:?}; the network or the server is stuck"),
                ));
            }
        }
    }
}
