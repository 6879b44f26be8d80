//! The live chats that a watcher reads in addition to its polls: one connection
//! for each live livestream.
//!
//! This file holds the connections and the timer, and decides nothing. The
//! tracker says which chats are wanted, what a line that a chat brought means,
//! when a line that only a poll showed has waited long enough, and which
//! connection seems dead. Everything that happens here ends in steps for the
//! tracker to deliver.
//!
//! Times are durations since the watcher was first polled, because the tracker
//! reads no clock.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::{runtime::Handle, task::coop, time::Instant};

use crate::{
    chat::Chat,
    client::Client,
    snapshot::{Snapshot, StreamId},
    tracker::{Step, Tracker},
    transport::timer::Timer,
};

/// The shortest time between two attempts to reopen a connection that seems
/// dead.
const PATIENCE: Duration = Duration::from_secs(90);

/// The live chats of one account.
pub(super) struct LiveChats {
    chats: Vec<Followed>,
    /// Which chat is asked first. It rotates, so a busy chat keeps no other
    /// waiting.
    first: usize,
    /// When the tracker must decide about lines that it holds.
    timer: Option<(Duration, Timer)>,
}

/// A chat that is read, and of which livestream.
struct Followed {
    stream: StreamId,
    chat: Chat,
    /// When it was last reopened because it seemed dead.
    reopened: Option<Duration>,
}

impl LiveChats {
    pub(super) fn new() -> Self {
        Self { chats: Vec::new(), first: 0, timer: None }
    }

    /// Opens and closes chats after a poll, as the tracker wants them. A chat
    /// that was given up is not opened again. What the tracker knows of a chat
    /// already, the new connection gets as seeds, so its backlog repeats
    /// nothing.
    pub(super) fn follow(&mut self, client: &Client, tracker: &Tracker, at: Duration) -> Vec<Step> {
        let wanted: Vec<&StreamId> = tracker.wanted_chats().collect();
        self.chats.retain(|followed| wanted.contains(&&followed.stream));
        let mut steps = Vec::new();
        for stream in wanted {
            if self.chats.iter().any(|followed| followed.stream == *stream) || tracker.goes_without_chat(stream) {
                continue;
            }
            let mut chat = client.chat(stream).endless();
            for seed in tracker.seeds(stream) {
                chat.remember(seed.id, seed.sent_at, seed.is_rant, seed.is_deleted);
            }
            steps.extend(tracker.wait_for_chat(stream, at));
            self.chats.push(Followed { stream: stream.clone(), chat, reopened: None });
        }
        steps
    }

    /// What the chats bring, or what the tracker has decided by now. Pending
    /// while there is neither.
    pub(super) fn poll(&mut self, tracker: &Tracker, start: Instant, runtime: &Handle, context: &mut Context<'_>) -> Poll<Vec<Step>> {
        loop {
            let at = Instant::now().saturating_duration_since(start);
            if let Some(decided) = tracker.decide(at) {
                return Poll::Ready(decided);
            }
            if let Some(steps) = self.poll_chats(tracker, at, context) {
                if steps.is_empty() {
                    continue;
                }
                return Poll::Ready(steps);
            }
            // Unread data is a sign of life, and there may be some if the task's budget ran out before reading it.
            if !coop::has_budget_remaining() {
                return Poll::Pending;
            }
            if self.reopen_dead(tracker, at) {
                continue;
            }
            let Some(due) = tracker.next_due(at) else {
                self.timer = None;
                return Poll::Pending;
            };
            let (_, timer) = match &mut self.timer {
                Some(set) if set.0 == due => set,
                timer => timer.insert((due, Timer::new(start + due))),
            };
            match timer.poll(runtime, context) {
                Poll::Ready(Ok(())) => self.timer = None,
                // The watcher's own timer reports a runtime without time.
                Poll::Ready(Err(_)) => {
                    self.timer = None;
                    return Poll::Pending;
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// How many chats have an open connection.
    #[cfg(feature = "metrics")]
    pub(super) fn open(&self) -> usize {
        self.chats.iter().filter(|followed| followed.chat.is_open()).count()
    }

    /// Reopens connections that seem dead. Returns whether there was one.
    fn reopen_dead(&mut self, tracker: &Tracker, at: Duration) -> bool {
        let mut has_reopened = false;
        for followed in &mut self.chats {
            let may_be = followed.reopened.is_none_or(|reopened| at >= reopened + PATIENCE);
            if may_be && tracker.is_suspect(&followed.stream, at) {
                followed.reopened = Some(at);
                followed.chat.reopen();
                has_reopened = true;
            }
        }
        has_reopened
    }

    /// Whether there is a chat of a livestream that this answer does not show
    /// live.
    pub(super) fn outlives(&self, snapshot: &Snapshot) -> bool {
        let is_live = |stream: &StreamId| snapshot.livestreams().iter().any(|listed| listed.id == *stream && listed.is_live());
        self.chats.iter().any(|followed| !is_live(&followed.stream))
    }

    /// What the next chat with news brings, which may be no steps. `None` if
    /// all of them are silent.
    fn poll_chats(&mut self, tracker: &Tracker, at: Duration, context: &mut Context<'_>) -> Option<Vec<Step>> {
        for turn in 0..self.chats.len() {
            let index = (self.first + turn) % self.chats.len();
            let followed = self.chats.get_mut(index)?;
            let Poll::Ready(item) = followed.chat.poll_step(context) else { continue };
            self.first = index + 1;
            if let Some(Ok(step)) = item {
                return Some(tracker.hear(&followed.stream, step, at));
            }
            // The chat has logged why.
            let followed = self.chats.swap_remove(index);
            return Some(tracker.do_without_chat(&followed.stream));
        }
        None
    }
}
