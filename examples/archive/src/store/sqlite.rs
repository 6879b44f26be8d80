//! The archive in a file of `SQLite`.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use rusqlite::{
    Connection, ErrorCode, MAIN_DB, OpenFlags, OptionalExtension as _, Transaction, TransactionBehavior, config::DbConfig, params,
};
use tokio::task::spawn_blocking;

use super::{Batch, Failure, Head, SCHEMA, Source, Standing, newer, standing};
use crate::{
    place::whole_path,
    report::{Kept, Span},
};

/// Marks a file as one of this program.
const APPLICATION: i64 = 0x524c_6172;
/// How long another program may hold the file locked before that counts as a
/// failure: at the start, and later.
const BUSY: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(500));

/// The tables, from version to version.
const MIGRATIONS: [&str; 2] = [include_str!("sqlite.sql"), include_str!("sqlite_accounts.sql")];

/// An open file.
#[derive(Debug)]
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    head: Head,
    name: String,
    /// Held until the end.
    _lock: File,
}

impl Sqlite {
    pub(super) async fn open(file: &Path, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        let file = file.to_owned();
        spawn_blocking(move || Self::open_now(&file, source)).await?
    }

    fn open_now(file: &Path, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        let name = file.display().to_string();
        let lock = lock(file)?;
        let (connection, head, checkpoint) = prepare(file, source).with_context(|| name.clone())?;
        Ok((Self { connection: Arc::new(Mutex::new(connection)), head, name, _lock: lock }, checkpoint))
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// This takes a while if the log beside the file is long.
    pub(super) async fn close(self) {
        if let Err(error) = spawn_blocking(|| drop(self)).await {
            tracing::warn!(%error, "the file was not closed");
        }
    }

    pub(super) async fn commit(&mut self, batch: Arc<Batch>) -> Result<(), Failure> {
        let (connection, known) = (Arc::clone(&self.connection), self.head.clone());
        let commit = spawn_blocking(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            commit(&mut connection, &known, &batch)
        });
        let committed = match commit.await {
            Ok(committed) => committed,
            Err(error) => Err(Failure::Lasting(error.into())),
        };
        self.head = committed.map_err(|failure| match failure {
            Failure::Passing(error) => Failure::Passing(error.context(self.name.clone())),
            Failure::Lasting(error) => Failure::Lasting(error.context(self.name.clone())),
        })?;
        Ok(())
    }
}

/// A lock beside the file, so that reports can still read the file. The system
/// frees it when the process ends, however it ends.
fn lock(file: &Path) -> anyhow::Result<File> {
    if file.is_dir() {
        bail!("{}: it is a folder; give the name of a file", file.display());
    }
    let whole = whole_path(file).with_context(|| format!("{}: cannot be opened; make its folder first", file.display()))?;
    let mut path = whole.into_os_string();
    path.push("-lock");
    let context = || format!("{}: the lock file cannot be opened", Path::new(&path).display());
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path).with_context(context)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => bail!("{}: another archive is running with this database", file.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{}: cannot be locked", Path::new(&path).display())),
    }
}

fn prepare(file: &Path, source: Source) -> anyhow::Result<(Connection, Head, Option<String>)> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(whole_path(file)?, flags)?;
    connection.busy_timeout(BUSY.0)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    check(&connection)?;
    if connection.is_readonly(MAIN_DB)? {
        bail!("it cannot be written; check who may write to the file and its folder");
    }
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        bail!("its file system does not allow a write-ahead log; put it on a local disk");
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate(&mut connection, source)?;
    let stored: String = connection.query_row("SELECT source FROM archive", [], |row| row.get(0))?;
    source.check(&stored)?;
    let checkpoint = connection.query_row("SELECT checkpoint FROM archive", [], |row| row.get(0))?;
    let head = head(&connection)?;
    connection.busy_timeout(BUSY.1)?;
    Ok((connection, head, checkpoint))
}

/// Refuses a file that is not an archive which this program can read.
fn check(connection: &Connection) -> anyhow::Result<()> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id").map_err(explained)?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(explained)?;
    if application != APPLICATION && (application != 0 || tables > 0) {
        bail!("it is a database of another program; name another file");
    }
    let schema = pragma("user_version")?;
    if schema > i64::from(SCHEMA) { Err(newer(schema)) } else { Ok(()) }
}

fn explained(error: rusqlite::Error) -> anyhow::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => anyhow!("it is not a database of SQLite; name another file"),
        Some(ErrorCode::DatabaseBusy) => anyhow!("another program holds it locked; end that program and try again"),
        _ => error.into(),
    }
}

fn migrate(connection: &mut Connection, source: Source) -> anyhow::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(explained)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version)?) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", SCHEMA)?;
    transaction.execute("INSERT INTO archive (one, source) VALUES (1, ?1) ON CONFLICT DO NOTHING", [source.name()])?;
    transaction.commit()?;
    Ok(())
}

fn head(connection: &Connection) -> rusqlite::Result<Head> {
    connection
        .prepare_cached("SELECT polls, events, token FROM archive")?
        .query_row([], |row| Ok(Head { polls: row.get(0)?, events: row.get(1)?, token: row.get(2)? }))
}

fn commit(connection: &mut Connection, known: &Head, batch: &Batch) -> Result<Head, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failure)?;
    let found = head(&transaction).map_err(failure)?;
    match standing(&found, known, batch)? {
        Standing::Done => Ok(found),
        Standing::Next => {
            let next = write(&transaction, known, batch).map_err(failure)?;
            transaction.commit().map_err(failure)?;
            Ok(next)
        }
    }
}

fn write(transaction: &Transaction<'_>, known: &Head, batch: &Batch) -> rusqlite::Result<Head> {
    let mut next = Head { polls: known.polls + 1, events: known.events, token: batch.token.clone() };
    let mut insert = transaction.prepare_cached(
        "INSERT INTO events (number, poll, account, id, kind, at, stream, username, cents, text, json)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id, account) DO NOTHING",
    )?;
    for row in &batch.rows {
        let (number, poll) = (next.events + 1, next.polls);
        let mut insert_with = |id: Option<&str>| {
            insert.execute(params![
                number,
                poll,
                row.account,
                id,
                row.kind,
                row.at,
                row.stream,
                row.username,
                row.cents,
                row.text,
                row.json
            ])
        };
        let mut inserted = insert_with(row.id.as_deref())?;
        if inserted == 0 && row.recurs {
            inserted = insert_with(None)?;
        }
        if inserted == 0 {
            tracing::warn!(id = row.id, "it is in the archive already, so it is not stored again");
        } else {
            next.events += 1;
        }
    }
    let mut update =
        transaction.prepare_cached("UPDATE archive SET polls = ?1, events = ?2, token = ?3, checkpoint = coalesce(?4, checkpoint)")?;
    update.execute(params![next.polls, next.events, next.token, batch.checkpoint])?;
    Ok(next)
}

fn failure(error: rusqlite::Error) -> Failure {
    let code = error.sqlite_error_code();
    match code {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::Passing(anyhow::Error::from(error).context("another program holds it locked"))
        }
        Some(ErrorCode::DiskFull) => Failure::Passing(anyhow::Error::from(error).context("make room on its disk")),
        Some(
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::OutOfMemory | ErrorCode::PermissionDenied,
        ) => Failure::Passing(anyhow::Error::from(error).context("it cannot be written; check its disk and who may write to it")),
        _ => Failure::Lasting(error.into()),
    }
}

pub(super) fn read(file: &Path, span: Span, take: impl FnMut(Kept)) -> anyhow::Result<()> {
    let name = || file.display().to_string();
    if !file.exists() {
        bail!("{}: there is no such file; `archive` creates it, and `--database FILE` names another one", name());
    }
    if file.is_dir() {
        bail!("{}: it is a folder; give the name of a file", name());
    }
    read_rows(file, span, take).map_err(|error| error.downcast().map_or_else(|error| error, explained)).with_context(name)
}

fn read_rows(file: &Path, span: Span, mut take: impl FnMut(Kept)) -> anyhow::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(whole_path(file)?, flags)?;
    connection.busy_timeout(BUSY.0)?;
    check(&connection)?;
    let is_archive = connection.query_row("SELECT 1 FROM sqlite_schema WHERE name = 'archive'", [], |_| Ok(())).optional()?;
    if is_archive.is_none() {
        bail!("there is no archive in it yet");
    }
    let mut select = connection.prepare(&super::SELECT.replace('$', "?"))?;
    let mut rows = select.query(params![span.from, span.until])?;
    while let Some(row) = rows.next()? {
        take(Kept {
            kind: row.get(0)?,
            at: row.get(1)?,
            stream: row.get(2)?,
            username: row.get(3)?,
            cents: row.get(4)?,
            json: row.get(5)?,
        });
    }
    Ok(())
}
