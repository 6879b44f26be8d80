//! Turns the bytes of a chat into events, over any number of connections. Pure:
//! no I/O, no clock.
//!
//! The way of a record: [`Records`] cuts the bytes, `wire` reads the JSON into
//! a [`Said`], `hear` spreads it over the parts that remember something, and
//! whatever they find new becomes a [`Step`] in `pending`. [`Known`] knows
//! which messages were seen, [`People`] who is who, [`Gifts`] which gifts were
//! announced, and `ready` how the chat stands.
//!
//! A step says more than an event. A watcher merges the chat with its polls,
//! and for that it must also see what a reader of the chat alone is not told:
//! old lines, deleted ones, and places where something could not be read.
//! [`Step::into_event`] leaves those out.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

use std::{collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use time::OffsetDateTime;

use super::{
    event::{ChatEvent, ChatMessage, ChatReady, Deleted, Gift, MessageId, Notice, Unknown, Unpinned},
    gifts::{By, Gifts},
    known::{self, Known, Meeting, Reunion, Untold},
    people::People,
    record::{Record, Records},
    wire::{self, Init, Line, Said, What},
};
use crate::{
    event::{Gap, ListKind},
    snapshot::StreamId,
};

/// The pure half of a [`Chat`](super::Chat): takes the bytes of a chat's
/// connections and returns events. Use it if you bring your own HTTP, for
/// recordings and in tests.
///
/// Every connection begins with a backlog, so the server sends the same items
/// again. The decoder yields each of them once. The first backlog is history,
/// and its messages are yielded only if you [ask for them](Self::replay).
///
/// The bytes are those of a body of type `text/event-stream`, without the head
/// of the answer. It yields every [`ChatEvent`] but three:
/// [`Interrupted`](ChatEvent::Interrupted), [`Resumed`](ChatEvent::Resumed) and
/// [`Closed`](ChatEvent::Closed) are about connections, and those are yours
/// here.
///
/// Its memory is bounded, whatever the bytes are. `Debug` shows the livestream
/// and some counts, and nothing that was written.
///
/// # Examples
///
/// ```
/// use rumble_live::Bytes;
/// use rumble_live::chat::{ChatEvent, Decoder};
///
/// let mut decoder = Decoder::new("7c1f4q");
/// let mut bytes = Bytes::from(concat!(
///     r#"data: {"type":"init","data":{"messages":[]}}"#,
///     "\n\n",
///     r#"data: {"type":"messages","data":{"#,
///     r#""messages":[{"id":"1","time":"2026-09-14T19:00:05+00:00","#,
///     r#""user_id":"300200888","text":"hi"}],"#,
///     r#""users":[{"id":"300200888","username":"zed_1984"}]}}"#,
///     "\n\n",
/// ));
/// assert!(matches!(decoder.next(&mut bytes), Some(ChatEvent::Ready(_))));
/// assert_eq!(
///     decoder.next(&mut bytes).unwrap().to_string(),
///     "[7c1f4q] zed_1984: hi"
/// );
/// assert_eq!(decoder.next(&mut bytes), None);
/// ```
pub struct Decoder {
    stream: StreamId,
    site: String,
    replays: bool,
    records: Records,
    people: People,
    known: Known,
    gifts: Gifts,
    /// How the chat stood when it was last reported. `None` until the first
    /// backlog.
    ready: Option<Box<ChatReady>>,
    pending: VecDeque<Step>,
    /// How many records were read.
    record: u64,
    skipped: u64,
    /// Whether this connection has shown a backlog or a message.
    has_begun: bool,
}

/// What the decoder finds in the bytes.
#[derive(Debug)]
pub(crate) enum Step {
    /// The connection showed its backlog, or began without one. The steps that
    /// follow come from it.
    Opened(Reach),
    /// A message that was not known before.
    Message(ChatMessage, Telling),
    /// There may be a message here that could not be read.
    Unreadable,
    Event(ChatEvent),
}

/// How far back a backlog reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// The time from which the backlog shows everything. If some of it cannot
    /// be read, this is the time of its newest message. `None` if the backlog
    /// is empty.
    pub(crate) oldest: Option<OffsetDateTime>,
    /// Whether it shares a message with what was known, so nothing is missing
    /// in between.
    pub(crate) joins: bool,
}

/// How a message that was not known came, which decides whether it is yielded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Telling {
    /// It came by itself.
    Live,
    /// It was missed, and is in a later backlog.
    Missed,
    /// It is in the very first backlog.
    First,
    /// It is in a later backlog, but is too old to be yielded.
    Old,
    /// It was deleted before it came.
    Dead,
    /// It only announces a gift that an event already reported.
    Paired,
}

/// The default site. Paths on the site are resolved against it.
const SITE: &str = "https://rumble.com";

impl Decoder {
    /// A decoder for the chat of this livestream, before its first connection.
    /// You need not call [`reconnect`](Self::reconnect) before the first bytes.
    ///
    /// `stream` goes into each event as it is. It need not be the id of a
    /// livestream, since nothing is asked for.
    #[must_use]
    pub fn new(stream: impl Into<StreamId>) -> Self {
        Self {
            stream: stream.into(),
            site: SITE.to_owned(),
            replays: false,
            records: Records::new(),
            people: People::new(),
            known: Known::new(),
            gifts: Gifts::default(),
            ready: None,
            pending: VecDeque::new(),
            record: 0,
            skipped: 0,
            has_begun: false,
        }
    }

    /// Whether to yield the messages of the first backlog too, oldest first.
    /// Default: false.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Bytes, chat::Decoder};
    ///
    /// let backlog = concat!(
    ///     r#"data: {"type":"init","data":{"messages":["#,
    ///     r#"{"id":"2","time":"2026-09-14T19:00:06Z","text":"second"},"#,
    ///     r#"{"id":"1","time":"2026-09-14T19:00:05Z","text":"first"}"#,
    ///     r#"]}}"#,
    ///     "\n\n",
    /// );
    /// let told = |mut decoder: Decoder| {
    ///     let mut bytes = Bytes::from(backlog);
    ///     let events = std::iter::from_fn(|| decoder.next(&mut bytes));
    ///     events.map(|event| event.to_string()).collect::<Vec<_>>()
    /// };
    /// let quiet = told(Decoder::new("7c1f4q"));
    /// assert_eq!(quiet, ["[7c1f4q] chat is open"]);
    ///
    /// let all = told(Decoder::new("7c1f4q").replay(true));
    /// assert_eq!(
    ///     all[1..],
    ///     ["[7c1f4q] somebody: first", "[7c1f4q] somebody: second"]
    /// );
    /// ```
    #[must_use]
    pub fn replay(mut self, yes: bool) -> Self {
        self.replays = yes;
        self
    }

    /// The site against which paths are resolved, such as the path of a badge's
    /// picture.
    pub(super) fn site(mut self, origin: &str) -> Self {
        origin.clone_into(&mut self.site);
        self
    }

    /// Starts a new connection. If the last one left a record incomplete, that
    /// part is dropped.
    ///
    /// Call it before the first bytes of each further connection. What was read
    /// before stays known, so the new backlog yields only what was missed. If
    /// it does not reach back to a known message, a [`ChatEvent::Gap`] comes
    /// before it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Bytes, chat::Decoder};
    /// use serde_json::json;
    ///
    /// /// The beginning of a connection that shows messages of these seconds.
    /// fn backlog(seconds: &[u8]) -> Bytes {
    ///     let time = |s: &u8| format!("2026-09-14T19:00:{s:02}Z");
    ///     let line = |s: &u8| json!({"id": s, "time": time(s), "text": "hi"});
    ///     let lines: Vec<_> = seconds.iter().map(line).collect();
    ///     let init = json!({"type": "init", "data": {"messages": lines}});
    ///     Bytes::from(format!("data: {init}\n\n"))
    /// }
    ///
    /// let mut decoder = Decoder::new("7c1f4q");
    /// let mut hear = |mut bytes: Bytes| {
    ///     decoder.reconnect();
    ///     let events = std::iter::from_fn(|| decoder.next(&mut bytes));
    ///     events.map(|event| event.kind()).collect::<Vec<_>>()
    /// };
    /// assert_eq!(hear(backlog(&[1, 2, 3])), ["ready"]);
    /// assert_eq!(hear(backlog(&[2, 3, 4])), ["message"], "4 was missed");
    /// assert_eq!(hear(backlog(&[8, 9])), ["gap", "message", "message"]);
    /// ```
    pub fn reconnect(&mut self) {
        self.has_begun = false;
        self.records = Records::new();
    }

    /// Returns the next event and takes the bytes that it needed from the front
    /// of `bytes`. `None` when all bytes are used up.
    ///
    /// You may cut the bytes anywhere: the events are the same. So read a
    /// chunk, call this until it returns `None`, and read the next chunk. The
    /// beginning of a record that is not complete is kept in the decoder.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Bytes, chat::Decoder};
    ///
    /// let mut decoder = Decoder::new("7c1f4q");
    /// let sent =
    ///     concat!(r#"data: {"type":"unpin_message","data":{}}"#, "\n\n");
    /// let mut told = Vec::new();
    /// for chunk in sent.as_bytes().chunks(7) {
    ///     let mut bytes = Bytes::from(chunk);
    ///     while let Some(event) = decoder.next(&mut bytes) {
    ///         told.push(event.to_string());
    ///     }
    ///     assert!(bytes.is_empty());
    /// }
    /// assert_eq!(told, ["unpinned"]);
    /// ```
    pub fn next(&mut self, bytes: &mut Bytes) -> Option<ChatEvent> {
        loop {
            if let Some(event) = self.step(bytes)?.into_event(self.replays) {
                return Some(event);
            }
        }
    }

    /// Notes that an earlier decoder of this chat already yielded this message.
    /// Call it before the first bytes: the first backlog then counts as a later
    /// one, so what is new in it is yielded.
    pub(crate) fn remember(&mut self, id: MessageId, sent_at: OffsetDateTime, is_rant: bool, is_deleted: bool) {
        self.known.remember(id, sent_at, is_rant, is_deleted);
    }

    /// How many items could not be read so far. They are left out and take
    /// nothing else with them.
    ///
    /// The count covers messages and people that lack a required field, and
    /// records that are not JSON, have no type, lack what their type is about
    /// or are longer than 1 MiB. A record of a type that is not known does not
    /// count: it is a [`ChatEvent::Unknown`].
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Bytes, chat::Decoder};
    ///
    /// let mut decoder = Decoder::new("7c1f4q");
    /// let mut hear = |data: &str| {
    ///     let mut bytes = Bytes::from(format!("data: {data}\n\n"));
    ///     std::iter::from_fn(|| decoder.next(&mut bytes)).count()
    /// };
    /// assert_eq!(hear("not JSON"), 0);
    /// // Of two messages, one has no time.
    /// let lines =
    ///     r#"{"id":1},{"id":2,"time":"2026-09-14T19:00:05Z","text":"hi"}"#;
    /// assert_eq!(
    ///     hear(&format!(
    ///         r#"{{"type":"messages","data":{{"messages":[{lines}]}}}}"#
    ///     )),
    ///     1
    /// );
    /// assert_eq!(hear(r#"{"type":"poll_started","data":{}}"#), 1, "unknown");
    /// assert_eq!(decoder.skipped(), 2);
    /// ```
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// How the chat stands, by everything read so far. `None` before the first
    /// backlog.
    ///
    /// It is the last [`ChatEvent::Ready`] with the pins, raids and
    /// restrictions that came after it.
    ///
    /// # Examples
    ///
    /// ```
    /// use rumble_live::{Bytes, chat::Decoder};
    ///
    /// let mut decoder = Decoder::new("7c1f4q");
    /// let mut bytes = Bytes::from(concat!(
    ///     r#"data: {"type":"init","data":{"can_moderate":false}}"#,
    ///     "\n\n",
    ///     r#"data: {"type":"live_gate","data":{"chat_mode":1}}"#,
    ///     "\n\n",
    /// ));
    /// assert!(decoder.ready().is_none());
    /// while decoder.next(&mut bytes).is_some() {}
    /// let ready = decoder.ready().expect("there was a backlog");
    /// assert_eq!(ready.can_moderate, Some(false));
    /// assert!(ready.live_gate.as_ref().is_some_and(|gate| gate.is_closed));
    /// ```
    #[must_use]
    pub fn ready(&self) -> Option<&ChatReady> {
        self.ready.as_deref()
    }

    /// How many records were read, those that are too long not counted. A
    /// connection uses it to see that records still end.
    pub(super) fn records(&self) -> u64 {
        self.record
    }

    /// The livestream that this chat belongs to, as it was given to
    /// [`new`](Self::new).
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// Like [`next`](Self::next), but returns everything that was not known,
    /// and how it came.
    pub(crate) fn step(&mut self, bytes: &mut Bytes) -> Option<Step> {
        loop {
            if let Some(step) = self.pending.pop_front() {
                return Some(step);
            }
            match self.records.next(bytes)? {
                Record::Data(data) => {
                    self.record = self.record.saturating_add(1);
                    let said = wire::read(&data, &self.site);
                    self.hear(said);
                }
                Record::TooLong => {
                    self.skipped = self.skipped.saturating_add(1);
                    self.pending.push_back(Step::Unreadable);
                }
            }
        }
    }

    /// Takes in one record. The people come first, because the messages and
    /// gifts of the same record refer to them.
    fn hear(&mut self, said: Said) {
        let Said { what, users, channels, request_id, skipped } = said;
        self.skipped = self.skipped.saturating_add(skipped as u64);
        let buys_as_channel = match &what {
            What::Gift(gift) | What::GiftReceived(gift) => channels.iter().any(|channel| Some(&channel.id) == gift.buying_channel.as_ref()),
            _ => false,
        };
        for user in users {
            self.people.meet_user(user);
        }
        for channel in channels {
            self.people.meet_channel(channel);
        }
        match what {
            What::Init(init) => self.open(*init),
            What::Messages { lines, is_whole } => self.hear_lines(lines, is_whole, request_id.as_deref()),
            What::Deleted(deleted) => {
                self.known.delete(&deleted.message_ids, deleted.spares_rants);
                self.tell_deleted(deleted);
            }
            What::Muted(muted) => self.tell(ChatEvent::Muted(muted)),
            What::Pinned(line) => {
                let message = self.message(*line, None);
                self.stand(|ready| ready.pinned = Some(message.clone()));
                self.tell(ChatEvent::Pinned(message));
            }
            What::Unpinned(line) => {
                let message = line.map(|line| self.message(*line, None));
                self.stand(|ready| ready.pinned = None);
                self.tell(ChatEvent::Unpinned(Unpinned { message }));
            }
            What::Raid(raid) => {
                self.stand(|ready| ready.raid = Some((*raid).clone()));
                self.tell(ChatEvent::Raid(*raid));
            }
            What::LiveGate(gate) => {
                self.stand(|ready| ready.live_gate = Some(gate.clone()));
                self.tell(ChatEvent::LiveGate(gate));
            }
            What::CanModerate(who) => self.tell(ChatEvent::CanModerate(who)),
            What::Gift(gift) => self.hear_gift(gift, buys_as_channel, request_id),
            What::GiftReceived(gift) => {
                let gift = self.gift(gift, buys_as_channel, request_id);
                self.tell(ChatEvent::GiftReceived(gift));
            }
            What::Unknown(kind) => self.tell(ChatEvent::Unknown(Unknown { kind })),
            What::Untyped | What::Unreadable => self.pending.push_back(Step::Unreadable),
            What::Nothing => {}
        }
    }

    /// Takes in messages that came by themselves. If they are the first thing
    /// that a connection brings, its backlog could not be read, so a gap stands
    /// before them, unless nothing was known yet.
    ///
    /// `is_whole`: all of them could be read. If not, a doubt stands at either
    /// end, because nobody knows where the unreadable one belongs.
    fn hear_lines(&mut self, lines: Vec<Line>, is_whole: bool, request_id: Option<&str>) {
        if let Some(line) = lines.first()
            && !self.has_begun
        {
            // This connection's backlog could not be read, so what was written since the last connection is lost.
            self.has_begun = true;
            self.pending.push_back(Step::Opened(Reach::default()));
            if self.ready.is_some() || !self.known.is_empty() {
                let since = self.known.latest();
                self.tell_gap(since, since.map_or(line.sent_at, |since| line.sent_at.max(since)));
            }
        }
        // It may be older than the readable part of the record, or newer.
        if !is_whole {
            self.pending.push_back(Step::Unreadable);
        }
        for line in lines {
            let telling = match self.known.meet(&line) {
                Meeting::Known => continue,
                Meeting::News => Telling::Live,
                Meeting::Dead => Telling::Dead,
            };
            self.tell_line(line, telling, request_id.map(Into::into));
        }
        if !is_whole {
            self.pending.push_back(Step::Unreadable);
        }
    }

    /// Takes in a gift that is announced by an event. It is dropped if a
    /// message has announced it already.
    fn hear_gift(&mut self, gift: wire::Gift, buys_as_channel: bool, request_id: Option<String>) {
        if self.gifts.is_news(By::Event, gift.buyer.as_ref(), &gift.kind, gift.total, self.record) {
            let gift = self.gift(gift, buys_as_channel, request_id);
            self.tell(ChatEvent::Gift(gift));
        }
    }

    /// Takes in the backlog of a connection, and how the chat stands now.
    /// `Ready` is told only if something differs from what was known.
    ///
    /// The server may send it again in the middle of a connection, which makes
    /// no difference here.
    fn open(&mut self, init: Init) {
        let Init { backlog, is_whole, config, pinned, can_moderate, subscribers_only, raid, live_gate } = init;
        let mut ready = ChatReady::new(self.stream.clone());
        ready.config = Arc::new(config);
        ready.pinned = pinned.map(|line| self.message(line, None));
        ready.can_moderate = can_moderate;
        ready.subscribers_only = subscribers_only;
        ready.raid = raid;
        ready.live_gate = live_gate;
        let is_first = self.ready.is_none() && self.known.is_empty();
        self.has_begun = true;
        let newest = backlog.iter().map(|line| line.sent_at).max();
        let oldest = if is_whole { known::oldest(&backlog) } else { newest };
        let reunion = if is_first { self.known.begin(backlog) } else { self.known.rejoin(backlog, is_whole) };
        self.pending.push_back(Step::Opened(Reach { oldest, joins: reunion.joins && is_whole }));
        if self.ready.as_deref() != Some(&ready) {
            let ready = Box::new(ready);
            self.ready = Some(ready.clone());
            self.tell(ChatEvent::Ready(ready));
        }
        self.tell_reunion(reunion, if is_first { Telling::First } else { Telling::Missed });
        if !is_whole {
            // It may be newer than what can be read.
            self.pending.push_back(Step::Unreadable);
        }
    }

    /// Tells what a backlog brought, in the order in which it makes sense to a
    /// reader: first that something may be lost, then what is gone, then what
    /// is new. `telling` is for the new messages.
    fn tell_reunion(&mut self, reunion: Reunion, telling: Telling) {
        if let Some((since, until)) = reunion.gap {
            self.tell_gap(since, until);
        }
        if !reunion.deleted.is_empty() {
            self.tell_deleted(Deleted::new(reunion.deleted));
        }
        if !reunion.missing.is_empty() {
            self.tell_deleted(Deleted { inferred: true, ..Deleted::new(reunion.missing) });
        }
        for (line, untold) in reunion.rest {
            let telling = match untold {
                Untold::Dead => Telling::Dead,
                Untold::Old => Telling::Old,
            };
            self.tell_line(line, telling, None);
        }
        for line in reunion.news {
            self.tell_line(line, telling, None);
        }
    }

    /// Tells that messages of this span may have been lost.
    fn tell_gap(&mut self, since: Option<OffsetDateTime>, until: OffsetDateTime) {
        let stream = Some(self.stream.clone());
        self.tell(ChatEvent::Gap(Gap { list: ListKind::Messages, stream, since, until, at_least: None }));
    }

    /// Tells a message. One that announces a gift which an event has told
    /// already loses its notice; if nothing else is in it, it is only noted.
    fn tell_line(&mut self, mut line: Line, mut telling: Telling, request_id: Option<String>) {
        if let Some(Notice::Gift(gift)) = &line.notice
            && matches!(telling, Telling::Live | Telling::Missed)
            && !self.gifts.is_news(By::Message, line.user.as_ref(), &gift.gift_type, gift.total_gifts, self.record)
        {
            line.notice = None;
            if line.text.is_empty() && line.rant.is_none() {
                telling = Telling::Paired;
            }
        }
        let message = self.message(line, request_id);
        self.pending.push_back(Step::Message(message, telling));
    }

    /// Tells a deletion, unless it names no message.
    fn tell_deleted(&mut self, deleted: Deleted) {
        if !deleted.message_ids.is_empty() {
            self.tell(ChatEvent::Deleted(deleted));
        }
    }

    /// Puts an event behind what waits already.
    fn tell(&mut self, event: ChatEvent) {
        self.pending.push_back(Step::Event(event));
    }

    /// Updates how the chat stands by what it said since its backlog.
    fn stand(&mut self, change: impl FnOnce(&mut ChatReady)) {
        if let Some(ready) = &mut self.ready {
            change(ready);
        }
    }

    /// The message of a line, with its author as known by now.
    fn message(&mut self, line: Line, request_id: Option<String>) -> ChatMessage {
        let Line { id, sent_at, user, channel, text, kind, rant, notice, is_deleted: _ } = line;
        let author = self.people.author(user.as_ref(), channel.as_ref());
        ChatMessage { id, stream: self.stream.clone(), author, text, sent_at, rant, notice, kind, request_id }
    }

    /// The gift with its buyer as known by now. `buys_as_channel`: the record
    /// showed a channel with the buyer's id, whose name then counts.
    fn gift(&mut self, gift: wire::Gift, buys_as_channel: bool, request_id: Option<String>) -> Gift {
        let wire::Gift { buyer, buying_channel, kind, total, creator, channel: creator_channel_id } = gift;
        let channel = buying_channel.filter(|_| buys_as_channel);
        let buyer = self.people.author(buyer.as_ref(), channel.as_ref());
        Gift { buyer, gift_type: kind, total_gifts: total, creator_user_id: creator, creator_channel_id, request_id }
    }
}

impl Step {
    /// The event for a reader of the chat alone. `replays`: the messages of the
    /// first backlog count too.
    pub(super) fn into_event(self, replays: bool) -> Option<ChatEvent> {
        match self {
            Self::Event(event) => Some(event),
            Self::Message(message, Telling::Live | Telling::Missed) => Some(ChatEvent::Message(message)),
            Self::Message(message, Telling::First) if replays => Some(ChatEvent::Message(message)),
            Self::Opened(_) | Self::Message(..) | Self::Unreadable => None,
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("stream", &self.stream)
            .field("records", &self.record)
            .field("skipped", &self.skipped)
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}
