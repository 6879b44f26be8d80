//! What a poll without news costs the allocator. In a binary of its own, for it counts the allocations of the whole process.

use std::time::Duration;

use allocation_counter::measure;
use rumble_live::{Snapshot, Tracker, sim::Sim};

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
