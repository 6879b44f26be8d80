//! Text from strangers, made fit for one line of a log or terminal.

use std::fmt::{self, Write as _};

/// Prints `0` with its control characters escaped, so that no message can start a line of its own or speak to the terminal.
pub(crate) struct Line<'a>(pub(crate) &'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let breaks = |char: char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
        if !self.0.contains(breaks) {
            return f.pad(self.0);
        }
        for char in self.0.chars() {
            if breaks(char) {
                write!(f, "{}", char.escape_default())?;
            } else {
                f.write_char(char)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_line() {
        assert_eq!(Line("a\nb\r\u{1b}[2J\u{2028}é:r+fire:").to_string(), r"a\nb\r\u{1b}[2J\u{2028}é:r+fire:");
    }
}
