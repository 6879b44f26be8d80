//! Says one thing after another, each at most once, in its own task. A slow
//! answer delays nothing else.

use std::{pin::pin, time::Duration};

use anyhow::Context as _;
use rumble_live::{Error, ErrorKind, OneLine, StreamId, session::Session};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tracing::{debug, info, warn};

use crate::{outbox::Outbox, output::Output, say::Say};

/// The time between two lines. The session would keep them apart too, but the
/// next line is better chosen when its turn comes.
const SPACING: Duration = Duration::from_secs(3);
/// How long to be silent if the chat asks for a pause without saying how long.
const REST: Duration = Duration::from_secs(30);
/// The longest silence, whatever the server asks for.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);
/// How many orders may wait. Looking at one takes no time.
const MOST_ORDERS: usize = 256;

/// How the bot speaks.
#[derive(Clone, Debug)]
pub enum Voice {
    /// As a logged-in user.
    Session(Session),
    /// Not at all. It prints what it would say.
    Print,
}

/// An order to the speaker.
#[derive(Debug)]
enum Order {
    /// Say this, once this version of the state is stored.
    Say(Say, u64),
    /// Forget what waits.
    Hush,
    /// Forget what waits for this livestream.
    Leave(StreamId),
}

/// The task that speaks.
#[derive(Debug)]
pub struct Speaker {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Speaker {
    /// Starts a speaker. It says nothing before its version of the state is
    /// stored.
    #[must_use]
    pub fn start(voice: Voice, stored: watch::Receiver<u64>, output: Output) -> Self {
        let (orders, given) = mpsc::channel(MOST_ORDERS);
        let queue = Queue { orders: given, stored, outbox: Outbox::default() };
        Self { orders, task: tokio::spawn(speak(voice, queue, output)) }
    }

    /// Orders it to say something, once this version of the state is stored.
    pub fn say(&self, say: Say, version: u64) {
        if let Err(refused) = self.orders.try_send(Order::Say(say, version)) {
            let (mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) = refused;
            warn!(?order, "the speaker does not listen; this is not said");
        }
    }

    /// Orders it to forget what waits. A line that is already on its way will
    /// be said.
    pub async fn hush(&self) {
        self.order(Order::Hush).await;
    }

    /// Orders it to forget what waits for a livestream that has ended. A line
    /// that is already on its way will be said.
    pub async fn leave(&self, stream: StreamId) {
        self.order(Order::Leave(stream)).await;
    }

    async fn order(&self, order: Order) {
        if let Err(mpsc::error::SendError(order)) = self.orders.send(order).await {
            debug!(?order, "the speaker has ended before this");
        }
    }

    /// Returns only if it can speak no more.
    ///
    /// # Errors
    ///
    /// The reason.
    pub async fn failed(&mut self) -> anyhow::Result<()> {
        (&mut self.task).await?
    }

    /// Ends it. A line that is on its way may be answered until `patience` is
    /// over. What waits is not said.
    pub async fn finish(self, patience: Duration) {
        if self.task.is_finished() {
            // `failed` has already returned the reason.
            return;
        }
        drop(self.orders);
        let mut task = self.task;
        match timeout(patience, &mut task).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => warn!("{error:#}"),
            Ok(Err(error)) => warn!(%error, "the speaker broke"),
            Err(_) => {
                warn!("what was being said when the program ended may have been said or not");
                task.abort();
            }
        }
    }
}

async fn speak(voice: Voice, mut queue: Queue, output: Output) -> anyhow::Result<()> {
    let mut free_at = Instant::now();
    while let Some(say) = queue.next(free_at).await {
        let mut saying = pin!(voice.say(&say));
        let outcome = tokio::select! {
            outcome = &mut saying => outcome,
            () = queue.listen() => saying.await,
        };
        let rest = match outcome {
            Ok(()) => {
                let before = if matches!(voice, Voice::Print) { "would say: " } else { "" };
                output.print(format_args!("[{}] > {before}{}", say.stream, OneLine(&say.text)));
                SPACING
            }
            Err(error) => after(&error, &say).with_context(|| format!("the bot can speak no more: {}", error.report()))?,
        };
        free_at = Instant::now() + rest;
    }
    Ok(())
}

/// How long to be silent after a line was not said, or may not have been.
/// `None` if nothing can be said any more.
fn after(error: &Error, say: &Say) -> Option<Duration> {
    let (kind, report) = (say.kind.name(), error.report());
    match error.kind() {
        ErrorKind::SessionGone => return None,
        ErrorKind::Unclear => {
            warn!(kind, text = say.text, "nobody knows whether this was said, so it is not said again: {report}");
        }
        _ => warn!(kind, text = say.text, "this was not said: {report}"),
    }
    Some(match error.kind() {
        ErrorKind::RateLimited | ErrorKind::Challenge => error.retry_after().unwrap_or(REST).clamp(SPACING, LONGEST_REST),
        _ => SPACING,
    })
}

impl Voice {
    async fn say(&self, say: &Say) -> Result<(), Error> {
        match self {
            Self::Session(session) => session.chat(&say.stream)?.send(&say.text).await.map(drop),
            Self::Print => Ok(()),
        }
    }
}

/// What waits, and the orders that add to it.
struct Queue {
    orders: mpsc::Receiver<Order>,
    stored: watch::Receiver<u64>,
    outbox: Outbox,
}

impl Queue {
    /// The next thing to say, no sooner than `free_at`. `None` when there will
    /// be no more.
    async fn next(&mut self, free_at: Instant) -> Option<Say> {
        loop {
            let stored = *self.stored.borrow_and_update();
            let may_speak = self.outbox.has_next(stored);
            tokio::select! {
                biased;
                order = self.orders.recv() => {
                    let Some(order) = order else {
                        forgotten(self.outbox.clear(), "the program ends");
                        return None;
                    };
                    self.take(order);
                }
                () = sleep_until(free_at), if may_speak => {
                    self.drop_stale();
                    if let Some(say) = self.outbox.take_next(stored) {
                        return Some(say);
                    }
                }
                // If the state can no longer be stored, nothing can be said either.
                stored = self.stored.changed(), if !may_speak && !self.outbox.is_empty() => stored.ok()?,
            }
        }
    }

    /// Takes orders as long as some come. Never returns while the program runs.
    async fn listen(&mut self) {
        while let Some(order) = self.orders.recv().await {
            self.take(order);
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Say(say, version) => {
                // What is too old must not take the place of something new.
                self.drop_stale();
                if let Err(say) = self.outbox.push(say, version, Instant::now()) {
                    info!(kind = say.kind.name(), text = say.text, "too much waits to be said, so this is dropped");
                }
            }
            Order::Hush => forgotten(self.outbox.clear(), "the bot is to be quiet"),
            Order::Leave(stream) => forgotten(self.outbox.leave(&stream), "the livestream has ended"),
        }
    }

    fn drop_stale(&mut self) {
        for stale in self.outbox.take_stale(Instant::now()) {
            info!(kind = stale.kind.name(), text = stale.text, "this has waited too long and is not said");
        }
    }
}

fn forgotten(count: usize, why: &str) {
    if count > 0 {
        info!(count, "what waited to be said is forgotten: {why}");
    }
}
