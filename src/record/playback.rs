//! Answers as a recording has them.

use std::{
    collections::{HashMap, VecDeque},
    fmt, fs, iter,
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::stream;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep_until},
};

use super::{
    line::{BodyForm, Head, LeftOut, Line, Note, Opening, Said, VERSION},
    question,
};
use crate::{
    chat::record::LONGEST,
    error::Error,
    transport::{Body, Request, Response, Transport},
};

/// A [`Transport`] that answers from the file of a [`Recorder`](super::Recorder). Cheap to clone; clones share where it stands.
///
/// The same question gets the same answers in the same order, each no sooner than it came when it was recorded, by tokio's clock. A question that was
/// not asked so often waits until the end of the recording. Then each fails with [`ErrorKind::Config`](crate::ErrorKind::Config), which ends a watcher.
///
/// Under tokio's paused clock it takes as long as the program takes to read it; see [`speed`](Self::speed).
#[derive(Clone)]
pub struct Playback(Arc<Inner>);

struct Inner {
    opening: Opening,
    /// When the last line was written.
    end: Duration,
    questions: Mutex<Questions>,
    start: OnceLock<Start>,
    seeds_drawn: AtomicU64,
    is_over: AtomicBool,
    /// How many seconds of the recording pass in one.
    speed: Option<f64>,
}

struct Questions {
    /// By their names.
    exchanges: HashMap<String, VecDeque<Exchange>>,
    /// The keys of the accounts, in the order in which they are first asked about.
    accounts: Vec<String>,
}

#[derive(Clone, Copy)]
struct Start {
    by_tokio: Instant,
    real: std::time::Instant,
}

#[derive(Clone, Default)]
struct Exchange {
    said: VecDeque<(Duration, Said)>,
}

impl Playback {
    /// Reads a recording, all of it. A last line that was cut short is left out.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the file cannot be read, is no recording, or is one of a later version.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|cause| Error::file("cannot read the recording", path, cause))?;
        Self::read(&bytes).map_err(|why| Error::config(format!("{}: {why}", path.display())))
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let whole = text.rfind('\n').and_then(|end| text.get(..end)).unwrap_or_default();
        let mut lines = whole.lines().enumerate();
        let (_, first) = lines.next().ok_or("this is not a recording, or it was cut within its first line")?;
        let opening: Opening = serde_json::from_str(first).map_err(|_| "this is not a recording")?;
        if opening.recording != VERSION {
            return Err(format!("this recording has version {} of the form; this program reads {VERSION}", opening.recording));
        }
        let mut exchanges: HashMap<u64, (String, Exchange)> = HashMap::new();
        let mut order = Vec::new();
        let mut end = Duration::ZERO;
        for (number, line) in lines {
            let line = Line::from_text(line).map_err(|error| format!("line {} of the recording cannot be read: {error}", number + 1))?;
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
            questions: Mutex::new(Questions { exchanges: questions, accounts: Vec::new() }),
            start: OnceLock::new(),
            seeds_drawn: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            speed: None,
        })))
    }

    /// An API URL for a client that is as patient as the recorded one was: at Rumble, or on this machine. Nothing is asked there.
    #[must_use]
    pub fn api_url(&self) -> &'static str {
        if self.0.opening.is_local {
            "http://127.0.0.1/-livestream-api/get-data?key=recorded"
        } else {
            "https://rumble.com/-livestream-api/get-data?key=recorded"
        }
    }

    /// Whether it was recorded from a server on the same machine, such as a simulated one.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0.opening.is_local
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.0.end
    }

    /// How many seconds of the recording pass in one real second, under tokio's paused clock. Default: as many as can. With 60, an hour takes a minute.
    ///
    /// Where tokio's clock runs, so does the recording, whatever is set here.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is not a positive number, or the playback has clones or has begun.
    pub fn speed(mut self, speed: f64) -> Result<Self, Error> {
        if !(speed.is_finite() && speed > 0.0) {
            return Err(Error::config("the speed of a playback must be a positive number"));
        }
        let inner = Arc::get_mut(&mut self.0).ok_or_else(|| Error::config("set the speed of a playback before it is cloned"))?;
        inner.speed = Some(speed);
        Ok(self)
    }

    /// Whether it has come to its end, so that the error of a watcher means just that.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.0.is_over.load(Ordering::Relaxed)
    }

    /// The next exchange that began with this question.
    fn exchange(&self, request: &Request) -> Option<Exchange> {
        // Nothing that panics runs under this lock.
        let mut questions = self.0.questions.lock().unwrap_or_else(PoisonError::into_inner);
        let name = question::name(&request.method, &request.url);
        let name = match question::key(&request.url) {
            None => name,
            Some(key) => format!("{name} of account {}", questions.number_of(key)),
        };
        questions.exchanges.get_mut(&name)?.pop_front()
    }

    async fn answer(self, request: Request) -> Result<Response, Error> {
        let exchange = self.exchange(&request);
        let mut said = exchange.unwrap_or_default().said;
        let asked_at = said.pop_front().map_or(Duration::ZERO, |(at, _)| at);
        let start = self.start(asked_at);
        match said.pop_front() {
            Some((at, Said::Head(head))) => {
                self.wait(start, at).await;
                let mut response = response(&head)?;
                response.body = self.body(start, said);
                Ok(response)
            }
            Some((at, Said::Failed(failure))) => {
                self.wait(start, at).await;
                Err(Error::with_message(failure.kind, failure.message))
            }
            // Or whoever asked gave up, as they will again.
            _ => Err(self.over(start).await),
        }
    }

    fn start(&self, asked_at: Duration) -> Start {
        *self.0.start.get_or_init(|| {
            let now = Instant::now();
            Start { by_tokio: now.checked_sub(asked_at).unwrap_or(now), real: std::time::Instant::now() }
        })
    }

    /// What comes of a body, when it came.
    fn body(&self, start: Start, said: VecDeque<(Duration, Said)>) -> Body {
        let rest = (self.clone(), said);
        Body::stream(stream::try_unfold(rest, move |(playback, mut said)| async move {
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
        }))
    }

    /// The recording is over, now or when it will be.
    async fn over(&self, start: Start) -> Error {
        self.wait(start, self.0.end).await;
        self.0.is_over.store(true, Ordering::Relaxed);
        Error::config("the recording is over")
    }

    /// Until so long after the start.
    async fn wait(&self, start: Start, at: Duration) {
        sleep_until(start.by_tokio + at).await;
        let Some(speed) = self.0.speed else { return };
        let due = Duration::try_from_secs_f64(at.as_secs_f64() / speed).unwrap_or(Duration::MAX);
        let early = due.saturating_sub(start.real.elapsed());
        if !early.is_zero() {
            // A paused clock does not run ahead of a thread that is busy. Where it ends with its runtime, there is nobody left to wait.
            drop(spawn_blocking(move || thread::sleep(early)).await);
        }
    }
}

impl Questions {
    fn number_of(&mut self, key: String) -> usize {
        let known = self.accounts.iter().position(|known| *known == key);
        1 + known.unwrap_or_else(|| {
            self.accounts.push(key);
            self.accounts.len() - 1
        })
    }
}

fn response(head: &Head) -> Result<Response, Error> {
    let unreadable = || Error::config("the recording has a status or a header that no answer has");
    let status = StatusCode::from_u16(head.status).map_err(|_| unreadable())?;
    head.headers.iter().try_fold(Response::new(status, ""), |response, (name, value)| {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| unreadable())?;
        Ok(response.header(name, HeaderValue::try_from(value.as_str()).map_err(|_| unreadable())?))
    })
}

/// A body as long as the one that was left out, and as little JSON.
fn filler(LeftOut { bytes, form }: LeftOut) -> Bytes {
    let length = usize::try_from(bytes).unwrap_or(usize::MAX).min(super::exchange::MOST_BYTES);
    let first = match form {
        BodyForm::Page => b'<',
        BodyForm::CutJson => b'{',
        BodyForm::Other => b'?',
    };
    iter::once(first).chain(iter::repeat(b' ')).take(length).collect()
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
