//! What is no snapshot, and what the error says of it.

use rumble_live::Snapshot;

use super::{fixture, refusal};

#[test]
fn body_that_is_cut_short_is_told_by_place_line_and_column() {
    let body = fixture("channel-live");
    let at = |text: &str| body.find(text).unwrap();
    let refused = |end: usize| refusal(&body[..end]).to_string();
    assert_eq!(
        refused(at("first time here")),
        "the answer is cut short in livestreams[0].chat.recent_messages[3].text (line 132, column 21)"
    );
    assert_eq!(refused(at("Quartz")), "the answer is cut short in followers.recent_followers[1].username (line 25, column 21)");
    assert_eq!(refused(1), "the answer is cut short (line 1, column 1)");
}

#[test]
fn body_that_is_cut_anywhere_is_refused_without_a_word_of_it() {
    let body = fixture("official-example");
    let words: Vec<_> = body.split('"').skip(1).step_by(2).filter(|word| word.len() > 5).collect();
    for end in (0..body.trim_end().len()).filter(|end| body.is_char_boundary(*end)) {
        let error = refusal(&body[..end]);
        for text in [error.to_string(), format!("{error:?}")] {
            let mut unknown = text.clone();
            for field in ["recent_followers", "latest_follower", "followers", "recent_subscribers", "latest_subscriber", "subscribers"]
                .into_iter()
                .chain(["livestreams", "categories", "secondary", "primary", "recent_messages", "latest_message", "recent_rants"])
                .chain(["latest_rant", "max_num_results", "channel_id", "user_id", "username", "badges", "text", "chat"])
            {
                unknown = unknown.replace(field, "");
            }
            assert!(!words.iter().any(|word| unknown.contains(word)), "{end}: {text}");
        }
    }
}

#[test]
fn keys_that_are_unknown_never_appear_in_an_error() {
    for body in [
        r#"{"secret-key": {"deeper-secret": ["#,
        r#"{"livestreams": [{"stream_key": "live_secret"#,
        r#"{"livestreams": [{"stream_key": tru }]}"#,
        r#"{"now": 1, "secret-key": nul}"#,
        r#"{"now": 1, "secret-key" 5}"#,
        r#"{"errors": [{"secret": }]}"#,
    ] {
        let error = refusal(body);
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("secret") && !text.contains("stream_key"), "{text}");
        }
    }
    assert_eq!(
        refusal(r#"{"livestreams": [{"stream_key": tru }]}"#).to_string().split(" in ").nth(1),
        Some("livestreams[0].… (line 1, column 36)")
    );
}

#[test]
fn html_asks_whether_this_is_the_api_url() {
    for body in ["<!DOCTYPE html><title>Just a moment...</title>", "\n  <html>", "\u{feff}<html>"] {
        let text = refusal(body).to_string();
        assert!(text.contains("HTML") && text.contains("is this the API URL"), "{text}");
        assert!(!text.contains("moment"));
    }
}

#[test]
fn empty_body_is_told_as_such() {
    for body in ["", "  \n", "\u{feff}"] {
        assert_eq!(refusal(body).to_string(), "the answer is empty", "{body:?}");
    }
}

#[test]
fn json_of_another_shape_is_refused() {
    for body in ["null", "[]", "{}", "\"x\"", "7", "true", "[{}]", "{} {}", "nonsense"] {
        refusal(body);
    }
}

#[test]
fn list_in_the_order_of_the_fields_is_refused() {
    refusal(r#"[1789417800, "user", "4f2kx9"]"#);
}

#[test]
fn text_after_the_answer_is_refused() {
    refusal(fixture("user-offline") + "x");
}

#[test]
fn error_envelope_of_the_api_is_refused_without_its_words() {
    let error = refusal(r#"{"user":{"id":null,"logged_in":false},"errors":[{"code":"403","message":"Forbidden","type":"generic"}]}"#);
    assert!(error.is_transient(), "with status 200 it may pass");
    assert!(!error.to_string().contains("Forbidden"));
}

#[test]
fn clock_without_a_form_in_utc_is_no_clock() {
    for now in [-70_000_000_000_i64, 253_402_300_800, i64::MAX] {
        let error = Snapshot::from_json(format!(r#"{{"now": {now}, "user_id": "a"}}"#).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("`now`"), "{error}");
    }
}

#[test]
fn broken_character_does_not_hide_where_the_body_is_cut() {
    let error = Snapshot::from_json(br#"{"username": "\ud83d", "followers": {"recent_followers": [{"#).unwrap_err().to_string();
    assert!(error.contains("cut short") && error.contains("followers.recent_followers[0]"), "{error}");
}
