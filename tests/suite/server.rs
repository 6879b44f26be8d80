//! A loopback server that replies as it is told, byte by byte, and what all tests of the client share.

use std::{
    collections::VecDeque,
    future::Future,
    io::{self, Write},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures::StreamExt;
use rumble_live::{
    Body, Client, Event, Response, Watcher,
    http::{StatusCode, header::RETRY_AFTER},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{sleep, timeout},
};

pub(crate) const KEY: &str = "SECRETKEY-7f3a";
/// The broadcaster's secrets, which every body of [`snapshot`] holds.
pub(crate) const STREAM_KEY: &str = "STREAMKEY-0b1d";
pub(crate) const SERVER_URL: &str = "rtmp://ingest-93aa.example";
/// Stands in the bodies of faulty replies.
pub(crate) const CANARY: &str = "CANARY-51c9";

/// What the API sends with 400, 401, 403, 404 and 410.
pub(crate) const ENVELOPE: &str =
    r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"403","message":"CANARY-51c9","type":"generic"}]}"#;

/// An answer without sockets.
pub(crate) fn response(status: u16, body: impl Into<Body>) -> Response {
    Response::new(StatusCode::from_u16(status).unwrap(), body)
}

/// The server asks for a break, without sockets.
pub(crate) fn busy(retry_after: &str) -> Response {
    response(429, "").header(RETRY_AFTER, retry_after.parse().unwrap())
}
pub(crate) const PAGE: &str = "<!doctype html><title>CANARY-51c9</title>";

/// Far more than any step takes, so that a test that hangs fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// 2026-01-02T03:00:00Z.
const START: i64 = 1_767_322_800;

/// The body of an answer at `second`, with these followers from the oldest on, who came one a second from second 1 on.
pub(crate) fn snapshot_at(second: i64, followers: &[&str]) -> String {
    let stamp = |second: i64| format!("2026-01-02T{:02}:{:02}:{:02}Z", 3 + second / 3600, second / 60 % 60, second % 60);
    let mut list: Vec<Value> = (1..).zip(followers).map(|(second, name)| json!({"username": name, "followed_on": stamp(second)})).collect();
    list.reverse();
    json!({
        "now": START + second, "type": "user", "user_id": "4f2kx9", "max_num_results": 50, "stream_key": STREAM_KEY,
        "followers": {"num_followers": followers.len(), "recent_followers": list},
        "livestreams": [{"id": "7c1f4q", "is_live": false, "stream_key": STREAM_KEY, "server_url": SERVER_URL}],
    })
    .to_string()
}

/// The same, right after the last one came.
pub(crate) fn snapshot(followers: &[&str]) -> String {
    snapshot_at(i64::try_from(followers.len()).unwrap(), followers)
}

pub(crate) fn gzip(body: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body.as_ref()).unwrap();
    encoder.finish().unwrap()
}

/// What the server does with one request.
#[derive(Clone)]
pub(crate) struct Reply {
    /// What is sent, each part after a pause.
    parts: Vec<(Duration, Vec<u8>)>,
    end: End,
}

#[derive(Clone, Copy)]
enum End {
    Keep,
    Close,
    Reset,
    Hang,
}

impl Reply {
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { parts: vec![(Duration::ZERO, bytes.into())], end: End::Keep }
    }

    pub(crate) fn nothing() -> Self {
        Self { parts: Vec::new(), end: End::Keep }
    }

    /// `head` is the status line's end and further headers, without the last line break.
    pub(crate) fn http(head: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes)
    }

    pub(crate) fn json(body: impl AsRef<[u8]>) -> Self {
        Self::http("200 OK\r\nContent-Type: application/json", body)
    }

    pub(crate) fn gzip(body: impl AsRef<[u8]>) -> Self {
        Self::http("200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip", body)
    }

    /// Then `bytes`, in parts of `size` with a pause before each.
    pub(crate) fn then_drip(mut self, bytes: impl AsRef<[u8]>, size: usize, pause: Duration) -> Self {
        self.parts.extend(bytes.as_ref().chunks(size).map(|part| (pause, part.to_vec())));
        self
    }

    pub(crate) fn then_close(self) -> Self {
        Self { end: End::Close, ..self }
    }

    pub(crate) fn then_reset(self) -> Self {
        Self { end: End::Reset, ..self }
    }

    /// Then nothing more, until the client gives up.
    pub(crate) fn then_hang(self) -> Self {
        Self { end: End::Hang, ..self }
    }
}

/// What a server saw.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// Request line and headers of each request.
    pub(crate) heads: Vec<String>,
    pub(crate) arrivals: Vec<Instant>,
    pub(crate) connections: usize,
    /// How many of the connections are over.
    pub(crate) closed: usize,
}

impl Seen {
    pub(crate) fn requests(&self) -> usize {
        self.heads.len()
    }
}

/// Replies from a queue, and with the last one for ever.
pub(crate) struct Server {
    url: String,
    seen: watch::Receiver<Seen>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), replies)
    }

    pub(crate) fn on(listener: TcpListener, replies: impl IntoIterator<Item = Reply>) -> Self {
        let url = url(&listener.local_addr().unwrap().to_string());
        let (sender, seen) = watch::channel(Seen::default());
        let replies = Arc::new(Mutex::new(replies.into_iter().collect()));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                sender.send_modify(|seen| seen.connections += 1);
                let (replies, sender) = (Arc::clone(&replies), sender.clone());
                open.spawn(async move {
                    // It fails where the client goes away, and then it is over.
                    let _ = serve(socket, &replies, &sender).await;
                    sender.send_modify(|seen| seen.closed += 1);
                });
            }
        });
        Self { url, seen, _tasks: tasks }
    }

    /// The API URL, with [`KEY`].
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen().requests()
    }

    pub(crate) async fn until(&self, is_met: impl FnMut(&Seen) -> bool) {
        within(self.seen.clone().wait_for(is_met)).await.unwrap();
    }
}

async fn serve(mut socket: TcpStream, replies: &Mutex<VecDeque<Reply>>, seen: &watch::Sender<Seen>) -> io::Result<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(socket.read_u8().await?);
        }
        seen.send_modify(|seen| {
            seen.heads.push(String::from_utf8_lossy(&head).into_owned());
            seen.arrivals.push(Instant::now());
        });
        let reply = {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() }.expect("a server needs a reply")
        };
        for (pause, part) in &reply.parts {
            if !pause.is_zero() {
                sleep(*pause).await;
            }
            socket.write_all(part).await?;
        }
        match reply.end {
            End::Keep => {}
            End::Close => return Ok(()),
            End::Reset => return socket.set_zero_linger(),
            End::Hang => {
                while socket.read(&mut [0; 64]).await? > 0 {}
                return Ok(());
            }
        }
    }
}

/// Reads one request from any kind of connection and replies to it.
pub(crate) async fn serve_one(mut socket: impl AsyncRead + AsyncWrite + Unpin, reply: &Reply) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    for (_, part) in &reply.parts {
        socket.write_all(part).await.unwrap();
    }
    socket.shutdown().await.unwrap();
}

pub(crate) fn url(authority: &str) -> String {
    format!("http://{authority}/-livestream-api/get-data?key={KEY}")
}

/// A port at which connections are refused until somebody listens.
pub(crate) fn closed_port() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = url(&socket.local_addr().unwrap().to_string());
    (socket, url)
}

/// A watcher of that client that loses no time.
pub(crate) fn hasty(client: &Client) -> Watcher {
    client.watch_builder().interval(Duration::from_millis(1)).max_backoff(Duration::from_millis(4)).build()
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

/// The next event of a watcher that goes on.
pub(crate) async fn event(watcher: &mut Watcher) -> Event {
    within(watcher.next()).await.expect("the watcher goes on").expect("no error is final here")
}

/// One event as one short line: kind, who or what, and how often it failed.
pub(crate) fn brief(event: &Event) -> String {
    match event {
        Event::Follower(follower) => follower.username.clone(),
        Event::Interrupted(interrupted) => format!("{} {}", interrupted.kind, interrupted.failures),
        Event::Resumed(resumed) => format!("resumed {}", resumed.failures),
        other => other.kind().to_owned(),
    }
}

/// The next `count` events in brief.
pub(crate) async fn briefs(watcher: &mut Watcher, count: usize) -> Vec<String> {
    let events = watcher.take(count).map(|item| brief(&item.expect("no error is final here")));
    within(events.collect()).await
}
