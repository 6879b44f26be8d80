//! The ids of the wire, as types.
//!
//! Each is a type of its own, so a user's id cannot stand where a livestream's
//! is wanted. All are texts in one canonical form, made once when the id is
//! made. That way they compare, sort and hash as plain texts do, and a `&str`
//! finds them in a map.

use std::{
    borrow::{Borrow, Cow},
    convert::Infallible,
    fmt,
    str::FromStr,
    sync::Arc,
};

use serde::{Deserialize, Serialize, Serializer};

use super::one_line;

/// The canonical text of an id. Ids are numbers in base 36, so case does not
/// matter. Characters that could break a line or turn its direction are
/// escaped, because ids go into logs and into the ids of events.
fn canonical(text: &str) -> Arc<str> {
    match one_line::escaped(text) {
        Cow::Borrowed(text) if !text.bytes().any(|byte| byte.is_ascii_uppercase()) => text.into(),
        text => text.to_ascii_lowercase().into(),
    }
}

macro_rules! compares_with_text {
    ($name:ident: $($text:ty),*) => {$(
        impl PartialEq<$text> for $name {
            fn eq(&self, text: &$text) -> bool {
                let text: &str = text;
                *self.0 == *text
            }
        }

        impl PartialEq<$name> for $text {
            fn eq(&self, id: &$name) -> bool {
                id == self
            }
        }
    )*};
}

// The examples follow the name, because they come last, after what the docs of all ids say.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident $(#[$example:meta])*) => {
        $(#[$doc])*
        ///
        /// It is stored in lower case, because case does not matter in base 36:
        /// ids made from `7C1F4Q` and `7c1f4q` are equal. Characters that could
        /// break a line or turn its direction are stored escaped; no real id
        /// has them. It is cheap to clone. `Display` and the JSON form are the
        /// text.
        ///
        /// If you compare it with a text, write the text in lower case. You can
        /// look up a `&str` in a map with these ids as keys.
        ///
        $(#[$example])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(from = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the id, without a prefix letter: in lower case, and
            /// safe for a log. Use it where another library wants a text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(canonical(text))
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(canonical(&text))
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(Self::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        // Sound, because an id hashes, compares and sorts as its text does.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        compares_with_text!($name: str, &str, String);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

id! {
    /// The id of a livestream, its video and its chat, in base 36
    /// (`livestreams[].id`).
    StreamId
    /// # Examples
    ///
    /// ```
    /// use rumble_live::StreamId;
    ///
    /// let id = StreamId::from("7c1f4q");
    /// assert_eq!(id, "7c1f4q");
    /// assert_eq!(id, StreamId::from("7C1F4Q"));
    /// assert_eq!(id.decimal(), Some(443_484_890));
    /// ```
    ///
    /// Count the messages of each livestream. A text finds the entry:
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use rumble_live::{Message, StreamId};
    ///
    /// let mut counts: HashMap<StreamId, u32> = HashMap::new();
    /// for text in ["hi", "ahoy"] {
    ///     let message = Message::new("7c1f4q", "ada", text);
    ///     *counts.entry(message.stream).or_default() += 1;
    /// }
    /// assert_eq!(counts.get("7c1f4q"), Some(&2));
    /// ```
}

id! {
    /// The id of a Rumble user, in base 36 without the site's `_u` (`user_id`).
    /// It does not change if the user takes another name.
    UserId
    /// # Examples
    ///
    /// A list of moderators in the settings of a bot:
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// use rumble_live::UserId;
    ///
    /// let helpers: BTreeSet<_> =
    ///     "4f2kx9 4YQCEH".split(' ').map(UserId::from).collect();
    /// assert!(helpers.contains("4yqceh"));
    /// assert_eq!(UserId::from("4f2kx9").decimal(), Some(267_179_373));
    /// ```
}

id! {
    /// The id of a channel (`channel_id`), as text. If the wire sends a number,
    /// the text is decimal.
    ///
    /// No real sample of it is public. This crate assumes that the text of a
    /// channel's id does not change. Since its form is not known, there is no
    /// conversion to a number.
    ChannelId
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Account, ChannelId};
    ///
    /// let account =
    ///     Account::new("4f2kx9").with_channel("C-7843", "Harborlight");
    /// assert_eq!(account.channel_id, Some(ChannelId::from("c-7843")));
    /// assert_eq!(ChannelId::from("C-7843").to_string(), "c-7843");
    /// ```
}

macro_rules! base36 {
    ($($name:ident),*) => {$(
        impl $name {
            /// The id that is this number in base 36. Use it for ids from
            /// parts of Rumble that write them in decimal.
            ///
            /// # Examples
            ///
            /// ```
            /// use rumble_live::{StreamId, UserId};
            ///
            /// assert_eq!(StreamId::from_decimal(443_484_890), "7c1f4q");
            /// assert_eq!(UserId::from_decimal(267_179_373), "4f2kx9");
            /// ```
            #[must_use]
            #[doc(alias = "base_10_to_36")]
            pub fn from_decimal(number: u64) -> Self {
                Self(base36(number))
            }

            /// The same number in base 10, which other parts of Rumble use.
            /// `None` if the text is not base 36 or the number exceeds 64 bits.
            ///
            /// # Examples
            ///
            /// ```
            /// use rumble_live::{StreamId, UserId};
            ///
            /// assert_eq!(
            ///     StreamId::from("7c1f4q").decimal(),
            ///     Some(443_484_890)
            /// );
            /// assert_eq!(UserId::from("4f2kx9").decimal(), Some(267_179_373));
            /// // The name of a page is not an id.
            /// assert_eq!(
            ///     StreamId::from("v7d0aa-night-watch").decimal(),
            ///     None
            /// );
            /// ```
            #[must_use]
            #[doc(alias = "stream_id_b10")]
            #[doc(alias = "user_id_b10")]
            #[doc(alias = "video_id_b10")]
            #[doc(alias = "base_36_to_10")]
            pub fn decimal(&self) -> Option<u64> {
                u64::from_str_radix(&self.0, 36).ok()
            }
        }
    )*};
}
base36!(StreamId, UserId);

impl StreamId {
    /// A placeholder in a chat line until its livestream is known.
    pub(super) fn unset() -> Self {
        Self(Arc::default())
    }
}

impl ChannelId {
    /// The id that the wire sends as this number. It is not converted, because
    /// nothing says that channels are numbered in base 36.
    pub(crate) fn from_decimal(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

/// The number in base 36, in lower case.
fn base36(mut number: u64) -> Arc<str> {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    // The largest number has 13 digits.
    let mut text = [0; 13];
    let mut start = text.len();
    for place in text.iter_mut().rev() {
        *place = usize::try_from(number % 36).ok().and_then(|digit| DIGITS.get(digit)).copied().unwrap_or_default();
        number /= 36;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    text.get(start..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_and_base36_are_the_same_id() {
        for number in [0, 35, 36, 443_484_890, u64::MAX] {
            assert_eq!(StreamId::from_decimal(number).decimal(), Some(number));
        }
        assert_eq!(StreamId::from_decimal(443_484_890).as_str(), "7c1f4q");
        assert_eq!(StreamId::from("not base 36").decimal(), None);
    }

    #[test]
    fn text_of_an_id_is_the_same_whichever_way_it_came() {
        let hostile = "7C1F\n\u{202E}4Q";
        let id = StreamId::from(hostile);
        assert_eq!(id.as_str(), r"7c1f\n\u{202e}4q");
        assert_eq!(StreamId::from(id.as_str()), id);
        assert_eq!(StreamId::from(hostile.to_owned()), id);
        assert_eq!(serde_json::from_value::<StreamId>(hostile.into()).unwrap(), id);
        assert_eq!(serde_json::to_value(&id).unwrap(), id.as_str());
    }
}
