//! Measures how much one worker and one nats-server can carry: `cargo bench -p
//! cluster --bench capacity -- [ACCOUNTS]...`
//!
//! A process of its own simulates the accounts, so that each process has its
//! own figures for CPU and memory. Needs Linux, and nats-server 2.14 on the
//! PATH or its file in `NATS_SERVER`.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use async_nats::jetstream::{self, stream::State};
use cluster::store::STREAM;
use rumble_live::sim::{Activity, Sim};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

/// How long to measure, unless `CAPACITY_SECONDS` says otherwise.
const SECONDS: u64 = 60;
/// How long the worker holds all accounts before the measurement begins: more
/// than one interval, so that each account has been polled.
const SETTLE: Duration = Duration::from_secs(15);
/// How long it may take until the worker holds all accounts.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(500);
/// One account in this many is live and has a live chat.
const LIVE: usize = 10;
/// What happens on a live account: a new message every five seconds, and what
/// happens on any account.
const CHAT: Activity = Activity { messages_per_second: 0.2, ..OFF_AIR };
/// What happens on any account: a new follower every hundred seconds.
const OFF_AIR: Activity = Activity { followers_per_second: 0.01, ..Activity::NONE };
/// How many followers and messages each account's lists have at the start.
const ENTRIES: u32 = 20;

fn main() -> anyhow::Result<()> {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if let [serve, accounts] = &*arguments
        && serve == "serve"
    {
        return runtime.block_on(serve_accounts(accounts.parse()?));
    }
    let counts = if arguments.is_empty() { vec!["500".into(), "5000".into()] } else { arguments };
    println!(
        "| accounts | all held after | polls/s | polls that failed and leases lost | events/s | batches/s | stored, bytes/s | stored, bytes an event | worker CPU | worker memory | nats-server CPU | nats-server memory | simulator CPU | idle |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for count in counts {
        let accounts = count.parse().with_context(|| format!("{count:?} is not a number of accounts"))?;
        println!("{}", runtime.block_on(measure(accounts))?);
    }
    Ok(())
}

/// Prints a URL for each account and serves the accounts until it is killed.
async fn serve_accounts(count: u32) -> anyhow::Result<()> {
    let sims: Vec<Sim> = (0..count.into()).map(Sim::running).collect();
    for (number, sim) in sims.iter().enumerate() {
        let stream = sim.start_stream("Harbour lights");
        for number in 0..ENTRIES {
            sim.follow(&format!("follower{number}"));
            sim.message(&stream, &format!("viewer{number}"), "The lights went on before the fog came in");
            sim.advance(Duration::from_secs(1));
        }
        if number % LIVE == 0 {
            sim.live(CHAT);
        } else {
            sim.end_stream(&stream);
            sim.live(OFF_AIR);
        }
    }
    let first = sims.first().context("there is no account to serve")?;
    let server = first.serve().await?;
    let mut urls = server.url().to_owned();
    for sim in sims.iter().skip(1) {
        write!(urls, "\n{}", server.add(sim))?;
    }
    let mut stdout = io::stdout();
    writeln!(stdout, "{urls}")?;
    stdout.flush()?;
    std::future::pending().await
}

async fn measure(accounts: u32) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let nats_port = free_port()?;
    let program = env::var_os("NATS_SERVER").unwrap_or_else(|| "nats-server".into());
    let mut command = Command::new(&program);
    command.args(["--addr", "127.0.0.1", "--port", &nats_port.to_string(), "--jetstream", "--store_dir"]).arg(folder.path().join("data"));
    let nats = Process::start(command.stdout(Stdio::null()).stderr(Stdio::null()))
        .with_context(|| format!("{} does not start", program.display()))?;
    let url = format!("nats://127.0.0.1:{nats_port}");

    let mut command = Command::new(env::current_exe()?);
    let mut simulator = Process::start(command.args(["serve", &accounts.to_string()]).stdout(Stdio::piped()))?;
    let lines = BufReader::new(simulator.0.stdout.take().context("cannot read the simulator's output")?).lines();
    let urls = lines.take(usize::try_from(accounts)?).collect::<Result<Vec<_>, _>>()?;

    let monitor = free_port()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    command.args(["worker", "--name", "capacity", "--monitor", &monitor.to_string()]).env("NATS_URL", &url).env("RUST_LOG", "warn");
    let log = fs::File::create(folder.path().join("worker.log"))?;
    let worker = Process::start(command.stdout(Stdio::null()).stderr(log))?;

    let jetstream = jetstream::new(async_nats::ConnectOptions::new().retry_on_initial_connect().connect(&url).await?);
    wait(async || jetstream.get_stream("KV_RUMBLE_ACCOUNTS").await.is_ok()).await.context("the worker does not make the buckets")?;
    let start = Instant::now();
    add(&jetstream, &urls, folder.path()).await?;
    let all_held = wait(async || figure(monitor, "cluster_accounts_held").await.is_ok_and(|held| held >= f64::from(accounts))).await;
    let said = || fs::read_to_string(folder.path().join("worker.log")).unwrap_or_default();
    all_held.with_context(|| {
        format!("the worker does not hold all accounts; its log:\n{}", said().lines().take(20).collect::<Vec<_>>().join("\n"))
    })?;
    let held_after = start.elapsed();
    sleep(SETTLE).await;

    let seconds =
        env::var("CAPACITY_SECONDS").map_or(Ok(SECONDS), |seconds| seconds.parse()).context("CAPACITY_SECONDS has to be a number")?;
    let processes = [&worker, &nats, &simulator];
    let before = Sample::take(&jetstream, monitor, processes).await?;
    sleep(Duration::from_secs(seconds)).await;
    let after = Sample::take(&jetstream, monitor, processes).await?;
    ensure!(!after.said_nothing(), "the worker reports no polls");
    row(accounts, held_after, &before, &after)
}

/// Writes an entry for each account, as `cluster add` does.
async fn add(jetstream: &jetstream::Context, urls: &[String], folder: &Path) -> anyhow::Result<()> {
    for (number, url) in urls.iter().enumerate() {
        let file = folder.join(format!("url-{number}"));
        fs::write(&file, url)?;
        let entry = serde_json::json!({ "url": { "file": file } }).to_string();
        jetstream.publish(format!("$KV.RUMBLE_ACCOUNTS.account-{number}"), entry.into()).await?.await?;
    }
    Ok(())
}

fn row(accounts: u32, held_after: Duration, before: &Sample, after: &Sample) -> anyhow::Result<String> {
    let seconds = after.at.duration_since(before.at).as_secs_f64();
    let rate = |of: fn(&Sample) -> f64| (of(after) - of(before)) / seconds;
    let [worker, nats, simulator] = [0, 1, 2].map(|place| (after.cpu[place] - before.cpu[place]) / seconds * 100.0);
    let [worker_memory, nats_memory, _] = after.memory;
    let stored = |of: fn(&Sample) -> u64| u32::try_from(of(after).saturating_sub(of(before))).map(f64::from);
    let (events, bytes) = (after.events - before.events, stored(|sample| sample.bytes)?);
    Ok(format!(
        "| {accounts} | {:.0} s | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} | {:.0} | {worker:.0} % | {worker_memory:.0} MiB | {nats:.0} % | {nats_memory:.0} MiB | {simulator:.0} % | {:.0} % |",
        held_after.as_secs_f64(),
        rate(|sample| sample.polls),
        after.failures - before.failures + after.lost - before.lost,
        events / seconds,
        rate(|sample| sample.batches),
        bytes / seconds,
        bytes / events,
        rate(|sample| sample.idle) * 100.0,
    ))
}

/// The figures that are read before and after the measurement.
struct Sample {
    at: Instant,
    polls: f64,
    failures: f64,
    /// How many leases were lost.
    lost: f64,
    batches: f64,
    /// How many events the watchers have yielded. As long as the store keeps
    /// up, each is a message of the stream.
    events: f64,
    /// How many bytes the stream has.
    bytes: u64,
    /// The CPU time of each process, in seconds.
    cpu: [f64; 3],
    /// The memory of each process, in MiB.
    memory: [f64; 3],
    /// How long the cores have been idle, all of them together, in seconds.
    idle: f64,
}

impl Sample {
    async fn take(jetstream: &jetstream::Context, monitor: u16, processes: [&Process; 3]) -> anyhow::Result<Self> {
        let figures = figures(monitor).await?;
        let mut stream = jetstream.get_stream(STREAM).await?;
        let State { bytes, .. } = stream.info().await?.state;
        let mut cpu = [0.0; 3];
        let mut memory = [0.0; 3];
        for (place, process) in processes.into_iter().enumerate() {
            (cpu[place], memory[place]) = process.usage()?;
        }
        Ok(Self {
            at: Instant::now(),
            polls: sum(&figures, "rumble_live_polls_total"),
            failures: sum(&figures, "rumble_live_poll_failures_total"),
            lost: sum(&figures, "cluster_leases_lost_total"),
            batches: sum(&figures, "cluster_batches_stored_total"),
            events: sum(&figures, "rumble_live_events_total"),
            bytes,
            cpu,
            memory,
            idle: idle()?,
        })
    }

    fn said_nothing(&self) -> bool {
        self.polls == 0.0
    }
}

/// A process that is killed when this is dropped.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).spawn().map(Self)
    }

    /// The CPU time in seconds and the resident memory in MiB, from `/proc`.
    fn usage(&self) -> anyhow::Result<(f64, f64)> {
        let folder = Path::new("/proc").join(self.0.id().to_string());
        let stat = fs::read_to_string(folder.join("stat")).context("a process has ended")?;
        // User and system time are the twelfth and thirteenth field after the name, in hundredths of a second.
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().skip(11).take(2)).context("stat")?;
        let hundredths = fields.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        let status = fs::read_to_string(folder.join("status"))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")).context("VmRSS")?;
        Ok((f64::from(hundredths) / 100.0, kib.parse::<f64>()? / 1024.0))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// How long the cores have been idle since the machine started, all of them
/// together, in seconds.
fn idle() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().context("/proc/stat")?.split_ascii_whitespace().skip(4).take(2);
    Ok(fields.map(str::parse::<f64>).sum::<Result<f64, _>>()? / 100.0)
}

fn free_port() -> io::Result<u16> {
    TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}

async fn wait(is_so: impl AsyncFn() -> bool) -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    while !is_so().await {
        ensure!(Instant::now() < end, "not within {PATIENCE:?}");
        sleep(LOOK).await;
    }
    Ok(())
}

async fn figure(port: u16, name: &str) -> anyhow::Result<f64> {
    Ok(sum(&figures(port).await?, name))
}

/// Adds up a figure over all its labels.
fn sum(figures: &str, name: &str) -> f64 {
    let is_it = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    figures.lines().filter(is_it).filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

/// What the worker tells Prometheus.
async fn figures(port: u16) -> anyhow::Result<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await?;
    Ok(answer)
}
