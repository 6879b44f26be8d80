//! The API URL of one account, checked and kept secret.
//!
//! [`SecretUrl`] does the hiding. `ApiUrl` adds the checks that only make sense
//! for this one URL: it must have a key, unless it is on loopback, where a
//! simulator may not care. A host other than Rumble's is fine, for relays.

use std::{fmt, str::FromStr};

use crate::{
    error::{COPY_IT, Error},
    transport::SecretUrl,
};

/// The API URL of one account. It is a credential: anybody who has it can read
/// everything that the API shows.
///
/// `Debug` prints `ApiUrl(<redacted>)`, and there is no `Display`. Only
/// [`expose`](Self::expose) returns the text. Two of them are equal if their
/// texts are, so you can look up which account a URL belongs to.
///
/// Parse it where your program reads its settings, so that a mistake is
/// reported there. A [`Client`](crate::Client) takes plain text too.
///
/// # Examples
///
/// ```
/// use rumble_live::ApiUrl;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let text =
///         " https://rumble.com/-livestream-api/get-data?key=abcdefgh\n";
///     let url: ApiUrl = text.parse()?;
///     assert_eq!(format!("{url:?}"), "ApiUrl(<redacted>)");
///     assert_eq!(url.expose(), text.trim());
///     assert!(!url.is_loopback() && !url.is_plain_http());
///
///     let error = "abcdefgh".parse::<ApiUrl>().unwrap_err();
///     assert!(error.to_string().contains("pass the whole URL"));
///     Ok(())
/// }
/// ```
///
/// A URL of this machine needs no key:
///
/// ```
/// use rumble_live::ApiUrl;
///
/// let url: ApiUrl = "http://127.0.0.1:8080/".parse().unwrap();
/// assert!(url.is_loopback() && url.is_plain_http());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ApiUrl(SecretUrl);

impl ApiUrl {
    /// Catches two likely mistakes: a URL without a key, which the API would
    /// refuse, and the address of the page that shows the URL.
    fn check_key(&self) -> Result<(), Error> {
        let mut keys = self.0.query_pairs().filter(|(name, _)| name == "key");
        if keys.any(|(_, key)| !key.trim().is_empty()) {
            return Ok(());
        }
        let path = self.0.uri().path();
        let is_page = path.starts_with("/account") || path.trim_matches('/').is_empty();
        Err(Error::config(if is_page {
            format!("this is the address of a page and not the API URL; {COPY_IT}")
        } else {
            format!("this URL has no key, so the API would refuse it; {COPY_IT}")
        }))
    }

    /// The URL with its key, without the white space and the `#fragment` that
    /// came with it. Keep it out of logs and errors. You need it to store the
    /// URL, or to pass it to another program.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    /// It does not look up the name.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// Whether it is `http://`. Everybody on the way can read that.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.0.is_plain_http()
    }
}

impl FromStr for ApiUrl {
    type Err = Error;

    /// Drops white space around it and a `#fragment`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if `text` is a bare key
    /// or otherwise not a URL, is neither http nor https, holds a user name or
    /// password, or names another machine and has no `key`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let url = Self(text.parse()?);
        if !url.is_loopback() {
            url.check_key()?;
        }
        Ok(url)
    }
}

/// What you can make a [`Client`](crate::Client) from: the API URL as text, or
/// as an [`ApiUrl`] that you have parsed before. You cannot implement it
/// outside this crate.
///
/// # Examples
///
/// A function that takes the URL in whatever form the caller has it:
///
/// ```
/// use rumble_live::{ApiUrl, Client, Error, IntoApiUrl, sim::Sim};
///
/// fn client_of(url: impl IntoApiUrl) -> Result<Client, Error> {
///     Client::builder(url)
///         .transport(Sim::new(42))
///         .user_agent("harborlight-bot/1.0")
///         .build()
/// }
///
/// fn main() -> Result<(), Error> {
///     let text = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
///     client_of(text)?;
///     client_of(String::from(text))?;
///     client_of(text.parse::<ApiUrl>()?)?;
///     Ok(())
/// }
/// ```
pub trait IntoApiUrl: sealed::Sealed {
    /// Parses text, and returns an [`ApiUrl`] as it is.
    #[doc(hidden)]
    fn into_api_url(self) -> Result<ApiUrl, Error>;
}

impl<T: AsRef<str>> IntoApiUrl for T {
    fn into_api_url(self) -> Result<ApiUrl, Error> {
        self.as_ref().parse()
    }
}

impl IntoApiUrl for ApiUrl {
    fn into_api_url(self) -> Result<ApiUrl, Error> {
        Ok(self)
    }
}

mod sealed {
    /// Keeps others from implementing [`IntoApiUrl`](super::IntoApiUrl), so
    /// more forms can be added.
    pub trait Sealed {}

    impl<T: AsRef<str>> Sealed for T {}

    impl Sealed for super::ApiUrl {}
}

impl From<ApiUrl> for SecretUrl {
    fn from(url: ApiUrl) -> Self {
        url.0
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
        text.parse::<ApiUrl>().unwrap_err().to_string()
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
            assert!(text.parse::<ApiUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn debug_prints_no_part_of_it() {
        let url = " https://rumble.com/-livestream-api/get-data?key=SECRET\n".parse::<ApiUrl>().unwrap();
        assert_eq!(format!("{url:?}"), "ApiUrl(<redacted>)");
        assert_eq!(url.expose(), "https://rumble.com/-livestream-api/get-data?key=SECRET");
    }
}
