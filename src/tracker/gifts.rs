//! Decides which gifts are new, as well as that is possible without ids and
//! instants.
//!
//! A gift is what it is made of: who gave it, on which livestream, of which
//! type, and how many. Gifts that agree in all of that are copies of one kind.
//! Two things make a gift news:
//!
//! - An answer shows more copies of its kind than any answer before. A copy
//!   that only lost or got its name does not count.
//! - More of a copy remain than before, and the counter has grown by at least
//!   as many. Then somebody has bought the same again, in the same entry. It
//!   takes both, because gifts may be given back.
//!
//! What the counter says beyond that is in `balance`: gifts that no answer has
//! listed are lost, and a gap says so.
//!
//! No gift has a stamp, so there is no floor. A kind is remembered until too
//! many others have been shown since; its gifts would then be news again.

use std::{cmp::Reverse, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{
    balance::{Balance, Tally},
    unreadable::Unreadable,
    verdict::Occasion,
};
use crate::{
    event::Fingerprint,
    snapshot::{GiftedSubs, Gifts, Purchase},
};

/// A checkpoint that must be cut does not keep what remains of each gift if
/// there are more equal gifts than this.
const MOST_COPIES: usize = 16;

/// For each kind of gift (who, where, which type, how many), the most that one
/// answer showed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct GiftLedger {
    was_shown: bool,
    /// Whether the first list shown is the baseline, whichever answer it comes
    /// in.
    starts_quietly: bool,
    /// How many answers showed a list.
    answers: u64,
    seen: BTreeMap<Fingerprint, Seen>,
    #[serde(flatten)]
    balance: Balance,
    #[serde(default, skip_serializing_if = "Unreadable::is_default")]
    pub(super) unreadable: Unreadable,
}

/// What is known about the gifts of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Seen {
    /// The most that one answer showed, without those known under another name.
    most: u32,
    /// How many of them were nameless then and are known under a name now.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    named: u32,
    /// Which answer showed it last, to find the kind that was not shown for
    /// longest.
    answer: u64,
    /// The remaining subscriptions of each copy when it was last shown, the
    /// most first. Empty if not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remaining: Vec<u64>,
    /// A hash of the kind without its name.
    #[serde(default, skip_serializing_if = "is_zero_u32")]
    class: u32,
}

impl Seen {
    /// Whether it is known for each copy how much remains.
    fn knows_what_remains(&self) -> bool {
        as_u32(self.remaining.len()) == self.most.saturating_sub(self.named)
    }
}

/// What a list of gifts means, given the memory.
#[derive(Debug, Default)]
pub(super) struct GiftVerdict {
    /// The oldest first. The list is assumed to be newest first, like the
    /// others.
    pub(super) news: Vec<GiftedSubs>,
    pub(super) lost: Option<LostGifts>,
    pub(super) outcome: GiftOutcome,
    /// Whether it shows a gift that no answer showed before.
    pub(super) shows_unseen: bool,
}

/// What else to remember about the gifts of an answer, once all of it was
/// delivered.
#[derive(Clone, Debug, Default)]
pub(super) struct GiftOutcome {
    /// The balance once the news were delivered.
    balance: Balance,
    /// How many gifts of which nameless kinds got their name.
    named: Vec<(Fingerprint, u32)>,
}

/// Subscriptions were bought that no gift accounts for.
#[derive(Clone, Copy, Debug)]
pub(super) enum LostGifts {
    AtLeast(u64),
    /// An unknown number.
    Some,
}

impl LostGifts {
    /// The number for a gap. `None` if it is not known.
    pub(super) fn at_least(self) -> Option<u64> {
        match self {
            Self::AtLeast(number) => Some(number),
            Self::Some => None,
        }
    }
}

/// The equal gifts of one answer.
struct Kind<'a> {
    print: Fingerprint,
    /// Each with its place, the first listed first.
    copies: Vec<(usize, &'a GiftedSubs)>,
    /// How many are known so far.
    most: u32,
    /// How many are not known under this name.
    unknown: u32,
    /// How many of those are not known under another name either.
    beyond: u32,
    /// How many are known as this nameless kind.
    got_their_name: Option<(Fingerprint, u32)>,
}

impl<'a> Kind<'a> {
    /// The copies by what remains of them, the most first. Empty if one of them
    /// does not say.
    fn by_remaining(&self) -> Vec<(u64, usize, &'a GiftedSubs)> {
        let all: Option<Vec<_>> = self.copies.iter().map(|(place, gift)| Some((gift.remaining_gifts?, *place, *gift))).collect();
        let mut copies = all.unwrap_or_default();
        copies.sort_by_key(|(remaining, ..)| Reverse(*remaining));
        copies
    }

    /// The new copies, with their places. Their numbers continue after the
    /// known ones.
    fn news(&self) -> impl Iterator<Item = (usize, GiftedSubs)> {
        let known = self.most.saturating_add(self.got_their_name.map_or(0, |(_, renamed)| renamed));
        let numbers = (known..known.saturating_add(self.beyond)).rev();
        self.copies.iter().zip(numbers).map(|((place, gift), number)| (*place, (*gift).clone().bought(Purchase::Copy(number))))
    }

    /// The copy that is listed first. All copies agree in what makes a kind.
    fn newest(&self) -> Option<&'a GiftedSubs> {
        self.copies.first().map(|(_, gift)| *gift)
    }
}

impl GiftLedger {
    /// A memory without any gifts.
    pub(super) fn new(starts_quietly: bool) -> Self {
        Self { starts_quietly, ..Self::default() }
    }

    /// Judges the gifts of an answer.
    ///
    /// The counter of a stale answer is ignored, and so is what remains of a
    /// gift there. In a baseline, or in the first list that comes if
    /// `starts_quietly`, nothing is news. Without a counter a gift of which
    /// more remain cannot be told from one that was given back, so it becomes a
    /// gap of unknown size.
    pub(super) fn judge(&self, gifts: &Gifts, occasion: Occasion) -> GiftVerdict {
        let is_fresh = occasion != Occasion::Stale;
        let counter = gifts.count.filter(|_| is_fresh);
        let mut tally = Tally::new(self.balance);
        if let Some(count) = counter {
            tally.grow(count);
        }
        let is_quiet = occasion == Occasion::Baseline || (self.starts_quietly && !self.was_shown);
        let mut kinds = if is_shown(gifts) { self.kinds(gifts) } else { Vec::new() };
        let shows_unseen = kinds.iter().any(|kind| kind.beyond > 0);
        let named = kinds.iter().filter_map(|kind| kind.got_their_name).collect();
        if is_quiet {
            kinds.clear();
        }
        let mut news: Vec<_> = kinds.iter().flat_map(Kind::news).collect();
        tally.pay(news.iter().map(|(_, gift)| size(gift)).fold(0, u64::saturating_add), counter);
        let mut is_unclear = false;
        if is_fresh && !occasion.is_first() {
            let mut refilled: Vec<_> = kinds.iter().flat_map(|kind| self.refilled(kind)).collect();
            refilled.sort_by_key(|(place, _)| Reverse(*place));
            for (place, gift) in refilled {
                if counter.is_none() {
                    is_unclear = true;
                } else if let Some(count) = tally.buy(size(gift)) {
                    news.push((place, gift.clone().bought(Purchase::Counted(count))));
                }
            }
        }
        news.sort_by_key(|(place, _)| Reverse(*place));
        let (balance, overdue) = tally.close(counter);
        let lost = overdue.map(LostGifts::AtLeast).or(is_unclear.then_some(LostGifts::Some));
        GiftVerdict { news: news.into_iter().map(|(_, gift)| gift).collect(), lost, outcome: GiftOutcome { balance, named }, shows_unseen }
    }

    /// Groups the gifts of an answer by kind.
    fn kinds<'a>(&self, gifts: &'a Gifts) -> Vec<Kind<'a>> {
        let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, gift) in gifts.recent.iter().enumerate() {
            kinds.entry(Fingerprint::of_gift(gift)).or_default().push((place, gift));
        }
        let mut kinds: Vec<_> = kinds
            .into_iter()
            .map(|(print, copies)| {
                let (most, named) = self.seen.get(&print).map_or((0, 0), |seen| (seen.most, seen.named));
                let beyond = as_u32(copies.len()).saturating_sub(most.saturating_sub(named));
                Kind { print, copies, most, unknown: beyond, beyond, got_their_name: None }
            })
            .collect();
        self.find_names_that_went_or_came(&mut kinds);
        kinds
    }

    /// A name that goes or comes does not make a gift new. A gift without a
    /// name counts as a known one of the same size, type and livestream that is
    /// no longer shown under its name, and vice versa. The oldest goes first.
    fn find_names_that_went_or_came(&self, kinds: &mut [Kind<'_>]) {
        let shown: BTreeMap<_, _> = kinds.iter().map(|kind| (kind.print, as_u32(kind.copies.len()))).collect();
        let mut taken: BTreeMap<Fingerprint, u32> = BTreeMap::new();
        let mut candidates: Vec<_> = kinds.iter_mut().filter(|kind| kind.beyond > 0).collect();
        candidates.sort_by_key(|kind| Reverse(kind.copies.last().map(|(place, _)| *place)));
        for kind in candidates {
            let Some(gift) = kind.newest() else { continue };
            let nameless = Fingerprint::of_nameless_gift(gift);
            let has_name = kind.print != nameless;
            let class = class(gift);
            let others =
                self.seen.iter().filter(|(print, seen)| seen.class == class && **print != kind.print && (!has_name || **print == nameless));
            for (print, seen) in others {
                let gone = seen.most.saturating_sub(seen.named).saturating_sub(shown.get(print).copied().unwrap_or_default());
                let taken = taken.entry(*print).or_default();
                let renamed = gone.saturating_sub(*taken).min(kind.beyond);
                *taken += renamed;
                kind.beyond -= renamed;
                if has_name && renamed > 0 {
                    kind.got_their_name = Some((*print, renamed));
                }
            }
        }
    }

    /// The gifts of a kind of which more remains than before, so another one
    /// was bought. The fullest copies count as the unknown ones.
    fn refilled<'a>(&self, kind: &Kind<'a>) -> impl Iterator<Item = (usize, &'a GiftedSubs)> {
        let before = self.seen.get(&kind.print).map(|seen| seen.remaining.clone()).unwrap_or_default();
        kind.by_remaining()
            .into_iter()
            .skip(kind.unknown.try_into().unwrap_or(usize::MAX))
            .zip(before)
            .filter(|((after, ..), before)| after > before)
            .map(|((_, place, gift), _)| (place, gift))
    }

    /// Remembers that a gift was delivered. By its purchase, it is either one
    /// more copy of its kind, or a known copy of which more remain now.
    pub(super) fn record(&mut self, gift: &GiftedSubs) {
        let seen = self.seen.entry(Fingerprint::of_gift(gift)).or_default();
        (seen.answer, seen.class) = (self.answers, class(gift));
        match gift.purchase {
            Purchase::Copy(copy) => {
                if let Some(remaining) = gift.remaining_gifts.filter(|_| seen.knows_what_remains()) {
                    seen.remaining.push(remaining);
                    seen.remaining.sort_unstable_by_key(|remaining| Reverse(*remaining));
                }
                seen.most = seen.most.max(copy.saturating_add(1));
            }
            Purchase::Counted(_) | Purchase::Announced(_) => {
                let after = gift.remaining_gifts.unwrap_or_default();
                if let Some(before) = seen.remaining.iter_mut().find(|before| **before < after) {
                    *before = after;
                }
            }
        }
        // Until the answer is settled, so the counter does not seem to owe what was yielded.
        self.balance.tell(size(gift));
    }

    /// Remembers the rest of an answer, once all of it was delivered: the
    /// balance, all copies that are shown, and what remains of each. At most
    /// `most` kinds are kept, but never fewer than this answer shows.
    pub(super) fn settle(&mut self, gifts: &Gifts, outcome: GiftOutcome, most: usize, is_stale: bool) {
        let GiftOutcome { balance, named } = outcome;
        self.balance = balance;
        self.unreadable.note(gifts.recent.skipped());
        if !is_shown(gifts) {
            return;
        }
        self.was_shown = true;
        self.answers = self.answers.saturating_add(1);
        let kinds = self.kinds(gifts);
        // Kinds shown now must not be forgotten, or they would be new in the next answer.
        let most = most.max(kinds.len());
        for kind in kinds {
            let Some(gift) = kind.newest() else { continue };
            let remaining: Vec<_> = kind.by_remaining().into_iter().map(|(remaining, ..)| remaining).collect();
            let mut more = kind.beyond;
            if let Some((_, renamed)) = kind.got_their_name {
                more = more.saturating_add(renamed);
            }
            let seen = self.seen.entry(kind.print).or_default();
            seen.most = seen.most.saturating_add(more);
            (seen.answer, seen.class) = (self.answers, class(gift));
            if !remaining.is_empty() && (!is_stale || !seen.knows_what_remains()) {
                seen.remaining = remaining;
            }
        }
        for (print, renamed) in named {
            if let Some(nameless) = self.seen.get_mut(&print) {
                nameless.named = nameless.named.saturating_add(renamed).min(nameless.most);
            }
        }
        self.forget_beyond(most);
    }

    /// Keeps at most this many kinds of gift, and forgets those that were not
    /// shown for longest.
    fn forget_beyond(&mut self, most: usize) {
        if self.seen.len() > most {
            let mut by_age: Vec<_> = self.seen.iter().map(|(print, seen)| (seen.answer, *print)).collect();
            by_age.sort_unstable();
            for (_, print) in by_age.iter().rev().skip(most) {
                self.seen.remove(print);
            }
        }
    }

    /// The most bytes that the kinds of gift take in a checkpoint.
    pub(super) fn bytes(&self) -> usize {
        // A hash of 32 hex digits, three numbers and their names, and a number for each copy.
        let copies: usize = self.seen.values().map(|seen| seen.remaining.len()).sum();
        self.seen.len().saturating_mul(150).saturating_add(copies.saturating_mul(21))
    }

    /// Keeps at most this many kinds of gift. If some are forgotten, the next
    /// list is a baseline, because it may show them again.
    pub(super) fn shrink(&mut self, most: usize) {
        for seen in self.seen.values_mut().filter(|seen| seen.remaining.len() > MOST_COPIES) {
            seen.remaining.clear();
        }
        if self.seen.len() > most {
            self.forget_beyond(most);
            self.was_shown = false;
            self.starts_quietly = true;
        }
    }
}

/// How much the counter grows by a gift.
fn size(gift: &GiftedSubs) -> u64 {
    gift.total_gifts.unwrap_or(1).max(1)
}

fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A hash of a kind without its name. Never zero, which stands for a memory of
/// a version that kept none.
fn class(gift: &GiftedSubs) -> u32 {
    Fingerprint::of_nameless_gift(gift).low_bits().max(1)
}

/// Whether an answer shows the gifts. A missing list next to a count of zero
/// counts as empty. An empty list next to a higher count says nothing, because
/// both cannot be true.
fn is_shown(gifts: &Gifts) -> bool {
    match gifts.recent.listed() {
        0 if gifts.recent.was_sent() => gifts.count.unwrap_or_default() == 0,
        0 => gifts.count == Some(0),
        _ => true,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over the field by reference")]
fn is_zero_u32(number: &u32) -> bool {
    *number == 0
}
