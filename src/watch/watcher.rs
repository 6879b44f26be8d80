//! The stream of one account's events: a small state machine over client,
//! tracker and pace.
//!
//! `State` says what the account's polls are waiting for. `pending` holds what
//! was decided but not handed out yet. `poll_delivery` hands out from `pending`
//! until it is empty, and only then lets the state machine or a live chat add
//! to it. So events keep the order in which the tracker decided them, and a
//! watcher that nobody polls does nothing.
//!
//! The tracker's memory changes in `deliver`, one step at a time, and not when
//! a poll arrives. That is why a checkpoint can be taken between any two events
//! of one poll and fits exactly what was handed out. With the last event of a
//! poll, `hand_out` also settles what the poll showed apart from its events.
//!
//! Every request and every wait runs in a task of its own ([`Flight`],
//! [`Timer`]), and the state holds only a handle. That is what makes `next`
//! cancel safe.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_core::{FusedStream, Stream};
use tokio::{runtime::Handle, task::coop, time::Instant};

#[cfg(feature = "chat")]
use super::live::LiveChats;
#[cfg(feature = "metrics")]
use super::meter::Meter;
use super::{
    checkpoint::Checkpoint,
    pace::{Outcome, Pace},
    trace,
    verdict::{self, Judge, Verdict},
};
use crate::{
    client::{Client, Fetched},
    error::{Error, ErrorKind},
    event::{Event, Interrupted, Resumed},
    snapshot::{Account, Snapshot},
    tracker::{Settlement, Step, Tracker},
    transport::{flight::Flight, random, timer::Timer},
};

/// The events of one account, as a [`Stream`]. It ends only after a final
/// error.
///
/// A watcher polls the account by itself for as long as you call
/// [`next`](Self::next). The first poll starts at once, or [after a random
/// delay](crate::WatcherBuilder::spread_first_poll). After that it polls every
/// 10 seconds, or every 5 seconds while some list gains more than half of what
/// it can show within 10 seconds. It sends nothing before the first call of
/// `next`.
///
/// - **[`Event::Ready`] comes first**, with an [`Event::StreamStarted`] for
///   each livestream that is live. Everything else in the first snapshot is old
///   and is not reported. If the first polls fail, the [`Event::Interrupted`]
///   of each and an [`Event::Resumed`] come before `Ready`.
/// - **Each occurrence comes once**, in the order described at
///   [`Tracker::apply`]. An [`Event::Gap`] marks a place where some may have
///   been lost.
/// - **Trouble is an event.** A failed poll yields an [`Event::Interrupted`].
///   The watcher backs off and tries again, and yields an [`Event::Resumed`]
///   when a poll succeeds.
/// - **`Err` is final.** It comes once, and from then on the stream yields
///   `None`. It means that a setting cannot work, that the API refuses the
///   key, or that a transport of your own reports another error that [does not
///   pass](Error::is_transient). If a refusal is the first answer that a new watcher gets, the watcher
///   ends at once. Later, or after a [resume](crate::WatcherBuilder::resume),
///   the fault may be Rumble's, so the watcher ends only after refusals for 15
///   minutes, at least five of them, without a snapshot in between.
/// - **One account.** If an answer belongs to another account than the watched
///   one, the poll counts as failed, with kind [`Decode`](ErrorKind::Decode),
///   and the watcher ignores what the answer shows. After 15 minutes and ten of
///   these answers without a good one in between, the watcher ends with a
///   [`Config`](ErrorKind::Config) error.
///
/// # When you do not call `next`
///
/// The watcher makes no further request, so a handler that takes longer than
/// the interval delays the next poll. What drops out of the API's lists in the
/// meantime is lost, and a `Gap` says so. If your handlers are slow, use a
/// [`Feed`](crate::Feed).
///
/// # Cancel safety
///
/// All state lives in the watcher, and the request in flight runs in a task of
/// its own. You can drop the future of `next` at any moment, in `select!` or in
/// a timeout: no event is lost, and no request is restarted or times out
/// because of it. Dropping the watcher ends the request.
///
/// You can move a watcher between runtimes. The request in flight stays in the
/// runtime where it began and needs that runtime to be driven. If that runtime
/// is shut down, the poll fails with an `Interrupted`.
///
/// A watcher ends with a final error when it is polled outside a tokio runtime,
/// in a runtime that was shut down, or in one without time. With the default
/// transport it also needs a runtime with I/O.
///
/// # Examples
///
/// ```test_harness
/// use rumble_live::{Client, Error, Event, sim::Sim};
///
/// #[tokio::test(start_paused = true)]
/// async fn follower_is_yielded() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim.clone())
///         .build()?;
///     let mut watcher = client.watch();
///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
///
///     sim.follow("ada");
///     let Some(Event::Follower(follower)) =
///         watcher.next().await.transpose()?
///     else {
///         panic!("no follower came")
///     };
///     assert_eq!(follower.username, "ada");
///     Ok(())
/// }
/// ```
///
/// Beside its events, a watcher tells which account it watches and how far it
/// has come. A status line of a bot might show this:
///
/// ```
/// use rumble_live::{Account, Client, Error, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(Sim::running(42))
///         .build()?;
///     let mut watcher = client.watch_builder().name("harbour").build();
///     assert_eq!((watcher.name(), watcher.polls()), (Some("harbour"), 0));
///     assert!(watcher.account().is_none() && watcher.snapshot().is_none());
///
///     watcher.next().await.transpose()?;
///     assert_eq!(watcher.polls(), 1);
///     let account = watcher.account().map(Account::to_string);
///     assert_eq!(account.as_deref(), Some("SimulatedHarbor"));
///     Ok(())
/// }
/// ```
///
/// It is a [`Stream`], so the combinators of the crate `futures` work on it
/// too:
///
/// ```
/// use futures::TryStreamExt;
/// use rumble_live::{Client, Error, Event, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     sim.follow("ada");
///     sim.follow("grace");
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(sim)
///         .build()?;
///     let watcher = client.watch_builder().replay(true).build();
///
///     let named = watcher.try_filter_map(|event| async move {
///         Ok(event.username().map(str::to_owned))
///     });
///     let mut named = std::pin::pin!(named);
///     assert_eq!(named.try_next().await?.as_deref(), Some("ada"));
///     assert_eq!(named.try_next().await?.as_deref(), Some("grace"));
///     Ok(())
/// }
/// ```
#[must_use = "a watcher does nothing unless polled"]
pub struct Watcher {
    client: Client,
    tracker: Tracker,
    pace: Pace,
    state: State,
    pending: VecDeque<Pending>,
    /// What the tracker must remember about the last poll once all its events
    /// are out.
    settlement: Option<Settlement>,
    /// When the current run of failures began.
    down_since: Option<Instant>,
    judge: Judge,
    polls: u64,
    newest: Option<Snapshot>,
    /// How many items of the last snapshot were unreadable.
    skipped: usize,
    /// For jitter.
    random: fastrand::Rng,
    name: Option<Arc<str>>,
    /// When `next` was first called.
    start: Option<Instant>,
    #[cfg(feature = "metrics")]
    meter: Option<Meter>,
    #[cfg(feature = "chat")]
    live: Option<LiveChats>,
    /// Whether the live chats have yet to be opened and closed for the last
    /// snapshot.
    #[cfg(feature = "chat")]
    is_ahead_of_chats: bool,
}

/// How often `next_poll` asks the chats for more before it returns.
const MOST_TOGETHER: usize = 1024;
/// How many steps the chats may deliver before the end of a livestream is
/// reported. More than fits into the buffers of a connection.
#[cfg(feature = "chat")]
const MOST_BEFORE_END: usize = 4096;

enum State {
    /// `next` was not called yet. The first poll comes a random part of the
    /// interval after that call.
    Fresh,
    /// The next poll starts at once.
    Due,
    /// The next poll starts when the timer fires.
    Waiting(Timer),
    /// A request is in flight. Dropping this ends it.
    Polling(Flight<Fetched>),
    /// The answer no longer shows a livestream live that has an open chat. What
    /// the chats have delivered comes first, up to this many steps.
    #[cfg(feature = "chat")]
    Answered(Box<Fetched>, usize),
    /// The watcher makes no further poll.
    Ended,
}

/// An event on its way to the readers of a feed.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) event: Event,
    /// The number of the poll that brought it.
    pub(crate) poll: u64,
    /// How many of the tracker's deliveries count as handled by a reader that
    /// has not taken this one.
    pub(crate) had: u64,
}

/// What the watcher hands out next.
enum Pending {
    Step(Step),
    Event(Event),
    Final(Error),
}

impl Watcher {
    /// A watcher that has sent nothing yet. If the tracker has a memory, the
    /// watcher resumes, so its judge forgives a refusal as the first answer.
    pub(super) fn new(client: Client, tracker: Tracker, pace: Pace, spread_first_poll: bool, name: Option<Arc<str>>) -> Self {
        Self {
            judge: Judge::new(tracker.memory().is_some()),
            random: random(&**client.transport()),
            client,
            tracker,
            pace,
            state: if spread_first_poll { State::Fresh } else { State::Due },
            pending: VecDeque::new(),
            settlement: None,
            down_since: None,
            polls: 0,
            newest: None,
            skipped: 0,
            name,
            start: None,
            #[cfg(feature = "metrics")]
            meter: None,
            #[cfg(feature = "chat")]
            live: None,
            #[cfg(feature = "chat")]
            is_ahead_of_chats: false,
        }
    }

    /// Also hears the chats of live livestreams.
    #[cfg(feature = "chat")]
    pub(super) fn with_live_chat(mut self) -> Self {
        self.live = Some(LiveChats::new());
        self
    }

    /// Waits for the next event. `None` after the final error.
    ///
    /// It may wait for a long time: an account on which nothing happens yields
    /// nothing, and polls go on meanwhile. If nothing was sent yet, this call
    /// starts the first poll.
    ///
    /// # Errors
    ///
    /// The final error: [`ErrorKind::Config`], [`ErrorKind::Unauthorized`] when
    /// the API refuses the key, or another one that does not pass from a
    /// transport of your own. [`Watcher`] says when a watcher ends.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it only borrows the watcher.
    ///
    /// # Examples
    ///
    /// A timeout around `next` ends the wait and leaves the watcher as it was:
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    /// use tokio::time::timeout;
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     // A quiet minute, with polls but without an event.
    ///     let quiet = timeout(Duration::from_secs(60), watcher.next()).await;
    ///     assert!(quiet.is_err());
    ///
    ///     sim.follow("ada");
    ///     let event = watcher.next().await.transpose()?;
    ///     assert_eq!(event.as_ref().and_then(Event::username), Some("ada"));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// If the key is wrong, the first answer ends the watcher:
    ///
    /// ```
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.refuse_key();
    ///     let client = Client::builder("http://127.0.0.1/?key=wrong")
    ///         .transport(sim)
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///
    ///     let end = watcher.next().await.transpose().unwrap_err();
    ///     assert_eq!(end.kind(), ErrorKind::Unauthorized);
    ///     assert!(watcher.next().await.is_none());
    ///     Ok(())
    /// }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Waits for the events of one poll and returns them together: what is left
    /// of the last poll, or else the events of the next poll that brings any.
    /// They are in the order in which [`next`](Self::next) yields them. The
    /// list is never empty. `None` after the final error.
    ///
    /// A failed poll has one event, an [`Event::Interrupted`], so it makes a
    /// list of one. After an outage the [`Event::Resumed`] and what the poll
    /// brought come in one list.
    ///
    /// With live chat, the list also holds what the chats have pushed by then.
    /// If no poll has ended, it holds only that. A list stops growing after
    /// about a thousand chat events.
    ///
    /// Use it if your store writes the events and the
    /// [`checkpoint`](Self::checkpoint) after them in one transaction. The
    /// watcher starts no request while you write; with live chat one may be in
    /// flight.
    ///
    /// # Errors
    ///
    /// The final error, as for [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: it takes all of the events at once or
    /// none.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn two_followers_come_with_one_poll() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     assert_eq!(
    ///         watcher.next_poll().await.transpose()?,
    ///         Some(vec![Event::Ready])
    ///     );
    ///
    ///     sim.follow("ada");
    ///     sim.follow("grace");
    ///     let events =
    ///         watcher.next_poll().await.transpose()?.unwrap_or_default();
    ///     assert_eq!(
    ///         events.iter().filter_map(Event::username).collect::<Vec<_>>(),
    ///         ["ada", "grace"]
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub async fn next_poll(&mut self) -> Option<Result<Vec<Event>, Error>> {
        let mut events = match self.next().await? {
            Ok(event) => vec![event],
            Err(error) => return Some(Err(error)),
        };
        // This is short, and an event left for another turn would cost the store another write.
        coop::unconstrained(poll_fn(|context| {
            self.take_what_is_there(&mut events, context);
            Poll::Ready(())
        }))
        .await;
        Some(Ok(events))
    }

    /// The client of the watched account.
    ///
    /// Its [`snapshot_within`](Client::snapshot_within) answers from the
    /// watcher's last poll if that is young enough, so a command such as
    /// `!followers` costs no request of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     sim.follow("ada");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     watcher.next().await.transpose()?;
    ///
    ///     let young = Duration::from_secs(30);
    ///     let snapshot = watcher.client().snapshot_within(young).await?;
    ///     assert_eq!(snapshot.followers().count, Some(1));
    ///     assert_eq!(sim.answers(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The account in the newest [snapshot](Self::snapshot). `None` until there
    /// is one, also for a watcher that resumes: its checkpoint holds ids but no
    /// names.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.newest.as_ref().map(Snapshot::account)
    }

    /// The [name](crate::WatcherBuilder::name) that you gave it. `None` if you
    /// gave it none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The newest snapshot, for the numbers that are not events, such as
    /// viewers and likes. A failed poll leaves it as it is, and a stale answer
    /// never replaces it. `None` before the first snapshot, and after a restart
    /// while all answers are stale.
    ///
    /// It may be ahead of the events handed out so far, because it is replaced
    /// when a poll arrives and the events of that poll come one by one.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, Snapshot, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     sim.follow("ada");
    ///     sim.follow("grace");
    ///     let event = watcher.next().await.transpose()?;
    ///     assert_eq!(event.as_ref().and_then(Event::username), Some("ada"));
    ///
    ///     // The event about grace is still to come, but she counts already.
    ///     let followers = watcher.snapshot().map(Snapshot::followers);
    ///     assert_eq!(
    ///         followers.and_then(|followers| followers.count),
    ///         Some(2)
    ///     );
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.newest.as_ref()
    }

    /// What the watcher knows now. Save it, and pass it to
    /// [`WatcherBuilder::resume`](crate::WatcherBuilder::resume) after a
    /// restart. Every event that the watcher has yielded so far counts as
    /// handled, and no other does, even in the middle of a poll.
    ///
    /// `None` before [`Event::Ready`]. Before `Ready`, a resumed watcher
    /// returns the checkpoint that it resumed from. After the final error it
    /// returns the last one, so you can go on from there once the fault is
    /// mended.
    ///
    /// Each call copies the memory. If it is larger than a checkpoint may be,
    /// which takes many busy livestreams, the call also cuts the copy.
    ///
    /// # Examples
    ///
    /// A bot that stops between two events of one poll gets only the second one
    /// after its restart:
    ///
    /// ```
    /// use rumble_live::{Client, Error, Event, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     let mut watcher = client.watch();
    ///     assert_eq!(watcher.checkpoint(), None);
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///
    ///     sim.follow("ada");
    ///     sim.follow("grace");
    ///     watcher.next().await.transpose()?; // ada
    ///     let checkpoint = watcher.checkpoint();
    ///
    ///     watcher = client.watch_builder().resume(checkpoint).build();
    ///     assert_eq!(watcher.next().await.transpose()?, Some(Event::Ready));
    ///     let event = watcher.next().await.transpose()?;
    ///     assert_eq!(event.as_ref().and_then(Event::username), Some("grace"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.tracker.checkpoint()
    }

    /// How many polls have ended, including failed ones and those that showed
    /// another account. A request in flight does not count yet. The logs and
    /// the metrics count in the same way.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.polls
    }

    /// Takes the next event or the final error from what is pending. `None` if
    /// nothing is pending, or only steps without an event are.
    ///
    /// It also does what must happen together with an event, so that a
    /// checkpoint after it leaves nothing out: it delivers the silent steps
    /// behind the event, settles the poll after its last event, and then opens
    /// and closes chats.
    fn hand_out(&mut self) -> Option<Result<Delivery, Error>> {
        let mut item = None;
        while item.is_none()
            && let Some(pending) = self.pending.pop_front()
        {
            item = match pending {
                Pending::Step(step) => self.deliver(step).map(Ok),
                Pending::Event(event) => Some(Ok(Delivery { event, poll: self.polls, had: self.tracker.delivered() })),
                Pending::Final(error) => Some(Err(error)),
            };
        }
        #[cfg(feature = "metrics")]
        if let Some(Ok(delivery)) = &item {
            self.meter().event(&delivery.event);
        }
        // A step without an event counts together with the event before it.
        while let Some(Pending::Step(step)) = self.pending.front()
            && step.is_silent()
        {
            let Some(Pending::Step(step)) = self.pending.pop_front() else { break };
            self.deliver(step);
        }
        // Settled with the last event, so a checkpoint taken after it is complete.
        if self.pending.is_empty()
            && let Some(settlement) = self.settlement.take()
        {
            self.tracker.settle(settlement);
        }
        #[cfg(feature = "chat")]
        if self.pending.is_empty() && mem::take(&mut self.is_ahead_of_chats) {
            self.follow_chats();
        }
        // Most watchers wait most of the time, so they keep no room for events.
        if self.pending.is_empty() {
            self.pending = VecDeque::new();
        }
        item
    }

    /// Opens the chats of livestreams that went live and closes the chats of
    /// those that ended.
    #[cfg(feature = "chat")]
    fn follow_chats(&mut self) {
        let at = self.since_start(Instant::now());
        if let Some(live) = &mut self.live {
            self.pending.extend(live.follow(&self.client, &self.tracker, at).into_iter().map(Pending::Step));
        }
        #[cfg(feature = "metrics")]
        self.count_chats();
    }

    /// The metrics. Registered at first use, because the program may install
    /// its recorder after it has built the watcher.
    #[cfg(feature = "metrics")]
    fn meter(&mut self) -> &mut Meter {
        self.meter.get_or_insert_with(|| Meter::new(self.name.as_deref()))
    }

    /// Reports how many chats have an open connection.
    #[cfg(all(feature = "chat", feature = "metrics"))]
    fn count_chats(&mut self) {
        if let Some(open) = self.live.as_ref().map(LiveChats::open) {
            self.meter().live_chats_open(open);
        }
    }

    /// The time since the watcher was first polled, which is the clock of the
    /// tracker for lines that it holds.
    fn since_start(&mut self, now: Instant) -> Duration {
        now.saturating_duration_since(*self.start.get_or_insert(now))
    }

    /// Lets the tracker take one step, and logs what must be logged when it is
    /// handed out. `None` for a step without an event.
    fn deliver(&mut self, step: Step) -> Option<Delivery> {
        let before = self.tracker.delivered();
        let event = self.tracker.deliver(step)?;
        match &event {
            Event::Gap(gap) => trace::gap(self.name(), gap),
            #[cfg(feature = "chat")]
            Event::MergeDoubt(doubt) => trace::merge_doubt(self.name(), doubt),
            _ => {}
        }
        // `Ready` comes again after every restart, so nobody needs to keep it.
        let had = if event == Event::Ready { self.tracker.delivered() } else { before };
        Some(Delivery { event, poll: self.polls, had })
    }

    /// Starts a request. It must show the account that the tracker knows, which
    /// after a resume may be known better than by the client.
    fn start_poll(&mut self) {
        let expected = self.tracker.memory().map(|memory| memory.ids().clone());
        match self.client.start_poll(expected) {
            Ok(flight) => self.state = State::Polling(flight),
            Err(error) => self.end(error),
        }
    }

    /// Takes the outcome of a request: counts the poll, and decides whether it
    /// was good, failed, or has to wait until the chats are drained.
    fn take_outcome(&mut self, outcome: Result<Fetched, Error>) {
        self.polls = self.polls.saturating_add(1);
        #[cfg(feature = "metrics")]
        self.meter().poll_ended();
        let now = Instant::now();
        match outcome {
            Ok(fetched) if self.tracker.is_of_another_account(&fetched.snapshot) => {
                self.take_error(another_account(), verdict::Outcome::Stranger, now);
            }
            #[cfg(feature = "chat")]
            Ok(fetched) if self.live.as_ref().is_some_and(|live| live.outlives(&fetched.snapshot)) => {
                self.state = State::Answered(Box::new(fetched), MOST_BEFORE_END);
            }
            Ok(fetched) => self.take_snapshot(fetched, now),
            Err(error) => {
                let outcome = verdict::Outcome::of(&error);
                self.take_error(error, outcome, now);
            }
        }
    }

    /// Takes a good answer. An [`Event::Resumed`] goes before its events,
    /// because it is what the bot must know to read them.
    fn take_snapshot(&mut self, fetched: Fetched, now: Instant) {
        self.judge.judge(verdict::Outcome::Good, now);
        if let Some(since) = self.down_since.take() {
            let resumed = Resumed { away: now - since, failures: self.pace.failures() };
            trace::outage_ended(self.name(), &resumed);
            self.pending.push_back(Pending::Event(Event::Resumed(resumed)));
        }
        let at = self.since_start(now);
        let poll = self.tracker.observe(&fetched.snapshot, at);
        trace::poll_finished(self.name(), self.polls, &fetched, &poll);
        #[cfg(feature = "metrics")]
        self.meter().poll_finished(&fetched);
        self.notice_skipped(fetched.snapshot.skipped());
        self.pending.extend(poll.steps.into_iter().map(Pending::Step));
        self.settlement = poll.settlement;
        #[cfg(feature = "chat")]
        {
            self.is_ahead_of_chats = true;
        }
        if !poll.is_stale {
            self.newest = Some(fetched.snapshot);
        }
        self.wait_for_next(Outcome::Decoded(poll.fill), now);
    }

    /// Logs unreadable items only when their number changes, because the same
    /// ones come with every poll.
    fn notice_skipped(&mut self, skipped: usize) {
        if mem::replace(&mut self.skipped, skipped) != skipped {
            trace::items_skipped(self.name(), skipped);
        }
    }

    /// Takes a failed poll: ends the watcher, or yields an
    /// [`Event::Interrupted`] and waits.
    fn take_error(&mut self, error: Error, outcome: verdict::Outcome, now: Instant) {
        #[cfg(feature = "metrics")]
        self.meter().poll_failed(error.kind());
        if let Verdict::GiveUp { failures, within } = self.judge.judge(outcome, now) {
            let error = if outcome == verdict::Outcome::Stranger { wrong_account() } else { error };
            self.end(error.given_up_after(failures, within));
            return;
        }
        self.down_since.get_or_insert(now);
        let due = self.wait_for_next(Outcome::Failed(&error), now);
        let trouble = Interrupted { kind: error.kind(), message: error.report(), failures: self.pace.failures(), retry_in: due - now };
        trace::poll_failed(self.name(), self.polls, &trouble);
        self.pending.push_back(Pending::Event(Event::Interrupted(trouble)));
    }

    /// Waits for the next poll, and returns when it is due.
    fn wait_for_next(&mut self, outcome: Outcome<'_>, now: Instant) -> Instant {
        let due = self.pace.next_due(outcome, now, self.random.f64());
        self.state = State::Waiting(Timer::new(due));
        due
    }

    /// Ends the watcher. The error comes after what is pending.
    fn end(&mut self, error: Error) {
        trace::watch_ended(self.name(), &error);
        self.pending.push_back(Pending::Final(error));
        self.state = State::Ended;
        #[cfg(feature = "chat")]
        self.close_chats();
    }
}

impl Watcher {
    /// For a feed: its readers may have taken less than the watcher has
    /// delivered.
    pub(crate) fn keep_journal(&mut self) {
        self.tracker.keep_journal();
    }

    /// The checkpoint at the slowest reader's position. `had` is `None` when
    /// every reader has everything.
    pub(crate) fn checkpoint_at(&self, had: Option<u64>) -> Option<Checkpoint> {
        had.map_or_else(|| self.checkpoint(), |had| self.tracker.checkpoint_at(had))
    }

    /// Drops the journal before the slowest reader's position.
    pub(crate) fn pass(&mut self, had: Option<u64>) {
        self.tracker.pass(had);
    }

    /// Closes the live chats when nobody will read them any more.
    #[cfg(feature = "chat")]
    pub(crate) fn close_chats(&mut self) {
        if let Some(live) = &mut self.live {
            *live = LiveChats::new();
        }
        #[cfg(feature = "metrics")]
        self.count_chats();
    }

    /// Ends a request in flight when nobody may ask for its answer soon.
    pub(crate) fn rest(&mut self) {
        if matches!(self.state, State::Polling(_)) {
            self.state = State::Due;
        }
    }

    /// What `next` polls. It is a step lower than an event, because a feed must
    /// know which poll brought it and how much was delivered before.
    pub(crate) fn poll_delivery(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Delivery, Error>>> {
        // A large backlog must not keep the other tasks of the thread waiting.
        let budget = ready!(coop::poll_proceed(context));
        loop {
            if let Some(item) = self.hand_out() {
                budget.made_progress();
                return Poll::Ready(Some(item));
            }
            if matches!(self.state, State::Ended) {
                return Poll::Ready(None);
            }
            let Ok(runtime) = Handle::try_current() else {
                self.end(Error::config("a watcher must be polled inside a tokio runtime"));
                continue;
            };
            // The account goes first, so a busy chat cannot keep it waiting.
            if self.poll_account(&runtime, context).is_pending() {
                ready!(self.poll_chats(&runtime, context));
            }
        }
    }

    /// Takes the events that are ready, without another request for the
    /// account.
    fn take_what_is_there(&mut self, events: &mut Vec<Event>, context: &mut Context<'_>) {
        for _ in 0..MOST_TOGETHER {
            while !matches!(self.pending.front(), None | Some(Pending::Final(_)))
                && let Some(Ok(delivery)) = self.hand_out()
            {
                events.push(delivery.event);
            }
            let Ok(runtime) = Handle::try_current() else { return };
            if !self.pending.is_empty() || !self.may_ask_chats() || self.poll_chats(&runtime, context).is_pending() {
                return;
            }
        }
    }

    /// False after the end, and while an answer that may end a livestream waits
    /// for the chats to drain.
    fn may_ask_chats(&self) -> bool {
        match self.state {
            State::Ended => false,
            #[cfg(feature = "chat")]
            State::Answered(..) => false,
            _ => true,
        }
    }

    /// Ready when the state has changed.
    fn poll_account(&mut self, runtime: &Handle, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.state {
            State::Ended => {}
            State::Fresh => {
                let due = self.pace.first_due(Instant::now(), self.random.f64());
                self.state = State::Waiting(Timer::new(due));
            }
            State::Due => self.start_poll(),
            State::Waiting(timer) => match ready!(timer.poll(runtime, context)) {
                Ok(()) => self.state = State::Due,
                Err(error) => self.end(cannot_wait(error)),
            },
            State::Polling(flight) => {
                let outcome = ready!(Pin::new(flight).poll(context));
                self.take_outcome(outcome);
            }
            #[cfg(feature = "chat")]
            State::Answered(..) => self.poll_before_end(runtime, context),
        }
        Poll::Ready(())
    }

    /// Drains the chats before taking the answer that may end one of them.
    #[cfg(feature = "chat")]
    fn poll_before_end(&mut self, runtime: &Handle, context: &mut Context<'_>) {
        let State::Answered(fetched, left) = mem::replace(&mut self.state, State::Due) else { return };
        match left.checked_sub(1) {
            Some(left) if self.poll_chats(runtime, context).is_ready() => self.state = State::Answered(fetched, left),
            _ => self.take_snapshot(*fetched, Instant::now()),
        }
    }

    /// Asks the live chats. Ready when there is something to hand out.
    #[cfg(feature = "chat")]
    fn poll_chats(&mut self, runtime: &Handle, context: &mut Context<'_>) -> Poll<()> {
        let Some(live) = &mut self.live else { return Poll::Pending };
        let start = *self.start.get_or_insert_with(Instant::now);
        let polled = live.poll(&self.tracker, start, runtime, context);
        #[cfg(feature = "metrics")]
        self.count_chats();
        let steps = ready!(polled);
        self.pending.extend(steps.into_iter().map(Pending::Step));
        Poll::Ready(())
    }

    #[cfg(not(feature = "chat"))]
    #[expect(clippy::unused_self, reason = "without the feature there are no chats")]
    fn poll_chats(&self, _: &Handle, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Stream for Watcher {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_delivery(context).map_ok(|delivery| delivery.event)
    }
}

impl FusedStream for Watcher {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Ended) && self.pending.is_empty()
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Fresh => "fresh",
            State::Due => "due",
            State::Waiting(_) => "waiting",
            State::Polling(_) => "polling",
            #[cfg(feature = "chat")]
            State::Answered(..) => "answered",
            State::Ended => "ended",
        };
        f.debug_struct("Watcher")
            .field("state", &state)
            .field("pending", &self.pending.len())
            .field("polls", &self.polls)
            .field("failures", &self.pace.failures())
            .finish_non_exhaustive()
    }
}

/// The final error when a wait fails. An error of kind `Config` says already
/// what to do; any other one means that the runtime is gone.
fn cannot_wait(error: Error) -> Error {
    if error.kind() == ErrorKind::Config {
        return error;
    }
    Error::config_caused_by(
        "the tokio runtime was shut down while the watcher waited for its next poll; use a runtime that keeps running",
        error,
    )
}

/// One answer belongs to another account. The watcher goes on.
fn another_account() -> Error {
    Error::with_message(
        ErrorKind::Decode,
        "the answer belongs to another account than the watched one and was ignored; if this lasts, check that the API URL and the \
         checkpoint belong to the same account",
    )
}

/// The final error after too many answers of another account.
fn wrong_account() -> Error {
    Error::config(
        "the API URL belongs to another account than the watched one; \
         to watch the account of the URL, start without the checkpoint; to continue, use the URL of the checkpoint's account",
    )
}
