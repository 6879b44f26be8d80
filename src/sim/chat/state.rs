//! What was said in the chats of the account, and who is connected. No I/O.
//!
//! Ids of lines follow from the second in which they came and from their place
//! in it, so two processes that live the same account agree on them. Records of
//! all chats are in one queue: a connection is a place in it, and the records
//! of other chats are passed over. A lag holds a record back by the second from
//! which it may be sent; records keep their order all the same.

use std::{
    collections::{BTreeMap, VecDeque},
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use time::OffsetDateTime;

use crate::{
    StreamId,
    sim::{clock::START, fault::Faults},
};

/// How many lines of a chat are kept, so they can be deleted or pinned.
const MOST_LINES: usize = 1000;
/// How many records a connection may fall behind before it is ended.
const MOST_RECORDS: usize = 4096;
/// The distance between the ids of two seconds. The lines of one second have
/// the first few ids.
const IDS_OF_A_SECOND: u64 = 1_000_000_000;

/// All chats of an account.
#[derive(Debug, Default)]
pub(in crate::sim) struct Chats {
    /// How long after it happens something is reported.
    pub(super) lag: Duration,
    pub(super) records: VecDeque<Record>,
    /// How many records came before these.
    pub(super) dropped: u64,
    pub(super) open: BTreeMap<u64, Listener>,
    /// How many connections were opened so far.
    pub(super) opened: u64,
    pub(super) requests: u64,
    /// After how many bytes the next connection breaks.
    pub(super) cut_next: Option<usize>,
    pub(super) forget_in_chat: usize,
    pub(super) forget_in_polls: usize,
    pub(super) faults: Faults,
    /// Whether things happen by themselves, so every second may bring
    /// something.
    pub(super) is_lively: bool,
    /// The mark of the next line that is posted.
    pub(in crate::sim) request_id: Option<String>,
    pub(in crate::sim) newest_id: u64,
    /// The second of the newest id, and how many ids it has.
    ids: (u64, u64),
}

/// What was sent to the connections of one chat.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) stream: StreamId,
    /// The second from which it may be sent.
    pub(super) told: u64,
    pub(super) bytes: Bytes,
}

/// An open connection, as the account sees it.
#[derive(Debug, Default)]
pub(super) struct Listener {
    pub(super) waker: Option<Waker>,
    /// After how many more bytes it breaks.
    pub(super) cut: Option<usize>,
    pub(super) is_frozen: bool,
}

/// A line of a chat, paid or not.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Line {
    pub(super) id: u64,
    /// The second from which it may be sent.
    pub(super) told: u64,
    pub(super) at: OffsetDateTime,
    pub(super) username: String,
    pub(super) text: String,
    pub(super) notice: Option<Notice>,
}

/// What a line is besides its text.
#[derive(Clone, Debug)]
pub(in crate::sim) enum Notice {
    /// It was paid for.
    Rant { amount_cents: u64, expires_on: OffsetDateTime },
    /// It announces a subscription, in these words.
    Subscription { text: String },
    /// It announces viewers of another stream.
    Raid,
}

/// The chat of one stream.
#[derive(Debug, Default)]
pub(in crate::sim) struct ChatRoom {
    /// Oldest first.
    pub(super) lines: VecDeque<Line>,
    pub(super) pinned: Option<Line>,
}

impl Line {
    /// Whether this user wrote this text, paid for or not.
    pub(super) fn is_of(&self, username: &str, text: &str) -> bool {
        self.username == username && self.text == text
    }

    /// Whether it was paid for.
    pub(super) fn is_rant(&self) -> bool {
        matches!(self.notice, Some(Notice::Rant { .. }))
    }
}

impl ChatRoom {
    /// Adds a line at the end. The oldest goes if there are too many.
    pub(super) fn add(&mut self, line: Line) {
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Removes the newest line for which `is` holds.
    pub(super) fn remove(&mut self, is: impl Fn(&Line) -> bool) -> Option<Line> {
        self.lines.iter().rposition(is).and_then(|place| self.lines.remove(place))
    }

    /// The newest line for which `is` holds.
    pub(super) fn find(&self, is: impl Fn(&Line) -> bool) -> Option<&Line> {
        self.lines.iter().rfind(|line| is(line))
    }
}

impl Chats {
    /// The id of the next line, in this second. It is remembered as the newest.
    pub(super) fn next_id(&mut self, second: u64) -> u64 {
        if self.ids.0 != second {
            self.ids = (second, 0);
        }
        self.ids.1 += 1;
        self.newest_id = START.saturating_add(second).saturating_mul(IDS_OF_A_SECOND).saturating_add(self.ids.1);
        self.newest_id
    }

    /// Whether records must be kept for connections that are open or may be
    /// opened before the lag ends.
    pub(super) fn is_heard(&self) -> bool {
        !self.open.is_empty() || !self.lag.is_zero()
    }

    /// Queues a record for the connections of one chat and wakes all of them.
    /// Drops the oldest record if there are too many, which ends a connection
    /// that has not read it.
    pub(super) fn tell(&mut self, stream: &StreamId, second: u64, bytes: Bytes) {
        let told = second.saturating_add(self.lag.as_secs());
        if self.records.len() >= MOST_RECORDS {
            self.records.pop_front();
            self.dropped += 1;
        }
        self.records.push_back(Record { stream: stream.clone(), told, bytes });
        self.wake();
    }

    /// Whether connections must look for news each second.
    pub(in crate::sim) fn set_lively(&mut self, yes: bool) {
        self.is_lively = yes;
        self.wake();
    }

    /// Has every connection look for news.
    pub(in crate::sim) fn wake(&mut self) {
        for waker in self.open.values_mut().filter_map(|listener| listener.waker.take()) {
            waker.wake();
        }
    }
}
