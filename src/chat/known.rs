//! Which messages are known. Tells new messages from those that every
//! connection repeats, and finds what is missing.
//!
//! A message is known by its id alone. The timestamps answer what ids cannot:
//!
//! - **Is something lost?** Yes, perhaps, if a backlog is later than everything
//!   known and shares no message with it.
//! - **Was something deleted?** Yes, if a known message is missing from the
//!   middle of a backlog that could be read as a whole.
//! - **Is an unknown message new or old?** When messages are deleted, older
//!   ones slide back into the backlog. What lies before the floor is old and
//!   not yielded; in the second of the floor, the place in the backlog decides.
//!
//! Rants are special throughout, because the server may show them for longer
//! than the rest. A rant at the old end of a backlog does not prove that the
//! backlog reaches back to it.
//!
//! Timestamps have whole seconds and come from several servers, so they are
//! neither unique nor always in order.

use std::collections::{HashMap, HashSet, VecDeque, hash_map::Entry};

use time::OffsetDateTime;

use super::{event::MessageId, recent::Recent, wire::Line};

/// How many messages are remembered: the newest by their timestamps.
const MOST: usize = 2048;
/// How many deletions of messages that have not come yet are remembered at
/// least.
const GONE: usize = 256;

/// The messages that were seen, with what later backlogs are compared with.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Ordered by timestamp. Equal ones keep the order in which they came.
    order: VecDeque<(OffsetDateTime, MessageId)>,
    marks: HashMap<MessageId, Mark>,
    /// For each deleted message that has not come yet: whether rants are
    /// spared.
    gone: Recent<MessageId, bool, GONE>,
    /// When the message that came last was sent. Others may have a later
    /// timestamp, from a server with a fast clock.
    latest: Option<OffsetDateTime>,
    /// Whether a backlog was seen.
    has_begun: bool,
    /// If a backlog holds an unknown message with an earlier timestamp than
    /// this, the message is old. It starts at the oldest message of the first
    /// backlog, or at the first message if that came before a backlog, and
    /// rises as messages are forgotten.
    floor: Option<OffsetDateTime>,
}

/// What must be remembered of a message besides its time.
#[derive(Clone, Copy, Debug)]
struct Mark {
    is_rant: bool,
    is_deleted: bool,
}

/// How a later backlog compares with what was known.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reunion {
    /// Something may have been lost between the newest known message, if there
    /// is one, and the oldest of the backlog.
    pub(crate) gap: Option<(Option<OffsetDateTime>, OffsetDateTime)>,
    /// Known messages that the backlog marks as deleted.
    pub(crate) deleted: Vec<MessageId>,
    /// Known messages that are missing from their place in the backlog.
    pub(crate) missing: Vec<MessageId>,
    /// What was not known, oldest first.
    pub(crate) news: Vec<Line>,
    /// What was not known either, but is too old to be yielded, or was deleted
    /// before it came.
    pub(crate) rest: Vec<(Line, Untold)>,
    /// Whether an ordinary message of the backlog was known.
    pub(crate) joins: bool,
}

/// How a message that came relates to what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// It was seen before, on this connection or an earlier one.
    Known,
    /// It was not seen before, and is to be yielded.
    News,
    /// It was deleted before it came.
    Dead,
}

/// Why a message that was not known is not yielded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// It was deleted before it came.
    Dead,
    /// It is from before what is remembered.
    Old,
}

impl Known {
    pub(crate) fn new() -> Self {
        Self { order: VecDeque::new(), marks: HashMap::new(), gone: Recent::new(), latest: None, has_begun: false, floor: None }
    }

    /// Notes that this message was yielded before. If it is known already,
    /// nothing changes.
    pub(crate) fn remember(&mut self, id: MessageId, sent_at: OffsetDateTime, is_rant: bool, is_deleted: bool) {
        if let Entry::Vacant(place) = self.marks.entry(id.clone()) {
            place.insert(Mark { is_rant, is_deleted });
            self.latest = self.latest.max(Some(sent_at));
            self.place_in_order(id, sent_at);
        }
    }

    /// Takes in a message that came by itself.
    ///
    /// A deletion that came before its message is used up here. If it spares
    /// rants, only now it shows whether it concerns this message.
    pub(crate) fn meet(&mut self, line: &Line) -> Meeting {
        let Entry::Vacant(place) = self.marks.entry(line.id.clone()) else { return Meeting::Known };
        let is_rant = line.rant.is_some();
        let is_deleted = line.is_deleted || self.gone.remove(&line.id).is_some_and(|spares_rants| !(spares_rants && is_rant));
        place.insert(Mark { is_rant, is_deleted });
        if !self.has_begun {
            self.floor = self.floor.or(Some(line.sent_at));
        }
        self.latest = Some(line.sent_at);
        self.place_in_order(line.id.clone(), line.sent_at);
        if is_deleted { Meeting::Dead } else { Meeting::News }
    }

    /// Takes in that these messages were deleted. Of those that have not come
    /// yet, it keeps the id, so that they are not yielded when they come.
    pub(crate) fn delete(&mut self, ids: &[MessageId], spares_rants: bool) {
        for id in ids {
            match self.marks.get_mut(id) {
                Some(mark) => mark.is_deleted |= !(mark.is_rant && spares_rants),
                None => self.gone.put(id.clone(), spares_rants),
            }
        }
    }

    /// Takes in the first backlog. All of it is news, except messages that were
    /// deleted.
    pub(crate) fn begin(&mut self, backlog: Vec<Line>) -> Reunion {
        let backlog = sorted(backlog);
        self.floor = oldest(&backlog);
        self.has_begun = true;
        let mut reunion = Reunion::default();
        for line in backlog {
            match self.meet(&line) {
                Meeting::Known => {}
                Meeting::News => reunion.news.push(line),
                Meeting::Dead => reunion.rest.push((line, Untold::Dead)),
            }
        }
        reunion
    }

    /// Whether no message has come yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// When the message that came last was sent.
    pub(crate) fn latest(&self) -> Option<OffsetDateTime> {
        self.latest
    }

    /// Takes in a later backlog. `is_whole`: all of it could be read.
    ///
    /// What is compared is what was known before, so the order matters: missing
    /// messages, gap and deletions first, then the lines one by one. Lines of a
    /// backlog never count as the latest unless they are new, or an old one
    /// that slid back would hide a gap later.
    pub(crate) fn rejoin(&mut self, backlog: Vec<Line>, is_whole: bool) -> Reunion {
        let backlog = sorted(backlog);
        self.has_begun = true;
        // A missing message may be one that could not be read.
        let missing = if is_whole { self.missing(&backlog) } else { Vec::new() };
        let gap = self.gap(&backlog);
        let joins = backlog.iter().any(|line| line.rant.is_none() && self.marks.contains_key(&line.id));
        let deleted = backlog.iter().filter(|line| line.is_deleted && self.marks.get(&line.id).is_some_and(|mark| !mark.is_deleted));
        let deleted: Vec<_> = deleted.map(|line| line.id.clone()).collect();
        self.delete(&missing, false);
        self.delete(&deleted, false);
        let floor = self.floor;
        let mut stands_behind_known = false;
        let (mut news, mut rest) = (Vec::new(), Vec::new());
        for line in backlog {
            stands_behind_known |= self.marks.contains_key(&line.id);
            let is_old = floor.is_some_and(|floor| line.sent_at < floor || line.sent_at == floor && !stands_behind_known);
            let latest = self.latest;
            match self.meet(&line) {
                Meeting::News if !is_old => {
                    news.push(line);
                    continue;
                }
                Meeting::News => rest.push((line, Untold::Old)),
                Meeting::Dead => rest.push((line, Untold::Dead)),
                Meeting::Known => {}
            }
            // A message that slides back into the backlog was written earlier.
            self.latest = latest;
        }
        Reunion { gap, deleted, missing, news, rest, joins }
    }

    /// The span in which something may have been lost: the backlog is later
    /// than the message that came last, and nothing joins the two. A rant joins
    /// them only if no known ordinary message is newer, because the server may
    /// show rants for longer than the rest. An empty backlog proves nothing.
    fn gap(&self, backlog: &[Line]) -> Option<(Option<OffsetDateTime>, OffsetDateTime)> {
        let ordinary = |id: &MessageId| self.marks.get(id).is_some_and(|mark| !mark.is_rant);
        let newest_ordinary = self.order.iter().rev().find(|(_, id)| ordinary(id)).map(|(sent_at, _)| *sent_at);
        let joins = |line: &Line| {
            self.marks.contains_key(&line.id) && (line.rant.is_none() || newest_ordinary.is_none_or(|newest| newest <= line.sent_at))
        };
        let oldest = oldest(backlog)?;
        (self.latest < Some(oldest) && !backlog.iter().any(joins)).then_some((self.latest, oldest))
    }

    /// Known messages that should be in the middle of the backlog but are not.
    /// The seconds at both ends do not count, because the backlog may show only
    /// part of them.
    fn missing(&self, backlog: &[Line]) -> Vec<MessageId> {
        let (Some(oldest), Some(newest)) = (oldest(backlog), backlog.last()) else { return Vec::new() };
        let shown: HashSet<&MessageId> = backlog.iter().map(|line| &line.id).collect();
        let from = self.order.partition_point(|(sent_at, _)| *sent_at <= oldest);
        let between = self.order.iter().skip(from).take_while(|(sent_at, _)| *sent_at < newest.sent_at).map(|(_, id)| id);
        let stands = |id: &MessageId| self.marks.get(id).is_some_and(|mark| !mark.is_deleted);
        between.filter(|id| stands(id) && !shown.contains(id)).cloned().collect()
    }

    /// Inserts the message. Above the limit, forgets the oldest, and raises the
    /// floor to it: should it come again in a backlog, it is old and not new.
    fn place_in_order(&mut self, id: MessageId, sent_at: OffsetDateTime) {
        let row = (sent_at, id);
        if self.order.back().is_none_or(|(newest, _)| *newest <= sent_at) {
            self.order.push_back(row);
        } else {
            let place = self.order.partition_point(|(other, _)| *other <= sent_at);
            self.order.insert(place, row);
        }
        if self.order.len() > MOST
            && let Some((sent_at, id)) = self.order.pop_front()
        {
            self.marks.remove(&id);
            self.floor = self.floor.max(Some(sent_at));
        }
    }
}

/// Sorts oldest first, whatever the server's order. Equal timestamps keep the
/// server's order.
fn sorted(mut backlog: Vec<Line>) -> Vec<Line> {
    if let (Some(first), Some(last)) = (backlog.first(), backlog.last())
        && first.sent_at > last.sent_at
    {
        backlog.reverse();
    }
    backlog.sort_by_key(|line| line.sent_at);
    backlog
}

/// The time from which a backlog shows everything. Rants count only if there is
/// nothing else, because the server may show them for longer.
pub(crate) fn oldest(backlog: &[Line]) -> Option<OffsetDateTime> {
    backlog.iter().find(|line| line.rant.is_none()).or(backlog.first()).map(|line| line.sent_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chat::event::ChatRant, snapshot::Amount};

    fn line(id: &str, second: i64) -> Line {
        Line {
            id: id.into(),
            sent_at: OffsetDateTime::from_unix_timestamp(second).unwrap(),
            user: None,
            channel: None,
            text: String::new(),
            kind: None,
            rant: None,
            notice: None,
            is_deleted: false,
        }
    }

    fn lines(seconds: impl IntoIterator<Item = i64>) -> Vec<Line> {
        seconds.into_iter().map(|second| line(&second.to_string(), second)).collect()
    }

    fn rant(second: i64) -> Line {
        Line { rant: Some(ChatRant::new(Amount::from_cents(100))), ..line(&second.to_string(), second) }
    }

    fn ids(news: &[Line]) -> Vec<&str> {
        news.iter().map(|line| line.id.as_str()).collect()
    }

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    /// A backlog that shows only what was known.
    fn nothing_more() -> Reunion {
        Reunion { joins: true, ..Reunion::default() }
    }

    /// What is known after this backlog and these messages.
    fn known(backlog: impl IntoIterator<Item = i64>, live: impl IntoIterator<Item = i64>) -> Known {
        let mut known = Known::new();
        known.begin(lines(backlog));
        for line in lines(live) {
            assert_eq!(Meeting::News, known.meet(&line));
        }
        known
    }

    #[test]
    fn later_backlog_yields_what_is_not_known_oldest_first() {
        for newest_first in [false, true] {
            let mut known = known(1..=5, 6..=8);
            let mut backlog = lines(4..=11);
            if newest_first {
                backlog.reverse();
            }
            let reunion = known.rejoin(backlog, true);
            assert_eq!(ids(&reunion.news), ["9", "10", "11"]);
            assert_eq!(Reunion { news: Vec::new(), ..reunion }, nothing_more());
            assert_eq!(known.rejoin(lines(4..=11), true), nothing_more(), "once");
        }
    }

    #[test]
    fn equal_seconds_keep_the_order_of_the_server() {
        let mut known = known([1], []);
        let of_one_second = || vec![line("a", 5), line("b", 5), line("c", 5)];
        assert_eq!(ids(&known.clone().rejoin(of_one_second(), true).news), ["a", "b", "c"]);
        let mut backlog = of_one_second();
        backlog.push(line("1", 1));
        backlog[..3].reverse();
        assert_eq!(ids(&known.rejoin(backlog, true).news), ["a", "b", "c"], "newest first");
    }

    #[test]
    fn what_slides_back_into_a_backlog_from_before_the_start_is_no_news() {
        let mut known = known(50..=99, [100]);
        known.delete(&["60".into(), "61".into()], false);
        let backlog: Vec<i64> = (48..=101).filter(|second| !(60..=61).contains(second)).collect();
        assert_eq!(ids(&known.rejoin(lines(backlog), true).news), ["101"]);
        let backlog = (48..=101).filter(|second| !(60..=61).contains(second));
        assert_eq!(known.rejoin(lines(backlog), true).news, []);
        assert_eq!(known.rejoin(lines(200..=250), true).gap, Some((Some(at(101)), at(200))), "the newest stays the newest");
    }

    #[test]
    fn in_the_second_of_the_oldest_the_place_decides() {
        let mut known = Known::new();
        known.begin(vec![line("b", 50), line("d", 51)]);
        let backlog = vec![line("a", 50), line("b", 50), line("c", 50), line("d", 51)];
        assert_eq!(ids(&known.rejoin(backlog, true).news), ["c"]);
    }

    #[test]
    fn backlog_that_joins_nothing_and_is_later_than_all_is_a_gap() {
        assert_eq!(known(1..=5, []).rejoin(lines(10..=12), true).gap, Some((Some(at(5)), at(10))));
        assert_eq!(known(1..=5, []).rejoin(lines([5, 10]), true).gap, None, "joined");
        assert_eq!(known(1..=5, []).rejoin(vec![line("x", 5), line("y", 10)], true).gap, None, "not later");
        assert_eq!(known(1..=5, []).rejoin(Vec::new(), true).gap, None, "nothing shown");
        assert_eq!(known([], []).rejoin(lines(10..=12), true).gap, Some((None, at(10))), "nothing known");
    }

    #[test]
    fn rant_that_is_shown_for_longer_neither_joins_nor_spans() {
        let mut paid = known([1], []);
        paid.meet(&rant(2));
        for line in lines(3..=5) {
            paid.meet(&line);
        }
        let mut backlog = lines(10..=12);
        backlog.insert(0, rant(2));
        let reunion = paid.rejoin(backlog, true);
        assert_eq!(reunion.gap, Some((Some(at(5)), at(10))));
        assert_eq!(reunion.missing, Vec::<MessageId>::new());
        let mut paid = known([1], []);
        paid.meet(&rant(2));
        assert_eq!(paid.rejoin(vec![rant(2), line("3", 3)], true).gap, None, "as the newest it joins");
        let mut paid = known([1], []);
        paid.meet(&rant(2));
        paid.meet(&line("of its second", 2));
        assert_eq!(paid.rejoin(vec![rant(2), line("3", 3)], true).gap, None, "as one of the newest it joins too");
    }

    #[test]
    fn what_is_missing_between_others_was_deleted_and_is_told_once() {
        let mut known = known(1..=5, 6..=9);
        known.delete(&["7".into()], false);
        let reunion = known.rejoin(lines([2, 3, 5, 8, 9, 10]), true);
        assert_eq!(reunion.missing, ["4", "6"]);
        assert_eq!(known.rejoin(lines([2, 3, 5, 8, 9, 10]), true), nothing_more());
    }

    #[test]
    fn seconds_at_the_ends_of_a_backlog_may_be_shown_in_part() {
        let mut known = Known::new();
        known.begin(vec![line("a", 1), line("b", 1), line("c", 5), line("d", 5), line("e", 6)]);
        assert_eq!(known.rejoin(vec![line("b", 1), line("d", 5)], true).missing, Vec::<MessageId>::new());
    }

    #[test]
    fn message_that_was_deleted_before_it_came_is_not_told() {
        let mut known = known([1], [2]);
        known.delete(&["3".into(), "2".into()], false);
        assert_ne!(Meeting::News, known.meet(&line("3", 3)));
        assert_ne!(Meeting::News, known.meet(&line("2", 2)));
        assert_ne!(Meeting::News, known.meet(&Line { is_deleted: true, ..line("4", 4) }));
        known.delete(&["5".into()], true);
        assert_eq!(Meeting::News, known.meet(&rant(5)), "rants were spared");
        let mut backlog = lines([1, 2, 3, 4, 5, 6]);
        backlog[0].is_deleted = true;
        let reunion = known.rejoin(backlog, true);
        assert_eq!((ids(&reunion.news), reunion.deleted), (vec!["6"], vec!["1".into()]));
    }

    #[test]
    fn deletion_that_spares_rants_takes_the_line_that_comes_after_it_and_is_none() {
        let mut known = known([1], []);
        known.delete(&["2".into(), "3".into()], true);
        assert_ne!(Meeting::News, known.meet(&line("2", 2)));
        assert_eq!(Meeting::News, known.meet(&rant(3)));
    }

    #[test]
    fn rant_that_is_shown_for_longer_than_the_rest_makes_no_old_line_news() {
        let mut known = Known::new();
        known.begin([vec![rant(2)], lines(50..=99)].concat());
        known.delete(&["60".into(), "61".into()], false);
        let backlog = (48..=101).filter(|second| !(60..=61).contains(second));
        assert_eq!(ids(&known.rejoin([vec![rant(2)], lines(backlog)].concat(), true).news), ["100", "101"]);
    }

    #[test]
    fn nothing_is_taken_for_deleted_where_some_of_the_backlog_cannot_be_read() {
        assert_eq!(known(1..=3, 4..=6).rejoin(lines([3, 5, 6]), false).missing, Vec::<MessageId>::new());
    }

    #[test]
    fn line_that_is_stamped_ahead_hides_no_gap() {
        let mut known = known(1..=5, []);
        known.meet(&line("ahead", 4000));
        known.meet(&line("6", 6));
        assert_eq!(known.rejoin(lines(100..=110), true).gap, Some((Some(at(6)), at(100))));
    }

    #[test]
    fn spared_rant_that_is_missing_later_was_deleted() {
        let mut known = known([1], []);
        known.meet(&rant(2));
        known.delete(&["2".into()], true);
        assert_eq!(known.rejoin(lines([1, 3]), true).missing, ["2"]);
    }

    #[test]
    fn memory_is_bounded_and_what_is_forgotten_is_not_told_again() {
        let mut known = known([1], 2..=10_000);
        assert_eq!((known.order.len(), known.marks.len()), (MOST, MOST));
        let reunion = known.rejoin(lines(1..=10_001), true);
        assert_eq!(ids(&reunion.news), ["10001"]);
        assert_eq!((known.order.len(), known.marks.len()), (MOST, MOST));
        for id in 0..100_000 {
            known.delete(&[format!("never {id}").into()], false);
        }
        assert!(known.gone.len() <= 2 * GONE);
    }
}
