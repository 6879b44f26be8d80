//! Watches many Rumble accounts from many machines; see README.md.

use std::{
    future::IntoFuture as _,
    net::Ipv4Addr,
    path::{self, PathBuf},
    process::{self, ExitCode},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use cluster::{
    admin,
    batch::AccountId,
    buckets::accounts::{Account, Place},
    connect::{connect, connect_patiently},
    metering,
    status::Status,
    tail::Tail,
    worker::{self, Worker},
};
use common::{
    monitoring::Monitoring,
    seconds::seconds,
    stderr::print_line,
    stdout::Stdout,
    stop::{end_at_next_ctrl_c, stopped},
};
use tokio::{
    net::TcpListener,
    runtime,
    sync::watch,
    time::{MissedTickBehavior, interval},
};

mod demo;
mod nats_server;

/// How often `/healthz` learns when the newest snapshot came.
const LOOK: Duration = Duration::from_secs(1);

/// Watches many Rumble accounts from many machines. NATS JetStream shares out
/// the accounts and stores what happens.
///
/// Start a worker on each machine and add accounts. The workers share out the
/// accounts among themselves. `cluster demo` shows all this on one machine.
///
/// You need a NATS server of version 2.12 or newer, with JetStream switched on.
/// Name it, or several servers, with --nats or in the environment variable
/// NATS_URL. A URL with a password is a secret: put it into NATS_URL, since
/// --nats refuses it. NATS_CREDS can name a file with credentials.
///
/// Results go to standard output and the log goes to standard error.
/// RUST_LOG=cluster=debug,rumble_live=debug logs more.
#[derive(Parser)]
#[expect(clippy::doc_markdown, reason = "it is the text of --help")]
#[command(version)]
struct Options {
    /// URLs of the NATS servers, separated by commas [default: NATS_URL, or
    /// nats://127.0.0.1:4222]
    #[arg(long, value_name = "URL", global = true)]
    nats: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Watch a share of the accounts and store their events, until Ctrl-C or
    /// SIGTERM
    Worker(WorkerOptions),
    /// Add an account, or change where its API URL is found
    Add(Add),
    /// Stop watching an account; its events stay
    Remove {
        /// The id of the account, as you gave it to add
        id: AccountId,
    },
    /// Show which worker holds which account
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print events as they are stored, until Ctrl-C
    Tail {
        /// Print only the events of this account
        id: Option<AccountId>,
        /// Start with the oldest stored event
        #[arg(long)]
        since_start: bool,
    },
    /// Start a NATS server, simulated accounts and workers on this machine,
    /// kill a worker, and show who takes over
    Demo(demo::Options),
}

#[derive(Args)]
struct WorkerOptions {
    /// The name of this worker; no two workers may have the same one [default:
    /// host name, process id and four random letters]
    #[arg(long, value_name = "NAME")]
    name: Option<AccountId>,
    /// On how many NATS servers to keep each message: 3 in a cluster of three.
    /// If the stream or a bucket has more replicas, it keeps them
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=5))]
    replicas: u8,
    /// Time between two polls of an account [default: 10, or 5 while much
    /// happens]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    interval: Option<Duration>,
    /// Serve /metrics for Prometheus and /healthz on this port of 127.0.0.1; 0
    /// picks a free port
    #[arg(long, value_name = "PORT")]
    monitor: Option<u16>,
}

#[derive(Args)]
struct Add {
    /// The id of the account: up to 64 letters, digits, - and _
    id: AccountId,
    #[command(flatten)]
    url: Url,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Url {
    /// The file that holds the API URL; it has to be on the machine of every
    /// worker
    #[arg(long, value_name = "PATH")]
    url_file: Option<PathBuf>,
    /// The environment variable that holds the API URL; every worker has to
    /// have it
    #[arg(long, value_name = "VAR")]
    url_env: Option<String>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut runtime::Builder::new_multi_thread(), async {
        common::log::start("cluster=info,warn")?;
        let nats = options.nats.as_deref();
        match options.command {
            Command::Worker(options) => Box::pin(work(nats, options)).await,
            Command::Add(options) => add(nats, options).await,
            Command::Remove { id } => {
                admin::remove(&connect(nats).await?, &id).await?;
                say(format!("removed {id}; its events stay in the stream")).await
            }
            Command::Status { json } => {
                let status = Status::ask(&connect(nats).await?).await?;
                say(if json { serde_json::to_string(&status)? } else { status.to_string() }).await
            }
            Command::Tail { id, since_start } => {
                let tail = Tail::open(connect(nats).await?, id.as_ref(), since_start).await?;
                let mut stdout = Stdout::new();
                tokio::select! {
                    () = stopped() => Ok(()),
                    printed = tail.run(async |line: String| stdout.print_line(&line).await) => Ok(printed?),
                }
            }
            Command::Demo(_) if nats.is_some() => bail!("the demo starts its own NATS server; leave out --nats"),
            Command::Demo(options) => demo::run(options, stopped()).await,
        }
    })
}

async fn say(text: String) -> anyhow::Result<()> {
    Ok(Stdout::new().print_line(&text).await?)
}

async fn add(nats: Option<&str>, Add { id, url }: Add) -> anyhow::Result<()> {
    let is_variable = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let url = match (url.url_file, url.url_env) {
        // A URL stored on the servers would show its key to everybody who reads them. The errors do not quote the argument: it may contain
        // the key.
        (Some(file), None) if file.to_string_lossy().contains("://") => bail!("--url-file takes the path of a file, not the URL itself"),
        (None, Some(variable)) if !is_variable(&variable) => {
            bail!("--url-env takes the name of a variable (letters, digits and _), not the URL itself")
        }
        (Some(file), None) => Place::File(path::absolute(&file).with_context(|| format!("--url-file {}", file.display()))?),
        (None, Some(variable)) => Place::Env(variable),
        _ => bail!("give either --url-file or --url-env"),
    };
    let was_there = admin::add(&connect(nats).await?, &id, &Account { url }).await?;
    say(if was_there { format!("changed {id}") } else { format!("added {id}") }).await
}

async fn work(nats: Option<&str>, options: WorkerOptions) -> anyhow::Result<()> {
    let stop = async {
        stopped().await;
        end_at_next_ctrl_c();
    };
    tokio::pin!(stop);
    let name = options.name.map_or_else(default_name, |name| name.to_string());
    let monitoring = match options.monitor {
        Some(port) => Some(monitor(port, options.interval).await.with_context(|| format!("--monitor {port}"))?),
        None => None,
    };
    let opened = async {
        let client = connect_patiently(nats).await?;
        let options = worker::Options { name, replicas: options.replicas.into(), interval: options.interval };
        anyhow::Ok(Box::pin(Worker::open(client, options)).await?)
    };
    let worker = tokio::select! {
        // Comes first, so that the worker listens for signals before it does anything else.
        biased;
        () = &mut stop => return Ok(()),
        opened = opened => opened?,
    };
    if let Some(monitoring) = monitoring {
        tokio::spawn(look(monitoring, worker.newest()));
    }
    worker.run(stop).await;
    Ok(())
}

/// Serves `/metrics` and `/healthz`. `polled_every` is the interval of the
/// polls, if one is set.
async fn monitor(port: u16, polled_every: Option<Duration>) -> anyhow::Result<Monitoring> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    print_line(format_args!("monitoring: http://{address}/metrics and http://{address}/healthz"));
    let monitoring = Monitoring::start("snapshot", polled_every)?;
    metering::start();
    tokio::spawn(axum::serve(listener, monitoring.clone().router()).into_future());
    Ok(monitoring)
}

async fn look(monitoring: Monitoring, newest: watch::Receiver<Option<time::OffsetDateTime>>) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        monitoring.look(*newest.borrow());
    }
}

fn default_name() -> String {
    let host = gethostname::gethostname().to_string_lossy().replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
    // Containers that share a host name may have the same process id.
    let random = std::iter::repeat_with(fastrand::lowercase).take(4).collect::<String>();
    format!("{}-{}-{random}", host.chars().take(40).collect::<String>(), process::id())
}
