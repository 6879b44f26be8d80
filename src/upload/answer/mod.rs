//! What the answers to the steps of an upload mean. Each comes as plain text
//! from the web hosts and as JSON elsewhere; both are read.
//!
//! What is surely a yes counts as done, what is surely a no is told in the
//! server's words, and anything else is `Decode`. Whether a `Decode` leaves
//! open that something was done is for the caller to know, by the step. A chunk
//! is the exception: what it is answered in text is not known, so any text but
//! a page counts as a yes, and the merging finds out.
//!
//! Names and ids that are sent on to the server are taken only if they look
//! like names and ids.

mod script;

use http::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::script::Call;
use super::fields::{FieldError, FieldErrors};
use crate::{
    error::{Error, ErrorKind},
    snapshot::StreamId,
    transport::html::begins_html,
};

/// The longest name of a file on Rumble's side.
const LONGEST_NAME: usize = 200;

/// A video that Rumble has taken. It can be watched once it has been processed,
/// which takes minutes.
///
/// Only the id is always there. The web hosts answer with a page that has the
/// address, the title and the embed code; the app's hosts give the id alone.
///
/// The JSON form has the names of the fields, so you can store it and read it
/// back.
///
/// # Examples
///
/// A bot keeps what it has published, and goes by the id where there is no
/// address:
///
/// ```
/// use rumble_live::upload::Uploaded;
///
/// let answer = br#"{"success": 1, "data": {"fid": 443484890}}"#;
/// let video = Uploaded::from_answer(answer).unwrap();
/// let stored = serde_json::to_string(&video).unwrap();
///
/// let video: Uploaded = serde_json::from_str(&stored).unwrap();
/// let shown = video.url.unwrap_or_else(|| format!("video {}", video.id));
/// assert_eq!(shown, "video 7c1f4q");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Uploaded {
    /// Its id, which is also that of a livestream of it (`fid`; `video_id` of a
    /// [`SimpleUpload`](super::SimpleUpload)). The `v…` in the URL of its watch
    /// page is another one.
    pub id: StreamId,
    /// Its watch page (`url`; `url_monetized`). `None` where the answer does
    /// not say, as that of Rumble's app does not.
    pub url: Option<String>,
    /// Its title, as Rumble has it (`title`).
    pub title: Option<String>,
    /// The HTML that shows it in another page (`embed`;
    /// `embed_html_monetized`). From the server as it is: check it before you
    /// put it into a page.
    pub embed: Option<String>,
    /// The URL of its player (`embed_url_monetized`), of a `SimpleUpload`.
    pub embed_url: Option<String>,
    /// The HTML with a script that shows it (`embedMonetize`;
    /// `embed_js_monetized`). From the server as it is, too.
    pub embed_script: Option<String>,
}

impl Uploaded {
    /// A video of which no more than the id is known.
    pub(super) fn new(id: StreamId) -> Self {
        Self { id, url: None, title: None, embed: None, embed_url: None, embed_script: None }
    }

    /// Reads the answer to the publishing: the page with a script of the web
    /// hosts, or the JSON of the app. An upload does so by itself; this is for
    /// answers that you have kept or got in another way.
    ///
    /// The page is not run: the one call of `setSuccess` or `setErrors` is
    /// found in its script and read. A title that looks like such a call
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Refused`], with [`FieldErrors`], where it says what is
    /// wrong; [`ErrorKind::Decode`] where it cannot be read: no such call or
    /// two of them, no id, or two ids that differ.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{ErrorKind, upload::Uploaded};
    ///
    /// let of_the_web = br#"<html><script>
    /// window.parent.uf.response.setSuccess(
    /// {fid:443484890,title:"Night shift"}, 443484890);
    /// </script></html>"#;
    /// let video = Uploaded::from_answer(of_the_web).unwrap();
    /// assert_eq!(video.id, "7c1f4q");
    /// assert_eq!(video.title.as_deref(), Some("Night shift"));
    ///
    /// let of_the_app = br#"{"success": 1, "data": {"fid": 443484890}}"#;
    /// assert_eq!(Uploaded::from_answer(of_the_app).unwrap().id, "7c1f4q");
    ///
    /// let other =
    ///     Uploaded::from_answer(b"<html>Back soon</html>").unwrap_err();
    /// assert_eq!(other.kind(), ErrorKind::Decode);
    /// ```
    pub fn from_answer(body: &[u8]) -> Result<Self, Error> {
        published(body, &on_one_line)
    }
}

/// Words of a server without what would break a line.
pub(super) fn on_one_line(words: &str) -> String {
    words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The answer is something else. It quotes nothing, for a page may hold
/// anything.
fn odd() -> Error {
    Error::with_message(ErrorKind::Decode, "the answer is not one of Rumble's upload service; it may have changed")
}

/// The body as text without white space around it; empty if it is not UTF-8.
fn text(body: &[u8]) -> &str {
    str::from_utf8(body).unwrap_or_default().trim()
}

/// The body as a JSON object, if it is one. A text of digits is JSON too, so
/// only an object counts as an answer in JSON.
fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

/// Whether an answer says yes or no (`success`), in any of the ways in which
/// Rumble says it. `None` where it says neither.
pub(super) fn success(answer: &Map<String, Value>) -> Option<bool> {
    match answer.get("success")? {
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) if number.as_u64() == Some(1) => Some(true),
        Value::Number(number) if number.as_u64() == Some(0) => Some(false),
        Value::String(word) if word == "1" || word == "true" => Some(true),
        Value::String(word) if word == "0" || word == "false" => Some(false),
        _ => None,
    }
}

/// What an answer in JSON means that does not take a chunk or merge the chunks.
fn not_done(answer: &Map<String, Value>, shown: &dyn Fn(&str) -> String) -> Error {
    match answer.get("code").and_then(Value::as_str).unwrap_or_default() {
        "FileGone" => Error::file_gone(),
        code if success(answer) == Some(false) => Error::refused(&shown(code), 200),
        _ => odd(),
    }
}

/// Whether a chunk was taken.
pub(super) fn chunk(body: &[u8], shown: &dyn Fn(&str) -> String) -> Result<(), Error> {
    match object(body) {
        Some(answer) if success(&answer) == Some(true) => Ok(()),
        Some(answer) => Err(not_done(&answer, shown)),
        None if text(body) == "FileGone" => Err(Error::file_gone()),
        // What a chunk is answered in text is not known, except that it is not a page.
        None if begins_html(body) => Err(odd()),
        None => Ok(()),
    }
}

/// The name that the merged file has on Rumble's side.
pub(super) fn merged(body: &[u8], shown: &dyn Fn(&str) -> String) -> Result<String, Error> {
    match object(body) {
        Some(answer) if success(&answer) == Some(true) => answer.get("code").and_then(Value::as_str).and_then(file_name).ok_or_else(odd),
        Some(answer) => Err(not_done(&answer, shown)),
        None if matches!(text(body), "" | "FileGone") => Err(Error::file_gone()),
        None => file_name(text(body)).ok_or_else(odd),
    }
}

/// A name as files have on Rumble's side: letters, digits, `-`, `_` and `.`,
/// with an extension. It goes into the query of the next request, so nothing
/// else may be in it.
fn file_name(name: &str) -> Option<String> {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_name = name.len() <= LONGEST_NAME && name.contains('.') && !name.starts_with('.') && name.bytes().all(is_of_a_name);
    is_name.then(|| name.to_owned())
}

/// The name of a thumbnail of one's own.
pub(super) fn own_thumbnail(body: &[u8], shown: &dyn Fn(&str) -> String) -> Result<String, Error> {
    let answer = object(body);
    let name = answer.as_ref().and_then(|answer| answer.get("ref")).and_then(Value::as_str).unwrap_or_else(|| text(body));
    if name.starts_with("FAILED") {
        return Err(FieldErrors::new([FieldError { field: "thumb".into(), message: name.to_owned(), ..FieldError::default() }], shown)
            .into_error(200));
    }
    file_name(name).ok_or_else(odd)
}

/// The key of the thumbnail of this place among those that Rumble has made, in
/// the order of the wire; the last where there are fewer. Empty where there is
/// none.
pub(super) fn automatic_thumbnail(body: &[u8], place: usize) -> Result<String, Error> {
    let Keys(keys) = serde_json::from_slice(body).map_err(|_| odd())?;
    Ok(keys.get(place).or(keys.last()).cloned().unwrap_or_default())
}

/// The keys of an object in the order of the wire, or of none where PHP has
/// written an empty list. The values are not kept.
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Keys;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of thumbnails")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, serde::de::IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Keys(keys))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Keys, A::Error> {
                let first: Option<serde::de::IgnoredAny> = list.next_element()?;
                if first.is_some() { Err(serde::de::Error::custom("a list that is not empty")) } else { Ok(Keys(Vec::new())) }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// The published video, or why it was not.
pub(super) fn published(body: &[u8], shown: &dyn Fn(&str) -> String) -> Result<Uploaded, Error> {
    if let Some(answer) = object(body) {
        return published_by_app(&answer, shown);
    }
    let page = String::from_utf8_lossy(body);
    let Call { is_success, fields, second } = script::call(&page).ok_or_else(odd)?;
    if !is_success {
        let errors = fields.into_iter().map(|(field, value)| FieldError { field, message: words(value), ..FieldError::default() });
        return Err(FieldErrors::new(errors, shown).into_error(200));
    }
    let mut uploaded = None;
    let [mut url, mut title, mut embed, mut embed_script] = [const { None }; 4];
    for (name, value) in fields {
        let place = match name.as_str() {
            "fid" => {
                uploaded = decimal(&value);
                continue;
            }
            "url" => &mut url,
            "title" => &mut title,
            "embed" => &mut embed,
            "embedMonetize" => &mut embed_script,
            _ => continue,
        };
        *place = Some(words(value)).filter(|text| !text.is_empty());
    }
    let fid = uploaded.ok_or_else(odd)?;
    // It is said twice, so it is the same or not to be trusted.
    if second.is_some_and(|second| decimal(&second) != Some(fid)) {
        return Err(odd());
    }
    let url = url.filter(|url| is_address(url));
    Ok(Uploaded { url, title, embed, embed_script, ..Uploaded::new(StreamId::from_decimal(fid)) })
}

/// The text of a value. Empty for everything that is not a string, such as
/// `null`.
fn words(value: script::Value) -> String {
    match value {
        script::Value::Text(text) => text,
        script::Value::Word(_) | script::Value::Other => String::new(),
    }
}

/// An id, as a number or a text of digits.
fn decimal(value: &script::Value) -> Option<u64> {
    match value {
        script::Value::Text(digits) | script::Value::Word(digits) => positive(digits),
        script::Value::Other => None,
    }
}

/// A number above 0 of plain digits. `parse` alone would take a plus sign.
fn positive(digits: &str) -> Option<u64> {
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| is_plain && *number > 0)
}

/// Whether it is the address of a page.
pub(super) fn is_address(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| url.host().is_some() && matches!(url.scheme_str(), Some("https" | "http")))
}

/// The same in the app's JSON.
fn published_by_app(answer: &Map<String, Value>, shown: &dyn Fn(&str) -> String) -> Result<Uploaded, Error> {
    if success(answer) == Some(true) {
        let fid = match answer.get("data").and_then(|data| data.get("fid")) {
            Some(Value::Number(fid)) => fid.as_u64().filter(|fid| *fid > 0),
            Some(Value::String(fid)) => positive(fid),
            _ => None,
        };
        return Ok(Uploaded::new(StreamId::from_decimal(fid.ok_or_else(odd)?)));
    }
    let errors: Vec<_> = match answer.get("error_msg") {
        Some(Value::Object(fields)) if !fields.is_empty() => fields.iter().map(|(field, value)| field_error(field, value)).collect(),
        Some(value @ Value::String(words)) if !words.is_empty() => vec![field_error("", value)],
        _ if success(answer) == Some(false) => Vec::new(),
        _ => return Err(odd()),
    };
    Err(FieldErrors::new(errors, shown).into_error(200))
}

/// What the app says of one field: a text, or a list of texts, which are
/// joined.
fn field_error(field: &str, value: &Value) -> FieldError {
    let message = match value {
        Value::String(message) => message.clone(),
        Value::Array(messages) => messages.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
        _ => String::new(),
    };
    FieldError { field: field.to_owned(), message, ..FieldError::default() }
}
