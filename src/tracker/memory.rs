//! All that is known of one account once its first snapshot was delivered.

use serde::{Deserialize, Serialize};

use super::{
    gifts::GiftLedger,
    ledger::{Ledger, Occasion},
    livestreams::Livestreams,
    may_tell_absence,
    poll::{Effect, List, Settlement},
};
use crate::snapshot::{Account, AccountKind, ChannelId, Snapshot, UserId};

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
    user_id: Option<UserId>,
    channel_id: Option<ChannelId>,
}

impl Owner {
    fn of(account: &Account) -> Self {
        Self { r#type: account.kind.clone(), user_id: account.user_id.clone(), channel_id: account.channel_id.clone() }
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

    /// Whether a snapshot is of the account that this is known of.
    pub(crate) fn is_of(&self, snapshot: &Snapshot) -> bool {
        self.account == Owner::of(snapshot.account())
    }

    /// Remembers that an event was delivered.
    pub(super) fn record(&mut self, effect: Effect) {
        match effect {
            Effect::Nothing | Effect::Begin { .. } | Effect::BeginWithBaseline { .. } => {}
            Effect::Seen { list, key, copies } => self.ledger(&list, key.second).record(key, copies),
            Effect::Gift { print } => self.gifts.record(print),
            Effect::Live { stream, is_live, now } => self.livestreams.get_or_insert(&stream, now).is_live = is_live,
        }
    }

    /// Remembers the rest of a poll, once all its events were delivered.
    pub(super) fn settle(&mut self, settlement: Settlement) {
        let Settlement { snapshot, now, occasion, outcomes } = settlement;
        for (list, outcome) in outcomes {
            self.ledger(&list, now).settle(outcome);
        }
        self.followers.prune();
        self.subscribers.prune();
        self.gifts.settle(snapshot.gifted_subs(), snapshot.max_num_results());
        if snapshot.livestreams().was_sent() {
            self.livestreams.settle(&snapshot, occasion == Occasion::Stale, may_tell_absence(&snapshot, occasion));
        }
        if occasion != Occasion::Stale {
            self.now = now;
        }
    }

    /// The same with at most so many keys: each list forgets its oldest, and its floor rises to them.
    pub(crate) fn shrunk(&self, most_keys: usize) -> Self {
        let mut memory = self.clone();
        let mut keys = most_keys;
        while memory.keys() > most_keys {
            keys /= 2;
            memory.followers.forget_beyond(keys);
            memory.subscribers.forget_beyond(keys);
            memory.gifts.forget_beyond(keys);
            memory.livestreams.forget_beyond(keys);
        }
        memory
    }

    /// How many things it remembers, livestreams included.
    fn keys(&self) -> usize {
        self.followers.keys() + self.subscribers.keys() + self.gifts.keys() + self.livestreams.keys()
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
