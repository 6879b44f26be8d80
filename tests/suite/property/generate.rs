//! Random histories.

use proptest::{collection::vec, prelude::*};

use super::{
    history::{History, List, MOST_POLLS, NOBODY, SecondServer, Setup, Step, User},
    oddities::{Oddity, oddity},
};

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
    let lag = if server >= 200 { -lag } else { lag };
    let second_server =
        (server % 5 == 0).then(|| SecondServer { every: 2 + usize::from(server / 5 % 5), lag, is_old: server / 25 % 2 == 0 });
    Setup {
        window,
        cap,
        by_arrival: order % 4 == 0,
        distinct_followers: order / 4 % 2 == 0,
        second_server,
        unloaded: usize::from(unloaded % 12).saturating_sub(8),
    }
}

pub(crate) fn history() -> impl Strategy<Value = History> {
    (any::<Bytes>(), steps()).prop_map(|(bytes, steps)| History { setup: setup(bytes), steps: steps.into_iter().map(step).collect() })
}

/// All lists stand newest first. In others it depends on each entry that is known which ones came back, and which are new at the floor.
pub(crate) fn orderly_history() -> impl Strategy<Value = History> {
    history().prop_map(|mut history| {
        history.setup.by_arrival = false;
        for step in &mut history.steps {
            if let Step::Poll { oddities, .. } = step {
                oddities.retain(|oddity| !matches!(oddity, Oddity::Rotated(_) | Oddity::OldestFirst));
            }
        }
        history
    })
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
