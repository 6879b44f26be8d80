//! The lines of a recording.
//!
//! [`Line`] is what the rest of this folder works with, and `Form` is how it
//! stands in the file: one JSON object with `at`, `exchange` and one more
//! field. A field that this version does not know is ignored, and a line with
//! nothing that is known is skipped, so a later version can add a kind of line
//! without a new number. The number goes up if a line changes its meaning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::ErrorKind;

/// The format version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Opening {
    /// The version of the format.
    pub(super) recording: u32,
    /// The program that wrote it.
    pub(super) by: String,
    /// The seed of everything drawn at random.
    pub(super) seed: u64,
    /// Whether the first request went to this machine, where a client does not
    /// pause.
    pub(super) is_local: bool,
}

/// Any other line.
#[derive(Debug)]
pub(super) struct Line {
    /// Milliseconds since the first request.
    pub(super) at: u64,
    /// The exchange that the line belongs to, counted from 1.
    pub(super) exchange: u64,
    pub(super) said: Said,
}

/// What happened in an exchange.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// It began with this request.
    Asked(String),
    /// The head of the answer came.
    Head(Head),
    /// A complete body came, and it was JSON.
    Json(Box<RawValue>),
    /// A body came that was not JSON, or not complete.
    LeftOut(LeftOut),
    /// A record of a live chat came, and it was JSON.
    Record(Box<RawValue>),
    /// Something that needs no more than a word.
    Note(Note),
    /// It failed.
    Failed(Failure),
}

/// The head of an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    /// The status of HTTP.
    pub(super) status: u16,
    /// The headers that are kept, by their names in lower case.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    /// The announced length of the body in bytes, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

/// What is known of a body whose content is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftOut {
    /// How long it was.
    pub(super) bytes: u64,
    pub(super) form: BodyForm,
}

/// The form of a body that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyForm {
    /// It began like HTML.
    Page,
    /// JSON that broke off.
    CutJson,
    /// Anything else, such as plain text.
    Other,
}

/// What happened, where a word says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    /// A record of a live chat came that was not JSON.
    BrokenRecord,
    /// A record of a live chat came that was too long to be read.
    LongRecord,
    /// Bytes of a live chat came that completed no record.
    Alive,
    /// The body ended.
    End,
    /// The caller stopped waiting.
    Dropped,
}

/// An error that the program got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    /// Its kind, which decides what the program does.
    pub(super) kind: ErrorKind,
    /// Its text with all causes, without secrets.
    pub(super) message: String,
}

/// The form of a line on disk. Exactly one of the options is set.
#[derive(Default, Serialize, Deserialize)]
struct Form {
    at: u64,
    exchange: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<Head>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<LeftOut>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Note>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failure>,
}

impl Line {
    /// The line as text, with its line end.
    pub(super) fn into_text(self) -> Result<String, serde_json::Error> {
        let Self { at, exchange, said } = self;
        let mut form = Form { at, exchange, ..Form::default() };
        match said {
            Said::Asked(question) => form.asked = Some(question),
            Said::Head(head) => form.head = Some(head),
            Said::Json(json) => form.json = Some(json),
            Said::LeftOut(left_out) => form.left_out = Some(left_out),
            Said::Record(record) => form.record = Some(record),
            Said::Note(note) => form.note = Some(note),
            Said::Failed(failure) => form.failed = Some(failure),
        }
        Ok(serde_json::to_string(&form)? + "\n")
    }

    /// `None` if the line holds nothing that is known.
    pub(super) fn from_text(text: &str) -> Result<Option<Self>, serde_json::Error> {
        let Form { at, exchange, asked, head, json, left_out, record, note, failed } = serde_json::from_str(text)?;
        let said = asked
            .map(Said::Asked)
            .or(head.map(Said::Head))
            .or(json.map(Said::Json))
            .or(left_out.map(Said::LeftOut))
            .or(record.map(Said::Record))
            .or(note.map(Said::Note))
            .or(failed.map(Said::Failed));
        Ok(said.map(|said| Self { at, exchange, said }))
    }
}
