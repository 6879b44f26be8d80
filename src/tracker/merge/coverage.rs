//! Tracks which seconds the live chat has shown completely, judging by its
//! lines.
//!
//! A connection that showed a line of 12:00:10 and one of 12:00:40 has shown
//! what was said between them. At both ends it may have shown a second in part,
//! and lines may come slightly out of order, so two seconds there do not count.
//! How long the connection was open proves nothing: whatever feeds it may be
//! dead, or late by half a minute.
//!
//! Two connections make one span only if the second begins with a message that
//! the first has shown. All seconds are of the live chat's clock, except where
//! a gap of the polls is cut into pieces.

use serde::{Deserialize, Serialize};
use time::Duration;

use super::super::instant;
use crate::{chat::Reach, event::Gap};

/// A connection may have shown the seconds at both ends only in part.
const MARGIN: i64 = 2;
/// How many spans are remembered.
const MOST: usize = 16;

/// The first and the last second, both shown at least in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Span(i64, i64);

/// The spans that the live chat has shown without a break, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Coverage {
    spans: Vec<Span>,
    /// Lines stamped later than the clock of polls allows. They prove nothing
    /// about what lies before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ahead: Option<Span>,
    /// Whether the next line of the connection continues the last span.
    #[serde(skip)]
    goes_on: bool,
}

impl Coverage {
    /// A connection opens. The lines of its backlog follow.
    pub(super) fn open(&mut self, reach: Reach) {
        let oldest = reach.oldest.map(time::OffsetDateTime::unix_timestamp);
        match (self.spans.last_mut().filter(|_| reach.joins), oldest) {
            (Some(Span(from, _)), Some(oldest)) => *from = (*from).min(oldest),
            (None, Some(oldest)) => self.begin(oldest, oldest),
            (_, None) => {}
        }
        self.goes_on = oldest.is_some();
    }

    /// The connection showed a line of this second.
    pub(super) fn extend(&mut self, second: i64) {
        match self.spans.last_mut().filter(|_| self.goes_on) {
            Some(Span(_, to)) => *to = (*to).max(second),
            None => self.begin(second, second),
        }
        self.goes_on = true;
    }

    /// The connection showed a line of this second, which is later than
    /// `until`.
    pub(super) fn extend_ahead(&mut self, until: i64, second: i64) {
        self.extend(until);
        self.ahead = match self.ahead {
            Some(Span(from, to)) if to >= until => Some(Span(from, to.max(second))),
            _ => Some(Span(until, second)),
        };
    }

    /// The connection is lost.
    pub(super) fn close(&mut self) {
        self.goes_on = false;
    }

    /// Begins a span, and forgets the oldest if there are too many.
    fn begin(&mut self, from: i64, to: i64) {
        self.spans.push(Span(from, to));
        if self.spans.len() > MOST {
            self.spans.remove(0);
        }
    }

    /// Whether the live chat has shown all lines of this second.
    pub(super) fn holds(&self, second: i64) -> bool {
        self.spans.iter().any(|Span(from, to)| (from.saturating_add(MARGIN)..=to.saturating_sub(MARGIN)).contains(&second))
    }

    /// Whether the live chat may have shown a line of this second.
    pub(super) fn touches(&self, second: i64) -> bool {
        self.spans.iter().chain(&self.ahead).any(|Span(from, to)| (*from..=*to).contains(&second))
    }

    /// Whether the live chat has shown any line at least as new as this.
    pub(super) fn reaches(&self, second: i64) -> bool {
        self.spans.last().is_some_and(|Span(_, to)| *to >= second)
    }

    /// The parts of a gap of the polls that the live chat has not shown either,
    /// oldest first. Polls stamp lines from `least` to `greatest` seconds
    /// later, most of them `apart` seconds later.
    pub(super) fn lacking(&self, gap: &Gap, (least, greatest): (i64, i64), apart: i64) -> Vec<Gap> {
        let mut since = gap.since.map(|since| since.unix_timestamp().saturating_sub(greatest));
        let until = gap.until.unix_timestamp().saturating_sub(least);
        let polled = |second: i64| instant(second.saturating_add(apart));
        let part = |since: Option<i64>, until: i64| Gap { since: since.map(polled), until: polled(until), at_least: None, ..gap.clone() };
        let mut lacking = Vec::new();
        let mut is_touched = false;
        // The first and the last second of a span may be shown in part.
        for Span(from, to) in self.spans.iter().filter(|Span(from, to)| *from < until && to > from) {
            if since.is_some_and(|since| *to <= since) {
                continue;
            }
            is_touched = true;
            if since.is_none_or(|since| since <= *from) {
                lacking.push(part(since, *from));
            }
            since = Some(*to);
        }
        match since {
            _ if !is_touched => return vec![gap.clone()],
            Some(since) if since > until => {}
            since => lacking.push(part(since, until.max(since.unwrap_or(until)))),
        }
        lacking.into_iter().fold(Vec::new(), joined)
    }
}

/// Adds one more piece of a gap. If hardly anything lies between it and the
/// last piece, it extends that.
fn joined(mut gaps: Vec<Gap>, next: Gap) -> Vec<Gap> {
    match gaps.last_mut() {
        Some(last) if next.since <= Some(last.until.saturating_add(Duration::seconds(2 * MARGIN))) => last.until = next.until,
        _ => gaps.push(next),
    }
    gaps
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::event::ListKind;

    fn at(second: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(second).unwrap()
    }

    /// Opens a connection with a backlog between these seconds.
    fn open(coverage: &mut Coverage, oldest: i64, newest: i64, joins: bool) {
        coverage.open(Reach { oldest: Some(at(oldest)), joins });
        coverage.extend(newest);
    }

    /// The lacking parts of a gap between these seconds.
    fn lacking(coverage: &Coverage, since: i64, until: i64) -> Vec<(i64, i64)> {
        let gap = Gap::new(ListKind::Messages, at(until)).with_since(at(since));
        let second = |gap: &Gap| (gap.since.unwrap().unix_timestamp(), gap.until.unix_timestamp());
        coverage.lacking(&gap, (0, 0), 0).iter().map(second).collect()
    }

    #[test]
    fn connection_covers_from_its_backlog_to_its_last_line_but_for_the_seconds_at_both_ends() {
        let mut coverage = Coverage::default();
        open(&mut coverage, 100, 150, false);
        coverage.extend(160);
        for (second, holds) in [(101, false), (102, true), (158, true), (159, false)] {
            assert_eq!(coverage.holds(second), holds, "{second}");
        }
    }

    #[test]
    fn connection_joins_the_one_before_only_by_a_known_line() {
        let mut coverage = Coverage::default();
        open(&mut coverage, 100, 150, false);
        coverage.close();
        let apart = coverage.clone();
        open(&mut coverage, 140, 200, true);
        assert!(coverage.holds(150) && coverage.holds(190));
        let mut coverage = apart;
        open(&mut coverage, 160, 200, false);
        assert!(!coverage.holds(155) && !coverage.holds(161) && coverage.holds(162));
        assert_eq!(lacking(&coverage, 120, 190), [(150, 160)]);
        assert_eq!(lacking(&coverage, 50, 250), [(50, 100), (150, 160), (200, 250)]);
        assert_eq!(lacking(&coverage, 110, 140), []);
        assert_eq!(lacking(&coverage, 210, 240), [(210, 240)]);
    }

    #[test]
    fn pieces_of_a_gap_are_told_by_the_clock_of_polls() {
        let mut coverage = Coverage::default();
        open(&mut coverage, 100, 150, false);
        let gap = Gap::new(ListKind::Messages, at(7360)).with_since(at(7320));
        let pieces = coverage.lacking(&gap, (7200, 7200), 7200);
        assert_eq!(pieces.iter().map(|gap| gap.since.unwrap().unix_timestamp()).collect::<Vec<_>>(), [7350]);
    }

    #[test]
    fn backlog_that_joins_shows_what_could_not_be_read_before() {
        let mut coverage = Coverage::default();
        open(&mut coverage, 100, 150, false);
        coverage.close();
        coverage.extend(155);
        assert!(!coverage.holds(150) && !coverage.holds(155));
        open(&mut coverage, 140, 170, true);
        assert!((102..=168).all(|second| coverage.holds(second)));
    }

    #[test]
    fn connection_without_a_backlog_covers_from_its_first_line() {
        let mut coverage = Coverage::default();
        coverage.open(Reach::default());
        assert!(!coverage.holds(100));
        coverage.extend(100);
        coverage.extend(110);
        assert!(coverage.holds(102) && !coverage.holds(101));
    }
}
