//! Reads single values of the wire.
//!
//! A value of the wrong kind is read if only one meaning is possible, such as
//! the number 12 that was sent as a text. Otherwise it is `None`, and never a
//! guess: `true` is not a count, and the number 7 is not a stamp. Ids and the
//! kind of account have a greatest length, because they outlive the snapshot: a
//! tracker and its checkpoints keep them.

use time::OffsetDateTime;

use super::{
    account::AccountKind,
    amount::Amount,
    id::{ChannelId, StreamId, UserId},
    instant::{from_stamp, from_unix_seconds},
    livestream::Visibility,
};

/// A JSON value other than null, a list or an object.
pub(crate) enum Scalar<'a> {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

impl Scalar<'_> {
    /// A whole number. It may also be written `12.0` or `"12"`.
    fn unsigned(&self) -> Option<u64> {
        match *self {
            Self::Unsigned(number) => Some(number),
            Self::Signed(number) => u64::try_from(number).ok(),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the guard leaves whole numbers that fit")]
            Self::Float(number) if number.fract() == 0.0 && (0.0..1e15).contains(&number) => Some(number as u64),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(_) | Self::Float(_) => None,
        }
    }

    /// A number with a fraction. It may also be written `"12.5"`.
    fn fractional(&self) -> Option<f64> {
        match *self {
            Self::Float(number) => Some(number),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Bool(_) | Self::Unsigned(_) | Self::Signed(_) => None,
        }
    }

    /// A text, or a whole number as one. Flags and floats are not read as
    /// texts.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Unsigned(number) => Some(number.to_string()),
            Self::Signed(number) => Some(number.to_string()),
            Self::Bool(_) | Self::Float(_) => None,
        }
    }
}

/// A type that can be read from a scalar.
pub(crate) trait FromScalar: Sized {
    /// `None` if the value cannot be read as this type.
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self>;
}

impl FromScalar for u64 {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.unsigned()
    }
}

impl FromScalar for bool {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Bool(flag) => Some(*flag),
            Scalar::Text("true") => Some(true),
            Scalar::Text("false") => Some(false),
            _ => match scalar.unsigned()? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
        }
    }
}

impl FromScalar for String {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.text()
    }
}

impl FromScalar for OffsetDateTime {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            // Hardly any has white space around it, and looking for it costs.
            Scalar::Text(text) => from_stamp(text).or_else(|| from_stamp(Some(text.trim()).filter(|trimmed| trimmed.len() < text.len())?)),
            _ => None,
        }
    }
}

/// An instant as a number of Unix seconds.
pub(crate) struct UnixSeconds(pub(crate) OffsetDateTime);

impl FromScalar for UnixSeconds {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        let instant = match (scalar, scalar.unsigned()) {
            (Scalar::Signed(seconds), _) => OffsetDateTime::from_unix_timestamp(*seconds).ok(),
            (_, Some(seconds)) => OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok(),
            (_, None) => from_unix_seconds(scalar.fractional()?),
        };
        instant.filter(super::has_utc_form).map(Self)
    }
}

/// A number of cents.
impl FromScalar for Amount {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.unsigned().map(Self::from_cents)
    }
}

/// An amount as a number of dollars, with or without cents.
pub(crate) struct Dollars(pub(crate) Amount);

impl FromScalar for Dollars {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        if let Some(dollars) = scalar.unsigned() {
            return Some(Self(Amount::from_dollars(dollars)));
        }
        let dollars = scalar.fractional().filter(|dollars| (0.0..1e13).contains(dollars))?;
        // A float holds 4.99 only approximately. The nearest whole number of cents is what was meant.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the guard leaves numbers that fit")]
        Some(Self(Amount::from_cents((dollars * 100.0).round() as u64)))
    }
}

/// Far beyond today's ids and words, which have about six characters.
const LONGEST_ID: usize = 64;

/// Whether it can be an id: not blank, and no longer than any real one.
fn is_short(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len())
}

/// Reads an id from text, or from a number that is its decimal form.
macro_rules! id_from_scalar {
    ($($id:ident),*) => {$(
        impl FromScalar for $id {
            fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
                match scalar {
                    Scalar::Text(text) => {
                        // The canonical form may be longer, because it escapes what would break a line.
                        Some(text.trim()).filter(|id| is_short(id)).map(Self::from).filter(|id| is_short(id.as_str()))
                    }
                    _ => scalar.unsigned().map(Self::from_decimal),
                }
            }
        }
    )*};
}
id_from_scalar!(StreamId, UserId, ChannelId);

impl FromScalar for AccountKind {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.text().filter(|word| word.len() <= LONGEST_ID).map(Self::from)
    }
}

impl FromScalar for Visibility {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.text().map(Self::from)
    }
}
