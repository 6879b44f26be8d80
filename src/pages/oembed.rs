//! Rumble's oEmbed service: from the URL of a page to the id of its video.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ErrorKind},
    snapshot::{
        StreamId,
        lenient::{Field, wire},
    },
};

/// A video or livestream, as other sites embed it.
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

pub(super) fn read(body: &[u8]) -> Result<Video, Error> {
    video(body)
        .ok_or_else(|| Error::with_message(ErrorKind::Decode, "the answer does not say which video it is; Rumble may have changed it"))
}

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
