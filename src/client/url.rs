//! The secret API URL: parsed, checked, never printed.

use std::fmt;

use url::{Host, Url};

use crate::error::Error;

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
    /// or holds a user name or password.
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
        Ok(Self { url, is_loopback })
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
    fn loopback_is_told_by_address() {
        for (text, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true),
            ("http://[::ffff:127.0.0.1]/", true),
            ("http://LOCALHOST/", true),
            ("https://rumble.com/", false),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
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
