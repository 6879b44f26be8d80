//! The channel or user that a page belongs to.
//!
//! The name becomes part of the path of a request, so it is checked hard: one
//! segment, of characters that a path may hold as they are, and no code of a
//! character that could lead elsewhere (`%2e`, `%2F`). A host other than
//! Rumble's is refused rather than dropped, because who pastes the address of
//! another site means something else. Whether there is such a channel is for
//! Rumble to say.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The most bytes of a name. Known names have some twenty.
const LONGEST: usize = 128;

/// A channel or a user, by the name in the addresses of Rumble's site:
/// `c/HarborlightRetro` or `user/HarborlightLive`.
///
/// You can parse it from that form, from the path of a page, and from the whole
/// URL of a page. What follows the name is ignored. `Display` and the JSON form
/// are `c/…` and `user/…`. Upper and lower case stay as you give them, and
/// creators that differ in them are not equal, though Rumble may show the same
/// page for both.
///
/// # Examples
///
/// ```
/// use rumble_live::pages::Creator;
///
/// fn main() -> Result<(), rumble_live::Error> {
///     let creator: Creator =
///         "https://rumble.com/c/HarborlightRetro/videos?page=2".parse()?;
///     assert_eq!(creator, Creator::channel("HarborlightRetro")?);
///     assert_eq!(creator.to_string(), "c/HarborlightRetro");
///     assert_eq!(
///         "user/HarborlightLive".parse::<Creator>()?.name(),
///         "HarborlightLive"
///     );
///     Ok(())
/// }
/// ```
///
/// The settings of a bot, in which a wrong entry is found at the start:
///
/// ```
/// use rumble_live::pages::Creator;
///
/// let watched: Vec<Creator> =
///     serde_json::from_str(r#"["c/HarborlightRetro", "user/ada"]"#).unwrap();
/// assert!(watched[0].is_channel() && !watched[1].is_channel());
/// assert!(serde_json::from_str::<Creator>("\"HarborlightRetro\"").is_err());
/// assert!(
///     "https://example.com/c/HarborlightRetro".parse::<Creator>().is_err()
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Creator {
    kind: Kind,
    name: Box<str>,
}

/// Which of the two it is. Channels and users have names of their own, so
/// `c/ada` and `user/ada` may be different people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Channel,
    User,
}

impl Creator {
    /// The channel of this name in addresses, its slug. White space around it
    /// is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where the name cannot be
    /// a part of a path: it is empty, is longer than 128 bytes, or holds a
    /// space, a slash, or a letter that is neither ASCII nor percent-encoded.
    ///
    /// # Examples
    ///
    /// The display name of a channel is not its slug:
    ///
    /// ```
    /// use rumble_live::{ErrorKind, pages::Creator};
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     assert_eq!(
    ///         Creator::channel("HarborlightRetro")?.to_string(),
    ///         "c/HarborlightRetro"
    ///     );
    ///     let error = Creator::channel("Harborlight Retro").unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Config);
    ///     Ok(())
    /// }
    /// ```
    pub fn channel(slug: impl AsRef<str>) -> Result<Self, Error> {
        Self::of(Kind::Channel, slug.as_ref())
    }

    /// The user of this name. White space around it is dropped.
    ///
    /// # Errors
    ///
    /// As [`channel`](Self::channel).
    ///
    /// # Examples
    ///
    /// A channel and a user of one name are two creators, with two pages:
    ///
    /// ```
    /// use rumble_live::pages::Creator;
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let (user, channel) =
    ///         (Creator::user("ada")?, Creator::channel("ada")?);
    ///     assert_eq!(user.name(), channel.name());
    ///     assert_ne!(user, channel);
    ///     assert!(!user.is_channel() && channel.is_channel());
    ///     Ok(())
    /// }
    /// ```
    pub fn user(name: impl AsRef<str>) -> Result<Self, Error> {
        Self::of(Kind::User, name.as_ref())
    }

    /// The name in addresses, as you gave it, without `c/` or `user/`. It may
    /// hold percent-encoded letters.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a channel. Otherwise it is a user.
    #[must_use]
    pub fn is_channel(&self) -> bool {
        self.kind == Kind::Channel
    }

    /// A channel of the simulator, which needs no check.
    #[cfg(feature = "sim")]
    pub(crate) fn of_simulator(slug: &'static str) -> Self {
        Self { kind: Kind::Channel, name: slug.into() }
    }

    /// Checks the name, which is all that there is to check.
    fn of(kind: Kind, name: &str) -> Result<Self, Error> {
        let name = name.trim();
        if name.len() <= LONGEST && is_a_segment(name) {
            Ok(Self { kind, name: name.into() })
        } else {
            Err(Error::config("this is not the name of a channel or user; copy it from the address of the page, after /c/ or /user/"))
        }
    }
}

/// Whether it is one segment of a path, and cannot be taken for anything else.
fn is_a_segment(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte);
    let mut pieces = name.split('%');
    let is_plain = pieces.next().is_some_and(|piece| piece.bytes().all(is_allowed));
    // A percent sign begins the code of a byte. The code of a dot or a slash would lead elsewhere.
    let is_code = |piece: &str| {
        let code = piece.get(..2).and_then(|code| u8::from_str_radix(code, 16).ok());
        code.is_some_and(|code| code >= 0x80) && piece.bytes().all(is_allowed)
    };
    is_plain && pieces.all(is_code) && !name.is_empty() && !name.bytes().all(|byte| byte == b'.')
}

/// The path of a URL of the site. A text without a host is a path already.
fn path(text: &str) -> Option<&str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        let first = text.split('/').next().unwrap_or_default();
        return if is_of_the_site(first) { Some(text.get(first.len()..).unwrap_or_default()) } else { Some(text) };
    };
    let (host, path) = rest.split_once('/')?;
    let is_web = ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    (is_web && is_of_the_site(host)).then_some(path)
}

/// Whether it is one of Rumble's hosts, or this machine, where a simulator may
/// be.
fn is_of_the_site(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let without_port =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())).map_or(&*host, |(host, _)| host);
    without_port == "rumble.com" || without_port.ends_with(".rumble.com") || ["localhost", "127.0.0.1", "[::1]"].contains(&without_port)
}

impl FromStr for Creator {
    type Err = Error;

    /// White space around the text, a slash before it and everything after the
    /// name are dropped. `c` and `user` must be in small letters.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) where it is neither
    /// `c/…`, nor `user/…`, nor the address of such a page at rumble.com, one
    /// of its subdomains or this machine.
    fn from_str(text: &str) -> Result<Self, Error> {
        let odd =
            || Error::config("this is neither a channel nor a user; write c/NAME, user/NAME, or the address of the page at rumble.com");
        let path = path(text.trim()).ok_or_else(odd)?;
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.trim_start_matches('/').split('/');
        match (segments.next(), segments.next()) {
            (Some("c"), Some(slug)) => Self::channel(slug),
            (Some("user"), Some(name)) => Self::user(name),
            _ => Err(odd()),
        }
    }
}

impl TryFrom<String> for Creator {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Creator> for String {
    fn from(creator: Creator) -> Self {
        creator.to_string()
    }
}

impl fmt::Display for Creator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Channel => "c",
            Kind::User => "user",
        };
        f.pad(&format!("{kind}/{}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channel_and_user_are_read_from_every_form_of_their_address() {
        for (text, expected) in [
            ("c/Retro", "c/Retro"),
            (" /c/Retro/ ", "c/Retro"),
            ("rumble.com/c/Retro", "c/Retro"),
            ("https://rumble.com/c/Retro/livestreams?page=2#top", "c/Retro"),
            ("HTTPS://WWW.Rumble.com/user/ada_b", "user/ada_b"),
            ("http://127.0.0.1:8080/c/c-7104999", "c/c-7104999"),
            ("user/%C3%A4da", "user/%C3%A4da"),
        ] {
            assert_eq!(text.parse::<Creator>().unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn address_that_leads_elsewhere_is_not_a_channel() {
        for text in [
            "",
            "Retro",
            "c",
            "c/",
            "c/..",
            "c/%2e%2e",
            "c/a%2Fb",
            "c/%",
            "c/a b",
            "c/a\nb",
            "user/äda",
            "https://example.com/c/Retro",
            "https://rumble.com.example/c/Retro",
            "https://evil@rumble.com/c/Retro",
            "ftp://rumble.com/c/Retro",
            "https://rumble.com",
            "https://rumble.com/v7c9aa1-night-shift.html",
        ] {
            assert!(text.parse::<Creator>().is_err(), "{text}");
        }
        assert!(Creator::channel("a/b").is_err() && Creator::user("a?b").is_err() && Creator::user("x".repeat(200)).is_err());
    }
}
