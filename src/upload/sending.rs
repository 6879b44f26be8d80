//! The time that a request may take which sends a lot: as long as bytes go out,
//! it is not stuck.
//!
//! A limit on the whole would end a long video on a slow line, and no limit
//! would wait for a dead connection for ever. So it is the pause that is
//! limited. What is seen of the sending is how much the transport has taken of
//! the body, which may be ahead of the line: hence the time for the answer
//! grows with the size of the body.

use std::{future::Future, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::{sync::watch, time::timeout};

use crate::error::{Error, ErrorKind};

/// How long nothing may go out.
pub(super) const STALL: Duration = Duration::from_secs(60);
/// The slowest line that is reckoned with, in bytes a second: a transport or a
/// proxy may take a whole body at once, and send it on more slowly.
const SLOWEST: u64 = 65_536;

/// Waits for the answer, unless nothing goes out for too long, or no answer
/// comes within `patience` once all has been handed out and had time to go out.
pub(super) async fn unless_stuck<T>(
    exchange: impl Future<Output = Result<T, Error>>,
    mut sent: watch::Receiver<u64>,
    total: u64,
    patience: Duration,
) -> Result<T, Error> {
    let mut exchange = pin!(exchange);
    let mut is_open = true;
    loop {
        let limit = if *sent.borrow_and_update() < total { STALL } else { patience + Duration::from_secs(total / SLOWEST) };
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

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A transport that takes this many bytes every half minute, in so many
    /// steps, and answers or falls silent.
    async fn exchange(sender: watch::Sender<u64>, step: u64, steps: u64, answers: bool) -> Result<(), Error> {
        for number in 1..=steps {
            sleep(30 * SECOND).await;
            sender.send_replace(number * step);
        }
        if answers { Ok(()) } else { std::future::pending().await }
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_goes_out_slowly_is_not_stuck() {
        let (sender, sent) = watch::channel(0);
        let begun = Instant::now();
        unless_stuck(exchange(sender, 1000, 100, true), sent, 100_000, SECOND).await.unwrap();
        assert_eq!(begun.elapsed(), 3000 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn body_that_stops_halfway_is_given_up_after_a_minute() {
        let (sender, sent) = watch::channel(0);
        let begun = Instant::now();
        let error = unless_stuck(exchange(sender, 1000, 2, false), sent, 100_000, 600 * SECOND).await.unwrap_err();
        assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Timeout, 120 * SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn answer_is_waited_for_longer_after_a_large_body_than_after_a_small_one() {
        for (total, waited) in [(1000, 10), (SLOWEST * 50, 60)] {
            let (sender, sent) = watch::channel(0);
            let begun = Instant::now();
            let error = unless_stuck(exchange(sender, total, 1, false), sent, total, 10 * SECOND).await.unwrap_err();
            assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Timeout, (30 + waited) * SECOND));
        }
    }
}
