//! Whole polls over loopback: CPU time of the thread that asks, decodes, tracks and delivers. That of the server, on another, is left out.

use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::{Criterion, SamplingMode};

use crate::{
    clients::{Bot, Looping, Watching},
    server::SimServer,
};

pub(crate) fn bench(criterion: &mut Criterion) {
    let server = SimServer::start();
    let mut group = criterion.benchmark_group("poll");
    group.sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(10));
    for new in [0, 5, 50] {
        let mut bot = Watching::new(&server);
        group.bench_function(format!("watcher, {new} new"), |bencher| bencher.iter_custom(|polls| cpu_time(&server, &mut bot, polls, new)));
        let mut bot = Looping::new(&server);
        group.bench_function(format!("bare loop, {new} new"), |bencher| {
            bencher.iter_custom(|polls| cpu_time(&server, &mut bot, polls, new));
        });
    }
}

fn cpu_time(server: &SimServer, bot: &mut impl Bot, polls: u64, new: usize) -> Duration {
    let mut cpu = Duration::ZERO;
    for _ in 0..polls {
        server.gain(bot.account(), new);
        let start = ThreadTime::now();
        let events = bot.poll();
        cpu += start.elapsed();
        assert!(events.is_none_or(|events| events == new), "{events:?}");
    }
    cpu
}
