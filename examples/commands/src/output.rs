//! Prints what the bot hears and says, line by line. A slow reader does not
//! hold it up.

use std::fmt;

use time::OffsetDateTime;
use tokio::sync::mpsc;

/// How many lines may wait to be read. Any more are dropped.
const MOST_WAITING: usize = 1000;

/// Where lines are printed.
#[derive(Clone, Debug)]
pub struct Output(mpsc::Sender<String>);

impl Output {
    /// Makes one, and returns the lines that it prints.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<String>) {
        let (sender, lines) = mpsc::channel(MOST_WAITING);
        (Self(sender), lines)
    }

    /// Prints a line, with the time before it.
    pub fn print(&self, line: impl fmt::Display) {
        let (hour, minute, second) = OffsetDateTime::now_utc().to_hms();
        // If there is no room, or nobody reads, there is nobody to tell either.
        drop(self.0.try_send(format!("{hour:02}:{minute:02}:{second:02} {line}")));
    }
}
