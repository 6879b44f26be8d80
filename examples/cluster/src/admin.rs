//! Adds and removes accounts.

use anyhow::bail;
use async_nats::Client;
use tracing::warn;

use crate::{
    batch::AccountId,
    buckets::{
        Bucket,
        accounts::{self, Account},
        parked,
    },
};

/// Adds an account, or changes it. Whether it was there.
///
/// # Errors
///
/// Where the server does not take it.
pub async fn add(client: &Client, id: &AccountId, account: &Account) -> anyhow::Result<bool> {
    let bucket = Bucket::open(client, accounts::BUCKET, 1).await?;
    let was_there = bucket.read(&id.to_string()).await?.is_some_and(|entry| entry.value.is_some());
    bucket.write(&id.to_string(), serde_json::to_vec(account)?.into(), None, None).await?;
    // Of the configuration before. It does not count any more, whether it is there or not.
    if let Err(error) = unpark(client, id).await {
        warn!("the note that {id} was parked is still there: {error:#}");
    }
    Ok(was_there)
}

/// Removes an account. Its events stay.
///
/// # Errors
///
/// Where there is none, or the server does not take it.
pub async fn remove(client: &Client, id: &AccountId) -> anyhow::Result<()> {
    let entry = match Bucket::find(client, accounts::BUCKET).await? {
        Some(bucket) => bucket.read(&id.to_string()).await?.map(|entry| (bucket, entry)),
        None => None,
    };
    match entry {
        Some((bucket, entry)) if entry.value.is_some() => {
            bucket.delete(&id.to_string(), Some(entry.revision)).await?;
            unpark(client, id).await
        }
        _ => bail!("there is no account {id}; cluster status lists them"),
    }
}

async fn unpark(client: &Client, id: &AccountId) -> anyhow::Result<()> {
    if let Some(bucket) = Bucket::find(client, parked::BUCKET).await?
        && bucket.read(&id.to_string()).await?.is_some_and(|entry| entry.value.is_some())
    {
        bucket.delete(&id.to_string(), None).await?;
    }
    Ok(())
}
