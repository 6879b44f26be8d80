//! The way to Rumble, which is open only while the lease of the account allows it.

use std::sync::Arc;

use futures::StreamExt as _;
use rumble_live::{Body, BoxFuture, Error, ErrorKind, Pool, Request, Response, SecretUrl, Transport};

use crate::held::{Held, REQUEST_LIMIT, UnderWay};

/// A transport of one account. Its connections are those of all accounts.
#[derive(Debug)]
pub struct Leased {
    held: Arc<Held>,
    pool: Pool,
    /// The API URL of the account.
    api: SecretUrl,
}

impl Leased {
    /// Asks this lease before each request.
    #[must_use]
    pub fn new(held: Arc<Held>, pool: Pool, api: SecretUrl) -> Self {
        Self { held, pool, api }
    }
}

impl Transport for Leased {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            if request.url.expose() != self.api.expose() {
                // It ends with the lease.
                return if self.held.may_connect() { self.pool.send(request).await } else { Err(denied()) };
            }
            let limit = request.limits.whole.unwrap_or(REQUEST_LIMIT);
            let under_way = self.held.start_request(limit).ok_or_else(denied)?;
            self.pool.send(request).await.map(|response| until_its_end(response, under_way))
        })
    }
}

/// The request lasts until the body of its answer was read or dropped.
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

fn denied() -> Error {
    Error::new(ErrorKind::Connect, "the lease of the account leaves no time for a request")
}
