//! Reads badges in all the forms in which the wire can send a list of words.
//!
//! The samples have a list of slugs. But the same PHP also writes lists as
//! objects, and the configuration of a chat describes badges by objects. Since
//! badges say who may give commands to a bot, all of these forms are read. What
//! names no badge is left out, and never breaks the line.

use std::marker::PhantomData;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess},
};

use super::{
    lenient::{Field, Shape, ShapeVisitor, wire},
    scalar::{FromScalar as _, Scalar},
};

/// The slugs of an author's badges, in the order of the wire.
///
/// They come as a list, or from PHP as an object with numbers as keys. Each
/// badge is a slug or an object that holds one. An object may also have the
/// slugs as keys, as in the chat's own configuration.
#[derive(Default)]
pub(crate) struct Badges(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Badges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl<'de> Shape<'de> for Badges {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut badges = Self::default();
        while let Some(badge) = list.next_element::<Badge>()? {
            badges.add(badge.slug());
        }
        Ok(badges.without_spare_room())
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut badges = Self::default();
        while let Some((key, badge)) = map.next_entry::<String, Badge>()? {
            let is_place = key.bytes().all(|byte| byte.is_ascii_digit());
            badges.add(match badge {
                Badge::Nameless if !is_place => Some(key),
                badge => badge.slug(),
            });
        }
        Ok(badges.without_spare_room())
    }
}

impl Badges {
    /// Adds a slug, unless it is blank. Most authors have one badge at most.
    fn add(&mut self, slug: Option<String>) {
        let Some(slug) = slug.filter(|slug| !slug.trim().is_empty()) else { return };
        if self.0.capacity() == 0 {
            self.0.reserve_exact(1);
        }
        self.0.push(slug);
    }

    /// A snapshot may live long and holds many lists of badges.
    fn without_spare_room(mut self) -> Self {
        self.0.shrink_to_fit();
        self
    }
}

/// One badge.
#[derive(Default)]
enum Badge {
    Slug(String),
    /// There is a badge, but its name is elsewhere: `true`, or an object
    /// without a name.
    Nameless,
    #[default]
    None,
}

impl Badge {
    /// The name, if the badge itself has one.
    fn slug(self) -> Option<String> {
        match self {
            Self::Slug(slug) => Some(slug),
            Self::Nameless | Self::None => None,
        }
    }
}

impl<'de> Deserialize<'de> for Badge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl<'de> Shape<'de> for Badge {
    fn scalar(scalar: &Scalar<'_>) -> Self {
        match scalar {
            Scalar::Bool(true) => Self::Nameless,
            _ => String::from_scalar(scalar).map_or(Self::None, Self::Slug),
        }
    }

    fn map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        let object = WireBadge::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        let names = [object.slug, object.name, object.r#type, object.id];
        Ok(names.into_iter().find_map(|name| name.0).map_or(Self::Nameless, Self::Slug))
    }
}

wire! {
    /// A badge as an object: the fields that may hold its slug, the likeliest
    /// first.
    struct WireBadge {
        slug: Field<String>,
        name: Field<String>,
        r#type: Field<String>,
        id: Field<String>,
    }
}
