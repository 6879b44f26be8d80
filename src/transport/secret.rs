//! Keeps secrets hidden: URLs that are credentials, and credentials in headers
//! and in error texts.
//!
//! Two lines of defence. What this crate prints never contains a secret, since
//! the types here have no `Display`, and a `Debug` without it. What other
//! crates say is searched: an error of a transport goes through
//! [`Secrets::clean`], which looks for the URL, the values in its path and
//! query, the credentials in the headers and the values of a form, as sent and
//! decoded. If one is found, the whole text goes, because nobody can say what
//! else is in it.

use std::{borrow::Cow, error::Error as StdError, fmt, iter::successors, net::IpAddr, str::FromStr, sync::Arc};

use ::http::{
    HeaderMap, HeaderName, HeaderValue, Uri,
    header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE},
    uri::{Authority, InvalidUri, PathAndQuery, Scheme},
};
use bytes::Bytes;

use super::body::Body;

use crate::error::Error;

/// A URL that is or may contain a credential.
///
/// `Debug` shows only its origin, and there is no `Display`. Only
/// [`expose`](Self::expose) returns the text.
///
/// It is the URL of a [`Request`](crate::Request). Parse one to make a request
/// of your own; an [`ApiUrl`](crate::ApiUrl) converts into it.
///
/// # Examples
///
/// ```
/// use rumble_live::SecretUrl;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let text = "https://rumble.com/-livestream-api/get-data?key=abcdefgh";
///     let url: SecretUrl = text.parse()?;
///     assert_eq!(format!("{url:?}"), "SecretUrl(https://rumble.com/…)");
///     assert_eq!(url.expose(), text);
///     Ok(())
/// }
/// ```
///
/// A transport can decide by the origin where a request goes, and log it:
///
/// ```
/// use rumble_live::SecretUrl;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let local: SecretUrl = "http://localhost:8080/?key=any".parse()?;
///     assert!(local.is_loopback() && local.is_plain_http());
///     assert_eq!(local.origin(), "http://localhost:8080");
///
///     let chat: SecretUrl = "https://web7.rumble.com/chat/api".parse()?;
///     assert!(!chat.is_loopback() && !chat.is_plain_http());
///     assert_eq!(chat.origin(), "https://web7.rumble.com");
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SecretUrl {
    /// Parsed, for the parts.
    uri: Uri,
    /// The same as text, so that `expose` need not print it each time.
    text: Arc<str>,
}

impl SecretUrl {
    /// The whole URL, for sending a request. Keep it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    /// It does not look up the name.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.uri.host().unwrap_or_default();
        match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => host.eq_ignore_ascii_case("localhost"),
        }
    }

    /// Whether it is `http://`. Everybody on the way can read that.
    #[must_use]
    pub fn is_plain_http(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTP)
    }

    /// Scheme, host and port, such as `https://rumble.com`, without a slash at
    /// the end. They contain no credential, because a URL with a user name is
    /// refused. The port is left out if the URL left it out.
    #[must_use]
    pub fn origin(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self.uri.authority().map(Authority::as_str).unwrap_or_default();
        format!("{scheme}://{authority}")
    }

    /// For requests, and to look at the parts. It shows its text in `Debug`, so
    /// it must not get into an error.
    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The decoded names and values of the query.
    pub(crate) fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes())
    }
}

impl FromStr for SecretUrl {
    type Err = Error;

    /// Drops white space around it and a `#fragment`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is not a URL, is
    /// neither http nor https, or contains a user name or password. The text
    /// does not quote the input.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if !text.contains("://") {
            return Err(Error::config("this is not a URL; pass the whole URL, beginning with https://"));
        }
        // The parser's message names the fault and does not quote the input.
        let fault = |error: InvalidUri| Error::config(format!("the URL cannot be read ({error}); copy the whole of it again"));
        let uri: Uri = text.parse().map_err(fault)?;
        if !uri.scheme().is_some_and(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme)) {
            return Err(Error::config("the URL must begin with https://; pass the whole of it"));
        }
        if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
            return Err(Error::config("the URL must not hold a user name or password before the host"));
        }
        let text = uri.to_string().into();
        Ok(Self { uri, text })
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretUrl({}/…)", self.origin())
    }
}

/// Shows headers without credentials.
pub(super) struct Shown<'a>(pub(super) &'a HeaderMap);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.0.iter().map(|(name, value)| {
                let shown: &dyn fmt::Debug = if is_secret(name, value) { &format_args!("<redacted>") } else { value };
                // The arguments do not live long enough to be handed out.
                (name, format!("{shown:?}"))
            }))
            .finish()
    }
}

/// Whether a header is a credential: by its mark, or by its name. `Location`
/// counts, because it may repeat the URL that was asked for.
fn is_secret(name: &HeaderName, value: &HeaderValue) -> bool {
    value.is_sensitive() || [AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE].contains(name)
}

/// Marks headers that are credentials by their names, so printing the headers
/// hides them.
pub(super) fn mark_credentials(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        value.set_sensitive(is_secret(name, value));
    }
}

/// A shorter text is not a credential, and could be part of any message.
const SHORTEST: usize = 8;

/// The secrets of an exchange, which its errors must not contain.
#[derive(Clone)]
pub(crate) struct Secrets {
    url: SecretUrl,
    headers: Vec<HeaderValue>,
    /// The body, which may be a form with passwords. Empty for a stream.
    form: Bytes,
}

impl Secrets {
    /// The secrets of a request, taken before the transport gets it.
    pub(crate) fn of(url: &SecretUrl, headers: &HeaderMap, body: &Body) -> Self {
        let headers = headers.iter().filter(|(name, value)| is_secret(name, value));
        let headers = headers.map(|(_, value)| value.clone()).collect();
        Self { url: url.clone(), headers, form: body.as_bytes().cloned().unwrap_or_default() }
    }

    /// Returns the error. If its text or its sources contain a secret, they are
    /// dropped and only the kind is kept.
    pub(crate) fn clean(&self, error: Error) -> Error {
        if self.are_in(&words(&error)) { Error::new(error.kind(), WordsHeldASecret) } else { error }
    }

    /// Whether any of them is in this text. The URL counts as a whole whatever
    /// its length, its parts and the other values only if they are long enough.
    fn are_in(&self, words: &str) -> bool {
        let is_in = |secret: &str| secret.len() >= SHORTEST && words.contains(secret);
        let uri = self.url.uri();
        let of_the_path = uri.path().split('/').chain(uri.path_and_query().map(PathAndQuery::as_str));
        let in_headers = self.headers.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split([' ', ';', '=', ',']));
        let sent = [uri.query().unwrap_or_default(), str::from_utf8(&self.form).unwrap_or_default()];
        let as_sent = sent.into_iter().flat_map(|pairs| pairs.split('&')).filter_map(|pair| Some(pair.split_once('=')?.1));
        let decoded = sent.into_iter().flat_map(|pairs| form_urlencoded::parse(pairs.as_bytes())).map(|(_, value)| value);
        words.contains(self.url.expose())
            || of_the_path.chain(in_headers).chain(as_sent).any(is_in)
            || decoded.into_iter().any(|value| is_in(&value))
    }
}

/// The texts of an error and its sources, in both forms: a log may print
/// either.
fn words(error: &Error) -> String {
    let chain = successors(Some(error as &dyn StdError), |error| (*error).source());
    chain.flat_map(|error| [error.to_string(), format!(" {error:?} ")]).collect()
}

/// Stands in for the source of an error that held a secret.
#[derive(Debug, thiserror::Error)]
#[error("the transport's error text held a secret and was left out")]
struct WordsHeldASecret;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::ErrorKind, transport::Request};

    const URL: &str = "https://rumble.com/-livestream-api/get-data?a=1&key=SEC%2BRETKEY";

    fn request() -> Request {
        let mut marked = HeaderValue::from_static("MARKEDSECRET");
        marked.set_sensitive(true);
        Request::get(URL.parse::<SecretUrl>().unwrap())
            .header(COOKIE, HeaderValue::from_static("u_s=COOKIESECRET; a=b"))
            .header(AUTHORIZATION, HeaderValue::from_static("Bearer BEARERSECRET"))
            .header(HeaderName::from_static("x-own"), marked)
            .header(HeaderName::from_static("x-plain"), HeaderValue::from_static("harmless"))
            .body("user=ada&password=FORM%21SECRET")
    }

    #[test]
    fn request_shows_no_secret() {
        let shown = format!("{:?}", request());
        assert!(!shown.contains("SECRET") && !shown.contains("RETKEY") && !shown.contains("-livestream-api"), "{shown}");
        assert!(shown.contains("https://rumble.com/…") && shown.contains("harmless") && shown.contains("31 bytes"), "{shown}");
    }

    #[test]
    fn credentials_are_marked_for_whoever_prints_the_headers() {
        let mut request = request();
        mark_credentials(&mut request.headers);
        let shown = format!("{:?}", request.headers);
        assert!(!shown.contains("SECRET") && shown.contains("harmless"), "{shown}");
    }

    #[test]
    fn errors_that_hold_a_secret_lose_their_words_and_others_keep_them() {
        let request = request();
        let secrets = Secrets::of(&request.url, &request.headers, &request.body);
        for secret in [URL, "SEC%2BRETKEY", "SEC+RETKEY", "COOKIESECRET", "BEARERSECRET", "MARKEDSECRET", "FORM%21SECRET", "FORM!SECRET"] {
            for error in [
                Error::new(ErrorKind::Connect, format!("no way to <{secret}>")),
                Error::new(ErrorKind::Connect, std::io::Error::other(Error::new(ErrorKind::Transport, secret))),
            ] {
                let clean = secrets.clean(error);
                assert_eq!(clean.kind(), ErrorKind::Connect);
                assert!(!words(&clean).contains(secret) && clean.report().contains("held a secret"), "{clean:?}");
            }
        }
        // Its parts are too short to be secrets, but a whole URL always is one.
        let short = Secrets::of(&"https://relay.example/t0ken/?key=k".parse().unwrap(), &HeaderMap::new(), &Body::empty());
        assert!(
            short.clean(Error::new(ErrorKind::Connect, "no way to https://relay.example/t0ken/?key=k")).report().contains("held a secret")
        );
        let in_path = Secrets::of(&"https://relay.example/t0ken-in-path/x".parse().unwrap(), &HeaderMap::new(), &Body::empty());
        assert!(in_path.clean(Error::new(ErrorKind::Connect, "404 at t0ken-in-path")).report().contains("held a secret"));
        let kept = secrets.clean(Error::new(ErrorKind::Connect, "no way to rumble.com, a=b, harmless"));
        assert!(kept.report().contains("no way to rumble.com"));
    }

    #[test]
    fn urls_that_cannot_be_meant_are_refused_without_an_echo() {
        for text in
            ["SECRET", "", "https://SECRET@rumble.com/", "https://u:SECRET@rumble.com/", "ftp://rumble.com/SECRET", "https://SECRET host/"]
        {
            let error = text.parse::<SecretUrl>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!words(&error).contains("SECRET"), "{error}");
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
            assert_eq!(text.parse::<SecretUrl>().unwrap().is_loopback(), expected, "{text}");
        }
    }
}
