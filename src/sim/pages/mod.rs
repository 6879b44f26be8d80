//! What the site shows to everybody: the account's streams as oEmbed, as the player is told of them, and as a list of videos.

mod script;

use std::collections::VecDeque;

use html_escape::{encode_double_quoted_attribute, encode_text};
use http::StatusCode;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{
    Sim,
    fault::Next,
    stamp::Utc,
    wire::{USERNAME, WATCH_CODE_STEP, watch_url},
    world::{Stream, World},
};
use crate::{Error, Response, StreamId};

/// The name of the account's channel in addresses, and for people.
const CHANNEL: &str = "SimulatedHarborChannel";
const CHANNEL_TITLE: &str = "Simulated Harbor";
const CHANNEL_ID: u64 = 7_104_422;
/// How many videos one page lists.
const A_PAGE: usize = 24;

/// What is to become of the requests for pages, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Pages {
    next: VecDeque<Next>,
    requests: u64,
}

/// What is asked of the site by anybody.
enum Wanted {
    /// The video of an address.
    Oembed(Option<u64>),
    /// What the player of a video is told.
    Embed(Option<u64>),
    /// The page of somebody, without its leading slash.
    Creator(String),
}

impl Wanted {
    fn of(path: &str, query: Option<&str>) -> Self {
        let field =
            |name| form_urlencoded::parse(query.unwrap_or_default().as_bytes()).find_map(|(field, value)| (field == name).then_some(value));
        match path {
            "/api/Media/oembed.json" => Self::Oembed(field("url").and_then(|url| video_at(&url))),
            "/embedJS/u3/" => Self::Embed(field("v").and_then(|id| StreamId::from(id.strip_prefix('v')?).decimal())),
            _ => Self::Creator(path.trim_matches('/').into()),
        }
    }
}

/// Which video a request is about, by its decimal id.
pub(super) fn video_of(path: &str, query: Option<&str>) -> Option<u64> {
    match Wanted::of(path, query) {
        Wanted::Oembed(video) | Wanted::Embed(video) => video,
        Wanted::Creator(_) => None,
    }
}

/// The decimal id of the video at an address: of an embedded player, a watch page or a short.
fn video_at(url: &str) -> Option<u64> {
    let path = url.split(['?', '#']).next()?.trim_end_matches('/');
    let number = |segment: &str| StreamId::from(segment.strip_prefix('v')?.split(['-', '.']).next()?).decimal();
    let (before, last) = path.rsplit_once('/')?;
    if before.ends_with("/embed") { number(last) } else { number(last)?.checked_sub(WATCH_CODE_STEP) }
}

/// Whether this is a page of the account, with a list of its videos.
fn is_of_the_account(path: &str) -> bool {
    let mut segments = path.split('/');
    let is_own = match (segments.next(), segments.next()) {
        (Some("c"), Some(name)) => name.eq_ignore_ascii_case(CHANNEL),
        (Some("user"), Some(name)) => name.eq_ignore_ascii_case(USERNAME),
        _ => false,
    };
    is_own && segments.all(|list| ["videos", "livestreams"].contains(&list))
}

impl Sim {
    /// What a request for a page of the site gets.
    pub(super) fn page_answer(&self, path: &str, query: Option<&str>) -> Result<Response, Error> {
        let mut world = self.world();
        world.pages.requests += 1;
        if let Some(next) = world.pages.next.pop_front() {
            drop(world);
            return next.response();
        }
        let page = match Wanted::of(path, query) {
            Wanted::Oembed(video) => world.stream_of_video(video).map(|stream| oembed(stream).to_string()),
            Wanted::Embed(video) => Some(embed(world.stream_of_video(video)).to_string()),
            Wanted::Creator(path) => is_of_the_account(&path).then(|| world.grid_page()),
        };
        Ok(page.map_or_else(|| Response::new(StatusCode::NOT_FOUND, "<!doctype html><title>404</title>"), Response::ok))
    }
}

impl World {
    fn stream_of_video(&self, id: Option<u64>) -> Option<&Stream> {
        self.streams.iter().find(|stream| Some(stream.video_id) == id)
    }

    fn grid_page(&self) -> String {
        let items: Vec<_> = self.streams.iter().rev().take(A_PAGE).map(|stream| listed(stream, self)).collect();
        // So that nothing in it ends the script.
        let json = json!({"items": items}).to_string().replace("</", "<\\/");
        format!(
            r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{}</title></head><body><main><rum-videos-grid collection="channel" filter="id={CHANNEL_ID}" limit="{A_PAGE}"><script type="application/json">{json}</script></rum-videos-grid></main></body></html>"#,
            encode_text(CHANNEL_TITLE)
        )
    }
}

impl Stream {
    fn published_on(&self) -> OffsetDateTime {
        self.started_on.unwrap_or(self.created_on)
    }

    /// Zero while it is live.
    fn length_in_seconds(&self) -> i64 {
        let ended = self.ended_on.filter(|_| !self.is_live);
        ended.map_or(0, |ended| (ended - self.published_on()).whole_seconds().max(0))
    }

    fn picture(&self) -> String {
        format!("https://cdn.example.invalid/thumbs/{}.jpg", self.id)
    }
}

fn oembed(stream: &Stream) -> Value {
    let Stream { id, title, .. } = stream;
    let html = format!(
        r#"<iframe src="https://rumble.com/embed/v{id}/" width="1280" height="720" frameborder="0" title="{}" allowfullscreen></iframe>"#,
        encode_double_quoted_attribute(title)
    );
    json!({
        "type": "video",
        "version": "1.0",
        "title": title,
        "author_name": CHANNEL_TITLE,
        "author_url": channel_url(),
        "provider_name": "Rumble.com",
        "provider_url": "https://rumble.com/",
        "html": html,
        "width": 1280,
        "height": 720,
        "duration": stream.length_in_seconds(),
        "thumbnail_url": stream.picture(),
        "thumbnail_width": 1280,
        "thumbnail_height": 720,
    })
}

/// What the player of a stream is told, or of one that is not there.
fn embed(stream: Option<&Stream>) -> Value {
    let Some(stream) = stream else {
        return json!({"sys": {"msg": "This video is not available"}, "vid": null, "live": 0, "ua": []});
    };
    let live = match stream.started_on {
        _ if stream.is_live => 2,
        Some(_) => 0,
        None => 1,
    };
    json!({
        "vid": stream.video_id,
        "title": encode_double_quoted_attribute(&stream.title),
        "author": {"name": CHANNEL_TITLE, "url": channel_url()},
        "pubDate": Utc(stream.published_on()),
        "live": live,
        "livestream_has_dvr": true,
        "duration": stream.length_in_seconds(),
        "i": stream.picture(),
        "t": [],
        "cc": [],
        "u": {},
        "ua": [],
    })
}

/// A stream in the list of the account.
fn listed(stream: &Stream, world: &World) -> Value {
    let url = watch_url(stream.video_id);
    json!({
        "object_type": "video",
        "id": stream.video_id,
        "title": stream.title,
        "relative_url": url.strip_prefix("https://rumble.com"),
        "url": url,
        "thumb": stream.picture(),
        "duration": stream.length_in_seconds(),
        "views": stream.messages.len(),
        "upload_date": Utc(stream.published_on()),
        "live": stream.is_live,
        "livestream_status": if stream.is_live { 2 } else { 1 },
        "livestream_has_dvr": stream.started_on.is_none().then_some(true),
        "is_short": false,
        "watching_now": stream.is_live.then(|| stream.watching_now(world)),
        "tags": [],
        "videos": [],
        "by": {
            "id": format!("_c{CHANNEL_ID}"),
            "type": "channel",
            "name": CHANNEL,
            "title": CHANNEL_TITLE,
            "url": channel_url(),
            "thumb": null,
            "followers": world.followers.len(),
            "verified_badge": false,
        },
    })
}

fn channel_url() -> String {
    format!("https://rumble.com/c/{CHANNEL}")
}
