//! The live chats of the account: what was said in each, and who is connected.
//!
//! A chat has two forms. Its lines, oldest first, are what a new connection
//! begins with and what can be deleted or pinned. Its records are what open
//! connections are sent, as bytes, in the order in which it happened; each
//! connection reads them from its own place. What is not a line, such as a
//! raid, is a record only.
//!
//! `World` writes both in the functions here and wakes the connections. A
//! connection that is polled takes what is due by the account's clock
//! (`connection.rs`). So nothing needs a task, and the same test gives the same
//! bytes.

mod connection;
mod script;
pub(super) mod state;
mod wire;

#[cfg(feature = "session")]
pub(super) use self::wire::user_id;

use bytes::Bytes;
use fastrand::Rng;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use time::OffsetDateTime;

use self::{
    connection::Connection,
    state::{Line, Listener, Notice},
};
use super::{Sim, history::What, world::World};
use crate::{Body, Error, Response, StreamId};

/// How many of the newest lines a connection begins with.
const BACKLOG: usize = 50;
/// A random deletion picks one of this many newest lines.
const RECENT: usize = 10;

impl World {
    /// Somebody writes a line. Returns false if it must not appear in the
    /// polled lists.
    #[track_caller]
    pub(super) fn say(&mut self, at: OffsetDateTime, stream: &StreamId, username: &str, text: &str, notice: Option<Notice>) -> bool {
        // A mistake in the script must be found before anything changes.
        self.stream(stream);
        let second = self.second_now;
        let id = self.chats.next_id(second);
        let request_id = self.chats.request_id.take();
        let is_news = matches!(notice, None | Some(Notice::Rant { .. }));
        if is_news && self.chats.forget_in_chat > 0 {
            self.chats.forget_in_chat -= 1;
        } else {
            let told = second.saturating_add(self.chats.lag.as_secs());
            let line = Line { id, told, at, username: username.into(), text: text.into(), notice };
            if self.chats.is_heard() {
                let bytes = wire::message(&line, request_id, self);
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

    /// Deletes the newest line with this author, text and kind from the chat.
    /// False if there is none.
    pub(super) fn delete_line(&mut self, stream: &StreamId, username: &str, text: &str, is_rant: bool) -> bool {
        let removed = self.stream_mut(stream).chat.remove(|line| line.is_of(username, text) && line.is_rant() == is_rant);
        let ids: Vec<_> = removed.iter().map(|line| line.id).collect();
        self.tell_deleted(stream, &ids);
        removed.is_some()
    }

    /// A random one of the newest lines that were not paid for: its author and
    /// its text.
    pub(super) fn recent_line(&self, stream: &StreamId, rng: &mut Rng) -> Option<(String, String)> {
        let lines = self.stream(stream).chat.lines.iter().rev().take(RECENT).filter(|line| line.notice.is_none());
        rng.choice(lines.collect::<Vec<_>>()).map(|line| (line.username.clone(), line.text.clone()))
    }

    /// Deletes the line with this id from the chat. Returns its author and its
    /// text, or `None` if there is no such line.
    #[cfg(feature = "session")]
    pub(super) fn delete_line_of_id(&mut self, stream: &StreamId, id: u64) -> Option<(String, String)> {
        let line = self.stream_mut(stream).chat.remove(|line| line.id == id)?;
        self.tell_deleted(stream, &[id]);
        Some((line.username, line.text))
    }

    /// The author of the line with this id.
    #[cfg(feature = "session")]
    pub(super) fn author_of_line(&self, stream: &StreamId, id: u64) -> Option<&str> {
        Some(&self.stream(stream).chat.find(|line| line.id == id)?.username)
    }

    /// Deletes all lines from the chat, except rants.
    pub(super) fn clear_lines(&mut self, stream: &StreamId) {
        let chat = &mut self.stream_mut(stream).chat;
        let ids: Vec<_> = chat.lines.iter().filter(|line| !line.is_rant()).map(|line| line.id).collect();
        chat.lines.retain(Line::is_rant);
        self.tell_deleted(stream, &ids);
    }

    /// Tells that these lines are gone. Nothing if there are none.
    fn tell_deleted(&mut self, stream: &StreamId, ids: &[u64]) {
        if !ids.is_empty() {
            self.tell_chat(stream, wire::deleted(ids));
        }
    }

    /// Removes what a user wrote, except rants, from the polled list and from
    /// the chat, and tells the chat. Whether they may still write is the
    /// session's business.
    #[track_caller]
    pub(super) fn mute(&mut self, stream: &StreamId, username: &str) {
        let now = self.clock.now();
        let room = self.stream_mut(stream);
        room.messages.remove_all(|message| message.username == username);
        let is_gone = |line: &Line| line.username == username && !line.is_rant();
        let ids: Vec<_> = room.chat.lines.iter().filter(|line| is_gone(line)).map(|line| line.id).collect();
        room.chat.lines.retain(|line| !is_gone(line));
        self.tell_chat(stream, wire::muted(username));
        if !ids.is_empty() {
            self.tell_chat(stream, wire::deleted_but_rants(&ids));
        }
        self.record(now, What::Muted { stream: stream.clone(), username: username.into() });
    }

    /// Pins a copy of the line in place of what was pinned, and tells the chat.
    fn pin(&mut self, stream: &StreamId, line: Line) {
        let now = self.clock.now();
        let bytes = wire::pinned(&line, self);
        self.tell_chat(stream, bytes);
        let (username, text) = (line.username.clone(), line.text.clone());
        self.stream_mut(stream).chat.pinned = Some(line);
        self.record(now, What::Pinned { stream: stream.clone(), username, text });
    }

    /// Pins the line with this id. False if there is none.
    #[cfg(feature = "session")]
    pub(super) fn pin_line(&mut self, stream: &StreamId, id: u64) -> bool {
        let line = self.stream(stream).chat.find(|line| line.id == id).cloned();
        line.map(|line| self.pin(stream, line)).is_some()
    }

    /// Whether the line with this id is pinned.
    #[cfg(feature = "session")]
    pub(super) fn is_pinned(&self, stream: &StreamId, id: u64) -> bool {
        self.stream(stream).chat.pinned.as_ref().is_some_and(|line| line.id == id)
    }

    /// Unpins the pinned message. False if there is none.
    #[track_caller]
    pub(super) fn unpin(&mut self, stream: &StreamId) -> bool {
        let now = self.clock.now();
        let Some(line) = self.stream_mut(stream).chat.pinned.take() else { return false };
        let bytes = wire::unpinned(&line, self);
        self.tell_chat(stream, bytes);
        self.record(now, What::Unpinned { stream: stream.clone() });
        true
    }

    /// Tells a purchase of subscriptions. It is not a line of the chat.
    pub(super) fn tell_gift(&mut self, stream: &StreamId, username: &str, total_gifts: u64) {
        if self.chats.is_heard() {
            let bytes = wire::gift(username, total_gifts, self);
            self.tell_chat(stream, bytes);
        }
    }

    /// Tells an outgoing raid. It is not a line of the chat.
    pub(super) fn start_raid(&mut self, stream: &StreamId, target_name: &str, target_url: &str) {
        let now = self.clock.now();
        let bytes = wire::raid(target_name, target_url, self);
        self.tell_chat(stream, bytes);
        self.record(now, What::RaidStarted { stream: stream.clone(), target_name: target_name.into() });
    }

    /// Sends a record to those who read the chat. If nobody does, it is lost.
    fn tell_chat(&mut self, stream: &StreamId, bytes: Bytes) {
        let second = self.second_now;
        if self.chats.is_heard() {
            self.chats.tell(stream, second, bytes);
        }
    }

    /// Whether there is such a stream, and it is live.
    pub(super) fn is_live(&self, stream: &StreamId) -> bool {
        self.streams.iter().rfind(|known| known.id == *stream).is_some_and(|stream| stream.is_live)
    }
}

impl Sim {
    /// The answer to a request for a chat.
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

    /// Whether the account has a stream with this decimal id.
    pub(super) fn has_stream(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: u64| self.world().streams.iter().any(|stream| stream.video_id == id))
    }

    /// The answer to a request for the list of emotes.
    pub(super) fn emotes_answer() -> Response {
        Response::ok(wire::EMOTES)
    }
}
