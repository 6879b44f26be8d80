//! The way to Rumble. It is open only while the lease of the account allows it.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use futures::StreamExt as _;
use rumble_live::{Body, BoxFuture, Error, ErrorKind, Pool, Request, Response, SecretUrl, Transport};
use tokio::time::Instant;

use crate::held::{Held, REQUEST_LIMIT, UnderWay, moment};

/// The transport of one account. It shares its connections with all other
/// accounts.
#[derive(Debug)]
pub struct Leased {
    held: Arc<Held>,
    pool: Pool,
    /// The API URL of the account.
    api: SecretUrl,
}

impl Leased {
    /// Creates a transport that asks this lease before each request to `api`,
    /// and before each connection elsewhere.
    #[must_use]
    pub fn new(held: Arc<Held>, pool: Pool, api: SecretUrl) -> Self {
        Self { held, pool, api }
    }
}

impl Transport for Leased {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            if request.url.expose() != self.api.expose() {
                // Such as a live chat. It ends together with the lease.
                return if self.held.may_connect() { self.pool.send(request).await } else { Err(denied()) };
            }
            let limit = request.limits.whole.unwrap_or(REQUEST_LIMIT);
            let under_way = self.held.start_request(limit).ok_or_else(denied)?;
            let sent = unless_late(self.pool.send(request), limit).await;
            sent.map(|response| until_its_end(response, under_way))
        })
    }
}

/// Gives up a request once its time is over, before the request makes any
/// further progress. So if the process was stopped or the machine slept while a
/// connection was opened, nothing is sent over it once the lease has ended.
async fn unless_late<T>(request: impl Future<Output = Result<T, Error>>, limit: Duration) -> Result<T, Error> {
    let mut request = pin!(request);
    let origin = Instant::now();
    let start = moment(origin);
    // A timer of the runtime might fire only after the request has made progress.
    poll_fn(|context| if moment(origin).longest_since(start) < limit { request.as_mut().poll(context) } else { Poll::Ready(Err(late())) })
        .await
}

/// Makes the request last until the body of its answer has been read or
/// dropped.
fn until_its_end(mut response: Response, under_way: UnderWay) -> Response {
    let body = std::mem::take(&mut response.body);
    let length = body.length();
    let chunks = body.inspect(move |_| {
        let _: &UnderWay = &under_way;
    });
    response.body = match length {
        Some(length) => Body::sized_stream(length, chunks),
        None => Body::stream(chunks),
    };
    response
}

fn late() -> Error {
    Error::new(ErrorKind::Timeout, "the request was not answered within its time limit")
}

fn denied() -> Error {
    Error::new(ErrorKind::Connect, "the lease of the account leaves no time for a request")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

    use super::*;

    #[tokio::test]
    async fn request_that_was_held_up_beyond_its_time_does_not_go_on() {
        let went_on = AtomicBool::new(false);
        let request = async {
            tokio::task::yield_now().await;
            // As if the process had been stopped here.
            std::thread::sleep(Duration::from_millis(60));
            tokio::task::yield_now().await;
            went_on.store(true, Relaxed);
            Ok(())
        };
        assert_eq!(unless_late(request, Duration::from_millis(50)).await.unwrap_err().kind(), ErrorKind::Timeout);
        assert!(!went_on.load(Relaxed));
    }

    #[tokio::test]
    async fn request_within_its_time_is_answered() {
        let request = async {
            tokio::task::yield_now().await;
            Ok(7)
        };
        assert_eq!(unless_late(request, Duration::from_secs(60)).await.unwrap(), 7);
    }
}
