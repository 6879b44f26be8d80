//! Gifts from two sources: each is told once, whichever source has it first.

use serde::{Deserialize, Serialize};

use super::row::REACH;
use crate::{
    event::Fingerprint,
    snapshot::{Author, GiftedSubs},
};

/// So many answers that are newer than a gift of the live chat show it, if any does.
const ANSWERS: u8 = 2;
/// An answer that is older than this may come from a cache.
const CACHED_SECONDS: i64 = 10;
/// The live chat may show a gift so much later than polls.
pub(super) const LAG_SECONDS: i64 = 30;
/// How many that only the live chat has shown are remembered, and how many that only polls have.
const MOST_HEARD: usize = 64;
const MOST_POLLED: usize = 16;

/// The gifts of late that one source alone has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct GiftPairs(Vec<Alone>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct Alone {
    /// Of the user's own name, and of the channel's that the user speaks as.
    names: [u64; 2],
    total: Option<u64>,
    from: From,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum From {
    /// The live chat. Polls show it soon, or never.
    Heard {
        bought: i64,
        /// The server's clock in the newest answer before it.
        since: i64,
        answers: u8,
    },
    /// A poll of this `now`. The live chat shows it as soon as it is open.
    Polled { now: i64 },
    /// The live chat, by itself. A message may announce it once more.
    Announced { bought: i64 },
}

/// A change of that.
#[derive(Clone, Debug)]
pub(in crate::tracker) enum Paired {
    /// The other source may show it too.
    Alone(Alone),
    /// It does.
    Both(Alone),
}

impl Alone {
    /// By the clock of the polls, whose newest answer is of `since`. Where it has no stamp, it was bought of late.
    pub(in crate::tracker) fn heard(total: Option<u64>, by: &Author, bought: Option<i64>, since: i64) -> Self {
        let names = [by.username.as_deref().unwrap_or(&by.name), &by.name].map(name);
        let bought = bought.unwrap_or(since.saturating_sub(LAG_SECONDS));
        Self { names, total, from: From::Heard { bought, since, answers: 0 } }
    }

    pub(in crate::tracker) fn polled(gift: &GiftedSubs, now: i64) -> Self {
        Self { names: [name(&gift.purchased_by); 2], total: gift.total_gifts, from: From::Polled { now } }
    }

    /// The same, which a message may announce once more. `None` where a message has announced it.
    pub(in crate::tracker) fn announced(&self) -> Option<Self> {
        match self.from {
            From::Heard { bought, .. } => Some(Self { from: From::Announced { bought }, ..self.clone() }),
            From::Polled { .. } | From::Announced { .. } => None,
        }
    }

    fn is_polled(&self) -> bool {
        matches!(self.from, From::Polled { .. })
    }

    fn is_pair_of(&self, other: &Self) -> bool {
        let agree = match (self.from, other.from) {
            (From::Heard { bought, .. }, From::Polled { now }) | (From::Polled { now }, From::Heard { bought, .. }) => {
                bought <= now.saturating_add(REACH)
            }
            _ => false,
        };
        agree && self.is_like(other)
    }

    fn is_like(&self, other: &Self) -> bool {
        self.total == other.total && self.names.iter().any(|name| other.names.contains(name))
    }
}

impl GiftPairs {
    pub(in crate::tracker) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same gift, as the other source has shown it.
    pub(in crate::tracker) fn other(&self, gift: &Alone) -> Option<&Alone> {
        self.0.iter().find(|other| other.is_pair_of(gift))
    }

    /// The same gift, as the live chat has announced it by itself, where this is a message of it.
    pub(in crate::tracker) fn announced(&self, gift: &Alone) -> Option<&Alone> {
        let is_before = |other: &Alone| match (other.from, gift.from) {
            (From::Announced { bought }, From::Heard { bought: stamp, .. }) => bought <= stamp,
            _ => false,
        };
        self.0.iter().find(|other| is_before(other) && other.is_like(gift))
    }

    pub(in crate::tracker) fn apply(&mut self, change: &Paired) {
        match change {
            Paired::Alone(gift) => {
                let most = if gift.is_polled() { MOST_POLLED } else { MOST_HEARD };
                let is_alike = |other: &Alone| other.is_polled() == gift.is_polled();
                if self.0.iter().filter(|other| is_alike(other)).count() >= most
                    && let Some(oldest) = self.0.iter().position(is_alike)
                {
                    self.0.remove(oldest);
                }
                self.0.push(gift.clone());
            }
            Paired::Both(gift) => {
                if let Some(index) = self.0.iter().position(|other| other == gift) {
                    self.0.remove(index);
                }
            }
        }
    }

    /// An answer that is not stale was judged.
    pub(in crate::tracker) fn settle(&mut self, now: i64) {
        for gift in &mut self.0 {
            if let From::Heard { since, answers, .. } = &mut gift.from {
                *answers = answers.saturating_add(u8::from(now > since.saturating_add(CACHED_SECONDS)));
            }
        }
        let is_over = |gift: &Alone| match gift.from {
            From::Heard { answers, .. } => answers > ANSWERS,
            From::Announced { bought } => now > bought.saturating_add(2 * LAG_SECONDS),
            From::Polled { .. } => false,
        };
        self.0.retain(|gift| !is_over(gift));
    }
}

fn name(name: &str) -> u64 {
    Fingerprint::of_user(name).short()
}
