//! The stream of one chat's events: a small state machine over exchange, decoder and pace.

use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use ::time::OffsetDateTime;
use bytes::Bytes;
use futures_core::{FusedStream, Stream};
use futures_util::FutureExt as _;
use tokio::{
    runtime::{self, Handle},
    task::coop,
    time::{Instant, Sleep, sleep},
};

use super::{
    answer::Answer,
    decoder::{Decoder, Step},
    emotes::Emotes,
    event::{ChatEvent, ChatReady, MessageId},
    pace::{Outcome, Pace, Verdict},
    source::Source,
    trace,
};
use crate::{
    error::{Error, ErrorKind},
    event::{Interrupted, Resumed},
    snapshot::StreamId,
    transport::{
        Body,
        flight::{self, Flight},
        timer::Timer,
    },
};

/// How long a connection may take to show its backlog.
const BACKLOG: Duration = Duration::from_secs(60);
/// So many bytes without the end of a record are not a chat.
const LONGEST_NONSENSE: usize = 16 * 1024 * 1024;

/// The live chat of one livestream, as a [`Stream`] of what happens in it.
///
/// It holds one connection, over which the server pushes, and makes a new one where that is lost. Nothing is sent before the first call of
/// [`next`](Self::next). It needs neither a key nor a login.
///
/// - **[`ChatEvent::Ready`]** says how the chat stands. It comes once a backlog could be read, before what that backlog brings; trouble, and
///   messages of a connection whose backlog cannot be read, may come before it. What the chat shows at the start is history, and is told only
///   [when asked for](super::ChatBuilder::replay).
/// - **Each message comes once**, however often the connection is made anew: every connection begins with the newest messages, of which the
///   known ones are dropped by their ids. Where some may have been lost stands a [`ChatEvent::Gap`]; a message that vanished while the
///   connection was down is [`ChatEvent::Deleted`].
/// - **Trouble is an event.** A connection that ends, fails or is silent for 90 seconds is a [`ChatEvent::Interrupted`]; another is made
///   after 1 to 30 seconds, or when the server asked for it, and [`ChatEvent::Resumed`] says that it is there. Where the server says that
///   there is no chat, it is asked again after 30 seconds; the third time in a row it is [`ChatEvent::Closed`], the last event.
/// - **`Err` is final**, comes once, and then `None` for ever: the id is not one, a setting cannot work, or the server refuses the request.
///
/// # What is assumed of the server
///
/// This service is not documented by Rumble and may change or go without notice. What is read here was seen by several people from 2023 to
/// September 2026; that a status of 204 means that there is no chat, that 90 seconds of silence mean a dead connection, and that a message
/// missing from the middle of a backlog was deleted, are conclusions from it.
///
/// # When it is not polled
///
/// Nothing is read then. What the sockets on the way cannot hold waits at the server, which may end the connection; what the next one does not
/// show any more is told by a `Gap`. A connection that is not polled within its first minute may be given up and made anew.
///
/// # Cancel safety
///
/// All state lives in the chat. Dropping the future of `next` at any moment, in `select!` or a time-out, loses no event and ends no
/// connection. Dropping the chat does.
///
/// A connection belongs to the tokio runtime in which it was made. In another one the chat makes a new one at once. Outside of any runtime, or
/// in one without time or, with the default transport, without I/O, it ends with a final error.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Error, chat::{Chat, ChatEvent}};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     let mut chat = Chat::open("7c1f4q");
///     while let Some(event) = chat.next().await {
///         match event? {
///             ChatEvent::Message(m) => println!("{}: {}", m.author, m.text),
///             ChatEvent::Interrupted(i) => eprintln!("{i}"),
///             _ => {}
///         }
///     }
///     Ok(())
/// }
/// ```
#[must_use = "a chat does nothing unless polled"]
pub struct Chat {
    /// What is wrong with the settings in its place.
    source: Result<Source, Error>,
    decoder: Decoder,
    pace: Pace,
    state: State,
    /// To be handed out before what the decoder has.
    pending: VecDeque<Result<Step, Error>>,
    /// Whether the first backlog is told too.
    replays: bool,
    /// Since when, and how often, it failed to be open.
    outage: Option<(Instant, u32)>,
    /// How many unreadable items were told of last.
    skipped: u64,
    /// For jitter.
    random: fastrand::Rng,
}

enum State {
    /// A connection is to be made at once.
    Due,
    /// The next connection is to be made at its instant.
    Waiting(Timer),
    /// The request in flight, in the runtime that it needs.
    Opening(runtime::Id, Flight<Answer<Body>>),
    Open(Connection),
    /// There will be no further connection.
    Ended,
}

struct Connection {
    body: Body,
    /// What was read and not yet decoded.
    bytes: Bytes,
    /// How many records there were when the last one ended, and how much was read since.
    records: u64,
    since_record: usize,
    /// The runtime that it needs to be polled in.
    runtime: runtime::Id,
    phase: Phase,
}

enum Phase {
    /// The backlog must come before this ends.
    Fresh(Pin<Box<Sleep>>),
    /// It showed its backlog, or spoke otherwise, then.
    Good(Instant),
}

impl Chat {
    pub(super) fn new(stream: StreamId, source: Result<Source, Error>, site: &str, replays: bool) -> Self {
        let random = source.as_ref().map_or_else(|_| fastrand::Rng::new(), Source::random);
        Self {
            source,
            decoder: Decoder::new(stream).site(site).replay(replays),
            pace: Pace::default(),
            state: State::Due,
            pending: VecDeque::new(),
            replays,
            outage: None,
            skipped: 0,
            random,
        }
    }

    /// The next event. `None` after [`ChatEvent::Closed`] and after the final error.
    ///
    /// # Errors
    ///
    /// The final error: [`ErrorKind::Config`], or [`ErrorKind::Unauthorized`] where the server refuses the request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only borrows the chat.
    pub async fn next(&mut self) -> Option<Result<ChatEvent, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// The emotes that may be written in this chat, to [split](super::ChatMessage::parts) texts by. One request; the list changes rarely.
    ///
    /// The future does not borrow the chat, so it can run beside [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] where the answer is no list of emotes, [`ErrorKind::Config`] outside of a tokio runtime; otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the request.
    pub fn emotes(&self) -> impl Future<Output = Result<Emotes, Error>> + Send + 'static {
        let source = self.source.clone();
        async move { Flight::start(&flight::runtime()?, None, source?.emotes()).await }
    }

    /// The livestream whose chat it is.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        self.decoder.stream()
    }

    /// How the chat stands, by all that was read so far. `None` before the first connection has shown it.
    #[must_use]
    pub fn ready(&self) -> Option<&ChatReady> {
        self.decoder.ready()
    }

    /// How many items could not be read and were left out, see [`Decoder::skipped`].
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.decoder.skipped()
    }

    /// The same chat for a reader who knows from elsewhere when it is over: until then it is asked for, once a minute where it is not there.
    pub(crate) fn endless(mut self) -> Self {
        self.pace = Pace::endless();
        self
    }

    /// Such messages were told before, by an earlier reader of this chat.
    pub(crate) fn remember(&mut self, id: MessageId, sent_at: OffsetDateTime, is_rant: bool, is_deleted: bool) {
        self.decoder.remember(id, sent_at, is_rant, is_deleted);
    }

    /// Whether a connection is open.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Makes the connection anew, if there is one, for it seems to be dead.
    pub(crate) fn reopen(&mut self) {
        if let State::Open(connection) = &mut self.state {
            while let Some(step) = self.decoder.step(&mut connection.bytes) {
                self.pending.push_back(Ok(step));
            }
            let outcome = connection.outcome();
            let text = "polls show what the connection does not, so it seems to be dead";
            self.fail(outcome, &Error::with_message(ErrorKind::Timeout, text));
        }
    }

    /// Takes back what was read, to hand it out again.
    #[cfg(feature = "session")]
    pub(crate) fn give_back(&mut self, mut steps: VecDeque<Result<Step, Error>>) {
        steps.append(&mut self.pending);
        self.pending = steps;
    }

    fn hand_out(&mut self) -> Option<Result<Step, Error>> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Some(item);
            }
            let State::Open(connection) = &mut self.state else { return None };
            let step = self.decoder.step(&mut connection.bytes)?;
            if self.is_fresh() && !matches!(step, Step::Unreadable) {
                // Even where its backlog could not be read, it speaks.
                self.opened();
                self.pending.push_back(Ok(step));
                continue;
            }
            return Some(Ok(step));
        }
    }

    fn connect(&mut self, runtime: &Handle) {
        match &self.source {
            Ok(source) => self.state = State::Opening(runtime.id(), Flight::start(runtime, None, source.clone().open())),
            Err(error) => self.end(error.clone()),
        }
    }

    fn take_answer(&mut self, answer: Result<Answer<Body>, Error>, runtime: &Handle) {
        match answer {
            Ok(Answer::Open(body)) => {
                self.decoder.reconnect();
                let phase = Phase::Fresh(Box::pin(sleep(BACKLOG)));
                self.state =
                    State::Open(Connection { body, bytes: Bytes::new(), records: 0, since_record: 0, runtime: runtime.id(), phase });
            }
            Ok(Answer::Absent) => {
                let text = "the server says that there is no chat, or that it is over (status 204)";
                self.fail(Outcome::Absent, &Error::with_message(ErrorKind::Status, text));
            }
            Ok(Answer::Refused(error)) => self.end(error),
            Err(error) if !error.is_transient() => self.end(error),
            Ok(Answer::Failed(error)) | Err(error) => self.fail(Outcome::Failed { retry_after: error.retry_after() }, &error),
        }
    }

    fn is_fresh(&self) -> bool {
        matches!(&self.state, State::Open(Connection { phase: Phase::Fresh(_), .. }))
    }

    /// The connection is a good one.
    fn opened(&mut self) {
        trace::opened(self.decoder.stream());
        if let State::Open(connection) = &mut self.state
            && let Phase::Fresh(_) = connection.phase
        {
            connection.phase = Phase::Good(Instant::now());
        }
        self.pace.opened();
        if let Some((since, failures)) = self.outage.take() {
            let resumed = Resumed::new(since.elapsed(), failures);
            trace::resumed(self.decoder.stream(), &resumed);
            self.pending.push_back(Ok(Step::Event(ChatEvent::Resumed(resumed))));
        }
    }

    /// The connection, or the attempt at one, ended in this way.
    fn fail(&mut self, outcome: Outcome, error: &Error) {
        let now = Instant::now();
        let Verdict::Again(retry_in) = self.pace.next(outcome, self.random.f64()) else {
            trace::closed(self.decoder.stream());
            self.pending.push_back(Ok(Step::Event(ChatEvent::Closed)));
            self.state = State::Ended;
            return;
        };
        let (_, failures) = self.outage.get_or_insert((now, 0));
        *failures = failures.saturating_add(1);
        let trouble = Interrupted::new(error.kind(), error.report()).with_failures(*failures).with_retry_in(retry_in);
        trace::interrupted(self.decoder.stream(), &trouble);
        self.pending.push_back(Ok(Step::Event(ChatEvent::Interrupted(trouble))));
        self.state = State::Waiting(Timer::new(now + retry_in));
    }

    fn end(&mut self, error: Error) {
        trace::ended(self.decoder.stream(), &error);
        self.pending.push_back(Err(error));
        self.state = State::Ended;
    }

    /// Tells of unreadable items each time that there are twice as many, for a change of the wire may make all of them so.
    fn notice_skipped(&mut self) {
        let skipped = self.decoder.skipped();
        if skipped > self.skipped.saturating_mul(2) {
            self.skipped = skipped;
            trace::items_skipped(self.decoder.stream(), skipped);
        }
    }
}

impl Connection {
    /// The next bytes, or why there will be none. `records` is how many there were until now.
    fn poll_read(&mut self, records: u64, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let read = match (&mut self.phase, Pin::new(&mut self.body).poll_next(context)) {
            (Phase::Good(_), read) => ready!(read),
            // Whoever sends without a pause meets the limit too.
            (Phase::Fresh(due), Poll::Ready(read)) if due.deadline() > Instant::now() => read,
            (Phase::Fresh(due), _) => {
                ready!(due.poll_unpin(context));
                return Poll::Ready(Err(no_backlog()));
            }
        };
        self.bytes = read.transpose()?.ok_or_else(|| self.ended())?;
        if self.records != records {
            (self.records, self.since_record) = (records, 0);
        }
        self.since_record = self.since_record.saturating_add(self.bytes.len());
        Poll::Ready(if self.since_record > LONGEST_NONSENSE { Err(nonsense()) } else { Ok(()) })
    }

    fn ended(&self) -> Error {
        let text = match self.phase {
            Phase::Fresh(_) => "the connection ended before the chat began",
            Phase::Good(_) => "the server ended the connection",
        };
        Error::with_message(ErrorKind::Transport, text)
    }

    fn outcome(&self) -> Outcome {
        match self.phase {
            Phase::Fresh(_) => Outcome::Failed { retry_after: None },
            Phase::Good(since) => Outcome::Ended { lived: since.elapsed() },
        }
    }
}

fn no_backlog() -> Error {
    let text = format!("the chat did not begin within {BACKLOG:?}; the server or the network is slow, or its backlog cannot be read");
    Error::with_message(ErrorKind::Timeout, text)
}

fn nonsense() -> Error {
    let text = format!("{} MiB came without a whole record, so this is not a chat", LONGEST_NONSENSE / 1024 / 1024);
    Error::with_message(ErrorKind::TooLarge, text)
}

impl Stream for Chat {
    type Item = Result<ChatEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let event = match ready!(this.poll_step(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(step)) => step.into_event(this.replays),
            };
            if let Some(ChatEvent::Gap(gap)) = &event {
                trace::gap(this.decoder.stream(), gap);
            }
            if let Some(event) = event {
                return Poll::Ready(Some(Ok(event)));
            }
        }
    }
}

impl Chat {
    /// As the stream, with all that is unknown and how it came.
    pub(crate) fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Step, Error>>> {
        let this = self;
        // A large backlog must not keep the other tasks of the thread waiting.
        let budget = ready!(coop::poll_proceed(context));
        loop {
            let item = this.hand_out();
            this.notice_skipped();
            if let Some(item) = item {
                budget.made_progress();
                return Poll::Ready(Some(item));
            }
            match (&mut this.state, Handle::try_current()) {
                (State::Ended, _) => return Poll::Ready(None),
                (_, Err(_)) => this.end(Error::config("a chat must be polled inside a tokio runtime")),
                (State::Due, Ok(runtime)) => this.connect(&runtime),
                (State::Waiting(timer), Ok(runtime)) => match ready!(timer.poll(&runtime, context)) {
                    Ok(()) => this.state = State::Due,
                    Err(error) => this.end(cannot_wait(error)),
                },
                (State::Opening(begun_in, _), Ok(runtime)) if *begun_in != runtime.id() => this.state = State::Due,
                (State::Opening(_, flight), Ok(runtime)) => {
                    let answer = ready!(flight.poll_unpin(context));
                    this.take_answer(answer, &runtime);
                }
                (State::Open(connection), Ok(runtime)) if connection.runtime != runtime.id() => this.state = State::Due,
                (State::Open(connection), Ok(_)) => {
                    if let Err(error) = ready!(connection.poll_read(this.decoder.records(), context)) {
                        let outcome = connection.outcome();
                        this.fail(outcome, &error);
                    }
                    budget.made_progress();
                }
            }
        }
    }
}

impl FusedStream for Chat {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended) && self.pending.is_empty()
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Due => "due",
            State::Waiting(_) => "waiting",
            State::Opening(..) => "opening",
            State::Open(_) => "open",
            State::Ended => "ended",
        };
        f.debug_struct("Chat").field("state", &state).field("decoder", &self.decoder).field("outage", &self.outage).finish_non_exhaustive()
    }
}

fn cannot_wait(error: Error) -> Error {
    if error.kind() == ErrorKind::Config {
        return error;
    }
    Error::config_caused_by(
        "the tokio runtime was shut down while the chat waited to be connected again; poll it in one that goes on",
        error,
    )
}
