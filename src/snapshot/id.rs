//! The ids of the wire, as types.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::line::Line;

macro_rules! base36_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Kept as it was sent; a number on the wire is taken as the decimal form. Cheap to clone. The JSON form is the text; `Display` too, but on one
        /// line whatever it holds.
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id in base 36, without a prefix letter.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same number in base 10, which other parts of Rumble use. `None` where the text is no base 36 or exceeds 64 bits.
            #[must_use]
            pub fn decimal(&self) -> Option<u64> {
                u64::from_str_radix(&self.0, 36).ok()
            }

            pub(crate) fn from_decimal(number: u64) -> Self {
                Self(base36(number).into())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Line(&self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    };
}

base36_id! {
    /// The id of a livestream, its video and its chat, in base 36 (`livestreams[].id`).
    ///
    /// ```
    /// use rumble_live::StreamId;
    ///
    /// let id = StreamId::from("7c1f4q");
    /// assert_eq!(id.decimal(), Some(443_484_890));
    /// ```
    StreamId
}

base36_id! {
    /// The id of a Rumble user, in base 36 without the site's `_u` (`user_id`).
    UserId
}

/// The id of a channel (`channel_id`), as text: decimal where the wire sends a number.
///
/// No real sample of it is public, so it is assumed that equal channels keep an equal text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChannelId(Arc<str>);

impl ChannelId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn from_decimal(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

impl From<&str> for ChannelId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Line(&self.0).fmt(f)
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::with_capacity(13);
    loop {
        // A remainder of 36 always fits one digit.
        digits.extend(u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36)));
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
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
}
