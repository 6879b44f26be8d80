//! Simulated accounts behind a real socket, on a thread of their own: neither the CPU time nor the heap of the client has a part in them.

use std::sync::{Arc, Mutex};

use rumble_live::sim::{Server, Sim};
use tokio::runtime::{Builder, Runtime};

use crate::account::Account;

pub(crate) struct SimServer {
    runtime: Runtime,
    server: Server,
}

/// One of the accounts.
#[derive(Clone)]
pub(crate) struct Served(Arc<Mutex<Account>>);

impl SimServer {
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(Sim::new(1).serve()).unwrap();
        Self { runtime, server }
    }

    /// Adds a full account, and returns its URL.
    pub(crate) fn add(&self) -> (Served, String) {
        let account = self.run(Account::full);
        let url = self.server.add(&account.sim);
        (Served(Arc::new(Mutex::new(account))), url)
    }

    /// Lets an account gain so many entries.
    pub(crate) fn gain(&self, account: &Served, entries: usize) {
        let account = account.clone();
        self.run(move || account.0.lock().unwrap().gain(entries));
    }

    /// Does something on the thread of the server.
    fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        self.runtime.block_on(self.runtime.spawn(async { job() })).unwrap()
    }
}
