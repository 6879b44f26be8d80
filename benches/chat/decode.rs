//! From the bytes of a chat to its events.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{Criterion, Throughput};
use futures::{FutureExt as _, StreamExt as _};
use rumble_live::{
    Bytes, Request, SecretUrl, Transport as _,
    chat::Decoder,
    sim::{Activity, Sim},
};
use serde_json::Value;

use crate::bare::{Record, data};

/// How many messages are decoded at once.
const MESSAGES: usize = 1000;
/// How many times as many there are, all different, as in a chat that goes on.
const PARTS: usize = 30;
/// How many parts a decoder has heard before it is measured: more than it remembers, so that as much is forgotten as comes.
const EARLIER: usize = 3;

pub(crate) fn bench(criterion: &mut Criterion) {
    let (backlog, parts) = said();
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(MESSAGES as u64));
    group.bench_function("Decoder", |bencher| {
        let begin = || {
            let mut decoder = Decoder::new("7c1f4q");
            drain(&mut decoder, backlog.clone());
            for part in &parts[..EARLIER] {
                drain(&mut decoder, part.clone());
            }
            decoder
        };
        bencher.iter_custom(|times| {
            let mut decoder = begin();
            let mut next = EARLIER..PARTS;
            let mut elapsed = Duration::ZERO;
            for _ in 0..times {
                let part = next.next().unwrap_or_else(|| {
                    decoder = begin();
                    next = EARLIER + 1..PARTS;
                    EARLIER
                });
                let part = black_box(&parts[part]).clone();
                let start = Instant::now();
                assert_eq!(drain(&mut decoder, part), MESSAGES);
                elapsed += start.elapsed();
            }
            elapsed
        });
    });
    let mut parts_in_turn = parts.iter().cycle();
    let mut each = |read: fn(&str)| data(black_box(parts_in_turn.next().unwrap())).map(read).count();
    group.bench_function("bare structs", |bencher| bencher.iter(|| each(|data| drop(serde_json::from_str::<Record>(data).unwrap()))));
    group.bench_function("Value", |bencher| bencher.iter(|| each(|data| drop(serde_json::from_str::<Value>(data).unwrap()))));
}

fn drain(decoder: &mut Decoder, mut bytes: Bytes) -> usize {
    std::iter::from_fn(|| decoder.next(&mut bytes)).count()
}

/// The backlog of a simulated chat, and what was said after it in parts.
fn said() -> (Bytes, Vec<Bytes>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sim = Sim::new(42);
        let stream = sim.start_stream("Harbour lights");
        sim.live(Activity { messages_per_second: 1.0, ..Activity::NONE });
        sim.advance(Duration::from_secs(300));
        let url: SecretUrl = format!("http://127.0.0.1/chat/api/chat/{}/stream", stream.decimal().unwrap()).parse().unwrap();
        let mut body = sim.send(Request::get(url)).await.unwrap().body;
        let backlog = body.next().await.unwrap().unwrap();
        let mut records = Vec::new();
        while records.len() < PARTS * MESSAGES {
            sim.advance(Duration::from_secs(1));
            while let Some(record) = body.next().now_or_never().flatten() {
                records.push(record.unwrap());
            }
        }
        (backlog, records.chunks_exact(MESSAGES).map(|part| part.concat().into()).collect())
    })
}
