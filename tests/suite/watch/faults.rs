//! What goes wrong on the way, over real sockets: each fault is an event, and the watcher goes on.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use rumble_live::{Client, ErrorKind, Event};
use tokio::net::TcpListener;

use crate::server::{CANARY, ENVELOPE, PAGE, Reply, Server, brief, briefs, closed_port, event, gzip, hasty, snapshot, snapshot_at, within};

/// The time limit where it is to run out.
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);
const CAP: usize = 4 * 1024 * 1024;

/// A reply that is no snapshot, and what becomes of it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) reply: Reply,
    kind: ErrorKind,
    /// What the text says among other things.
    text: &'static str,
}

impl Fault {
    /// A client whose time limit fits the fault.
    pub(crate) fn client(&self, server: &Server) -> Client {
        client(server, if self.kind == ErrorKind::Timeout { SHORT } else { LONG })
    }
}

fn client(server: &Server, timeout: Duration) -> Client {
    Client::builder(server.url()).timeout(timeout).build().unwrap()
}

/// Defines the table of faults and, for each row, the test that watchers survive it.
macro_rules! faults {
    ($($name:ident: $reply:expr => $kind:ident, $text:expr;)*) => {
        pub(crate) fn all() -> Vec<Fault> {
            vec![$(Fault { name: stringify!($name), reply: $reply, kind: ErrorKind::$kind, text: $text }),*]
        }

        mod passes {
            use super::*;

            $(#[tokio::test]
            async fn $name() {
                passes(&Fault { name: stringify!($name), reply: $reply, kind: ErrorKind::$kind, text: $text }).await;
            })*
        }
    };
}

faults! {
    connection_closed_before_headers: Reply::nothing().then_close() => Transport, "broke";
    connection_reset_before_headers: Reply::nothing().then_reset() => Transport, "broke";
    connection_reset_within_headers: Reply::raw("HTTP/1.1 200 OK\r\nX-Note: CANARY-51c9").then_reset() => Transport, "broke";
    connection_reset_within_body: Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"now\": \"CANARY-51c9").then_reset() => Transport, "broke";
    answer_that_is_not_http: Reply::raw("SSH-2.0-CANARY-51c9\r\n\r\n").then_close() => Transport, "broke";
    hang_before_headers: Reply::nothing().then_hang() => Timeout, "300ms";
    hang_within_headers: Reply::raw("HTTP/1.1 200 OK\r\nX-Note: CANARY-51c9").then_hang() => Timeout, "300ms";
    hang_within_body: Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{\"now\": \"CANARY-51c9").then_hang() => Timeout, "300ms";
    hang_within_body_of_an_error: Reply::raw("HTTP/1.1 502 Bad\r\nContent-Length: 999\r\n\r\n<p>CANARY-51c9").then_hang() => Server, "502";
    headers_that_drip_for_ever: Reply::raw("HTTP/1.1 200 OK\r\nX-Note: ").then_drip([b'a'; 500], 1, Duration::from_millis(20)).then_hang() => Timeout, "300ms";
    body_that_drips_for_ever: Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n").then_drip([b'['; 500], 1, Duration::from_millis(20)) => Timeout, "300ms";
    body_shorter_than_its_length: Reply::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{}", snapshot(&[]))).then_close() => Transport, "broke";
    chunked_body_cut_off: Reply::raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"n\r\n").then_close() => Transport, "broke";
    close_delimited_body_cut_short: Reply::raw("HTTP/1.0 200 OK\r\n\r\n{\"now\": \"CANARY-51c9").then_close() => Decode, "cut short";
    empty_body: Reply::json("") => Decode, "empty";
    no_content: Reply::raw("HTTP/1.1 204 No Content\r\n\r\n") => Decode, "empty";
    bad_request_page: Reply::http("400 Bad Request", PAGE) => Status, "400";
    unauthorized_page: Reply::http("401 Unauthorized", PAGE) => Status, "401";
    challenge_page: Reply::http("403 Forbidden\r\nContent-Type: text/html\r\nServer: cloudflare", PAGE) => Status, "challenge";
    maintenance_page: Reply::http("404 Not Found\r\nContent-Type: text/html", PAGE) => Status, "404";
    gone_page: Reply::http("410 Gone", PAGE) => Status, "410";
    snapshot_with_403: Reply::http("403 Forbidden", snapshot(&[])) => Status, "403";
    envelope_without_errors: Reply::http("403 Forbidden", r#"{"errors": []}"#) => Status, "403";
    envelope_with_a_status_of_no_refusal: Reply::http("418 I'm a teapot", ENVELOPE) => Status, "418";
    too_many_requests: Reply::http("429 Too Many Requests", ENVELOPE) => RateLimited, "429";
    too_many_requests_until_nonsense: Reply::http("429 Too Many Requests\r\nRetry-After: CANARY-51c9", PAGE) => RateLimited, "429";
    internal_server_error: Reply::http("500 Internal Server Error", PAGE) => Server, "500";
    bad_gateway: Reply::http("502 Bad Gateway", PAGE) => Server, "502";
    service_unavailable: Reply::http("503 Service Unavailable", PAGE) => Server, "503";
    envelope_with_500: Reply::http("500 Internal Server Error", ENVELOPE) => Server, "500";
    error_whose_body_breaks: Reply::raw("HTTP/1.1 500 Oops\r\nContent-Length: 999\r\n\r\n<p>CANARY-51c9").then_close() => Server, "500";
    html_with_200: Reply::http("200 OK\r\nContent-Type: text/html", PAGE) => Decode, "is this the API URL";
    html_sent_as_json: Reply::json(PAGE) => Decode, "is this the API URL";
    null: Reply::json("null") => Decode, "not a snapshot";
    empty_list: Reply::json("[]") => Decode, "not a snapshot";
    empty_object: Reply::json("{}") => Decode, "`now`";
    string: Reply::json(format!("\"{CANARY}\"")) => Decode, "not a snapshot";
    number: Reply::json("51") => Decode, "not a snapshot";
    plain_text: Reply::json(CANARY) => Decode, "not a snapshot";
    envelope_with_200: Reply::json(ENVELOPE) => Decode, "not a snapshot";
    snapshot_of_nobody: Reply::json(format!(r#"{{"now": 1767322800, "username": "{CANARY}"}}"#)) => Decode, "`user_id`";
    snapshot_beyond_time: Reply::json(r#"{"now": 99999999999999999999999999, "user_id": "4f2kx9"}"#) => Decode, "`now`";
    nested_lists_without_end: Reply::json("[".repeat(100_000)) => Decode, "the answer";
    nested_objects_without_end: Reply::json(r#"{"livestreams":"#.repeat(100_000)) => Decode, "the answer";
    gzip_unannounced: Reply::json(gzip(snapshot(&[]))) => Decode, "not a snapshot";
    gzip_corrupt: Reply::gzip(corrupt(gzip(snapshot(&[])))) => Transport, "broke";
    gzip_cut_short: Reply::gzip(&gzip(snapshot(&[]))[..100]) => Transport, "broke";
    gzip_announced_for_plain_text: Reply::gzip(snapshot(&[])) => Transport, "broke";
    body_over_the_cap: Reply::json(vec![b' '; CAP + 1]) => TooLarge, "4194304";
    body_over_the_cap_and_without_length: Reply::raw([b"HTTP/1.0 200 OK\r\n\r\n".to_vec(), vec![b' '; CAP + 1]].concat()).then_close() => TooLarge, "4194304";
    gzip_bomb: Reply::gzip(bomb()) => TooLarge, "4194304";
    gzip_bomb_with_500: Reply::http("500 Oops\r\nContent-Encoding: gzip", bomb()) => Server, "500";
    moved_permanently_here: Reply::http("301 Moved Permanently\r\nLocation: /CANARY-51c9", PAGE) => Redirect, "301";
    found_elsewhere: Reply::http("302 Found\r\nLocation: http://127.0.0.2:1/CANARY-51c9", PAGE) => Redirect, "302";
    temporary_redirect_to_itself: Reply::http("307 Temporary Redirect\r\nLocation: ?", PAGE) => Redirect, "307";
    redirect_to_nowhere: Reply::http("308 Permanent Redirect", PAGE) => Redirect, "308";
    not_modified: Reply::raw("HTTP/1.1 304 Not Modified\r\n\r\n") => Status, "304";
}

/// The checksum of the last block is wrong.
fn corrupt(mut gzip: Vec<u8>) -> Vec<u8> {
    let last = gzip.len() - 5;
    gzip[last] ^= 0xff;
    gzip
}

/// 200 MiB of zeros in 200 KiB: one after the other, the second repeated.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let mut zeros = || {
        let start = encoder.get_ref().len();
        encoder.write_all(&vec![0; 1024 * 1024]).unwrap();
        encoder.flush().unwrap();
        encoder.get_ref()[start..].to_vec()
    };
    [zeros(), zeros().repeat(199)].concat()
}

/// Meets the fault at the first poll and later: one request for each poll, an event, the next poll goes well.
async fn passes(fault: &Fault) {
    let [first, later] = [snapshot(&[]), snapshot(&["ada"])].map(Reply::json);
    let server = Server::start([fault.reply.clone(), first, fault.reply.clone(), later]).await;
    let mut watcher = hasty(&fault.client(&server));
    for expected in [["resumed 1", "ready"], ["resumed 1", "ada"]] {
        let Event::Interrupted(interrupted) = event(&mut watcher).await else { panic!("no interruption") };
        assert_eq!((interrupted.kind, interrupted.failures), (fault.kind, 1), "{}", interrupted.message);
        assert!(interrupted.message.contains(fault.text), "{}", interrupted.message);
        assert_eq!(briefs(&mut watcher, 2).await, expected);
    }
    assert_eq!((server.requests(), watcher.polls()), (4, 4));
}

#[tokio::test]
async fn refused_connection_passes_once_somebody_listens() {
    let (socket, url) = closed_port();
    let mut watcher = hasty(&Client::new(url).unwrap());
    assert_eq!(briefs(&mut watcher, 3).await, ["connect 1", "connect 2", "connect 3"]);
    let server = Server::on(socket.listen(8).unwrap(), [Reply::json(snapshot(&[]))]);
    assert_eq!(briefs(&mut watcher, 2).await, ["resumed 3", "ready"]);
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn name_that_does_not_resolve_is_no_connection_and_told_in_time() {
    let client =
        Client::builder("http://does-not-exist.invalid/?key=k").allow_plain_http().connect_timeout(SHORT).timeout(LONG).build().unwrap();
    let error = within(client.snapshot()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn connection_that_nobody_accepts_is_given_up_in_time() {
    // The queue of a listener that accepts nobody takes a few; the ones after that get no answer.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::builder(format!("http://{}/", listener.local_addr().unwrap())).timeout(SHORT).build().unwrap();
    assert_eq!(within(client.snapshot()).await.unwrap_err().kind(), ErrorKind::Timeout);
}

/// Each of these is a snapshot, however it is sent.
async fn works(reply: Reply) {
    let server = Server::start([Reply::json(snapshot(&[])), reply, Reply::json(snapshot(&["ada", "bob"]))]).await;
    let mut watcher = hasty(&client(&server, LONG));
    assert_eq!(briefs(&mut watcher, 3).await, ["ready", "ada", "bob"]);
    assert_eq!((server.requests(), watcher.polls()), (3, 3));
}

/// A snapshot that shows Ada, with `text` for whatever else stands in it.
fn ada_and(text: impl AsRef<[u8]>) -> Vec<u8> {
    [br#"{"extra": "#, text.as_ref(), b", ", &snapshot(&["ada"]).as_bytes()[1..]].concat()
}

macro_rules! answers {
    ($($name:ident: $reply:expr;)*) => {
        mod works {
            use super::*;

            $(#[tokio::test]
            async fn $name() {
                works($reply).await;
            })*
        }
    };
}

answers! {
    wrong_content_type: Reply::http("200 OK\r\nContent-Type: text/html", ada_and("0"));
    no_content_type: Reply::http("200 OK", ada_and("0"));
    another_success_than_200: Reply::http("203 Non-Authoritative Information", ada_and("0"));
    byte_order_mark: Reply::json([b"\xef\xbb\xbf".to_vec(), ada_and("0")].concat());
    gzip_announced: Reply::gzip(gzip(ada_and("0")));
    chunks: Reply::raw([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &chunked(&ada_and("0"))[..]].concat());
    body_until_close: Reply::raw([b"HTTP/1.0 200 OK\r\n\r\n", &ada_and("0")[..]].concat()).then_close();
    http_1_0_with_length: Reply::raw([format!("HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", ada_and("0").len()).as_bytes(), &ada_and("0")[..]].concat()).then_close();
    drip_fast_enough: Reply::raw("HTTP/1.1 200 OK\r\n").then_drip(format!("Content-Length: {}\r\n\r\n", ada_and("0").len()), 10, Duration::from_millis(1)).then_drip(ada_and("0"), 100, Duration::from_millis(1));
    continue_before_the_answer: Reply::raw([format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", ada_and("0").len()).as_bytes(), &ada_and("0")[..]].concat());
    connection_closed_after_the_answer: Reply::json(ada_and("0")).then_close();
    bytes_that_are_no_utf8: Reply::json(ada_and(b"\"\xff and \xc3\""));
    lone_surrogates: Reply::json(ada_and(r#""\ud83d and \ude00""#));
    numbers_beyond_64_bits: Reply::json(ada_and("[18446744073709551616, -99999999999999999999999, 1e999, -1e999, 1e-999]"));
    body_just_under_the_cap: Reply::json([ada_and("0"), vec![b' '; CAP - ada_and("0").len()]].concat());
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
    [body.chunks(64).flat_map(chunk).collect(), b"0\r\n\r\n".to_vec()].concat()
}

#[tokio::test]
async fn nesting_beyond_all_measure_in_an_unknown_field_is_survived() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let server = Server::start([Reply::json(snapshot(&[])), Reply::json(ada_and(&deep)), Reply::json(snapshot(&["ada"]))]).await;
    let mut watcher = hasty(&client(&server, LONG));
    assert_eq!(briefs(&mut watcher, 1).await, ["ready"]);
    let after = event(&mut watcher).await;
    assert!(matches!(&after, Event::Follower(_)) || matches!(&after, Event::Interrupted(it) if it.kind == ErrorKind::Decode), "{after}");
}

#[tokio::test]
async fn connection_is_kept_between_polls() {
    let server = Server::start([Reply::json(snapshot(&[])), Reply::json(snapshot(&["ada"])), Reply::json(snapshot(&["ada", "bob"]))]).await;
    let mut watcher = hasty(&client(&server, LONG));
    assert_eq!(briefs(&mut watcher, 3).await, ["ready", "ada", "bob"]);
    assert_eq!((server.requests(), server.seen().connections), (3, 1));
}

#[tokio::test]
async fn connection_closed_between_polls_is_no_event() {
    let replies = [snapshot(&[]), snapshot(&["ada"]), snapshot(&["ada", "bob"])].map(|body| Reply::json(body).then_close());
    let server = Server::start(replies).await;
    let mut watcher = hasty(&client(&server, LONG));
    for (connection, expected) in (1..).zip(["ready", "ada", "bob"]) {
        assert_eq!(brief(&event(&mut watcher).await), expected);
        server.until(|seen| seen.closed == connection).await;
    }
    assert_eq!((server.requests(), server.seen().connections), (3, 3));
}

#[tokio::test]
async fn refusal_at_first_is_final() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"] {
        let server = Server::start([Reply::http(status, ENVELOPE), Reply::json(snapshot(&[]))]).await;
        let mut watcher = hasty(&client(&server, LONG));
        let error = within(watcher.next()).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized, "{status}");
        assert!(!error.is_transient() && error.to_string().contains("copy the whole API URL again"), "{status}: {error}");
        for _ in 0..3 {
            assert!(within(watcher.next()).await.is_none(), "{status}");
        }
        assert_eq!(server.requests(), 1, "{status}");
    }
}

#[tokio::test]
async fn refusal_is_final_at_first_even_where_no_answer_came_before() {
    let (socket, url) = closed_port();
    let mut watcher = hasty(&Client::new(url).unwrap());
    assert_eq!(briefs(&mut watcher, 2).await, ["connect 1", "connect 2"]);
    let _server = Server::on(socket.listen(8).unwrap(), [Reply::http("403 Forbidden", ENVELOPE)]);
    while let Ok(event) = within(watcher.next()).await.unwrap() {
        assert!(brief(&event).starts_with("connect"), "{event}");
    }
    assert!(within(watcher.next()).await.is_none());
}

#[tokio::test]
async fn refusal_later_passes() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"] {
        let refusal = || Reply::http(status, ENVELOPE);
        let [first, last] = [snapshot(&[]), snapshot(&["ada"])].map(Reply::json);
        let server = Server::start([first].into_iter().chain((0..9).map(|_| refusal())).chain([last])).await;
        let mut watcher = hasty(&client(&server, LONG));
        assert_eq!(briefs(&mut watcher, 1).await, ["ready"], "{status}");
        for count in 1..=9 {
            assert_eq!(briefs(&mut watcher, 1).await, [format!("unauthorized {count}")], "{status}");
        }
        assert_eq!(briefs(&mut watcher, 2).await, ["resumed 9", "ada"], "{status}");
    }
}

#[tokio::test]
async fn refusals_that_are_not_in_a_row_pass() {
    let refusal = || Reply::http("403 Forbidden", ENVELOPE);
    let failure = || Reply::http("500 Internal Server Error", PAGE);
    let well = |second| Reply::json(snapshot_at(second, &[]));
    let server = Server::start([
        failure(),
        refusal(),
        refusal(),
        failure(),
        refusal(),
        refusal(),
        well(0),
        refusal(),
        refusal(),
        Reply::json(snapshot(&["ada"])),
    ])
    .await;
    let mut watcher = hasty(&client(&server, LONG));
    let expected = [
        "server 1",
        "unauthorized 2",
        "unauthorized 3",
        "server 4",
        "unauthorized 5",
        "unauthorized 6",
        "resumed 6",
        "ready",
        "unauthorized 1",
        "unauthorized 2",
        "resumed 2",
        "ada",
    ];
    assert_eq!(briefs(&mut watcher, expected.len()).await, expected);
}

#[tokio::test]
async fn server_that_names_a_delay_is_given_it() {
    let date = "Date: Fri, 02 Jan 2026 03:04:05 GMT";
    for (header, seconds) in [
        ("Retry-After: 120", Some(120)),
        (&format!("Retry-After: Fri, 02 Jan 2026 03:05:05 GMT\r\n{date}"), Some(60)),
        (&format!("Retry-After: Fri, 02 Jan 2026 03:00:00 GMT\r\n{date}"), Some(0)),
        ("Retry-After: soon", None),
        ("Retry-After: \u{3}", None),
    ] {
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let server = Server::start([Reply::http(&format!("{status}\r\n{header}"), PAGE)]).await;
            let client = client(&server, LONG);
            let delay = seconds.map(Duration::from_secs);
            match within(client.snapshot()).await {
                Err(error) if error.kind() != ErrorKind::Transport => assert_eq!(error.retry_after(), delay, "{header}"),
                other => assert!(header.contains('\u{3}'), "{header}: {other:?}"),
            }
            let Event::Interrupted(interrupted) = event(&mut hasty(&client)).await else { panic!("{header}") };
            let asked = delay.unwrap_or_default();
            assert!((asked..asked + Duration::from_secs(1)).contains(&interrupted.retry_in), "{header}");
        }
    }
}

#[tokio::test]
async fn delay_is_known_even_where_the_body_behind_it_stalls() {
    let server =
        Server::start([Reply::raw("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 600\r\nContent-Length: 100\r\n\r\n{ ").then_hang()])
            .await;
    let error = within(client(&server, LONG).snapshot()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(600))));
}

#[tokio::test]
async fn redirect_is_followed_neither_here_nor_elsewhere() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let other = Server::start([Reply::json(snapshot(&[]))]).await;
        let server = Server::start([
            Reply::http(&format!("{status}\r\nLocation: {}", other.url()), ""),
            Reply::http(&format!("{status}\r\nLocation: /elsewhere"), ""),
        ])
        .await;
        let client = client(&server, LONG);
        for _ in 0..2 {
            assert_eq!(within(client.snapshot()).await.unwrap_err().kind(), ErrorKind::Redirect, "{status}");
        }
        assert_eq!((server.requests(), other.seen().connections), (2, 0), "{status}");
    }
}

/// In a process of its own, for the peak is that of all tests in it.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_bounded_under_a_gzip_bomb() {
    let alone = ["--exact", "watch::faults::peak_of_memory_under_a_gzip_bomb", "--ignored"];
    let output = std::process::Command::new(std::env::current_exe().unwrap()).args(alone).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "run in a process of its own by the test above"]
async fn peak_of_memory_under_a_gzip_bomb() {
    let peak = || -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let server = Server::start([Reply::gzip(bomb()), Reply::http("500 Oops\r\nContent-Encoding: gzip", bomb())]).await;
    let client = client(&server, LONG);
    let before = peak();
    for expected in [ErrorKind::TooLarge, ErrorKind::Server] {
        assert_eq!(within(client.snapshot()).await.unwrap_err().kind(), expected);
    }
    let grown = peak() - before;
    assert!(grown < 64 * 1024, "{grown} KiB");
}
