//! Hands events to many readers and tracks how far each has read.
//!
//! Each kind of event has a log, and one more holds all events. A reader is a
//! position in one log, so an event is stored once however many readers wait
//! for it, and it is dropped once all of them have it. A log without readers
//! does not exist and costs nothing.
//!
//! A log is bounded, but never within one poll: a watcher hands out a poll at
//! once, and no reader has had a chance to run before its end. What is pushed
//! out is lost for the readers that have not taken it, and they learn how much
//! when they read.
//!
//! `had` is the number of the tracker's deliveries before an item. The least
//! `had` of all that waits says where a checkpoint must stand.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    task::Waker,
};

use super::{kind::Channel, watcher::Delivery};
use crate::event::Event;

/// How many items of a kind wait for a reader. Everything that one poll brings
/// waits in any case.
const BUFFER: usize = 512;

/// The place of one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReaderId {
    channel: Channel,
    number: u64,
}

/// The logs of one feed. It holds no lock and wakes nobody: the caller locks
/// it, and wakes whom [`woken`](Self::woken) names.
#[derive(Debug, Default)]
pub(crate) struct FanOut {
    /// One for each channel that has readers.
    logs: BTreeMap<Channel, Log>,
    joined: u64,
    is_closed: bool,
    /// Wakers of readers with something new.
    woken: Vec<Waker>,
}

/// What waits for the readers of one channel.
#[derive(Debug, Default)]
struct Log {
    /// Oldest first.
    items: VecDeque<Item>,
    /// How many items came before the oldest one here.
    first: u64,
    readers: BTreeMap<u64, Cursor>,
}

/// An event that waits, with the poll that brought it.
#[derive(Debug)]
struct Item {
    event: Arc<Event>,
    poll: u64,
    had: u64,
}

/// How far a reader has read.
#[derive(Debug, Default)]
struct Cursor {
    /// The position of the item that it gets next, counted as in `Log::first`.
    next: u64,
    /// Whether the last item counts as taken only when the reader comes back
    /// for more.
    keeps_last: bool,
    /// The `had` of the last item while it does not count as taken yet.
    in_hand: Option<u64>,
    waker: Option<Waker>,
}

/// What a read returns.
#[derive(Debug, PartialEq)]
pub(crate) enum Read {
    Event(Arc<Event>),
    /// The reader was so slow that this many items were overwritten.
    Missed(u64),
    /// Nothing yet.
    Wait,
    /// Nothing, and nothing more will come.
    Over,
}

impl FanOut {
    /// How many readers there are.
    pub(crate) fn readers(&self) -> usize {
        self.logs.values().map(|log| log.readers.len()).sum()
    }

    /// Adds a reader for what is published from now on. `None` once this is
    /// closed.
    pub(crate) fn join(&mut self, channel: Channel) -> Option<ReaderId> {
        if self.is_closed {
            return None;
        }
        let number = self.joined;
        self.joined += 1;
        let log = self.logs.entry(channel).or_default();
        log.readers.insert(number, Cursor { next: log.end(), ..Cursor::default() });
        Some(ReaderId { channel, number })
    }

    /// Removes a reader. What it has not taken counts as handled.
    pub(crate) fn leave(&mut self, id: ReaderId) {
        let Some(log) = self.logs.get_mut(&id.channel) else { return };
        log.readers.remove(&id.number);
        log.drop_what_all_have();
        if log.readers.is_empty() {
            self.logs.remove(&id.channel);
        }
    }

    /// From now on, an item counts as taken only when this reader asks for the
    /// next one.
    pub(crate) fn keep_last(&mut self, id: ReaderId) {
        if let Some(cursor) = self.cursor(id) {
            cursor.keeps_last = true;
        }
    }

    /// Appends an event to the log of its kind and to the log of all events.
    pub(crate) fn publish(&mut self, Delivery { event, poll, had }: Delivery) {
        let channel = Channel::of(&event);
        let event = Arc::new(event);
        for channel in [Some(Channel::Events), channel].into_iter().flatten() {
            if let Some(log) = self.logs.get_mut(&channel) {
                log.push(Item { event: Arc::clone(&event), poll, had });
                self.woken.extend(log.readers.values_mut().filter_map(|reader| reader.waker.take()));
            }
        }
    }

    /// The next item for a reader, which has taken the one before. Keeps the
    /// waker if there is none yet.
    pub(crate) fn read(&mut self, id: ReaderId, waker: &Waker) -> Read {
        let is_closed = self.is_closed;
        let Some(log) = self.logs.get_mut(&id.channel) else { return Read::Over };
        let Log { items, first, readers } = log;
        let Some(cursor) = readers.get_mut(&id.number) else { return Read::Over };
        cursor.in_hand = None;
        let missed = first.saturating_sub(cursor.next);
        if missed > 0 {
            cursor.next = *first;
            return Read::Missed(missed);
        }
        let waiting = usize::try_from(cursor.next - *first).ok().and_then(|place| items.get(place));
        let Some(Item { event, had, .. }) = waiting else {
            if is_closed {
                return Read::Over;
            }
            cursor.waker.get_or_insert_with(|| waker.clone()).clone_from(waker);
            return Read::Wait;
        };
        let event = Arc::clone(event);
        cursor.next += 1;
        cursor.in_hand = cursor.keeps_last.then_some(*had);
        log.drop_what_all_have();
        Read::Event(event)
    }

    /// How many of the tracker's deliveries count as handled by the slowest
    /// reader; overwritten ones count. `None` if every reader has everything.
    pub(crate) fn had(&self) -> Option<u64> {
        self.logs.values().flat_map(|log| log.readers.values().filter_map(|reader| log.had(reader))).min()
    }

    /// Lets the readers finish what waits for them.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        let readers = self.logs.values_mut().flat_map(|log| log.readers.values_mut());
        self.woken.extend(readers.filter_map(|reader| reader.waker.take()));
    }

    /// Ends the readers at once.
    pub(crate) fn cut(&mut self) {
        self.close();
        self.logs.clear();
    }

    /// The wakers to wake. Wake them without holding a lock, because they run
    /// code that is not ours.
    pub(crate) fn woken(&mut self) -> Vec<Waker> {
        std::mem::take(&mut self.woken)
    }

    /// How far this reader has read. `None` once it has left or was cut.
    fn cursor(&mut self, id: ReaderId) -> Option<&mut Cursor> {
        self.logs.get_mut(&id.channel)?.readers.get_mut(&id.number)
    }
}

impl Log {
    /// The position after the newest item.
    fn end(&self) -> u64 {
        self.first + self.items.len() as u64
    }

    /// Appends an item and drops the oldest ones beyond the bound.
    fn push(&mut self, item: Item) {
        let poll = item.poll;
        self.items.push_back(item);
        // No reader has had a chance to take what this poll has just brought.
        while self.items.len() > BUFFER && self.items.front().is_some_and(|oldest| oldest.poll != poll) {
            self.items.pop_front();
            self.first += 1;
        }
    }

    /// Drops the items that every reader has taken.
    fn drop_what_all_have(&mut self) {
        let Some(slowest) = self.readers.values().map(|reader| reader.next).min() else { return };
        while self.first < slowest && self.items.pop_front().is_some() {
            self.first += 1;
        }
    }

    /// The `had` of the oldest item that this reader has not taken. `None` if
    /// it has all.
    fn had(&self, reader: &Cursor) -> Option<u64> {
        let waiting = || usize::try_from(reader.next.saturating_sub(self.first)).ok().and_then(|place| self.items.get(place));
        reader.in_hand.or_else(|| waiting().map(|item| item.had))
    }
}
