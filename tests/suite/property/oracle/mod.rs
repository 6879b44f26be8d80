//! What should be said, by the promises and in the simplest way: all answers are kept, and everything is counted anew from them each time.

mod gifts;
mod lists;
mod shift;
mod streams;

use std::collections::BTreeMap;

use self::{gifts::Gifts, lists::Sight, streams::Stream};
use super::{
    answer::{Account, Answer, Item},
    history::{Entry, Gift, List},
};

/// What was said, without what is of no account here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Said {
    /// The answer is of another account and was not taken.
    Refused,
    Ready,
    Started {
        stream: usize,
        at: i64,
        already_live: bool,
    },
    Unreadable {
        list: List,
        count: usize,
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
    /// How many of it remain is left out.
    Gift {
        gift: Gift,
        which: Which,
    },
    Ended {
        stream: usize,
        last_seen: i64,
        at: i64,
    },
}

/// Which of equal gifts it is: by number, or by what the counter said when it was bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    Copy(usize),
    Counted(u64),
}

pub(crate) struct Oracle {
    replay: bool,
    /// The ids of the account, as far as they are known.
    account: Account,
    /// The answers that were taken.
    answers: Vec<Taken>,
    /// The server's clock: in the newest answer, and in the first one, which falls where the clock is set back.
    now: i64,
    baseline: i64,
    /// By how much the stamps of the followers were moved since they were baseline.
    moved: i64,
    /// Of each list every occurrence, as far as it was not below the floor when it was shown.
    known: BTreeMap<List, Vec<Entry>>,
    /// Those of them that came at the floor's second and were not told.
    untold: BTreeMap<List, Vec<Entry>>,
    /// How many copies of a message no rant explained, at the most.
    unexplained: BTreeMap<(List, Entry), usize>,
    /// How many entries of a list stale answers brought since the last one that was not stale and showed it.
    brought_by_stale: BTreeMap<List, usize>,
    /// Lists that can tell nothing stamped from `since` until before `until`, because the clock was set back to `since`.
    deaf: BTreeMap<List, (i64, i64)>,
    /// The most unreadable items of each list that were told.
    unreadable: BTreeMap<List, usize>,
    streams: BTreeMap<usize, Stream>,
    gifts: Gifts,
}

/// An answer and how it was taken.
struct Taken {
    answer: Answer,
    is_stale: bool,
    /// Whether it showed an entry that no answer had shown before.
    is_fresh_data: bool,
    /// What it shows of the lists that it says something about, in the order of the wire.
    shown: BTreeMap<List, Vec<Entry>>,
    /// Whether the lists stand newest first, where that is known.
    newest_first: BTreeMap<List, bool>,
}

impl Taken {
    fn oldest_first(&self, list: List) -> Option<Vec<Entry>> {
        let mut entries = self.shown.get(&list)?.clone();
        if self.newest_first.get(&list) != Some(&false) {
            entries.reverse();
        }
        Some(entries)
    }
}

/// Of equal stamps the lists come in their order, and a gap before its list.
type Position = (i64, usize, u8);

impl Oracle {
    pub(crate) fn new(replay: bool) -> Self {
        Self {
            replay,
            account: Account { user: None, channel: None },
            answers: Vec::new(),
            now: i64::MIN,
            baseline: i64::MIN,
            moved: 0,
            known: BTreeMap::new(),
            untold: BTreeMap::new(),
            unexplained: BTreeMap::new(),
            brought_by_stale: BTreeMap::new(),
            deaf: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            streams: BTreeMap::new(),
            gifts: Gifts::default(),
        }
    }

    pub(crate) fn judge(&mut self, answer: &Answer) -> Vec<Said> {
        if !self.is_of_the_account(answer.account) {
            return vec![Said::Refused];
        }
        let is_first = self.answers.is_empty();
        self.take(answer);
        self.follow_shift();
        let sights: Vec<Sight> = lists(answer).into_iter().filter_map(|list| self.sight(list)).collect();
        let unseen_gift = self.gifts.shows_more(answer);
        self.set_clock(unseen_gift || sights.iter().any(|sight| sight.shows_unseen(self.floor(sight.list))));

        let mut said = if is_first { vec![Said::Ready] } else { Vec::new() };
        let mut ended = Vec::new();
        self.judge_streams(&mut said, &mut ended);
        self.judge_unreadable(&mut said);
        let mut dated = Vec::new();
        for (rank, sight) in sights.iter().enumerate() {
            self.judge_list(sight, rank, &mut dated);
        }
        dated.sort_by_key(|(position, _)| *position);
        said.extend(dated.into_iter().map(|(_, said)| said));
        sights.iter().for_each(|sight| self.remember(sight));
        self.judge_gifts(&mut said);
        ended.sort();
        said.extend(ended);
        said
    }

    /// Whether a list has more keys from its floor on than are remembered at least.
    pub(crate) fn is_beyond_memory(&self, next: &Answer) -> bool {
        lists(next).into_iter().any(|list| {
            let Some(shown) = entries(next, list) else { return false };
            let floor = self.floor_before(list, self.answers.len());
            let mut keys: Vec<Entry> = self.known.get(&list).into_iter().flatten().chain(&shown).copied().collect();
            keys.retain(|entry| Some(entry.at) >= floor);
            keys.sort_unstable();
            keys.dedup();
            keys.len() > 4 * cap(next).max(shown.len())
        })
    }

    /// An answer that shares no id with the known ones is not taken. Ids are learned as they appear.
    fn is_of_the_account(&mut self, ids: Account) -> bool {
        let known = &mut self.account;
        let is_same_user = ids.user.is_some() && ids.user == known.user;
        let is_same_channel = ids.channel.is_some() && ids.channel == known.channel;
        let is_ours = self.answers.is_empty() || is_same_user || is_same_channel;
        if is_ours {
            known.user = known.user.or(ids.user);
            known.channel = known.channel.or(ids.channel);
        }
        is_ours
    }

    fn take(&mut self, answer: &Answer) {
        let mut newest_first = self.answers.last().map(|last| last.newest_first.clone()).unwrap_or_default();
        let mut shown = BTreeMap::new();
        for list in lists(answer) {
            let Some(entries) = entries(answer, list) else { continue };
            // A list that lies within one second tells nothing of its direction.
            if let (Some(head), Some(tail)) = (entries.first(), entries.last())
                && head.at != tail.at
            {
                newest_first.insert(list, head.at > tail.at);
            }
            shown.insert(list, entries);
        }
        self.answers.push(Taken { answer: answer.clone(), is_stale: false, is_fresh_data: false, shown, newest_first });
    }

    /// Whether the answer just taken is stale, and what its clock changes.
    fn set_clock(&mut self, is_fresh_data: bool) {
        let (this, earlier) = self.answers.split_last_mut().expect("one was taken");
        let now = this.answer.now;
        this.is_fresh_data = is_fresh_data;
        let behind = self.now.saturating_sub(now);
        this.is_stale = (1..=600).contains(&behind);
        // A clock that was set back, and not a server that lags: several in a row, later and later, with something new.
        let running = || earlier.iter().rev().take_while(|taken| taken.is_stale);
        let is_later = running().next().is_some_and(|before| now > before.answer.now);
        if this.is_stale && is_later && (is_fresh_data || running().any(|taken| taken.is_fresh_data)) {
            this.is_stale = false;
        }
        if this.is_stale {
            return;
        }
        let is_step = now < self.now;
        self.now = now;
        if earlier.is_empty() {
            self.baseline = now;
        }
        if is_step {
            self.baseline = self.baseline.min(now);
            let lists: Vec<List> = self.known.keys().copied().collect();
            for list in lists {
                let moved = if list == List::Followers { self.moved } else { 0 };
                if let Some(floor) = self.floor(list).filter(|floor| *floor > now + moved) {
                    let deaf = self.deaf.entry(list).or_insert((now + moved, floor));
                    *deaf = (deaf.0.min(now + moved), floor);
                }
            }
        }
    }

    /// Comes once when the number of items that cannot be read exceeds the highest told.
    fn judge_unreadable(&mut self, said: &mut Vec<Said>) {
        let answer = &self.this().answer;
        let mut counts: Vec<(List, usize)> = lists(answer).into_iter().filter_map(|list| Some((list, unreadable(raw(answer, list)?)))).collect();
        counts.extend(answer.gifts.as_ref().map(|gifts| (List::Gifts, unreadable(gifts))));
        counts.extend(answer.streams.as_ref().map(|_| (List::Livestreams, answer.unreadable_streams)));
        counts.sort_unstable();
        for (list, count) in counts {
            let told = self.unreadable.entry(list).or_default();
            if count > *told {
                *told = count;
                said.push(Said::Unreadable { list, count });
            }
        }
    }

    fn this(&self) -> &Taken {
        self.answers.last().expect("one was taken")
    }
}

/// The lists of entries with stamps, in the order in which they come.
fn lists(answer: &Answer) -> Vec<List> {
    let mut lists = vec![List::Followers, List::Subscribers];
    for listed in answer.streams.iter().flatten() {
        if !lists.contains(&List::Messages(listed.stream)) {
            lists.extend([List::Messages(listed.stream), List::Rants(listed.stream)]);
        }
    }
    lists
}

/// The items of a list that the answer says something about.
fn raw(answer: &Answer, list: List) -> Option<&[Item<Entry>]> {
    // Of a livestream that is listed twice the first counts.
    let chat = |stream| answer.streams.as_ref()?.iter().find(|listed| listed.stream == stream);
    let (shown, count) = match list {
        List::Followers => (&answer.followers.list, answer.followers.count),
        List::Subscribers => (&answer.subscribers.list, answer.subscribers.count),
        List::Messages(stream) => (&chat(stream)?.messages, None),
        List::Rants(stream) => (&chat(stream)?.rants, None),
        List::Gifts | List::Livestreams => return None,
    };
    // An empty list beside a count above zero is a failure of the server and says nothing.
    let is_believed = |shown: &&Vec<Item<Entry>>| length(shown) > 0 || count.unwrap_or(0) == 0;
    shown.as_ref().filter(is_believed).map(Vec::as_slice)
}

fn entries(answer: &Answer, list: List) -> Option<Vec<Entry>> {
    Some(raw(answer, list)?.iter().filter_map(Item::entry).collect())
}

/// Padding is no item.
fn length<T>(items: &[Item<T>]) -> usize {
    items.iter().filter(|item| !matches!(item, Item::Padding(_))).count()
}

fn unreadable<T>(items: &[Item<T>]) -> usize {
    items.iter().filter(|item| matches!(item, Item::Unreadable(_))).count()
}

/// How long a list can be, as the answer says it.
fn cap(answer: &Answer) -> usize {
    match answer.cap {
        None | Some(0) => 50,
        Some(cap) => usize::try_from(cap).map_or(1000, |cap| cap.min(1000)),
    }
}
