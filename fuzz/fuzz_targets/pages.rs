//! Reads any bytes as the site's answer to each request.

#![no_main]

use std::{collections::HashSet, fmt::Debug, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use rumble_live::{
    BoxFuture, Bytes, Error, ErrorKind, Request, Response, Transport,
    pages::{Creator, ListedVideo, LiveState, Pages, StreamStatus, Video},
    session::Session,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|body: &[u8]| {
    RUNTIME.block_on(async {
        let body = Bytes::copy_from_slice(body);
        // Each request has a reader of its own, so that none of them waits for another.
        let pages = || Pages::over(Canned(body.clone()));
        if let Some(video) = read(pages().resolve("https://rumble.com/v7b8x3c-late-levels.html").await) {
            assert!(video.id.decimal().is_some());
            let json = serde_json::to_string(&video).expect("a video has a JSON form");
            assert_eq!(serde_json::from_str::<Video>(&json).expect("it is read again"), video);
        }
        if let Some(status) = read(pages().stream_status("7c1f4q").await) {
            assert!(status.id.decimal().is_some());
            assert!(status.live != LiveState::Gone || status.id == "7c1f4q");
            let json = serde_json::to_string(&status).expect("a status has a JSON form");
            assert_eq!(serde_json::from_str::<StreamStatus>(&json).expect("it is read again"), status);
        }
        is_sound(&pages(), &pages()).await;
        read_by_a_session(&body).await;
        if let Ok(creator) = str::from_utf8(&body).unwrap_or_default().parse::<Creator>() {
            let text = creator.to_string();
            assert!(!text.contains(['?', '#', '\\', ' ']) && !text.ends_with("/.."), "{text}");
            assert_eq!(text.matches('/').count(), 1, "{text}");
            assert_eq!(text.parse::<Creator>().expect("it is read again"), creator);
        }
    });
});

/// Checks that a list is newest first, has no video twice, and agrees with what
/// is live.
async fn is_sound(pages: &Pages, again: &Pages) {
    let creator = Creator::channel("HarborlightRetro").expect("this is a name");
    let (videos, live) = (read(pages.newest_videos(&creator).await), read(again.live_video(&creator).await));
    let Some(videos) = videos else {
        assert_eq!(live, None);
        return;
    };
    assert!(videos.windows(2).all(|two| two[0].published_on >= two[1].published_on), "{videos:?}");
    let ids: HashSet<_> = videos.iter().map(|video| &video.id).collect();
    assert_eq!(ids.len(), videos.len());
    if let Some(live) = live {
        assert_eq!(live.as_ref(), videos.iter().find(|video| video.is_live()));
    }
    for video in &videos {
        let json = serde_json::to_string(video).expect("a video has a JSON form");
        assert_eq!(serde_json::from_str::<ListedVideo>(&json).expect("it is read again"), *video);
    }
}

/// Checks what a session reads from HTML, and the list of categories.
async fn read_by_a_session(body: &Bytes) {
    let session = || {
        let token = "FAKESESSION".parse().expect("this is a token");
        Session::builder().transport(Canned(body.clone())).build(token).expect("the settings are good")
    };
    if let Some(muted) = told(session().muted().await) {
        let records: HashSet<_> = muted.iter().map(|muted| muted.record_id).collect();
        assert_eq!(records.len(), muted.len());
        has_its_json_form(&muted);
    }
    if let Some(comments) = told(session().comments("7c1f4q").await) {
        has_its_json_form(&comments);
    }
    if let Some(url) = told(session().share_url("7c1f4q").await) {
        assert!(!url.is_empty());
    }
    if let Some(categories) = told(session().categories().await) {
        has_its_json_form(&*categories);
    }
}

fn has_its_json_form<T: Serialize + DeserializeOwned + PartialEq + Debug>(items: &[T]) {
    for item in items {
        let json = serde_json::to_string(item).expect("it has a JSON form");
        assert_eq!(serde_json::from_str::<T>(&json).expect("it is read again"), *item);
    }
}

/// What a session was told. `None` after an error, which has to be of a known
/// kind.
fn told<T>(outcome: Result<T, Error>) -> Option<T> {
    use ErrorKind::{Challenge, Decode, Refused, SessionGone};
    outcome.map_err(|error| assert!(matches!(error.kind(), Challenge | Decode | Refused | SessionGone), "{error}")).ok()
}

/// What was read. `None` after an error, which has to be `Decode` or
/// `Challenge`.
fn read<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.map_err(|error| assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::Challenge), "{error}")).ok()
}

/// The clock is paused. So the pages of a list, which are fetched a second
/// apart, take no time.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime"));

struct Canned(Bytes);

impl Transport for Canned {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async { Ok(Response::ok(self.0.clone())) })
    }
}
