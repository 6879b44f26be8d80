//! How far an upload is.

use std::{collections::VecDeque, fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// What an upload is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// To find out which host takes the video.
    Host,
    /// To send the file in chunks.
    Chunks,
    /// To send the file and all that is said of it in one request, as a
    /// [`SimpleUpload`](super::SimpleUpload) does.
    Whole,
    /// To have the chunks put together.
    Merge,
    /// To choose or send the thumbnail.
    Thumbnail,
    /// To publish the video. Until then nothing of it is to be seen.
    Publish,
}

impl fmt::Display for Step {
    /// What is done, such as `sending chunks`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Host => "finding the host",
            Self::Chunks => "sending chunks",
            Self::Whole => "sending",
            Self::Merge => "merging",
            Self::Thumbnail => "choosing the thumbnail",
            Self::Publish => "publishing",
        })
    }
}

/// How far an upload is.
///
/// ```
/// use rumble_live::upload::{Progress, Step};
///
/// let progress = Progress::new(Step::Chunks, 2_500_000, 10_000_000);
/// assert_eq!(progress.to_string(), "sending chunks: 25 %, 2500000 of 10000000 bytes");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// What it is at. It never goes back to an earlier one.
    pub step: Step,
    /// How many bytes of the file have gone out. It never falls: what is sent
    /// once more because an answer was lost counts once.
    pub sent: u64,
    /// How many bytes the file has.
    pub total: u64,
    /// How many bytes a second went out in the last five seconds. `None` while
    /// that is not known, and while nothing of the file is sent.
    pub rate: Option<u64>,
    /// The number of the chunk that is being sent, or was sent last, counted
    /// from 0.
    pub chunk: u64,
    /// How many chunks there are. 1 where the file goes in one request.
    pub chunks: u64,
    /// How often the present request has failed and is being repeated.
    pub failures: u32,
}

impl Progress {
    /// Of a file in one chunk. For tests of what shows it.
    #[must_use]
    pub fn new(step: Step, sent: u64, total: u64) -> Self {
        Self { step, sent, total, rate: None, chunk: 0, chunks: 1, failures: 0 }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, sent, total, .. } = self;
        let percent = (u128::from(*sent) * 100).checked_div(u128::from(*total)).unwrap_or(100);
        write!(f, "{step}: {percent} %, {sent} of {total} bytes")
    }
}

/// The span of time that the rate covers.
const SPAN: Duration = Duration::from_secs(5);
/// The shortest such span.
const LEAST: Duration = Duration::from_millis(250);
/// The most samples that are kept.
const MOST_SAMPLES: usize = 64;

/// How fast bytes go out, by samples of what has gone out by when. Times are
/// those that have passed since the start.
#[derive(Debug, Default)]
pub(super) struct Meter(VecDeque<(Duration, u64)>);

impl Meter {
    pub(super) fn sample(&mut self, at: Duration, sent: u64) {
        let is_due = self.0.back().is_none_or(|(last, _)| at.saturating_sub(*last) >= SPAN / 64);
        if is_due {
            self.0.push_back((at, sent));
        }
        while self.0.len() > MOST_SAMPLES || self.0.len() > 2 && self.0.front().is_some_and(|(first, _)| at.saturating_sub(*first) > SPAN) {
            self.0.pop_front();
        }
    }

    /// In bytes a second.
    pub(super) fn rate(&self) -> Option<u64> {
        let ((first, from), (last, to)) = (self.0.front()?, self.0.back()?);
        let span = last.checked_sub(*first).filter(|span| *span >= LEAST)?;
        let rate = u128::from(to.saturating_sub(*from)) * 1000 / span.as_millis().max(1);
        u64::try_from(rate).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_that_of_the_last_seconds() {
        let mut meter = Meter::default();
        assert_eq!(meter.rate(), None);
        for second in 0..=10 {
            meter.sample(Duration::from_secs(second), second * 1000);
        }
        assert_eq!(meter.rate(), Some(1000));
        for second in 11..=20 {
            meter.sample(Duration::from_secs(second), 10_000 + (second - 10) * 5000);
        }
        assert_eq!(meter.rate(), Some(5000));
    }

    #[test]
    fn many_samples_of_one_moment_take_no_memory() {
        let mut meter = Meter::default();
        for number in 0..100_000 {
            meter.sample(Duration::from_micros(number), number);
        }
        assert!(meter.0.len() <= MOST_SAMPLES);
    }
}
