//! Says who has to wait, and which command.
//!
//! Cool-downs count by the timestamps of the lines. So the result is the same
//! in whatever order the lines come, and across a restart.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was recently used, by a key that the caller makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoolDowns(BTreeMap<String, Used>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Used {
    /// In seconds of Unix time.
    at: i64,
    /// In seconds.
    length: u32,
}

impl Used {
    /// Counts in both directions. A line that only a poll showed may come after
    /// a newer one, and a clock that is set back must not block for long.
    fn left(self, at: i64) -> u32 {
        let apart = u32::try_from(at.abs_diff(self.at)).unwrap_or(u32::MAX);
        self.length.saturating_sub(apart)
    }

    fn end(self) -> i64 {
        self.at.saturating_add(self.length.into())
    }
}

impl CoolDowns {
    /// How many seconds are left for this key at this second of Unix time.
    #[must_use]
    pub fn left(&self, key: &str, at: i64) -> u32 {
        self.0.get(key).map_or(0, |used| used.left(at))
    }

    /// Starts a cool-down of this length, unless a longer one is known.
    pub fn start(&mut self, key: String, at: i64, length: u32) {
        let used = Used { at, length };
        if self.0.get(&key).is_none_or(|known| known.end() < used.end()) {
            self.0.insert(key, used);
        }
    }

    /// Forgets what ended more than an hour ago. No line comes as late as that.
    pub fn forget_old(&mut self, now: i64) {
        self.0.retain(|_, used| used.end() >= now.saturating_sub(3600));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_to_the_second_and_holds_for_its_own_key() {
        let mut cool_downs = CoolDowns::default();
        cool_downs.start("a".into(), 1000, 90);
        assert_eq!(cool_downs.left("a", 1000), 90);
        assert_eq!(cool_downs.left("a", 1089), 1);
        assert_eq!(cool_downs.left("a", 1090), 0);
        assert_eq!(cool_downs.left("b", 1000), 0);
    }

    #[test]
    fn line_that_is_heard_late_has_to_wait_as_well_and_a_clock_that_is_set_back_does_not_block() {
        let mut cool_downs = CoolDowns::default();
        cool_downs.start("a".into(), 1000, 30);
        assert_eq!(cool_downs.left("a", 990), 20);
        assert_eq!(cool_downs.left("a", 900), 0);
        cool_downs.start("a".into(), 900, 30);
        assert_eq!(cool_downs.left("a", 1010), 20, "the later one holds on");
    }

    #[test]
    fn only_what_is_long_over_is_forgotten() {
        let mut cool_downs = CoolDowns::default();
        cool_downs.start("old".into(), 0, 10);
        cool_downs.start("long".into(), 0, 9000);
        cool_downs.forget_old(5000);
        assert_eq!((cool_downs.0.len(), cool_downs.left("long", 5000)), (1, 4000));
    }
}
