//! A poll as it is told beside the live chats: what they have told is left out, and what they may tell is held.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use super::{
    Poll, Tracker,
    live::{silent, step_of, steps},
    memory::Memory,
    merge::{self, Alone, Change, GiftPairs, Lists, Merge, Paired},
    poll::{Effect, List, Step},
    verdict::Occasion,
};
use crate::{
    event::{Event, ListKind},
    snapshot::{GiftedSubs, Livestream, Purchase, Snapshot, StreamId},
};

impl Tracker {
    /// The poll with all that the live chats make of it.
    pub(super) fn merge_poll(&self, mut poll: Poll, memory: &Memory, snapshot: &Snapshot, occasion: Occasion, at: Duration) -> Poll {
        if !self.live_chat && memory.livestreams.merges().next().is_none() {
            return poll;
        }
        let mut merged = MergedPoll::new(memory, snapshot, at);
        merged.open(self.live_chat, memory, &poll, snapshot, occasion);
        for step in poll.steps.drain(..) {
            merged.take(step, memory.now);
        }
        poll.steps = merged.into_steps().into();
        poll
    }
}

struct MergedPoll<'a> {
    /// The newest of each id.
    listed: BTreeMap<&'a StreamId, &'a Livestream>,
    /// All that the answer lists of a livestream, once it is needed.
    lists: BTreeMap<StreamId, Lists>,
    /// Cloned only where the answer changes them.
    merges: BTreeMap<StreamId, Cow<'a, Merge>>,
    pairs: GiftPairs,
    /// What comes before the first line or gap.
    opening: Vec<Step>,
    steps: Vec<Step>,
    at: Duration,
}

impl<'a> MergedPoll<'a> {
    fn new(memory: &'a Memory, snapshot: &'a Snapshot, at: Duration) -> Self {
        Self {
            listed: snapshot.livestreams().iter().rev().map(|stream| (&stream.id, stream)).collect(),
            lists: BTreeMap::new(),
            merges: memory.livestreams.merges().map(|(stream, merge)| (stream.clone(), Cow::Borrowed(merge))).collect(),
            pairs: memory.gift_pairs.clone(),
            opening: Vec::new(),
            steps: Vec::new(),
            at,
        }
    }

    /// Judges what a checkpoint owes, and begins with what went live.
    fn open(&mut self, has_live_chat: bool, memory: &Memory, poll: &Poll, snapshot: &Snapshot, occasion: Occasion) {
        for (stream, livestream) in &self.listed {
            if let Some(merge) = self.merges.get_mut(*stream) {
                if merge.owes() {
                    self.opening.extend(steps(stream, merge.to_mut().pay(stream, livestream, self.at)));
                }
            } else if has_live_chat && livestream.is_live() {
                let merge = begin(memory, livestream, poll, snapshot, occasion);
                self.opening.extend(steps(stream, [silent(Change::Begin(Box::new(merge.clone())))]));
                self.merges.insert((*stream).clone(), Cow::Owned(merge));
            }
        }
    }

    fn take(&mut self, step: Step, now: i64) {
        let is_entry = matches!(step.effect, Effect::Seen { .. }) || matches!(step.event, Some(Event::Gap(_) | Event::StreamEnded(_)));
        if is_entry {
            self.steps.append(&mut self.opening);
        }
        match step {
            Step { event: Some(Event::GiftedSubs(gift)), effect: effect @ Effect::Gift { .. } } if !self.merges.is_empty() => {
                let (gift, paired) = see_gift(&mut self.pairs, gift, now);
                let effect = Effect::PairedGift { paired, polled: Box::new(effect) };
                self.steps.push(Step { event: gift.map(Event::GiftedSubs), effect });
            }
            Step { event: Some(event), effect } if is_of_chat(&event, &effect) => self.take_line(event, effect),
            Step { event: Some(Event::StreamEnded(ended)), effect } => {
                self.end(&ended.stream);
                self.steps.push(Step { event: Some(Event::StreamEnded(ended)), effect });
            }
            other => self.steps.push(other),
        }
    }

    fn take_line(&mut self, event: Event, effect: Effect) {
        let merge = event.stream().and_then(|stream| Some((self.merges.get_mut(&stream)?, stream)));
        let Some((merge, stream)) = merge else {
            self.steps.push(Step { event: Some(event), effect });
            return;
        };
        let listed = self.listed.get(&stream);
        let list = self.lists.entry(stream.clone()).or_insert_with(|| listed.map(|stream| merge::list(stream)).unwrap_or_default());
        let decision = merge.see(event, list, self.at);
        self.steps.push(step_of(&stream, merge.to_mut().applied(decision), effect));
    }

    /// Decides all that is held before the end of a livestream is told.
    fn end(&mut self, stream: &StreamId) {
        let Some(merge) = self.merges.get_mut(stream) else { return };
        while let Some(decided) = merge.decide(None) {
            let merge = merge.to_mut();
            self.steps.extend(steps(stream, decided.into_iter().map(|decision| merge.applied(decision))));
        }
        self.steps.extend(steps(stream, [silent(Change::Away)]));
    }

    fn into_steps(mut self) -> Vec<Step> {
        self.steps.append(&mut self.opening);
        self.steps
    }
}

fn is_of_chat(event: &Event, effect: &Effect) -> bool {
    let is_line = matches!(effect, Effect::Seen { list: List::Messages(..) | List::Rants(..), .. });
    is_line || matches!(event, Event::Gap(gap) if matches!(gap.list, ListKind::Messages | ListKind::Rants))
}

/// What is known of a livestream that is live now, before its live chat is heard.
fn begin(memory: &Memory, livestream: &Livestream, poll: &Poll, snapshot: &Snapshot, occasion: Occasion) -> Merge {
    let known = memory.livestreams.get(&livestream.id);
    let history = match occasion {
        Occasion::Baseline => Some(snapshot.now().unix_timestamp()),
        _ => known.and_then(|known| known.messages.history()),
    };
    let mut merge = Merge::new(livestream, history, poll.steps.iter().filter_map(|step| step.event.as_ref()));
    if let Some(newest) = known.and_then(|known| known.messages.newest) {
        let oldest = livestream.chat.recent_messages.iter().map(|message| message.created_on.unix_timestamp()).min();
        merge.forget_until(newest, oldest.unwrap_or(memory.now));
    }
    merge
}

/// A gift that a poll shows, if it is to be told.
fn see_gift(pairs: &mut GiftPairs, gift: GiftedSubs, now: i64) -> (Option<GiftedSubs>, Paired) {
    let polled = Alone::polled(&gift, now);
    let (told, paired) = if let Some(heard) = pairs.other(&polled) {
        (None, Paired::Both(heard.clone()))
    } else {
        let purchase = match gift.purchase {
            Purchase::Copy(copy) => Purchase::Copy(copy.saturating_add(pairs.heard_like(&gift))),
            counted @ Purchase::Counted(_) => counted,
        };
        (Some(gift.bought(purchase)), Paired::Alone(polled))
    };
    pairs.apply(&paired);
    (told, paired)
}
