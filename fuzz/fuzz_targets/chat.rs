//! Reads any bytes as the connections of a chat. The first byte decides how the
//! bytes are cut into reads and where the connection is lost.

#![no_main]

mod json;

use std::collections::HashSet;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use rumble_live::{
    Bytes,
    chat::{ChatEvent, ChatMessage, Decoder, Emote, EmotePack, Emotes, Part},
};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { json::mutate(data, size, max_size, seed) });

fuzz_target!(|data: &[u8]| {
    let [how, bytes @ ..] = data else { return };
    let mut whole = Decoder::new("7c1f4q").replay(true);
    let events = hear(&mut whole, bytes, bytes.len().max(1));
    let mut cut = Decoder::new("7c1f4q").replay(true);
    assert_eq!(hear(&mut cut, bytes, usize::from(*how) + 1), events, "the events depend on how the bytes are cut into reads");
    assert_eq!(cut.skipped(), whole.skipped());

    let mut told = HashSet::new();
    for event in &events {
        has_forms(event);
        if let ChatEvent::Message(message) = event {
            assert!(told.insert(message.id.clone()), "{message} came twice");
            parts_are_the_text(message);
        }
    }
    // If the connection is lost at any point, each message still comes once.
    let (before, _) = bytes.split_at(bytes.len() * usize::from(*how) / 255);
    let mut decoder = Decoder::new("7c1f4q").replay(true);
    let mut told = HashSet::new();
    for connection in [before, bytes, bytes] {
        decoder.reconnect();
        for event in hear(&mut decoder, connection, bytes.len().max(1)) {
            has_forms(&event);
            if let ChatEvent::Message(message) = event {
                assert!(told.insert(message.id.clone()), "{message} came twice");
            }
        }
    }
});

fn hear(decoder: &mut Decoder, bytes: &[u8], width: usize) -> Vec<ChatEvent> {
    let mut events = Vec::new();
    for read in bytes.chunks(width) {
        let mut read = Bytes::copy_from_slice(read);
        events.extend(std::iter::from_fn(|| decoder.next(&mut read)));
        assert!(read.is_empty());
    }
    events
}

/// Checks that an event can be printed and written as JSON, and that the JSON
/// is read back as the same event.
fn has_forms(event: &ChatEvent) {
    let line = event.to_string();
    assert!(!line.contains(|char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')), "{line:?}");
    let json = serde_json::to_string(event).expect("an event has a JSON form");
    assert_eq!(&serde_json::from_str::<ChatEvent>(&json).expect("an event is read again"), event);
}

fn parts_are_the_text(message: &ChatMessage) {
    let mut pack = EmotePack::default();
    pack.emotes = vec![Emote::new("r+smiley", "s.png"), Emote::new("a", "a.png"), Emote::new("", "none.png")];
    let emotes = Emotes::new(vec![pack]);
    let text = |part| match part {
        Part::Text(text) => text.to_owned(),
        Part::Emote(emote) => format!(":{}:", emote.name),
    };
    assert_eq!(message.parts(&emotes).map(text).collect::<String>(), message.text);
}
