//! Tests the buckets of a real server: expiry, revisions, and what a worker
//! sees of them.

use std::{sync::Arc, time::Duration};

use cluster::{
    batch::AccountId,
    buckets::{
        Bucket, Trouble, leases,
        mirror::{Mirror, News},
    },
    held::{End, Held},
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::server::Server;

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(50);

async fn bucket(server: &Server) -> Bucket {
    Bucket::open(&server.connect().await, leases::BUCKET, 1).await.unwrap()
}

fn account() -> AccountId {
    "harbour".parse().unwrap()
}

/// Waits until the mirror shows this key, or no longer shows it.
async fn shown(mirror: &Mirror, key: &str, is_there: bool) {
    let end = Instant::now() + PATIENCE;
    while mirror.entries().get(key).is_some_and(|entry| entry.value.is_some()) != is_there {
        assert!(Instant::now() < end, "the mirror never sees {key} {}", if is_there { "come" } else { "go" });
        sleep(LOOK).await;
    }
}

#[tokio::test]
async fn write_at_another_revision_than_the_last_is_refused() {
    let Some(server) = Server::start().await else { return };
    let bucket = bucket(&server).await;
    let first = bucket.write("harbour", "1".into(), Some(0), None).await.unwrap();
    assert!(matches!(bucket.write("harbour", "2".into(), Some(0), None).await, Err(Trouble::Overtaken)));
    bucket.write("harbour", "2".into(), Some(first), None).await.unwrap();
    assert!(matches!(bucket.delete("harbour", Some(first)).await, Err(Trouble::Overtaken)));
}

#[tokio::test]
async fn lease_that_is_held_is_not_taken_and_one_that_has_expired_is() {
    let Some(server) = Server::start().await else { return };
    let bucket = bucket(&server).await;
    let held = bucket.write("harbour", "{}".into(), Some(0), Some(Duration::from_secs(1))).await.unwrap();
    assert!(Held::take(&bucket, &account(), "ada").await.unwrap().is_none());
    let end = Instant::now() + PATIENCE;
    let taken = loop {
        if let Some(taken) = Held::take(&bucket, &account(), "ada").await.unwrap() {
            break taken;
        }
        assert!(Instant::now() < end, "it never expires");
        sleep(LOOK).await;
    };
    assert!(taken.epoch() > held);
    assert!(Held::take(&bucket, &account(), "ben").await.unwrap().is_none());
}

#[tokio::test]
async fn lease_that_is_given_back_can_be_taken_at_once() {
    let Some(server) = Server::start().await else { return };
    let bucket = bucket(&server).await;
    let ada = Arc::new(Held::take(&bucket, &account(), "ada").await.unwrap().unwrap());
    let keeper = tokio::spawn(Arc::clone(&ada).keep());
    ada.leave();
    assert!(ada.start_request(Duration::from_secs(1)).is_none(), "the lease is to be given back");
    assert_eq!(keeper.await.unwrap(), End::GivenBack);
    let ben = Held::take(&bucket, &account(), "ben").await.unwrap().unwrap();
    assert!(ben.epoch() > ada.epoch());
}

#[tokio::test]
async fn key_that_comes_and_goes_is_seen_at_once() {
    let Some(server) = Server::start().await else { return };
    let bucket = bucket(&server).await;
    bucket.write("before", "1".into(), None, None).await.unwrap();
    let mirror = Mirror::open(bucket.clone(), News::ComesOrGoes, Arc::new(Notify::new())).await;
    assert!(mirror.entries().contains_key("before"));
    bucket.write("harbour", "1".into(), None, Some(Duration::from_secs(1))).await.unwrap();
    shown(&mirror, "harbour", true).await;
    shown(&mirror, "harbour", false).await;
    bucket.delete("before", None).await.unwrap();
    shown(&mirror, "before", false).await;
}

#[tokio::test]
async fn what_changes_while_the_server_is_away_is_seen_once_it_is_back() {
    let Some(mut server) = Server::start().await else { return };
    let bucket = bucket(&server).await;
    bucket.write("harbour", "1".into(), None, Some(Duration::from_secs(2))).await.unwrap();
    let mirror = Mirror::open(bucket.clone(), News::ComesOrGoes, Arc::new(Notify::new())).await;
    shown(&mirror, "harbour", true).await;
    server.kill();
    // Longer than the key lasts.
    sleep(Duration::from_secs(3)).await;
    server.restart();
    shown(&mirror, "harbour", false).await;
    let end = Instant::now() + PATIENCE;
    while bucket.write("lighthouse", "1".into(), None, None).await.is_err() {
        assert!(Instant::now() < end, "the server never comes back");
        sleep(LOOK).await;
    }
    shown(&mirror, "lighthouse", true).await;
}
