//! An hour of one account as polls every ten seconds saw it, and what truly happened.

use std::time::Duration;

use rumble_live::{
    Response, StreamId,
    http::StatusCode,
    sim::{Activity, Sim},
};

use crate::entry::Entry;

const POLLS: usize = 360;
const INTERVAL: Duration = Duration::from_secs(10);
/// At which of each sixty polls the same is said before the answer and, in the same second, after it.
const SPLIT_SECOND: usize = 5;

pub(crate) struct Recording {
    /// What the server said, and when by its clock in Unix seconds.
    answers: Vec<(i64, (StatusCode, Vec<u8>))>,
    truth: Vec<Entry>,
}

impl Recording {
    /// A chat of a message a second; `mishaps` are what befalls a real account now and then.
    pub(crate) fn of_an_hour(mishaps: bool) -> Self {
        let sim = Sim::new(42);
        let stream = sim.start_stream("Harbour lights");
        sim.live(Activity::default());
        let mut answers = Vec::new();
        let mut known = 0;
        for poll in 0..=POLLS {
            sim.advance(INTERVAL);
            let turn = if mishaps { poll % 60 } else { 0 };
            befall(&sim, &stream, turn);
            let answer = match turn {
                35 => (StatusCode::BAD_GATEWAY, b"<!doctype html><title>Bad gateway</title>".to_vec()),
                45 => (StatusCode::OK, b"<!doctype html><title>Just a moment</title>".to_vec()),
                _ => (StatusCode::OK, sim.snapshot_json()),
            };
            answers.push((sim.now().unix_timestamp(), answer));
            if turn == SPLIT_SECOND {
                say_first(&sim, &stream);
            }
            if poll == 0 {
                known = sim.history().len();
            }
        }
        let truth = sim.history().iter().skip(known).filter_map(Entry::of_history).collect();
        Self { answers, truth }
    }

    /// An account that answers as recorded, once.
    pub(crate) fn replay(&self) -> Sim {
        let sim = Sim::new(42);
        for (_, (status, body)) in &self.answers {
            sim.answer_next(Response::new(*status, body.clone()));
        }
        sim
    }

    /// When each answer was given.
    pub(crate) fn clock(&self) -> Vec<i64> {
        self.answers.iter().map(|(second, _)| *second).collect()
    }

    pub(crate) fn truth(&self) -> &[Entry] {
        &self.truth
    }
}

/// Six times in the hour: a line said twice in one second, the second time after the answer, an unfollow, a burst that overflows the list, and
/// a livestream that is missing from one answer.
fn befall(sim: &Sim, stream: &StreamId, turn: usize) {
    match turn {
        SPLIT_SECOND => say_first(sim, stream),
        10 => sim.follow("passer-by"),
        15 => sim.unfollow("passer-by"),
        20 => (0..80).for_each(|number| sim.message(stream, &format!("raider{number}"), "raid!")),
        25 => sim.hide_stream(stream, true),
        26 => sim.hide_stream(stream, false),
        _ => {}
    }
}

fn say_first(sim: &Sim, stream: &StreamId) {
    sim.message(stream, "echo", "first!");
}
