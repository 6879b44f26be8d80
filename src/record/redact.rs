//! What stands in a recording of an answer: known fields, and no secret in them.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::kept::Keeping;

/// What stands for text that was cut.
const CUT: &str = "<cut>";

/// What must not be in a recording, wherever it stands.
#[derive(Clone, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// Remembers one, in each form in which it may come back. What is very short is in any text.
    pub(super) fn add(&mut self, secret: &str) {
        let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let escaped = serde_json::to_string(secret).map(|json| json.trim_matches('"').to_owned()).unwrap_or_default();
        for form in [secret.to_owned(), encoded, escaped] {
            if form.len() >= 4 && !self.0.contains(&form) {
                self.0.push(form);
            }
        }
        // One that holds another goes first, or its rest would stay.
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without them.
    pub(super) fn cut(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), CUT))
    }
}

/// JSON with the values of known fields alone. `None` where it is not JSON.
///
/// Everything else about it stays, such as the order of its fields, a field that comes twice, and numbers of any size.
pub(super) fn json(body: &str, secrets: &Secrets) -> Option<Box<RawValue>> {
    let body: &RawValue = serde_json::from_str(body).ok()?;
    let mut kept = String::with_capacity(body.get().len());
    write(body, Keeping::Known, secrets, &mut kept)?;
    RawValue::from_string(kept).ok()
}

fn write(value: &RawValue, keeping: Keeping, secrets: &Secrets, out: &mut String) -> Option<()> {
    let text = value.get();
    match text.bytes().next()? {
        b'{' => {
            let mut separator = '{';
            for (name, value) in serde_json::from_str::<Fields<'_>>(text).ok()?.0 {
                out.push(separator);
                separator = ',';
                push_text(&secrets.cut(&name), out);
                out.push(':');
                match keeping.of(&name) {
                    Some(keeping) => write(value, keeping, secrets, out)?,
                    None => out.push_str(stub(value)),
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
                write(value, keeping, secrets, out)?;
            }
            if separator == '[' {
                out.push('[');
            }
            out.push(']');
        }
        b'"' => {
            let text: String = serde_json::from_str(text).ok()?;
            // JSON in a text is no text that a person wrote.
            let inner = Some(text.trim_start()).filter(|text| text.starts_with(['{', '['])).and_then(|text| json(text, secrets));
            push_text(&inner.map_or_else(|| secrets.cut(&text), |inner| inner.get().to_owned()), out);
        }
        _ => out.push_str(&secrets.cut(text)),
    }
    Some(())
}

/// What stands for a value that was cut: another of the same kind.
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

fn push_text(text: &str, out: &mut String) {
    // A text can always be written.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// The fields of an object in their order, those that come twice included.
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
            r#"{"url":"https://rumble.com/?key=SECRET+KEY%2B1&a"}"#,
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
        for body in ["", "<html>", r#"{"now":17"#, "{} {}", "nul"] {
            assert!(json(body, &Secrets::default()).is_none(), "{body}");
        }
    }
}
