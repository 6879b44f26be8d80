//! Watches many accounts in one process and prints once a second how it goes.
//!
//! The accounts are simulated, in this process or another one, or a file lists
//! their API URLs.

use std::{
    collections::VecDeque,
    fmt, fs, io, mem,
    path::{Path, PathBuf},
    pin::Pin,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use clap::{Parser, value_parser};
use common::{seconds::seconds, stderr::print_line, stdout::Stdout, stop::told_to_stop};
use futures::{
    Stream, StreamExt as _,
    future::join_all,
    stream::{self, BoxStream},
};
use rumble_live::{
    Client, Error, Event, Pool, Reader, Watcher,
    sim::{Activity, Server, Sim},
};
use tokio::{
    runtime::Builder,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

/// Watches many accounts in one process and prints once a second how it goes.
///
/// The lateness of a poll is how much later than one interval after the
/// previous outcome its own outcome comes, so the time that its request takes
/// counts as lateness. After a failed poll it counts from when the watcher said
/// that it would try again. For the first poll it counts from one interval
/// after the start.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// How many accounts to simulate
    #[arg(default_value_t = 100, value_parser = value_parser!(u64).range(1..), conflicts_with = "urls")]
    accounts: u64,
    /// How many followers, subscribers and messages each account has at the
    /// start
    #[arg(long, default_value_t = 50)]
    entries: u32,
    /// How many messages come in each account's chat
    #[arg(long, value_name = "PER_SECOND", default_value_t = 0.02)]
    messages: f64,
    /// Time between two polls of an account
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "10")]
    interval: Duration,
    /// Make all first polls at once, instead of spreading them over the
    /// interval
    #[arg(long)]
    at_once: bool,
    /// Open at most this many connections a second
    #[arg(long, value_name = "PER_SECOND", default_value_t = 100)]
    connections: u32,
    /// Give each account a feed, and so its own task, instead of reading its
    /// watcher
    #[arg(long)]
    feeds: bool,
    /// How many tasks share the handling of events
    #[arg(long, default_value_t = 1)]
    tasks: usize,
    /// Stop after this time [default: at Ctrl-C or SIGTERM]
    #[arg(long, value_parser = seconds)]
    seconds: Option<Duration>,
    /// Only serve the simulated accounts, and print their URLs, one per line
    #[arg(long)]
    serve: bool,
    /// Watch the accounts in this file, one URL per line, instead of simulated
    /// ones
    #[arg(long, value_name = "FILE", conflicts_with = "serve")]
    urls: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    common::run::run(&mut Builder::new_current_thread(), many(&options))
}

async fn many(options: &Options) -> anyhow::Result<()> {
    if options.serve {
        let simulated = Simulated::serve(options).await?;
        return simulated.report(options.seconds).await;
    }
    if let Some(file) = &options.urls {
        let lines = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let lines = lines.lines().zip(1_u32..).filter(|(line, _)| !line.trim().is_empty());
        let urls: Vec<_> = lines.map(|(line, number)| (format!("{}, line {number}", file.display()), line)).collect();
        ensure!(!urls.is_empty(), "{}: there is no URL in it; put one on each line", file.display());
        watch(urls, options).await
    } else {
        let simulated = Simulated::serve(options).await?;
        watch(simulated.urls.iter().map(|url| ("a simulated account".to_owned(), url.as_str())), options).await
    }
}

/// Watches all accounts over one pool until the time is over. With each URL
/// comes the name that an error gives it.
async fn watch<'a>(urls: impl IntoIterator<Item = (String, &'a str)>, options: &Options) -> anyhow::Result<()> {
    let pool = Pool::new().connections_per_second(options.connections);
    let tally = Arc::new(Tally::default());
    let account = |(name, url)| Account::new(url, &pool, options, &tally).context(name);
    let accounts = urls.into_iter().map(account).collect::<Result<Vec<_>, _>>()?;
    let (count, ready) = (accounts.len(), Usage::now());
    let mut shares: Vec<Vec<Account>> = Vec::new();
    shares.resize_with(options.tasks.max(1), Vec::new);
    for (account, share) in accounts.into_iter().zip((0..shares.len()).cycle()) {
        shares[share].push(account);
    }
    let tasks: Vec<_> = shares.into_iter().map(|share| tokio::spawn(handle(share, Arc::clone(&tally)))).collect();
    let start = Instant::now();
    let mut stdout = Stdout::new();
    tokio::select! {
        _ = join_all(tasks) => {}
        written = print_status(count, &tally, &mut stdout) => written?,
        over = time_is_over(options.seconds) => over?,
    }
    let (took, usage) = (start.elapsed(), Usage::now());
    let summary = format!(
        "watched {count} accounts for {:.1} s: {tally}\nCPU: {}; memory: {} KiB, before the first poll {} KiB",
        took.as_secs_f64(),
        usage.cpu_share(&ready, took),
        usage.rss_kib,
        ready.rss_kib
    );
    // Maybe nobody reads the output.
    timeout(Duration::from_secs(1), stdout.print_line(&summary)).await.unwrap_or(Ok(())).context("standard output")
}

/// Does what a bot service does: takes the events of all its accounts as they
/// come.
async fn handle(accounts: Vec<Account>, tally: Arc<Tally>) {
    let mut events = stream::select_all(accounts);
    while let Some(event) = events.next().await {
        match event {
            Ok(_) => tally.events.fetch_add(1, Relaxed),
            Err(error) => {
                print_line(format_args!("an account is given up: {error}"));
                tally.ended.fetch_add(1, Relaxed)
            }
        };
    }
}

/// Where the events of an account come from.
enum Source {
    Watcher(Box<Watcher>),
    /// With a feed, only the snapshots show the polls.
    Feed {
        events: Reader<Event>,
        polls: BoxStream<'static, ()>,
    },
}

/// The events of an account, with a look at each of its polls.
struct Account {
    source: Source,
    /// How many polls of the watcher were counted.
    polls: u64,
    interval: Duration,
    due: Option<Instant>,
    is_up: bool,
    tally: Arc<Tally>,
}

impl Account {
    fn new(url: &str, pool: &Pool, options: &Options, tally: &Arc<Tally>) -> Result<Self, Error> {
        let mut watcher = Client::builder(url).pool(pool).build()?.watch_builder().interval(options.interval);
        if !options.at_once {
            watcher = watcher.spread_first_poll();
        }
        let source = if options.feeds {
            let feed = watcher.build().spawn();
            let events = feed.events();
            let polls = stream::unfold(feed, |mut feed| async { feed.changed().await.map(|_| ((), feed)) }).fuse().boxed();
            Source::Feed { events, polls }
        } else {
            Source::Watcher(Box::new(watcher.build()))
        };
        Ok(Self { source, polls: 0, interval: options.interval, due: None, is_up: false, tally: Arc::clone(tally) })
    }

    /// Counts a poll that has ended. `retry_in` is set if it failed.
    fn poll_ended(&mut self, retry_in: Option<Duration>) {
        let now = Instant::now();
        if let Some(due) = self.due {
            self.tally.poll_ended(now.saturating_duration_since(due), retry_in.is_some());
        }
        self.due = Some(now + retry_in.unwrap_or(self.interval));
        self.set_up(retry_in.is_none());
    }

    fn set_up(&mut self, is_up: bool) {
        match (self.is_up, is_up) {
            (false, true) => self.tally.up.fetch_add(1, Relaxed),
            (true, false) => self.tally.up.fetch_sub(1, Relaxed),
            _ => 0,
        };
        self.is_up = is_up;
    }
}

impl Stream for Account {
    type Item = Result<Event, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.due.is_none() {
            this.due = Some(Instant::now() + this.interval);
        }
        let (item, has_snapshot) = match &mut this.source {
            Source::Watcher(watcher) => {
                let item = watcher.poll_next_unpin(context);
                (item, mem::replace(&mut this.polls, watcher.polls()) < watcher.polls())
            }
            Source::Feed { events, polls } => {
                let mut has_snapshot = false;
                while let Poll::Ready(Some(())) = polls.poll_next_unpin(context) {
                    has_snapshot = true;
                }
                (events.poll_next_unpin(context).map(|event| event.map(Ok)), has_snapshot)
            }
        };
        match &item {
            Poll::Ready(Some(Ok(Event::Interrupted(trouble)))) => {
                if this.tally.failures.load(Relaxed) == 0 {
                    print_line(format_args!("the first poll that failed: {trouble}"));
                }
                this.poll_ended(Some(trouble.retry_in));
            }
            Poll::Ready(None | Some(Err(_))) => this.set_up(false),
            _ if has_snapshot => this.poll_ended(None),
            _ => {}
        }
        item
    }
}

/// The counts of all accounts together.
#[derive(Default)]
struct Tally {
    up: AtomicU64,
    ended: AtomicU64,
    polls: AtomicU64,
    failures: AtomicU64,
    events: AtomicU64,
    /// How many polls were late by more than a second.
    late: AtomicU64,
    /// The worst lateness of a poll in microseconds: in this second, and in
    /// all.
    worst_now: AtomicU64,
    worst: AtomicU64,
}

impl Tally {
    fn poll_ended(&self, lateness: Duration, has_failed: bool) {
        let micros = u64::try_from(lateness.as_micros()).unwrap_or(u64::MAX);
        self.polls.fetch_add(1, Relaxed);
        self.failures.fetch_add(u64::from(has_failed), Relaxed);
        self.late.fetch_add(u64::from(lateness > Duration::from_secs(1)), Relaxed);
        self.worst_now.fetch_max(micros, Relaxed);
        self.worst.fetch_max(micros, Relaxed);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { up, polls, failures, events, late, worst, .. } = self;
        let [up, polls, failures, events, late] = [up, polls, failures, events, late].map(|count| count.load(Relaxed));
        let worst = Duration::from_micros(worst.load(Relaxed));
        write!(
            f,
            "{up} up, {polls} polls of which {failures} failed, {events} events, {late} polls late by more than 1 s, worst {worst:.3?}"
        )
    }
}

/// Prints a line every second, as long as somebody reads.
async fn print_status(accounts: usize, tally: &Tally, stdout: &mut Stdout) -> anyhow::Result<()> {
    let mut seconds = every(Duration::from_secs(1));
    seconds.tick().await;
    let (mut polls, mut events) = (0, 0);
    for second in 1_u64.. {
        seconds.tick().await;
        let (polls_before, events_before) = (polls, events);
        (polls, events) = (tally.polls.load(Relaxed), tally.events.load(Relaxed));
        let late = Duration::from_micros(tally.worst_now.swap(0, Relaxed));
        let line = format!(
            "{second:>4} s: {} of {accounts} accounts up, {} polls/s, {} events/s, late at most {late:.3?}, {} KiB",
            tally.up.load(Relaxed),
            polls - polls_before,
            events - events_before,
            Usage::now().rss_kib,
        );
        stdout.print_line(&line).await.context("standard output")?;
    }
    Ok(())
}

/// Simulated accounts behind one port.
struct Simulated {
    sims: Vec<Sim>,
    server: Server,
    urls: Vec<String>,
}

impl Simulated {
    async fn serve(options: &Options) -> anyhow::Result<Self> {
        let sims: Vec<Sim> = (0..options.accounts).map(|seed| simulate(seed, options)).collect();
        let server = sims[0].serve().await.context("cannot serve the simulated accounts")?;
        let urls = [server.url().to_owned()].into_iter().chain(sims[1..].iter().map(|sim| server.add(sim))).collect();
        Ok(Self { sims, server, urls })
    }

    /// Prints the URLs, serves until the time is over, and then says what
    /// clients asked for.
    async fn report(self, seconds: Option<Duration>) -> anyhow::Result<()> {
        let (start, ready) = (Instant::now(), Usage::now());
        let mut stdout = Stdout::new();
        let mut most = 0;
        tokio::select! {
            printed = async {
                stdout.print_line(&self.urls.join("\n")).await?;
                most_in_a_second(&self.server, &mut most).await
            } => printed.context("standard output")?,
            over = time_is_over(seconds) => over?,
        }
        let answers: u64 = self.sims.iter().map(Sim::answers).sum();
        let bytes = self.sims.iter().map(|sim| sim.snapshot_json().len()).sum::<usize>() / self.sims.len();
        print_line(format_args!(
            "served {answers} answers of {bytes} bytes each over {} connections, at most {most} of them opened in one second",
            self.server.connections()
        ));
        print_line(format_args!("CPU of the server: {}", Usage::now().cpu_share(&ready, start.elapsed())));
        Ok(())
    }
}

/// An account on which things have happened, one a second. From now on little
/// happens.
fn simulate(seed: u64, options: &Options) -> Sim {
    let sim = Sim::running(seed);
    let stream = sim.start_stream("Harbour lights");
    for number in 0..options.entries {
        sim.follow(&format!("follower{number}"));
        sim.subscribe(&format!("subscriber{number}"), 500);
        sim.message(&stream, &format!("viewer{number}"), "The lights went on before the fog came in");
        sim.advance(Duration::from_secs(1));
    }
    sim.live(Activity { messages_per_second: options.messages, ..Activity::NONE });
    sim
}

/// Keeps track of the highest number of connections opened in one second, to a
/// twentieth of a second. Never returns.
async fn most_in_a_second(server: &Server, most: &mut u64) -> io::Result<()> {
    let mut ticks = every(Duration::from_millis(50));
    let mut last_second = VecDeque::from([0; 20]);
    loop {
        ticks.tick().await;
        let now = server.connections();
        let before = last_second.pop_front().unwrap_or_default();
        last_second.push_back(now);
        *most = (*most).max(now - before);
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn time_is_over(seconds: Option<Duration>) -> io::Result<()> {
    tokio::select! {
        stopped = told_to_stop() => stopped,
        () = sleep(seconds.unwrap_or(Duration::MAX)) => Ok(()),
    }
}

/// What this process has used, according to Linux. Zero on other systems.
struct Usage {
    rss_kib: u64,
    cpu: Duration,
    /// How long a thread that was ready to run had to wait.
    kept_waiting: Duration,
}

impl Usage {
    fn now() -> Self {
        let status = read("/proc/self/status");
        let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok());
        Self {
            rss_kib: rss.unwrap_or_default(),
            cpu: cpu(&read("/proc/self/stat")).unwrap_or_default(),
            kept_waiting: kept_waiting(&read("/proc/self/schedstat")).unwrap_or_default(),
        }
    }

    fn cpu_share(&self, before: &Self, wall: Duration) -> String {
        let share = |now: Duration, before| now.saturating_sub(before).as_secs_f64() / wall.as_secs_f64() * 100.0;
        let (used, waited) = (share(self.cpu, before.cpu), share(self.kept_waiting, before.kept_waiting));
        format!("{used:.1} % of one core, kept waiting for one {waited:.1} % of the time")
    }
}

/// User and system time. They are twelve fields after the name of the process,
/// in hundredths of a second.
fn cpu(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 10))
}

/// The wait of the main thread, which is the only one in this example: the
/// second field, in nanoseconds.
fn kept_waiting(schedstat: &str) -> Option<Duration> {
    Some(Duration::from_nanos(schedstat.split_ascii_whitespace().nth(1)?.parse().ok()?))
}

fn read(file: impl AsRef<Path>) -> String {
    fs::read_to_string(file).unwrap_or_default()
}
