//! Reads any bytes as a checkpoint.

#![no_main]

mod json;

use std::{error::Error as _, sync::LazyLock};

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use rumble_live::{Checkpoint, ErrorKind, Event, Snapshot, Tracker};
use serde_json::Value;

const MOST_BYTES: usize = 64 * 1024;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { json::mutate(data, size, max_size, seed) });

fuzz_target!(|json: &[u8]| match Checkpoint::from_json(json) {
    Ok(checkpoint) => {
        assert_eq!(read(&checkpoint.to_json()), checkpoint);
        goes_on(checkpoint);
    }
    Err(error) => {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.source().is_none());
        tells_nothing(&error.to_string());
    }
});

/// Checks that a tracker goes on from any checkpoint, and that what it
/// remembers stays small.
fn goes_on(checkpoint: Checkpoint) {
    let mut tracker = Tracker::resume(checkpoint);
    let mut is_ready = false;
    for snapshot in FIXTURES.iter() {
        let events = tracker.apply(snapshot);
        let is_of_another_account = matches!(*events, [Event::Interrupted(_)]);
        assert_eq!(events.first() == Some(&Event::Ready), !is_ready && !is_of_another_account);
        is_ready |= !is_of_another_account;
        for event in events {
            assert!(!event.to_string().contains('\n'));
            serde_json::to_string(&event).expect("an event has a JSON form");
        }
        let again = tracker.clone().apply(snapshot);
        // Some events may come with the second answer only: those of a loss, and those of followers whose times have all moved.
        let may_come_twice =
            |event: &&Event| matches!(event, Event::Interrupted(_) | Event::StreamEnded(_) | Event::Gap(_) | Event::Follower(_));
        assert_eq!(again.iter().find(|event| !may_come_twice(event)), None);
        let checkpoint = tracker.checkpoint().expect("it was resumed");
        let json = checkpoint.to_json();
        assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
        assert_eq!(read(&json), checkpoint);
    }
}

fn read(json: &str) -> Checkpoint {
    Checkpoint::from_json(json.as_bytes()).expect("what was written is read")
}

/// Checks that the text is always the same, apart from the place.
fn tells_nothing(text: &str) {
    let (before, place) = text.split_once("(line ").expect("it names the place");
    let (place, after) = place.split_once(')').expect("it names the place");
    assert_eq!((before, after), ("the checkpoint is damaged or of an unknown version ", "; start without it"));
    let (line, column) = place.split_once(", column ").expect("it names the column");
    assert!([line, column].into_iter().all(|number| number.parse::<usize>().is_ok()), "{place}");
}

/// Answers of an account that is live, then off air, then live again.
static FIXTURES: LazyLock<Vec<Snapshot>> = LazyLock::new(|| {
    [
        &include_bytes!("../../tests/suite/fixtures/with-gifts.json")[..],
        include_bytes!("../../tests/suite/fixtures/user-offline.json"),
        include_bytes!("../../tests/suite/fixtures/user-offline.json"),
        include_bytes!("../../tests/suite/fixtures/nulls-and-empties.json"),
        include_bytes!("../../tests/suite/fixtures/channel-live.json"),
    ]
    .into_iter()
    .map(|body| {
        let mut answer: Value = serde_json::from_slice(body).expect("a fixture is JSON");
        // All answers get the same account, which is that of the seeds.
        answer["user_id"] = "4f2kx9".into();
        Snapshot::from_json(answer.to_string().as_bytes()).expect("a fixture is a snapshot")
    })
    .collect()
});
