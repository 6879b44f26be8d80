//! Which gifts are new: the best that can be done without ids and instants.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ledger::Occasion;
use crate::{
    event::Fingerprint,
    snapshot::{GiftedSubs, Gifts},
};

/// For each kind of gift (who, where, which type, how many) the most that one answer showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct GiftLedger {
    was_shown: bool,
    /// Whether the first list shown is taken as baseline in whichever answer it comes.
    starts_quietly: bool,
    /// How many answers showed a list.
    answers: u64,
    seen: BTreeMap<Fingerprint, Seen>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    most: u32,
    /// Which answer showed it last, to tell what was not shown for longest.
    answer: u64,
}

impl GiftLedger {
    pub(super) fn new(starts_quietly: bool) -> Self {
        Self { starts_quietly, ..Self::default() }
    }

    /// The new gifts of an answer, the last listed first, for the list is taken to be newest first like the others.
    pub(super) fn news<'a>(&self, gifts: &'a Gifts, occasion: Occasion) -> Vec<&'a GiftedSubs> {
        if occasion == Occasion::Baseline || (self.starts_quietly && !self.was_shown) {
            return Vec::new();
        }
        let mut listed: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, gift) in gifts.recent.iter().enumerate() {
            listed.entry(Fingerprint::of_gift(gift)).or_default().push((place, gift));
        }
        let mut news: Vec<_> = listed
            .into_iter()
            .flat_map(|(print, copies)| {
                let new = copies.len().saturating_sub(usize::try_from(self.most(print)).unwrap_or(usize::MAX));
                copies.into_iter().take(new)
            })
            .collect();
        news.sort_unstable_by_key(|(place, _)| std::cmp::Reverse(*place));
        news.into_iter().map(|(_, gift)| gift).collect()
    }

    /// Remembers that a gift was delivered.
    pub(super) fn record(&mut self, print: Fingerprint) {
        let seen = self.seen.entry(print).or_default();
        *seen = Seen { most: seen.most.saturating_add(1), answer: self.answers };
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, gifts: &Gifts, most: usize) {
        if !is_shown(gifts) {
            return;
        }
        self.was_shown = true;
        self.answers = self.answers.saturating_add(1);
        let mut listed: BTreeMap<_, u32> = BTreeMap::new();
        for gift in &gifts.recent {
            let copies = listed.entry(Fingerprint::of_gift(gift)).or_default();
            *copies = copies.saturating_add(1);
        }
        // What is shown now must not be forgotten, or it would be new in the next answer.
        let most = most.max(listed.len());
        for (print, copies) in listed {
            let seen = self.seen.entry(print).or_default();
            *seen = Seen { most: seen.most.max(copies), answer: self.answers };
        }
        self.forget_beyond(most);
    }

    /// Forgets beyond so many kinds of gift those that were not shown for longest.
    fn forget_beyond(&mut self, most: usize) {
        if self.seen.len() > most {
            let mut by_age: Vec<_> = self.seen.iter().map(|(print, seen)| (seen.answer, *print)).collect();
            by_age.sort_unstable();
            for (_, print) in by_age.iter().rev().skip(most) {
                self.seen.remove(print);
            }
        }
    }

    /// Keeps at most so many kinds of gift. Where some are forgotten the next list is taken as baseline, for it may show them again.
    pub(super) fn shrink(&mut self, most: usize) {
        if self.seen.len() > most {
            self.forget_beyond(most);
            self.was_shown = false;
            self.starts_quietly = true;
        }
    }

    fn most(&self, print: Fingerprint) -> u32 {
        self.seen.get(&print).map_or(0, |seen| seen.most)
    }
}

/// Whether an answer says which gifts there are. No list beside a count of zero is an empty one; an empty one beside a count above zero
/// says nothing, for both cannot be true.
fn is_shown(gifts: &Gifts) -> bool {
    match gifts.recent.listed() {
        0 if gifts.recent.was_sent() => gifts.count.unwrap_or_default() == 0,
        0 => gifts.count == Some(0),
        _ => true,
    }
}
