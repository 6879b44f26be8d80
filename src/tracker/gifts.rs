//! Which gifts are new: the best that can be done without ids and instants.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{unreadable::Unreadable, verdict::Occasion};
use crate::{
    event::Fingerprint,
    snapshot::{GiftedSubs, Gifts, Purchase},
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
    /// How many subscriptions were given, by the highest that the counter ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest: Option<u64>,
    /// How many of them no gift accounts for yet. A counter may rise before its list.
    #[serde(default, skip_serializing_if = "is_zero")]
    owed: u64,
    /// How many were told of in stale answers, before the counter could tell.
    #[serde(default, skip_serializing_if = "is_zero")]
    ahead: u64,
    #[serde(default, skip_serializing_if = "Unreadable::is_default")]
    pub(super) unreadable: Unreadable,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    most: u32,
    /// Which answer showed it last, to tell what was not shown for longest.
    answer: u64,
    /// How many subscriptions of all copies nobody had taken, when it was shown last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remaining: Option<u64>,
    /// A hash of the kind without the name.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    class: u32,
}

/// What a list of gifts means, given what was known before.
#[derive(Debug, Default)]
pub(super) struct GiftVerdict {
    /// The oldest first. The list is taken to be newest first, like the others.
    pub(super) news: Vec<GiftedSubs>,
    /// So many were bought at least that no gift tells of. `Some(None)` where nobody can tell how many.
    pub(super) lost: Option<Option<u64>>,
    /// What is still owed once the news were delivered.
    pub(super) settled: Balance,
}

/// The state of the counter after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Balance {
    highest: Option<u64>,
    owed: u64,
    ahead: u64,
}

/// The equal gifts of one answer.
struct Kind<'a> {
    print: Fingerprint,
    /// With their places, the first listed first.
    copies: Vec<(usize, &'a GiftedSubs)>,
}

impl Kind<'_> {
    fn remaining(&self) -> Option<u64> {
        self.copies.iter().try_fold(0_u64, |sum, (_, gift)| Some(sum.saturating_add(gift.remaining_gifts?)))
    }

    fn newest(&self) -> Option<(usize, &GiftedSubs)> {
        self.copies.first().copied()
    }
}

impl GiftLedger {
    pub(super) fn new(starts_quietly: bool) -> Self {
        Self { starts_quietly, ..Self::default() }
    }

    /// Judges the gifts of an answer.
    pub(super) fn judge(&self, gifts: &Gifts, occasion: Occasion) -> GiftVerdict {
        let is_fresh = occasion != Occasion::Stale;
        let grown = gifts.count.zip(self.highest).map(|(count, highest)| count.saturating_sub(highest));
        let mut balance = Balance { highest: self.highest, owed: self.owed, ahead: self.ahead };
        if is_fresh && gifts.count.is_some() {
            balance.highest = balance.highest.max(gifts.count);
            balance.owed = balance.owed.saturating_add(grown.unwrap_or_default()).saturating_sub(balance.ahead);
            balance.ahead = 0;
        }
        if !is_shown(gifts) || occasion == Occasion::Baseline || (self.starts_quietly && !self.was_shown) {
            // What is there from the start accounts for all that the counter says.
            let is_start = occasion.is_first() || !self.was_shown;
            let owed = if is_start { 0 } else { balance.owed };
            return self.settled_by(is_fresh && gifts.count.is_some(), Balance { owed, ..balance }, Vec::new(), None);
        }
        let kinds = kinds(gifts);
        let mut news = Vec::new();
        for kind in &kinds {
            let new = self.surplus(kind, &kinds);
            news.extend(kind.copies.iter().take(new).enumerate().map(|(nth, (place, gift))| {
                let copy = u32::try_from(kind.copies.len() - 1 - nth).unwrap_or(u32::MAX);
                (*place, (*gift).clone().bought(Purchase::Copy(copy)))
            }));
        }
        let told = news.iter().fold(0_u64, |sum, (_, gift)| sum.saturating_add(size(gift)));
        if is_fresh {
            balance.owed = balance.owed.saturating_sub(told);
        } else {
            balance.ahead = balance.ahead.saturating_add(told);
        }
        let mut is_unclear = false;
        for kind in kinds.iter().filter(|kind| is_fresh && !occasion.is_first() && self.has_more_left(kind)) {
            let Some((place, gift)) = kind.newest() else { continue };
            match gifts.count {
                None => is_unclear = true,
                Some(count) if balance.owed >= size(gift) => {
                    balance.owed -= size(gift);
                    news.push((place, gift.clone().bought(Purchase::Counted(count))));
                }
                Some(_) => {}
            }
        }
        if occasion.is_first() {
            balance.owed = 0;
        }
        news.sort_by_key(|(place, _)| Reverse(*place));
        let lost = if is_unclear { Some(None) } else { None };
        self.settled_by(is_fresh && gifts.count.is_some(), balance, news.into_iter().map(|(_, gift)| gift).collect(), lost)
    }

    /// A counter that rises before its list is given one more answer.
    fn settled_by(&self, counts: bool, mut balance: Balance, news: Vec<GiftedSubs>, lost: Option<Option<u64>>) -> GiftVerdict {
        let overdue = self.owed.min(balance.owed);
        let lost = if counts && overdue > 0 {
            balance.owed -= overdue;
            Some(Some(overdue))
        } else {
            lost
        };
        GiftVerdict { news, lost, settled: balance }
    }

    /// Whether more of a gift is left than when as many were shown last, so that another one was bought.
    fn has_more_left(&self, kind: &Kind<'_>) -> bool {
        let Some(known) = self.seen.get(&kind.print) else { return false };
        let is_same_number = usize::try_from(known.most).is_ok_and(|most| most == kind.copies.len());
        is_same_number && known.remaining.zip(kind.remaining()).is_some_and(|(before, after)| after > before)
    }

    /// How many gifts of a kind there are beyond the most that one answer showed.
    fn surplus(&self, kind: &Kind<'_>, shown: &[Kind<'_>]) -> usize {
        let beyond = |known: u32| kind.copies.len().saturating_sub(usize::try_from(known).unwrap_or(usize::MAX));
        let known = self.most(kind.print);
        if beyond(known) == 0 { 0 } else { beyond(known.saturating_add(self.renamed(kind, shown))) }
    }

    /// How many gifts of a kind are known by another name, or none, that is no longer shown: a name that goes or comes is no news.
    fn renamed(&self, kind: &Kind<'_>, shown: &[Kind<'_>]) -> u32 {
        let Some((_, gift)) = kind.newest() else { return 0 };
        let class = class(gift);
        let nameless = Fingerprint::of_nameless_gift(gift);
        let gone = self.seen.iter().filter(|(print, known)| {
            let fits = if kind.print == nameless { **print != nameless } else { **print == nameless };
            fits && known.class == class && !shown.iter().any(|kind| kind.print == **print)
        });
        gone.fold(0_u32, |sum, (_, known)| sum.saturating_add(known.most))
    }

    /// Remembers that a gift was delivered.
    pub(super) fn record(&mut self, gift: &GiftedSubs) {
        let answer = self.answers;
        let seen = self.seen.entry(Fingerprint::of_gift(gift)).or_default();
        *seen = Seen { answer, class: class(gift), ..*seen };
        match gift.purchase {
            Purchase::Copy(copy) => seen.most = seen.most.max(copy.saturating_add(1)),
            // More of it is left than before by what this answer told, and no longer after it.
            Purchase::Counted(_) => seen.remaining = None,
        }
        // Until the answer is settled, so that the counter is not taken to owe what was told.
        self.ahead = self.ahead.saturating_add(size(gift));
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, gifts: &Gifts, balance: Balance, most: usize, is_stale: bool) {
        (self.highest, self.owed, self.ahead) = (balance.highest, balance.owed, balance.ahead);
        self.unreadable.note(gifts.recent.skipped());
        if !is_shown(gifts) {
            return;
        }
        self.was_shown = true;
        self.answers = self.answers.saturating_add(1);
        let kinds = kinds(gifts);
        // What is shown now must not be forgotten, or it would be new in the next answer.
        let most = most.max(kinds.len());
        for kind in kinds {
            let Some((_, gift)) = kind.newest() else { continue };
            let copies = u32::try_from(kind.copies.len()).unwrap_or(u32::MAX);
            let answer = self.answers;
            let seen = self.seen.entry(kind.print).or_default();
            let remaining = if is_stale { seen.remaining.or(kind.remaining()) } else { kind.remaining().or(seen.remaining) };
            *seen = Seen { most: seen.most.max(copies), answer, remaining, class: class(gift) };
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

fn kinds(gifts: &Gifts) -> Vec<Kind<'_>> {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (place, gift) in gifts.recent.iter().enumerate() {
        kinds.entry(Fingerprint::of_gift(gift)).or_default().push((place, gift));
    }
    kinds.into_iter().map(|(print, copies)| Kind { print, copies }).collect()
}

/// How much the counter grows by a gift.
fn size(gift: &GiftedSubs) -> u64 {
    gift.total_gifts.unwrap_or(1)
}

fn class(gift: &GiftedSubs) -> u32 {
    Fingerprint::of_nameless_gift(gift).low_bits().max(1)
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_zero_u32(number: &u32) -> bool {
    *number == 0
}
