//! How often pages are asked for.

use std::time::Duration;

use futures::{FutureExt as _, future::join};
use rumble_live::{
    Client, ErrorKind, Response,
    http::{StatusCode, header},
};
use tokio::time::Instant;

use super::{Site, fixture, retro};

#[tokio::test(start_paused = true)]
async fn requests_of_a_reader_and_its_clones_are_a_second_apart() {
    let site = Site::new([fixture("pages-oembed.json"), fixture("pages-embedjs-live.json"), fixture("pages-videos-grid.html")]);
    let pages = site.pages();
    let begun = Instant::now();
    let clone = pages.clone();
    let (first, second) = join(pages.resolve("https://rumble.com/v1.html"), clone.stream_status("7c1f4q")).await;
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(begun.elapsed().as_secs(), 1);
    pages.newest_videos(&retro()).await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_for_as_long_as_a_429_says() {
    for (value, seconds) in [(Some(42), 42), (None, 10), (Some(86_400), 15 * 60)] {
        let mut refusal = Response::new(StatusCode::TOO_MANY_REQUESTS, "<html>");
        if let Some(value) = value {
            refusal = refusal.header(header::RETRY_AFTER, value.into());
        }
        let pages = Site::new([refusal, fixture("pages-embedjs-live.json")]).pages();
        let error = pages.stream_status("7c1f4q").await.unwrap_err();
        assert_eq!((error.kind(), error.retry_after().map(|wait| wait.as_secs())), (ErrorKind::RateLimited, value));
        let begun = Instant::now();
        assert!(pages.stream_status("7c1f4q").await.is_ok());
        assert_eq!(begun.elapsed().as_secs(), seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn failure_of_the_server_is_rested_on_where_it_says_for_how_long() {
    for (value, seconds) in [(Some(42), 42), (None, 1), (Some(86_400), 15 * 60)] {
        let mut failure = Response::new(StatusCode::SERVICE_UNAVAILABLE, "<html>");
        if let Some(value) = value {
            failure = failure.header(header::RETRY_AFTER, value.into());
        }
        let pages = Site::new([failure, fixture("pages-embedjs-live.json")]).pages();
        assert_eq!(pages.stream_status("7c1f4q").await.unwrap_err().kind(), ErrorKind::Server);
        let begun = Instant::now();
        assert!(pages.stream_status("7c1f4q").await.is_ok());
        assert_eq!(begun.elapsed().as_secs(), seconds, "{value:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn readers_of_one_client_keep_one_pace() {
    let refusal = Response::new(StatusCode::TOO_MANY_REQUESTS, "").header(header::RETRY_AFTER, 42.into());
    let site =
        Site::new([fixture("pages-embedjs-live.json"), fixture("pages-embedjs-live.json"), refusal, fixture("pages-embedjs-live.json")]);
    let client = Client::builder("https://rumble.com/-livestream-api/get-data?key=k").transport(site.clone()).build().unwrap();
    let begun = Instant::now();
    let mut passed = Vec::new();
    for _ in 0..4 {
        let outcome = client.clone().pages().stream_status("7c1f4q").await;
        passed.push((outcome.is_ok(), begun.elapsed().as_secs()));
    }
    assert_eq!(passed, [(true, 0), (true, 1), (false, 2), (true, 44)]);
    // The requests of the client itself have a pace of their own.
    let snapshot = client.snapshot();
    assert!(snapshot.await.is_err());
    assert_eq!(begun.elapsed().as_secs(), 44);
}

#[tokio::test(start_paused = true)]
async fn request_that_is_dropped_before_its_turn_is_not_made() {
    let site = Site::new([fixture("pages-embedjs-live.json"), fixture("pages-embedjs-live.json")]);
    let pages = site.pages();
    pages.stream_status("7c1f4q").await.unwrap();
    assert!(pages.stream_status("7c1f4q").now_or_never().is_none());
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(site.urls().len(), 1);
}
