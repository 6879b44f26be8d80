//! How fast a pool opens connections, over real sockets.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::{join_all, pending};
use rumble_live::{Client, ErrorKind, Pool};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use crate::server::{snapshot, within};

/// Answers at once, but for the key `hold`, which it leaves waiting.
struct Server {
    address: String,
    opened: AtomicU64,
    held: Notify,
}

impl Server {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Arc::new(Self { address, opened: AtomicU64::new(0), held: Notify::new() });
        let accepting = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                accepting.opened.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(Arc::clone(&accepting).answer(socket));
            }
        });
        server
    }

    async fn answer(self: Arc<Self>, mut socket: TcpStream) {
        let mut head = Vec::new();
        while let Ok(byte) = socket.read_u8().await {
            head.push(byte);
            if head.ends_with(b"\r\n\r\n") {
                if head.windows(8).any(|part| part == b"key=hold") {
                    self.held.notify_one();
                    pending::<()>().await;
                }
                head.clear();
                socket.write_all(&well()).await.unwrap();
            }
        }
    }

    fn client(&self, pool: &Pool, key: &str) -> Client {
        Client::builder(format!("http://{}/?key={key}", self.address)).pool(pool).build().unwrap()
    }

    fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }
}

fn well() -> Vec<u8> {
    let body = snapshot(&[]);
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test]
async fn requests_of_one_moment_open_connections_no_faster_than_set() {
    let server = Server::start().await;
    let pool = Pool::new().connections_per_second(1);
    let start = Instant::now();
    let asking = (0..50).map(|_| server.client(&pool, "k")).map(|client| async move { client.snapshot().await.map(drop) });
    assert_eq!(within(join_all(asking)).await.iter().filter(|answer| answer.is_err()).count(), 0);
    assert!(server.opened() <= 1 + start.elapsed().as_secs(), "{} in {:?}", server.opened(), start.elapsed());
}

#[tokio::test]
async fn waiting_for_a_connection_that_was_not_needed_holds_up_nobody() {
    let server = Server::start().await;
    let pool = Pool::new().connections_per_second(1);
    let asking = (0..50).map(|_| server.client(&pool, "k")).map(|client| async move { client.snapshot().await.map(drop) });
    within(join_all(asking)).await;
    // All that is open is taken, so the next one needs a connection of its own; the turns of the 50 would take longer than the test's patience.
    let taken: Vec<_> = (0..server.opened())
        .map(|_| server.client(&pool, "hold"))
        .map(|client| tokio::spawn(async move { client.snapshot().await }))
        .collect();
    within(server.held.notified()).await;
    within(server.client(&pool, "k").snapshot()).await.unwrap();
    taken.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn wait_for_a_turn_is_no_part_of_the_time_for_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let pool = Pool::with_connect_timeout(Duration::from_millis(100)).connections_per_second(2);
    let start = Instant::now();
    let asking = (0..2).map(|_| Client::builder(format!("http://{address}/?key=k")).pool(&pool).build().unwrap());
    let asking = join_all(asking.map(|client| async move { client.snapshot().await.map(drop) }));
    // The first is not answered before the second is there.
    let answering = async {
        let mut sockets = [listener.accept().await.unwrap().0, listener.accept().await.unwrap().0];
        let apart = start.elapsed();
        for socket in &mut sockets {
            // No answer goes before its question.
            assert_eq!(socket.read_u8().await.unwrap(), b'G');
            socket.write_all(&well()).await.unwrap();
        }
        (apart, sockets)
    };
    let (answers, (apart, _sockets)) = within(futures::future::join(asking, answering)).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(apart >= Duration::from_millis(500), "{apart:?}");
}

#[tokio::test]
async fn time_for_a_connection_is_bounded_where_turns_are_taken_too() {
    // Takes connections and never shakes hands.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/?key=k", listener.local_addr().unwrap());
    let pool = Pool::with_connect_timeout(Duration::from_millis(100)).connections_per_second(100);
    let client = Client::builder(url).pool(&pool).timeout(Duration::from_secs(600)).build().unwrap();
    assert_eq!(within(client.snapshot()).await.unwrap_err().kind(), ErrorKind::Connect);
}
