//! The call in the script of an answer's page, read strictly:
//! `uf.response.setSuccess({url:"…",fid:1,…}, 1)` or `setErrors({…})`.
//!
//! It is no JSON: keys are bare, and strings have the escapes of JavaScript.
//! What stands in a string is never taken for anything else, such as a title
//! that reads like the answer.
//!
//! Three layers: [`scripts`] cuts the page as a browser does, [`tokens`] knows
//! strings and comments, and [`Arguments`] reads the one call from the tokens.
//! Where a script has something that these do not know, such as a template
//! string or a regular expression, there is no answer rather than a guess: a
//! wrong id would point to somebody else's video.

use std::{iter::Peekable, str::Chars};

/// How deep a value may lie in others.
const DEEPEST: usize = 16;

/// What the page says.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) is_success: bool,
    /// The fields of its first argument, in order. No name comes twice.
    pub(super) fields: Vec<(String, Value)>,
    /// Its second argument.
    pub(super) second: Option<Value>,
}

/// A value in the call. Only what a known field can be is kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// A number as it is written, or a word such as `null`.
    Word(String),
    /// A list or an object, which none of the known fields is.
    Other,
}

/// A piece of a script. White space and comments are gone.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    /// A name or a number.
    Word(String),
    Sign(char),
}

/// The one call of the page. `None` where there is none, or more than one.
pub(super) fn call(page: &str) -> Option<Call> {
    let mut calls = scripts(page).filter_map(|script| Some(calls(&tokens(script)?))).flatten();
    let call = calls.next()??;
    calls.next().is_none().then_some(call)
}

/// The texts of the script elements. As in a browser, one ends where `</script`
/// stands, be it in a string or not.
fn scripts(page: &str) -> impl Iterator<Item = &str> {
    let mut rest = page;
    std::iter::from_fn(move || {
        let begin = find(rest, "<script")?;
        let tag = rest.get(begin..)?;
        let text = tag.get(tag.find('>')? + 1..)?;
        let end = find(text, "</script")?;
        rest = text.get(end..)?;
        text.get(..end)
    })
}

/// Where an ASCII text begins, whatever the case of its letters.
fn find(text: &str, sought: &str) -> Option<usize> {
    text.as_bytes().windows(sought.len()).position(|window| window.eq_ignore_ascii_case(sought.as_bytes()))
}

/// All tokens of a script. `None` where it holds what these scripts do not,
/// such as a string that does not end.
fn tokens(script: &str) -> Option<Vec<Token>> {
    let mut chars = script.chars().peekable();
    let mut tokens = Vec::new();
    while let Some(&next) = chars.peek() {
        match next {
            '"' | '\'' => tokens.push(Token::Text(text(&mut chars)?)),
            next if next.is_whitespace() => drop(chars.next()),
            next if is_of_a_word(next) => tokens.push(Token::Word(word(&mut chars))),
            '/' => comment(&mut chars)?,
            '`' => return None,
            sign => {
                chars.next();
                tokens.push(Token::Sign(sign));
            }
        }
    }
    Some(tokens)
}

/// Whether it can stand in a name or a number of JavaScript. A point cannot, so
/// `uf.response` is three tokens.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$')
}

/// A name or a number, whose first character comes next.
fn word(chars: &mut Peekable<Chars<'_>>) -> String {
    std::iter::from_fn(|| chars.next_if(|&c| is_of_a_word(c))).collect()
}

/// Passes over a comment, whose slash comes next. `None` for any other slash:
/// to tell a division from a regular expression takes a whole parser.
fn comment(chars: &mut Peekable<Chars<'_>>) -> Option<()> {
    chars.next();
    match chars.next()? {
        '/' => drop(chars.find(|&c| c == '\n')),
        '*' => {
            let mut last = ' ';
            chars.find(|&c| std::mem::replace(&mut last, c) == '*' && c == '/')?;
        }
        // A regular expression or a division.
        _ => return None,
    }
    Some(())
}

/// A string, whose quote comes next.
fn text(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    let quote = chars.next()?;
    // In the units of JavaScript's strings, for one character may be written as two escapes.
    let mut units = Vec::new();
    loop {
        match chars.next()? {
            end if end == quote => return Some(String::from_utf16_lossy(&units)),
            '\n' | '\r' => return None,
            '\\' => escape(chars, &mut units)?,
            c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
    }
}

/// What follows a backslash.
fn escape(chars: &mut Peekable<Chars<'_>>, units: &mut Vec<u16>) -> Option<()> {
    let c = match chars.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '0' if !chars.peek().is_some_and(char::is_ascii_digit) => '\0',
        '0'..='9' => return None,
        'x' => return hex(chars, 2).map(|unit| units.push(unit)),
        'u' if chars.next_if_eq(&'{').is_some() => braced(chars)?,
        'u' => return hex(chars, 4).map(|unit| units.push(unit)),
        // A line that goes on.
        '\n' | '\u{2028}' | '\u{2029}' => return Some(()),
        '\r' => {
            chars.next_if_eq(&'\n');
            return Some(());
        }
        other => other,
    };
    units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    Some(())
}

/// So many hexadecimal digits, as one unit of UTF-16.
fn hex(chars: &mut Peekable<Chars<'_>>, digits: usize) -> Option<u16> {
    (0..digits).try_fold(0_u16, |number, _| Some(number * 16 + u16::try_from(chars.next()?.to_digit(16)?).ok()?))
}

/// The code point between the braces of `\u{…}`, whose opening one was read.
fn braced(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    // At least one digit.
    let mut number = chars.next()?.to_digit(16)?;
    loop {
        match chars.next()? {
            '}' => return char::from_u32(number),
            digit => number = number.checked_mul(16)?.checked_add(digit.to_digit(16)?)?,
        }
    }
}

/// Each call among the tokens; `None` for one that is not as it should be.
fn calls(tokens: &[Token]) -> Vec<Option<Call>> {
    let word = |token: Option<&Token>, word: &str| matches!(token, Some(Token::Word(is)) if is == word);
    let sign = |token: Option<&Token>, sign: char| token == Some(&Token::Sign(sign));
    let mut calls = Vec::new();
    for (place, _) in tokens.iter().enumerate() {
        let at = |ahead: usize| tokens.get(place + ahead);
        let is_response = word(at(0), "uf") && sign(at(1), '.') && word(at(2), "response") && sign(at(3), '.') && sign(at(5), '(');
        let is_success = word(at(4), "setSuccess");
        if is_response && (is_success || word(at(4), "setErrors")) {
            let arguments = tokens.get(place + 6..).unwrap_or_default();
            calls.push(Arguments(arguments).read().map(|(fields, second)| Call { is_success, fields, second }));
        }
    }
    calls
}

/// The tokens that are left to read.
struct Arguments<'a>(&'a [Token]);

type Fields = Vec<(String, Value)>;

impl<'a> Arguments<'a> {
    /// The next token, which is then used up.
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// Whether this sign comes next. If so, it is used up.
    fn next_is(&mut self, sign: char) -> bool {
        let is_it = self.0.first() == Some(&Token::Sign(sign));
        if is_it {
            self.next();
        }
        is_it
    }

    /// All of them, to the end of the call.
    fn read(mut self) -> Option<(Fields, Option<Value>)> {
        if !self.next_is('{') {
            return None;
        }
        let fields = self.object(0)?;
        let second = if self.next_is(',') { Some(self.value(0)?) } else { None };
        self.next_is(')').then_some((fields, second))
    }

    /// What follows the brace of an object.
    fn object(&mut self, depth: usize) -> Option<Fields> {
        let mut fields: Fields = Vec::new();
        while !self.next_is('}') {
            let (Token::Text(name) | Token::Word(name)) = self.next()? else { return None };
            let is_known = fields.iter().any(|(known, _)| known == name);
            if is_known || !self.next_is(':') {
                return None;
            }
            fields.push((name.clone(), self.value(depth)?));
            if !self.next_is(',') && self.0.first() != Some(&Token::Sign('}')) {
                return None;
            }
        }
        Some(fields)
    }

    /// What follows the bracket of a list. Its values are passed over.
    fn list(&mut self, depth: usize) -> Option<()> {
        while !self.next_is(']') {
            self.value(depth)?;
            if !self.next_is(',') && self.0.first() != Some(&Token::Sign(']')) {
                return None;
            }
        }
        Some(())
    }

    /// The next value, so deep in others. Deeper than [`DEEPEST`] there is
    /// none, so that a page cannot exhaust the stack.
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match self.next()? {
            Token::Text(text) => Some(Value::Text(text.clone())),
            Token::Word(_) if self.0.first() == Some(&Token::Sign('.')) => {
                // A number with a fraction, which no id is.
                self.next();
                matches!(self.next()?, Token::Word(_)).then_some(Value::Other)
            }
            Token::Word(word) => Some(Value::Word(word.clone())),
            Token::Sign('{') => self.object(depth + 1).map(|_| Value::Other),
            Token::Sign('[') => self.list(depth + 1).map(|()| Value::Other),
            // A number below zero, which no id is.
            Token::Sign('-') => matches!(self.next()?, Token::Word(_)).then_some(Value::Other),
            Token::Sign(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(script: &str) -> Option<Call> {
        call(&format!("<html><body><script type=\"text/javascript\">\n{script}\n</script></body></html>"))
    }

    fn title(written: &str) -> Option<String> {
        let call = of(&format!("window.parent.uf.response.setSuccess({{fid:7,title:{written}}}, 7);"))?;
        match call.fields.into_iter().find(|(name, _)| name == "title")?.1 {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn strings_are_read_as_a_browser_does() {
        for (written, read) in [
            (r#""a\"b\\c\/d""#, "a\"b\\c/d"),
            (r#"'it\'s "fine"'"#, "it's \"fine\""),
            (r#""\u2014 \ud83c\udf0a \u{1f30a} \x41\n\t\0""#, "— 🌊 🌊 A\n\t\0"),
            (r#""a\ud83c b""#, "a\u{fffd} b"),
            ("\"on \\\nand on\"", "on and on"),
            (r#""\",fid:1,url:\"""#, "\",fid:1,url:\""),
            (r#""uf.response.setErrors({a:\"b\"})""#, "uf.response.setErrors({a:\"b\"})"),
            (r#""/* // `""#, "/* // `"),
            (r#""<\/script><script>""#, "</script><script>"),
        ] {
            assert_eq!(title(written).as_deref(), Some(read), "{written}");
        }
        for written in [r#""a"#, "\"a\nb\"", r#""\x4""#, r#""\u12""#, r#""\u{110000}""#, r#""\u{}}""#, "`a`", r#""\1""#] {
            assert_eq!(title(written), None, "{written}");
        }
    }

    #[test]
    fn title_that_ends_the_script_ends_the_answer_too() {
        assert_eq!(title(r#""</script><script>uf.response.setSuccess({fid:1}, 1)""#).as_deref(), None);
    }

    #[test]
    fn page_says_one_thing_or_nothing() {
        let success = "uf.response.setSuccess({fid:7}, 7);";
        assert!(of(success).is_some());
        assert!(of(&format!("/* {success} */ // {success}\n{success}")).is_some());
        assert!(call(&format!("<script src=\"a.js\"></script><SCRIPT>{success}</SCRIPT >")).is_some());
        for script in [
            &format!("{success}{success}"),
            &format!("{success} uf.response.setErrors({{}})"),
            "uf.response.setSuccess({fid:7,fid:8})",
            "uf.response.setSuccess({fid:7)",
            "uf.response.setSuccess({fid:7}",
            "uf.response.setSuccess({fid:7 url:8})",
            "uf.response.setSuccess({fid:7+1})",
            "uf.response.setSuccess([7])",
            "uf.response.setMore({fid:7})",
            "var text = \"uf.response.setSuccess({fid:7})\";",
        ] {
            assert_eq!(of(script), None, "{script}");
        }
        assert_eq!(call(success), None, "outside of a script");
        assert_eq!(of(&format!("uf.response.setSuccess({{a:{}", "[".repeat(100_000))), None);
    }

    #[test]
    fn fields_come_in_order_with_or_without_quotes() {
        let call = of(r#"uf.response.setErrors({title:"a", 'video[]':"b", "x":[1.5,{y:-2}], n:null,})"#).unwrap();
        let names: Vec<_> = call.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!((names, call.is_success, call.second), (vec!["title", "video[]", "x", "n"], false, None));
    }
}
