//! A server that takes webhooks, and behaves as badly as it is told to.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

/// Longer than anything takes here. What has not come by then never comes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What to do with a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// Answer with this status, and no body.
    Answer(u16),
    /// Answer with this status, these header lines, and this body.
    Say(u16, String, String),
    /// Answer with this status, but only after this long.
    Later(Duration, u16),
    /// Never answer.
    Hang,
    /// Close the connection without an answer.
    Cut,
}

/// A request that has arrived completely.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    /// Header values by names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
    /// What the receiver did with it.
    pub(crate) act: Act,
}

impl Seen {
    pub(crate) fn key(&self) -> &str {
        &self.headers["idempotency-key"]
    }

    pub(crate) fn is_taken(&self) -> bool {
        matches!(self.act, Act::Answer(200..=299))
    }
}

type Script = Arc<Mutex<dyn FnMut(&Seen) -> Act + Send>>;

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    script: Script,
    task: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Starts a receiver that does with each request what the script says. The
    /// `act` of the request that the script gets is not set yet.
    pub(crate) async fn start(script: impl FnMut(&Seen) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut receiver = Self { address, seen: Arc::default(), script: Arc::new(Mutex::new(script)), task: None };
        receiver.serve(listener);
        receiver
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) async fn until(&self, is_so: impl Fn(&[Seen]) -> bool) -> Vec<Seen> {
        let waited = timeout(PATIENCE, async {
            while !is_so(&self.seen.lock().unwrap()) {
                sleep(Duration::from_millis(20)).await;
            }
        });
        let is_so = waited.await;
        let seen = self.seen();
        assert!(is_so.is_ok(), "it never comes; there is {} of it: {:#?}", seen.len(), seen.last());
        seen
    }

    /// Takes no more connections, and breaks the open ones.
    pub(crate) async fn go_down(&mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        task.await.unwrap_err();
    }

    /// Comes back at the same address.
    pub(crate) async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (seen, script) = (Arc::clone(&self.seen), Arc::clone(&self.script));
        self.task = Some(tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(answer(stream, Arc::clone(&seen), Arc::clone(&script)));
            }
        }));
    }
}

/// Returns when the connection ends, in whatever way.
async fn answer(stream: TcpStream, all: Arc<Mutex<Vec<Seen>>>, script: Script) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut seen = read(&mut stream).await?;
        let act = (script.lock().unwrap())(&seen);
        seen.act = act.clone();
        all.lock().unwrap().push(seen);
        let (status, head, body) = match act {
            Act::Answer(status) => (status, String::new(), String::new()),
            Act::Say(status, head, body) => (status, head, body),
            Act::Later(after, status) => {
                sleep(after).await;
                (status, String::new(), String::new())
            }
            Act::Hang => std::future::pending().await,
            Act::Cut => return None,
        };
        let answer = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n{head}\r\n{body}", body.len());
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut first = String::new();
    stream.read_line(&mut first).await.ok().filter(|read| *read > 0)?;
    let path = first.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut body = vec![0; headers.get("content-length")?.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Seen { path, headers, body: String::from_utf8(body).unwrap(), act: Act::Cut })
}
