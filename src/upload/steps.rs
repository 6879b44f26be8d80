//! The steps of an upload, one after another: what is next, what is repeated,
//! and what ends it. No I/O and no clock.
//!
//! A caller asks for the present [`Act`], does it, and says how it went, by
//! [`Steps::done`] or [`Steps::failed`]. What is repeated is decided here
//! alone: an act that does no harm if it is done twice, after a failure that
//! may pass, up to five times in a row. A chunk has a name and a number, so a
//! second one replaces the first. The requests that merge and publish have
//! none, so they are made once.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

use std::time::Duration;

use super::progress::Step;
use crate::error::{Error, ErrorKind};

/// How often in a row a request may fail that does no harm when it is repeated.
/// The failure of this number ends the upload.
const MOST_FAILURES: u32 = 5;
/// How long to wait after the first failure; twice as long after each further
/// one.
const BACK_OFF: Duration = Duration::from_secs(1);
/// How long at most, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// What is to be done next, with what is needed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    FindHost,
    /// The chunk of this number.
    Send(u64),
    Merge,
    /// To get the name of the thumbnail of this file, or give it one.
    Thumbnail {
        file: String,
    },
    Publish {
        file: String,
        thumbnail: String,
    },
}

/// Where an upload is.
#[derive(Debug)]
pub(super) struct Steps {
    chunks: u64,
    act: Act,
    failures: u32,
}

impl Steps {
    /// At the beginning of an upload of so many chunks, of which there is at
    /// least one.
    pub(super) fn new(chunks: u64) -> Self {
        Self { chunks, act: Act::FindHost, failures: 0 }
    }

    pub(super) fn act(&self) -> Act {
        self.act.clone()
    }

    /// The step that is told to the caller. All chunks are one step.
    pub(super) fn step(&self) -> Step {
        match self.act {
            Act::FindHost => Step::Host,
            Act::Send(_) => Step::Chunks,
            Act::Merge => Step::Merge,
            Act::Thumbnail { .. } => Step::Thumbnail,
            Act::Publish { .. } => Step::Publish,
        }
    }

    /// How often in a row the present act has failed.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// The present act was done; some give a name that the next one needs.
    pub(super) fn done(&mut self, name: String) {
        self.failures = 0;
        self.act = match std::mem::replace(&mut self.act, Act::FindHost) {
            Act::FindHost => Act::Send(0),
            Act::Send(chunk) if chunk + 1 < self.chunks => Act::Send(chunk + 1),
            Act::Send(_) => Act::Merge,
            Act::Merge => Act::Thumbnail { file: name },
            Act::Thumbnail { file } => Act::Publish { file, thumbnail: name },
            publish @ Act::Publish { .. } => publish,
        };
    }

    /// The present act has failed. Tells how long to wait before it is
    /// repeated; `draw` is drawn at random from 0 to 1.
    ///
    /// # Errors
    ///
    /// The failure itself, where it ends the upload. A merging and a publishing
    /// are never repeated.
    pub(super) fn failed(&mut self, error: Error, draw: f64) -> Result<Duration, Error> {
        use ErrorKind::{Connect, RateLimited, Server, Timeout, Transport};
        let is_harmless = !matches!(self.act, Act::Merge | Act::Publish { .. });
        let passes = matches!(error.kind(), Connect | Timeout | Transport | Server | RateLimited);
        self.failures += 1;
        if !is_harmless || !passes || self.failures >= MOST_FAILURES {
            return Err(error);
        }
        // Up to half of it more, so that what failed together does not come back together.
        let wait = (BACK_OFF * 2_u32.pow(self.failures - 1)).mul_f64(1.0 + draw.clamp(0.0, 1.0) / 2.0);
        Ok(wait.max(error.retry_after().unwrap_or_default()).min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "test")
    }

    fn at(act: &Act) -> Steps {
        Steps { chunks: 2, act: act.clone(), failures: 0 }
    }

    #[test]
    fn steps_follow_each_other_to_the_publishing() {
        let mut steps = Steps::new(2);
        let mut acts = Vec::new();
        for name in ["", "", "", "0-a.mp4", "t0"] {
            acts.push(steps.act());
            steps.done(name.into());
        }
        let file = || "0-a.mp4".to_owned();
        assert_eq!(acts, [Act::FindHost, Act::Send(0), Act::Send(1), Act::Merge, Act::Thumbnail { file: file() }]);
        assert_eq!(steps.act(), Act::Publish { file: file(), thumbnail: "t0".into() });
    }

    #[test]
    fn merging_and_publishing_are_not_repeated_whatever_befell_them() {
        let publish = Act::Publish { file: "f".into(), thumbnail: "t".into() };
        for kind in [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Server, ErrorKind::RateLimited, ErrorKind::Unclear] {
            for act in [&Act::Merge, &publish] {
                assert_eq!(at(act).failed(error(kind), 0.5).unwrap_err().kind(), kind);
            }
        }
    }

    #[test]
    fn chunk_is_repeated_ever_more_slowly_and_given_up_after_five_failures_in_a_row() {
        let mut steps = at(&Act::Send(0));
        let waits: Vec<_> = (0..4).map(|_| steps.failed(error(ErrorKind::Transport), 0.0).unwrap().as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8]);
        assert!(steps.failed(error(ErrorKind::Transport), 0.0).is_err());
        let mut steps = at(&Act::Send(0));
        assert_eq!(steps.failed(error(ErrorKind::Transport), 1.0).unwrap(), Duration::from_millis(1500));
        steps.done(String::new());
        assert_eq!((steps.act(), steps.failures()), (Act::Send(1), 0));
    }

    #[test]
    fn what_does_not_pass_ends_the_upload_at_once() {
        for kind in
            [ErrorKind::FileGone, ErrorKind::SessionGone, ErrorKind::Refused, ErrorKind::Challenge, ErrorKind::Decode, ErrorKind::Config]
        {
            assert_eq!(at(&Act::Send(0)).failed(error(kind), 0.0).unwrap_err().kind(), kind);
        }
    }

    #[test]
    fn server_that_asks_for_a_wait_gets_it_within_reason() {
        for (asked, waited) in [(30, 30), (100_000, 900)] {
            let error = Error::from_status(429, false, Some(Duration::from_secs(asked)));
            assert_eq!(at(&Act::Send(0)).failed(error, 0.0).unwrap().as_secs(), waited);
        }
    }
}
