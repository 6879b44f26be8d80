//! All that is known of one account once its first snapshot was delivered.

use serde::{Deserialize, Serialize};

use super::{
    gifts::GiftLedger,
    ledger::{Ledger, Occasion},
    livestreams::Livestreams,
    poll::{Effect, List, Settlement},
};
use crate::snapshot::{Account, AccountIds, AccountKind, Snapshot};

/// What a tracker knows, and what a checkpoint keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    account: Owner,
    /// The newest `now` of any answer, or that after the last step back of the server's clock.
    pub(super) now: i64,
    pub(super) followers: Ledger,
    pub(super) subscribers: Ledger,
    pub(super) gifts: GiftLedger,
    pub(super) livestreams: Livestreams,
}

/// What makes an account the same as another. Its names may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    r#type: AccountKind,
    #[serde(flatten)]
    ids: AccountIds,
}

impl Owner {
    /// Whether the two are known to differ. What one answer leaves out proves nothing.
    fn is_another(&self, other: &Self) -> bool {
        let kinds_differ = self.kind().zip(other.kind()).is_some_and(|(one, other)| one != other);
        kinds_differ || self.ids.conflict(&other.ids)
    }

    fn kind(&self) -> Option<&AccountKind> {
        Some(&self.r#type).filter(|kind| !kind.as_str().is_empty())
    }

    fn of(account: &Account) -> Self {
        Self { r#type: account.kind.clone(), ids: AccountIds::of(account) }
    }
}

impl Memory {
    /// What is known before the first snapshot, when all that it shows is news.
    pub(super) fn blank(first: &Snapshot) -> Self {
        Self {
            account: Owner::of(first.account()),
            now: first.now().unix_timestamp(),
            followers: Ledger::default(),
            subscribers: Ledger::default(),
            gifts: GiftLedger::default(),
            livestreams: Livestreams::default(),
        }
    }

    /// The same, when all that it shows is baseline.
    pub(super) fn with_baseline(first: &Snapshot) -> Self {
        let now = first.now().unix_timestamp();
        Self {
            followers: Ledger::new(Some(now)),
            subscribers: Ledger::new(Some(now)),
            gifts: GiftLedger::new(true),
            livestreams: Livestreams::new(Some(now)),
            ..Self::blank(first)
        }
    }

    /// Whether a snapshot may be of the account that this is known of.
    pub(crate) fn may_be_of(&self, snapshot: &Snapshot) -> bool {
        !self.account.is_another(&Owner::of(snapshot.account()))
    }

    /// Remembers that an event was delivered.
    pub(super) fn record(&mut self, effect: &Effect) {
        match effect {
            Effect::Nothing | Effect::Begin { .. } | Effect::BeginWithBaseline { .. } => {}
            Effect::Seen { list, now, key, copies, counted } => {
                let ledger = self.ledger(list, *now);
                ledger.record(*key, *copies);
                ledger.count(*counted);
            }
            Effect::Gift { print } => self.gifts.record(*print),
            Effect::Live { stream, is_live, now } => self.livestreams.get_or_insert(stream, *now).is_live = *is_live,
        }
    }

    /// Remembers the rest of a poll, once all its events were delivered.
    pub(super) fn settle(&mut self, settlement: Settlement) {
        let Settlement { snapshot, now, occasion, outcomes } = settlement;
        for (list, outcome) in outcomes {
            self.ledger(&list, now).settle(outcome);
        }
        let most = snapshot.max_num_results().saturating_mul(4);
        for ledger in [&mut self.followers, &mut self.subscribers] {
            ledger.forget_beyond(most);
            ledger.prune();
        }
        self.gifts.settle(snapshot.gifted_subs(), most);
        if snapshot.livestreams().was_sent() {
            self.livestreams.settle(&snapshot, most, occasion == Occasion::Stale);
        }
        if occasion != Occasion::Stale {
            self.now = now;
        }
    }

    /// The same with at most so many entries for each list and so many livestreams: what is forgotten raises the floors.
    pub(crate) fn shrunk(&self, most: usize) -> Self {
        let mut memory = self.clone();
        memory.followers.forget_beyond(most);
        memory.subscribers.forget_beyond(most);
        memory.gifts.shrink(most);
        memory.livestreams.forget_beyond(most);
        memory
    }

    fn ledger(&mut self, list: &List, now: i64) -> &mut Ledger {
        match list {
            List::Followers => &mut self.followers,
            List::Subscribers => &mut self.subscribers,
            List::Messages(stream) => &mut self.livestreams.get_or_insert(stream, now).messages,
            List::Rants(stream) => &mut self.livestreams.get_or_insert(stream, now).rants,
        }
    }
}
