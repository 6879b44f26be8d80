//! What is to be sent and what was sent, with the checkpoint of the account, in
//! one `SQLite` file.
//!
//! An event is accepted when the transaction that holds its deliveries and the
//! checkpoint of its poll is on the disk. So the two always agree. The body of
//! a request is stored, so that each try sends the same bytes.

use std::{
    fs::{File, OpenOptions},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, bail};
use common::lock::lock;
use jiff::{SignedDuration, Timestamp};
use rumble_live::Checkpoint;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, TransactionBehavior, named_params};
use tokio::{task::spawn_blocking, time::sleep};
use tracing::{info, warn};

use crate::{delivery::Backoff, kind::Kind};

/// The application id in the file: "RLAY".
const APPLICATION: i32 = 0x524c_4159;
/// The version of the tables.
const VERSION: i32 = 1;
/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);
/// How long to wait before trying to write again.
const WRITE_AGAIN: Backoff = Backoff { start: Duration::from_millis(500), most: Duration::from_secs(30) };
/// How long a delivery is remembered.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

const TABLES: &str = "
CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    format TEXT NOT NULL,
    body BLOB NOT NULL,
    accepted_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed', 'dropped')),
    tries INTEGER NOT NULL DEFAULT 0,
    first_try_at INTEGER,
    not_before INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    ended_at INTEGER,
    UNIQUE (destination, key)
) STRICT;
CREATE INDEX waiting ON deliveries (destination, number) WHERE state = 'waiting';
CREATE INDEX gifts ON deliveries (key) WHERE kind = 'gifted_subs';
CREATE INDEX ended ON deliveries (state, ended_at) WHERE state <> 'waiting';
CREATE TABLE checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL) STRICT;
";

/// Something new to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub destination: String,
    /// The destination's kind.
    pub format: &'static str,
    /// Distinguishes it from everything else that is sent there.
    pub key: String,
    pub kind: Kind,
    pub body: Vec<u8>,
}

/// Something that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number in the file.
    pub number: i64,
    /// See [`New`].
    pub key: String,
    /// See [`New`].
    pub kind: String,
    /// See [`New`].
    pub format: String,
    /// See [`New`].
    pub body: Vec<u8>,
    /// How many times it was tried.
    pub tries: u32,
    /// When it was first tried.
    pub first_try_at: Option<Timestamp>,
    /// It is not sent before this.
    pub not_before: Timestamp,
}

/// How far a destination got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub destination: String,
    pub waiting: u32,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
    /// How often the oldest was tried.
    pub tries: u32,
    /// When the oldest is tried again.
    pub next_try: Option<Timestamp>,
    /// Why the oldest has not arrived yet.
    pub why: Option<String>,
    /// How many were delivered and are remembered.
    pub delivered: u32,
    pub failed: u32,
}

/// A delivery that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub destination: String,
    /// See [`New`].
    pub key: String,
    /// The time.
    pub at: Timestamp,
    pub why: String,
}

/// The file.
#[derive(Debug)]
pub struct Outbox {
    connection: Connection,
    file: PathBuf,
    /// Held as long as this process sends from the file.
    _lock: Option<File>,
}

impl Outbox {
    /// Opens the file to send from it, or creates it.
    ///
    /// # Errors
    ///
    /// If another process sends from it, it is not an outbox, or it cannot be
    /// opened or written. The text names it.
    pub fn open(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        let lock = lock(file)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(file).with_context(|| format!("{name}: cannot be opened"))?);
        let mut outbox = Self::connect(file, Some(lock))?;
        outbox.connection.execute_batch("PRAGMA journal_mode = WAL").with_context(|| format!("{name}: cannot be opened"))?;
        outbox.make_tables().with_context(|| format!("{name}: cannot be set up"))?;
        outbox.try_to_write().with_context(|| format!("{name}: cannot be written, so nothing is sent"))?;
        Ok(outbox)
    }

    /// Opens an existing file to look at it or to put something back, even
    /// while another process sends from it.
    ///
    /// # Errors
    ///
    /// If there is none, it is not an outbox, or it cannot be opened. The text
    /// names it.
    pub fn look(file: &Path) -> anyhow::Result<Self> {
        let name = file.display();
        if !file.try_exists().with_context(|| format!("{name}: cannot be opened"))? {
            bail!("{name}: there is no such file; the first run makes it, and --state says where it is");
        }
        let outbox = Self::connect(file, None)?;
        if outbox.number("user_version")? == 0 {
            bail!("{name}: it is empty; the first run fills it");
        }
        Ok(outbox)
    }

    fn connect(file: &Path, lock: Option<File>) -> anyhow::Result<Self> {
        let name = file.display();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).with_context(|| format!("{name}: cannot be opened"))?;
        connection.busy_timeout(BUSY)?;
        let foreign = || format!("{name}: this is not an outbox of this program, or it is damaged; name another file with --state");
        let unreadable = |error: &rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => foreign(),
            _ => format!("{name}: cannot be read"),
        };
        let outbox = Self { connection, file: file.to_owned(), _lock: lock };
        let belongs_to = outbox.be_durable().and_then(|()| Ok((outbox.number("application_id")?, outbox.number("user_version")?)));
        let belongs_to = belongs_to.map_err(|error| {
            let words = unreadable(&error);
            anyhow::Error::new(error).context(words)
        });
        match belongs_to? {
            (APPLICATION, VERSION) => {}
            (0, 0) if outbox.is_empty()? => {}
            (APPLICATION, version) => bail!("{name}: it has version {version}, and this program knows only version {VERSION}"),
            _ => bail!(foreign()),
        }
        Ok(outbox)
    }

    /// With WAL, this setting alone puts a commit on the disk.
    fn be_durable(&self) -> rusqlite::Result<()> {
        self.connection.execute_batch("PRAGMA synchronous = FULL")
    }

    /// If deliveries could not be noted, each restart would send them again.
    fn try_to_write(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.execute("UPDATE deliveries SET tries = tries WHERE number = (SELECT min(number) FROM deliveries)", [])?;
        transaction.commit()
    }

    fn number(&self, pragma: &str) -> rusqlite::Result<i32> {
        self.connection.pragma_query_value(None, pragma, |row| row.get(0))
    }

    fn is_empty(&self) -> rusqlite::Result<bool> {
        self.connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| row.get(0))
    }

    fn make_tables(&mut self) -> rusqlite::Result<()> {
        if self.number("user_version")? != 0 {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()
    }

    /// The checkpoint that the watcher goes on from. `None` before the first
    /// poll.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn checkpoint(&self) -> anyhow::Result<Option<Checkpoint>> {
        let json: Option<String> = self.connection.query_row("SELECT json FROM checkpoint", [], |row| row.get(0)).optional()?;
        let read = |json: String| Checkpoint::from_json(json.as_bytes());
        json.map(read).transpose().with_context(|| format!("the state {}: name another file with --state", self.file.display()))
    }

    /// Takes what one poll brought, and the checkpoint after it: all or
    /// nothing, and on the disk once it returns. Returns the keys that were
    /// stored before, and so are not taken again.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn accept(&mut self, new: &[New], checkpoint: Option<&Checkpoint>, now: Timestamp) -> rusqlite::Result<Vec<String>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut known = Vec::new();
        {
            let mut insert = transaction.prepare(
                "INSERT INTO deliveries (destination, key, kind, format, body, accepted_at)
                 VALUES (:destination, :key, :kind, :format, :body, :now) ON CONFLICT (destination, key) DO NOTHING",
            )?;
            for New { destination, format, key, kind, body } in new {
                let (kind, now) = (kind.word(), now.as_millisecond());
                let taken = insert.execute(named_params! {
                    ":destination": destination, ":key": key, ":kind": kind, ":format": format, ":body": body, ":now": now,
                })?;
                if taken == 0 {
                    known.push(key.clone());
                }
            }
        }
        if let Some(checkpoint) = checkpoint {
            let sql = "INSERT INTO checkpoint (one, json) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET json = excluded.json";
            transaction.execute(sql, [checkpoint.to_json()])?;
        }
        transaction.commit()?;
        Ok(known)
    }

    /// The key of a gift: its id, followed by the second if that id was taken
    /// before or is in `among`.
    ///
    /// The id of a gift has neither a time nor a number. So if somebody buys
    /// the same gift again long after, it may have the id of the first. It is
    /// not a repeat: what was taken never comes again after its checkpoint.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn gift_key(&self, id: &str, among: &[String], now: Timestamp) -> rusqlite::Result<String> {
        let mut is_taken = self.connection.prepare("SELECT EXISTS (SELECT 1 FROM deliveries WHERE kind = 'gifted_subs' AND key = ?1)")?;
        let (mut key, mut second) = (id.to_owned(), now.as_second());
        while among.contains(&key) || is_taken.query_row([&key], |row| row.get(0))? {
            key = format!("{id}@{second}");
            second = second.saturating_add(1);
        }
        Ok(key)
    }

    /// The oldest delivery that waits for a destination.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn next(&self, destination: &str) -> rusqlite::Result<Option<Waiting>> {
        let sql = "SELECT number, key, kind, format, body, tries, first_try_at, not_before FROM deliveries
                   WHERE destination = ?1 AND state = 'waiting' ORDER BY number LIMIT 1";
        let mut next = self.connection.prepare(sql)?;
        next.query_row([destination], |row| {
            Ok(Waiting {
                number: row.get(0)?,
                key: row.get(1)?,
                kind: row.get(2)?,
                format: row.get(3)?,
                body: row.get(4)?,
                tries: row.get(5)?,
                first_try_at: row.get::<_, Option<i64>>(6)?.map(instant),
                not_before: instant(row.get(7)?),
            })
        })
        .optional()
    }

    /// Notes that it arrived. Forgets its body, and keeps its key.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn delivered(&self, number: i64, now: Timestamp) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET state = 'delivered', tries = tries + 1, why = NULL, body = x'', ended_at = ?2
                   WHERE number = ?1 AND state IN ('waiting', 'dropped')";
        self.connection.execute(sql, (number, now.as_millisecond())).map(drop)
    }

    /// Notes that it was tried, and must not be sent again before this time.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn put_off(&self, number: i64, now: Timestamp, not_before: Timestamp, why: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET tries = tries + 1, first_try_at = coalesce(first_try_at, ?2), not_before = ?3, why = ?4
                   WHERE number = ?1 AND state = 'waiting'";
        self.connection.execute(sql, (number, now.as_millisecond(), not_before.as_millisecond(), why)).map(drop)
    }

    /// Notes that it can never arrive, and puts it aside.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn failed(&self, number: i64, why: &str, now: Timestamp) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET state = 'failed', tries = tries + 1, why = ?2, ended_at = ?3
                   WHERE number = ?1 AND state = 'waiting'";
        self.connection.execute(sql, (number, why, now.as_millisecond())).map(drop)
    }

    /// Lets failed deliveries wait again, for one destination or for all, and
    /// returns how many.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn put_back(&self, destination: Option<&str>) -> rusqlite::Result<usize> {
        let sql = "UPDATE deliveries SET state = 'waiting', tries = 0, first_try_at = NULL, not_before = 0, why = NULL, ended_at = NULL
                   WHERE state = 'failed' AND (?1 IS NULL OR destination = ?1)";
        self.connection.execute(sql, [destination])
    }

    /// Gives up what waits or failed for a destination, and returns how many.
    /// Keeps the keys.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn drop_all(&self, destination: &str, now: Timestamp) -> rusqlite::Result<usize> {
        let sql = "UPDATE deliveries SET state = 'dropped', why = NULL, body = x'', ended_at = ?2
                   WHERE destination = ?1 AND state IN ('waiting', 'failed')";
        self.connection.execute(sql, (destination, now.as_millisecond()))
    }

    /// The names of the destinations that anything is still stored for.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn destinations(&self) -> rusqlite::Result<Vec<String>> {
        let mut all = self.connection.prepare("SELECT DISTINCT destination FROM deliveries ORDER BY destination")?;
        all.query_map([], |row| row.get(0))?.collect()
    }

    /// Forgets what was delivered or dropped long ago. Keeps gifts, because
    /// only their keys tell one gift from another.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn prune(&self, now: Timestamp) -> rusqlite::Result<usize> {
        let before = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.connection.execute(
            "DELETE FROM deliveries WHERE state IN ('delivered', 'dropped') AND kind <> 'gifted_subs' AND ended_at < ?1",
            [before.as_millisecond()],
        )
    }

    /// How far each destination got, by name.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn standings(&self, now: Timestamp) -> rusqlite::Result<Vec<Standing>> {
        let sql =
            "SELECT destination, count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'delivered' AND ended_at >= ?1),
                          count(*) FILTER (WHERE state = 'failed'), min(accepted_at) FILTER (WHERE state = 'waiting')
                   FROM deliveries GROUP BY destination ORDER BY destination";
        let mut all = self.connection.prepare(sql)?;
        let remembered = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN).as_millisecond();
        let rows = all.query_map([remembered], |row| {
            Ok(Standing {
                destination: row.get(0)?,
                waiting: row.get(1)?,
                delivered: row.get(2)?,
                failed: row.get(3)?,
                oldest: row.get::<_, Option<i64>>(4)?.map(instant),
                tries: 0,
                next_try: None,
                why: None,
            })
        })?;
        let mut standings: Vec<Standing> = rows.collect::<Result<_, _>>()?;
        let sql = "SELECT tries, not_before, why FROM deliveries WHERE destination = ?1 AND state = 'waiting' ORDER BY number LIMIT 1";
        let mut first = self.connection.prepare(sql)?;
        for standing in &mut standings {
            let oldest = first.query_row([&standing.destination], |row| Ok((row.get(0)?, instant(row.get(1)?), row.get(2)?))).optional()?;
            if let Some((tries, next_try, why)) = oldest {
                (standing.tries, standing.why) = (tries, why);
                standing.next_try = Some(next_try).filter(|at| *at > now);
            }
        }
        Ok(standings)
    }

    /// The newest failures, at most so many.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn failures(&self, most: u32) -> rusqlite::Result<Vec<Failed>> {
        let sql =
            "SELECT destination, key, ended_at, why FROM deliveries WHERE state = 'failed' ORDER BY ended_at DESC, number DESC LIMIT ?1";
        let mut all = self.connection.prepare(sql)?;
        let rows = all.query_map([most], |row| {
            Ok(Failed {
                destination: row.get(0)?,
                key: row.get(1)?,
                at: instant(row.get::<_, Option<i64>>(2)?.unwrap_or_default()),
                why: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            })
        })?;
        rows.collect()
    }
}

/// An outbox that tasks share.
#[derive(Clone, Debug)]
pub struct Shared {
    outbox: Arc<Mutex<Outbox>>,
    file: Arc<Path>,
}

impl Shared {
    /// Shares this outbox.
    #[must_use]
    pub fn new(outbox: Outbox) -> Self {
        let file = outbox.file.clone().into();
        Self { outbox: Arc::new(Mutex::new(outbox)), file }
    }

    /// Does something with it on a thread where blocking does no harm.
    ///
    /// # Errors
    ///
    /// If that fails. The text names the file.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Outbox) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let outbox = Arc::clone(&self.outbox);
        // SQLite rolls back a transaction that was cut short, so the outbox is good even if the lock is poisoned.
        let done = spawn_blocking(move || act(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner))).await?;
        done.with_context(|| self.file.display().to_string())
    }

    /// Does something with it until it succeeds. A full disk or a file that
    /// somebody else holds is no reason to end, because what is in memory would
    /// be lost.
    ///
    /// # Errors
    ///
    /// If the runtime ends.
    pub async fn insist<T: Send + 'static>(
        &self,
        act: impl Fn(&mut Outbox) -> rusqlite::Result<T> + Send + Sync + 'static,
    ) -> anyhow::Result<T> {
        let act = Arc::new(act);
        let mut tries = 0;
        loop {
            let (outbox, act) = (Arc::clone(&self.outbox), Arc::clone(&act));
            match spawn_blocking(move || act(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner))).await? {
                Ok(done) => {
                    if tries > 0 {
                        info!(file = %self.file.display(), "it can be written again");
                    }
                    return Ok(done);
                }
                Err(error) => {
                    tries += 1;
                    let wait = WRITE_AGAIN.after(tries, fastrand::f64());
                    let file = self.file.display();
                    warn!(%file, retry_in_seconds = wait.as_secs_f64(), "cannot be written, so what depends on it waits: {error}");
                    sleep(wait).await;
                }
            }
        }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(destination: &str, key: &str, kind: Kind) -> New {
        New { destination: destination.into(), format: "slack", key: key.into(), kind, body: key.as_bytes().into() }
    }

    fn open() -> (tempfile::TempDir, Outbox) {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::open(&folder.path().join("relay.db")).unwrap();
        (folder, outbox)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_destination_gets_the_oldest_first_and_each_key_once() {
        let (_folder, mut outbox) = open();
        let polls = [new("a", "1", Kind::Rant), new("b", "1", Kind::Rant), new("a", "2", Kind::Rant)];
        assert_eq!(outbox.accept(&polls, None, at(10)).unwrap(), [""; 0]);
        assert_eq!(outbox.accept(&polls[..1], None, at(20)).unwrap(), ["1"]);
        let next = |outbox: &Outbox, destination: &str| outbox.next(destination).unwrap().map(|waiting| (waiting.number, waiting.key));
        let (number, key) = next(&outbox, "a").unwrap();
        assert_eq!(key, "1");
        outbox.delivered(number, at(30)).unwrap();
        assert_eq!(next(&outbox, "a").unwrap().1, "2");
        assert_eq!(next(&outbox, "b").unwrap().1, "1");
        assert_eq!(outbox.accept(&polls[..1], None, at(40)).unwrap(), ["1"], "what was delivered is remembered");
    }

    #[test]
    fn gift_that_is_bought_again_however_long_after_has_a_key_of_its_own() {
        let (_folder, mut outbox) = open();
        let mut take = |second| {
            let key = outbox.gift_key("gifted_subs:0:hash", &[], at(second)).unwrap();
            assert_eq!(outbox.accept(&[new("a", &key, Kind::GiftedSubs)], None, at(second)).unwrap(), [""; 0]);
            outbox.delivered(outbox.next("a").unwrap().unwrap().number, at(second)).unwrap();
            outbox.prune(at(second + 365 * 86400)).unwrap();
            key
        };
        assert_eq!([10, 20, 20].map(&mut take), ["gifted_subs:0:hash", "gifted_subs:0:hash@20", "gifted_subs:0:hash@21"]);
        let among = ["gifted_subs:0:other".to_owned()];
        assert_eq!(outbox.gift_key("gifted_subs:0:other", &among, at(30)).unwrap(), "gifted_subs:0:other@30");
    }

    #[test]
    fn each_commit_is_on_the_disk_before_it_counts() {
        let (folder, outbox) = open();
        let full = 2;
        assert_eq!(outbox.number("synchronous").unwrap(), full);
        assert_eq!(Outbox::look(&folder.path().join("relay.db")).unwrap().number("synchronous").unwrap(), full);
    }

    #[test]
    fn file_that_cannot_be_written_is_told_before_anything_is_sent() {
        let (folder, mut outbox) = open();
        outbox.accept(&[new("a", "1", Kind::Rant)], None, at(10)).unwrap();
        let sql = "CREATE TRIGGER full BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(FAIL, 'the disk is full'); END";
        outbox.connection.execute_batch(sql).unwrap();
        drop(outbox);
        let error = format!("{:#}", Outbox::open(&folder.path().join("relay.db")).unwrap_err());
        assert!(error.contains("relay.db: cannot be written, so nothing is sent: the disk is full"), "{error}");
    }

    #[test]
    fn what_is_dropped_waits_no_more_and_is_not_taken_again() {
        let (_folder, mut outbox) = open();
        let all = [new("a", "1", Kind::Rant), new("a", "2", Kind::Rant), new("b", "1", Kind::Rant)];
        outbox.accept(&all, None, at(10)).unwrap();
        let first = outbox.next("a").unwrap().unwrap().number;
        outbox.failed(first, "HTTP 410 Gone", at(20)).unwrap();
        assert_eq!(outbox.drop_all("a", at(30)).unwrap(), 2);
        // This one was on its way meanwhile.
        outbox.put_off(2, at(30), at(40), "no answer").unwrap();
        assert_eq!((outbox.next("a").unwrap(), outbox.failures(10).unwrap()), (None, Vec::new()));
        assert_eq!(outbox.accept(&all, None, at(40)).unwrap(), ["1", "2", "1"]);
        assert!(outbox.next("b").unwrap().is_some());
    }

    #[test]
    fn what_failed_is_kept_told_and_put_back() {
        let (_folder, mut outbox) = open();
        outbox.accept(&[new("a", "1", Kind::Rant), new("a", "2", Kind::Rant)], None, at(10)).unwrap();
        let first = outbox.next("a").unwrap().unwrap();
        outbox.failed(first.number, "HTTP 404 Not Found", at(20)).unwrap();
        assert_eq!(outbox.next("a").unwrap().unwrap().key, "2");
        assert_eq!(outbox.failures(10).unwrap()[0].why, "HTTP 404 Not Found");
        outbox.prune(at(i64::from(u32::MAX))).unwrap();
        assert_eq!(outbox.put_back(Some("b")).unwrap(), 0);
        assert_eq!(outbox.put_back(None).unwrap(), 1);
        let again = outbox.next("a").unwrap().unwrap();
        assert_eq!((again.number, again.body, again.tries), (first.number, first.body, 0));
        assert_eq!(outbox.standings(at(40)).unwrap()[0].why, None);
    }

    #[test]
    fn keys_of_what_was_delivered_are_forgotten_after_thirty_days() {
        let (_folder, mut outbox) = open();
        outbox.accept(&[new("a", "1", Kind::Rant)], None, at(0)).unwrap();
        outbox.delivered(outbox.next("a").unwrap().unwrap().number, at(0)).unwrap();
        assert_eq!(outbox.prune(at(30 * 86400)).unwrap(), 0);
        assert_eq!(outbox.prune(at(30 * 86400 + 1)).unwrap(), 1);
    }

    #[test]
    fn damaged_checkpoint_is_told_with_its_file_and_what_to_do() {
        let (_folder, outbox) = open();
        outbox.connection.execute("INSERT INTO checkpoint (one, json) VALUES (1, '{')", []).unwrap();
        let error = format!("{:#}", outbox.checkpoint().unwrap_err());
        assert!(error.contains("relay.db: name another file with --state") && error.contains("damaged"), "{error}");
    }

    #[test]
    fn file_that_somebody_else_holds_is_not_called_damaged() {
        let (folder, outbox) = open();
        let file = folder.path().join("relay.db");
        outbox.connection.execute_batch("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE").unwrap();
        let error = format!("{:#}", Outbox::look(&file).unwrap_err());
        assert!(error.contains("relay.db: cannot be read: database is locked"), "{error}");
    }

    #[test]
    fn second_relay_on_a_file_is_refused_while_others_may_look() {
        let (folder, _outbox) = open();
        let file = folder.path().join("relay.db");
        let error = Outbox::open(&file).unwrap_err().to_string();
        assert!(error.contains("another program uses this file"), "{error}");
        assert_eq!(Outbox::look(&file).unwrap().standings(at(0)).unwrap(), []);
    }

    #[test]
    fn file_of_another_program_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (foreign, text) = (folder.path().join("foreign.db"), folder.path().join("notes.txt"));
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
        std::fs::write(&text, "buy milk, and do not forget the eggs this time; ".repeat(40)).unwrap();
        let before = [&foreign, &text].map(|file| std::fs::read(file).unwrap());
        for file in [&foreign, &text] {
            let error = Outbox::open(file).unwrap_err().to_string();
            assert!(error.contains("not an outbox of this program"), "{error}");
        }
        assert_eq!([&foreign, &text].map(|file| std::fs::read(file).unwrap()), before);
        let error = Outbox::look(&folder.path().join("none.db")).unwrap_err().to_string();
        assert!(error.contains("there is no such file"), "{error}");
    }
}
