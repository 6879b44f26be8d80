//! What Rumble tells its embedded player about a video: whether it is live.
//!
//! The answer is JSON with short names and numbers that nobody has documented.
//! Two fields together say what the video is, see [`LiveState::of`]. An answer
//! without an id is a video that is gone only if it looks like one in all else;
//! otherwise it is `Decode`, so that an answer that has changed is not reported
//! as a video that was deleted.

use std::{fmt, time::Duration};

use html_escape::decode_html_entities;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{odd, seconds};
use crate::{
    error::Error,
    snapshot::{
        StreamId,
        lenient::{Field, Object, wire},
        utc,
    },
};

/// What a video is as a livestream.
///
/// Rumble tells it by a number and by whether viewers can rewind the
/// livestream. Their meaning is known only from what other clients make of
/// them. The list of a channel has more fields, and some of them differ: see
/// [`ListedVideo::live`](super::ListedVideo::live).
///
/// `Display` is a word or two in small letters. The JSON form is the name in
/// snake case, and for an unknown number an object with it.
///
/// # Examples
///
/// What a bot answers to `!live`:
///
/// ```
/// use rumble_live::pages::LiveState;
///
/// fn answer(state: LiveState) -> String {
///     match state {
///         LiveState::Live => "on air, come in!".into(),
///         LiveState::Upcoming => "not yet, but it is announced".into(),
///         state if state.is_over() => {
///             "it is over, watch the recording".into()
///         }
///         other => format!("no livestream ({other})"),
///     }
/// }
///
/// assert_eq!(answer(LiveState::Replay), "it is over, watch the recording");
/// assert_eq!(answer(LiveState::Gone), "no livestream (gone)");
/// assert_eq!(answer(LiveState::Unknown(7)), "no livestream (unknown (7))");
/// let json =
///     serde_json::to_string(&[LiveState::WasLive, LiveState::Unknown(7)])
///         .unwrap();
/// assert_eq!(json, r#"["was_live",{"unknown":7}]"#);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LiveState {
    /// It is on air (`live` is 2).
    Live,
    /// It is an announced livestream (1, and `livestream_has_dvr` is true).
    Upcoming,
    /// It is the recording of a livestream that is over (1, and
    /// `livestream_has_dvr` is not true).
    Replay,
    /// It was live once, and is over (0, and `livestream_has_dvr` is set).
    WasLive,
    /// It is an ordinary video (0, and `livestream_has_dvr` is not set).
    NotLive,
    /// There is no such video any more (`vid` is null or missing).
    Gone,
    /// The number is one that this version does not know. Treat it as not on
    /// air: [`is_live`](Self::is_live) does.
    Unknown(u64),
}

impl LiveState {
    /// By the number, and by whether viewers can rewind it, if Rumble says so.
    pub(super) fn of(number: u64, has_dvr: Option<bool>) -> Self {
        match (number, has_dvr) {
            (0, None) => Self::NotLive,
            (0, Some(_)) => Self::WasLive,
            (1, Some(true)) => Self::Upcoming,
            (1, _) => Self::Replay,
            (2, _) => Self::Live,
            (number, _) => Self::Unknown(number),
        }
    }

    /// Whether it is on air. False for an announced livestream, and for a
    /// number that is not known.
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Live
    }

    /// Whether it is a livestream that is over. Rumble's player and its lists
    /// tell one ended livestream in different ways, as
    /// [`WasLive`](Self::WasLive) and as [`Replay`](Self::Replay); this is true
    /// for both.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::pages::LiveState;
    ///
    /// assert!(LiveState::WasLive.is_over() && LiveState::Replay.is_over());
    /// for state in [
    ///     LiveState::Live,
    ///     LiveState::Upcoming,
    ///     LiveState::NotLive,
    ///     LiveState::Gone,
    /// ] {
    ///     assert!(!state.is_over(), "{state}");
    /// }
    /// ```
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::WasLive | Self::Replay)
    }
}

impl fmt::Display for LiveState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Live => f.pad("live"),
            Self::Upcoming => f.pad("upcoming"),
            Self::Replay => f.pad("replay"),
            Self::WasLive => f.pad("was live"),
            Self::NotLive => f.pad("not live"),
            Self::Gone => f.pad("gone"),
            Self::Unknown(number) => f.pad(&format!("unknown ({number})")),
        }
    }
}

/// What a livestream or a video is at the moment, as Rumble tells its player.
///
/// If it is [gone](LiveState::Gone), only the id and perhaps the reason are
/// there; all else is empty. The JSON form has the same names, except that the
/// length is `duration_seconds`; a field that is not known is null.
///
/// # Examples
///
/// One livestream from its announcement to its end:
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
///     let sim = Sim::running(42);
///     let pages = Pages::over(sim.clone());
///     let stream = sim.schedule_stream("Harbour lights");
///     assert_eq!(
///         pages.stream_status(&stream).await?.live,
///         LiveState::Upcoming
///     );
///
///     sim.go_live(&stream);
///     let status = pages.stream_status(&stream).await?;
///     assert_eq!((status.live, status.duration), (LiveState::Live, None));
///
///     sim.advance(Duration::from_secs(5400));
///     sim.end_stream(&stream);
///     let status = pages.stream_status(&stream).await?;
///     assert!(status.live.is_over());
///     assert!(status.duration.is_some_and(|length| length.as_secs() >= 5400));
///
///     let other = pages.stream_status("1").await?;
///     assert_eq!(other.live, LiveState::Gone);
///     assert_eq!(
///         other.unplayable.as_deref(),
///         Some("This video is not available")
///     );
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StreamStatus {
    /// Its id (`vid`). Where the video is gone, the id that you asked for.
    pub id: StreamId,
    /// Whether it is live (`live` and `livestream_has_dvr`), or gone.
    pub live: LiveState,
    /// Its title, decoded from HTML (`title`). Empty where missing, like the
    /// other texts.
    pub title: String,
    /// The name of the channel or user (`author.name`).
    pub author_name: String,
    /// The address of the page of the channel or user (`author.url`).
    pub author_url: String,
    /// The display name of the channel (`channel_title`). `None` where it is
    /// empty or missing.
    pub channel_title: Option<String>,
    /// When it was published (`pubDate`). `None` where it is missing or cannot
    /// be read.
    #[serde(with = "utc::option", default)]
    pub published_on: Option<OffsetDateTime>,
    /// How long it is (`duration`, in seconds). `None` where it is not known,
    /// or 0, as it is during a livestream.
    #[serde(rename = "duration_seconds", with = "seconds", default)]
    pub duration: Option<Duration>,
    /// The address of its picture (`i`).
    pub thumbnail_url: String,
    /// Why it cannot be played, in Rumble's words (`sys.msg`). `None` where it
    /// can, or where Rumble gives no reason.
    pub unplayable: Option<String>,
}

impl StreamStatus {
    /// Whether it is on air: short for `live.is_live()`.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live.is_live()
    }
}

wire! {
    struct WireStatus {
        vid: Field<u64>,
        live: Field<u64>,
        livestream_has_dvr: Field<bool>,
        title: Field<String>,
        author: Object<WireAuthor>,
        channel_title: Field<String>,
        #[serde(rename = "pubDate")]
        pub_date: Field<OffsetDateTime>,
        duration: Field<u64>,
        i: Field<String>,
        sys: Object<WireSys>,
    }
}

wire! {
    struct WireAuthor {
        name: Field<String>,
        url: Field<String>,
    }
}

wire! {
    struct WireSys {
        msg: Field<String>,
    }
}

/// The path and query for a video.
pub(super) fn request(id: &StreamId) -> String {
    format!("/embedJS/u3/?request=video&ver=2&v=v{id}")
}

/// What the answer says about the video of this id.
pub(super) fn read(asked: &StreamId, body: &[u8]) -> Result<StreamStatus, Error> {
    let wire = serde_json::from_slice::<Object<WireStatus>>(body).ok().and_then(|wire| wire.0).ok_or_else(odd)?;
    let WireStatus { vid, live, livestream_has_dvr, title, author, channel_title, pub_date, duration, i, sys } = wire;
    let id = vid.0.filter(|id| *id > 0).map(StreamId::from_decimal);
    let title = decode_html_entities(&title.0.unwrap_or_default()).into_owned();
    let live = match (&id, live.0) {
        (Some(_), Some(number)) => LiveState::of(number, livestream_has_dvr.0),
        // A video that is gone has no title. Another answer without an id has one that cannot be read.
        (None, None | Some(0)) if title.is_empty() && (live.0.is_some() || sys.0.is_some()) => LiveState::Gone,
        _ => return Err(odd()),
    };
    let author = author.0.unwrap_or_default();
    Ok(StreamStatus {
        id: id.unwrap_or_else(|| asked.clone()),
        live,
        title,
        author_name: author.name.0.unwrap_or_default(),
        author_url: author.url.0.unwrap_or_default(),
        channel_title: channel_title.0.filter(|title| !title.is_empty()),
        published_on: pub_date.0,
        duration: duration.0.filter(|seconds| *seconds > 0).map(Duration::from_secs),
        thumbnail_url: i.0.unwrap_or_default(),
        unplayable: sys.0.and_then(|sys| sys.msg.0).filter(|words| !words.is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(body: &serde_json::Value) -> Option<LiveState> {
        read(&StreamId::from("7c1f4q"), body.to_string().as_bytes()).ok().map(|status| status.live)
    }

    #[test]
    fn number_and_recording_say_what_it_is_together() {
        for (live, has_dvr, expected) in [
            (0, json!(null), LiveState::NotLive),
            (0, json!(true), LiveState::WasLive),
            (0, json!(false), LiveState::WasLive),
            (1, json!(true), LiveState::Upcoming),
            (1, json!(false), LiveState::Replay),
            (1, json!(null), LiveState::Replay),
            (2, json!(null), LiveState::Live),
            (7, json!(true), LiveState::Unknown(7)),
        ] {
            let body = json!({"vid": 1, "live": live, "livestream_has_dvr": has_dvr});
            assert_eq!(status(&body), Some(expected), "{body}");
        }
        assert_eq!(status(&json!({"vid": "1", "live": "2"})), Some(LiveState::Live));
    }

    #[test]
    fn answer_without_an_id_is_a_video_that_is_gone_only_where_it_looks_like_one() {
        for body in [json!({"vid": null, "live": 0}), json!({"live": 0}), json!({"sys": {"msg": "gone"}}), json!({"vid": 0, "sys": {}})] {
            assert_eq!(status(&body), Some(LiveState::Gone), "{body}");
        }
        let titled = json!({"vid": "v7c1f4q", "live": 0, "title": "Late levels"});
        for body in [json!({}), json!([]), json!(null), json!({"vid": 1}), json!({"live": 2}), json!({"vid": [], "live": 1}), titled] {
            assert_eq!(status(&body), None, "{body}");
        }
    }
}
