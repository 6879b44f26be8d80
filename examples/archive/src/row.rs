//! An event as a row of the table `events`.

use anyhow::Context as _;
use rumble_live::Event;
use time::OffsetDateTime;

/// The longest id that is stored, in bytes. No real one comes near, and `PostgreSQL` could not look up one that is much longer.
const LONGEST_ID: usize = 1000;

/// What is stored of an event. Whatever a column cannot hold is whole in the JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which account it is of, by its id in the cluster; empty where one account is polled.
    pub account: String,
    /// The library's id, of those that have one. What comes from a stream has the id that it has there.
    pub id: Option<String>,
    /// Whether a later event may have the same id. It is stored without it then.
    pub recurs: bool,
    /// The word that the JSON has in `type`.
    pub kind: &'static str,
    /// Unix time in seconds; see [`Clocks`].
    pub at: i64,
    /// The livestream that it is about.
    pub stream: Option<String>,
    /// Who did it.
    pub username: Option<String>,
    /// What it cost, in cents of a US dollar.
    pub cents: Option<i64>,
    /// What was written.
    pub text: Option<String>,
    /// All of it, as the library writes it.
    pub json: String,
}

/// What an event is dated by that has no time of its own.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// The server's, in the newest answer. `None` before the first one.
    pub server: Option<OffsetDateTime>,
    /// This machine's.
    pub machine: OffsetDateTime,
}

impl Row {
    /// The row of an event.
    ///
    /// # Errors
    ///
    /// Where the library cannot write it as JSON.
    pub fn new(event: &Event, clocks: Clocks) -> anyhow::Result<Self> {
        Ok(Self {
            account: String::new(),
            // Ids of gifts hold no instant, and the library tells none twice that the checkpoint knows.
            recurs: matches!(event, Event::GiftedSubs(_)),
            id: event.id().and_then(|id| storable_id(&id.to_string())),
            kind: event.kind(),
            at: at(event, clocks).unix_timestamp(),
            stream: event.stream().map(|stream| storable(stream.as_str())),
            username: event.username().map(storable),
            cents: cents(event).map(|cents| i64::try_from(cents).unwrap_or(i64::MAX)),
            text: event.text().map(storable),
            json: serde_json::to_string(event).with_context(|| format!("an event of kind {} cannot be written as JSON", event.kind()))?,
        })
    }
}

/// When it happened. What has no time of its own is dated by the answer that told it, and what is about the connection by this machine.
fn at(event: &Event, clocks: Clocks) -> OffsetDateTime {
    match event {
        Event::Gap(gap) => gap.until,
        // The newest answer may be from long before.
        Event::Interrupted(_) => clocks.machine,
        _ => event.at().or(clocks.server).unwrap_or(clocks.machine),
    }
}

fn cents(event: &Event) -> Option<u64> {
    match event {
        Event::Subscriber(subscriber) => Some(subscriber.amount.cents()),
        Event::Rant(rant) => Some(rant.amount.cents()),
        _ => None,
    }
}

/// The id as it can be stored, if it can.
pub(crate) fn storable_id(id: &str) -> Option<String> {
    Some(storable(id)).filter(|id| id.len() <= LONGEST_ID)
}

/// The text without U+0000, which `PostgreSQL` cannot store in a text.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
