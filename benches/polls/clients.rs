//! Who polls, each on one thread of its own: a watcher, and the loop that a bot would write that wants the answers and nothing else.

use std::{future::poll_fn, task::Poll, time::Duration};

use futures::StreamExt as _;
use rumble_live::{Client, Watcher};
use tokio::{
    runtime::{Builder, Runtime},
    time::{Instant, sleep_until},
};

use crate::{
    bare::Answer,
    server::{Served, SimServer},
};

/// The shortest that a watcher has.
pub(crate) const INTERVAL: Duration = Duration::from_millis(1);

pub(crate) trait Bot {
    /// The account that it polls.
    fn account(&self) -> &Served;
    /// Waits for the interval to be over, polls once, and returns how many events there were, where it knows.
    fn poll(&mut self) -> Option<usize>;
}

pub(crate) struct Watching {
    runtime: Runtime,
    account: Served,
    watcher: Watcher,
}

impl Watching {
    pub(crate) fn new(server: &SimServer) -> Self {
        let (account, url) = server.add();
        let watcher = Client::new(url).unwrap().watch_builder().interval(INTERVAL).build();
        let mut bot = Self { runtime: one_thread(), account, watcher };
        // The baseline.
        bot.poll();
        bot
    }
}

impl Bot for Watching {
    fn account(&self) -> &Served {
        &self.account
    }

    fn poll(&mut self) -> Option<usize> {
        let Self { runtime, watcher, .. } = self;
        let (before, mut events) = (watcher.polls(), 0);
        runtime.block_on(poll_fn(|context| {
            while let Poll::Ready(event) = watcher.poll_next_unpin(context) {
                event.unwrap().unwrap();
                events += 1;
            }
            if watcher.polls() > before { Poll::Ready(()) } else { Poll::Pending }
        }));
        Some(events)
    }
}

pub(crate) struct Looping {
    runtime: Runtime,
    account: Served,
    client: reqwest::Client,
    url: String,
    due: Instant,
}

impl Looping {
    pub(crate) fn new(server: &SimServer) -> Self {
        let (account, url) = server.add();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut bot = Self { runtime: one_thread(), account, client, url, due: Instant::now() };
        // The connection.
        bot.poll();
        bot
    }
}

impl Bot for Looping {
    fn account(&self) -> &Served {
        &self.account
    }

    fn poll(&mut self) -> Option<usize> {
        self.runtime.block_on(async {
            sleep_until(self.due).await;
            let body = self.client.get(&self.url).send().await.unwrap().bytes().await.unwrap();
            drop(serde_json::from_slice::<Answer>(&body).unwrap());
            self.due = Instant::now() + INTERVAL;
        });
        None
    }
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}
