//! What is published, and which pages get it: one board for all pages, and a
//! bounded queue to each.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{Stream, stream::unfold};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::board::{Alert, Board, Frame, Kind, Position};

/// How many frames a page may be behind. A page that is further behind gets the
/// board again, and the alerts that it has not had.
const MOST_WAITING: usize = 256;

#[derive(Debug)]
pub(crate) struct Hub {
    /// What pages may see by now. Frames are sent under its lock, so a page
    /// that joins gets each frame either with the board or after it.
    board: Mutex<Board>,
    frames: broadcast::Sender<Frame>,
}

impl Hub {
    pub(crate) fn new(board: Board) -> Self {
        Self { board: Mutex::new(board), frames: broadcast::Sender::new(MOST_WAITING) }
    }

    /// The board as it is now. A clone shares its content.
    pub(crate) fn board(&self) -> Board {
        self.lock().clone()
    }

    /// Replaces the board, and sends all pages what is new on it.
    pub(crate) fn publish(&self, board: Board, frames: Vec<Frame>) {
        let mut published = self.lock();
        *published = board;
        for frame in frames {
            self.send(frame);
        }
    }

    /// Shows an alert that never happened.
    pub(crate) fn test(&self, kind: Kind, cents: Option<u64>) {
        let id = format!("test:{:x}", fastrand::u64(..));
        self.send(Frame::Test(Arc::new(Alert::test(kind, cents, id))));
    }

    fn send(&self, frame: Frame) {
        // An error means that no page is open.
        self.frames.send(frame).unwrap_or_default();
    }

    fn join(&self, had: Option<&Position>) -> (VecDeque<Frame>, broadcast::Receiver<Frame>) {
        let published = self.lock();
        (published.greet(had).into(), self.frames.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, Board> {
        // Nothing that panics runs under this lock.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that a page gets if it has got this far.
pub(crate) fn frames(hub: Arc<Hub>, had: Option<Position>) -> impl Stream<Item = Frame> {
    let (waiting, receiver) = hub.join(had.as_ref());
    unfold(Page { hub, had, waiting, receiver }, |mut page| async move { Some((page.next().await?, page)) })
}

struct Page {
    hub: Arc<Hub>,
    had: Option<Position>,
    /// What it gets before anything else that is sent.
    waiting: VecDeque<Frame>,
    receiver: broadcast::Receiver<Frame>,
}

impl Page {
    async fn next(&mut self) -> Option<Frame> {
        let frame = loop {
            if let Some(frame) = self.waiting.pop_front() {
                break frame;
            }
            match self.receiver.recv().await {
                Ok(frame) => break frame,
                Err(RecvError::Lagged(_)) => (self.waiting, self.receiver) = self.hub.join(self.had.as_ref()),
                Err(RecvError::Closed) => return None,
            }
        };
        if let Some(position) = frame.position() {
            self.had = Some(position.clone());
        }
        Some(frame)
    }
}
