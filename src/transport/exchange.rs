//! Enforces the limits of an exchange for every transport, and keeps secrets
//! out of its errors.
//!
//! [`open`] waits for the head within the shorter of two limits, and wraps the
//! body so that reading it is limited too. Every error that comes out, of the
//! transport or of its body, has been searched for secrets.
//!
//! A body is asked for bytes before the idle limit is looked at. So a caller
//! that comes back after a long pause gets what has arrived meanwhile, and not
//! an error about a silence that it caused itself. The limit of the whole holds
//! even then, unless the body is at its end.

use std::{
    future::{Future as _, ready},
    pin::Pin,
    task::{self, Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream;
use tokio::{
    task::coop,
    time::{Instant, Sleep, sleep, sleep_until, timeout_at},
};

use super::{
    Body, Limits, Request, Response, Transport,
    secret::{Secrets, mark_credentials},
};
use crate::error::Error;

/// Sends a request. Resolves with the head of the answer. Its body enforces the
/// limits too.
///
/// A body in memory is passed on as it is if it is not too large. A body that
/// says itself that it is too large fails at the first read, so the caller has
/// the status and the headers all the same.
///
/// # Errors
///
/// `Timeout` if there is no head in time, and what the transport says, without
/// its text if that holds a secret.
pub(crate) async fn open(transport: &dyn Transport, mut request: Request) -> Result<Response, Error> {
    mark_credentials(&mut request.headers);
    let (limits, secrets) = (request.limits, Secrets::of(&request.url, &request.headers, &request.body));
    let begun = Instant::now();
    // A limit beyond the clock's range is no limit.
    let due = |limit: Option<Duration>| limit.and_then(|limit| begun.checked_add(limit));
    let limits_of_the_head =
        [due(limits.head).zip(limits.head.map(Error::no_head)), due(limits.whole).zip(limits.whole.map(Error::timeout))];
    let first = limits_of_the_head.into_iter().flatten().min_by_key(|(due, _)| *due);
    let sending = transport.send(request);
    let sent = match first {
        Some((due, error)) => timeout_at(due, sending).await.map_err(|_| error)?,
        None => sending.await,
    };
    let mut response = sent.map_err(|error| secrets.clean(error))?;
    let length = response.body.length();
    response.body = match (response.body.as_bytes(), length.map(usize::try_from)) {
        (_, Some(length)) if length.map_or(true, |length| length > limits.max_body) => too_large(limits.max_body),
        (Some(_), _) => response.body,
        (None, _) => Body::of(Limited::new(response.body, limits, begun, secrets), length),
    };
    Ok(response)
}

/// A body that is nothing but the error that it is too large.
fn too_large(cap: usize) -> Body {
    Body::stream(stream::once(ready(Err(Error::too_large(cap)))))
}

/// A body that fails when it takes too long or is too large.
struct Limited {
    body: Body,
    limits: Limits,
    secrets: Secrets,
    /// How many bytes have come so far.
    read: usize,
    /// When the whole exchange must be over.
    end: Option<Pin<Box<Sleep>>>,
    /// When the next byte must have come. Each chunk begins it anew.
    idle: Option<Pin<Box<Sleep>>>,
}

impl Limited {
    /// The limit of the whole counts from when the exchange began, the other
    /// one from now.
    fn new(body: Body, limits: Limits, begun: Instant, secrets: Secrets) -> Self {
        let end = limits.whole.and_then(|whole| begun.checked_add(whole)).map(|due| Box::pin(sleep_until(due)));
        let idle = limits.idle.map(|idle| Box::pin(sleep(idle)));
        Self { body, limits, secrets, read: 0, end, idle }
    }

    /// Resolves with the error of the time limit that is over.
    fn poll_time(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if let (Some(end), Some(whole)) = (&mut self.end, self.limits.whole)
            && end.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Error::timeout(whole));
        }
        match (&mut self.idle, self.limits.idle) {
            (Some(sleep), Some(idle)) => sleep.as_mut().poll(context).map(|()| Error::idle(idle)),
            _ => Poll::Pending,
        }
    }

    /// Whether the limit of the whole is over, whatever has been polled.
    fn is_over(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.deadline() <= Instant::now())
    }
}

impl Stream for Limited {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        // A body that always has more must not starve the time limits of other tasks.
        let budget = task::ready!(coop::poll_proceed(context));
        // Bytes first: a caller that comes back late must not get an idle error while bytes are waiting.
        let item = match Pin::new(&mut this.body).poll_next(context) {
            Poll::Ready(item) if !this.is_over() || item.is_none() => item,
            _ => {
                let error = task::ready!(this.poll_time(context));
                return Poll::Ready(Some(Err(error)));
            }
        };
        budget.made_progress();
        let Some(chunk) = item.transpose().map_err(|error| this.secrets.clean(error))? else { return Poll::Ready(None) };
        this.read = this.read.saturating_add(chunk.len());
        if this.read > this.limits.max_body {
            return Poll::Ready(Some(Err(Error::too_large(this.limits.max_body))));
        }
        if let (Some(sleep), Some(idle)) = (&mut this.idle, this.limits.idle)
            && let Some(due) = Instant::now().checked_add(idle)
        {
            sleep.as_mut().reset(due);
        }
        Poll::Ready(Some(Ok(chunk)))
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, StreamExt as _};
    use futures_core::future::BoxFuture;

    use super::*;
    use crate::{error::ErrorKind, transport::SecretUrl};

    const SECOND: Duration = Duration::from_secs(1);

    /// Sends its head after the first pause, then one byte after each of the
    /// others.
    struct Drip(Duration, Vec<Duration>);

    impl Transport for Drip {
        fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
            async {
                sleep(self.0).await;
                let bytes = stream::iter(self.1.clone()).then(|pause| sleep(pause).map(|()| Ok("1".into())));
                Ok(Response::ok(Body::stream(bytes)))
            }
            .boxed()
        }
    }

    /// Answers with the whole body at once.
    struct AtOnce;

    impl Transport for AtOnce {
        fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
            async { Ok(Response::ok("12345")) }.boxed()
        }
    }

    fn limited(set: impl FnOnce(&mut Limits)) -> Request {
        let mut limits = Limits::default();
        set(&mut limits);
        Request::get("http://127.0.0.1/".parse::<SecretUrl>().unwrap()).limits(limits)
    }

    /// The outcome, and the seconds until then.
    async fn ends(transport: Drip, request: Request) -> (Result<usize, ErrorKind>, u64) {
        let start = Instant::now();
        let read = async { open(&transport, request).await?.body.collect(usize::MAX).await };
        let outcome = read.await.map(|bytes| bytes.len()).map_err(|error| error.kind());
        (outcome, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn limit_of_the_head_is_no_limit_of_the_body() {
        let head = |limits: &mut Limits| (limits.head, limits.whole) = (Some(5 * SECOND), None);
        assert_eq!(ends(Drip(6 * SECOND, vec![]), limited(head)).await, (Err(ErrorKind::Timeout), 5));
        assert_eq!(ends(Drip(4 * SECOND, vec![6 * SECOND; 100]), limited(head)).await, (Ok(100), 604));
    }

    #[tokio::test(start_paused = true)]
    async fn limit_of_the_whole_holds_for_head_and_body_together() {
        let whole = |limits: &mut Limits| limits.whole = Some(10 * SECOND);
        assert_eq!(ends(Drip(11 * SECOND, vec![]), limited(whole)).await, (Err(ErrorKind::Timeout), 10));
        assert_eq!(ends(Drip(4 * SECOND, vec![SECOND; 7]), limited(whole)).await, (Err(ErrorKind::Timeout), 10));
        assert_eq!(ends(Drip(4 * SECOND, vec![SECOND; 5]), limited(whole)).await, (Ok(5), 9));
        let forever = |limits: &mut Limits| (limits.whole, limits.idle) = (Some(Duration::MAX), Some(Duration::MAX));
        assert_eq!(ends(Drip(SECOND, vec![SECOND; 3]), limited(forever)).await, (Ok(3), 4));
    }

    #[tokio::test(start_paused = true)]
    async fn time_without_a_byte_begins_anew_with_each() {
        let idle = |limits: &mut Limits| (limits.whole, limits.idle) = (None, Some(3 * SECOND));
        assert_eq!(ends(Drip(20 * SECOND, vec![2 * SECOND; 50]), limited(idle)).await, (Ok(50), 120));
        assert_eq!(ends(Drip(SECOND, vec![2 * SECOND, 2 * SECOND, 4 * SECOND]), limited(idle)).await, (Err(ErrorKind::Timeout), 8));
    }

    #[tokio::test]
    async fn body_that_always_has_more_meets_its_time_limit() {
        struct Endless;
        impl Transport for Endless {
            fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
                async { Ok(Response::ok(Body::stream(stream::repeat_with(|| Ok("1".into()))))) }.boxed()
            }
        }
        let limits = |limits: &mut Limits| (limits.whole, limits.max_body) = (Some(Duration::from_millis(50)), usize::MAX);
        let body = open(&Endless, limited(limits)).await.unwrap().body;
        assert_eq!(body.collect(usize::MAX).await.unwrap_err().kind(), ErrorKind::Timeout);
    }

    #[tokio::test(start_paused = true)]
    async fn cap_holds_however_the_body_comes() {
        let cap = |limits: &mut Limits| limits.max_body = 4;
        assert_eq!(ends(Drip(SECOND, vec![SECOND; 4]), limited(cap)).await, (Ok(4), 5));
        assert_eq!(ends(Drip(SECOND, vec![SECOND; 9]), limited(cap)).await, (Err(ErrorKind::TooLarge), 6));
        let body = open(&AtOnce, limited(cap)).await.unwrap().body;
        assert_eq!(body.collect(usize::MAX).await.unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
