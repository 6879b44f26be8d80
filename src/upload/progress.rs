//! How far an upload is: the step, the bytes, and how fast they go out.
//!
//! The rate is that of the last five seconds and not of the whole, so that it
//! follows a line that gets slower. It starts anew whenever nothing goes out,
//! such as between two tries, so a pause never counts as a slow line.

use std::{collections::VecDeque, fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// The step that an upload is at.
///
/// [`Session::upload`](crate::session::Session::upload) goes through
/// [`Host`](Self::Host), [`Chunks`](Self::Chunks), [`Merge`](Self::Merge),
/// [`Thumbnail`](Self::Thumbnail) and [`Publish`](Self::Publish), in this order
/// and each of them. A [`SimpleUpload`](super::SimpleUpload) has
/// [`Whole`](Self::Whole) alone. Steps compare by that order.
///
/// The JSON form is the name in snake case; `Display` is what is done, such as
/// `sending chunks`.
///
/// # Examples
///
/// ```
/// use futures::StreamExt;
/// use rumble_live::upload::{Licence, Step};
/// use rumble_live::{session::Session, sim::Sim};
///
/// #[tokio::main(flavor = "current_thread", start_paused = true)]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let sim = Sim::running(42);
///     let session = Session::builder()
///         .transport(sim.clone())
///         .build(sim.session("captain"))?;
///     let film = std::env::temp_dir().join("rumble-live-doc-step.mp4");
///     std::fs::write(&film, "not really a film")?;
///     let upload = session
///         .upload(&film)
///         .title("Night shift")
///         .category(15)
///         .licence(Licence::RumbleOnly)
///         .accept_terms();
///
///     let mut steps: Vec<_> =
///         upload.start().await?.map(|progress| progress.step).collect().await;
///     steps.dedup();
///     assert_eq!(
///         steps,
///         [
///             Step::Host,
///             Step::Chunks,
///             Step::Merge,
///             Step::Thumbnail,
///             Step::Publish
///         ]
///     );
///     assert!(steps.is_sorted());
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Finding out which host takes the video. It waits for its turn among the
    /// requests of the session.
    Host,
    /// Sending the file in chunks. By far the longest step of a long video.
    Chunks,
    /// Sending the file and all that is said of it in one request, as a
    /// [`SimpleUpload`](super::SimpleUpload) does.
    Whole,
    /// Having the chunks put together. It is never repeated.
    Merge,
    /// Choosing or sending the thumbnail.
    Thumbnail,
    /// Publishing the video. Until then nothing of it is to be seen. It is
    /// never repeated.
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
/// `Display` has the step, the percentage rounded down, and the bytes. It has
/// no rate, no chunk and no failures; show these as it suits you.
///
/// # Examples
///
/// ```
/// use rumble_live::upload::{Progress, Step};
///
/// let progress = Progress::new(Step::Chunks, 2_500_000, 10_000_000);
/// assert_eq!(
///     progress.to_string(),
///     "sending chunks: 25 %, 2500000 of 10000000 bytes"
/// );
/// ```
///
/// What a progress bar says of the time that is left, and of a line that is
/// down:
///
/// ```
/// use rumble_live::upload::{Progress, Step};
///
/// fn remark(progress: &Progress) -> String {
///     let left = progress.total - progress.sent;
///     match progress.rate.and_then(|rate| left.checked_div(rate)) {
///         _ if progress.failures > 0 => {
///             format!("failed {} times, trying again", progress.failures)
///         }
///         Some(seconds) => format!("{seconds} seconds left"),
///         None => progress.step.to_string(),
///     }
/// }
///
/// let mut progress = Progress::new(Step::Chunks, 2_500_000, 10_000_000);
/// assert_eq!(remark(&progress), "sending chunks");
/// progress.rate = Some(500_000);
/// assert_eq!(remark(&progress), "15 seconds left");
/// progress.failures = 2;
/// assert_eq!(remark(&progress), "failed 2 times, trying again");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Progress {
    /// The step that it is at. It never goes back to an earlier one.
    pub step: Step,
    /// How many bytes of the file have gone out, or were handed to the
    /// transport to go out. It never falls: what is sent once more because an
    /// answer was lost counts once.
    pub sent: u64,
    /// How many bytes the file has. Never 0, because an empty file is refused
    /// at the start.
    pub total: u64,
    /// How many bytes a second went out in the last five seconds. `None` while
    /// that is not known, which is for the first quarter of a second at least;
    /// while nothing of the file is sent; and after a failure.
    pub rate: Option<u64>,
    /// The number of the chunk that is being sent, or was sent last, counted
    /// from 0.
    pub chunk: u64,
    /// How many chunks there are. 1 where the file goes in one request.
    pub chunks: u64,
    /// How many times in a row the present request has failed: 0 to 4.
    /// It is told before the pause that comes before the next try.
    pub failures: u32,
}

impl Progress {
    /// Of a file in one chunk, without a rate or a failure. For tests of what
    /// shows it; set the other fields on what it gives.
    ///
    /// # Examples
    ///
    /// A test of your own display need not upload anything:
    ///
    /// ```
    /// use rumble_live::upload::{Progress, Step};
    ///
    /// let mut last = Progress::new(Step::Merge, 9_000_000, 9_000_000);
    /// (last.chunk, last.chunks) = (1, 2);
    /// assert_eq!(
    ///     last.to_string(),
    ///     "merging: 100 %, 9000000 of 9000000 bytes"
    /// );
    /// let json = serde_json::to_value(last).unwrap();
    /// assert_eq!(
    ///     (&json["step"], &json["chunks"]),
    ///     (&"merge".into(), &2.into())
    /// );
    /// ```
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
///
/// It keeps at most 64 samples, none of them closer than a 64th of the span to
/// the one before, so it takes the same little memory for any number of pieces.
#[derive(Debug, Default)]
pub(super) struct Meter(VecDeque<(Duration, u64)>);

impl Meter {
    /// By this time so many bytes have gone out. Forgets what is older than the
    /// span, but never the last two samples: a line that moves once in ten
    /// seconds has a rate too.
    pub(super) fn sample(&mut self, at: Duration, sent: u64) {
        let is_due = self.0.back().is_none_or(|(last, _)| at.saturating_sub(*last) >= SPAN / 64);
        if is_due {
            self.0.push_back((at, sent));
        }
        while self.0.len() > MOST_SAMPLES || self.0.len() > 2 && self.0.front().is_some_and(|(first, _)| at.saturating_sub(*first) > SPAN) {
            self.0.pop_front();
        }
    }

    /// In bytes a second, from the first sample that is kept to the last.
    /// `None` while they are less than [`LEAST`] apart, because a burst into an
    /// empty buffer says nothing about the line.
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
