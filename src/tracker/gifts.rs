//! Which gifts are new: the best that can be done without ids and instants.

use std::{cmp::Reverse, collections::BTreeMap, mem};

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
    #[serde(flatten)]
    balance: Balance,
    #[serde(default, skip_serializing_if = "Unreadable::is_default")]
    pub(super) unreadable: Unreadable,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    most: u32,
    /// Which answer showed it last, to tell what was not shown for longest.
    answer: u64,
    /// How many subscriptions of each copy nobody had taken when it was shown last; the most first. Empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remaining: Vec<u64>,
    /// A hash of the kind without the name.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    class: u32,
}

/// What a list of gifts means, given what was known before.
#[derive(Debug, Default)]
pub(super) struct GiftVerdict {
    /// The oldest first. The list is taken to be newest first, like the others.
    pub(super) news: Vec<GiftedSubs>,
    pub(super) lost: Option<LostGifts>,
    /// What is still owed once the news were delivered.
    pub(super) settled: Balance,
}

/// Subscriptions were bought that no gift tells of.
#[derive(Clone, Copy, Debug)]
pub(super) enum LostGifts {
    AtLeast(u64),
    /// Nobody can tell how many.
    Some,
}

impl LostGifts {
    pub(super) fn at_least(self) -> Option<u64> {
        match self {
            Self::AtLeast(number) => Some(number),
            Self::Some => None,
        }
    }
}

/// What the counter says, less what is told. Either may be ahead of the other by one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Balance {
    /// How many subscriptions were given, by the highest that the counter ever was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    highest: Option<u64>,
    /// How many of them no gift accounts for yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    owed: u64,
    /// How many were told of that the counter does not count yet.
    #[serde(default, skip_serializing_if = "is_zero")]
    ahead: u64,
}

/// The balance while an answer is judged.
struct Account {
    balance: Balance,
    /// What of it was owed by the answer before already.
    overdue: u64,
}

impl Account {
    /// The counter has risen to this.
    fn grow(&mut self, count: u64) {
        let grown = self.balance.highest.map_or(0, |highest| count.saturating_sub(highest));
        self.balance.highest = self.balance.highest.max(Some(count));
        self.balance.owed = self.balance.owed.saturating_add(grown);
        let ahead = mem::take(&mut self.balance.ahead);
        self.settle(ahead);
    }

    /// So many more are told of. Without a counter nobody can tell yet what they account for.
    fn pay(&mut self, told: u64, counter: Option<u64>) {
        if self.balance.highest.is_none() {
            return;
        }
        let beyond = if counter.is_some() { self.settle(told) } else { told };
        self.balance.ahead = self.balance.ahead.saturating_add(beyond);
    }

    /// Pays for one of this size, if the counter has grown by so much. Returns what it had risen to with that one.
    fn buy(&mut self, size: u64) -> Option<u64> {
        let before = self.balance.highest?.saturating_sub(self.balance.owed);
        (self.balance.owed >= size).then(|| {
            self.settle(size);
            before.saturating_add(size)
        })
    }

    /// Takes so many off what is owed, the oldest first. Returns how many there are beyond that.
    fn settle(&mut self, told: u64) -> u64 {
        self.overdue = self.overdue.saturating_sub(told);
        let beyond = told.saturating_sub(self.balance.owed);
        self.balance.owed = self.balance.owed.saturating_sub(told);
        beyond
    }

    /// What a second answer running owes is taken as lost. A counter that rises before its list is given one more answer.
    fn close(mut self, counter: Option<u64>, news: Vec<GiftedSubs>, is_unclear: bool) -> GiftVerdict {
        let overdue = self.overdue;
        let is_overdue = counter.is_some() && overdue > 0;
        if is_overdue {
            self.settle(overdue);
        }
        let lost = if is_overdue { Some(LostGifts::AtLeast(overdue)) } else { is_unclear.then_some(LostGifts::Some) };
        GiftVerdict { news, lost, settled: self.balance }
    }
}

/// The equal gifts of one answer.
struct Kind<'a> {
    print: Fingerprint,
    /// With their places, the first listed first.
    copies: Vec<(usize, &'a GiftedSubs)>,
}

impl<'a> Kind<'a> {
    /// The copies by how much nobody has taken of them, the most first; none where one does not say so.
    fn by_remaining(&self) -> Vec<(u64, usize, &'a GiftedSubs)> {
        let all: Option<Vec<_>> = self.copies.iter().map(|(place, gift)| Some((gift.remaining_gifts?, *place, *gift))).collect();
        let mut copies = all.unwrap_or_default();
        copies.sort_by_key(|(remaining, ..)| Reverse(*remaining));
        copies
    }

    fn newest(&self) -> Option<&'a GiftedSubs> {
        self.copies.first().map(|(_, gift)| *gift)
    }
}

impl GiftLedger {
    pub(super) fn new(starts_quietly: bool) -> Self {
        Self { starts_quietly, ..Self::default() }
    }

    /// Judges the gifts of an answer.
    pub(super) fn judge(&self, gifts: &Gifts, occasion: Occasion) -> GiftVerdict {
        let is_fresh = occasion != Occasion::Stale;
        let counter = gifts.count.filter(|_| is_fresh);
        let mut account = Account { balance: self.balance, overdue: self.balance.owed };
        if let Some(count) = counter {
            account.grow(count);
        }
        let is_quiet = occasion == Occasion::Baseline || (self.starts_quietly && !self.was_shown);
        if !is_shown(gifts) || is_quiet {
            return account.close(counter, Vec::new(), false);
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
        // The first counter counts what the first list shows.
        if !occasion.is_first() {
            account.pay(news.iter().map(|(_, gift)| size(gift)).fold(0, u64::saturating_add), counter);
        }
        let mut is_unclear = false;
        if is_fresh && !occasion.is_first() {
            let mut refilled: Vec<_> = kinds.iter().flat_map(|kind| self.refilled(kind)).collect();
            refilled.sort_by_key(|(place, _)| Reverse(*place));
            for (place, gift) in refilled {
                if counter.is_none() {
                    is_unclear = true;
                } else if let Some(count) = account.buy(size(gift)) {
                    news.push((place, gift.clone().bought(Purchase::Counted(count))));
                }
            }
        }
        news.sort_by_key(|(place, _)| Reverse(*place));
        account.close(counter, news.into_iter().map(|(_, gift)| gift).collect(), is_unclear)
    }

    /// The gifts of a kind of which more is left than before, so that another one was bought.
    fn refilled<'a>(&self, kind: &Kind<'a>) -> impl Iterator<Item = (usize, &'a GiftedSubs)> {
        let before = self.seen.get(&kind.print).map(|seen| seen.remaining.clone()).unwrap_or_default();
        kind.by_remaining()
            .into_iter()
            .zip(before)
            .filter(|((after, ..), before)| after > before)
            .map(|((_, place, gift), _)| (place, gift))
    }

    /// How many gifts of a kind there are beyond the most that one answer showed.
    fn surplus(&self, kind: &Kind<'_>, shown: &[Kind<'_>]) -> usize {
        let beyond = |known: u32| kind.copies.len().saturating_sub(usize::try_from(known).unwrap_or(usize::MAX));
        let known = self.most(kind.print);
        if beyond(known) == 0 { 0 } else { beyond(known.saturating_add(self.renamed(kind, shown))) }
    }

    /// How many gifts of a kind are known by another name, or none, that is no longer shown: a name that goes or comes is no news.
    fn renamed(&self, kind: &Kind<'_>, shown: &[Kind<'_>]) -> u32 {
        let Some(gift) = kind.newest() else { return 0 };
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
        let seen = self.seen.entry(Fingerprint::of_gift(gift)).or_default();
        (seen.answer, seen.class) = (self.answers, class(gift));
        match gift.purchase {
            Purchase::Copy(copy) => seen.most = seen.most.max(copy.saturating_add(1)),
            Purchase::Counted(_) => {
                let after = gift.remaining_gifts.unwrap_or_default();
                if let Some(before) = seen.remaining.iter_mut().find(|before| **before < after) {
                    *before = after;
                }
            }
        }
        // Until the answer is settled, so that the counter is not taken to owe what was told.
        self.balance.ahead = self.balance.ahead.saturating_add(size(gift));
    }

    /// Remembers the rest of an answer, once all of it was delivered.
    pub(super) fn settle(&mut self, gifts: &Gifts, balance: Balance, most: usize, is_stale: bool) {
        self.balance = balance;
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
            let Some(gift) = kind.newest() else { continue };
            let copies = u32::try_from(kind.copies.len()).unwrap_or(u32::MAX);
            let remaining: Vec<_> = kind.by_remaining().into_iter().map(|(remaining, ..)| remaining).collect();
            let seen = self.seen.entry(kind.print).or_default();
            seen.most = seen.most.max(copies);
            (seen.answer, seen.class) = (self.answers, class(gift));
            if !remaining.is_empty() && (!is_stale || seen.remaining.is_empty()) {
                seen.remaining = remaining;
            }
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

    /// How many bytes the kinds of gift take in a checkpoint, at most.
    pub(super) fn bytes(&self) -> usize {
        // A hash of 32 hex digits, three numbers and their names; and a number for each copy.
        let copies: usize = self.seen.values().map(|seen| seen.remaining.len()).sum();
        self.seen.len().saturating_mul(150).saturating_add(copies.saturating_mul(21))
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
