//! What a thousand open chats in one process cost, and a thousand watched accounts of which some are live: memory and CPU of each. `cargo bench
//! --bench chats` opens them against simulated ones in another process; README.md of this folder's parent tells how to read it.

mod accounts;

use std::{
    env,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    time::Duration,
};

use cpu_time::ProcessTime;
use futures::{StreamExt as _, stream::select_all};
use rumble_live::{
    Endpoints, Pool,
    chat::{Chat, ChatEvent},
    sim::{Activity, Sim},
};
use tokio::{
    runtime::Builder,
    time::{Instant, timeout_at},
};

const CHATS: usize = 1000;
const FEW: usize = 100;
const TIME: Duration = Duration::from_secs(30);
/// In each chat.
const MESSAGES_PER_SECOND: f64 = 1.0;

fn main() {
    match (env::var("CHATS"), env::var(accounts::LIVE)) {
        (Ok(chats), _) => serve(chats.parse().unwrap()),
        (_, Ok(live)) => accounts::serve(live.parse().unwrap()),
        _ => {
            println!("| chats | KiB in all | messages | CPU of a core | µs a message |");
            println!("|---|---|---|---|---|");
            // The memory of each is what many take beyond few.
            let (few, many) = (read(FEW), read(CHATS));
            println!("\n{:.1} KiB for each chat beyond the first {FEW}\n", (many - few) / (CHATS - FEW) as f64);
            accounts::watch_all();
        }
    }
}

/// Serves so many accounts with a chat each, and prints their origin and the ids of their streams.
fn serve(chats: usize) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let sims: Vec<_> = (0..chats).map(|seed| Sim::running(seed as u64)).collect();
        let server = sims[0].serve().await.unwrap();
        println!("{}", server.url());
        for sim in &sims {
            drop(server.add(sim));
            println!("{}", sim.start_stream("Harbour lights"));
            sim.live(Activity { messages_per_second: MESSAGES_PER_SECOND, ..Activity::NONE });
        }
        until_reader_is_gone().await;
    });
}

async fn until_reader_is_gone() {
    let wait = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    wait.await.unwrap().unwrap();
}

/// This program as the server, asked for by this variable.
fn start_server(variable: &str, count: usize) -> Child {
    let mut server = Command::new(env::current_exe().unwrap());
    server.env(variable, count.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

/// Reads so many chats for a while, and returns how many KiB the process has then.
fn read(chats: usize) -> f64 {
    let mut server = start_server("CHATS", chats);
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
    let endpoints = Endpoints::at(lines.next().unwrap()).unwrap();
    let streams: Vec<_> = lines.take(chats).collect();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let memory = runtime.block_on(async {
        let pool = Pool::new();
        let open = |stream: &String| Chat::builder(stream.as_str()).endpoints(endpoints.clone()).transport(pool.clone()).open();
        let mut all = select_all(streams.iter().map(open));
        let mut ready = 0;
        while ready < chats {
            ready += usize::from(matches!(all.next().await, Some(Ok(ChatEvent::Ready(_)))));
        }
        let (start, mut messages) = (ProcessTime::now(), 0_u32);
        let end = Instant::now() + TIME;
        while let Ok(event) = timeout_at(end, all.next()).await {
            let event = event.expect("chats go on").expect("no error is final here");
            messages += u32::from(matches!(event, ChatEvent::Message(_)));
            assert!(!matches!(event, ChatEvent::Interrupted(_)), "{event}");
        }
        let (cpu, memory) = (start.elapsed().as_secs_f64(), resident());
        let share = cpu / TIME.as_secs_f64() * 100.0;
        println!("| {chats} | {memory} | {messages} | {share:.1} % | {:.0} |", cpu / f64::from(messages) * 1e6);
        memory
    });
    drop(server.stdin.take());
    server.wait().unwrap();
    memory
}

/// In KiB.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
