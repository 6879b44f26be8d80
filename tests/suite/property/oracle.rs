//! What should be said, by the promises and in the simplest way: all answers are kept, and everything is counted anew from them each time.

use std::collections::BTreeMap;

use super::{
    history::{Entry, List},
    oddities::Answer,
};

/// What was said, without what is of no account here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    Ready,
    Started(usize),
    Ended {
        stream: usize,
        last_seen: i64,
    },
    /// `copy` is which of the equal ones of its second it is.
    New {
        list: List,
        entry: Entry,
        copy: usize,
    },
    Gap {
        list: List,
        since: Option<i64>,
        until: i64,
        at_least: Option<u64>,
    },
    Gift(&'static str),
}

pub(crate) struct Oracle {
    replay: bool,
    answers: Vec<Answer>,
    /// Of each answer, what it shows of the lists that it says something about, oldest first.
    shown: Vec<BTreeMap<List, Vec<Entry>>>,
    /// Of each answer, whether it was stale.
    stale: Vec<bool>,
    newest: i64,
    streams: BTreeMap<usize, Stream>,
}

struct Stream {
    live: bool,
    last_seen: i64,
    absences: u32,
}

/// Of equal stamps the lists come in their order, and a gap before its list.
type Position = (i64, usize, u8);

impl Oracle {
    pub(crate) fn new(replay: bool) -> Self {
        Self { replay, answers: Vec::new(), shown: Vec::new(), stale: Vec::new(), newest: i64::MIN, streams: BTreeMap::new() }
    }

    pub(crate) fn judge(&mut self, answer: &Answer) -> Vec<Said> {
        let is_stale = (1..=600).contains(&self.newest.saturating_sub(answer.now));
        let is_first = self.answers.is_empty();
        self.answers.push(answer.clone());
        self.shown.push(lists(answer).into_iter().filter_map(|list| Some((list, entries(answer, list)?))).collect());
        self.stale.push(is_stale);
        if !is_stale {
            self.newest = answer.now;
        }

        let mut said = if is_first { vec![Said::Ready] } else { Vec::new() };
        let mut ended = Vec::new();
        self.judge_streams(answer, is_stale, &mut said, &mut ended);
        let mut dated = Vec::new();
        for (rank, list) in lists(answer).into_iter().enumerate() {
            self.judge_list(list, rank, &mut dated);
        }
        dated.sort_by_key(|(position, _)| *position);
        said.extend(dated.into_iter().map(|(_, said)| said));
        said.extend(self.judge_gifts());
        ended.sort();
        said.extend(ended);
        said
    }

    /// Whether a list has more keys above its floor than are remembered at least.
    pub(crate) fn is_beyond_memory(&self, next: &Answer) -> bool {
        lists(next).into_iter().any(|list| {
            let mut keys: Vec<Entry> = (0..self.answers.len()).filter_map(|index| self.shown(index, list)).flatten().copied().collect();
            keys.extend(entries(next, list).into_iter().flatten());
            let floor = self.floor(list, self.answers.len());
            keys.retain(|entry| Some(entry.at) > floor);
            keys.sort_unstable();
            keys.dedup();
            keys.len() > 4 * next.max
        })
    }

    fn judge_streams(&mut self, answer: &Answer, is_stale: bool, said: &mut Vec<Said>, ended: &mut Vec<Said>) {
        let Some(listed) = &answer.streams else { return };
        let mut seen = Vec::new();
        for listed in listed {
            if seen.contains(&listed.stream) {
                continue;
            }
            seen.push(listed.stream);
            let is_known = self.streams.contains_key(&listed.stream);
            if is_stale && is_known {
                continue;
            }
            let known = self.streams.entry(listed.stream).or_insert(Stream { live: false, last_seen: 0, absences: 0 });
            known.last_seen = answer.now;
            known.absences = 0;
            match listed.live {
                Some(true) if !known.live => said.push(Said::Started(listed.stream)),
                Some(false) if known.live => ended.push(Said::Ended { stream: listed.stream, last_seen: answer.now }),
                _ => {}
            }
            known.live = listed.live.unwrap_or(known.live);
        }
        if is_stale {
            return;
        }
        // One that cannot be read may be any, so three such answers weigh what one of the others does.
        let weight = if answer.unreadable_streams { 1 } else { 3 };
        for (stream, known) in self.streams.iter_mut().filter(|(stream, _)| !seen.contains(stream)) {
            known.absences += weight;
            if known.live && known.absences >= 6 {
                known.live = false;
                ended.push(Said::Ended { stream: *stream, last_seen: known.last_seen });
            }
        }
    }

    fn judge_list(&self, list: List, rank: usize, dated: &mut Vec<(Position, Said)>) {
        let this = self.answers.len() - 1;
        let Some(shown) = self.shown(this, list) else { return };
        let earlier: Vec<usize> = (0..this).filter(|&index| self.shown(index, list).is_some()).collect();
        // A list of which nothing can be read shows nothing yet.
        let showed_nothing = |&index: &usize| self.listed(index, list) > 0 && self.shown(index, list).is_some_and(<[Entry]>::is_empty);
        let is_baseline = |entry: &Entry| {
            let first_now = self.answers[0].now;
            !self.replay && earlier.iter().all(showed_nothing) && (this == 0 || entry.at <= first_now)
        };
        let floor = self.floor(list, this);

        let mut passed: Vec<Entry> = Vec::new();
        for entry in shown {
            passed.push(*entry);
            // The earlier ones of equal copies are those that are known already.
            let (nth, copies) = (count(&passed, entry), count(shown, entry));
            let due = self.due(this, list, entry);
            let before = earlier.iter().map(|&index| self.due(index, list, entry)).max().unwrap_or(0);
            let is_new = due > before && nth > copies - (due - before);
            if is_new && Some(entry.at) > floor && !is_baseline(entry) {
                let copy = before + nth - 1 - (copies - (due - before));
                dated.push(((entry.at, rank, 1), Said::New { list, entry: *entry, copy }));
            }
        }

        let Some(oldest) = shown.iter().map(|entry| entry.at).min() else { return };
        let known = earlier.iter().filter_map(|&index| self.shown(index, list)).flatten().map(|entry| entry.at).max();
        let may_have_lost = match known {
            // Of the newest known second more may have come than is shown, unless it shows a known one.
            Some(newest_known) if oldest == newest_known && Some(oldest) > floor => {
                let was_shown =
                    |entry: &Entry| earlier.iter().any(|&index| self.shown(index, list).is_some_and(|shown| shown.contains(entry)));
                !shown.iter().any(was_shown)
            }
            Some(newest_known) => oldest > newest_known,
            None => self.is_full(this, list) && !shown.iter().any(is_baseline),
        };
        let grown = self.growth(list, &earlier);
        let listed = self.listed(this, list);
        if this > 0 && !self.stale[this] && may_have_lost && grown[0] != i64::try_from(listed).ok() {
            let least = grown.into_iter().flatten().min();
            let at_least = least.map(|least| u64::try_from(least).unwrap_or(0).saturating_sub(listed as u64));
            dated.push(((oldest, rank, 0), Said::Gap { list, since: known, until: oldest, at_least }));
        }
    }

    /// By how much count and total grew since the list was last shown by an answer that was not stale.
    fn growth(&self, list: List, earlier: &[usize]) -> [Option<i64>; 2] {
        let Some(&basis) = earlier.iter().rfind(|&&index| !self.stale[index]) else { return [None; 2] };
        let counters = |index: usize| {
            let answer = &self.answers[index];
            match list {
                List::Followers => [answer.followers.count, answer.followers.total],
                List::Subscribers => [answer.subscribers.count, answer.subscribers.total],
                List::Messages(_) | List::Rants(_) => [None, None],
            }
        };
        let (then, now) = (counters(basis), counters(self.answers.len() - 1));
        [0, 1].map(|which| Some(now[which]?.cast_signed() - then[which]?.cast_signed()))
    }

    /// How many copies of `entry` the answer owes: all that it shows, but of messages only those that no known rant explains.
    fn due(&self, index: usize, list: List, entry: &Entry) -> usize {
        let copies = self.shown(index, list).map_or(0, |shown| count(shown, entry));
        let List::Messages(stream) = list else { return copies };
        let mut rants: BTreeMap<u64, usize> = BTreeMap::new();
        for (at, shown) in (0..=index).filter_map(|at| Some((at, self.shown(at, List::Rants(stream))?))) {
            // A rant that came at or below the floor of its list is never told, so its message is.
            let is_known = Some(entry.at) > self.floor(List::Rants(stream), at);
            for rant in shown.iter().filter(|rant| is_known && Entry { cents: 0, ..**rant } == *entry) {
                let most = rants.entry(rant.cents).or_default();
                *most = (*most).max(count(shown, rant));
            }
        }
        copies.saturating_sub(rants.values().sum())
    }

    /// The oldest stamp of any full window before this answer.
    fn floor(&self, list: List, this: usize) -> Option<i64> {
        let oldest = |index| self.shown(index, list)?.iter().map(|entry| entry.at).min();
        (0..this).filter(|&index| self.is_full(index, list)).filter_map(oldest).max()
    }

    fn is_full(&self, index: usize, list: List) -> bool {
        self.listed(index, list) * 10 >= self.answers[index].max * 9
    }

    fn listed(&self, index: usize, list: List) -> usize {
        raw(&self.answers[index], list).map_or(0, <[_]>::len)
    }

    /// What the answer shows of the list, oldest first. `None` where it says nothing about it.
    fn shown(&self, index: usize, list: List) -> Option<&[Entry]> {
        self.shown[index].get(&list).map(Vec::as_slice)
    }

    /// A gift has neither instant nor id: only more equal ones than ever at once are new.
    fn judge_gifts(&self) -> Vec<Said> {
        let (last, earlier) = self.answers.split_last().expect("there is an answer");
        let copies = |answer: &Answer, by| answer.gifts.iter().filter(|gift| gift.by == by).count();
        let mut new = Vec::new();
        for by in super::history::USERS {
            let before = earlier.iter().map(|answer| copies(answer, by)).max();
            let before = before.unwrap_or(if self.replay { 0 } else { usize::MAX });
            new.extend((before..copies(last, by)).map(|_| Said::Gift(by)));
        }
        new
    }
}

/// The lists of an answer in the order in which they come.
fn lists(answer: &Answer) -> Vec<List> {
    let mut lists = vec![List::Followers, List::Subscribers];
    for listed in answer.streams.iter().flatten() {
        if !lists.contains(&List::Messages(listed.stream)) {
            lists.extend([List::Messages(listed.stream), List::Rants(listed.stream)]);
        }
    }
    lists
}

fn raw(answer: &Answer, list: List) -> Option<&[Option<Entry>]> {
    // Of a livestream that is listed twice the first counts.
    let chat = |stream| answer.streams.as_ref()?.iter().find(|listed| listed.stream == stream);
    let (shown, count) = match list {
        List::Followers => (&answer.followers.list, answer.followers.count),
        List::Subscribers => (&answer.subscribers.list, answer.subscribers.count),
        List::Messages(stream) => (&chat(stream)?.messages, None),
        List::Rants(stream) => (&chat(stream)?.rants, None),
    };
    // An empty list beside a count above zero is a failure of the server and says nothing.
    let is_believed = |shown: &&Vec<_>| !shown.is_empty() || count.unwrap_or(0) == 0;
    shown.as_ref().filter(is_believed).map(Vec::as_slice)
}

fn entries(answer: &Answer, list: List) -> Option<Vec<Entry>> {
    let mut shown: Vec<Entry> = raw(answer, list)?.iter().flatten().copied().collect();
    let is_newest_first = matches!((shown.first(), shown.last()), (Some(head), Some(tail)) if head.at >= tail.at);
    if is_newest_first {
        shown.reverse();
    }
    Some(shown)
}

fn count(entries: &[Entry], entry: &Entry) -> usize {
    entries.iter().filter(|other| *other == entry).count()
}
