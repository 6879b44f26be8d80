//! What a poll without news costs the allocator, and what a busy chat keeps. In a binary of its own, for it counts the allocations of each thread.

use std::{fmt::Write as _, ops::Range, time::Duration};

use allocation_counter::measure;
use rumble_live::{
    Bytes, Snapshot, Tracker,
    chat::{ChatEvent, Decoder},
    sim::Sim,
};

#[test]
fn entries_that_are_known_take_no_allocation() {
    // From ten entries on the length of a list is looked at too.
    assert_eq!(allocations_without_news(50), allocations_without_news(10));
}

/// How many allocations it takes to find nothing new in lists of so many entries.
fn allocations_without_news(entries: usize) -> u64 {
    let sim = Sim::new(42);
    let stream = sim.start_stream("Harbour lights");
    for number in 0..entries {
        let name = format!("viewer{number}");
        sim.advance(Duration::from_secs(1));
        sim.follow(&name);
        sim.subscribe(&name, 500);
        sim.message(&stream, &name, "hi");
        sim.rant(&stream, &name, "for the boat fund", 1000);
    }
    let snapshot = || Snapshot::from_json(&sim.snapshot_json()).unwrap();
    let mut tracker = Tracker::new();
    tracker.apply(&snapshot());
    sim.advance(Duration::from_secs(10));
    let next = snapshot();
    let mut events = Vec::new();
    let allocations = measure(|| events = tracker.apply(&next)).count_total;
    assert_eq!(events, []);
    assert!(allocations > 0, "they are counted");
    allocations
}

/// What a chat keeps after its first minutes it keeps for ever: two hundred messages a second by five thousand people and channels, with deletions, gifts
/// and a new connection each minute, for an hour, or as many hours as `CHAT_HOURS` says.
#[test]
fn busy_chat_does_not_grow() {
    let hours: u64 = std::env::var("CHAT_HOURS").map_or(1, |hours| hours.parse().unwrap());
    let mut decoder = Decoder::new("7c1f4q");
    let mut said = String::new();
    let mut hear = |seconds: Range<u64>| {
        for second in seconds {
            said.clear();
            if second % 60 == 0 {
                decoder.reconnect();
                let backlog = second.saturating_sub(1) * 200 + 150..second * 200;
                tell(&mut said, "init", &messages(backlog));
            }
            tell(&mut said, "messages", &messages(second * 200..(second + 1) * 200));
            tell(&mut said, "delete_messages", &format!(r#""message_ids":["{}","unknown {second}"]"#, second * 200));
            tell(
                &mut said,
                "gift_purchased",
                &format!(r#""user_id":{},"gift_type":"rumble","total_gifts":{}"#, second % 5000, second % 50),
            );
            let mut bytes = Bytes::copy_from_slice(said.as_bytes());
            let messages = std::iter::from_fn(|| decoder.next(&mut bytes)).filter(|event| matches!(event, ChatEvent::Message(_)));
            assert_eq!(messages.count(), 200);
        }
    };
    let first = measure(|| hear(0..600)).bytes_current;
    let rest = measure(|| hear(600..hours * 3600)).bytes_current;
    assert!(rest.abs() < first / 10, "{first} bytes at first, {rest} more later");
}

fn tell(said: &mut String, kind: &str, data: &str) {
    write!(said, "data: {{\"type\":\"{kind}\",\"data\":{{{data}}}}}\n\n").unwrap();
}

/// The data of a record with these messages and their authors, two hundred of them a second.
fn messages(numbers: Range<u64>) -> String {
    let (mut messages, mut users, mut channels) = (String::new(), String::new(), String::new());
    for number in numbers {
        let second = number / 200;
        let (day, hour, minute) = (1 + second / 86_400, second / 3600 % 24, second / 60 % 60);
        let time = format!("2026-01-{day:02}T{hour:02}:{minute:02}:{:02}+00:00", second % 60);
        let user = number * 7919 % 5000;
        let channel = if user % 50 == 0 { user } else { 0 };
        write!(
            messages,
            r#",{{"id":"{number}","time":"{time}","user_id":"{user}","channel_id":{channel},"text":"one more round please"}}"#
        )
        .unwrap();
        write!(users, r#",{{"id":"{user}","username":"viewer{user}","color":"{:06x}"}}"#, user * 3).unwrap();
        write!(channels, r#",{{"id":"{user}","username":"channel{user}"}}"#).unwrap();
    }
    let list = |items: &str| items.get(1..).unwrap_or_default().to_owned();
    format!(r#""messages":[{}],"users":[{}],"channels":[{}]"#, list(&messages), list(&users), list(&channels))
}
