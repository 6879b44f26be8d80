//! Repairs text that is JSON except for a few bytes, so a broken emoji in a
//! chat line costs one character and not a whole poll.
//!
//! It copies the text and looks only at strings and numbers, because nothing
//! else can be broken but clear. It never adds, drops or closes anything: a
//! body that is cut short must stay unreadable, since a list that ends early
//! would look like one from which entries have left.

use std::borrow::Cow;

/// Replaces what the parser refuses although its meaning is clear: bytes that
/// are not UTF-8 and lone surrogates become U+FFFD, and numbers beyond 64-bit
/// floats become null. `None` if there is nothing to replace.
///
/// Call it only for a body that did not parse, so others do not pay for it.
pub(crate) fn repair(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut repaired = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(start) = rest.find(|char: char| char == '"' || char == '-' || char.is_ascii_digit()) {
        let (before, token) = rest.split_at(start);
        repaired.push_str(before);
        rest = if token.starts_with('"') { string(token, &mut repaired) } else { number(token, &mut repaired) };
    }
    repaired.push_str(rest);
    (repaired.as_bytes() != body).then_some(repaired)
}

/// Copies the string that `text` begins with and returns what follows it.
fn string<'a>(text: &'a str, repaired: &mut String) -> &'a str {
    repaired.push('"');
    let mut rest = text.get(1..).unwrap_or_default();
    while let Some(at) = rest.find(['"', '\\']) {
        let (plain, special) = rest.split_at(at);
        repaired.push_str(plain);
        if special.starts_with('"') {
            repaired.push('"');
            return special.get(1..).unwrap_or_default();
        }
        let (escape, after) = escape(special);
        repaired.push_str(&escape);
        rest = after;
    }
    repaired.push_str(rest);
    ""
}

/// The escape sequence at the start of `text`, and what follows it. A surrogate
/// pair counts as one sequence.
fn escape(text: &str) -> (Cow<'_, str>, &str) {
    let split = |length: usize| text.split_at_checked(length).unwrap_or((text, ""));
    match utf16_unit(text) {
        Some(0xD800..=0xDBFF) if matches!(text.get(6..).and_then(utf16_unit), Some(0xDC00..=0xDFFF)) => {
            let (pair, after) = split(12);
            (pair.into(), after)
        }
        Some(0xD800..=0xDFFF) => (r"\ufffd".into(), split(6).1),
        Some(_) => {
            let (unit, after) = split(6);
            (unit.into(), after)
        }
        None => {
            let length = 1 + text.chars().nth(1).map_or(0, char::len_utf8);
            let (short, after) = split(length);
            (short.into(), after)
        }
    }
}

/// The unit that an escape of the form `\u` and four digits stands for. `None`
/// if `text` does not begin with one.
fn utf16_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix(r"\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// Copies the number that `text` begins with and returns what follows it.
fn number<'a>(text: &'a str, repaired: &mut String) -> &'a str {
    let end = text.find(|char: char| !matches!(char, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    let overflows = number.parse::<f64>().is_ok_and(f64::is_infinite);
    repaired.push_str(if overflows { "null" } else { number });
    after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_text_is_left_alone() {
        for text in [r#"{"a":"b\\ud800\"","c":[1,-2.5e3,18446744073709551616]}"#, r#"["\ud83d\ude00 \u00e9 \n"]"#, "", r#"{"cut":"sho"#] {
            assert_eq!(repair(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn broken_characters_cost_themselves_alone() {
        for (body, expected) in [
            (&br#"["a\ud83db"]"#[..], "[\"a\\ufffdb\"]"),
            (br#"["\ude00\ud83d\ude00\ud83d"]"#, "[\"\\ufffd\\ud83d\\ude00\\ufffd\"]"),
            (b"[\"a\xffb\"]", "[\"a\u{fffd}b\"]"),
            (br#"["\ud83d"#, r#"["\ufffd"#),
        ] {
            assert_eq!(repair(body).as_deref(), Some(expected));
        }
    }

    #[test]
    fn number_beyond_every_float_is_null() {
        assert_eq!(repair(br#"{"a":-1e999,"b":"1e999"}"#).as_deref(), Some(r#"{"a":null,"b":"1e999"}"#));
    }
}
