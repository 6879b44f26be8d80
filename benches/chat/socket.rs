//! From the socket to the bot: the CPU time of the reading thread for each message, beside a loop that takes the same bytes apart and no
//! more.

use std::{sync::mpsc, thread, time::Duration};

use cpu_time::ThreadTime;
use criterion::{Criterion, SamplingMode};
use rumble_live::{
    Endpoints, StreamId,
    chat::{Chat, ChatEvent},
    sim::{Activity, Sim},
};
use tokio::runtime::Builder;

use crate::bare::{Record, data};

/// How many messages come at once, as many as a busy chat has in a second.
const BURST: usize = 50;

pub(crate) fn bench(criterion: &mut Criterion) {
    let server = Server::start();
    let mut group = criterion.benchmark_group("message");
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function("Chat", |bencher| bencher.iter_custom(|bursts| server.read_by_chat(bursts)));
    group.bench_function("bare stream", |bencher| bencher.iter_custom(|bursts| server.read_by_loop(bursts)));
}

/// A simulated chat on a thread of its own.
struct Server {
    url: String,
    stream: StreamId,
    bursts: mpsc::Sender<()>,
}

impl Server {
    fn start() -> Self {
        let (ready, is_ready) = mpsc::channel();
        let (bursts, burst) = mpsc::channel();
        thread::spawn(move || {
            let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            let sim = Sim::new(1);
            sim.live(Activity::NONE);
            let stream = sim.start_stream("Harbour lights");
            let server = runtime.block_on(sim.serve()).unwrap();
            ready.send((server.url().to_owned(), stream.clone())).unwrap();
            while burst.recv().is_ok() {
                for number in 0..BURST {
                    sim.message(&stream, ["ada", "bob", "cy", "dee"][number % 4], "that was close :r+fire:, one more round please");
                }
            }
        });
        let (url, stream) = is_ready.recv().unwrap();
        Self { url, stream, bursts }
    }

    fn read_by_chat(&self, bursts: u64) -> Duration {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let mut chat = Chat::builder(&self.stream).endpoints(Endpoints::at(&self.url).unwrap()).open();
            assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Ready(_)))));
            let start = ThreadTime::now();
            for _ in 0..bursts {
                self.bursts.send(()).unwrap();
                for _ in 0..BURST {
                    assert!(matches!(chat.next().await, Some(Ok(ChatEvent::Message(_)))));
                }
            }
            start.elapsed()
        })
    }

    fn read_by_loop(&self, bursts: u64) -> Duration {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let endpoints = Endpoints::at(&self.url).unwrap();
            let url = format!("{}/chat/{}/stream", endpoints.chat(), self.stream.decimal().unwrap());
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let mut chat = client.get(url).send().await.unwrap();
            chat.chunk().await.unwrap().unwrap();
            let start = ThreadTime::now();
            let mut rest = Vec::new();
            for _ in 0..bursts {
                self.bursts.send(()).unwrap();
                let mut messages = 0;
                while messages < BURST {
                    rest.extend_from_slice(&chat.chunk().await.unwrap().unwrap());
                    let Some(end) = rest.windows(2).rposition(|end| end == b"\n\n") else { continue };
                    messages += data(&rest[..end + 2]).map(|data| drop(serde_json::from_str::<Record>(data).unwrap())).count();
                    rest.drain(..end + 2);
                }
            }
            start.elapsed()
        })
    }
}
