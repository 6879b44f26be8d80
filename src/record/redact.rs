//! What a recording keeps of an answer: known fields, without secrets.
//!
//! Two nets, because either may have a hole. The first keeps values only under
//! names that this crate reads ([`Keeping`]). The second looks for the secrets
//! that the program has sent or got, in all forms in which a server may repeat
//! them, and cuts them out of what the first has kept.
//!
//! The form of the JSON stays: fields keep their order and their type, so that
//! a playback is read exactly as the original was, a broken field included.

use std::{cmp::Reverse, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::kept::Keeping;

/// Stands for text that was cut.
const CUT: &str = "<cut>";

/// How deeply values may be nested, as everywhere in this crate.
const DEEPEST: usize = 128;
/// The shortest secret that is looked for. A shorter one occurs in any text.
const SHORTEST: usize = 4;
/// The shortest secret that is looked for in numbers, because any short one
/// occurs there.
const SHORTEST_IN_NUMBERS: usize = 8;
/// Words that occur in a text only next to a secret.
const NAMES_OF_SECRETS: [&str; 4] = ["stream_key", "server_url", "api_key", "u_s="];

/// What must not be in a recording, wherever it occurs.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Remembers a secret in every form in which servers repeat what they were
    /// sent.
    pub(super) fn add(&mut self, secret: &str) {
        if secret.len() < SHORTEST || self.0.iter().any(|known| known == secret) {
            return;
        }
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let escaped = serde_json::to_string(secret).map(|json| json.trim_matches('"').to_owned()).unwrap_or_default();
        let in_html = html_escape::encode_quoted_attribute(secret).into_owned();
        let spaced = encoded.replace('+', "%20");
        for form in [secret.to_owned(), in_lower_hex(&encoded), in_lower_hex(&spaced), encoded, spaced, escaped, in_html] {
            if !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        // A secret that contains another goes first, or the rest of it would stay.
        self.0.sort_by_key(|secret| Reverse(secret.len()));
    }

    /// The text without the secrets.
    pub(super) fn cut(&self, text: &str) -> String {
        if NAMES_OF_SECRETS.iter().any(|name| text.contains(name)) {
            return CUT.to_owned();
        }
        let present = self.0.iter().filter(|secret| text.contains(secret.as_str()));
        present.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), CUT))
    }

    /// Whether the digits of a number hold a secret.
    fn are_in_number(&self, number: &str) -> bool {
        self.0.iter().any(|secret| secret.len() >= SHORTEST_IN_NUMBERS && number.contains(secret.as_str()))
    }
}

/// The same URL encoding with lowercase hex digits.
fn in_lower_hex(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        format!("{text}%{}{rest}", digits.to_ascii_lowercase())
    })
}

/// JSON with only the values of known fields. `None` if it is not JSON, or is
/// nested deeper than anything that is read.
///
/// Everything else stays: the order of its fields, a field that comes twice,
/// and numbers of any size.
pub(super) fn json(body: &str, secrets: &Secrets) -> Option<Box<RawValue>> {
    json_at(0, body, secrets)
}

/// The same for JSON inside a text, which counts as nested in it.
fn json_at(depth: usize, body: &str, secrets: &Secrets) -> Option<Box<RawValue>> {
    let body: &RawValue = serde_json::from_str(body).ok()?;
    let mut kept = String::with_capacity(body.get().len());
    write(body, &Place { depth, keeping: Keeping::Known, field: "", secrets }, &mut kept)?;
    RawValue::from_string(kept).ok()
}

/// Where a value stands.
struct Place<'a> {
    depth: usize,
    keeping: Keeping,
    /// The name of the field that holds the value, or that holds the list
    /// around it.
    field: &'a str,
    secrets: &'a Secrets,
}

/// Appends what is kept of a value. `None` if it is nested too deeply or is not
/// JSON, and then what was appended is of no use.
fn write(value: &RawValue, place: &Place<'_>, out: &mut String) -> Option<()> {
    let Place { depth, keeping, field, secrets } = *place;
    if depth > DEEPEST {
        return None;
    }
    let text = value.get();
    match text.bytes().next()? {
        b'{' => {
            let mut separator = '{';
            for (name, value) in serde_json::from_str::<Fields<'_>>(text).ok()?.0 {
                out.push(separator);
                separator = ',';
                let is_scalar = !value.get().starts_with(['{', '[']);
                if let Some(keeping) = keeping.of(&name, is_scalar) {
                    push_text(&name, out);
                    out.push(':');
                    write(value, &Place { depth: depth + 1, keeping, field: &name, secrets }, out)?;
                } else {
                    push_text(if looks_like_a_name(&name) { &name } else { CUT }, out);
                    out.push(':');
                    out.push_str(stub(value));
                }
            }
            if separator == '{' {
                out.push('{');
            }
            out.push('}');
        }
        b'[' => {
            let mut separator = '[';
            for value in serde_json::from_str::<Vec<&RawValue>>(text).ok()? {
                out.push(separator);
                separator = ',';
                write(value, &Place { depth: depth + 1, ..*place }, out)?;
            }
            if separator == '[' {
                out.push('[');
            }
            out.push(']');
        }
        b'"' => push_text(&kept_text(&serde_json::from_str::<String>(text).ok()?, depth, field, secrets), out),
        b't' | b'f' | b'n' => out.push_str(text),
        _ if secrets.are_in_number(text) => out.push('0'),
        _ => out.push_str(text),
    }
    Some(())
}

/// What is kept of a text: of JSON inside it the known fields, of an address
/// what comes before its query, and of anything else all but the secrets.
fn kept_text(text: &str, depth: usize, field: &str, secrets: &Secrets) -> String {
    // If a text holds JSON, no person wrote it.
    let inner = Some(text.trim_start()).filter(|text| text.starts_with(['{', '['])).and_then(|text| json_at(depth + 1, text, secrets));
    if let Some(inner) = inner {
        return inner.get().to_owned();
    }
    let is_address = text.starts_with("http") && field != "text";
    let text = if is_address { text.split(['?', '#']).next().unwrap_or_default() } else { text };
    secrets.cut(text)
}

/// Whether this looks like a field name of Rumble's, and not like a value in
/// the place of a name.
fn looks_like_a_name(name: &str) -> bool {
    let is_of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.".contains(c);
    (1..=40).contains(&name.len()) && name.chars().all(is_of_a_name) && name.chars().filter(char::is_ascii_digit).count() <= 2
}

/// Stands for a value that was cut: another of the same type.
fn stub(value: &RawValue) -> &'static str {
    match value.get().bytes().next() {
        Some(b'{') => "{}",
        Some(b'[') => "[]",
        Some(b'"') => "\"<cut>\"",
        Some(b't' | b'f') => "false",
        Some(b'n') | None => "null",
        Some(_) => "0",
    }
}

/// Appends a text in its JSON form.
fn push_text(text: &str, out: &mut String) {
    // Writing a text cannot fail.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// The fields of an object in their order, including those that come twice.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Object).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(body: &str) -> String {
        let mut secrets = Secrets::default();
        secrets.add("SECRET KEY+1");
        json(body, &secrets).unwrap().get().to_owned()
    }

    #[test]
    fn known_fields_stay_as_they_were() {
        for body in [
            r#"{"now":1789417800,"user_id":"4f2kx9","livestreams":[{"id":"7c1f4q","title":"a \"b\" ü"}],"likes":1e3}"#,
            r#"{"likes":1,"likes":18446744073709551616.00,"id":null,"is_live":true,"items":[],"config":{}}"#,
            r#"{"config":{"badges":{"any-name":{"icons":{"48":"/i.png"},"label":{"en":"Any"}}}}}"#,
            r#"[1,[],"text",{}]"#,
        ] {
            assert_eq!(cut(body), body);
        }
    }

    #[test]
    fn other_fields_are_cut_at_any_depth_and_keep_their_kind() {
        let body = r#"{"stream_key":"S", "livestreams":[{"server_url":"S","id":"1","x":{"id":"S"},"y":["S"],"z":7,"b":true,"n":null}]}"#;
        let kept = r#"{"stream_key":"<cut>","livestreams":[{"server_url":"<cut>","id":"1","x":{},"y":[],"z":0,"b":false,"n":null}]}"#;
        assert_eq!(cut(body), kept);
    }

    #[test]
    fn secret_is_cut_wherever_a_kept_field_repeats_it() {
        for body in [
            r#"{"text":"my SECRET KEY+1 is"}"#,
            r#"{"text":"my \u0053ECRET KEY+1 is"}"#,
            r#"{"text":"https://rumble.com/?key=SECRET+KEY%2B1&a"}"#,
            r#"{"text":"https://rumble.com/?key=SECRET%20KEY%2b1&a"}"#,
            r#"{"text":"{\"stream_key\":\"SECRET\",\"text\":\"SECRET KEY+1\"}"}"#,
            r#"{"SECRET KEY+1":1}"#,
            r#"["SECRET KEY+1"]"#,
        ] {
            let kept = cut(body);
            assert!(!kept.contains("SECRET") && kept.contains("<cut>"), "{kept}");
        }
    }

    #[test]
    fn what_is_not_json_is_none() {
        let deep = "[".repeat(30_000) + &"]".repeat(30_000);
        for body in ["", "<html>", r#"{"now":17"#, "{} {}", "nul", &deep] {
            assert!(json(body, &Secrets::default()).is_none());
        }
        let deep_text = serde_json::to_string(&deep).unwrap();
        assert!(json(&deep_text, &Secrets::default()).is_some());
    }

    #[test]
    fn nothing_odd_is_kept_in_the_place_of_something_known() {
        for body in [
            r#"{"badges":{"stream_key":"LEAK"}}"#,
            r#"{"data":{"LEAK-0123456789":1}}"#,
            r#"{"data":{"0123456789abcdef":1}}"#,
            r#"{"data":{"url":"https://rumble.com/login.php?hash=LEAK"}}"#,
            r#"{"data":"LEAK","chat":"LEAK"}"#,
            r#"{"message":"wrong: {\"stream_key\":\"LEAK\"}"}"#,
        ] {
            let kept = cut(body);
            assert!(!kept.contains("LEAK") && !kept.contains("0123456789"), "{kept}");
        }
    }

    #[test]
    fn secret_that_is_like_something_harmless_takes_nothing_away() {
        let mut secrets = Secrets::default();
        for secret in ["true", "null", "user", "1789", "314159"] {
            secrets.add(secret);
        }
        let body = r#"{"now":1789417800,"user_id":"4f","is_live":true,"likes":3141590,"title":null}"#;
        assert_eq!(json(body, &secrets).unwrap().get(), body);
    }
}
