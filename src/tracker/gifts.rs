//! Which gifts are new: the best that can be done without ids and instants.

use std::collections::{BTreeMap, VecDeque};

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
    /// What was not shown for longest comes first, to be forgotten first.
    most: VecDeque<(Fingerprint, u32)>,
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
        let most = self.most(print).saturating_add(1);
        self.remember(print, most);
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, gifts: &Gifts, max_num_results: usize) {
        // No list beside a count of zero is an empty list.
        self.was_shown |= gifts.recent.was_sent() || gifts.count == Some(0);
        let mut listed: BTreeMap<_, u32> = BTreeMap::new();
        for gift in &gifts.recent {
            let copies = listed.entry(Fingerprint::of_gift(gift)).or_default();
            *copies = copies.saturating_add(1);
        }
        for (print, copies) in listed {
            self.remember(print, copies.max(self.most(print)));
        }
        self.forget_beyond(max_num_results.saturating_mul(4));
    }

    /// How many kinds of gift are remembered.
    pub(super) fn keys(&self) -> usize {
        self.most.len()
    }

    /// Forgets beyond so many kinds of gift those that were not shown for longest.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        self.most.drain(..self.most.len().saturating_sub(most));
    }

    fn most(&self, print: Fingerprint) -> u32 {
        self.most.iter().find(|(known, _)| *known == print).map_or(0, |(_, most)| *most)
    }

    fn remember(&mut self, print: Fingerprint, most: u32) {
        self.most.retain(|(known, _)| *known != print);
        self.most.push_back((print, most));
    }
}
