//! Stands between one worker and the nodes, and can cut it off.

use std::{convert::Infallible, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Shorter than a worker takes to give up a silent connection.
const SILENCE: Duration = Duration::from_secs(4);
/// How long the way stays open between two tries to hold a batch.
const OPEN: Duration = Duration::from_secs(3);
/// How many times to try to hold a batch.
const TRIES: u32 = 10;

/// What the proxy finds in each batch, and in nothing else that a worker sends.
const BATCH: &[u8] = b"PUB rumble.checkpoints.";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Open,
    /// Connections stay open but nothing passes. What was sent arrives when the
    /// way is open again.
    Silent,
    /// All connections are closed, and new ones are closed at once. What was
    /// held is lost.
    Closed,
}

/// Dropping the proxy closes all connections.
pub(crate) struct Proxy {
    ports: Vec<u16>,
    way: watch::Sender<Way>,
    /// How many batches the proxy holds that were sent since the way became
    /// silent.
    held: watch::Sender<usize>,
    _tasks: JoinSet<Infallible>,
}

impl Proxy {
    /// Opens one port for each port of a node.
    pub(crate) async fn start(nodes: &[u16]) -> Self {
        let (way, held) = (watch::Sender::new(Way::Open), watch::Sender::new(0));
        let (mut ports, mut tasks) = (Vec::new(), JoinSet::new());
        for &node in nodes {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            ports.push(listener.local_addr().unwrap().port());
            tasks.spawn(accept(listener, node, way.clone(), held.clone()));
        }
        Self { ports, way, held, _tasks: tasks }
    }

    /// The URLs of all ports, for `NATS_URL`.
    pub(crate) fn urls(&self) -> String {
        self.ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect::<Vec<_>>().join(",")
    }

    pub(crate) fn set(&self, way: Way) {
        self.held.send_replace(0);
        self.way.send_replace(way);
    }

    /// Makes the way silent and waits until the worker has sent a batch, which
    /// does not arrive.
    pub(crate) async fn hold_a_batch(&self) {
        for _ in 0..TRIES {
            self.set(Way::Silent);
            if self.holds_a_batch().await {
                return;
            }
            // The worker waits for an answer and sends no new batch. It soon gives up the connection, and nothing is held of the next one.
            self.set(Way::Open);
            sleep(OPEN).await;
        }
        panic!("the worker stores nothing");
    }

    async fn holds_a_batch(&self) -> bool {
        timeout(SILENCE, self.held.subscribe().wait_for(|held| *held > 0)).await.is_ok()
    }
}

async fn accept(listener: TcpListener, node: u16, way: watch::Sender<Way>, held: watch::Sender<usize>) -> Infallible {
    let mut open = JoinSet::new();
    let held = Arc::new(held);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = open.join_next() => continue,
        };
        let (worker, _) = accepted.unwrap();
        let (mut way, held) = (way.subscribe(), Arc::clone(&held));
        open.spawn(async move {
            let mut closed = way.clone();
            tokio::select! {
                () = connect(worker, node, &mut way, &held) => {}
                _ = closed.wait_for(|way| *way == Way::Closed) => {}
            }
        });
    }
}

async fn connect(worker: TcpStream, node: u16, way: &mut watch::Receiver<Way>, held: &watch::Sender<usize>) {
    passing(way).await;
    // A node that is down refuses the connection, and so the proxy closes that of the worker.
    let Ok(server) = TcpStream::connect(("127.0.0.1", node)).await else { return };
    let ((from_worker, to_worker), (from_server, to_server)) = (worker.into_split(), server.into_split());
    let mut back = way.clone();
    // Whichever end closes, the other end is closed as well.
    tokio::select! {
        () = pass(from_worker, to_server, way, Some(held)) => {}
        () = pass(from_server, to_worker, &mut back, None) => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    way: &mut watch::Receiver<Way>,
    held: Option<&watch::Sender<usize>>,
) {
    let mut kept = Vec::with_capacity(64 * 1024);
    loop {
        let is_silent = *way.borrow_and_update() == Way::Silent;
        if !is_silent && !kept.is_empty() {
            if to.write_all(&kept).await.is_err() {
                return;
            }
            kept.clear();
        }
        let before = kept.len();
        tokio::select! {
            read = from.read_buf(&mut kept) => {
                let Ok(1..) = read else {
                    // This end may have given up the connection because nothing passes. What it sent arrives all the same.
                    passing(way).await;
                    drop(to.write_all(&kept).await);
                    return;
                };
            }
            Ok(()) = way.changed() => continue,
        }
        if is_silent && let Some(held) = held {
            let new = &kept[before.saturating_sub(BATCH.len() - 1)..];
            let batches = new.windows(BATCH.len()).filter(|part| *part == BATCH).count();
            held.send_modify(|count| *count += batches);
        }
    }
}

async fn passing(way: &mut watch::Receiver<Way>) {
    // It cannot fail: the sender lives as long as the task that waits.
    drop(way.wait_for(|way| *way != Way::Silent).await);
}

mod tests {
    use super::*;

    /// A node that sends back what it receives.
    async fn echo() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let (mut from, mut to) = socket.into_split();
                    drop(tokio::io::copy(&mut from, &mut to).await);
                });
            }
        });
        port
    }

    async fn say(socket: &mut TcpStream, text: &[u8]) {
        socket.write_all(text).await.unwrap();
    }

    async fn hear(socket: &mut TcpStream, text: &[u8]) {
        let mut heard = vec![0; text.len()];
        socket.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, text);
    }

    #[tokio::test]
    async fn silent_way_holds_what_was_sent_and_tells_of_a_batch() {
        let proxy = Proxy::start(&[echo().await]).await;
        let mut socket = TcpStream::connect(("127.0.0.1", proxy.ports[0])).await.unwrap();
        say(&mut socket, b"PING\r\n").await;
        hear(&mut socket, b"PING\r\n").await;
        proxy.set(Way::Silent);
        say(&mut socket, b"PUB rumble.leases.a 1").await;
        say(&mut socket, b"HPUB rumble.checkpoints.b 1 2 3").await;
        assert!(proxy.holds_a_batch().await);
        let answer = timeout(Duration::from_millis(50), socket.read_u8()).await;
        assert!(answer.is_err(), "something has passed: {answer:?}");
        proxy.set(Way::Open);
        hear(&mut socket, b"PUB rumble.leases.a 1HPUB rumble.checkpoints.b 1 2 3").await;
    }

    #[tokio::test]
    async fn closed_way_closes_what_is_open_and_what_comes_later() {
        let proxy = Proxy::start(&[echo().await]).await;
        let connect = || TcpStream::connect(("127.0.0.1", proxy.ports[0]));
        let mut socket = connect().await.unwrap();
        say(&mut socket, b"PING\r\n").await;
        hear(&mut socket, b"PING\r\n").await;
        proxy.set(Way::Closed);
        assert!(matches!(socket.read(&mut [0]).await, Ok(0) | Err(_)));
        assert!(matches!(connect().await.unwrap().read(&mut [0]).await, Ok(0) | Err(_)));
        proxy.set(Way::Open);
        let mut socket = connect().await.unwrap();
        say(&mut socket, b"PING\r\n").await;
        hear(&mut socket, b"PING\r\n").await;
    }
}
