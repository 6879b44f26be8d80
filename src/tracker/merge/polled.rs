//! Judges polled lines against the live chat.
//!
//! Only lines come here that the polls' own ledger calls news. A message is
//! tried, in this order, as: a line that the live chat has shown; the copy of a
//! rant; a line that may be forgotten; one of a second that the chat has shown
//! without it, which is dropped; the same line in another form; and if none of
//! these fits, it waits. A rant is never dropped: it is paired, or becomes a
//! gap if it may be forgotten, or waits.
//!
//! After a restart, what was held is looked for in the next answer
//! ([`Merge::pay`]) and judged anew.

use std::time::Duration;

use super::{
    Change, Decision, Merge, Number, Row, RowChange, Sight, Socket, State, gap,
    hold::{Owed, Waiting, copy_of, hold},
};
use crate::{
    event::{Event, Gap, ListKind},
    snapshot::{Copy, Livestream, StreamId},
};

/// The messages and the rants that a poll shows.
pub(in crate::tracker) type Lists = (Vec<Sight>, Vec<Sight>);

impl Merge {
    /// Judges a line of a poll that the ledger calls news. `lists` is
    /// everything that the poll shows of both kinds.
    pub(in crate::tracker) fn see(&self, event: Event, lists: &Lists, at: Duration) -> Decision {
        self.judge(event, lists, |sight| self.may_be_forgotten(sight), at)
    }

    /// Judges one line or gap. Other events pass.
    fn judge(&self, event: Event, (list, rants): &Lists, is_forgotten: impl Fn(&Sight) -> bool, at: Duration) -> Decision {
        match &event {
            Event::Message(message) => self.see_message(Sight::of_message(message), event, list, is_forgotten, at),
            Event::Rant(rant) => self.see_rant(Sight::of_rant(rant), event, rants, is_forgotten, at),
            Event::Gap(gap) => self.see_gap(gap.clone(), at),
            _ => Decision::told(event, []),
        }
    }

    /// Learns from a list how the two sources stamp the same line, before any
    /// line of it is judged. `None` if that is known already.
    pub(in crate::tracker) fn learn(&self, (list, _): &Lists) -> Option<Decision> {
        if self.deltas.has_enough() {
            return None;
        }
        let stamps: Vec<_> = list.iter().filter_map(|sight| self.stamps_in(sight, list)).collect();
        (!stamps.is_empty()).then(|| Decision::silent(stamps))
    }

    /// Judges a message.
    fn see_message(&self, sight: Sight, event: Event, list: &[Sight], is_forgotten: impl Fn(&Sight) -> bool, at: Duration) -> Decision {
        let is_covered = self.covers(sight.second);
        if let Some(number) = self.unlisted(&sight, list) {
            let mut decision = self.pair(number, sight, event);
            decision.changes.extend(self.stamps_in(&sight, list));
            if is_covered {
                decision.changes.push(Change::Agreed);
            }
            return decision;
        }
        let in_chat_time = self.in_chat_time(sight);
        let is_copy = |row: &Row| row.id.is_some() && !row.is_copied && row.says(&sight) && row.is_near(&in_chat_time);
        if let Some(rant) = self.rants.oldest(is_copy) {
            return Decision::silent([Change::of_row(true, rant, RowChange::Copied)]);
        }
        if is_forgotten(&sight) {
            return Decision::silent([]);
        }
        if is_covered {
            return self.drop_or_lend(sight, event, None);
        }
        let list = list.iter().map(|listed| self.in_chat_time(*listed));
        let (_, latest) = self.deltas.range();
        if matches!(self.socket, Socket::Open { .. })
            && self.coverage.reaches(sight.second.saturating_sub(latest))
            && let Some(row) = self.messages.lacking_near(&in_chat_time, &list)
        {
            // Each source shows one line here that the other lacks, so it is the same line in two forms.
            let listed = RowChange::Listed { second: sight.second };
            return Decision::silent([Change::of_row(false, row, listed), Change::Dropped(sight.second)]);
        }
        self.wait(sight, event, at)
    }

    /// Whether the live chat may have shown this line, but too long ago to be
    /// remembered.
    fn may_be_forgotten(&self, sight: &Sight) -> bool {
        let second = self.in_chat_time(*sight).second;
        Some(second) <= self.rows(sight.paid.is_some()).unlisted && self.coverage.touches(second)
    }

    /// The line of the live chat that this most likely is, among those that no
    /// poll has shown. `None` if another line of the poll is a better match.
    pub(super) fn unlisted(&self, sight: &Sight, list: &[Sight]) -> Option<Number> {
        let rows = self.rows(sight.paid.is_some());
        let is_paired = |other: &Sight| {
            let equal = |listed: &&Sight| listed.second == other.second && listed.says_the_same(other);
            rows.listed_like(other) >= list.iter().filter(equal).count()
        };
        rows.likeliest(|row| {
            let likeness = self.likeness(row, sight).filter(|_| row.id.is_some() && row.listed.is_none())?;
            let is_likelier = |other: &&Sight| self.likeness(row, other) > Some(likeness);
            let is_anothers = list.iter().filter(is_likelier).any(|other| !is_paired(other));
            (!is_anothers).then_some(likeness)
        })
    }

    /// Judges a line in a second that the live chat has shown completely, but
    /// without a line to pair it with. It is usually dropped. But an equal line
    /// of the live chat may have been paired with a polled line of a second
    /// that the live chat has not shown. Then this is a line of its own and is
    /// yielded.
    pub(super) fn drop_or_lend(&self, sight: Sight, event: Event, release: Option<Change>) -> Decision {
        if let Some((number, row)) = self.twin(&sight).filter(|(_, row)| row.state == State::Told) {
            let (listed, twin) = Change::twins(number, row, sight);
            return Decision::silent(release.into_iter().chain([listed, twin]).collect::<Vec<_>>());
        }
        let is_elsewhere = |row: &Row| row.listed.is_some_and(|second| !self.covers(second));
        let stands = |row: &Row| row.state == State::Told && !row.is_gone && !row.is_lent && is_elsewhere(row);
        let lender = self.messages.likeliest(|row| self.likeness(row, &sight).filter(|_| stands(row)));
        let Some(lender) = lender else {
            return Decision::silent(release.into_iter().chain([Change::Dropped(sight.second)]).collect::<Vec<_>>());
        };
        let mut decision = self.tell_polled(sight, event, release);
        decision.changes.extend([Change::of_row(false, lender, RowChange::Lent), Change::Agreed]);
        decision
    }

    /// The two stamps of a polled line that the live chat has shown, if it
    /// cannot be confused with another.
    fn stamps_in(&self, sight: &Sight, list: &[Sight]) -> Option<Change> {
        let near = self.in_chat_time(*sight);
        let row = self.messages.only(|row| row.id.is_some() && row.says(sight) && row.is_near(&near))?;
        let is_this = |other: &&Sight| row.says(other) && row.is_near(&self.in_chat_time(**other));
        let is_only = list.iter().filter(is_this).count() == 1 && self.messages.is_rare(sight);
        let heard = row.heard.filter(|_| is_only)?;
        Some(Change::Stamps { heard, polled: sight.second })
    }

    /// Judges a rant.
    fn see_rant(&self, sight: Sight, event: Event, list: &[Sight], is_forgotten: impl Fn(&Sight) -> bool, at: Duration) -> Decision {
        match self.unlisted(&sight, list) {
            Some(number) => self.pair(number, sight, event),
            // Money is never dropped silently.
            None if is_forgotten(&sight) => match event.stream() {
                Some(stream) => Decision::told(gap(&stream, ListKind::Rants, Some(sight.second), sight.second), []),
                None => Decision::silent([]),
            },
            None => self.wait(sight, event, at),
        }
    }

    /// Judges a gap of the polls. It is nothing if the live chat has shown all
    /// of it, and waits otherwise.
    fn see_gap(&self, gap: Gap, at: Duration) -> Decision {
        if self.lacking(&gap).is_empty() {
            return Decision::silent([]);
        }
        // When it is decided, it is split if the live chat has shown parts of it.
        hold(Waiting::Gap(gap), at)
    }

    /// Holds a line, or yields it now if no live chat is expected.
    fn wait(&self, sight: Sight, event: Event, at: Duration) -> Decision {
        if self.is_alone() { self.tell_polled(sight, event, None) } else { hold(Waiting::Line(sight, Box::new(event)), at) }
    }

    /// Pairs a polled line with this line of the live chat.
    pub(super) fn pair(&self, row: Number, sight: Sight, mut event: Event) -> Decision {
        let is_rant = sight.paid.is_some();
        let Some(known) = self.rows(is_rant).get(row) else { return Decision::silent([]) };
        if known.state != State::History {
            return Decision::silent([Change::of_row(is_rant, row, RowChange::Listed { second: sight.second })]);
        }
        // It was in the first backlog, but the polls show that it is new.
        let (copy, message_id) = match &mut event {
            Event::Message(message) => (&mut message.copy, &mut message.message_id),
            Event::Rant(rant) => (&mut rant.copy, &mut rant.message_id),
            _ => return Decision::silent([]),
        };
        message_id.clone_from(&known.id);
        *copy = if known.has_key(sight.second, sight.print) {
            Copy(known.copy)
        } else {
            Copy(self.rows(is_rant).free_copy(sight.second, sight.print, copy.0))
        };
        let copy = copy.0;
        Decision::told(event, [Change::of_row(is_rant, row, RowChange::Told { sight, copy })])
    }

    /// Whether anything was held when the checkpoint was taken.
    pub(in crate::tracker) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Decides what was held when the checkpoint was taken, and applies the
    /// decisions. A line that the answer shows is judged anew. A gap covers
    /// lines that it does not show. If the answer lacks the list, they wait.
    /// `None` for `livestream` means that no answer will come.
    pub(in crate::tracker) fn pay(&mut self, stream: &StreamId, livestream: Option<&Livestream>, at: Duration) -> Vec<Decision> {
        let lists = livestream.map(list).unwrap_or_default();
        let mut shown = livestream.map(lines).unwrap_or_default();
        let is_answered = |owed: &Owed| livestream.is_none_or(|livestream| is_shown(livestream, owed.list()));
        let owed: Vec<_> = self.owed.iter().copied().filter(is_answered).collect();
        let mut decisions = Vec::new();
        let mut vanished = Vec::new();
        for owed in owed {
            if let Owed::Line { second, print, copy, .. } = owed
                && let Some(index) = shown.iter().position(|(sight, _)| sight.second == second && sight.print == print)
            {
                let (_, mut event) = shown.remove(index);
                if let Some(number) = copy_of(&mut event) {
                    *number = Copy(copy);
                }
                // It was held, so it is not among the lines that were yielded and are forgotten.
                let mut decision = self.judge(event, &lists, |_| false, at);
                decision.changes.push(Change::Paid(vec![owed]));
                decisions.push(self.applied(decision));
            } else {
                vanished.push(owed);
            }
        }
        for kind in [ListKind::Messages, ListKind::Rants] {
            let of_kind: Vec<_> = vanished.iter().copied().filter(|owed| owed.list() == kind).collect();
            let Some((since, until)) = Owed::gap(kind, &of_kind).map(Owed::span) else { continue };
            let mut decision = self.see_gap(gap(stream, kind, since, until), at);
            decision.changes.push(Change::Paid(of_kind));
            decisions.push(self.applied(decision));
        }
        decisions
    }
}

/// Whether the answer has this list of the chat.
fn is_shown(livestream: &Livestream, list: ListKind) -> bool {
    let chat = &livestream.chat;
    if list == ListKind::Rants { chat.recent_rants.was_sent() } else { chat.recent_messages.was_sent() }
}

/// All lines of a poll as events.
fn lines(livestream: &Livestream) -> Vec<(Sight, Event)> {
    let messages = livestream.chat.recent_messages.iter().map(|message| (Sight::of_message(message), Event::Message(message.clone())));
    let rants = livestream.chat.recent_rants.iter().map(|rant| (Sight::of_rant(rant), Event::Rant(rant.clone())));
    messages.chain(rants).collect()
}

/// All messages and rants of a livestream in a poll.
pub(in crate::tracker) fn list(livestream: &Livestream) -> Lists {
    let chat = &livestream.chat;
    (chat.recent_messages.iter().map(Sight::of_message).collect(), chat.recent_rants.iter().map(Sight::of_rant).collect())
}
