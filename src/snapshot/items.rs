//! Lists of an answer whose items are converted when it is known what they had
//! in an earlier answer.
//!
//! Most items are the same text as there, and to copy their entries costs less
//! than to read them again. A list in which nothing has changed is shared as a
//! whole. Texts are compared by their hashes, because the texts themselves would
//! take as much memory as the snapshot.
//!
//! To scan the texts first costs something, so an answer without successor is
//! read at once. [`Lists`] tells the two ways apart.

use std::{hash::BuildHasher as _, marker::PhantomData, sync::LazyLock};

use foldhash::quality::RandomState;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, SeqAccess},
};
use serde_json::value::RawValue;

use super::{
    USUAL_MAX_NUM_RESULTS,
    lenient::{Converted, Entry, List, Shape, ShapeVisitor, next_value},
    window::Window,
};

/// How the lists of an answer are read: [`AtOnce`] or [`AsTexts`].
pub(super) trait Lists<'de>: Default {
    type Of<T: Entry<Wire: DeserializeOwned> + Clone>: IntoWindow<T> + Deserialize<'de> + Default;
}

/// Each item is converted when it is read.
#[derive(Default)]
pub(super) struct AtOnce;

impl Lists<'_> for AtOnce {
    type Of<T: Entry<Wire: DeserializeOwned> + Clone> = List<T>;
}

/// The items are kept as text, and converted after the answer was read.
#[derive(Default)]
pub(super) struct AsTexts;

impl<'de> Lists<'de> for AsTexts {
    type Of<T: Entry<Wire: DeserializeOwned> + Clone> = Items<'de, T>;
}

/// A list that was read in one of these ways.
pub(super) trait IntoWindow<T> {
    /// Converts the items. `earlier` is the same list in an earlier answer, and
    /// `complete` adds to an entry what its item does not say.
    ///
    /// An error means that a text is not JSON, which the parser notices only
    /// now.
    fn window(self, earlier: Option<&Window<T>>, complete: impl Fn(&mut T)) -> serde_json::Result<Window<T>>;
}

impl<T: Clone> IntoWindow<T> for List<T> {
    fn window(self, _: Option<&Window<T>>, complete: impl Fn(&mut T)) -> serde_json::Result<Window<T>> {
        let Self(mut window) = self;
        window.entries_mut().for_each(complete);
        Ok(window)
    }
}

/// How many items of a list wait as text at most, which is far more than any
/// real list has. The others are converted at once, because a place in this
/// list takes more memory than the text of a tiny item.
const MOST_TEXTS: usize = 1024;

/// The items of a list, as texts that belong to the answer.
pub(super) struct Items<'de, T> {
    texts: Vec<&'de str>,
    /// What comes after the most texts, if there are more items.
    rest: Option<Converted<T>>,
    was_sent: bool,
}

impl<T> Default for Items<'_, T> {
    fn default() -> Self {
        Self { texts: Vec::new(), rest: None, was_sent: false }
    }
}

impl<'de, T: Entry<Wire: Deserialize<'de>>> Deserialize<'de> for Items<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl<'de, T: Entry<Wire: Deserialize<'de>>> Shape<'de> for Items<'de, T> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let (texts, is_whole) = texts(|| list.next_element())?;
        let rest = if is_whole { None } else { Some(Converted::all(|| list.next_element())?) };
        Ok(Self { texts, rest, was_sent: true })
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let (texts, is_whole) = texts(|| next_value(&mut map))?;
        let rest = if is_whole { None } else { Some(Converted::all(|| next_value(&mut map))?) };
        Ok(Self { texts, rest, was_sent: true })
    }
}

/// The next items as text, and whether these are all.
fn texts<'de, E>(mut next: impl FnMut() -> Result<Option<&'de RawValue>, E>) -> Result<(Vec<&'de str>, bool), E> {
    let mut texts = Vec::new();
    while texts.len() < MOST_TEXTS {
        let Some(text) = next()? else { return Ok((texts, true)) };
        if texts.is_empty() {
            texts.reserve_exact(USUAL_MAX_NUM_RESULTS);
        }
        texts.push(text.get());
    }
    Ok((texts, false))
}

impl<T: Entry<Wire: DeserializeOwned> + Clone> IntoWindow<T> for Items<'_, T> {
    fn window(self, earlier: Option<&Window<T>>, complete: impl Fn(&mut T)) -> serde_json::Result<Window<T>> {
        let Self { texts, rest, was_sent } = self;
        if !was_sent {
            return Ok(Window::default());
        }
        let hashes: Vec<u64> = texts.iter().map(|text| hash(text)).collect();
        if let Some(earlier) = earlier.filter(|earlier| rest.is_none() && earlier.hashes() == Some(&hashes)) {
            return Ok(earlier.clone());
        }
        let mut known = Known::of(earlier);
        let mut list = Converted { entries: Vec::with_capacity(texts.len()), skipped: 0 };
        for (text, hash) in texts.iter().zip(&hashes) {
            match known.entry(*hash) {
                Some(entry) => list.entries.push(entry.clone()),
                None => list.add_completed(serde_json::from_str(text)?, &complete),
            }
        }
        let Some(mut rest) = rest else { return Ok(Window::read(list, hashes)) };
        rest.entries.iter_mut().for_each(complete);
        list.entries.append(&mut rest.entries);
        list.skipped += rest.skipped;
        Ok(list.into())
    }
}

/// The entries of an earlier list, by the hashes of their texts.
struct Known<'a, T> {
    hashes: &'a [u64],
    entries: &'a [T],
    /// Where the next one most likely is: most often the items stand in the same
    /// order as before, behind a few new ones.
    next: usize,
}

impl<'a, T> Known<'a, T> {
    fn of(earlier: Option<&'a Window<T>>) -> Self {
        let hashes = earlier.and_then(Window::hashes_of_entries).unwrap_or_default();
        Self { hashes, entries: earlier.map(Window::as_slice).unwrap_or_default(), next: 0 }
    }

    /// The entry that was read from a text with this hash.
    fn entry(&mut self, hash: u64) -> Option<&'a T> {
        let is_next = self.hashes.get(self.next) == Some(&hash);
        let place = if is_next { self.next } else { self.hashes.iter().position(|known| *known == hash)? };
        self.next = place + 1;
        self.entries.get(place)
    }
}

/// A hash of the text of an item. Its keys are random in each process, so nobody
/// can prepare two texts that have the same hash.
fn hash(text: &str) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    KEYS.hash_one(text)
}

/// A list of items that hold [`Items`], which are converted later too.
pub(super) struct WireList<T, const MOST: usize> {
    /// Not more than are kept of the list.
    pub(super) items: Vec<T>,
    /// How many more were sent.
    pub(super) more: usize,
    pub(super) was_sent: bool,
}

impl<T, const MOST: usize> Default for WireList<T, MOST> {
    fn default() -> Self {
        Self { items: Vec::new(), more: 0, was_sent: false }
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for WireList<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Shape<'de> for WireList<T, MOST> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        Self::gather(|| list.next_element())
    }

    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        Self::gather(|| next_value(&mut map))
    }
}

impl<T, const MOST: usize> WireList<T, MOST> {
    fn gather<E>(mut next: impl FnMut() -> Result<Option<T>, E>) -> Result<Self, E> {
        let mut all = Self { was_sent: true, ..Self::default() };
        while let Some(item) = next()? {
            if all.items.len() < MOST {
                all.items.push(item);
            } else {
                all.more += 1;
            }
        }
        Ok(all)
    }
}
