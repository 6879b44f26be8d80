//! From the bytes of a full answer to a value.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use rumble_live::Snapshot;
use serde_json::Value;

use crate::{account::Account, bare::Answer};

pub(crate) fn bench(criterion: &mut Criterion) {
    let body = Account::full().sim.snapshot_json();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Bytes(body.len() as u64));
    group.bench_function("Snapshot", |bencher| bencher.iter(|| Snapshot::from_json(black_box(&body)).unwrap()));
    group.bench_function("bare structs", |bencher| bencher.iter(|| serde_json::from_slice::<Answer>(black_box(&body)).unwrap()));
    group.bench_function("Value", |bencher| bencher.iter(|| serde_json::from_slice::<Value>(black_box(&body)).unwrap()));
}
