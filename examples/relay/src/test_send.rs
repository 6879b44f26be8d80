//! `relay test`: sends one event of each kind to each destination, past the
//! outbox, the filters and the quiet hours.

use std::time::Duration;

use jiff::Timestamp;
use time::OffsetDateTime;
use tokio::time::sleep;

use crate::{
    config::Destination,
    delivery::{Backoff, Decision, decide},
    intake::delivery,
    kind::Kind,
    occurrence::Occurrence,
    post::Post,
};

/// How often to send to a destination that asks to wait.
const TRIES: u32 = 3;
/// How long to wait then, in seconds.
const PATIENCE: u64 = 30;

/// Sends one event of each kind, gives `print` a line that says what became of
/// each, and returns whether all arrived.
///
/// # Errors
///
/// If a line cannot be printed.
pub async fn run<P: Post>(
    destination: &Destination,
    post: &P,
    mut print: impl AsyncFnMut(String) -> anyhow::Result<()>,
) -> anyhow::Result<bool> {
    let mut all_arrived = true;
    for kind in Kind::ALL {
        let now = OffsetDateTime::now_utc();
        let Some(occurrence) = Occurrence::of(&kind.sample(now)) else { continue };
        let occurrence = occurrence.with_key(format!("test:{kind}:{:016x}", fastrand::u64(..)));
        let said = match delivery(destination, &occurrence, Timestamp::now()) {
            None => "nothing to send: its template says nothing".to_owned(),
            Some(new) => match send(post, &new.key, new.body).await {
                Decision::Delivered => "delivered".to_owned(),
                Decision::Retry { why, .. } | Decision::Failed { why } => {
                    all_arrived = false;
                    format!("not delivered: {why}")
                }
            },
        };
        print(format!("{} {kind}: {said}", destination.name)).await?;
    }
    Ok(all_arrived)
}

async fn send<P: Post>(post: &P, key: &str, body: Vec<u8>) -> Decision {
    let mut tries = 1;
    loop {
        let answer = post.post(key, body.clone(), Timestamp::now()).await;
        let is_asked_to_wait = matches!(answer, crate::delivery::Answer::Status { code: 429, .. });
        let decision = decide(&answer, tries, Duration::ZERO, &Backoff::default(), Timestamp::now(), 0.0);
        match decision {
            Decision::Retry { after, .. } if is_asked_to_wait && tries < TRIES && after.as_secs() <= PATIENCE => sleep(after).await,
            decision => return decision,
        }
        tries += 1;
    }
}
