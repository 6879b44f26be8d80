//! The list of videos on the page of a channel or a user.

use std::{cmp::Reverse, collections::HashSet, time::Duration};

use scraper::ElementRef;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{
    creator::Creator,
    html::{parse, select},
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
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListedVideo {
    /// Its id, which is also that of its chat (`id`).
    pub id: StreamId,
    /// Its title (`title`). Empty where missing, as the other texts.
    pub title: String,
    /// The address of its watch page (`url`).
    pub url: String,
    /// What it is as a livestream (`livestream_status`, and `livestream_has_dvr` where the list has it). `None` where the list does not say.
    pub live: Option<LiveState>,
    /// When it was published (`upload_date`).
    #[serde(with = "utc::option", default)]
    pub published_on: Option<OffsetDateTime>,
    /// How long it is (`duration`, in seconds). `None` where it is not known or 0, as while it is live.
    #[serde(rename = "duration_seconds", with = "seconds", default)]
    pub duration: Option<Duration>,
    /// How often it was watched (`views`).
    pub views: Option<u64>,
    /// How many watch now (`watching_now`).
    pub watching_now: Option<u64>,
    /// Whether it is a short (`is_short`).
    pub is_short: bool,
    /// The address of its picture (`thumb`).
    pub thumbnail_url: String,
    /// The name of the channel or user for people (`by.title`, or else `by.name`).
    pub author_name: String,
    /// The address of their page (`by.url`).
    pub author_url: String,
    /// The id of the channel whose it is (`by.id`, without its `_c`).
    pub channel_id: Option<ChannelId>,
    /// The id of the user whose it is (`by.id`, without its `_u`).
    pub user_id: Option<UserId>,
}

impl ListedVideo {
    /// Whether it is on air.
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
        id: Field<u64>,
        title: Field<String>,
        url: Field<String>,
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
        let WireBy { id: by, name, title, url: author_url } = wire.by.0.unwrap_or_default();
        let by = by.0.unwrap_or_default();
        Ok(Self {
            id: wire.id.0.filter(|id| *id > 0).map(StreamId::from_decimal).ok_or(LeftOut::Unreadable)?,
            title: wire.title.0.unwrap_or_default(),
            url: wire.url.0.unwrap_or_default(),
            live: wire.livestream_status.0.map(|number| LiveState::of(number, wire.livestream_has_dvr.0)),
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

/// The path of the page that has the list.
pub(super) fn request(creator: &Creator) -> String {
    format!("/{creator}")
}

/// The videos of a page, newest first; one that stands there twice is listed once.
pub(super) fn read(page: &[u8]) -> Result<Window<ListedVideo>, Error> {
    let page = parse(&String::from_utf8_lossy(page))?;
    let scripts = select(&page, r#"rum-videos-grid > script[type="application/json"]"#);
    let grids: Vec<_> = scripts.iter().filter_map(|script| grid(&script.text().collect::<String>())).collect();
    if grids.is_empty() {
        let title: String = select(&page, "title").iter().flat_map(ElementRef::text).collect();
        return Err(if title.trim_start().starts_with("Just a moment") { Error::challenge() } else { odd() });
    }
    let skipped = grids.iter().map(Window::skipped).sum();
    let mut known = HashSet::new();
    let mut videos: Vec<_> = grids.into_iter().flatten().filter(|video: &ListedVideo| known.insert(video.id.clone())).collect();
    videos.sort_by_key(|video| Reverse(video.published_on));
    Ok(Window::sent(videos, skipped))
}

fn grid(json: &str) -> Option<Window<ListedVideo>> {
    let grid = serde_json::from_str::<Object<WireGrid>>(json).ok()?.0?;
    Some(grid.items.0).filter(Window::was_sent)
}

/// The newest that is live, if the list says of any whether it is.
pub(super) fn live(videos: Window<ListedVideo>) -> Result<Option<ListedVideo>, Error> {
    if !videos.is_empty() && videos.iter().all(|video| video.live.is_none()) {
        return Err(odd());
    }
    Ok(videos.into_iter().find(ListedVideo::is_live))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(json: &str) -> String {
        format!(r#"<rum-videos-grid><script type="application/json">{json}</script></rum-videos-grid>"#)
    }

    fn ids(page: &str) -> Option<(Vec<u64>, usize)> {
        let videos = read(page.as_bytes()).ok()?;
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
        let videos = |json| live(read(page(json).as_bytes()).unwrap());
        assert!(videos(r#"{"items":[{"id":5},{"id":6}]}"#).is_err());
        assert_eq!(videos(r#"{"items":[]}"#).unwrap(), None);
        assert_eq!(videos(r#"{"items":[{"id":5},{"id":6,"livestream_status":1}]}"#).unwrap(), None);
        assert_eq!(videos(r#"{"items":[{"id":5},{"id":6,"livestream_status":2}]}"#).unwrap().unwrap().id.decimal(), Some(6));
    }
}
