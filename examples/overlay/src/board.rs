//! What pages show, and which part of it one page gets. Pure: no I/O and no
//! clock.
//!
//! An alert has an id and a number. The **id** is the one of the library's
//! event. It is the same in every process, and a page drops a second alert with
//! the same id. The **number** counts the alerts of this board, so that a page
//! that comes back can say how far it got. A number means something only
//! together with the **epoch** of the board that gave it.

use std::{collections::VecDeque, fmt, str::FromStr, sync::Arc};

use rumble_live::{Author, Event, EventId, Snapshot};
use serde::{Deserialize, Serialize};

/// How many alerts are kept for pages that come back.
pub(crate) const MOST_ALERTS: usize = 500;
/// How many lines of chat are kept for pages that open late.
pub(crate) const MOST_LINES: usize = 30;
/// How many ids of deleted lines and alerts are kept.
const MOST_GONE: usize = 300;
/// The longest name and text, in characters. The rest is cut.
const LONGEST_NAME: usize = 60;
const LONGEST_TEXT: usize = 500;

/// Everything that a page can show, as data that survives a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Board {
    epoch: String,
    /// The number of the newest alert. The first one is 1.
    newest: u64,
    /// The number of the newest alert that is no longer kept.
    forgotten: u64,
    /// Oldest first.
    alerts: VecDeque<Arc<Alert>>,
    /// Oldest first.
    lines: VecDeque<Arc<Line>>,
    /// What was recently deleted, oldest first.
    gone: VecDeque<String>,
    now: Now,
}

/// Something to show once, large and for a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alert {
    number: u64,
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// Empty if nobody is named.
    pub(crate) name: String,
    pub(crate) text: String,
    /// The amount paid, in cents.
    pub(crate) cents: Option<u64>,
    /// How many subscriptions were given away.
    pub(crate) count: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Follower,
    Subscriber,
    Gift,
    Rant,
    Raid,
}

/// A line of chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    id: String,
    name: String,
    text: String,
    /// The colour of the name, as `#rrggbb`.
    colour: Option<String>,
    /// The amount paid for it, in cents.
    cents: Option<u64>,
}

/// The present state of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Now {
    /// The name of the account. `None` until it was reached.
    pub(crate) account: Option<String>,
    pub(crate) followers: Option<u64>,
    /// The follower goal, if the streamer has set one.
    pub(crate) goal: Option<u64>,
    /// `None` while no livestream is live.
    pub(crate) viewers: Option<u64>,
    /// Why the account cannot be reached right now.
    pub(crate) trouble: Option<String>,
}

/// How far a page got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    epoch: String,
    number: u64,
}

/// One message to a page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame {
    /// The present state. It replaces the one that the page had.
    Snapshot(Arc<Overview>),
    Alert(Position, Arc<Alert>),
    /// An alert that somebody asked for to see how it looks. It has no number
    /// and is not kept.
    Test(Arc<Alert>),
    Line(Arc<Line>),
    /// The ids of what was deleted from the chat.
    Gone(Arc<[String]>),
    Now(Arc<Now>),
}

/// Everything that a page shows at first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Overview {
    /// The position from which the page gets alerts.
    #[serde(skip)]
    position: Position,
    /// How many alerts the page has missed for good.
    missed: u64,
    lines: VecDeque<Arc<Line>>,
    gone: VecDeque<String>,
    now: Now,
}

impl Board {
    /// A board on which nothing has happened. Two boards never have the same
    /// `epoch`, which consists of letters and digits.
    pub(crate) fn new(epoch: String) -> Self {
        Self { epoch, newest: 0, forgotten: 0, alerts: VecDeque::new(), lines: VecDeque::new(), gone: VecDeque::new(), now: Now::default() }
    }

    /// Prepares a new run, which does not know yet what changes by the minute.
    pub(crate) fn start_run(&mut self, goal: Option<u64>) {
        self.now = Now { goal, viewers: None, trouble: None, ..self.now.clone() };
    }

    /// Takes an event in, and returns what to send to the pages.
    pub(crate) fn take(&mut self, event: &Event) -> Vec<Frame> {
        match event {
            Event::Message(message) => self.add_line(event, message.author.as_deref(), None),
            Event::Rant(rant) => {
                let mut frames = self.add_line(event, rant.author.as_deref(), Some(rant.amount.cents()));
                frames.extend(self.add_alert(event, Kind::Rant, Some(rant.amount.cents()), None));
                frames
            }
            Event::Follower(_) => self.add_alert(event, Kind::Follower, None, None),
            Event::Subscriber(subscriber) => self.add_alert(event, Kind::Subscriber, Some(subscriber.amount.cents()), None),
            Event::GiftedSubs(gift) => self.add_alert(event, Kind::Gift, None, gift.total_gifts),
            Event::RaidReceived(_) => self.add_alert(event, Kind::Raid, None, None),
            Event::MessageDeleted(deleted) => self.take_out(&deleted.event_ids),
            Event::UserMuted(muted) => self.take_out(&muted.event_ids),
            Event::Interrupted(trouble) => self.set_trouble(Some(trouble.to_string())),
            Event::Ready | Event::Resumed(_) => self.set_trouble(None),
            _ => Vec::new(),
        }
    }

    /// Takes the state from a snapshot, and returns what to send to the pages.
    pub(crate) fn look(&mut self, snapshot: &Snapshot) -> Vec<Frame> {
        let mut live = snapshot.live().peekable();
        let is_live = live.peek().is_some();
        let viewers = live.filter_map(|stream| stream.watching_now).fold(0, u64::saturating_add);
        let followers = snapshot.followers();
        self.set_now(Now {
            account: Some(cut(&snapshot.account().to_string(), LONGEST_NAME)),
            followers: followers.count.or(followers.total),
            viewers: is_live.then_some(viewers),
            ..self.now.clone()
        })
    }

    /// What a page gets first: the present state, and then everything that it
    /// has not had yet. If a page does not say how far it got, or says
    /// something that this board cannot have told it, it gets no alert.
    pub(crate) fn greet(&self, had: Option<&Position>) -> Vec<Frame> {
        let had = had.filter(|had| had.epoch == self.epoch && had.number <= self.newest);
        let number = had.map_or(self.newest, |had| had.number);
        let overview = Overview {
            position: self.position(number),
            missed: self.forgotten.saturating_sub(number),
            lines: self.lines.clone(),
            gone: self.gone.clone(),
            now: self.now.clone(),
        };
        let news = self.alerts.iter().filter(|alert| alert.number > number);
        let news = news.map(|alert| Frame::Alert(self.position(alert.number), Arc::clone(alert)));
        [Frame::Snapshot(Arc::new(overview))].into_iter().chain(news).collect()
    }

    fn position(&self, number: u64) -> Position {
        Position { epoch: self.epoch.clone(), number }
    }

    fn add_alert(&mut self, event: &Event, kind: Kind, cents: Option<u64>, count: Option<u64>) -> Vec<Frame> {
        let Some(id) = event.id().map(|id| id.to_string()) else { return Vec::new() };
        if self.alerts.iter().any(|alert| alert.id == id) || self.gone.contains(&id) {
            return Vec::new();
        }
        self.newest += 1;
        let (name, text) = (event.username().unwrap_or_default(), event.text().unwrap_or_default());
        let (name, text) = (cut(name, LONGEST_NAME), cut(text, LONGEST_TEXT));
        let alert = Arc::new(Alert { number: self.newest, id, kind, name, text, cents, count });
        self.alerts.push_back(Arc::clone(&alert));
        if self.alerts.len() > MOST_ALERTS
            && let Some(oldest) = self.alerts.pop_front()
        {
            self.forgotten = oldest.number;
        }
        vec![Frame::Alert(self.position(alert.number), alert)]
    }

    fn add_line(&mut self, event: &Event, author: Option<&Author>, cents: Option<u64>) -> Vec<Frame> {
        let Some(id) = event.id().map(|id| id.to_string()) else { return Vec::new() };
        if self.lines.iter().any(|line| line.id == id) || self.gone.contains(&id) {
            return Vec::new();
        }
        let (name, text) = (event.username().unwrap_or_default(), event.text().unwrap_or_default());
        let colour = author.and_then(|author| author.color).map(|colour| colour.to_string());
        let line = Arc::new(Line { id, name: cut(name, LONGEST_NAME), text: cut(text, LONGEST_TEXT), colour, cents });
        self.lines.push_back(Arc::clone(&line));
        if self.lines.len() > MOST_LINES {
            self.lines.pop_front();
        }
        vec![Frame::Line(line)]
    }

    /// Deletes from the chat what these events delivered, and also alerts that
    /// a page has not had yet.
    fn take_out(&mut self, events: &[EventId]) -> Vec<Frame> {
        let is_shown = |id: &String| self.lines.iter().any(|line| line.id == *id) || self.alerts.iter().any(|alert| alert.id == *id);
        let ids: Vec<String> = events.iter().map(ToString::to_string).filter(is_shown).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        self.lines.retain(|line| !ids.contains(&line.id));
        self.alerts.retain(|alert| !ids.contains(&alert.id));
        self.gone.extend(ids.iter().cloned());
        self.gone.drain(..self.gone.len().saturating_sub(MOST_GONE));
        vec![Frame::Gone(ids.into())]
    }

    fn set_trouble(&mut self, trouble: Option<String>) -> Vec<Frame> {
        self.set_now(Now { trouble, ..self.now.clone() })
    }

    fn set_now(&mut self, now: Now) -> Vec<Frame> {
        if self.now == now {
            return Vec::new();
        }
        self.now = now;
        vec![Frame::Now(Arc::new(self.now.clone()))]
    }
}

impl Alert {
    /// An alert that shows how alerts of this kind look.
    pub(crate) fn test(kind: Kind, cents: Option<u64>, id: String) -> Self {
        let (text, cents, count) = match kind {
            Kind::Follower => ("", None, None),
            Kind::Subscriber => ("", Some(cents.unwrap_or(500)), None),
            Kind::Gift => ("", None, Some(5)),
            Kind::Rant => ("This is how a rant looks. Somebody pays to say it.", Some(cents.unwrap_or(2000)), None),
            Kind::Raid => ("We come with tea", None, None),
        };
        Self { number: 0, id, kind, name: "Test Person".into(), text: text.into(), cents, count }
    }
}

impl Frame {
    /// Whether it must be on the disk before a page sees it. That goes for a
    /// deletion too: it is sent once, and the line must not come back.
    pub(crate) fn must_be_kept(&self) -> bool {
        matches!(self, Self::Alert(..) | Self::Gone(_))
    }

    /// What the page sends back when it reconnects.
    pub(crate) fn position(&self) -> Option<&Position> {
        match self {
            Self::Snapshot(overview) => Some(&overview.position),
            Self::Alert(position, _) => Some(position),
            _ => None,
        }
    }

    /// The kind of message, in the page's words.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "snapshot",
            Self::Alert(..) | Self::Test(_) => "alert",
            Self::Line(_) => "line",
            Self::Gone(_) => "gone",
            Self::Now(_) => "now",
        }
    }

    /// The content, as JSON on one line.
    pub(crate) fn json(&self) -> serde_json::Result<String> {
        match self {
            Self::Snapshot(overview) => serde_json::to_string(overview),
            Self::Alert(_, alert) | Self::Test(alert) => serde_json::to_string(alert),
            Self::Line(line) => serde_json::to_string(line),
            Self::Gone(ids) => serde_json::to_string(ids),
            Self::Now(now) => serde_json::to_string(now),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.number)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (epoch, number) = text.rsplit_once('-').ok_or(())?;
        Ok(Self { epoch: epoch.into(), number: number.parse().map_err(drop)? })
    }
}

fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}
