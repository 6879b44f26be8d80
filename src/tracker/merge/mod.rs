//! Merges lines from two sources into one stream: polls, and the live chat of a
//! livestream.
//!
//! A line of the live chat is yielded at once. Take a polled line that the
//! polls' own ledger calls news. If the live chat has shown it, it is not
//! yielded again. Otherwise it is held until the live chat shows it, or has
//! shown all of its second without it, or time is up. Only lines decide which
//! seconds the live chat has shown: a connection has shown everything between
//! its first and last line, except for two seconds at both ends. That it still
//! sends something proves nothing.
//!
//! | file | what it decides |
//! |---|---|
//! | `heard` | what becomes of a line that the live chat shows |
//! | `polled` | what becomes of a line that a poll shows |
//! | `hold` | when a polled line has waited long enough |
//! | `row` | when two lines are the same |
//! | `rows` | which lines are remembered, and which may be forgotten |
//! | `coverage` | which seconds the live chat has shown completely |
//! | `delta` | how differently the two stamp the same line |
//! | `doubt` | whether the two agree as this assumes |
//! | `gifts` | which gifts of the two are the same |
//!
//! Everything that decides takes `&self` and returns a [`Decision`]: an event,
//! if there is one, and the [`Change`]s that its delivery makes. While a chat
//! is read, `apply` is the only way to change a [`Merge`], so a checkpoint
//! between two deliveries is always in step with what was yielded. The table in
//! `DESIGN.md`, "Who owns a second", is the specification, and `histories`
//! tests it with chats in which both sources are lossy and late.
//!
//! Two clocks are involved. Names that contain `heard` or `chat` are seconds of
//! the live chat's clock, and `polled` or `listed` are those of the polls'.
//! `Deltas` converts between them.

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
    row::Seed,
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
use crate::{
    chat::Reach,
    event::{Event, Gap, ListKind, MergeDoubt},
    snapshot::{Livestream, MessageId, StreamId},
};

/// How many messages are remembered, and how many rants. Far more than a poll
/// shows, so that lines are still known when polls come back after an outage.
const MOST_LINES: usize = 2048;
const MOST_RANTS: usize = 200;
/// How many of them a checkpoint keeps.
const KEPT_LINES: usize = 100;
const KEPT_RANTS: usize = 30;
/// How many held lines a checkpoint keeps one by one, of messages and rants
/// each.
const KEPT_OWED: usize = 30;

/// What is known about one livestream's lines from both sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Merge {
    /// Everything stamped at or before this was there before the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    history: Option<i64>,
    /// The server's clock in the poll with which this began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<i64>,
    messages: Rows,
    rants: Rows,
    /// The seconds that the live chat has shown completely.
    #[serde(default)]
    coverage: Coverage,
    /// By how much the two sources stamp the same line differently.
    #[serde(default, skip_serializing_if = "Deltas::is_default")]
    deltas: Deltas,
    /// What was held when the checkpoint was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    owed: Vec<Owed>,
    /// The polled lines and gaps that wait, in the order in which they came.
    #[serde(skip)]
    held: Vec<Held>,
    /// How many were held in total, to number them.
    #[serde(skip)]
    holds: u64,
    /// Not in a checkpoint: after a restart, the chat is opened anew.
    #[serde(skip)]
    socket: Socket,
    /// How well the two sources agree.
    #[serde(default, skip_serializing_if = "Doubt::is_default")]
    doubt: Doubt,
}

/// The state of the connection to the live chat.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Socket {
    /// Not opened yet.
    #[default]
    New,
    /// Closed, and will not be open soon.
    Away,
    /// Closed since then, but may be open soon.
    Lost(Duration),
    /// Open since then. That says nothing about whether it shows anything.
    Open { since: Duration },
    /// Cannot be opened.
    Never,
}

/// A change of what is known. It comes with the delivery of an event, or alone.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// The livestream is merged from now on.
    Begin(Box<Merge>),
    /// A line is known from now on.
    Row(Box<Row>),
    /// More is known about a line.
    OfRow { is_rant: bool, row: Number, change: RowChange },
    /// A polled line, or a gap, waits.
    Hold(Box<Held>),
    /// What was held is decided.
    Release(u64),
    /// What was owed is decided.
    Paid(Vec<Owed>),
    /// A connection is open, and its backlog reaches this far back.
    Opened(Reach, Duration),
    /// The live chat has shown a line of this second.
    Extend(i64),
    /// The live chat has shown a line of the second number. The clock of polls
    /// allows only for the first.
    ExtendAhead(i64, i64),
    /// The live chat may have shown an unreadable line.
    Broken,
    /// The connection is lost, and another try follows soon.
    Lost(Duration),
    /// The connection is lost, and none will be open soon.
    Away,
    /// There will be no connection.
    Never,
    /// The livestream ended.
    Ended,
    /// These messages were deleted.
    Gone(Vec<MessageId>),
    /// A poll shows what the live chat has shown too.
    Agreed,
    /// A polled line of this second is dropped, because the live chat has shown
    /// the second without it.
    Dropped(i64),
    /// It was reported that the two sources do not agree.
    Doubted,
    /// A polled line may be one that the live chat has stamped this many
    /// seconds earlier.
    Twin(i64),
    /// A gap covers what was dropped.
    Settled,
    /// The two stamps of a line that cannot be confused with another.
    Stamps { heard: i64, polled: i64 },
}

impl Change {
    /// A change of a remembered line.
    fn of_row(is_rant: bool, row: Number, change: RowChange) -> Self {
        Self::OfRow { is_rant, row, change }
    }

    /// The changes if a poll shows this line of the live chat with a quite
    /// different stamp.
    fn twins(number: Number, row: &Row, sight: Sight) -> (Self, Self) {
        let listed = Self::of_row(sight.paid.is_some(), number, RowChange::Listed { second: sight.second });
        (listed, Self::Twin(sight.second.saturating_sub(row.second)))
    }
}

/// An event, if there is one to yield, and what changes with it.
pub(super) struct Decision {
    pub(super) event: Option<Event>,
    pub(super) changes: Vec<Change>,
}

impl Decision {
    /// Nothing to yield.
    fn silent(changes: impl Into<Vec<Change>>) -> Self {
        Self { event: None, changes: changes.into() }
    }

    /// An event to yield.
    fn told(event: impl Into<Event>, changes: impl Into<Vec<Change>>) -> Self {
        Self { event: Some(event.into()), changes: changes.into() }
    }
}

impl Merge {
    /// The merge of a livestream that a poll with this `now` shows live for the
    /// first time, with these news. The other lines that the poll shows become
    /// history, so that the backlog of the live chat is recognised in them.
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

    /// Forgets lines that polls have yielded before and that cannot be
    /// recognized: those stamped at or before `newest` that are older than
    /// everything in this answer.
    pub(super) fn forget_until(&mut self, newest: i64, oldest: i64) {
        let second = newest.saturating_add(REACH).min(oldest.saturating_sub(1));
        for rows in [&mut self.messages, &mut self.rants] {
            rows.forgotten = rows.forgotten.max(Some(second));
        }
    }

    /// Cuts it to what a checkpoint keeps in at most this many bytes. Returns
    /// about how many it takes.
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

    /// The server's clock was set back to `now`. It is not known when, so what
    /// was shown proves nothing about the seconds that come again.
    pub(super) fn step_back(&mut self, now: i64) {
        for second in [&mut self.history, &mut self.began].into_iter().flatten() {
            *second = now.min(*second);
        }
        let now = now.saturating_sub(self.deltas.apart());
        self.coverage = Coverage::default();
        self.rants.step_back(now);
        self.messages.step_back(now);
    }

    /// The lines that the live chat has shown, for a new reader of it.
    pub(super) fn seeds(&self) -> Vec<Seed> {
        self.messages.iter().chain(self.rants.iter()).filter_map(Row::seed).collect()
    }

    /// How likely a polled line is this line of the live chat: first by whether
    /// it says the same, then by the two stamps. `None` if it cannot be.
    fn likeness(&self, row: &Row, sight: &Sight) -> Option<(bool, Likelihood)> {
        let fits = if self.have_other_names() {
            row.paid == sight.paid && row.has_text(sight)
        } else if sight.paid.is_some() {
            row.is_rant(&self.in_chat_time(*sight))
        } else {
            row.says(sight)
        };
        let likelihood = self.deltas.likelihood(row.heard?, sight.second).filter(|_| fits)?;
        // Otherwise somebody who says the same twice within two seconds would be yielded only once.
        let says = row.says(sight);
        let is_this = likelihood.is_usual || says && self.rows(sight.paid.is_some()).is_rare(sight);
        is_this.then_some((says, likelihood))
    }

    /// A polled line with stamps converted to the clock of the live chat.
    fn in_chat_time(&self, sight: Sight) -> Sight {
        sight.moved(self.deltas.apart())
    }

    /// A second of the live chat converted to the polls' clock.
    pub(super) fn in_poll_time(&self, second: i64) -> i64 {
        second.saturating_add(self.deltas.apart())
    }

    /// Whether the live chat has shown everything that polls stamp with this
    /// second.
    fn covers(&self, second: i64) -> bool {
        let (least, greatest) = self.deltas.range();
        (least..=greatest).all(|delta| self.coverage.holds(second.saturating_sub(delta)))
    }

    /// The parts of a gap of the polls that the live chat has not shown either.
    fn lacking(&self, gap: &Gap) -> Vec<Gap> {
        self.coverage.lacking(gap, self.deltas.range(), self.deltas.apart())
    }

    /// Whether the two sources seem to name everybody differently: doubt was
    /// reported, and no line ever had the same name in both.
    fn have_other_names(&self) -> bool {
        self.deltas.is_default() && self.doubt.is_told()
    }

    /// A line of the live chat that says the same at another time. Only if no
    /// polled line was ever stamped nearly like one of the live chat.
    fn twin(&self, sight: &Sight) -> Option<(Number, &Row)> {
        let rows = self.rows(sight.paid.is_some());
        let is_free = |row: &Row| row.id.is_some() && row.listed.is_none() && matches!(row.state, State::Told | State::History);
        let number = rows.oldest(|row| is_free(row) && row.is_twin(sight)).filter(|_| self.deltas.is_default())?;
        Some((number, rows.get(number)?))
    }

    /// Messages and rants are remembered apart, so that a busy chat does not
    /// push out the rants.
    fn rows(&self, is_rant: bool) -> &Rows {
        if is_rant { &self.rants } else { &self.messages }
    }

    /// The same, to change them.
    fn rows_mut(&mut self, is_rant: bool) -> &mut Rows {
        if is_rant { &mut self.rants } else { &mut self.messages }
    }

    /// Remembers a line, and forgets the oldest if there are too many.
    fn push(&mut self, row: Row) {
        let is_rant = row.paid.is_some();
        self.rows_mut(is_rant).push(row, if is_rant { MOST_RANTS } else { MOST_LINES });
    }

    /// Applies the changes of a decision and returns it.
    pub(super) fn applied(&mut self, decision: Decision) -> Decision {
        for change in &decision.changes {
            self.apply(change);
        }
        decision
    }

    /// Makes one change. Nothing else changes a merge while it is used.
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
            // Counted from the first loss, so a connection that is refused for hours is not waited for.
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

    /// What a connection shows from now on does not continue what was shown.
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

    /// Whether something without a stamp in the live chat may be from before
    /// this began. `now` is the clock of the polls.
    pub(super) fn is_young(&self, now: i64) -> bool {
        self.began.is_some_and(|began| now < began.saturating_add(gifts::LAG_SECONDS))
    }

    /// Whether its live chat cannot be read.
    pub(super) fn goes_without_chat(&self) -> bool {
        self.socket == Socket::Never
    }

    /// Whether its live chat is not open and will not be soon.
    pub(super) fn is_alone(&self) -> bool {
        matches!(self.socket, Socket::New | Socket::Away | Socket::Never)
    }

    /// Whether its live chat was not opened yet.
    pub(super) fn is_new(&self) -> bool {
        self.socket == Socket::New
    }

    /// Reports that too many polled lines are missing from the live chat. Once
    /// that is reported, yields a gap for them.
    pub(super) fn doubts(&self, stream: &StreamId) -> Option<Decision> {
        if let Some((unmatched, polled)) = self.doubt.to_tell() {
            return Some(Decision::told(MergeDoubt { stream: stream.clone(), polled, unmatched }, [Change::Doubted]));
        }
        let (since, until) = self.doubt.gap()?;
        Some(Decision::told(gap(stream, ListKind::Messages, Some(since), until), [Change::Settled]))
    }
}

/// A gap in a list of this chat, by the clock of the polls.
fn gap(stream: &StreamId, list: ListKind, since: Option<i64>, until: i64) -> Gap {
    let (since, until) = (since.map(super::instant), super::instant(until));
    Gap { list, stream: Some(stream.clone()), since, until, at_least: None }
}
