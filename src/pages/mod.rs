//! What Rumble's public pages tell, without a key. Feature `pages`.
//!
//! Unofficial: Rumble names the oEmbed service in its pages but documents nothing of it, and may change it without notice.
//!
//! [`resolve`](Pages::resolve) turns the URL of a watch page into the id of its livestream, which is also the id of its chat.
//!
//! ```no_run
//! use rumble_live::{Client, Error};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     let client = Client::new("https://rumble.com/-livestream-api/get-data?key=…")?;
//!     let video = client.pages().resolve("https://rumble.com/v7c9aa1-night-shift.html").await?;
//!     println!("{} by {}: {}", video.title, video.author_name, video.id);
//!     Ok(())
//! }
//! ```

mod oembed;

use std::{fmt, sync::Arc, time::SystemTime};

use http::{
    HeaderValue,
    header::{ACCEPT, USER_AGENT},
};

pub use self::oembed::Video;
use crate::{
    client::{Client, DEFAULT_USER_AGENT, Endpoints},
    error::Error,
    transport::{Request, Response, SecretUrl, Transport, exchange, flight, flight::Flight, retry_after},
};

/// A reader of Rumble's public pages. Cheap to clone.
///
/// Each call is one request; pace them yourself, and keep what you got.
#[derive(Clone)]
pub struct Pages {
    transport: Arc<dyn Transport>,
    endpoints: Endpoints,
    user_agent: HeaderValue,
}

impl Client {
    /// Reads Rumble's public pages over this client's transport, with its user agent and [endpoints](crate::ClientBuilder::endpoints). Feature
    /// `pages`.
    #[must_use]
    pub fn pages(&self) -> Pages {
        Pages { transport: Arc::clone(self.transport()), endpoints: self.endpoints().clone(), user_agent: self.user_agent().clone() }
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
        Self { transport: Arc::new(transport), endpoints: Endpoints::default(), user_agent: HeaderValue::from_static(DEFAULT_USER_AGENT) }
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
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where there is no public video at the URL; otherwise as for any request.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the request.
    pub async fn resolve(&self, url: &str) -> Result<Video, Error> {
        let asked = oembed::request(self.endpoints.site(), url.trim())?;
        let pages = self.clone();
        Flight::start(&flight::runtime()?, None, async move { oembed::read(pages.ask(asked).await?).await }).await
    }

    async fn ask(&self, url: SecretUrl) -> Result<Response, Error> {
        let request =
            Request::get(url).header(ACCEPT, HeaderValue::from_static("application/json")).header(USER_AGENT, self.user_agent.clone());
        let response = exchange::open(&*self.transport, request).await?;
        match response.status.as_u16() {
            200..=299 => Ok(response),
            404 => Err(Error::config("there is no public video at this URL (status 404); check it in a browser")),
            status => Err(Error::from_status(status, false, retry_after::of(&response.headers, SystemTime::now()))),
        }
    }
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
