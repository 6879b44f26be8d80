//! A database that fails, or that is not the archive's.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::Command,
    time::Duration,
};

use rumble_live::Checkpoint;

use rusqlite::Connection;
use tokio::{
    task::block_in_place,
    time::{sleep, timeout},
};

use crate::{
    kills::happen,
    postgres::{Server, is_root, url},
    program::{Account, Database, PATIENCE, Program, command, command_of, file, recording, refusal, run},
    truth::{assert_is_whole, stored, wait_until_stored},
};

fn path(database: &Database) -> &Path {
    let Database::File(file) = database else { panic!("it is on a server") };
    file
}

/// The archive stores everything that has happened, each event once, and ends
/// well.
async fn ends_whole(program: Program, account: &Account, database: &Database) {
    wait_until_stored(&account.sim, database, None).await;
    block_in_place(|| program.end());
    assert_is_whole(&account.sim, database, None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_archive_with_the_same_file_is_refused_while_a_report_can_be_made() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut first = Program::start(&mut recording(&account, &database, &[]));
    block_in_place(|| {
        first.line("stored");
        let said = refusal(&mut recording(&account, &database, &[]));
        assert!(said.contains("another archive is running with this database"), "{said}");
        let (is_good, printed, said) = run(&mut command(&database, &["report"]));
        assert!(is_good && printed.contains("Harbour lights"), "{printed}{said}");
        first.end();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_archive_with_the_same_schema_of_a_server_is_refused_and_one_with_another_schema_is_not() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    let database = server.database();
    let mut first = Program::start(&mut recording(&account, &database, &[]));
    block_in_place(|| first.line("stored"));
    let said = block_in_place(|| refusal(&mut recording(&account, &database, &[])));
    assert!(said.contains("another archive is running with this database"), "{said}");
    server.connect().await.batch_execute("CREATE SCHEMA other").await.unwrap();
    let other = Database::Server(url(server.port) + "?options=-c%20search_path%3Dother");
    block_in_place(|| {
        let mut second = Program::start(&mut recording(&account, &other, &[]));
        second.line("stored");
        second.end();
        first.end();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_polled_while_another_program_holds_the_file_and_all_is_stored_afterwards() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    let other = Connection::open(path(&database)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    account.sim.follow("ada");
    let said = block_in_place(|| program.line("1 event not stored yet"));
    assert!(said.contains("another program holds it locked"), "{said}");
    let answers = account.sim.answers();
    account.sim.follow("bea");
    block_in_place(|| program.line("not stored yet"));
    assert_eq!(account.sim.answers(), answers, "it polls though it cannot store");
    other.execute_batch("ROLLBACK").unwrap();
    ends_whole(program, &account, &database).await;
}

/// A limit on the size of files stands for a full disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_on_a_full_disk_tells_so_and_goes_on_when_there_is_room() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut program = Command::new("sh");
    program.args(["-c", r#"trap "" XFSZ; ulimit -S -f 400; exec "$0" "$@""#, env!("CARGO_BIN_EXE_archive"), "run", "--polls-only"]);
    program
        .args(["--interval", "0.1", "--database"])
        .arg(path(&database))
        .env("RUMBLE_API_URL", &account.url)
        .env_remove("ARCHIVE_DATABASE_URL");
    let mut program = Program::start(&mut program);
    block_in_place(|| program.line("stored"));
    let happening = happen(&account);
    let said = block_in_place(|| program.line("not stored yet"));
    assert!(said.contains("check its disk"), "{said}");
    happening.abort();
    let limit = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &program.id().to_string()]).status().unwrap();
    assert!(limit.success());
    ends_whole(program, &account, &database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_is_stopped_while_its_database_is_away_says_what_it_could_not_store_and_the_next_run_stores_it() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    let other = Connection::open(path(&database)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    account.sim.follow("ada");
    block_in_place(|| program.line("not stored yet"));
    program.signal("-TERM");
    let (status, said) = block_in_place(|| program.wait());
    assert!(
        !status.success() && said.contains("stopped before it was certain that the last event was stored; the next run stores it"),
        "{said}"
    );
    drop(other);
    let program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    ends_whole(program, &account, &database).await;
}

/// Changes the token, as a commit of another archive would.
async fn ends_before_it_writes_among_what_another_wrote(database: &Database, server: Option<&Server>) {
    let account = Account::serve().await;
    let mut program = Program::start(&mut recording(&account, database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    let other = "UPDATE archive SET token = 'of another'";
    match server {
        Some(server) => server.connect().await.batch_execute(other).await.unwrap(),
        None => Connection::open(path(database)).unwrap().execute_batch(other).unwrap(),
    }
    let before = stored(database, server).await.0.len();
    account.sim.follow("ada");
    let (status, said) = block_in_place(|| program.wait());
    assert!(!status.success() && said.contains("another archive has written to it since"), "{said}");
    assert_eq!(stored(database, server).await.0.len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_ends_before_it_writes_among_what_another_one_wrote() {
    let (_folder, database) = file();
    ends_before_it_writes_among_what_another_wrote(&database, None).await;
    let Some(server) = Server::start() else { return };
    ends_before_it_writes_among_what_another_wrote(&server.database(), Some(&server)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn error_of_the_server_is_told_by_message_and_code_and_without_what_people_wrote() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    let mut program = Program::start(&mut recording(&account, &server.database(), &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    server.connect().await.batch_execute("ALTER TABLE events ADD CONSTRAINT no_boats CHECK (text NOT LIKE '%boat%')").await.unwrap();
    account.sim.message(&account.stream, "ada", "my boat leaks");
    let (status, said) = block_in_place(|| program.wait());
    assert!(!status.success() && said.contains("violates check constraint \"no_boats\" (23514)"), "{said}");
    assert!(!said.contains("leaks"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_that_is_stopped_saves_the_checkpoint_of_the_last_poll_though_it_told_nothing() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut program = Program::start(&mut recording(&account, &database, &["--polls-only"]));
    block_in_place(|| program.line("stored"));
    account.sim.gift(&account.stream, "ada", 5);
    wait_until_stored(&account.sim, &database, None).await;
    let rows = stored(&database, None).await.1;
    // Far from the last answer that was stored.
    account.sim.advance(Duration::from_secs(60));
    account.sim.claim_gift(&account.stream, "ada");
    let (claimed, answers) = (account.sim.now(), account.sim.answers());
    // The second request after this is made only when the first was dealt with.
    let polled = async {
        while account.sim.answers() < answers + 3 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, polled).await.unwrap();
    let said = block_in_place(|| program.end());
    let checkpoint: String =
        Connection::open(path(&database)).unwrap().query_row("SELECT checkpoint FROM archive", [], |row| row.get(0)).unwrap();
    let at = Checkpoint::from_json(checkpoint.as_bytes()).unwrap().at();
    assert!(at.unix_timestamp() >= claimed.unix_timestamp(), "{at} is before {claimed}");
    assert!(!said.contains(" 0 events"), "{said}");
    assert_eq!(stored(&database, None).await.1, rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_that_cannot_be_used_is_named_with_the_reason_and_left_as_it_is() {
    let account = Account::serve().await;
    let (folder, _) = file();
    let make = |name: &str, sql: &str| {
        let file = folder.path().join(name);
        Connection::open(&file).unwrap().execute_batch(sql).unwrap();
        file
    };
    let text = folder.path().join("notes.txt");
    fs::write(&text, "a text of more than a hundred bytes, so that it cannot be taken for an empty database. ".repeat(9)).unwrap();
    let newer = make("newer.db", "CREATE TABLE t (a); PRAGMA application_id = 1380737394; PRAGMA user_version = 7");
    let cases = [
        (text, "it is not a database of SQLite"),
        (make("other.db", "CREATE TABLE songs (name)"), "it is a database of another program"),
        (newer, "a newer version of this program made it (schema 7, this one knows 2)"),
        (folder.path().join("missing/archive.db"), "make its folder first"),
        (folder.path().to_owned(), "it is a folder"),
    ];
    for (file, reason) in cases {
        let before = fs::read(&file).ok();
        for arguments in [&["run"][..], &["report"]] {
            let mut command = command(&Database::File(file.clone()), arguments);
            let (is_good, _, said) = block_in_place(|| run(command.env("RUMBLE_API_URL", &account.url)));
            let reason = if arguments == ["report"] && reason.contains("folder first") { "there is no such file" } else { reason };
            assert!(!is_good && said.contains(reason) && said.contains(file.to_str().unwrap()), "{arguments:?}: {said}");
        }
        assert_eq!(fs::read(&file).ok(), before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn file_that_may_not_be_written_is_refused_and_can_be_reported_on() {
    let account = Account::serve().await;
    let (folder, database) = file();
    let mut program = Program::start(&mut recording(&account, &database, &[]));
    block_in_place(|| program.line("stored"));
    block_in_place(|| program.end());
    // Root may write everything, so another user tries.
    let program = folder.path().join("program");
    fs::copy(env!("CARGO_BIN_EXE_archive"), &program).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(path(&database), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(folder.path().join("archive.db-lock"), fs::Permissions::from_mode(0o666)).unwrap();
    let try_to = |arguments: &[&str]| {
        let mut command = command_of(&program, &database, arguments);
        command.env("RUMBLE_API_URL", &account.url);
        if is_root() {
            command.uid(65534).gid(65534);
        }
        block_in_place(|| run(&mut command))
    };
    let (is_good, _, said) = try_to(&["run"]);
    assert!(!is_good && said.contains("archive.db: it cannot be written; check who may write"), "{said}");
    let (is_good, printed, said) = try_to(&["report"]);
    assert!(is_good && printed.contains("Harbour lights"), "{printed}{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_cannot_be_used_is_told_with_the_reason() {
    let Some(server) = Server::start() else { return };
    let account = Account::serve().await;
    let client = server.connect().await;
    client.batch_execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").await.unwrap();
    client.batch_execute("CREATE SCHEMA newer; CREATE TABLE newer.archive AS SELECT 7 AS schema").await.unwrap();
    client.batch_execute("CREATE SCHEMA taken; CREATE TABLE taken.events (song text)").await.unwrap();
    let (url, within) = (url(server.port), |schema: &str| format!("?options=-c%20search_path%3D{schema}"));
    let cases = [
        (url.replace("s3cret", "secret"), "password authentication failed"),
        (url.replace("/postgres", "/nowhere"), "\"nowhere\" does not exist"),
        (url.replace("/postgres", "/latin"), "its encoding is LATIN1"),
        (url.clone() + &within("newer"), "a newer version of this program made it (schema 7, this one knows 2)"),
        (url.clone() + &within("taken"), "cannot make its tables"),
        (url.clone() + &within("nowhere"), "the search_path names no schema that exists"),
        (url.clone() + "?sslmode=verify-full", "its sslmode is not supported; give disable, prefer or require"),
        (url.clone() + "?sslmode=require", "server does not support TLS"),
        ("postgres://archive:1@s3cret:harbour/x".into(), "it is not the URL of a PostgreSQL database"),
        ("s3cret".into(), "it is not the URL of a PostgreSQL database"),
    ];
    for (url, reason) in cases {
        let said = block_in_place(|| refusal(&mut recording(&account, &Database::Server(url), &[])));
        assert!(said.contains("ARCHIVE_DATABASE_URL: ") && said.contains(reason) && !said.contains("s3cret"), "{reason}: {said}");
    }
    server.crash();
    let said = block_in_place(|| refusal(&mut recording(&account, &server.database(), &[])));
    assert!(said.contains("cannot connect") && said.contains("refused"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_real_account_and_of_the_simulated_one_do_not_mix() {
    let account = Account::serve().await;
    let (_folder, database) = file();
    let mut program = Program::start(&mut recording(&account, &database, &[]));
    block_in_place(|| program.line("stored"));
    block_in_place(|| program.end());
    let said = block_in_place(|| refusal(&mut command(&database, &["run"])));
    assert!(said.contains("it holds the events of a real account; set RUMBLE_API_URL"), "{said}");
    let before = stored(&database, None).await.1;
    assert!(before > 0);
}

#[test]
fn file_and_server_together_are_refused() {
    let (_folder, database) = file();
    let said = refusal(command(&database, &["run"]).env("ARCHIVE_DATABASE_URL", "postgres://ada@127.0.0.1/archive"));
    assert!(said.contains("give one of the two"), "{said}");
}
