//! What Rumble's pages tell.

use std::sync::{Arc, Mutex};

use futures::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use rumble_live::{Client, Error, ErrorKind, Request, Response, Transport, http::StatusCode, pages::Pages};

const PAGE: &str = "https://rumble.com/v7c9aa1-late-levels.html";

/// One answer, and what was asked.
#[derive(Clone, Default)]
struct Site(Arc<Mutex<(Option<Response>, Vec<String>)>>);

impl Site {
    fn with(answer: Response) -> Self {
        Self(Arc::new(Mutex::new((Some(answer), Vec::new()))))
    }
}

impl Transport for Site {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let mut site = self.0.lock().unwrap();
        site.1.push(request.url.expose().to_owned());
        ready(site.0.take().ok_or_else(|| Error::new(ErrorKind::Connect, "no answer is left"))).boxed()
    }
}

#[tokio::test]
async fn watch_page_is_resolved_to_the_id_of_its_livestream() {
    let site = Site::with(Response::ok(std::fs::read("tests/suite/fixtures/pages-oembed.json").unwrap()));
    let client = Client::builder("http://127.0.0.1:9/?key=SECRET").transport(site.clone()).build().unwrap();
    let video = client.pages().resolve(PAGE).await.unwrap();
    assert_eq!((video.id.as_str(), video.title.as_str()), ("7c1f4q", "Late levels by lamplight"));
    assert_eq!((video.author_name.as_str(), video.author_url.as_str()), ("Harborlight Retro", "https://rumble.com/c/HarborlightRetro"));
    let json = serde_json::to_string(&video).unwrap();
    assert_eq!(serde_json::from_str::<rumble_live::pages::Video>(&json).unwrap(), video);
    let asked = "http://127.0.0.1:9/api/Media/oembed.json?url=https%3A%2F%2Frumble.com%2Fv7c9aa1-late-levels.html";
    assert_eq!(site.0.lock().unwrap().1, [asked]);
}

#[tokio::test]
async fn page_that_is_not_there_a_failure_and_another_answer_are_told_apart() {
    let status = |status: StatusCode| Response::new(status, "<html>");
    for (answer, kind) in [
        (status(StatusCode::NOT_FOUND), ErrorKind::Config),
        (status(StatusCode::FORBIDDEN), ErrorKind::Status),
        (status(StatusCode::BAD_GATEWAY), ErrorKind::Server),
        (Response::ok("<html>"), ErrorKind::Decode),
        (Response::ok("{}"), ErrorKind::Decode),
    ] {
        assert_eq!(Pages::over(Site::with(answer)).resolve(PAGE).await.unwrap_err().kind(), kind);
    }
}
