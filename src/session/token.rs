//! The cookie that is a session: checked, and secret.

use std::{env, fmt, str::FromStr};

use cookie::{Cookie, Expiration, time::OffsetDateTime};
use http::HeaderValue;

use crate::error::Error;

/// The name of the cookie.
const NAME: &str = "u_s";

/// The cookie `u_s` of a logged-in browser, which is a session: whoever has it can do all that the account can do.
///
/// `Debug` prints `SessionToken(<redacted>)` and there is no `Display`; the one way to the text is [`expose`](Self::expose). It is not written as JSON
/// either.
///
/// ```
/// use rumble_live::session::SessionToken;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let token: SessionToken = "abcdefgh".parse()?;
///     assert_eq!(format!("{token:?}"), "SessionToken(<redacted>)");
///     assert_eq!("u_s=abcdefgh".parse::<SessionToken>()?, token);
///     assert!("two words".parse::<SessionToken>().is_err());
///     Ok(())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(Box<str>);

impl SessionToken {
    /// The token in an environment variable, such as `RUMBLE_SESSION`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the variable is not set, and as [`from_str`](Self::from_str).
    pub fn from_env(variable: &str) -> Result<Self, Error> {
        let missing = |_| {
            Error::config(format!("set {variable} to the value of the cookie u_s, which a browser has that is logged in to rumble.com"))
        };
        env::var(variable).map_err(missing)?.parse()
    }

    /// The value of the cookie, to store it. Keep it out of logs and errors.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

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

    /// The token that an answer's `Set-Cookie` renews the session with. `None` where it is another cookie, or takes the session away.
    pub(super) fn renewed(set_cookie: &HeaderValue, now: OffsetDateTime) -> Option<Self> {
        let cookie = Cookie::parse(set_cookie.to_str().ok()?).ok().filter(|cookie| cookie.name() == NAME)?;
        let is_past = |end: OffsetDateTime| end <= now;
        let has_expired = match (cookie.max_age(), cookie.expires()) {
            (Some(age), _) => !age.is_positive(),
            (None, Some(Expiration::DateTime(end))) => is_past(end),
            (None, _) => false,
        };
        cookie.value().parse().ok().filter(|_| !has_expired)
    }
}

fn unreadable() -> Error {
    Error::config("this is not the value of the cookie u_s; copy it from the browser once more, without quotes, and whole")
}

impl FromStr for SessionToken {
    type Err = Error;

    /// The value alone, or with `u_s=` before it as in a `Cookie` header of that one cookie. White space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is empty, or holds what no cookie holds. The text quotes nothing of it.
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
    fn renewed_cookie_is_taken_unless_it_takes_the_session_away() {
        let now = datetime!(2026-11-25 12:00 UTC);
        let renewed = |header: &'static str| SessionToken::renewed(&HeaderValue::from_static(header), now);
        for header in [
            "u_s=new; path=/; domain=.rumble.com; secure; HttpOnly",
            "u_s=new",
            "u_s=new; Expires=Wed, 25 Nov 2026 12:00:01 GMT",
            "u_s=new; Max-Age=1; Expires=Thu, 01 Jan 1970 00:00:01 GMT",
            "u_s=new; Expires=some day",
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
        ] {
            assert_eq!(renewed(header), None, "{header}");
        }
    }
}
