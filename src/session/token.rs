//! The cookie that makes a session: checked, and secret.
//!
//! The text is checked once, when it comes in, so that it always makes a
//! header. It leaves only by `expose`, by `save` and as a header that is marked
//! as sensitive. There is no `Display` and no serde, because both would put it
//! into a log or a file of settings one day.
//!
//! A cookie of an answer becomes the new token only if a browser would send it
//! everywhere on the site: of the right name, not expired, for this host and
//! for the path `/`. The last one of an answer counts, as in a browser.

use std::{env, fmt, fs, io, path::Path, str::FromStr};

use cookie::{Cookie, Expiration, time::OffsetDateTime};
use http::HeaderValue;

use crate::{
    error::Error,
    file::{Readers, replace},
};

/// The name of the cookie.
const NAME: &str = "u_s";
/// The domain that the cookie belongs to.
const DOMAIN: &str = "rumble.com";

/// The cookie `u_s` of a logged-in browser. It is the whole session: whoever
/// has it can do everything that the account can do.
///
/// `Debug` prints `SessionToken(<redacted>)`, and there is no `Display`. The
/// only way to get at the text is [`expose`](Self::expose). The token cannot be
/// serialized either.
///
/// To read it from a text, use `parse`: it takes the value alone, or with
/// `u_s=` in front.
///
/// # Examples
///
/// ```
/// use rumble_live::session::SessionToken;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let token: SessionToken = "abcdefgh".parse()?;
///     assert_eq!(format!("{token:?}"), "SessionToken(<redacted>)");
///     assert_eq!("u_s=abcdefgh".parse::<SessionToken>()?, token);
///     assert_eq!(" abcdefgh\n".parse::<SessionToken>()?, token);
///     assert!("two words".parse::<SessionToken>().is_err());
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Box<str>);

impl SessionToken {
    /// Reads the token from an environment variable, such as `RUMBLE_SESSION`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the variable is not
    /// set or is not Unicode, and the same as for [`from_str`](Self::from_str).
    ///
    /// # Examples
    ///
    /// The error says what to do, so a bot can print it as it is:
    ///
    /// ```
    /// use rumble_live::{ErrorKind, session::SessionToken};
    ///
    /// let error = SessionToken::from_env("HARBOR_BOT_SESSION").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert!(error.to_string().starts_with(
    ///     "set HARBOR_BOT_SESSION to the value of the cookie u_s"
    /// ));
    /// ```
    pub fn from_env(variable: &str) -> Result<Self, Error> {
        let missing =
            |_| Error::config(format!("set {variable} to the value of the cookie u_s from a browser that is logged in to rumble.com"));
        env::var(variable).map_err(missing)?.parse()
    }

    /// The value of the cookie, without `u_s=`, to store it. Keep it out of
    /// logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reads what [`save`](Self::save) has written. `None` if the file does not
    /// exist, as before the first run. A file that somebody wrote by hand may
    /// have white space around the token, and `u_s=` in front.
    ///
    /// It blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the file cannot be
    /// read, and the same as for [`from_str`](Self::from_str).
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::session::SessionToken;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let id = std::process::id();
    ///     let file = std::env::temp_dir().join(format!("session-{id}-load"));
    ///     assert_eq!(SessionToken::load(&file)?, None);
    ///
    ///     std::fs::write(&file, "u_s=abcdefgh\n")?;
    ///     let token: SessionToken = "abcdefgh".parse()?;
    ///     assert_eq!(SessionToken::load(&file)?, Some(token));
    ///
    ///     std::fs::write(&file, "the wrong file")?;
    ///     assert!(SessionToken::load(&file).is_err());
    ///     std::fs::remove_file(&file)?;
    ///     Ok(())
    /// }
    /// ```
    pub fn load(path: impl AsRef<Path>) -> Result<Option<Self>, Error> {
        let path = path.as_ref();
        match fs::read_to_string(path) {
            Ok(text) => text.parse().map(Some),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::file("the session cannot be read", path, cause)),
        }
    }

    /// Writes the token to a file that only its owner can read, on systems that
    /// support this (mode 0600 on Unix). The file is complete at any moment: it
    /// is written beside the old one, which it then replaces. The folder must
    /// exist.
    ///
    /// It blocks on the disk.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the file cannot be
    /// written.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::session::SessionToken;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let id = std::process::id();
    ///     let file = std::env::temp_dir().join(format!("session-{id}-save"));
    ///     let token: SessionToken = "abcdefgh".parse()?;
    ///     token.save(&file)?;
    ///     assert_eq!(SessionToken::load(&file)?, Some(token.clone()));
    ///     std::fs::remove_file(&file)?;
    ///
    ///     let error = token.save(std::env::temp_dir()).unwrap_err();
    ///     assert!(
    ///         error.to_string().starts_with("the session cannot be saved")
    ///     );
    ///     Ok(())
    /// }
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        replace(path, self.0.as_bytes(), Readers::Owner).map_err(|cause| Error::file("the session cannot be saved", path, cause))
    }

    /// A token that a simulator has made up, which needs no check.
    #[cfg(feature = "sim")]
    pub(crate) fn of_simulator(token: String) -> Self {
        Self(token.into())
    }

    /// The header that sends it.
    pub(super) fn header(&self) -> Result<HeaderValue, Error> {
        let mut header = HeaderValue::try_from(format!("{NAME}={}", self.0)).map_err(|_| unreadable())?;
        header.set_sensitive(true);
        Ok(header)
    }

    /// The texts in which a server may repeat it: as it is, and decoded.
    pub(super) fn forms(&self) -> impl Iterator<Item = Box<str>> {
        let decoded = form_urlencoded::parse(self.0.replace('&', "%26").replace('=', "%3D").as_bytes()).next().map(|(text, _)| text.into());
        [self.0.clone()].into_iter().chain(decoded)
    }

    /// The token that an answer of this host leaves behind: the value of its
    /// last cookie with this name. `None` if there is none, or if the cookie
    /// ends the session, or is for another host or for a part of the site.
    pub(super) fn of_cookies<'a>(cookies: impl IntoIterator<Item = &'a HeaderValue>, host: &str, now: OffsetDateTime) -> Option<Self> {
        let cookies = cookies.into_iter().filter_map(|cookie| Cookie::parse(cookie.to_str().ok()?).ok());
        let is_for_all = |cookie: &Cookie<'_>| {
            // Rumble names its own domain even if the request came through a user's proxy or went to a simulator.
            let is_for_host = cookie.domain().is_none_or(|domain| is_within(host, domain) || is_within(domain, DOMAIN));
            is_for_host && cookie.path().is_none_or(|path| path == "/")
        };
        let last = cookies.filter(|cookie| cookie.name() == NAME && is_for_all(cookie)).last()?;
        let has_expired = match (last.max_age(), last.expires()) {
            (Some(age), _) => !age.is_positive(),
            (None, Some(Expiration::DateTime(end))) => end <= now,
            (None, _) => false,
        };
        last.value_trimmed().parse().ok().filter(|_| !has_expired)
    }
}

/// Whether a host is this domain or a subdomain of it.
fn is_within(host: &str, domain: &str) -> bool {
    let [host, domain] = [host, domain].map(|name| name.trim_start_matches('.').to_ascii_lowercase());
    host == domain || host.strip_suffix(&domain).is_some_and(|below| below.ends_with('.'))
}

/// Does not quote the text, which may be a token with a typing error.
fn unreadable() -> Error {
    Error::config("this is not the value of the cookie u_s; copy the whole value from the browser again, without quotes")
}

impl FromStr for SessionToken {
    type Err = Error;

    /// Reads the value alone, or with `u_s=` in front, as in a `Cookie` header
    /// with this one cookie. White space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it is empty, or holds
    /// a character that no cookie can hold: white space, quotes, commas,
    /// semicolons, backslashes, and whatever is not ASCII. The error does not
    /// quote it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let value = text.strip_prefix("u_s=").unwrap_or(text);
        let is_of_a_cookie = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        if value.is_empty() || !value.bytes().all(is_of_a_cookie) {
            return Err(unreadable());
        }
        Ok(Self(value.into()))
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(<redacted>)")
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn cookie_is_read_alone_and_with_its_name() {
        for text in ["abc", " abc\n", "u_s=abc", "u_s=abc "] {
            assert_eq!(text.parse::<SessionToken>().unwrap().expose(), "abc");
        }
        assert_eq!("a=b==".parse::<SessionToken>().unwrap().expose(), "a=b==");
        for text in ["", " ", "u_s=", "a b", "a;b", "u_s=a; other=b", "\"abc\"", "ä", "a\u{1}b"] {
            let error = text.parse::<SessionToken>().unwrap_err();
            assert!(error.to_string().contains("cookie u_s"), "{text}");
        }
    }

    #[test]
    fn token_that_is_saved_is_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session");
        assert_eq!(SessionToken::load(&path).unwrap(), None);
        std::fs::write(&path, "readable for all").unwrap();
        assert!(SessionToken::load(&path).is_err());
        let token: SessionToken = "FAKESESSION".parse().unwrap();
        token.save(&path).unwrap();
        assert_eq!(SessionToken::load(&path).unwrap(), Some(token.clone()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(token.save(folder.path()).unwrap_err().to_string().contains("cannot be saved"));
    }

    #[test]
    fn renewed_cookie_is_taken_unless_it_takes_the_session_away() {
        let now = datetime!(2026-11-25 12:00 UTC);
        let left = |headers: &[&'static str]| {
            let headers: Vec<_> = headers.iter().map(|header| HeaderValue::from_static(header)).collect();
            SessionToken::of_cookies(&headers, "web7.rumble.com", now)
        };
        let renewed = |header| left(&[header]);
        for header in [
            "u_s=new; path=/; domain=.rumble.com; secure; HttpOnly",
            "u_s=new",
            "u_s=new; Expires=Wed, 25 Nov 2026 12:00:01 GMT",
            "u_s=new; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT",
            "u_s=new; Expires=some day",
            "u_s=\"new\"; Domain=web7.rumble.com",
        ] {
            assert_eq!(renewed(header).unwrap().expose(), "new", "{header}");
        }
        for header in [
            "u_s=; path=/",
            "u_s=deleted; expires=Thu, 01 Jan 1970 00:00:01 GMT; path=/; domain=.rumble.com",
            "u_s=new; Max-Age=0",
            "u_s=new; Max-Age=-1; Expires=Wed, 25 Nov 2027 12:00:01 GMT",
            "U_S=new",
            "a_s=new",
            "new",
            "u_s=new; Domain=evil.example",
            "u_s=new; Domain=evilrumble.com",
            "u_s=new; Path=/video",
        ] {
            assert_eq!(renewed(header), None, "{header}");
        }
        assert_eq!(left(&["u_s=new", "u_s=deleted; Max-Age=0"]), None);
        assert_eq!(left(&["u_s=deleted; Max-Age=0", "a_s=other", "u_s=new"]).unwrap().expose(), "new");
        assert_eq!(left(&["u_s=new", "u_s=deleted; Max-Age=0; Path=/video"]).unwrap().expose(), "new");
    }
}
