//! The archive on a server of `PostgreSQL`.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow, bail};
use futures::{StreamExt as _, pin_mut};
use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::time::{sleep, timeout};
use tokio_postgres::{
    Client, Config, Connection, IsolationLevel, NoTls, Row as Found, Socket, Transaction, config::SslMode, error::SqlState, types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use tracing::debug;

use super::{Batch, Failure, Head, SCHEMA, Source, Standing, newer, standing};
use crate::{
    place::VARIABLE,
    report::{Kept, Span},
    row::Row,
};

/// How long the server may take for a connection, and for a commit.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));
/// How often is asked at the start for a lock that the last run may still hold, and how long in between.
const TRIES: (u32, Duration) = (25, Duration::from_millis(200));
/// The first half of the key of the lock; the second is the schema's.
const LOCK: i32 = 0x524c_6172;

/// The tables, from version to version.
const MIGRATIONS: [&str; 1] = [include_str!("postgres.sql")];

/// A server, with or without a connection at the moment.
#[derive(Debug)]
pub struct Postgres {
    config: Config,
    client: Option<Client>,
    head: Head,
}

impl Postgres {
    pub(super) async fn open(config: &Config, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        Self::open_now(config, source).await.context(VARIABLE)
    }

    async fn open_now(config: &Config, source: Source) -> anyhow::Result<(Self, Option<String>)> {
        let mut client = connect(config).await?;
        let mut tries = TRIES.0;
        while !lock(&client).await? {
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
        Ok((Self { config: config.clone(), client: Some(client), head }, checkpoint))
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    pub(super) async fn commit(&mut self, batch: &Batch) -> Result<(), Failure> {
        // A connection that a commit has failed on is not used again, since nobody knows what it is in the middle of.
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => Ok(client),
            _ => reconnect(&self.config).await,
        };
        let committed = match client {
            Ok(mut client) => match timeout(PATIENCE.1, commit(&mut client, &self.head, batch)).await {
                Ok(committed) => committed.map(|head| (client, head)),
                Err(_) => Err(Failure::Passing(anyhow!("the server does not answer"))),
            },
            Err(error) => Err(Failure::Passing(error)),
        };
        let (client, head) = committed.map_err(|failure| match failure {
            Failure::Passing(error) => Failure::Passing(error.context(VARIABLE)),
            Failure::Lasting(error) => Failure::Lasting(error.context(VARIABLE)),
        })?;
        (self.client, self.head) = (Some(client), head);
        Ok(())
    }
}

/// A connection that has the lock. While the server still works for one that was cut, that one has it.
async fn reconnect(config: &Config) -> anyhow::Result<Client> {
    let client = connect(config).await?;
    if lock(&client).await? {
        Ok(client)
    } else {
        bail!("another connection holds the lock of this database: the one that broke, or another archive")
    }
}

async fn connect(config: &Config) -> anyhow::Result<Client> {
    let mut config = config.clone();
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE.0);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENCE.1);
    }
    let connect = async {
        if config.get_ssl_mode() == SslMode::Disable {
            let (client, connection) = config.connect(NoTls).await?;
            drive(connection);
            anyhow::Ok(client)
        } else {
            let (client, connection) = config.connect(tls()?).await?;
            drive(connection);
            Ok(client)
        }
    };
    let client = timeout(PATIENCE.0, connect).await.context("the server does not answer")?.context("cannot connect")?;
    // A server that cannot reach this machine any more gives the lock back within a minute. A commit is answered when it is on the disk.
    client
        .batch_execute(
            "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET client_min_messages = warning;
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        )
        .await?;
    Ok(client)
}

fn tls() -> anyhow::Result<MakeRustlsConnect> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn drive<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static>(connection: Connection<Socket, T>) {
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            // Whoever asks next is told too.
            debug!(%error, "the connection has ended");
        }
    });
}

/// Whether this connection has the lock now. It keeps it until its end.
async fn lock(client: &Client) -> anyhow::Result<bool> {
    let row = client.query_one("SELECT pg_try_advisory_lock($1, hashtext(current_schema()))", &[&LOCK]).await?;
    row.try_get::<_, Option<bool>>(0)?.context("the search_path names no schema that exists")
}

/// The version of the tables. `None` where there are none.
async fn schema(transaction: &Transaction<'_>) -> anyhow::Result<Option<i32>> {
    let encoding: String = transaction.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        bail!("its encoding is {encoding}, which cannot hold all that people write; create it with ENCODING 'UTF8'");
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
            "cannot make its tables; the user needs the right to create them, in a database or schema that has none by these names",
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
    // Waits for whoever is writing, as a connection that was cut may still be.
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
    let rows = without_known(transaction, &batch.rows).await?;
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let next = Head { polls: known.polls + 1, events: known.events + count, token: batch.token.clone() };
    if !rows.is_empty() {
        insert(transaction, &rows, known.events, next.polls).await?;
    }
    let update = "UPDATE archive SET polls = $1, events = $2, token = $3, checkpoint = coalesce($4, checkpoint)";
    transaction.execute(update, &[&next.polls, &next.events, &next.token, &batch.checkpoint]).await?;
    Ok(next)
}

async fn insert(transaction: &Transaction<'_>, rows: &[&Row], before: i64, poll: i64) -> Result<(), tokio_postgres::Error> {
    let texts = |column: fn(&Row) -> Option<&str>| rows.iter().map(|row| column(row)).collect::<Vec<_>>();
    let (ids, kinds) = (texts(|row| row.id.as_deref()), texts(|row| Some(row.kind)));
    let ats: Vec<_> = rows.iter().map(|row| row.at).collect();
    let (streams, usernames) = (texts(|row| row.stream.as_deref()), texts(|row| row.username.as_deref()));
    let cents: Vec<_> = rows.iter().map(|row| row.cents).collect();
    let (written, jsons) = (texts(|row| row.text.as_deref()), texts(|row| Some(&row.json)));
    let columns: [&(dyn ToSql + Sync); 10] = [&before, &poll, &ids, &kinds, &ats, &streams, &usernames, &cents, &written, &jsons];
    transaction
        .execute(
            "INSERT INTO events (number, poll, id, kind, at, stream, username, cents, text, json)
             SELECT $1 + place, $2, id, kind, at, stream, username, cents, text, json::json
             FROM unnest($3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[])
                  WITH ORDINALITY AS row (id, kind, at, stream, username, cents, text, json, place)",
            &columns,
        )
        .await?;
    Ok(())
}

/// The rows that are not in the archive yet.
async fn without_known<'a>(transaction: &Transaction<'_>, rows: &'a [Row]) -> Result<Vec<&'a Row>, tokio_postgres::Error> {
    let ids: Vec<_> = rows.iter().filter_map(|row| row.id.as_deref()).collect();
    let found = transaction.query("SELECT id FROM events WHERE id = ANY($1)", &[&ids]).await?;
    let mut known = found.iter().map(|row| row.try_get::<_, String>(0)).collect::<Result<HashSet<_>, _>>()?;
    let mut new = Vec::with_capacity(rows.len());
    for row in rows {
        match &row.id {
            Some(id) if !known.insert(id.clone()) => tracing::warn!(id, "it is in the archive already, so it is not stored again"),
            _ => new.push(row),
        }
    }
    Ok(new)
}

fn failure(error: tokio_postgres::Error) -> Failure {
    let is_lasting = error.code().is_some_and(is_lasting);
    let error = anyhow::Error::from(error);
    if is_lasting { Failure::Lasting(error) } else { Failure::Passing(error) }
}

/// Whether it says that the data or the tables are wrong: classes 22, 23 and 42, but for missing rights, which somebody may give.
fn is_lasting(state: &SqlState) -> bool {
    let code = state.code();
    ["22", "23", "42"].iter().any(|class| code.starts_with(class)) && *state != SqlState::INSUFFICIENT_PRIVILEGE
}

pub(super) async fn read(config: &Config, span: Span, take: impl FnMut(Kept)) -> anyhow::Result<()> {
    read_rows(config, span, take).await.context(VARIABLE)
}

async fn read_rows(config: &Config, span: Span, mut take: impl FnMut(Kept)) -> anyhow::Result<()> {
    let mut client = connect(config).await?;
    let transaction = client.build_transaction().read_only(true).start().await?;
    if schema(&transaction).await?.is_none() {
        bail!("there is no archive in it yet; `archive` makes one");
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
    Ok(())
}
