//! The lines of a recording.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::ErrorKind;

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Opening {
    /// The version of the form.
    pub(super) recording: u32,
    /// What wrote it.
    pub(super) by: String,
    /// Of what is drawn at random.
    pub(super) seed: u64,
    /// Whether the first question went to this machine, where a client keeps no pauses.
    pub(super) is_local: bool,
}

/// Any other line.
#[derive(Debug)]
pub(super) struct Line {
    /// In milliseconds since the first question.
    pub(super) at: u64,
    /// Which exchange it belongs to, counted from 1.
    pub(super) exchange: u64,
    pub(super) said: Said,
}

/// What was said in an exchange.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// It began with this question.
    Asked(String),
    /// The head of the answer came.
    Head(Head),
    /// A whole body came, which was JSON.
    Json(Box<RawValue>),
    /// A body came that was not, or not whole.
    LeftOut(LeftOut),
    /// A record of a live chat came, which was JSON.
    Record(Box<RawValue>),
    Note(Note),
    /// It failed.
    Failed(Failure),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) headers: BTreeMap<String, String>,
    /// How many bytes the body was to have, where that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) length: Option<u64>,
}

/// What is known of a body of which nothing is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftOut {
    pub(super) bytes: u64,
    pub(super) form: BodyForm,
}

/// What a body was that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BodyForm {
    /// It began as HTML does.
    Page,
    /// JSON that broke off.
    CutJson,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Note {
    /// A record of a live chat came that was not JSON.
    BrokenRecord,
    /// A record of a live chat came that was longer than any is read.
    LongRecord,
    /// Bytes of a live chat came that completed no record.
    Alive,
    /// The body ended.
    End,
    /// Whoever asked did not wait for more.
    Dropped,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) message: String,
}

/// The form of a line, of which one of the options is set.
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
    /// The line, with its end.
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

    /// `None` where it says nothing that is known.
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
