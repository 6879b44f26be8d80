//! From a URL to the id of its video.

use rumble_live::{Client, ErrorKind, Response, http::header, pages::Video};

use super::{Site, fixture};

const PAGE: &str = "https://rumble.com/v7c9aa1-late-levels.html";

#[tokio::test]
async fn watch_page_is_resolved_to_the_id_of_its_livestream() {
    let site = Site::with("pages-oembed.json");
    let client = Client::builder("http://127.0.0.1:9/?key=SECRET").transport(site.clone()).build().unwrap();
    let video = client.pages().resolve(PAGE).await.unwrap();
    assert_eq!((video.id.as_str(), video.title.as_str()), ("7c1f4q", "Late levels by lamplight"));
    assert_eq!((video.author_name.as_str(), video.author_url.as_str()), ("Harborlight Retro", "https://rumble.com/c/HarborlightRetro"));
    assert_eq!(video.thumbnail_url, "https://cdn.example.invalid/thumbs/7c1f4q.jpg");
    let json = serde_json::to_string(&video).unwrap();
    assert_eq!(serde_json::from_str::<Video>(&json).unwrap(), video);
    let asked = "http://127.0.0.1:9/api/Media/oembed.json?url=https%3A%2F%2Frumble.com%2Fv7c9aa1-late-levels.html";
    assert_eq!(site.urls(), [asked]);
}

#[tokio::test]
async fn reader_names_the_program_in_each_request() {
    let site = Site::new([fixture("pages-oembed.json"), fixture("pages-oembed.json")]);
    site.pages().resolve(PAGE).await.unwrap();
    site.pages().with_user_agent("harborlight-bot/1.0").resolve(PAGE).await.unwrap();
    let agents: Vec<_> = site.headers().into_iter().map(|headers| headers[header::USER_AGENT].to_str().unwrap().to_owned()).collect();
    assert_eq!(agents, [concat!("rumble-live/", env!("CARGO_PKG_VERSION")), "harborlight-bot/1.0"]);
    let error = site.pages().with_user_agent("two\nlines").resolve(PAGE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert_eq!(site.urls().len(), 2);
}

#[tokio::test]
async fn answer_that_does_not_say_which_video_it_is_is_an_error() {
    for answer in [Response::ok("<html>"), Response::ok("{}"), fixture("pages-embedjs-live.json"), fixture("pages-videos-grid.html")] {
        assert_eq!(Site::new([answer]).pages().resolve(PAGE).await.unwrap_err().kind(), ErrorKind::Decode);
    }
}
