//! The author of a chat line.
//!
//! Only the live chat shows authors; polls show a display name and badges. The
//! type lives here, and not under `chat`, because events hold it and events
//! exist without feature `chat`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{
    id::{ChannelId, UserId},
    one_line::OneLine,
    standing::standing,
};

/// Whoever wrote a line of chat, or bought something in it (`users[]` and
/// `channels[]` of the wire).
///
/// The chat sends the person along with the line. If it leaves the person out
/// and has not shown them before, only the ids are known and
/// [`name`](Self::name) is empty.
///
/// Recognize people by [`user_id`](Self::user_id). The name is what they choose
/// to show, and a channel may be named like another user.
///
/// `Display` is the name on one line. Without a name it is `user` and the id,
/// or `somebody` without either.
///
/// # Examples
///
/// Ignore somebody who speaks under more than one name:
///
/// ```
/// use rumble_live::{Author, Message, UserId};
///
/// let mut author = Author::new("HarborlightLive");
/// author.user_id = Some("4yqceh".into());
/// author.channel_id = Some("7843".into());
/// let message = Message::new("7c1f4q", "HarborlightLive", "buy my book")
///     .with_author(author);
///
/// let ignored = UserId::from("4yqceh");
/// let by = message.author.as_ref().and_then(|author| author.user_id.as_ref());
/// assert_eq!(by, Some(&ignored));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Author {
    /// The display name: the channel's name for somebody who speaks as a
    /// channel, otherwise the user's (`username`). Empty if the chat has not
    /// sent it.
    pub name: String,
    /// The user's id (`user_id`), the same as in the Live Stream API. On the
    /// wire it is in [decimal](UserId::decimal) form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The user's own name, which is unique and does not change. It differs
    /// from `name` for somebody who speaks as a channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The channel that the user speaks as (`channel_id`). A channel's name is
    /// free text and may be the same as another user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The colour of the name (`color`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// The address of the picture (`image.1`): the channel's picture for
    /// somebody who speaks as a channel that has one, otherwise the user's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The user's badges as slugs, in the order of the wire. Often empty. Their
    /// pictures are in the chat's configuration.
    #[serde(default)]
    pub badges: Vec<String>,
    #[serde(default)]
    is_follower: bool,
}

impl Author {
    /// A user of whom only the name is known, to build events in tests. It is
    /// both the [`name`](Self::name) and the [`username`](Self::username). Set
    /// the other fields as you need them.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::Author;
    ///
    /// let mut author = Author::new("ada").with_is_follower(true);
    /// author.badges = vec!["moderator".into()];
    /// author.color = "f54fd1".parse().ok();
    /// assert!(author.is_follower() && author.is_moderator());
    /// assert_eq!(author.to_string(), "ada");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { username: Some(name.clone()), name, ..Self::default() }
    }

    /// Sets [`is_follower`](Self::is_follower). Default: false.
    #[must_use]
    pub fn with_is_follower(mut self, is_follower: bool) -> Self {
        self.is_follower = is_follower;
        self
    }

    /// Whether the user follows the account that streams (`is_follower`).
    ///
    /// # Examples
    ///
    /// A command that only followers may use:
    ///
    /// ```
    /// use rumble_live::{Author, Message};
    ///
    /// let may_use = |message: &Message| {
    ///     message.author.as_ref().is_some_and(|author| author.is_follower())
    /// };
    /// let ada = Author::new("ada").with_is_follower(true);
    /// let message = Message::new("7c1f4q", "ada", "!song").with_author(ada);
    /// assert!(may_use(&message));
    /// // A line that only a poll has shown has no author.
    /// assert!(!may_use(&Message::new("7c1f4q", "bo", "!song")));
    /// ```
    #[must_use]
    pub fn is_follower(&self) -> bool {
        self.is_follower
    }
}

standing! { Author }

impl From<&str> for Author {
    /// As [`Author::new`].
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for Author {
    /// The name on one line. If it is not known, the user's id.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.name.as_str(), &self.user_id) {
            ("", Some(id)) => write!(f, "user {id}"),
            ("", None) => f.pad("somebody"),
            (name, _) => OneLine(name).fmt(f),
        }
    }
}

/// A colour: how much red, green and blue it has, from 0 to 255 each. `Display`
/// and the JSON form are `#rrggbb` in lower case.
///
/// # Examples
///
/// ```
/// use rumble_live::Color;
///
/// let pink: Color = "f54fd1".parse().expect("six hexadecimal digits");
/// assert_eq!((pink.red, pink.to_string().as_str()), (0xf5, "#f54fd1"));
/// let black = Color { red: 0, green: 0, blue: 0 };
/// assert_eq!("#000000".parse(), Ok(black));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color {
    /// The red part.
    pub red: u8,
    /// The green part.
    pub green: u8,
    /// The blue part.
    pub blue: u8,
}

impl FromStr for Color {
    type Err = InvalidColor;

    /// Reads six hexadecimal digits, with or without a `#` before them.
    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidColor(()));
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).map_err(|_| InvalidColor(()))?.to_be_bytes();
        Ok(Self { red, green, blue })
    }
}

/// The text is not a colour. A colour has six hexadecimal digits, with or
/// without a `#` before them.
///
/// # Examples
///
/// Check a setting of your bot, and say what it should look like:
///
/// ```
/// use rumble_live::Color;
///
/// let error = "pink".parse::<Color>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "a colour is six hexadecimal digits, such as #f54fd1"
/// );
/// // The short form of CSS is not read.
/// assert!("#fff".parse::<Color>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a colour is six hexadecimal digits, such as #f54fd1")]
pub struct InvalidColor(());

impl TryFrom<String> for Color {
    type Error = InvalidColor;

    fn try_from(text: String) -> Result<Self, InvalidColor> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_with_and_without_the_sign() {
        let pink = Color { red: 0xf5, green: 0x4f, blue: 0xd1 };
        assert_eq!("#f54fd1".parse(), Ok(pink));
        assert_eq!("F54FD1".parse(), Ok(pink));
        assert_eq!(pink.to_string(), "#f54fd1");
        for text in ["", "#", "#fff", "#f54fd1ff", "+54fd1", "#f54fdé", "pink"] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }

    #[test]
    fn author_without_a_name_is_shown_by_id() {
        let mut author = Author::new("a\nb");
        author.user_id = Some("4yqceh".into());
        assert_eq!(author.to_string(), r"a\nb");
        author.name.clear();
        assert_eq!(author.to_string(), "user 4yqceh");
        assert_eq!(Author::default().to_string(), "somebody");
    }
}
