//! From the bytes of a chat to its events.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput};
use futures::{FutureExt as _, StreamExt as _};
use rumble_live::{
    Bytes, Request, SecretUrl, Transport as _,
    chat::Decoder,
    sim::{Activity, Sim},
};
use serde_json::Value;

use crate::bare::{Record, data};

/// How many messages there are.
const MESSAGES: usize = 1000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let (backlog, messages) = said();
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(MESSAGES as u64));
    // As a chat finds it that has been open for a while: everybody has spoken before.
    group.bench_function("Decoder", |bencher| {
        bencher.iter_batched_ref(
            || {
                let mut decoder = Decoder::new("7c1f4q");
                drain(&mut decoder, backlog.clone());
                decoder
            },
            |decoder| assert_eq!(drain(decoder, black_box(&messages).clone()), MESSAGES),
            criterion::BatchSize::LargeInput,
        );
    });
    group.bench_function("bare structs", |bencher| {
        bencher.iter(|| data(black_box(&messages)).map(|data| drop(serde_json::from_str::<Record>(data).unwrap())).count());
    });
    group.bench_function("Value", |bencher| {
        bencher.iter(|| data(black_box(&messages)).map(|data| drop(serde_json::from_str::<Value>(data).unwrap())).count());
    });
}

fn drain(decoder: &mut Decoder, mut bytes: Bytes) -> usize {
    std::iter::from_fn(|| decoder.next(&mut bytes)).count()
}

/// The backlog and the messages of a simulated chat.
fn said() -> (Bytes, Bytes) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let sim = Sim::new(42);
        let stream = sim.start_stream("Harbour lights");
        sim.live(Activity { messages_per_second: 1.0, ..Activity::NONE });
        sim.advance(Duration::from_secs(300));
        let url: SecretUrl = format!("http://127.0.0.1/chat/api/chat/{}/stream", stream.decimal().unwrap()).parse().unwrap();
        let mut body = sim.send(Request::get(url)).await.unwrap().body;
        let backlog = body.next().await.unwrap().unwrap();
        let mut messages = Vec::new();
        let mut count = 0;
        while count < MESSAGES {
            sim.advance(Duration::from_secs(1));
            while let Some(chunk) = body.next().now_or_never().flatten() {
                if count < MESSAGES {
                    messages.extend_from_slice(&chunk.unwrap());
                    count += 1;
                }
            }
        }
        (backlog, messages.into())
    })
}
