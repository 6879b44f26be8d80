//! Says what is to be said, one thing after another and each once at most, in a task of its own. A slow answer holds up nothing else.

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

/// How far apart two lines are said. The session would keep them so too, but what is said next is better decided when it is its turn.
const SPACING: Duration = Duration::from_secs(3);
/// How long nothing is said after the chat wanted to be left alone without saying for how long.
const REST: Duration = Duration::from_secs(30);
/// How long nothing is said at most, whatever the server asks for.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);
/// How many orders may wait to be looked at, which takes no time.
const MOST_ORDERS: usize = 256;

/// How the bot speaks.
#[derive(Clone, Debug)]
pub enum Voice {
    /// As a logged-in user.
    Session(Session),
    /// Not at all: it prints what it would say.
    Print,
}

/// What the speaker is told.
#[derive(Debug)]
enum Order {
    /// To say this, once this version of the state is stored.
    Say(Say, u64),
    /// To forget what waits.
    Hush,
    /// To forget what waits for this livestream.
    Leave(StreamId),
}

/// The task that speaks.
#[derive(Debug)]
pub struct Speaker {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Speaker {
    /// Starts one, which says nothing before its version of the state is stored.
    #[must_use]
    pub fn start(voice: Voice, stored: watch::Receiver<u64>, output: Output) -> Self {
        let (orders, given) = mpsc::channel(MOST_ORDERS);
        let queue = Queue { orders: given, stored, outbox: Outbox::default() };
        Self { orders, task: tokio::spawn(speak(voice, queue, output)) }
    }

    /// Has it say something, once this version of the state is stored.
    pub fn say(&self, say: Say, version: u64) {
        if let Err(refused) = self.orders.try_send(Order::Say(say, version)) {
            let (mpsc::error::TrySendError::Full(order) | mpsc::error::TrySendError::Closed(order)) = refused;
            warn!(?order, "the speaker does not listen; this is not said");
        }
    }

    /// Has it forget what waits. What is on its way already will be said.
    pub async fn hush(&self) {
        self.order(Order::Hush).await;
    }

    /// Has it forget what waits for a livestream that has ended. What is on its way already will be said.
    pub async fn leave(&self, stream: StreamId) {
        self.order(Order::Leave(stream)).await;
    }

    async fn order(&self, order: Order) {
        if let Err(mpsc::error::SendError(order)) = self.orders.send(order).await {
            debug!(?order, "the speaker has ended before this");
        }
    }

    /// Returns only when it can speak no more.
    ///
    /// # Errors
    ///
    /// Why.
    pub async fn failed(&mut self) -> anyhow::Result<()> {
        (&mut self.task).await?
    }

    /// Ends it. What is on its way gets so long to be answered, and what waits is not said.
    pub async fn finish(self, patience: Duration) {
        if self.task.is_finished() {
            // Somebody was told why.
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

/// How long nothing is said after something was not, or nobody knows. `None` where nothing can be said any more.
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

/// What waits, and who is told to put something there.
struct Queue {
    orders: mpsc::Receiver<Order>,
    stored: watch::Receiver<u64>,
    outbox: Outbox,
}

impl Queue {
    /// What to say next, no sooner than then. `None` when there will be no more.
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
                // Where it can be stored no more, nothing can be said either.
                stored = self.stored.changed(), if !may_speak && !self.outbox.is_empty() => stored.ok()?,
            }
        }
    }

    /// Takes orders for as long as some come. Never returns while the program runs.
    async fn listen(&mut self) {
        while let Some(order) = self.orders.recv().await {
            self.take(order);
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Say(say, version) => {
                // What is too old takes no place from what is new.
                self.drop_stale();
                if let Err(say) = self.outbox.push(say, version, Instant::now()) {
                    info!(kind = say.kind.name(), text = say.text, "too much waits to be said, so this is not");
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
