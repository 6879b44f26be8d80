//! The recent lines of one chat.
//!
//! They stand in the order of arrival, which is not the order of the stamps:
//! polls bring late what the live chat has missed. Each has a number that stays
//! valid while it is remembered, so a decision can name a line now and change
//! it when it is delivered.
//!
//! Whatever is forgotten leaves a mark: up to which second lines may be missing
//! here. Below it, a line that is not found may still have been yielded, and
//! must not be yielded again. Stamps in the future would set that mark too
//! high, so they count only once other lines have confirmed them.

use std::{
    cmp::Reverse,
    collections::{HashSet, VecDeque},
};

use serde::{Deserialize, Serialize};

use super::row::{REACH, Row, Sight, State};
use crate::{event::Fingerprint, snapshot::MessageId};

/// The newest lines of one kind, in the order of arrival.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows {
    #[serde(rename = "rows")]
    list: VecDeque<Row>,
    /// The number of the first of them.
    #[serde(skip)]
    first: u64,
    /// Lines stamped at or before this may be forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) forgotten: Option<i64>,
    /// The same for lines that no poll has shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unlisted: Option<i64>,
}

/// Identifies a row for as long as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::tracker) struct Number(u64);

impl Rows {
    /// Remembers a line, and at most this many.
    pub(super) fn push(&mut self, row: Row, most: usize) {
        self.list.push_back(row);
        self.forget_beyond(most);
    }

    /// Keeps this many of the last that came.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        self.forget(most, |oldest, later| later.back().is_some_and(|newest| newest.second >= oldest.second));
    }

    /// Keeps this many of the newest by stamp. With `prefers_unlisted`, lines
    /// that no poll has shown are kept first. Earlier `Number`s are invalid
    /// after this.
    pub(super) fn keep(&mut self, most: usize, prefers_unlisted: bool) {
        self.list.make_contiguous().sort_by_key(|row| (prefers_unlisted && row.listed.is_none(), row.second));
        self.forget(most, |oldest, kept| kept.iter().any(|row| row.second >= oldest.second));
        self.first = 0;
    }

    /// Forgets the first lines until at most this many are left.
    /// `is_borne_out`: whether what is left confirms a stamp in the future.
    fn forget(&mut self, most: usize, is_borne_out: impl Fn(&Row, &VecDeque<Row>) -> bool) {
        while self.list.len() > most
            && let Some(oldest) = self.list.pop_front()
        {
            self.first = self.first.saturating_add(1);
            // A stamp in the future says nothing about later lines, unless they confirm it.
            let second = Some(oldest.second).filter(|_| !oldest.is_ahead || is_borne_out(&oldest, &self.list));
            self.forgotten = self.forgotten.max(second);
            if oldest.listed.is_none() {
                self.unlisted = self.unlisted.max(second);
            }
        }
    }

    /// The server's clock was set back to this second of the live chat's clock.
    pub(super) fn step_back(&mut self, now: i64) {
        for second in [&mut self.forgotten, &mut self.unlisted].into_iter().flatten() {
            *second = now.min(*second);
        }
    }

    /// A line, to change it. `None` if it is forgotten.
    pub(super) fn get_mut(&mut self, Number(number): Number) -> Option<&mut Row> {
        self.list.get_mut(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// A line. `None` if it is forgotten.
    pub(super) fn get(&self, Number(number): Number) -> Option<&Row> {
        self.list.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// All remembered lines, in the order of arrival.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Row> + Clone {
        self.list.iter()
    }

    /// The same, to change them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Row> {
        self.list.iter_mut()
    }

    /// The oldest row that fits.
    pub(super) fn oldest(&self, fits: impl Fn(&Row) -> bool) -> Option<Number> {
        self.likeliest(|row| fits(row).then_some(()))
    }

    /// The likeliest row. Among equally likely ones the oldest, so the two
    /// sources form as many pairs as possible.
    pub(super) fn likeliest<T: Ord>(&self, likelihood: impl Fn(&Row) -> Option<T>) -> Option<Number> {
        let numbered = (self.first..).zip(&self.list);
        let likely = numbered.filter_map(|(number, row)| Some((Reverse(likelihood(row)?), row.second, number)));
        likely.min().map(|(.., number)| Number(number))
    }

    /// How many lines are remembered.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The row that fits, if there is exactly one.
    pub(super) fn only(&self, fits: impl Fn(&Row) -> bool) -> Option<&Row> {
        let mut fitting = self.list.iter().filter(|row| fits(row));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Whether at most one line has the same name and text.
    pub(super) fn is_rare(&self, sight: &Sight) -> bool {
        self.list.iter().filter(|row| row.says(sight)).nth(1).is_none()
    }

    /// How many known polled lines of this second have the same name and text.
    pub(super) fn listed_like(&self, sight: &Sight) -> usize {
        self.list.iter().filter(|row| row.listed == Some(sight.second) && row.says(sight)).count()
    }

    /// Whether the live chat has shown this message, as far as is remembered.
    pub(super) fn has_id(&self, id: &MessageId) -> bool {
        self.list.iter().any(|row| row.id.as_ref() == Some(id))
    }

    /// The smallest free number for an equal line of this second. `polled` is
    /// the number by polls alone, used if some lines may be forgotten.
    pub(super) fn free_copy(&self, second: i64, print: Fingerprint, polled: u32) -> u32 {
        let least = if Some(second) <= self.forgotten { polled } else { 0 };
        let is_told = |row: &&Row| row.has_key(second, print) && matches!(row.state, State::Told | State::History);
        let taken: HashSet<u32> = self.list.iter().filter(is_told).map(|row| row.copy).collect();
        (least..u32::MAX).find(|copy| !taken.contains(copy)).unwrap_or(u32::MAX)
    }

    /// A line of the live chat near `sight`, with the same name or text, that
    /// is missing from a list of messages although it should be there. All
    /// stamps are by the live chat's clock.
    pub(super) fn lacking_near(&self, sight: &Sight, list: &(impl Iterator<Item = Sight> + Clone)) -> Option<Number> {
        // The list may show the seconds at both ends only in part, and its stamps differ a little.
        let newest = list.clone().map(|listed| listed.second).max()?.saturating_sub(REACH);
        let oldest = list.clone().map(|listed| listed.second).min()?.saturating_add(REACH);
        let is_within = |row: &Row| oldest < row.second && row.second < newest;
        let is_shown = |row: &Row| list.clone().any(|listed| row.says(&listed) && row.is_near(&listed));
        let is_lacking = |row: &Row| row.id.is_some() && row.listed.is_none() && row.state != State::Dead && !row.is_gone;
        self.oldest(|row| is_lacking(row) && is_within(row) && row.is_near(sight) && row.resembles(sight) && !is_shown(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::ChatMessage;

    fn row(second: i64, is_ahead: bool) -> Row {
        let line = serde_json::json!({
            "id": second.to_string(), "stream": "7c1f4q", "author": {"name": "ada"}, "text": "hi",
            "sent_at": super::super::super::instant(second).format(&time::format_description::well_known::Rfc3339).unwrap(),
        });
        let message: ChatMessage = serde_json::from_value(line).unwrap();
        let mut row = Row::of_message(&message, State::Told);
        row.is_ahead = is_ahead;
        row
    }

    #[test]
    fn stamp_in_the_future_counts_as_forgotten_once_newer_ones_have_come() {
        let mut rows = Rows::default();
        rows.push(row(1000, true), 1);
        rows.push(row(100, false), 1);
        assert_eq!(rows.forgotten, None, "the next one was stamped earlier");
        for second in [1000, 1001, 1002] {
            rows.push(row(second, true), 10);
        }
        rows.keep(1, false);
        assert_eq!(rows.forgotten, Some(1001));
    }
}
