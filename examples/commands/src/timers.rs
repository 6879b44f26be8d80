//! Says when a timer is due.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// When each timer last ran in one livestream, by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers(BTreeMap<String, Ran>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ran {
    /// In seconds of Unix time.
    at: i64,
    /// How many lines of chat there were.
    lines: u64,
}

impl Timers {
    /// Whether this timer is due: `every` seconds have passed and at least this
    /// many lines of chat have come since it last ran. If it is due, it runs
    /// now. A new timer begins to count now.
    pub fn run_if_due(&mut self, name: &str, every: u32, least_lines: u64, now: i64, lines: u64) -> bool {
        let Some(ran) = self.0.get_mut(name) else {
            self.0.insert(name.into(), Ran { at: now, lines });
            return false;
        };
        // The clock was set back.
        ran.at = ran.at.min(now);
        let is_due = now - ran.at >= every.into() && lines.saturating_sub(ran.lines) >= least_lines;
        if is_due {
            *ran = Ran { at: now, lines };
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timer_waits_for_its_time_and_for_enough_lines() {
        let mut timers = Timers::default();
        let mut at = |now, lines| timers.run_if_due("a", 60, 3, now, lines);
        assert!(!at(0, 0), "it begins to count");
        assert!(!at(59, 10), "too early");
        assert!(at(60, 10));
        assert!(!at(120, 12), "too few lines");
        assert!(at(125, 13), "as soon as there are enough");
        assert!(!at(184, 99));
        assert!(at(185, 99));
    }

    #[test]
    fn clock_that_is_set_back_does_not_stop_a_timer() {
        let mut timers = Timers::default();
        assert!(!timers.run_if_due("a", 60, 0, 5000, 0));
        assert!(!timers.run_if_due("a", 60, 0, 1000, 0));
        assert!(timers.run_if_due("a", 60, 0, 1060, 0));
    }
}
