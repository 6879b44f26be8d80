//! What should be said, by the text of the promises and in the simplest way: all answers are kept, and nearly everything is found anew from them
//! each time.
//!
//! Nothing here comes from the tracker. Where the text is silent, a comment that begins with `Silent:` says what was chosen.

mod clock;
mod counter;
mod gaps;
mod gifts;
mod news;
mod reading;
mod shift;
mod sight;
mod streams;

use std::collections::BTreeMap;

use self::{
    gifts::Gifts,
    reading::{cap, entries, lists, raw, unreadable},
    sight::Sight,
    streams::Stream,
};
use super::{
    answer::{Account, Answer},
    history::{Entry, List},
    said::Said,
};

pub(crate) struct Oracle {
    replay: bool,
    /// The ids of the account, as far as they are known.
    account: Account,
    /// The answers that were taken, oldest first.
    answers: Vec<Taken>,
    /// The server's clock: in the newest answer, and in the first one, which falls where the clock is set back.
    now: i64,
    start: i64,
    /// By how much the stamps of the followers were moved in all.
    moved: i64,
    has_seen_shift: bool,
    past: BTreeMap<List, Past>,
    /// The most unreadable items of each list that were told.
    unreadable: BTreeMap<List, usize>,
    streams: BTreeMap<usize, Stream>,
    gifts: Gifts,
}

/// An answer and how it was taken.
struct Taken {
    answer: Answer,
    is_stale: bool,
    /// Whether it shows an entry that no answer showed before.
    shows_unseen: bool,
    /// What it shows of the lists that it says something about, in the order of the wire.
    shown: BTreeMap<List, Vec<Entry>>,
    /// Whether the lists stand newest first, where that is known.
    newest_first: BTreeMap<List, bool>,
}

/// What is known of a list.
#[derive(Clone, Default)]
struct Past {
    /// Every occurrence, by the name that is known now. What was below the floor when it was shown is none.
    known: Vec<Entry>,
    /// Those that got a name later, as they were before: a number that was given to one is not given again.
    named: Vec<Entry>,
    /// Of messages, how many copies no rant explained, at the most.
    unexplained: BTreeMap<Entry, usize>,
    /// How many entries stale answers brought since the last one that was not stale and showed the list.
    brought_by_stale: usize,
    /// Nothing can be told that is stamped from the first to before the second, because the clock was set back to the first.
    deaf: Option<(i64, i64)>,
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
            start: i64::MIN,
            moved: 0,
            has_seen_shift: false,
            past: BTreeMap::new(),
            unreadable: BTreeMap::new(),
            streams: BTreeMap::new(),
            gifts: Gifts::default(),
        }
    }

    /// What is to be said of the next answer.
    pub(crate) fn judge(&mut self, answer: &Answer) -> Vec<Said> {
        if !self.is_of_the_account(answer.account) {
            return vec![Said::Refused];
        }
        self.take(answer);
        self.follow_shift();
        let sights: Vec<Sight> = lists(answer).into_iter().filter_map(|list| self.sight(list)).collect();
        let unseen_entry = sights.iter().any(|sight| sight.shows_unseen(self.floor(sight.list)));
        self.set_clock(unseen_entry || self.gifts.shows_more(answer));

        // Silent: the order of what has no instant. Unreadable lists come after the livestreams that started.
        let mut said = if self.earlier().is_empty() { vec![Said::Ready] } else { Vec::new() };
        let mut ended = Vec::new();
        self.judge_streams(&mut said, &mut ended);
        self.judge_unreadable(&mut said);
        let mut dated = Vec::new();
        for (rank, sight) in sights.iter().enumerate() {
            self.judge_list(sight, rank, &mut dated);
        }
        dated.sort_by_key(|(position, _)| *position);
        said.extend(dated.into_iter().map(|(_, said)| said));
        for sight in &sights {
            self.remember(sight);
        }
        self.judge_gifts(&mut said);
        ended.sort();
        said.extend(ended);
        said
    }

    /// Whether the stamps of the followers were ever moved.
    pub(crate) fn has_seen_shift(&self) -> bool {
        self.has_seen_shift
    }

    /// Whether a list has had more keys than are remembered at least.
    pub(crate) fn is_beyond_memory(&self, next: &Answer) -> bool {
        let longest = lists(next).into_iter().filter_map(|list| Some(entries(next, list)?.len())).max().unwrap_or(0);
        lists(next).into_iter().any(|list| {
            let mut keys = entries(next, list).unwrap_or_default();
            keys.extend(self.answers.iter().filter_map(|taken| taken.shown.get(&list)).flatten());
            let floor = self.floor_after(list);
            // Rants are kept for as long as their messages can be new.
            let floor = if let List::Rants(stream) = list { floor.min(self.floor_after(List::Messages(stream))) } else { floor };
            keys.retain(|entry| Some(entry.at) >= floor);
            keys.sort_unstable();
            keys.dedup();
            keys.len() > 4 * cap(next).max(longest)
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
            // Only two different seconds tell of a direction. Silent: which two; the first and the last.
            if let (Some(head), Some(tail)) = (entries.first(), entries.last())
                && head.at != tail.at
            {
                newest_first.insert(list, head.at > tail.at);
            }
            shown.insert(list, entries);
        }
        self.answers.push(Taken { answer: answer.clone(), is_stale: false, shows_unseen: false, shown, newest_first });
    }

    /// Comes once when the number of items that cannot be read exceeds the highest told. No history has the hundred clean answers after which
    /// that is forgotten.
    fn judge_unreadable(&mut self, said: &mut Vec<Said>) {
        let answer = &self.this().answer;
        let mut counts: Vec<(List, usize)> =
            lists(answer).into_iter().filter_map(|list| Some((list, unreadable(raw(answer, list)?)))).collect();
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

    /// The answer that is judged.
    fn this(&self) -> &Taken {
        self.answers.last().expect("one was taken")
    }

    /// The answers before it.
    fn earlier(&self) -> &[Taken] {
        self.answers.split_last().expect("one was taken").1
    }

    fn past(&self, list: List) -> Past {
        self.past.get(&list).cloned().unwrap_or_default()
    }
}

impl Taken {
    /// Silent: where no direction is known, the newest is taken to come first, as on the real service.
    fn oldest_first(&self, list: List) -> Option<Vec<Entry>> {
        let mut entries = self.shown.get(&list)?.clone();
        if self.newest_first.get(&list) != Some(&false) {
            entries.reverse();
        }
        Some(entries)
    }
}
