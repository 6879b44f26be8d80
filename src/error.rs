//! The error type of this crate.
//!
//! A caller decides by [`ErrorKind`] alone; the text is for people. So each
//! text says what happened and what to do about it, and none quotes a URL, a
//! header or a body: errors end up in logs, and logs are shared. What another
//! crate says goes into `source`, where `transport::secret` searches it for the
//! secrets of the request before anybody sees it.
//!
//! The constructors below choose the kinds that several modules share. A new
//! kind needs its line in `text`, an entry in [`Error::is_transient`], and a row
//! in the table at [`ErrorKind`].

use std::{borrow::Cow, error::Error as StdError, fmt, io, iter::successors, path::Path, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

/// Why a request or a watcher failed.
///
/// The text (`Display`) says what happened and what you can do about it. The
/// cause, if there is one, is in [`source()`](std::error::Error::source) and
/// not in the text. [`report`](Self::report), or `{:#}`, gives both on one
/// line. None of them holds the API URL, its key or any part of a body.
///
/// It is as large as one pointer and cheap to clone. `Debug` shows the kind,
/// the text, the wait that the server asked for and the cause, and leaves out
/// what there is not.
///
/// # Examples
///
/// An error never echoes what it complains about, because that may be a key:
///
/// ```
/// use rumble_live::{Client, ErrorKind};
///
/// let error = Client::new("my-api-key").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// assert!(error.to_string().contains("pass the whole URL"));
/// assert!(!error.to_string().contains("my-api-key"));
/// ```
///
/// It converts into the boxed error of a bot with `?`, and comes back out of it
/// by a downcast:
///
/// ```
/// use rumble_live::{Error, ErrorKind, Snapshot};
///
/// fn viewers(body: &[u8]) -> Result<u64, Box<dyn std::error::Error>> {
///     let snapshot = Snapshot::from_json(body)?;
///     Ok(snapshot
///         .live()
///         .filter_map(|stream| stream.watching_now)
///         .sum())
/// }
///
/// let error = viewers(b"<html>").unwrap_err();
/// let error: &Error = error.downcast_ref().expect("it is from this crate");
/// assert_eq!(error.kind(), ErrorKind::Decode);
/// ```
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Arc<Inner>);

/// Behind an `Arc`, so an error is one pointer in each `Result`, and a clone of
/// it can go to every caller that shared the request.
#[derive(thiserror::Error)]
struct Inner {
    kind: ErrorKind,
    /// The text of `Display`. It never repeats the cause.
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kinds of [`Error`]. Decide by them what to do.
///
/// "Passes" means that the same request may well succeed later; see
/// [`Error::is_transient`]. `Display` and the JSON form are the name in snake
/// case. What to do about each kind:
///
/// | kind | passes | what to do |
/// |---|---|---|
/// | `Config` | no | fix the setting that the text names |
/// | `Unauthorized` | no | ask for another API URL |
/// | `SessionGone` | no | log in again |
/// | `Refused` | no | show the reason, which the text quotes |
/// | `Unclear` | no | look whether it was done before you send it again |
/// | `FileGone` | no | start the upload again |
/// | `RateLimited` | yes | wait as long as [`Error::retry_after`] says |
/// | all others | yes | wait and try again |
///
/// A [`Watcher`](crate::Watcher) does the waiting by itself and yields each
/// failure that passes as an [`Interrupted`](crate::Interrupted), which has the
/// kind in its field `kind`.
///
/// # Examples
///
/// ```
/// use rumble_live::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::RateLimited, "slow down");
/// let advice = match error.kind() {
///     ErrorKind::Config | ErrorKind::Unauthorized => {
///         "ask the user for another URL"
///     }
///     _ if error.is_transient() => "try again later",
///     _ => "give up",
/// };
/// assert_eq!(
///     (advice, error.kind().to_string().as_str()),
///     ("try again later", "rate_limited")
/// );
/// ```
///
/// The JSON form is stable, so a dashboard can count failures by it:
///
/// ```
/// use std::collections::BTreeMap;
///
/// use rumble_live::ErrorKind;
///
/// fn main() -> Result<(), serde_json::Error> {
///     let log = r#"["server", "timeout", "server"]"#;
///     let mut failures = BTreeMap::new();
///     for kind in serde_json::from_str::<Vec<ErrorKind>>(log)? {
///         *failures.entry(kind.to_string()).or_insert(0) += 1;
///     }
///     assert_eq!(failures["server"], 2);
///     assert_eq!(failures["timeout"], 1);
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The URL or a setting cannot work. Never passes by itself.
    Config,
    /// No connection: the name did not resolve, or the server refused it or did
    /// not answer. Nothing was sent. Passes.
    Connect,
    /// No complete answer within the time limit of a request. Passes.
    Timeout,
    /// The connection broke, or the answer was not HTTP. Passes.
    Transport,
    /// A redirect (3xx except 304). It is not followed, because the URL is a
    /// secret. Passes.
    Redirect,
    /// 429: the server asks for fewer requests; see [`Error::retry_after`].
    /// Passes.
    RateLimited,
    /// 400, 401, 403, 404 or 410 with the API's own JSON error: the key is
    /// wrong, missing or was reset. Does not pass.
    Unauthorized,
    /// Any other status that is neither success nor a server failure, such as a
    /// challenge page with 403. Passes, because it says nothing about the key:
    /// only the API's own JSON error does.
    Status,
    /// 5xx: the server failed. Passes.
    Server,
    /// The body is larger than the cap. Passes.
    TooLarge,
    /// The body is not a snapshot: it is cut short, HTML, or JSON of another
    /// shape. Passes.
    Decode,
    /// A challenge page that only a browser can get past, usually with status
    /// 403: the server checks whether a person is asking. Passes.
    Challenge,
    /// Rumble does not know the session: it expired, it was ended, or the
    /// cookie is wrong. Does not pass.
    SessionGone,
    /// Rumble understood the request of a session and refused it. The text
    /// quotes its reason. Does not pass.
    Refused,
    /// A request that changes something was sent, and no good answer came. It
    /// may have been carried out, and sending it again could do it twice, so
    /// check first. Does not pass.
    Unclear,
    /// Rumble has lost the parts of a video that were sent so far. Start the
    /// upload again; that is harmless. Does not pass.
    FileGone,
}

impl Error {
    /// An error for your own [`Transport`](crate::Transport) to return.
    ///
    /// The text is the standard text of `kind`. `source` becomes
    /// [`source()`](std::error::Error::source). Keep the URL out of it. If it
    /// gets in all the same, the client drops the whole source and keeps the
    /// kind.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error as _;
    ///
    /// use rumble_live::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Connect, "tunnel is down");
    /// assert!(error.is_transient());
    /// assert_eq!(error.source().unwrap().to_string(), "tunnel is down");
    /// ```
    pub fn new(kind: ErrorKind, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(Arc::new(Inner { kind, message: kind.text().into(), retry_after: None, source: Some(source.into()) }))
    }

    /// An error with a text of its own and without a cause.
    pub(crate) fn with_message(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), retry_after: None, source: None }))
    }

    /// A setting that cannot work. The text says what to change.
    pub(crate) fn config(message: impl Into<Cow<'static, str>>) -> Self {
        Self::with_message(ErrorKind::Config, message)
    }

    /// A setting that cannot work, as another crate found out.
    pub(crate) fn config_caused_by(message: &'static str, cause: impl StdError + Send + Sync + 'static) -> Self {
        Self::caused_by(ErrorKind::Config, message, cause)
    }

    /// An error with a text of its own, where another crate's says too little.
    pub(crate) fn caused_by(kind: ErrorKind, message: &'static str, source: impl StdError + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), retry_after: None, source: Some(Box::new(source)) }))
    }

    /// A file could not be read or written. The path is in the text, since it
    /// is no secret and the reader must know which file.
    pub(crate) fn file(what: &str, path: &Path, cause: io::Error) -> Self {
        let message = format!("{what}: {}", path.display()).into();
        Self(Arc::new(Inner { kind: ErrorKind::Config, message, retry_after: None, source: Some(Box::new(cause)) }))
    }

    /// Another crate's error. Its kind follows from the standard library's
    /// errors among its sources. An error of this crate stays as it is.
    pub(crate) fn foreign(error: Box<dyn StdError + Send + Sync>) -> Self {
        error.downcast::<Self>().map_or_else(|error| Self::new(kind_of(&*error), error), |own| *own)
    }

    /// The head of an answer did not come within its limit.
    pub(crate) fn no_head(limit: Duration) -> Self {
        Self::with_message(ErrorKind::Timeout, format!("no answer came within {limit:?}; the server or the network is slow"))
    }

    /// No byte of a body came within the idle limit.
    pub(crate) fn idle(limit: Duration) -> Self {
        Self::with_message(ErrorKind::Timeout, format!("nothing came for {limit:?}; the server or the network is stuck"))
    }

    /// The last byte of an answer did not come within the limit of the whole.
    pub(crate) fn timeout(limit: Duration) -> Self {
        Self::with_message(ErrorKind::Timeout, format!("no whole answer came within {limit:?}; the server or the network is slow"))
    }

    /// A body is longer than its cap. The text names the setting that raises
    /// it.
    pub(crate) fn too_large(cap: usize) -> Self {
        let message =
            format!("the answer is larger than {cap} bytes; if that is right, raise the cap, for a client with ClientBuilder::max_body");
        Self::with_message(ErrorKind::TooLarge, message)
    }

    /// A snapshot that shows another account than the one that the client
    /// knows. It passes, since a server behind a load balancer may mix up two
    /// accounts once. A watcher counts them and gives up in the end.
    pub(crate) fn another_account() -> Self {
        Self::caused_by(
            ErrorKind::Decode,
            "the answer belongs to another account than the earlier ones and was ignored; if this lasts, check that the API URL and the \
             checkpoint belong to one account",
            AnotherAccount,
        )
    }

    /// Whether it is an [`another_account`](Self::another_account).
    pub(crate) fn is_another_account(&self) -> bool {
        self.0.source.as_ref().is_some_and(|source| source.is::<AnotherAccount>())
    }

    /// The runtime in which a request ran has ended before the request.
    pub(crate) fn runtime_gone() -> Self {
        Self::caused_by(ErrorKind::Transport, ErrorKind::Transport.text(), RuntimeGone)
    }

    /// Whether it is a [`runtime_gone`](Self::runtime_gone), so a caller in a
    /// runtime that still runs may ask again.
    pub(crate) fn is_runtime_gone(&self) -> bool {
        self.0.source.as_ref().is_some_and(|source| source.is::<RuntimeGone>())
    }

    /// The same error, which also says how many failures in how much time made
    /// it final.
    pub(crate) fn given_up_after(self, failures: u32, within: Duration) -> Self {
        if failures <= 1 {
            return self;
        }
        let minutes = within.as_secs() / 60;
        let message = format!("{self}; given up after {failures} such answers in {minutes} minutes").into();
        let (kind, retry_after) = (self.kind(), self.retry_after());
        Self(Arc::new(Inner { kind, message, retry_after, source: Some(Box::new(self)) }))
    }

    /// The error for an HTTP status outside 2xx. `refused_by_api`: the body is
    /// the API's JSON error envelope.
    ///
    /// The envelope decides, and not the status alone: a challenge page comes
    /// with 403 too, and must not end a bot whose key is good. 407 gets a text
    /// about the proxy, because only a proxy sends it.
    pub(crate) fn from_status(status: u16, refused_by_api: bool, retry_after: Option<Duration>) -> Self {
        let kind = match status {
            300..=303 | 305..=399 => ErrorKind::Redirect,
            429 => ErrorKind::RateLimited,
            400 | 401 | 403 | 404 | 410 if refused_by_api => ErrorKind::Unauthorized,
            500..=599 => ErrorKind::Server,
            _ => ErrorKind::Status,
        };
        let text = if status == 407 { PROXY_PASSWORD } else { kind.text() };
        let message = format!("{text} (status {status})").into();
        Self(Arc::new(Inner { kind, message, retry_after, source: None }))
    }

    /// An answer is a page that checks whether a person is asking.
    #[cfg(any(feature = "chat", feature = "pages"))]
    pub(crate) fn challenge() -> Self {
        Self::with_message(ErrorKind::Challenge, ErrorKind::Challenge.text())
    }

    /// The token of a session is not accepted any more.
    #[cfg(feature = "session")]
    pub(crate) fn session_gone() -> Self {
        Self::with_message(ErrorKind::SessionGone, ErrorKind::SessionGone.text())
    }

    /// `words` is the server's own reason, which may be empty.
    #[cfg(feature = "session")]
    pub(crate) fn refused(words: &str, status: u16) -> Self {
        let words = if words.is_empty() { "it gave no reason" } else { words };
        Self::with_message(ErrorKind::Refused, format!("Rumble refused: {words} (status {status})"))
    }

    /// A form was refused. `fields` has the reason for each field and becomes
    /// the source, so a caller can take it apart.
    #[cfg(feature = "upload")]
    pub(crate) fn refused_by_field(fields: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!("Rumble refused: {fields}").into();
        Self(Arc::new(Inner { kind: ErrorKind::Refused, message, retry_after: None, source: Some(Box::new(fields)) }))
    }

    /// The server has lost the chunks of an upload.
    #[cfg(feature = "upload")]
    pub(crate) fn file_gone() -> Self {
        Self::with_message(ErrorKind::FileGone, ErrorKind::FileGone.text())
    }

    /// Wraps the failure of a request that changes something, after it was
    /// sent.
    #[cfg(feature = "session")]
    pub(crate) fn unclear(failure: Self) -> Self {
        Self::caused_by(ErrorKind::Unclear, ErrorKind::Unclear.text(), failure)
    }

    /// What kind of failure this is.
    ///
    /// # Examples
    ///
    /// A bot that checks its key when it starts. The key is refused only if the
    /// API says so itself; any other failure leaves the question open.
    ///
    /// ```test_harness
    /// use rumble_live::{Client, Error, ErrorKind, sim::Sim};
    ///
    /// async fn is_refused(client: &Client) -> bool {
    ///     let outcome = client.snapshot().await;
    ///     outcome.is_err_and(|error| error.kind() == ErrorKind::Unauthorized)
    /// }
    ///
    /// #[tokio::test]
    /// async fn only_the_api_can_refuse_a_key() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     sim.fail_next(403); // with a page in HTML
    ///     assert!(!is_refused(&client).await);
    ///     sim.refuse_key();
    ///     assert!(is_refused(&client).await);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the same request may well succeed later and is harmless to send
    /// again. False for [`ErrorKind::Config`],
    /// [`Unauthorized`](ErrorKind::Unauthorized),
    /// [`SessionGone`](ErrorKind::SessionGone),
    /// [`Refused`](ErrorKind::Refused), [`Unclear`](ErrorKind::Unclear) and
    /// [`FileGone`](ErrorKind::FileGone).
    ///
    /// You need it only around [`Client::snapshot`](crate::Client::snapshot)
    /// and the like, which retry nothing. A [`Watcher`](crate::Watcher) retries
    /// by itself, and its `Err` is always final.
    ///
    /// # Examples
    ///
    /// A loop that waits ever longer, or as long as the server asks:
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{Client, Error, ErrorKind, Snapshot, sim::Sim};
    /// use tokio::time::sleep;
    ///
    /// async fn fetch(client: &Client) -> Result<Snapshot, Error> {
    ///     let mut wait = Duration::from_secs(10);
    ///     loop {
    ///         match client.snapshot().await {
    ///             Err(error) if error.is_transient() => {
    ///                 sleep(error.retry_after().unwrap_or(wait)).await;
    ///                 wait = (wait * 2).min(Duration::from_secs(300));
    ///             }
    ///             outcome => return outcome,
    ///         }
    ///     }
    /// }
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn outage_passes_and_a_refused_key_does_not() -> Result<(), Error>
    /// {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     sim.fail_for(Duration::from_secs(60), 503);
    ///     fetch(&client).await?;
    ///     sim.refuse_key();
    ///     let error = fetch(&client).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Unauthorized);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::Config
            | ErrorKind::Unauthorized
            | ErrorKind::SessionGone
            | ErrorKind::Refused
            | ErrorKind::Unclear
            | ErrorKind::FileGone => false,
            ErrorKind::Connect
            | ErrorKind::Timeout
            | ErrorKind::Transport
            | ErrorKind::Redirect
            | ErrorKind::RateLimited
            | ErrorKind::Status
            | ErrorKind::Server
            | ErrorKind::TooLarge
            | ErrorKind::Decode
            | ErrorKind::Challenge => true,
        }
    }

    /// How long the server asked you to wait (`Retry-After`). A date counts
    /// relative to the answer's own `Date`. A [`Watcher`](crate::Watcher) obeys
    /// at most 15 minutes of it. `None` if the header is missing or makes no
    /// sense. A date in the past is a wait of zero. The header counts with any
    /// status outside 2xx, since 503 comes with it too.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use std::time::Duration;
    ///
    /// use rumble_live::{
    ///     Client, Error, Response,
    ///     http::{StatusCode, header},
    ///     sim::Sim,
    /// };
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn server_asks_for_half_a_minute() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///     sim.answer_next(
    ///         Response::new(StatusCode::TOO_MANY_REQUESTS, "")
    ///             .header(header::RETRY_AFTER, 30.into()),
    ///     );
    ///     let error = client.snapshot().await.unwrap_err();
    ///     assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }
}

impl Error {
    /// The text and its causes on one line, for a log. `{error:#}` prints the
    /// same.
    ///
    /// Line breaks and other control characters of a cause become single
    /// spaces. A cause that the line already contains is left out, because many
    /// errors repeat the text of their cause.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Transport, "the tunnel\ncollapsed");
    /// let line = "the connection broke before the answer was complete: \
    ///             the tunnel collapsed";
    /// assert_eq!(error.report(), line);
    /// assert_eq!(format!("{error:#}"), line);
    /// // Without the `#` it is the text alone.
    /// assert!(!error.to_string().contains("tunnel"));
    /// ```
    #[must_use]
    pub fn report(&self) -> String {
        self.0.report()
    }
}

impl Inner {
    /// The text, and each cause whose text is not part of the line yet.
    fn report(&self) -> String {
        let mut report = one_line(&self.message);
        let mut next = self.source();
        while let Some(cause) = next {
            let text = one_line(&cause.to_string());
            // Many errors already include the text of their cause.
            if !text.is_empty() && !report.contains(&text) {
                report.push_str(": ");
                report.push_str(&text);
            }
            next = cause.source();
        }
        report
    }
}

/// Advice on how to get the right URL.
pub(crate) const COPY_IT: &str = "copy the whole API URL from https://rumble.com/account/livestream-api; it ends with ?key= and the key";

/// The text for a proxy that answers 407, whether to a request or to the
/// opening of a tunnel.
pub(crate) const PROXY_PASSWORD: &str = "the proxy wants a password, or another one than it got; set HTTPS_PROXY, HTTP_PROXY or ALL_PROXY to a URL with user name and password, http://user:password@host:port";

/// The source that marks an error as
/// [`another_account`](Error::another_account).
#[derive(Debug, thiserror::Error)]
#[error("it has neither the same user id nor the same channel id")]
struct AnotherAccount;

/// The source that marks an error as [`runtime_gone`](Error::runtime_gone).
#[derive(Debug, thiserror::Error)]
#[error("the runtime that made the request was shut down")]
struct RuntimeGone;

/// The kind of another crate's error, by the first I/O error among its sources
/// that says more than that something broke.
fn kind_of(error: &(dyn StdError + 'static)) -> ErrorKind {
    let mut kinds = successors(Some(error), |error| (*error).source()).filter_map(|error| Some(error.downcast_ref::<io::Error>()?.kind()));
    let kind = |kind| match kind {
        io::ErrorKind::TimedOut => Some(ErrorKind::Timeout),
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => Some(ErrorKind::Connect),
        _ => None,
    };
    kinds.find_map(kind).unwrap_or(ErrorKind::Transport)
}

/// Replaces line breaks and other control characters, which another crate's
/// error may hold.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

impl ErrorKind {
    /// The text of an error of this kind for which there is none that fits
    /// better.
    fn text(self) -> &'static str {
        match self {
            Self::Config => "this setting cannot work",
            Self::Connect => "no connection to the server; check the network, the name service and any proxy",
            Self::Timeout => "no whole answer came within the time limit; the server or the network is slow",
            Self::Transport => "the connection broke before the answer was complete",
            Self::Redirect => {
                "the server redirects, which is not followed because the URL is a secret; check that it is the API URL that Rumble shows"
            }
            Self::RateLimited => "the server asks for fewer requests",
            Self::Unauthorized => {
                "Rumble refused the key with an `errors` list in JSON, as it does if a key is wrong, missing or was reset; copy the whole \
                 API URL again from https://rumble.com/account/livestream-api"
            }
            Self::Status => {
                "the server sent something other than a snapshot; if this lasts, check the API URL, and look for a challenge page in between"
            }
            Self::Server => "the server failed; this usually passes",
            Self::TooLarge => "the answer is larger than the cap of this client",
            Self::Decode => "the answer is not a snapshot of the Live Stream API",
            Self::Challenge => "the server sent a challenge page to check that a person is asking; this often passes",
            Self::SessionGone => {
                "Rumble does not know this session any more: it expired, was ended, or the cookie is wrong; copy the cookie u_s again from a \
                 browser that is logged in to rumble.com"
            }
            Self::Refused => "Rumble refused the request",
            Self::Unclear => "no good answer came; the request may have been carried out and was not sent again, so check before you retry",
            Self::FileGone => "Rumble has lost the parts of the video that were sent; nothing was published, so begin the upload anew",
        }
    }
}

impl fmt::Display for ErrorKind {
    /// The name in the JSON form, such as `rate_limited`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { f.write_str(&self.report()) } else { f.write_str(&self.message) }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, message, retry_after, source } = self;
        let mut out = f.debug_struct("Error");
        out.field("kind", kind).field("message", message);
        if let Some(wait) = retry_after {
            out.field("retry_after", wait);
        }
        if let Some(cause) = source {
            out.field("source", cause);
        }
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_classified_by_the_envelope() {
        for status in [400, 401, 403, 404, 410] {
            assert_eq!(Error::from_status(status, true, None).kind(), ErrorKind::Unauthorized, "{status}");
            assert_eq!(Error::from_status(status, false, None).kind(), ErrorKind::Status, "{status}");
        }
        for (status, kind) in [
            (301, ErrorKind::Redirect),
            (308, ErrorKind::Redirect),
            (402, ErrorKind::Status),
            (408, ErrorKind::Status),
            (429, ErrorKind::RateLimited),
            (500, ErrorKind::Server),
            (503, ErrorKind::Server),
        ] {
            assert_eq!(Error::from_status(status, true, None).kind(), kind, "{status}");
        }
    }

    #[test]
    fn each_kind_says_whether_it_passes() {
        use ErrorKind::{
            Challenge, Config, Connect, Decode, FileGone, RateLimited, Redirect, Refused, Server, SessionGone, Status, Timeout, TooLarge,
            Transport, Unauthorized, Unclear,
        };
        for kind in [Config, Unauthorized, SessionGone, Refused, Unclear, FileGone] {
            assert!(!Error::new(kind, "x").is_transient(), "{kind:?}");
        }
        for kind in [Connect, Timeout, Transport, Redirect, RateLimited, Status, Server, TooLarge, Decode, Challenge] {
            assert!(Error::new(kind, "x").is_transient(), "{kind:?}");
        }
        assert!(!Error::from_status(403, true, None).is_transient());
        assert!(Error::from_status(403, false, None).is_transient());
    }

    #[test]
    fn debug_form_tells_what_is_known_and_no_more() {
        let error = Error::from_status(429, false, Some(Duration::from_secs(30)));
        let text = r#"Error { kind: RateLimited, message: "the server asks for fewer requests (status 429)", retry_after: 30s }"#;
        assert_eq!(format!("{error:?}"), text);
        let caused = Error::config_caused_by("no number", "x".parse::<u8>().unwrap_err());
        let text = r#"Error { kind: Config, message: "no number", source: ParseIntError { kind: InvalidDigit } }"#;
        assert_eq!(format!("{caused:?}"), text);
    }

    #[test]
    fn foreign_error_is_told_apart_by_what_it_is_made_of() {
        for (kind, expected) in [
            (io::ErrorKind::TimedOut, ErrorKind::Timeout),
            (io::ErrorKind::ConnectionRefused, ErrorKind::Connect),
            (io::ErrorKind::BrokenPipe, ErrorKind::Transport),
        ] {
            assert_eq!(Error::foreign(io::Error::from(kind).into()).kind(), expected);
        }
        assert_eq!(Error::foreign(Error::config("own").into()).to_string(), "own");
    }

    #[test]
    fn answer_of_another_account_is_known_as_such() {
        assert!(Error::another_account().is_another_account());
        assert!(!Error::new(ErrorKind::Decode, "x").is_another_account() && !Error::config("x").is_another_account());
    }

    #[test]
    fn report_is_one_line_of_the_text_and_each_cause_once() {
        #[derive(Debug)]
        struct Chain(&'static str, Option<Box<Chain>>);
        impl fmt::Display for Chain {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
        impl StdError for Chain {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                self.1.as_deref().map(|cause| cause as _)
            }
        }
        let chain = Chain("dialling: refused", Some(Box::new(Chain("refused", Some(Box::new(Chain("by\n the\u{1b} firewall", None)))))));
        let error = Error::new(ErrorKind::Transport, chain);
        assert_eq!(error.report(), "the connection broke before the answer was complete: dialling: refused: by the firewall");
        assert_eq!(format!("{error:#}"), error.report());
        assert_eq!(Error::config("no").report(), "no");
    }

    #[test]
    fn source_is_kept_and_not_repeated() {
        let error = Error::new(ErrorKind::Transport, "the wire was cut");
        assert!(!error.to_string().contains("the wire was cut"));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the wire was cut"));
    }
}
