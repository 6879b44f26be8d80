//! The key, the broadcaster's secrets and the bodies: nothing shows any of them.

use std::{
    error::Error as StdError,
    fmt::Debug,
    io::{self, Write},
    sync::{Mutex, OnceLock},
    time::Duration,
};

use futures::future::join_all;
use rumble_live::{Client, Error, Event, Request, Snapshot, sim::Sim};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::server::{CANARY, ENVELOPE, KEY, Reply, SERVER_URL, STREAM_KEY, Server, closed_port, event, hasty, snapshot, within};

const SECRETS: [&str; 4] = [KEY, STREAM_KEY, SERVER_URL, CANARY];

/// Of a session: its password, and what stands beside its token and its hashes wherever they are sent.
const OF_A_SESSION: [&str; 5] = ["open-sesame-7f3a", "u_s=", "legacy_password=", "271828", OF_UPLOADS];

/// How the simulator's tokens for uploads begin.
const OF_UPLOADS: &str = "SIMULATED";

#[track_caller]
fn assert_clean(text: &str, whose: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{whose}: {text}");
    }
}

/// Checks a value as `{:?}` and `{:#?}`.
#[track_caller]
fn assert_debug_is_clean(value: &impl Debug, whose: &str) {
    assert_clean(&format!("{value:?} {value:#?}"), whose);
}

/// Checks an error and all that is behind it.
#[track_caller]
fn assert_error_is_clean(error: &Error, whose: &str) {
    let mut next = Some(error as &dyn StdError);
    while let Some(error) = next {
        assert_clean(&format!("{error} {error:?} {error:#?}"), whose);
        next = error.source();
    }
}

#[track_caller]
fn assert_event_is_clean(event: &Event, whose: &str) {
    assert_clean(&format!("{event} {event:?} {}", serde_json::to_string(event).unwrap()), whose);
}

#[track_caller]
fn assert_requests_are_clean(server: &Server, whose: &str) {
    for head in server.seen().heads {
        let head = head.to_ascii_lowercase();
        assert!(!head.contains("\r\nreferer:"), "{whose}: {head}");
        assert!(head.contains(concat!("\r\nuser-agent: rumble-live/", env!("CARGO_PKG_VERSION"), "\r\n")), "{whose}: {head}");
        assert!(head.starts_with("get /-livestream-api/get-data?key=secretkey-7f3a http/1.1\r\n"), "{whose}: {head}");
    }
}

/// What the logs of this process said so far, of this crate and all below it.
#[derive(Default)]
struct Logs {
    /// How many lines came from where.
    lines: usize,
    of_hyper: usize,
    of_reqwest: usize,
    /// Lines that hold the key or a broadcaster's secret.
    leaks: Vec<String>,
}

static LOGS: Mutex<Logs> = Mutex::new(Logs { lines: 0, of_hyper: 0, of_reqwest: 0, leaks: Vec::new() });

struct Sieve;

impl Write for Sieve {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let mut logs = LOGS.lock().unwrap();
        logs.lines += 1;
        logs.of_hyper += usize::from(text.contains("hyper"));
        logs.of_reqwest += usize::from(text.contains("reqwest"));
        if [KEY, STREAM_KEY, SERVER_URL].iter().chain(&OF_A_SESSION).any(|secret| text.contains(secret)) {
            logs.leaks.push(text.into_owned());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Sieve {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Reads all logs of the process from now on, in their finest form, `log` and `tracing` alike.
pub(crate) fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let all = tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::TRACE);
        all.with_span_events(FmtSpan::FULL).with_writer(Sieve).init();
    });
}

#[cfg(feature = "http")]
#[tokio::test]
async fn no_fault_shows_a_secret_in_an_event_an_error_or_a_log() {
    listen();
    let checks = crate::watch::faults::all().into_iter().map(async |fault| {
        let name = fault.name;
        let good = Reply::json(snapshot(&["ada"]));
        let server = Server::start([fault.reply.clone(), fault.reply.clone(), good]).await;
        let client = fault.client(&server);
        let error = within(client.snapshot()).await.unwrap_err();
        assert_error_is_clean(&error, name);
        assert_error_is_clean(&error.clone(), name);
        let mut watcher = hasty(&client);
        let mut kinds = Vec::new();
        // A busy machine may make one more interruption of a short time limit.
        while kinds.last() != Some(&"ready") {
            let event = event(&mut watcher).await;
            kinds.push(event.kind());
            assert_event_is_clean(&event, name);
            assert_debug_is_clean(&watcher, name);
        }
        assert_eq!((kinds[0], kinds[kinds.len() - 2]), ("interrupted", "resumed"), "{name}");
        assert_debug_is_clean(&client, name);
        assert_debug_is_clean(watcher.snapshot().unwrap(), name);
        assert_requests_are_clean(&server, name);
    });
    join_all(checks).await;
    let logs = LOGS.lock().unwrap();
    assert!(logs.leaks.is_empty(), "{:?}", logs.leaks);
    assert!(
        logs.of_hyper > 100 && logs.of_reqwest > 10,
        "{} lines, {} of hyper, {} of reqwest",
        logs.lines,
        logs.of_hyper,
        logs.of_reqwest
    );
}

#[cfg(feature = "http")]
#[tokio::test]
async fn no_connection_is_told_without_the_url() {
    listen();
    let (_socket, url) = closed_port();
    let nowhere = format!("http://does-not-exist.invalid/-livestream-api/get-data?key={KEY}");
    for url in [url, nowhere] {
        let error = within(Client::builder(url).allow_plain_http().build().unwrap().snapshot()).await.unwrap_err();
        assert_error_is_clean(&error, "no connection");
        assert!(error.source().is_some(), "the cause is told");
    }
    assert!(LOGS.lock().unwrap().leaks.is_empty());
}

#[cfg(feature = "http")]
#[tokio::test]
async fn refusal_is_told_without_the_words_of_the_server() {
    for reply in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"] {
        let server = Server::start([Reply::http(reply, ENVELOPE)]).await;
        let mut watcher = hasty(&Client::new(server.url()).unwrap());
        let error = within(watcher.next()).await.unwrap().unwrap_err();
        assert_error_is_clean(&error, reply);
        assert_debug_is_clean(&watcher, reply);
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn debug_of_no_public_type_shows_a_secret() {
    let server = Server::start([Reply::json(snapshot(&["ada"]))]).await;
    let pool = rumble_live::Pool::new();
    let builder = || Client::builder(server.url()).pool(&pool);
    let client = builder().build().unwrap();
    assert_debug_is_clean(&builder(), "ClientBuilder");
    assert_debug_is_clean(&client.watch_builder(), "WatcherBuilder");
    assert_debug_is_clean(&client.watch(), "Watcher");
    assert_debug_is_clean(&client.watch().into_rants(), "Typed");
    let snapshot = within(client.snapshot()).await.unwrap();
    assert_debug_is_clean(&snapshot, "Snapshot");
    assert_clean(&serde_json::to_string(&snapshot).unwrap(), "Snapshot's JSON");
    assert_debug_is_clean(&client, "Client");
    assert_debug_is_clean(&pool, "Pool");
}

#[cfg(feature = "http")]
#[tokio::test]
async fn chat_of_a_client_shows_no_key_and_takes_none_along() {
    listen();
    let begun = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"type\":\"init\",\"data\":{}}\n\n";
    let faults = [Reply::http("403 Forbidden", crate::server::PAGE), Reply::nothing().then_reset()];
    let server = Server::start(faults.into_iter().chain([Reply::raw(begun).then_close(), Reply::http("403 Forbidden", ENVELOPE)])).await;
    let client = Client::new(server.url()).unwrap();
    assert_debug_is_clean(&client.chat_builder("7c1f4q"), "ChatBuilder");
    let mut chat = client.chat("7c1f4q");
    let error = loop {
        match within(chat.next()).await.unwrap() {
            Ok(event) => assert_clean(&format!("{event} {event:?} {}", serde_json::to_string(&event).unwrap()), "ChatEvent"),
            Err(error) => break error,
        }
        assert_debug_is_clean(&chat, "Chat");
    };
    assert_error_is_clean(&error, "the refusal");
    for head in server.seen().heads {
        assert!(head.starts_with("GET /chat/api/chat/443484890/stream HTTP/1.1\r\n"), "{head}");
        let head = head.to_ascii_lowercase();
        assert!(!head.contains(&KEY.to_ascii_lowercase()) && !head.contains("\r\nreferer:") && !head.contains("\r\ncookie:"), "{head}");
    }
    assert!(LOGS.lock().unwrap().leaks.is_empty());
}

/// Checks that the key goes along with polls, and with nothing else.
struct KeyOnlyForPolls(Sim);

impl rumble_live::Transport for KeyOnlyForPolls {
    fn send(&self, request: Request) -> rumble_live::BoxFuture<'_, Result<rumble_live::Response, Error>> {
        let url = request.url.expose();
        assert_eq!(url.contains(KEY), !url.contains("/chat/api/"), "{url}");
        assert_debug_is_clean(&request, "Request");
        self.0.send(request)
    }
}

#[tokio::test(start_paused = true)]
async fn watcher_with_live_chat_shows_no_key_and_takes_none_to_the_chat() {
    listen();
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    let url = format!("http://127.0.0.1/-livestream-api/get-data?key={KEY}");
    let client = Client::builder(url).transport(KeyOnlyForPolls(sim.clone())).build().unwrap();
    let mut watcher = client.watch_builder().live_chat(true).build();
    let mut told = 0;
    for number in 0..200 {
        match number % 20 {
            4 => sim.cut_chat(100),
            8 => sim.fail_chat_next([204, 302, 403, 502][number / 20 % 4]),
            12 => sim.freeze_chat(),
            16 => sim.fail_next(500),
            _ => sim.message(&stream, "ada", &format!("line {number}")),
        }
        while let Ok(event) = tokio::time::timeout(Duration::from_secs(2), watcher.next()).await {
            assert_event_is_clean(&event.unwrap().unwrap(), "live chat");
            told += 1;
        }
        assert_debug_is_clean(&watcher, "Watcher");
    }
    // Lines that only polls show are held for a while.
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(60), watcher.next()).await {
        assert_event_is_clean(&event.unwrap().unwrap(), "live chat");
        told += 1;
    }
    assert!(told > 160 && sim.chat_requests() > 5, "{told} events, {} requests for the chat", sim.chat_requests());
    assert_clean(&watcher.checkpoint().unwrap().to_json(), "Checkpoint");
    assert!(LOGS.lock().unwrap().leaks.is_empty());
}

/// Checks what a transport is given.
struct Nosy(Sim);

impl rumble_live::Transport for Nosy {
    fn send(&self, request: Request) -> rumble_live::BoxFuture<'_, Result<rumble_live::Response, Error>> {
        assert_debug_is_clean(&request, "Request");
        assert_debug_is_clean(&request.url, "SecretUrl");
        assert!(request.url.expose().ends_with(KEY));
        self.0.send(request)
    }
}

#[tokio::test]
async fn request_shows_its_url_only_when_asked_to() {
    let url = format!("https://rumble.com/-livestream-api/get-data?key={KEY}");
    let client = Client::builder(url).transport(Nosy(Sim::new(1))).build().unwrap();
    client.snapshot().await.unwrap();
}

#[cfg(feature = "http")]
#[test]
fn setting_that_cannot_work_is_told_without_an_echo() {
    let urls = [KEY, "https://SECRETKEY-7f3a@rumble.com/", "ftp://rumble.com/?key=SECRETKEY-7f3a", "http://rumble.com/?key=SECRETKEY-7f3a"];
    for url in urls {
        assert_debug_is_clean(&Client::builder(url), "ClientBuilder");
        assert_error_is_clean(&Client::new(url).unwrap_err(), "url");
    }
    let url = format!("https://rumble.com/?key={KEY}");
    assert_error_is_clean(&Client::builder(url).user_agent(format!("{CANARY}\n")).build().unwrap_err(), "user agent");
}

#[test]
fn snapshot_of_a_recording_shows_no_secret() {
    let recorded = Snapshot::from_json(snapshot(&["ada"]).as_bytes()).unwrap();
    assert_debug_is_clean(&recorded, "Snapshot");
    for cut in 0..snapshot(&["ada"]).len() {
        assert_error_is_clean(&Snapshot::from_json(&snapshot(&["ada"]).as_bytes()[..cut]).unwrap_err(), "cut");
    }
}

#[cfg(feature = "http")]
#[tokio::test]
async fn user_agent_can_be_set() {
    let server = Server::start([Reply::json(snapshot(&[]))]).await;
    within(Client::builder(server.url()).user_agent("harborlight-bot/1.0").build().unwrap().snapshot()).await.unwrap();
    assert!(server.seen().heads[0].to_ascii_lowercase().contains("\r\nuser-agent: harborlight-bot/1.0\r\n"));
}

#[cfg(feature = "http")]
#[tokio::test]
async fn no_login_nor_request_of_a_session_shows_its_secrets() {
    use rumble_live::{
        Endpoints,
        session::{CodeBy, Login, Session},
        sim::Loss,
    };

    listen();
    let [password, _, _, code, _] = OF_A_SESSION;
    let sim = Sim::running(1);
    let stream = sim.start_stream("Harbour lights");
    sim.set_password("captain", password);
    sim.set_code("captain", code);
    let server = sim.serve().await.unwrap();
    let builder = || Session::builder().endpoints(Endpoints::at(server.url()).unwrap());
    let mut texts = vec![format!("{:?}", builder())];
    let wrong = builder().log_in("captain", "wrong").await.unwrap_err();
    assert_error_is_clean(&wrong, "wrong password");
    let login = builder().log_in("captain", password).await.unwrap();
    texts.push(format!("{login:?}"));
    let Login::SecondFactor(second) = login else { panic!("no code was wanted") };
    second.request_code(CodeBy::Email).await.unwrap();
    texts.push(format!("{:?}", second.verify("wrong").await.unwrap_err()));
    let session = second.verify(code).await.unwrap();
    let chat = session.chat(&stream).unwrap();
    for loss in [Loss::Before, Loss::Within(3), Loss::After] {
        sim.lose_session_answer_next(loss);
        texts.push(format!("{:?}", chat.send("ahoy").await.unwrap_err()));
    }
    for status in [302, 403, 500] {
        sim.fail_session_next(status);
        texts.push(format!("{:?}", session.who().await.unwrap_err()));
    }
    sim.renew_session("captain");
    session.who().await.unwrap();
    texts.push(format!("{session:?} {chat:?} {:?}", session.token()));
    sim.end_sessions("captain");
    let requests = sim.session_requests();
    texts.push(format!("{:?}", session.muted().await.unwrap_err()));
    // The redirect to the login was not followed.
    assert_eq!(sim.session_requests(), requests + 1);
    for text in texts {
        for secret in OF_A_SESSION.iter().copied().chain([session.token().expose()]) {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let logs = LOGS.lock().unwrap();
    assert!(logs.leaks.is_empty(), "{:?}", logs.leaks);
    assert!(logs.of_hyper > 10, "{} lines", logs.lines);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn no_upload_shows_the_session_nor_its_token() {
    use rumble_live::{
        Endpoints,
        session::Session,
        sim::Loss,
        upload::{Licence, SimpleUpload, Step},
    };

    listen();
    let sim = Sim::running(1);
    let server = sim.serve().await.unwrap();
    let endpoints = Endpoints::at(server.url()).unwrap();
    let session = Session::builder().endpoints(endpoints.clone()).build(sim.session("captain")).unwrap();
    let token = sim.upload_token("captain");
    let uploads = SimpleUpload::new(token.clone()).endpoints(endpoints);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.mp4");
    std::fs::write(&path, vec![7; 100_000]).unwrap();
    let mut texts = vec![format!("{uploads:?} {token:?}")];
    let faults: [&dyn Fn(Step); 5] = [
        &|step| sim.fail_upload_next(step, 403),
        &|step| sim.fail_upload_next(step, 302),
        &|step| sim.fail_upload_next(step, 404),
        &|step| {
            // Each way of uploading knows its own credential.
            let words = if step == Step::Whole { format!("for {}", token.expose()) } else { format!("for {}", session.token().expose()) };
            sim.answer_upload_next(step, rumble_live::Response::ok(format!("<script>uf.response.setErrors({{a:\"{words}\"}})</script>")));
        },
        &|step| sim.lose_upload_answer_next(step, Loss::After),
    ];
    for (fault, step) in
        faults.iter().flat_map(|fault| [Step::Chunks, Step::Merge, Step::Thumbnail, Step::Publish].map(|step| (fault, step)))
    {
        fault(step);
        let builder = session.upload(&path).title("Night").category(15).licence(Licence::RumbleOnly).accept_terms();
        texts.push(format!("{builder:?}"));
        let mut upload = builder.start().await.unwrap();
        texts.push(format!("{upload:?} {:?}", upload.next().await));
        texts.extend(upload.finish().await.err().map(|error| format!("{error:?} {error:#}")));
    }
    for fault in faults {
        fault(Step::Whole);
        let builder = uploads.upload(&path).title("Night").licence(Licence::RumbleOnly);
        texts.push(format!("{builder:?}"));
        texts.extend(builder.start().await.unwrap().finish().await.err().map(|error| format!("{error:?} {error:#}")));
    }
    assert!(texts.len() > 40, "{}", texts.len());
    for text in texts {
        for secret in ["u_s=", OF_UPLOADS, session.token().expose(), token.expose()] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(LOGS.lock().unwrap().leaks.is_empty());
}
