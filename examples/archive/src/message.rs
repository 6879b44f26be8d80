//! Turns a message of the stream into a row of the table `events`.

use std::{fmt::Display, str};

use anyhow::Context as _;
use rumble_live::Event;
use time::OffsetDateTime;

use crate::row::{Clocks, Row, storable, storable_id};

/// A message of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// `rumble.events.<account>.<kind>`
    pub subject: &'a str,
    /// The header `Rumble-Event-Id`.
    pub id: Option<&'a str>,
    /// When the server stored it.
    pub stored: OffsetDateTime,
    /// The event as JSON.
    pub payload: &'a [u8],
}

/// The row of a message. If this version cannot read the event, the row keeps
/// it as it is.
///
/// # Errors
///
/// If an event cannot be written as JSON.
pub fn row(message: Message<'_>) -> anyhow::Result<Row> {
    let event = serde_json::from_slice::<Event>(message.payload);
    // An event without a time of its own was stored right after its poll.
    let clocks = Clocks { server: Some(message.stored), machine: message.stored };
    let mut row = match &event {
        Ok(event) => Row::new(event, clocks)?,
        Err(error) => {
            tracing::warn!(subject = message.subject, %error, "an event of the stream cannot be read, so it is stored as it is; is this version too old?");
            Row { kind: "unreadable", ..empty(message.stored) }
        }
    };
    row.account = storable(message.subject.split('.').nth(2).unwrap_or_default());
    row.json = match str::from_utf8(message.payload) {
        Ok(json) if serde_json::from_str::<serde_json::Value>(json).is_ok() => json.to_owned(),
        _ => serde_json::to_string(&String::from_utf8_lossy(message.payload)).context("the payload cannot be written as JSON")?,
    };
    if let Some(header) = message.id {
        let own = event.as_ref().ok().and_then(Event::id).map(|id| id.to_string());
        // The header holds the library's id, with everything escaped that a header cannot hold.
        if own.is_none_or(|own| own.escape_default().to_string() != header) {
            row.id = storable_id(header);
            // This may be the number of a poll. Those begin again with a new server.
            row.recurs = true;
        }
    }
    Ok(row)
}

/// The row for events that are no longer in the stream.
#[must_use]
pub fn dropped(what: &impl Display, now: OffsetDateTime) -> Row {
    let text = what.to_string();
    Row { kind: "dropped", json: serde_json::json!({ "type": "dropped", "what": text }).to_string(), text: Some(text), ..empty(now) }
}

fn empty(at: OffsetDateTime) -> Row {
    Row {
        account: String::new(),
        id: None,
        recurs: false,
        kind: "",
        at: at.unix_timestamp(),
        stream: None,
        username: None,
        cents: None,
        text: None,
        json: String::new(),
    }
}
