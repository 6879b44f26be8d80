//! From a snapshot to the events that are new in it.

use criterion::{BatchSize, Criterion};
use rumble_live::{Snapshot, Tracker};

use crate::account::Account;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("track");
    for new in [0, 5, 50] {
        let mut account = Account::full();
        let mut tracker = Tracker::new();
        tracker.apply(&Snapshot::from_json(&account.sim.snapshot_json()).unwrap());
        account.gain(new);
        let next = Snapshot::from_json(&account.sim.snapshot_json()).unwrap();
        assert_eq!(tracker.clone().apply(&next).len(), new);
        group.bench_function(format!("{new} new"), |bencher| {
            bencher.iter_batched_ref(|| tracker.clone(), |tracker| tracker.apply(&next), BatchSize::SmallInput);
        });
    }
}
