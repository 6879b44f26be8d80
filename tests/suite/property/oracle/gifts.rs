//! Gifts, which have neither instant nor id: only more equal ones than ever at once are new, or what the counter tells.

use std::collections::BTreeMap;

use super::{Oracle, Said, Which, length};
use crate::property::{
    answer::{Answer, Item},
    history::{Gift, List, NOBODY},
};

/// What is known of gifts. How many remain of one is no part of what it is.
#[derive(Default)]
pub(super) struct Gifts {
    /// Every gift, by the most equal ones at once. `None` until an answer shows the list.
    known: Option<Vec<Gift>>,
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
    /// Whether the answer shows a gift that no answer showed before.
    pub(super) fn shows_more(&self, answer: &Answer) -> bool {
        shown(answer).is_some_and(|shown| !news(&mut self.known.clone().unwrap_or_default(), &shown).is_empty())
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
        let mut is_unclear = false;
        if let Some(shown) = &shown {
            let is_quiet = gifts.known.is_none() && !self.replay;
            let known = gifts.known.get_or_insert_default();
            let new = news(known, shown);
            for gift in &new {
                let copy = count(known, *gift);
                known.push(*gift);
                if !is_quiet {
                    told.push((*gift, Which::Copy(copy)));
                }
            }
            if !is_stale {
                let mut budget = match (counter, gifts.highest) {
                    (Some(counter), Some(highest)) => Some(gifts.owed + counter.saturating_sub(highest)),
                    _ => None,
                };
                let new: u64 = told.iter().map(|(gift, _)| gift.total).sum();
                budget = budget.map(|budget| budget.saturating_sub(new + gifts.credit));
                for gift in kinds(shown) {
                    let left = remaining(shown, gift);
                    let before = gifts.left.insert(gift, left.clone()).unwrap_or_default();
                    for _ in left.iter().zip(&before).filter(|(left, before)| left > before) {
                        match (budget, counter) {
                            (Some(rest), Some(counter)) if rest >= gift.total => {
                                budget = Some(rest - gift.total);
                                told.push((gift, Which::Counted(counter)));
                            }
                            (Some(_), _) => {}
                            (None, _) => is_unclear = true,
                        }
                    }
                }
            }
        }
        let sum: u64 = told.iter().map(|(gift, _)| gift.total).sum();
        let mut still_owed = 0;
        if let Some(counter) = counter {
            // What is told pays what was owed first.
            let mut paid = gifts.credit + sum;
            still_owed = gifts.owed.saturating_sub(paid);
            paid = paid.saturating_sub(gifts.owed);
            let grown = counter.saturating_sub(gifts.highest.unwrap_or(counter));
            gifts.highest = gifts.highest.max(Some(counter));
            gifts.owed = grown.saturating_sub(paid);
            gifts.credit = paid.saturating_sub(grown).min(sum);
        } else {
            gifts.credit += sum;
        }
        if still_owed > 0 || is_unclear {
            let at_least = (still_owed > 0).then_some(still_owed);
            said.push(Said::Gap { list: List::Gifts, since: gifts.last_now, until: now, at_least });
        }
        told.sort();
        said.extend(told.into_iter().map(|(gift, which)| Said::Gift { gift, which }));
        if !is_stale {
            gifts.last_now = Some(now);
        }
    }
}

/// What the list shows. An empty one beside a count above zero says nothing.
fn shown(answer: &Answer) -> Option<Vec<Gift>> {
    let items = answer.gifts.as_ref().filter(|items| length(items) > 0 || answer.gifted.unwrap_or(0) == 0)?;
    let mut shown: Vec<Gift> = items.iter().filter_map(Item::entry).collect();
    shown.reverse();
    Some(shown)
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

/// How many remain of each of the equal ones, the most first.
fn remaining(shown: &[Gift], kind: Gift) -> Vec<u64> {
    let mut remaining: Vec<u64> = shown.iter().filter(|gift| plain(gift) == kind).map(|gift| gift.remaining).collect();
    remaining.sort_unstable_by(|one, other| other.cmp(one));
    remaining
}

fn count(known: &[Gift], gift: Gift) -> usize {
    known.iter().filter(|known| **known == gift).count()
}

/// The surplus of what is shown. A name that goes or comes is no news; one that comes is kept.
fn news(known: &mut [Gift], shown: &[Gift]) -> Vec<Gift> {
    let mut left: Vec<usize> = (0..known.len()).collect();
    let mut rest: Vec<Gift> = shown.iter().map(plain).collect();
    let is_same_payment = |one: &Gift, other: &Gift| (one.total, one.video) == (other.total, other.video);
    for way in 0..3 {
        rest.retain(|gift| {
            let is_match = |known: &Gift| match way {
                0 => known == gift,
                1 => is_same_payment(known, gift) && gift.by == NOBODY,
                _ => is_same_payment(known, gift) && known.by == NOBODY,
            };
            let Some(found) = left.iter().position(|index| is_match(&known[*index])) else { return true };
            let index = left.remove(found);
            if known[index].by == NOBODY {
                known[index].by = gift.by;
            }
            false
        });
    }
    rest
}
