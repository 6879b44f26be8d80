//! What a channel or a user shows.

use std::time::Duration;

use rumble_live::{
    Endpoints, ErrorKind, Response,
    pages::{Creator, ListedVideo, LiveState},
};
use time::macros::datetime;

use super::{Site, fixture, retro};

#[tokio::test]
async fn channel_s_videos_are_listed_newest_first() {
    let site = Site::with("pages-videos-grid.html");
    let videos = site.pages().newest_videos(&retro()).await.unwrap();
    assert_eq!(site.urls(), ["https://rumble.com/c/HarborlightRetro"]);
    let ids: Vec<_> = videos.iter().map(|video| video.id.decimal().unwrap()).collect();
    assert_eq!((ids, videos.skipped()), (vec![443_484_890, 443_000_001, 442_000_002, 441_000_003], 0));
    let states: Vec<_> = videos.iter().map(|video| video.live).collect();
    assert_eq!(states, [LiveState::Live, LiveState::Replay, LiveState::NotLive, LiveState::NotLive].map(Some));
    assert_eq!(videos.iter().map(|video| video.is_short).collect::<Vec<_>>(), [false, false, true, false]);
    let live = &videos[0];
    assert_eq!(live.title, "Late levels by lamplight </script> & \"more\"");
    assert_eq!(live.url, "https://rumble.com/v7b8x0c-made-up.html?e9s=src_v1_ucp_v");
    assert_eq!(live.thumbnail_url, "https://cdn.example.invalid/thumbs/443484890.jpg");
    assert_eq!((live.published_on, live.duration), (Some(datetime!(2026-09-14 18:30 UTC)), None));
    assert_eq!((live.views, live.watching_now), (Some(1290), Some(61)));
    assert_eq!((live.author_name.as_str(), live.author_url.as_str()), ("Harborlight Retro", "https://rumble.com/c/HarborlightRetro"));
    assert_eq!((live.channel_id.clone().unwrap().as_str(), live.user_id.clone()), ("7104422", None));
    assert_eq!((videos[1].duration, videos[1].watching_now), (Some(Duration::from_secs(7203)), None));
    let json = serde_json::to_string(live).unwrap();
    assert_eq!(serde_json::from_str::<ListedVideo>(&json).unwrap(), *live);
}

#[tokio::test]
async fn channel_is_live_with_the_video_that_is() {
    let live = Site::with("pages-videos-grid.html").pages().live_video(&retro()).await.unwrap();
    assert_eq!(live.unwrap().id, "7c1f4q");
    let site = Site::with("pages-videos-grid-empty.html");
    assert_eq!(site.pages().live_video(&retro()).await.unwrap(), None);
}

#[tokio::test]
async fn channel_with_ordinary_videos_alone_is_not_live() {
    let videos = Site::with("pages-videos-grid-ordinary.html").pages().newest_videos(&retro()).await.unwrap();
    assert_eq!(videos.iter().map(|video| video.live).collect::<Vec<_>>(), [Some(LiveState::NotLive); 2]);
    assert_eq!(Site::with("pages-videos-grid-ordinary.html").pages().live_video(&retro()).await.unwrap(), None);
}

#[tokio::test]
async fn announced_livestream_is_listed_as_such_and_is_not_a_replay() {
    let videos = Site::with("pages-videos-grid-announced.html").pages().newest_videos(&retro()).await.unwrap();
    let states: Vec<_> = videos.iter().map(|video| video.live).collect();
    assert_eq!(states, [LiveState::Upcoming, LiveState::NotLive, LiveState::Replay].map(Some));
    assert_eq!(Site::with("pages-videos-grid-announced.html").pages().live_video(&retro()).await.unwrap(), None);
}

#[tokio::test]
async fn page_with_many_icons_is_read() {
    let icons = "<svg><path d=''/></svg>".repeat(1000);
    let page = icons + r#"<rum-videos-grid><script type="application/json">{"items":[{"id":5,"live":true}]}</script></rum-videos-grid>"#;
    let live = Site::new([Response::ok(page)]).pages().live_video(&retro()).await.unwrap();
    assert_eq!(live.unwrap().id.decimal(), Some(5));
}

#[tokio::test]
async fn address_without_a_host_is_one_of_the_site() {
    let page =
        r#"<rum-videos-grid><script type="application/json">{"items":[{"id":5,"relative_url":"/v1-a.html"}]}</script></rum-videos-grid>"#;
    let pages = Site::new([Response::ok(page)]).pages().with_endpoints(Endpoints::at("http://127.0.0.1:9").unwrap());
    assert_eq!(pages.newest_videos(&retro()).await.unwrap()[0].url, "http://127.0.0.1:9/v1-a.html");
}

#[tokio::test]
async fn user_s_page_is_asked_for_by_name() {
    let site = Site::with("pages-videos-grid-empty.html");
    let creator: Creator = "https://rumble.com/user/HarborlightLive".parse().unwrap();
    let videos = site.pages().newest_videos(&creator).await.unwrap();
    assert!(videos.is_empty() && videos.was_sent());
    assert_eq!(site.urls(), ["https://rumble.com/user/HarborlightLive"]);
}

#[tokio::test]
async fn item_that_cannot_be_read_takes_nothing_else_with_it() {
    let page = r#"<rum-videos-grid><script type="application/json">{"items":[7,{"id":5,"by":{"id":"_u4yqceh"}},{"title":"no id"},{"id":6,"thumb":[]}],"next":9}</script></rum-videos-grid>"#;
    let videos = Site::new([Response::ok(page)]).pages().newest_videos(&retro()).await.unwrap();
    assert_eq!((videos.len(), videos.skipped()), (2, 2));
    assert_eq!(videos[0].user_id.clone().unwrap().as_str(), "4yqceh");
}

#[tokio::test]
async fn page_without_a_list_is_an_error_and_not_an_empty_list() {
    for answer in
        [fixture("pages-videostream-old.html"), fixture("pages-muting-empty.html"), fixture("pages-oembed.json"), Response::ok("")]
    {
        let pages = Site::new([answer]).pages();
        let error = pages.newest_videos(&retro()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("Rumble may have changed it"), "{error}");
    }
}

#[test]
fn creator_reads_back_from_its_json_form() {
    let creator = retro();
    let json = serde_json::to_string(&creator).unwrap();
    assert_eq!(json, r#""c/HarborlightRetro""#);
    assert_eq!(serde_json::from_str::<Creator>(&json).unwrap(), creator);
    assert!(serde_json::from_str::<Creator>(r#""c/../account""#).is_err());
}
