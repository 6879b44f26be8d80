//! What a polled line is, beside the live chat.

use std::time::Duration;

use super::{
    Change, Decision, Merge, Sight, Socket, State,
    hold::{Owed, Waiting},
    row::REACH,
};
use crate::{
    event::{Event, Gap},
    snapshot::{Copy, Livestream, StreamId},
};

impl Merge {
    /// A line of a poll that its ledger calls news. `newest` is the newest second of the same list.
    pub(in crate::tracker) fn see(&self, event: Event, newest: i64, at: Duration) -> Decision {
        match &event {
            Event::Message(message) => self.see_message(Sight::of_message(message), event, newest, at),
            Event::Rant(rant) => self.see_rant(Sight::of_rant(rant), event, at),
            Event::Gap(gap) => self.see_gap(gap.clone(), at),
            _ => Decision::told(event, []),
        }
    }

    fn see_message(&self, sight: Sight, event: Event, newest: i64, at: Duration) -> Decision {
        let row = self.messages.oldest(|row| row.id.is_some() && !row.is_listed && row.is_message(&sight, REACH));
        let is_covered = self.coverage.holds(sight.second);
        if let Some(number) = row {
            let mut decision = self.pair(number, sight, event);
            if is_covered {
                decision.changes.push(Change::Compared { is_unmatched: false });
            }
            return decision;
        }
        if let Some(rant) = self.rants.oldest(|row| row.id.is_some() && !row.is_copied && row.is_message(&sight, REACH)) {
            return Decision::silent([Change::Copied(rant)]);
        }
        if is_covered {
            return Decision::silent([Change::Compared { is_unmatched: true }]);
        }
        if self.socket == Socket::Open
            && let Some(row) = self.messages.lacks_one_near(&sight, newest)
        {
            // Each source shows one line here that the other lacks: it is the same in two forms.
            return Decision::silent([Change::Listed { is_rant: false, row, differs: true }, Change::Compared { is_unmatched: true }]);
        }
        self.wait(sight, event, at)
    }

    fn see_rant(&self, sight: Sight, event: Event, at: Duration) -> Decision {
        match self.rants.oldest(|row| row.id.is_some() && !row.is_listed && row.is_rant(&sight)) {
            Some(number) => self.pair(number, sight, event),
            None => self.wait(sight, event, at),
        }
    }

    fn see_gap(&self, gap: Gap, at: Duration) -> Decision {
        if self.coverage.lacking(&gap).is_empty() {
            return Decision::silent([]);
        }
        // In pieces, where the live chat has shown some of it, when it is decided.
        self.hold(Waiting::Gap(gap), at)
    }

    fn wait(&self, sight: Sight, event: Event, at: Duration) -> Decision {
        if self.is_alone() { self.tell_polled(sight, event, None) } else { self.hold(Waiting::Line(sight, Box::new(event)), at) }
    }

    /// The poll shows this line of the live chat.
    fn pair(&self, row: super::Number, sight: Sight, mut event: Event) -> Decision {
        let is_rant = sight.paid.is_some();
        let Some(known) = self.rows(is_rant).get(row) else { return Decision::silent([]) };
        if known.state != State::History {
            return Decision::silent([Change::Listed { is_rant, row, differs: !known.has_key(sight.second, sight.print) }]);
        }
        // It was in the first backlog, but the polls know that it is new.
        let (copy, message_id) = match &mut event {
            Event::Message(message) => (&mut message.copy, &mut message.message_id),
            Event::Rant(rant) => (&mut rant.copy, &mut rant.message_id),
            _ => return Decision::silent([]),
        };
        message_id.clone_from(&known.id);
        *copy = Copy(copy.0.saturating_add(self.rows(is_rant).copies_beside_polls(sight.second, sight.print)));
        let copy = copy.0;
        Decision::told(event, [Change::Told { is_rant, row, copy }])
    }

    /// What was held when the checkpoint was made: a line that the answer shows is judged anew, and a gap stands for what it does not.
    pub(in crate::tracker) fn pay(&self, stream: &StreamId, livestream: &Livestream, at: Duration) -> Vec<Decision> {
        let newest = newest(livestream);
        let messages = livestream.chat.recent_messages.iter().map(|message| (Sight::of_message(message), Event::Message(message.clone())));
        let rants = livestream.chat.recent_rants.iter().map(|rant| (Sight::of_rant(rant), Event::Rant(rant.clone())));
        let mut shown: Vec<_> = messages.chain(rants).collect();
        let mut decisions = Vec::new();
        for owed in &self.owed {
            let found = match owed {
                Owed::Line { second, print } => shown.iter().position(|(sight, _)| sight.second == *second && sight.print == *print),
                Owed::Gap { .. } => None,
            };
            let mut decision = match found {
                Some(index) => self.see(shown.remove(index).1, newest, at),
                None => self.see_gap(owed.gap(stream), at),
            };
            decision.changes.push(Change::Paid(*owed));
            decisions.push(decision);
        }
        decisions
    }
}

/// The newest second of its messages.
pub(in crate::tracker) fn newest(livestream: &Livestream) -> i64 {
    livestream.chat.recent_messages.iter().map(|message| message.created_on.unix_timestamp()).max().unwrap_or(i64::MIN)
}
