//! Names the place where a body became unreadable, without quoting the body.
//!
//! An error goes into logs, and a body holds names, texts and the broadcaster's
//! secrets. So an error tells the line, the column and the path to the fault,
//! and shows only names of fields that the API is known to have. Other names
//! become `…`, because a key may be anything.
//!
//! The parser does not keep the path, so the body is read once more to find it.
//! That happens only for bodies that are refused.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as Trouble, MapAccess, SeqAccess, Visitor},
};
use serde_path_to_error::Segment;

use crate::error::{Error, ErrorKind};

/// The field names of the API. An error may name only these.
const FIELDS: [&str; 28] = [
    "now",
    "type",
    "user_id",
    "username",
    "channel_id",
    "channel_name",
    "since",
    "max_num_results",
    "followers",
    "latest_follower",
    "recent_followers",
    "subscribers",
    "latest_subscriber",
    "recent_subscribers",
    "gifted_subs",
    "latest_gifted_sub",
    "recent_gifted_subs",
    "livestreams",
    "categories",
    "primary",
    "secondary",
    "chat",
    "latest_message",
    "recent_messages",
    "latest_rant",
    "recent_rants",
    "badges",
    "text",
];

/// The error for a body that the parser refused with `error`. The parser's own
/// message may quote the body, so it is dropped.
pub(super) fn explain(body: &[u8], error: &serde_json::Error) -> Error {
    let text = match body.trim_ascii_start().first() {
        None => "the answer is empty".to_owned(),
        Some(b'<') => "the answer is an HTML page, not JSON; is this the API URL, or the URL of the page that shows it?".to_owned(),
        Some(_) => {
            let fault = if error.is_eof() { "is cut short" } else { "is not a snapshot of the Live Stream API" };
            let place = place(body).map(|place| format!(" in {place}")).unwrap_or_default();
            format!("the answer {fault}{place} (line {}, column {})", error.line(), error.column())
        }
    };
    Error::with_message(ErrorKind::Decode, text)
}

/// The innermost value that holds the fault, such as `livestreams[0].chat`.
fn place(body: &[u8]) -> Option<String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let error = serde_path_to_error::deserialize::<_, Walk>(&mut deserializer).err()?;
    // No snapshot is this deep, so the fault is the parser's own depth limit.
    if error.path().iter().len() > 16 {
        return None;
    }
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("[{index}]"),
        Segment::Map { key } => format!(".{}", FIELDS.iter().find(|field| *field == key).unwrap_or(&"…")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    let place: String = error.path().iter().map(segment).collect();
    Some(place.trim_start_matches('.').to_owned()).filter(|place| !place.is_empty())
}

/// Visits every value and keeps nothing.
struct Walk;

impl<'de> Deserialize<'de> for Walk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Walk)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E: Trouble>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Trouble>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Trouble>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Trouble>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Trouble>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Trouble>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        while map.next_entry::<String, Self>()?.is_some() {}
        Ok(self)
    }
}
