//! Rumble's oEmbed service: from the URL of a page to the id of its video.
//!
//! The answer has no field with the id. It is taken from the HTML that embeds
//! the video, from the address of the player in it (`/embed/v…`). That HTML is
//! not parsed: the first such address counts, and the id ends where letters and
//! digits end.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        StreamId,
        lenient::{Field, wire},
    },
};

/// A video or livestream, as other sites embed it.
///
/// It does not say whether it is live; ask
/// [`stream_status`](super::Pages::stream_status) with its id. Texts are as
/// Rumble sends them. The JSON form has the same names.
///
/// # Examples
///
/// From a watch page to the channel that it belongs to:
///
/// ```
/// use rumble_live::{
///     Error,
///     pages::{Creator, Pages},
///     sim::Sim,
/// };
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Error> {
///     let sim = Sim::running(42);
///     let stream = sim.start_stream("Harbour lights");
///     let pages = Pages::over(sim.clone());
///
///     let video = pages.resolve(&sim.watch_url(&stream)).await?;
///     let creator: Creator = video.author_url.parse()?;
///     assert_eq!(creator, sim.creator());
///     assert_eq!(video.author_name, "Simulated Harbor");
///     assert_eq!(pages.newest_videos(&creator).await?[0].id, video.id);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Video {
    /// Its id, which is also that of its chat (from `html`, which embeds it).
    pub id: StreamId,
    /// Its title (`title`). Empty where missing, like the other texts.
    pub title: String,
    /// The name of the channel or user (`author_name`).
    pub author_name: String,
    /// The address of the page of the channel or user (`author_url`).
    /// [`Creator`](super::Creator) can be parsed from it.
    pub author_url: String,
    /// The address of its picture (`thumbnail_url`).
    pub thumbnail_url: String,
}

wire! {
    struct WireVideo {
        html: Field<String>,
        title: Field<String>,
        author_name: Field<String>,
        author_url: Field<String>,
        thumbnail_url: Field<String>,
    }
}

/// The path and query for a page.
pub(super) fn request(page: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("url", page).finish();
    format!("/api/Media/oembed.json?{query}")
}

/// What the answer says. `Decode` where it does not say which video it is,
/// whatever else it has.
pub(super) fn read(body: &[u8]) -> Result<Video, Error> {
    video(body)
        .ok_or_else(|| Error::with_message(ErrorKind::Decode, "the answer does not say which video it is; Rumble may have changed it"))
}

/// The video. Without an id there is none; all other fields may be missing.
fn video(body: &[u8]) -> Option<Video> {
    let wire: WireVideo = serde_json::from_slice(body).ok()?;
    let (_, behind) = wire.html.0.as_deref()?.split_once("/embed/v")?;
    let id = behind.split(|char: char| !char.is_ascii_alphanumeric()).next().map(StreamId::from).filter(|id| id.decimal().is_some())?;
    Some(Video {
        id,
        title: wire.title.0.unwrap_or_default(),
        author_name: wire.author_name.0.unwrap_or_default(),
        author_url: wire.author_url.0.unwrap_or_default(),
        thumbnail_url: wire.thumbnail_url.0.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_found_in_what_embeds_the_video() {
        let body = |html: &str| serde_json::json!({"html": html, "title": "Late levels"}).to_string();
        for html in ["<iframe src=\"https://rumble.com/embed/v7c1f4q/\" width=\"1280\">", "https://rumble.com/embed/v7C1F4Q?pub=4"] {
            assert_eq!(video(body(html).as_bytes()).unwrap().id, "7c1f4q");
        }
        for html in ["", "<iframe src=\"https://rumble.com/embed/\">", "https://rumble.com/embed/v/", "https://rumble.com/v7c1f4q.html"] {
            assert_eq!(video(body(html).as_bytes()), None, "{html}");
        }
        for body in ["", "[]", "{}", "<html>"] {
            assert_eq!(video(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn page_s_url_is_a_parameter_whatever_it_holds() {
        let asked = request("https://rumble.com/v1-ä.html?a=b&c#d");
        let expected = "/api/Media/oembed.json?url=https%3A%2F%2Frumble.com%2Fv1-%C3%A4.html%3Fa%3Db%26c%23d";
        assert_eq!(asked, expected);
    }
}
