//! What was seen while the cluster ran, and what it stored. All times are
//! counted from the start of the test.

use std::{collections::BTreeSet, time::Duration};

#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) happened: Vec<Happened>,
    pub(crate) requests: Vec<Request>,
    /// The accounts with a live chat, whose messages and rants may be known
    /// without a poll.
    pub(crate) with_chat: BTreeSet<String>,
    pub(crate) leases: Vec<Lease>,
    pub(crate) disturbances: Vec<Disturbance>,
    pub(crate) stored: Vec<Stored>,
}

/// A list of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    Followers,
    Messages,
    Rants,
}

/// An entry of a list. No two entries of a list have the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) list: List,
    pub(crate) name: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Happened {
    pub(crate) account: String,
    pub(crate) entry: Entry,
    /// When it happened by the clock of the account, as a Unix time.
    pub(crate) second: i64,
}

/// A request as the simulator saw it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) account: String,
    pub(crate) run: String,
    pub(crate) asked: Duration,
    pub(crate) answered: Duration,
    pub(crate) shown: BTreeSet<Entry>,
}

/// What a worker has logged about a lease.
#[derive(Clone, Debug)]
pub(crate) struct Lease {
    pub(crate) account: String,
    pub(crate) run: String,
    pub(crate) at: Duration,
    pub(crate) change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Taken,
    GivenBack,
    Lost,
    Fenced,
}

/// What was done to a worker.
#[derive(Clone, Debug)]
pub(crate) struct Disturbance {
    /// The process of the worker. If the worker is started again, that is
    /// another process.
    pub(crate) run: String,
    pub(crate) kind: Kind,
    pub(crate) from: Duration,
    /// [`Duration::MAX`] if the process has ended.
    pub(crate) until: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Killed,
    Stopped,
    Cut,
    /// The worker was told to end, as for an update.
    Ended,
}

/// A message of the stream.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) account: String,
    pub(crate) subject: String,
    pub(crate) id: String,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Entry(Entry),
    /// Entries of this list that happened in these seconds may be lost.
    Gap {
        list: List,
        since: i64,
        until: i64,
    },
    /// An event that the test does not count.
    Other,
}
