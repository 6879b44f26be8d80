//! Everything that is known about one account once its first snapshot was
//! delivered.
//!
//! It is what a checkpoint keeps, so it is plain data that serde writes, and
//! everything in it is bounded. Two things change it: the effect of a delivery
//! ([`Memory::record`]), and the settlement of a poll ([`Memory::settle`]).
//! Nothing else may, or a restart would not go on from what the bot has had.
//!
//! [`Memory::kept`] cuts it to the size of a checkpoint. What goes first is
//! what would be missed least: livestreams that are gone, gifts that were not
//! shown for long, then the oldest keys of the longest lists. Each cut raises a
//! floor or makes the next list a baseline, so it may cost events but repeats
//! none.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[cfg(feature = "chat")]
use super::merge::GiftPairs;
use super::{
    gifts::GiftLedger,
    instant,
    ledger::Ledger,
    lengths::Lengths,
    livestreams::Livestreams,
    poll::{Effect, List, Settlement, UnreadableList},
    unreadable::Unreadable,
    verdict::Occasion,
};
use crate::snapshot::{Account, AccountIds, AccountKind, GREATEST_MAX_NUM_RESULTS, Snapshot};

/// A rough size in bytes of a list in a checkpoint without its keys.
const FRAME: usize = 1024;
/// How many livestreams that are not live a full checkpoint keeps.
const FEW: usize = 16;
/// How many kinds of gift a full checkpoint keeps.
const USUAL_KINDS: usize = 200;
/// How often a full checkpoint tries to keep more.
const TRIES: usize = 3;

/// What a tracker knows and a checkpoint keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The account that is watched. Answers of others are ignored.
    account: Owner,
    /// The newest `now` of any answer since the server's clock was last set
    /// back.
    pub(super) now: i64,
    /// The stale answers since then, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stale: Option<StaleRun>,
    pub(super) followers: Ledger,
    pub(super) subscribers: Ledger,
    pub(super) gifts: GiftLedger,
    pub(super) livestreams: Livestreams,
    /// Gifts that only the polls or only a live chat has shown.
    #[cfg(feature = "chat")]
    #[serde(default, skip_serializing_if = "GiftPairs::is_empty")]
    pub(super) gift_pairs: GiftPairs,
}

/// A run of stale answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StaleRun {
    /// The `now` of the last of them.
    now: i64,
    /// Whether one of them showed an entry that no earlier answer showed.
    showed_unseen: bool,
}

impl StaleRun {
    /// Whether one more stale answer means that the server's clock was set
    /// back, and not that a slower server answered.
    pub(super) fn is_step(self, now: i64, shows_unseen: bool) -> bool {
        now > self.now && (shows_unseen || self.showed_unseen)
    }
}

/// What identifies an account. Its names may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Owner {
    r#type: AccountKind,
    #[serde(flatten)]
    ids: AccountIds,
}

impl Owner {
    /// Whether the two are known to differ. A field that one answer leaves out
    /// proves nothing.
    fn is_another(&self, other: &Self) -> bool {
        let kinds_differ = self.kind().zip(other.kind()).is_some_and(|(one, other)| one != other);
        kinds_differ || self.ids.conflict(&other.ids)
    }

    /// Whether it is a user or a channel. `None` if the answer does not say.
    fn kind(&self) -> Option<&AccountKind> {
        Some(&self.r#type).filter(|kind| !kind.as_str().is_empty())
    }

    /// The owner that an answer names.
    fn of(account: &Account) -> Self {
        Self { r#type: account.kind.clone(), ids: AccountIds::of(account) }
    }
}

impl Memory {
    /// The memory before the first snapshot, when everything in it is news.
    pub(super) fn blank(first: &Snapshot) -> Self {
        let now = first.now().unix_timestamp();
        Self {
            account: Owner::of(first.account()),
            now,
            stale: None,
            followers: Ledger::new(now, None),
            subscribers: Ledger::new(now, None),
            gifts: GiftLedger::default(),
            livestreams: Livestreams::blank(now),
            #[cfg(feature = "chat")]
            gift_pairs: GiftPairs::default(),
        }
    }

    /// The memory when everything in the first snapshot is baseline.
    pub(super) fn with_baseline(first: &Snapshot) -> Self {
        let now = first.now().unix_timestamp();
        Self {
            followers: Ledger::new(now, Some(now)),
            subscribers: Ledger::new(now, Some(now)),
            gifts: GiftLedger::new(true),
            livestreams: Livestreams::with_baseline(first),
            ..Self::blank(first)
        }
    }

    /// Whether a snapshot may belong to this account. It asks for more than
    /// [`is_of_another`](Self::is_of_another): two channels of one user share
    /// an id, and are still two accounts.
    pub(crate) fn may_be_of(&self, snapshot: &Snapshot) -> bool {
        !self.account.is_another(&Owner::of(snapshot.account()))
    }

    /// Whether a snapshot belongs to another account, as from a server that
    /// mixes accounts up.
    pub(super) fn is_of_another(&self, snapshot: &Snapshot) -> bool {
        self.account.ids.share_none(&AccountIds::of(snapshot.account()))
    }

    /// The ids of the account.
    pub(crate) fn ids(&self) -> &AccountIds {
        &self.account.ids
    }

    /// The newest `now`.
    pub(crate) fn at_now(&self) -> OffsetDateTime {
        instant(self.now)
    }

    /// The memory by which to judge an answer. If the clock was set back, the
    /// baseline moves with it.
    pub(super) fn at(&self, snapshot: &Snapshot, occasion: Occasion) -> Cow<'_, Self> {
        let now = snapshot.now().unix_timestamp();
        let mut memory = Cow::Borrowed(self);
        if occasion == Occasion::Update && now < self.now {
            memory.to_mut().step_back(now);
        }
        memory
    }

    /// The server's clock was set back to `now`. Gifts have no stamps.
    fn step_back(&mut self, now: i64) {
        self.followers.step_back(now);
        self.subscribers.step_back(now);
        self.livestreams.step_back(now);
    }

    /// Remembers that an event was delivered. The effects of a beginning are
    /// not for here: the tracker makes a new memory for them.
    pub(super) fn record(&mut self, effect: &Effect) {
        match effect {
            Effect::Nothing | Effect::Begin { .. } | Effect::BeginWithBaseline { .. } => {}
            Effect::Seen { list, key, known, counted, shift, now } => {
                self.note_unseen(*now);
                let ledger = self.ledger(list);
                if let Some(by) = shift {
                    ledger.shift(*by);
                }
                ledger.record(*key, *known);
                ledger.count(*counted);
            }
            Effect::Gift { gift, now } => {
                self.note_unseen(*now);
                self.gifts.record(gift);
            }
            Effect::Live { stream, is_live, listing } => self.livestreams.record_turn(stream, *listing, *is_live),
            Effect::Unreadable { list, count } => self.unreadable(list).record(*count),
            #[cfg(feature = "chat")]
            Effect::Merged { stream, changes, polled } => {
                self.record(polled);
                self.livestreams.merge(stream, changes);
            }
            #[cfg(feature = "chat")]
            Effect::PairedGift { paired, polled } => {
                self.record(polled);
                for change in paired {
                    self.gift_pairs.apply(change);
                }
            }
        }
    }

    /// Remembers that an older answer showed something new, in case a restart
    /// loses the rest of it. After that, the same answer would show nothing
    /// new.
    fn note_unseen(&mut self, now: i64) {
        if now >= self.now {
            return;
        }
        match &mut self.stale {
            // This shows that the clock was set back.
            Some(run) if now > run.now => run.showed_unseen = true,
            stale => *stale = Some(StaleRun { now, showed_unseen: true }),
        }
    }

    /// Remembers the rest of a poll, once all its events were delivered. Floors
    /// rise, lists that got too long lose their oldest keys, livestreams that
    /// are missing get closer to being gone, and the clock moves on unless the
    /// answer was stale.
    pub(super) fn settle(&mut self, settlement: Settlement) {
        let Settlement { snapshot, at: _, occasion, outcomes, gifts, ignored, shows_unseen } = settlement;
        let now = snapshot.now().unix_timestamp();
        let is_stale = occasion == Occasion::Stale;
        if !is_stale && now < self.now {
            self.step_back(now);
        }
        let most = most_keys(&snapshot);
        for (list, outcome) in outcomes {
            let ledger = self.ledger(&list);
            ledger.settle(outcome);
            // Chats are pruned with their livestreams.
            if matches!(list, List::Followers | List::Subscribers) {
                ledger.forget_beyond(most);
                ledger.prune();
            }
        }
        self.gifts.settle(snapshot.gifted_subs(), gifts, most, is_stale);
        if snapshot.livestreams().was_sent() {
            self.livestreams.settle(&snapshot, &ignored, most, is_stale);
        }
        self.account.ids.learn(&AccountIds::of(snapshot.account()));
        if is_stale {
            let showed_unseen = shows_unseen || self.stale.is_some_and(|run| run.showed_unseen);
            self.stale = Some(StaleRun { now, showed_unseen });
        } else {
            self.stale = None;
            self.now = now;
            #[cfg(feature = "chat")]
            self.gift_pairs.settle(now);
        }
    }

    /// What a checkpoint of at most this many bytes keeps. If that is not
    /// everything, the largest lists keep only their newest entries. Forgotten
    /// entries raise the floors, so nothing is repeated. `frame` returns how
    /// many bytes a memory takes; it is called on memories without keys.
    pub(crate) fn kept(&self, bytes: usize, frame: impl Fn(&Self) -> usize) -> Self {
        let mut memory = self.clone();
        memory.livestreams.forget_announcements();
        let lists: usize = self.ledgers().map(|ledger| ledger.bytes().saturating_add(FRAME)).sum();
        let rough = lists.saturating_add(self.gifts.bytes()).saturating_add(memory.livestreams.keep_merges(bytes / 2));
        if rough <= bytes {
            return memory;
        }
        memory.livestreams.forget_gone(FEW);
        memory.gifts.shrink(USUAL_KINDS);
        let mut frame_bytes = frame(&memory.without_keys());
        if frame_bytes > bytes {
            memory.forget_lengths();
            memory.gifts.shrink(FEW);
            frame_bytes = frame(&memory.without_keys());
        }
        let room = bytes.saturating_sub(frame_bytes);
        let most = share(room, memory.ledgers().map(Ledger::bytes));
        let mut spare = memory.clone();
        memory.cut(most);
        // A forgotten rant takes its message along, which leaves room to keep more.
        let used = memory.bytes_of_keys().max(1);
        let mut more = most.saturating_mul(room) / used;
        for _ in 0..TRIES {
            spare.cut(more);
            if spare.bytes_of_keys() <= room {
                return spare;
            }
            more = most.midpoint(more);
        }
        memory
    }

    /// Forgets the oldest keys of each list that takes more than this many
    /// bytes.
    fn cut(&mut self, most: usize) {
        self.followers.forget_beyond_bytes(most);
        self.subscribers.forget_beyond_bytes(most);
        self.livestreams.forget_beyond_bytes(most);
    }

    /// How many bytes all keys of all lists take in a checkpoint.
    fn bytes_of_keys(&self) -> usize {
        self.ledgers().map(Ledger::bytes).sum()
    }

    /// Fills in what a memory of version 1 lacks.
    pub(crate) fn upgrade(&mut self) {
        self.followers.upgrade();
        self.subscribers.upgrade();
        self.livestreams.upgrade();
    }

    /// The same memory as it would be if it had to forget all keys, to measure
    /// the rest.
    fn without_keys(&self) -> Self {
        let mut memory = self.clone();
        memory.followers.forget_beyond(0);
        memory.subscribers.forget_beyond(0);
        memory.livestreams.forget_beyond_bytes(0);
        memory
    }

    /// The memories of all lists that have keys.
    fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        [&self.followers, &self.subscribers].into_iter().chain(self.livestreams.ledgers())
    }

    /// Drops what gets too large only with many unusual livestreams at once.
    fn forget_lengths(&mut self) {
        for ledger in [&mut self.followers, &mut self.subscribers].into_iter().chain(self.livestreams.ledgers_mut()) {
            ledger.lengths = Lengths::default();
            ledger.unreadable = Unreadable::default();
        }
    }

    /// What was reported about the items of this list that cannot be read.
    fn unreadable(&mut self, list: &UnreadableList) -> &mut Unreadable {
        match list {
            UnreadableList::Of(list) => &mut self.ledger(list).unreadable,
            UnreadableList::GiftedSubs => &mut self.gifts.unreadable,
            UnreadableList::Livestreams => &mut self.livestreams.unreadable,
        }
    }

    /// The memory of this list. An unknown livestream becomes known.
    fn ledger(&mut self, list: &List) -> &mut Ledger {
        match list {
            List::Followers => &mut self.followers,
            List::Subscribers => &mut self.subscribers,
            List::Messages(stream, listing) => &mut self.livestreams.get_or_insert(stream, *listing).messages,
            List::Rants(stream, listing) => &mut self.livestreams.get_or_insert(stream, *listing).rants,
        }
    }
}

/// How many keys of each list are remembered. A list that is longer than the
/// server's stated cap is remembered whole.
fn most_keys(snapshot: &Snapshot) -> usize {
    let chats = snapshot.livestreams().iter().flat_map(|stream| [stream.chat.recent_messages.len(), stream.chat.recent_rants.len()]);
    let lists = [snapshot.followers().recent.len(), snapshot.subscribers().recent.len(), snapshot.gifted_subs().recent.len()];
    let longest = chats.chain(lists).max().unwrap_or_default().min(GREATEST_MAX_NUM_RESULTS);
    snapshot.max_num_results().max(longest).saturating_mul(4)
}

/// How much of the room each may take at most. Those that need less leave the
/// rest to the others.
fn share(room: usize, needs: impl Iterator<Item = usize>) -> usize {
    let mut needs: Vec<_> = needs.collect();
    needs.sort_unstable();
    let mut left = room;
    for (index, need) in needs.iter().enumerate() {
        let each = left / (needs.len() - index);
        if *need > each {
            return each;
        }
        left -= need;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_shared_so_that_small_needs_are_met_in_full() {
        assert_eq!(share(100, [10, 20, 30].into_iter()), usize::MAX);
        assert_eq!(share(100, [10, 200, 300].into_iter()), 45);
        assert_eq!(share(90, [40, 40, 40].into_iter()), 30);
        assert_eq!(share(0, [40].into_iter()), 0);
    }
}
