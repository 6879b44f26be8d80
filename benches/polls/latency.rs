//! How long it takes from the moment a poll is due, while the server has something new, until the bot has it. What the interval adds to
//! that is left out.

use std::{
    thread,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode};

use crate::{
    clients::{Bot, INTERVAL, Looping, Watching},
    server::SimServer,
};

pub(crate) fn bench(criterion: &mut Criterion) {
    let server = SimServer::start();
    let mut group = criterion.benchmark_group("latency");
    group.sampling_mode(SamplingMode::Flat);
    let mut bot = Watching::new(&server);
    group.bench_function("watcher", |bencher| bencher.iter_custom(|polls| latency(&server, &mut bot, polls)));
    let mut bot = Looping::new(&server);
    group.bench_function("bare loop", |bencher| bencher.iter_custom(|polls| latency(&server, &mut bot, polls)));
}

fn latency(server: &SimServer, bot: &mut impl Bot, polls: u64) -> Duration {
    let mut all = Duration::ZERO;
    for _ in 0..polls {
        server.gain(bot.account(), 1);
        // Now the next poll is due.
        thread::sleep(INTERVAL * 2);
        let start = Instant::now();
        bot.poll();
        all += start.elapsed();
    }
    all
}
