//! What happens on a platform, when somebody looks, and through which servers.

use super::{answer::Answer, oddities::Oddity, world::World};

/// Few names, texts and sums, so that equal lines are common.
pub(crate) const TEXTS: [&str; 3] = ["hi", "gg", ""];
pub(crate) const SUMS: [u64; 2] = [500, 150];
pub(crate) const STREAMS: [&str; 3] = ["7c1f4q", "7c1f4r", "7c1f4s"];
pub(crate) const VIDEOS: [u64; 2] = [443_484_890, 443_484_891];
/// 2026-03-10T12:00:00Z
pub(crate) const START: i64 = 1_773_144_000;
/// More polls would find little more and take longer.
pub(super) const MOST_POLLS: usize = 14;

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
    Add {
        list: List,
        who: User,
        what: usize,
        age: i64,
    },
    /// A line that is the same in two chats.
    Everywhere {
        who: User,
        what: usize,
    },
    /// A rant whose line stands among the messages as well.
    Doubled {
        stream: usize,
        who: User,
        what: usize,
    },
    /// So many tenths of a window at once, within one second or over several, by users from `first` on.
    Burst {
        list: List,
        tenths: usize,
        seconds: i64,
        first: User,
    },
    /// An unfollow, the end of a subscription, a deletion.
    Remove {
        list: List,
        nth: usize,
    },
    /// A cleared chat, accounts that are closed: only so many of the newest, or of the oldest, stay.
    Purge {
        list: List,
        keep: usize,
        newest: bool,
    },
    /// The account of who paid is gone: the entry stays, without a name.
    Forget {
        list: List,
        nth: usize,
    },
    /// A livestream is on air, off air or listed no more. It was created so many seconds ago, if that is told.
    Air {
        stream: usize,
        air: Option<bool>,
        created: Option<i64>,
    },
    /// Somebody gives subscriptions, takes one, gives as many again in place of those that are taken; the newest gift is listed no more.
    Give {
        who: User,
        total: u64,
        video: usize,
    },
    Take,
    GiveAgain,
    DropGift,
    /// The stamps of the followers are shown moved by so many seconds from now on.
    Shift(i64),
    /// Somebody looks, and the answer has these oddities. The `style` is how it is written, which must not matter.
    Poll {
        oddities: Vec<Oddity>,
        style: u8,
    },
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

/// Another server, which gives every so-manieth answer, and whose clock lags or is ahead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecondServer {
    pub(crate) every: usize,
    pub(crate) lag: i64,
    /// Whether its data lags as well.
    pub(crate) is_old: bool,
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
