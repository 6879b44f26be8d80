//! Records what passes through a transport.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_core::future::BoxFuture;

use super::{exchange::Exchange, log::Log};
use crate::{
    error::Error,
    transport::{Request, Response, Transport},
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
    log: Log,
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
        Ok(Self(Arc::new(Inner { transport, seed, seeds_drawn: AtomicU64::new(0), log: Log::create(path, seed)? })))
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
        self.0.log.finish()
    }
}

impl Transport for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async move {
            let exchange = Exchange::begin(&self.0.log, &request);
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
        f.debug_struct("Recorder").field("exchanges", &self.0.log.exchanges()).finish_non_exhaustive()
    }
}
