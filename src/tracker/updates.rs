//! What has changed of the livestreams that are live, apart from their chat.

use std::collections::HashMap;

use crate::{
    event::StreamUpdated,
    snapshot::{Snapshot, StreamId},
};

/// How many livestreams are remembered that an answer lacks.
const MOST: usize = 100;

/// How each live livestream looked when it was seen last. Not kept over a restart: then each looks new, and nothing is told of it until it changes.
#[derive(Clone, Debug, Default)]
pub(super) struct Updates(HashMap<StreamId, StreamUpdated>);

impl Updates {
    /// Those that look different.
    pub(super) fn judge<'a>(&'a self, snapshot: &'a Snapshot) -> impl Iterator<Item = StreamUpdated> + 'a {
        live(snapshot).filter(|now| self.0.get(&now.stream).is_some_and(|before| !looks_like(before, now)))
    }

    /// Remembers how they look. One that an answer lacks may come back.
    pub(super) fn settle(&mut self, snapshot: &Snapshot) {
        if self.0.len() > MOST {
            self.0.clear();
        }
        for stream in snapshot.livestreams().iter().filter(|stream| !stream.is_live()) {
            self.0.remove(&stream.id);
        }
        self.0.extend(live(snapshot).map(|now| (now.stream.clone(), now)));
    }
}

fn live(snapshot: &Snapshot) -> impl Iterator<Item = StreamUpdated> {
    let at = snapshot.now();
    snapshot.live().map(move |stream| StreamUpdated {
        stream: stream.id.clone(),
        title: stream.title.clone(),
        visibility: stream.visibility.clone(),
        watching_now: stream.watching_now,
        likes: stream.likes,
        dislikes: stream.dislikes,
        at,
    })
}

fn looks_like(one: &StreamUpdated, other: &StreamUpdated) -> bool {
    StreamUpdated { at: other.at, ..one.clone() } == *other
}
