//! Gifts, which have neither instant nor id: only more equal ones than ever at once are new, or what the counter tells.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{Oracle, counter::Counter, reading::length};
use crate::property::{
    answer::{Answer, Item},
    history::{Gift, List, NOBODY},
    said::{Said, Which},
};

/// What is known of gifts. How many remain of one is no part of what it is.
#[derive(Default)]
pub(super) struct Gifts {
    /// Every gift, by the most equal ones at once. `None` until an answer shows the list.
    known: Option<Vec<Gift>>,
    /// Those that named nobody before, as they were then.
    named: Vec<Gift>,
    /// How many remained of each in the last answer that was not stale and showed it.
    left: BTreeMap<Gift, Vec<u64>>,
    counter: Counter,
    /// The `now` of the last answer that was not stale.
    last_now: Option<i64>,
}

impl Gifts {
    /// The gifts that nobody knew, which are known from now on. What the first list shows is baseline.
    fn surplus(&mut self, shown: &[Gift], replay: bool) -> Vec<(Gift, Which)> {
        let is_quiet = self.known.is_none() && !replay;
        let known = self.known.get_or_insert_default();
        let mut told = Vec::new();
        for gift in news(known, shown, &mut self.named) {
            told.push((gift, Which::Copy(count(known, gift) + count(&self.named, gift))));
            known.push(gift);
        }
        if is_quiet { Vec::new() } else { told }
    }

    /// How many of each kind were not known by this name.
    fn unknown(&self, shown: &[Gift]) -> BTreeMap<Gift, usize> {
        let known = self.known.as_deref().unwrap_or_default();
        kinds(shown).into_iter().map(|kind| (kind, copies(shown, kind).saturating_sub(count(known, kind)))).collect()
    }

    /// Of which gifts more is left than before, oldest first; the fuller ones of equal gifts are the fuller ones of before, and the fullest those that
    /// were not known.
    fn refilled(&self, shown: &[Gift], unknown: &BTreeMap<Gift, usize>) -> Vec<Gift> {
        let mut refilled = Vec::new();
        for kind in kinds(shown) {
            let before = self.left.get(&kind).into_iter().flatten();
            let is_more = |(place, before): &(usize, &u64)| shown[*place].remaining > **before;
            refilled
                .extend(fullest_first(shown, kind).into_iter().skip(unknown[&kind]).zip(before).filter(is_more).map(|(place, _)| place));
        }
        refilled.sort_unstable();
        refilled.into_iter().map(|place| plain(&shown[place])).collect()
    }

    /// A stale answer tells how many remain only of gifts that it tells of, and where that is not known of all copies.
    fn note_left(&mut self, shown: &[Gift], told: &[(Gift, Which)], is_stale: bool) {
        for kind in kinds(shown) {
            let now = fullest_first(shown, kind).into_iter().map(|place| shown[place].remaining).collect();
            let told = told.iter().filter(|(gift, _)| *gift == kind).count();
            let known = count(self.known.as_deref().unwrap_or_default(), kind);
            let left = self.left.entry(kind).or_default();
            if left.len() + told == known {
                let newest = shown.iter().rev().filter(|gift| plain(gift) == kind).take(told);
                left.extend(newest.map(|gift| gift.remaining));
                left.sort_unstable_by_key(|left| Reverse(*left));
            }
            if !is_stale || left.len() != known {
                *left = now;
            }
        }
    }

    /// Whether the answer shows a gift that no answer showed before.
    pub(super) fn shows_more(&self, answer: &Answer) -> bool {
        shown(answer).is_some_and(|shown| !news(&mut self.known.clone().unwrap_or_default(), &shown, &mut Vec::new()).is_empty())
    }
}

impl Oracle {
    pub(super) fn judge_gifts(&mut self, said: &mut Vec<Said>) {
        let taken = self.answers.last().expect("one was taken");
        let (answer, is_stale) = (&taken.answer, taken.is_stale);
        let shown = shown(answer);
        let gifts = &mut self.gifts;
        let unknown = gifts.unknown(shown.as_deref().unwrap_or_default());
        let mut told: Vec<(Gift, Which)> = shown.iter().flat_map(|shown| gifts.surplus(shown, self.replay)).collect();
        let counter = answer.gifted.filter(|_| !is_stale);
        gifts.counter.read(counter, told.iter().map(|(gift, _)| gift.total).sum());
        // Only an answer that is not stale tells of another purchase by what remains, and without a counter it cannot.
        let refilled = shown.as_deref().filter(|_| !is_stale).map(|shown| gifts.refilled(shown, &unknown)).unwrap_or_default();
        gifts.note_left(shown.as_deref().unwrap_or_default(), &told, is_stale);
        let is_unclear = counter.is_none() && !refilled.is_empty();
        if counter.is_some() {
            told.extend(refilled.into_iter().filter_map(|gift| Some((gift, Which::Counted(gifts.counter.buy(gift.total)?)))));
        }

        let lost = gifts.counter.give_up();
        if lost.is_some() || is_unclear {
            said.push(Said::Gap { list: List::Gifts, since: gifts.last_now, until: answer.now, at_least: lost });
        }
        told.sort();
        said.extend(told.into_iter().map(|(gift, which)| Said::Gift { gift, which }));
        if !is_stale {
            gifts.last_now = Some(answer.now);
        }
    }
}

/// What the list shows, oldest first. Silent: an empty list beside a counter above zero says nothing, and none beside a counter of zero is an empty
/// one.
fn shown(answer: &Answer) -> Option<Vec<Gift>> {
    let items = match (&answer.gifts, answer.gifted.unwrap_or(0)) {
        (Some(items), 1..) if length(items) == 0 => return None,
        (Some(items), _) => items.as_slice(),
        (None, _) if answer.gifted == Some(0) => &[],
        (None, _) => return None,
    };
    Some(items.iter().rev().filter_map(Item::entry).collect())
}

fn plain(gift: &Gift) -> Gift {
    Gift { remaining: 0, ..*gift }
}

fn kinds(shown: &[Gift]) -> Vec<Gift> {
    let mut kinds: Vec<Gift> = shown.iter().map(plain).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The places of equal gifts. Of those of which as many are left the newest comes first.
fn fullest_first(shown: &[Gift], kind: Gift) -> Vec<usize> {
    let mut places: Vec<usize> = (0..shown.len()).rev().filter(|place| plain(&shown[*place]) == kind).collect();
    places.sort_by_key(|place| Reverse(shown[*place].remaining));
    places
}

fn copies(shown: &[Gift], kind: Gift) -> usize {
    shown.iter().filter(|gift| plain(gift) == kind).count()
}

fn count(known: &[Gift], gift: Gift) -> usize {
    known.iter().filter(|known| **known == gift).count()
}

/// The surplus of what is shown. A name that goes or comes is no news; one that comes is kept, and what was known without it is noted in `named`.
fn news(known: &mut [Gift], shown: &[Gift], named: &mut Vec<Gift>) -> Vec<Gift> {
    let mut left: Vec<usize> = (0..known.len()).collect();
    let mut rest: Vec<Gift> = shown.iter().map(plain).collect();
    // Silent: which of several is the one whose name went or came. The oldest, and equal ones go together.
    let first = |gift: &Gift| shown.iter().position(|other| plain(other) == *gift);
    rest.sort_by_key(first);
    let ways: [fn(&Gift, &Gift) -> bool; 3] = [
        |shown, known| shown == known,
        |shown, known| is_same_payment(shown, known) && shown.by == NOBODY,
        |shown, known| is_same_payment(shown, known) && known.by == NOBODY,
    ];
    for is_match in ways {
        rest.retain(|gift| {
            let found = left.iter().position(|index| is_match(gift, &known[*index]));
            let Some(index) = found.map(|found| left.remove(found)) else { return true };
            if known[index].by == NOBODY && gift.by != NOBODY {
                named.push(known[index]);
                known[index].by = gift.by;
            }
            false
        });
    }
    rest
}

fn is_same_payment(one: &Gift, other: &Gift) -> bool {
    (one.total, one.video) == (other.total, other.video)
}
