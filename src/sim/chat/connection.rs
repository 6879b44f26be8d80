//! One connection to a chat: its bytes, as they come.
//!
//! It is the body of the answer, so it runs only while somebody reads it. Each
//! poll looks at the account: the backlog first, then one record after another,
//! a keep-alive after 15 seconds of silence, and the end once the stream is no
//! longer live and all records are out. If nothing is due, it leaves its waker
//! with the account, and sets a timer if something may come without a call: a
//! keep-alive, what a lag holds back, or what happens by itself.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::FutureExt as _;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{BACKLOG, Sim, wire};
use crate::{Error, ErrorKind, StreamId, sim::world::World};

/// How long after the last byte a keep-alive is sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An open connection, as its reader sees it. Dropping it closes it.
#[derive(Debug)]
pub(super) struct Connection {
    sim: Sim,
    stream: StreamId,
    /// The number by which the account knows it.
    number: u64,
    /// The number of the next record. `None` before the backlog.
    next: Option<u64>,
    /// When the last bytes were sent.
    sent: Instant,
    /// Wakes it when something may come without a call.
    sleep: Option<Pin<Box<Sleep>>>,
    is_over: bool,
}

impl Connection {
    /// A connection that has sent nothing yet. The account knows it as
    /// `number`.
    pub(super) fn new(sim: Sim, stream: StreamId, number: u64) -> Self {
        Self { sim, stream, number, next: None, sent: Instant::now(), sleep: None, is_over: false }
    }

    /// The bytes to send now. `None` if the chat is over.
    fn next_bytes(&mut self, world: &World) -> Poll<Option<Bytes>> {
        let second = world.clock.elapsed();
        let is_told = |told: u64| told <= second;
        let chats = &world.chats;
        let Some(next) = self.next else {
            let chat = &world.stream(&self.stream).chat;
            let told: Vec<_> = chat.lines.iter().filter(|line| is_told(line.told)).collect();
            let newest = told.get(told.len().saturating_sub(BACKLOG)..).unwrap_or_default();
            let backlog = wire::init(&self.stream, newest, chat.pinned.as_ref(), world);
            let untold = chats.records.iter().take_while(|record| is_told(record.told)).count();
            self.next = Some(chats.dropped + untold as u64);
            return Poll::Ready(Some(backlog));
        };
        let Some(mut place) = next.checked_sub(chats.dropped).and_then(|place| usize::try_from(place).ok()) else {
            // The connection fell behind.
            return Poll::Ready(None);
        };
        while let Some(record) = chats.records.get(place) {
            if record.stream == self.stream {
                if !is_told(record.told) {
                    return Poll::Pending;
                }
                self.next = Some(chats.dropped + place as u64 + 1);
                return Poll::Ready(Some(record.bytes.clone()));
            }
            place += 1;
        }
        self.next = Some(chats.dropped + place as u64);
        if world.is_live(&self.stream) { Poll::Pending } else { Poll::Ready(None) }
    }

    /// Whether something happened that is to be sent later.
    fn waits(&self, world: &World) -> bool {
        let second = world.clock.elapsed();
        world.chats.records.iter().any(|record| record.stream == self.stream && record.told > second)
    }

    /// When something may come without anybody calling for it.
    fn due(&self, world: &World) -> Instant {
        let keep_alive = self.sent + KEEP_ALIVE;
        let second = world.clock.until_next_second().filter(|_| world.chats.is_lively || self.waits(world));
        second.map_or(keep_alive, |second| keep_alive.min(Instant::now() + second))
    }
}

impl Stream for Connection {
    type Item = Result<Bytes, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(None);
        }
        loop {
            let sim = this.sim.clone();
            let mut world = sim.world();
            let Some(listener) = world.chats.open.get_mut(&this.number) else { return Poll::Ready(None) };
            listener.waker = Some(context.waker().clone());
            if listener.is_frozen {
                return Poll::Pending;
            }
            if listener.cut == Some(0) {
                this.is_over = true;
                return Poll::Ready(Some(Err(Error::new(ErrorKind::Transport, "the connection was cut on purpose"))));
            }
            let now = Instant::now();
            let bytes = match this.next_bytes(&world) {
                Poll::Ready(bytes) => bytes,
                Poll::Pending if now >= this.sent + KEEP_ALIVE => Some(Bytes::from_static(b": -1\n\n")),
                Poll::Pending => {
                    let due = this.due(&world);
                    let sleep = this.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
                    sleep.as_mut().reset(due);
                    if sleep.poll_unpin(context).is_pending() {
                        return Poll::Pending;
                    }
                    continue;
                }
            };
            let Some(mut bytes) = bytes else {
                this.is_over = true;
                return Poll::Ready(None);
            };
            this.sent = now;
            if let Some(left) = world.chats.open.get_mut(&this.number).and_then(|listener| listener.cut.as_mut()) {
                bytes.truncate(*left);
                *left -= bytes.len();
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.sim.world().chats.open.remove(&self.number);
    }
}
