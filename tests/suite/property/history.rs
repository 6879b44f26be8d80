//! What happens on a platform, when somebody looks, and through which servers.

use proptest::{collection::vec, prelude::*};

use super::{
    answer::Answer,
    oddities::{Oddity, oddity},
    world::World,
};

/// Few names, texts and sums, so that equal lines are common.
pub(crate) const TEXTS: [&str; 3] = ["hi", "gg", ""];
pub(crate) const SUMS: [u64; 2] = [500, 150];
pub(crate) const STREAMS: [&str; 3] = ["7c1f4q", "7c1f4r", "7c1f4s"];
pub(crate) const VIDEOS: [u64; 2] = [443_484_890, 443_484_891];
/// 2026-03-10T12:00:00Z
pub(crate) const START: i64 = 1_773_144_000;
/// More polls would find little more and take longer.
const MOST_POLLS: usize = 14;

/// Who did it, by number. 0 is nobody: a paid entry without a name.
pub(crate) type User = u16;
pub(crate) const NOBODY: User = 0;

/// One entry of any list. Followers have no text, followers and messages no sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) user: User,
    pub(crate) text: &'static str,
    pub(crate) cents: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    Followers,
    Subscribers,
    Messages(usize),
    Rants(usize),
    Gifts,
    Livestreams,
}

impl List {
    /// Whether its entries carry money, so that even one without a name is told.
    pub(crate) fn is_paid(self) -> bool {
        matches!(self, Self::Subscribers | Self::Rants(_) | Self::Gifts)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Gift {
    pub(crate) by: User,
    pub(crate) video: u64,
    pub(crate) total: u64,
    pub(crate) remaining: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The server's clock moves, or is set back.
    Wait(i64),
    /// Something happens, or turns up `age` seconds late. The same user may come again, in the same second as well.
    Add { list: List, who: User, what: usize, age: i64 },
    /// A line that is the same in two chats.
    Everywhere { who: User, what: usize },
    /// A rant whose line stands among the messages as well.
    Doubled { stream: usize, who: User, what: usize },
    /// So many tenths of a window at once, within one second or over several, by users from `first` on.
    Burst { list: List, tenths: usize, seconds: i64, first: User },
    /// An unfollow, the end of a subscription, a deletion.
    Remove { list: List, nth: usize },
    /// A cleared chat, accounts that are closed: only so many of the newest, or of the oldest, stay.
    Purge { list: List, keep: usize, newest: bool },
    /// The account of who paid is gone: the entry stays, without a name.
    Forget { list: List, nth: usize },
    /// A livestream is on air, off air or listed no more. It was created so many seconds ago, if that is told.
    Air { stream: usize, air: Option<bool>, created: Option<i64> },
    /// Somebody gives subscriptions, takes one, gives as many again in place of those that are taken; the newest gift is listed no more.
    Give { who: User, total: u64, video: usize },
    Take,
    GiveAgain,
    DropGift,
    /// The stamps of the followers are shown moved by so many seconds from now on.
    Shift(i64),
    /// Somebody looks, and the answer has these oddities. The `style` is how it is written, which must not matter.
    Poll { oddities: Vec<Oddity>, style: u8 },
}

/// What stays the same all the time.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// How many entries a list shows.
    pub(crate) window: usize,
    /// What the answers say of that.
    pub(crate) cap: Option<u64>,
    /// Whether entries stand in the order in which they came, whatever their stamps.
    pub(crate) by_arrival: bool,
    /// Whether nobody follows twice; who follows again is listed anew. Only then are the stamps of followers moved.
    pub(crate) distinct_followers: bool,
    pub(crate) second_server: Option<SecondServer>,
    /// In how many answers the chats have not been loaded yet, and so are empty.
    pub(crate) unloaded: usize,
}

/// Another server, which gives every so-manieth answer, and whose clock lags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecondServer {
    pub(crate) every: usize,
    lag: i64,
    /// Whether its data lags as well.
    is_old: bool,
}

impl Setup {
    pub(crate) fn of(window: usize) -> Self {
        Self { window, cap: Some(window as u64), by_arrival: false, distinct_followers: false, second_server: None, unloaded: 0 }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) setup: Setup,
    pub(crate) steps: Vec<Step>,
}

/// What a step is made of: one byte for its kind, the others for its details. Strategies for every detail would take longer than all else.
type Bytes = [u8; 6];

fn steps() -> impl Strategy<Value = Vec<Bytes>> {
    vec(any::<Bytes>(), 2..55)
}

fn setup([window, cap, order, server, lag, unloaded]: Bytes) -> Setup {
    let window = match window % 100 {
        0..45 => 5,
        45..75 => 10,
        75..99 => 12,
        _ => 50,
    };
    let cap = match cap % 64 {
        0..44 => Some(window as u64),
        44 => Some(0),
        45..47 => None,
        47 => Some(1),
        48 => Some(2),
        49..53 => Some(window as u64 / 2),
        53..57 => Some(window as u64 * 2),
        57..59 => Some(window as u64 - 1),
        59..61 => Some(window as u64 + 1),
        61 => Some(50),
        62 => Some(100),
        _ => Some(1_000_000_000),
    };
    let lag = match lag % 8 {
        0..5 => i64::from(lag / 8),
        5 => 60,
        6 => 600,
        _ => 610,
    };
    let second_server = (server % 5 == 0).then(|| SecondServer { every: 2 + usize::from(server / 5 % 5), lag, is_old: server / 25 % 2 == 0 });
    Setup { window, cap, by_arrival: order % 4 == 0, distinct_followers: order / 4 % 2 == 0, second_server, unloaded: usize::from(unloaded % 12).saturating_sub(8) }
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    (any::<Bytes>(), steps()).prop_map(|(bytes, steps)| History { setup: setup(bytes), steps: steps.into_iter().map(step).collect() })
}

/// Nothing is deleted, late or odd, no two polls see the same second, and somebody looks at the end.
pub(crate) fn plain_history() -> impl Strategy<Value = History> {
    (prop_oneof![Just(5_usize), Just(10)], steps()).prop_map(|(window, steps)| plain(window, steps, false))
}

/// As plain, but any number of polls may see one second, in which nobody does the same twice.
pub(crate) fn crowded_history() -> impl Strategy<Value = History> {
    (prop_oneof![Just(5_usize), Just(10)], steps()).prop_map(|(window, steps)| plain(window, steps, true))
}

fn plain(window: usize, steps: Vec<Bytes>, is_crowded: bool) -> History {
    let poll = || Step::Poll { oddities: Vec::new(), style: 0 };
    let mut plain = vec![Step::Air { stream: 1, air: Some(true), created: None }];
    let mut next = 1;
    let mut users = |wanted: u8, count: usize| {
        let first = if is_crowded { next } else { User::from(wanted % 4) + 1 };
        next += u16::try_from(count).unwrap();
        first
    };
    for [kind, list, a, b, ..] in steps {
        let list = [List::Followers, List::Subscribers, List::Messages(0), List::Messages(1)][usize::from(list % 4)];
        match kind % 9 {
            0..3 if is_crowded => plain.push(poll()),
            0..3 => plain.extend([poll(), Step::Wait(1)]),
            3..6 => plain.push(Step::Add { list, who: users(a, 1), what: b.into(), age: 0 }),
            6..8 => {
                let tenths = usize::from(a % 25);
                let seconds = if is_crowded { i64::from(b % 20).saturating_sub(12).max(0) } else { i64::from(b % 20) };
                plain.push(Step::Burst { list, tenths, seconds, first: users(0, window * tenths / 10) });
            }
            _ => plain.push(Step::Wait(i64::from(a % 20))),
        }
    }
    let last = plain.iter().enumerate().filter(|(_, step)| matches!(step, Step::Poll { .. })).nth(MOST_POLLS - 1);
    plain.truncate(last.map_or(plain.len(), |(index, _)| index));
    plain.push(poll());
    History { setup: Setup::of(window), steps: plain }
}

fn step([kind, style, a, b, c, d]: Bytes) -> Step {
    let (list, stream, what) = (list(a), usize::from(a / 12 % 3), usize::from(c % 6));
    let who = if b % 16 == 15 { NOBODY } else { User::from(b % 4) + 1 + 4 * User::from(b / 64) };
    match kind % 96 {
        0..24 => Step::Poll { oddities: [oddity(a, b), oddity(c, d)].into_iter().flatten().collect(), style },
        24..36 => Step::Wait(wait(a, b)),
        36..54 => {
            let age = match d % 12 {
                0..9 => 0,
                9..11 => i64::from(style % 10),
                _ => i64::from(style),
            };
            Step::Add { list, who, what, age }
        }
        54..56 => Step::Everywhere { who, what },
        56..59 => Step::Doubled { stream, who, what },
        59..68 => {
            let seconds = if c % 3 == 0 { i64::from(c % 20) } else { 0 };
            Step::Burst { list, tenths: 1 + usize::from(b % 15), seconds, first: 1 + User::from(d % 24) }
        }
        68..74 => Step::Remove { list, nth: usize::from(b % 14) },
        74..76 => Step::Purge { list, keep: usize::from(b / 2 % 8).saturating_sub(3), newest: b % 2 == 0 },
        76 => Step::Forget { list, nth: usize::from(b % 6) },
        77..83 => {
            let air = [Some(true), Some(true), Some(true), Some(false), None, None][usize::from(b % 6)];
            let created = [Some(0), Some(0), Some(i64::from(d)), Some(4 * i64::from(d)), None][usize::from(c % 5)];
            Step::Air { stream, air, created }
        }
        83..86 => Step::Give { who, total: [5, 5, 1, 3][usize::from(c % 4)], video: usize::from(d % 2) },
        86..89 => Step::Take,
        89..92 => Step::GiveAgain,
        92 => Step::DropGift,
        93..95 => Step::Shift(match b % 8 {
            0..3 => 3600,
            3 => -3600,
            4 => 0,
            5 => 900 * (i64::from(c) - 128),
            6 => 900 * (i64::from(c % 16) - 8),
            _ => 10 * i64::from(c),
        }),
        _ => Step::Burst { list, tenths: 10, seconds: 3, first: 1 + User::from(d % 24) },
    }
}

fn wait(kind: u8, seconds: u8) -> i64 {
    let seconds = i64::from(seconds);
    match kind % 24 {
        0..12 => seconds % 5,
        12..17 => seconds % 60,
        17 => 590 + 3 * seconds,
        18 => 900,
        19 => -10 - seconds % 50,
        20 => -10 - 2 * seconds,
        21 => -590 - seconds % 30,
        22 => -3600,
        _ => 30 * seconds,
    }
}

pub(crate) fn list(byte: u8) -> List {
    match byte % 12 {
        0..3 => List::Followers,
        3..5 => List::Subscribers,
        5..9 => List::Messages(usize::from(byte / 12 % 3)),
        _ => List::Rants(usize::from(byte / 12 % 3)),
    }
}

impl History {
    /// What is answered to each poll, and how it is written.
    pub(crate) fn answers(&self) -> Vec<(Answer, u8)> {
        self.run().1
    }

    /// The world at the end, and the answers.
    pub(crate) fn run(&self) -> (World, Vec<(Answer, u8)>) {
        let mut world = World::new(&self.setup);
        let mut answers: Vec<(Answer, u8)> = Vec::new();
        for step in &self.steps {
            let Step::Poll { oddities, style } = step else {
                world.take(step, self.setup.window);
                continue;
            };
            if answers.len() == MOST_POLLS {
                break;
            }
            let answer = self.answer(&world, oddities, &answers);
            answers.push((answer, *style));
        }
        (world, answers)
    }

    fn answer(&self, world: &World, oddities: &[Oddity], earlier: &[(Answer, u8)]) -> Answer {
        let Setup { window, cap, second_server, unloaded, .. } = self.setup;
        let of_second = second_server.filter(|second| (earlier.len() + 1).is_multiple_of(second.every));
        let (mut lag, mut age, mut length) = (0, 0, window);
        if let Some(second) = of_second {
            lag = second.lag;
            age = if second.is_old { second.lag } else { 0 };
        }
        for oddity in oddities {
            match *oddity {
                Oddity::Old(seconds) => (lag, age) = (seconds, seconds),
                Oddity::Long(more) => length = window + more,
                _ => {}
            }
        }
        let mut answer = world.answer(length, cap, age);
        answer.now -= lag;
        if earlier.len() < unloaded {
            answer.unload_chats();
        }
        for oddity in oddities {
            let is_possible = self.setup.distinct_followers || !matches!(oddity, Oddity::Moved(_));
            if is_possible {
                oddity.befall(&mut answer, earlier);
            }
        }
        answer
    }
}
