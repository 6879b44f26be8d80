//! A composed evening of one livestream, as its polls and its live chat showed it, and what truly was said.

use std::{collections::HashMap, error::Error as StdError, fs, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::entry::Entry;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/fixtures");
/// How many messages the live chat shows to a new connection.
const BACKLOG: usize = 50;

pub(crate) struct Evening {
    pub(crate) stream: String,
    /// What the API answers from each of these moments on.
    polls: Vec<Record>,
    /// What the live chat does from each of these moments on.
    phases: Vec<Phase>,
    /// What was said after the start, from the oldest on.
    truth: Vec<(Duration, Entry)>,
    /// The name of each account that speaks as a channel, by that of the channel.
    accounts: HashMap<String, String>,
}

struct Phase {
    from: Duration,
    records: Vec<Record>,
}

#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) at: Duration,
    pub(crate) shown: Shown,
}

#[derive(Clone)]
pub(crate) enum Shown {
    Answer { status: u16, body: String },
    Bytes(Vec<u8>),
    End,
    Broken,
}

/// A line of a recording.
#[derive(Deserialize)]
struct Line {
    t_ms: u64,
    #[serde(default)]
    conn: u64,
    status: Option<u16>,
    #[serde(default)]
    body: Value,
    text: Option<String>,
    b64: Option<String>,
    end: Option<String>,
}

#[derive(Deserialize)]
struct Truth {
    stream: String,
    starts: String,
    messages: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    id: String,
    time: String,
    username: String,
    channel: Option<String>,
    text: String,
    rant: Option<Paid>,
}

#[derive(Deserialize)]
struct Paid {
    amount_cents: u64,
}

impl Evening {
    pub(crate) fn read() -> Result<Self, Box<dyn StdError>> {
        let polls = lines("merge-a-polled.jsonl")?.into_iter().map(Record::from).collect();
        let phases = phases(lines("merge-a-sse.jsonl")?);
        let truth: Truth = serde_json::from_str(&fs::read_to_string(format!("{FIXTURES}/merge-a-truth.json"))?)?;
        let clock = Clock::of(&phases).ok_or("the recording pushes nothing")?;
        let starts = OffsetDateTime::parse(&truth.starts, &Rfc3339)?;
        let mut said = Vec::new();
        for line in &truth.messages {
            let (stamp, text) = (OffsetDateTime::parse(&line.time, &Rfc3339)?, line.text.trim());
            // A gift has no text, and not every client tells when it was given.
            if stamp >= starts && !text.is_empty() {
                let cents = line.rant.as_ref().map(|rant| rant.amount_cents);
                said.push((clock.instant_of(&line.id)?, Entry::said(stamp, &line.username, text, cents)));
            }
        }
        let accounts = truth.messages.iter().filter_map(|line| Some((line.channel.clone()?, line.username.clone()))).collect();
        Ok(Self { stream: truth.stream, polls, phases, truth: said, accounts })
    }

    pub(crate) fn truth(&self) -> &[(Duration, Entry)] {
        &self.truth
    }

    /// The account of that name, or the one that speaks as the channel of that name.
    pub(crate) fn account<'a>(&'a self, name: &'a str) -> &'a str {
        self.accounts.get(name).map_or(name, String::as_str)
    }

    /// The API's answer to a request of that moment.
    pub(crate) fn poll_at(&self, now: Duration) -> &Record {
        let known = self.polls.partition_point(|record| record.at <= now);
        &self.polls[known.saturating_sub(1)]
    }

    /// What a connection to the live chat that is made at that moment is shown.
    pub(crate) fn chat_at(&self, now: Duration) -> Vec<Record> {
        let begun = self.phases.partition_point(|phase| phase.from <= now);
        let records = &self.phases[begun.saturating_sub(1)].records;
        match backlog(records, now) {
            Some(backlog) => {
                let later = records.iter().filter(|record| record.at > now).cloned();
                let first = Record { at: now, shown: Shown::Bytes(format!("data: {backlog}\n\n").into()) };
                [records[0].clone(), first].into_iter().chain(later).collect()
            }
            None => records.clone(),
        }
    }
}

fn lines(name: &str) -> Result<Vec<Line>, Box<dyn StdError>> {
    let text = fs::read_to_string(format!("{FIXTURES}/{name}"))?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// What the live chat did, from one recorded connection to the next. An open chat stays open for all until it ends; what came after that, such as a
/// refusal, stands from that end on, and for as long as nothing else was recorded.
fn phases(lines: Vec<Line>) -> Vec<Phase> {
    let mut phases: Vec<Phase> = Vec::new();
    let mut connection = None;
    for line in lines {
        let is_new = connection.replace(line.conn) != Some(line.conn);
        let record = Record::from(line);
        match phases.last_mut() {
            Some(phase) if !is_new => phase.records.push(record),
            before => {
                let end = before.and_then(|phase| phase.records[1..].last()).map(|record| record.at);
                let from = end.unwrap_or(record.at);
                phases.push(Phase { from, records: vec![Record { at: from, ..record }] });
            }
        }
    }
    phases
}

/// The first record of a connection that is made when the recorded one had already shown its own: the newest messages that are left by then.
fn backlog(records: &[Record], now: Duration) -> Option<Value> {
    let mut backlog: Option<Value> = None;
    for record in records.iter().take_while(|record| record.at <= now).filter_map(Record::json) {
        let Some(backlog) = &mut backlog else {
            backlog = (record["type"] == "init").then_some(record);
            continue;
        };
        let (kept, new) = (&mut backlog["data"], &record["data"]);
        let deleted = |message: &Value| new["message_ids"].as_array().is_some_and(|ids| ids.contains(&message["id"]));
        for list in ["messages", "users", "channels"] {
            let known = kept[list].as_array_mut()?;
            for item in new[list].as_array().into_iter().flatten() {
                known.retain(|other| other["id"] != item["id"]);
                known.push(item.clone());
            }
        }
        let messages = kept["messages"].as_array_mut()?;
        messages.retain(|message| !deleted(message));
        messages.drain(..messages.len().saturating_sub(BACKLOG));
    }
    backlog
}

impl Record {
    /// Of a whole record of the live chat.
    fn json(&self) -> Option<Value> {
        let Shown::Bytes(bytes) = &self.shown else { return None };
        serde_json::from_slice(bytes.strip_prefix(b"data: ")?).ok()
    }
}

impl From<Line> for Record {
    fn from(line: Line) -> Self {
        let shown = match line {
            Line { status: Some(status), body: Value::String(body), .. } => Shown::Answer { status, body },
            Line { status: Some(status), body: Value::Null, .. } => Shown::Answer { status, body: String::new() },
            Line { status: Some(status), body, .. } => Shown::Answer { status, body: body.to_string() },
            Line { text: Some(text), .. } => Shown::Bytes(text.into()),
            Line { b64: Some(text), .. } => Shown::Bytes(decoded(&text)),
            Line { end: Some(end), .. } if end == "eof" => Shown::End,
            _ => Shown::Broken,
        };
        Self { at: Duration::from_millis(line.t_ms), shown }
    }
}

/// The bytes that are written in base 64.
fn decoded(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let bits: Vec<_> = digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

/// When the live chat pushes a message, or would if it were up. The ids of this recording count 1024 to the millisecond, so one push dates all.
struct Clock {
    id: u64,
    at: Duration,
}

impl Clock {
    fn of(phases: &[Phase]) -> Option<Self> {
        let records = phases.iter().flat_map(|phase| &phase.records);
        let (at, push) = records.filter_map(|record| Some((record.at, record.json()?))).find(|(_, record)| record["type"] == "messages")?;
        Some(Self { id: push["data"]["messages"][0]["id"].as_str()?.parse().ok()?, at })
    }

    fn instant_of(&self, id: &str) -> Result<Duration, Box<dyn StdError>> {
        let id: u64 = id.parse()?;
        Ok((self.at + Duration::from_millis(id >> 10)).saturating_sub(Duration::from_millis(self.id >> 10)))
    }
}
