//! The archive on a server of `PostgreSQL`.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use futures::{StreamExt as _, pin_mut};
use rumble_live::OneLine;
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_postgres::{
    Client, Config, Connection, IsolationLevel, NoTls, Row as Found, Socket, Transaction,
    config::SslMode,
    error::{DbError, SqlState},
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use super::{Batch, Failure, Head, SCHEMA, Source, Standing, newer, standing};
use crate::{
    place::VARIABLE,
    report::{Kept, Span},
    row::Row,
};

/// How long the server may take to connect and lock, and to commit or open the
/// archive.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));
/// The error for a server that takes longer.
const SILENT: &str = "the server does not answer";
/// How often, and how far apart, to try at the start for a lock that the last
/// run may still hold.
const TRIES: (u32, Duration) = (25, Duration::from_millis(200));
/// The first half of the lock's key. The second half is the schema's id.
const LOCK: i32 = 0x524c_6172;

/// The tables, from version to version.
const MIGRATIONS: [&str; 2] = [include_str!("postgres.sql"), include_str!("postgres_accounts.sql")];

/// A server, with or without an open connection.
#[derive(Debug)]
pub struct Postgres {
    config: Config,
    connected: Option<Connected>,
    head: Head,
}

/// A connection. Dropping it closes its socket at once, whatever the server is
/// doing, so that the server gives the lock back.
#[derive(Debug)]
struct Connected {
    client: Client,
    task: Task,
}

/// Reads from the socket and writes to it.
#[derive(Debug)]
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connected {
    fn new<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>((client, connection): (Client, Connection<Socket, T>)) -> Self {
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                // The next query gets an error too.
                debug!(%error, "the connection has ended");
            }
        });
        Self { client, task: Task(task) }
    }

    /// Says goodbye to the server first.
    async fn close(self) {
        let Self { client, mut task } = self;
        drop(client);
        if let Err(error) = (&mut task.0).await {
            debug!(%error, "the connection has not ended well");
        }
    }
}

impl Postgres {
    pub(super) async fn open(config: &Config, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        within(PATIENCE.1, Self::open_now(config, source)).await.map_err(|error| on_one_line(&error)).context(VARIABLE)
    }

    async fn open_now(config: &Config, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        let mut connected = within(PATIENCE.0, connect(config)).await?;
        let client = &mut connected.client;
        let mut tries = TRIES.0;
        while !lock(client).await? {
            tries -= 1;
            if tries == 0 {
                bail!("another archive is running with this database");
            }
            sleep(TRIES.1).await;
        }
        let transaction = client.transaction().await?;
        migrate(&transaction, source).await?;
        let row = transaction.query_one("SELECT polls, events, token, source, checkpoint FROM archive", &[]).await?;
        transaction.commit().await?;
        source.check(row.try_get(3)?)?;
        let (head, checkpoint) = (head(&row)?, row.try_get(4)?);
        Ok((Self { config: config.clone(), connected: Some(connected), head }, checkpoint))
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) async fn close(self) {
        if let Some(connected) = self.connected {
            connected.close().await;
        }
    }

    pub(super) async fn commit(&mut self, batch: &Batch) -> Result<(), Failure> {
        // A connection that a commit has failed on is not used again, because nobody knows which state it is in.
        let connected = match self.connected.take() {
            Some(connected) if !connected.client.is_closed() => Ok(connected),
            _ => within(PATIENCE.0, reconnect(&self.config)).await,
        };
        let committed = match connected {
            Ok(mut connected) => match timeout(PATIENCE.1, commit(&mut connected.client, &self.head, batch)).await {
                Ok(committed) => committed.map(|head| (connected, head)),
                Err(_) => Err(Failure::Passing(anyhow!(SILENT))),
            },
            Err(error) => Err(Failure::Passing(error)),
        };
        let (connected, head) = committed.map_err(|failure| match failure {
            Failure::Passing(error) => Failure::Passing(on_one_line(&error).context(VARIABLE)),
            Failure::Lasting(error) => Failure::Lasting(on_one_line(&error).context(VARIABLE)),
        })?;
        (self.connected, self.head) = (Some(connected), head);
        Ok(())
    }
}

/// A connection that has the lock. As long as the server still works for a
/// broken connection, that one keeps the lock.
async fn reconnect(config: &Config) -> anyhow::Result<Connected> {
    let connected = connect(config).await?;
    if lock(&connected.client).await? {
        Ok(connected)
    } else {
        bail!("another connection holds the lock of this database: the one that broke, or another archive")
    }
}

/// An error if the server takes longer.
async fn within<T>(patience: Duration, answer: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    timeout(patience, answer).await.context(SILENT)?
}

/// The error without the details that the server adds, because they can quote a
/// row.
fn on_one_line(error: &anyhow::Error) -> anyhow::Error {
    let causes = error.chain().map(|cause| match cause.downcast_ref::<DbError>() {
        Some(error) => format!("{} ({})", OneLine(error.message()), error.code().code()),
        None => cause.to_string(),
    });
    anyhow!(causes.collect::<Vec<_>>().join(": "))
}

async fn connect(config: &Config) -> anyhow::Result<Connected> {
    let mut config = config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE.0);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENCE.1);
    }
    let connected = if config.get_ssl_mode() == SslMode::Disable {
        Box::pin(config.connect(NoTls)).await.map(Connected::new)
    } else {
        Box::pin(config.connect(tls()?)).await.map(Connected::new)
    };
    let connected = connected.context("cannot connect")?;
    // If a server can no longer reach this machine, it gives the lock back within a minute. It answers a commit when it is on the disk.
    connected
        .client
        .batch_execute(
            "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = '30s';
             SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        )
        .await?;
    Ok(connected)
}

fn tls() -> anyhow::Result<MakeRustlsConnect> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Whether this connection has the lock now. It then keeps the lock until it
/// ends.
async fn lock(client: &Client) -> anyhow::Result<bool> {
    let row = client.query_one("SELECT pg_try_advisory_lock($1, hashtext(current_schema()))", &[&LOCK]).await?;
    row.try_get::<_, Option<bool>>(0)?.context("the search_path names no schema that exists")
}

/// The version of the tables. `None` if there are none.
async fn schema(transaction: &Transaction<'_>) -> anyhow::Result<Option<i32>> {
    let encoding: String = transaction.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        bail!("its encoding is {encoding}, which cannot hold everything that people write; create it with ENCODING 'UTF8'");
    }
    let column = "SELECT 1 FROM information_schema.columns
                  WHERE table_schema = current_schema() AND table_name = 'archive' AND column_name = 'schema'";
    if transaction.query_opt(column, &[]).await?.is_none() {
        return Ok(None);
    }
    let schema: i32 = transaction.query_one("SELECT schema FROM archive", &[]).await?.try_get(0)?;
    if schema > SCHEMA { Err(newer(schema.into())) } else { Ok(Some(schema)) }
}

async fn migrate(transaction: &Transaction<'_>, source: Source) -> anyhow::Result<()> {
    let schema = schema(transaction).await?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(schema.unwrap_or_default())?) {
        let made = transaction.batch_execute(migration).await;
        made.context(
            "cannot make its tables; the user needs the right to create them, in a database or schema that has no tables with these names",
        )?;
    }
    match schema {
        Some(SCHEMA) => {}
        Some(_) => drop(transaction.execute("UPDATE archive SET schema = $1", &[&SCHEMA]).await?),
        None => drop(transaction.execute("INSERT INTO archive (schema, source) VALUES ($1, $2)", &[&SCHEMA, &source.name()]).await?),
    }
    Ok(())
}

fn head(row: &Found) -> Result<Head, tokio_postgres::Error> {
    Ok(Head { polls: row.try_get(0)?, events: row.try_get(1)?, token: row.try_get(2)? })
}

async fn commit(client: &mut Client, known: &Head, batch: &Batch) -> Result<Head, Failure> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted).start().await.map_err(failure)?;
    // Waits for a connection that is still writing, which may be one that was cut.
    let found = transaction.query_one("SELECT polls, events, token FROM archive FOR UPDATE", &[]).await.map_err(failure)?;
    let found = head(&found).map_err(failure)?;
    match standing(&found, known, batch)? {
        Standing::Done => Ok(found),
        Standing::Next => {
            let next = write(&transaction, known, batch).await.map_err(failure)?;
            transaction.commit().await.map_err(failure)?;
            Ok(next)
        }
    }
}

async fn write(transaction: &Transaction<'_>, known: &Head, batch: &Batch) -> Result<Head, tokio_postgres::Error> {
    let rows = with_new_ids(transaction, &batch.rows).await?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let next = Head { polls: known.polls + 1, events: known.events + count, token: batch.token.clone() };
    if !rows.is_empty() {
        insert(transaction, &rows, known.events, next.polls).await?;
    }
    let update = "UPDATE archive SET polls = $1, events = $2, token = $3, checkpoint = coalesce($4, checkpoint)";
    transaction.execute(update, &[&next.polls, &next.events, &next.token, &batch.checkpoint]).await?;
    Ok(next)
}

async fn insert(transaction: &Transaction<'_>, rows: &[(Option<&str>, &Row)], before: i64, poll: i64) -> Result<(), tokio_postgres::Error> {
    let texts = |column: fn(&Row) -> Option<&str>| rows.iter().map(|(_, row)| column(row)).collect::<Vec<_>>();
    let (ids, kinds): (Vec<_>, _) = (rows.iter().map(|(id, _)| *id).collect(), texts(|row| Some(row.kind)));
    let ats: Vec<_> = rows.iter().map(|(_, row)| row.at).collect();
    let (streams, usernames) = (texts(|row| row.stream.as_deref()), texts(|row| row.username.as_deref()));
    let cents: Vec<_> = rows.iter().map(|(_, row)| row.cents).collect();
    let (written, jsons) = (texts(|row| row.text.as_deref()), texts(|row| Some(&row.json)));
    let accounts = texts(|row| Some(&row.account));
    let columns: [&(dyn ToSql + Sync); 11] =
        [&before, &poll, &ids, &kinds, &ats, &streams, &usernames, &cents, &written, &jsons, &accounts];
    transaction
        .execute(
            "INSERT INTO events (number, poll, id, kind, at, stream, username, cents, text, json, account)
             SELECT $1 + place, $2, id, kind, at, stream, username, cents, text, json::json, account
             FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[])
                  WITH ORDINALITY AS row (id, kind, at, stream, username, cents, text, json, account, place)",
            &columns,
        )
        .await?;
    Ok(())
}

/// The rows to store, each with the id to store it with.
async fn with_new_ids<'a>(
    transaction: &Transaction<'_>,
    rows: &'a [Row],
) -> Result<Vec<(Option<&'a str>, &'a Row)>, tokio_postgres::Error> {
    let ids: Vec<_> = rows.iter().filter_map(|row| row.id.as_deref()).collect();
    let found = transaction.query("SELECT id, account FROM events WHERE id = ANY($1)", &[&ids]).await?;
    let mut known = found.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<HashSet<(String, String)>, _>>()?;
    let mut new = Vec::with_capacity(rows.len());
    for row in rows {
        match row.id.as_deref() {
            Some(id) if known.insert((id.to_owned(), row.account.clone())) => new.push((Some(id), row)),
            Some(id) if !row.recurs => tracing::warn!(id, "it is in the archive already, so it is not stored again"),
            _ => new.push((None, row)),
        }
    }
    Ok(new)
}

fn failure(error: tokio_postgres::Error) -> Failure {
    let is_lasting = error.code().is_some_and(is_lasting);
    let error = anyhow::Error::from(error);
    if is_lasting { Failure::Lasting(error) } else { Failure::Passing(error) }
}

/// Whether the data or the tables are wrong: classes 22, 23 and 42, except
/// missing rights, which somebody may still grant.
fn is_lasting(state: &SqlState) -> bool {
    let code = state.code();
    ["22", "23", "42"].iter().any(|class| code.starts_with(class)) && *state != SqlState::INSUFFICIENT_PRIVILEGE
}

pub(super) async fn read(config: &Config, span: Span, take: impl FnMut(Kept)) -> anyhow::Result<()> {
    read_rows(config, span, take).await.map_err(|error| on_one_line(&error)).context(VARIABLE)
}

async fn read_rows(config: &Config, span: Span, mut take: impl FnMut(Kept)) -> anyhow::Result<()> {
    let mut connected = within(PATIENCE.0, connect(config)).await?;
    let transaction = connected.client.build_transaction().read_only(true).start().await?;
    if schema(&transaction).await?.is_none() {
        bail!("there is no archive in it yet; `archive` creates one");
    }
    let rows = transaction.query_raw(super::SELECT, [span.from, span.until]).await?;
    pin_mut!(rows);
    while let Some(row) = rows.next().await.transpose()? {
        take(Kept {
            kind: row.try_get(0)?,
            at: row.try_get(1)?,
            stream: row.try_get(2)?,
            username: row.try_get(3)?,
            cents: row.try_get(4)?,
            json: row.try_get(5)?,
        });
    }
    transaction.commit().await?;
    connected.close().await;
    Ok(())
}
