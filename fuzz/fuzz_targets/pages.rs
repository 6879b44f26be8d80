//! Any bytes as what the site answers, whatever it was asked for.

#![no_main]

use std::{collections::HashSet, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use rumble_live::{
    BoxFuture, Bytes, Error, ErrorKind, Request, Response, Transport,
    pages::{Creator, ListedVideo, LiveState, Pages, StreamStatus, Video},
};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|body: &[u8]| {
    RUNTIME.block_on(async {
        let body = Bytes::copy_from_slice(body);
        // A reader of its own for each request, for they are not to be apart.
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
        if let Ok(creator) = str::from_utf8(&body).unwrap_or_default().parse::<Creator>() {
            let text = creator.to_string();
            assert!(!text.contains(['?', '#', '\\', ' ']) && !text.ends_with("/.."), "{text}");
            assert_eq!(text.matches('/').count(), 1, "{text}");
            assert_eq!(text.parse::<Creator>().expect("it is read again"), creator);
        }
    });
});

/// A list is newest first, has nothing twice, and agrees with what is live.
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

/// What was read, if anything: a body that means nothing is an error that says so.
fn read<T>(outcome: Result<T, Error>) -> Option<T> {
    outcome.map_err(|error| assert!(matches!(error.kind(), ErrorKind::Decode | ErrorKind::Challenge), "{error}")).ok()
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

struct Canned(Bytes);

impl Transport for Canned {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(async { Ok(Response::ok(self.0.clone())) })
    }
}
