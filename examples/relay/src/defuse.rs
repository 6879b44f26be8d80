//! Makes viewers' text harmless wherever it is shown: it pings nobody, is no
//! link and no markup, and stays on its line.

/// How the destination reads text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Markup {
    /// Markdown with `<@…>`, `<#…>` and `@everyone`.
    Discord,
    /// Slack's mrkdwn, and the Markdown of whatever takes Slack's webhooks.
    Slack,
    /// As it is.
    Plain,
}

/// Takes up no room, and keeps two characters from being read as one sign.
const BREAK: char = '\u{200b}';

/// The text on one line, cut to so many characters, and harmless.
#[must_use]
pub fn defuse(text: &str, markup: Markup, most: usize) -> String {
    let line = cut(&one_line(text), most);
    match markup {
        Markup::Plain => line,
        Markup::Discord => for_discord(&line),
        Markup::Slack => for_slack(&line),
    }
}

/// Removes whatever starts a line, controls a terminal, turns the reading
/// direction or cannot be seen.
fn one_line(text: &str) -> String {
    let is_unseen = |char: char| matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let shown: String = text.chars().filter(|char| !is_unseen(*char)).map(|char| if char.is_control() { ' ' } else { char }).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Cuts it to so many characters, with an ellipsis for the rest.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Discord shows any of these as the sign itself if a backslash comes before
/// it.
fn for_discord(line: &str) -> String {
    let mut harmless = String::with_capacity(line.len());
    for char in line.chars() {
        match char {
            '@' => harmless.extend(['@', BREAK]),
            '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '#' | '-' | '[' | ']' | '(' | ')' | ':' | '.' => harmless.extend(['\\', char]),
            _ => harmless.push(char),
        }
    }
    harmless
}

/// Slack has entities for three signs and nothing for the others.
fn for_slack(line: &str) -> String {
    let mut harmless = String::with_capacity(line.len());
    for char in line.chars() {
        match char {
            '&' => harmless.push_str("&amp;"),
            '<' => harmless.push_str("&lt;"),
            '>' => harmless.push_str("&gt;"),
            '@' | '#' | '*' | '_' | '~' | '`' | ']' | ':' | '.' => harmless.extend([char, BREAK]),
            _ => harmless.push(char),
        }
    }
    harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_harmless() {
        for (name, discord, slack) in [
            ("@everyone", "@\u{200b}everyone", "@\u{200b}everyone"),
            ("<@&1>", "\\<@\u{200b}&1\\>", "&lt;@\u{200b}&amp;1&gt;"),
            ("<!here>", "\\<!here\\>", "&lt;!here&gt;"),
            ("<#12>", "\\<\\#12\\>", "&lt;#\u{200b}12&gt;"),
            ("[x](http://a.b)", "\\[x\\]\\(http\\://a\\.b\\)", "[x]\u{200b}(http:\u{200b}//a.\u{200b}b)"),
            ("`a` *b*", "\\`a\\` \\*b\\*", "`\u{200b}a`\u{200b} *\u{200b}b*\u{200b}"),
            ("# a", "\\# a", "#\u{200b} a"),
            ("1. a", "1\\. a", "1.\u{200b} a"),
            ("{{ 7*7 }}", "{{ 7\\*7 }}", "{{ 7*\u{200b}7 }}"),
            ("\\@here", "\\\\@\u{200b}here", "\\@\u{200b}here"),
            ("José 👩\u{200d}👧", "José 👩\u{200d}👧", "José 👩\u{200d}👧"),
        ] {
            assert_eq!(defuse(name, Markup::Discord, 100), discord, "{name}");
            assert_eq!(defuse(name, Markup::Slack, 100), slack, "{name}");
            assert_eq!(defuse(name, Markup::Plain, 100), name);
        }
    }

    #[test]
    fn text_stays_on_its_line_and_nothing_in_it_is_unseen() {
        assert_eq!(defuse(" a\r\n\n> b\u{2028}c\td\u{202e}\u{200b}e\u{1b}[2J ", Markup::Plain, 100), "a > b c de [2J");
        assert_eq!(defuse("@\u{200b}everyone", Markup::Discord, 100), "@\u{200b}everyone");
    }

    #[test]
    fn long_text_is_cut_before_its_signs_are_doubled() {
        assert_eq!(defuse("ééééé", Markup::Plain, 4), "ééé…");
        assert_eq!(defuse("****", Markup::Discord, 4), "\\*\\*\\*\\*");
    }
}
