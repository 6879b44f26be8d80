//! The live chats of the account: what was said in each, and who listens.

mod connection;
mod script;
mod wire;

use std::{
    collections::{BTreeMap, VecDeque},
    task::Waker,
    time::Duration,
};

use bytes::Bytes;
use fastrand::Rng;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use time::OffsetDateTime;

use self::connection::Connection;
use super::{Sim, clock::START, fault::Faults, world::World};
use crate::{Body, Error, Response, StreamId};

/// How many of the newest lines a connection begins with.
const BACKLOG: usize = 50;
/// What is kept of a chat, so that it can be deleted or pinned.
const MOST_LINES: usize = 1000;
/// Of so many lines one is deleted by chance.
const RECENT: usize = 10;
/// How far behind a connection may fall before it is ended.
const MOST_RECORDS: usize = 4096;
/// So far apart are the ids of two seconds, of which the lines of one second have the first few.
const IDS_OF_A_SECOND: u64 = 1_000_000_000;

/// All chats of an account.
#[derive(Debug, Default)]
pub(super) struct Chats {
    /// How much later than it happens something is told.
    lag: Duration,
    records: VecDeque<Record>,
    /// How many records there were before those.
    dropped: u64,
    open: BTreeMap<u64, Listener>,
    /// How many connections there were.
    opened: u64,
    requests: u64,
    /// After how many bytes the next connection breaks.
    cut_next: Option<usize>,
    forget_in_chat: usize,
    forget_in_polls: usize,
    faults: Faults,
    /// Whether things happen by themselves, so that each second may bring something.
    is_lively: bool,
    /// The second of the newest id, and how many ids it has.
    ids: (u64, u64),
}

/// What was told to the listeners of one chat.
#[derive(Debug)]
struct Record {
    stream: StreamId,
    /// From which second on it is told.
    told: u64,
    bytes: Bytes,
}

/// An open connection, as the account knows it.
#[derive(Debug, Default)]
struct Listener {
    waker: Option<Waker>,
    /// After how many more bytes it breaks.
    cut: Option<usize>,
    is_frozen: bool,
}

/// A line of a chat, paid or not.
#[derive(Clone, Debug)]
pub(super) struct Line {
    id: u64,
    /// From which second on it is told.
    told: u64,
    at: OffsetDateTime,
    username: String,
    text: String,
    notice: Option<Notice>,
}

/// What a line is beside its text.
#[derive(Clone, Debug)]
pub(super) enum Notice {
    Rant { amount_cents: u64, expires_on: OffsetDateTime },
    Subscription { text: String },
    Raid,
}

/// The chat of one stream.
#[derive(Debug, Default)]
pub(super) struct ChatRoom {
    /// Oldest first.
    lines: VecDeque<Line>,
    pinned: Option<Line>,
}

impl Line {
    fn is_of(&self, username: &str, text: &str) -> bool {
        self.username == username && self.text == text
    }

    fn is_rant(&self) -> bool {
        matches!(self.notice, Some(Notice::Rant { .. }))
    }
}

impl ChatRoom {
    fn add(&mut self, line: Line) {
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    /// Takes out the newest line that is so.
    fn remove(&mut self, is: impl Fn(&Line) -> bool) -> Option<Line> {
        self.lines.iter().rposition(is).and_then(|place| self.lines.remove(place))
    }

    fn find(&self, is: impl Fn(&Line) -> bool) -> Option<&Line> {
        self.lines.iter().rfind(|line| is(line))
    }
}

impl Chats {
    fn next_id(&mut self, second: u64) -> u64 {
        if self.ids.0 != second {
            self.ids = (second, 0);
        }
        self.ids.1 += 1;
        START.saturating_add(second).saturating_mul(IDS_OF_A_SECOND).saturating_add(self.ids.1)
    }

    /// Whether whoever begins to listen now, or listens already, is to get records.
    fn is_heard(&self) -> bool {
        !self.open.is_empty() || !self.lag.is_zero()
    }

    fn tell(&mut self, stream: &StreamId, second: u64, bytes: Bytes) {
        let told = second.saturating_add(self.lag.as_secs());
        if self.records.len() >= MOST_RECORDS {
            self.records.pop_front();
            self.dropped += 1;
        }
        self.records.push_back(Record { stream: stream.clone(), told, bytes });
        self.wake();
    }

    pub(super) fn set_lively(&mut self, yes: bool) {
        self.is_lively = yes;
        self.wake();
    }

    pub(super) fn wake(&mut self) {
        for waker in self.open.values_mut().filter_map(|listener| listener.waker.take()) {
            waker.wake();
        }
    }
}

impl World {
    /// Somebody writes a line. False where it is not to be in the polled lists.
    pub(super) fn say(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str, notice: Option<Notice>) -> bool {
        // A mistake of the script must be found before anything changes.
        self.stream(stream);
        let second = self.second_now;
        let id = self.chats.next_id(second);
        let is_news = matches!(notice, None | Some(Notice::Rant { .. }));
        if is_news && self.chats.forget_in_chat > 0 {
            self.chats.forget_in_chat -= 1;
        } else {
            let told = second.saturating_add(self.chats.lag.as_secs());
            let line = Line { id, told, at, username: username.into(), text: text.into(), notice };
            if self.chats.is_heard() {
                let bytes = wire::message(&line, self);
                self.chats.tell(stream, second, bytes);
            }
            self.stream_mut(stream).chat.add(line);
        }
        if !is_news {
            return false;
        }
        let is_polled = self.chats.forget_in_polls == 0;
        self.chats.forget_in_polls = self.chats.forget_in_polls.saturating_sub(1);
        is_polled
    }

    /// Takes the newest such line out of the chat. False where there is none.
    pub(super) fn delete_line(&mut self, stream: &StreamId, username: &str, text: &str, is_rant: bool) -> bool {
        let removed = self.stream_mut(stream).chat.remove(|line| line.is_of(username, text) && line.is_rant() == is_rant);
        let ids: Vec<_> = removed.iter().map(|line| line.id).collect();
        self.tell_deleted(stream, &ids);
        removed.is_some()
    }

    /// One of the newest lines that are not paid for: who wrote it, and what.
    pub(super) fn recent_line(&self, stream: &StreamId, rng: &mut Rng) -> Option<(String, String)> {
        let lines = self.stream(stream).chat.lines.iter().rev().take(RECENT).filter(|line| line.notice.is_none());
        rng.choice(lines.collect::<Vec<_>>()).map(|line| (line.username.clone(), line.text.clone()))
    }

    /// Takes all lines but rants out of the chat.
    pub(super) fn clear_lines(&mut self, stream: &StreamId) {
        let chat = &mut self.stream_mut(stream).chat;
        let ids: Vec<_> = chat.lines.iter().filter(|line| !line.is_rant()).map(|line| line.id).collect();
        chat.lines.retain(Line::is_rant);
        self.tell_deleted(stream, &ids);
    }

    fn tell_deleted(&mut self, stream: &StreamId, ids: &[u64]) {
        if !ids.is_empty() {
            self.tell_chat(stream, wire::deleted(ids));
        }
    }

    pub(super) fn tell_gift(&mut self, stream: &StreamId, username: &str, total_gifts: u64) {
        if self.chats.is_heard() {
            let bytes = wire::gift(username, total_gifts, self);
            self.tell_chat(stream, bytes);
        }
    }

    fn tell_chat(&mut self, stream: &StreamId, bytes: Bytes) {
        let second = self.second_now;
        if self.chats.is_heard() {
            self.chats.tell(stream, second, bytes);
        }
    }

    fn is_live(&self, stream: &StreamId) -> bool {
        self.streams.iter().rfind(|known| known.id == *stream).is_some_and(|stream| stream.is_live)
    }
}

impl Sim {
    /// What a request for a chat gets.
    pub(super) fn chat_answer(&self, id: &str) -> Result<Response, Error> {
        let mut world = self.world();
        world.chats.requests += 1;
        let passed = world.clock.passed();
        if let Some(answer) = world.chats.faults.take(passed) {
            drop(world);
            return answer.response();
        }
        let Ok(decimal) = id.parse() else {
            return Ok(Response::new(StatusCode::BAD_REQUEST, wire::NOT_AN_ID));
        };
        let stream = StreamId::from_decimal(decimal);
        if !world.is_live(&stream) {
            return Ok(Response::new(StatusCode::NO_CONTENT, Body::empty()));
        }
        let cut = world.chats.cut_next.take();
        let chats = &mut world.chats;
        chats.opened += 1;
        chats.open.insert(chats.opened, Listener { cut, ..Listener::default() });
        let number = chats.opened;
        drop(world);
        let mut response = Response::ok(Body::stream(Connection::new(self.clone(), stream, number)));
        response.headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(wire::CONTENT_TYPE))]);
        Ok(response)
    }

    /// Whether the account has a stream of this decimal id.
    pub(super) fn has_stream(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: u64| self.world().streams.iter().any(|stream| stream.video_id == id))
    }

    /// What a request for the list of emotes gets.
    pub(super) fn emotes_answer() -> Response {
        Response::ok(wire::EMOTES)
    }
}
