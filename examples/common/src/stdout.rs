//! Standard output that you can wait for in `select!`, so that an absent reader
//! cannot delay the end.

use std::io;

use anstream::{AutoStream, ColorChoice};
use tokio::io::AsyncWriteExt as _;

/// Standard output, line by line.
#[derive(Debug)]
pub struct Stdout {
    stdout: tokio::io::Stdout,
    colour: ColorChoice,
}

impl Stdout {
    /// Shows colours if it is a terminal that can.
    #[must_use]
    pub fn new() -> Self {
        // Use colours only in a terminal that shows them.
        Self { stdout: tokio::io::stdout(), colour: AutoStream::choice(&io::stdout()) }
    }

    /// Returns when the line was taken. If you drop the future before, the line
    /// may still be written.
    ///
    /// # Errors
    ///
    /// If it cannot be written, for example because the reader has closed it.
    pub async fn print_line(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        if self.colour == ColorChoice::Never {
            self.stdout.write_all(anstream::adapter::strip_str(&line).to_string().as_bytes()).await?;
        } else {
            self.stdout.write_all(line.as_bytes()).await?;
        }
        self.stdout.flush().await
    }
}

impl Default for Stdout {
    fn default() -> Self {
        Self::new()
    }
}
