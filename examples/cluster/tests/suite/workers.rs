//! Tests workers in processes of their own, with a real server and accounts
//! behind real HTTP.

use std::{fs, process::Stdio, time::Duration};

use rumble_live::Event;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::Command,
    time::{sleep, timeout},
};

use crate::{
    program::{Account, PATIENCE, Worker, fail, followers_are_stored_once, held_by, ready, run, status, status_with, stored},
    server::Server,
};

/// The longest that a takeover may take: the lease of the killed worker runs
/// out and the next worker polls.
const TAKEOVER: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn each_event_of_each_account_is_stored_once() {
    let Some(server) = Server::start().await else { return };
    let accounts = [Account::serve("harbour").await, Account::serve("lighthouse").await];
    let _worker = Worker::start(&server, "ada");
    for account in &accounts {
        account.add_to(&server).await;
        ready(&server, account.id).await;
        account.follow(0..20);
    }
    for account in &accounts {
        followers_are_stored_once(&server, account, 20).await;
    }
    let tail = run_tail(&server, &["tail", "harbour", "--since-start"], "follower-19").await;
    assert!(tail.lines().all(|line| line.contains(" harbour ")), "{tail}");
}

/// Runs the command and returns what it prints, up to a line with the text
/// `last`.
async fn run_tail(server: &Server, arguments: &[&str], last: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cluster"));
    let mut process = command.args(arguments).env("NATS_URL", server.url()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut told = String::new();
    while !told.contains(last) {
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap_or_else(|_| panic!("tail prints no more: {told}"));
        told += &line.unwrap().unwrap_or_else(|| panic!("tail has ended: {told}"));
        told += "\n";
    }
    told
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let wait = async {
        while !is_so().await {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_that_is_told_to_end_gives_back_and_another_goes_on_without_repeating_anything() {
    let Some(server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let mut ada = Worker::start(&server, "ada");
    let first = held_by(&server, "ada").await;
    ready(&server, account.id).await;
    let _ben = Worker::start(&server, "ben");
    account.follow(0..10);
    followers_are_stored_once(&server, &account, 10).await;
    ada.signal("-TERM");
    account.follow(10..20);
    assert!(ada.ended().await.success(), "{}", ada.said());
    assert!(ada.said().contains(&format!("lease given back account=harbour epoch={first}")), "{}", ada.said());
    assert!(held_by(&server, "ben").await > first);
    account.follow(20..30);
    followers_are_stored_once(&server, &account, 30).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_a_worker_that_was_killed_are_taken_over() {
    let Some(server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let ada = Worker::start(&server, "ada");
    held_by(&server, "ada").await;
    ready(&server, account.id).await;
    let _ben = Worker::start(&server, "ben");
    account.follow(0..10);
    followers_are_stored_once(&server, &account, 10).await;
    ada.signal("-KILL");
    account.follow(10..20);
    timeout(TAKEOVER, followers_are_stored_once(&server, &account, 20)).await.expect("nobody took over in time");
    held_by(&server, "ben").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn account_with_a_refused_key_is_parked_until_it_is_added_again() {
    let Some(server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.sim.refuse_key();
    account.add_to(&server).await;
    let _worker = Worker::start(&server, "ada");
    let kind = status_with(&server, "a parked account", |status| Some(status["accounts"][0]["parked"]["kind"].as_str()?.to_owned())).await;
    assert_eq!(kind, "unauthorized");
    let nobody = |status: &serde_json::Value| status["accounts"][0]["holder"].is_null().then_some(());
    status_with(&server, "an account without a holder", nobody).await;
    let asked = account.sim.answers();
    // A worker that wanted it would take it at its next look.
    sleep(Duration::from_secs(3)).await;
    assert_eq!(account.sim.answers(), asked, "it is left alone");

    account.add_to(&server).await;
    ready(&server, account.id).await;
    assert!(status(&server).await["accounts"][0]["parked"].is_null());
    account.follow(0..5);
    followers_are_stored_once(&server, &account, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_account_is_watched_anew_under_the_same_lease_and_a_removed_one_is_not() {
    let Some(server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let worker = Worker::start(&server, "ada");
    let epoch = held_by(&server, "ada").await;
    ready(&server, account.id).await;
    account.follow(0..5);
    followers_are_stored_once(&server, &account, 5).await;

    let Account { sim, id, server: old, .. } = &account;
    let moved = sim.serve().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, moved.url()).unwrap();
    let connections = old.connections();
    run(&server, &["add", id, "--url-file", file.to_str().unwrap()]).await;
    until("the new address is asked", async || moved.connections() > 0).await;
    account.follow(5..10);
    followers_are_stored_once(&server, &account, 10).await;
    assert_eq!(held_by(&server, "ada").await, epoch);
    assert_eq!(old.connections(), connections);
    assert!(worker.said().contains("configuration changed account=harbour"), "{}", worker.said());

    run(&server, &["remove", id]).await;
    let given_back = format!("lease given back account=harbour epoch={epoch}");
    until("the lease is given back", async || worker.said().contains(&given_back)).await;
    let asked = sim.answers();
    sleep(Duration::from_secs(2)).await;
    assert_eq!(sim.answers(), asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_is_killed_and_started_again_loses_and_repeats_nothing() {
    let Some(mut server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let _worker = Worker::start(&server, "ada");
    let epoch = held_by(&server, "ada").await;
    ready(&server, account.id).await;
    account.follow(0..5);
    followers_are_stored_once(&server, &account, 5).await;
    server.kill();
    account.follow(5..10);
    // Shorter than a lease lasts.
    sleep(Duration::from_secs(4)).await;
    server.restart();
    followers_are_stored_once(&server, &account, 10).await;
    account.follow(10..15);
    followers_are_stored_once(&server, &account, 15).await;
    assert_eq!(held_by(&server, "ada").await, epoch);
    assert_eq!(stored(&server).await.iter().filter(|(_, event)| matches!(event, Event::Interrupted(_))).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_shared_out_evenly_when_a_worker_joins() {
    let Some(server) = Server::start().await else { return };
    let ids = ["a", "b", "c", "d"];
    let mut accounts = Vec::new();
    for id in ids {
        let account = Account::serve(id).await;
        account.add_to(&server).await;
        accounts.push(account);
    }
    let _ada = Worker::start(&server, "ada");
    let held = |status: &serde_json::Value, worker: &str| {
        let accounts = status["accounts"].as_array().unwrap();
        accounts.iter().filter(|account| account["holder"] == worker).count()
    };
    status_with(&server, "a worker that holds all", |status| (held(status, "ada") == 4).then_some(())).await;
    let _ben = Worker::start(&server, "ben");
    let even = |status: &serde_json::Value| (held(status, "ada") == 2 && held(status, "ben") == 2).then_some(());
    status_with(&server, "even shares", even).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn second_ctrl_c_ends_a_worker_that_waits_for_the_server() {
    let Some(mut server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let mut worker = Worker::start(&server, "ada");
    ready(&server, account.id).await;
    server.kill();
    worker.signal("-INT");
    // The same signal again until it ends, because two at once may arrive as one.
    let status = loop {
        tokio::select! {
            status = worker.ended() => break status,
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
        worker.signal("-INT");
    };
    assert_eq!(status.code(), Some(130), "{}", worker.said());
    assert!(worker.said().contains("stopped at once by Ctrl-C"), "{}", worker.said());
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_and_health_tell_what_a_worker_does() {
    let Some(server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let worker = Worker::start_with(&server, "ada", &["--monitor", "0"]);
    ready(&server, account.id).await;
    let said = worker.said();
    let address = said.split_once("monitoring: http://").and_then(|(_, rest)| rest.split_once("/metrics")).unwrap().0;
    until("a batch is counted", async || get(address, "/metrics").await.contains("\ncluster_batches_stored_total 1\n")).await;
    let figures = get(address, "/metrics").await;
    for line in ["cluster_accounts_held 1", "cluster_leases_taken_total 1", "cluster_batches_fenced_total 0"] {
        assert!(figures.contains(&format!("\n{line}\n")), "{line}: {figures}");
    }
    assert!(figures.contains("watcher=\"harbour\""), "{figures}");
    until("/healthz answers 200", async || get(address, "/healthz").await.starts_with("HTTP/1.1 200")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn key_of_an_account_is_in_no_log_and_never_reaches_the_server() {
    let Some(server) = Server::start().await else { return };
    let accounts = [Account::serve("harbour").await, Account::serve("lighthouse").await];
    let [watched, refused] = &accounts;
    refused.sim.refuse_key();
    for account in &accounts {
        account.add_to(&server).await;
    }
    let worker = Worker::start_talkative(&server, "ada");
    ready(&server, watched.id).await;
    watched.follow(0..5);
    followers_are_stored_once(&server, watched, 5).await;
    let is_parked = |status: &serde_json::Value| status["accounts"][1]["parked"].is_object().then(|| status.to_string());
    let status = status_with(&server, "a parked account", is_parked).await;
    let tail = run_tail(&server, &["tail", "--since-start"], "follower-4").await;

    let said = worker.said();
    let address = watched.server.url().split_once("/-live").unwrap().0;
    assert!(
        said.contains("TRACE") && said.contains(address.trim_start_matches("http://")),
        "the log has too little in it to prove anything"
    );
    assert!(stores(&server, "follower-4") && stores(&server, watched.file.to_str().unwrap()), "the server keeps its files elsewhere");
    let key = watched.server.url().split_once('?').unwrap().1;
    for (what, text) in [("the log", &said), ("the status", &status), ("tail", &tail)] {
        assert!(!text.contains(key), "{what} shows the key");
    }
    assert!(!stores(&server, key), "the server has stored the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn url_in_place_of_its_place_is_refused_and_neither_shown_nor_stored() {
    let Some(server) = Server::start().await else { return };
    let other = Account::serve("lighthouse").await;
    other.add_to(&server).await;
    let url = "https://rumble.com/-livestream-api/get-data?key=FAKE-HARBOUR";
    for option in ["--url-env", "--url-file"] {
        let said = fail(&server, &["add", "harbour", option, url]).await;
        assert!(said.contains("not the URL itself") && !said.contains("FAKE"), "{said}");
    }
    assert!(stores(&server, other.id) && !stores(&server, "FAKE-HARBOUR"), "the server has stored the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn worker_that_finds_no_server_waits_for_it_and_commands_say_where_they_looked() {
    let Some(mut server) = Server::start().await else { return };
    let account = Account::serve("harbour").await;
    account.add_to(&server).await;
    let address = server.url().trim_start_matches("nats://").to_owned();
    server.kill();
    let said = fail(&server, &["status"]).await;
    assert!(said.contains(&format!("cannot reach a NATS server at {address}")), "{said}");
    let worker = Worker::start(&server, "ada");
    until("the worker tries again", async || worker.said().contains("next try in 5s")).await;
    server.restart();
    ready(&server, account.id).await;
}

/// Whether any file of the server contains this text.
fn stores(server: &Server, text: &str) -> bool {
    let mut folders = vec![server.folder.path().join("data")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::read(path).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes())) {
                return true;
            }
        }
    }
    false
}

async fn get(address: &str, path: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}
