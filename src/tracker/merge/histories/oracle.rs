//! Checks what the tracker must yield for a history, and what it must not.
//!
//! It knows everything that was said and when each source showed it, and asks:
//! was anything yielded more often than it was said, or after its deletion? Was
//! each line yielded that a source showed? If none did, does a gap cover it?
//! A case that even a perfect tracker could not decide, such as equal lines of
//! nearby seconds before it is known how stamps differ, is excused, and each
//! excuse has a function that says when it holds.

use std::collections::{BTreeMap, HashSet};

use time::OffsetDateTime;

use super::{
    super::row::REACH,
    world::{CHANNEL, Line, World},
};
use crate::event::{Event, ListKind};

/// Whether it is a rant, who says it, and what.
type Key = (bool, String, String);

/// After this many lines that both sources have shown and that are unlike all
/// others, it is known how the two stamp a line.
const COMMON: usize = 16;

/// What was yielded.
#[derive(Default)]
pub(super) struct Told {
    lines: BTreeMap<Key, Vec<i64>>,
    /// By giver and number.
    gifts: BTreeMap<(String, u64), usize>,
    misses_gifts: bool,
    gaps: Vec<(Option<i64>, i64)>,
    deleted: HashSet<String>,
    ids: HashSet<String>,
    pub(super) mutes: usize,
    pub(super) doubts: usize,
    faults: Vec<String>,
}

/// The seconds of the first and the last line that a connection has shown.
pub(super) type Heard = (i64, i64);

impl Told {
    /// Takes in an event. Faults that show at once, such as an id that comes
    /// twice, are noted for the end.
    pub(super) fn note(&mut self, event: &Event, connections: &[Heard]) {
        let (name, text, at, id, is_rant) = match event {
            Event::Message(line) => (&line.username, &line.text, line.created_on, &line.message_id, false),
            Event::Rant(line) => (&line.username, &line.text, line.created_on, &line.message_id, true),
            Event::GiftedSubs(gift) => {
                let id = event.id().map(|id| id.to_string()).unwrap_or_default();
                if !self.ids.insert(id.clone()) {
                    self.faults.push(format!("{id} told twice"));
                }
                *self.gifts.entry((account(&gift.purchased_by), gift.total_gifts.unwrap_or_default())).or_default() += 1;
                return;
            }
            Event::Gap(gap) if gap.list == ListKind::GiftedSubs => {
                self.misses_gifts = true;
                return;
            }
            Event::Gap(gap) => {
                let (since, until) = (gap.since.map(OffsetDateTime::unix_timestamp), gap.until.unix_timestamp());
                let shows_all = |(from, to): &Heard| since.is_some_and(|since| *from < since - 2 * REACH) && *to > until + 2 * REACH;
                if connections.iter().any(shows_all) {
                    self.faults.push(format!("{event} though a connection has shown all"));
                }
                self.gaps.push((since, until));
                return;
            }
            Event::MessageDeleted(event) => {
                self.deleted.extend(event.message_ids.iter().map(ToString::to_string));
                let strange = event.event_ids.iter().find(|id| !self.ids.contains(&id.to_string()));
                self.faults.extend(strange.map(|id| format!("deletes {id}, which was not told")));
                return;
            }
            Event::MergeDoubt(_) => {
                self.doubts += 1;
                return;
            }
            Event::UserMuted(_) => {
                self.mutes += 1;
                return;
            }
            _ => return,
        };
        if id.as_ref().is_some_and(|id| self.deleted.contains(id.as_str())) {
            self.faults.push(format!("{event} told after its deletion"));
        }
        if let Some(id) = event.id()
            && !self.ids.insert(id.to_string())
        {
            self.faults.push(format!("{id} told twice"));
        }
        self.lines.entry((is_rant, account(name), plain(text))).or_default().push(at.unix_timestamp());
    }

    /// `history` lines were said before the start.
    pub(super) fn check(&self, world: World, lines: &[Line], history: usize) -> Result<(), String> {
        if let Some(fault) = self.faults.first() {
            return Err(fault.clone());
        }
        self.check_gifts(lines, history)?;
        let mut said: BTreeMap<Key, Vec<&Line>> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.gift.is_none()) {
            said.entry(line.key()).or_default().push(line);
        }
        // If stamps vary, somebody who says the same again may be yielded too often.
        let mut repeated = self.repeated(lines, history);
        if world.jitter < usize::MAX {
            repeated.retain(|((.., text), _)| text.starts_with("line "));
        }
        if let Some((key, count)) = repeated.first() {
            return Err(format!("{key:?} told {count} times too often"));
        }
        if world.offset == 0
            && world.jitter == usize::MAX
            && let Some((key, second)) = self.told_too_often_at(lines)
        {
            return Err(format!("{key:?} told too often as of {second}"));
        }
        let excused = |line: &Line| {
            let (least, greatest) = (line.second - REACH, line.second + REACH);
            self.gaps.iter().any(|(since, until)| since.is_none_or(|since| since <= greatest) && *until >= least)
        };
        // If stamps vary, or some lines are unreadable, it cannot be known whether somebody said the same again.
        let is_clear = world.jitter == usize::MAX && world.garbling == usize::MAX;
        let can_be_told_apart = |said: &[&Line]| is_clear || said.iter().all(|line| line.is_unlike_others());
        for (key, said) in said.iter().filter(|(_, said)| can_be_told_apart(said)) {
            let told = self.lines.get(key).map_or(0, Vec::len);
            let said: Vec<&Line> = said.iter().copied().filter(|line| usize::try_from(line.id).unwrap() > history).collect();
            let forgives = world.restarts || world.deletion < usize::MAX;
            // A line that slides back into a list after deletions came earlier, and may lie in a gap.
            let is_due = |line: &&&Line| line.must_be_told(world, lines) && !(forgives && excused(line));
            let due = said.iter().filter(is_due).count();
            if told < due {
                let seconds: Vec<_> = said.iter().map(|line| line.second).collect();
                return Err(format!("{key:?} told {told} times, due {due}, said at {seconds:?}, told at {:?}", self.lines.get(key)));
            }
            // A line that no source has shown must lie in a gap. But a gap of the polls may end a second early if stamps vary and there was
            // a restart or an unreadable line.
            let may_end_early = world.jitter < usize::MAX && (world.restarts || world.garbling < usize::MAX);
            let in_silence = said.iter().filter(|line| line.is_lost_unless_told(lines) && !excused(line)).count();
            if told < in_silence && !may_end_early {
                return Err(format!("{key:?} lost in silence"));
            }
        }
        Ok(())
    }

    /// A line that was yielded more often for a second than it was said then.
    /// Both sources must use the same stamps.
    fn told_too_often_at(&self, lines: &[Line]) -> Option<(&Key, i64)> {
        let told = self.lines.iter().flat_map(|(key, seconds)| seconds.iter().map(move |second| (key, *second)));
        let count = |of: (&Key, i64)| told.clone().filter(|one| *one == of).count();
        let said = |(key, at): (&Key, i64)| lines.iter().filter(|line| line.second == at && line.key() == *key).count();
        told.clone().find(|one| count(*one) > said(*one))
    }

    /// Each gift was yielded as often as it was given.
    fn check_gifts(&self, lines: &[Line], history: usize) -> Result<(), String> {
        let mut given: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for line in &lines[history..] {
            if let Some(total) = line.gift {
                *given.entry((line.user.to_owned(), total)).or_default() += 1;
            }
        }
        let given_of = |key| given.get(key).copied().unwrap_or_default();
        if let Some((gift, told)) = self.gifts.iter().find(|(gift, told)| **told > given_of(*gift)) {
            return Err(format!("{gift:?} told {told} times, given {} times", given_of(gift)));
        }
        let is_lost = |(gift, count): &(&(String, u64), &usize)| self.gifts.get(*gift).is_none_or(|told| told < count);
        match given.iter().find(is_lost).filter(|_| !self.misses_gifts) {
            Some((gift, count)) => Err(format!("{gift:?} given {count} times, told {:?} times", self.gifts.get(gift))),
            None => Ok(()),
        }
    }

    /// The lines that were yielded more often than they were said, and by how
    /// much.
    pub(super) fn repeated(&self, lines: &[Line], history: usize) -> Vec<(&Key, usize)> {
        let mut repeated = Vec::new();
        for (key, told) in &self.lines {
            // A line that the first answer did not show may be news, because the live chat may be late.
            let may_be =
                lines.iter().filter(|line| line.key() == *key && line.gift.is_none() && !line.is_of_first_answer(lines, history)).count();
            let may_come_twice = lines.iter().filter(|line| line.key() == *key && line.is_ambiguous(lines)).count();
            if told.len() > may_be + may_come_twice {
                repeated.push((key, told.len() - may_be));
            }
        }
        repeated
    }
}

impl Line {
    /// What a reader of the events can tell lines apart by.
    fn key(&self) -> Key {
        (self.cents.is_some(), self.user.to_owned(), plain(&self.text))
    }

    /// Whether the first poll showed it, so that it is history.
    fn is_of_first_answer(&self, lines: &[Line], history: usize) -> bool {
        let first = lines.iter().filter_map(|line| line.polled).min();
        usize::try_from(self.id).unwrap() <= history && self.polled == first
    }

    /// Whether a source has shown it and it can be told apart from all others.
    fn must_be_told(&self, world: World, lines: &[Line]) -> bool {
        // A line that was deleted early enough is unknown.
        let is_there = self.deleted.is_none() || self.heard.is_some() && !world.restarts;
        self.is_shown() && is_there && !self.is_ambiguous(lines) && !self.may_be_another(lines)
    }

    /// Whether the live chat did not show it, and it may be confused with a
    /// notice or a deleted line of nearly the same second and the same name.
    fn may_be_another(&self, lines: &[Line]) -> bool {
        let is_one = |line: &Line| {
            (line.gift.is_some() || line.deleted.is_some() && line.id != self.id)
                && line.user == self.user
                && line.second.abs_diff(self.second) <= 2 * REACH.unsigned_abs()
        };
        self.heard.is_none() && lines.iter().any(is_one)
    }

    /// Whether it must have been yielded or lie in a gap, whoever showed it.
    fn is_lost_unless_told(&self, lines: &[Line]) -> bool {
        self.deleted.is_none() && !self.is_ambiguous(lines) && !self.may_be_another(lines)
    }

    /// Whether it may be confused with another while it is not known how the
    /// two sources stamp a line.
    fn is_ambiguous(&self, lines: &[Line]) -> bool {
        let is_other =
            |line: &&Line| line.text == self.text && line.user == self.user && (1..=4).contains(&line.second.abs_diff(self.second));
        let first_shown = |line: &Line| line.polled.into_iter().chain(line.heard).min().unwrap_or(line.second);
        let Some(at) = lines.iter().filter(is_other).map(first_shown).min() else { return false };
        let at = at.min(first_shown(self));
        let is_common = |line: &&Line| {
            line.is_unlike_others()
                && line.cents.is_none()
                && line.polled.is_some_and(|polled| polled < at)
                && line.heard.is_some_and(|heard| heard < at)
        };
        lines.iter().filter(is_common).count() < COMMON
    }
}

/// The account behind a name that a source shows.
fn account(name: &str) -> String {
    match &*plain(name.strip_prefix("x-").unwrap_or(name)) {
        CHANNEL => "cyd".to_owned(),
        account => account.to_owned(),
    }
}

/// A text without the encoding that polls may use.
fn plain(text: &str) -> String {
    text.replace("&amp;", "&")
}
