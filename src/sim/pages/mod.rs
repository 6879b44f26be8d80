//! What the site shows to everybody: the account's streams and videos by
//! oEmbed, to their player, and as a list.
//!
//! Streams and videos are both brought into one form ([`Shown`]), and each of
//! the three services says of it what the client reads. The code in the address
//! of a watch page is the id plus a fixed number, so that code which takes one
//! for the other fails in a test. An embedded player has the id itself.

mod script;

use std::{cmp::Reverse, collections::VecDeque, time::Duration};

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
/// The channel's name for people.
const CHANNEL_TITLE: &str = "Simulated Harbor";
/// The number of the channel in the markup of its page.
const CHANNEL_ID: u64 = 7_104_422;
/// How many videos one page lists.
const A_PAGE: usize = 24;
/// Ids of videos grow by this; any number that makes them look apart would do.
const ID_STEP: u64 = 7919;

/// The account's videos, what is to become of the requests for pages, and how
/// many there were.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// In the order of their publication.
    videos: Vec<Video>,
    next: VecDeque<Next>,
    requests: u64,
}

/// A video that was never live.
#[derive(Debug)]
struct Video {
    id: u64,
    title: String,
    published_on: OffsetDateTime,
    seconds: u64,
}

/// A request to the site without a session.
enum Wanted {
    /// For the video at an address.
    Oembed(Option<u64>),
    /// For what the player of a video needs.
    Embed(Option<u64>),
    /// For the page of a channel or user, without its leading slash.
    Creator(String),
}

impl Wanted {
    /// What is asked for. Any path that is no service is taken for the page of
    /// a creator.
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

/// The decimal id of the video at an address: of an embedded player, a watch
/// page or a short.
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
            Wanted::Oembed(video) => world.shown(video).map(|shown| oembed(&shown).to_string()),
            Wanted::Embed(video) => Some(embed(world.shown(video).as_ref()).to_string()),
            Wanted::Creator(path) => is_of_the_account(&path).then(|| world.grid_page()),
        };
        Ok(page.map_or_else(|| Response::new(StatusCode::NOT_FOUND, "<!doctype html><title>404</title>"), Response::ok))
    }
}

impl World {
    /// Streams and videos, the newest first.
    fn all_shown(&self) -> Vec<Shown<'_>> {
        let streams = self.streams.iter().rev().map(Shown::from);
        let mut all: Vec<_> = streams.chain(self.pages.videos.iter().rev().map(Shown::from)).collect();
        all.sort_by_key(|shown| Reverse(shown.published_on));
        all
    }

    /// The stream or video of this decimal id.
    fn shown(&self, id: Option<u64>) -> Option<Shown<'_>> {
        self.all_shown().into_iter().find(|shown| Some(shown.video_id) == id)
    }

    /// Adds a video that is published now. Its id follows from the seed and
    /// from how many there are.
    fn publish_video(&mut self, title: &str, length: Duration) -> StreamId {
        // Below the ids of streams, and apart from those of other accounts.
        let first = 300_000_000 + self.seed % 50_000_000;
        let id = first + ID_STEP * (self.pages.videos.len() as u64);
        let published_on = self.clock.now();
        self.pages.videos.push(Video { id, title: title.into(), published_on, seconds: length.as_secs() });
        StreamId::from_decimal(id)
    }

    /// The page of the channel, with the list of its newest videos as JSON in a
    /// script.
    fn grid_page(&self) -> String {
        let items: Vec<_> = self.all_shown().iter().take(A_PAGE).map(|shown| listed(shown, self)).collect();
        // So that nothing in it ends the script.
        let json = json!({"items": items}).to_string().replace("</", "<\\/");
        format!(
            r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{}</title></head><body><main><rum-videos-grid collection="channel" filter="id={CHANNEL_ID}" limit="{A_PAGE}"><script type="application/json">{json}</script></rum-videos-grid></main></body></html>"#,
            encode_text(CHANNEL_TITLE)
        )
    }
}

/// A stream or a video, as the site shows it.
struct Shown<'a> {
    video_id: u64,
    title: &'a str,
    published_on: OffsetDateTime,
    /// Zero while it is live.
    seconds: u64,
    /// None for a video that was never live.
    stream: Option<&'a Stream>,
}

impl<'a> From<&'a Stream> for Shown<'a> {
    fn from(stream: &'a Stream) -> Self {
        let published_on = stream.started_on.unwrap_or(stream.created_on);
        let ended = stream.ended_on.filter(|_| !stream.is_live);
        let seconds = ended.map_or(0, |ended| (ended - published_on).whole_seconds().try_into().unwrap_or(0));
        Self { video_id: stream.video_id, title: &stream.title, published_on, seconds, stream: Some(stream) }
    }
}

impl<'a> From<&'a Video> for Shown<'a> {
    fn from(video: &'a Video) -> Self {
        Self { video_id: video.id, title: &video.title, published_on: video.published_on, seconds: video.seconds, stream: None }
    }
}

impl Shown<'_> {
    fn id(&self) -> StreamId {
        StreamId::from_decimal(self.video_id)
    }

    /// The address of its picture, which does not exist.
    fn picture(&self) -> String {
        format!("https://cdn.example.invalid/thumbs/{}.jpg", self.id())
    }

    /// Whether it is on air.
    fn is_live(&self) -> bool {
        self.stream.is_some_and(|stream| stream.is_live)
    }

    /// Whether it is a stream that has not begun.
    fn is_announced(&self) -> bool {
        self.stream.is_some_and(|stream| stream.started_on.is_none())
    }
}

/// The answer of the oEmbed service.
fn oembed(shown: &Shown<'_>) -> Value {
    let html = format!(
        r#"<iframe src="https://rumble.com/embed/v{}/" width="1280" height="720" frameborder="0" title="{}" allowfullscreen></iframe>"#,
        shown.id(),
        encode_double_quoted_attribute(shown.title)
    );
    json!({
        "type": "video",
        "version": "1.0",
        "title": shown.title,
        "author_name": CHANNEL_TITLE,
        "author_url": channel_url(),
        "provider_name": "Rumble.com",
        "provider_url": "https://rumble.com/",
        "html": html,
        "width": 1280,
        "height": 720,
        "duration": shown.seconds,
        "thumbnail_url": shown.picture(),
        "thumbnail_width": 1280,
        "thumbnail_height": 720,
    })
}

/// The answer to a player, also for a video that does not exist.
fn embed(shown: Option<&Shown<'_>>) -> Value {
    let Some(shown) = shown else {
        return json!({"sys": {"msg": "This video is not available"}, "vid": null, "live": 0, "ua": []});
    };
    let live = match (shown.is_live(), shown.is_announced()) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 0,
    };
    json!({
        "vid": shown.video_id,
        "title": encode_double_quoted_attribute(shown.title),
        "author": {"name": CHANNEL_TITLE, "url": channel_url()},
        "pubDate": Utc(shown.published_on),
        "live": live,
        "livestream_has_dvr": shown.stream.map(|_| true),
        "duration": shown.seconds,
        "i": shown.picture(),
        "t": [],
        "cc": [],
        "u": {},
        "ua": [],
    })
}

/// A stream or video in the list of the account.
fn listed(shown: &Shown<'_>, world: &World) -> Value {
    let url = watch_url(shown.video_id);
    json!({
        "object_type": "video",
        "id": shown.video_id,
        "title": shown.title,
        "relative_url": url.strip_prefix("https://rumble.com"),
        "url": url,
        "thumb": shown.picture(),
        "duration": shown.seconds,
        "views": shown.stream.map_or(0, |stream| stream.messages.len()),
        "upload_date": Utc(shown.published_on),
        "live": shown.is_live(),
        "live_placeholder": shown.is_announced(),
        "live_datetime": shown.stream.filter(|_| shown.is_announced()).map(|stream| Utc(stream.scheduled_on)),
        "livestream_status": shown.stream.map(|stream| if stream.is_live { 2 } else { 1 }),
        "livestream_has_dvr": null,
        "is_short": false,
        "watching_now": shown.stream.filter(|stream| stream.is_live).map(|stream| stream.watching_now(world)),
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

/// The address of the channel's page.
fn channel_url() -> String {
    format!("https://rumble.com/c/{CHANNEL}")
}
