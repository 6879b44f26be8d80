//! What really happened on an account, and what a database says.

use rumble_live::{
    Event,
    sim::{Sim, What},
};
use rusqlite::{Connection, OpenFlags};

use crate::{postgres::Server, program::Database};

/// A row of the table of events, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) number: i64,
    pub(crate) poll: i64,
    pub(crate) json: String,
}

/// All rows, and what the table `archive` says about their number.
pub(crate) async fn stored(database: &Database, server: Option<&Server>) -> (Vec<Stored>, i64) {
    const SELECT: &str = "SELECT number, poll, CAST(json AS text) FROM events ORDER BY number";
    match database {
        Database::File(file) => {
            let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
            let mut select = connection.prepare(SELECT).unwrap();
            let rows = select.query_map([], |row| Ok(Stored { number: row.get(0)?, poll: row.get(1)?, json: row.get(2)? })).unwrap();
            let rows = rows.collect::<Result<_, _>>().unwrap();
            (rows, connection.query_row("SELECT events FROM archive", [], |row| row.get(0)).unwrap())
        }
        Database::Server(_) => {
            let client = server.unwrap().connect().await;
            let rows = client.query(SELECT, &[]).await.unwrap();
            let rows = rows.iter().map(|row| Stored { number: row.get(0), poll: row.get(1), json: row.get(2) }).collect();
            (rows, client.query_one("SELECT events FROM archive", &[]).await.unwrap().get(0))
        }
    }
}

/// A line for each occurrence that can be compared, in no particular order.
pub(crate) fn happened(sim: &Sim) -> Vec<String> {
    let line = |happened: rumble_live::sim::Happened| match happened.what {
        What::Follow { username } => Some(format!("follower {username}")),
        What::Subscribe { username, amount_cents } => Some(format!("subscriber {username} {amount_cents}")),
        What::Gift { purchased_by, total_gifts, .. } => Some(format!("gift {purchased_by} {total_gifts}")),
        What::Message { username, text, .. } => Some(format!("message {username} {text}")),
        What::Rant { username, text, amount_cents, .. } => Some(format!("rant {username} {text} {amount_cents}")),
        _ => None,
    };
    sorted(sim.history().into_iter().filter_map(line))
}

/// The same, for what was stored.
pub(crate) fn told(rows: &[Stored]) -> Vec<String> {
    let line = |row: &Stored| match serde_json::from_str(&row.json).unwrap() {
        Event::Follower(follower) => Some(format!("follower {}", follower.username)),
        Event::Subscriber(subscriber) => Some(format!("subscriber {} {}", subscriber.username, subscriber.amount.cents())),
        Event::GiftedSubs(gift) => Some(format!("gift {} {}", gift.purchased_by, gift.total_gifts.unwrap())),
        Event::Message(message) => Some(format!("message {} {}", message.username, message.text)),
        Event::Rant(rant) => Some(format!("rant {} {} {}", rant.username, rant.text, rant.amount.cents())),
        _ => None,
    };
    sorted(rows.iter().filter_map(line))
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.collect();
    lines.sort();
    lines
}

/// Nothing is missing, nothing is there twice, and everything is numbered
/// without holes in the order of its polls.
pub(crate) async fn assert_is_whole(sim: &Sim, database: &Database, server: Option<&Server>) {
    let (rows, count) = stored(database, server).await;
    let numbers: Vec<_> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
    assert!(rows.is_sorted_by_key(|row| row.poll));
    assert_eq!(told(&rows), happened(sim));
    assert!(!rows.iter().any(|row| row.json.contains(r#""type":"gap""#)), "a list has overflown, so the test proves nothing");
    if let Database::File(file) = database {
        let connection = Connection::open(file).unwrap();
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
    }
}

/// Waits until everything that has happened is stored.
pub(crate) async fn wait_until_stored(sim: &Sim, database: &Database, server: Option<&Server>) {
    let count = happened(sim).len();
    let wait = async {
        while told(&stored(database, server).await.0).len() < count {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(crate::program::PATIENCE, wait).await.is_err() {
        let told = told(&stored(database, server).await.0);
        let missing: Vec<_> = happened(sim).into_iter().filter(|line| !told.contains(line)).collect();
        panic!("missing: {missing:?}");
    }
}
