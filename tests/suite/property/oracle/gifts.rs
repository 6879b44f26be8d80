//! Gifts, which have neither instant nor id: only more equal ones than ever at once are new, or what the counter tells.

use std::{cmp::Reverse, collections::BTreeMap, mem};

use super::{Oracle, reading::length};
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
    /// The highest that the counter ever was.
    highest: Option<u64>,
    /// By how much the counter had grown more than was told when it was last read.
    owed: u64,
    /// What was told since then, or then and more than the counter grew: a counter may lag for an answer.
    credit: u64,
    last_now: Option<i64>,
}

impl Gifts {
    /// Of which gifts more is left than before, oldest first; the fuller ones of equal gifts are the fuller ones of before.
    fn refilled(&self, shown: &[Gift]) -> Vec<Gift> {
        let mut refilled = Vec::new();
        for kind in kinds(shown) {
            let before = self.left.get(&kind).into_iter().flatten();
            let is_more = |(place, before): &(usize, &u64)| shown[*place].remaining > **before;
            refilled.extend(fullest_first(shown, kind).into_iter().zip(before).filter(is_more).map(|(place, _)| place));
        }
        refilled.sort_unstable();
        refilled.into_iter().map(|place| plain(&shown[place])).collect()
    }

    /// A stale answer tells how many remain only of gifts of which that is not known.
    fn note_left(&mut self, shown: &[Gift], is_stale: bool) {
        for kind in kinds(shown) {
            let left = fullest_first(shown, kind).into_iter().map(|place| shown[place].remaining).collect();
            if is_stale {
                self.left.entry(kind).or_insert(left);
            } else {
                self.left.insert(kind, left);
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
        let (counter, now) = (answer.gifted.filter(|_| !is_stale), answer.now);
        let shown = shown(answer);
        let gifts = &mut self.gifts;

        let mut told = Vec::new();
        if let Some(shown) = &shown {
            let is_quiet = gifts.known.is_none() && !self.replay;
            let known = gifts.known.get_or_insert_default();
            for gift in news(known, shown, &mut gifts.named) {
                let copy = count(known, gift) + count(&gifts.named, gift);
                known.push(gift);
                if !is_quiet {
                    told.push((gift, Which::Copy(copy)));
                }
            }
        }
        // What is told pays what was owed first. The first counter counts all that the list shows with it.
        let is_first = gifts.highest.is_none();
        let overdue = gifts.owed;
        let grown = counter.zip(gifts.highest).map_or(0, |(counter, highest)| counter.saturating_sub(highest));
        gifts.highest = gifts.highest.max(counter);
        gifts.owed += grown;
        let mut paid = sum(&told);
        if counter.is_some() {
            let credit = mem::take(&mut gifts.credit);
            gifts.owed = gifts.owed.saturating_sub(credit);
            gifts.credit = if is_first { 0 } else { paid.saturating_sub(gifts.owed) };
            gifts.owed = gifts.owed.saturating_sub(paid);
            paid += credit;
        } else {
            gifts.credit += paid;
        }
        let mut is_unclear = false;
        if let Some(shown) = shown {
            let refilled = if is_stale { Vec::new() } else { gifts.refilled(&shown) };
            gifts.note_left(&shown, is_stale);
            for gift in refilled {
                if counter.is_none() {
                    is_unclear = true;
                } else if let Some(highest) = gifts.highest.filter(|_| gifts.owed >= gift.total) {
                    // Bought one after another, each takes the counter to another value.
                    told.push((gift, Which::Counted(highest - gifts.owed + gift.total)));
                    gifts.owed -= gift.total;
                    paid += gift.total;
                }
            }
        }
        // A counter that rises before its list is given one more answer.
        let lost = if counter.is_some() { overdue.saturating_sub(paid) } else { 0 };
        gifts.owed -= lost;
        if lost > 0 || is_unclear {
            said.push(Said::Gap { list: List::Gifts, since: gifts.last_now, until: now, at_least: (lost > 0).then_some(lost) });
        }
        told.sort();
        said.extend(told.into_iter().map(|(gift, which)| Said::Gift { gift, which }));
        if !is_stale {
            gifts.last_now = Some(now);
        }
    }
}

fn sum(told: &[(Gift, Which)]) -> u64 {
    told.iter().map(|(gift, _)| gift.total).sum()
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
    let is_same_payment = |one: &Gift, other: &Gift| (one.total, one.video) == (other.total, other.video);
    let is_same = |shown: &Gift, known: &Gift| shown == known;
    let lost_its_name = |shown: &Gift, known: &Gift| is_same_payment(shown, known) && shown.by == NOBODY;
    let got_a_name = |shown: &Gift, known: &Gift| is_same_payment(shown, known) && known.by == NOBODY;
    let ways: [&dyn Fn(&Gift, &Gift) -> bool; 3] = [&is_same, &lost_its_name, &got_a_name];
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
