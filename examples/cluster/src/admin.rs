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
    election::outlast,
};

/// Adds an account, or changes it. Whether it was there.
///
/// # Errors
///
/// Where the server does not take it.
pub async fn add(client: &Client, id: &AccountId, account: &Account) -> anyhow::Result<bool> {
    let bucket = outlast(client, async || Bucket::open(client, accounts::BUCKET, 1).await).await?;
    let was_there = outlast(client, async || bucket.read(&id.to_string()).await).await?.is_some_and(|entry| entry.value.is_some());
    let json = serde_json::to_vec(account)?;
    outlast(client, async || bucket.write(&id.to_string(), json.clone().into(), None, None).await).await?;
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
    let entry = match outlast(client, async || Bucket::find(client, accounts::BUCKET).await).await? {
        Some(bucket) => outlast(client, async || bucket.read(&id.to_string()).await).await?.map(|entry| (bucket, entry)),
        None => None,
    };
    match entry {
        Some((bucket, entry)) if entry.value.is_some() => {
            unpark(client, id).await?;
            outlast(client, async || bucket.delete(&id.to_string(), None).await).await?;
            Ok(())
        }
        _ => bail!("there is no account {id}; cluster status lists them"),
    }
}

async fn unpark(client: &Client, id: &AccountId) -> anyhow::Result<()> {
    if let Some(bucket) = outlast(client, async || Bucket::find(client, parked::BUCKET).await).await?
        && outlast(client, async || bucket.read(&id.to_string()).await).await?.is_some_and(|entry| entry.value.is_some())
    {
        outlast(client, async || bucket.delete(&id.to_string(), None).await).await?;
    }
    Ok(())
}
