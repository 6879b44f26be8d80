//! The stream of one chat's events: a small state machine on top of exchange,
//! decoder and pace.
//!
//! Who decides what: [`Source`] makes the request, `answer` says what the head
//! of the answer means, [`Decoder`] turns bytes into steps, and [`Pace`] says
//! when to connect again. This file only moves between the states and turns
//! outcomes into `Interrupted`, `Resumed`, `Closed` or the final error.
//!
//! Two rules keep it cancel safe. Everything lives in [`Chat`] and nothing in
//! the future of `next`. And whatever cannot be returned at once waits in
//! `pending`, which is emptied before anything else is read.
//!
//! The request and the waits run in tasks of the runtime that polls the chat.
//! So each of them knows its runtime, and is made anew if another one polls.

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
/// If this many bytes come without the end of a record, it is not a chat.
const LONGEST_NONSENSE: usize = 16 * 1024 * 1024;

/// The live chat of one livestream, as a [`Stream`] of what happens in it.
///
/// It holds one connection, over which the server pushes. If the connection is
/// lost, the chat makes a new one. Nothing is sent before the first call of
/// [`next`](Self::next). It needs neither a key nor a login.
///
/// - **[`ChatEvent::Ready`]** says how the chat stands. It comes once a backlog
///   could be read, before the events from that backlog. Trouble may come
///   before it, and so may messages of a connection whose backlog cannot be
///   read. The messages that the chat shows at the start are history, and are
///   yielded only if you [ask for them](super::ChatBuilder::replay).
/// - **Each message comes once**, however often the chat reconnects. Every
///   connection begins with the newest messages; the ones already known by
///   their ids are dropped. A [`ChatEvent::Gap`] marks where some may have been
///   lost. A message that vanished while the connection was down is
///   [`ChatEvent::Deleted`].
/// - **Trouble is an event.** If a connection ends, fails or is silent for 90
///   seconds, the chat yields [`ChatEvent::Interrupted`]. It reconnects after 1
///   to 30 seconds, or later if the server asked for that, and yields
///   [`ChatEvent::Resumed`] once it is back. If the server says that there is
///   no chat, it is asked again after 30 to 33 seconds; the third time in a row
///   the chat yields [`ChatEvent::Closed`], the last event.
/// - **`Err` is final.** It comes once, and after it `None` for ever. It means
///   that the id is not one, a setting cannot work, or the server refuses the
///   request.
///
/// # What interrupts it
///
/// The [`kind`](Interrupted::kind) of an interruption says what happened. None
/// of them needs anything from you: the chat tries again by itself.
///
/// | kind | what happened |
/// |---|---|
/// | [`Connect`] | no connection could be made |
/// | [`Timeout`] | no answer in 20 s, no chat in 60 s, or no byte for 90 s |
/// | [`Transport`] | the connection ended or broke |
/// | [`Status`] | there is no chat (204), or a page came in its place |
/// | [`RateLimited`] | the server asked for fewer requests |
/// | [`Server`] | the server failed |
/// | [`Redirect`] | the server redirected, which is not followed |
/// | [`Challenge`] | the server wants to see a browser |
/// | [`TooLarge`] | 16 MiB came without the end of a record |
///
/// # What is assumed of the server
///
/// Rumble does not document this service, and may change or close it without
/// notice. What this chat reads was seen by several people from 2023 to
/// September 2026. Three things are conclusions from that: a status of 204
/// means that there is no chat, 90 seconds of silence mean a dead connection,
/// and a message missing from the middle of a backlog was deleted.
///
/// # If you do not poll it
///
/// Then nothing is read. What the sockets on the way cannot hold waits at the
/// server, which may end the connection. If the next connection does not show
/// those messages any more, the chat yields a `Gap`. If you do not poll a
/// connection within its first minute, it may be given up and made anew.
///
/// # Cancel safety
///
/// All state lives in the chat. You can drop the future of `next` at any
/// moment, in `select!` or a timeout: no event is lost and no connection ends.
/// Dropping the chat ends its connection.
///
/// A connection belongs to the tokio runtime in which it was made. If you poll
/// the chat in another runtime, it makes a new connection at once. Outside any
/// runtime, or in one without time or, with the default transport, without I/O,
/// the chat ends with a final error.
///
/// # Examples
///
/// Read a chat of Rumble's:
///
/// ```no_run
/// use rumble_live::Error;
/// use rumble_live::chat::{Chat, ChatEvent};
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
///
/// Add up the rants until the chat is over:
///
/// ```
/// use rumble_live::chat::{Chat, ChatEvent};
/// use rumble_live::{Amount, Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
///     assert!(matches!(
///         chat.next().await.transpose()?,
///         Some(ChatEvent::Ready(_))
///     ));
///
///     sim.rant(&stream, "ada", "for the boat fund", 500);
///     sim.message(&stream, "bob", "wow");
///     sim.rant(&stream, "bob", "me too", 250);
///     sim.end_stream(&stream);
///
///     let mut raised = Amount::default();
///     while let Some(event) = chat.next().await.transpose()? {
///         if let ChatEvent::Message(message) = event {
///             raised +=
///                 message.rant.map(|rant| rant.amount).unwrap_or_default();
///         }
///     }
///     assert_eq!(raised.to_string(), "$7.50");
///     Ok(())
/// }
/// ```
///
/// As a stream it works with the combinators of the crate `futures`:
///
/// ```
/// use std::pin::pin;
///
/// use futures::TryStreamExt as _;
/// use rumble_live::chat::{Chat, ChatEvent};
/// use rumble_live::{Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.message(&stream, "ada", "!dice");
///     sim.message(&stream, "ada", "what a view");
///     let builder = Chat::builder(&stream).transport(sim);
///     let chat = builder.replay(true).open();
///
///     let mut commands = pin!(chat.try_filter_map(|event| async move {
///         Ok(match event {
///             ChatEvent::Message(m) => {
///                 m.text.strip_prefix('!').map(str::to_owned)
///             }
///             _ => None,
///         })
///     }));
///     assert_eq!(commands.try_next().await?.as_deref(), Some("dice"));
///     Ok(())
/// }
/// ```
///
/// [`Connect`]: ErrorKind::Connect
/// [`Timeout`]: ErrorKind::Timeout
/// [`Transport`]: ErrorKind::Transport
/// [`Status`]: ErrorKind::Status
/// [`RateLimited`]: ErrorKind::RateLimited
/// [`Server`]: ErrorKind::Server
/// [`Redirect`]: ErrorKind::Redirect
/// [`Challenge`]: ErrorKind::Challenge
/// [`TooLarge`]: ErrorKind::TooLarge
#[must_use = "a chat does nothing unless polled"]
pub struct Chat {
    /// `Err` if a setting is wrong.
    source: Result<Source, Error>,
    decoder: Decoder,
    pace: Pace,
    state: State,
    /// Returned before anything from the decoder.
    pending: VecDeque<Result<Step, Error>>,
    /// Whether the messages of the first backlog are yielded too.
    replays: bool,
    /// Since when the chat has been down, and how many attempts failed.
    outage: Option<(Instant, u32)>,
    /// How many unreadable items were logged last.
    skipped: u64,
    /// For jitter.
    random: fastrand::Rng,
}

/// Where the chat is between two connections, or in one.
enum State {
    /// Connect at once.
    Due,
    /// Connect when the timer ends.
    Waiting(Timer),
    /// The request in flight, and the runtime that it needs.
    Opening(runtime::Id, Flight<Answer<Body>>),
    /// Read from it.
    Open(Connection),
    /// There will be no further connection.
    Ended,
}

/// A connection whose head was good. Whether it is a chat shows only when its
/// first record comes.
struct Connection {
    body: Body,
    /// What was read and not yet decoded.
    bytes: Bytes,
    /// How many records were complete at the last check, and how many bytes
    /// were read since.
    records: u64,
    since_record: usize,
    /// The runtime in which it must be polled.
    runtime: runtime::Id,
    phase: Phase,
}

/// How far a connection has come. It decides which time limit holds, and
/// whether the end of the connection counts as a failure to open.
enum Phase {
    /// The backlog must come before this timer ends.
    Fresh(Pin<Box<Sleep>>),
    /// The connection showed its backlog at this instant, or sent something
    /// else.
    Good(Instant),
}

impl Chat {
    /// A chat that has not connected yet. `site` is the origin against which
    /// the pictures of badges are resolved. If `source` is an error, it is the
    /// chat's only item.
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

    /// Returns the next event. `None` after [`ChatEvent::Closed`] and after the
    /// final error, each time you call it.
    ///
    /// It waits as long as nothing happens in the chat, which may be hours.
    /// Reconnecting happens inside of it too, so call it again soon after you
    /// have handled an event.
    ///
    /// # Errors
    ///
    /// The final error, after which there is nothing more:
    ///
    /// - [`ErrorKind::Config`] if the id is not one or is unknown to the
    ///   server, if a setting cannot work, or if there is no tokio runtime.
    /// - [`ErrorKind::Unauthorized`] if the server refuses the request.
    /// - With a transport of your own, any error of it that [does not
    ///   pass](Error::is_transient).
    ///
    /// # Cancel safety
    ///
    /// You can drop the future at any moment. It only borrows the chat, so
    /// nothing is lost.
    ///
    /// # Examples
    ///
    /// Say something when nobody has written for five minutes. The timeout
    /// drops the future of `next`, and the message that comes later is there
    /// all the same:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::chat::{Chat, ChatEvent};
    /// use rumble_live::{Error, sim::Sim};
    /// use tokio::time::timeout;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     assert!(matches!(
    ///         chat.next().await.transpose()?,
    ///         Some(ChatEvent::Ready(_))
    ///     ));
    ///
    ///     let quiet = Duration::from_secs(300);
    ///     assert!(
    ///         timeout(quiet, chat.next()).await.is_err(),
    ///         "time for a joke"
    ///     );
    ///
    ///     sim.message(&stream, "ada", "hi");
    ///     let Ok(Some(Ok(event))) = timeout(quiet, chat.next()).await else {
    ///         panic!("no message");
    ///     };
    ///     assert!(event.to_string().ends_with("ada: hi"));
    ///     Ok(())
    /// }
    /// ```
    pub async fn next(&mut self) -> Option<Result<ChatEvent, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Requests the emotes that can be written in this chat, to
    /// [split](super::ChatMessage::parts) texts with. It makes one request. The
    /// list rarely changes, so request it once and keep it.
    ///
    /// The future does not borrow the chat, so it can run alongside
    /// [`next`](Self::next). It works before the chat has connected, and after
    /// it has ended. It takes at most 20 seconds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the answer is not a list of emotes.
    /// [`ErrorKind::Config`] outside a tokio runtime, if a setting of the chat
    /// cannot work, or if the server does not know the chat.
    /// [`ErrorKind::Unauthorized`] if it refuses the request. Otherwise as for
    /// any request. It is not repeated by itself.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the request.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::Chat;
    /// use rumble_live::{Error, sim::Sim};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let chat = Chat::builder(&stream).transport(sim).open();
    ///
    ///     let emotes = chat.emotes().await?;
    ///     let counts: Vec<(&str, usize)> = emotes
    ///         .packs()
    ///         .iter()
    ///         .map(|pack| (pack.title.as_str(), pack.emotes.len()))
    ///         .collect();
    ///     assert_eq!(counts, [("Rumble", 2), ("Simulated Harbor", 1)]);
    ///     Ok(())
    /// }
    /// ```
    pub fn emotes(&self) -> impl Future<Output = Result<Emotes, Error>> + Send + 'static {
        let source = self.source.clone();
        async move { Flight::start(&flight::runtime()?, None, source?.emotes()).await }
    }

    /// The livestream that this chat belongs to, as it was given to
    /// [`open`](Self::open). It is there from the start, even if it turns out
    /// not to be an id.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        self.decoder.stream()
    }

    /// How the chat stands, by everything read so far. `None` until the first
    /// connection has shown it.
    ///
    /// It follows what the chat has said since its last [`ChatEvent::Ready`]: a
    /// message that is pinned or unpinned, a raid that begins, a stream that is
    /// restricted. While the connection is down, and after the end, it stays as
    /// it was.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, chat::Chat, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let mut chat = Chat::builder(&stream).transport(sim.clone()).open();
    ///     assert!(chat.ready().is_none());
    ///
    ///     sim.message(&stream, "ada", "be kind");
    ///     chat.next().await.transpose()?;
    ///     let ready = chat.ready().expect("the first event is Ready");
    ///     assert_eq!(ready.config.message_length_max, Some(200));
    ///     assert!(ready.pinned.is_none());
    ///
    ///     sim.pin(&stream, "ada", "be kind");
    ///     chat.next().await.transpose()?;
    ///     let pinned = chat.ready().and_then(|ready| ready.pinned.as_ref());
    ///     assert_eq!(pinned.map(|line| line.text.as_str()), Some("be kind"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn ready(&self) -> Option<&ChatReady> {
        self.decoder.ready()
    }

    /// How many items could not be read and were left out, over all
    /// connections; see [`Decoder::skipped`], which says what counts.
    ///
    /// A few over an evening are odd items. If it grows with every message, the
    /// service has changed, and this version of the crate cannot read it any
    /// more. The log says so too, each time the number has more than doubled.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.decoder.skipped()
    }

    /// Turns this into a chat for a reader who knows from elsewhere when it is
    /// over. Until then, an absent chat is asked for about once a minute.
    pub(crate) fn endless(mut self) -> Self {
        self.pace = Pace::endless();
        self
    }

    /// Notes that an earlier reader of this chat already yielded this message.
    pub(crate) fn remember(&mut self, id: MessageId, sent_at: OffsetDateTime, is_rant: bool, is_deleted: bool) {
        self.decoder.remember(id, sent_at, is_rant, is_deleted);
    }

    /// Whether a connection is open.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Reconnects, if there is a connection, because it seems to be dead.
    pub(crate) fn reopen(&mut self) {
        if let State::Open(connection) = &mut self.state {
            while let Some(step) = self.decoder.step(&mut connection.bytes) {
                self.pending.push_back(Ok(step));
            }
            let outcome = connection.outcome();
            let text = "polls show messages that the connection did not bring, so it seems to be dead";
            self.fail(outcome, &Error::with_message(ErrorKind::Timeout, text));
        }
    }

    /// Takes back steps that were returned, to return them again.
    #[cfg(feature = "session")]
    pub(crate) fn give_back(&mut self, mut steps: VecDeque<Result<Step, Error>>) {
        steps.append(&mut self.pending);
        self.pending = steps;
    }

    /// What is there to return without reading: what waits in `pending`, or
    /// else the next step from the bytes that were read. `None` if both are
    /// used up.
    ///
    /// The first step of a connection proves that it works. It is put behind
    /// `Resumed`, if there was an outage. An unreadable item proves nothing,
    /// because it may be anything.
    fn hand_out(&mut self) -> Option<Result<Step, Error>> {
        loop {
            if let Some(item) = self.pending.pop_front() {
                return Some(item);
            }
            let State::Open(connection) = &mut self.state else { return None };
            let step = self.decoder.step(&mut connection.bytes)?;
            if self.is_fresh() && !matches!(step, Step::Unreadable) {
                // The connection works, even if its backlog could not be read.
                self.opened();
                self.pending.push_back(Ok(step));
                continue;
            }
            return Some(Ok(step));
        }
    }

    /// Starts a request in this runtime, or ends the chat if a setting is
    /// wrong.
    fn connect(&mut self, runtime: &Handle) {
        match &self.source {
            Ok(source) => self.state = State::Opening(runtime.id(), Flight::start(runtime, None, source.clone().open())),
            Err(error) => self.end(error.clone()),
        }
    }

    /// Acts on the head of the answer. Only a refusal and an error that does
    /// not pass end the chat.
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

    /// Whether there is a connection that has not shown a chat yet.
    fn is_fresh(&self) -> bool {
        matches!(&self.state, State::Open(Connection { phase: Phase::Fresh(_), .. }))
    }

    /// Notes that the connection is a good one: resets the count of absences,
    /// and ends the outage with `Resumed`.
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

    /// Handles the end of a connection, or of the attempt to make one: asks the
    /// pace what to do, and yields `Interrupted` or `Closed`. An outage begins
    /// with the first failure and lasts until [`opened`](Self::opened).
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

    /// Ends the chat with this error, which is its last item.
    fn end(&mut self, error: Error) {
        trace::ended(self.decoder.stream(), &error);
        self.pending.push_back(Err(error));
        self.state = State::Ended;
    }

    /// Logs the number of unreadable items each time it has more than doubled,
    /// because a change of the wire may make every item unreadable.
    fn notice_skipped(&mut self) {
        let skipped = self.decoder.skipped();
        if skipped > self.skipped.saturating_mul(2) {
            self.skipped = skipped;
            trace::items_skipped(self.decoder.stream(), skipped);
        }
    }
}

impl Connection {
    /// Reads the next bytes, or returns why there will be none. `records` is
    /// how many records were read until now.
    fn poll_read(&mut self, records: u64, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let read = match (&mut self.phase, Pin::new(&mut self.body).poll_next(context)) {
            (Phase::Good(_), read) => ready!(read),
            // The limit also applies to a server that sends without a pause.
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

    /// The error for a body that has ended.
    fn ended(&self) -> Error {
        let text = match self.phase {
            Phase::Fresh(_) => "the connection ended before the chat began",
            Phase::Good(_) => "the server ended the connection",
        };
        Error::with_message(ErrorKind::Transport, text)
    }

    /// What the pace is told about the end of this connection. One that never
    /// showed a chat counts as an attempt that failed, however long it was
    /// open.
    fn outcome(&self) -> Outcome {
        match self.phase {
            Phase::Fresh(_) => Outcome::Failed { retry_after: None },
            Phase::Good(since) => Outcome::Ended { lived: since.elapsed() },
        }
    }
}

/// The error for a connection that does not begin in time.
fn no_backlog() -> Error {
    let text = format!("the chat did not begin within {BACKLOG:?}; the server or the network is slow, or its backlog cannot be read");
    Error::with_message(ErrorKind::Timeout, text)
}

/// The error for bytes that never make a record. The limit is far above the
/// longest record, which is only skipped.
fn nonsense() -> Error {
    let text = format!("{} MiB came without the end of a record, so this is not a chat", LONGEST_NONSENSE / 1024 / 1024);
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
    /// Like the stream, but returns everything that was not known, and how it
    /// came.
    ///
    /// It loops until there is something to return or to wait for. Each pass
    /// first hands out what is there, so a state changes only when everything
    /// that was read before has been returned.
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

/// Explains why a wait could not go on. An error of kind `Config` explains
/// itself; others mean that the runtime is gone.
fn cannot_wait(error: Error) -> Error {
    if error.kind() == ErrorKind::Config {
        return error;
    }
    Error::config_caused_by(
        "the tokio runtime was shut down while the chat waited to reconnect; poll the chat in a runtime that keeps running",
        error,
    )
}
