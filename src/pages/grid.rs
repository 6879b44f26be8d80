//! The list of videos on the page of a channel or a user.
//!
//! The list is JSON in a script of the page, inside the element
//! `rum-videos-grid`. Only that much of the markup counts; classes and layout
//! may change. A page may have several such lists, which are joined. An item
//! that cannot be read takes nothing else with it, but is counted. A page with
//! no list at all is an error, never an empty list, because a bot would take it
//! for a channel that is off air.

use std::{cmp::Reverse, collections::HashSet, time::Duration};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    creator::Creator,
    html::{is_challenge, parse, select},
    odd, seconds,
    status::LiveState,
};
use crate::{
    error::Error,
    snapshot::{
        ChannelId, StreamId, UserId, Window,
        lenient::{Entry, Field, LeftOut, List, Object, wire},
        utc,
    },
};

/// A video or livestream in the list of a channel or a user.
///
/// Only the id is certain. The JSON form has the same names, except that the
/// length is `duration_seconds`.
///
/// # Examples
///
/// A bot links to the newest recording and leaves shorts out:
///
/// ```
/// use rumble_live::{
///     Error,
///     pages::{LiveState, Pages},
///     sim::Sim,
/// };
/// use std::time::Duration;
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::new(42);
///     let stream = sim.start_stream("Harbour lights");
///     sim.advance(Duration::from_secs(7200));
///     sim.end_stream(&stream);
///     sim.publish_video("Lamp repair", Duration::from_secs(600));
///
///     let videos =
///         Pages::over(sim.clone()).newest_videos(&sim.creator()).await?;
///     let titles: Vec<_> =
///         videos.iter().map(|video| video.title.as_str()).collect();
///     assert_eq!(titles, ["Lamp repair", "Harbour lights"]);
///
///     let recording = videos
///         .iter()
///         .find(|video| {
///             !video.is_short && video.live.is_some_and(LiveState::is_over)
///         })
///         .expect("one is over");
///     assert_eq!(recording.url, sim.watch_url(&stream));
///     assert_eq!(recording.duration, Some(Duration::from_secs(7200)));
///     assert_eq!(
///         (recording.watching_now, recording.is_live()),
///         (None, false)
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListedVideo {
    /// Its id, which is also that of its chat (`id`).
    pub id: StreamId,
    /// Its title (`title`). Empty where missing, like the other texts.
    pub title: String,
    /// The address of its watch page (`url`, or else `relative_url`). One
    /// without a host is completed with the site that was asked.
    pub url: String,
    /// What it is as a livestream (`live`, `livestream_status`,
    /// `live_placeholder`, and `livestream_has_dvr` where the list has it).
    /// `None` where the list does not say. A livestream that has ended is
    /// [`Replay`](LiveState::Replay) here, and often
    /// [`WasLive`](LiveState::WasLive) to its player; [`LiveState::is_over`] is
    /// true for both.
    pub live: Option<LiveState>,
    /// When it was published (`upload_date`). The list is sorted by it, and
    /// those without it come last.
    #[serde(with = "utc::option", default)]
    pub published_on: Option<OffsetDateTime>,
    /// How long it is (`duration`, in seconds). `None` where it is not known,
    /// or 0, as it is during a livestream.
    #[serde(rename = "duration_seconds", with = "seconds", default)]
    pub duration: Option<Duration>,
    /// How often it was watched (`views`). `None` where the list does not say.
    pub views: Option<u64>,
    /// How many people watch now (`watching_now`). Usually `None` unless it is
    /// live.
    pub watching_now: Option<u64>,
    /// Whether it is a short (`is_short`). False where the list does not say.
    pub is_short: bool,
    /// The address of its picture (`thumb`).
    pub thumbnail_url: String,
    /// The display name of the channel or user (`by.title`, or else `by.name`).
    pub author_name: String,
    /// The address of the page of the channel or user (`by.url`).
    pub author_url: String,
    /// The id of the channel, where a channel has published it (`by.id`,
    /// without its `_c`).
    pub channel_id: Option<ChannelId>,
    /// The id of the user, where a user has published it (`by.id`, without its
    /// `_u`).
    pub user_id: Option<UserId>,
}

impl ListedVideo {
    /// Whether it is on air. False where the list does not say what it is; look
    /// at [`live`](Self::live) to tell these apart.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live.is_some_and(LiveState::is_live)
    }
}

wire! {
    struct WireGrid {
        items: List<ListedVideo>,
    }
}

wire! {
    pub(crate) struct WireListed {
        object_type: Field<String>,
        id: Field<u64>,
        title: Field<String>,
        url: Field<String>,
        relative_url: Field<String>,
        live: Field<bool>,
        live_placeholder: Field<bool>,
        livestream_status: Field<u64>,
        livestream_has_dvr: Field<bool>,
        upload_date: Field<OffsetDateTime>,
        duration: Field<u64>,
        views: Field<u64>,
        watching_now: Field<u64>,
        is_short: Field<bool>,
        thumb: Field<String>,
        by: Object<WireBy>,
    }
}

wire! {
    pub(crate) struct WireBy {
        id: Field<String>,
        name: Field<String>,
        title: Field<String>,
        url: Field<String>,
    }
}

impl Entry for ListedVideo {
    type Wire = Object<WireListed>;

    fn from_wire(wire: Self::Wire) -> Result<Self, LeftOut> {
        let wire = wire.required()?;
        if wire.object_type.0.as_deref().is_some_and(|kind| kind != "video") {
            return Err(LeftOut::Unreadable);
        }
        let live = live_state(&wire);
        let WireBy { id: by, name, title, url: author_url } = wire.by.0.unwrap_or_default();
        let by = by.0.unwrap_or_default();
        Ok(Self {
            id: wire.id.0.filter(|id| *id > 0).map(StreamId::from_decimal).ok_or(LeftOut::Unreadable)?,
            title: wire.title.0.unwrap_or_default(),
            // Without its host, if it is the other one.
            url: wire.url.0.filter(|url| !url.is_empty()).or(wire.relative_url.0).unwrap_or_default(),
            live,
            published_on: wire.upload_date.0,
            duration: wire.duration.0.filter(|seconds| *seconds > 0).map(Duration::from_secs),
            views: wire.views.0,
            watching_now: wire.watching_now.0,
            is_short: wire.is_short.0.unwrap_or_default(),
            thumbnail_url: wire.thumb.0.unwrap_or_default(),
            author_name: title.0.filter(|title| !title.is_empty()).or(name.0).unwrap_or_default(),
            author_url: author_url.0.unwrap_or_default(),
            channel_id: by.strip_prefix("_c").and_then(|id| id.parse().ok()).map(ChannelId::from_decimal),
            user_id: by.strip_prefix("_u").map(UserId::from).filter(|id| id.decimal().is_some()),
        })
    }
}

/// What a video is as a livestream. An ordinary one has `null` or 0 as its
/// status, and the status of an announced one is that of a recording.
fn live_state(wire: &WireListed) -> Option<LiveState> {
    match (wire.livestream_status.0, wire.live.0) {
        (_, Some(true)) => Some(LiveState::Live),
        (None | Some(1), _) if wire.live_placeholder.0 == Some(true) => Some(LiveState::Upcoming),
        (Some(number), _) => Some(LiveState::of(number, wire.livestream_has_dvr.0)),
        (None, Some(false)) => Some(LiveState::NotLive),
        (None, None) => None,
    }
}

/// The path of the page that has the list.
pub(super) fn request(creator: &Creator) -> String {
    format!("/{creator}")
}

/// The videos of a page of this site, newest first. A video that the page lists
/// twice is told once.
pub(super) fn read(site: &str, page: &[u8]) -> Result<Window<ListedVideo>, Error> {
    let page = parse(&String::from_utf8_lossy(page))?;
    let scripts = select(&page, r#"rum-videos-grid > script[type="application/json"]"#);
    let grids: Vec<_> = scripts.iter().filter_map(|script| grid(&script.text().collect::<String>())).collect();
    if grids.is_empty() {
        return Err(if is_challenge(&page) { Error::challenge() } else { odd() });
    }
    let skipped = grids.iter().map(Window::skipped).sum();
    let mut known = HashSet::new();
    let mut videos: Vec<_> = grids.into_iter().flatten().filter(|video: &ListedVideo| known.insert(video.id.clone())).collect();
    videos.sort_by_key(|video| Reverse(video.published_on));
    for video in videos.iter_mut().filter(|video| video.url.starts_with('/')) {
        video.url.insert_str(0, site);
    }
    Ok(Window::sent(videos, skipped))
}

/// One list, if this is one: a JSON object with `items`, which may be empty.
fn grid(json: &str) -> Option<Window<ListedVideo>> {
    let grid = serde_json::from_str::<Object<WireGrid>>(json).ok()?.0?;
    Some(grid.items.0).filter(Window::was_sent)
}

/// The newest video that is live.
///
/// # Errors
///
/// `Decode` where the list does not say of any video whether it is live.
pub(super) fn live(videos: Window<ListedVideo>) -> Result<Option<ListedVideo>, Error> {
    if !videos.is_empty() && videos.iter().all(|video| video.live.is_none()) {
        return Err(odd());
    }
    Ok(videos.into_iter().find(ListedVideo::is_live))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "https://rumble.com";

    fn page(json: &str) -> String {
        format!(r#"<rum-videos-grid><script type="application/json">{json}</script></rum-videos-grid>"#)
    }

    fn ids(page: &str) -> Option<(Vec<u64>, usize)> {
        let videos = read(SITE, page.as_bytes()).ok()?;
        Some((videos.iter().filter_map(|video| video.id.decimal()).collect(), videos.skipped()))
    }

    #[test]
    fn list_is_read_whatever_stands_in_it() {
        for (json, expected) in [
            (r#"{"items":[]}"#, (vec![], 0)),
            (r#"{"items":{"1":{"id":"5"},"3":{"id":6.0}}}"#, (vec![5, 6], 0)),
            (r#"{"items":[{"id":5},7,null,{"id":[]},{},{"id":6,"by":[],"title":{},"new":1}]}"#, (vec![5, 6], 4)),
            (
                r#"{"items":[{"id":5,"upload_date":"2026-09-01"},{"id":6},{"id":7,"upload_date":"2026-09-02T00:00:00Z"}]}"#,
                (vec![7, 5, 6], 0),
            ),
        ] {
            assert_eq!(ids(&page(json)), Some(expected), "{json}");
        }
        let two = page(r#"{"items":[{"id":5}]}"#) + &page("{") + &page(r#"{"items":[{"id":6},{"id":5}]}"#);
        assert_eq!(ids(&two), Some((vec![5, 6], 0)));
    }

    #[test]
    fn state_is_read_from_whatever_the_list_says_of_it() {
        for (json, expected) in [
            (r#""live":false,"livestream_status":null,"livestream_has_dvr":null"#, Some(LiveState::NotLive)),
            (r#""live":false,"livestream_status":0"#, Some(LiveState::NotLive)),
            (r#""live":false"#, Some(LiveState::NotLive)),
            (r#""live":true"#, Some(LiveState::Live)),
            (r#""live":true,"livestream_status":1"#, Some(LiveState::Live)),
            (r#""live":false,"live_placeholder":true,"livestream_status":1"#, Some(LiveState::Upcoming)),
            (r#""live":false,"live_placeholder":true,"livestream_status":null"#, Some(LiveState::Upcoming)),
            (r#""live":false,"live_placeholder":false,"livestream_status":1"#, Some(LiveState::Replay)),
            (r#""livestream_status":1,"livestream_has_dvr":true"#, Some(LiveState::Upcoming)),
            (r#""live":false,"livestream_status":7"#, Some(LiveState::Unknown(7))),
            (r#""livestream_status":2"#, Some(LiveState::Live)),
            (r#""live_placeholder":false"#, None),
        ] {
            let videos = read(SITE, page(&format!(r#"{{"items":[{{"id":5,{json}}}]}}"#)).as_bytes()).unwrap();
            assert_eq!(videos[0].live, expected, "{json}");
        }
    }

    #[test]
    fn address_without_a_host_is_one_of_the_site() {
        for (json, expected) in [
            (r#""url":"https://rumble.com/v1.html","relative_url":"/v2.html""#, "https://rumble.com/v1.html"),
            (r#""relative_url":"/v2.html""#, "https://rumble.com/v2.html"),
            (r#""url":"","relative_url":"/v2.html""#, "https://rumble.com/v2.html"),
            (r#""title":"none""#, ""),
        ] {
            let videos = read(SITE, page(&format!(r#"{{"items":[{{"id":5,{json}}}]}}"#)).as_bytes()).unwrap();
            assert_eq!(videos[0].url, expected, "{json}");
        }
    }

    #[test]
    fn item_of_another_kind_is_no_video() {
        assert_eq!(ids(&page(r#"{"items":[{"object_type":"ad","id":5},{"object_type":"video","id":6},{"id":7}]}"#)), Some((vec![6, 7], 1)));
    }

    #[test]
    fn page_without_a_list_is_not_an_empty_one() {
        for json in ["", "{", "[]", "{}", r#"{"items":null}"#, r#"{"items":5}"#] {
            assert_eq!(ids(&page(json)), None, "{json}");
        }
        for page in ["", "{}", "<html>", "<rum-videos-grid></rum-videos-grid>", r#"<script type="application/json">{"items":[]}</script>"#]
        {
            assert_eq!(ids(page), None, "{page}");
        }
    }

    #[test]
    fn list_that_does_not_say_what_is_live_is_no_answer() {
        let videos = |json| live(read(SITE, page(json).as_bytes()).unwrap());
        assert!(videos(r#"{"items":[{"id":5},{"id":6}]}"#).is_err());
        assert_eq!(videos(r#"{"items":[]}"#).unwrap(), None);
        assert_eq!(videos(r#"{"items":[{"id":5},{"id":6,"livestream_status":1}]}"#).unwrap(), None);
        assert_eq!(videos(r#"{"items":[{"id":5,"live":false,"livestream_status":null}]}"#).unwrap(), None);
        assert_eq!(videos(r#"{"items":[{"id":5},{"id":6,"livestream_status":2}]}"#).unwrap().unwrap().id.decimal(), Some(6));
    }
}
