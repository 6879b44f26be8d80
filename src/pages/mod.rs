//! Reads Rumble's public pages, without a key. Feature `pages`.
//!
//! Unofficial: Rumble's pages name the oEmbed service, but Rumble documents
//! none of this. Any of it may change without notice. The list of videos is the
//! most likely to change, because it is read from HTML.
//!
//! | method | asks | tells |
//! |---|---|---|
//! | [`resolve`](Pages::resolve) | oEmbed | which video or livestream a URL leads to |
//! | [`stream_status`](Pages::stream_status) | `embedJS`, as the player does | whether a livestream is on air, its title and its author |
//! | [`newest_videos`](Pages::newest_videos) | the page of a channel or user | the newest videos and livestreams |
//! | [`live_video`](Pages::live_video) | the same page | what is live now |
//!
//! The id of a livestream is also that of its video and of its chat.
//!
//! Without a key, begin with [`Pages::over`], or with `Pages::new` where
//! feature `http` is on. With one, begin with your client:
//!
//! ```no_run
//! use rumble_live::{Client, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let url = "https://rumble.com/-livestream-api/get-data?key=…";
//!     let client = Client::builder(url)
//!         .user_agent("harborlight-bot/1.0 (+https://harborlight.example)")
//!         .build()?;
//!     let pages = client.pages();
//!     let video = pages
//!         .resolve("https://rumble.com/v7c9aa1-night-shift.html")
//!         .await?;
//!     let status = pages.stream_status(&video.id).await?;
//!     println!("{} by {}: {}", status.title, status.author_name, status.live);
//!     for video in pages.newest_videos(&"c/HarborlightRetro".parse()?).await?
//!     {
//!         println!("{} {}", video.id, video.title);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Wait until a channel is live
//!
//! A bot that announces somebody else's livestreams has no key of theirs. It
//! asks now and then, and passes over what [passes](crate::Error::is_transient)
//! by itself. Here the channel goes live after ten minutes, and the second
//! request fails:
//!
//! ```
//! use rumble_live::{
//!     Error,
//!     pages::{Creator, ListedVideo, Pages},
//!     sim::Sim,
//! };
//! use std::time::Duration;
//! use tokio::time::{Instant, sleep};
//!
//! async fn next_live(
//!     pages: &Pages,
//!     creator: &Creator,
//! ) -> Result<ListedVideo, Error> {
//!     loop {
//!         match pages.live_video(creator).await {
//!             Ok(Some(video)) => return Ok(video),
//!             Err(error) if !error.is_transient() => return Err(error),
//!             Ok(None) | Err(_) => sleep(Duration::from_secs(120)).await,
//!         }
//!     }
//! }
//!
//! #[tokio::main(flavor = "current_thread", start_paused = true)]
//! async fn main() -> Result<(), Error> {
//!     let sim = Sim::running(42);
//!     let channel = sim.clone();
//!     tokio::spawn(async move {
//!         sleep(Duration::from_secs(60)).await;
//!         channel.fail_page_next(502);
//!         sleep(Duration::from_secs(540)).await;
//!         channel.start_stream("Harbour lights");
//!     });
//!
//!     let (pages, begun) = (Pages::over(sim.clone()), Instant::now());
//!     let video = next_live(&pages, &sim.creator()).await?;
//!     assert_eq!(video.title, "Harbour lights");
//!     assert!(begun.elapsed() >= Duration::from_secs(600));
//!     Ok(())
//! }
//! ```
//!
//! # Be gentle
//!
//! These pages are made for people. Ask only for what a user of your program
//! wants to see. Keep an answer for at least 30 seconds. Name your program in
//! the [user agent](Pages::with_user_agent). A reader and its clones make one
//! request at a time, a second apart, and rest when Rumble asks for that. If
//! you have the key of an account, its [client](crate::Client) tells you more.
//!
//! When Rumble wants to be sure that a person asks, it sends a challenge page.
//! That is an error of kind [`Challenge`](crate::ErrorKind::Challenge), and
//! nothing here tries to get around it. Redirects are not followed, and no
//! cookie is ever sent.
//!
//! # Errors
//!
//! All methods give the same kinds. Nothing is repeated by itself: each call is
//! one request.
//!
//! - [`Config`](crate::ErrorKind::Config): what you asked for is not there
//!   (status 404 or 410), or cannot be asked for, such as an id that is none.
//!   Does not pass.
//! - [`Challenge`](crate::ErrorKind::Challenge): Rumble wants a browser. It
//!   often passes, but not if you ask more.
//! - [`Redirect`](crate::ErrorKind::Redirect): the page has moved, or is only
//!   for those who are logged in.
//! - [`RateLimited`](crate::ErrorKind::RateLimited) and
//!   [`Server`](crate::ErrorKind::Server): a 429 or a 5xx. If it says how long
//!   to wait, the reader does so before its next request, so you may simply ask
//!   again.
//! - [`Decode`](crate::ErrorKind::Decode): the answer does not have what was
//!   asked for. An empty list or a video that is gone is not an error; a page
//!   without its list is, so that a page that Rumble has changed is never taken
//!   for a channel that shows nothing.
//! - [`TooLarge`](crate::ErrorKind::TooLarge): more than 2 MiB.
//! - [`Connect`](crate::ErrorKind::Connect),
//!   [`Timeout`](crate::ErrorKind::Timeout),
//!   [`Transport`](crate::ErrorKind::Transport) and
//!   [`Status`](crate::ErrorKind::Status): as for any request. The time limit
//!   is 20 seconds from the request's turn on.
//!
//! # Test it
//!
//! The simulator shows its streams and videos on the same pages; see
//! [`Sim::creator`](crate::sim::Sim::creator).

mod answer;
mod creator;
mod grid;
pub(crate) mod html;
mod oembed;
mod seconds;
mod status;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{
    HeaderValue,
    header::{ACCEPT, USER_AGENT},
};

pub use self::{
    creator::Creator,
    grid::ListedVideo,
    oembed::Video,
    status::{LiveState, StreamStatus},
};
use crate::{
    client::{Client, Endpoints, default_user_agent, spacing, user_agent},
    error::{Error, ErrorKind},
    snapshot::{StreamId, Window},
    transport::{Limits, Request, Response, SecretUrl, Transport, exchange, flight, flight::Flight, gate::Gate},
};

/// How long a request may take, once it is its turn.
const WHOLE: Duration = Duration::from_secs(20);
/// How long nothing is asked after a 429 without `Retry-After`.
const REST: Duration = Duration::from_secs(10);
/// The longest rest, whatever `Retry-After` says.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// A reader of Rumble's public pages. Cheap to clone.
///
/// Each call is one request. A reader and its clones make one request at a
/// time, each a second after the end of the one before. After a 429, and after
/// a 5xx with `Retry-After`, they wait for as long as that says: 10 seconds
/// where a 429 does not say, and at most 15 minutes. The call that got the 429
/// fails at once; it is the next one that waits.
///
/// Make one reader and clone it: readers that were made apart know nothing of
/// each other's pace.
///
/// # Examples
///
/// Two parts of a bot ask at the same moment, and the second waits for its
/// turn:
///
/// ```
/// use rumble_live::{Error, pages::Pages, sim::Sim};
/// use tokio::time::Instant;
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let (creator, begun) = (sim.creator(), Instant::now());
///
///     let pages = Pages::over(sim.clone());
///     let other = pages.clone();
///     let (status, videos) = tokio::join!(
///         pages.stream_status(&stream),
///         other.newest_videos(&creator)
///     );
///     assert_eq!(status?.title, videos?[0].title);
///     assert_eq!(begun.elapsed().as_secs(), 1);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Pages {
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    user_agent: Result<HeaderValue, Error>,
    gate: Arc<Gate>,
}

impl Client {
    /// Reads Rumble's public pages over this client's transport, with its user
    /// agent and [endpoints](crate::ClientBuilder::endpoints). Feature `pages`.
    ///
    /// All readers of a client and its clones keep one pace, as clones of one
    /// reader do. It is not the pace of the client's own requests. The key of
    /// the client is not sent.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Client, Error, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let client = Client::builder("http://127.0.0.1/?key=any")
    ///         .transport(sim.clone())
    ///         .build()?;
    ///
    ///     let live = client.pages().live_video(&sim.creator()).await?;
    ///     assert_eq!(live.map(|video| video.id), Some(stream));
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn pages(&self) -> Pages {
        Pages {
            transport: Arc::clone(self.transport()),
            endpoints: self.endpoints().clone(),
            user_agent: Ok(self.user_agent().clone()),
            gate: Arc::clone(self.pages_gate()),
        }
    }
}

impl Pages {
    /// A reader with a [`Pool`](crate::Pool) of its own, at Rumble's own
    /// endpoints. Nothing is sent before the first call.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use rumble_live::{Error, pages::Pages};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), Error> {
    ///     let pages = Pages::new().with_user_agent("harborlight-bot/1.0");
    ///     println!("{}", pages.stream_status("7c1f4q").await?.live);
    ///     Ok(())
    /// }
    /// ```
    #[cfg(feature = "http")]
    #[must_use]
    pub fn new() -> Self {
        Self::over(crate::transport::Pool::new())
    }

    /// A reader that makes its requests over this transport, with Rumble's own
    /// endpoints and the default user agent.
    ///
    /// # Examples
    ///
    /// A test lets the site fail, and sees that the bot may ask again:
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, pages::Pages, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let pages = Pages::over(sim.clone());
    ///
    ///     sim.fail_page_next(503);
    ///     let error = pages.stream_status(&stream).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Server);
    ///     assert!(error.is_transient());
    ///     assert!(pages.stream_status(&stream).await?.is_live());
    ///     Ok(())
    /// }
    /// ```
    pub fn over(transport: impl Transport) -> Self {
        let user_agent = Ok(default_user_agent());
        Self { transport: Arc::new(transport), endpoints: Endpoints::default(), user_agent, gate: Arc::new(Gate::new(spacing::PAGES)) }
    }

    /// The same reader with the pages at other [endpoints](Endpoints), such as
    /// a test server. It keeps the pace of the reader that it was made from.
    /// The chat's endpoint is not used.
    ///
    /// # Examples
    ///
    /// Where the list has an address without a host, it is completed with that
    /// of the endpoints:
    ///
    /// ```
    /// use rumble_live::{Endpoints, Error, Response, pages::Pages, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let endpoints = Endpoints::at("http://127.0.0.1:8080")?;
    ///     let pages = Pages::over(sim.clone()).with_endpoints(endpoints);
    ///
    ///     let grid = r#"{"items":[{"id":5,"relative_url":"/v7c9aa1.html"}]}"#;
    ///     let script =
    ///         format!("<script type='application/json'>{grid}</script>");
    ///     let page = format!("<rum-videos-grid>{script}</rum-videos-grid>");
    ///     sim.answer_page_next(Response::ok(page));
    ///     let videos = pages.newest_videos(&sim.creator()).await?;
    ///     assert_eq!(videos[0].url, "http://127.0.0.1:8080/v7c9aa1.html");
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// The same reader with another user agent, which names your program.
    /// Default: `rumble-live/` and the version, or the user agent of the
    /// client.
    ///
    /// # Errors
    ///
    /// None here. Each call of the reader is an error of kind
    /// [`Config`](ErrorKind::Config) where a header cannot hold the text.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Error, ErrorKind, pages::Pages, sim::Sim};
    ///
    /// #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// async fn main() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///
    ///     let pages = Pages::over(sim.clone()).with_user_agent(
    ///         "harborlight-bot/1.0 (+https://harborlight.example)",
    ///     );
    ///     assert!(pages.stream_status(&stream).await?.is_live());
    ///
    ///     let pages = pages.with_user_agent("harborlight\nbot");
    ///     let error = pages.stream_status(&stream).await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     assert_eq!(sim.page_requests(), 1);
    ///     Ok(())
    /// }
    /// ```
    #[must_use]
    pub fn with_user_agent(mut self, text: impl AsRef<str>) -> Self {
        self.user_agent = user_agent(text.as_ref());
        self
    }

    /// The video or livestream that a URL leads to: the URL of a watch page, an
    /// embedded player or a short, with or without a query. The code in the URL
    /// of a watch page is not the id.
    ///
    /// Asks Rumble's oEmbed service, which the watch pages name for this
    /// purpose. The URL is sent as it is, without white space around it; which
    /// URLs lead to a video is for Rumble to say.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where there is no public video at the URL,
    /// [`Challenge`](ErrorKind::Challenge) where Rumble wants a browser,
    /// [`Decode`](ErrorKind::Decode) where the answer does not say which video
    /// it is; otherwise the errors of any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    ///
    /// # Examples
    ///
    /// What a viewer pastes into a chat is resolved once, and then known by its
    /// id:
    ///
    /// ```test_harness
    /// use rumble_live::{Error, ErrorKind, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn url_leads_to_a_livestream() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let pages = Pages::over(sim.clone());
    ///     let pasted = format!(" {}?e9s=src_v1 ", sim.watch_url(&stream));
    ///     let video = pages.resolve(&pasted).await?;
    ///     assert_eq!(
    ///         (video.id, video.title.as_str()),
    ///         (stream, "Harbour lights")
    ///     );
    ///
    ///     let error = pages.resolve("https://rumble.com/").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub async fn resolve(&self, url: &str) -> Result<Video, Error> {
        const MISSING: &str = "there is no public video at this URL (status 404); check it in a browser";
        oembed::read(&self.ask(oembed::request(url.trim()), Form::Json, MISSING).await?)
    }

    /// What a livestream or video is at the moment: live, announced, over, or
    /// gone.
    ///
    /// Asks what Rumble's embedded player asks (`embedJS`). That takes no key
    /// and is the smallest request that tells it. Keep the answer for at least
    /// 30 seconds. If you have the key of the account, its
    /// [client](crate::Client) tells you sooner and with fewer requests, and so
    /// does its [watcher](crate::Watcher).
    ///
    /// The id is the one in [`Video::id`] and not the code in the URL of a
    /// watch page, which would lead to another video or none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where this is not the id of a video, which is
    /// found out before anything is sent, or where Rumble answers with status
    /// 404. A video that is [gone](LiveState::Gone) is not an error.
    /// [`Challenge`](ErrorKind::Challenge) and [`Decode`](ErrorKind::Decode) as
    /// for [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{
    ///     Error, ErrorKind,
    ///     pages::{LiveState, Pages},
    ///     sim::Sim,
    /// };
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn livestream_is_live_until_it_ends() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let pages = Pages::over(sim.clone());
    ///     let stream = sim.start_stream("Harbour lights");
    ///     assert!(pages.stream_status(&stream).await?.is_live());
    ///     sim.end_stream(&stream);
    ///     assert_eq!(
    ///         pages.stream_status(&stream).await?.live,
    ///         LiveState::WasLive
    ///     );
    ///
    ///     assert_eq!(pages.stream_status("1").await?.live, LiveState::Gone);
    ///     let error = pages.stream_status("not an id").await.unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub async fn stream_status(&self, id: impl Into<StreamId>) -> Result<StreamStatus, Error> {
        const MISSING: &str = "Rumble knows nothing about this video (status 404); check its id";
        let id = id.into().decimal().map(StreamId::from_decimal);
        let id =
            id.ok_or_else(|| Error::config("this is not the id of a video, which has digits and the letters a to z, such as 7c1f4q"))?;
        status::read(&id, &self.ask(status::request(&id), Form::Json, MISSING).await?)
    }

    /// The newest videos and livestreams of a channel or user, newest first.
    /// They are those on the first page, 24 at the time of writing; a call
    /// never asks for a second page. Videos without a date come last. Items
    /// that cannot be read are [skipped](Window::skipped). A video that the
    /// page lists twice is in the list once.
    ///
    /// The list is empty for a channel that has published nothing.
    ///
    /// Reads the list in the page, which is JSON (`rum-videos-grid`). Such
    /// markup has changed twice in two years.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where there is no such channel or user.
    /// [`Decode`](ErrorKind::Decode) where the page has no such list; an empty
    /// list is not an error. [`TooLarge`](ErrorKind::TooLarge) where the page
    /// has more than 2 MiB. [`Challenge`](ErrorKind::Challenge) as for
    /// [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn channel_lists_its_newest_first() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let first = sim.start_stream("Harbour lights");
    ///     sim.end_stream(&first);
    ///     sim.advance(std::time::Duration::from_secs(3600));
    ///     let second = sim.start_stream("Harbour lights, late shift");
    ///     let pages = Pages::over(sim.clone());
    ///     let videos = pages.newest_videos(&sim.creator()).await?;
    ///     let ids: Vec<_> = videos.iter().map(|video| &video.id).collect();
    ///     assert_eq!(ids, [&second, &first]);
    ///     Ok(())
    /// }
    /// ```
    pub async fn newest_videos(&self, creator: &Creator) -> Result<Window<ListedVideo>, Error> {
        const MISSING: &str = "there is no channel or user of this name (status 404); check its page in a browser";
        grid::read(self.endpoints.site(), &self.ask(grid::request(creator), Form::Html, MISSING).await?)
    }

    /// The livestream that a channel or user shows at the moment, if any: the
    /// newest of the [`newest_videos`](Self::newest_videos) that is live. It is
    /// the same request.
    ///
    /// `None` means that the list has no live one. An announced livestream is
    /// not live, and one that is not among the newest videos is not found.
    ///
    /// # Errors
    ///
    /// As [`newest_videos`](Self::newest_videos), and [`ErrorKind::Decode`]
    /// where the list does not say of any video whether it is live.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    ///
    /// # Examples
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test(start_paused = true)]
    /// async fn channel_is_live_with_its_livestream() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let pages = Pages::over(sim.clone());
    ///     let announced = sim.schedule_stream("Harbour lights");
    ///     assert_eq!(pages.live_video(&sim.creator()).await?, None);
    ///     sim.go_live(&announced);
    ///     let live = pages.live_video(&sim.creator()).await?;
    ///     assert_eq!(live.map(|video| video.id), Some(announced));
    ///     Ok(())
    /// }
    /// ```
    pub async fn live_video(&self, creator: &Creator) -> Result<Option<ListedVideo>, Error> {
        grid::live(self.newest_videos(creator).await?)
    }

    /// Makes one request for a path of the site, when it is its turn. It runs
    /// in a task of its own, so that a caller who stops polling holds up nobody
    /// at the gate. `missing` is what a 404 means.
    async fn ask(&self, path: String, form: Form, missing: &'static str) -> Result<Bytes, Error> {
        let user_agent = self.user_agent.clone()?;
        let url = format!("{}{path}", self.endpoints.site()).parse()?;
        let runtime = flight::runtime()?;
        let place = self.gate.place(runtime.id());
        let (pages, waiting) = (self.clone(), place.clone());
        let asked = async move {
            waiting.turn(WHOLE).await;
            let exchange = pages.exchange(url, user_agent, form, missing);
            waiting.within(WHOLE, exchange).await.unwrap_or_else(|| Err(Error::timeout(WHOLE)))
        };
        Flight::start(&runtime, Some(place), asked).await
    }

    /// Makes the request and judges its head. A bad answer that asks for a rest
    /// makes all readers at this gate rest.
    async fn exchange(&self, url: SecretUrl, user_agent: HeaderValue, form: Form, missing: &'static str) -> Result<Bytes, Error> {
        let request = Request::get(url)
            .header(ACCEPT, HeaderValue::from_static(form.accept()))
            .header(USER_AGENT, user_agent)
            .limits(Limits { whole: Some(WHOLE), max_body: html::LONGEST, ..Limits::default() });
        let most = request.limits.max_body;
        let Response { status, headers, body } = exchange::open(&*self.transport, request).await?;
        let body = match body.collect(most).await {
            // The status is enough.
            Err(_) if !status.is_success() => Bytes::new(),
            Err(error) if error.kind() == ErrorKind::TooLarge => return Err(html::too_large()),
            body => body?,
        };
        let judged = answer::judge(status, &headers, &body, form, missing, SystemTime::now());
        if let Some(rest) = judged.as_ref().err().and_then(rest_after) {
            self.gate.rest(rest);
        }
        judged.map(|()| body)
    }
}

/// How long nothing is asked after this failure, if at all. A 429 always makes
/// a rest; a 5xx only where the server says for how long.
fn rest_after(error: &Error) -> Option<Duration> {
    let rest = match error.kind() {
        ErrorKind::RateLimited => error.retry_after().or(Some(REST)),
        ErrorKind::Server => error.retry_after(),
        _ => None,
    };
    rest.map(|rest| rest.min(LONGEST_REST))
}

/// The form of an answer, as it was asked for. A page in place of JSON may be a
/// challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Html,
}

impl Form {
    /// The value of the header `Accept`.
    fn accept(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Html => "text/html",
        }
    }
}

/// The answer is something else.
fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer does not have what was asked for; Rumble may have changed it")
}

#[cfg(feature = "http")]
impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("endpoints", &self.endpoints).field("user_agent", &self.user_agent).finish_non_exhaustive()
    }
}
