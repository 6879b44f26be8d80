//! Runs three nats-servers as one cluster.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use async_nats::{Client, ConnectOptions, jetstream};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use self::nats_program::program;

#[path = "../suite/nats_program.rs"]
mod nats_program;

pub(crate) const NODES: usize = 3;
/// Longer than it takes to elect a leader.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(200);

pub(crate) struct Nodes {
    program: PathBuf,
    nodes: Vec<Node>,
}

struct Node {
    folder: TempDir,
    port: u16,
    process: Child,
}

impl Nodes {
    /// Starts the nodes and waits until they can make streams of three
    /// replicas. `None` if there is no nats-server, which is an error in CI.
    pub(crate) async fn start() -> Option<Self> {
        let program = program()?;
        let (ports, routes) = (free_ports(), free_ports());
        let all_routes = routes.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        let nodes = (0..NODES).map(|index| {
            let folder = tempfile::tempdir().unwrap();
            let (port, route, store) = (ports[index], routes[index], folder.path().join("data"));
            // `no_advertise`: a client that learned of the other nodes would go around the proxy.
            let config = format!(
                "server_name: node-{index}\nlisten: 127.0.0.1:{port}\njetstream {{ store_dir: \"{}\" }}\n\
                 cluster {{ name: proof, listen: 127.0.0.1:{route}, no_advertise: true, routes: [{all_routes}] }}\n",
                store.display()
            );
            fs::write(folder.path().join("node.conf"), config).unwrap();
            let process = spawn(&program, &folder);
            Node { folder, port, process }
        });
        let nodes = nodes.collect();
        let nodes = Self { program, nodes };
        timeout(PATIENCE, nodes.ready()).await.expect("the cluster of nats-servers is not ready");
        Some(nodes)
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(|node| node.port).collect()
    }

    /// The URLs of all nodes, for `NATS_URL`.
    pub(crate) fn urls(&self) -> String {
        self.nodes.iter().map(|node| format!("nats://127.0.0.1:{}", node.port)).collect::<Vec<_>>().join(",")
    }

    /// A client that knows all nodes.
    pub(crate) async fn connect(&self) -> Client {
        ConnectOptions::new().retry_on_initial_connect().connect(self.urls().split(',').collect::<Vec<_>>()).await.unwrap()
    }

    /// Kills a node.
    pub(crate) fn kill(&mut self, index: usize) {
        let process = &mut self.nodes[index].process;
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Starts a node again with the same ports and data.
    pub(crate) fn restart(&mut self, index: usize) {
        let node = &mut self.nodes[index];
        node.process = spawn(&self.program, &node.folder);
    }

    async fn ready(&self) {
        let jetstream = jetstream::new(self.connect().await);
        let config = jetstream::stream::Config { name: "READY".into(), num_replicas: NODES, ..Default::default() };
        while jetstream.create_stream(&config).await.is_err() {
            sleep(LOOK).await;
        }
        jetstream.delete_stream("READY").await.unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // The process has ended already if a test failed while the node was down.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn spawn(program: &PathBuf, folder: &TempDir) -> Child {
    let log = fs::File::options().create(true).append(true).open(folder.path().join("node.log")).unwrap();
    let mut command = Command::new(program);
    command.arg("--config").arg(folder.path().join("node.conf")).stdout(Stdio::null()).stderr(log).spawn().unwrap()
}

/// Ports that are free now. Nobody is likely to take them in the moment before
/// the nodes use them.
fn free_ports() -> [u16; NODES] {
    let listeners = [(); NODES].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stream_of_three_replicas_outlives_a_node_that_is_killed() {
    let Some(mut nodes) = Nodes::start().await else { return };
    let client = nodes.connect().await;
    client.flush().await.unwrap();
    assert!(client.server_info().connect_urls.is_empty(), "clients are told of other nodes: {:?}", client.server_info());
    let jetstream = jetstream::new(client);
    let config = jetstream::stream::Config { name: "S".into(), subjects: vec!["s".into()], num_replicas: NODES, ..Default::default() };
    let stream = jetstream.create_stream(config).await.unwrap();
    for index in 0..NODES {
        nodes.kill(index);
        let publish = async {
            while async { jetstream.publish("s", "x".into()).await.ok()?.await.ok() }.await.is_none() {
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE, publish).await.expect("nothing can be published with one node down");
        nodes.restart(index);
        let all_there = async {
            let is_current = |info: &jetstream::stream::Info| {
                info.cluster.as_ref().is_some_and(|cluster| {
                    cluster.leader.is_some() && cluster.replicas.len() == NODES - 1 && cluster.replicas.iter().all(|peer| peer.current)
                })
            };
            while !stream.get_info().await.is_ok_and(|info| is_current(&info)) {
                sleep(LOOK).await;
            }
        };
        timeout(PATIENCE, all_there).await.expect("the node does not come back");
    }
    assert!(stream.get_info().await.unwrap().state.messages >= 3);
}
