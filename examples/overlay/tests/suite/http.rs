//! What is served, to whom, and what it costs others.

use std::{
    collections::HashSet,
    fs,
    os::unix::fs::MetadataExt as _,
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::tempdir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket},
    process::Command,
    time::timeout,
};

use crate::overlay::{Account, Overlay, PATIENCE, command};

#[tokio::test]
async fn key_is_in_no_response_no_header_no_log_and_no_file() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let file = dir.path().join("overlay.json");
    let overlay = Overlay::start_with(&account, 0, Some(&file), |command| {
        command.env("RUST_LOG", "trace");
    })
    .await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    let stream = account.sim.start_stream("Harbour lights");
    account.sim.message(&stream, "ada", "hi");
    account.sim.follow("ada");
    page.next_of("alert").await;
    // Errors may say more than good answers.
    account.sim.fail_next(502);
    account.sim.break_next();
    while page.next_of("now").await["trouble"].is_null() {}
    page.next_of("now").await;
    let mut shown = page.heard.clone();
    for path in ["/", "/control", "/overlay.js", "/overlay.css", "/source.js", "/options.js", "/control.js", "/control.css", "/nothing"] {
        shown += &overlay.get(path).await;
    }
    shown += &overlay.ask_for_test("nonsense").await;
    shown += &overlay.ask_for_test("rant").await;
    let (status, said) = overlay.end_by("TERM").await;
    assert!(status.success());
    let saved = fs::read_to_string(&file).unwrap();
    for head in ["text/event-stream", "text/html"] {
        assert!(shown.contains(head), "heads are looked at too");
    }
    assert!(saved.contains("ada"));
    assert!(shown.to_lowercase().contains("content-security-policy"));
    assert!(said.contains("rumble_live"), "the log tells of polls");
    for text in [shown, said, saved] {
        assert!(!text.contains(account.key()));
    }
}

#[tokio::test]
async fn health_follows_the_account_and_metrics_are_such_as_prometheus_takes() {
    let account = Account::serve().await;
    account.sim.fail_next(502);
    let overlay = Overlay::start(&account).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    until(&overlay, "HTTP/1.1 200").await;
    let stream = account.sim.start_stream("Harbour lights");
    account.sim.follow("ada");
    account.sim.message(&stream, "ada", "hi");
    page.next_of("alert").await;

    let answer = overlay.get("/metrics").await;
    let (head, metrics) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/plain; version=0.0.4"), "{head}");
    for line in ["rumble_live_events_total{kind=\"follower\"} 1", "rumble_live_poll_failures_total{kind=\"server\"} 1"] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    assert!(metrics.contains("rumble_live_poll_duration_seconds_bucket"), "{metrics}");
    assert!(!metrics.contains("ada") && !metrics.contains(account.key()));
    let mut promtool = Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).await.unwrap();
    let checked = promtool.wait_with_output().await.unwrap();
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(checked.status.success() && said.is_empty(), "{said}");

    account.sim.fail_for(Duration::from_secs(3600), 502);
    until(&overlay, "HTTP/1.1 503").await;
    let answer = overlay.get("/healthz").await;
    assert!(answer.contains("the newest snapshot is "), "{answer}");
}

/// Waits until the health has this status.
async fn until(overlay: &Overlay, status: &str) {
    let asked = async { while !overlay.get("/healthz").await.starts_with(status) {} };
    timeout(PATIENCE, asked).await.unwrap();
}

#[tokio::test]
async fn page_opened_late_gets_the_state_and_only_new_alerts() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let mut early = overlay.open().await;
    early.account_is_reached().await;
    let stream = account.sim.start_stream("Harbour lights");
    for name in ["ada", "bea"] {
        account.sim.follow(name);
    }
    account.sim.message(&stream, "ada", "hi");
    assert_eq!(early.next_alerts(2).await, ["ada", "bea"]);
    while early.next_of("now").await["viewers"].is_null() {}
    account.sim.message(&stream, "ada", "still here");
    while early.next_of("line").await["text"] != "still here" {}

    let mut late = overlay.open().await;
    let snapshot = late.next_of("snapshot").await;
    assert_eq!(snapshot["now"]["followers"], 2);
    assert!(snapshot["now"]["viewers"].is_u64());
    assert_eq!(snapshot["lines"].as_array().unwrap().len(), 2);
    account.sim.follow("cy");
    assert_eq!(late.next_alerts(1).await, ["cy"]);
    assert_eq!(early.next_alerts(1).await, ["cy"]);
}

#[tokio::test]
async fn deleted_and_muted_lines_are_taken_out() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    let stream = account.sim.start_stream("Harbour lights");
    account.sim.message(&stream, "ada", "hi");
    account.sim.message(&stream, "spam", "buy followers");
    account.sim.message(&stream, "ada", "buy my book");
    let mut ids = Vec::new();
    while ids.len() < 3 {
        ids.push(page.next_of("line").await["id"].clone());
    }
    account.sim.delete_message(&stream, "ada", "buy my book");
    assert_eq!(page.next_of("gone").await, Value::from(vec![ids[2].clone()]));
    account.sim.mute(&stream, "spam");
    assert_eq!(page.next_of("gone").await, Value::from(vec![ids[1].clone()]));
    let snapshot = overlay.open().await.next_of("snapshot").await;
    let left: Vec<&Value> = snapshot["lines"].as_array().unwrap().iter().map(|line| &line["text"]).collect();
    assert_eq!(left, ["hi"]);
}

#[tokio::test]
async fn page_that_comes_back_gets_what_it_missed_and_one_of_another_run_does_not() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    account.sim.follow("ada");
    assert_eq!(page.next_alerts(1).await, ["ada"]);
    let last = page.last_event_id.clone();
    drop(page);
    let mut other = overlay.open().await;
    account.sim.follow("bea");
    assert_eq!(other.next_alerts(1).await, ["bea"]);
    let mut back = overlay.reopen(&last).await;
    assert_eq!(back.next_alerts(1).await, ["bea"]);

    let port = overlay.address.port();
    overlay.kill().await;
    let overlay = Overlay::start_with(&account, port, None, |_| {}).await;
    let mut back = overlay.reopen(&last).await;
    back.account_is_reached().await;
    account.sim.follow("cy");
    assert_eq!(back.next_alerts(1).await, ["cy"]);
}

#[tokio::test]
async fn only_names_of_this_machine_are_answered() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let port = overlay.address.port();
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "obs.localhost"] {
        let answer = overlay.ask(&["GET / HTTP/1.1", &format!("Host: {host}:{port}")]).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.5", "evil.example@127.0.0.1", ""] {
        for request in ["GET / HTTP/1.1", "GET /events HTTP/1.1", "POST /test?kind=rant HTTP/1.1"] {
            let answer = overlay.ask(&[request, &format!("Host: {host}:{port}"), &format!("Origin: http://{host}:{port}")]).await;
            assert!(answer.starts_with("HTTP/1.1 4"), "{host}: {answer}");
        }
    }
    let answer = overlay.ask(&["GET / HTTP/1.1", "Host: localhost", "Host: evil.example"]).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn test_alert_is_shown_once_kept_nowhere_and_refused_to_others() {
    let account = Account::serve().await;
    let overlay = Overlay::start(&account).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    let host = format!("Host: {}", overlay.address);
    let post = "POST /test?kind=rant HTTP/1.1";
    for origin in ["http://evil.example", "null", "https://127.0.0.1", "http://localhost:1", "http://127.0.0.1"] {
        let answer = overlay.ask(&[post, &host, &format!("Origin: {origin}")]).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{origin}: {answer}");
    }
    assert!(overlay.ask(&[post, &host]).await.starts_with("HTTP/1.1 403"));
    assert!(overlay.get("/test?kind=rant").await.starts_with("HTTP/1.1 405"));
    assert!(overlay.ask_for_test("rents").await.starts_with("HTTP/1.1 400"));
    let before = page.last_event_id.clone();
    assert!(overlay.ask_for_test("rant&cents=5000").await.starts_with("HTTP/1.1 204"));
    let alert = page.next_of("alert").await;
    assert_eq!((&alert["kind"], &alert["cents"]), (&"rant".into(), &5000.into()));
    // The next alert is real. There was one test alert, and a page that comes back does not get it.
    account.sim.follow("ada");
    assert_eq!(page.next_alerts(1).await, ["ada"]);
    assert_eq!(overlay.reopen(&before).await.next_alerts(1).await, ["ada"]);
    assert_eq!(account.sim.history().len(), 1, "the account knows of no test");
}

#[tokio::test]
async fn forty_pages_half_of_which_never_read_hold_up_nothing() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let overlay = Overlay::start_with(&account, 0, Some(&dir.path().join("overlay.json")), |_| {}).await;
    let mut readers = Vec::new();
    let mut silent = Vec::new();
    for _ in 0..20 {
        let mut reader = overlay.open().await;
        reader.account_is_reached().await;
        readers.push(reader);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(overlay.address).await.unwrap();
        stream.write_all(format!("GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", overlay.address).as_bytes()).await.unwrap();
        silent.push(stream);
    }
    let stream = account.sim.start_stream("Harbour lights");
    account.sim.follow("first");
    assert_eq!(readers[0].next_alerts(1).await, ["first"]);
    let before = memory(overlay.pid());

    // Far more than fits into the sockets of the pages that do not read.
    let text = "ż".repeat(400);
    for round in 0..40 {
        for line in 0..50 {
            account.sim.message(&stream, "ada", &format!("{round}/{line} {text}"));
        }
        account.sim.rant(&stream, "ada", &format!("{round}"), 500);
        let last = round.to_string();
        while readers[0].next_of("alert").await["text"] != last {}
    }
    for reader in &mut readers[1..] {
        assert_eq!(reader.next_alerts(1).await, ["first"]);
        for round in 0..40 {
            assert_eq!(reader.next_of("alert").await["text"], round.to_string());
        }
    }
    let grown = memory(overlay.pid()).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB more");
    assert!(overlay.get("/").await.starts_with("HTTP/1.1 200"));
    assert_eq!(overlay.open().await.next_of("snapshot").await["lines"].as_array().unwrap().len(), 30);

    // They were connected all the time. Each gets what fitted into its connection, which is far less than was sent.
    for stream in &mut silent {
        let mut kept = [0; 4096];
        timeout(PATIENCE, stream.read_exact(&mut kept)).await.unwrap().unwrap();
        assert!(kept.starts_with(b"HTTP/1.1 200"));
    }
}

/// The resident memory of a process, in KiB.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn chat_alone_is_saved_at_most_once_a_second() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let file = dir.path().join("overlay.json");
    let overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    let stream = account.sim.start_stream("Harbour lights");
    account.sim.follow("ada");
    page.next_of("alert").await;
    let start = Instant::now();
    let mut files = HashSet::new();
    for line in 0..300 {
        let line = line.to_string();
        account.sim.message(&stream, "ada", &line);
        while page.next_of("line").await["text"] != line {}
        // Each save makes a new file.
        files.insert(fs::metadata(&file).map(|file| (file.ino(), file.mtime(), file.mtime_nsec())).unwrap());
    }
    let seconds = usize::try_from(start.elapsed().as_secs()).unwrap();
    assert!(files.len() <= seconds + 3, "{} saves in {seconds} seconds", files.len());
}

#[tokio::test]
async fn end_by_signal_saves_the_last_line_of_chat() {
    for signal in ["INT", "TERM"] {
        let account = Account::serve().await;
        let dir = tempdir().unwrap();
        let file = dir.path().join("overlay.json");
        let overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
        let mut page = overlay.open().await;
        page.account_is_reached().await;
        let stream = account.sim.start_stream("Harbour lights");
        account.sim.message(&stream, "ada", "the last line");
        page.next_of("line").await;
        let (status, said) = overlay.end_by(signal).await;
        assert!(status.success() && said.is_empty(), "{status}: {said}");
        assert!(fs::read_to_string(&file).unwrap().contains("the last line"));
        let names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let others: Vec<_> = names.iter().filter(|name| *name != "overlay.json").collect();
        assert_eq!(others, ["overlay.json.lock"], "nothing else is left there");
    }
}

#[tokio::test]
async fn errors_name_what_to_change() {
    let dir = tempdir().unwrap();
    let damaged = dir.path().join("damaged.json");
    fs::write(&damaged, "{}").unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let account = Account::serve().await;
    let used = dir.path().join("used.json");
    let _running = Overlay::start_with(&account, 0, Some(&used), |_| {}).await;
    let used = used.to_str().unwrap();
    let nowhere = dir.path().join("nowhere/overlay.json");
    let (damaged, nowhere) = (damaged.to_str().unwrap(), nowhere.to_str().unwrap());
    for (url, arguments, expected) in [
        (account.url.as_str(), &["--port", &port][..], format!("--port {port}")),
        (&account.url, &["--port", "0", "--checkpoint", damaged], format!("--checkpoint {damaged}")),
        (&account.url, &["--port", "0", "--checkpoint", nowhere], format!("{nowhere}.lock: cannot be opened")),
        (&account.url, &["--port", "0", "--goal", "0"], "--goal".into()),
        (&account.url, &["--port", "0", "--checkpoint", used], format!("{used}: another program uses this file")),
        ("nonsense", &["--port", "0"], "RUMBLE_API_URL".into()),
        (&format!("{}x", account.url), &["--port", "0"], "RUMBLE_API_URL".into()),
    ] {
        let output = timeout(PATIENCE, command(url).args(arguments).output()).await.expect("it ends").unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(&expected) && !said.contains(account.key()), "{said}");
    }
}
