//! Adds and removes accounts.

use anyhow::bail;
use async_nats::Client;
use tracing::warn;

use crate::{
    batch::AccountId,
    buckets::{
        Bucket, Trouble,
        accounts::{self, Account},
        parked::{self, Parked},
    },
    election::outlast,
};

/// Adds an account or changes it. Returns whether it was there before.
///
/// # Errors
///
/// If the server refuses the write or does not answer.
pub async fn add(client: &Client, id: &AccountId, account: &Account) -> anyhow::Result<bool> {
    let bucket = outlast(client, async || Bucket::open(client, accounts::BUCKET, 1).await).await?;
    let was_there = outlast(client, async || bucket.read(&id.to_string()).await).await?.is_some_and(|entry| entry.value.is_some());
    let json = serde_json::to_vec(account)?;
    let revision = outlast(client, async || bucket.write(&id.to_string(), json.clone().into(), None, None).await).await?;
    // The note is about the old configuration. It no longer counts, even if it cannot be deleted.
    if let Err(error) = unpark(client, id, Some(revision)).await {
        warn!("the note that {id} was parked is still there: {error:#}");
    }
    Ok(was_there)
}

/// Removes an account. Its events stay.
///
/// # Errors
///
/// If there is no such account, or if the server refuses the write or does not
/// answer.
pub async fn remove(client: &Client, id: &AccountId) -> anyhow::Result<()> {
    let entry = match outlast(client, async || Bucket::find(client, accounts::BUCKET).await).await? {
        Some(bucket) => outlast(client, async || bucket.read(&id.to_string()).await).await?.map(|entry| (bucket, entry)),
        None => None,
    };
    match entry {
        Some((bucket, entry)) if entry.value.is_some() => {
            unpark(client, id, None).await?;
            outlast(client, async || bucket.delete(&id.to_string(), None).await).await?;
            Ok(())
        }
        _ => bail!("there is no account {id}; cluster status lists all of them"),
    }
}

/// Deletes the note that the account is parked, unless it is about this
/// revision of the account's entry or a later one: a worker may have parked the
/// account anew by now.
async fn unpark(client: &Client, id: &AccountId, unless_about: Option<u64>) -> anyhow::Result<()> {
    let Some(bucket) = outlast(client, async || Bucket::find(client, parked::BUCKET).await).await? else { return Ok(()) };
    let Some(note) = outlast(client, async || bucket.read(&id.to_string()).await).await? else { return Ok(()) };
    let Some(value) = note.value else { return Ok(()) };
    let is_newer =
        serde_json::from_slice::<Parked>(&value).is_ok_and(|parked| unless_about.is_some_and(|revision| parked.revision >= revision));
    if is_newer {
        return Ok(());
    }
    match outlast(client, async || bucket.delete(&id.to_string(), Some(note.revision)).await).await {
        // What was written in the meantime is newer.
        Ok(_) | Err(Trouble::Overtaken) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
