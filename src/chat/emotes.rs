//! Emotes: the list of them, and splitting a text into words and pictures.

use std::{collections::HashMap, fmt, hash, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::event::ChatMessage;
use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        ChannelId, Window,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
    },
};

/// The emotes that can be written in a chat: those of the site and those of its
/// channel.
///
/// Cloning only increments a reference count. The JSON form is a list of packs.
///
/// ```
/// use rumble_live::chat::{ChatMessage, Emote, EmotePack, Emotes, Part};
///
/// let mut pack = EmotePack::default();
/// pack.emotes = vec![Emote::new("r+smiley", "https://cdn.example.invalid/smiley.png")];
/// let emotes = Emotes::new(vec![pack]);
/// let message = ChatMessage::new("1", "7c1f4q", "ada", "hi :r+smiley: at 10:30:00");
/// let parts: Vec<&str> = message
///     .parts(&emotes)
///     .map(|part| match part {
///         Part::Text(text) => text,
///         Part::Emote(emote) => &emote.picture,
///     })
///     .collect();
/// assert_eq!(parts, ["hi ", "https://cdn.example.invalid/smiley.png", " at 10:30:00"]);
/// ```
#[derive(Clone, Default)]
pub struct Emotes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    packs: Vec<EmotePack>,
    /// The pack of each name and its place there. If a name occurs twice, the
    /// first one counts.
    places: HashMap<Box<str>, (usize, usize)>,
}

/// A group of emotes that belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmotePack {
    /// The name to show (`title`). Empty if missing.
    pub title: String,
    /// The channel that the emotes belong to; `None` for those of the site
    /// (`channel_id`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<ChannelId>,
    /// The address of the channel's picture (`channel_picture`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_picture: Option<String>,
    /// The emotes, in the order of the wire (`emotes`).
    pub emotes: Vec<Emote>,
}

/// A small picture that is written as a name between colons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Emote {
    /// The name without the colons, such as `r+smiley`. Case matters (`name`).
    pub name: String,
    /// The address of the picture (`file`).
    pub picture: String,
    /// Whether only subscribers may write it (`is_subs_only`). False if
    /// missing.
    #[serde(default)]
    pub is_for_subscribers: bool,
}

impl Emote {
    /// An emote that anybody may write, for tests.
    #[must_use]
    pub fn new(name: impl Into<String>, picture: impl Into<String>) -> Self {
        Self { name: name.into(), picture: picture.into(), is_for_subscribers: false }
    }
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part<'a> {
    /// Words; never empty.
    Text(&'a str),
    /// A picture.
    Emote(&'a Emote),
}

impl Emotes {
    /// Builds a list from these packs, for tests and for lists from elsewhere.
    #[must_use]
    pub fn new(packs: Vec<EmotePack>) -> Self {
        let mut places = HashMap::new();
        for (pack, EmotePack { emotes, .. }) in packs.iter().enumerate() {
            for (place, emote) in emotes.iter().enumerate() {
                places.entry(emote.name.as_str().into()).or_insert((pack, place));
            }
        }
        Self(Arc::new(Inner { packs, places }))
    }

    /// Reads the body of an answer to `emote.list`. Leaves out an emote without
    /// a name or a picture.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the body is not such an answer.
    pub fn from_json(body: &[u8]) -> Result<Self, Error> {
        let answer = serde_json::from_slice::<Object<WireAnswer>>(body).ok().and_then(|answer| answer.0);
        let items = answer.and_then(|answer| answer.data.0).map(|data| data.items.0).filter(Window::was_sent);
        let Some(items) = items else {
            let text = "the answer is not a list of emotes; Rumble may have changed it, or may require a login";
            return Err(Error::with_message(ErrorKind::Decode, text));
        };
        Ok(Self::new(items.into_entries()))
    }

    /// All emotes, pack by pack.
    #[must_use]
    pub fn packs(&self) -> &[EmotePack] {
        &self.0.packs
    }

    /// The emote with this name, without the colons.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Emote> {
        let (pack, place) = self.0.places.get(name)?;
        self.0.packs.get(*pack)?.emotes.get(*place)
    }

    /// Splits a text into words and emotes, in order. An emote is a name of
    /// this list between two colons. Everything else stays text.
    #[must_use]
    pub fn split<'a>(&'a self, text: &'a str) -> Parts<'a> {
        Parts { emotes: self, rest: text, next: None }
    }
}

impl ChatMessage {
    /// Splits the text into words and pictures; see [`Emotes::split`].
    #[must_use]
    pub fn parts<'a>(&'a self, emotes: &'a Emotes) -> Parts<'a> {
        emotes.split(&self.text)
    }
}

/// An iterator over the parts of a text; see [`Emotes::split`].
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    emotes: &'a Emotes,
    rest: &'a str,
    /// The emote that follows the words returned last.
    next: Option<&'a Emote>,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        if let Some(emote) = self.next.take() {
            return Some(Part::Emote(emote));
        }
        let mut searched = 0;
        while let Some(start) = find_colon(self.rest, searched) {
            let Some(end) = find_colon(self.rest, start + 1) else { break };
            if let Some(emote) = self.rest.get(start + 1..end).and_then(|name| self.emotes.get(name)) {
                let words = self.rest.get(..start).unwrap_or_default();
                self.rest = self.rest.get(end + 1..).unwrap_or_default();
                if words.is_empty() {
                    return Some(Part::Emote(emote));
                }
                self.next = Some(emote);
                return Some(Part::Text(words));
            }
            // The second colon may begin another name.
            searched = end;
        }
        let words = std::mem::take(&mut self.rest);
        (!words.is_empty()).then_some(Part::Text(words))
    }
}

impl std::iter::FusedIterator for Parts<'_> {}

fn find_colon(text: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(':').map(|at| from + at)
}

impl fmt::Debug for Emotes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Emotes").field(&self.0.packs).finish()
    }
}

impl PartialEq for Emotes {
    fn eq(&self, other: &Self) -> bool {
        self.0.packs == other.0.packs
    }
}

impl Eq for Emotes {}

impl hash::Hash for Emotes {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.packs.hash(state);
    }
}

impl Serialize for Emotes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.packs.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Emotes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::new)
    }
}

wire! {
    struct WireAnswer {
        data: Object<WireData>,
    }
}

wire! {
    struct WireData {
        items: List<EmotePack>,
    }
}

wire! {
    pub(crate) struct WirePack {
        title: Field<String>,
        channel_id: Field<ChannelId>,
        channel_picture: Field<String>,
        emotes: List<Emote>,
    }
}

impl Entry for EmotePack {
    type Wire = Object<WirePack>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        Ok(Self {
            title: wire.title.0.unwrap_or_default(),
            channel_id: wire.channel_id.0,
            channel_picture: wire.channel_picture.0.filter(|picture| !picture.is_empty()),
            emotes: wire.emotes.0.into_entries(),
        })
    }
}

wire! {
    pub(crate) struct WireEmote {
        name: Field<String>,
        file: Field<String>,
        is_subs_only: Field<bool>,
    }
}

impl Entry for Emote {
    type Wire = Object<WireEmote>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty()).ok_or(LeftOut::Unreadable);
        Ok(Self { name: filled(wire.name.0)?, picture: filled(wire.file.0)?, is_for_subscribers: wire.is_subs_only.0.unwrap_or_default() })
    }
}
