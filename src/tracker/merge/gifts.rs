//! Gifts from two sources: each is told once, whichever source has it first.

use serde::{Deserialize, Serialize};

use crate::{
    event::Fingerprint,
    snapshot::{Author, GiftedSubs},
};

/// So many answers that are newer than the gift show it, if any does.
const ANSWERS: u8 = 2;
/// An answer that is older than this may come from a cache.
const CACHED_SECONDS: i64 = 10;
/// How many wait at most.
const MOST: usize = 64;

/// The gifts of late that one source alone has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct GiftPairs(Vec<Alone>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::tracker) struct Alone {
    is_heard: bool,
    /// Of the user's own name, and of the channel's that the user speaks as.
    names: [u64; 2],
    total: Option<u64>,
    print: Fingerprint,
    /// The server's clock in the newest answer before it.
    since: i64,
    answers: u8,
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
    pub(in crate::tracker) fn heard(gift: &GiftedSubs, by: &Author, since: i64) -> Self {
        let names = [by.username.as_deref().unwrap_or(&by.name), &by.name].map(name);
        Self { is_heard: true, names, total: gift.total_gifts, print: Fingerprint::of_gift(gift), since, answers: 0 }
    }

    pub(in crate::tracker) fn polled(gift: &GiftedSubs, since: i64) -> Self {
        let names = [name(&gift.purchased_by); 2];
        Self { is_heard: false, names, total: gift.total_gifts, print: Fingerprint::of_gift(gift), since, answers: 0 }
    }

    fn is_pair_of(&self, other: &Self) -> bool {
        self.is_heard != other.is_heard && self.total == other.total && self.names.iter().any(|name| other.names.contains(name))
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

    /// How many equal gifts the live chat alone has shown.
    pub(in crate::tracker) fn heard_like(&self, gift: &GiftedSubs) -> u32 {
        let print = Fingerprint::of_gift(gift);
        u32::try_from(self.0.iter().filter(|alone| alone.is_heard && alone.print == print).count()).unwrap_or(u32::MAX)
    }

    pub(in crate::tracker) fn apply(&mut self, change: &Paired) {
        match change {
            Paired::Alone(gift) => {
                if self.0.len() >= MOST {
                    self.0.remove(0);
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
            gift.answers += u8::from(now > gift.since.saturating_add(CACHED_SECONDS));
        }
        self.0.retain(|gift| gift.answers <= ANSWERS);
    }
}

fn name(name: &str) -> u64 {
    Fingerprint::of_user(name).short()
}
