//! What counting costs: the same polls with a recorder for Prometheus and without one. Nothing is sent, so that little else is measured.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use cpu_time::ThreadTime;
use criterion::{Criterion, SamplingMode};
use futures::{FutureExt as _, StreamExt as _, future::ready};
use metrics_exporter_prometheus::PrometheusBuilder;
use rumble_live::{BoxFuture, Bytes, Client, Error, Request, Response, Transport, Watcher};
use tokio::runtime::{Builder, Runtime};

use crate::{account::Account, clients::INTERVAL};

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("count");
    group.sampling_mode(SamplingMode::Flat).measurement_time(Duration::from_secs(10));
    for new in [0, 5, 50] {
        let mut bot = Bot::new();
        group.bench_function(format!("without, {new} new"), |bencher| bencher.iter_custom(|polls| bot.cpu_time(polls, new)));
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            let mut bot = Bot::new();
            group.bench_function(format!("with a recorder, {new} new"), |bencher| {
                bencher.iter_custom(|polls| {
                    let spent = bot.cpu_time(polls, new);
                    assert_eq!(recorder.handle().render().contains("rumble_live_events_total{kind=\"message\"}"), new > 0);
                    spent
                });
            });
        });
    }
}

/// Answers with the newest state of the account.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Bytes>>);

impl Transport for Answers {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        ready(Ok(Response::ok(self.0.lock().unwrap().clone()))).boxed()
    }
}

struct Bot {
    runtime: Runtime,
    account: Account,
    answers: Answers,
    watcher: Watcher,
}

impl Bot {
    fn new() -> Self {
        let answers = Answers::default();
        let client = Client::builder("http://127.0.0.1/?key=any").transport(answers.clone()).build().unwrap();
        let watcher = client.watch_builder().interval(INTERVAL).build();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut bot = Self { runtime, account: Account::full(), answers, watcher };
        // The baseline.
        bot.cpu_time(1, 0);
        bot
    }

    fn cpu_time(&mut self, polls: u64, new: usize) -> Duration {
        let mut cpu = Duration::ZERO;
        for _ in 0..polls {
            self.account.gain(new);
            *self.answers.0.lock().unwrap() = self.account.sim.snapshot_json().into();
            let start = ThreadTime::now();
            self.poll();
            cpu += start.elapsed();
        }
        cpu
    }

    /// By this name a profiler finds it.
    #[inline(never)]
    fn poll(&mut self) {
        let Self { runtime, watcher, .. } = self;
        let before = watcher.polls();
        runtime.block_on(poll_fn(|context| {
            while let Poll::Ready(event) = watcher.poll_next_unpin(context) {
                drop(event.unwrap().unwrap());
            }
            if watcher.polls() > before { Poll::Ready(()) } else { Poll::Pending }
        }));
    }
}
