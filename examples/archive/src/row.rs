//! Turns an event into a row of the table `events`.

use anyhow::Context as _;
use rumble_live::Event;
use time::OffsetDateTime;

/// The longest id that is stored, in bytes. No real id comes near, and
/// `PostgreSQL` could not look up one that is much longer.
const LONGEST_ID: usize = 1000;

/// The row of an event. Whatever a column cannot hold is complete in the JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The account, by its id in the cluster. Empty if the archive polls one
    /// account.
    pub account: String,
    /// The library's id, if the event has one. For an event from a stream, its
    /// id there.
    pub id: Option<String>,
    /// Whether a later event may have the same id. Such an event is then stored
    /// without it.
    pub recurs: bool,
    /// The `type` in the JSON.
    pub kind: &'static str,
    /// Unix time in seconds; see [`Clocks`].
    pub at: i64,
    pub stream: Option<String>,
    pub username: Option<String>,
    /// The cost, in cents of a US dollar.
    pub cents: Option<i64>,
    pub text: Option<String>,
    /// The whole event, as the library writes it.
    pub json: String,
}

/// The times for events that have no time of their own.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// The server's time in the newest answer. `None` before the first one.
    pub server: Option<OffsetDateTime>,
    /// This machine's time.
    pub machine: OffsetDateTime,
}

impl Row {
    /// The row of an event.
    ///
    /// # Errors
    ///
    /// If the library cannot write it as JSON.
    pub fn new(event: &Event, clocks: Clocks) -> anyhow::Result<Self> {
        Ok(Self {
            account: String::new(),
            // The id of a gift has no time, and the library reports no gift twice that the checkpoint knows.
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

/// When it happened. An event without a time gets the time of its answer, and
/// an event about the connection gets this machine's time.
fn at(event: &Event, clocks: Clocks) -> OffsetDateTime {
    match event {
        Event::Gap(gap) => gap.until,
        // The newest answer may be much older.
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

/// The id as it can be stored, if it can be.
pub(crate) fn storable_id(id: &str) -> Option<String> {
    Some(storable(id)).filter(|id| id.len() <= LONGEST_ID)
}

/// The text without U+0000, which `PostgreSQL` cannot store.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
