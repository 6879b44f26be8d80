//! What waits to be said, and what is said next. No I/O, and no clock except
//! the time that it is given.

use rumble_live::StreamId;
use tokio::time::Instant;

use crate::say::Say;

/// What waits to be said. There is a bound for each kind.
#[derive(Debug, Default)]
pub struct Outbox(Vec<Waiting>);

#[derive(Debug)]
struct Waiting {
    say: Say,
    /// The waiting texts are ordered by this.
    wanted_at: Instant,
    stale_at: Instant,
    /// It may be said once this version of the state is stored.
    version: u64,
}

impl Outbox {
    /// Takes something that was heard now, and may be said once this version of
    /// the state is stored.
    ///
    /// # Errors
    ///
    /// Returns it if there is no room.
    pub fn push(&mut self, say: Say, version: u64, now: Instant) -> Result<(), Say> {
        if self.0.iter().filter(|waiting| waiting.say.kind == say.kind).count() >= say.kind.most_waiting() {
            return Err(say);
        }
        let (wanted_at, stale_at) = (now + say.kind.yields(), now + say.fresh_for);
        self.0.push(Waiting { say, wanted_at, stale_at, version });
        Ok(())
    }

    /// Takes out what has waited too long.
    pub fn take_stale(&mut self, now: Instant) -> Vec<Say> {
        self.0.extract_if(.., |waiting| waiting.stale_at <= now).map(|waiting| waiting.say).collect()
    }

    /// Takes out, of what may be said, the text that is wanted soonest. If two
    /// are wanted at once, it takes the one that was heard first.
    pub fn take_next(&mut self, stored: u64) -> Option<Say> {
        let may_be_said = self.0.iter().enumerate().filter(|(_, waiting)| waiting.version <= stored);
        let (place, _) = may_be_said.min_by_key(|(_, waiting)| waiting.wanted_at)?;
        Some(self.0.remove(place).say)
    }

    /// Whether something may be said.
    #[must_use]
    pub fn has_next(&self, stored: u64) -> bool {
        self.0.iter().any(|waiting| waiting.version <= stored)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Throws away what is for this livestream, and returns how many texts that
    /// were.
    pub fn leave(&mut self, stream: &StreamId) -> usize {
        self.0.extract_if(.., |waiting| waiting.say.stream == *stream).count()
    }

    /// Throws everything away, and returns how many texts that were.
    pub fn clear(&mut self) -> usize {
        std::mem::take(&mut self.0).len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::say::Kind;

    fn say(kind: Kind, text: &str) -> Say {
        Say::new(&"7c1f4q".into(), kind, text, kind.fresh_for())
    }

    fn order(outbox: &mut Outbox) -> Vec<String> {
        std::iter::from_fn(|| outbox.take_next(0)).map(|say| say.text).collect()
    }

    #[test]
    fn answers_go_first_but_do_not_keep_thanks_and_timers_waiting_for_ever() {
        let start = Instant::now();
        let mut outbox = Outbox::default();
        for (second, kind, text) in [
            (0, Kind::Timer, "timer"),
            (0, Kind::Thanks, "thanks"),
            (1, Kind::Answer, "first"),
            (14, Kind::Answer, "second"),
            (16, Kind::Answer, "third"),
            (31, Kind::Answer, "fourth"),
        ] {
            outbox.push(say(kind, text), 0, start + Duration::from_secs(second)).unwrap();
        }
        assert_eq!(order(&mut outbox), ["first", "second", "thanks", "third", "timer", "fourth"]);
    }

    #[test]
    fn what_has_waited_too_long_is_taken_out() {
        let start = Instant::now();
        let mut outbox = Outbox::default();
        outbox.push(say(Kind::Answer, "answer"), 0, start).unwrap();
        outbox.push(say(Kind::Thanks, "thanks"), 0, start).unwrap();
        assert!(outbox.take_stale(start + Duration::from_millis(19_999)).is_empty());
        let stale = outbox.take_stale(start + Duration::from_secs(20));
        assert_eq!(stale.iter().map(|say| say.text.as_str()).collect::<Vec<_>>(), ["answer"]);
        assert_eq!(order(&mut outbox), ["thanks"]);
    }

    #[test]
    fn there_is_a_bound_for_each_kind() {
        let mut outbox = Outbox::default();
        for kind in [Kind::Answer, Kind::Thanks, Kind::Timer] {
            for _ in 0..kind.most_waiting() {
                outbox.push(say(kind, "a"), 0, Instant::now()).unwrap();
            }
            assert_eq!(outbox.push(say(kind, "b"), 0, Instant::now()).unwrap_err().text, "b");
        }
        assert_eq!(outbox.clear(), 70);
    }

    #[test]
    fn what_is_for_a_livestream_that_has_ended_is_thrown_away() {
        let mut outbox = Outbox::default();
        let other = Say::new(&"an0ther".into(), Kind::Answer, "stays", Kind::Answer.fresh_for());
        for say in [say(Kind::Answer, "goes"), other, say(Kind::Timer, "goes")] {
            outbox.push(say, 0, Instant::now()).unwrap();
        }
        assert_eq!(outbox.leave(&"7c1f4q".into()), 2);
        assert_eq!(order(&mut outbox), ["stays"]);
    }

    #[test]
    fn nothing_is_said_before_its_state_is_stored() {
        let mut outbox = Outbox::default();
        outbox.push(say(Kind::Answer, "a"), 2, Instant::now()).unwrap();
        assert!(!outbox.has_next(1) && outbox.take_next(1).is_none());
        assert!(outbox.has_next(2) && outbox.take_next(2).is_some());
    }
}
