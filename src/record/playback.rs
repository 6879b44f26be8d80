//! Answers from a recording.
//!
//! The recording is read as a whole and sorted by the names of the requests:
//! for each name a queue of exchanges, in the order in which they were made. A
//! request takes the first one of its name. If its caller gives up before the
//! first part of the answer was due, the exchange goes back to the front of the
//! queue, so that a program that drops a future differently than the recorded
//! one still gets the same answers.
//!
//! The time of the recording starts with the first request here, and is
//! measured by tokio's clock. Under a paused clock nothing ever waits for real,
//! so `speed` has to hold the clock back: it runs a blocking task, during which
//! tokio does not let a paused clock run ahead.

use std::{
    collections::{HashMap, VecDeque},
    fmt, fs, iter,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::channel,
    },
    time::Duration,
};

use bytes::Bytes;
use futures_core::{Stream, future::BoxFuture};
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::{
    line::{BodyForm, Head, LeftOut, Line, Note, Opening, Said, VERSION},
    question::Accounts,
};
use crate::{
    chat::record::LONGEST,
    error::Error,
    snapshot::OneLine,
    transport::{Body, Request, Response, Transport},
};

/// A [`Transport`] that answers from the file of a
/// [`Recorder`](super::Recorder). Cheap to clone; clones share the position.
///
/// The same request gets the same answers in the same order, each no sooner
/// than when it was recorded, by tokio's clock. Time begins with the first
/// request, and not when the file is opened. A request that was recorded fewer
/// times waits until the end of the recording. From then on every request fails
/// with [`ErrorKind::Config`](crate::ErrorKind::Config), which ends a watcher.
///
/// Under tokio's paused clock, playback is as fast as the program reads it; see
/// [`speed`](Self::speed).
///
/// A playback goes from the beginning to the end once. To play again, open the
/// file again.
///
/// # Examples
///
/// ```no_run
/// use rumble_live::{Client, record::Playback};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     // An hour of the recording takes a minute.
///     let playback = Playback::open("evening.jsonl")?.speed(60.0)?;
///     let client = Client::builder(playback.api_url())
///         .transport(playback.clone())
///         .build()?;
///     let mut watcher = client.watch();
///     while let Some(Ok(event)) = watcher.next().await {
///         println!("{event}");
///     }
///     assert!(playback.is_over());
///     Ok(())
/// }
/// ```
///
/// You can also write a recording by hand, for a fault that you have only heard
/// of:
///
/// ```
/// use std::{env, fs, process, time::Duration};
///
/// use rumble_live::{Client, ErrorKind, record::Playback};
///
/// const FAULT: &str = r#"{"recording":1,"by":"hand","seed":7,"is_local":true}
/// {"at":0,"exchange":1,"asked":"GET /-livestream-api/get-data of account 1"}
/// {"at":40,"exchange":1,"head":{"status":503}}
/// {"at":2000,"exchange":1,"note":"end"}
/// "#;
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let file =
///         env::temp_dir().join(format!("by-hand-{}.jsonl", process::id()));
///     fs::write(&file, FAULT)?;
///     let playback = Playback::open(&file)?;
///     fs::remove_file(file)?;
///     assert!(playback.is_local());
///     assert_eq!(playback.length(), Duration::from_secs(2));
///
///     let client = Client::builder(playback.api_url())
///         .transport(playback.clone())
///         .build()?;
///     let error = client.snapshot().await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::Server);
///     assert!(!playback.is_over());
///
///     // It was asked once, so this request waits for the end.
///     let error = client.snapshot().await.unwrap_err();
///     assert_eq!(error.to_string(), "the recording is over");
///     assert!(playback.is_over());
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Playback(Arc<Inner>);

/// What the clones share.
struct Inner {
    opening: Opening,
    /// When the last line was written.
    end: Duration,
    questions: Mutex<Questions>,
    start: OnceLock<Start>,
    seeds_drawn: AtomicU64,
    is_over: AtomicBool,
    /// How many seconds of the recording pass in one real second.
    speed: Option<f64>,
    /// Only one future at a time waits for real time.
    pace: tokio::sync::Mutex<()>,
}

/// What has not been answered yet.
struct Questions {
    /// By the name of the request.
    exchanges: HashMap<String, VecDeque<Exchange>>,
    accounts: Accounts,
}

/// The instant of the first request, by both clocks and in the recording.
#[derive(Clone, Copy)]
struct Start {
    by_tokio: Instant,
    real: std::time::Instant,
    /// When the first request was made, in the recording.
    asked_at: Duration,
}

/// One request, and all that was said about it, with the time of each.
#[derive(Clone, Default)]
struct Exchange {
    said: VecDeque<(Duration, Said)>,
}

impl Playback {
    /// Reads a recording into memory. If the last line was cut short, it is
    /// left out, so the file of a program that was killed plays to where it
    /// got.
    ///
    /// Blocks until the file is read.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), with the path in the
    /// text, if the file cannot be read, is not a recording, or has a later
    /// version. A line in the middle that cannot be read is named by its
    /// number.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{ErrorKind, record::Playback};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file =
    ///         env::temp_dir().join(format!("open-{}.jsonl", process::id()));
    ///     let first_line =
    ///         r#"{"recording":1,"by":"hand","seed":7,"is_local":false}"#;
    ///     fs::write(&file, format!("{first_line}\n{{\"at\":0,\"exchan"))?;
    ///     let playback = Playback::open(&file)?; // Without the second line.
    ///     assert!(playback.length().is_zero());
    ///
    ///     fs::write(&file, "some other file\n")?;
    ///     let error = Playback::open(&file).unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert!(error.to_string().contains("this is not a recording"));
    ///     Ok(fs::remove_file(file)?)
    /// }
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|cause| Error::file("cannot read the recording", path, cause))?;
        Self::read(&bytes).map_err(|why| Error::config(format!("{}: {why}", path.display())))
    }

    /// Reads the text of a recording. The error says what is wrong with it,
    /// without the path.
    fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        let mut lines = whole.lines().enumerate();
        let (_, first) = lines.next().ok_or("this is not a recording, or it was cut off in its first line")?;
        let opening: Opening = serde_json::from_str(first).map_err(|_| "this is not a recording")?;
        if opening.recording != VERSION {
            return Err(format!("this recording has version {} of the format; this program reads version {VERSION}", opening.recording));
        }
        let mut exchanges: HashMap<u64, (String, Exchange)> = HashMap::new();
        let mut order = Vec::new();
        let mut end = Duration::ZERO;
        for (number, line) in lines {
            // The parser quotes what it does not know, and a file may hold anything.
            let why =
                |error: serde_json::Error| format!("line {} of the recording cannot be read: {}", number + 1, OneLine(&error.to_string()));
            let line = Line::from_text(line).map_err(why)?;
            let Some(Line { at, exchange: id, said }) = line else { continue };
            let at = Duration::from_millis(at);
            end = end.max(at);
            match said {
                Said::Asked(question) => {
                    order.push(id);
                    exchanges.insert(id, (question.clone(), Exchange { said: [(at, Said::Asked(question))].into() }));
                }
                said => {
                    if let Some((_, exchange)) = exchanges.get_mut(&id) {
                        exchange.said.push_back((at, said));
                    }
                }
            }
        }
        let mut questions: HashMap<String, VecDeque<Exchange>> = HashMap::new();
        for (question, exchange) in order.iter().filter_map(|id| exchanges.remove(id)) {
            questions.entry(question).or_default().push_back(exchange);
        }
        Ok(Self(Arc::new(Inner {
            opening,
            end,
            questions: Mutex::new(Questions { exchanges: questions, accounts: Accounts::default() }),
            start: OnceLock::new(),
            seeds_drawn: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            speed: None,
            pace: tokio::sync::Mutex::new(()),
        })))
    }

    /// An API URL for a client. With it the client pauses between requests as
    /// the recorded one did, at Rumble or on this machine. No request is sent
    /// there, and its key is not a real one.
    ///
    /// To play back several accounts, give each client a URL of its own: this
    /// one with another text for `recorded`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{ApiUrl, record::Playback};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file = env::temp_dir()
    ///         .join(format!("api-url-{}.jsonl", process::id()));
    ///     let first_line =
    ///         r#"{"recording":1,"by":"hand","seed":7,"is_local":false}"#;
    ///     fs::write(&file, format!("{first_line}\n"))?;
    ///     let playback = Playback::open(&file)?;
    ///     fs::remove_file(file)?;
    ///
    ///     let url = playback.api_url();
    ///     assert_eq!(
    ///         url,
    ///         "https://rumble.com/-livestream-api/get-data?key=recorded"
    ///     );
    ///     let second: ApiUrl = url.replace("recorded", "second").parse()?;
    ///     assert!(second.expose().ends_with("?key=second"));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn api_url(&self) -> &'static str {
        if self.0.opening.is_local {
            "http://127.0.0.1/-livestream-api/get-data?key=recorded"
        } else {
            "https://rumble.com/-livestream-api/get-data?key=recorded"
        }
    }

    /// Whether it was recorded from a server on the same machine, such as a
    /// simulated one. Such a server is asked without pauses, so the times
    /// between two requests may be shorter than 5 seconds.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.opening.is_local
    }

    /// How long the recording is: from the first request to its last line, to
    /// the millisecond. Zero if it holds no request. At the default speed and
    /// with a clock that runs, a playback takes as long.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.0.end
    }

    /// How many seconds of the recording pass in one real second, under tokio's
    /// paused clock. Default: as many as possible, which is right for a test.
    /// With 60, an hour takes a minute, which is right for watching.
    ///
    /// If tokio's clock runs, nothing comes sooner than it was recorded,
    /// whatever you set here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `speed` is not a
    /// positive number, or the playback has clones.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::{env, fs, process};
    ///
    /// use rumble_live::{ErrorKind, record::Playback};
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let file =
    ///         env::temp_dir().join(format!("speed-{}.jsonl", process::id()));
    ///     let first_line =
    ///         r#"{"recording":1,"by":"hand","seed":7,"is_local":true}"#;
    ///     fs::write(&file, format!("{first_line}\n"))?;
    ///     let standing_still = Playback::open(&file)?.speed(0.0);
    ///     assert_eq!(standing_still.unwrap_err().kind(), ErrorKind::Config);
    ///
    ///     let playback = Playback::open(&file)?.speed(60.0)?;
    ///     // Clones play at one speed, so it is set before the first.
    ///     let for_the_client = playback.clone();
    ///     assert_eq!(
    ///         playback.speed(1.0).unwrap_err().kind(),
    ///         ErrorKind::Config
    ///     );
    ///     drop(for_the_client);
    ///     Ok(fs::remove_file(file)?)
    /// }
    /// ```
    pub fn speed(mut self, speed: f64) -> Result<Self, Error> {
        if !(speed.is_finite() && speed > 0.0) {
            return Err(Error::config("the speed of a playback must be a positive number"));
        }
        let inner = Arc::get_mut(&mut self.0).ok_or_else(|| Error::config("set the speed of a playback before you clone it"))?;
        inner.speed = Some(speed);
        Ok(self)
    }

    /// Whether the recording has come to its end. If so, the error that ended
    /// your watcher means just that. It turns true when a request has waited
    /// for the end in vain, and not by time alone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }

    /// Takes the next exchange that began with this request.
    fn exchange(&self, request: &Request) -> Taken<'_> {
        let mut questions = self.questions();
        let name = questions.accounts.question(&request.method, &request.url);
        let exchange = questions.exchanges.get_mut(&name).and_then(VecDeque::pop_front);
        Taken { playback: self, name, exchange }
    }

    fn questions(&self) -> MutexGuard<'_, Questions> {
        // Nothing that panics runs under this lock.
        self.0.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request: waits for the time when the first part of its answer
    /// came, and hands out the rest as its body.
    async fn answer(self, request: Request) -> Result<Response, Error> {
        let taken = self.exchange(&request);
        let (asked_at, first) = taken.beginning();
        let start = self.start(asked_at);
        let Some((at, first)) = first else {
            // It was asked fewer times in the recording, or the caller gave up before an answer came.
            let over = self.over(start).await;
            taken.give();
            return Err(over);
        };
        self.wait(start, at).await;
        let said = taken.give();
        match first {
            Said::Head(head) => {
                let mut response = response(&head)?;
                let is_too_large =
                    head.length.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > request.limits.max_body));
                let length = head.length.filter(|_| is_too_large);
                response.body = Body::of(self.body(start, said), length);
                Ok(response)
            }
            Said::Failed(failure) => Err(Error::with_message(failure.kind, failure.message)),
            _ => Err(self.over(start).await),
        }
    }

    /// When the playback began. The first request sets it, as if it were made
    /// when it was in the recording.
    fn start(&self, asked_at: Duration) -> Start {
        *self.0.start.get_or_init(|| {
            let now = Instant::now();
            Start { by_tokio: now.checked_sub(asked_at).unwrap_or(now), real: std::time::Instant::now(), asked_at }
        })
    }

    /// The body, each part of it no sooner than it was recorded.
    fn body(&self, start: Start, said: VecDeque<(Duration, Said)>) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
        let rest = (self.clone(), said);
        stream::try_unfold(rest, move |(playback, mut said)| async move {
            let Some((at, next)) = said.pop_front().filter(|(_, next)| !matches!(next, Said::Note(Note::Dropped))) else {
                return Err(playback.over(start).await);
            };
            playback.wait(start, at).await;
            let bytes: Bytes = match next {
                Said::Json(json) => Bytes::copy_from_slice(json.get().as_bytes()),
                Said::LeftOut(left_out) => filler(left_out),
                Said::Record(record) => format!("data: {}\n\n", record.get()).into(),
                Said::Note(Note::BrokenRecord) => Bytes::from_static(b"data: <cut>\n\n"),
                Said::Note(Note::LongRecord) => format!("data: {}\n\n", "x".repeat(LONGEST + 1)).into(),
                Said::Note(Note::Alive) => Bytes::from_static(b":\n\n"),
                Said::Failed(failure) => return Err(Error::with_message(failure.kind, failure.message)),
                Said::Note(Note::End | Note::Dropped) | Said::Asked(_) | Said::Head(_) => return Ok(None),
            };
            Ok(Some((bytes, (playback, said))))
        })
    }

    /// Waits for the end of the recording and returns the error for it.
    async fn over(&self, start: Start) -> Error {
        self.wait(start, self.0.end).await;
        self.0.is_over.store(true, Ordering::Relaxed);
        Error::config("the recording is over")
    }

    /// Waits until this long after the start.
    async fn wait(&self, start: Start, at: Duration) {
        sleep_until(start.by_tokio + at).await;
        let Some(speed) = self.0.speed else { return };
        // Items that are due at the same time keep the order that they would have without a pause.
        let _turn = self.0.pace.lock().await;
        let due = Duration::try_from_secs_f64(at.saturating_sub(start.asked_at).as_secs_f64() / speed).unwrap_or(Duration::MAX);
        let early = due.saturating_sub(start.real.elapsed());
        if !early.is_zero() {
            // A paused clock does not run ahead while a blocking task runs. The task ends at once if this future is dropped.
            let (_waiting, is_dropped) = channel::<()>();
            drop(spawn_blocking(move || is_dropped.recv_timeout(early)).await);
        }
    }
}

/// An exchange that is about to be returned. If the caller stops waiting, the
/// next caller gets it.
struct Taken<'a> {
    playback: &'a Playback,
    name: String,
    exchange: Option<Exchange>,
}

impl Taken<'_> {
    /// When it was asked, and what came first, if anything did.
    fn beginning(&self) -> (Duration, Option<(Duration, Said)>) {
        let said = self.exchange.as_ref().map(|exchange| &exchange.said);
        let asked_at = said.and_then(|said| said.front()).map_or(Duration::ZERO, |(at, _)| *at);
        let first = said.and_then(|said| said.get(1)).filter(|(_, first)| !matches!(first, Said::Note(_)));
        (asked_at, first.cloned())
    }

    /// What came after that.
    fn give(mut self) -> VecDeque<(Duration, Said)> {
        let mut said = self.exchange.take().map(|exchange| exchange.said).unwrap_or_default();
        said.drain(..said.len().min(2));
        said
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let has_first = self.beginning().1.is_some();
        if let Some(exchange) = self.exchange.take().filter(|_| has_first) {
            self.playback.questions().exchanges.entry(std::mem::take(&mut self.name)).or_default().push_front(exchange);
        }
    }
}

fn response(head: &Head) -> Result<Response, Error> {
    let unreadable = || Error::config("the recording has a status or a header that is not valid HTTP");
    let status = StatusCode::from_u16(head.status).map_err(|_| unreadable())?;
    head.headers.iter().try_fold(Response::new(status, ""), |response, (name, value)| {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| unreadable())?;
        Ok(response.header(name, HeaderValue::try_from(value.as_str()).map_err(|_| unreadable())?))
    })
}

/// A body as long as the one that was left out, and just as unreadable.
fn filler(LeftOut { bytes, form }: LeftOut) -> Bytes {
    let length = usize::try_from(bytes).unwrap_or(usize::MAX).min(super::exchange::MOST_BYTES);
    let first: &[u8] = match form {
        BodyForm::Page => b"<html>",
        BodyForm::CutJson => b"{",
        BodyForm::Other => b"?",
    };
    first.iter().copied().chain(iter::repeat(b' ')).take(length).collect()
}

impl Transport for Playback {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.clone().answer(request))
    }

    fn random_seed(&self) -> Option<u64> {
        Some(self.0.opening.seed.wrapping_add(self.0.seeds_drawn.fetch_add(1, Ordering::Relaxed)))
    }
}

impl fmt::Debug for Playback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Playback").field("length", &self.length()).field("speed", &self.0.speed).finish_non_exhaustive()
    }
}
