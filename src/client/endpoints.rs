//! Where Rumble's services are.
//!
//! Two addresses, because the chat is on another host than the site. Everything
//! else (sessions, pages, uploads) finds its host from the site or from what
//! the site answers. A client on loopback takes both from its API URL, so that
//! no test of a bot ever reaches the real service by accident.

use super::ApiUrl;
use crate::{error::Error, transport::SecretUrl};

/// The addresses of Rumble's other services: the site and the chat.
///
/// The default is Rumble's own addresses. If the API URL of a client is on
/// loopback, the client uses that origin for all services, so a client of a
/// simulator talks only to the simulator. Pass others to
/// [`ClientBuilder::endpoints`](crate::ClientBuilder::endpoints).
///
/// # Examples
///
/// ```
/// use rumble_live::Endpoints;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     assert_eq!(
///         Endpoints::default().chat(),
///         "https://web7.rumble.com/chat/api"
///     );
///     assert_eq!(
///         Endpoints::at("http://127.0.0.1:8080")?.chat(),
///         "http://127.0.0.1:8080/chat/api"
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    site: Box<str>,
    chat: Box<str>,
}

impl Endpoints {
    /// All services at one origin, such as `http://127.0.0.1:8080`. A path
    /// after it is dropped, so the API URL itself will do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is not a URL, is
    /// neither http nor https, or holds a user name or password.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Endpoints, ErrorKind};
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let relay = Endpoints::at("https://relay.example/rumble?key=k")?;
    ///     assert_eq!(relay.site(), "https://relay.example");
    ///     let error = Endpoints::at("relay.example").unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub fn at(origin: impl AsRef<str>) -> Result<Self, Error> {
        Ok(Self::at_origin_of(&origin.as_ref().parse()?))
    }

    /// The default for this API URL.
    pub(super) fn for_api(url: &ApiUrl) -> Self {
        if url.is_loopback() { Self::at_origin_of(&url.clone().into()) } else { Self::default() }
    }

    /// The paths are those of Rumble's own services.
    fn at_origin_of(url: &SecretUrl) -> Self {
        let site = url.origin();
        Self { chat: format!("{site}/chat/api").into(), site: site.into() }
    }

    /// Puts the chat at another URL. Leave out the `/chat/<id>` at its end.
    /// Rumble sends this URL in every answer of its `service.php`, under
    /// `user.chat.endpoint`. A slash at the end is dropped.
    ///
    /// # Errors
    ///
    /// As for [`at`](Self::at), and if it has a query.
    ///
    /// # Examples
    ///
    /// A chat on another port than the API, as in a test with two servers:
    ///
    /// ```
    /// use rumble_live::Endpoints;
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let endpoints = Endpoints::at("http://127.0.0.1:8080")?
    ///         .with_chat("http://127.0.0.1:9090/chat/api/")?;
    ///     assert_eq!(endpoints.site(), "http://127.0.0.1:8080");
    ///     assert_eq!(endpoints.chat(), "http://127.0.0.1:9090/chat/api");
    ///     assert!(
    ///         endpoints.with_chat("https://rumble.com/chat?a=b").is_err()
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn with_chat(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        let url: SecretUrl = url.as_ref().parse()?;
        if url.uri().query().is_some() {
            return Err(Error::config("the URL of the chat service must not have a query; leave out what follows the question mark"));
        }
        self.chat = url.expose().trim_end_matches('/').into();
        Ok(self)
    }

    /// The origin of the site: `https://rumble.com`.
    #[must_use]
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The URL of the chat service: `https://web7.rumble.com/chat/api`.
    #[must_use]
    pub fn chat(&self) -> &str {
        &self.chat
    }
}

impl Default for Endpoints {
    fn default() -> Self {
        Self { site: "https://rumble.com".into(), chat: "https://web7.rumble.com/chat/api".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_of_an_origin_are_found_whatever_stands_behind_it() {
        for origin in ["http://127.0.0.1:80", "http://127.0.0.1:80/", "http://127.0.0.1:80/-livestream-api/get-data?key=k"] {
            let endpoints = Endpoints::at(origin).unwrap();
            assert_eq!((endpoints.site(), endpoints.chat()), ("http://127.0.0.1:80", "http://127.0.0.1:80/chat/api"));
        }
        let moved = Endpoints::default().with_chat("https://web9.rumble.com/chat/api/").unwrap();
        assert_eq!((moved.site(), moved.chat()), ("https://rumble.com", "https://web9.rumble.com/chat/api"));
    }

    #[test]
    fn what_cannot_be_an_endpoint_is_refused() {
        for url in ["rumble.com", "ftp://rumble.com", "https://ada@rumble.com"] {
            assert!(Endpoints::at(url).is_err() && Endpoints::default().with_chat(url).is_err(), "{url}");
        }
        assert!(Endpoints::default().with_chat("https://relay.example/chat/api?a=b").is_err());
    }
}
