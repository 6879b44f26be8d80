//! Holds polled lines until it is known whether the live chat shows them.
//!
//! A poll may be ahead of the live chat, so a line that only a poll shows is
//! not yet a line that the chat has missed. It waits until one of these: the
//! chat shows it (`heard` releases it), the chat has shown its whole second
//! without it, or time is up. Time is up after half a minute, for a rant after
//! five seconds, and at once if no chat is expected. A gap of the polls waits
//! as well, for the chat may fill it.
//!
//! Held lines are not in a checkpoint as such, because it holds no texts. They
//! become [`Owed`]: enough to find the line in the next answer, and a gap if it
//! is gone.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Change, Decision, Merge, Row, Sight, Socket, State};
use crate::{
    event::{Event, Fingerprint, Gap, ListKind},
    snapshot::Copy,
};

/// How long a polled line is held at most.
pub(in crate::tracker) const HOLD: Duration = Duration::from_secs(30);
/// How long a polled rant is held at most. Money is always yielded.
const HOLD_RANT: Duration = Duration::from_secs(5);
/// A connection becomes suspect when a held line is missing from it for this
/// long, and it has shown nothing as new.
const SUSPICION: Duration = Duration::from_secs(10);

/// A polled line, or a gap of the polls, that waits.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tracker) struct Held {
    /// Identifies it among all that were ever held.
    number: u64,
    pub(super) what: Waiting,
    /// When the poll came.
    since: Duration,
}

/// What waits.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::tracker) enum Waiting {
    Line(Sight, Box<Event>),
    Gap(Gap),
}

/// A polled line, or a gap, that was held when a checkpoint was made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) enum Owed {
    #[serde(rename = "line")]
    Line { second: i64, print: Fingerprint, copy: u32, is_rant: bool },
    #[serde(rename = "gap")]
    Gap { since: Option<i64>, until: i64, is_of_rants: bool },
}

impl Held {
    /// The same with its final number.
    pub(super) fn numbered(&self, number: u64) -> Self {
        Self { number, ..self.clone() }
    }

    /// The number by which it is released.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The line. `None` for a gap.
    fn sight(&self) -> Option<Sight> {
        match self.what {
            Waiting::Line(sight, _) => Some(sight),
            Waiting::Gap(_) => None,
        }
    }

    /// The form that a checkpoint keeps.
    pub(super) fn owed(self) -> Owed {
        match self.what {
            Waiting::Line(Sight { second, print, paid, .. }, mut event) => {
                let copy = copy_of(&mut event).map_or(0, |copy| copy.0);
                Owed::Line { second, print, copy, is_rant: paid.is_some() }
            }
            Waiting::Gap(gap) => Owed::Gap {
                since: gap.since.map(OffsetDateTime::unix_timestamp),
                until: gap.until.unix_timestamp(),
                is_of_rants: gap.list == ListKind::Rants,
            },
        }
    }
}

impl Owed {
    /// About how many bytes of a checkpoint one takes.
    pub(super) const BYTES: usize = 110;

    /// Keeps at most this many of each list, the newest, and replaces the
    /// others with one gap per list. The oldest comes first.
    pub(super) fn folded(owed: &[Self], most: usize) -> Vec<Self> {
        let mut folded = Vec::new();
        for list in [ListKind::Messages, ListKind::Rants] {
            let mut of_list: Vec<_> = owed.iter().copied().filter(|owed| owed.list() == list).collect();
            of_list.sort_by_key(|owed| owed.span().1);
            let newest = of_list.split_off(of_list.len().saturating_sub(most));
            folded.extend(Self::gap(list, &of_list).into_iter().chain(newest));
        }
        folded
    }

    /// One gap that covers all of these, which are of one list. `None` if there
    /// are none.
    pub(super) fn gap(list: ListKind, owed: &[Self]) -> Option<Self> {
        let since = owed.iter().map(|owed| owed.span().0).min()?;
        let until = owed.iter().map(|owed| owed.span().1).max()?;
        Some(Self::Gap { since, until, is_of_rants: list == ListKind::Rants })
    }

    /// Which list of the chat it belongs to.
    pub(super) fn list(self) -> ListKind {
        let (Self::Line { is_rant, .. } | Self::Gap { is_of_rants: is_rant, .. }) = self;
        if is_rant { ListKind::Rants } else { ListKind::Messages }
    }

    /// The span in which something may be lost if no answer shows it any more.
    pub(super) fn span(self) -> (Option<i64>, i64) {
        match self {
            Self::Line { second, .. } => (Some(second), second),
            Self::Gap { since, until, .. } => (since, until),
        }
    }
}

/// The number of a line among equal ones. `None` if it is not a line.
pub(super) fn copy_of(event: &mut Event) -> Option<&mut Copy> {
    match event {
        Event::Message(message) => Some(&mut message.copy),
        Event::Rant(rant) => Some(&mut rant.copy),
        _ => None,
    }
}

impl Merge {
    /// The first decision about held lines that is due at `at`. With `None`,
    /// everything that is held is due. Apply the decision, then ask again.
    pub(in crate::tracker) fn decide(&self, at: Option<Duration>) -> Option<Vec<Decision>> {
        let decide = |held| self.decide_one(held, at.is_none_or(|at| at >= self.due(held)));
        self.held.iter().map(decide).find(|decisions| !decisions.is_empty())
    }

    /// When to look at held lines again.
    pub(in crate::tracker) fn next_due(&self, at: Duration) -> Option<Duration> {
        let suspicions = self.held.iter().filter_map(|held| self.suspicion(held)).filter(|suspicion| *suspicion > at);
        self.held.iter().map(|held| self.due(held)).chain(suspicions).min()
    }

    /// Whether polls have shown something for a while that a live connection
    /// should have shown.
    pub(in crate::tracker) fn is_suspect(&self, at: Duration) -> bool {
        let is_missed = |held: &Held| match &held.what {
            Waiting::Line(sight, _) => self.suspicion(held).is_some_and(|due| at >= due) && !self.coverage.reaches(sight.second),
            Waiting::Gap(_) => false,
        };
        self.held.iter().any(is_missed)
    }

    /// When an open connection that has not shown this becomes suspect.
    fn suspicion(&self, held: &Held) -> Option<Duration> {
        match self.socket {
            Socket::Open { since } => Some(since.max(held.since) + SUSPICION),
            Socket::New | Socket::Away | Socket::Lost(_) | Socket::Never => None,
        }
    }

    /// When it is decided at the latest. Zero, which is always over, if no live
    /// chat will show it.
    fn due(&self, held: &Held) -> Duration {
        let is_rant = matches!(&held.what, Waiting::Line(sight, _) if sight.paid.is_some());
        let due = held.since + if is_rant { HOLD_RANT } else { HOLD };
        match self.socket {
            Socket::New | Socket::Away | Socket::Never => Duration::ZERO,
            Socket::Lost(since) => due.min(since + HOLD),
            Socket::Open { .. } => due,
        }
    }

    /// The decisions about one of them, or none if it must wait. The last one
    /// releases it.
    fn decide_one(&self, held: &Held, is_due: bool) -> Vec<Decision> {
        let release = Change::Release(held.number);
        match &held.what {
            Waiting::Line(sight, event) => {
                let is_covered = sight.paid.is_none() && self.covers(sight.second);
                let decided = (is_covered || is_due).then(|| self.decide_line(*sight, (**event).clone(), is_covered, release));
                decided.into_iter().collect()
            }
            Waiting::Gap(gap) => {
                let mut lacking = self.lacking(gap);
                if lacking.is_empty() {
                    return vec![Decision::silent([release])];
                }
                if !is_due {
                    return Vec::new();
                }
                let last = lacking.pop().map(|gap| Decision::told(gap, [release]));
                lacking.into_iter().map(|gap| Decision::told(gap, [])).chain(last).collect()
            }
        }
    }

    /// The decision about a line that waits no longer. The other held lines
    /// stand in for the list of the poll, so that of two equal ones each gets
    /// its own line of the live chat.
    fn decide_line(&self, sight: Sight, event: Event, is_covered: bool, release: Change) -> Decision {
        let held: Vec<Sight> = self.held.iter().filter_map(Held::sight).collect();
        if let Some(number) = self.unlisted(&sight, &held) {
            let mut decision = self.pair(number, sight, event);
            decision.changes.push(release);
            decision
        } else if is_covered {
            self.drop_or_lend(sight, event, Some(release))
        } else {
            self.tell_late(sight, event, release)
        }
    }

    /// Yields a line that only a poll has shown by now. If the clocks are far
    /// apart and the live chat has shown it too, drops it.
    fn tell_late(&self, sight: Sight, event: Event, release: Change) -> Decision {
        let Some((number, row)) = self.twin(&sight) else { return self.tell_polled(sight, event, Some(release)) };
        let (listed, twin) = Change::twins(number, row, sight);
        if row.state == State::Told && self.doubt.is_apart(row, &sight) {
            return Decision::silent([release, listed, twin]);
        }
        let mut decision = self.tell_polled(sight, event, Some(release));
        decision.changes.push(twin);
        decision
    }

    /// Yields a line that only a poll has shown.
    pub(super) fn tell_polled(&self, sight: Sight, mut event: Event, release: Option<Change>) -> Decision {
        let Some(copy) = copy_of(&mut event) else { return Decision::silent(release.into_iter().collect::<Vec<_>>()) };
        *copy = Copy(self.rows(sight.paid.is_some()).free_copy(sight.second, sight.print, copy.0));
        let row = Row::of_sight(sight, copy.0, State::Told);
        Decision::told(event, release.into_iter().chain([Change::Row(Box::new(row))]).collect::<Vec<_>>())
    }
}

/// The decision to wait. The number is set when it is applied.
pub(super) fn hold(what: Waiting, at: Duration) -> Decision {
    Decision::silent([Change::Hold(Box::new(Held { number: 0, what, since: at }))])
}
