//! Reads any bytes as the body of an answer.

#![no_main]

mod json;

use std::error::Error as _;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use rumble_live::{Error, ErrorKind, Event, EventId, Snapshot};
use serde_json::{Value, json};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { json::mutate(data, size, max_size, seed) });

fuzz_target!(|body: &[u8]| match Snapshot::from_json(body) {
    Ok(snapshot) => {
        assert!(Snapshot::from_json(body).is_ok_and(|again| again == snapshot));
        has_forms(&snapshot);
        hides_what_is_not_modelled(body);
    }
    Err(error) => tells_nothing_of(body, &error),
});

/// Checks that a snapshot and its events can be printed and written as JSON,
/// and that the JSON is read back as the same value.
fn has_forms(snapshot: &Snapshot) {
    assert!((1..=1000).contains(&snapshot.max_num_results()));
    is_one_line(&snapshot.account().to_string());
    let json = serde_json::to_string(snapshot).expect("a snapshot has a JSON form");
    assert_eq!(serde_json::from_str::<Snapshot>(&json).expect("a snapshot is read again"), *snapshot);
    for stream in snapshot.livestreams() {
        assert!(stream.like_ratio().is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
        assert!(snapshot.livestream(&stream.id).is_some());
        is_one_line(&stream.to_string());
    }
    for event in entries(snapshot) {
        is_one_line(&event.to_string());
        if let Some(id) = event.id() {
            is_one_line(&id.to_string());
            assert_eq!(id.to_string().parse::<EventId>().as_ref(), Ok(&id));
        }
        let json = serde_json::to_string(&event).expect("an event has a JSON form");
        assert_eq!(serde_json::from_str::<Event>(&json).expect("an event is read again"), event);
    }
}

/// Each entry of each list, as the event that would report it.
fn entries(snapshot: &Snapshot) -> impl Iterator<Item = Event> {
    let followers = snapshot.followers().recent.iter().cloned().map(Event::Follower);
    let subscribers = snapshot.subscribers().recent.iter().cloned().map(Event::Subscriber);
    let gifts = snapshot.gifted_subs().recent.iter().cloned().map(Event::GiftedSubs);
    let chats = || snapshot.livestreams().iter().map(|stream| &stream.chat);
    let messages = chats().flat_map(|chat| &chat.recent_messages).cloned().map(Event::Message);
    let rants = chats().flat_map(|chat| &chat.recent_rants).cloned().map(Event::Rant);
    followers.chain(subscribers).chain(gifts).chain(messages).chain(rants)
}

/// Checks that no character breaks a line, changes its direction or is
/// invisible, apart from the joiners between letters and between emoji.
fn is_one_line(text: &str) {
    const MARKS: &str = "\u{2028}\u{2029}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2060}\u{2066}\u{2067}\u{2068}\u{2069}\u{feff}";
    assert!(!text.contains(|char: char| char.is_control() || MARKS.contains(char)), "{text:?}");
}

/// Checks that the broadcaster's secrets change nothing and appear nowhere, if
/// they are where the API puts them.
fn hides_what_is_not_modelled(body: &[u8]) {
    const SECRET: &str = "SECRET-7f3a";
    // A body that had to be repaired first is skipped.
    let Ok(mut answer) = serde_json::from_slice::<Value>(body) else { return };
    let decode = |answer: &Value| Snapshot::from_json(answer.to_string().as_bytes()).expect("written in another way it is the same");
    let plain = decode(&answer);
    let mut streams = answer.get_mut("livestreams").and_then(Value::as_array_mut).into_iter().flatten();
    if !plain.livestreams().is_empty() {
        streams.by_ref().filter_map(Value::as_object_mut).for_each(|stream| {
            stream.extend([("stream_key".into(), json!(SECRET)), ("server_url".into(), json!(SECRET))]);
        });
    }
    let planted = Snapshot::from_json_with_raw(answer.to_string().as_bytes()).expect("what is planted changes nothing");
    assert_eq!(planted, plain);
    assert!(planted.raw().is_none_or(|raw| !raw.to_string().contains(SECRET)));
    assert!(!format!("{planted:?}").contains(SECRET));
    assert!(!serde_json::to_string(&planted).expect("a snapshot has a JSON form").contains(SECRET));
}

/// All words that a decoding error uses, and the fields that it may name.
const WORDS: &str = "the answer is empty an HTML page not JSON this API URL or that of a page shows it cut short in line column but snapshot \
                     Live Stream has no and now type user_id username channel_id channel_name since max_num_results followers latest_follower \
                     recent_followers subscribers latest_subscriber recent_subscribers gifted_subs latest_gifted_sub recent_gifted_subs \
                     livestreams categories primary secondary chat latest_message recent_messages latest_rant recent_rants badges text";

/// Checks that an error consists of its own words and of places in the body.
fn tells_nothing_of(body: &[u8], error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.source().is_none());
    let text = error.to_string();
    // A byte that is not UTF-8 counts as three bytes, those of its replacement.
    let last_place = body.len() * 3 + 1;
    let is_harmless =
        |word: &str| WORDS.split_whitespace().any(|own| own == word) || word.parse().is_ok_and(|place: usize| place <= last_place);
    let mut words = text.split(|char: char| " .,;:?()[]`…".contains(char)).filter(|word| !word.is_empty());
    assert!(words.all(is_harmless), "{text}");
}
