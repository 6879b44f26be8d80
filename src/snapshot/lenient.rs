//! Lenient decoding, which no single field can break.
//!
//! It reads every value of the wire as what it should be, or else as nothing,
//! in one pass over the text. Only text that is not JSON is an error.
//!
//! How it works: a type says by `Shape` what it makes of a scalar, a list and
//! an object, and everything that it does not mention becomes the default.
//! `Field`, `Object` and `List` are the shapes that the wire is built from, and
//! the macro `wire!` defines objects of them. Serde's derive would not do: it
//! refuses a field that is sent twice, and reads a list as an object whose
//! fields are in order.
//!
//! A list decides by `Entry` what becomes of each item: it is kept, it is
//! padding, or it is unreadable and counted. `List` decides at once; the lists
//! in `items` wait until it is known what they had in an earlier answer.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::{
    scalar::{FromScalar, Scalar},
    window::Window,
};

/// A type that can be read from a JSON value of any kind. A kind that it does
/// not handle gives the default.
pub(super) trait Shape<'de>: Default {
    /// What a single value means. By default nothing.
    fn scalar(_: &Scalar<'_>) -> Self {
        Self::default()
    }

    /// What a list means. By default nothing; but it must be read to its end,
    /// or the parser fails at what follows.
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }

    /// What an object means. By default nothing; it must be read to its end
    /// too.
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Self::default())
    }
}

/// Reads a value of any kind as a `Shape`.
pub(super) struct ShapeVisitor<T>(pub(super) PhantomData<T>);

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

/// Implements `Deserialize` for a shape, and `Default` for a missing value.
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

/// A scalar, or nothing if the value is missing, null or of another kind.
pub(crate) struct Field<T>(pub(crate) Option<T>);

deserialize_as_shape!(Field where T: FromScalar);

impl<T: FromScalar> Shape<'_> for Field<T> {
    fn scalar(scalar: &Scalar<'_>) -> Self {
        Self(T::from_scalar(scalar))
    }
}

impl<T> Field<T> {
    /// The value, for a field that an entry cannot do without.
    pub(crate) fn required(self) -> Result<T, LeftOut> {
        self.0.ok_or(LeftOut::Unreadable)
    }
}

/// An object, or nothing if the value is missing, null or of another kind.
pub(crate) struct Object<T>(pub(crate) Option<T>);

deserialize_as_shape!(Object where T: Deserialize<'de>);

impl<'de, T: Deserialize<'de>> Shape<'de> for Object<T> {
    fn map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|object| Self(Some(object)))
    }
}

impl<T> Object<T> {
    /// The object, or `Unreadable` if the item is not an object.
    pub(crate) fn required(self) -> Result<T, LeftOut> {
        self.0.ok_or(LeftOut::Unreadable)
    }
}

/// Why an item of a list does not become an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeftOut {
    /// It is filler: some local proxies send a blank item instead of an empty
    /// list.
    Padding,
    /// It lacks a required field.
    Unreadable,
}

/// An entry of a list. It is decoded in its wire form and then converted to the
/// public type, or left out.
pub(crate) trait Entry: Sized {
    /// The form of an item on the wire. It never fails to decode.
    type Wire;
    /// The most entries kept of one list, for entries that take much more
    /// memory than their text.
    const MOST: usize = usize::MAX;
    /// Converts an item, or says why it does not become an entry.
    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut>;
}

/// A list. PHP writes a list with holes as an object with numbers as keys, so
/// the values of an object count too.
pub(crate) struct List<T>(pub(crate) Window<T>);

deserialize_as_shape!(List where T: Entry<Wire: Deserialize<'de>>);

impl<'de, T: Entry<Wire: Deserialize<'de>>> Shape<'de> for List<T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        Converted::all(|| list.next_element()).map(|converted| Self(converted.into()))
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        Converted::all(|| next_value(&mut map)).map(|converted| Self(converted.into()))
    }
}

/// The next value of an object that stands for a list.
pub(super) fn next_value<'de, T: Deserialize<'de>, A: MapAccess<'de>>(map: &mut A) -> Result<Option<T>, A::Error> {
    Ok(map.next_entry::<IgnoredAny, T>()?.map(|(_, value)| value))
}

/// The entries of a list, in the order of the wire, and how many of its items
/// are unreadable.
pub(super) struct Converted<T> {
    pub(super) entries: Vec<T>,
    pub(super) skipped: usize,
}

impl<T> Default for Converted<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), skipped: 0 }
    }
}

impl<T: Entry> Converted<T> {
    /// Converts items until there are no more.
    pub(super) fn all<E>(mut next: impl FnMut() -> Result<Option<T::Wire>, E>) -> Result<Self, E> {
        let mut converted = Self::default();
        while let Some(wire) = next()? {
            converted.add(wire);
        }
        Ok(converted)
    }

    /// Converts an item. One beyond the most that are kept counts as unreadable,
    /// so that it does not vanish silently.
    pub(super) fn add(&mut self, wire: T::Wire) {
        self.add_completed(wire, |_| {});
    }

    /// The same, and adds to the entry what the item does not say.
    pub(super) fn add_completed(&mut self, wire: T::Wire, complete: impl FnOnce(&mut T)) {
        match T::from_wire(wire) {
            Ok(mut entry) if self.entries.len() < T::MOST => {
                complete(&mut entry);
                self.entries.push(entry);
            }
            Err(LeftOut::Padding) => {}
            Ok(_) | Err(LeftOut::Unreadable) => self.skipped += 1,
        }
    }
}

impl<T> From<Converted<T>> for Window<T> {
    fn from(Converted { entries, skipped }: Converted<T>) -> Self {
        Self::sent(entries, skipped)
    }
}

/// The entries of an object with their keys, in the order of the wire. Empty if
/// the value is missing or of another kind.
#[cfg(feature = "chat")]
pub(crate) struct Entries<T>(pub(crate) Vec<(String, T)>);

#[cfg(feature = "chat")]
deserialize_as_shape!(Entries where T: Deserialize<'de>);

#[cfg(feature = "chat")]
impl<'de, T: Deserialize<'de>> Shape<'de> for Entries<T> {
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Self(entries))
    }
}

/// Defines an object of the wire. Every field may be missing. If a field is
/// sent twice, the last one counts. Unknown fields are ignored. Use
/// `#[serde(rename = "…")]` for a name that is not a Rust identifier, and
/// `<'de, L>` if a field is a list that [`Lists`](super::items::Lists) reads.
macro_rules! wire {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident $(<$de:lifetime, $lists:ident>)? { $($(#[$rename:meta])* $field_visibility:vis $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default)]
        $visibility struct $name $(<$de, $lists: $crate::snapshot::items::Lists<$de>>)? { $($field_visibility $field: $type,)* }

        impl<'de $(, $lists: $crate::snapshot::items::Lists<$de>)?> serde::Deserialize<'de> for $name $(<$de, $lists>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                #[serde(field_identifier)]
                #[expect(non_camel_case_types, reason = "named as the fields are")]
                enum Name { $($(#[$rename])* $field,)* #[serde(other)] Unknown }

                struct Object<T>(std::marker::PhantomData<T>);

                impl<'de $(, $lists: $crate::snapshot::items::Lists<$de>)?> serde::de::Visitor<'de> for Object<$name $(<$de, $lists>)?> {
                    type Value = $name $(<$de, $lists>)?;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = Self::Value::default();
                        while let Some(known) = map.next_key()? {
                            match known {
                                $(Name::$field => object.$field = map.next_value()?,)*
                                Name::Unknown => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(Object(std::marker::PhantomData))
            }
        }
    };
}
pub(crate) use wire;
