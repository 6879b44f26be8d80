//! What should have been told, counted from what the answers showed.

use std::collections::{HashMap, HashSet};

use rumble_live::{Event, ListKind, Snapshot, StreamId};
use time::{Duration, OffsetDateTime};

use super::{Heard, Key, List, key};

pub(super) struct Oracle {
    window: usize,
    pub(super) heard: Heard,
    /// What was told since an answer was last told as a whole.
    fresh: Vec<Key>,
    /// Of each entry the most copies that one answer showed above the floor.
    shown: HashMap<Key, usize>,
    /// The oldest stamp of any full window.
    floors: HashMap<List, OffsetDateTime>,
    /// The newest stamp that was shown or told.
    newest: HashMap<List, OffsetDateTime>,
    /// The server's clock in the newest answer, and in that which it was furthest in.
    now: Option<OffsetDateTime>,
    furthest: Option<OffsetDateTime>,
    /// What came since an answer was last told as a whole.
    unsettled: Vec<Key>,
    /// How many followed, by the newest answer that counts.
    followers: Option<u64>,
    /// What need not be told nor announced, because
    /// - it came with a stamp at or below the floor, or before that of an answer;
    /// - the first answer after it was stale, or showed as many followers as their counter grew by, as when some left meanwhile;
    /// - it is one of equal ones, and the process ended amid them.
    untellable: HashSet<Key>,
    /// What was shown in the floor's own second, where the place decides.
    may_be_told: HashSet<Key>,
    /// Livestreams that were forgotten, from when they were last seen to when they came back.
    forgotten: Vec<(StreamId, OffsetDateTime, OffsetDateTime)>,
    /// Livestreams that are listed, or were missing once.
    absences: HashMap<StreamId, u32>,
}

impl Oracle {
    pub(super) fn new(window: usize) -> Self {
        Self {
            window,
            heard: Heard::default(),
            fresh: Vec::new(),
            shown: HashMap::new(),
            floors: HashMap::new(),
            newest: HashMap::new(),
            now: None,
            furthest: None,
            unsettled: Vec::new(),
            followers: None,
            untellable: HashSet::new(),
            may_be_told: HashSet::new(),
            forgotten: Vec::new(),
            absences: HashMap::new(),
        }
    }

    /// Something came about, and shows in the next answer.
    pub(super) fn comes(&mut self, key: &Key) {
        let (stream, (list, at, ..)) = key;
        let floor = self.floors.get(&(stream.clone(), *list));
        if floor.is_some_and(|floor| at <= floor) || self.furthest.is_some_and(|furthest| *at < furthest) {
            self.untellable.insert(key.clone());
        }
        self.unsettled.push(key.clone());
    }

    /// A livestream comes back that was forgotten: all that was written in it long ago counts as had.
    pub(super) fn forgets(&mut self, stream: &StreamId, now: OffsetDateTime) {
        let now = now - Duration::HOUR;
        for list in [ListKind::Messages, ListKind::Rants] {
            self.floors.insert((Some(stream.clone()), list), now);
            self.newest.remove(&(Some(stream.clone()), list));
        }
        if let Some(Some(last_seen)) = self.heard.streams.get(stream) {
            self.forgotten.push((stream.clone(), *last_seen, now));
        }
    }

    /// Whether it was neither told nor announced, though it should have been.
    pub(super) fn misses(&self, key: &Key) -> bool {
        let (stream, (_, at, ..)) = key;
        let is_of = |(of, from, to): &(StreamId, OffsetDateTime, OffsetDateTime)| Some(of) == stream.as_ref() && (from..=to).contains(&at);
        !self.untellable.contains(key) && !self.forgotten.iter().any(is_of)
    }

    pub(super) fn hears(&mut self, event: &Event) {
        if let Event::Message(message) = event
            && is_rant(&message.text)
        {
            // A rant is told as one, unless it came too late for that.
            let is_it = |rant: &Key| rant.0.as_ref() == Some(&message.stream) && rant.1.0 == ListKind::Rants && rant.1.3 == message.text;
            assert!(self.untellable.iter().any(is_it), "{event} is a rant");
            return;
        }
        if let Event::Gap(gap) = event {
            let newest = self.newest.get(&(gap.stream.clone(), gap.list)).copied();
            // What cannot be told, within a second or below the floor after the clock was set back, lies before the newest.
            let is_untellable = gap.since.is_some() && Some(gap.until) <= newest;
            assert!(
                gap.since <= Some(gap.until) && (gap.since == newest || is_untellable),
                "{event}, where {newest:?} is the newest known"
            );
        }
        self.heard.note(event);
        if let Some(key) = key(event) {
            let (stream, (list, at, ..)) = &key;
            let newest = self.newest.entry((stream.clone(), *list)).or_insert(*at);
            *newest = (*newest).max(*at);
            self.fresh.push(key);
        }
    }

    /// How many livestreams may be remembered beside those that are gone.
    pub(super) fn around(&self, newest: Option<&Snapshot>) -> usize {
        let listed = newest.into_iter().flat_map(|snapshot| snapshot.livestreams().iter()).map(|stream| &stream.id);
        self.absences.keys().chain(listed).collect::<HashSet<_>>().len()
    }

    /// An answer was told, as a `whole` or until the process ended.
    pub(super) fn settle(&mut self, answer: &Snapshot, whole: bool) {
        for (list, entries) in lists(answer) {
            self.settle_list(list, &entries, whole);
        }
        for key in self.fresh.drain(..) {
            let (told, due) = (self.heard.times(&key), self.shown.get(&key).copied().unwrap_or_default());
            assert!(told <= due || self.may_be_told.contains(&key), "{key:?} was told {told} times and due {due} times");
        }
        let is_stale = self.now.is_some_and(|newest| (1..=600).contains(&(newest - answer.now()).whole_seconds()));
        let followers = answer.followers();
        let grew_by_what_is_shown = self.followers.is_some_and(|before| followers.count == Some(before + followers.recent.len() as u64));
        let is_untellable = |key: &&Key| is_stale || (grew_by_what_is_shown && key.1.0 == ListKind::Followers);
        self.untellable.extend(self.unsettled.iter().filter(is_untellable).cloned());
        for stream in answer.livestreams() {
            self.absences.entry(stream.id.clone()).or_default();
        }
        if whole {
            self.unsettled.clear();
            self.settle_streams(answer, is_stale);
        }
    }

    fn settle_list(&mut self, list: List, entries: &[Event], whole: bool) {
        let floor = self.floors.get(&list).copied();
        self.may_be_told.extend(entries.iter().filter(|event| floor.is_some() && event.at() == floor).filter_map(key));
        let mut due: HashMap<Key, usize> = HashMap::new();
        for event in entries.iter().filter(|event| event.at() > floor) {
            match event {
                Event::Message(message) if is_rant(&message.text) => {}
                _ => *due.entry(key(event).unwrap()).or_default() += 1,
            }
        }
        for (key, copies) in due {
            if self.now.is_none() {
                // The baseline counts as had.
                self.heard.times.insert(key.clone(), copies);
            }
            let told = self.heard.times(&key);
            if !whole && (1..copies).contains(&told) {
                // Who ended amid equal ones may next see no more of them than were told.
                self.untellable.insert(key.clone());
            }
            let most = self.shown.entry(key.clone()).or_default();
            *most = if whole { copies } else { copies.min(told) }.max(*most);
            assert!(!whole || told == *most, "{key:?} was told {told} times and due {most} times");
        }
        let newest = entries.iter().filter_map(Event::at).max().filter(|_| whole);
        self.newest.extend(newest.max(self.newest.get(&list).copied()).map(|newest| (list.clone(), newest)));
        if whole && entries.len() * 10 >= self.window * 9 {
            let oldest = entries.iter().filter_map(Event::at).min();
            self.floors.extend(oldest.max(floor).map(|floor| (list, floor)));
        }
    }

    fn settle_streams(&mut self, answer: &Snapshot, is_stale: bool) {
        let now = answer.now();
        self.furthest = self.furthest.max(Some(now));
        if is_stale {
            return;
        }
        self.now = Some(now);
        self.followers = answer.followers().count;
        self.absences.values_mut().for_each(|answers| *answers += 1);
        for stream in answer.livestreams() {
            self.absences.insert(stream.id.clone(), 0);
            let is_live = stream.is_live();
            assert_eq!(self.heard.is_on_air(&stream.id), is_live, "of {} at {now}", stream.id);
        }
        let heard = &self.heard;
        self.absences.retain(|stream, answers| {
            assert!(*answers < 2 || !heard.is_on_air(stream), "{stream} was not ended at {now}");
            *answers < 2
        });
    }
}

/// The texts of rants are no others'.
fn is_rant(text: &str) -> bool {
    text.starts_with("rant ")
}

fn lists(answer: &Snapshot) -> Vec<(List, Vec<Event>)> {
    let followers = answer.followers().recent.iter().cloned().map(Event::Follower).collect();
    let subscribers = answer.subscribers().recent.iter().cloned().map(Event::Subscriber).collect();
    let mut lists = vec![((None, ListKind::Followers), followers), ((None, ListKind::Subscribers), subscribers)];
    for stream in answer.livestreams() {
        let rants = stream.chat.recent_rants.iter().cloned().map(Event::Rant).collect();
        let messages = stream.chat.recent_messages.iter().cloned().map(Event::Message).collect();
        let id = Some(stream.id.clone());
        lists.extend([((id.clone(), ListKind::Rants), rants), ((id, ListKind::Messages), messages)]);
    }
    lists
}
