//! Seconds on a command line, with decimals.

use std::time::Duration;

/// Reads a number of seconds, such as `10` or `2.5`.
///
/// # Errors
///
/// If the text is not a number, or the number is negative or too large.
pub fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or("give a number of seconds, such as 10 or 2.5")
}
