//! What happens to a batch in both databases, and how the archive connects to a
//! server.

use archive::{
    place::Place,
    row::{Clocks, Row},
    store::{Batch, Source, Store},
};
use rumble_live::{Event, Follower, GiftedSubs};
use rusqlite::Connection;
use time::OffsetDateTime;
use tokio_postgres::config::SslMode;

use crate::{
    postgres::{Server, url},
    program::{Database, file},
};

/// Number and kind of a row, and whether it has an id.
const SELECT: &str = "SELECT number, kind, id IS NOT NULL FROM events ORDER BY number";

/// Stores these events in two commits. The second one has each of them twice.
async fn store_again(place: &Place) {
    let (mut store, _) = Store::open(place, Source::Rumble).await.unwrap();
    let clocks = Clocks { server: None, machine: OffsetDateTime::UNIX_EPOCH };
    let rows = [GiftedSubs::new("ada", 5).into(), Follower::new("bea").into()].map(|event: Event| Row::new(&event, clocks).unwrap());
    store.commit(&Batch::new(rows.to_vec(), None)).await.unwrap();
    store.commit(&Batch::new([rows.clone(), rows].concat(), None)).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gift_with_the_id_of_an_earlier_one_is_stored_without_an_id_and_a_follower_once() {
    let expected = [(1, "gifted_subs", true), (2, "follower", true), (3, "gifted_subs", false), (4, "gifted_subs", false)];
    let expected = expected.map(|(number, kind, has_id): (i64, &str, bool)| (number, kind.to_owned(), has_id));
    let (_folder, database) = file();
    let Database::File(path) = database else { unreachable!() };
    store_again(&Place::File(path.clone())).await;
    let connection = Connection::open(path).unwrap();
    let mut select = connection.prepare(SELECT).unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    assert_eq!(rows.collect::<Result<Vec<_>, _>>().unwrap(), expected);
    let Some(server) = Server::start() else { return };
    store_again(&Place::server(&url(server.port)).unwrap()).await;
    let rows = server.connect().await.query(SELECT, &[]).await.unwrap();
    assert_eq!(rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect::<Vec<_>>(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archive_of_the_version_before_accounts_is_kept_and_gone_on_with() {
    const EVENT: &str = "INSERT INTO events (number, poll, id, kind, at, json) VALUES (1, 1, 'follower:1', 'follower', 0, '{}')";
    const HEAD: &str = "SELECT account, id, (SELECT checkpoint FROM archive) FROM events";
    let (_folder, database) = file();
    let Database::File(path) = database else { unreachable!() };
    let connection = Connection::open(&path).unwrap();
    connection.execute_batch(include_str!("../../src/store/sqlite.sql")).unwrap();
    connection.execute_batch("PRAGMA application_id = 0x524c6172; PRAGMA user_version = 1").unwrap();
    connection.execute_batch("INSERT INTO archive (one, source, polls, events, checkpoint) VALUES (1, 'rumble', 1, 1, 'c')").unwrap();
    connection.execute_batch(EVENT).unwrap();
    store_again(&Place::File(path)).await;
    let row = connection.query_row(&format!("{HEAD} WHERE number = 1"), [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let expected = (String::new(), "follower:1".to_owned(), "c".to_owned());
    assert_eq!(row, expected);
    assert_eq!(connection.query_row("SELECT count(*) FROM events", [], |row| row.get::<_, i64>(0)).unwrap(), 5);

    let Some(server) = Server::start() else { return };
    let client = server.connect().await;
    client.batch_execute(include_str!("../../src/store/postgres.sql")).await.unwrap();
    client.batch_execute("INSERT INTO archive (schema, source, polls, events, checkpoint) VALUES (1, 'rumble', 1, 1, 'c')").await.unwrap();
    client.batch_execute(EVENT).await.unwrap();
    store_again(&Place::server(&url(server.port)).unwrap()).await;
    let row = client.query_one(&format!("{HEAD} WHERE number = 1"), &[]).await.unwrap();
    assert_eq!((row.get(0), row.get(1), row.get(2)), expected);
    assert_eq!(client.query_one("SELECT count(*) FROM events", &[]).await.unwrap().get::<_, i64>(0), 5);
}

#[test]
fn password_goes_without_tls_only_where_name_and_address_are_of_this_machine() {
    for (host, mode) in [
        ("localhost/x", SslMode::Disable),
        ("[::1]/x?hostaddr=127.0.0.2", SslMode::Disable),
        ("localhost/x?hostaddr=192.0.2.1", SslMode::Require),
        ("db.example/x?hostaddr=127.0.0.1", SslMode::Require),
        ("db.example/x?sslmode=disable", SslMode::Disable),
    ] {
        let Place::Server(config) = Place::server(&format!("postgres://ada@{host}")).unwrap() else { unreachable!() };
        assert_eq!(config.get_ssl_mode(), mode, "{host}");
    }
}
