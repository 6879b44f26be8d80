//! What all clients and the truth are compared by.

use std::collections::HashMap;

use rumble_live::{
    Event,
    sim::{Happened, What},
};
use serde::{Deserialize, Deserializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

pub(crate) const KINDS: [&str; 4] = ["follower", "subscriber", "message", "rant"];

/// Of whatever kind; what a kind has not is empty or zero.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Hash)]
pub(crate) struct Entry {
    pub(crate) kind: String,
    /// Equal to the same instant at another offset.
    #[serde(deserialize_with = "instant")]
    stamp: OffsetDateTime,
    pub(crate) username: String,
    pub(crate) text: String,
    cents: u64,
}

impl Entry {
    fn new(kind: &str, stamp: OffsetDateTime, username: &str, text: &str, cents: u64) -> Self {
        Self { kind: kind.to_owned(), stamp, username: username.to_owned(), text: text.to_owned(), cents }
    }

    /// A line of a chat, paid for or not.
    pub(crate) fn said(stamp: OffsetDateTime, username: &str, text: &str, cents: Option<u64>) -> Self {
        Self::new(if cents.is_some() { "rant" } else { "message" }, stamp, username, text, cents.unwrap_or_default())
    }

    pub(crate) fn of_event(event: &Event) -> Option<Self> {
        match event {
            Event::Follower(new) => Some(Self::new("follower", new.followed_on, &new.username, "", 0)),
            Event::Subscriber(new) => Some(Self::new("subscriber", new.subscribed_on, &new.username, "", new.amount.cents())),
            Event::Message(new) => Some(Self::new("message", new.created_on, &new.username, &new.text, 0)),
            Event::Rant(new) => Some(Self::new("rant", new.created_on, &new.username, &new.text, new.amount.cents())),
            _ => None,
        }
    }

    pub(crate) fn of_history(happened: &Happened) -> Option<Self> {
        let at = happened.at;
        match &happened.what {
            What::Follow { username } => Some(Self::new("follower", at, username, "", 0)),
            What::Subscribe { username, amount_cents } => Some(Self::new("subscriber", at, username, "", *amount_cents)),
            What::Message { username, text, .. } => Some(Self::new("message", at, username, text, 0)),
            What::Rant { username, text, amount_cents, .. } => Some(Self::new("rant", at, username, text, *amount_cents)),
            _ => None,
        }
    }
}

pub(crate) fn of_kind<'a>(kind: &'a str, entries: impl IntoIterator<Item = &'a Entry>) -> impl Iterator<Item = &'a Entry> {
    entries.into_iter().filter(move |entry| entry.kind == kind)
}

/// What became of so many entries.
pub(crate) struct Count {
    pub(crate) all: usize,
    pub(crate) reported: usize,
    /// Reported more often than they happened.
    pub(crate) repeated: usize,
}

impl Count {
    pub(crate) fn new<'a>(truth: impl Iterator<Item = &'a Entry>, heard: impl Iterator<Item = &'a Entry>) -> Self {
        let (truth, heard) = (copies(truth), copies(heard));
        let copies = |entries: &HashMap<&Entry, usize>, entry| entries.get(entry).copied().unwrap_or_default();
        Self {
            all: truth.values().sum(),
            reported: truth.iter().map(|(entry, true_copies)| copies(&heard, entry).min(*true_copies)).sum(),
            repeated: heard.iter().map(|(entry, heard)| heard.saturating_sub(copies(&truth, entry))).sum(),
        }
    }

    pub(crate) fn lost(&self) -> usize {
        self.all - self.reported
    }
}

/// How often each entry is among these.
fn copies<'a>(entries: impl Iterator<Item = &'a Entry>) -> HashMap<&'a Entry, usize> {
    let mut copies = HashMap::new();
    for entry in entries {
        *copies.entry(entry).or_default() += 1;
    }
    copies
}

fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    OffsetDateTime::parse(&String::deserialize(deserializer)?, &Rfc3339).map_err(de::Error::custom)
}
