//! Connects a stream of NATS to a store. Events and the position after them are
//! one transaction, and the server keeps no position.
//!
//! The consumer is a pull consumer without a name and without acknowledgements.
//! It begins after the position in the database. If anything is in doubt, a new
//! consumer begins there. An ordered consumer would do that by itself, but it
//! would also go on silently in a stream that was created again.

use std::{fmt::Display, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use async_nats::{
    Client, ConnectOptions, HeaderValue,
    jetstream::{
        self, Message as Received,
        consumer::{
            AckPolicy, DeliverPolicy, PullConsumer,
            pull::{Config, MessagesError},
        },
        context::GetStreamErrorKind,
        stream::{LastRawMessageErrorKind, Stream},
    },
};
use cluster::{
    batch::{EVENT_ID, SUBJECTS},
    servers::{self, Servers, Unconnected},
    store::STREAM,
};
use futures::{FutureExt as _, StreamExt as _};
use jiff::Timestamp;
use time::OffsetDateTime;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{info, warn};

use crate::{
    commits::{Commits, PATIENCE, SAVE, not_stored},
    message::{self, Message},
    position::{Other, Position, Stamp, State, dropped},
    progress::{Progress, events},
    store::{Batch, Store},
};

/// The subjects of events. Heads have other subjects.
const EVENTS: &str = SUBJECTS[0];
/// The most events in one commit.
const MOST: usize = 500;
/// How often the server is asked about the stream, whether events come or not.
const LOOK: Duration = Duration::from_secs(5);
/// How often the server says that it has nothing, and how long it waits for
/// something.
const PULL: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(30));
/// How long the server keeps a consumer that nobody pulls from.
const UNUSED: Duration = Duration::from_secs(60);
/// The wait before another try, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// How often in a row a stream must be shorter than what was read. A new leader
/// may not have caught up yet.
const SHORTER: u32 = 6;

/// Stores the events of a stream.
#[derive(Debug)]
pub struct Reader {
    servers: Servers,
    client: Option<Client>,
    commits: Commits,
    /// `None` before the stream was first seen.
    position: Option<Position>,
    /// The position in the database, and when it was stored.
    saved: (Option<Position>, Instant),
    /// Whether it may go on with a stream that is not the one that was read.
    /// This holds only for the first look at the stream.
    accepts_another: bool,
    /// How often in a row the stream was shorter than what was read.
    shorter: u32,
    /// How many events are being stored.
    in_hand: usize,
}

/// Why reading the stream has ended.
enum Trouble {
    Stopped,
    Passing(anyhow::Error),
    Lasting(anyhow::Error),
    Other(Other),
}

impl Reader {
    /// `position` comes from the store.
    ///
    /// # Errors
    ///
    /// If it is not a position.
    pub fn new(servers: Servers, store: Store, position: Option<&str>, accepts_another: bool) -> anyhow::Result<Self> {
        let position: Option<Position> =
            position.map(serde_json::from_str).transpose().context("the position in the stream cannot be read")?;
        let saved = (position.clone(), Instant::now());
        Ok(Self { servers, client: None, commits: Commits::new(store), position, saved, accepts_another, shorter: 0, in_hand: 0 })
    }

    /// The progress. The receiver always has the newest.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.commits.progress()
    }

    /// Runs until `stop` returns.
    ///
    /// # Errors
    ///
    /// If events cannot be stored, the server refuses this program, or the
    /// stream is not the one that was read.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let outcome = self.record(stop).await;
        self.commits.close().await;
        outcome
    }

    async fn record(&mut self, stop: impl Future<Output = ()> + Clone) -> anyhow::Result<()> {
        let mut wait = BACK_OFF.0;
        loop {
            let trouble = tokio::select! {
                trouble = self.read(&stop, &mut wait) => trouble,
                // It usually ends by itself before that, unless the database is slow.
                () = stop.clone().then(|()| sleep(PATIENCE)) => return not_stored(self.in_hand),
            };
            self.shorter = if matches!(trouble, Trouble::Other(Other::Shorter { .. })) { self.shorter + 1 } else { 0 };
            let error = match trouble {
                Trouble::Stopped => break,
                Trouble::Lasting(error) => return Err(error),
                Trouble::Other(other) if self.shorter == 0 || self.shorter >= SHORTER => return Err(self.other(other)),
                Trouble::Other(other) => self.other(other),
                Trouble::Passing(error) => error,
            };
            warn!("the stream {STREAM} is not read, next try in {wait:.1?}: {error:#}");
            tokio::select! {
                () = sleep(wait) => {}
                () = stop.clone() => break,
            }
            wait = BACK_OFF.1.min(wait * 2);
        }
        if self.position == self.saved.0 {
            return Ok(());
        }
        timeout(PATIENCE, self.save(Vec::new())).await.unwrap_or_else(|_| not_stored(0))
    }

    fn other(&self, other: Other) -> anyhow::Error {
        anyhow!(
            "{}: the stream {STREAM} is not the one that this archive has read: {other}. What was lost is not known. Nothing of it is stored yet; \
             start with --new-stream once to note the loss in the archive and to store everything that it has now, or use another database",
            self.servers
        )
    }

    /// Reads on as long as that goes well.
    async fn read(&mut self, stop: &(impl Future<Output = ()> + Clone), wait: &mut Duration) -> Trouble {
        let (stream, consumer, mut position) = match self.open(stop).await {
            Ok(opened) => opened,
            Err(trouble) => return trouble,
        };
        if *wait != BACK_OFF.0 {
            info!("the stream {STREAM} is read again");
        }
        let pull = consumer.stream().max_messages_per_batch(MOST).heartbeat(PULL.0).expires(PULL.1);
        let mut messages = match asked(stop, pull.messages()).await {
            Ok(messages) => messages.ready_chunks(MOST),
            Err(trouble) => return trouble,
        };
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The consumer's number of the newest message, from 1.
        let mut delivered = 0;
        let mut is_behind = false;
        loop {
            let done = tokio::select! {
                biased;
                () = stop.clone() => return Trouble::Stopped,
                // Before the messages, because a busy stream always has some.
                _ = looks.tick() => self.look(stop, &stream, &mut position, &mut is_behind).await,
                received = messages.next() => match received {
                    Some(received) => {
                        is_behind = false;
                        self.take(stop, &stream, &mut position, &mut delivered, received).await
                    }
                    None => Err(Trouble::Passing(anyhow!("the server delivers no more"))),
                }
            };
            match done {
                Ok(()) => *wait = BACK_OFF.0,
                Err(trouble) => return trouble,
            }
        }
    }

    /// The stream, and a consumer of it that begins after the position.
    async fn open(&mut self, stop: &(impl Future<Output = ()> + Clone)) -> Result<(Stream, PullConsumer, Position), Trouble> {
        let client = if let Some(client) = &self.client {
            client.clone()
        } else {
            tokio::select! {
                connected = self.servers.connect(options()) => connected.map_err(|error| match error {
                    Unconnected::Passing(error) => Trouble::Passing(error),
                    Unconnected::Lasting(error) => Trouble::Lasting(error),
                })?,
                () = stop.clone() => return Err(Trouble::Stopped),
            }
        };
        self.client = Some(client.clone());
        let context = jetstream::new(client);
        let found = asked(stop, async { Ok::<_, std::convert::Infallible>(context.get_stream(STREAM).await) }).await?;
        let stream = found.map_err(|error| {
            let is_missing = matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND);
            Trouble::Passing(if is_missing {
                anyhow!("the server of {} has no such stream; `cluster worker` creates it", self.servers)
            } else {
                anyhow::Error::from(error).context(format!("the server of {} does not answer", self.servers))
            })
        })?;
        let position = self.agree(stop, &stream).await?;
        let config = Config {
            description: Some("archive".into()),
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: position.sequence + 1 },
            ack_policy: AckPolicy::None,
            filter_subject: EVENTS.into(),
            inactive_threshold: UNUSED,
            memory_storage: true,
            num_replicas: 1,
            ..Config::default()
        };
        let consumer = asked(stop, stream.create_consumer(config)).await?;
        // Only now is it certain that the consumer belongs to the stream that was checked.
        position.check(state(stop, &stream).await?, None).map_err(seen_again)?;
        Ok((stream, consumer, position))
    }

    /// Decides where to go on in this stream, and notes in the archive what the
    /// stream has dropped.
    async fn agree(&mut self, stop: &(impl Future<Output = ()> + Clone), stream: &Stream) -> Result<Position, Trouble> {
        let state = state(stop, stream).await?;
        let anew = Position { created: state.created, sequence: 0, newest: None };
        let Some(known) = self.position.clone() else {
            self.accepts_another = false;
            info!("reading the stream {STREAM} from its first message, number {}", state.first.max(1));
            return Ok(Position { sequence: state.first.saturating_sub(1), ..anew });
        };
        if let Err(other) = known.check(state, self.newest_again(stop, stream, known.newest).await?) {
            let may_catch_up = matches!(other, Other::Shorter { .. }) && self.shorter + 1 < SHORTER;
            if !self.accepts_another || may_catch_up {
                return Err(Trouble::Other(other));
            }
            let lost = format!("whatever the stream had after sequence {}: {other}", known.sequence);
            self.note(&lost, Position { sequence: state.first.saturating_sub(1), ..anew }).await?;
        } else if let Some(range) = dropped(known.sequence, state.first, state.first) {
            self.note(&sequences(&range), Position { sequence: *range.end(), ..known }).await?;
        }
        self.accepts_another = false;
        self.position.clone().ok_or_else(|| Trouble::Lasting(anyhow!("there is no position")))
    }

    /// When the stream stored the message that now has the sequence of our
    /// newest event.
    async fn newest_again(
        &self,
        stop: &(impl Future<Output = ()> + Clone),
        stream: &Stream,
        newest: Option<Stamp>,
    ) -> Result<Option<Timestamp>, Trouble> {
        let Some(newest) = newest else { return Ok(None) };
        let message = asked(stop, async {
            match stream.get_raw_message(newest.sequence).await {
                Ok(message) => Ok(Some(message)),
                Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
                Err(error) => Err(error),
            }
        });
        message.await?.map(|message| timestamp(message.time)).transpose()
    }

    /// Notes a loss in the archive, and the position after it.
    async fn note(&mut self, lost: &impl Display, position: Position) -> Result<(), Trouble> {
        warn!("the stream {STREAM} has lost {lost}");
        metrics::counter!("archive_gaps_total").increment(1);
        self.position = Some(position);
        self.save(vec![message::dropped(lost, OffsetDateTime::now_utc())]).await.map_err(Trouble::Lasting)
    }

    /// Stores these messages, as far as they came one after the other.
    async fn take(
        &mut self,
        stop: &(impl Future<Output = ()> + Clone),
        stream: &Stream,
        position: &mut Position,
        delivered: &mut u64,
        received: Vec<Result<Received, MessagesError>>,
    ) -> Result<(), Trouble> {
        // Ask after the messages came, so that the answer includes everything that was dropped before.
        let now = state(stop, stream).await?;
        // If the stream no longer exists, these messages are its last.
        let first = if now.created == position.created { now.first } else { 0 };
        let mut rows = Vec::with_capacity(received.len());
        let mut end = Ok(());
        for message in received {
            let message = match message {
                Ok(message) => message,
                Err(error) => {
                    end = Err(Trouble::Passing(error.into()));
                    break;
                }
            };
            let info = message.info().map_err(|error| Trouble::Passing(anyhow!("a message has no sequence: {error}")))?;
            if info.consumer_sequence != *delivered + 1 || info.stream_sequence <= position.sequence {
                end = Err(Trouble::Passing(anyhow!("a message was lost on the way")));
                break;
            }
            *delivered += 1;
            if let Some(range) = dropped(position.sequence, info.stream_sequence, first) {
                let lost = sequences(&range);
                warn!("the stream {STREAM} has lost {lost}");
                metrics::counter!("archive_gaps_total").increment(1);
                rows.push(message::dropped(&lost, OffsetDateTime::now_utc()));
            }
            let id = message.headers.as_ref().and_then(|headers| headers.get(EVENT_ID)).map(HeaderValue::as_str);
            let message = Message { subject: message.subject.as_str(), id, stored: info.published, payload: &message.payload };
            rows.push(message::row(message).map_err(Trouble::Lasting)?);
            let stamp = Stamp { sequence: info.stream_sequence, time: timestamp(info.published)? };
            *position = Position { created: position.created, sequence: stamp.sequence, newest: Some(stamp) };
        }
        if !rows.is_empty() {
            self.position = Some(position.clone());
            self.save(rows).await.map_err(Trouble::Lasting)?;
        }
        self.tell(position, now);
        end
    }

    /// Checks that the stream is there and the same, and moves the position
    /// past messages that are only heads.
    async fn look(
        &mut self,
        stop: &(impl Future<Output = ()> + Clone),
        stream: &Stream,
        position: &mut Position,
        is_behind: &mut bool,
    ) -> Result<(), Trouble> {
        let now = state(stop, stream).await?;
        position.check(now, None).map_err(seen_again)?;
        if now.last > position.sequence {
            let newest = async {
                match stream.get_last_raw_message_by_subject(EVENTS).await {
                    Ok(message) => Ok(Some(message.sequence)),
                    Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
                    Err(error) => Err(error),
                }
            };
            if asked(stop, newest).await?.is_none_or(|newest| newest <= position.sequence) {
                let again = state(stop, stream).await?;
                // Otherwise the stream may have had events that it has dropped since.
                if again.created == position.created && again.first <= position.sequence + 1 {
                    position.sequence = now.last;
                }
            } else if *is_behind {
                return Err(Trouble::Passing(anyhow!("the stream has events, and the server delivers none")));
            } else {
                *is_behind = true;
            }
        }
        self.tell(position, now);
        self.position = Some(position.clone());
        if self.position != self.saved.0 && self.saved.1.elapsed() >= SAVE {
            self.save(Vec::new()).await.map_err(Trouble::Lasting)?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge has no more digits")]
    fn tell(&self, position: &Position, state: State) {
        self.commits.heard(Some(OffsetDateTime::now_utc()));
        metrics::gauge!("archive_stream_sequence").set(position.sequence as f64);
        metrics::gauge!("archive_stream_last_sequence").set(state.last as f64);
    }

    /// Stores these rows together with the position after them.
    async fn save(&mut self, rows: Vec<crate::row::Row>) -> anyhow::Result<()> {
        self.in_hand = rows.len();
        let of = if rows.is_empty() { "the newest position".into() } else { events(rows.len()) };
        let position = self.position.as_ref().map(serde_json::to_string).transpose()?;
        let batch: Arc<Batch> = Batch::new(rows, position);
        self.commits.store(&batch, &of).await?;
        self.saved = (self.position.clone(), Instant::now());
        self.in_hand = 0;
        Ok(())
    }
}

fn options() -> ConnectOptions {
    ConnectOptions::new().name("archive").connection_timeout(servers::PATIENCE).request_timeout(Some(servers::PATIENCE))
}

/// The next try decides what to do about it.
fn seen_again(other: Other) -> Trouble {
    Trouble::Passing(other.into())
}

/// The answer, if it comes in time.
async fn asked<T, E: Into<anyhow::Error>>(
    stop: &(impl Future<Output = ()> + Clone),
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, Trouble> {
    tokio::select! {
        biased;
        () = stop.clone() => Err(Trouble::Stopped),
        answer = timeout(servers::PATIENCE, answer) => match answer {
            Ok(answer) => answer.map_err(|error| Trouble::Passing(error.into())),
            Err(_) => Err(Trouble::Passing(anyhow!("the NATS server does not answer"))),
        }
    }
}

async fn state(stop: &(impl Future<Output = ()> + Clone), stream: &Stream) -> Result<State, Trouble> {
    let info = asked(stop, stream.get_info()).await?;
    Ok(State { created: timestamp(info.created)?, first: info.state.first_sequence, last: info.state.last_sequence })
}

fn timestamp(time: OffsetDateTime) -> Result<Timestamp, Trouble> {
    Timestamp::from_nanosecond(time.unix_timestamp_nanos()).map_err(|error| Trouble::Lasting(error.into()))
}

fn sequences(range: &std::ops::RangeInclusive<u64>) -> String {
    if range.start() == range.end() {
        format!("its message {}, which may have been an event", range.start())
    } else {
        format!("its messages {} to {}, and some of them may have been events", range.start(), range.end())
    }
}
