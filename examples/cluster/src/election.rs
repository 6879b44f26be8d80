//! Waits until the NATS servers have elected a leader.
//!
//! A cluster that has just started or lost a node gives no good answer for some
//! seconds, and neither does a stream that was just made. A single server
//! always has a leader. If the node is lost that a program is connected to, the
//! answer is lost with the connection.

use std::{error::Error, iter::successors, time::Duration};

use async_nats::{
    Client, client,
    jetstream::{
        self, ErrorCode,
        context::{
            AccountError, AccountErrorKind, CreateKeyValueError, CreateKeyValueErrorKind, CreateStreamError, CreateStreamErrorKind,
            GetStreamError, GetStreamErrorKind, RequestError, RequestErrorKind,
        },
    },
};
use tokio::time::{Instant, sleep};
use tracing::warn;

use crate::buckets::Trouble;

/// How long to wait. An election takes seconds, and many of them on a busy
/// machine.
const PATIENCE: Duration = Duration::from_secs(60);
const BACK_OFF: Duration = Duration::from_secs(1);

/// Runs an action, and runs it again for up to a minute if it fails because
/// there is no leader or the connection was lost. It must be harmless to run the
/// action twice.
///
/// # Errors
///
/// The last error of the action.
pub async fn outlast<T, E: Error + 'static>(client: &Client, action: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
    // Nobody responds if JetStream is switched off, nor on a node that has just started.
    try_until_led(action, client.server_info().jetstream).await
}

async fn try_until_led<T, E: Error + 'static>(mut action: impl AsyncFnMut() -> Result<T, E>, has_jetstream: bool) -> Result<T, E> {
    let end = Instant::now() + PATIENCE;
    loop {
        match action().await {
            Err(error) if Instant::now() < end && (is_unled(&error) || has_jetstream && nobody_responds(&error)) => {
                let error = causes(&error).map(ToString::to_string).collect::<Vec<_>>().join(": ");
                warn!("the NATS servers give no answer yet, next try in {BACK_OFF:?}: {error}");
                sleep(BACK_OFF).await;
            }
            done => return done,
        }
    }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// Whether the error means that there is no leader at the moment, or that the
/// connection was lost.
fn is_unled(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| {
        if let Some(error) = error.downcast_ref::<CreateStreamError>() {
            match error.kind() {
                CreateStreamErrorKind::TimedOut => true,
                CreateStreamErrorKind::JetStream(error) => says_so(&error),
                _ => false,
            }
        } else if let Some(error) = error.downcast_ref::<GetStreamError>() {
            matches!(error.kind(), GetStreamErrorKind::JetStream(error) if says_so(&error))
        } else if let Some(error) = error.downcast_ref::<AccountError>() {
            match error.kind() {
                AccountErrorKind::TimedOut => true,
                AccountErrorKind::JetStream(error) => says_so(&error),
                _ => false,
            }
        } else if let Some(error) = error.downcast_ref::<Trouble>() {
            matches!(error, Trouble::TimedOut(_)) || matches!(error, Trouble::Refused(error) if says_so(error))
        } else {
            error.downcast_ref::<CreateKeyValueError>().is_some_and(|error| error.kind() == CreateKeyValueErrorKind::TimedOut)
                || error
                    .downcast_ref::<RequestError>()
                    .is_some_and(|error| matches!(error.kind(), RequestErrorKind::TimedOut | RequestErrorKind::Other))
                || error
                    .downcast_ref::<client::RequestError>()
                    .is_some_and(|error| matches!(error.kind(), client::RequestErrorKind::TimedOut | client::RequestErrorKind::Other))
        }
    })
}

fn nobody_responds(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|error| {
        error.downcast_ref::<CreateStreamError>().is_some_and(|error| error.kind() == CreateStreamErrorKind::JetStreamUnavailable)
            || error.downcast_ref::<AccountError>().is_some_and(|error| error.kind() == AccountErrorKind::JetStreamUnavailable)
            || error.downcast_ref::<RequestError>().is_some_and(|error| error.kind() == RequestErrorKind::NoResponders)
            || error.downcast_ref::<client::RequestError>().is_some_and(|error| error.kind() == client::RequestErrorKind::NoResponders)
    })
}

fn says_so(error: &jetstream::Error) -> bool {
    [
        ErrorCode::CLUSTER_NOT_AVAILABLE,
        ErrorCode::CLUSTER_NOT_LEADER,
        // A node that has just started does not know all the others.
        ErrorCode::CLUSTER_NO_PEERS,
        ErrorCode::STREAM_OFFLINE,
    ]
    .contains(&error.error_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u64) -> Trouble {
        Trouble::Refused(serde_json::from_value(serde_json::json!({ "code": 503, "err_code": code, "description": "no" })).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_leader_refuses_fails_at_once_and_what_nobody_leads_after_a_minute() {
        for (code, least, most) in [(10074, 0, 0), (10008, 60, 61)] {
            let start = Instant::now();
            let mut tries = 0;
            let done: Result<(), Trouble> = try_until_led(
                async || {
                    tries += 1;
                    Err(refused(code))
                },
                true,
            )
            .await;
            assert!(matches!(done, Err(Trouble::Refused(_))));
            let took = start.elapsed().as_secs();
            assert!((least..=most).contains(&took) && (tries > 1) == (least > 0), "{code}: {tries} tries in {took} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn answer_of_a_new_leader_is_taken() {
        let mut codes = [10008, 10009].into_iter();
        let done = try_until_led(async || codes.next().map_or(Ok(()), |code| Err(refused(code))), true).await;
        assert!(done.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn server_without_jetstream_fails_at_once() {
        let start = Instant::now();
        let unavailable = || CreateStreamError::new(CreateStreamErrorKind::JetStreamUnavailable);
        let done: Result<(), _> = try_until_led(async || Err(unavailable()), false).await;
        assert!(done.is_err() && start.elapsed() == Duration::ZERO);
        let mut answers = [Err(unavailable()), Ok(())].into_iter();
        assert!(try_until_led(async || answers.next().unwrap(), true).await.is_ok());
    }

    #[test]
    fn errors_of_the_client_are_looked_into() {
        let error = |code| serde_json::from_value::<jetstream::Error>(serde_json::json!({ "code": 503, "err_code": code })).unwrap();
        for (code, expected) in [(10008, true), (10074, false)] {
            let made = CreateStreamError::new(CreateStreamErrorKind::JetStream(error(code)));
            assert_eq!(is_unled(&CreateKeyValueError::with_source(CreateKeyValueErrorKind::BucketCreate, made)), expected);
            assert_eq!(is_unled(&GetStreamError::new(GetStreamErrorKind::JetStream(error(code)))), expected);
        }
        for kind in [RequestErrorKind::TimedOut, RequestErrorKind::Other] {
            assert!(is_unled(&GetStreamError::with_source(GetStreamErrorKind::Request, RequestError::new(kind))));
        }
    }
}
