//! Runs the cluster and disturbs it.

use std::{process::Command, time::Duration};

use cluster::store::Store;
use fastrand::Rng;
use tokio::time::{Instant, sleep};

use crate::{
    accounts::Accounts,
    log::{Disturbance, Kind, Log},
    nodes::{NODES, Nodes},
    proxy::{Proxy, Way},
    stored,
    workers::{Said, Worker},
};

const WORKERS: usize = 4;
const LOOK: Duration = Duration::from_millis(500);
/// How long a node is down.
const NODE_DOWN: Duration = Duration::from_secs(6);
/// The pause after a node is back, and after the workers are.
const REST: Duration = Duration::from_secs(5);
/// How long a worker is away: longer than its leases last, and longer than
/// others need to take them.
const AWAY: Duration = Duration::from_secs(27);
/// The same in a long run.
const LONG_AWAY: Duration = Duration::from_secs(60);
/// A run of this many seconds or more is long.
const LONG: u64 = 300;

pub(crate) struct Cluster {
    pub(crate) nodes: Nodes,
    pub(crate) accounts: Accounts,
    pub(crate) said: Said,
    pub(crate) nodes_killed: usize,
    start: Instant,
    seed: usize,
    rng: Rng,
    slots: Vec<Slot>,
    disturbances: Vec<Disturbance>,
}

/// A worker and its way to the nodes. The worker may be started again, as
/// another process.
struct Slot {
    name: String,
    runs: usize,
    proxy: Proxy,
    worker: Worker,
}

impl Cluster {
    /// The seed decides which worker is disturbed in which way.
    pub(crate) async fn start(accounts: u32, seed: usize) -> Option<Self> {
        let start = Instant::now();
        let nodes = Nodes::start().await?;
        let accounts = Accounts::serve(accounts, start).await;
        let said = Said::new(start);
        let mut slots = Vec::new();
        for number in 0..WORKERS {
            let (name, proxy) = (format!("worker-{number}"), Proxy::start(&nodes.ports()).await);
            let worker = run(&name, 1, &proxy, &accounts, &said);
            slots.push(Slot { name, runs: 1, proxy, worker });
        }
        let mut cluster =
            Self { nodes, accounts, said, nodes_killed: 0, start, seed, rng: Rng::with_seed(seed as u64), slots, disturbances: Vec::new() };
        cluster.add_accounts().await;
        for slot in &mut cluster.slots {
            assert!(!slot.worker.has_ended(), "{} has ended by itself:\n{}", slot.worker.run, cluster.said.last());
        }
        Some(cluster)
    }

    /// Adds the accounts with `cluster add`, once the workers have made the
    /// buckets.
    async fn add_accounts(&self) {
        let nats = self.nodes.urls();
        let jetstream = async_nats::jetstream::new(self.nodes.connect().await);
        while jetstream.get_stream("KV_RUMBLE_ACCOUNTS").await.is_err() {
            sleep(LOOK).await;
        }
        for (index, id) in self.accounts.ids().into_iter().enumerate() {
            let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
            command.args(["add", &id, "--url-env", &variable(index)]).env("NATS_URL", &nats);
            let output = tokio::task::block_in_place(|| command.output()).unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Waits until each account has been polled and its first checkpoint is
    /// stored. Before that, nobody knows what is new.
    pub(crate) async fn all_polled(&self, store: &Store) {
        for id in self.accounts.ids() {
            let id = id.parse().unwrap();
            while store.head(&id).await.unwrap().is_none_or(|(head, _)| head.checkpoint.is_none()) {
                sleep(LOOK).await;
            }
        }
    }

    /// Kills a node, then disturbs three workers at about the same time: it
    /// kills one, stops one and cuts one off. Then it ends the fourth, as for
    /// an update.
    pub(crate) async fn round(&mut self, number: usize, seconds: u64) {
        let node = (number + 1) % NODES;
        self.nodes.kill(node);
        self.nodes_killed += 1;
        sleep(NODE_DOWN).await;
        self.nodes.restart(node);
        sleep(REST).await;

        let mut order: Vec<usize> = (0..WORKERS).collect();
        self.rng.shuffle(&mut order);
        let mut slots: Vec<Option<&mut Slot>> = self.slots.iter_mut().map(Some).collect();
        let [killed, stopped, cut, ended] = [0, 1, 2, 3].map(|place| slots[order[place]].take().unwrap());
        let shared = Shared { nodes: &self.nodes, accounts: &self.accounts, said: &self.said, start: self.start, away: away(seconds) };
        let (killed, stopped, cut) = tokio::join!(shared.kill(killed), shared.stop(stopped), async {
            match (self.seed + number) % 3 {
                0 => shared.silence(cut).await,
                1 => shared.stop_before_it_publishes(cut).await,
                _ => shared.cut(cut).await,
            }
        });
        self.disturbances.extend([killed, stopped, cut]);
        sleep(REST).await;
        self.disturbances.push(shared.end(ended).await);
    }

    /// Everything that was seen so far, and what is stored.
    pub(crate) async fn log(&self) -> Log {
        let stored = stored::events(self.nodes.connect().await).await;
        // The store is read first: the other parts of the log may then know of more than it, but never of less.
        Log {
            happened: self.accounts.happened(),
            requests: self.accounts.requests(),
            with_chat: self.accounts.with_chat(),
            leases: self.said.leases(),
            disturbances: self.disturbances.clone(),
            stored,
        }
    }
}

/// What every disturbance needs.
struct Shared<'a> {
    nodes: &'a Nodes,
    accounts: &'a Accounts,
    said: &'a Said,
    start: Instant,
    away: Duration,
}

impl Shared<'_> {
    /// The output of `cluster status`.
    fn status(&self) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
        let output = tokio::task::block_in_place(|| command.arg("status").env("NATS_URL", self.nodes.urls()).output()).unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// Fails if the worker has ended by itself.
    fn is_running(&self, slot: &mut Slot) {
        let status = slot.worker.status();
        let run = &slot.worker.run;
        assert!(status.is_none(), "{run} has ended by itself, {status:?}; it said last:\n{}", self.said.last_of(run));
    }

    async fn kill(&self, slot: &mut Slot) -> Disturbance {
        self.is_running(slot);
        slot.worker.kill();
        let disturbance = disturbance(slot, Kind::Killed, self.start.elapsed(), Duration::MAX);
        sleep(Duration::from_secs(2)).await;
        slot.start_again(self.accounts, self.said);
        disturbance
    }

    /// Stops the worker when it has sent a request and has no answer yet.
    async fn stop(&self, slot: &mut Slot) -> Disturbance {
        self.is_running(slot);
        let run = &slot.worker.run;
        let has_asked = self.accounts.at_next_request(run, || slot.worker.stop()).await;
        assert!(
            has_asked,
            "{run} sends no request; it said last:\n{}\nall of them:\n{}\n{}",
            self.said.last_of(run),
            self.said.last(),
            self.status()
        );
        let from = self.start.elapsed();
        sleep(self.away).await;
        let until = self.start.elapsed();
        slot.worker.go_on();
        disturbance(slot, Kind::Stopped, from, until)
    }

    /// Stops the worker when it has a batch on its way that has not arrived at
    /// a node. Over this connection, it never will.
    async fn stop_before_it_publishes(&self, slot: &mut Slot) -> Disturbance {
        slot.proxy.hold_a_batch().await;
        slot.worker.stop();
        let from = self.start.elapsed();
        slot.proxy.set(Way::Closed);
        sleep(self.away).await;
        slot.proxy.set(Way::Open);
        let until = self.start.elapsed();
        slot.worker.go_on();
        disturbance(slot, Kind::Stopped, from, until)
    }

    /// Lets nothing pass for a while. What the worker sends in the meantime
    /// arrives late.
    async fn silence(&self, slot: &mut Slot) -> Disturbance {
        let from = self.start.elapsed();
        slot.proxy.set(Way::Silent);
        sleep(self.away).await;
        let until = self.start.elapsed();
        slot.proxy.set(Way::Open);
        disturbance(slot, Kind::Cut, from, until)
    }

    async fn cut(&self, slot: &mut Slot) -> Disturbance {
        let from = self.start.elapsed();
        slot.proxy.set(Way::Closed);
        sleep(self.away).await;
        let until = self.start.elapsed();
        slot.proxy.set(Way::Open);
        disturbance(slot, Kind::Cut, from, until)
    }

    /// Ends the worker as for an update, and starts it again.
    async fn end(&self, slot: &mut Slot) -> Disturbance {
        let from = self.start.elapsed();
        slot.worker.terminate();
        while !slot.worker.has_ended() {
            sleep(LOOK).await;
        }
        let disturbance = disturbance(slot, Kind::Ended, from, Duration::MAX);
        slot.start_again(self.accounts, self.said);
        disturbance
    }
}

fn disturbance(slot: &Slot, kind: Kind, from: Duration, until: Duration) -> Disturbance {
    Disturbance { run: slot.worker.run.clone(), kind, from, until }
}

impl Slot {
    fn start_again(&mut self, accounts: &Accounts, said: &Said) {
        self.runs += 1;
        self.worker = run(&self.name, self.runs, &self.proxy, accounts, said);
    }
}

fn run(name: &str, number: usize, proxy: &Proxy, accounts: &Accounts, said: &Said) -> Worker {
    let run = format!("{name}.{number}");
    let urls = accounts.ids().into_iter().enumerate().map(|(index, id)| (variable(index), accounts.url(&id, &run)));
    Worker::start(name, &run, &proxy.urls(), urls, said)
}

/// The environment variable in which a worker finds an account's URL.
fn variable(index: usize) -> String {
    format!("PROOF_URL_{index}")
}

pub(crate) fn round_takes(seconds: u64) -> Duration {
    NODE_DOWN + 2 * REST + away(seconds)
}

fn away(seconds: u64) -> Duration {
    if seconds < LONG { AWAY } else { LONG_AWAY }
}
