//! Events handed to many readers, and what each of them has taken.

use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::Arc,
};

use tokio::sync::broadcast;

use super::watcher::Delivery;
use crate::event::Event;

/// How many items of a kind wait for a reader.
const BUFFER: usize = 512;
/// The most events that are remembered for those who have not taken them.
const MOST_UNTAKEN: usize = 4096;

/// Which events a reader gets. Each kind has a buffer of its own, so that none is pushed out by a flood of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Channel {
    /// All of them.
    Events,
    Followers,
    Subscribers,
    Messages,
    Rants,
}

impl Channel {
    /// The channel for events like this alone.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::Follower(_) => Some(Self::Followers),
            Event::Subscriber(_) => Some(Self::Subscribers),
            Event::Message(_) => Some(Self::Messages),
            Event::Rant(_) => Some(Self::Rants),
            _ => None,
        }
    }
}

/// An event on its way to a reader, with its place among all that were published.
pub(crate) type Item = (u64, Arc<Event>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ReaderId(u64);

#[derive(Debug, Default)]
pub(crate) struct FanOut {
    /// Of each channel that has readers.
    senders: BTreeMap<Channel, broadcast::Sender<Item>>,
    readers: BTreeMap<ReaderId, Cursor>,
    joined: u64,
    published: u64,
    /// What some reader may not have taken, oldest first.
    untaken: VecDeque<Untaken>,
    is_closed: bool,
    /// What readers have taken is no longer changed by their leaving.
    is_frozen: bool,
}

/// How far a reader is.
#[derive(Debug)]
struct Cursor {
    channel: Channel,
    /// It has taken, or lost, what it gets of all before this place.
    next: u64,
}

#[derive(Debug)]
struct Untaken {
    place: u64,
    channel: Option<Channel>,
    /// What the watcher calls it.
    number: u64,
}

impl FanOut {
    /// How many readers there are.
    pub(crate) fn readers(&self) -> usize {
        self.readers.len()
    }

    /// Adds a reader, for what is published from now on. Nothing to receive from once it is closed.
    pub(crate) fn join(&mut self, channel: Channel) -> (ReaderId, Option<broadcast::Receiver<Item>>) {
        let id = ReaderId(self.joined);
        self.joined += 1;
        self.readers.insert(id, Cursor { channel, next: self.published });
        let sender = || self.senders.entry(channel).or_insert_with(|| broadcast::Sender::new(BUFFER)).subscribe();
        (id, (!self.is_closed).then(sender))
    }

    pub(crate) fn leave(&mut self, id: ReaderId) {
        if self.is_frozen {
            return;
        }
        let Some(Cursor { channel, .. }) = self.readers.remove(&id) else { return };
        if !self.readers.values().any(|reader| reader.channel == channel) {
            self.senders.remove(&channel);
        }
    }

    /// Notes that a reader has taken the item at a place.
    pub(crate) fn advance(&mut self, id: ReaderId, place: u64) {
        if let Some(cursor) = self.readers.get_mut(&id) {
            cursor.next = place + 1;
        }
    }

    pub(crate) fn publish(&mut self, Delivery { event, number }: Delivery) {
        let (place, channel) = (self.published, Channel::of(&event));
        self.published += 1;
        if let Some(number) = number {
            self.untaken.push_back(Untaken { place, channel, number });
        }
        let event = Arc::new(event);
        for channel in [Some(Channel::Events), channel].into_iter().flatten() {
            if let Some(sender) = self.senders.get(&channel) {
                // It fails when the receivers are gone, whose readers are about to leave.
                sender.send((place, Arc::clone(&event))).ok();
            }
        }
    }

    /// The oldest events that all have taken, by number, each once.
    pub(crate) fn taken_first(&mut self) -> Vec<u64> {
        let excess = self.untaken.len().saturating_sub(MOST_UNTAKEN);
        let taken = self.untaken.iter().skip(excess).take_while(|event| self.is_taken(event)).count();
        self.untaken.drain(..excess + taken).map(|event| event.number).collect()
    }

    /// All events that all have taken, by number, each once.
    pub(crate) fn taken(&mut self) -> Vec<u64> {
        let mut taken = self.taken_first();
        let (others, untaken): (VecDeque<_>, _) = mem::take(&mut self.untaken).into_iter().partition(|event| self.is_taken(event));
        self.untaken = untaken;
        taken.extend(others.into_iter().map(|event| event.number));
        taken
    }

    /// Lets the readers come to their end.
    pub(crate) fn close(&mut self) {
        self.is_closed = true;
        self.senders.clear();
    }

    /// Closes it, and keeps for good what each reader has taken: they leave because it is closed.
    pub(crate) fn freeze(&mut self) {
        self.close();
        self.is_frozen = true;
    }

    fn is_taken(&self, event: &Untaken) -> bool {
        let gets = |reader: &&Cursor| reader.channel == Channel::Events || Some(reader.channel) == event.channel;
        self.readers.values().filter(gets).all(|reader| reader.next > event.place)
    }
}
