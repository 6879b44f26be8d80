//! Live chats in addition to the polls: what each input of a chat changes.
//!
//! The watcher passes on what the reader of a chat hands out, one input at a
//! time, and delivers the steps that come back, just as those of a poll.
//! Judging changes nothing; only a delivery does. So a restart between two
//! deliveries finds a memory that fits.
//!
//! `merge` knows one livestream and decides about its lines. This file knows
//! the account: which livestreams have a chat to read, and the gifts, which
//! belong to the account and not to a chat.

use std::{borrow::Cow, time::Duration};

use super::{
    Tracker,
    livestreams::Livestreams,
    memory::Memory,
    merge::{self, Change, Decision, GiftChange, Merge, OneSided, Seed},
    poll::{Effect, Step},
    sighting::Key,
};
use crate::{
    chat::{self, ChatEvent, ChatMessage, Notice, Telling},
    event::{Event, Fingerprint},
    snapshot::{Author, GiftedSubs, Purchase, StreamId},
};

impl Tracker {
    /// Whether live chats are read in addition to the polls.
    pub(crate) fn live_chat(mut self, live_chat: bool) -> Self {
        self.live_chat = live_chat;
        self
    }

    /// The livestreams with a live chat to read.
    pub(crate) fn wanted_chats(&self) -> impl Iterator<Item = &StreamId> {
        let livestreams = self.memory.as_ref().filter(|_| self.live_chat).map(|memory| &memory.livestreams);
        livestreams.into_iter().flat_map(Livestreams::live).filter(|(_, known)| known.merge.is_some()).map(|(id, _)| id)
    }

    /// The lines of a chat that were known before.
    pub(crate) fn seeds(&self, stream: &StreamId) -> Vec<Seed> {
        self.merge_of(stream).map(|(merge, _)| merge.seeds()).unwrap_or_default()
    }

    /// Judges an input of a live chat. `at` is when it came, on the clock of
    /// [`observe`](Self::observe). No steps if this livestream is not merged.
    ///
    /// After an interruption, held lines wait for the chat if its next try
    /// comes within [`HOLD`](merge::HOLD), and are decided without it if not.
    pub(crate) fn hear(&self, stream: &StreamId, step: chat::Step, at: Duration) -> Vec<Step> {
        let Some((merge, memory)) = self.merge_of(stream) else { return Vec::new() };
        let decision = match step {
            chat::Step::Opened(reach) => silent(Change::Opened(reach, at)),
            chat::Step::Unreadable => silent(Change::Broken),
            chat::Step::Message(message, telling) => {
                // Converted to the polls' clock.
                let elapsed = i64::try_from(at.saturating_sub(self.answered).as_secs()).unwrap_or(i64::MAX);
                return hear_message((merge, memory), stream, message, telling, memory.now.saturating_add(elapsed));
            }
            chat::Step::Event(ChatEvent::Gift(gift)) => return hear_gift(merge, memory, stream, &gift),
            chat::Step::Event(ChatEvent::Deleted(deleted)) => merge.hear_deleted(stream, deleted),
            chat::Step::Event(ChatEvent::Muted(muted)) => merge.hear_muted(stream, muted),
            chat::Step::Event(ChatEvent::Raid(raid)) => merge::raid_started(stream, raid),
            chat::Step::Event(ChatEvent::Interrupted(trouble)) if trouble.retry_in < merge::HOLD => silent(Change::Lost(at)),
            chat::Step::Event(ChatEvent::Interrupted(_) | ChatEvent::Closed) => silent(Change::Away),
            chat::Step::Event(_) => return Vec::new(),
        };
        steps(stream, [decision])
    }

    /// There will be no live chat of this livestream.
    pub(crate) fn do_without_chat(&self, stream: &StreamId) -> Vec<Step> {
        self.change(stream, Change::Never)
    }

    /// A live chat is being opened.
    pub(crate) fn wait_for_chat(&self, stream: &StreamId, at: Duration) -> Vec<Step> {
        self.change(stream, Change::Lost(at))
    }

    /// No steps if this livestream's live chat is not read.
    fn change(&self, stream: &StreamId, change: Change) -> Vec<Step> {
        if self.merge_of(stream).is_some() { steps(stream, [silent(change)]) } else { Vec::new() }
    }

    /// Whether the live chat of this livestream cannot be read.
    pub(crate) fn goes_without_chat(&self, stream: &StreamId) -> bool {
        self.merge_of(stream).is_some_and(|(merge, _)| merge.goes_without_chat())
    }

    /// The next decision about held lines that is due by now. Deliver it, then
    /// ask again.
    pub(crate) fn decide(&self, at: Duration) -> Option<Vec<Step>> {
        self.merges().find_map(|(stream, merge)| {
            let decisions = merge.decide(Some(at)).or_else(|| Some(vec![merge.doubts(stream)?]))?;
            Some(steps(stream, decisions))
        })
    }

    /// When to look at held lines again.
    pub(crate) fn next_due(&self, at: Duration) -> Option<Duration> {
        self.merges().filter_map(|(_, merge)| merge.next_due(at)).min()
    }

    /// Whether the connection of this chat seems dead.
    pub(crate) fn is_suspect(&self, stream: &StreamId, at: Duration) -> bool {
        self.merge_of(stream).is_some_and(|(merge, _)| merge.is_suspect(at))
    }

    /// All livestreams whose live chats are or were read.
    fn merges(&self) -> impl Iterator<Item = (&StreamId, &Merge)> {
        let livestreams = self.memory.as_ref().map(|memory| &memory.livestreams);
        livestreams.into_iter().flat_map(Livestreams::merges)
    }

    /// The merge of a livestream, if its live chat is read, and the memory.
    fn merge_of(&self, stream: &StreamId) -> Option<(&Merge, &Memory)> {
        let memory = self.memory.as_ref()?;
        Some((memory.livestreams.get(stream)?.merge.as_deref()?, memory))
    }
}

/// Steps for a message of a live chat, then for the gift that it may announce.
/// If a restart comes between the two, polls bring the gift.
fn hear_message((merge, memory): (&Merge, &Memory), stream: &StreamId, message: ChatMessage, telling: Telling, now: i64) -> Vec<Step> {
    let known = memory.livestreams.get(stream);
    let copies = |second, print, paid| known.map_or(0, |known| known.copies(second, print, paid));
    let gift = match &message.notice {
        Some(Notice::Gift(gift)) if merge.may_tell_gift(&message, telling) => {
            let bought = merge.in_poll_time(message.sent_at.unix_timestamp());
            let announced = Announced { stream, buyer: &message.author, gift_type: &gift.gift_type, total: gift.total_gifts };
            let heard = announced.heard(Some(bought), memory.now);
            Some(match memory.gift_pairs.announced(&heard) {
                Some(told) => pair(None, [GiftChange::Forget(told.clone())]),
                None => announced.told(heard, memory, Some(message.id.as_str()), []),
            })
        }
        _ => None,
    };
    steps(stream, [merge.hear(message, telling, now, copies)]).into_iter().chain(gift).collect()
}

/// The step for a gift that a live chat announces without a message. A message
/// may announce it once more.
fn hear_gift(merge: &Merge, memory: &Memory, stream: &StreamId, gift: &chat::Gift) -> Vec<Step> {
    // Shortly after the start it may be an old gift. If it is new, polls will bring it.
    if merge.is_young(memory.now) {
        return Vec::new();
    }
    let announced = Announced { stream, buyer: &gift.buyer, gift_type: &gift.gift_type, total: gift.total_gifts };
    let heard = announced.heard(None, memory.now);
    let again = heard.announced().map(GiftChange::Remember);
    vec![announced.told(heard, memory, gift.request_id.as_deref(), again)]
}

/// A gift as a live chat announces it.
struct Announced<'a> {
    stream: &'a StreamId,
    buyer: &'a Author,
    gift_type: &'a str,
    total: Option<u64>,
}

impl Announced<'_> {
    /// The gift in the form that polls would show, as far as it is known.
    fn gift(&self) -> GiftedSubs {
        let mut gift = GiftedSubs::new(self.buyer.name.clone(), 0).with_stream(self.stream);
        (gift.total_gifts, gift.remaining_gifts) = (self.total, self.total);
        gift.gift_type = Some(self.gift_type.to_owned()).filter(|kind| !kind.is_empty());
        gift
    }

    /// The gift for pairing it with the same one from polls.
    fn heard(&self, bought: Option<i64>, now: i64) -> OneSided {
        OneSided::heard(self.total, self.buyer, bought, now)
    }

    /// Yields it now, unless polls have brought it. `by` is the id of the
    /// message or of the request.
    fn told(&self, heard: OneSided, memory: &Memory, by: Option<&str>, more: impl IntoIterator<Item = GiftChange>) -> Step {
        if let Some(polled) = memory.gift_pairs.other(&heard) {
            return pair(None, [GiftChange::Forget(polled.clone())].into_iter().chain(more));
        }
        let id = by.map_or_else(|| Cow::Owned(format!("{}:{:?}:{}", self.buyer.name, self.total, memory.now)), Cow::Borrowed);
        let purchase = Purchase::Announced(Fingerprint::of_announcement(&id).number());
        pair(Some(self.gift().bought(purchase)), [GiftChange::Remember(heard)].into_iter().chain(more))
    }
}

/// A step that yields this gift, if any, and changes what is known about pairs.
fn pair(gift: Option<GiftedSubs>, paired: impl IntoIterator<Item = GiftChange>) -> Step {
    let effect = Effect::PairedGift { paired: paired.into_iter().collect(), polled: Box::new(Effect::Nothing) };
    Step { event: gift.map(Event::GiftedSubs), effect }
}

/// A change without an event.
pub(super) fn silent(change: Change) -> Decision {
    Decision { event: None, changes: vec![change] }
}

/// Decisions of a live chat as steps. They change nothing that polls know.
pub(super) fn steps(stream: &StreamId, decisions: impl IntoIterator<Item = Decision>) -> Vec<Step> {
    decisions.into_iter().map(|decision| step_of(stream, decision, Effect::Nothing)).collect()
}

/// A decision as a step, together with what a poll has found out.
pub(super) fn step_of(stream: &StreamId, Decision { event, changes }: Decision, polled: Effect) -> Step {
    Step { event, effect: Effect::Merged { stream: stream.clone(), changes, polled: Box::new(polled) } }
}

impl super::livestreams::Stream {
    /// How many equal lines polls have shown. `paid` is in cents.
    fn copies(&self, second: i64, print: Fingerprint, paid: Option<u64>) -> u32 {
        let ledger = if paid.is_some() { &self.rants } else { &self.messages };
        ledger.seen.get(&Key { second, print, cents: paid.unwrap_or_default() }).map_or(0, |known| known.copies)
    }
}
