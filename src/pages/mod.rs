//! What Rumble's public pages tell, without a key. Feature `pages`.
//!
//! Unofficial: Rumble names the oEmbed service in its pages but documents nothing of it, and nothing at all of the rest. Any of it may change
//! without notice, the list of videos first, for that is read from HTML.
//!
//! | | asks | |
//! |---|---|---|
//! | [`resolve`](Pages::resolve) | oEmbed | which video or livestream a URL leads to |
//! | [`stream_status`](Pages::stream_status) | `embedJS`, as the player does | whether a livestream is on air, and more of it |
//! | [`newest_videos`](Pages::newest_videos) | the page of a channel or user | what is new there |
//! | [`live_video`](Pages::live_video) | the same page | what is live there |
//!
//! The id of a livestream is also that of its video and of its chat.
//!
//! ```no_run
//! use rumble_live::{Client, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let client = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
//!     let pages = client.pages();
//!     let video = pages.resolve("https://rumble.com/v7c9aa1-night-shift.html").await?;
//!     let status = pages.stream_status(&video.id).await?;
//!     println!("{} by {}: {}", status.title, status.author_name, status.live);
//!     for video in pages.newest_videos(&"c/HarborlightRetro".parse()?).await? {
//!         println!("{} {}", video.id, video.title);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Be gentle
//!
//! These pages are made for people. Ask for what a user of your program wants to see, not for all there is; keep an answer for 30 seconds at
//! least; and name your program as [user agent](crate::ClientBuilder::user_agent). A reader and its clones make one request at a time, a second
//! apart, and rest after a 429. For an account of which you have the key, the [client](crate::Client) tells more.
//!
//! Where Rumble wants to be sure that a person asks, it sends a challenge page. That is an error of kind
//! [`Challenge`](crate::ErrorKind::Challenge), and nothing here tries to get around it. Redirects are not followed, and no cookie is ever sent.

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
    client::{Client, DEFAULT_USER_AGENT, Endpoints},
    error::{Error, ErrorKind},
    snapshot::{StreamId, Window},
    transport::{Limits, Request, Response, SecretUrl, Transport, exchange, flight, flight::Flight, gate::Gate},
};

/// How far apart requests are kept.
const SPACING: Duration = Duration::from_secs(1);
/// How long a request may take, once it is its turn.
const WHOLE: Duration = Duration::from_secs(20);
/// How long nothing is asked after a 429 that does not say for how long.
const REST: Duration = Duration::from_secs(10);
/// How long nothing is asked at most, whatever a 429 says.
const LONGEST_REST: Duration = Duration::from_secs(15 * 60);

/// A reader of Rumble's public pages. Cheap to clone.
///
/// Each call is one request. Those of a reader and its clones are made one at a time, each a second after the one before has ended; after a 429
/// they wait for as long as it says, or 10 seconds, 15 minutes at most.
#[derive(Clone)]
pub struct Pages {
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    user_agent: HeaderValue,
    gate: Arc<Gate>,
}

impl Client {
    /// Reads Rumble's public pages over this client's transport, with its user agent and [endpoints](crate::ClientBuilder::endpoints). Feature
    /// `pages`.
    ///
    /// Each call makes another reader, which knows nothing of the requests of the others; keep one.
    #[must_use]
    pub fn pages(&self) -> Pages {
        Pages::with(Arc::clone(self.transport()), self.endpoints().clone(), self.user_agent().clone())
    }
}

impl Pages {
    /// A reader with a [`Pool`](crate::Pool) of its own.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn new() -> Self {
        Self::over(crate::transport::Pool::new())
    }

    /// A reader that makes its requests over this transport.
    pub fn over(transport: impl Transport) -> Self {
        Self::with(Arc::new(transport), Endpoints::default(), HeaderValue::from_static(DEFAULT_USER_AGENT))
    }

    fn with(transport: Arc<dyn Transport>, endpoints: Endpoints, user_agent: HeaderValue) -> Self {
        Self { transport, endpoints, user_agent, gate: Arc::new(Gate::new(SPACING)) }
    }

    /// The same with the pages at other [endpoints](Endpoints), such as a test server.
    #[must_use]
    pub fn with_endpoints(mut self, endpoints: Endpoints) -> Self {
        self.endpoints = endpoints;
        self
    }

    /// Which video or livestream a URL leads to: that of a watch page, an embedded player or a short, with or without what follows the path.
    /// The code in the URL of a watch page is not the id.
    ///
    /// Asks Rumble's oEmbed service, which its watch pages name for this purpose.
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn url_leads_to_a_livestream() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     let video = Pages::over(sim.clone()).resolve(&sim.watch_url(&stream)).await?;
    ///     assert_eq!((video.id, video.title.as_str()), (stream, "Harbour lights"));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where there is no public video at the URL, [`Challenge`](ErrorKind::Challenge) where Rumble wants a browser,
    /// [`Decode`](ErrorKind::Decode) where the answer does not say which video it is; otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn resolve(&self, url: &str) -> Result<Video, Error> {
        const MISSING: &str = "there is no public video at this URL (status 404); check it in a browser";
        oembed::read(&self.ask(oembed::request(url.trim()), JSON, MISSING).await?)
    }

    /// What a livestream or video is at the moment: live, announced, over, or gone.
    ///
    /// Asks what Rumble's embedded player asks (`embedJS`), which takes no key and is the least that can be asked for this. Keep the answer for 30
    /// seconds at least. A livestream of an account of which you have the key is told sooner and at less cost by its
    /// [client](crate::Client) or [watcher](crate::Watcher).
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::{LiveState, Pages}, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn livestream_is_live_until_it_ends() -> Result<(), Error> {
    ///     let sim = Sim::new(42);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     assert!(Pages::over(sim.clone()).stream_status(&stream).await?.is_live());
    ///     sim.end_stream(&stream);
    ///     assert_eq!(Pages::over(sim.clone()).stream_status(&stream).await?.live, LiveState::WasLive);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where this is no id of a video, or Rumble has nothing at the address (status 404); a video that is
    /// [gone](LiveState::Gone) is no error. [`Challenge`](ErrorKind::Challenge) and [`Decode`](ErrorKind::Decode) as for
    /// [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn stream_status(&self, id: impl Into<StreamId>) -> Result<StreamStatus, Error> {
        const MISSING: &str = "Rumble has nothing to say of this video (status 404); check its id";
        let id = id.into().decimal().map(StreamId::from_decimal);
        let id = id.ok_or_else(|| Error::config("this is no id of a video; it has digits and the letters a to z, such as 7c1f4q"))?;
        status::read(&id, &self.ask(status::request(&id), JSON, MISSING).await?)
    }

    /// The newest videos and livestreams of a channel or user, newest first: those that the first page of them shows, 24 at the time of writing.
    /// What cannot be read is [skipped](Window::skipped). What has no date is last.
    ///
    /// Reads the list that stands as JSON in the page (`rum-videos-grid`). Such markup has changed twice in two years.
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
    ///     assert_eq!(videos.iter().map(|video| &video.id).collect::<Vec<_>>(), [&second, &first]);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] where there is no such channel or user, [`Decode`](ErrorKind::Decode) where the page has no such list, which is not the
    /// same as an empty one; [`Challenge`](ErrorKind::Challenge) as for [`resolve`](Self::resolve).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn newest_videos(&self, creator: &Creator) -> Result<Window<ListedVideo>, Error> {
        const MISSING: &str = "there is no channel or user of this name (status 404); check its page in a browser";
        grid::read(&self.ask(grid::request(creator), HTML, MISSING).await?)
    }

    /// What a channel or user shows live at the moment, if anything: the newest that is live among [`newest_videos`](Self::newest_videos), by the same
    /// request.
    ///
    /// ```test_harness
    /// use rumble_live::{Error, pages::Pages, sim::Sim};
    ///
    /// #[tokio::test]
    /// async fn channel_is_live_with_its_livestream() -> Result<(), Error> {
    ///     let sim = Sim::running(42);
    ///     let pages = Pages::over(sim.clone());
    ///     assert_eq!(pages.live_video(&sim.creator()).await?, None);
    ///     let stream = sim.start_stream("Harbour lights");
    ///     assert_eq!(pages.live_video(&sim.creator()).await?.map(|video| video.id), Some(stream));
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`newest_videos`](Self::newest_videos), and [`ErrorKind::Decode`] where the list says of no video whether it is live.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future withdraws or ends the request.
    pub async fn live_video(&self, creator: &Creator) -> Result<Option<ListedVideo>, Error> {
        grid::live(self.newest_videos(creator).await?)
    }

    /// Asks for a path of the site once, when it is its turn.
    async fn ask(&self, path: String, accept: &'static str, missing: &'static str) -> Result<Bytes, Error> {
        let url = format!("{}{path}", self.endpoints.site()).parse()?;
        let runtime = flight::runtime()?;
        let place = self.gate.place(runtime.id());
        let (pages, waiting) = (self.clone(), place.clone());
        let asked = async move {
            waiting.turn(WHOLE).await;
            waiting.within(WHOLE, pages.exchange(url, accept, missing)).await.unwrap_or_else(|| Err(Error::timeout(WHOLE)))
        };
        Flight::start(&runtime, Some(place), asked).await
    }

    async fn exchange(&self, url: SecretUrl, accept: &'static str, missing: &'static str) -> Result<Bytes, Error> {
        let request = Request::get(url)
            .header(ACCEPT, HeaderValue::from_static(accept))
            .header(USER_AGENT, self.user_agent.clone())
            .limits(Limits { whole: Some(WHOLE), ..Limits::default() });
        let most = request.limits.max_body;
        let Response { status, headers, body } = exchange::open(&*self.transport, request).await?;
        let body = match body.collect(most).await {
            // The status says it all.
            Err(_) if !status.is_success() => Bytes::new(),
            body => body?,
        };
        let judged = answer::judge(status, &headers, &body, missing, SystemTime::now());
        if let Err(error) = &judged
            && error.kind() == ErrorKind::RateLimited
        {
            self.gate.rest(error.retry_after().unwrap_or(REST).min(LONGEST_REST));
        }
        judged.map(|()| body)
    }
}

/// What is asked for: the value of the header `Accept`.
const JSON: &str = "application/json";
const HTML: &str = "text/html";

/// What is not what was asked for.
fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer has not what was asked for; Rumble may have changed it")
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
