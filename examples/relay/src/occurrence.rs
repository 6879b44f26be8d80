//! One event to relay: its key, and what templates can say about it.

use std::fmt::Write as _;

use rumble_live::{Amount, Event, StreamId, StreamStarted};
use serde_json::json;
use time::OffsetDateTime;

use crate::kind::Kind;

/// The name for a paid entry that names nobody.
const NOBODY: &str = "somebody";

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    pub kind: Kind,
    /// Distinguishes it from all other events of the account. Fit for a header.
    pub key: String,
    /// The amount, if something was paid.
    pub amount: Option<Amount>,
    /// The time, if it is known.
    pub at: Option<OffsetDateTime>,
    /// What can be said about it.
    pub facts: Vec<(&'static str, Fact)>,
    /// The event as the library writes it.
    pub json: serde_json::Value,
}

/// One fact for templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Text that somebody else wrote. Not to be trusted.
    Foreign(String),
    /// Text that this program wrote.
    Own(String),
    Number(u64),
}

impl Occurrence {
    /// `None` if the event is not relayed.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let (kind, amount) = match event {
            Event::Follower(_) => (Kind::Follower, None),
            Event::Subscriber(subscriber) => (Kind::Subscriber, Some(subscriber.amount)),
            Event::GiftedSubs(_) => (Kind::GiftedSubs, None),
            Event::Rant(rant) => (Kind::Rant, Some(rant.amount)),
            Event::RaidReceived(_) => (Kind::RaidReceived, None),
            Event::StreamStarted(started) if !started.already_live => (Kind::StreamStarted, None),
            _ => return None,
        };
        // If the event cannot be written as JSON, the error takes its place, and the rest is still sent.
        let json = serde_json::to_value(event).unwrap_or_else(|error| json!({"type": kind.word(), "error": error.to_string()}));
        Some(Self { kind, key: key(event), amount, at: event.at(), facts: facts(event, amount), json })
    }

    /// The same event with another key.
    #[must_use]
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }
}

fn facts(event: &Event, amount: Option<Amount>) -> Vec<(&'static str, Fact)> {
    let mut facts = Vec::new();
    if let Some(user) = event.username() {
        facts.push(("user", Fact::Foreign(if user.is_empty() { NOBODY } else { user }.to_owned())));
    }
    if let Some(text) = event.text() {
        facts.push(("text", Fact::Foreign(text.to_owned())));
    }
    if let Some(amount) = amount {
        facts.push(("amount", Fact::Own(amount.to_string())));
        facts.push(("cents", Fact::Number(amount.cents())));
    }
    match event {
        Event::GiftedSubs(gift) => facts.push(("gifts", Fact::Number(gift.total_gifts.unwrap_or_default()))),
        Event::StreamStarted(started) => facts.push(("title", Fact::Foreign(started.title.clone()))),
        _ => {}
    }
    if let Event::Rant(_) | Event::RaidReceived(_) | Event::StreamStarted(_) = event {
        facts.push(("url", Fact::Own(event.stream().as_ref().map(watch_page).unwrap_or_default())));
    }
    facts
}

/// The page of a livestream, or Rumble's front page if the id cannot be one of
/// Rumble's.
fn watch_page(stream: &StreamId) -> String {
    let id = stream.as_str();
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        "https://rumble.com/".into()
    } else {
        format!("https://rumble.com/v{id}")
    }
}

/// The event's id. A start has none, so its key is the livestream and the
/// second in which it was seen to be live. The key is stored together with the
/// checkpoint, so it is computed only once.
fn key(event: &Event) -> String {
    let id = match event {
        Event::StreamStarted(StreamStarted { stream, at, .. }) => format!("stream_started:{stream}:{}", at.unix_timestamp()),
        _ => event.id().map(|id| id.to_string()).unwrap_or_default(),
    };
    // The id of a stream is text from the wire, and the key goes into headers. A dot separates the parts of what is signed, so the key has
    // none.
    let mut key = String::with_capacity(id.len());
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-') {
            key.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            write!(key, "~{byte:02x}").unwrap_or_default();
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use rumble_live::{Follower, Rant};

    use super::*;

    #[test]
    fn key_is_the_id_of_the_event() {
        let event = Event::from(Follower::new("ada"));
        assert_eq!(Occurrence::of(&event).unwrap().key, event.id().unwrap().to_string());
    }

    #[test]
    fn start_has_a_key_of_stream_and_second_and_one_that_was_live_before_is_not_relayed() {
        let started = StreamStarted::new("7c1f4q", OffsetDateTime::from_unix_timestamp(1_767_323_045).unwrap());
        assert_eq!(Occurrence::of(&started.clone().into()).unwrap().key, "stream_started:7c1f4q:1767323045");
        assert_eq!(Occurrence::of(&started.with_already_live(true).into()), None);
    }

    #[test]
    fn id_that_no_header_can_hold_is_written_another_way() {
        let rant = Rant::new("7c.1 é\r\nHost: a", "ada", Amount::from_dollars(1), "");
        let key = Occurrence::of(&rant.into()).unwrap().key;
        assert!(key.starts_with("rant:7c~2e1~20~c3~a9"), "{key}");
        assert!(key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.'), "{key}");
    }

    #[test]
    fn who_pays_without_a_name_is_somebody() {
        let rant = Rant::new("7c1f4q", "", Amount::from_dollars(1), "");
        assert_eq!(Occurrence::of(&rant.into()).unwrap().facts[0], ("user", Fact::Foreign("somebody".into())));
    }
}
