//! What truly happens on a platform, and when somebody looks.

use proptest::{collection::vec, prelude::*};

use super::oddities::{Answer, Audience, Listed, Oddity, oddity};

/// Few names, texts and sums, so that equal lines are common.
pub(crate) const USERS: [&str; 4] = ["ann", "bob", "cyd", "dee"];
pub(crate) const TEXTS: [&str; 3] = ["hi", "gg", ""];
pub(crate) const SUMS: [u64; 2] = [500, 150];
pub(crate) const STREAMS: [&str; 2] = ["7c1f4q", "7c1f4r"];
/// 2026-03-10T12:00:00Z
pub(crate) const START: i64 = 1_773_144_000;
/// More polls would find little more and take longer.
const MOST_POLLS: usize = 12;

/// One entry of any list. Followers have no text, followers and messages no sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) user: &'static str,
    pub(crate) text: &'static str,
    pub(crate) cents: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    Followers,
    Subscribers,
    Messages(usize),
    Rants(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gift {
    pub(crate) by: &'static str,
    pub(crate) total: u64,
    pub(crate) remaining: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The server's clock moves, for once back.
    Wait(i64),
    /// Something happens, or turns up `age` seconds late. The same user may come again, in the same second as well.
    Add {
        list: List,
        who: usize,
        what: usize,
        age: i64,
    },
    /// A line that is the same in both chats.
    Everywhere {
        who: usize,
        what: usize,
    },
    /// A rant whose line stands among the messages as well.
    Doubled {
        stream: usize,
        who: usize,
        what: usize,
    },
    /// So many tenths of a window at once, within one second or over several.
    Burst {
        list: List,
        tenths: usize,
        seconds: i64,
    },
    /// An unfollow, the end of a subscription, a deletion.
    Remove {
        list: List,
        nth: usize,
    },
    /// A livestream is on air, off air or listed no more.
    Air {
        stream: usize,
        air: Option<bool>,
    },
    /// Somebody gives subscriptions, or takes one.
    Give(usize),
    Take,
    /// Somebody looks, and the answer has these oddities. The `style` is how it is written, which must not matter.
    Poll {
        oddities: Vec<Oddity>,
        style: u8,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) max: usize,
    pub(crate) steps: Vec<Step>,
}

/// What a step is made of: one byte for its kind, the others for its details. Strategies for every detail would take longer than all else.
type Bytes = [u8; 6];

fn steps() -> impl Strategy<Value = Vec<Bytes>> {
    vec(any::<Bytes>(), 2..45)
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    let max = prop_oneof![60 => Just(5_usize), 40 => Just(10), 1 => Just(50)];
    (max, steps()).prop_map(|(max, steps)| History { max, steps: steps.into_iter().map(step).collect() })
}

/// Nothing is deleted, late or odd, no two polls see the same second, and somebody looks at the end.
pub(crate) fn plain_history() -> impl Strategy<Value = History> {
    (prop_oneof![Just(5_usize), Just(10)], steps()).prop_map(|(max, steps)| {
        let poll = || Step::Poll { oddities: Vec::new(), style: 0 };
        let mut plain = vec![Step::Air { stream: 1, air: Some(true) }];
        for [kind, list, a, b, ..] in steps {
            let list = [List::Followers, List::Subscribers, List::Messages(0), List::Messages(1)][usize::from(list % 4)];
            match kind % 9 {
                0..3 => plain.extend([poll(), Step::Wait(1)]),
                3..6 => plain.push(Step::Add { list, who: a.into(), what: b.into(), age: 0 }),
                6..8 => plain.push(Step::Burst { list, tenths: usize::from(a % 25), seconds: i64::from(b % 20) }),
                _ => plain.push(Step::Wait(i64::from(a % 20))),
            }
        }
        let last = plain.iter().enumerate().filter(|(_, step)| matches!(step, Step::Poll { .. })).nth(MOST_POLLS - 1);
        plain.truncate(last.map_or(plain.len(), |(index, _)| index));
        plain.push(poll());
        History { max, steps: plain }
    })
}

fn step([kind, style, a, b, c, d]: Bytes) -> Step {
    let (list, stream, who, what) = (list(a), usize::from(a % 2), usize::from(b % 4), usize::from(c % 6));
    match kind % 80 {
        0..20 => Step::Poll { oddities: [oddity(a, b), oddity(c, d)].into_iter().flatten().collect(), style },
        20..32 => Step::Wait(match a % 18 {
            0..12 => i64::from(b % 5),
            12..16 => i64::from(b % 60),
            16 => 590 + 3 * i64::from(b),
            _ => -3600,
        }),
        32..52 => {
            let age = match d % 10 {
                0..8 => 0,
                8 => i64::from(style % 10),
                _ => i64::from(style),
            };
            Step::Add { list, who, what, age }
        }
        52..55 => Step::Everywhere { who, what },
        55..59 => Step::Doubled { stream, who, what },
        59..65 => Step::Burst { list, tenths: 3 + usize::from(b % 13), seconds: i64::from(c % 20) },
        65..72 => Step::Remove { list, nth: usize::from(b % 12) },
        72..78 => Step::Air { stream, air: [Some(true), Some(true), Some(true), Some(false), None, None][usize::from(b % 6)] },
        78 => Step::Give(who),
        _ => Step::Take,
    }
}

pub(crate) fn list(byte: u8) -> List {
    match byte % 12 {
        0..3 => List::Followers,
        3..5 => List::Subscribers,
        5..9 => List::Messages(usize::from(byte % 2)),
        _ => List::Rants(usize::from(byte / 12 % 2)),
    }
}

impl History {
    /// What is answered to each poll, and how it is written.
    pub(crate) fn answers(&self) -> Vec<(Answer, u8)> {
        self.run().1
    }

    /// The world at the end, and the answers.
    pub(crate) fn run(&self) -> (World, Vec<(Answer, u8)>) {
        let mut world = World::new();
        let mut answers: Vec<(Answer, u8)> = Vec::new();
        for step in &self.steps {
            let Step::Poll { oddities, style } = step else {
                world.take(step, self.max);
                continue;
            };
            if answers.len() == MOST_POLLS {
                break;
            }
            let mut answer = world.answer(self.max);
            for oddity in oddities {
                oddity.befall(&mut answer, &answers);
            }
            answers.push((answer, *style));
        }
        (world, answers)
    }
}

/// The truth. Each list is as long as it is, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct World {
    clock: i64,
    followers: Vec<Entry>,
    subscribers: Vec<Entry>,
    gifts: Vec<Gift>,
    streams: [Show; 2],
}

#[derive(Clone, Debug, Default)]
struct Show {
    air: Option<bool>,
    messages: Vec<Entry>,
    rants: Vec<Entry>,
}

impl World {
    fn new() -> Self {
        let on_air = Show { air: Some(true), ..Show::default() };
        Self { clock: START, followers: Vec::new(), subscribers: Vec::new(), gifts: Vec::new(), streams: [on_air, Show::default()] }
    }

    pub(crate) fn list(&mut self, list: List) -> &mut Vec<Entry> {
        match list {
            List::Followers => &mut self.followers,
            List::Subscribers => &mut self.subscribers,
            List::Messages(stream) => &mut self.streams[stream].messages,
            List::Rants(stream) => &mut self.streams[stream].rants,
        }
    }

    fn add(&mut self, list: List, at: i64, who: usize, what: usize) {
        let (text, cents) = (TEXTS[what % 3], SUMS[what % 2]);
        let (text, cents) = match list {
            List::Followers => ("", 0),
            List::Subscribers => ("", cents),
            List::Messages(_) => (text, 0),
            List::Rants(_) => (text, cents),
        };
        let list = self.list(list);
        let place = list.partition_point(|entry| entry.at <= at);
        list.insert(place, Entry { at, user: USERS[who % 4], text, cents });
    }

    fn take(&mut self, step: &Step, max: usize) {
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
            Step::Burst { list, tenths, seconds } => {
                let size = max * tenths / 10;
                for nth in 0..size {
                    let at = now + seconds * i64::try_from(nth).unwrap() / i64::try_from(size).unwrap();
                    self.add(list, at, nth, nth / 4);
                }
                self.clock += seconds;
            }
            Step::Remove { list, nth } => {
                // Counted from the newest, for what no window shows is gone anyway.
                let list = self.list(list);
                if let Some(index) = list.len().checked_sub(nth + 1) {
                    list.remove(index);
                }
            }
            Step::Air { stream, air } => self.streams[stream].air = air,
            Step::Give(who) => self.gifts.push(Gift { by: USERS[who], total: 5, remaining: 5 }),
            Step::Take => {
                if let Some(gift) = self.gifts.iter_mut().find(|gift| gift.remaining > 0) {
                    gift.remaining -= 1;
                }
            }
            Step::Poll { .. } => {}
        }
    }

    /// The newest of everything, newest first, as the API usually answers.
    fn answer(&self, max: usize) -> Answer {
        let window = |list: &[Entry]| Some(list.iter().rev().take(max).copied().map(Some).collect());
        let audience = |list: &[Entry]| {
            let count = u64::try_from(list.len()).unwrap();
            Audience { count: Some(count), total: Some(count + 3), list: window(list) }
        };
        let listed = |(stream, show): (usize, &Show)| {
            show.air?;
            Some(Listed { stream, live: show.air, messages: window(&show.messages), rants: window(&show.rants) })
        };
        Answer {
            now: self.clock,
            max,
            followers: audience(&self.followers),
            subscribers: audience(&self.subscribers),
            gifts: self.gifts.iter().rev().take(max).copied().collect(),
            streams: Some(self.streams.iter().enumerate().filter_map(listed).collect()),
            unreadable_streams: false,
        }
    }
}
