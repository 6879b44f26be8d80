//! A busy streamer's account, whose lists are full.

use std::time::Duration;

use rumble_live::{StreamId, sim::Sim};

/// What people write, some of it longer than other.
const LINES: [&str; 5] = [
    "hello from the harbour",
    "lol",
    "Does anybody know when the lights were put up? They look newer than the pier to me.",
    "that fog bank at the back comes in faster than yesterday :r+smiley:",
    "first time here, greetings from Tromsø",
];

pub(crate) struct Account {
    pub(crate) sim: Sim,
    streams: [StreamId; 2],
    /// How many entries there ever were.
    entries: usize,
}

impl Account {
    /// With 50 followers, 50 subscribers, and two livestreams with 50 messages and 10 rants each.
    pub(crate) fn full() -> Self {
        let sim = Sim::new(42);
        let streams = [sim.start_stream("Harbour lights"), sim.start_stream("Harbour lights, the other pier")];
        let mut account = Self { sim, streams, entries: 0 };
        for number in 0..50 {
            account.follow();
            account.subscribe();
            for stream in 0..2 {
                account.write(stream);
                if number % 5 == 0 {
                    account.pay(stream);
                }
            }
        }
        account
    }

    /// Lets ten seconds pass and so many entries be added: of each ten, eight messages in both chats, a follower and a subscriber.
    pub(crate) fn gain(&mut self, entries: usize) {
        self.sim.advance(Duration::from_secs(10));
        for number in 0..entries {
            match number % 10 {
                4 => self.follow(),
                9 => self.subscribe(),
                _ => self.write(number % 2),
            }
        }
    }

    fn follow(&mut self) {
        let name = self.next("Follower");
        self.sim.follow(&name);
    }

    fn subscribe(&mut self) {
        let name = self.next("Subscriber");
        self.sim.subscribe(&name, 500);
    }

    fn write(&mut self, stream: usize) {
        let name = self.next("Viewer");
        self.sim.message(&self.streams[stream], &name, LINES[self.entries % LINES.len()]);
    }

    fn pay(&mut self, stream: usize) {
        let name = self.next("Patron");
        self.sim.rant(&self.streams[stream], &name, LINES[self.entries % LINES.len()], 1000);
    }

    /// Who makes the next entry, in a second of its own.
    fn next(&mut self, who: &str) -> String {
        self.sim.advance(Duration::from_secs(1));
        self.entries += 1;
        format!("{who}{}", self.entries)
    }
}
