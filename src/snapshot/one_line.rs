//! Makes text from strangers safe for one line of a log or terminal.
//!
//! The rule is which characters to escape. Line breaks and control characters
//! could forge a line of a log or move the cursor. Marks of direction could
//! make a line read otherwise than it is. Characters without width could make
//! one name look like another. Joiners without width stay where emoji and
//! scripts need them, and are escaped elsewhere. Escaping twice changes
//! nothing, so ids can be stored escaped and printed with other texts.

use std::{borrow::Cow, fmt};

/// Prints text from a stranger on one line of a log or terminal. It escapes
/// characters that start a new line, control the terminal, change the reading
/// direction or have no width.
///
/// The `Display` of every event and of its parts already does this. Use it if
/// you print a field, such as a name or a title, by itself. It does not escape
/// HTML.
///
/// # Examples
///
/// ```
/// use rumble_live::{Message, OneLine};
///
/// let text = "two\nlines and \u{1b}[31ma colour";
/// let message = Message::new("7c1f4q", "ada", text);
/// assert_eq!(
///     OneLine(&message.text).to_string(),
///     r"two\nlines and \u{1b}[31ma colour"
/// );
/// // A width applies to what is printed.
/// assert_eq!(format!("{:>6}|", OneLine("a\nb")), r"  a\nb|");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OneLine<'a>(pub &'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&escaped(self.0))
    }
}

/// Escapes the characters that must not appear in a line. Escaping again
/// changes nothing.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(|char| must_not_stand(char) || is_joiner(char)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    for char in text.chars() {
        if must_not_stand(char) || is_joiner(char) && !before.is_some_and(can_be_joined) {
            escaped.extend(char.escape_default());
            before = None;
        } else {
            escaped.push(char);
            before = Some(char);
        }
    }
    Cow::Owned(escaped)
}

/// Characters that are escaped wherever they stand.
fn must_not_stand(char: char) -> bool {
    let breaks_the_line = char.is_control() || matches!(char, '\u{2028}' | '\u{2029}');
    let turns_the_line = matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let has_no_width = matches!(char, '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    breaks_the_line || turns_the_line || has_no_width
}

/// Characters without width that emoji and many scripts need.
fn is_joiner(char: char) -> bool {
    matches!(char, '\u{200c}' | '\u{200d}')
}

/// After an ASCII letter a joiner only makes one name look like another.
fn can_be_joined(char: char) -> bool {
    !char.is_ascii() && !is_joiner(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_line() {
        assert_eq!(OneLine("a\nb\r\u{1b}[2J\u{2028}é:r+fire:").to_string(), r"a\nb\r\u{1b}[2J\u{2028}é:r+fire:");
    }

    #[test]
    fn no_text_turns_the_line() {
        assert_eq!(OneLine("ad\u{202e}gnp.exe").to_string(), r"ad\u{202e}gnp.exe");
        for mark in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars() {
            assert_eq!(OneLine(&format!("é{mark}b")).to_string(), format!("é{}b", mark.escape_default()));
        }
    }

    #[test]
    fn nothing_in_a_line_is_invisible() {
        for char in "\u{200b}\u{2060}\u{2063}\u{feff}\u{200c}\u{200d}".chars() {
            assert_eq!(OneLine(&format!("ad{char}a")).to_string(), format!("ad{}a", char.escape_default()));
            assert_eq!(OneLine(&format!("{char}ada")).to_string(), format!("{}ada", char.escape_default()));
        }
        assert_eq!(OneLine("é\u{200d}\u{200d}").to_string(), "é\u{200d}\\u{200d}");
    }

    #[test]
    fn emoji_and_letters_that_are_joined_stay_whole() {
        for text in [
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "می\u{200c}خواهم",
            "ക\u{d4d}\u{200d}",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
            "José 𝓪𝓭𝓪",
        ] {
            assert_eq!(OneLine(text).to_string(), text);
        }
    }

    #[test]
    fn escaping_twice_changes_nothing() {
        let once = escaped("a\n\u{202e}\u{200d}é\u{200d}\u{200d}\u{200d}👧\u{7f}").into_owned();
        assert_eq!(escaped(&once), once);
    }

    #[test]
    fn width_holds_for_what_is_escaped_too() {
        assert_eq!(format!("{:>5}|{:<5}|{:>5}|", OneLine("é"), OneLine("é"), OneLine("\n")), "    é|é    |   \\n|");
    }
}
