//! The truth: what is there at a moment, of which an answer shows the newest.

use super::{
    answer::{Account, Answer, Audience, Item, Listed},
    history::{Entry, Gift, List, NOBODY, START, SUMS, Setup, Step, TEXTS, User, VIDEOS},
};

/// The truth. Each list is as long as it is, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct World {
    clock: i64,
    by_arrival: bool,
    distinct_followers: bool,
    followers: Vec<Entry>,
    subscribers: Vec<Entry>,
    gifts: Vec<Gift>,
    gifted: u64,
    streams: [Show; 3],
    shift: i64,
}

#[derive(Clone, Debug, Default)]
struct Show {
    air: Option<bool>,
    created_on: Option<i64>,
    messages: Vec<Entry>,
    rants: Vec<Entry>,
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        let mut streams: [Show; 3] = Default::default();
        streams[0] = Show { air: Some(true), created_on: Some(START - 100), ..Show::default() };
        Self {
            clock: START,
            by_arrival: setup.by_arrival,
            distinct_followers: setup.distinct_followers,
            followers: Vec::new(),
            subscribers: Vec::new(),
            gifts: Vec::new(),
            gifted: 0,
            streams,
            shift: 0,
        }
    }

    pub(crate) fn list(&mut self, list: List) -> &mut Vec<Entry> {
        match list {
            List::Followers => &mut self.followers,
            List::Subscribers => &mut self.subscribers,
            List::Messages(stream) => &mut self.streams[stream].messages,
            List::Rants(stream) => &mut self.streams[stream].rants,
            List::Gifts | List::Livestreams => panic!("{list:?} has no entries with stamps"),
        }
    }

    fn add(&mut self, list: List, at: i64, who: User, what: usize) {
        let (text, cents) = (TEXTS[what % 3], SUMS[what % 2]);
        let (text, cents) = match list {
            List::Subscribers => ("", cents),
            List::Messages(_) => (text, 0),
            List::Rants(_) => (text, cents),
            _ => ("", 0),
        };
        // Only money comes without a name.
        let user = if who == NOBODY && !list.is_paid() { 1 } else { who };
        if list == List::Followers && self.distinct_followers {
            self.followers.retain(|entry| entry.user != user);
        }
        let by_arrival = self.by_arrival;
        let list = self.list(list);
        let place = if by_arrival { list.len() } else { list.partition_point(|entry| entry.at <= at) };
        list.insert(place, Entry { at, user, text, cents });
    }

    pub(crate) fn take(&mut self, step: &Step, window: usize) {
        let now = self.clock;
        match *step {
            Step::Wait(seconds) => self.clock += seconds,
            Step::Add { list, who, what, age } => self.add(list, now - age, who, what),
            Step::Everywhere { who, what } => {
                self.add(List::Messages(0), now, who, what);
                self.add(List::Messages(1), now, who, what);
            }
            Step::Doubled { stream, who, what } => {
                self.add(List::Messages(stream), now, who, what);
                self.add(List::Rants(stream), now, who, what);
            }
            Step::Burst { list, tenths, seconds, first } => {
                let size = window * tenths / 10;
                for nth in 0..size {
                    let at = now + seconds * i64::try_from(nth).unwrap() / i64::try_from(size).unwrap();
                    self.add(list, at, first + u16::try_from(nth).unwrap(), nth / 4);
                }
                self.clock += seconds;
            }
            Step::Remove { .. } | Step::Purge { .. } | Step::Forget { .. } => self.lose(step),
            Step::Air { stream, air, created } => {
                let show = &mut self.streams[stream];
                if show.air.is_none() && air.is_some() {
                    show.created_on = created.map(|ago| now - ago);
                }
                show.air = air;
            }
            // Of followers that are listed twice nobody could say which is which.
            Step::Shift(seconds) => self.shift = if self.distinct_followers { seconds } else { 0 },
            Step::Give { .. } | Step::Take | Step::GiveAgain | Step::DropGift => self.give_or_take(step),
            Step::Poll { .. } => {}
        }
    }

    fn lose(&mut self, step: &Step) {
        match *step {
            Step::Remove { list, nth } => {
                // Counted from the newest, for what no window shows is gone anyway.
                let list = self.list(list);
                if let Some(index) = list.len().checked_sub(nth + 1) {
                    list.remove(index);
                }
            }
            Step::Purge { list, keep, newest } => {
                let list = self.list(list);
                let gone = list.len().saturating_sub(keep);
                if newest {
                    list.drain(..gone);
                } else {
                    list.truncate(keep);
                }
            }
            Step::Forget { list, nth } => {
                let is_paid = list.is_paid();
                let list = self.list(list);
                if let Some(index) = list.len().checked_sub(nth + 1).filter(|_| is_paid) {
                    list[index].user = NOBODY;
                }
            }
            _ => {}
        }
    }

    fn give_or_take(&mut self, step: &Step) {
        match *step {
            Step::Give { who, total, video } => {
                self.gifts.push(Gift { by: who, video: VIDEOS[video], total, remaining: total });
                self.gifted += total;
            }
            Step::Take => {
                if let Some(gift) = self.gifts.iter_mut().find(|gift| gift.remaining > 0) {
                    gift.remaining -= 1;
                }
            }
            Step::GiveAgain => {
                if let Some(gift) = self.gifts.iter_mut().find(|gift| gift.remaining < gift.total) {
                    gift.remaining = gift.total;
                    self.gifted += gift.total;
                }
            }
            _ => {
                self.gifts.pop();
            }
        }
    }

    /// The newest of everything, newest first, as the API usually answers; as it was so many seconds ago.
    pub(crate) fn answer(&self, window: usize, cap: Option<u64>, age: i64) -> Answer {
        let until = if age == 0 { i64::MAX } else { self.clock - age };
        let visible = |list: &[Entry]| -> Vec<Entry> { list.iter().rev().filter(|entry| entry.at <= until).copied().collect() };
        let window_of = |list: Vec<Entry>| Some(list.into_iter().take(window).map(Item::Entry).collect());
        let audience = |list: &[Entry], shift: i64| {
            let list: Vec<Entry> = visible(list).into_iter().map(|entry| Entry { at: entry.at + shift, ..entry }).collect();
            let count = u64::try_from(list.len()).unwrap();
            Audience { count: Some(count), total: Some(count + 3), list: window_of(list) }
        };
        let listed = |(stream, show): (usize, &Show)| {
            show.air?;
            let (messages, rants) = (window_of(visible(&show.messages)), window_of(visible(&show.rants)));
            Some(Listed { stream, live: show.air, created_on: show.created_on, messages, rants })
        };
        Answer {
            account: Account::WATCHED,
            now: self.clock,
            cap,
            followers: audience(&self.followers, self.shift),
            subscribers: audience(&self.subscribers, 0),
            gifts: Some(self.gifts.iter().rev().take(window).copied().map(Item::Entry).collect()),
            gifted: Some(self.gifted),
            streams: Some(self.streams.iter().enumerate().filter_map(listed).collect()),
            unreadable_streams: 0,
            blank_streams: 0,
        }
    }
}
