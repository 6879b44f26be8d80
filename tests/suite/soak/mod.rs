//! What holds over a long time: a year of simulated history in seconds, and thousands of polls over sockets.

#[cfg(feature = "chat")]
mod live_year;
#[cfg(feature = "http")]
mod minute;
mod oracle;
mod service;
mod year;

use std::collections::{HashMap, HashSet};

use proptest::test_runner::RngSeed;
use rumble_live::{
    Event, EventId, Gap, ListKind, StreamId,
    sim::{Happened, What},
};
use serde_json::Value;
use time::OffsetDateTime;

use crate::property::{Plain, cases, entry_of, yielded};

/// An entry of a list, and the livestream whose chat that is.
type Key = (Option<StreamId>, Plain);
type List = (Option<StreamId>, ListKind);

/// The same dice each time; `PROPTEST_RNG_SEED` gives others.
fn dice() -> fastrand::Rng {
    let RngSeed::Fixed(seed) = cases(1).rng_seed else { unreachable!("it is fixed or given") };
    fastrand::Rng::with_seed(seed)
}

fn key(event: &Event) -> Option<Key> {
    Some((event.stream(), yielded(event)?))
}

fn key_of(happened: Happened) -> Option<Key> {
    let stream = match &happened.what {
        What::Message { stream, .. } | What::Rant { stream, .. } => Some(stream.clone()),
        _ => None,
    };
    Some((stream, entry_of(happened.at, happened.what)?))
}

/// What a bot has heard so far, through all restarts.
#[derive(Default)]
struct Heard {
    times: HashMap<Key, usize>,
    ids: HashSet<EventId>,
    gaps: HashMap<List, Vec<Gap>>,
    /// When each livestream was last seen; `None` while it is on air.
    streams: HashMap<StreamId, Option<OffsetDateTime>>,
    /// From the last look at each to its return.
    absences: Vec<(StreamId, OffsetDateTime, OffsetDateTime)>,
    /// Those that were told to be live since the last start of the bot, and not to have ended.
    announced: HashSet<StreamId>,
    events: usize,
}

impl Heard {
    /// Takes an event down. What was told before, or cannot follow what was told before, is an error.
    fn note(&mut self, event: &Event) {
        self.events += 1;
        match event {
            Event::Gap(gap) => self.gaps.entry((gap.stream.clone(), gap.list)).or_default().push(gap.clone()),
            Event::StreamStarted(started) => {
                let before = self.streams.insert(started.stream.clone(), None);
                // After a restart each one that is still live is told once more.
                assert!(before != Some(None) || started.already_live, "{event} comes twice");
                self.absences.extend(before.flatten().map(|last_seen| (started.stream.clone(), last_seen, started.at)));
                assert!(self.announced.insert(started.stream.clone()), "{event} comes twice");
            }
            Event::Ready => self.announced.clear(),
            Event::StreamEnded(ended) => {
                let before = self.streams.insert(ended.stream.clone(), Some(ended.last_seen));
                assert_eq!(before, Some(None), "{event} comes twice, or without a start");
                self.announced.remove(&ended.stream);
            }
            _ => {}
        }
        if let Some(id) = event.id() {
            assert!(self.ids.insert(id), "{event} comes twice");
        }
        if let Some(key) = key(event) {
            *self.times.entry(key).or_default() += 1;
        }
    }

    fn times(&self, key: &Key) -> usize {
        self.times.get(key).copied().unwrap_or_default()
    }

    fn is_on_air(&self, stream: &StreamId) -> bool {
        self.streams.get(stream) == Some(&None)
    }

    fn gaps(&self) -> usize {
        self.gaps.values().map(Vec::len).sum()
    }

    /// What happened and was neither told nor is excused by something that was. What was told and never happened is an error.
    fn lost(&self, history: Vec<Happened>) -> Vec<Key> {
        let mut untold: HashMap<Key, usize> = HashMap::new();
        for key in history.into_iter().filter_map(key_of) {
            *untold.entry(key).or_default() += 1;
        }
        for (key, times) in &self.times {
            let happened = untold.get_mut(key).filter(|happened| **happened >= *times);
            *happened.unwrap_or_else(|| panic!("{key:?} never happened, or not that often")) -= times;
        }
        untold.into_iter().filter(|(key, times)| *times > 0 && !self.excuses(key)).map(|(key, _)| key).collect()
    }

    /// Whether it lies in a gap, or was written where nobody could see it: after the last look at its livestream, or in one that lived
    /// between two looks.
    fn excuses(&self, (stream, (list, at, ..)): &Key) -> bool {
        let in_gap = |gap: &Gap| gap.since.is_none_or(|since| since <= *at) && *at <= gap.until;
        let unseen = |stream| match self.streams.get(stream) {
            None => true,
            Some(last_seen) => last_seen.is_some_and(|last_seen| last_seen <= *at),
        };
        let is_between = |(absent, since, until): &(StreamId, OffsetDateTime, OffsetDateTime)| {
            stream.as_ref() == Some(absent) && since <= at && at <= until
        };
        stream.as_ref().is_some_and(unseen)
            || self.absences.iter().any(is_between)
            || self.gaps.get(&(stream.clone(), *list)).is_some_and(|gaps| gaps.iter().any(in_gap))
    }
}

/// Of the JSON of a checkpoint: at most so many entries of each list, and 16 livestreams more than those `around`.
fn is_bounded(checkpoint: &str, most: usize, around: usize) {
    let memory = &serde_json::from_str::<Value>(checkpoint).unwrap()["memory"];
    let streams = memory["livestreams"]["known"].as_object().unwrap();
    assert!(streams.len() <= around + 16, "{} livestreams are remembered, {around} of them not ended", streams.len());
    let chats = streams.values().flat_map(|stream| [&stream["messages"], &stream["rants"]]);
    for list in chats.chain([&memory["followers"], &memory["subscribers"]]) {
        let entries = list["seen"].as_array().unwrap().len();
        assert!(entries <= most, "{entries} entries of a list are remembered");
    }
    let gifts = memory["gifts"]["seen"].as_object().unwrap().len();
    assert!(gifts <= most, "{gifts} gifts are remembered");
}
