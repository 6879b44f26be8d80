//! Runs the whole cluster, with three nodes and four workers, while things go
//! wrong.
//!
//! This takes a minute by default. `PROOF_SECONDS` and `PROOF_ACCOUNTS` make it
//! longer and larger. `PROOF_SEED` decides which worker is disturbed in which
//! way; without it, the seed is random.

mod accounts;
mod checker;
mod disturb;
mod log;
mod nodes;
mod proxy;
mod stored;
mod workers;

use std::{
    env,
    fmt::Write as _,
    io::{self, Write as _},
    time::Duration,
};

use cluster::store::Store;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    checker::{Fault, Figures, check},
    disturb::{Cluster, round_takes},
    log::Log,
};

/// Longer than it takes to poll all accounts.
const PATIENCE: Duration = Duration::from_secs(120);
/// How soon everything has to be stored once nothing happens any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{variable} has to be a number, not {value:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_stored_once_and_nobody_is_asked_twice_whatever_fails() {
    let (seconds, accounts) = (number("PROOF_SECONDS", 60), number("PROOF_ACCOUNTS", 60));
    let seed = number("PROOF_SEED", fastrand::u64(..1000));
    let Some(mut cluster) = Cluster::start(u32::try_from(accounts).unwrap(), usize::try_from(seed).unwrap()).await else { return };
    writeln!(io::stderr(), "proof: PROOF_SEED={seed}").unwrap();
    let store = Store::open(cluster.nodes.connect().await, nodes::NODES).await.unwrap();
    timeout(PATIENCE, cluster.all_polled(&store)).await.unwrap_or_else(|_| panic!("not all accounts are polled:\n{}", cluster.said.last()));

    let happening = cluster.accounts.happen();
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut rounds = 0;
    while rounds == 0 || Instant::now() + round_takes(seconds) < end {
        cluster.round(rounds, seconds).await;
        rounds += 1;
    }
    cluster.accounts.quiet();
    happening.await.unwrap();

    let (faults, figures, log) = settled(&cluster).await;
    writeln!(io::stderr(), "{}", line(&figures, &cluster, &log)).unwrap();
    assert!(faults.is_empty(), "{}", report(&faults, &cluster, &log));
}

/// Looks again until nothing is missing, or until what is missing can no longer
/// come.
async fn settled(cluster: &Cluster) -> (Vec<Fault>, Figures, Log) {
    let end = Instant::now() + SETTLED_WITHIN;
    loop {
        sleep(Duration::from_secs(2)).await;
        let log = cluster.log().await;
        let (faults, figures) = check(&log);
        let is_missing = |fault: &Fault| matches!(fault, Fault::Lost { .. } | Fault::ShownAndNotStored { .. });
        if !faults.iter().any(is_missing) || Instant::now() > end {
            return (faults, figures, log);
        }
    }
}

fn line(figures: &Figures, cluster: &Cluster, log: &Log) -> String {
    let Figures { accounts, requests, happened, stored, in_gaps, takeovers, slowest_takeover, closest, fenced, disturbances } = figures;
    let count = |kind| log.disturbances.iter().filter(|disturbance| disturbance.kind == kind).count();
    let [killed, stopped, cut, ended] = [log::Kind::Killed, log::Kind::Stopped, log::Kind::Cut, log::Kind::Ended].map(count);
    format!(
        "proof: {accounts} accounts, {requests} requests, {happened} events happened, {stored} stored, {in_gaps} within gaps; {takeovers} takeovers, the \
         slowest after {slowest_takeover:.1?}; requests of two workers {:.1?} apart at least; {fenced} batches fenced; {} disturbances: {killed} workers \
         killed, {stopped} stopped, {cut} cut off, {ended} ended, {} nodes killed",
        closest.unwrap_or_default(),
        disturbances + cluster.nodes_killed,
        cluster.nodes_killed
    )
}

fn report(faults: &[Fault], cluster: &Cluster, log: &Log) -> String {
    let mut report = format!("{} faults:\n", faults.len());
    for fault in faults.iter().take(20) {
        writeln!(report, "{fault:?}").unwrap();
    }
    writeln!(report, "disturbances: {:#?}\nwhat the workers said last:\n{}", log.disturbances, cluster.said.last()).unwrap();
    report
}
