//! Emotes: the list of them, and splitting a text into words and pictures.
//!
//! A text is never parsed for anything that only looks like an emote: what
//! stands between two colons is one if and only if the list has that name. So a
//! time of day or an emoticon stays text, and the parts joined again are the
//! text.

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
/// Get it from [`Chat::emotes`](super::Chat::emotes). `Default` is an empty
/// list, with which every text stays text.
///
/// Cloning only increments a reference count. The JSON form is a list of packs.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{ChatMessage, Emote, EmotePack, Emotes, Part};
///
/// let mut pack = EmotePack::default();
/// pack.emotes = vec![Emote::new("r+smiley", "smiley.png")];
/// let emotes = Emotes::new(vec![pack]);
/// let message =
///     ChatMessage::new("1", "7c1f4q", "ada", "hi :r+smiley: at 10:30:00");
/// let parts: Vec<&str> = message
///     .parts(&emotes)
///     .map(|part| match part {
///         Part::Text(text) => text,
///         Part::Emote(emote) => &emote.picture,
///     })
///     .collect();
/// assert_eq!(parts, ["hi ", "smiley.png", " at 10:30:00"]);
/// ```
#[derive(Clone, Default)]
pub struct Emotes(Arc<Inner>);

/// What the clones share.
#[derive(Default)]
struct Inner {
    packs: Vec<EmotePack>,
    /// The pack of each name and its place there. If a name occurs twice, the
    /// first one counts.
    places: HashMap<Box<str>, (usize, usize)>,
}

/// A group of emotes that belong together: those of the site, or those of a
/// channel.
///
/// # Examples
///
/// A menu shows each pack under its title, and hides what the writer may not
/// use:
///
/// ```
/// use rumble_live::chat::{Emote, EmotePack};
///
/// let mut beacon = Emote::new("harborBeacon", "beacon.png");
/// beacon.is_for_subscribers = true;
/// let mut pack = EmotePack::default();
/// pack.title = "Harborlight".into();
/// pack.channel_id = Some("7104422".into());
/// pack.emotes = vec![Emote::new("harborWave", "wave.png"), beacon];
///
/// let is_subscriber = false;
/// let usable = pack
///     .emotes
///     .iter()
///     .filter(|emote| is_subscriber || !emote.is_for_subscribers);
/// let names: Vec<&str> = usable.map(|emote| emote.name.as_str()).collect();
/// assert_eq!(
///     (pack.title.as_str(), names),
///     ("Harborlight", vec!["harborWave"])
/// );
/// ```
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
    /// The emotes, in the order of the wire (`emotes`). May be empty.
    pub emotes: Vec<Emote>,
}

/// A small picture that is written as a name between colons.
///
/// # Examples
///
/// What a bot must write to show it:
///
/// ```
/// use rumble_live::chat::Emote;
///
/// let emote =
///     Emote::new("r+smiley", "https://cdn.example.invalid/smiley.png");
/// assert_eq!(format!("hi :{}:", emote.name), "hi :r+smiley:");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Emote {
    /// The name without the colons, such as `r+smiley`. Case matters (`name`).
    pub name: String,
    /// The address of the picture (`file`), as the wire has it. Never empty in
    /// a list that was read from an answer.
    pub picture: String,
    /// Whether only subscribers may write it (`is_subs_only`). False if
    /// missing.
    #[serde(default)]
    pub is_for_subscribers: bool,
}

impl Emote {
    /// An emote that anybody may write, for tests. The name is the one without
    /// the colons.
    #[must_use]
    pub fn new(name: impl Into<String>, picture: impl Into<String>) -> Self {
        Self { name: name.into(), picture: picture.into(), is_for_subscribers: false }
    }
}

/// A part of a text; see [`Emotes::split`]. It borrows from the text and from
/// the list, so it can be copied freely while both are there.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Emote, Part};
///
/// /// The part for a screen reader.
/// fn spoken(part: Part<'_>) -> String {
///     match part {
///         Part::Text(words) => words.to_owned(),
///         Part::Emote(emote) => format!("(picture {})", emote.name),
///     }
/// }
///
/// let smiley = Emote::new("r+smiley", "smiley.png");
/// assert_eq!(spoken(Part::Text("hi ")), "hi ");
/// assert_eq!(spoken(Part::Emote(&smiley)), "(picture r+smiley)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part<'a> {
    /// Words; never empty.
    Text(&'a str),
    /// A picture.
    Emote(&'a Emote),
}

impl Emotes {
    /// Builds a list from these packs, for tests and for lists from elsewhere.
    /// The packs keep their order. If a name occurs twice, the first one
    /// counts.
    ///
    /// # Examples
    ///
    /// Put pictures of your own in front of those of the site:
    ///
    /// ```
    /// use rumble_live::chat::{Emote, EmotePack, Emotes};
    ///
    /// let pack = |title: &str, picture: &str| {
    ///     let mut pack = EmotePack::default();
    ///     pack.title = title.into();
    ///     pack.emotes = vec![Emote::new("r+smiley", picture)];
    ///     pack
    /// };
    /// let emotes = Emotes::new(vec![
    ///     pack("Mine", "mine.png"),
    ///     pack("Rumble", "site.png"),
    /// ]);
    /// assert_eq!(emotes.packs().len(), 2);
    /// let smiley = emotes.get("r+smiley").expect("both packs have it");
    /// assert_eq!(smiley.picture, "mine.png");
    /// ```
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

    /// Reads the body of an answer to `emote.list`. Use it for recordings, or
    /// if you make the request yourself. Leaves out an emote without a name or
    /// a picture.
    ///
    /// To read back what you have stored as JSON, use `Deserialize`: the form
    /// of an answer is another one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the body is not such an answer. An answer with
    /// no packs is one: the list is then empty.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{ErrorKind, chat::Emotes};
    ///
    /// fn main() -> Result<(), rumble_live::Error> {
    ///     let pack = r#"{"title": "Rumble", "emotes": [
    ///         {"name": "r+smiley", "file": "smiley.png"},
    ///         {"name": "r+fire", "file": null}
    ///     ]}"#;
    ///     let body = format!(r#"{{"data": {{"items": [{pack}]}}}}"#);
    ///     let emotes = Emotes::from_json(body.as_bytes())?;
    ///     assert_eq!(emotes.packs()[0].emotes.len(), 1, "one has no picture");
    ///
    ///     let error = Emotes::from_json(b"<html>").unwrap_err();
    ///     assert_eq!(error.kind(), ErrorKind::Decode);
    ///     Ok(())
    /// }
    /// ```
    pub fn from_json(body: &[u8]) -> Result<Self, Error> {
        let answer = serde_json::from_slice::<Object<WireAnswer>>(body).ok().and_then(|answer| answer.0);
        let items = answer.and_then(|answer| answer.data.0).map(|data| data.items.0).filter(Window::was_sent);
        let Some(items) = items else {
            let text = "the answer is not a list of emotes; Rumble may have changed it, or may require a login";
            return Err(Error::with_message(ErrorKind::Decode, text));
        };
        Ok(Self::new(items.into_entries()))
    }

    /// All emotes, pack by pack, in the order of the wire. It has every emote,
    /// even one whose name an earlier pack has too.
    /// [`Chat::emotes`](super::Chat::emotes) shows it.
    #[must_use]
    pub fn packs(&self) -> &[EmotePack] {
        &self.0.packs
    }

    /// The emote with this name, without the colons. `None` if the list has no
    /// such name. Case matters.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::chat::{Emote, EmotePack, Emotes};
    ///
    /// let mut pack = EmotePack::default();
    /// pack.emotes = vec![Emote::new("r+smiley", "smiley.png")];
    /// let emotes = Emotes::new(vec![pack]);
    /// assert!(emotes.get("r+smiley").is_some());
    /// assert!(emotes.get(":r+smiley:").is_none());
    /// assert!(emotes.get("R+Smiley").is_none());
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Emote> {
        let (pack, place) = self.0.places.get(name)?;
        self.0.packs.get(*pack)?.emotes.get(*place)
    }

    /// Splits a text into words and emotes, in order. An emote is a name of
    /// this list between two colons. Everything else stays text.
    ///
    /// No part is lost or changed: joined again, with colons around the names,
    /// they are the text. Two parts of text never follow one another, and an
    /// empty text has no parts. It runs through the text once and copies
    /// nothing.
    ///
    /// # Examples
    ///
    /// Is a message nothing but pictures?
    ///
    /// ```
    /// use rumble_live::chat::{Emote, EmotePack, Emotes, Part};
    ///
    /// let mut pack = EmotePack::default();
    /// pack.emotes = vec![Emote::new("r+fire", "fire.png")];
    /// let emotes = Emotes::new(vec![pack]);
    /// let is_pictures = |text| {
    ///     emotes.split(text).all(|part| match part {
    ///         Part::Text(words) => words.trim().is_empty(),
    ///         Part::Emote(_) => true,
    ///     })
    /// };
    /// assert!(is_pictures(":r+fire: :r+fire::r+fire:"));
    /// assert!(!is_pictures("10:30:00"));
    /// assert!(!is_pictures(":r+ice:"), "not of this list");
    /// ```
    #[must_use]
    pub fn split<'a>(&'a self, text: &'a str) -> Parts<'a> {
        Parts { emotes: self, rest: text, next: None }
    }
}

impl ChatMessage {
    /// Splits the text into words and pictures; see [`Emotes::split`].
    ///
    /// # Examples
    ///
    /// How many pictures a message has, for a bot that limits them:
    ///
    /// ```
    /// use rumble_live::chat::{ChatMessage, Emote, EmotePack, Emotes, Part};
    ///
    /// let mut pack = EmotePack::default();
    /// pack.emotes = vec![Emote::new("r+fire", "fire.png")];
    /// let emotes = Emotes::new(vec![pack]);
    /// let text = ":r+fire::r+fire: what a goal :r+fire:";
    /// let message = ChatMessage::new("1", "7c1f4q", "ada", text);
    /// let pictures = message
    ///     .parts(&emotes)
    ///     .filter(|part| matches!(part, Part::Emote(_)));
    /// assert_eq!(pictures.count(), 3);
    /// ```
    #[must_use]
    pub fn parts<'a>(&'a self, emotes: &'a Emotes) -> Parts<'a> {
        emotes.split(&self.text)
    }
}

/// An iterator over the parts of a text; see [`Emotes::split`]. Cloning it
/// copies the place where it stands.
///
/// # Examples
///
/// ```
/// use rumble_live::chat::{Emotes, Part};
///
/// let emotes = Emotes::default();
/// let mut parts = emotes.split("see you at 10:30:00");
/// let ahead = parts.clone();
/// assert_eq!(parts.next(), Some(Part::Text("see you at 10:30:00")));
/// assert_eq!(parts.next(), None);
/// assert_eq!(ahead.count(), 1);
/// ```
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

/// The place of the first colon at or after `from`. `None` too if `from` is
/// behind the end.
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
