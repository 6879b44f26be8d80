//! Runs the whole cluster on this machine: a NATS server, simulated accounts
//! and workers. It kills one of the workers.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail};
use async_nats::{Client, jetstream};
use clap::Args;
use cluster::{
    admin,
    buckets::accounts::{Account, Place},
    connect::connect_to,
    servers::Servers,
    status::Status,
    store::STREAM,
};
use common::{seconds::seconds, stdout::Stdout};
use rumble_live::sim::{Activity, Server, Sim};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{Instant, sleep},
};

use crate::nats_server::NatsServer;

/// What happens on each simulated account.
const ACTIVITY: Activity = Activity { followers_per_second: 0.05, messages_per_second: 0.2, rants_per_second: 0.02, ..Activity::NONE };
/// The seconds between two polls of an account.
const INTERVAL: &str = "5";
const LOOK: Duration = Duration::from_millis(200);
/// How often to print how many events are stored.
const TELL: Duration = Duration::from_secs(10);
/// How many accounts of a worker to list by id.
const NAMED: usize = 4;

#[derive(Args)]
pub(crate) struct Options {
    /// How many accounts to simulate
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..))]
    accounts: u16,
    /// How many workers to start
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..=50))]
    workers: u16,
    /// End after this time [default: at Ctrl-C]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<Duration>,
}

pub(crate) async fn run(options: Options, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let mut stage = None;
    let mut stdout = Stdout::new();
    let outcome = tokio::select! {
        biased;
        () = stop => Ok(()),
        () = sleep(options.seconds.unwrap_or(Duration::MAX)) => Ok(()),
        shown = async {
            let stage = stage.insert(Stage::build(&options, &mut stdout).await?);
            stage.show(&mut stdout).await
        } => shown,
    };
    match stage {
        Some(stage) => outcome.and(stage.end().await),
        None => outcome,
    }
}

struct Stage {
    server: NatsServer,
    client: Client,
    workers: BTreeMap<String, Child>,
    /// Serves the simulated accounts until it is dropped.
    _accounts: Server,
    folder: TempDir,
}

impl Stage {
    async fn build(options: &Options, stdout: &mut Stdout) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let server = NatsServer::start(folder.path()).await?;
        stdout.print_line(&format!("nats-server listens at {} and stores in {}", server.url(), folder.path().display())).await?;
        let client = connect_to(&Servers::at(server.url())?).await?;
        let accounts = add_accounts(&client, options.accounts, folder.path()).await?;
        stdout
            .print_line(&format!("added {} simulated accounts; each gets a follower, a rant and some chat now and then", options.accounts))
            .await?;
        let mut workers = BTreeMap::new();
        for number in 1..=options.workers {
            let name = format!("worker-{number}");
            workers.insert(name.clone(), start_worker(&name, server.url(), folder.path())?);
        }
        stdout.print_line(&format!("started {} workers", options.workers)).await?;
        Ok(Self { server, client, workers, _accounts: accounts, folder })
    }

    /// Returns only if something goes wrong.
    async fn show(&mut self, stdout: &mut Stdout) -> anyhow::Result<()> {
        let start = Instant::now();
        let before = self.wait_until_shared().await?;
        stdout.print_line(&format!("\nafter {:.1} s the workers have shared out the accounts:", start.elapsed().as_secs_f64())).await?;
        stdout.print_line(&who_holds_what(&before)).await?;

        let victim = before.workers.iter().max_by_key(|worker| worker.accounts).context("there is no worker")?.name.clone();
        let orphans = held_by(&before, &victim);
        // SIGKILL on Unix.
        self.workers.remove(&victim).context("no such worker")?.kill().await?;
        let killed = Instant::now();
        stdout
            .print_line(&format!(
                "\nkilled {victim} with kill -9. It held {} accounts; the server ends a lease 20 s after its last renewal",
                orphans.len()
            ))
            .await?;
        self.watch_takeover(&victim, &orphans, killed, stdout).await?;
        let after = self.wait_until_shared().await?;
        stdout.print_line(&format!("\n{:.1} s after the kill the shares are even again:", killed.elapsed().as_secs_f64())).await?;
        stdout.print_line(&who_holds_what(&after)).await?;
        stdout.print_line("").await?;
        loop {
            let stored = jetstream::new(self.client.clone()).get_stream(STREAM).await?.cached_info().state.messages;
            let checkpoints = after.accounts.len() as u64;
            stdout
                .print_line(&format!(
                    "{} events are stored; NATS_URL={} cargo run -p cluster -- tail shows them",
                    stored.saturating_sub(checkpoints),
                    self.server.url()
                ))
                .await?;
            sleep(TELL).await;
            self.check_workers()?;
        }
    }

    /// Returns when all accounts of the killed worker have another holder.
    async fn watch_takeover(
        &mut self,
        victim: &str,
        orphans: &BTreeSet<String>,
        killed: Instant,
        stdout: &mut Stdout,
    ) -> anyhow::Result<()> {
        let mut waiting = orphans.clone();
        let mut takers = BTreeMap::<String, usize>::new();
        while !waiting.is_empty() {
            sleep(LOOK).await;
            let is_first = waiting.len() == orphans.len();
            for account in Status::ask(&self.client).await?.accounts {
                if let Some(holder) = account.holder
                    && holder != victim
                    && waiting.remove(&account.id)
                {
                    *takers.entry(holder).or_default() += 1;
                }
            }
            if is_first && waiting.len() < orphans.len() {
                stdout
                    .print_line(&format!("{:.1} s after the kill the first of them has a new holder", killed.elapsed().as_secs_f64()))
                    .await?;
            }
            self.check_workers()?;
        }
        let takers = takers.into_iter().map(|(name, count)| format!("{name} took {count}")).collect::<Vec<_>>().join(", ");
        stdout
            .print_line(&format!(
                "{:.1} s after the kill all {} have a new holder: {takers}",
                killed.elapsed().as_secs_f64(),
                orphans.len()
            ))
            .await?;
        Ok(())
    }

    /// Waits until every account has a holder and the shares of any two workers
    /// differ by one at most.
    async fn wait_until_shared(&mut self) -> anyhow::Result<Status> {
        loop {
            let status = Status::ask(&self.client).await?;
            let counts = status.workers.iter().map(|worker| worker.accounts);
            let spread = counts.clone().max().unwrap_or_default() - counts.min().unwrap_or_default();
            if status.workers.len() == self.workers.len() && spread <= 1 && status.accounts.iter().all(|account| account.holder.is_some()) {
                return Ok(status);
            }
            sleep(LOOK).await;
            self.check_workers()?;
        }
    }

    fn check_workers(&mut self) -> anyhow::Result<()> {
        for (name, process) in &mut self.workers {
            if let Some(status) = process.try_wait()? {
                let said = std::fs::read_to_string(log_of(self.folder.path(), name)).unwrap_or_default();
                bail!("{name} has ended ({status}): {}", said.lines().last().unwrap_or("it logged nothing"));
            }
        }
        Ok(())
    }

    /// Ends all processes and removes the folder.
    async fn end(mut self) -> anyhow::Result<()> {
        for process in self.workers.values_mut() {
            process.kill().await?;
        }
        self.server.end().await?;
        let folder = self.folder.path().to_owned();
        self.folder.close().with_context(|| folder.display().to_string())
    }
}

async fn add_accounts(client: &Client, count: u16, folder: &Path) -> anyhow::Result<Server> {
    let sims = (0..count).map(|seed| Sim::on_wall_clock(seed.into())).collect::<Vec<_>>();
    let [first, others @ ..] = &sims[..] else { bail!("there are no accounts to simulate") };
    let server = first.serve().await.context("cannot serve the simulated accounts")?;
    let urls = [server.url().to_owned()].into_iter().chain(others.iter().map(|sim| server.add(sim)));
    for (number, (sim, url)) in sims.iter().zip(urls).enumerate() {
        sim.live(ACTIVITY);
        let id = format!("account-{:02}", number + 1);
        let file = folder.join(format!("{id}.url"));
        tokio::fs::write(&file, url).await.with_context(|| file.display().to_string())?;
        admin::add(client, &id.parse()?, &Account { url: Place::File(file) }).await?;
    }
    Ok(server)
}

fn start_worker(name: &str, nats: &str, folder: &Path) -> anyhow::Result<Child> {
    let log = log_of(folder, name);
    let log = File::create(&log).with_context(|| log.display().to_string())?;
    let mut command = Command::new(env::current_exe().context("cannot find the file of this program")?);
    command.args(["--nats", nats, "worker", "--name", name, "--interval", INTERVAL]);
    command.env_remove("NATS_URL").env_remove("NATS_CREDS").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).kill_on_drop(true);
    command.spawn().with_context(|| format!("{name} cannot be started"))
}

fn log_of(folder: &Path, worker: &str) -> PathBuf {
    folder.join(format!("{worker}.log"))
}

fn held_by(status: &Status, worker: &str) -> BTreeSet<String> {
    status.accounts.iter().filter(|account| account.holder.as_deref() == Some(worker)).map(|account| account.id.clone()).collect()
}

fn who_holds_what(status: &Status) -> String {
    let lines = status.workers.iter().map(|worker| {
        let held = held_by(status, &worker.name);
        let named = held.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = held.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("  {} holds {}: {named}{more}", worker.name, held.len())
    });
    lines.collect::<Vec<_>>().join("\n")
}
