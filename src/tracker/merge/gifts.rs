//! Merges gifts from two sources. Each is yielded once, whichever source has it
//! first.
//!
//! A gift has no id that both sources know, so two are taken for the same if
//! they are of the same size and by the same name, and the one from polls is
//! not older. What one source has shown is remembered until the other has shown
//! it, and is forgotten if that has had its time: polls show a gift within two
//! answers or never. A gift never waits here. Which source is first decides
//! only about the id of the event.
//!
//! The live chat may announce one gift twice, by an event and by a message, in
//! this order. The event is yielded, and the message recognised by a memory of
//! its own.

use serde::{Deserialize, Serialize};

use super::row::{REACH, name};
use crate::snapshot::{Author, GiftedSubs};

/// If any poll shows a gift of the live chat, one of this many newer answers
/// does.
const ANSWERS: u8 = 2;
/// An answer at most this much newer than the last one before the gift may come
/// from a cache.
const CACHED_SECONDS: i64 = 10;
/// How much later than polls the live chat may show a gift.
pub(super) const LAG_SECONDS: i64 = 30;
/// How many gifts are remembered that only the live chat has shown, and how
/// many that only polls have.
const MOST_HEARD: usize = 64;
const MOST_POLLED: usize = 16;

/// The recent gifts that only one source has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct GiftPairs(Vec<OneSided>);

/// A gift that one source has shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct OneSided {
    /// Hashes of the user's own name, and of the channel that the user speaks
    /// as.
    names: [u64; 2],
    /// How many subscriptions.
    total: Option<u64>,
    shown: Shown,
}

/// Which source has shown it, and when, by the clock of the polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Shown {
    /// The live chat has shown it. Polls show it soon, or never.
    Heard {
        /// When it was bought, or the earliest time at which it may have been.
        bought: i64,
        /// The server's clock in the newest answer before it.
        since: i64,
        /// How many answers since then are new enough to show it.
        answers: u8,
        /// Whether the polls' counter already includes it, before or instead of
        /// their list.
        #[serde(default)]
        is_counted: bool,
    },
    /// A poll with this `now` has shown it. The live chat shows it as soon as
    /// it is open.
    Polled { now: i64 },
    /// The live chat has announced it without a message. A message may announce
    /// it once more.
    Announced { bought: i64 },
}

/// A change of the remembered gifts.
#[derive(Clone, Debug)]
pub(in crate::tracker) enum GiftChange {
    /// The other source may show it too.
    Remember(OneSided),
    /// The other source has shown it.
    Forget(OneSided),
    /// A counter includes one that the live chat has shown.
    Count(OneSided),
}

impl OneSided {
    /// A gift that the live chat shows. Times are by the polls' clock, and
    /// `since` is their newest `now`. A gift without a stamp counts as bought
    /// recently.
    pub(in crate::tracker) fn heard(total: Option<u64>, by: &Author, bought: Option<i64>, since: i64) -> Self {
        let names = [by.username.as_deref().unwrap_or(&by.name), &by.name].map(name);
        let bought = bought.unwrap_or(since.saturating_sub(LAG_SECONDS));
        Self { names, total, shown: Shown::Heard { bought, since, answers: 0, is_counted: false } }
    }

    /// A gift that a poll with this `now` shows. Polls have one name for it.
    pub(in crate::tracker) fn polled(gift: &GiftedSubs, now: i64) -> Self {
        Self { names: [name(&gift.purchased_by); 2], total: gift.total_gifts, shown: Shown::Polled { now } }
    }

    /// The same gift, as one that a message may announce once more. Only for
    /// gifts that the live chat has shown.
    pub(in crate::tracker) fn announced(&self) -> Option<Self> {
        match self.shown {
            Shown::Heard { bought, .. } => Some(Self { shown: Shown::Announced { bought }, ..self.clone() }),
            Shown::Polled { .. } | Shown::Announced { .. } => None,
        }
    }

    /// Whether only polls have shown it.
    fn is_polled(&self) -> bool {
        matches!(self.shown, Shown::Polled { .. })
    }

    /// Whether it is the same gift from the other source.
    fn is_pair_of(&self, other: &Self) -> bool {
        let agree = match (self.shown, other.shown) {
            (Shown::Heard { bought, .. }, Shown::Polled { now }) | (Shown::Polled { now }, Shown::Heard { bought, .. }) => {
                bought <= now.saturating_add(REACH)
            }
            _ => false,
        };
        agree && self.is_like(other)
    }

    /// Whether size and name agree.
    fn is_like(&self, other: &Self) -> bool {
        self.total == other.total && self.names.iter().any(|name| other.names.contains(name))
    }
}

impl GiftPairs {
    /// Whether there is nothing to keep in a checkpoint.
    pub(in crate::tracker) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The gifts that only the live chat has shown and no counter includes,
    /// with their numbers of subscriptions.
    pub(in crate::tracker) fn heard(&self) -> impl Iterator<Item = (&OneSided, u64)> {
        let heard = self.0.iter().filter(|gift| matches!(gift.shown, Shown::Heard { is_counted: false, .. }));
        heard.filter_map(|gift| Some((gift, gift.total.filter(|total| *total > 0)?)))
    }

    /// The same gift from the other source.
    pub(in crate::tracker) fn other(&self, gift: &OneSided) -> Option<&OneSided> {
        self.0.iter().find(|other| other.is_pair_of(gift))
    }

    /// The same gift, as the live chat announced it without a message, if
    /// `gift` is from a message.
    pub(in crate::tracker) fn announced(&self, gift: &OneSided) -> Option<&OneSided> {
        let is_before = |other: &OneSided| match (other.shown, gift.shown) {
            (Shown::Announced { bought }, Shown::Heard { bought: stamp, .. }) => bought <= stamp,
            _ => false,
        };
        self.0.iter().find(|other| is_before(other) && other.is_like(gift))
    }

    /// Makes one change. The oldest of a source is forgotten if there are too
    /// many.
    pub(in crate::tracker) fn apply(&mut self, change: &GiftChange) {
        match change {
            GiftChange::Remember(gift) => {
                let most = if gift.is_polled() { MOST_POLLED } else { MOST_HEARD };
                let is_alike = |other: &OneSided| other.is_polled() == gift.is_polled();
                if self.0.iter().filter(|other| is_alike(other)).count() >= most
                    && let Some(oldest) = self.0.iter().position(is_alike)
                {
                    self.0.remove(oldest);
                }
                self.0.push(gift.clone());
            }
            GiftChange::Count(gift) => {
                let counted = self.0.iter_mut().find(|other| *other == gift);
                if let Some(Shown::Heard { is_counted, .. }) = counted.map(|gift| &mut gift.shown) {
                    *is_counted = true;
                }
            }
            GiftChange::Forget(gift) => {
                if let Some(index) = self.0.iter().position(|other| other == gift) {
                    self.0.remove(index);
                }
            }
        }
    }

    /// An answer that is not stale was settled. Forgets what the other source
    /// had time enough to show.
    pub(in crate::tracker) fn settle(&mut self, now: i64) {
        for gift in &mut self.0 {
            if let Shown::Heard { since, answers, .. } = &mut gift.shown {
                *answers = answers.saturating_add(u8::from(now > since.saturating_add(CACHED_SECONDS)));
            }
        }
        let is_over = |gift: &OneSided| match gift.shown {
            Shown::Heard { answers, .. } => answers > ANSWERS,
            Shown::Announced { bought } => now > bought.saturating_add(2 * LAG_SECONDS),
            Shown::Polled { .. } => false,
        };
        self.0.retain(|gift| !is_over(gift));
    }
}
