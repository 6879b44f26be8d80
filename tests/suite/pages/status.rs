//! Whether a livestream is on air.

use std::time::Duration;

use rumble_live::{
    ErrorKind, Response,
    pages::{LiveState, StreamStatus},
};
use time::macros::datetime;

use super::{Site, fixture};

/// What one of the fixtures says.
async fn told(file: &str) -> StreamStatus {
    Site::with(file).pages().stream_status("7c1f4q").await.unwrap()
}

#[tokio::test]
async fn livestream_on_air_is_told_with_all_that_is_known_of_it() {
    let site = Site::with("pages-embedjs-live.json");
    let status = site.pages().stream_status("7C1F4Q").await.unwrap();
    assert_eq!(site.urls(), ["https://rumble.com/embedJS/u3/?request=video&ver=2&v=v7c1f4q"]);
    assert_eq!((status.id.as_str(), status.id.decimal(), status.live), ("7c1f4q", Some(443_484_890), LiveState::Live));
    assert!(status.is_live());
    assert_eq!(status.title, "Late levels by lamplight & \"friends\"");
    assert_eq!((status.author_name.as_str(), status.author_url.as_str()), ("Harborlight Retro", "https://rumble.com/c/HarborlightRetro"));
    assert_eq!((status.published_on, status.duration), (Some(datetime!(2026-09-14 18:30 UTC)), None));
    assert_eq!(status.thumbnail_url, "https://cdn.example.invalid/thumbs/7c1f4q.jpg");
    assert_eq!((status.channel_title, status.unplayable), (None, None));
}

#[tokio::test]
async fn video_is_not_live_and_has_a_length() {
    let status = told("pages-embedjs-vod.json").await;
    assert_eq!((status.live, status.duration), (LiveState::NotLive, Some(Duration::from_secs(7203))));
    assert!(!status.is_live());
}

#[tokio::test]
async fn video_that_is_gone_is_told_as_such_with_its_reason() {
    let status = told("pages-embedjs-gone.json").await;
    assert_eq!((status.id.as_str(), status.live, status.title.as_str()), ("7c1f4q", LiveState::Gone, ""));
    assert_eq!(status.unplayable.as_deref(), Some("This video is not available"));
}

#[tokio::test]
async fn status_reads_back_from_its_json_form() {
    for (file, live, seconds) in [
        ("pages-embedjs-live.json", "live", serde_json::Value::Null),
        ("pages-embedjs-vod.json", "not_live", 7203.into()),
        ("pages-embedjs-gone.json", "gone", serde_json::Value::Null),
    ] {
        let status = told(file).await;
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!((&json["live"], &json["duration_seconds"]), (&live.into(), &seconds), "{json}");
        assert_eq!(serde_json::from_value::<StreamStatus>(json).unwrap(), status);
    }
}

#[tokio::test]
async fn what_is_no_id_of_a_video_is_not_asked_for() {
    for id in ["", "7c1f4q&v=v1", "7c1f4q/", "ä", "zzzzzzzzzzzzzzzzzzzz"] {
        let site = Site::with("pages-embedjs-live.json");
        assert_eq!(site.pages().stream_status(id).await.unwrap_err().kind(), ErrorKind::Config, "{id}");
        assert!(site.urls().is_empty());
    }
}

#[tokio::test]
async fn video_with_an_id_that_cannot_be_read_is_not_gone() {
    let site = Site::new([Response::ok(r#"{"vid":"v7c1f4q","live":0,"title":"Late levels","sys":{"msg":""}}"#)]);
    assert_eq!(site.pages().stream_status("7c1f4q").await.unwrap_err().kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn another_answer_is_not_a_video_that_is_gone() {
    for file in ["pages-oembed.json", "pages-videos-grid.html", "user-offline.json"] {
        let site = Site::new([fixture(file)]);
        assert_eq!(site.pages().stream_status("7c1f4q").await.unwrap_err().kind(), ErrorKind::Decode, "{file}");
    }
}
