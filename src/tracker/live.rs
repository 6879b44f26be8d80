//! Live chats beside the polls: what each of their inputs changes in the events of an account.

use std::time::Duration;

use time::OffsetDateTime;

use super::{
    Tracker,
    livestreams::Livestreams,
    memory::Memory,
    merge::{self, Alone, Change, Decision, Merge, Paired},
    poll::{Effect, Step},
    sighting::Key,
};
use crate::{
    chat::{self, ChatEvent, Notice},
    event::{Event, Fingerprint},
    snapshot::{Author, GiftedSubs, MessageId, Purchase, StreamId},
};

/// A line that was told before, for the reader of a live chat.
pub(crate) struct Seed {
    pub(crate) id: MessageId,
    pub(crate) sent_at: OffsetDateTime,
    pub(crate) is_rant: bool,
    pub(crate) is_deleted: bool,
}

impl Tracker {
    /// The live chats of live livestreams are heard beside the polls.
    pub(crate) fn live_chat(mut self, live_chat: bool) -> Self {
        self.live_chat = live_chat;
        self
    }

    /// The livestreams whose live chat is wanted.
    pub(crate) fn wanted_chats(&self) -> impl Iterator<Item = &StreamId> {
        let livestreams = self.memory.as_ref().filter(|_| self.live_chat).map(|memory| &memory.livestreams);
        livestreams.into_iter().flat_map(Livestreams::live).filter(|(_, known)| known.merge.is_some()).map(|(id, _)| id)
    }

    /// What of a chat was told before.
    pub(crate) fn seeds(&self, stream: &StreamId) -> Vec<Seed> {
        self.merge_of(stream).map(|(merge, _)| merge.seeds()).unwrap_or_default()
    }

    /// What a live chat tells, judged.
    pub(crate) fn hear(&self, stream: &StreamId, step: chat::Step, at: Duration) -> Vec<Step> {
        let Some((merge, memory)) = self.merge_of(stream) else { return Vec::new() };
        let mut gifts = Vec::new();
        let decision = match step {
            chat::Step::Opened(reach) => silent(Change::Opened(reach)),
            chat::Step::Message(message, telling) => {
                let copies = |second, print, paid| memory.livestreams.get(stream).map_or(0, |known| known.copies(second, print, paid));
                if let Some(Notice::Gift(gift)) = &message.notice
                    && merge.is_news(&message, telling)
                {
                    gifts.push(hear_gift(memory, stream, &message.author, &gift.gift_type, gift.total_gifts));
                }
                merge.hear(message, telling, memory.now, copies)
            }
            chat::Step::Event(ChatEvent::Gift(gift)) => {
                return vec![hear_gift(memory, stream, &gift.buyer, &gift.gift_type, gift.total_gifts)];
            }
            chat::Step::Event(ChatEvent::Deleted(deleted)) => merge.hear_deleted(stream, deleted),
            chat::Step::Event(ChatEvent::Muted(muted)) => merge.hear_muted(stream, muted),
            chat::Step::Event(ChatEvent::Raid(raid)) => merge::raid_started(stream, raid),
            chat::Step::Event(ChatEvent::Interrupted(trouble)) if trouble.retry_in <= merge::HOLD => silent(Change::Lost(at)),
            chat::Step::Event(ChatEvent::Interrupted(_) | ChatEvent::Closed) => silent(Change::Away),
            chat::Step::Event(_) => return Vec::new(),
        };
        gifts.extend(steps(stream, [decision]));
        gifts
    }

    /// There will be no live chat of this livestream.
    pub(crate) fn do_without_chat(&self, stream: &StreamId) -> Vec<Step> {
        self.change(stream, Change::Never)
    }

    /// A live chat is being opened.
    pub(crate) fn wait_for_chat(&self, stream: &StreamId, at: Duration) -> Vec<Step> {
        self.change(stream, Change::Lost(at))
    }

    /// Nothing where no live chat of this livestream is wanted.
    fn change(&self, stream: &StreamId, change: Change) -> Vec<Step> {
        if self.merge_of(stream).is_some() { steps(stream, [silent(change)]) } else { Vec::new() }
    }

    /// Whether the live chat of this livestream cannot be heard.
    pub(crate) fn goes_without_chat(&self, stream: &StreamId) -> bool {
        self.merge_of(stream).is_some_and(|(merge, _)| merge.goes_without_chat())
    }

    /// The next that is decided by now of what is held. Deliver it, then ask again.
    pub(crate) fn decide(&self, at: Duration) -> Option<Vec<Step>> {
        self.merges().find_map(|(stream, merge)| {
            let decisions = merge.decide(Some(at)).or_else(|| Some(vec![merge.doubts(stream)?]))?;
            Some(steps(stream, decisions))
        })
    }

    /// When something that is held is to be looked at again.
    pub(crate) fn next_due(&self, at: Duration) -> Option<Duration> {
        self.merges().filter_map(|(_, merge)| merge.next_due(at)).min()
    }

    /// Whether the connection of this chat seems to be dead.
    pub(crate) fn is_suspect(&self, stream: &StreamId, at: Duration) -> bool {
        self.merge_of(stream).is_some_and(|(merge, _)| merge.is_suspect(at))
    }

    fn merges(&self) -> impl Iterator<Item = (&StreamId, &Merge)> {
        let livestreams = self.memory.as_ref().map(|memory| &memory.livestreams);
        livestreams.into_iter().flat_map(Livestreams::merges)
    }

    fn merge_of(&self, stream: &StreamId) -> Option<(&Merge, &Memory)> {
        let memory = self.memory.as_ref()?;
        Some((memory.livestreams.get(stream)?.merge.as_deref()?, memory))
    }
}

/// A gift that a live chat shows.
fn hear_gift(memory: &Memory, stream: &StreamId, buyer: &Author, gift_type: &str, total: Option<u64>) -> Step {
    let mut gift = GiftedSubs::new(buyer.name.clone(), 0).with_stream(stream);
    (gift.total_gifts, gift.remaining_gifts) = (total, total);
    gift.gift_type = Some(gift_type.to_owned()).filter(|kind| !kind.is_empty());
    let heard = Alone::heard(&gift, buyer, memory.now);
    let (event, paired) = if let Some(polled) = memory.gift_pairs.other(&heard) {
        (None, Paired::Both(polled.clone()))
    } else {
        let copy = memory.gifts.copies(&gift).saturating_add(memory.gift_pairs.heard_like(&gift));
        (Some(Event::GiftedSubs(gift.bought(Purchase::Copy(copy)))), Paired::Alone(heard))
    };
    Step { event, effect: Effect::PairedGift { paired, polled: Box::new(Effect::Nothing) } }
}

pub(super) fn silent(change: Change) -> Decision {
    Decision { event: None, changes: vec![change] }
}

pub(super) fn steps(stream: &StreamId, decisions: impl IntoIterator<Item = Decision>) -> Vec<Step> {
    decisions.into_iter().map(|decision| step_of(stream, decision, Effect::Nothing)).collect()
}

pub(super) fn step_of(stream: &StreamId, Decision { event, changes }: Decision, polled: Effect) -> Step {
    Step { event, effect: Effect::Merged { stream: stream.clone(), changes, polled: Box::new(polled) } }
}

impl super::livestreams::Stream {
    /// How many of these lines polls have shown; `paid` in cents.
    fn copies(&self, second: i64, print: Fingerprint, paid: Option<u64>) -> u32 {
        let ledger = if paid.is_some() { &self.rants } else { &self.messages };
        ledger.seen.get(&Key { second, print, cents: paid.unwrap_or_default() }).map_or(0, |known| known.copies)
    }
}
