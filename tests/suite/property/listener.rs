//! A watcher that is restarted from checkpoints, between any two events, and what is yielded in all.

use std::collections::{BTreeSet, HashSet};

use proptest::{prelude::*, test_runner::TestCaseResult};
use rumble_live::{Checkpoint, ErrorKind, Event, EventId};

use super::{
    history::List,
    said::{Said, said_by},
};
use crate::{
    tape::Tape,
    watch::checkpoint::{MOST_BYTES, tells_nothing},
};

/// Which answer is the first after a restart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum After {
    /// The one whose events were not all out; where all were, the next one.
    Unfinished,
    /// The last one that came, in any case.
    Last,
    /// The next one, so that nothing else can tell of what was not out.
    Next,
}

/// A gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Loss {
    pub(super) list: List,
    pub(super) since: Option<i64>,
    pub(super) until: i64,
    pub(super) at_least: Option<u64>,
}

/// What was yielded in all, without what says that polling or a livestream goes on.
#[derive(Debug, Default)]
pub(super) struct Yielded {
    /// In the order of their kind.
    pub(super) said: Vec<Said>,
    /// Each once, for one that nothing was yielded after is said again.
    pub(super) gaps: BTreeSet<Loss>,
    /// What came last before each restart.
    pub(super) last: Vec<Said>,
    /// Whether the first answer came again when it was known already.
    pub(super) first_comes_again: bool,
    /// Whose id was yielded already.
    pub(super) twice: Vec<Event>,
}

/// All that is yielded when the watcher is restarted after so many events, then after so many more, and so on.
///
/// Each time the next event is in hand already and gets lost with the process; so it is known whether it belongs to the same poll.
pub(super) async fn listen(tape: &Tape, replay: bool, restarts: &[u8], after: After) -> Result<Yielded, TestCaseError> {
    let mut restarts = restarts.iter().map(|count| count % 16);
    let mut left = restarts.next();
    let mut watcher = tape.watcher(replay, None);
    let mut listener = Listener::default();
    loop {
        let (place, has_polled, checkpoint) = (tape.place(), watcher.polls() > 0, watcher.checkpoint());
        let event = watcher.next().await.expect("the watcher goes on").expect("no error is final here");
        if left == Some(0) {
            let is_unfinished = tape.place() == place;
            let goes_back = match after {
                After::Unfinished => is_unfinished,
                After::Last => has_polled,
                After::Next => false,
            };
            prop_assert!(checkpoint.is_some() || listener.is_silent());
            tape.wind_to(if goes_back || checkpoint.is_none() { place.saturating_sub(1) } else { place });
            watcher = tape.watcher(replay, checkpoint.as_ref().map(through_json).transpose()?);
            prop_assert_eq!(watcher.checkpoint(), checkpoint, "it stays until the first event");
            listener.restart(tape.place() == 0 && watcher.checkpoint().is_some());
            left = restarts.next();
            continue;
        }
        match event {
            Event::Interrupted(interrupted) if interrupted.kind == ErrorKind::Connect => return Ok(listener.finish()),
            event => listener.hear(event)?,
        }
        left = left.map(|left| left - 1);
    }
}

fn through_json(checkpoint: &Checkpoint) -> Result<Checkpoint, TestCaseError> {
    let json = checkpoint.to_json();
    prop_assert!(json.len() <= MOST_BYTES, "{} bytes", json.len());
    tells_nothing(&serde_json::from_str(&json).unwrap())?;
    let restored = Checkpoint::from_json(json.as_bytes()).unwrap();
    prop_assert_eq!(&restored, checkpoint);
    Ok(restored)
}

/// Hears what is yielded before and after restarts.
#[derive(Default)]
struct Listener {
    is_ready: bool,
    said: Vec<Said>,
    last: Vec<Said>,
    first_comes_again: bool,
    ids: HashSet<EventId>,
    twice: Vec<Event>,
    /// The livestreams that were said to be live and not to have ended.
    live: BTreeSet<usize>,
    /// Those of them that this watcher has not announced yet.
    unannounced: BTreeSet<usize>,
}

impl Listener {
    fn is_silent(&self) -> bool {
        !self.is_ready && self.said.is_empty()
    }

    fn restart(&mut self, first_comes_again: bool) {
        self.first_comes_again |= first_comes_again;
        self.is_ready = false;
        self.last.extend(self.said.last().cloned());
        self.unannounced = self.live.clone();
    }

    fn hear(&mut self, event: Event) -> TestCaseResult {
        match event {
            // Of an answer of another account.
            Event::Interrupted(_) | Event::Resumed(_) => return Ok(()),
            Event::Ready => {
                prop_assert!(!self.is_ready);
                self.is_ready = true;
                return Ok(());
            }
            _ => prop_assert!(self.is_ready),
        }
        if let Some(id) = event.id()
            && !self.ids.insert(id)
        {
            self.twice.push(event.clone());
        }
        let mut said = said_by(event);
        match &mut said {
            Said::Started { stream, already_live, .. } => {
                self.live.insert(*stream);
                if self.unannounced.remove(stream) {
                    prop_assert!(*already_live, "it went on, and was announced once more");
                    return Ok(());
                }
                // Who was restarted before this was out takes it for a plain start.
                *already_live = false;
            }
            Said::Ended { stream, .. } => {
                self.live.remove(stream);
                self.unannounced.remove(stream);
            }
            _ => {}
        }
        self.said.push(said);
        Ok(())
    }

    fn finish(self) -> Yielded {
        let loss = |said: &Said| match *said {
            Said::Gap { list, since, until, at_least } => Some(Loss { list, since, until, at_least }),
            _ => None,
        };
        let gaps = self.said.iter().filter_map(loss).collect();
        let mut said: Vec<Said> = self.said.into_iter().filter(|said| loss(said).is_none()).collect();
        said.sort();
        Yielded { said, gaps, last: self.last, first_comes_again: self.first_comes_again, twice: self.twice }
    }
}
