//! The secret API URL: parsed, checked, never printed.

use std::fmt;

use url::{Host, Url};

use crate::error::{COPY_IT, Error};

/// The API URL of one account, which is its credential: whoever has it can read all that the API says.
///
/// `Debug` prints `ApiUrl(<redacted>)` and there is no `Display`; the one way to the text is [`expose`](Self::expose).
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUrl {
    url: Url,
    is_loopback: bool,
}

impl ApiUrl {
    /// Checks `text` and keeps it. White space around it and a `#fragment` are dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `text` is a bare key or otherwise no URL, is neither http nor https,
    /// holds a user name or password, or names another machine and has no `key`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut url = Url::parse(text.trim()).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => {
                Error::config("this is not a URL; pass the whole URL that Rumble shows, beginning with https:// and ending with the key")
            }
            // The parser's own message names the fault and quotes nothing.
            other => Error::config(format!("the API URL cannot be read ({other}); copy the whole URL again from Rumble")),
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::config("the API URL must begin with https://; pass the whole URL that Rumble shows"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config("the API URL must not hold a user name or password before the host"));
        }
        url.set_fragment(None);
        let is_loopback = match url.host() {
            Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        };
        let url = Self { url, is_loopback };
        if !is_loopback {
            url.check_key()?;
        }
        Ok(url)
    }

    /// Nearly right is not right: with no key the API would refuse every request, and the page that shows the URL is none itself.
    fn check_key(&self) -> Result<(), Error> {
        let mut keys = self.url.query_pairs().filter(|(name, _)| name == "key");
        if keys.any(|(_, key)| !key.trim().is_empty()) {
            return Ok(());
        }
        let path = self.url.path();
        let is_page = path.starts_with("/account") || path.trim_matches('/').is_empty();
        Err(Error::config(if is_page {
            format!("this is the address of a page and not the API URL; {COPY_IT}")
        } else {
            format!("this URL has no key, so the API would refuse it; {COPY_IT}")
        }))
    }

    /// The URL with its key, for a [`Transport`](crate::Transport) that must send it. Keep it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`. The name is not looked up.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    pub(crate) fn is_plain_http(&self) -> bool {
        self.url.scheme() == "http"
    }
}

impl fmt::Debug for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiUrl(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        ApiUrl::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn bare_key_is_answered_with_pass_the_whole_url() {
        for text in ["SECRETKEY123", "", "rumble.com/-livestream-api/get-data?key=SECRETKEY123", "SECRET:KEY123"] {
            let text = refusal(text);
            assert!(text.contains("pass the whole URL"), "{text}");
            assert!(!text.contains("SECRET") && !text.contains("KEY123"), "{text}");
        }
    }

    #[test]
    fn user_info_and_other_schemes_are_refused_without_an_echo() {
        for text in ["https://SECRET@rumble.com/", "https://u:SECRET@rumble.com/", "ftp://rumble.com/?key=SECRET", "https://SECRET host/"] {
            assert!(!refusal(text).contains("SECRET"));
        }
    }

    #[test]
    fn nearly_right_url_is_answered_with_the_way_to_the_right_one() {
        for (text, what) in [
            ("https://rumble.com/-livestream-api/get-data", "has no key"),
            ("https://rumble.com/-livestream-api/get-data?key=", "has no key"),
            ("https://rumble.com/-livestream-api/get-data?key=%20", "has no key"),
            ("https://rumble.com/-livestream-api/get-data?Key=SECRET", "has no key"),
            ("https://rumble.com/-livestream-api/get-data#key=SECRET", "has no key"),
            ("https://rumble.com/account/livestream-api", "address of a page"),
            ("https://rumble.com/account/livestream-api?a=SECRET", "address of a page"),
            ("https://rumble.com", "address of a page"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(what) && refusal.contains("https://rumble.com/account/livestream-api"), "{text}: {refusal}");
            assert!(!refusal.contains("SECRET"), "{refusal}");
        }
        for text in ["https://rumble.com/-livestream-api/get-data?key=k", "https://rumble.com/x?a=b&key=k&key=", "http://127.0.0.1:1/"] {
            assert!(ApiUrl::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn loopback_is_told_by_address() {
        for (text, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://LOCALHOST/", true),
            ("https://rumble.com/?key=k", false),
            ("http://localhost.example/?key=k", false),
            ("http://10.0.0.1/?key=k", false),
        ] {
            assert_eq!(ApiUrl::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn debug_prints_no_part_of_it() {
        let url = ApiUrl::parse(" https://rumble.com/-livestream-api/get-data?key=SECRET\n").unwrap();
        assert_eq!(format!("{url:?}"), "ApiUrl(<redacted>)");
        assert_eq!(url.expose(), "https://rumble.com/-livestream-api/get-data?key=SECRET");
    }
}
