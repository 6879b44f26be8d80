//! What the bot hears and says, line by line, for somebody to read. Nobody who reads slowly holds it up.

use std::fmt;

use time::OffsetDateTime;
use tokio::sync::mpsc;

/// How many lines may wait to be read. Any more are dropped.
const MOST_WAITING: usize = 1000;

/// Where lines are printed to.
#[derive(Clone, Debug)]
pub struct Output(mpsc::Sender<String>);

impl Output {
    /// One, and what is printed.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<String>) {
        let (sender, lines) = mpsc::channel(MOST_WAITING);
        (Self(sender), lines)
    }

    /// Prints a line, with the time before it.
    pub fn print(&self, line: impl fmt::Display) {
        let (hour, minute, second) = OffsetDateTime::now_utc().to_hms();
        // Where there is no room, or nobody reads, there is nobody to tell either.
        drop(self.0.try_send(format!("{hour:02}:{minute:02}:{second:02} {line}")));
    }
}
