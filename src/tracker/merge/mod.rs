//! One stream of lines from two sources: polls, and the live chat of a livestream.
//!
//! A line of the live chat is told at once. A polled line that the polls' own ledger calls news is either one that the live chat has shown, and
//! then it is not told again; or it is held for a while, until the live chat shows it, or has shown all of its second without it, or time
//! is up. Who owns a second is decided by lines alone: a connection has shown what lies between the lines that it showed, less two seconds at
//! both ends. That it still sends something proves nothing.

mod coverage;
mod delta;
mod doubt;
mod gifts;
mod heard;
#[cfg(test)]
mod histories;
mod hold;
mod polled;
mod row;
mod rows;

use self::row::Row;
pub(super) use self::{
    gifts::{GiftChange, GiftPairs, OneSided},
    heard::raid_started,
    hold::HOLD,
    polled::{Lists, list},
};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::{
    coverage::Coverage,
    delta::{Deltas, Likelihood},
    doubt::Doubt,
    hold::{Held, Owed},
    row::{REACH, RowChange, Sight, State},
    rows::{Number, Rows},
};
use super::live::Seed;
use crate::{
    chat::Reach,
    event::{Event, Gap, ListKind, MergeDoubt},
    snapshot::{Livestream, MessageId, StreamId},
};

/// How many lines are remembered, and how many rants beside them.
const MOST_LINES: usize = 2048;
const MOST_RANTS: usize = 200;
/// How many of them a checkpoint keeps at most.
const KEPT_LINES: usize = 100;
const KEPT_RANTS: usize = 30;
/// How much of what is held at that time it keeps one by one, of messages and rants each.
const KEPT_OWED: usize = 30;

/// What is known of one livestream's lines from both sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Merge {
    /// What is stamped at or before this was there before the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<i64>,
    /// The server's clock, in the poll with which this began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<i64>,
    messages: Rows,
    rants: Rows,
    #[serde(default)]
    coverage: Coverage,
    #[serde(default, skip_serializing_if = "Deltas::is_default")]
    deltas: Deltas,
    /// What was held when the checkpoint was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owed: Vec<Owed>,
    #[serde(skip)]
    held: Vec<Held>,
    /// How many were held in all.
    #[serde(skip)]
    holds: u64,
    #[serde(skip)]
    socket: Socket,
    #[serde(default, skip_serializing_if = "Doubt::is_default")]
    doubt: Doubt,
}

/// Whether the live chat is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Socket {
    /// It was not asked for yet.
    #[default]
    New,
    /// It isn't, nor will it be soon.
    Away,
    /// It isn't since then, but may soon be.
    Lost(Duration),
    Open {
        since: Duration,
    },
    /// It cannot be.
    Never,
}

/// A change of what is known. It comes with the delivery of an event, or by itself.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Begin(Box<Merge>),
    /// A line is known from now on.
    Row(Box<Row>),
    /// More is known of a line.
    OfRow {
        is_rant: bool,
        row: Number,
        change: RowChange,
    },
    Hold(Box<Held>),
    /// What was held is decided.
    Release(u64),
    /// What was owed is decided.
    Paid(Vec<Owed>),
    Opened(Reach, Duration),
    /// The live chat has shown a line of this second.
    Extend(i64),
    /// It has shown one of the later second, and the clock of polls allows for the earlier one only.
    ExtendAhead(i64, i64),
    /// The live chat may have shown a line that could not be read.
    Broken,
    Lost(Duration),
    Away,
    Never,
    /// The livestream ended.
    Ended,
    Gone(Vec<MessageId>),
    /// A poll shows what the live chat has shown.
    Agreed,
    /// A polled line of this second, which the live chat has shown without it, is not told.
    Dropped(i64),
    Doubted,
    /// A polled line may be one that the live chat has stamped so many seconds earlier.
    Twin(i64),
    /// A gap stands for what was dropped.
    Settled,
    /// A line that can be no other is stamped so by the live chat and by polls.
    Stamps {
        heard: i64,
        polled: i64,
    },
}

/// An event, if one is to be told, and what is known with it.
pub(super) struct Decision {
    pub(super) event: Option<Event>,
    pub(super) changes: Vec<Change>,
}

impl Decision {
    fn silent(changes: impl Into<Vec<Change>>) -> Self {
        Self { event: None, changes: changes.into() }
    }

    fn told(event: impl Into<Event>, changes: impl Into<Vec<Change>>) -> Self {
        Self { event: Some(event.into()), changes: changes.into() }
    }
}

impl Merge {
    /// Of a livestream that a poll of this `now` shows live for the first time, with these news.
    pub(super) fn new<'a>(livestream: &Livestream, history: Option<i64>, now: i64, news: impl Iterator<Item = &'a Event>) -> Self {
        let mut merge = Self { history, began: Some(now), ..Self::default() };
        let mut news: Vec<Sight> =
            news.filter(|event| event.stream().as_ref() == Some(&livestream.id)).filter_map(Sight::of_event).collect();
        let messages = livestream.chat.recent_messages.iter().map(Sight::of_message);
        let rants = livestream.chat.recent_rants.iter().map(Sight::of_rant);
        let mut shown: Vec<_> = messages.chain(rants).collect();
        shown.sort_by_key(|sight| sight.second);
        for sight in shown {
            if let Some(new) = news.iter().position(|new| *new == sight) {
                news.swap_remove(new);
            } else {
                let copy = merge.rows(sight.paid.is_some()).free_copy(sight.second, sight.print, 0);
                merge.push(Row::of_sight(sight, copy, State::History));
            }
        }
        merge
    }

    /// What polls alone have told before cannot be told apart: what is stamped at or before `newest`, and older than all that this answer shows.
    pub(super) fn forget_until(&mut self, newest: i64, oldest: i64) {
        let second = newest.saturating_add(REACH).min(oldest.saturating_sub(1));
        for rows in [&mut self.messages, &mut self.rants] {
            rows.forgotten = rows.forgotten.max(Some(second));
        }
    }

    /// Cuts it to what a checkpoint keeps, of at most so many bytes. Returns how many it takes, about.
    pub(super) fn keep(&mut self, bytes: usize) -> usize {
        self.owed.extend(self.held.drain(..).map(Held::owed));
        self.holds = 0;
        self.close(Socket::New);
        self.owed = Owed::folded(&self.owed, KEPT_OWED.min(bytes / 8 / Owed::BYTES));
        let owed = self.owed.len() * Owed::BYTES;
        let most = bytes.saturating_sub(owed) / Row::BYTES;
        self.rants.keep(KEPT_RANTS.min(most / 2), true);
        self.messages.keep(KEPT_LINES.min(most.saturating_sub(self.rants.len())), false);
        (self.messages.len() + self.rants.len()) * Row::BYTES + owed
    }

    /// The server's clock was set back to `now`. Nobody knows when, so what was shown proves nothing of the seconds that come again.
    pub(super) fn step_back(&mut self, now: i64) {
        for second in [&mut self.history, &mut self.began].into_iter().flatten() {
            *second = now.min(*second);
        }
        let now = now.saturating_sub(self.deltas.apart());
        self.coverage = Coverage::default();
        self.rants.step_back(now);
        self.messages.step_back(now);
    }

    /// What the live chat has shown, for a reader of it that starts anew.
    pub(super) fn seeds(&self) -> Vec<Seed> {
        self.messages.iter().chain(self.rants.iter()).filter_map(Row::seed).collect()
    }

    /// How likely a polled line is this one of the live chat: by whether it says the same, then by the two stamps. `None` where it cannot be.
    fn likeness(&self, row: &Row, sight: &Sight) -> Option<(bool, Likelihood)> {
        let fits = if self.have_other_names() {
            row.paid == sight.paid && row.has_text(sight)
        } else if sight.paid.is_some() {
            row.is_rant(&self.in_chat_time(*sight))
        } else {
            row.says(sight)
        };
        let likelihood = self.deltas.likelihood(row.heard?, sight.second).filter(|_| fits)?;
        // Somebody who says the same twice within two seconds is not heard once.
        let says = row.says(sight);
        let is_this = likelihood.is_usual || says && self.rows(sight.paid.is_some()).is_rare(sight);
        is_this.then_some((says, likelihood))
    }

    /// A polled line as the clock of the live chat would stamp it.
    fn in_chat_time(&self, sight: Sight) -> Sight {
        sight.moved(self.deltas.apart())
    }

    /// A second of the live chat as polls would stamp it.
    pub(super) fn in_poll_time(&self, second: i64) -> i64 {
        second.saturating_add(self.deltas.apart())
    }

    /// Whether the live chat has shown all that polls stamp with this second.
    fn covers(&self, second: i64) -> bool {
        let (least, greatest) = self.deltas.range();
        (least..=greatest).all(|delta| self.coverage.holds(second.saturating_sub(delta)))
    }

    /// What of a gap of the polls the live chat has not shown either.
    fn lacking(&self, gap: &Gap) -> Vec<Gap> {
        self.coverage.lacking(gap, self.deltas.range(), self.deltas.apart())
    }

    /// Whether the two sources name everybody differently: there is doubt, and no line ever had the same name in both.
    fn have_other_names(&self) -> bool {
        self.deltas.is_default() && self.doubt.is_told()
    }

    /// Where no polled line was ever stamped nearly like one of the live chat: the one that says the same at another time.
    fn twin(&self, sight: &Sight) -> Option<(Number, &Row)> {
        let rows = self.rows(sight.paid.is_some());
        let is_free = |row: &Row| row.id.is_some() && row.listed.is_none() && matches!(row.state, State::Told | State::History);
        let number = rows.oldest(|row| is_free(row) && row.is_twin(sight)).filter(|_| self.deltas.is_default())?;
        Some((number, rows.get(number)?))
    }

    fn rows(&self, is_rant: bool) -> &Rows {
        if is_rant { &self.rants } else { &self.messages }
    }

    fn rows_mut(&mut self, is_rant: bool) -> &mut Rows {
        if is_rant { &mut self.rants } else { &mut self.messages }
    }

    fn push(&mut self, row: Row) {
        let is_rant = row.paid.is_some();
        self.rows_mut(is_rant).push(row, if is_rant { MOST_RANTS } else { MOST_LINES });
    }

    /// The decision, once it is known.
    pub(super) fn applied(&mut self, decision: Decision) -> Decision {
        for change in &decision.changes {
            self.apply(change);
        }
        decision
    }

    pub(super) fn apply(&mut self, change: &Change) {
        match change {
            Change::Begin(merge) => *self = (**merge).clone(),
            Change::Row(row) => self.push((**row).clone()),
            Change::OfRow { is_rant, row, change } => {
                if let Some(row) = self.rows_mut(*is_rant).get_mut(*row) {
                    row.apply(change);
                }
            }
            Change::Hold(held) => {
                self.held.push(held.numbered(self.holds));
                self.holds = self.holds.saturating_add(1);
            }
            Change::Release(number) => self.held.retain(|held| held.number() != *number),
            Change::Paid(owed) => self.owed.retain(|other| !owed.contains(other)),
            Change::Opened(reach, at) => {
                self.coverage.open(*reach);
                self.socket = Socket::Open { since: *at };
            }
            Change::Extend(second) => self.coverage.extend(*second),
            Change::ExtendAhead(until, second) => self.coverage.extend_ahead(*until, *second),
            Change::Broken => self.coverage.close(),
            // From the first loss on: whoever is refused for hours is not waited for.
            Change::Lost(at) if !matches!(self.socket, Socket::Lost(_)) => self.close(Socket::Lost(*at)),
            Change::Lost(_) => {}
            Change::Away => self.close(Socket::Away),
            Change::Never => self.close(Socket::Never),
            Change::Ended => {
                self.close(Socket::New);
                self.rants.forget_beyond(KEPT_RANTS);
                self.messages.forget_beyond(KEPT_LINES);
            }
            Change::Gone(ids) => self.lose(ids),
            Change::Agreed => self.doubt.agree(),
            Change::Dropped(second) => self.doubt.drop(*second),
            Change::Twin(apart) => {
                self.doubt.find_twin(*apart);
                if let Some(apart) = self.doubt.clocks_apart().filter(|_| self.deltas.is_default()) {
                    self.deltas.set_apart(apart);
                }
            }
            Change::Doubted => self.doubt.tell(),
            Change::Settled => self.doubt.settle(),
            Change::Stamps { heard, polled } => self.deltas.note(*heard, *polled),
        }
    }

    /// What a connection shows from now on does not go on with what was shown.
    fn close(&mut self, socket: Socket) {
        self.coverage.close();
        self.socket = socket;
    }

    /// These messages were deleted.
    fn lose(&mut self, ids: &[MessageId]) {
        for row in self.messages.iter_mut().chain(self.rants.iter_mut()) {
            row.is_gone |= row.id.as_ref().is_some_and(|id| ids.contains(id));
        }
    }

    /// Whether what the live chat shows without a stamp may be from before this began.
    pub(super) fn is_young(&self, now: i64) -> bool {
        self.began.is_some_and(|began| now < began.saturating_add(gifts::LAG_SECONDS))
    }

    /// Whether its live chat cannot be heard.
    pub(super) fn goes_without_chat(&self) -> bool {
        self.socket == Socket::Never
    }

    /// Whether its live chat is neither heard nor may soon be.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self.socket, Socket::New | Socket::Away | Socket::Never)
    }

    /// Whether its live chat was not asked for yet.
    pub(super) fn is_new(&self) -> bool {
        self.socket == Socket::New
    }

    /// That too many polled lines are none of the live chat; and once that is told, a gap for them.
    pub(super) fn doubts(&self, stream: &StreamId) -> Option<Decision> {
        if let Some((unmatched, polled)) = self.doubt.to_tell() {
            return Some(Decision::told(MergeDoubt { stream: stream.clone(), polled, unmatched }, [Change::Doubted]));
        }
        let (since, until) = self.doubt.gap()?;
        Some(Decision::told(gap(stream, ListKind::Messages, Some(since), until), [Change::Settled]))
    }
}

fn gap(stream: &StreamId, list: ListKind, since: Option<i64>, until: i64) -> Gap {
    let (since, until) = (since.map(super::instant), super::instant(until));
    Gap { list, stream: Some(stream.clone()), since, until, at_least: None }
}
