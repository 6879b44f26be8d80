//! Finds changes of livestreams while they are on air.
//!
//! Only with [`stream_updates`](super::Tracker::stream_updates). A change is a
//! state and not an occurrence: if one is missed, the next says how it is now.
//! So nothing of this is in the memory or a checkpoint, and a stale answer is
//! left out, because its state is older than the one that was told.

use std::{
    collections::{BTreeMap, HashSet},
    mem,
};

use time::OffsetDateTime;

use super::livestreams::Livestreams;
use crate::{
    event::StreamUpdated,
    snapshot::{Livestream, Snapshot, StreamId},
};

/// The last shown state of each livestream that is on air. It is not in a
/// checkpoint: after a restart, changes count from the first answer.
#[derive(Clone, Debug, Default)]
pub(super) struct Updates {
    /// As the update that would tell it, so that a field that an answer leaves
    /// out keeps its value. Boxed, because a node of the map has room for
    /// eleven.
    shown: BTreeMap<StreamId, Box<StreamUpdated>>,
}

impl Updates {
    /// The changes that an answer shows in tracked livestreams, in the order of
    /// the wire.
    pub(super) fn changes(&self, livestreams: &Livestreams, snapshot: &Snapshot) -> impl Iterator<Item = StreamUpdated> {
        let is_tracked = |stream: &&Livestream| stream.live != Some(false) && livestreams.get(&stream.id).is_some();
        let change = |stream: &Livestream| Some(update(self.shown.get(&stream.id)?, stream, snapshot.now()));
        each_once(snapshot).into_iter().filter(is_tracked).filter_map(change).filter(|update| !update.changed.is_empty())
    }

    /// Remembers what an answer shows, and forgets livestreams that are no
    /// longer on air.
    pub(super) fn settle(&mut self, livestreams: &Livestreams, snapshot: &Snapshot) {
        let mut before = mem::take(&mut self.shown);
        for stream in each_once(snapshot) {
            let known = before.remove(&stream.id);
            if stream.is_live() || (stream.live.is_none() && known.is_some()) {
                let mut shown = known.unwrap_or_else(|| Box::new(StreamUpdated::new(&stream.id, snapshot.now())));
                *shown = update(&shown, stream, snapshot.now());
                self.shown.insert(stream.id.clone(), shown);
            }
        }
        // One answer without it does not end it.
        self.shown.extend(before.into_iter().filter(|(id, _)| livestreams.get(id).is_some_and(|known| known.is_live)));
    }
}

/// The listed livestreams. If one is listed twice, the first counts.
fn each_once(snapshot: &Snapshot) -> Vec<&Livestream> {
    let mut listed = HashSet::new();
    snapshot.livestreams().iter().filter(|stream| listed.insert(&stream.id)).collect()
}

/// The state of a livestream now, and what of it has changed. A field that is
/// left out stays as it was.
fn update(before: &StreamUpdated, stream: &Livestream, at: OffsetDateTime) -> StreamUpdated {
    let mut update = StreamUpdated { changed: Vec::new(), at, ..before.clone() };
    if !stream.title.is_empty() && stream.title != before.title {
        update = update.with_title(&stream.title);
    }
    if let Some(new) = stream.watching_now.filter(|new| before.watching_now != Some(*new)) {
        update = update.with_watching_now(new);
    }
    if let Some(new) = stream.likes.filter(|new| before.likes != Some(*new)) {
        update = update.with_likes(new);
    }
    if let Some(new) = stream.dislikes.filter(|new| before.dislikes != Some(*new)) {
        update = update.with_dislikes(new);
    }
    if let Some(new) = stream.visibility.as_ref().filter(|new| before.visibility.as_ref() != Some(*new)) {
        update = update.with_visibility(new.clone());
    }
    update
}
