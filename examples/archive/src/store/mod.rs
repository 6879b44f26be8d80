//! The database: what an archive needs from one, in `SQLite` and in
//! `PostgreSQL`.
//!
//! The table `archive` has one row, with the checkpoint and the token of the
//! newest commit. Each commit first reads that token, in the transaction that
//! writes:
//!
//! - If it is the token of this commit, an earlier try has stored it, and only
//!   its answer was lost. Nothing is written.
//! - If it is the token of the previous commit, everything is as this archive
//!   left it. Events, checkpoint and token are written.
//! - Otherwise somebody else has written, and this archive ends.

mod postgres;
mod sqlite;

use std::sync::Arc;

use anyhow::anyhow;

pub use self::{postgres::Postgres, sqlite::Sqlite};
use crate::{
    place::Place,
    report::{Kept, Span},
    row::Row,
};

/// The version of the tables that this program writes.
const SCHEMA: i32 = 2;

/// Where the events of an archive come from. Simulated events must not mix with
/// those of a real account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An account of the API.
    Rumble,
    /// The account that the program simulates.
    Simulated,
    /// The accounts of a stream.
    Stream,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Rumble => "rumble",
            Self::Simulated => "simulated",
            Self::Stream => "stream",
        }
    }

    /// Checks that a database that was made from `stored` can go on with this
    /// source.
    fn check(self, stored: &str) -> anyhow::Result<()> {
        match (self, stored) {
            (Self::Rumble, "simulated") => {
                Err(anyhow!("it holds the events of the simulated account; use another database for those of a real one"))
            }
            (Self::Simulated, "rumble") => Err(anyhow!("it holds the events of a real account; set RUMBLE_API_URL to go on with it")),
            (Self::Stream, "rumble" | "simulated") => {
                Err(anyhow!("it holds the events of one account that was polled; use another database for those of the stream"))
            }
            (Self::Rumble | Self::Simulated, "stream") => {
                Err(anyhow!("it holds the events of a stream; set NATS_URL to go on with it, or use another database"))
            }
            _ => Ok(()),
        }
    }
}

/// What is stored in one transaction.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Unique to this batch, so that an archive can find out whether it was
    /// stored.
    pub token: String,
    /// The events, oldest first.
    pub rows: Vec<Row>,
    /// What the watcher knows after them, or how far the stream was read.
    /// `None` before anything is known.
    pub checkpoint: Option<String>,
}

impl Batch {
    /// A batch to store in one transaction.
    #[must_use]
    pub fn new(rows: Vec<Row>, checkpoint: Option<String>) -> Arc<Self> {
        Arc::new(Self { token: format!("{:032x}", fastrand::u128(..)), rows, checkpoint })
    }
}

/// The newest commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// How many commits there are.
    pub polls: i64,
    /// How many events there are.
    pub events: i64,
    /// The token of the newest commit.
    pub token: String,
}

/// Why a commit was not made, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It may work later.
    #[error("{0:#}")]
    Passing(anyhow::Error),
    /// It never will work.
    #[error("{0:#}")]
    Lasting(anyhow::Error),
}

/// How the newest commit in the database relates to the next one.
enum Standing {
    Next,
    Done,
}

/// Compares the database with what this archive left there.
fn standing(found: &Head, known: &Head, batch: &Batch) -> Result<Standing, Failure> {
    if found.token == batch.token {
        Ok(Standing::Done)
    } else if found == known {
        Ok(Standing::Next)
    } else {
        Err(Failure::Lasting(anyhow!("another archive has written to it since; run only one with each database, and start this one again")))
    }
}

/// A database that is open to record.
#[derive(Debug)]
pub enum Store {
    Sqlite(Sqlite),
    Postgres(Box<Postgres>),
}

impl Store {
    /// Opens the database for this archive alone, and creates its tables if
    /// there are none. Also returns the checkpoint.
    ///
    /// # Errors
    ///
    /// If it is not an archive, cannot be written, or another archive has it
    /// open.
    pub async fn open(place: &Place, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        match place {
            Place::File(file) => Sqlite::open(file, source).await.map(|(store, checkpoint)| (Self::Sqlite(store), checkpoint)),
            Place::Server(config) => {
                Postgres::open(config, source).await.map(|(store, checkpoint)| (Self::Postgres(Box::new(store)), checkpoint))
            }
        }
    }

    /// The newest commit.
    #[must_use]
    pub fn head(&self) -> &Head {
        match self {
            Self::Sqlite(store) => store.head(),
            Self::Postgres(store) => store.head(),
        }
    }

    /// Stores the whole batch or nothing. If you call it again with the same
    /// batch after a failure, it stores the batch once.
    ///
    /// # Errors
    ///
    /// If it was not stored, or nobody can tell.
    pub async fn commit(&mut self, batch: &Arc<Batch>) -> Result<(), Failure> {
        match self {
            Self::Sqlite(store) => store.commit(Arc::clone(batch)).await,
            Self::Postgres(store) => store.commit(batch).await,
        }
    }

    /// Returns when it is closed. If you drop the future before, it closes in
    /// the background.
    pub async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Postgres(store) => store.close().await,
        }
    }
}

/// Gives `take` the rows of this span of time in the order in which they were
/// stored, and all starts and ends of livestreams.
///
/// # Errors
///
/// If there is no archive, or it cannot be read.
pub async fn read(place: &Place, span: Span, take: impl FnMut(Kept) + Send) -> anyhow::Result<()> {
    match place {
        Place::File(file) => sqlite::read(file, span, take),
        Place::Server(config) => postgres::read(config, span, take).await,
    }
}

/// The error for tables that are newer than this program.
fn newer(schema: i64) -> anyhow::Error {
    anyhow!("a newer version of this program made it (schema {schema}, this one knows {SCHEMA}); use that version, or another database")
}

/// The rows that a report is made of.
const SELECT: &str = "
    SELECT kind, at, stream, username, cents,
           CASE WHEN kind IN ('gifted_subs', 'stream_started', 'stream_updated', 'stream_ended') THEN CAST(json AS text) END
    FROM events
    WHERE at >= $1 AND at < $2 OR kind IN ('stream_started', 'stream_updated', 'stream_ended')
    ORDER BY number";
