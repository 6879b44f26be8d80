//! Asks which worker holds which account at this moment.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use async_nats::Client;
use comfy_table::{CellAlignment, Table, presets::NOTHING};
use serde::Serialize;

use crate::{
    buckets::{
        Bucket, Entry, accounts,
        leases::{self, Holding},
        parked::{self, Parked},
        workers,
    },
    election::outlast,
};

/// What `cluster status --json` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// All accounts, ordered by id.
    pub accounts: Vec<Account>,
    /// All workers, ordered by name.
    pub workers: Vec<Worker>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The id of the account.
    pub id: String,
    /// The name of the worker that holds the account. `None` if nobody does.
    pub holder: Option<String>,
    /// The epoch of the account's lease. `None` if nobody holds it.
    pub epoch: Option<u64>,
    /// Why the account is parked. `None` if it is not.
    pub parked: Option<Reason>,
}

/// Why an account is parked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The kind of the error, such as `unauthorized`.
    pub kind: String,
    /// What the error says.
    pub message: String,
}

/// One worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worker {
    /// The name of the worker.
    pub name: String,
    /// How many accounts the worker holds.
    pub accounts: usize,
}

impl Status {
    /// Asks the server for the status.
    ///
    /// # Errors
    ///
    /// If the server does not answer.
    pub async fn ask(client: &Client) -> anyhow::Result<Self> {
        let accounts = scan(client, accounts::BUCKET).await?;
        let leases = scan(client, leases::BUCKET).await?;
        let workers = scan(client, workers::BUCKET).await?;
        let parked = scan(client, parked::BUCKET).await?;
        let accounts = accounts.into_iter().map(|(id, entry)| {
            let holding = leases.get(&id).and_then(Holding::of);
            let parked = parked.get(&id).and_then(|entry| serde_json::from_slice::<Parked>(entry.value.as_ref()?).ok());
            let parked = parked.filter(|parked| parked.revision == entry.revision);
            Account {
                holder: holding.as_ref().map(|(holding, _)| holding.worker.clone()),
                epoch: holding.map(|(_, epoch)| epoch),
                parked: parked.map(|Parked { kind, message, .. }| Reason { kind, message }),
                id,
            }
        });
        let accounts = accounts.collect::<Vec<_>>();
        let held = |name: &str| accounts.iter().filter(|account| account.holder.as_deref() == Some(name)).count();
        let workers = workers.into_keys().collect::<BTreeSet<_>>();
        let workers = workers.into_iter().map(|name| Worker { accounts: held(&name), name }).collect();
        Ok(Self { accounts, workers })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut accounts = table(["account", "holder", "epoch", "parked"]);
        accounts.column_mut(2).into_iter().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        for Account { id, holder, epoch, parked } in &self.accounts {
            let parked = parked.as_ref().map(|Reason { kind, message }| format!("{kind}: {message}"));
            let epoch = epoch.map(|epoch| epoch.to_string());
            accounts.add_row([
                id.clone(),
                holder.clone().unwrap_or_else(|| "-".into()),
                epoch.unwrap_or_default(),
                parked.unwrap_or_default(),
            ]);
        }
        let mut workers = table(["worker", "accounts"]);
        for Worker { name, accounts } in &self.workers {
            workers.add_row([name.clone(), accounts.to_string()]);
        }
        write!(f, "{}\n\n{}", accounts.trim_fmt(), workers.trim_fmt())
    }
}

fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    table
}

/// The keys that a bucket has. Empty if there is no bucket.
async fn scan(client: &Client, name: &'static str) -> anyhow::Result<BTreeMap<String, Entry>> {
    let Some(bucket) = outlast(client, async || Bucket::find(client, name).await).await? else { return Ok(BTreeMap::new()) };
    let mut entries = outlast(client, async || bucket.scan().await).await?;
    entries.retain(|_, entry| entry.value.is_some());
    Ok(entries)
}
