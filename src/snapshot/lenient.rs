//! Decoding that no single field can break.
//!
//! Every value of the wire is read as what it should be or else as nothing, in one pass over the text. What remains an error is
//! text that is not JSON.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{
    account::AccountKind,
    amount::Amount,
    id::{ChannelId, StreamId, UserId},
    instant::has_utc_form,
    livestream::Visibility,
    window::Window,
};

/// A JSON value that is neither null, a list nor an object.
pub(super) enum Scalar<'a> {
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(&'a str),
}

impl Scalar<'_> {
    /// A whole number, also as `12.0` or `"12"`.
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

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some((*text).to_owned()),
            Self::Unsigned(number) => Some(number.to_string()),
            Self::Signed(number) => Some(number.to_string()),
            Self::Bool(_) | Self::Float(_) => None,
        }
    }
}

/// What a scalar of the wire can be read as.
pub(super) trait FromScalar: Sized {
    /// `None` where the value cannot be read as this.
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self>;
}

impl FromScalar for u64 {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.unsigned()
    }
}

impl FromScalar for i64 {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match *scalar {
            Scalar::Signed(number) => Some(number),
            _ => scalar.unsigned()?.try_into().ok(),
        }
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
            Scalar::Text(text) => Self::parse(text.trim(), &Rfc3339).ok().filter(has_utc_form),
            _ => None,
        }
    }
}

impl FromScalar for Amount {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        scalar.unsigned().map(Self::from_cents)
    }
}

/// Far beyond the ids and words of today, which have some six characters.
const LONGEST_ID: usize = 64;

/// An id in base 36: text as it is, a number as the decimal form of the same id.
macro_rules! id_from_scalar {
    ($($id:ident),*) => {$(
        impl FromScalar for $id {
            fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
                match scalar {
                    Scalar::Text(text) => Some(text.trim()).filter(|id| (1..=LONGEST_ID).contains(&id.len())).map(Self::from),
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

/// What can be read from a JSON value of any kind; of an unforeseen kind, the default.
trait Shape<'de>: Default {
    fn scalar(_: &Scalar<'_>) -> Self {
        Self::default()
    }

    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

struct ShapeVisitor<T>(PhantomData<T>);

impl<'de, T: Shape<'de>> Visitor<'de> for ShapeVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<T, E> {
        Ok(T::scalar(&Scalar::Bool(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        Ok(T::scalar(&Scalar::Unsigned(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        Ok(T::scalar(&Scalar::Signed(value)))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        Ok(T::scalar(&Scalar::Float(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<T, E> {
        Ok(T::scalar(&Scalar::Text(value)))
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
        T::list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::map(map)
    }
}

/// Makes a shape decodable and its absence its default.
macro_rules! deserialize_as_shape {
    ($shape:ident where T: $($bound:tt)+) => {
        impl<T> Default for $shape<T> {
            fn default() -> Self {
                Self(Default::default())
            }
        }

        impl<'de, T: $($bound)+> Deserialize<'de> for $shape<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(ShapeVisitor(PhantomData))
            }
        }
    };
}

/// A scalar, or nothing where the value is missing, null or of another kind.
pub(super) struct Field<T>(pub(super) Option<T>);

deserialize_as_shape!(Field where T: FromScalar);

impl<T: FromScalar> Shape<'_> for Field<T> {
    fn scalar(scalar: &Scalar<'_>) -> Self {
        Self(T::from_scalar(scalar))
    }
}

/// An object, or nothing where the value is missing, null or of another kind.
pub(super) struct Object<T>(pub(super) Option<T>);

deserialize_as_shape!(Object where T: Deserialize<'de>);

impl<'de, T: Deserialize<'de>> Shape<'de> for Object<T> {
    fn map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Self(Some(object)))
    }
}

/// An entry of a list: decoded in a wire form, then made into what users see, or left out.
pub(super) trait Entry: Sized {
    type Wire;
    /// The most that are kept of one list, where entries take much more memory than text.
    const MOST: usize = usize::MAX;
    /// `None` where a field is missing without which the entry means nothing.
    fn from_wire(wire: Self::Wire) -> Option<Self>;
}

/// A list. PHP writes one with holes as an object with numbers for keys, so the values of an object count as well.
pub(super) struct List<T>(pub(super) Window<T>);

deserialize_as_shape!(List where T: Entry<Wire: Deserialize<'de>>);

impl<'de, T: Entry<Wire: Deserialize<'de>>> Shape<'de> for List<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        collect(|| list.next_element())
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        collect(|| Ok(map.next_entry::<IgnoredAny, _>()?.map(|(_, wire)| wire)))
    }
}

fn collect<T: Entry, E>(mut next: impl FnMut() -> Result<Option<T::Wire>, E>) -> Result<List<T>, E> {
    let mut entries = Vec::new();
    let mut skipped = 0;
    while let Some(wire) = next()? {
        match T::from_wire(wire) {
            Some(entry) if entries.len() < T::MOST => entries.push(entry),
            _ => skipped += 1,
        }
    }
    Ok(List(Window::sent(entries, skipped)))
}

impl Entry for String {
    type Wire = Field<String>;

    fn from_wire(wire: Self::Wire) -> Option<Self> {
        wire.0
    }
}

/// Defines an object of the wire. Every field may be missing; of one that is sent twice the last counts; unknown ones are passed over.
macro_rules! wire {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident { $($field_visibility:vis $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default)]
        $visibility struct $name { $($field_visibility $field: $type,)* }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(field_identifier)]
                #[expect(non_camel_case_types, reason = "named as the fields are")]
                enum Name { $($field,)* #[serde(other)] Unknown }

                struct Object;

                impl<'de> serde::de::Visitor<'de> for Object {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        let mut object = $name::default();
                        while let Some(name) = map.next_key()? {
                            match name {
                                $(Name::$field => object.$field = map.next_value()?,)*
                                Name::Unknown => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Object)
            }
        }
    };
}
pub(super) use wire;
