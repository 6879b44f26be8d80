//! What the chat server means by the head of its answer.
//!
//! | status | meaning |
//! |---|---|
//! | 204 | there is no chat, or it is over |
//! | other 2xx | the body is what was asked for, unless it is a page |
//! | 400, 404, 410 | refused for good: the id is wrong |
//! | 401, 403 | refused for good, but a 403 with a page passes |
//! | 408, 429, 3xx, 5xx | failed this time |
//! | other 4xx | refused for good: the service has probably changed |
//!
//! Of the content type only one thing counts: whether it is HTML. A chat with
//! an odd content type is still a chat, and what comes in place of one is a
//! page: of a proxy with 200, or of a check for browsers with 403. Both pass,
//! so neither ends a chat.

use std::time::Duration;

use crate::{
    error::{Error, ErrorKind},
    transport::html::is_html,
};

/// What the answer to a request for a chat means.
#[derive(Debug)]
pub(super) enum Answer<B> {
    /// The body holds what was asked for.
    Open(B),
    /// There is no chat, or it is over.
    Absent,
    /// The request failed this time and may be made again.
    Failed(Error),
    /// The request is refused for good.
    Refused(Error),
}

impl Answer<()> {
    /// Puts the body into an open answer.
    pub(super) fn with<B>(self, body: B) -> Answer<B> {
        match self {
            Self::Open(()) => Answer::Open(body),
            Self::Absent => Answer::Absent,
            Self::Failed(error) => Answer::Failed(error),
            Self::Refused(error) => Answer::Refused(error),
        }
    }
}

/// Judges the answer to a request for `what` by its status, its content type
/// and, outside 2xx, how its body begins.
pub(super) fn judge(what: &str, status: u16, content_type: Option<&str>, body: &[u8], retry_after: Option<Duration>) -> Answer<()> {
    let says_page = || is_html(content_type);
    let refused = |kind, text: &str| Answer::Refused(Error::with_message(kind, format!("{text} (status {status})")));
    match status {
        204 => Answer::Absent,
        200..=299 if says_page() => Answer::Failed(Error::with_message(
            ErrorKind::Status,
            format!("the server sent a page instead of the {what}; a proxy on the way may require a login"),
        )),
        200..=299 => Answer::Open(()),
        400 => refused(ErrorKind::Config, "the server says that this is not the id of a chat; pass the livestream's id from the API"),
        403 if says_page() || begins_a_page(body) => Answer::Failed(Error::challenge()),
        401 | 403 => refused(ErrorKind::Unauthorized, &format!("the server does not allow reading the {what}")),
        404 | 410 => refused(ErrorKind::Config, &format!("there is no such {what}; check the livestream's id")),
        408 | 429 => Answer::Failed(Error::from_status(status, false, retry_after)),
        402..=499 => refused(ErrorKind::Unauthorized, "the server refuses the request; a newer version of this library may be needed"),
        _ => Answer::Failed(Error::from_status(status, false, retry_after)),
    }
}

/// Whether the bytes are the beginning of an HTML page, for answers that do not
/// say so in their content type.
fn begins_a_page(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    [&b"<!doctype html"[..], b"<html"].iter().any(|start| body.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, content_type: Option<&str>, body: &str) -> String {
        match judge("chat", status, content_type, body.as_bytes(), None) {
            Answer::Open(()) => "open".to_owned(),
            Answer::Absent => "absent".to_owned(),
            Answer::Failed(error) => format!("failed {}", error.kind()),
            Answer::Refused(error) => {
                assert!(!error.is_transient() && error.to_string().contains(&status.to_string()), "{error}");
                format!("refused {}", error.kind())
            }
        }
    }

    #[test]
    fn status_decides() {
        let json = Some("application/json");
        for (status, meaning) in [
            (200, "open"),
            (204, "absent"),
            (301, "failed redirect"),
            (400, "refused config"),
            (401, "refused unauthorized"),
            (403, "refused unauthorized"),
            (404, "refused config"),
            (405, "refused unauthorized"),
            (408, "failed status"),
            (410, "refused config"),
            (429, "failed rate_limited"),
            (500, "failed server"),
            (502, "failed server"),
        ] {
            assert_eq!(judged(status, json, r#"{"errors":[{"code":"400"}]}"#), meaning, "{status}");
        }
    }

    #[test]
    fn page_in_place_of_a_chat_passes() {
        let html = Some("Text/HTML; charset=UTF-8");
        for (content_type, body) in [(html, ""), (None, "\n <!DOCTYPE HTML><title>Just a moment"), (None, "<HTML>")] {
            assert_eq!(judged(403, content_type, body), "failed challenge");
            assert_eq!(judged(404, content_type, body), "refused config");
        }
        assert_eq!(judged(200, html, ""), "failed status");
    }

    #[test]
    fn odd_kinds_of_body_are_read() {
        for content_type in [None, Some("text/event-stream; charset=utf-8; charset=utf-8"), Some("application/octet-stream")] {
            assert_eq!(judged(200, content_type, ""), "open");
        }
    }

    #[test]
    fn wait_that_the_server_asks_for_is_kept() {
        for status in [429, 503] {
            let wait = Some(Duration::from_secs(7));
            let Answer::Failed(error) = judge("chat", status, None, b"", wait) else { panic!() };
            assert_eq!(error.retry_after(), wait);
        }
    }
}
