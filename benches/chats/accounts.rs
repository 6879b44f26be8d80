//! A thousand accounts, of which none, 200 or all are live, watched with live chat.

use std::{
    io::{BufRead as _, BufReader},
    time::Duration,
};

use cpu_time::ProcessTime;
use rumble_live::{
    Client, Event, Pool, Watchers,
    sim::{Activity, Sim},
};
use tokio::{
    runtime::Builder,
    time::{Instant, timeout_at},
};

/// How many accounts of those that the server serves are live.
pub const LIVE: &str = "LIVE_ACCOUNTS";
const ACCOUNTS: usize = 1000;
const TIME: Duration = Duration::from_secs(30);
const MESSAGES_PER_SECOND: f64 = 1.0;

pub fn watch_all() {
    println!("| accounts | live | live chat | KiB in all | messages | CPU of a core |");
    println!("|---|---|---|---|---|---|");
    for (live, live_chat) in [(0, false), (0, true), (200, false), (200, true), (ACCOUNTS, true)] {
        watch(live, live_chat);
    }
}

/// Serves the accounts and prints their URLs.
pub fn serve(live: usize) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let sims: Vec<_> = (0..ACCOUNTS).map(|seed| Sim::running(seed as u64)).collect();
        let server = sims[0].serve().await.unwrap();
        for (number, sim) in sims.iter().enumerate() {
            println!("{}", if number == 0 { server.url().to_owned() } else { server.add(sim) });
            sim.live(Activity::NONE);
            if number < live {
                sim.start_stream("Harbour lights");
                sim.live(Activity { messages_per_second: MESSAGES_PER_SECOND, ..Activity::NONE });
            }
        }
        super::until_reader_is_gone().await;
    });
}

fn watch(live: usize, live_chat: bool) {
    let mut server = super::start_server(LIVE, live);
    let urls: Vec<_> = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap).take(ACCOUNTS).collect();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let pool = Pool::new();
        let mut watchers = Watchers::new();
        for (number, url) in urls.iter().enumerate() {
            let client = Client::builder(url.as_str()).pool(&pool).build().unwrap();
            watchers.add(number, client.watch_builder().spread_first_poll().live_chat(live_chat).build());
        }
        // All of them are there, and their chats open.
        let begun = Instant::now() + Duration::from_secs(15);
        while timeout_at(begun, watchers.next()).await.is_ok() {}
        let (start, mut messages) = (ProcessTime::now(), 0_u32);
        let end = Instant::now() + TIME;
        while let Ok(event) = timeout_at(end, watchers.next()).await {
            let (_, event) = event.expect("watchers go on");
            messages += u32::from(matches!(event, Ok(Event::Message(_))));
        }
        let share = start.elapsed().as_secs_f64() / TIME.as_secs_f64() * 100.0;
        println!("| {ACCOUNTS} | {live} | {} | {} | {messages} | {share:.1} % |", if live_chat { "on" } else { "off" }, super::resident());
    });
    drop(server.stdin.take());
    server.wait().unwrap();
}
