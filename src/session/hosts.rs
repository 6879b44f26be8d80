//! Which hosts may see the session.
//!
//! The cookie is as good as a password, and answers name hosts to send it to.
//! So a named host counts only if it is `https` and lies in the domain of the
//! site that the user has set; otherwise the host stays as it was, without an
//! error, because a bot can go on with the old one. Names are compared by whole
//! labels: `evilrumble.com` is not below `rumble.com`. If the site is on this
//! machine, everything stays on this machine, so a simulator that answers as
//! Rumble would cannot send a test to the real one.

use crate::{client::Endpoints, error::Error, transport::SecretUrl};

/// The hosts to which the session's cookie is sent: those of the [`Endpoints`],
/// and those named by Rumble's answers, if they belong to the same site.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    /// Scheme, host and port of the site, as set.
    site: SecretUrl,
    /// Where chat messages are posted.
    chat: Box<str>,
}

impl Hosts {
    /// # Errors
    ///
    /// If the cookie would go over plain http to another machine.
    pub(super) fn new(endpoints: &Endpoints) -> Result<Self, Error> {
        let (site, chat): (SecretUrl, SecretUrl) = (endpoints.site().parse()?, endpoints.chat().parse()?);
        if [&site, &chat].into_iter().any(|url| url.is_plain_http() && !url.is_loopback()) {
            return Err(Error::config("a session must not go over plain http to another machine; use endpoints with https://"));
        }
        Ok(Self { site, chat: endpoints.chat().into() })
    }

    /// Whether all of them are on this machine.
    pub(super) fn are_local(&self) -> bool {
        self.site.is_loopback() && self.chat.parse::<SecretUrl>().is_ok_and(|chat| chat.is_loopback())
    }

    /// The origin of the site.
    pub(super) fn site(&self) -> String {
        self.site.origin()
    }

    /// The URL of the chat service.
    pub(super) fn chat(&self) -> &str {
        &self.chat
    }

    /// Takes in that an answer of the site names this URL for the chat service.
    /// Only hosts of the site itself are accepted.
    pub(super) fn move_chat(&mut self, url: &str) {
        if let Ok(url) = url.parse::<SecretUrl>()
            && self.is_of_the_site(&url)
            && url.uri().query().is_none()
        {
            self.chat = url.expose().trim_end_matches('/').into();
        }
    }

    /// Where a video is uploaded to: the URL that an answer of the site names,
    /// or else the site itself. Only hosts of the site itself are accepted.
    #[cfg(feature = "upload")]
    pub(super) fn upload(&self, named: Option<&str>) -> Result<SecretUrl, Error> {
        let named = named.and_then(|url| url.parse::<SecretUrl>().ok());
        match named.filter(|url| self.is_of_the_site(url) && url.uri().query().is_none()) {
            Some(url) => Ok(url),
            None => format!("{}/upload.php", self.site()).parse(),
        }
    }

    /// Whether the URL is https and in the site's domain. If the site is on
    /// this machine, whether the URL is too.
    fn is_of_the_site(&self, url: &SecretUrl) -> bool {
        if self.site.is_loopback() {
            return url.is_loopback();
        }
        let [site, host] = [&self.site, url].map(|url| url.uri().host().unwrap_or_default().to_ascii_lowercase());
        !url.is_plain_http() && (host == site || host.strip_suffix(site.as_str()).is_some_and(|below| below.ends_with('.')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chat_moves_within_the_site_only() {
        let mut hosts = Hosts::new(&Endpoints::default()).unwrap();
        for url in [
            "https://evil.example/chat/api",
            "https://rumble.com.evil.example/chat/api",
            "https://evilrumble.com/chat/api",
            "http://web8.rumble.com/chat/api",
            "https://ada@web8.rumble.com/chat/api",
            "https://web8.rumble.com/chat/api?a=b",
            "https://127.0.0.1/chat/api",
            "/chat/api",
            "",
        ] {
            hosts.move_chat(url);
            assert_eq!(hosts.chat(), "https://web7.rumble.com/chat/api", "{url}");
        }
        hosts.move_chat("https://WEB8.rumble.com/chat/api/");
        assert!(hosts.chat().eq_ignore_ascii_case("https://web8.rumble.com/chat/api"));
    }

    #[cfg(feature = "upload")]
    #[test]
    fn video_goes_to_a_host_of_the_site_only() {
        let hosts = Hosts::new(&Endpoints::default()).unwrap();
        let place = |named| hosts.upload(named).unwrap().expose().to_owned();
        assert_eq!(place(Some("https://web19.rumble.com/upload.php")), "https://web19.rumble.com/upload.php");
        for named in [
            "https://evil.example/upload.php",
            "https://rumble.com.evil.example/upload.php",
            "http://web19.rumble.com/upload.php",
            "https://web19.rumble.com/upload.php?to=evil",
            "https://127.0.0.1/upload.php",
            "upload.php",
        ] {
            assert_eq!(place(Some(named)), "https://rumble.com/upload.php", "{named}");
        }
        assert_eq!(place(None), "https://rumble.com/upload.php");
        let local = Hosts::new(&Endpoints::at("http://127.0.0.1:8080").unwrap()).unwrap();
        assert_eq!(local.upload(Some("https://web19.rumble.com/upload.php")).unwrap().expose(), "http://127.0.0.1:8080/upload.php");
    }

    #[test]
    fn simulator_keeps_the_session_on_this_machine() {
        let mut hosts = Hosts::new(&Endpoints::at("http://127.0.0.1:8080").unwrap()).unwrap();
        hosts.move_chat("https://web8.rumble.com/chat/api");
        assert_eq!(hosts.chat(), "http://127.0.0.1:8080/chat/api");
        hosts.move_chat("http://127.0.0.1:9090/chat/api");
        assert_eq!(hosts.chat(), "http://127.0.0.1:9090/chat/api");
    }

    #[test]
    fn plain_http_to_another_machine_is_refused() {
        let plain = Endpoints::at("http://rumble.com").unwrap();
        let chat_alone = Endpoints::default().with_chat("http://web7.rumble.com/chat/api").unwrap();
        for endpoints in [plain, chat_alone] {
            assert!(Hosts::new(&endpoints).unwrap_err().to_string().contains("plain http"));
        }
    }
}
