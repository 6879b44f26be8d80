//! A server that is killed, and a page that stays open.

use std::{fs, time::Duration};

use tempfile::tempdir;

use crate::{
    browser::Browser,
    overlay::{Account, Overlay},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn open_page_shows_each_alert_once_though_the_server_is_killed_twice_and_a_late_page_none() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let file = dir.path().join("overlay.json");
    let mut overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
    let port = overlay.address.port();
    let browser = Browser::start().await;
    let tab = browser.open(&overlay.url("?seconds=0.05")).await;
    tab.log_alerts().await;
    let stream = account.sim.start_stream("Harbour lights");
    let mut expected = Vec::new();
    let mut happen = |count: usize| {
        for _ in 0..count {
            let name = expected.len().to_string();
            match expected.len() % 4 {
                0 => account.sim.follow(&name),
                1 => account.sim.subscribe(&name, 500),
                2 => account.sim.gift(&stream, &name, 5),
                _ => account.sim.rant(&stream, &name, "for the boat fund", 1000),
            }
            expected.push(name);
        }
        expected.len()
    };
    for _ in 0..2 {
        // A list of fifty cannot show more than fifty entries of one second.
        account.sim.advance(Duration::from_secs(1));
        // Killed while some are shown, some wait in the page, and some are on their way.
        let before = happen(20) - 20;
        tab.until(&format!("log.length >= {}", before + 5)).await;
        happen(20);
        overlay.kill().await;
        happen(20);
        overlay = Overlay::start_with(&account, port, Some(&file), |_| {}).await;
    }
    happen(20);
    tab.until(&format!("log.length >= {}", expected.len())).await;

    let late = browser.open(&overlay.url("?seconds=0.05")).await;
    late.log_alerts().await;
    account.sim.follow("the last");
    expected.push("the last".into());
    for tab in [&tab, &late] {
        tab.until("log.includes('the last')").await;
    }
    assert_eq!(late.log().await, ["the last"]);
    let mut shown = tab.log().await;
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
    browser.close().await;
}

/// As if a backup was put back, or a disk forgot what it had synced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_drops_what_a_server_with_an_older_file_tells_again() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let (file, older) = (dir.path().join("overlay.json"), dir.path().join("older.json"));
    let overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
    let port = overlay.address.port();
    let browser = Browser::start().await;
    let tab = browser.open(&overlay.url("?seconds=0.05")).await;
    tab.log_alerts().await;
    account.sim.follow("ada");
    tab.until("log.length === 1").await;
    fs::copy(&file, &older).unwrap();
    account.sim.follow("bea");
    tab.until("log.length === 2").await;
    overlay.kill().await;
    fs::rename(&older, &file).unwrap();
    // The account is unreachable until the page is back. The page then shows what the older file knows.
    let outage = Duration::from_secs(3600);
    account.sim.fail_for(outage, 502);
    let _overlay = Overlay::start_with(&account, port, Some(&file), |_| {}).await;
    tab.until("document.getElementById('followers').textContent === '1'").await;
    account.sim.advance(outage);
    account.sim.follow("cy");
    tab.until("log.includes('cy')").await;
    assert_eq!(tab.log().await, ["ada", "bea", "cy"]);
    browser.close().await;
}

/// Many kills at random moments, without a browser's pace in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_that_reconnects_gets_each_alert_once_over_eight_kills() {
    let account = Account::serve().await;
    let dir = tempdir().unwrap();
    let file = dir.path().join("overlay.json");
    let mut overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
    let mut page = overlay.open().await;
    page.account_is_reached().await;
    let stream = account.sim.start_stream("Harbour lights");
    let (mut expected, mut shown) = (Vec::new(), Vec::new());
    for kill in 0..8 {
        // A list of fifty cannot show more than fifty entries of one second.
        account.sim.advance(Duration::from_secs(1));
        for number in 0..12 {
            let name = format!("{kill}-{number}");
            if number % 2 == 0 {
                account.sim.follow(&name);
            } else {
                account.sim.rant(&stream, &name, "for the boat fund", 1000);
            }
            expected.push(name);
        }
        // Each time the kill comes after one alert more.
        shown.extend(page.next_alerts(kill).await);
        overlay.kill().await;
        let last = page.last_event_id;
        overlay = Overlay::start_with(&account, 0, Some(&file), |_| {}).await;
        page = overlay.reopen(&last).await;
    }
    // A rant that only polls show comes five seconds late, because the chat may still show it.
    while shown.len() < expected.len() {
        shown.extend(page.next_alerts(1).await);
    }
    account.sim.follow("the last");
    expected.push("the last".into());
    while shown.last().is_none_or(|name| name != "the last") {
        shown.extend(page.next_alerts(1).await);
    }
    shown.sort();
    expected.sort();
    assert_eq!(shown, expected);
}
