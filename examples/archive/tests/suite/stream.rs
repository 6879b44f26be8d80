//! The stream of a cluster instead of an account that is polled.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use async_nats::{HeaderMap, jetstream};
use cluster::batch::EVENT_ID;
use rumble_live::{Event, GiftedSubs};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::block_in_place,
    time::{interval, sleep, timeout},
};

use crate::{
    feed::{Feed, followers, make_anew, stream},
    monitoring::{address, wait_for_status},
    nats_server::Server,
    postgres,
    program::{Account, Database, PATIENCE, Program, command, file, recording, refusal, run},
};

/// A row, as far as these tests look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    account: String,
    kind: String,
    id: Option<String>,
    username: Option<String>,
    text: Option<String>,
}

const SELECT: &str = "SELECT account, kind, id, username, text FROM events ORDER BY number";

async fn rows(database: &Database, server: Option<&postgres::Server>) -> Vec<Row> {
    match database {
        Database::File(file) => {
            let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            let mut select = connection.prepare(SELECT).unwrap();
            let row = |row: &rusqlite::Row<'_>| {
                Ok(Row { account: row.get(0)?, kind: row.get(1)?, id: row.get(2)?, username: row.get(3)?, text: row.get(4)? })
            };
            select.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap()
        }
        Database::Server(_) => {
            let rows = server.unwrap().connect().await.query(SELECT, &[]).await.unwrap();
            let row = |row: &tokio_postgres::Row| Row {
                account: row.get(0),
                kind: row.get(1),
                id: row.get(2),
                username: row.get(3),
                text: row.get(4),
            };
            rows.iter().map(row).collect()
        }
    }
}

/// Waits for this many rows.
async fn rows_when(database: &Database, server: Option<&postgres::Server>, count: usize) -> Vec<Row> {
    let wait = async {
        loop {
            let rows = rows(database, server).await;
            if rows.len() >= count {
                return rows;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let Ok(rows) = timeout(PATIENCE, wait).await else { panic!("{count} were to come: {:?}", rows(database, server).await) };
    rows
}

fn names(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter_map(|row| row.username.as_deref()).collect()
}

fn kinds(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.kind.as_str()).collect()
}

fn url(server: &Server, login: &str) -> String {
    format!("nats://{login}127.0.0.1:{}", server.port)
}

fn reading(server: &Server, database: &Database, arguments: &[&str]) -> Command {
    let mut command = command(database, &[&["run", "--nats", &url(server, "")], arguments].concat());
    // Logs each commit on its own line.
    command.env("RUST_LOG", "archive=debug,warn");
    command
}

/// Runs the archive until this many rows are there.
async fn read_until(server: &Server, database: &Database, count: usize) -> Vec<Row> {
    let mut program = Program::start(&mut reading(server, database, &[]));
    block_in_place(|| program.line("recording to"));
    let rows = rows_when(database, None, count).await;
    block_in_place(|| program.end());
    rows
}

/// A stream with these followers of one account, and an archive that has read
/// them.
async fn archive_of(names: &[&str]) -> Option<(Server, Feed, TempDir, Database)> {
    let server = Server::start().await?;
    let mut feed = Feed::open(&server).await;
    feed.put("harbour", &followers(names.iter().copied())).await;
    let (folder, database) = file();
    read_until(&server, &database, names.len()).await;
    Some((server, feed, folder, database))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_event_of_the_stream_is_stored_once_with_its_account_and_its_id() {
    let Some(server) = Server::start().await else { return };
    let mut feed = Feed::open(&server).await;
    feed.put("harbour", &[&[Event::Ready][..], &followers(["ada", "bea"])].concat()).await;
    // The same id in another account, and a gift that looks like an earlier one.
    feed.put("lighthouse", &[followers(["ada"]), vec![GiftedSubs::new("cleo", 5).into(), GiftedSubs::new("cleo", 5).into()]].concat())
        .await;
    feed.put("harbour", &followers(["böa \"dora\""])).await;
    let id = |name: &str| followers([name])[0].id().map(|id| id.to_string());
    let gift = Event::from(GiftedSubs::new("cleo", 5)).id().map(|id| id.to_string());
    let row = |account: &str, kind: &str, id: Option<String>, username: Option<&str>| Row {
        account: account.into(),
        kind: kind.into(),
        id,
        username: username.map(Into::into),
        text: None,
    };
    let expected = [
        row("harbour", "ready", Some("7-1-1".into()), None),
        row("harbour", "follower", id("ada"), Some("ada")),
        row("harbour", "follower", id("bea"), Some("bea")),
        row("lighthouse", "follower", id("ada"), Some("ada")),
        row("lighthouse", "gifted_subs", gift, Some("cleo")),
        row("lighthouse", "gifted_subs", None, Some("cleo")),
        // As the library writes it, and not as a header needs it.
        row("harbour", "follower", id("böa \"dora\""), Some("böa \"dora\"")),
    ];
    let (_folder, in_file) = file();
    let postgres = postgres::Server::start();
    let of_server = postgres.as_ref().map(postgres::Server::database);
    for database in [Some(in_file), of_server].into_iter().flatten() {
        let mut program = Program::start(&mut reading(&server, &database, &[]));
        block_in_place(|| program.line("recording to"));
        assert_eq!(rows_when(&database, postgres.as_ref(), expected.len()).await, expected);
        block_in_place(|| program.end());
        let (is_good, printed, log) = block_in_place(|| run(&mut command(&database, &["report", "--format", "json"])));
        assert!(is_good, "{log}");
        let report: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&report["events"], &report["total"]["followers"], &report["gaps"]), (&7.into(), &4.into(), &0.into()));
    }
}

/// Puts a follower into the stream twenty times a second, this many in all.
async fn put_many(mut feed: Feed, count: usize) -> Vec<String> {
    let mut ticks = interval(Duration::from_millis(50));
    let names = (0..count).map(|number| format!("sailor{number}")).collect::<Vec<_>>();
    for name in &names {
        ticks.tick().await;
        feed.put("harbour", &followers([name])).await;
    }
    names
}

async fn kill_again_and_again(server: &Server, database: &Database, in_postgres: Option<&postgres::Server>) {
    const COUNT: usize = 150;
    let feeding = tokio::spawn(put_many(Feed::open(server).await, COUNT));
    let mut said = String::new();
    while !feeding.is_finished() {
        let program = Program::start(&mut reading(server, database, &[]));
        sleep(Duration::from_millis(fastrand::u64(20..600))).await;
        said += &block_in_place(|| program.kill());
    }
    let names = feeding.await.unwrap();
    let mut program = Program::start(&mut reading(server, database, &[]));
    block_in_place(|| program.line("recording to"));
    let rows = rows_when(database, in_postgres, COUNT).await;
    said += &block_in_place(|| program.end());
    assert_eq!(self::names(&rows), names);
    assert_eq!(rows.len(), COUNT);
    assert!(!said.contains("already"), "the position lagged behind the events: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_is_killed_while_it_reads_misses_nothing_and_has_nothing_twice() {
    let Some(server) = Server::start().await else { return };
    let (_folder, database) = file();
    kill_again_and_again(&server, &database, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_in_postgresql_that_is_killed_while_it_reads_misses_nothing_and_has_nothing_twice() {
    let Some(server) = Server::start().await else { return };
    let Some(postgres) = postgres::Server::start() else { return };
    kill_again_and_again(&server, &postgres.database(), Some(&postgres)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_reads_on_by_itself_when_the_server_is_back_and_its_health_tells_of_that() {
    let Some(mut server) = Server::start().await else { return };
    let mut feed = Feed::open(&server).await;
    feed.put("harbour", &followers(["ada"])).await;
    let (_folder, database) = file();
    let mut program = Program::start(&mut reading(&server, &database, &["--monitor", "0"]));
    let address = block_in_place(|| address(&mut program));
    rows_when(&database, None, 1).await;
    block_in_place(|| wait_for_status(&address, "200"));
    server.kill();
    block_in_place(|| wait_for_status(&address, "503"));
    server.restart();
    feed.put("harbour", &followers(["bea"])).await;
    assert_eq!(names(&rows_when(&database, None, 2).await), ["ada", "bea"]);
    block_in_place(|| wait_for_status(&address, "200"));
    let said = block_in_place(|| program.end());
    assert!(said.contains("is not read, next try in"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_finds_no_server_waits_for_it_and_ends_when_it_is_told_to() {
    let Some(mut server) = Server::start().await else { return };
    Feed::open(&server).await.put("harbour", &followers(["ada"])).await;
    server.kill();
    let (_folder, database) = file();
    let start = || Program::start(&mut reading(&server, &database, &[]));
    let mut program = start();
    block_in_place(|| {
        program.line("cannot reach a NATS server at 127.0.0.1:");
        program.end();
    });
    let mut program = start();
    block_in_place(|| program.line("cannot reach a NATS server at 127.0.0.1:"));
    server.restart();
    rows_when(&database, None, 1).await;
    block_in_place(|| program.end());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stream_dropped_before_it_was_read_is_noted_in_the_archive_and_in_reports() {
    let Some((server, mut feed, _folder, database)) = archive_of(&["ada", "bea"]).await else { return };
    feed.put("harbour", &followers(["cleo", "dora"])).await;
    let stream = stream(&server).await;
    let last = stream.get_info().await.unwrap().state.last_sequence;
    // All except the head, which the account's next poll expects.
    stream.purge().sequence(last).await.unwrap();
    feed.put("harbour", &followers(["eve"])).await;

    let rows = read_until(&server, &database, 4).await;
    assert_eq!(kinds(&rows), ["follower", "follower", "dropped", "follower"]);
    assert_eq!(names(&rows), ["ada", "bea", "eve"]);
    assert!(rows[2].text.as_deref().unwrap().ends_with(" to 7, and some of them may have been events"), "{rows:?}");
    let (_, printed, _) = block_in_place(|| run(&mut command(&database, &["report", "--format", "json"])));
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["gaps"], 1);
    assert_eq!(read_until(&server, &database, 4).await.len(), 4, "it is noted once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_were_replaced_and_events_that_were_read_before_they_went_are_no_loss() {
    let Some((server, mut feed, _folder, database)) = archive_of(&["ada"]).await else { return };
    // Only heads, each in place of the previous one.
    for _ in 0..5 {
        feed.put("harbour", &[]).await;
    }
    let mut program = Program::start(&mut reading(&server, &database, &["--monitor", "0"]));
    // Once it is healthy it has looked at the stream, and it stores its position at the end.
    block_in_place(|| {
        let address = address(&mut program);
        wait_for_status(&address, "200");
        program.end();
    });
    stream(&server).await.purge().filter("rumble.events.*.*").await.unwrap();
    feed.put("harbour", &followers(["bea"])).await;
    assert_eq!(kinds(&read_until(&server, &database, 2).await), ["follower"; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stream_that_was_made_anew_is_refused_until_the_loss_may_be_noted() {
    let Some((server, _, _folder, database)) = archive_of(&["ada"]).await else { return };
    let mut feed = make_anew(&server).await;
    // Longer than the other stream, and with the same numbers of polls.
    feed.put("harbour", &[&[Event::Ready][..], &followers(["ada", "bea"])].concat()).await;
    let said = block_in_place(|| refusal(&mut reading(&server, &database, &[])));
    assert!(said.contains("it was created at") && said.contains("--new-stream"), "{said}");
    assert_eq!(rows(&database, None).await.len(), 1);

    let program = Program::start(&mut reading(&server, &database, &["--new-stream"]));
    let rows = rows_when(&database, None, 4).await;
    block_in_place(|| program.end());
    // Ada is the same follower as before.
    assert_eq!(kinds(&rows), ["follower", "dropped", "ready", "follower"]);
    assert_eq!(names(&rows), ["ada", "bea"]);
    assert!(rows[1].text.as_deref().unwrap().contains("it was created at"), "{rows:?}");

    // Its polls have the same numbers as those of the stream before.
    let mut feed = make_anew(&server).await;
    feed.put("harbour", &[Event::Ready]).await;
    let program = Program::start(&mut reading(&server, &database, &["--new-stream"]));
    let rows = rows_when(&database, None, 6).await;
    block_in_place(|| program.end());
    assert_eq!(kinds(&rows[4..]), ["dropped", "ready"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stream_that_is_made_anew_while_it_is_read_ends_the_archive() {
    let Some((server, _, _folder, database)) = archive_of(&["ada"]).await else { return };
    let mut program = Program::start(&mut reading(&server, &database, &["--monitor", "0"]));
    let address = block_in_place(|| address(&mut program));
    block_in_place(|| wait_for_status(&address, "200"));
    make_anew(&server).await.put("harbour", &followers(["bea"])).await;
    let (status, said) = block_in_place(|| program.wait());
    assert!(!status.success() && said.contains("error: --nats: the stream RUMBLE_EVENTS is not the one"), "{said}");
    assert_eq!(names(&rows(&database, None).await), ["ada"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn message_that_is_no_event_of_this_version_is_kept_as_it_is() {
    let Some((server, _, _folder, database)) = archive_of(&["ada"]).await else { return };
    let context = jetstream::new(server.connect().await);
    let mut headers = HeaderMap::new();
    headers.insert(EVENT_ID, "7-2-1");
    for payload in [r#"{"type":"of_a_later_version","names":["eve"]}"#, "no JSON"] {
        context.publish_with_headers("rumble.events.harbour.later", headers.clone(), payload.into()).await.unwrap().await.unwrap();
    }
    assert_eq!(kinds(&read_until(&server, &database, 3).await), ["follower", "unreadable", "unreadable"]);
    let Database::File(file) = &database else { unreachable!() };
    let connection = Connection::open(file).unwrap();
    let json = |number: i64| connection.query_row("SELECT json FROM events WHERE number = ?1", [number], |row| row.get::<_, String>(0));
    assert_eq!(json(2).unwrap(), r#"{"type":"of_a_later_version","names":["eve"]}"#);
    assert_eq!(json(3).unwrap(), r#""no JSON""#);
}

/// Cuts every connection after some bytes from the server, so that events are
/// lost on the way. Does so this many times.
async fn cutting_proxy(server: u16, cuts: usize) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let left = Arc::new(AtomicUsize::new(cuts));
    let counter = Arc::clone(&left);
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let counter = Arc::clone(&counter);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let mut bytes = fastrand::usize(20_000..60_000);
                let (mut asked, mut answered) = (vec![0; 65536], vec![0; 65536]);
                loop {
                    tokio::select! {
                        read = client.read(&mut asked) => {
                            let Ok(length @ 1..) = read else { return };
                            server.write_all(&asked[..length]).await.unwrap();
                        }
                        read = server.read(&mut answered) => {
                            let Ok(length @ 1..) = read else { return };
                            if length >= bytes && counter.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                                client.write_all(&answered[..bytes]).await.unwrap_or_default();
                                return;
                            }
                            bytes = bytes.saturating_sub(length).max(1);
                            if client.write_all(&answered[..length]).await.is_err() {
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    (port, left)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_were_lost_on_the_way_are_read_again() {
    let Some(server) = Server::start().await else { return };
    let mut feed = Feed::open(&server).await;
    let all = (0..2000).map(|number| format!("sailor{number}")).collect::<Vec<_>>();
    for names in all.chunks(500) {
        feed.put("harbour", &followers(names)).await;
    }
    let (port, left) = cutting_proxy(server.port.parse().unwrap(), 6).await;
    let (_folder, database) = file();
    let mut command = command(&database, &["run"]);
    let mut program = Program::start(command.env("NATS_URL", format!("nats://127.0.0.1:{port}")));
    block_in_place(|| program.line("recording to"));
    let rows = rows_when(&database, None, all.len()).await;
    let said = block_in_place(|| program.end());
    assert_eq!(names(&rows), all);
    assert!(left.load(SeqCst) < 6, "none was cut");
    assert!(!said.contains("already"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn password_of_the_nats_server_is_in_no_output() {
    let Some(server) = Server::start().await else { return };
    Feed::open(&server).await.put("harbour", &followers(["ada"])).await;
    let (_folder, database) = file();
    let mut command = command(&database, &["run"]);
    command.env("NATS_URL", url(&server, "archive:s3cret%2Fharbour@")).env("RUST_LOG", "trace");
    let mut program = Program::start(&mut command);
    block_in_place(|| program.line("recording to"));
    rows_when(&database, None, 1).await;
    let said = block_in_place(|| program.end());
    assert!(said.len() > 1000 && !said.contains("s3cret"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn source_that_is_not_clear_is_refused() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let refused = |command: &mut Command| block_in_place(|| refusal(command));
    let with = |variable: &str, value: &str, arguments: &[&str]| {
        let mut command = command(&database, &[&["run"], arguments].concat());
        command.env(variable, value);
        command
    };
    let nats = "nats://127.0.0.1:1";
    for (mut command, said) in [
        (with("RUMBLE_API_URL", &account.url, &["--nats", nats]), "--nats names a NATS server, and RUMBLE_API_URL an account to poll"),
        (with("NATS_URL", nats, &["--nats", nats]), "--nats and NATS_URL both name a NATS server"),
        (with("NATS_URL", nats, &["--interval", "5"]), "--interval and --polls-only are for an account that is polled"),
        (with("NATS_URL", "http://127.0.0.1", &[]), "NATS_URL: it is not the URL of a NATS server"),
        (with("RUST_LOG", "off", &["--nats", "nats://ada:s3cret@127.0.0.1"]), "put the URL into NATS_URL"),
        (with("RUST_LOG", "off", &["--new-stream"]), "--new-stream is for a stream"),
    ] {
        let refusal = refused(&mut command);
        assert!(refusal.contains(said) && !refusal.contains("s3cret"), "{refusal}");
    }

    let Some(server) = Server::start().await else { return };
    Feed::open(&server).await.put("harbour", &followers(["ada"])).await;
    read_until(&server, &database, 1).await;
    let said = refused(&mut recording(&account, &database, &[]));
    assert!(said.contains("it holds the events of a stream; set NATS_URL to go on with it"), "{said}");
}
