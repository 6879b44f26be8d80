//! Judges the lines of the live chat against the polls, and everything else
//! that the live chat shows.
//!
//! A line of the live chat is tried, in this order, as: one with a known id; a
//! deleted one; an announcement; one that a poll has yielded, which then gets
//! its id; one that is held, which is yielded now in the form of the poll, so
//! that its id is the same as without live chat; and at last a new one.
//!
//! A line that says the same as an earlier one may have been paired with the
//! wrong of two equal polled lines. If the new line fits better, it takes that
//! place, and the one that it ousts is yielded after all.
//!
//! Whether a line extends what the live chat has shown is decided last, and
//! recorded with its delivery.

use std::{cmp::Reverse, collections::HashSet};

use super::{Change, Decision, Held, Likelihood, Merge, Number, Row, RowChange, Sight, State, hold::Waiting};
use crate::{
    chat::{ChatMessage, Deleted, Muted, Notice, Raid, Telling},
    event::{Event, Fingerprint, MessageDeleted, RaidReceived, RaidStarted, SubscriptionNotice, UserMuted},
    snapshot::{Copy, Message, MessageId, Rant, StreamId},
};

/// How many seconds a line's stamp may be ahead of the polls' clock. A line
/// stamped later does not prove what was shown.
const AHEAD: i64 = 10;

impl Merge {
    /// Judges a message that the live chat has not shown before. `now` is the
    /// clock of the polls. `copies` returns how many equal lines of a second
    /// polls have shown.
    pub(in crate::tracker) fn hear(
        &self,
        message: ChatMessage,
        telling: Telling,
        now: i64,
        copies: impl Fn(i64, Fingerprint, Option<u64>) -> u32,
    ) -> Decision {
        let mut row = Row::of_message(&message, State::Told);
        let (second, latest) = (row.second, now.saturating_sub(self.deltas.apart()).saturating_add(AHEAD));
        row.is_ahead = second > latest;
        let mut decision = if self.messages.has_id(&message.id) || self.rants.has_id(&message.id) {
            Decision::silent([])
        } else if telling == Telling::Dead {
            self.hear_dead(message, row)
        } else if telling == Telling::Paired {
            self.hear_announcement(Announcement(None), row, telling)
        } else if let Some(announcement) = announcement(&message) {
            self.hear_announcement(announcement, row, telling)
        } else {
            self.hear_line(message, row, telling, copies)
        };
        // A pushed line from before the start may come from a clock that is behind. In that case polls bring it.
        let is_doubtful = telling == Telling::Live
            && decision.changes.iter().any(|change| matches!(change, Change::Row(row) if row.state == State::History));
        if matches!(telling, Telling::Live | Telling::Paired | Telling::First | Telling::Missed) && !is_doubtful {
            // Recorded with the delivery, so a checkpoint taken before it does not count the line as shown.
            decision.changes.push(if second > latest { Change::ExtendAhead(latest, second) } else { Change::Extend(second) });
        }
        decision
    }

    /// Judges an ordinary line: neither deleted nor an announcement.
    fn hear_line(
        &self,
        message: ChatMessage,
        row: Row,
        telling: Telling,
        copies: impl Fn(i64, Fingerprint, Option<u64>) -> u32,
    ) -> Decision {
        let (free, taken) = (self.polled_row(&row), self.taken_row(&row));
        let likeness = |polled| self.polled_likeness(&row, polled);
        if let Some(number) = free.filter(|free| taken.is_none_or(|taken| likeness(*free) >= likeness(taken))) {
            let stamps = self.stamps_of(&row, number);
            return Decision::silent([heard(&row, number)].into_iter().chain(stamps).collect::<Vec<_>>());
        }
        if let Some(decision) = self.take_held(&message, &row) {
            return decision;
        }
        let Some((number, ousted)) = taken.and_then(|number| Some((number, self.ousted(&message, number)?))) else {
            return self.hear_unseen(message, row, telling, copies);
        };
        let ousted_row = Row::of_message(&ousted, State::Told);
        let mut decision = self.hear_unseen(ousted, ousted_row, telling, copies);
        decision.changes.insert(0, heard(&row, number));
        decision
    }

    /// Judges a line that no poll has shown.
    fn hear_unseen(
        &self,
        message: ChatMessage,
        mut row: Row,
        telling: Telling,
        copies: impl Fn(i64, Fingerprint, Option<u64>) -> u32,
    ) -> Decision {
        let (second, print) = row.key();
        let line = Fingerprint::of_line(&message.author.name, &message.text);
        row.copy = self.rows(row.paid.is_some()).free_copy(second, print, copies(second, line, row.paid));
        match self.untold(&row, telling) {
            Some(state) => {
                row.state = state;
                Decision::silent([Change::Row(Box::new(row))])
            }
            None => Decision::told(event(message, row.copy), [Change::Row(Box::new(row))]),
        }
    }

    /// A yielded line of a poll that was paired with another line of the live
    /// chat, but is more likely this one.
    fn taken_row(&self, row: &Row) -> Option<Number> {
        self.rows(row.paid.is_some()).likeliest(|polled| {
            let (listed, taken_for) = (polled.listed?, polled.heard?);
            let is_taken = polled.state == State::Told && polled.second == listed && taken_for != listed && !polled.is_gone;
            let likeness = self.likeness(row, &polled.sight()).filter(|(says, _)| *says && is_taken)?;
            likeness.1.outdoes(self.deltas.likelihood(taken_for, listed)?).then_some(likeness)
        })
    }

    /// How likely this polled line is that line of the live chat.
    fn polled_likeness(&self, row: &Row, polled: Number) -> Option<(bool, Likelihood)> {
        self.likeness(row, &self.rows(row.paid.is_some()).get(polled)?.sight())
    }

    /// The line of the live chat that this polled line was paired with, which
    /// was not yielded then. It equals the line that ousts it, except for the
    /// stamp.
    fn ousted(&self, by: &ChatMessage, polled: Number) -> Option<ChatMessage> {
        let known = self.rows(by.rant.is_some()).get(polled)?;
        let sent_at = super::super::instant(known.heard?);
        let mut ousted = ChatMessage { id: known.id.clone()?, sent_at, ..by.clone() };
        if let Some(rant) = &mut ousted.rant {
            rant.expires_on = rant.expires_on.and_then(|expires_on| expires_on.checked_add(sent_at - by.sent_at));
        }
        Some(ousted)
    }

    /// Whether a gift that this message announces may be news: it is neither
    /// known nor history, and not older than the first poll.
    pub(in crate::tracker) fn may_tell_gift(&self, message: &ChatMessage, telling: Telling) -> bool {
        let row = Row::of_message(message, State::Told);
        let is_known = self.messages.has_id(&message.id) || self.rants.has_id(&message.id);
        let polled = self.polled_row(&row).and_then(|number| self.rows(row.paid.is_some()).get(number));
        let is_history = polled.is_some_and(|polled| polled.state == State::History) || self.untold(&row, telling).is_some();
        let is_before = Some(self.in_poll_time(row.second)) <= self.began;
        !is_known && !is_history && !is_before && telling != Telling::Dead
    }

    /// The line of a poll that is the same as this line of the live chat.
    fn polled_row(&self, row: &Row) -> Option<Number> {
        let is_free = |polled: &Row| polled.id.is_none() && row.has_text(&polled.sight());
        self.rows(row.paid.is_some()).likeliest(|polled| self.likeness(row, &polled.sight()).filter(|_| is_free(polled)))
    }

    /// The two stamps of a line that both sources have shown, if it cannot be
    /// confused with another.
    fn stamps_of(&self, row: &Row, number: Number) -> Option<Change> {
        let polled = self.rows(row.paid.is_some()).get(number)?.sight();
        let may_be = |other: &Row| other.id.is_none() && row.says(&other.sight()) && row.is_near(&self.in_chat_time(other.sight()));
        let is_only = polled.paid.is_none() && self.messages.only(may_be).is_some() && self.messages.is_rare(&polled);
        let heard = row.heard.filter(|_| is_only)?;
        Some(Change::Stamps { heard, polled: polled.second })
    }

    /// The held line that is the same as this one.
    fn held_row(&self, row: &Row) -> Option<(&Held, &Sight, &Event)> {
        let may_be = |sight: &Sight| sight.paid.is_some() == row.paid.is_some() && row.has_text(sight);
        let lines = self.held.iter().filter_map(|held| match &held.what {
            Waiting::Line(sight, event) if may_be(sight) => Some((self.likeness(row, sight)?, (held, sight, &**event))),
            _ => None,
        });
        // The oldest of the likeliest ones.
        lines.min_by_key(|(likeness, _)| Reverse(*likeness)).map(|(_, line)| line)
    }

    /// Yields the held line that is the same as this one, in the form of the
    /// poll. So its id is the same as without the live chat.
    fn take_held(&self, message: &ChatMessage, row: &Row) -> Option<Decision> {
        // A better match may still come, and what is held can wait for it.
        let is_expected = |sight: &Sight| self.likeness(row, sight).is_some_and(|(_, likelihood)| likelihood.is_expected());
        let (held, sight, polled) = self.held_row(row).filter(|(_, sight, _)| is_expected(sight))?;
        let mut decision = self.tell_polled(*sight, polled.clone(), Some(Change::Release(held.number())));
        match &mut decision.event {
            Some(Event::Message(told)) => {
                (told.author, told.message_id) = (Some(message.author.clone()), Some(message.id.clone()));
            }
            Some(Event::Rant(told)) => {
                (told.author, told.message_id) = (Some(message.author.clone()), Some(message.id.clone()));
            }
            _ => {}
        }
        for change in &mut decision.changes {
            if let Change::Row(told) = change {
                (told.id, told.user, told.heard) = (row.id.clone(), row.user.clone(), row.heard);
            }
        }
        Some(decision)
    }

    /// The state of a line that must not be yielded. `None` for others.
    fn untold(&self, row: &Row, telling: Telling) -> Option<State> {
        let is_live = matches!(telling, Telling::Live | Telling::Paired);
        let second = Some(self.in_poll_time(row.second));
        // A line pushed in the second of the first poll came after that poll, or the poll would have shown it.
        if second < self.history || second == self.history && !is_live {
            return Some(State::History);
        }
        (!is_live && Some(row.second) <= self.rows(row.paid.is_some()).forgotten).then_some(State::Silent)
    }

    /// Judges a line that was deleted before it came. If a poll has brought it,
    /// it is reported as deleted. If a poll shows it later, it is not yielded.
    fn hear_dead(&self, message: ChatMessage, mut row: Row) -> Decision {
        let is_rant = row.paid.is_some();
        if let Some(number) = self.polled_row(&row) {
            let told = self.rows(is_rant).get(number).filter(|polled| polled.state == State::Told);
            let gone = Change::Gone(vec![message.id.clone()]);
            let Some(told) = told else { return Decision::silent([heard(&row, number), gone]) };
            let event_ids = vec![told.event_id(&message.stream)];
            let deleted = MessageDeleted { stream: message.stream, message_ids: vec![message.id], event_ids, inferred: false };
            return Decision::told(deleted, [heard(&row, number), gone]);
        }
        row.state = State::Dead;
        Decision::silent(self.known(row))
    }

    /// Remembers a line of the live chat that is not yielded as a line, and
    /// releases the same line if it is held.
    fn known(&self, mut row: Row) -> Vec<Change> {
        let held = self.held_row(&row).map(|(held, sight, _)| (held.number(), sight.second));
        row.listed = held.map(|(_, second)| second);
        held.map(|(number, _)| Change::Release(number)).into_iter().chain([Change::Row(Box::new(row))]).collect()
    }

    /// Judges an announcement. It is yielded as such, whether or not a poll has
    /// brought its text.
    fn hear_announcement(&self, event: Announcement, mut row: Row, telling: Telling) -> Decision {
        let Announcement(event) = event;
        let untold = self.untold(&row, telling);
        let changes = if let Some(number) = self.polled_row(&row) {
            vec![heard(&row, number)]
        } else {
            row.state = untold.unwrap_or(State::Announced);
            self.known(row)
        };
        Decision { event: event.filter(|_| untold.is_none()), changes }
    }

    /// Judges a deletion: names the events that have yielded these messages. If
    /// the chat says that rants stay, as after a mute, they are left out. No
    /// event if nothing is left.
    pub(in crate::tracker) fn hear_deleted(&self, stream: &StreamId, deleted: Deleted) -> Decision {
        let Deleted { mut message_ids, spares_rants, inferred, .. } = deleted;
        if spares_rants {
            message_ids.retain(|id| !self.rants.has_id(id));
        }
        if message_ids.is_empty() {
            return Decision::silent([]);
        }
        let event_ids = self.told(|row| row.id.as_ref().is_some_and(|id| message_ids.contains(id)));
        let event_ids = event_ids.map(|row| row.event_id(stream)).collect();
        let gone = Change::Gone(message_ids.clone());
        Decision::told(MessageDeleted { stream: stream.clone(), message_ids, event_ids, inferred }, [gone])
    }

    /// Judges a mute: names the lines of these users that were yielded, by user
    /// id, or by name where only polls have shown the line.
    pub(in crate::tracker) fn hear_muted(&self, stream: &StreamId, muted: Muted) -> Decision {
        let is_by_them = |row: &Row| muted.user_ids.iter().any(|user| row.is_by(user));
        let all = self.messages.iter().chain(self.rants.iter());
        let names: HashSet<u64> = all.filter(|row| is_by_them(row)).flat_map(Row::names).collect();
        // A line that only polls have shown has no user id, only the name.
        let is_theirs = |row: &Row| is_by_them(row) || row.user.is_none() && row.names().any(|name| names.contains(&name));
        let message_ids: Vec<MessageId> = self.told(is_theirs).filter_map(|row| row.id.clone()).collect();
        let event_ids = self.told(is_theirs).map(|row| row.event_id(stream)).collect();
        Decision::told(UserMuted { stream: stream.clone(), user_ids: muted.user_ids, message_ids, event_ids }, [])
    }

    /// The remembered lines that were yielded and fit.
    fn told(&self, is_one: impl Fn(&Row) -> bool) -> impl Iterator<Item = &Row> {
        let all = self.messages.iter().chain(self.rants.iter());
        all.filter(move |row| row.state == State::Told && is_one(row))
    }
}

/// The event of a raid that leaves this livestream.
pub(in crate::tracker) fn raid_started(stream: &StreamId, raid: Raid) -> Decision {
    let Raid { target_name, target_url, target_title, starts_at, .. } = raid;
    Decision::told(RaidStarted { stream: stream.clone(), target_name, target_url, target_title, starts_at }, [])
}

/// The change by which a polled line gets the id of this line of the live chat.
fn heard(row: &Row, number: Number) -> Change {
    let id = row.id.clone().unwrap_or_else(|| MessageId::from(""));
    Change::of_row(row.paid.is_some(), number, RowChange::Heard { second: row.second, id, user: row.user.clone() })
}

/// The event of an announcement. A gift is yielded separately, because it
/// belongs to the account.
struct Announcement(Option<Event>);

/// `None` if the message is an ordinary line.
fn announcement(message: &ChatMessage) -> Option<Announcement> {
    let (stream, author, text) = (message.stream.clone(), message.author.clone(), message.text.clone());
    let (created_on, message_id) = (message.sent_at, message.id.clone());
    let event = match message.notice.as_ref()? {
        Notice::Subscription(notice) => {
            let notice = notice.text.clone();
            Some(SubscriptionNotice { stream, author, notice, text, created_on, message_id }.into())
        }
        Notice::Raid(_) => Some(RaidReceived { stream, author, text, created_on, message_id }.into()),
        Notice::Gift(_) if message.text.is_empty() => None,
        Notice::Gift(_) => return None,
    };
    Some(Announcement(event))
}

/// The message or rant for a line of the live chat, with number `copy` among
/// equal ones.
fn event(message: ChatMessage, copy: u32) -> Event {
    let ChatMessage { id, stream, author, text, sent_at: created_on, rant, .. } = message;
    let username = author.name.clone();
    let (badges, profile_pic_url) = (author.badges.clone(), author.picture.clone());
    let (author, message_id, copy) = (Some(author), Some(id), Copy(copy));
    match rant {
        None => Message { stream, username, text, created_on, badges, profile_pic_url, author, message_id, copy }.into(),
        Some(rant) => {
            let (amount, expires_on) = (rant.amount, rant.expires_on);
            Rant { stream, username, amount, text, created_on, expires_on, badges, profile_pic_url, author, message_id, copy }.into()
        }
    }
}
