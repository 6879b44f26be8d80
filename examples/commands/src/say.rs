//! Something to say, and how its text is made fit for the chat.

use std::time::Duration;

use rumble_live::StreamId;

/// How many characters a line of chat may have.
pub const LONGEST: usize = 200;

/// Something to say in the chat of a livestream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    pub stream: StreamId,
    /// The text, ready to be sent.
    pub text: String,
    /// The reason.
    pub kind: Kind,
    /// How long it may wait for its turn.
    pub fresh_for: Duration,
}

/// Why something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody asked.
    Answer,
    /// Somebody paid.
    Thanks,
    /// It was time.
    Timer,
}

impl Kind {
    /// How much later than an answer that was heard at the same time it is
    /// said.
    #[must_use]
    pub fn yields(self) -> Duration {
        Duration::from_secs(match self {
            Self::Answer => 0,
            Self::Thanks => 15,
            Self::Timer => 30,
        })
    }

    /// How long it is worth saying.
    #[must_use]
    pub fn fresh_for(self) -> Duration {
        Duration::from_secs(match self {
            Self::Answer => 20,
            Self::Thanks => 300,
            Self::Timer => 60,
        })
    }

    /// How many may wait.
    #[must_use]
    pub fn most_waiting(self) -> usize {
        match self {
            Self::Answer | Self::Timer => 10,
            Self::Thanks => 50,
        }
    }

    /// What a log calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Thanks => "thanks",
            Self::Timer => "timer",
        }
    }
}

impl Say {
    /// Makes the text fit: see [`fit`].
    #[must_use]
    pub fn new(stream: &StreamId, kind: Kind, text: &str, fresh_for: Duration) -> Self {
        Self { stream: stream.clone(), text: fit(text), kind, fresh_for }
    }
}

/// Makes one line that the chat takes. Line breaks become spaces, invisible
/// characters are removed, and a text that is too long is cut at a word. The
/// line does not begin like a command, even if somebody's name does.
#[must_use]
pub fn fit(text: &str) -> String {
    let text: String = text.chars().filter(|char| !is_invisible(*char)).collect();
    let words: Vec<_> = text.split(|char: char| char.is_whitespace() || char.is_control()).filter(|word| !word.is_empty()).collect();
    let mut line = words.join(" ");
    if line.starts_with(['!', '/', '！', '／']) {
        line.insert_str(0, "- ");
    }
    cut(&line)
}

/// Whether the character has no width, or turns the direction of text. What
/// joins the parts of an emoji stays.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn cut(line: &str) -> String {
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let mut kept: String = line.chars().take(LONGEST - 1).collect();
    let ends_a_word = line.strip_prefix(&kept).is_some_and(|rest| rest.starts_with(' '));
    // A word that is longer than half a line may as well be cut.
    if let Some(end) = kept.rfind(' ').filter(|end| !ends_a_word && *end > kept.len() / 2) {
        kept.truncate(end);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_at_a_word() {
        let long = "harbour ".repeat(40);
        let said = fit(&long);
        assert!(said.chars().count() <= LONGEST && said.ends_with("harbour…"), "{said}");
        let exact = "a".repeat(LONGEST);
        assert_eq!(fit(&exact), exact);
        let one_word = "é".repeat(LONGEST + 1);
        assert_eq!(fit(&one_word).chars().count(), LONGEST);
        let ends_at_the_limit = format!("{} tail", "b".repeat(LONGEST - 1));
        assert_eq!(fit(&ends_at_the_limit), format!("{}…", "b".repeat(LONGEST - 1)));
    }

    #[test]
    fn nothing_that_is_said_is_a_command_or_two_lines() {
        assert_eq!(fit("!uptime"), "- !uptime");
        assert_eq!(fit(" /raid x"), "- /raid x");
        assert_eq!(fit("\u{200b}!so evil"), "- !so evil");
        assert_eq!(fit("\u{202e}\u{2060} /ban x"), "- /ban x");
        assert_eq!(fit("！so evil"), "- ！so evil");
        assert_eq!(fit("👩\u{200d}🚀 hi"), "👩\u{200d}🚀 hi");
        assert_eq!(fit("a\r\n!b\u{0}\tc"), "a !b c");
    }
}
