//! Simulates accounts behind one port. Things happen on them all the time, and
//! each request is kept.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, RawQuery},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use fastrand::Rng;
use rumble_live::{
    Request as ToSim, SecretUrl, StreamId, Transport as _,
    sim::{Sim, What},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::oneshot,
    task::{JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use crate::log::{Entry, Happened, List, Request};

const PATH: &str = "/-livestream-api/get-data";
/// How many entries a list shows. So few that late polls miss some.
const WINDOW: usize = 8;
/// Longer than the time between two requests of a worker.
const PATIENCE: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);

pub(crate) struct Accounts {
    shared: Arc<Shared>,
    address: String,
    _server: JoinSet<()>,
}

struct Shared {
    start: Instant,
    accounts: Vec<Account>,
    requests: Mutex<Vec<Request>>,
    /// Where to announce the next request of this worker. The request gets its
    /// answer once the other side says so.
    next: Mutex<Option<(String, oneshot::Sender<oneshot::Sender<()>>)>>,
    is_quiet: AtomicBool,
}

struct Account {
    id: String,
    sim: Sim,
    stream: StreamId,
    /// How often something happens.
    per_second: f64,
    has_chat: bool,
}

impl Accounts {
    pub(crate) async fn serve(count: u32, start: Instant) -> Self {
        let account = |index: u32| {
            let sim = Sim::running(index.into());
            sim.set_window(WINDOW);
            let stream = sim.start_stream("Harbour lights");
            let id = format!("account-{index}");
            // The rate goes from twice a minute to more than a late poll can show.
            Account { id, sim, stream, per_second: 0.03 + 0.1 * f64::from(index % 7), has_chat: index.is_multiple_of(2) }
        };
        let shared = Arc::new(Shared {
            start,
            accounts: (0..count).map(account).collect(),
            requests: Mutex::default(),
            next: Mutex::default(),
            is_quiet: AtomicBool::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (api, chats) = (Arc::clone(&shared), Arc::clone(&shared));
        let router = Router::new()
            .route(PATH, get(async move |RawQuery(query)| api.answer(&query.unwrap_or_default()).await))
            .route("/chat/api/chat/{id}/stream", get(async move |Path(id)| chats.chat(id).await));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { shared, address, _server: server }
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.shared.accounts.iter().map(|account| account.id.clone()).collect()
    }

    /// The URL at which this worker finds the account.
    pub(crate) fn url(&self, id: &str, run: &str) -> String {
        format!("http://{}{PATH}?key={id}&worker={run}", self.address)
    }

    /// Waits for a request of this worker and calls `meanwhile` before it gets
    /// its answer. Returns false if no request comes.
    pub(crate) async fn at_next_request(&self, run: &str, meanwhile: impl FnOnce()) -> bool {
        let (sender, asked) = oneshot::channel();
        *self.shared.next.lock().unwrap() = Some((run.to_owned(), sender));
        let Ok(go_on) = timeout(PATIENCE, asked).await else { return false };
        meanwhile();
        go_on.unwrap().send(()).unwrap();
        true
    }

    /// How many requests each account has answered.
    pub(crate) fn answers(&self) -> Vec<usize> {
        let requests = self.shared.requests.lock().unwrap();
        let of = |account: &Account| requests.iter().filter(|request| request.account == account.id).count();
        self.shared.accounts.iter().map(of).collect()
    }

    /// Lets things happen until [`quiet`](Self::quiet).
    pub(crate) fn happen(&self) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let mut rng = Rng::with_seed(1);
            let mut ticks = interval(TICK);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            for number in 0_u64.. {
                ticks.tick().await;
                if shared.is_quiet.load(Relaxed) {
                    return;
                }
                for account in &shared.accounts {
                    if rng.f64() < account.per_second * TICK.as_secs_f64() {
                        account.happen(&mut rng, number);
                    }
                }
            }
        })
    }

    pub(crate) fn quiet(&self) {
        self.shared.is_quiet.store(true, Relaxed);
    }

    /// The accounts that have a live chat besides the lists.
    pub(crate) fn with_chat(&self) -> BTreeSet<String> {
        self.shared.accounts.iter().filter(|account| account.has_chat).map(|account| account.id.clone()).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    pub(crate) fn happened(&self) -> Vec<Happened> {
        self.shared.accounts.iter().flat_map(Account::happened).collect()
    }
}

impl Shared {
    async fn answer(&self, query: &str) -> impl IntoResponse + use<> {
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
        let (key, run) = (value("key"), value("worker"));
        let asked = self.start.elapsed();
        let next = self.next.lock().unwrap().take_if(|(of, _)| of == run);
        if let Some((_, sender)) = next {
            let (go_on, may_go_on) = oneshot::channel();
            sender.send(go_on).unwrap();
            may_go_on.await.unwrap();
        }
        let account = self.accounts.iter().find(|account| account.id == key);
        let body = account.unwrap_or_else(|| panic!("nobody has the key {key:?}")).sim.snapshot_json();
        let shown = shown(&body);
        let request = Request { account: key.into(), run: run.into(), asked, answered: self.start.elapsed(), shown };
        self.requests.lock().unwrap().push(request);
        ([(CONTENT_TYPE, "application/json")], body)
    }
}

impl Shared {
    /// Streams the live chat of a livestream.
    async fn chat(&self, id: u64) -> Response {
        let Some(account) = self.accounts.iter().find(|account| account.has_chat && account.stream.decimal() == Some(id)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let url: SecretUrl = format!("http://127.0.0.1/chat/api/chat/{id}/stream").parse().unwrap();
        let answer: axum::http::Response<_> = account.sim.send(ToSim::get(url)).await.unwrap().into();
        answer.map(Body::new)
    }
}

impl Account {
    fn happen(&self, rng: &mut Rng, number: u64) {
        let name = format!("sailor{number}");
        match rng.u8(0..10) {
            0..3 => self.sim.follow(&name),
            3..5 => self.sim.rant(&self.stream, &name, "for the boat fund", 1000),
            _ => self.sim.message(&self.stream, &name, "ahoy"),
        }
    }

    fn happened(&self) -> Vec<Happened> {
        let happened = self.sim.history().into_iter().filter_map(|happened| {
            let (list, name) = match happened.what {
                What::Follow { username } => (List::Followers, username),
                What::Message { username, .. } => (List::Messages, username),
                What::Rant { username, .. } => (List::Rants, username),
                _ => return None,
            };
            Some(Happened { account: self.id.clone(), entry: Entry { list, name }, second: happened.at.unix_timestamp() })
        });
        happened.collect()
    }
}

/// The entries that an answer shows.
fn shown(body: &[u8]) -> BTreeSet<Entry> {
    let body: Value = serde_json::from_slice(body).unwrap();
    let chat = &body["livestreams"][0]["chat"];
    let lists = [
        (List::Followers, &body["followers"]["recent_followers"]),
        (List::Messages, &chat["recent_messages"]),
        (List::Rants, &chat["recent_rants"]),
    ];
    let name = |entry: &Value| entry["username"].as_str().unwrap().to_owned();
    lists
        .into_iter()
        .flat_map(|(list, entries)| entries.as_array().unwrap().iter().map(move |entry| Entry { list, name: name(entry) }))
        .collect()
}

mod tests {
    use rumble_live::Client;

    use super::*;

    #[tokio::test]
    async fn request_is_kept_with_its_worker_and_what_it_was_shown() {
        let accounts = Accounts::serve(2, Instant::now()).await;
        let account = &accounts.shared.accounts[1];
        account.sim.follow("ada");
        account.sim.rant(&account.stream, "ben", "for the boat fund", 1000);
        account.sim.message(&account.stream, "cem", "ahoy");
        let client = Client::new(accounts.url("account-1", "one")).unwrap();
        let snapshot = client.snapshot().await.unwrap();
        assert_eq!(snapshot.followers().count, Some(1));
        let requests = accounts.requests();
        assert_eq!((requests.len(), &*requests[0].account, &*requests[0].run), (1, "account-1", "one"));
        let entries: BTreeSet<_> = accounts.happened().into_iter().map(|happened| happened.entry).collect();
        assert_eq!((&requests[0].shown, entries.len()), (&entries, 3));
        assert_eq!(accounts.answers(), [0, 1]);
    }

    #[tokio::test]
    async fn answer_waits_for_what_is_done_at_a_request() {
        let accounts = Accounts::serve(1, Instant::now()).await;
        let client = Client::new(accounts.url("account-0", "one")).unwrap();
        let sim = &accounts.shared.accounts[0].sim;
        let (snapshot, has_asked) = tokio::join!(client.snapshot(), accounts.at_next_request("one", || sim.follow("ada")));
        assert!(has_asked);
        assert_eq!(snapshot.unwrap().followers().count, Some(1));
    }
}
