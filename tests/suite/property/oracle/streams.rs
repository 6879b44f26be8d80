//! Which livestreams go on air and off.

use super::Oracle;
use crate::property::said::Said;

/// Two answers running that lack it, or three times as many that may hold it unreadable.
const GONE: u32 = 6;

#[derive(Default)]
pub(super) struct Stream {
    is_live: bool,
    /// Whether an answer listed it and did not call it live, or it ended.
    was_seen_off: bool,
    last_seen: i64,
    absence: u32,
}

impl Oracle {
    pub(super) fn judge_streams(&mut self, said: &mut Vec<Said>, ended: &mut Vec<Said>) {
        let (this, earlier) = self.answers.split_last().expect("one was taken");
        let Some(listed) = &this.answer.streams else { return };
        let at = this.answer.now;
        // Where an earlier answer listed livestreams, it could be seen that this was not live.
        let could_see = earlier.iter().any(|taken| taken.answer.streams.is_some());
        let mut seen = Vec::new();
        for listed in listed {
            let stream = listed.stream;
            if seen.contains(&stream) {
                continue;
            }
            seen.push(stream);
            // Silent: a stale answer can tell of a livestream that nobody knew, and of no other.
            if this.is_stale && self.streams.contains_key(&stream) {
                continue;
            }
            let known = self.streams.entry(stream).or_default();
            known.last_seen = at;
            known.absence = 0;
            match listed.live {
                Some(true) if !known.is_live => {
                    said.push(Said::Started { stream, at, already_live: !known.was_seen_off && !could_see });
                }
                Some(false) if known.is_live => ended.push(Said::Ended { stream, last_seen: at, at }),
                _ => {}
            }
            known.is_live = listed.live.unwrap_or(known.is_live);
            known.was_seen_off |= listed.live != Some(true);
        }
        if this.is_stale {
            return;
        }
        // Silent: one that cannot be read may be any, so three such answers weigh what one of the others does.
        let weight = if this.answer.unreadable_streams > 0 { 1 } else { 3 };
        for (stream, known) in self.streams.iter_mut().filter(|(stream, _)| !seen.contains(stream)) {
            known.absence += weight;
            if known.is_live && known.absence >= GONE {
                known.is_live = false;
                known.was_seen_off = true;
                ended.push(Said::Ended { stream: *stream, last_seen: known.last_seen, at });
            }
        }
    }
}
