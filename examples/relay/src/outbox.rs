//! What is to be sent and what was, with the checkpoint of the account, in one file of `SQLite`.
//!
//! An event is accepted when the transaction that holds its deliveries and the checkpoint of its poll is on the disk. So the two cannot part. The body of
//! a request is stored, so that each try sends the same bytes.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use jiff::{SignedDuration, Timestamp};
use rumble_live::Checkpoint;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, TransactionBehavior, named_params};
use tokio::task::spawn_blocking;

use crate::kind::Kind;

/// What the file says it belongs to: "RLAY".
const APPLICATION: i32 = 0x524c_4159;
/// The version of the tables.
const VERSION: i32 = 1;
/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);
/// For how long it is remembered that something was delivered.
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
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    ended_at INTEGER,
    UNIQUE (destination, key)
) STRICT;
CREATE INDEX waiting ON deliveries (destination, number) WHERE state = 'waiting';
CREATE INDEX ended ON deliveries (state, ended_at) WHERE state <> 'waiting';
CREATE TABLE checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), json TEXT NOT NULL) STRICT;
";

/// Something new to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// Where to.
    pub destination: String,
    /// What the destination is.
    pub format: &'static str,
    /// What tells it from everything else that is sent there.
    pub key: String,
    /// What happened.
    pub kind: Kind,
    /// What is sent.
    pub body: Vec<u8>,
}

/// Something that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the file.
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
    /// It is not sent before.
    pub not_before: Timestamp,
}

/// How far a destination got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub destination: String,
    /// How many wait.
    pub waiting: u64,
    /// Since when the oldest waits.
    pub oldest: Option<Timestamp>,
    /// How often the oldest was tried.
    pub tries: u32,
    /// Why the oldest did not arrive yet.
    pub why: Option<String>,
    /// How many were delivered and are remembered.
    pub delivered: u64,
    /// How many failed.
    pub failed: u64,
}

/// A delivery that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Where to.
    pub destination: String,
    /// See [`New`].
    pub key: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

/// The file.
#[derive(Debug)]
pub struct Outbox {
    connection: Connection,
    file: PathBuf,
    /// Held for as long as this process sends from the file.
    _lock: Option<File>,
}

impl Outbox {
    /// Opens the file to send from it, or makes it.
    ///
    /// # Errors
    ///
    /// Where another process sends from it, it is no outbox, or it cannot be opened; the text names it.
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
        Ok(outbox)
    }

    /// Opens a file that is there, to look at it or to put something back, whoever sends from it.
    ///
    /// # Errors
    ///
    /// Where there is none, it is no outbox, or it cannot be opened; the text names it.
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
        let foreign = || format!("{name}: this is no outbox of this program, or it is damaged; name another file by --state");
        // With WAL a commit is on the disk only so.
        connection.execute_batch("PRAGMA synchronous = FULL").with_context(foreign)?;
        let outbox = Self { connection, file: file.to_owned(), _lock: lock };
        match (outbox.number("application_id").with_context(foreign)?, outbox.number("user_version")?) {
            (APPLICATION, VERSION) => {}
            (0, 0) if outbox.is_empty()? => {}
            (APPLICATION, version) => bail!("{name}: it is of version {version}, and this program knows version {VERSION} only"),
            _ => return Err(anyhow!(foreign())),
        }
        Ok(outbox)
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

    /// What the watcher goes on from. `None` before the first poll.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn checkpoint(&self) -> anyhow::Result<Option<Checkpoint>> {
        let json: Option<String> = self.connection.query_row("SELECT json FROM checkpoint", [], |row| row.get(0)).optional()?;
        json.map(|json| Checkpoint::from_json(json.as_bytes())).transpose().with_context(|| self.file.display().to_string())
    }

    /// Takes what one poll brought, and the checkpoint of after it: all or nothing, and on the disk once it returns. Gives the keys that were there
    /// before, and so are not taken again.
    ///
    /// A gift's id has neither an instant nor a number of its own, so that one which is bought again long after may have the id of the first. It is no repeat,
    /// for what was taken never comes again behind its checkpoint. So its key gets the second.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn accept(&mut self, new: &[New], checkpoint: Option<&Checkpoint>, now: Timestamp) -> rusqlite::Result<Vec<String>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut known = Vec::new();
        {
            let mut insert = transaction.prepare(
                "INSERT INTO deliveries (destination, key, kind, format, body, accepted_at)
                 VALUES (:destination, :key, :kind, :format, :body, :now) ON CONFLICT (destination, key) DO NOTHING",
            )?;
            let mut insert = |new: &New, key: &str| {
                let (kind, now) = (new.kind.word(), now.as_millisecond());
                insert.execute(named_params! {
                    ":destination": new.destination, ":key": key, ":kind": kind, ":format": new.format, ":body": new.body, ":now": now,
                })
            };
            for new in new {
                let mut taken = insert(new, &new.key)?;
                if taken == 0 && new.kind == Kind::GiftedSubs {
                    taken = insert(new, &format!("{}@{}", new.key, now.as_second()))?;
                }
                if taken == 0 {
                    known.push(new.key.clone());
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

    /// The oldest that waits for a destination.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn next(&self, destination: &str) -> rusqlite::Result<Option<Waiting>> {
        let sql = "SELECT number, key, kind, format, body, tries, not_before FROM deliveries
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
                not_before: instant(row.get(6)?),
            })
        })
        .optional()
    }

    /// It arrived. What was sent is forgotten, and its key kept.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn delivered(&self, number: i64, now: Timestamp) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET state = 'delivered', tries = tries + 1, why = NULL, body = x'', ended_at = ?2 WHERE number = ?1";
        self.connection.execute(sql, (number, now.as_millisecond())).map(drop)
    }

    /// It is to be sent again, but not before.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn put_off(&self, number: i64, not_before: Timestamp, why: &str) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET tries = tries + 1, not_before = ?2, why = ?3 WHERE number = ?1";
        self.connection.execute(sql, (number, not_before.as_millisecond(), why)).map(drop)
    }

    /// It can never arrive, and is put aside.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn failed(&self, number: i64, why: &str, now: Timestamp) -> rusqlite::Result<()> {
        let sql = "UPDATE deliveries SET state = 'failed', tries = tries + 1, why = ?2, ended_at = ?3 WHERE number = ?1";
        self.connection.execute(sql, (number, why, now.as_millisecond())).map(drop)
    }

    /// Lets those that failed wait again, of one destination or of all, and gives their number.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn put_back(&self, destination: Option<&str>) -> rusqlite::Result<usize> {
        let sql = "UPDATE deliveries SET state = 'waiting', tries = 0, not_before = 0, ended_at = NULL
                   WHERE state = 'failed' AND (?1 IS NULL OR destination = ?1)";
        self.connection.execute(sql, [destination])
    }

    /// Forgets what was delivered long ago.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn prune(&self, now: Timestamp) -> rusqlite::Result<usize> {
        let before = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        self.connection.execute("DELETE FROM deliveries WHERE state = 'delivered' AND ended_at < ?1", [before.as_millisecond()])
    }

    /// How far each destination got, by name.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    pub fn standings(&self) -> rusqlite::Result<Vec<Standing>> {
        let sql = "SELECT destination, total(state = 'waiting'), total(state = 'delivered'), total(state = 'failed'),
                          min(CASE state WHEN 'waiting' THEN accepted_at END)
                   FROM deliveries GROUP BY destination ORDER BY destination";
        let mut all = self.connection.prepare(sql)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "these are counts")]
        let count = |total: f64| total as u64;
        let rows = all.query_map([], |row| {
            Ok(Standing {
                destination: row.get(0)?,
                waiting: count(row.get(1)?),
                delivered: count(row.get(2)?),
                failed: count(row.get(3)?),
                oldest: row.get::<_, Option<i64>>(4)?.map(instant),
                tries: 0,
                why: None,
            })
        })?;
        let mut standings: Vec<Standing> = rows.collect::<Result<_, _>>()?;
        let sql = "SELECT tries, why FROM deliveries WHERE destination = ?1 AND state = 'waiting' ORDER BY number LIMIT 1";
        let mut first = self.connection.prepare(sql)?;
        for standing in &mut standings {
            if let Some((tries, why)) = first.query_row([&standing.destination], |row| Ok((row.get(0)?, row.get(1)?))).optional()? {
                (standing.tries, standing.why) = (tries, why);
            }
        }
        Ok(standings)
    }

    /// The newest that failed, up to so many.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
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
    /// Shares this one.
    #[must_use]
    pub fn new(outbox: Outbox) -> Self {
        let file = outbox.file.clone().into();
        Self { outbox: Arc::new(Mutex::new(outbox)), file }
    }

    /// Does something with it where blocking does no harm.
    ///
    /// # Errors
    ///
    /// Where that fails; the text names the file.
    pub async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Outbox) -> rusqlite::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let outbox = Arc::clone(&self.outbox);
        // A transaction that was cut short is rolled back, so a poisoned lock is as good as any.
        let done = spawn_blocking(move || act(&mut outbox.lock().unwrap_or_else(PoisonError::into_inner))).await?;
        done.with_context(|| self.file.display().to_string())
    }
}

fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

/// Held until it is dropped, or the process ends in whatever way.
fn lock(file: &Path) -> anyhow::Result<File> {
    let mut name = file.as_os_str().to_owned();
    name.push(".lock");
    let path = PathBuf::from(name);
    let lock = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("{}: cannot be opened", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("{}: another relay runs with this file; stop it, or give this one a file of its own by --state", file.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{}: cannot be locked", path.display())),
    }
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
    fn gift_that_is_bought_again_long_after_is_sent_under_a_key_of_its_own() {
        let (_folder, mut outbox) = open();
        let gift = [new("a", "gifted_subs:0:hash", Kind::GiftedSubs)];
        for second in [10, 20] {
            assert_eq!(outbox.accept(&gift, None, at(second)).unwrap(), [""; 0]);
        }
        let first = outbox.next("a").unwrap().unwrap();
        outbox.delivered(first.number, at(30)).unwrap();
        assert_eq!(outbox.next("a").unwrap().unwrap().key, "gifted_subs:0:hash@20");
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
    fn second_relay_on_a_file_is_refused_while_others_may_look() {
        let (folder, _outbox) = open();
        let file = folder.path().join("relay.db");
        let error = Outbox::open(&file).unwrap_err().to_string();
        assert!(error.contains("another relay runs"), "{error}");
        assert_eq!(Outbox::look(&file).unwrap().standings().unwrap(), []);
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
            assert!(error.contains("no outbox of this program"), "{error}");
        }
        assert_eq!([&foreign, &text].map(|file| std::fs::read(file).unwrap()), before);
        let error = Outbox::look(&folder.path().join("none.db")).unwrap_err().to_string();
        assert!(error.contains("there is no such file"), "{error}");
    }
}
