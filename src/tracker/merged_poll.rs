//! Merges a poll with the live chats: leaves out what they have brought, and
//! holds what they may still bring.
//!
//! The poll comes here with all its steps, judged as if there were no live
//! chat. Each step of a chat is judged again by the merge of its livestream,
//! and keeps its effect on the polls' own memory whatever comes of it: polls
//! must remember that they have shown a line, or it would be news in the next
//! poll. Steps about the account pass as they are, except gifts, which are
//! paired with those of the live chats.
//!
//! The merges are changed on copies while the poll is judged, so that a later
//! line sees what an earlier one has claimed. The steps repeat these changes on
//! the memory when they are delivered.

use std::{
    borrow::Cow,
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use super::{
    Poll, Tracker,
    live::{silent, step_of, steps},
    livestreams::Listing,
    memory::Memory,
    merge::{self, Change, GiftChange, GiftPairs, Lists, Merge, OneSided},
    poll::{Effect, List, Step},
    verdict::Occasion,
};
use crate::{
    event::{Event, Gap, ListKind},
    snapshot::{GiftedSubs, Livestream, Snapshot, StreamId},
};

impl Tracker {
    /// The poll, merged with the live chats.
    pub(super) fn merge_poll(&self, mut poll: Poll, memory: &Memory, snapshot: &Snapshot, occasion: Occasion, at: Duration) -> Poll {
        if !self.live_chat && memory.livestreams.merges().next().is_none() {
            return poll;
        }
        let mut merged = MergedPoll::new(memory, snapshot, at);
        merged.open(self.live_chat, memory, &poll, snapshot, occasion);
        for step in poll.steps.drain(..) {
            merged.take(step);
        }
        poll.steps = merged.into_steps().into();
        poll
    }
}

/// A poll while its steps are merged.
struct MergedPoll<'a> {
    /// The first listed livestream of each id.
    listed: BTreeMap<&'a StreamId, &'a Livestream>,
    /// Everything that the answer lists of a livestream. Filled when needed.
    lists: BTreeMap<StreamId, Lists>,
    /// Cloned only if the answer changes them.
    merges: BTreeMap<StreamId, Cow<'a, Merge>>,
    /// The gifts that only one source has shown.
    pairs: GiftPairs,
    /// Steps that come before the first line or gap.
    opening: Vec<Step>,
    /// The steps so far, in the order of delivery.
    steps: Vec<Step>,
    /// The server's clock in the answer.
    now: i64,
    at: Duration,
}

impl<'a> MergedPoll<'a> {
    /// Nothing is merged yet. If a livestream is listed twice, the first
    /// counts.
    fn new(memory: &'a Memory, snapshot: &'a Snapshot, at: Duration) -> Self {
        Self {
            listed: snapshot.livestreams().iter().rev().map(|stream| (&stream.id, stream)).collect(),
            lists: BTreeMap::new(),
            merges: memory.livestreams.merges().map(|(stream, merge)| (stream.clone(), Cow::Borrowed(merge))).collect(),
            pairs: memory.gift_pairs.clone(),
            opening: Vec::new(),
            steps: Vec::new(),
            now: snapshot.now().unix_timestamp(),
            at,
        }
    }

    /// Judges what a checkpoint owes, and begins merging for livestreams that
    /// went live.
    fn open(&mut self, has_live_chat: bool, memory: &Memory, poll: &Poll, snapshot: &Snapshot, occasion: Occasion) {
        for (stream, livestream) in &self.listed {
            let is_wanted = has_live_chat && livestream.is_live();
            if !self.merges.contains_key(*stream) && is_wanted {
                let merge = begin(memory, livestream, poll, snapshot, occasion);
                self.opening.extend(steps(stream, [silent(Change::Begin(Box::new(merge.clone())))]));
                self.merges.insert((*stream).clone(), Cow::Owned(merge));
            }
            let Some(merge) = self.merges.get_mut(*stream) else { continue };
            if merge.is_new() && is_wanted {
                let waits = merge.to_mut().applied(silent(Change::Lost(self.at)));
                self.opening.extend(steps(stream, [waits]));
            }
            if merge.owes() && occasion != Occasion::Stale {
                self.opening.extend(steps(stream, merge.to_mut().pay(stream, Some(livestream), self.at)));
                self.opening.extend(decided_alone(stream, merge));
            }
        }
    }

    /// Takes the next step of the poll. It may become none, itself or several.
    fn take(&mut self, step: Step) {
        let is_entry = matches!(step.effect, Effect::Seen { .. }) || matches!(step.event, Some(Event::Gap(_) | Event::StreamEnded(_)));
        if is_entry {
            self.steps.append(&mut self.opening);
        }
        match step {
            Step { event: Some(Event::GiftedSubs(gift)), effect: effect @ Effect::Gift { .. } } if !self.merges.is_empty() => {
                let (gift, paired) = see_gift(&mut self.pairs, gift, self.now);
                let effect = Effect::PairedGift { paired: vec![paired], polled: Box::new(effect) };
                self.steps.push(Step { event: gift.map(Event::GiftedSubs), effect });
            }
            Step { event: Some(Event::Gap(gap)), effect } if gap.list == ListKind::GiftedSubs => {
                let (gap, paired) = see_gift_gap(&mut self.pairs, gap);
                let effect = Effect::PairedGift { paired, polled: Box::new(effect) };
                self.steps.push(Step { event: gap.map(Event::Gap), effect });
            }
            Step { event: Some(event), effect } if is_of_chat(&event, &effect) => self.take_line(event, effect),
            Step { event: Some(Event::StreamEnded(ended)), effect } => {
                self.end(&ended.stream);
                self.steps.push(Step { event: Some(Event::StreamEnded(ended)), effect });
            }
            other => self.steps.push(other),
        }
    }

    /// Takes a line or a gap of a chat. Before the first of a livestream, the
    /// merge learns from the list how the two sources stamp the same line.
    fn take_line(&mut self, event: Event, effect: Effect) {
        let merge = event.stream().and_then(|stream| Some((self.merges.get_mut(&stream)?, stream)));
        let Some((merge, stream)) = merge else {
            self.steps.push(Step { event: Some(event), effect });
            return;
        };
        let list = match self.lists.entry(stream.clone()) {
            Entry::Occupied(list) => list.into_mut(),
            Entry::Vacant(place) => {
                let list = place.insert(self.listed.get(&stream).map(|listed| merge::list(listed)).unwrap_or_default());
                let learnt = merge.learn(list).map(|learnt| merge.to_mut().applied(learnt));
                self.steps.extend(steps(&stream, learnt));
                list
            }
        };
        let decision = merge.see(event, list, self.at);
        self.steps.push(step_of(&stream, merge.to_mut().applied(decision), effect));
        self.steps.extend(decided_alone(&stream, merge));
    }

    /// Decides everything that is held or owed before the end of a livestream
    /// is yielded.
    fn end(&mut self, stream: &StreamId) {
        let Some(merge) = self.merges.get_mut(stream) else { return };
        if merge.owes() {
            self.steps.extend(steps(stream, merge.to_mut().pay(stream, None, self.at)));
        }
        self.steps.extend(decided(stream, merge));
        let doubts = merge.doubts(stream).map(|doubts| merge.to_mut().applied(doubts));
        self.steps.extend(steps(stream, doubts));
        self.steps.extend(steps(stream, [merge.to_mut().applied(silent(Change::Ended))]));
    }

    /// All steps. What was to come before the first line comes last if there
    /// was none.
    fn into_steps(mut self) -> Vec<Step> {
        self.steps.append(&mut self.opening);
        self.steps
    }
}

/// Decides everything that is held.
fn decided(stream: &StreamId, merge: &mut Cow<'_, Merge>) -> Vec<Step> {
    let mut all = Vec::new();
    while let Some(decided) = merge.decide(None) {
        let merge = merge.to_mut();
        all.extend(steps(stream, decided.into_iter().map(|decision| merge.applied(decision))));
    }
    all
}

/// Decides everything that is held if no live chat is expected.
fn decided_alone(stream: &StreamId, merge: &mut Cow<'_, Merge>) -> Vec<Step> {
    if merge.is_alone() { decided(stream, merge) } else { Vec::new() }
}

/// Whether a step is a line of a chat, or a gap in one.
fn is_of_chat(event: &Event, effect: &Effect) -> bool {
    let is_line = matches!(effect, Effect::Seen { list: List::Messages(..) | List::Rants(..), .. });
    is_line || matches!(event, Event::Gap(gap) if matches!(gap.list, ListKind::Messages | ListKind::Rants))
}

/// The merge of a livestream that is live now, before its live chat is read.
fn begin(memory: &Memory, livestream: &Livestream, poll: &Poll, snapshot: &Snapshot, occasion: Occasion) -> Merge {
    let known = memory.livestreams.get(&livestream.id);
    let now = snapshot.now().unix_timestamp();
    let history = match (occasion, known) {
        (Occasion::Baseline, _) => Some(now),
        (Occasion::Replay, _) => None,
        (_, Some(known)) => known.messages.history(),
        (_, None) => memory.livestreams.unknown(Listing::of(livestream, now)).messages.history(),
    };
    let mut merge = Merge::new(livestream, history, now, poll.steps.iter().filter_map(|step| step.event.as_ref()));
    if let Some(newest) = known.and_then(|known| known.messages.newest) {
        let oldest = livestream.chat.recent_messages.iter().map(|message| message.created_on.unix_timestamp()).min();
        merge.forget_until(newest, oldest.unwrap_or(memory.now));
    }
    merge
}

/// The gift of a poll, if it is to be yielded.
fn see_gift(pairs: &mut GiftPairs, gift: GiftedSubs, now: i64) -> (Option<GiftedSubs>, GiftChange) {
    let polled = OneSided::polled(&gift, now);
    let (told, paired) = if let Some(heard) = pairs.other(&polled) {
        (None, GiftChange::Forget(heard.clone()))
    } else {
        (Some(gift), GiftChange::Remember(polled))
    };
    pairs.apply(&paired);
    (told, paired)
}

/// The gap for gifts that only a counter shows, minus those that the live chat
/// has brought.
fn see_gift_gap(pairs: &mut GiftPairs, mut gap: Gap) -> (Option<Gap>, Vec<GiftChange>) {
    let Some(mut lost) = gap.at_least else { return (Some(gap), Vec::new()) };
    let mut paired = Vec::new();
    for (heard, total) in pairs.heard() {
        if total <= lost {
            lost -= total;
            paired.push(GiftChange::Count(heard.clone()));
        }
    }
    for counted in &paired {
        pairs.apply(counted);
    }
    if lost == 0 {
        return (None, paired);
    }
    gap.at_least = Some(lost);
    (Some(gap), paired)
}
