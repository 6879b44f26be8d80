//! Lists of an answer whose items are converted when it is known what they had
//! in an earlier answer.
//!
//! Most items are the same text as there, and to copy their entries costs less
//! than to read them again. A list in which nothing has changed is shared as a
//! whole. Texts are compared by their hashes, because the texts themselves would
//! take as much memory as the snapshot.
//!
//! Scanning the texts first takes time, so an answer that no later one is
//! compared with is read at once. [`Lists`] tells the two ways apart.

use std::{hash::BuildHasher as _, marker::PhantomData, sync::LazyLock};

use foldhash::fast::RandomState;
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
/// real list has. The others are converted at once, because a text takes more
/// memory here than a tiny item of the answer.
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

/// A hash of the text of an item. Its keys differ in each process, so it is hard
/// to prepare two texts that have the same hash.
fn hash(text: &str) -> u64 {
    static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    KEYS.hash_one(text)
}

#[cfg(test)]
#[cfg(feature = "sim")]
mod tests {
    use std::time::Duration;

    use fastrand::Rng;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Follower, Snapshot, StreamId, sim::Sim};

    /// Things happen.
    fn live(sim: &Sim, streams: &[StreamId; 2], rng: &mut Rng) {
        for _ in 0..rng.usize(..8) {
            sim.advance(Duration::from_secs(rng.u64(..3)));
            let (name, stream) = (format!("viewer{}", rng.u8(..6)), rng.choice(streams).unwrap());
            match rng.u8(..10) {
                0 => sim.follow(&name),
                1 => sim.subscribe(&name, 500),
                2 => sim.gift(stream, &name, 2),
                3 => sim.rant(stream, &name, "for the boat fund", 100),
                _ => sim.message(stream, &name, rng.choice(["hi", "ahoy \u{1f6a2}", "\"quoted\""]).unwrap()),
            }
        }
    }

    /// Changes a list in a way that the real service may have, too.
    fn distort(list: &mut Value, rng: &mut Rng) {
        let Some(items) = list.as_array_mut() else { return };
        match rng.u8(..12) {
            0 => items.insert(rng.usize(..=items.len()), json!({"username": ""})),
            1 => items.insert(rng.usize(..=items.len()), json!({"text": "no name"})),
            2 => items.extend((0..20).map(Value::from)),
            3 => items.iter_mut().for_each(|item| item["new"] = rng.u8(..3).into()),
            4 => items.reverse(),
            5 if items.len() > 4 => *items = items.iter().cycle().take(1_100).cloned().collect(),
            6 => {
                *list =
                    items.drain(..).enumerate().map(|(index, item)| (index.to_string(), item)).collect::<serde_json::Map<_, _>>().into();
            }
            7 => *list = Value::Null,
            _ => {}
        }
    }

    /// Changes some lists of an answer.
    fn distorted(body: &[u8], rng: &mut Rng) -> Vec<u8> {
        let mut answer: Value = serde_json::from_slice(body).unwrap();
        for list in ["followers", "subscribers", "gifted_subs"] {
            distort(&mut answer[list][format!("recent_{list}")], rng);
        }
        for stream in answer["livestreams"].as_array_mut().unwrap() {
            distort(&mut stream["chat"]["recent_messages"], rng);
            distort(&mut stream["chat"]["recent_rants"], rng);
        }
        distort(&mut answer["livestreams"], rng);
        let text = answer.to_string();
        // A lone surrogate, and a field that is sent twice.
        let text = if rng.u8(..8) == 0 { text.replace("viewer1", r"viewer\ud83d") } else { text };
        let text = if rng.u8(..8) == 0 { text.replacen("\"recent_", "\"recent_followers\":[{}],\"recent_", 1) } else { text };
        let mut body = text.into_bytes();
        match rng.u8(..8) {
            0 => body.truncate(rng.usize(..body.len())),
            1 => {
                let place = rng.usize(..body.len());
                body[place] = 0xff;
            }
            _ => {}
        }
        body
    }

    #[test]
    fn answer_that_is_read_after_an_earlier_one_shows_the_same() {
        for seed in 0..30 {
            let (sim, mut rng) = (Sim::new(seed), Rng::with_seed(seed));
            sim.set_window(rng.usize(1..12));
            let streams = [sim.start_stream("Harbour lights"), sim.start_stream("the other pier")];
            let mut earlier: Option<Snapshot> = None;
            for poll in 0..30 {
                live(&sim, &streams, &mut rng);
                let body = distorted(&sim.snapshot_json(), &mut rng);
                let read = Snapshot::from_json(&body).map_err(|error| error.to_string());
                let read_after = Snapshot::after(earlier.as_ref(), &body).map_err(|error| error.to_string());
                assert_eq!(read, read_after, "{seed} {poll}");
                earlier = read_after.ok().or(earlier);
            }
        }
    }

    #[test]
    fn livestreams_beyond_the_most_count_as_skipped_and_padding_does_not() {
        let listed = |ids: &[String]| {
            let streams: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
            let body = json!({"now": 1, "user_id": "a", "livestreams": streams}).to_string();
            let snapshot = Snapshot::after(None, body.as_bytes()).unwrap();
            (snapshot.livestreams().len(), snapshot.skipped())
        };
        let padding = vec![String::new(); 10_001];
        let ids: Vec<_> = (0..10_001).map(|number| format!("v{number}")).collect();
        assert_eq!(listed(&padding), (0, 0));
        assert_eq!(listed(&[&padding[..], &ids[..1]].concat()), (1, 0));
        assert_eq!(listed(&ids), (10_000, 1));
    }

    #[test]
    fn entries_are_found_by_their_texts_whatever_stands_before_them() {
        let texts = |names: &[&'static str]| Items::<Follower> { texts: names.to_vec(), rest: None, was_sent: true };
        let item = |name| Box::leak(json!({"username": name, "followed_on": "2026-01-02T03:00:00Z"}).to_string().into_boxed_str()) as &str;
        let [ada, bo, cyd] = ["ada", "bo", "cyd"].map(item);
        let earlier = texts(&[bo, ada]).window(None, |_| {}).unwrap();
        let mut known = Known::of(Some(&earlier));
        let mut found = |text| known.entry(hash(text)).map(|entry| entry.username.as_str());
        assert_eq!([cyd, bo, ada, bo].map(&mut found), [None, Some("bo"), Some("ada"), Some("bo")]);

        let same = texts(&[bo, ada]).window(Some(&earlier), |_| {}).unwrap();
        assert_eq!(same.as_slice().as_ptr(), earlier.as_slice().as_ptr(), "they are shared");
        let later = texts(&[cyd, bo, ada]).window(Some(&earlier), |_| {}).unwrap();
        assert_eq!(later.overlap(&earlier), 2);
        assert_eq!(later.iter().map(|follower| &*follower.username).collect::<Vec<_>>(), ["cyd", "bo", "ada"]);
    }
}
