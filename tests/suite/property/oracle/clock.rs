//! The server's clock: which answers are stale, and when it was set back.

use super::Oracle;
use crate::property::history::List;

/// An answer that is older than the newest by at most this came late.
const LATE: i64 = 600;

impl Oracle {
    /// Judges the clock of the answer just taken.
    pub(super) fn set_clock(&mut self, shows_unseen: bool) {
        let (this, earlier) = self.answers.split_last_mut().expect("one was taken");
        let now = this.answer.now;
        this.shows_unseen = shows_unseen;
        this.is_stale = (1..=LATE).contains(&self.now.saturating_sub(now));
        // A clock that was set back, and not a server that lags: a second one running that is newer, with something new in one of them.
        let running = || earlier.iter().rev().take_while(|taken| taken.is_stale);
        let is_newer = running().next().is_some_and(|before| now > before.answer.now);
        if is_newer && (shows_unseen || running().any(|taken| taken.shows_unseen)) {
            this.is_stale = false;
        }
        if this.is_stale {
            return;
        }
        if earlier.is_empty() {
            self.start = now;
        } else if now < self.now {
            self.start = self.start.min(now);
            self.lose_hearing(now);
        }
        self.now = now;
    }

    /// Silent: what is stamped from now on and below the floor cannot be told for as long as the clock has not caught up, so a gap stands for it.
    fn lose_hearing(&mut self, now: i64) {
        for list in self.past.keys().copied().collect::<Vec<_>>() {
            let now = now + self.moved_of(list);
            if let Some(floor) = self.floor(list).filter(|floor| *floor > now) {
                let past = self.past.entry(list).or_default();
                let since = past.deaf.map_or(now, |(since, _)| since.min(now));
                past.deaf = Some((since, floor));
            }
        }
    }

    /// The first `now` in the stamps of a list.
    pub(super) fn start_of(&self, list: List) -> i64 {
        self.start + self.moved_of(list)
    }

    fn moved_of(&self, list: List) -> i64 {
        if list == List::Followers { self.moved } else { 0 }
    }
}
