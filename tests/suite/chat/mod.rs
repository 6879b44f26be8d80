//! The live chat of a livestream: what its bytes tell, and the stream that reads them.

/// What a chat's server says, without sockets.
mod script;

mod connection;
mod decoder;
mod form;
mod simulated;
mod sockets;

use rumble_live::chat::{ChatEvent, Deleted, MessageId};
use serde_json::{Value, json};

const STREAM: &str = "7c1f4q";

/// One record.
fn record(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn init(messages: &[Value]) -> String {
    record(&json!({"type": "init", "data": {"messages": messages}}))
}

fn messages(messages: &[Value]) -> String {
    record(&json!({"type": "messages", "data": {"messages": messages}}))
}

/// A message of that second, with the second as its id.
fn message(second: u8) -> Value {
    json!({"id": second, "time": format!("2026-01-01T00:00:{second:02}+00:00"), "user_id": 1, "text": second.to_string()})
}

/// One event in short: a message as its id.
fn brief(event: &ChatEvent) -> String {
    let ids = |ids: &[MessageId]| ids.iter().map(MessageId::to_string).collect::<Vec<_>>().join(" ");
    match event {
        ChatEvent::Message(message) => message.id.to_string(),
        ChatEvent::Deleted(Deleted { message_ids, inferred: true, .. }) => format!("inferred {}", ids(message_ids)),
        ChatEvent::Deleted(Deleted { message_ids, .. }) => format!("deleted {}", ids(message_ids)),
        ChatEvent::Interrupted(trouble) => format!("{} {}", trouble.kind, trouble.failures),
        ChatEvent::Resumed(resumed) => format!("resumed {}", resumed.failures),
        other => other.kind().to_owned(),
    }
}
