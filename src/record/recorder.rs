//! Records what passes through a transport.
//!
//! Secrets are cut before a line is queued, so no secret ever waits in memory
//! for the disk or reaches it. What is secret is learned from the requests and
//! the answers themselves, before anything of them is written: the key in the
//! URL, cookies and authorizations, and the fields of a login.
//!
//! The lock is held only to look at or to append to the log. Cutting is done
//! outside of it, because a body may be large and many requests may be under
//! way.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_core::future::BoxFuture;
use http::{
    HeaderMap,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE},
};
use tokio::time::Instant;

use super::{
    exchange::Exchange,
    file::Lines,
    line::{Line, Opening, Said, VERSION},
    question::{self, Accounts},
    redact::Secrets,
};
use crate::{
    error::Error,
    transport::{self, Request, Response, Transport},
};

/// A [`Transport`] that wraps another one and writes what passes through it to
/// a file, [without its secrets](crate::record#what-is-not-in-it). Cheap to
/// clone; clones write to the same file.
///
/// It does not change what your program sees, with one exception: it chooses
/// the seed of the [jitter](Transport::random_seed) and writes it down, so that
/// a playback waits as long as the program did. If the file cannot be written,
/// the recording ends there and the program goes on; [`finish`](Self::finish)
/// returns the error.
///
/// A task does not wait for the disk, since a thread of the recorder writes. If
/// more than 64 MiB wait for it, the disk is too slow and the recording ends.
///
/// You can give one recorder to the clients of many accounts, and to a
/// `chat::Chat` or a session as well.
///
/// # Examples
///
/// ```
/// use std::{env, fs, process};
///
/// use rumble_live::{
///     Client,
///     record::{Playback, Recorder},
///     sim::Sim,
/// };
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let file =
///         env::temp_dir().join(format!("recording-{}.jsonl", process::id()));
///     let recorder = Recorder::create(&file, Sim::running(42))?;
///     let client = Client::builder("http://127.0.0.1/?key=any")
///         .transport(recorder.clone())
///         .build()?;
///     let recorded = client.snapshot().await?;
///     recorder.finish()?;
///
///     let playback = Playback::open(&file)?;
///     let client =
///         Client::builder(playback.api_url()).transport(playback).build()?;
///     assert_eq!(client.snapshot().await?, recorded);
///     Ok(fs::remove_file(file)?)
/// }
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

/// What the clones share.
struct Inner {
    transport: Box<dyn Transport>,
    seed: u64,
    seeds_drawn: AtomicU64,
    log: Mutex<Log>,
}

/// The state of the file.
pub(super) struct Log {
    lines: Lines,
    seed: u64,
    /// When the first request was made.
    start: Option<Instant>,
    exchanges: u64,
    secrets: Arc<Secrets>,
    accounts: Accounts,
}

impl Recorder {
    /// Records what passes through `transport` in a new file. An existing file
    /// is replaced, at once and not only when something is recorded. So put the
    /// date into the name if you want to keep the last recording.
    ///
    /// The first line is written with the first request. Until then the file is
    /// empty and cannot be played back.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the file cannot be
    /// created.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{ErrorKind, record::Recorder, sim::Sim};
    ///
    /// let missing = std::env::temp_dir().join("no-such-folder/evening.jsonl");
    /// let error = Recorder::create(missing, Sim::new(42)).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert!(error.to_string().contains("evening.jsonl"));
    /// ```
    pub fn create(path: impl AsRef<Path>, transport: impl Transport) -> Result<Self, Error> {
        let seed = transport.random_seed().unwrap_or_else(|| fastrand::u64(..));
        Self::create_with(path.as_ref(), Box::new(transport), seed)
    }

    /// Without a type parameter, so that it is compiled once.
    fn create_with(path: &Path, transport: Box<dyn Transport>, seed: u64) -> Result<Self, Error> {
        let lines = Lines::create(path)?;
        let log = Log { lines, seed, start: None, exchanges: 0, secrets: Arc::default(), accounts: Accounts::default() };
        Ok(Self(Arc::new(Inner { transport, seed, seeds_drawn: AtomicU64::new(0), log: Mutex::new(log) })))
    }

    /// Ends the recording and waits until all of it is written to the file.
    /// What passes through later is not recorded, and goes on to the transport
    /// as before.
    ///
    /// It blocks on the disk, so call it at the end of your program. If you
    /// drop a recorder without calling it, the file is still written, unless
    /// the process ends first. A second call does nothing and returns `Ok`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the file could not be
    /// written, or the disk was too slow. What was written until then can be
    /// played back.
    ///
    /// # Examples
    ///
    /// A bot that records only its first minutes:
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{Client, record::Recorder, sim::Sim};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file =
    ///         env::temp_dir().join(format!("finish-{}.jsonl", process::id()));
    ///     let sim = Sim::running(42);
    ///     let recorder = Recorder::create(&file, sim.clone())?;
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(recorder.clone())
    ///         .build()?;
    ///     client.snapshot().await?;
    ///     recorder.finish()?;
    ///     let length = fs::metadata(&file)?.len();
    ///
    ///     client.snapshot().await?; // Works, and is not recorded.
    ///     assert_eq!(sim.answers(), 2);
    ///     assert_eq!(fs::metadata(&file)?.len(), length);
    ///     Ok(fs::remove_file(file)?)
    /// }
    /// ```
    pub fn finish(&self) -> Result<(), Error> {
        let writing = self.log().lines.end();
        writing.finish()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing that panics runs under this lock.
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a line of an exchange. The lock is free while its secrets are
    /// cut.
    pub(super) fn write(&self, exchange: u64, said: impl FnOnce(&Secrets) -> Said) {
        let secrets = {
            let log = self.log();
            if log.lines.has_ended() {
                return;
            }
            Arc::clone(&log.secrets)
        };
        let said = said(&secrets);
        self.log().push(exchange, said);
    }

    /// Remembers what the headers of an answer hold that must not be in the
    /// file, such as a new token.
    pub(super) fn learn_headers(&self, headers: &HeaderMap) {
        self.log().learn_headers(headers);
    }

    /// Writes down that a request was made, after its secrets are known.
    fn begin(&self, request: &Request) -> Exchange {
        let mut log = self.log();
        log.learn_request(request);
        if log.start.is_none() {
            log.open(request.url.is_loopback());
        }
        log.exchanges += 1;
        let (exchange, question) = (log.exchanges, log.accounts.question(&request.method, &request.url));
        log.push(exchange, Said::Asked(question));
        Exchange::new(self.clone(), exchange, transport::Secrets::of(&request.url, &request.headers, &request.body))
    }
}

impl Log {
    /// Writes the first line. From now on the time counts.
    fn open(&mut self, is_local: bool) {
        self.start = Some(Instant::now());
        let by = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        let opening = Opening { recording: VERSION, by, seed: self.seed, is_local };
        if let Ok(opening) = serde_json::to_string(&opening) {
            self.lines.push(opening + "\n");
        }
    }

    /// Appends a line, stamped with the present time.
    fn push(&mut self, exchange: u64, said: Said) {
        let at = self.start.map_or(0, |start| u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        if let Ok(line) = (Line { at, exchange, said }).into_text() {
            self.lines.push(line);
        }
    }

    /// Remembers what a request holds that must not be in the file.
    fn learn_request(&mut self, request: &Request) {
        let mut secrets: Vec<String> = question::secrets(&request.url).collect();
        if let Some(body) = request.body.as_bytes() {
            for (name, value) in form_urlencoded::parse(body) {
                let is_address = ["login", "username"].contains(&&*name) && value.contains('@');
                if is_address || ["password", "password_hashes", "code", "totp_id", "user_key"].contains(&&*name) {
                    secrets.extend(value.split(',').chain([&*value]).map(ToOwned::to_owned));
                }
            }
        }
        self.learn(secrets);
        self.learn_headers(&request.headers);
    }

    /// Remembers secrets. What is being cut meanwhile keeps the list from
    /// before.
    fn learn(&mut self, secrets: impl IntoIterator<Item = String>) {
        let known = Arc::make_mut(&mut self.secrets);
        secrets.into_iter().for_each(|secret| known.add(&secret));
    }

    /// Remembers session cookies and authorizations. Other cookies change with
    /// each answer and open nothing.
    fn learn_headers(&mut self, headers: &HeaderMap) {
        let values = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let cookies =
            values(COOKIE).flat_map(|cookies| cookies.split(';')).chain(values(SET_COOKIE).filter_map(|cookie| cookie.split(';').next()));
        let sessions = cookies.filter_map(|cookie| cookie.trim().strip_prefix("u_s="));
        let authorizations =
            [AUTHORIZATION, PROXY_AUTHORIZATION].into_iter().flat_map(values).filter_map(|value| value.split_whitespace().last());
        let secrets: Vec<_> = sessions.chain(authorizations).map(ToOwned::to_owned).collect();
        self.learn(secrets);
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let exchange = self.begin(&request);
            match self.0.transport.send(request).await {
                Ok(response) => Ok(exchange.answered(response)),
                Err(error) => {
                    exchange.failed(&error);
                    Err(error)
                }
            }
        })
    }

    fn random_seed(&self) -> Option<u64> {
        Some(self.0.seed.wrapping_add(self.0.seeds_drawn.fetch_add(1, Ordering::Relaxed)))
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("exchanges", &self.log().exchanges).finish_non_exhaustive()
    }
}
