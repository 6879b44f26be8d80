//! Users and channels of the wire.
//!
//! The chat writes the ids of users in decimal, while the rest of Rumble uses
//! base 36. They are turned into base 36 here, so that an id means the same in
//! this whole crate. Ids of channels stay decimal, as this crate has them
//! everywhere.
//!
//! People are kept for long, and there may be thousands of them, so each part
//! of a person has a limit. A name above it is cut, so that the person still
//! has one. An address or a badge above it is dropped, since half of one is of
//! no use.

use super::filled;
use crate::{
    chat::event::Color,
    snapshot::{
        ChannelId, UserId,
        badges::Badges,
        lenient::{Entry, Field, LeftOut, Object, wire},
        scalar::{FromScalar, Scalar},
    },
};

/// A user as shown by one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) username: Option<String>,
    pub(crate) color: Option<Color>,
    pub(crate) picture: Option<String>,
    pub(crate) badges: Vec<String>,
    pub(crate) is_follower: bool,
}

/// A channel as shown by one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) id: ChannelId,
    pub(crate) name: Option<String>,
    pub(crate) picture: Option<String>,
}

/// Far longer than today's ids.
const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 200;
const LONGEST_URL: usize = 2048;
const MOST_BADGES: usize = 32;

/// The id of a user: decimal on the chat's wire, base 36 everywhere else.
#[derive(Clone)]
pub(super) struct UserNumber(pub(super) UserId);

impl FromScalar for UserNumber {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        if let Some(number) = u64::from_scalar(scalar) {
            return Some(Self(UserId::from_decimal(number)));
        }
        let Scalar::Text(text) = scalar else { return None };
        let text = text.trim();
        let text = text.strip_prefix("_u").unwrap_or(text);
        (1..=LONGEST_ID).contains(&text.len()).then(|| Self(text.into()))
    }
}

impl Entry for UserNumber {
    type Wire = Field<Self>;
    const MOST: usize = super::MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        wire.required()
    }
}

/// The id of a channel. Zero means that there is none.
pub(super) struct ChannelNumber(pub(super) ChannelId);

impl FromScalar for ChannelNumber {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match u64::from_scalar(scalar) {
            Some(0) => None,
            Some(number) => Some(Self(ChannelId::from_decimal(number))),
            None => ChannelId::from_scalar(scalar).map(Self),
        }
    }
}

wire! {
    pub(crate) struct WireUser {
        id: Field<UserNumber>,
        username: Field<String>,
        is_follower: Field<bool>,
        color: Field<Color>,
        #[serde(rename = "image.1")]
        image: Field<String>,
        badges: Badges,
    }
}

/// People are kept for a long time, so no one may take much room: a name that
/// is longer than any real one is cut.
fn name(name: Option<String>) -> Option<String> {
    let mut name = filled(name)?;
    if let Some((end, _)) = name.char_indices().nth(LONGEST_NAME) {
        name.truncate(end);
        name.shrink_to_fit();
    }
    Some(name)
}

/// The address of a picture, unless it is missing or too long.
fn picture(url: Option<String>) -> Option<String> {
    filled(url).filter(|url| url.len() <= LONGEST_URL)
}

/// The first few of the badges, without those that are too long.
fn badges(mut slugs: Vec<String>) -> Vec<String> {
    slugs.retain(|slug| slug.len() <= LONGEST_ID);
    slugs.truncate(MOST_BADGES);
    slugs.shrink_to_fit();
    slugs
}

/// The wire pads lists of people with empty lists and nulls. They stand for
/// nobody.
fn person<T>(wire: Object<T>) -> Result<T, LeftOut> {
    wire.0.ok_or(LeftOut::Padding)
}

impl Entry for User {
    type Wire = Object<WireUser>;
    const MOST: usize = super::MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = person(wire)?;
        Ok(Self {
            id: wire.id.required()?.0,
            username: name(wire.username.0),
            color: wire.color.0,
            picture: picture(wire.image.0),
            badges: badges(wire.badges.0),
            is_follower: wire.is_follower.0.unwrap_or_default(),
        })
    }
}

wire! {
    pub(crate) struct WireChannel {
        id: Field<ChannelNumber>,
        username: Field<String>,
        #[serde(rename = "image.1")]
        image: Field<String>,
    }
}

impl Entry for Channel {
    type Wire = Object<WireChannel>;
    const MOST: usize = super::MOST;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = person(wire)?;
        Ok(Self { id: wire.id.required()?.0, name: name(wire.username.0), picture: picture(wire.image.0) })
    }
}

impl FromScalar for Color {
    fn from_scalar(scalar: &Scalar<'_>) -> Option<Self> {
        match scalar {
            Scalar::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}
