//! What a polled line is, beside the live chat.

use std::time::Duration;

use super::{
    Change, Decision, Merge, RowChange, Sight, Socket, State, gap,
    hold::{Owed, Waiting, copy_of, hold},
};
use crate::{
    event::{Event, Gap, ListKind},
    snapshot::{Copy, Livestream, StreamId},
};

/// The messages and the rants that a poll shows.
pub(in crate::tracker) type Lists = (Vec<Sight>, Vec<Sight>);

impl Merge {
    /// A line of a poll that its ledger calls news. `list` and `rants` are all that the poll shows of both kinds.
    pub(in crate::tracker) fn see(&self, event: Event, (list, rants): &Lists, at: Duration) -> Decision {
        match &event {
            Event::Message(message) => self.see_message(Sight::of_message(message), event, list, at),
            Event::Rant(rant) => self.see_rant(Sight::of_rant(rant), event, rants, at),
            Event::Gap(gap) => self.see_gap(gap.clone(), at),
            _ => Decision::told(event, []),
        }
    }

    fn see_message(&self, sight: Sight, event: Event, list: &[Sight], at: Duration) -> Decision {
        let row = self.messages.oldest(|row| row.id.is_some() && row.listed.is_none() && self.fits(row, &sight));
        let is_covered = self.covers(sight.second);
        if let Some(number) = row {
            let mut decision = self.pair(number, sight, event);
            decision.changes.extend(self.delta_of(&sight, list));
            if is_covered {
                decision.changes.push(Change::Agreed);
            }
            return decision;
        }
        if let Some(rant) = self.rants.oldest(|row| row.id.is_some() && !row.is_copied && row.says(&sight) && row.is_near(&sight)) {
            return Decision::silent([of_row(true, rant, RowChange::Copied)]);
        }
        if is_covered {
            return self.drop_or_lend(sight, event, None);
        }
        if self.socket == Socket::Open
            && let Some(row) = self.messages.lacking_near(&sight, list)
        {
            // Each source shows one line here that the other lacks: it is the same in two forms.
            let listed = RowChange::Listed { second: sight.second };
            return Decision::silent([of_row(false, row, listed), Change::Dropped(sight.second)]);
        }
        self.wait(sight, event, at)
    }

    /// A line in a second that the live chat has shown whole, of which it shows none that is left. It may still be a line of its own: where its
    /// equal, which the live chat has shown, was paired with another polled one from a second that nobody else has shown.
    pub(super) fn drop_or_lend(&self, sight: Sight, event: Event, release: Option<Change>) -> Decision {
        let is_elsewhere = |row: &super::Row| row.listed.is_some_and(|second| !self.covers(second));
        let stands = |row: &super::Row| row.state == State::Told && !row.is_gone && !row.is_lent && row.says(&sight);
        let may_be = |row: &super::Row| row.heard.is_some_and(|heard| self.deltas.allow(sight.second.saturating_sub(heard)));
        let Some(lender) = self.messages.oldest(|row| stands(row) && may_be(row) && is_elsewhere(row)) else {
            return Decision::silent(release.into_iter().chain([Change::Dropped(sight.second)]).collect::<Vec<_>>());
        };
        let mut decision = self.tell_polled(sight, event, release);
        decision.changes.extend([of_row(false, lender, RowChange::Lent), Change::Agreed]);
        decision
    }

    /// What a polled line which the live chat has shown tells of how the two stamp one line, if it can be no other.
    fn delta_of(&self, sight: &Sight, list: &[Sight]) -> Option<Change> {
        let row = self.messages.only(|row| row.id.is_some() && row.says(sight) && row.is_near(sight))?;
        let is_alone = list.iter().filter(|other| row.says(other) && row.is_near(other)).count() == 1;
        is_alone.then(|| Change::Delta(sight.second.saturating_sub(row.second)))
    }

    fn see_rant(&self, sight: Sight, event: Event, list: &[Sight], at: Duration) -> Decision {
        let may_be = |row: &super::Row| row.id.is_some() && row.listed.is_none() && row.is_rant(&sight);
        let is_another = |row: &super::Row| list.iter().any(|other| row.is_very_rant(other));
        let row =
            self.rants.oldest(|row| may_be(row) && row.says(&sight)).or_else(|| self.rants.oldest(|row| may_be(row) && !is_another(row)));
        match row {
            Some(number) => self.pair(number, sight, event),
            None => self.wait(sight, event, at),
        }
    }

    fn see_gap(&self, gap: Gap, at: Duration) -> Decision {
        if self.lacking(&gap).is_empty() {
            return Decision::silent([]);
        }
        // In pieces, where the live chat has shown some of it, when it is decided.
        hold(Waiting::Gap(gap), at)
    }

    fn wait(&self, sight: Sight, event: Event, at: Duration) -> Decision {
        if self.is_alone() { self.tell_polled(sight, event, None) } else { hold(Waiting::Line(sight, Box::new(event)), at) }
    }

    /// The poll shows this line of the live chat.
    fn pair(&self, row: super::Number, sight: Sight, mut event: Event) -> Decision {
        let is_rant = sight.paid.is_some();
        let Some(known) = self.rows(is_rant).get(row) else { return Decision::silent([]) };
        if known.state != State::History {
            return Decision::silent([of_row(is_rant, row, RowChange::Listed { second: sight.second })]);
        }
        // It was in the first backlog, but the polls know that it is new.
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
        Decision::told(event, [of_row(is_rant, row, RowChange::Told { sight, copy })])
    }

    /// Whether anything was held when the checkpoint was made.
    pub(in crate::tracker) fn owes(&self) -> bool {
        !self.owed.is_empty()
    }

    /// What was held then: a line that the answer shows is judged anew, and a gap stands for what it does not. All of it is
    /// applied.
    pub(in crate::tracker) fn pay(&mut self, stream: &StreamId, livestream: &Livestream, at: Duration) -> Vec<Decision> {
        let list = list(livestream);
        let messages = livestream.chat.recent_messages.iter().map(|message| (Sight::of_message(message), Event::Message(message.clone())));
        let rants = livestream.chat.recent_rants.iter().map(|rant| (Sight::of_rant(rant), Event::Rant(rant.clone())));
        let mut shown: Vec<_> = messages.chain(rants).collect();
        let mut decisions = Vec::new();
        let mut vanished = Vec::new();
        for owed in &self.owed.clone() {
            if let Owed::Line { second, print, copy, .. } = owed
                && let Some(index) = shown.iter().position(|(sight, _)| sight.second == *second && sight.print == *print)
            {
                let (_, mut event) = shown.remove(index);
                if let Some(number) = copy_of(&mut event) {
                    *number = Copy(*copy);
                }
                let mut decision = self.see(event, &list, at);
                decision.changes.push(Change::Paid(vec![*owed]));
                decisions.push(self.applied(decision));
            } else {
                vanished.push(*owed);
            }
        }
        for kind in [ListKind::Messages, ListKind::Rants] {
            let of_kind: Vec<_> = vanished.iter().copied().filter(|owed| owed.list() == kind).collect();
            let since = of_kind.iter().map(|owed| owed.span().0).min();
            let until = of_kind.iter().map(|owed| owed.span().1).max();
            let (Some(since), Some(until)) = (since, until) else { continue };
            let mut decision = self.see_gap(gap(stream, kind, since, until), at);
            decision.changes.push(Change::Paid(of_kind));
            decisions.push(self.applied(decision));
        }
        decisions
    }
}

pub(super) fn of_row(is_rant: bool, row: super::Number, change: RowChange) -> Change {
    Change::OfRow { is_rant, row, change }
}

/// All that a poll shows of the messages and rants of a livestream.
pub(in crate::tracker) fn list(livestream: &Livestream) -> Lists {
    let chat = &livestream.chat;
    (chat.recent_messages.iter().map(Sight::of_message).collect(), chat.recent_rants.iter().map(Sight::of_rant).collect())
}
