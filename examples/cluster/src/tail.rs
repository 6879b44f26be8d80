//! Prints the events of the stream as lines of text.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::{
    Client,
    jetstream::{
        self, Message,
        consumer::{DeliverPolicy, push::OrderedConfig},
        stream::Stream,
    },
};
use futures::StreamExt as _;
use rumble_live::Event;
use time::{OffsetDateTime, macros::format_description};
use tokio::time::sleep;
use tracing::warn;

use crate::{batch::AccountId, election::outlast, store::STREAM};

/// The wait after a failure.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Reads the events of one account or of all.
#[derive(Debug)]
pub struct Tail {
    client: Client,
    stream: Stream,
    subject: String,
    from: DeliverPolicy,
}

impl Tail {
    /// Starts with the next event, or with the oldest stored event.
    ///
    /// # Errors
    ///
    /// If there is no stream yet, or it cannot be opened.
    pub async fn open(client: Client, account: Option<&AccountId>, since_start: bool) -> anyhow::Result<Self> {
        let stream = outlast(&client, async || jetstream::new(client.clone()).get_stream(STREAM).await).await;
        let stream = stream.with_context(|| format!("the stream {STREAM} cannot be opened; the first worker that you start makes it"))?;
        let subject = account.map_or_else(|| "rumble.events.>".into(), |account| account.events("*"));
        // The start is a sequence, so that nothing is missed if the first connection breaks before a message comes.
        let newest = stream.cached_info().state.last_sequence;
        let from = if since_start { DeliverPolicy::All } else { DeliverPolicy::ByStartSequence { start_sequence: newest + 1 } };
        Ok(Self { client, stream, subject, from })
    }

    /// Passes each line to `print`, until `print` fails.
    ///
    /// # Errors
    ///
    /// The error of `print`.
    pub async fn run<E>(mut self, mut print: impl AsyncFnMut(String) -> Result<(), E>) -> Result<(), E> {
        loop {
            let config = OrderedConfig {
                deliver_subject: self.client.new_inbox(),
                filter_subject: self.subject.clone(),
                deliver_policy: self.from,
                ..OrderedConfig::default()
            };
            let trouble = match self.stream.create_consumer(config).await {
                Ok(consumer) => match consumer.messages().await {
                    Ok(mut messages) => loop {
                        match messages.next().await {
                            Some(Ok(message)) => {
                                if let Some((line, sequence)) = line(&message) {
                                    print(line).await?;
                                    self.from = DeliverPolicy::ByStartSequence { start_sequence: sequence + 1 };
                                }
                            }
                            Some(Err(error)) => break error.to_string(),
                            None => break "the server ended the subscription".into(),
                        }
                    },
                    Err(error) => error.to_string(),
                },
                Err(error) => error.to_string(),
            };
            warn!("cannot read the stream, next try in {BACK_OFF:?}: {trouble}");
            sleep(BACK_OFF).await;
        }
    }
}

/// The line of a message, and its sequence.
fn line(message: &Message) -> Option<(String, u64)> {
    let info = message.info().ok()?;
    let account = message.subject.split('.').nth(2).unwrap_or_default();
    let line = match serde_json::from_slice::<Event>(&message.payload) {
        Ok(event) => format!("{} {account} {:<15} {event}", clock(event.at().unwrap_or(info.published)), event.kind()),
        Err(error) => format!("{} {account} a message that is not an event: {error}", clock(info.published)),
    };
    Some((line, info.stream_sequence))
}

fn clock(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(format_description!("[hour]:[minute]:[second]")).unwrap_or_default()
}
